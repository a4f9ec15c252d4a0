//! All objects of a repository under one numbering, whatever packs or loose files they lie in.

use super::pack::{NONE, Pack};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// Number of an object: its rank among all ids of the repository.
pub type ObjectId = u32;

/// Where an object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a pack: number of the pack and of the entry.
    Packed(u16, u32),
    /// In a file of its own.
    Loose,
}

/// So many ids are looked up at once.
const BATCH: usize = 16;

/// Between which objects one is to be looked for, and where first.
#[derive(Clone, Copy, Default)]
struct Guess {
    low: ObjectId,
    high: ObjectId,
    first: ObjectId,
}

/// The table of all objects.
pub struct Objects {
    hash_len: usize,
    ids: Vec<u8>,
    places: Vec<Place>,
    /// Objects whose id begins with less than a prefix, for each prefix: some two objects a prefix.
    fan: Vec<u32>,
    /// Bits of a prefix.
    prefix_bits: u32,
    /// Object of each entry, a list a pack.
    of_entry: Vec<Vec<ObjectId>>,
}

impl Objects {
    /// Numbers the objects of these packs and these loose ids. An object that lies in several places is taken from the first.
    pub fn new(packs: &[Pack], loose: &[Vec<u8>], hash_len: usize) -> Self {
        let mut all: Vec<(&[u8], Place)> = Vec::with_capacity(packs.iter().map(|p| p.count() as usize).sum::<usize>() + loose.len());
        for (n, pack) in packs.iter().enumerate() {
            all.extend(pack.by_id().iter().map(|&e| (pack.id(e), Place::Packed(n as u16, e))));
        }
        all.extend(loose.iter().map(|id| (id.as_slice(), Place::Loose)));
        if packs.len() + usize::from(!loose.is_empty()) > 1 {
            all.sort_by(|a, b| a.0.cmp(b.0)); // stable, and fast on the sorted runs the packs are
        }
        let mut table = Self {
            hash_len,
            ids: Vec::with_capacity(all.len() * hash_len),
            places: Vec::with_capacity(all.len()),
            fan: Vec::new(),
            prefix_bits: (usize::BITS - all.len().leading_zeros()).saturating_sub(1).clamp(8, 19),
            of_entry: packs.iter().map(|p| vec![NONE; p.count() as usize]).collect(),
        };
        for (id, place) in all {
            if !table.ids.ends_with(id) {
                table.ids.extend_from_slice(id);
                table.places.push(place);
            }
            if let Place::Packed(pack, entry) = place {
                table.of_entry[usize::from(pack)][entry as usize] = table.places.len() as u32 - 1;
            }
        }
        let mut fan = Vec::with_capacity((1 << table.prefix_bits) + 1);
        let mut next = 0;
        for p in 0..=1 << table.prefix_bits {
            while next < table.places.len() as u32 && table.prefix(table.id(next)) < p {
                next += 1;
            }
            fan.push(next);
        }
        table.fan = fan;
        table
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Finds an object by its binary id.
    pub fn find(&self, id: &[u8]) -> Option<ObjectId> {
        if id.len() != self.hash_len {
            return None;
        }
        self.between(id, self.guess(id))
    }

    /// Looks up many binary ids that stand one behind another, and calls `found` with each. The looks do not wait for one another, as they would one by one.
    pub fn find_each(&self, ids: &[u8], mut found: impl FnMut(&[u8], Option<ObjectId>)) {
        for ids in ids.chunks(self.hash_len * BATCH) {
            let mut guesses = [Guess::default(); BATCH];
            ids.chunks_exact(self.hash_len).zip(&mut guesses).for_each(|(id, guess)| *guess = self.guess(id));
            let mut right = [false; BATCH];
            for ((id, guess), right) in ids.chunks_exact(self.hash_len).zip(&guesses).zip(&mut right) {
                *right = guess.low < guess.high && compare(self.id(guess.first), id).is_eq();
            }
            for ((id, guess), right) in ids.chunks_exact(self.hash_len).zip(guesses).zip(right) {
                found(id, if right { Some(guess.first) } else { self.between(id, guess) });
            }
        }
    }

    /// Where an object is if there is one of this id.
    fn guess(&self, id: &[u8]) -> Guess {
        let prefix = self.prefix(id);
        let (low, high) = (self.fan[prefix], self.fan[prefix + 1]);
        // Ids are spread evenly, so the first look is where it should be, and mostly near.
        let step = (u64::from(Self::head(id) << self.prefix_bits) * u64::from(high - low)) >> 32;
        Guess { low, high, first: low + step as u32 }
    }

    fn between(&self, id: &[u8], Guess { mut low, mut high, first: mut middle }: Guess) -> Option<ObjectId> {
        while low < high {
            match compare(self.id(middle), id) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => high = middle,
            }
            middle = low.midpoint(high);
        }
        None
    }

    fn head(id: &[u8]) -> u32 {
        id.first_chunk().map_or(0, |four| u32::from_be_bytes(*four))
    }

    fn prefix(&self, id: &[u8]) -> usize {
        (Self::head(id) >> (32 - self.prefix_bits)) as usize
    }

    /// The binary ids of all objects, in order of their numbers.
    pub(super) fn ids(&self) -> &[u8] {
        &self.ids
    }

    /// The binary id of an object.
    pub fn id(&self, object: ObjectId) -> &[u8] {
        &self.ids[object as usize * self.hash_len..][..self.hash_len]
    }

    /// The id in hexadecimal.
    pub fn hex(&self, object: ObjectId) -> String {
        hex(self.id(object))
    }

    /// Where an object lies.
    pub fn place(&self, object: ObjectId) -> Place {
        self.places[object as usize]
    }

    /// The object of a pack's entry.
    pub fn of_entry(&self, pack: usize, entry: u32) -> ObjectId {
        self.of_entry[pack][entry as usize]
    }

    /// Length of a binary id: 20 or 32.
    pub fn hash_len(&self) -> usize {
        self.hash_len
    }
}

/// Compares ids: nearly always the first eight bytes decide.
fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let head = |id: &[u8]| id.first_chunk::<8>().map_or(0, |eight| u64::from_be_bytes(*eight));
    head(a).cmp(&head(b)).then_with(|| a.cmp(b))
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

/// What each hexadecimal digit stands for; more than that for what is none.
const DIGITS: [u8; 256] = {
    let mut digits = [0xff; 256];
    let mut i = 0;
    while i < 16 {
        digits[b"0123456789abcdef"[i] as usize] = i as u8;
        digits[b"0123456789ABCDEF"[i] as usize] = i as u8;
        i += 1;
    }
    digits
};

/// Bytes from hexadecimal; `None` when a character is no digit or one is left over.
pub fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    let mut bytes = Vec::with_capacity(pairs.len());
    let mut all = 0;
    for pair in pairs {
        let [high, low] = pair.map(|b| DIGITS[usize::from(b)]);
        all |= high | low;
        bytes.push(high << 4 | low);
    }
    (rest.is_empty() && all < 16).then_some(bytes)
}
