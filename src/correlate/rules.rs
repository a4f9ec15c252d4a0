//! What the policy makes of an identity: flags and violations stand, or an exception lets them pass for a time.

use super::case::Bench;
use super::flags::Flagged;
use super::verdict::reason;
use crate::model::{Evidence, Excepted, Facts, Flag, Ownership, RecordKind, Status, Told, Violation};

/// The identity that is judged.
pub(super) struct Subject<'s> {
    pub id: &'s str,
    pub provider: &'s str,
    pub kind: RecordKind,
    pub principal: Option<&'s str>,
    pub environment: Option<&'s str>,
}

/// What the policy leaves of an identity's flags and adds to them.
#[derive(Default)]
pub(super) struct Ruled {
    pub flags: Vec<Flag>,
    pub violations: Vec<Violation>,
    pub excepted: Vec<Excepted>,
    pub evidence: Vec<Evidence>,
}

/// Judges an identity with these flags.
pub(super) fn rule(bench: &Bench<'_, '_>, subject: &Subject<'_>, flagged: Vec<Flagged>) -> Ruled {
    let policy = bench.policy;
    let category = bench.categories.get(subject.provider).copied();
    let facts = Facts {
        identity: subject.id,
        principal: subject.principal,
        provider: subject.provider,
        category,
        kind: subject.kind,
        environment: subject.environment,
        age_days: None,
        owner: Ownership::Untold,
        expires: Told::Untold,
        last_used: Told::Untold,
        status: Status::Unknown,
    };
    let mut ruled = Ruled::default();
    let mut passes = |name: &'static str| {
        let exception = policy.exception(&facts, name, bench.now).map(|n| &policy.exceptions[n]);
        let excepted = exception.map(|e| Excepted { name, reason: e.reason.clone(), expires: e.expires });
        excepted.map(|e| ruled.excepted.push(e)).is_some()
    };
    let kept: Vec<Flagged> = flagged.into_iter().filter(|(flag, _)| !passes(flag.as_str())).collect();
    let broken = policy.provider(subject.provider, category, subject.environment).filter(|v| !passes(v.as_str()));
    ruled.flags = kept.iter().map(|(flag, _)| *flag).collect();
    ruled.evidence = kept.into_iter().map(|(flag, e)| Evidence { says: format!("{}: {}", flag.as_str(), e.says), ..e }).collect();
    if let Some(violation) = broken {
        ruled.evidence.push(reason("policy", format!("{}: {}", violation.as_str(), says(violation, subject))));
        ruled.violations.push(violation);
    }
    ruled
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
