//! What was looked at before, so that it is not looked at again: lines that hold nothing, as versions of a file repeat the lines around their changes, and
//! files are copied from folder to folder; and members of archives, which are mostly those of the version before.

use super::hit::Hit;
use memchr::memchr;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Longer texts are not remembered.
pub const LONGEST: usize = 1024;
/// Least and most bytes of lines that are remembered together.
const CHUNK: (usize, usize) = (192, 768);

/// Cuts a text into some lines at a time. Where a cut is depends on the lines before it alone, so that what is in many files is cut alike in all of them.
pub fn chunks(bytes: &[u8], mut each: impl FnMut(usize, usize)) {
    let (mut start, mut at) = (0, CHUNK.0);
    // No line end before the least length is looked for.
    while let Some(newline) = bytes.get(at..).and_then(|rest| memchr(b'\n', rest)).map(|i| at + i) {
        let last = bytes[newline - 4..newline].iter().fold(0u8, |sum, b| sum.wrapping_add(*b));
        if newline - start >= CHUNK.1 || last.is_multiple_of(4) {
            each(start, newline);
            start = newline + 1;
            at = start + CHUNK.0;
        } else {
            at = newline + 1;
        }
    }
    if start < bytes.len() {
        each(start, bytes.len());
    }
}

/// Most contents that are remembered.
const CONTENTS: usize = 1 << 18;
/// Most bytes of contents with hits that are kept to look up where these stand.
const KEPT: usize = 64 << 20;

/// What was found in some content.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The hits that have candidates.
    pub hits: Arc<[Hit]>,
    /// The content, where there are hits and it was worth keeping.
    pub text: Option<Arc<[u8]>>,
}

/// Contents by their hash, and how many bytes of them are kept.
#[derive(Default)]
struct Contents {
    known: HashMap<u64, Known>,
    kept: usize,
}

/// Remembers texts by a keyed hash, for all threads of a scan. The key is drawn for every scan, so a repository cannot be made to hold two lines that
/// are taken for one another.
pub struct Seen {
    key: [u64; 2],
    slots: Box<[AtomicU64]>,
    contents: Mutex<Contents>,
}

impl Default for Seen {
    /// As much as fits a core's cache: 256 KiB.
    fn default() -> Self {
        Self::new(15)
    }
}

impl Seen {
    /// Remembers some `1 << bits` texts, eight bytes each.
    pub fn new(bits: u32) -> Self {
        let random = || RandomState::new().hash_one(0);
        let slots = std::iter::repeat_with(AtomicU64::default).take(1 << bits).collect();
        Self { key: [random() | 1, random() | 1], slots, contents: Mutex::default() }
    }

    /// The hash of a text: multiply and fold, 16 bytes a step.
    #[inline]
    pub fn hash(&self, text: &[u8]) -> u64 {
        let fold = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            product as u64 ^ (product >> 64) as u64
        };
        let halves = |sixteen: &[u8; 16]| {
            let both = u128::from_le_bytes(*sixteen);
            (both as u64, (both >> 64) as u64)
        };
        let mut state = self.key[0] ^ (text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut mix = |sixteen: &[u8; 16]| {
            let (low, high) = halves(sixteen);
            state = fold(low ^ self.key[1], high ^ state).wrapping_add(self.key[0]);
        };
        match text.last_chunk::<16>() {
            Some(last) => {
                // The last sixteen overlap those before, which is as good and spares a copy.
                text.as_chunks::<16>().0.iter().for_each(&mut mix);
                mix(last);
            }
            None => {
                let mut padded = [0; 16];
                padded[..text.len()].copy_from_slice(text);
                mix(&padded);
            }
        }
        fold(state, self.key[1]).max(1)
    }

    /// Whether a text of this hash was remembered.
    #[inline]
    pub fn contains(&self, hash: u64) -> bool {
        self.slots[hash as usize & (self.slots.len() - 1)].load(Ordering::Relaxed) == hash
    }

    /// Remembers it.
    #[inline]
    pub fn insert(&self, hash: u64) {
        self.slots[hash as usize & (self.slots.len() - 1)].store(hash, Ordering::Relaxed);
    }

    /// What was found in the content of this hash.
    pub fn content(&self, hash: u64) -> Option<Known> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner).known.get(&hash).cloned()
    }

    /// Remembers what was found in some content.
    pub fn learn(&self, hash: u64, content: &[u8], hits: Arc<[Hit]>) -> Known {
        let Contents { known, kept } = &mut *self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CONTENTS {
            return Known { hits, text: None };
        }
        let keep = !hits.is_empty() && *kept + content.len() <= KEPT;
        let learned = known.entry(hash).or_insert_with(|| {
            *kept += if keep { content.len() } else { 0 };
            Known { hits, text: keep.then(|| content.into()) }
        });
        learned.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_whole_lines_and_leave_nothing_out() {
        let text: String = (0..500).map(|i| format!("line {i} {}\n", "x".repeat(i % 90))).collect();
        let mut at = 0;
        chunks(text.as_bytes(), |from, to| {
            assert_eq!(from, at);
            assert!(to == text.len() || text.as_bytes()[to] == b'\n');
            at = to + 1;
        });
        assert!(at >= text.len(), "{at}");
    }

    #[test]
    fn what_is_copied_is_cut_alike() {
        let cut = |text: &str| {
            let mut found = Vec::new();
            chunks(text.as_bytes(), |from, to| found.push(text[from..to].to_owned()));
            found
        };
        let shared: String = (0..400).map(|i| format!("shared line {}\n", i * i)).collect();
        let (one, other) = (cut(&format!("one\n{shared}")), cut(&format!("other, and longer\nthan the first\n{shared}")));
        let same = one.iter().filter(|c| other.contains(c)).count();
        assert!(same * 10 >= one.len() * 8, "{same} of {}", one.len());
    }
}
