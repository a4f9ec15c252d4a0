//! Records by their keys, and records of one identity together.

use super::lookup::Lookup;
use crate::model::{Hint, Key, KeyKind, Record, RecordKind, Register};
use std::collections::HashMap;

/// Number of an identity of the inventory: records that share a key of their own.
pub(super) type Cluster = u32;

/// The inventory, ready to be asked.
pub(super) struct Index<'r> {
    pub register: &'r Register,
    /// The cluster of each record.
    cluster: Vec<Cluster>,
    /// Where the records of each cluster begin in `members`.
    begins: Vec<u32>,
    members: Vec<u32>,
    lookup: Lookup<'r>,
    /// Paths of secrets in Vault of which only single keys have records.
    paths: HashMap<Box<str>, Cluster>,
    /// Pairs of a cluster and one whose credential it is, sorted.
    children: Vec<(Cluster, Cluster)>,
    /// Records with a hint, by provider, ending (or beginning, where no ending is shown) and its length.
    hints: HashMap<(&'r str, bool, &'r str), Vec<u32>>,
    /// Lengths of endings and beginnings that a provider's hints have.
    shown: HashMap<&'r str, Vec<(bool, usize)>>,
    /// How many records with a hint there are, by provider, kind and key within which they are compared.
    partitions: HashMap<(&'r str, RecordKind, Option<&'r Key>), u32>,
}

impl<'r> Index<'r> {
    pub(super) fn new(register: &'r Register) -> Self {
        let lookup = Lookup::new(&register.records);
        let mut union = Union((0..register.records.len() as u32).collect());
        lookup.pairs().for_each(|(a, b)| union.join(a, b));
        let (cluster, begins, members) = clusters(&mut union);
        let mut index = Self {
            register,
            cluster,
            begins,
            members,
            lookup,
            paths: HashMap::new(),
            children: Vec::new(),
            hints: HashMap::new(),
            shown: HashMap::new(),
            partitions: HashMap::new(),
        };
        index.relate();
        index.hint();
        index
    }

    /// Notes which cluster is a credential of which.
    fn relate(&mut self) {
        let mut children = Vec::new();
        for (number, record) in self.register.records.iter().enumerate() {
            let child = self.cluster[number];
            if let Some(path) = path(record) {
                self.paths.entry(path.value).or_insert(child);
            }
            let path = path(record);
            let parents = record.of.iter().chain(path.as_ref()).filter_map(|key| self.named(key));
            children.extend(parents.filter(|p| *p != child).map(|p| (p, child)));
        }
        children.sort_unstable();
        children.dedup();
        self.children = children;
    }

    fn hint(&mut self) {
        for (number, record) in (0..).zip(&self.register.records) {
            let Some(hint) = &record.hint else { continue };
            let (at_end, shown) = shown(hint);
            self.hints.entry((&record.provider, at_end, shown)).or_default().push(number);
            let lengths = self.shown.entry(&record.provider).or_default();
            if !lengths.contains(&(at_end, shown.len())) {
                lengths.push((at_end, shown.len()));
            }
            *self.partitions.entry((&record.provider, record.kind, hint.within.as_ref())).or_default() += 1;
        }
    }

