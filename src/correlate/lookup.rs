//! Which records have a key: hashes in order, small beside a map of a million texts.

use crate::model::{Key, KeyKind, Record};
use std::hash::{BuildHasher, RandomState};

/// Bits of a hash by which its neighbours are found at once.
const BITS: u32 = 16;

/// The keys of records. What a record holds is compared, so two keys may have one hash.
pub(super) struct Lookup<'r> {
    records: &'r [Record],
    hasher: RandomState,
    /// Hash of a key and number of a record that has it, sorted.
    entries: Vec<(u64, u32)>,
    /// Where the hashes with the same first bits begin, and where the last of them end.
    begins: Vec<u32>,
}

impl<'r> Lookup<'r> {
    /// Of all keys that name one identity rather than the owner of many.
    pub(super) fn new(records: &'r [Record]) -> Self {
        let hasher = RandomState::new();
        let own = |record: &'r Record| record.keys.iter().filter(|k| !k.kind.is_shared());
        let mut entries = Vec::with_capacity(records.iter().map(|r| own(r).count()).sum());
        for (number, record) in (0..).zip(records) {
            entries.extend(own(record).map(|k| (hasher.hash_one((k.kind, &*k.value)), number)));
        }
        entries.sort_unstable();
        let mut begins = vec![0; (1 << BITS) + 1];
        entries.iter().for_each(|(hash, _)| begins[bucket(*hash) + 1] += 1);
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        Self { records, hasher, entries, begins }
    }

    /// The first record that has a key.
    pub(super) fn find(&self, kind: KeyKind, value: &str) -> Option<u32> {
        let hash = self.hasher.hash_one((kind, value));
        let at = bucket(hash);
        let near = &self.entries[self.begins[at] as usize..self.begins[at + 1] as usize];
        let from = near.partition_point(|(h, _)| *h < hash);
        let same = near[from..].iter().take_while(|(h, _)| *h == hash);
        same.map(|(_, number)| *number).find(|n| self.records[*n as usize].keys.iter().any(|k| k.kind == kind && *k.value == *value))
    }

    /// Pairs of records that share a key.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.entries.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1).flat_map(|same| self.alike(same))
    }

    /// Of records with a key of one hash, each with the first that has the same key.
    fn alike(&self, same: &[(u64, u32)]) -> Vec<(u32, u32)> {
        let hash = same[0].0;
        let of = |number: u32| -> Vec<&'r Key> {
            let keys = self.records[number as usize].keys.iter().filter(|k| !k.kind.is_shared());
            keys.filter(|k| self.hasher.hash_one((k.kind, &*k.value)) == hash).collect()
        };
        let mut first: Vec<(&Key, u32)> = Vec::new();
        let mut found = Vec::new();
        for (_, number) in same {
            for key in of(*number) {
                match first.iter().find(|(known, _)| *known == key) {
                    Some((_, other)) => found.push((*other, *number)),
                    None => first.push((key, *number)),
                }
            }
        }
        found
    }
}

fn bucket(hash: u64) -> usize {
    (hash >> (u64::BITS - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecordKind, SourceClass};
    use std::sync::Arc;

    #[test]
    fn records_are_found_by_their_own_keys_and_paired_by_shared_ones() {
        let source: Arc<str> = "a.json".into();
        let record = |keys: &[(KeyKind, &str)]| {
            let mut record = Record::new(&source, SourceClass::Issuer, "aws", RecordKind::User, "x");
            record.keys = keys.iter().filter_map(|(kind, value)| Key::new(*kind, value)).collect();
            record
        };
        let (arn, uid) = ("arn:aws:iam::111122223333:user/ci", "AIDACI");
        let records = [
            record(&[(KeyKind::AwsArn, arn)]),
            record(&[(KeyKind::AwsUid, uid), (KeyKind::AwsArn, arn)]),
            record(&[(KeyKind::AwsAccount, "1")]),
        ];
        let lookup = Lookup::new(&records);
        assert_eq!((lookup.find(KeyKind::AwsArn, arn), lookup.find(KeyKind::AwsUid, uid)), (Some(0), Some(1)));
        assert_eq!((lookup.find(KeyKind::AwsAccount, "1"), lookup.find(KeyKind::AwsUid, arn)), (None, None));
        assert_eq!(lookup.pairs().collect::<Vec<_>>(), [(0, 1)]);
    }
}
