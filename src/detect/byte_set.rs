//! Sets of bytes: what may stand at one position of an anchor.

use regex_syntax::hir::Class;
use serde::{Deserialize, Serialize};

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// All 256 bytes.
    pub const ANY: ByteSet = ByteSet([u64::MAX; 4]);

    /// The set of one byte.
    pub fn one(byte: u8) -> Self {
        let mut set = Self::default();
        set.insert(byte);
        set
    }

    /// Adds a byte.
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Whether the byte is in the set.
    #[inline]
    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    /// Number of members.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|w| w.count_ones()).sum()
    }

    /// The members.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|&b| self.contains(b))
    }

    /// The members with letters folded to lower case, as the sieve folds them.
    pub fn folded(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.iter().map(|b| b | 0x20).collect();
        bytes.sort_unstable();
        bytes.dedup();
        bytes
    }

    /// The one member, folded, of a set that is a single byte or a letter in either case.
    pub fn letter(&self) -> Option<u8> {
        let mut members = self.0.iter().enumerate().flat_map(|(i, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then_some((i as u32 * 64 + bit) as u8 | 0x20)
            })
        });
        let first = members.next()?;
        members.take(2).all(|b| b == first).then_some(first)
    }

    /// How likely a byte of source text falls into the set, roughly.
    pub fn probability(&self) -> f32 {
        self.iter().map(frequency).sum()
    }
}

/// How often a byte occurs in source text, roughly: only the order of magnitude matters.
fn frequency(byte: u8) -> f32 {
    match byte {
        b' ' => 0.16,
        b'e' | b't' => 0.06,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 0.045,
        b'\n' | b'c' | b'd' | b'l' | b'p' | b'u' | b'm' => 0.025,
        b'"' | b'.' | b'_' | b'-' | b'/' | b'=' | b',' | b'(' | b')' | b':' | b'f' | b'g' | b'h' | b'b' | b'y' => 0.012,
        b'0'..=b'9' | b'k' | b'v' | b'w' | b'x' => 0.006,
        b'j' | b'q' | b'z' => 0.0015,
        b'A'..=b'Z' => 0.003,
        0x21..=0x7e | b'\t' => 0.003,
        _ => 0.0005,
    }
}

/// The bytes of a class; `None` when it is not of bytes.
pub fn byte_set(class: &Class) -> Option<ByteSet> {
    let mut set = ByteSet::default();
    match class {
        Class::Bytes(class) => class.ranges().iter().for_each(|r| (r.start()..=r.end()).for_each(|b| set.insert(b))),
        Class::Unicode(class) => {
            for r in class.ranges() {
                if u32::from(r.end()) > 127 {
                    return None;
                }
                (r.start()..=r.end()).for_each(|c| set.insert(c as u8));
            }
        }
    }
    Some(set)
}
