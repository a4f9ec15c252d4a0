//! What the policy makes of an identity, with the reasons: flags and violations stand, or an exception lets them pass for a time.

use super::case::Bench;
use super::flags::Flagged;
use super::verdict::reason;
use crate::model::{Evidence, Excepted, Flag, Subject, Violation};

/// What the policy leaves of an identity's flags and adds to them.
pub(super) struct Ruled {
    pub flags: Vec<Flag>,
    pub violations: Vec<Violation>,
    pub excepted: Vec<Excepted>,
    pub evidence: Vec<Evidence>,
}

/// Judges an identity with these flags.
pub(super) fn rule(bench: &Bench<'_, '_>, subject: &Subject<'_>, flagged: Vec<Flagged>) -> Ruled {
    let judged = bench.policy.rule(subject, flagged.iter().map(|(flag, _)| *flag).collect(), bench.now);
    let stands = |(flag, e): Flagged| {
        let says = format!("{}: {}", flag.as_str(), e.says);
        judged.flags.contains(&flag).then_some(Evidence { says, ..e })
    };
    let mut evidence: Vec<Evidence> = flagged.into_iter().filter_map(stands).collect();
    evidence.extend(judged.violations.iter().map(|v| reason("policy", format!("{}: {}", v.as_str(), says(*v, subject)))));
    let excepted = judged.excepted.iter().map(|(name, number)| {
        let exception = &bench.policy.exceptions[*number];
        Excepted { name: (*name).into(), reason: exception.reason.clone(), expires: exception.expires }
    });
    Ruled { excepted: excepted.collect(), flags: judged.flags, violations: judged.violations, evidence }
}

fn says(violation: Violation, subject: &Subject<'_>) -> String {
    let provider = subject.provider;
    match violation {
        Violation::ProviderDenied => format!("the policy denies {provider}"),
        Violation::ProviderNotAllowed => format!("{provider} is not among the providers that the policy allows"),
        Violation::EnvironmentNotAllowed => {
            format!("the policy does not allow {provider} in {}", subject.environment.unwrap_or("this environment"))
        }
    }
}
