//! A case: a unit with its records, ready to be judged.

use super::coverage::Question;
use super::index::{Cluster, Index};
use super::matching::{Match, Matches};
use super::owner::Directory;
use super::unit::{Unit, is_credential};
use crate::model::{Category, Origin, OwnerStatus, Policy, Record, RecordKind, SourceClass, Status, Timestamp};
use std::collections::BTreeMap;

/// What all cases are judged with.
pub(super) struct Bench<'b, 'r> {
    pub index: &'b Index<'r>,
    pub directory: &'b Directory<'r>,
    pub policy: &'b Policy,
    pub now: Timestamp,
    /// What kind of service each provider is.
    pub categories: &'b BTreeMap<String, Category>,
    /// Whom pipelines of a repository act as without a secret: provider and principal.
    pub federated: BTreeMap<String, Vec<(String, String)>>,
    /// Where repositories were cloned from.
    pub origins: &'b BTreeMap<String, Origin>,
}

impl Bench<'_, '_> {
    /// What kind of service a provider is, where known.
    pub(super) fn category(&self, provider: &str) -> Option<Category> {
        self.categories.get(provider).copied()
    }
}

/// A unit and what the inventory has for it.
pub(super) struct Case<'c, 'r> {
    pub unit: &'c Unit<'c>,
    pub matches: Matches<'r>,
    /// Records of the credential itself.
    pub own: Vec<&'r Record>,
    /// Records of those whose credential it is.
    pub above: Vec<&'r Record>,
    pub bench: &'c Bench<'c, 'r>,
}

impl<'c, 'r> Case<'c, 'r> {
    pub(super) fn new(unit: &'c Unit<'c>, matches: Matches<'r>, bench: &'c Bench<'c, 'r>) -> Self {
        let clusters: Vec<Cluster> = matches.own.iter().map(|m| m.cluster).collect();
        let own: Vec<&Record> = clusters.iter().flat_map(|c| bench.index.members(*c)).collect();
        let parents = bench.index.parents(&clusters);
        let above =
            parents.iter().flat_map(|c| bench.index.members(*c)).filter(|r| !is_credential(r) || is_register(r) || is_path(r)).collect();
        Self { unit, matches, own, above, bench }
    }

    /// The clusters that are seen with it.
    pub(super) fn seen(&self) -> impl Iterator<Item = Cluster> + '_ {
        let all: Vec<&Match<'r>> = self.matches.own.iter().chain(&self.matches.maybe).chain(&self.matches.principals).collect();
        let clusters: Vec<Cluster> = all.iter().map(|m| m.cluster).collect();
        let parents = self.bench.index.parents(&clusters);
        clusters.into_iter().chain(parents)
    }

    /// Its own records of certain sources.
    pub(super) fn own_of<'s>(&'s self, classes: &'s [SourceClass]) -> impl Iterator<Item = &'r Record> + 's {
        self.own.iter().copied().filter(|r| classes.contains(&r.class))
    }

    /// All records of certain sources.
    pub(super) fn all_of<'s>(&'s self, classes: &'s [SourceClass]) -> impl Iterator<Item = &'r Record> + 's {
        self.own.iter().chain(&self.above).copied().filter(|r| classes.contains(&r.class))
    }

    /// What the inventory is asked about: as who issues it says, else as it was found.
    pub(super) fn question(&self) -> Question<'_> {
        let order = [SourceClass::Issuer, SourceClass::Pki, SourceClass::Usage, SourceClass::Governance];
        let told = order.iter().find_map(|class| self.own.iter().find(|r| r.class == *class && is_credential(r)));
        let first = self.unit.first();
        match told {
            Some(record) => {
                Question { provider: &record.provider, kind: record.kind, scope: record.scope.as_deref().or_else(|| self.unit.scope()) }
            }
            None => Question { provider: &first.record_provider, kind: first.record_kind, scope: self.unit.scope() },
        }
    }

    /// Whether an active owner answers for a record.
    pub(super) fn is_answered_for(&self, record: &Record) -> bool {
        record.owner.as_ref().is_some_and(|o| matches!(self.bench.directory.resolve(o).0, OwnerStatus::Active | OwnerStatus::Unchecked))
    }

    /// When it was made, by the source that should know best.
    pub(super) fn created(&self) -> Option<(Timestamp, &'r Record)> {
        self.best(|r| r.created)
    }

    /// When its secret was last replaced, or else made.
    pub(super) fn renewed(&self) -> Option<(Timestamp, &'r Record)> {
        let rotated = self.best(|r| r.last_rotated);
        let created = self.created();
        rotated.into_iter().chain(created).max_by_key(|(t, _)| t.seconds)
    }

    /// When it ends, by the source that should know best.
    pub(super) fn expires(&self) -> Option<(Timestamp, &'r Record)> {
        self.best(|r| r.expires)
    }

    /// A time of its own records: who issues it is asked first, then registers, then vaults.
    fn best(&self, of: fn(&Record) -> Option<Timestamp>) -> Option<(Timestamp, &'r Record)> {
        let order = [SourceClass::Issuer, SourceClass::Pki, SourceClass::Governance, SourceClass::Vault];
        order.iter().find_map(|class| {
            let times = self.own.iter().filter(|r| r.class == *class && (is_credential(r) || is_register(r)));
            times.filter_map(|r| of(r).map(|t| (t, *r))).max_by_key(|(t, _)| t.seconds)
        })
    }

    /// When it was last used, by any source; and whether some source would know.
    pub(super) fn last_used(&self) -> (Option<Timestamp>, Option<&'r Record>) {
        let own = self.own.iter().filter_map(|r| r.last_used.map(|t| (t, *r)));
        let reported = self.above.iter().filter_map(|r| reported_use(r, &self.own)).filter_map(|(t, r)| t.map(|t| (t, r)));
        let last = own.chain(reported).max_by_key(|(t, _)| t.seconds);
        if let Some((time, record)) = last {
            return (Some(time), Some(record));
        }
        let knows = |r: &&Record| {
            let own = r.class != SourceClass::Governance
                && super::coverage::has(self.bench.index.register, &r.source, &r.provider, |h| h.last_used);
            own && is_credential(r)
        };
        let knowing =
            self.own.iter().copied().find(knows).or_else(|| self.above.iter().copied().find(|r| reported_use(r, &self.own).is_some()));
        (None, knowing)
    }

    /// Whether who issues it says that it works.
    pub(super) fn is_alive(&self) -> bool {
        self.own_of(super::coverage::ISSUERS).any(|r| r.status == Status::Active)
    }
}

/// What an AWS credential report says of the use of a key: it has no key ids, but two keys of a user differ by when they were made.
fn reported_use<'r>(report: &'r Record, own: &[&'r Record]) -> Option<(Option<Timestamp>, &'r Record)> {
    const CLOSE: i64 = 2;
    let of = |n: u8, field: &str| report.details.get(&format!("access_key_{n}_{field}"));
    let key = own.iter().find(|r| r.kind == RecordKind::AccessKey && r.created.is_some())?;
    let made = key.created?.seconds;
    let number = [1, 2].into_iter().find(|n| {
        let rotated = of(*n, "last_rotated").and_then(|t| Timestamp::parse(t));
        rotated.is_some_and(|t| (t.seconds - made).abs() <= CLOSE)
    })?;
    Some((of(number, "last_used_date").and_then(|t| Timestamp::parse(t)), report))
}

fn is_register(record: &Record) -> bool {
    record.class == SourceClass::Governance
}

/// A path of a vault is above its keys and a credential itself.
fn is_path(record: &Record) -> bool {
    record.class == SourceClass::Vault
}
