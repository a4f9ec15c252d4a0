//! Which values blobs hold, as far as it may be written down: of a value it says in which blob it can be read, and what it may be told of; never the value.

use super::values::{Told, ValueNo};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Where a value can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// Binary id of a blob.
    pub blob: Vec<u8>,
    /// Which of the blob's findings it is, in order of place.
    pub nth: u32,
}

/// Values with what a blob tells of each.
pub(super) type Tellings = Vec<(u32, Told)>;

/// What blobs hold: values by the numbers of their origins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holdings {
    /// Where each value can be read.
    pub origins: Vec<Origin>,
    /// Binary id of each blob, and its values.
    pub blobs: Vec<(Vec<u8>, Tellings)>,
}

impl Holdings {
    /// What either knows.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let shift = self.origins.len() as u32;
        let shifted = |tellings: Tellings| tellings.into_iter().map(|(n, told)| (n + shift, told)).collect();
        self.origins.extend(other.origins);
        self.blobs.extend(other.blobs.into_iter().map(|(blob, tellings)| (blob, shifted(tellings))));
        self
    }

    /// Whether every number names an origin.
    pub fn is_sound(&self) -> bool {
        self.blobs.iter().flat_map(|b| &b.1).all(|(n, _)| (*n as usize) < self.origins.len())
    }
}

/// Holdings in the making, with values by the numbers that a scan gave them.
#[derive(Default)]
pub(super) struct Ledger {
    holdings: Holdings,
    number_of: HashMap<ValueNo, u32>,
}

impl Ledger {
    /// Notes where a value can be read; the first place counts.
    pub fn origin(&mut self, value: ValueNo, origin: impl FnOnce() -> Origin) {
        let origins = &mut self.holdings.origins;
        self.number_of.entry(value).or_insert_with(|| {
            origins.push(origin());
            origins.len() as u32 - 1
        });
    }

    /// Notes what a blob tells of values whose origins are noted.
    pub fn blob(&mut self, blob: &[u8], told: impl IntoIterator<Item = (ValueNo, Told)>) {
        let mut tellings: Tellings = Vec::new();
        for (value, told) in told {
            let Some(&number) = self.number_of.get(&value) else { continue };
            match tellings.iter_mut().find(|t| t.0 == number) {
                Some(known) => known.1.add(told),
                None => tellings.push((number, told)),
            }
        }
        self.holdings.blobs.push((blob.to_vec(), tellings));
    }

    /// What was noted.
    pub fn finish(self) -> Holdings {
        self.holdings
    }
}
