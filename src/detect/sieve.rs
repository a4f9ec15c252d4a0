//! The sieve: finds every place where an anchor may stand, at the speed of memory.
//!
//! A table of 2^21 bits says of a hashed, case-folded 4-gram whether any anchor contains it: two bits of one word, so that a probe is one load. Probing every
//! second byte is enough, because each anchor has a gram at an even and one at an odd offset in the table (the odd one may begin a byte early). What passes is
//! looked up exactly; then four further bytes are compared at once, and what is left is compared set by set.

use super::anchor::{Anchor, MAX_OFFSET};
use super::demand::Tier;
use super::plan::{Grams, at_boundary};
use super::shelf::Shelf;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// Words of the table, a power of two.
const WORDS: usize = 1 << 15;
/// Folds letters to lower case (and some other bytes together) in four lanes.
const FOLD: u32 = 0x2020_2020;

/// Finds anchors in bytes.
pub struct Sieve {
    /// Of each tier, a table of the grams of all anchors that may stand in such a text.
    tables: [Cow<'static, [u64]>; Tier::COUNT],
    /// Of each gram, where its places begin; a hash table with open addressing, [`EMPTY`] where nothing is.
    slots: Cow<'static, [(u32, u32)]>,
    /// Where grams stand in anchors, grouped by gram.
    places: Cow<'static, [Standing]>,
    anchors: Shelf<Anchor>,
    /// Furthest an anchor's gram may lie behind its start.
    reach: usize,
}

/// A slot of no gram.
const EMPTY: u32 = u32::MAX;

/// Where a gram stands in an anchor, and four further bytes of that anchor.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The gram, folded.
    pub gram: u32,
    /// Tier of the anchor: in texts of lower ones it leads to nothing.
    pub tier: Tier,
    /// Number of the anchor.
    pub anchor: u16,
    /// Of the gram in the anchor.
    pub offset: i8,
    /// Of the four bytes in the anchor.
    pub beside: i8,
    /// What they are, folded, where `mask` has bits.
    pub bytes: u32,
    /// Which of them are compared.
    pub mask: u32,
}

impl Standing {
    fn new(number: u16, offset: i8, anchor: &Anchor, tier: Tier) -> Self {
        let beyond = |i: isize| i < offset.into() || i >= isize::from(offset) + 4;
        let letter = |i: isize| usize::try_from(i).ok().and_then(|i| anchor.sets.get(i)?.letter());
        let letters: Vec<Option<u8>> = (0..anchor.sets.len() as isize + 3).map(letter).collect();
        let worth = |at: usize| (at..at + 4).filter(|&i| letters[i].is_some() && beyond(i as isize)).count();
        let beside = (0..anchor.sets.len()).rev().max_by_key(|&at| worth(at)).unwrap_or(0);
        let (mut bytes, mut mask) = (0, 0);
        for (i, only) in letters[beside..beside + 4].iter().enumerate() {
            if let Some(only) = only {
                (bytes, mask) = (bytes | u32::from(*only) << (8 * i), mask | 0xff << (8 * i));
            }
        }
        Self { gram: 0, tier, anchor: number, offset, beside: beside as i8, bytes, mask }
    }
}

/// The word of a gram, and its two bits there.
#[inline]
fn slot(gram: u32) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9E37_79B1);
    ((hash >> 17) as usize % WORDS, 1 << (hash & 63) | 1 << (hash >> 6 & 63))
}

impl Sieve {
    /// Builds the sieve of these anchors, their grams at even and at odd offsets, and their tiers.
    pub fn new(anchors: Vec<Anchor>, grams_of: &[Grams], tiers: &[Tier]) -> Self {
        let mut grams: Vec<(u32, Tier, u16, i8)> = Vec::new();
        for (i, both) in grams_of.iter().enumerate() {
            grams.extend(both.iter().flat_map(|(offset, list)| list.iter().map(move |&g| (g, tiers[i], i as u16, *offset))));
        }
        grams.sort_unstable();
        grams.dedup();
        let mut tables = [(); Tier::COUNT].map(|()| vec![0u64; WORDS]);
        let mut slots = vec![(0, EMPTY); (grams.len() * 2).next_power_of_two().max(2)];
        for (at, &(gram, tier, ..)) in grams.iter().enumerate() {
            let (word, bits) = slot(gram);
            tables[tier as usize..].iter_mut().for_each(|table| table[word] |= bits);
            if at > 0 && grams[at - 1].0 == gram {
                continue;
            }
            let mut i = home(gram, slots.len());
            while slots[i].1 != EMPTY {
                i = (i + 1) & (slots.len() - 1);
            }
            slots[i] = (gram, at as u32);
        }
        // Grams of one anchor at one offset stand beside the same bytes.
        let mut known: HashMap<(u16, i8), Standing> = HashMap::new();
        let stand = |&(gram, tier, anchor, offset): &(u32, Tier, u16, i8)| {
            let one = known.entry((anchor, offset)).or_insert_with(|| Standing::new(anchor, offset, &anchors[usize::from(anchor)], tier));
            Standing { gram, ..*one }
        };
        let places: Vec<Standing> = grams.iter().map(stand).collect();
        Self::made(tables.map(Cow::from), slots.into(), places.into(), Shelf::of(anchors))
    }

