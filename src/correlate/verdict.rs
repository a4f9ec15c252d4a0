//! Verdicts on credentials: the conditions, in the order in which the first that holds is taken.

use super::case::Case;
use super::coverage::{ISSUERS, Question, REGISTERS, covering, is_foreign, newest};
use super::matching::Match;
use crate::model::{Evidence, Manifest, Record, RecordKind, SourceClass, Status, Strength, Timestamp, Verdict};

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// The verdict of a case, with what it rests on.
pub(super) fn judge(case: &Case<'_, '_>) -> (Verdict, Vec<Evidence>) {
    let mut evidence: Vec<Evidence> = case.matches.own.iter().map(told).collect();
    let (verdict, says) = if case.matches.own.is_empty() {
        evidence.extend(case.matches.maybe.iter().map(told));
        evidence.extend(case.matches.principals.iter().map(|m| Evidence { strength: Strength::Context, ..told(m) }));
        if case.matches.maybe.is_empty() { unmatched(case) } else { ambiguous(case) }
    } else {
        matched(case)
    };
    evidence.insert(0, says);
    (verdict, evidence)
}

/// A match as evidence.
fn told(found: &Match<'_>) -> Evidence {
    let Match { record, join, strength, chance, .. } = found;
    let status = match record.status {
        Status::Unknown => String::new(),
        status => format!(", {}", status.as_str()),
    };
    let how = match strength {
        Strength::Hint => format!("the characters that it shows agree; by chance {chance:.1e}"),
        _ => format!("same {join}"),
    };
    Evidence {
        source: record.source.to_string(),
        record: Some(record.id.to_string()),
        join: Some((*join).to_owned()),
        strength: *strength,
        chance: *chance,
        says: format!("{} record {}{status}: {how}", record.class.as_str(), record.display.as_deref().unwrap_or(&record.id)),
    }
}

/// A reason that rests on a source as a whole, or on none.
pub(super) fn reason(source: &str, says: String) -> Evidence {
    Evidence { source: source.to_owned(), record: None, join: None, strength: Strength::Context, chance: 0.0, says }
}

/// A reason that rests on a record.
pub(super) fn on_record(record: &Record, says: String) -> Evidence {
    Evidence {
        source: record.source.to_string(),
        record: Some(record.id.to_string()),
        join: None,
        strength: Strength::Exact,
        chance: 0.0,
        says,
    }
}

fn ambiguous(case: &Case<'_, '_>) -> (Verdict, Evidence) {
    let maybe = &case.matches.maybe;
    let says = match maybe.as_slice() {
        [one] => format!("one record may be it, but by chance {:.1} % of keys would show the same characters", one.chance * 100.0),
        several => format!("{} records show the same characters: {}", several.len(), list(several.iter().map(|m| &*m.record.id))),
    };
    (Verdict::Ambiguous, reason(&maybe[0].record.source, says))
}

fn matched(case: &Case<'_, '_>) -> (Verdict, Evidence) {
    let issuers = || case.own_of(ISSUERS);
    let withdrawn = issuers().find(|r| r.status.is_withdrawn());
    if let Some(record) = withdrawn.filter(|_| !case.is_alive()) {
        return (Verdict::RevokedPresent, on_record(record, format!("its issuer says {}", record.status.as_str())));
    }
    let disabled = case.all_of(ISSUERS).find(|r| r.status.is_withdrawn() && r.kind != RecordKind::Group);
    if let Some(record) = disabled.filter(|_| withdrawn.is_none()) {
        return (
            Verdict::RevokedPresent,
            on_record(record, format!("whose credential it is, {}, is {}", record.id, record.status.as_str())),
        );
    }
    let answers = [SourceClass::Governance, SourceClass::Issuer, SourceClass::Pki];
    let working = |r: &&Record| !r.status.is_withdrawn() && r.status != Status::Expired;
    if let Some(record) = case.all_of(&answers).filter(working).find(|r| case.is_answered_for(r)) {
        let owner = record.owner.as_ref().map_or("", |o| &o.value);
        return (Verdict::Governed, on_record(record, format!("{owner} answers for it")));
    }
    shadow(case).unwrap_or_else(|| (Verdict::Ungoverned, ungoverned(case)))
}

