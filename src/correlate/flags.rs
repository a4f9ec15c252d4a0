//! Flags: what is wrong with an identity, whatever its verdict.

use super::case::Case;
use super::consumer::{is_machine, is_pipeline};
use super::coverage::{ISSUERS, has};
use super::environment::Environment;
use super::verdict::{DAY, list, on_record, reason};
use crate::model::{
    Class, Demand, Evidence, Flag, KeyKind, Location, OwnedBy, Owner, OwnerStatus, Record, RecordKind, SourceClass, Status, Timestamp,
};
use std::collections::BTreeSet;

/// A flag, and why.
pub(super) type Flagged = (Flag, Evidence);

/// All flags of a case whose owner, as records name it, is this.
pub(super) fn flags(case: &Case<'_, '_>, owner: Option<&Owner>) -> Vec<Flagged> {
    let checks = [expired, overdue, no_expiry, dormant, duplicated, shared, cross_environment, human_as_machine, privileged, federatable];
    let mut found: Vec<Flagged> = owned(case, owner).into_iter().collect();
    found.extend(checks.iter().flat_map(|check| check(case)));
    found.sort_by_key(|(flag, _)| *flag);
    found
}

/// Days from one time to another, and none below.
fn days(from: Timestamp, to: Timestamp) -> i64 {
    (to.seconds - from.seconds).div_euclid(DAY)
}

fn owned(case: &Case<'_, '_>, owner: Option<&Owner>) -> Option<Flagged> {
    let record = case.own.first()?;
    // What only usage or a vault knows has nobody whose duty it was to name an owner.
    let could = case.own.iter().any(|r| matches!(r.class, SourceClass::Issuer | SourceClass::Pki | SourceClass::Governance));
    match owner {
        None if could && case.bench.policy.owner == Demand::Required => {
            Some((Flag::NoOwner, on_record(record, "no record names an owner".to_owned())))
        }
        Some(owner)
            if owner.status == OwnerStatus::Departed && !matches!(owner.by, OwnedBy::Codeowners | OwnedBy::Catalog | OwnedBy::Commits) =>
        {
            Some((Flag::Orphaned, reason(&owner.evidence, format!("{} has left", owner.value))))
        }
        _ => None,
    }
}

fn expired(case: &Case<'_, '_>) -> Vec<Flagged> {
    let now = case.bench.now;
    let grace = i64::from(case.bench.policy.grace_days) * DAY;
    let is_over = |t: Timestamp| now.seconds - t.seconds > grace;
    let Some((end, record)) = case.expires().filter(|(t, _)| is_over(*t)) else {
        let own = case.unit.findings.iter().filter_map(|f| f.expires).min_by_key(|t| t.seconds).filter(|t| is_over(*t));
        let said = own.map(|t| (Flag::Expired, reason("the credential itself", format!("it ended {t}"))));
        let told = case.own.iter().find(|r| r.status == Status::Expired);
        return said.or_else(|| told.map(|r| (Flag::Expired, on_record(r, "its issuer says expired".to_owned())))).into_iter().collect();
    };
    let mut found = vec![(Flag::Expired, on_record(record, format!("it ended {end}")))];
    let (used, by) = case.last_used();
    let used = used.zip(by).filter(|(t, _)| t.seconds > end.seconds);
    let alive = case.own_of(ISSUERS).find(|r| r.status == Status::Active);
    if let Some((time, record)) = used {
        found.push((Flag::ExpiredYetLive, on_record(record, format!("used {time}, after its end {end}"))));
    } else if let Some(issuer) = alive {
        found.push((Flag::ExpiredYetLive, on_record(issuer, format!("active at its issuer after its end {end}"))));
    }
    found
}

/// The environment of a case: what a register says, else where it is used, else what its other records say.
pub(super) fn environment(case: &Case<'_, '_>) -> Option<Environment> {
    let told = |r: &&Record| r.environment.as_deref().and_then(Environment::named);
    let registered = case.all_of(&[SourceClass::Governance]).find_map(|r| told(&r));
    let places = || places(case).filter_map(|l| Environment::of(l, case.bench.policy)).min();
    registered.or_else(places).or_else(|| case.own.iter().chain(&case.above).find_map(told))
}

/// The places where it is alive, else all.
fn places<'c>(case: &'c Case<'_, '_>) -> impl Iterator<Item = &'c Location> + 'c {
    let all = || case.unit.findings.iter().flat_map(|f| &f.locations);
    let any_alive = all().any(|l| l.removed_in.is_none());
    all().filter(move |l| l.removed_in.is_none() || !any_alive)
}

fn overdue(case: &Case<'_, '_>) -> Vec<Flagged> {
    let Some((since, record)) = case.renewed() else { return Vec::new() };
    let environment = environment(case);
    let Some(most) = case.bench.policy.max_age(record.kind, environment.map(Environment::as_str)) else { return Vec::new() };
    let age = days(since, case.bench.now);
    let place = environment.map_or("of an unknown environment", Environment::as_str);
    let says = format!("{age} days since it was made or replaced; policy allows {most} ({place})");
    if age > i64::from(most) { vec![(Flag::Overdue, on_record(record, says))] } else { Vec::new() }
}

fn no_expiry(case: &Case<'_, '_>) -> Vec<Flagged> {
    let register = case.bench.index.register;
    let mut issued = case.own_of(ISSUERS).filter(|r| has(register, &r.source, &r.provider, |h| h.expiry));
    let Some(record) = issued.next() else { return Vec::new() };
    let ends = case.expires().is_some() || case.unit.findings.iter().any(|f| f.expires.is_some());
    let lives = super::unit::is_credential(record) && !record.status.is_withdrawn();
    if ends || !lives || case.bench.policy.expiry == Demand::Optional {
        Vec::new()
    } else {
        vec![(Flag::NoExpiry, on_record(record, "its issuer lets it end, and no end is set".to_owned()))]
    }
}

