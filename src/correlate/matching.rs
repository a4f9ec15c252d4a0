//! The join: which records a unit's findings are, by exact keys first, then by the characters that issuers show.

use super::index::{Cluster, Index};
use super::unit::{Unit, is_own};
use crate::model::{Key, KeyKind, Policy, Record, RecordKind, Strength, Timestamp};

/// Seconds by which clocks and time zones may be off between an issuer and a commit.
const SKEW: i64 = 24 * 3600;

/// A record that a unit is, and why.
#[derive(Clone)]
pub(super) struct Match<'r> {
    pub cluster: Cluster,
    /// The record by which it was recognised.
    pub record: &'r Record,
    /// What joined them: a kind of key, or `hint`.
    pub join: &'static str,
    pub strength: Strength,
    /// How likely it is by chance.
    pub chance: f64,
}

/// What the inventory has for a unit.
#[derive(Default)]
pub(super) struct Matches<'r> {
    /// Records that it is.
    pub own: Vec<Match<'r>>,
    /// Records that it may be, where a hint does not tell.
    pub maybe: Vec<Match<'r>>,
    /// Principals that it says it belongs to.
    pub principals: Vec<Match<'r>>,
}

/// Finds the records of a unit.
pub(super) fn find<'r>(unit: &Unit<'_>, index: &Index<'r>, policy: &Policy) -> Matches<'r> {
    let mut matches = Matches::default();
    for key in unit.keys() {
        let Some(cluster) = index.find(key) else { continue };
        let Some(record) = index.members(cluster).find(|r| r.keys.contains(key)) else { continue };
        let found = Match { cluster, record, join: key.kind.as_str(), strength: Strength::Exact, chance: chance(key) };
        let list = if is_own(key) || speaks_for_all(key, unit) { &mut matches.own } else { &mut matches.principals };
        if list.iter().all(|m| m.cluster != cluster) {
            list.push(found);
        }
    }
    let hinted = hinted(unit, index);
    let known: Vec<Cluster> = matches.own.iter().map(|m| m.cluster).collect();
    let others: Vec<Match<'r>> = hinted.into_iter().filter(|m| !known.contains(&m.cluster)).collect();
    match others.as_slice() {
        [] => {}
        [one] if one.chance <= policy.chance => matches.own.extend(others),
        _ if known.is_empty() => matches.maybe = others,
        _ => {}
    }
    matches
}

/// A principal's key stands for the credential where the issuer knows no credential beside it: a key of a storage account.
fn speaks_for_all(key: &Key, unit: &Unit<'_>) -> bool {
    match key.kind {
        KeyKind::K8sSa | KeyKind::JwtSubject => unit.is_kind(RecordKind::Token),
        KeyKind::AwsUid | KeyKind::AwsArn => unit.is_kind(RecordKind::Role) || unit.is_kind(RecordKind::User),
        _ => false,
    }
}

/// The records whose hints the values of a unit have, that agree in kind, scope and time: one for each cluster.
fn hinted<'r>(unit: &Unit<'_>, index: &Index<'r>) -> Vec<Match<'r>> {
    let mut found: Vec<Match<'r>> = Vec::new();
    let keys = unit.keys();
    for finding in &unit.findings {
        let Ok(value) = std::str::from_utf8(finding.value.expose()) else { continue };
        for number in index.hinted(&finding.record_provider, value.trim_end()) {
            let record = index.record(number);
            let Some(hint) = &record.hint else { continue };
            let is_within = hint.within.as_ref().is_none_or(|k| keys.contains(k));
            let scopes = (unit.scope(), record.scope.as_deref());
            let is_there = !matches!(scopes, (Some(own), Some(theirs)) if hint.within.is_none() && !own.eq_ignore_ascii_case(theirs));
            if record.kind != finding.record_kind || !is_within || !is_there || !in_time(record, unit.since()) {
                continue;
            }
            let cluster = index.cluster_of(number);
            let chance = 1.0 - (-f64::from(index.partition(record)) / f64::from(hint.bits).exp2()).exp();
            if found.iter().all(|m| m.cluster != cluster) {
                found.push(Match { cluster, record, join: "hint", strength: Strength::Hint, chance });
            }
        }
    }
    found
}

/// Whether a record may be what was committed then: made before, and not ended before.
fn in_time(record: &Record, since: Option<Timestamp>) -> bool {
    let Some(since) = since else { return true };
    record.created.is_none_or(|c| c.seconds <= since.seconds + SKEW) && record.expires.is_none_or(|e| e.seconds + SKEW >= since.seconds)
}

/// How likely another credential has the same key.
fn chance(key: &Key) -> f64 {
    match key.kind {
        KeyKind::S256 | KeyKind::Kfp1 => 2.9e-39,
        KeyKind::C3id => 7.5e-37,
        _ => 0.0,
    }
}
