//! Lines that were found to hold nothing, so that they are not looked at again: versions of a file repeat the lines around their changes.

/// Slots, a power of two; 256 KiB in all, so that it stays in a core's cache.
const SLOTS: usize = 1 << 15;
/// Longer texts are not remembered.
pub const LONGEST: usize = 1024;

/// Remembers texts by a keyed hash. The key is drawn for every scan, so a repository cannot be made to hold two lines that are taken for one another.
pub struct Seen {
    key: [u64; 2],
    slots: Box<[u64]>,
}

impl Seen {
    /// Remembers nothing yet.
    pub fn new(key: [u64; 2]) -> Self {
        Self { key: [key[0] | 1, key[1] | 1], slots: vec![0; SLOTS].into_boxed_slice() }
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
        let (sixteens, rest) = text.as_chunks::<16>();
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        for sixteen in sixteens.iter().chain([&last]) {
            let (low, high) = halves(sixteen);
            state = fold(low ^ self.key[1], high ^ state).wrapping_add(self.key[0]);
        }
        fold(state, self.key[1]).max(1)
    }

    /// Whether a text of this hash was remembered.
    #[inline]
    pub fn contains(&self, hash: u64) -> bool {
        self.slots[hash as usize % SLOTS] == hash
    }

    /// Remembers it.
    #[inline]
    pub fn insert(&mut self, hash: u64) {
        self.slots[hash as usize % SLOTS] = hash;
    }
}
