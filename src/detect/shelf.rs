//! Embedded items that are unpacked one by one, at first use: a check before a commit needs a handful of two thousand detectors.

use serde::{Serialize, de::DeserializeOwned};
use std::sync::OnceLock;

/// Items in the order of their numbers.
pub struct Shelf<T> {
    packed: &'static [u8],
    items: Box<[OnceLock<T>]>,
}

/// Packs items for [`Shelf::packed`]: their number, where each ends, and what they are, in `postcard`'s format.
///
/// # Panics
/// When an item cannot be written, or all are more than 4 GiB.
#[allow(dead_code, reason = "the build script packs")]
pub fn pack<T: Serialize>(items: &[T]) -> Vec<u8> {
    let word = |n: usize| u32::try_from(n).expect("less than 4 GiB").to_le_bytes();
    let (mut head, mut body) = (word(items.len()).to_vec(), Vec::new());
    for item in items {
        body.extend(postcard::to_allocvec(item).expect("plain data"));
        head.extend(word(body.len()));
    }
    [head, body].concat()
}

impl<T: DeserializeOwned> Shelf<T> {
    /// Items that the build script packed.
    pub fn packed(packed: &'static [u8]) -> Self {
        let items = (0..word(packed, 0)).map(|_| OnceLock::new()).collect();
        Self { packed, items }
    }

    /// Items as they are.
    pub fn of(items: Vec<T>) -> Self {
        Self { packed: &[], items: items.into_iter().map(OnceLock::from).collect() }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The item of a number.
    ///
    /// # Panics
    /// When there is none.
    #[inline]
    pub fn get(&self, number: usize) -> &T {
        self.items[number].get_or_init(|| self.unpack(number))
    }

    /// All items, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len()).map(|number| self.get(number))
    }

    #[cold]
    fn unpack(&self, number: usize) -> T {
        let body = &self.packed[4 * (self.len() + 1)..];
        let from = if number == 0 { 0 } else { word(self.packed, number) };
        postcard::from_bytes(&body[from..word(self.packed, number + 1)]).expect("the build script wrote it")
    }
}

/// A word of the head.
fn word(packed: &[u8], at: usize) -> usize {
    u32::from_le_bytes(packed[4 * at..4 * at + 4].try_into().expect("four bytes")) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_was_packed() {
        for items in [vec![], vec!["one".to_owned(), String::new(), "three".to_owned()]] {
            let shelf: Shelf<String> = Shelf::packed(Vec::leak(pack(&items)));
            assert_eq!(shelf.iter().cloned().collect::<Vec<_>>(), items);
            assert_eq!(Shelf::of(items.clone()).iter().cloned().collect::<Vec<_>>(), items);
        }
    }
}