/// Whether it exists, and the register that covers it does not know it.
fn shadow(case: &Case<'_, '_>) -> Option<(Verdict, Evidence)> {
    let window = i64::from(case.bench.policy.dormant_days) * DAY;
    let used = |r: &Record| r.last_used.is_some_and(|t| case.bench.now.seconds - t.seconds <= window);
    let exists = case.own.iter().find(|r| match r.class {
        SourceClass::Issuer | SourceClass::Pki => !r.status.is_withdrawn() && r.status != Status::Expired,
        SourceClass::Usage => used(r),
        _ => false,
    })?;
    if case.all_of(&[SourceClass::Governance, SourceClass::Vault]).next().is_some() {
        return None;
    }
    let asked = case.question();
    let registers = covering(case.bench.index.register, REGISTERS, asked);
    let register = registers.first()?;
    let says = format!(
        "{} in {} shows that it exists, and {} covers {} and does not know it",
        exists.id,
        exists.source,
        register.source,
        about(asked)
    );
    Some((Verdict::Shadow, reason(&register.source, says)))
}

fn ungoverned(case: &Case<'_, '_>) -> Evidence {
    let named = case.own.iter().chain(&case.above).find(|r| r.owner.is_some());
    match named {
        Some(record) if case.is_answered_for(record) => {
            on_record(record, format!("only a {} names an owner, and no register does", record.class.as_str()))
        }
        Some(record) => {
            let owner = record.owner.as_ref().map_or("", |o| &o.value);
            on_record(record, format!("its owner {owner} has left or is not in the directory"))
        }
        None => reason(&case.own[0].source, "a record knows it, and none names an owner".to_owned()),
    }
}

fn unmatched(case: &Case<'_, '_>) -> (Verdict, Evidence) {
    let register = case.bench.index.register;
    let asked = case.question();
    let scope = asked.scope.unwrap_or_default();
    if is_foreign(register, asked) {
        let says = format!("it belongs to {} {scope}, which no source of the inventory names", asked.provider);
        return (Verdict::ForeignScope, reason("coverage", says));
    }
    let since = case.unit.since();
    // An export says nothing of what came after it was taken.
    let reaches = |m: &&&Manifest| m.as_of.zip(since).is_some_and(|(taken, first)| taken.seconds >= first.seconds);
    let issuers = covering(register, ISSUERS, asked);
    if let Some(issuer) = issuers.iter().find(reaches) {
        let says = format!("{} covers {} and does not know it: deleted, or never issued", issuer.source, about(asked));
        return (Verdict::Residue, reason(&issuer.source, says));
    }
    let registers = covering(register, REGISTERS, asked);
    if let Some(governance) = registers.iter().find(|m| m.as_of.is_none() || since.is_none() || reaches(m)) {
        let unasked = match newest(&issuers) {
            Some(taken) => format!("its issuer's export of {taken} is older than its first commit"),
            None => "no export of its issuer covers it".to_owned(),
        };
        let says = format!("{} covers {} and does not know it; {unasked}", governance.source, about(asked));
        return (Verdict::SuspectedShadow, reason(&governance.source, says));
    }
    let says = match issuers.iter().chain(&registers).next() {
        None => format!("no source covers {}", about(asked)),
        Some(export) => format!("{} covers {} and does not know it, but {}", export.source, about(asked), too_old(export, since)),
    };
    (Verdict::UnknownSource, reason("coverage", says))
}

/// Why the silence of an export says nothing.
fn too_old(export: &Manifest, since: Option<Timestamp>) -> String {
    match (export.as_of, since) {
        (None, _) => "when it was taken is not known".to_owned(),
        (_, None) => "since when the value is there is not known: it is in no commit".to_owned(),
        (Some(taken), Some(first)) => format!("it was taken {taken}, before the value's first commit {first}"),
    }
}

/// What was asked, in words.
pub(super) fn about(asked: Question<'_>) -> String {
    let scope = asked.scope.map_or_else(|| " of an unknown scope".to_owned(), |s| format!(" of {s}"));
    format!("{} {}{scope}", asked.provider, asked.kind.as_str())
}

/// A few names, and how many more there are.
pub(super) fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown = names[..names.len().min(3)].join(", ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}