    pub(super) fn record(&self, number: u32) -> &'r Record {
        &self.register.records[number as usize]
    }

    /// The identity that a key names.
    pub(super) fn find(&self, key: &Key) -> Option<Cluster> {
        self.named(key).or_else(|| self.paths.get(&key.value).copied().filter(|_| key.kind == KeyKind::VaultPath))
    }

    /// The identity whose record has a key.
    fn named(&self, key: &Key) -> Option<Cluster> {
        self.lookup.find(key.kind, &key.value).map(|record| self.cluster[record as usize])
    }

    pub(super) fn cluster_of(&self, record: u32) -> Cluster {
        self.cluster[record as usize]
    }

    /// How many identities there are.
    pub(super) fn len(&self) -> Cluster {
        (self.begins.len() - 1) as Cluster
    }

    /// The records of an identity.
    pub(super) fn members(&self, cluster: Cluster) -> impl Iterator<Item = &'r Record> + '_ {
        self.numbers(cluster).iter().map(|&n| self.record(n))
    }

    /// The numbers of its records.
    pub(super) fn numbers(&self, cluster: Cluster) -> &[u32] {
        &self.members[self.begins[cluster as usize] as usize..self.begins[cluster as usize + 1] as usize]
    }

    /// The identities whose credentials these are, nearest first.
    pub(super) fn parents(&self, clusters: &[Cluster]) -> Vec<Cluster> {
        let mut found: Vec<Cluster> = Vec::new();
        let mut next: Vec<Cluster> = clusters.to_vec();
        for _ in 0..3 {
            let of = |c: &Cluster| {
                let records = self.members(*c);
                records
                    .flat_map(|r| r.of.iter().chain(path(r).as_ref()).filter_map(|k| self.find(k)).collect::<Vec<_>>())
                    .collect::<Vec<_>>()
            };
            let above: Vec<Cluster> = next.iter().flat_map(of).filter(|c| !clusters.contains(c) && !found.contains(c)).collect();
            found.extend(&above);
            next = above;
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|c| seen.insert(*c));
        found
    }

    /// The credentials of an identity.
    pub(super) fn children(&self, cluster: Cluster) -> impl Iterator<Item = Cluster> + '_ {
        let from = self.children.partition_point(|(p, _)| *p < cluster);
        self.children[from..].iter().take_while(move |(p, _)| *p == cluster).map(|(_, child)| *child)
    }

    /// The records of a provider whose hint this value has.
    pub(super) fn hinted(&self, provider: &str, value: &str) -> Vec<u32> {
        let mut found = Vec::new();
        for &(at_end, length) in self.shown.get(provider).into_iter().flatten() {
            let part = if at_end { value.len().checked_sub(length).and_then(|at| value.get(at..)) } else { value.get(..length) };
            let Some(part) = part else { continue };
            let records = self.hints.get(&(provider, at_end, part)).into_iter().flatten();
            found.extend(records.copied().filter(|&n| self.record(n).hint.as_ref().is_some_and(|h| agrees(h, value))));
        }
        found
    }

    /// How many records a record's hint is compared with, itself included.
    pub(super) fn partition(&self, record: &'r Record) -> u32 {
        let within = record.hint.as_ref().and_then(|h| h.within.as_ref());
        self.partitions.get(&(&*record.provider, record.kind, within)).copied().unwrap_or(1)
    }
}

/// Whether a value begins and ends as a hint shows, with something between.
fn agrees(hint: &Hint, value: &str) -> bool {
    value.len() >= hint.prefix.len() + hint.suffix.len() && value.starts_with(&*hint.prefix) && value.ends_with(&*hint.suffix)
}

/// The end that a hint shows, else the beginning; and whether it is the end.
fn shown(hint: &Hint) -> (bool, &str) {
    if hint.suffix.is_empty() { (false, &hint.prefix) } else { (true, &hint.suffix) }
}

/// Of one key of a secret in Vault: the path of all its keys.
fn path(record: &Record) -> Option<Key> {
    let own = record.keys.iter().find(|k| k.kind == KeyKind::VaultPath)?;
    own.value.split_once('#').and_then(|(path, _)| Key::new(KeyKind::VaultPath, path))
}

/// Sets that are joined.
struct Union(Vec<u32>);

impl Union {
    fn root(&mut self, mut of: u32) -> u32 {
        while self.0[of as usize] != of {
            let above = self.0[of as usize];
            self.0[of as usize] = self.0[above as usize];
            of = above;
        }
        of
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// The cluster of each record, numbered in the order of their first records; where each begins; and all records by cluster.
fn clusters(union: &mut Union) -> (Vec<Cluster>, Vec<u32>, Vec<u32>) {
    let count = union.0.len();
    let roots: Vec<u32> = (0..count as u32).map(|n| union.root(n)).collect();
    let mut number = vec![u32::MAX; count];
    let mut sizes: Vec<u32> = Vec::new();
    let mut cluster = Vec::with_capacity(count);
    for root in roots {
        let slot = &mut number[root as usize];
        if *slot == u32::MAX {
            *slot = sizes.len() as u32;
            sizes.push(0);
        }
        sizes[*slot as usize] += 1;
        cluster.push(*slot);
    }
    let mut begins = vec![0];
    begins.extend(sizes.iter().scan(0, |sum, size| {
        *sum += size;
        Some(*sum)
    }));
    let mut next = begins.clone();
    let mut members = vec![0; count];
    for (record, &c) in (0..).zip(&cluster) {
        members[next[c as usize] as usize] = record;
        next[c as usize] += 1;
    }
    (cluster, begins, members)
}