    /// The sieve of tables that were made before.
    pub fn made(
        tables: [Cow<'static, [u64]>; Tier::COUNT],
        slots: Cow<'static, [(u32, u32)]>,
        places: Cow<'static, [Standing]>,
        anchors: Shelf<Anchor>,
    ) -> Self {
        // A gram stands at most as far behind the start of its anchor as `Anchor::gram` goes.
        Self { tables, slots, places, anchors, reach: MAX_OFFSET as usize }
    }

    /// Calls `found(anchor, position)` for every anchor of this tier or a lower one that begins in `from..to`, each once, in no particular order.
    pub fn scan(&self, bytes: &[u8], (from, to): (usize, usize), tier: Tier, mut found: impl FnMut(u16, usize)) {
        let end = (to + self.reach).min(bytes.len());
        let fast = end.min(bytes.len().saturating_sub(3));
        // Every anchor has a gram at one parity of positions, so any start will do, as long as offset -1 is not passed over.
        let mut at = from.wrapping_sub(1);
        if from == 0 {
            let first = gram(&[&[0], &bytes[..bytes.len().min(3)]].concat());
            self.verify(bytes, -1, first, (from, to), tier, &mut found);
            at = 1;
        }
        let table: &[u64; WORDS] = (&*self.tables[tier as usize]).try_into().expect("a table of that size");
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
                    self.verify(bytes, (at + 2 * i) as isize, gram | FOLD, (from, to), tier, &mut found);
                }
            }
            at += 6;
        }
        // The last bytes are probed as if zeros followed.
        while at < end {
            self.verify(bytes, at as isize, gram(&bytes[at..]), (from, to), tier, &mut found);
            at += 2;
        }
    }

    #[cold]
    #[inline(never)]
    fn verify(&self, bytes: &[u8], at: isize, gram: u32, (from, to): (usize, usize), tier: Tier, found: &mut impl FnMut(u16, usize)) {
        let mut i = home(gram, self.slots.len());
        let first = loop {
            match self.slots[i] {
                (_, EMPTY) => return,
                (known, first) if known == gram => break first,
                _ => i = (i + 1) & (self.slots.len() - 1),
            }
        };
        for place in self.places[first as usize..].iter().take_while(|p| p.gram == gram && p.tier <= tier) {
            let Ok(start) = usize::try_from(at - isize::from(place.offset)) else { continue };
            let beside =
                bytes.get(start + place.beside as usize..).and_then(|b| b.first_chunk()).map(|four| u32::from_le_bytes(*four) | FOLD);
            // At the very end there may be fewer than four bytes; then the sets alone decide.
            let fits = beside.is_none_or(|four| (four ^ place.bytes) & place.mask == 0);
            if fits && start >= from && start < to && self.stands(place.anchor, bytes, start) {
                found(place.anchor, start);
            }
        }
    }

    fn stands(&self, anchor: u16, bytes: &[u8], start: usize) -> bool {
        let anchor = self.anchors.get(usize::from(anchor));
        let Some(text) = bytes.get(start..start + anchor.sets.len()) else { return false };
        anchor.sets.iter().zip(text).all(|(set, &b)| set.contains(b)) && (!anchor.boundary || at_boundary(bytes, start))
    }
}

/// The tables as Rust source, for the build script to embed.
impl fmt::Display for Sieve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tables, slots, places, .. } = self;
        writeln!(f, "static TABLES: [[u64; {WORDS}]; {}] = {tables:?};", Tier::COUNT)?;
        writeln!(f, "static SLOTS: [(u32, u32); {}] = {slots:?};", slots.len())?;
        writeln!(f, "static PLACES: [Standing; {}] = {places:?};", places.len())
    }
}

/// The folded gram of the first four bytes, zeros where there are fewer.
fn gram(bytes: &[u8]) -> u32 {
    let mut four = [0; 4];
    let n = bytes.len().min(4);
    four[..n].copy_from_slice(&bytes[..n]);
    u32::from_le_bytes(four) | FOLD
}

/// Where the search for a gram's slot begins.
fn home(gram: u32, slots: usize) -> usize {
    (gram.wrapping_mul(0x85EB_CA6B) >> 7) as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(words: &[&str], text: &str, from: usize, to: usize) -> Vec<(u16, usize)> {
        let anchors: Vec<Anchor> = words.iter().map(|w| Anchor::keyword(w)).collect();
        let grams: Vec<_> = anchors.iter().map(|a| [a.grams(0), a.grams(1)]).collect();
        let sieve = Sieve::new(anchors, &grams, &[Tier::Short]);
        let mut found = Vec::new();
        sieve.scan(text.as_bytes(), (from, to), Tier::Short, |a, p| found.push((a, p)));
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
