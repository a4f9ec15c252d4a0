//! Gates: what makes a scan end with exit code 1.

use super::{Confidence, Exposure, Flag, Report, Verdict, Violation};

/// One reason to fail; several are open one beside the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// No reason.
    Never,
    /// A finding that is reported.
    Any,
    /// A finding that neither the baseline nor the former report has; without them, any.
    New,
    /// A finding of high confidence.
    High,
    /// An identity that nobody answers for: shadow or suspected shadow.
    Shadow,
    /// An identity that breaks the policy: a violation, or a flag that rests on the policy's own numbers and demands.
    Policy,
    /// An identity of this verdict.
    Verdict(Verdict),
    /// An identity with this flag.
    Flag(Flag),
    /// An identity with this violation.
    Violation(Violation),
}

/// The gates that are no verdict, flag or violation, with what they say in help texts.
pub const GATES: &[(&str, Gate, &str)] = &[
    ("any", Gate::Any, "a finding"),
    ("new", Gate::New, "a finding that the baseline or the former report lacks"),
    ("high", Gate::High, "a finding of high confidence"),
    ("shadow", Gate::Shadow, "an identity nobody answers for (shadow, suspected-shadow)"),
    ("policy", Gate::Policy, "an identity that breaks the policy"),
    ("never", Gate::Never, "nothing"),
];

impl Gate {
    /// The gate of that name: one of [`GATES`], a verdict, a flag or a violation.
    pub fn named(name: &str) -> Option<Self> {
        let own = GATES.iter().find(|(n, ..)| *n == name).map(|(_, gate, _)| *gate);
        own.or_else(|| Verdict::named(name).map(Self::Verdict))
            .or_else(|| Flag::named(name).map(Self::Flag))
            .or_else(|| Violation::named(name).map(Self::Violation))
    }

    /// Whether a report gives this reason.
    pub fn fires(self, report: &Report) -> bool {
        let some = |holds: &dyn Fn(&Exposure) -> bool| report.identities.iter().any(holds);
        match self {
            Self::Never => false,
            Self::Any => !report.findings.is_empty(),
            Self::New => report.findings.iter().any(|f| f.known != Some(true)),
            Self::High => report.findings.iter().any(|f| f.confidence == Confidence::High),
            Self::Shadow => some(&|i| matches!(i.verdict, Verdict::Shadow | Verdict::SuspectedShadow)),
            Self::Policy => some(&|i| !i.violations.is_empty() || i.flags.iter().any(|f| is_of_policy(*f))),
            Self::Verdict(verdict) => some(&|i| i.verdict == verdict),
            Self::Flag(flag) => some(&|i| i.flags.contains(&flag)),
            Self::Violation(violation) => some(&|i| i.violations.contains(&violation)),
        }
    }
}

fn is_of_policy(flag: Flag) -> bool {
    matches!(flag, Flag::NoOwner | Flag::Orphaned | Flag::Expired | Flag::ExpiredYetLive | Flag::Overdue | Flag::NoExpiry | Flag::Dormant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_gate_of_its_own() {
        let verdicts = Verdict::ALL.iter().map(|v| v.as_str()).filter(|v| *v != "shadow");
        let flags = Flag::ALL.iter().map(|f| f.as_str());
        let names: Vec<&str> = GATES.iter().map(|g| g.0).chain(verdicts).chain(flags).collect();
        let gates: Vec<Gate> = names.iter().filter_map(|n| Gate::named(n)).collect();
        assert_eq!(gates.len(), names.len());
        assert!(gates.iter().enumerate().all(|(n, gate)| !gates[..n].contains(gate)));
        assert_eq!(Gate::named("orphaned"), Some(Gate::Flag(Flag::Orphaned)));
        assert_eq!(Gate::named("Shadow"), None);
    }
}
