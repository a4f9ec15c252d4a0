//! What earlier scans of a repository found nothing in, so that later ones need not read it again.
//!
//! Nothing that was found is remembered, for a found value is a secret: blobs that hold one are read anew each time. So a scan that remembers reports
//! what one that does not would report, whatever happened to refs, packs and clone in between.

use super::scan::Options;
use crate::detect::Library;
use sha2::{Digest, Sha256};
use std::sync::Mutex;

/// How the file begins.
const MAGIC: &[u8; 16] = b"keysweep/memory1";

/// Stands for a blob, or for a blob at a path of the checked-out commit.
pub(super) type Mark = [u8; 16];

/// What is known to hold nothing, before a scan and after it.
#[derive(Debug, Default)]
pub struct Memory {
    /// Sorted.
    known: Vec<Mark>,
    after: Mutex<Vec<Mark>>,
}

impl Memory {
    /// Reads what was written by a scan that looked for the same things in the same way; else remembers nothing.
    ///
    /// The file: magic, digest of what was looked for (32 bytes), marks of 16 bytes, SHA-256 of all before it.
    pub fn read(bytes: &[u8], digest: &[u8; 32]) -> Self {
        let Some((body, sum)) = bytes.split_last_chunk::<32>() else { return Self::default() };
        let marks = body.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(digest)).filter(|_| *sum == *Sha256::digest(body));
        let mut known: Vec<Mark> = marks.unwrap_or_default().as_chunks::<16>().0.to_vec();
        known.sort_unstable();
        Self { known, after: Mutex::default() }
    }

    /// What either knows: that of a fork, and that of what it is a fork of.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.known.extend(other.known);
        self.known.sort_unstable();
        self.known.dedup();
        self
    }

    /// What the last scan leaves, for [`Memory::read`].
    pub fn written(&self, digest: &[u8; 32]) -> Vec<u8> {
        let mut marks = self.after.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        marks.sort_unstable();
        marks.dedup();
        let mut bytes = [MAGIC.as_slice(), digest, marks.as_flattened()].concat();
        let sum = Sha256::digest(&bytes);
        bytes.extend(sum);
        bytes
    }

    /// Whether a blob is known to hold nothing; at these paths of the checked-out commit, to say nothing by its structure either.
    pub(super) fn holds(&self, blob: &[u8], paths: &[String]) -> bool {
        let knows = |mark: &Mark| self.known.binary_search(mark).is_ok();
        knows(&of_blob(blob)) && paths.iter().all(|path| knows(&of_place(blob, path)))
    }

    /// Remembers for the next time.
    pub(super) fn remember(&self, marks: impl IntoIterator<Item = Mark>) {
        self.after.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(marks);
    }
}

/// The mark of a blob by its binary id.
pub(super) fn of_blob(blob: &[u8]) -> Mark {
    blob.first_chunk::<16>().copied().unwrap_or_default()
}

/// The mark of a blob at a path.
pub(super) fn of_place(blob: &[u8], path: &str) -> Mark {
    let digest = Sha256::new().chain_update(b"keysweep/place\0").chain_update(blob).chain_update(path).finalize();
    digest.first_chunk::<16>().copied().unwrap_or_default()
}

/// Digest of all that decides what a scan finds in a blob: detectors, this program's version, and the limits.
pub fn digest(library: &Library, options: &Options<'_>) -> [u8; 32] {
    let archives = &options.archives;
    let limits = format!("{} {} {archives:?}", options.max_size, options.decode_depth);
    Sha256::new()
        .chain_update(env!("CARGO_PKG_VERSION"))
        .chain_update([0])
        .chain_update(library.digest())
        .chain_update([0])
        .chain_update(limits)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let memory = Memory::default();
        memory.remember([of_blob(&[7; 20]), of_place(&[7; 20], "a.yml"), of_blob(&[1; 20])]);
        let bytes = memory.written(&[1; 32]);
        let read = Memory::read(&bytes, &[1; 32]);
        assert!(read.holds(&[7; 20], &["a.yml".into()]) && read.holds(&[1; 20], &[]));
        assert!(!read.holds(&[7; 20], &["b.yml".into()]) && !read.holds(&[2; 20], &[]));
        assert!(!Memory::read(&bytes, &[2; 32]).holds(&[7; 20], &[]), "other detectors");
        for cut in 0..bytes.len() {
            assert!(!Memory::read(&bytes[..cut], &[1; 32]).holds(&[7; 20], &[]), "cut at {cut}");
            let mut broken = bytes.clone();
            broken[cut] ^= 1;
            assert!(!Memory::read(&broken, &[1; 32]).holds(&[7; 20], &[]), "broken at {cut}");
        }
    }
}
