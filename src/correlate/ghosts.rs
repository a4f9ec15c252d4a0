//! Ghosts: records of the inventory that are alive and that nothing in code refers to.

use super::case::Bench;
use super::index::Cluster;
use super::verdict::DAY;
use crate::model::{Ghost, Record, RecordKind, SourceClass, Status, Timestamp};
use std::collections::HashSet;

/// The ghosts of an inventory, sorted by provider, kind and id.
pub(super) fn ghosts(bench: &Bench<'_, '_>, seen: &HashSet<Cluster>) -> Vec<Ghost> {
    // Counted first: the list may be nearly as long as the inventory, and must not be moved while it grows.
    let alive: Vec<(Cluster, &Record)> =
        (0..bench.index.len()).filter(|c| !seen.contains(c)).filter_map(|c| Some((c, speaker(bench, c)?))).collect();
    let mut found: Vec<Ghost> = alive.into_iter().map(|(cluster, record)| ghost(bench, cluster, record)).collect();
    found.sort_by(|a, b| (&a.provider, a.kind, &a.id).cmp(&(&b.provider, b.kind, &b.id)));
    found
}

/// The record that speaks for an identity, where it is alive and not in use.
fn speaker<'r>(bench: &Bench<'_, 'r>, cluster: Cluster) -> Option<&'r Record> {
    let records: Vec<&Record> = bench.index.members(cluster).collect();
    let answers = |r: &&&Record| matches!(r.class, SourceClass::Issuer | SourceClass::Pki | SourceClass::Governance);
    let record = records.iter().filter(answers).min_by_key(|r| (r.class, r.kind))?;
    let over = |t: Timestamp| t.seconds < bench.now.seconds;
    let is_dead = |r: &&Record| r.status.is_withdrawn() || r.status == Status::Expired || r.expires.is_some_and(over);
    // Names of secrets and stores are places, not identities.
    let is_place = matches!(record.kind, RecordKind::SecretRef | RecordKind::CiSecret | RecordKind::Other | RecordKind::Group);
    if is_place || records.iter().any(is_dead) {
        return None;
    }
    // Of a principal with credentials, the credentials speak.
    let is_principal = records.iter().all(|r| !super::unit::is_credential(r));
    if is_principal && bench.index.children(cluster).next().is_some() {
        return None;
    }
    let window = i64::from(bench.policy.dormant_days) * DAY;
    let is_used = records.iter().filter_map(|r| r.last_used).any(|t| bench.now.seconds - t.seconds <= window);
    if is_used { None } else { Some(record) }
}

fn ghost(bench: &Bench<'_, '_>, cluster: Cluster, record: &Record) -> Ghost {
    let records: Vec<&Record> = bench.index.members(cluster).collect();
    let last_used = records.iter().filter_map(|r| r.last_used).max_by_key(|t| t.seconds);
    let ids = records.iter().flat_map(|r| std::iter::once(&r.id).chain(&r.display)).map(|i| i.to_string());
    let mut aliases: Vec<String> = ids.filter(|id| *id != *record.id).collect();
    aliases.sort();
    aliases.dedup();
    Ghost {
        id: record.id.to_string(),
        name: record.display.as_deref().map(str::to_owned),
        source: record.source.clone(),
        class: record.class,
        provider: record.provider.clone(),
        kind: record.kind,
        scope: record.scope.clone(),
        owner: records.iter().find_map(|r| r.owner.as_ref()).map(|o| o.value.to_string()),
        last_used,
        aliases,
    }
}
