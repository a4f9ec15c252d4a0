//! The sieve: finds every place where an anchor may stand, at the speed of memory.
//!
//! A table of 2^19 bits says of a hashed, case-folded 4-gram whether any anchor contains it: two bits of one word, so that a probe is one load. Probing every
//! second byte is enough, because each anchor has a gram at an even and one at an odd offset in the table (the odd one may begin a byte early). What passes is
//! looked up exactly and compared set by set.

use super::anchor::Anchor;
use super::plan::{Grams, at_boundary};
use std::collections::HashMap;

/// Words of the table, as a power of two.
const WORDS: usize = 1 << 13;
/// Folds letters to lower case (and some other bytes together) in four lanes.
const FOLD: u32 = 0x2020_2020;

/// Finds anchors in bytes.
pub struct Sieve {
    table: Box<[u64]>,
    entries: HashMap<u32, (u32, u32), BuildGramHasher>,
    /// Anchor and the offset of the gram in it, grouped by gram.
    places: Vec<(u16, i8)>,
    anchors: Vec<Anchor>,
    /// Furthest an anchor's gram may lie behind its start.
    reach: usize,
}

/// The word of a gram, and its two bits there.
#[inline]
fn slot(gram: u32) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9E37_79B1);
    ((hash >> 19) as usize % WORDS, 1 << (hash & 63) | 1 << (hash >> 6 & 63))
}

impl Sieve {
    /// Builds the sieve of these anchors and their grams at even and at odd offsets.
    pub fn new(anchors: Vec<Anchor>, grams_of: &[&Grams]) -> Self {
        let mut grams: Vec<(u32, u16, i8)> = Vec::new();
        for (i, both) in grams_of.iter().enumerate() {
            grams.extend(both.iter().flat_map(|(offset, list)| list.iter().map(move |&g| (g, i as u16, *offset))));
        }
        grams.sort_unstable();
        grams.dedup();
        let mut table = vec![0u64; WORDS].into_boxed_slice();
        let mut entries = HashMap::with_capacity_and_hasher(grams.len(), BuildGramHasher);
        for (at, &(gram, ..)) in grams.iter().enumerate() {
            let (word, bits) = slot(gram);
            table[word] |= bits;
            let entry = entries.entry(gram).or_insert((at as u32, at as u32));
            entry.1 = at as u32 + 1;
        }
        let places: Vec<(u16, i8)> = grams.iter().map(|&(_, a, o)| (a, o)).collect();
        let reach = places.iter().map(|&(_, o)| usize::from(o.max(0).unsigned_abs())).max().unwrap_or(0);
        Self { table, entries, places, anchors, reach }
    }

    /// Calls `found(anchor, position)` for every anchor that begins in `from..to`, each once, in no particular order.
    pub fn scan(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(u16, usize)) {
        let end = (to + self.reach).min(bytes.len());
        let fast = end.min(bytes.len().saturating_sub(3));
        // Every anchor has a gram at one parity of positions, so any start will do, as long as offset -1 is not passed over.
        let mut at = from.wrapping_sub(1);
        if from == 0 {
            let first = gram(&[&[0], &bytes[..bytes.len().min(3)]].concat());
            self.verify(bytes, -1, first, from, to, &mut found);
            at = 1;
        }
        let table: &[u64; WORDS] = (&*self.table).try_into().expect("a table of that size");
        let passes = |gram: u32| {
            let (word, bits) = slot(gram);
            table[word] & bits == bits
        };
        // Eight bytes hold three grams two bytes apart.
        while at < fast
            && let Some(eight) = bytes.get(at..at + 8)
        {
            let eight = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
            for (i, gram) in [eight as u32, (eight >> 16) as u32, (eight >> 32) as u32].into_iter().enumerate() {
                if passes(gram | FOLD) {
                    self.verify(bytes, (at + 2 * i) as isize, gram | FOLD, from, to, &mut found);
                }
            }
            at += 6;
        }
        // The last bytes are probed as if zeros followed.
        while at < end {
            self.verify(bytes, at as isize, gram(&bytes[at..]), from, to, &mut found);
            at += 2;
        }
    }

    #[cold]
    #[inline(never)]
    fn verify(&self, bytes: &[u8], at: isize, gram: u32, from: usize, to: usize, found: &mut impl FnMut(u16, usize)) {
        let Some(&(first, last)) = self.entries.get(&gram) else { return };
        for &(anchor, offset) in &self.places[first as usize..last as usize] {
            let Ok(start) = usize::try_from(at - isize::from(offset)) else { continue };
            if start >= from && start < to && self.stands(anchor, bytes, start) {
                found(anchor, start);
            }
        }
    }

    fn stands(&self, anchor: u16, bytes: &[u8], start: usize) -> bool {
        let anchor = &self.anchors[usize::from(anchor)];
        let Some(text) = bytes.get(start..start + anchor.sets.len()) else { return false };
        anchor.sets.iter().zip(text).all(|(set, &b)| set.contains(b)) && (!anchor.boundary || at_boundary(bytes, start))
    }
}

/// The folded gram of the first four bytes, zeros where there are fewer.
fn gram(bytes: &[u8]) -> u32 {
    let mut four = [0; 4];
    let n = bytes.len().min(4);
    four[..n].copy_from_slice(&bytes[..n]);
    u32::from_le_bytes(four) | FOLD
}

/// Grams are hashed by one multiplication.
#[derive(Clone, Copy, Default)]
struct BuildGramHasher;

impl std::hash::BuildHasher for BuildGramHasher {
    type Hasher = GramHasher;
    fn build_hasher(&self) -> GramHasher {
        GramHasher(0)
    }
}

struct GramHasher(u64);

impl std::hash::Hasher for GramHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u32(u32::from(b)));
    }
    fn write_u32(&mut self, n: u32) {
        self.0 = (self.0 ^ u64::from(n)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(words: &[&str], text: &str, from: usize, to: usize) -> Vec<(u16, usize)> {
        let anchors: Vec<Anchor> = words.iter().map(|w| Anchor::keyword(w)).collect();
        let grams: Vec<_> = anchors.iter().map(|a| [a.grams(0), a.grams(1)]).collect();
        let sieve = Sieve::new(anchors, &grams.iter().collect::<Vec<_>>());
        let mut found = Vec::new();
        sieve.scan(text.as_bytes(), from, to, |a, p| found.push((a, p)));
        found.sort_unstable();
        found
    }

    #[test]
    fn finds_each_anchor_once_at_every_alignment() {
        for word in ["ghp_", "SG.", "mistral", "T3BlbkFJ", "xoxb-"] {
            for pad in 0..9 {
                for tail in 0..5 {
                    let text = format!("{}{word}{}", " ".repeat(pad), "~".repeat(tail));
                    assert_eq!(find(&[word], &text, 0, text.len()), [(0, pad)], "{text:?}");
                }
            }
        }
    }

    #[test]
    fn reports_only_what_begins_in_the_window() {
        let text = "ghp_ghp_ghp_";
        assert_eq!(find(&["ghp_"], text, 1, 5), [(0, 4)]);
        assert_eq!(find(&["ghp_"], text, 4, 9), [(0, 4), (0, 8)]);
        assert_eq!(find(&["ghp_"], text, 5, 8), []);
    }
}
