//! Ghosts: records of the inventory that are alive and that nothing in code refers to.

use super::case::Bench;
use super::index::Cluster;
use super::verdict::DAY;
use crate::model::{Ghost, Record, RecordKind, SourceClass, Status, Timestamp};
use std::collections::HashSet;

/// A ghost before it is one: which record speaks for it, and what other records of the identity add.
pub(super) struct Alive {
    record: u32,
    others: Option<Box<Others>>,
}

/// What the other records of a ghost's identity add.
#[derive(Default)]
struct Others {
    owner: Option<Box<str>>,
    last_used: Option<Timestamp>,
    aliases: Vec<Box<str>>,
}

/// The identities that are ghosts, in the order of their records.
pub(super) fn alive(bench: &Bench<'_, '_>, seen: &HashSet<Cluster>) -> Vec<Alive> {
    let clusters = (0..bench.index.len()).filter(|c| !seen.contains(c));
    let mut found: Vec<Alive> = clusters.filter_map(|c| Some(described(bench, c, speaker(bench, c)?))).collect();
    found.sort_unstable_by_key(|a| a.record);
    found
}

/// Makes ghosts of the records that speak for them, sorted by provider, kind and id. The list may be nearly as long as the inventory, so records
/// are turned into ghosts rather than copied.
pub(super) fn ghosts(alive: Vec<Alive>, records: Vec<Record>) -> Vec<Ghost> {
    let mut alive = alive.into_iter().peekable();
    // In this form the list is made in the place of the records.
    let turned = records.into_iter().enumerate();
    let turned = turned.filter_map(|(number, record)| Some(ghost(alive.next_if(|a| a.record as usize == number)?, record)));
    let mut found: Vec<Ghost> = turned.collect();
    found.shrink_to_fit();
    found.sort_unstable_by(|a, b| (&a.provider, a.kind, &a.id, &a.source).cmp(&(&b.provider, b.kind, &b.id, &b.source)));
    found
}

/// The record that speaks for an identity, where it is alive and not in use.
fn speaker(bench: &Bench<'_, '_>, cluster: Cluster) -> Option<u32> {
    let numbers = bench.index.numbers(cluster);
    let records: Vec<&Record> = bench.index.members(cluster).collect();
    let answers = |r: &&(&u32, &&Record)| matches!(r.1.class, SourceClass::Issuer | SourceClass::Pki | SourceClass::Governance);
    let both = numbers.iter().zip(&records).collect::<Vec<_>>();
    let (number, record) = both.iter().filter(answers).min_by_key(|(_, r)| (r.class, r.kind))?;
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
    if is_used { None } else { Some(**number) }
}

fn described(bench: &Bench<'_, '_>, cluster: Cluster, speaker: u32) -> Alive {
    if bench.index.numbers(cluster).len() == 1 {
        return Alive { record: speaker, others: None };
    }
    let others = || bench.index.numbers(cluster).iter().filter(|n| **n != speaker).map(|n| bench.index.record(*n));
    let told = Others {
        owner: others().find_map(|r| r.owner.as_ref()).map(|o| o.value.clone()),
        last_used: others().filter_map(|r| r.last_used).max_by_key(|t| t.seconds),
        aliases: others().flat_map(|r| std::iter::once(&r.id).chain(&r.display)).cloned().collect(),
    };
    Alive { record: speaker, others: Some(Box::new(told)) }
}

fn ghost(alive: Alive, record: Record) -> Ghost {
    let others = alive.others.map(|o| *o).unwrap_or_default();
    let mut aliases = others.aliases;
    aliases.extend(record.display.clone());
    aliases.retain(|alias| *alias != record.id);
    aliases.sort();
    aliases.dedup();
    aliases.shrink_to_fit();
    Ghost {
        id: record.id,
        name: record.display,
        source: record.source,
        class: record.class,
        provider: record.provider,
        kind: record.kind,
        scope: record.scope,
        owner: record.owner.map(|o| o.value).or(others.owner),
        last_used: record.last_used.max(others.last_used),
        aliases,
    }
}