fn dormant(case: &Case<'_, '_>) -> Vec<Flagged> {
    let window = i64::from(case.bench.policy.dormant_days);
    let now = case.bench.now;
    let flag = |record, says| vec![(Flag::Dormant, on_record(record, says))];
    if case.own_of(ISSUERS).any(|r| r.status.is_withdrawn()) {
        return Vec::new();
    }
    match (case.last_used(), case.created()) {
        ((Some(used), Some(record)), _) if days(used, now) > window => {
            flag(record, format!("last used {used}, {} days ago", days(used, now)))
        }
        ((None, Some(record)), Some((made, _))) if days(made, now) > window => flag(record, format!("never used since it was made {made}")),
        _ => Vec::new(),
    }
}

fn duplicated(case: &Case<'_, '_>) -> Vec<Flagged> {
    let kept = case.own.iter().filter(|r| r.class == SourceClass::Vault || r.kind == RecordKind::CiSecret);
    let paths: BTreeSet<&str> =
        kept.clone().flat_map(|r| r.keys.iter().filter(|k| k.kind == KeyKind::VaultPath).map(|k| &*k.value).chain(ci(r))).collect();
    match kept.into_iter().next() {
        Some(record) if paths.len() > 1 => vec![(Flag::Duplicated, on_record(record, format!("kept at {}", list(paths.into_iter()))))],
        _ => Vec::new(),
    }
}

fn ci(record: &Record) -> Option<&str> {
    (record.kind == RecordKind::CiSecret).then_some(&*record.id)
}

fn shared(case: &Case<'_, '_>) -> Vec<Flagged> {
    let repos: BTreeSet<&str> = places(case).filter_map(|l| l.repo.as_deref()).collect();
    if repos.len() < 2 {
        return Vec::new();
    }
    vec![(Flag::Shared, reason("locations", format!("the same value is in {} repositories: {}", repos.len(), list(repos.into_iter()))))]
}

fn cross_environment(case: &Case<'_, '_>) -> Vec<Flagged> {
    let mut seen: Vec<(Environment, String, Option<&Record>)> =
        places(case).filter_map(|l| Some((Environment::of(l, case.bench.policy)?, l.path.clone(), None))).collect();
    let records = case
        .own
        .iter()
        .chain(&case.above)
        .filter_map(|r| Some((Environment::named(r.environment.as_deref()?)?, r.source.to_string(), Some(*r))));
    seen.extend(records);
    let production = seen.iter().find(|(e, ..)| *e == Environment::Production);
    let other = seen.iter().find(|(e, ..)| matches!(e, Environment::Development | Environment::Staging | Environment::Test));
    let (Some((_, here, record)), Some((environment, there, other))) = (production, other) else { return Vec::new() };
    let says = format!("production by {here}, {} by {there}", environment.as_str());
    let evidence = record.or(*other).map_or_else(|| reason("locations", says.clone()), |r| on_record(r, says.clone()));
    vec![(Flag::CrossEnvironment, evidence)]
}

/// Who uses it: as records say, else as its form says.
pub(super) fn class(case: &Case<'_, '_>) -> Class {
    let told: Vec<Class> = case.own.iter().chain(&case.above).map(|r| r.principal).filter(|c| *c != Class::Unknown).collect();
    let agent = told.iter().find(|c| **c == Class::Agent);
    let own = case.unit.findings.iter().map(|f| f.class).find(|c| *c != Class::Unknown);
    agent.or(told.first()).copied().or(own).unwrap_or_default()
}

fn human_as_machine(case: &Case<'_, '_>) -> Vec<Flagged> {
    if class(case) != Class::Human {
        return Vec::new();
    }
    let Some(place) = places(case).find(|l| is_machine(l)) else { return Vec::new() };
    let record = case.own.iter().chain(&case.above).find(|r| r.principal == Class::Human);
    let says = format!("a person's credential, used by a machine in {}", place.path);
    vec![(Flag::HumanAsMachine, record.map_or_else(|| reason("the credential itself", says.clone()), |r| on_record(r, says.clone())))]
}

fn privileged(case: &Case<'_, '_>) -> Vec<Flagged> {
    let all = |r: &&&Record| {
        r.privileges.iter().any(|p| &**p == "*" || p.eq_ignore_ascii_case("admin") || p.to_ascii_lowercase().starts_with("admin"))
    };
    let record = case.own.iter().chain(&case.above).find(all);
    record.map(|r| (Flag::Privileged, on_record(r, format!("{} may do all", r.id)))).into_iter().collect()
}

fn federatable(case: &Case<'_, '_>) -> Vec<Flagged> {
    let says = |l: &Location| format!("{} uses a long-lived key where another pipeline of the repository proves itself by OIDC", l.path);
    federatable_at(case).map(|l| (Flag::StaticWhereFederatable, reason("locations", says(l)))).into_iter().collect()
}

/// The place of a pipeline that could do without a long-lived key.
pub(super) fn federatable_at<'c>(case: &'c Case<'_, '_>) -> Option<&'c Location> {
    let is_cloud = case.unit.findings.iter().any(|f| {
        let long_lived = matches!(f.record_kind, RecordKind::AccessKey | RecordKind::OauthSecret | RecordKind::SaKey);
        long_lived && matches!(f.record_provider.as_str(), "aws" | "azure" | "gcp" | "google")
    });
    let federated = |l: &&Location| is_pipeline(l) && l.repo.as_ref().is_some_and(|r| case.bench.federated.contains_key(r));
    is_cloud.then(|| places(case).find(federated)).flatten()
}
