//! What earlier scans of a repository read, so that later ones need not read it again: blobs that hold nothing, its commits and trees, and which blobs
//! hold the same values as others.
//!
//! No value is remembered, for it is a secret: what a scan reports of one is read anew. So a scan that remembers reports what one that does not would
//! report, whatever happened to refs, packs and clone in between.

use super::holdings::{Holdings, Origin, Tellings};
use super::scan::Options;
use crate::detect::Library;
use crate::source::history::saved::at_once;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the file begins.
const MAGIC: &[u8; 16] = b"keysweep/memory2";

/// Stands for a blob, or for a blob at a path of the checked-out commit.
pub(super) type Mark = [u8; 16];

/// What is known before a scan and after it.
#[derive(Debug, Default)]
pub struct Memory {
    known: Kept,
    /// Of blobs that hold something, which of the holdings it is.
    held: HashMap<Vec<u8>, u32>,
    after: Mutex<Kept>,
}

/// What a scan leaves to the next.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Of what holds nothing, sorted.
    marks: Vec<Mark>,
    /// What the other blobs hold.
    holdings: Holdings,
    /// Commits and trees, as [`crate::source::history::saved`] has them.
    #[serde(serialize_with = "at_once", deserialize_with = "whole")]
    graph: Vec<u8>,
}

/// Reads bytes as a whole.
fn whole<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    <&[u8]>::deserialize(deserializer).map(<[u8]>::to_vec)
}

impl Memory {
    /// Reads what was written by a scan that looked for the same things in the same way; else remembers nothing.
    ///
    /// The file: magic, digest of what was looked for (32 bytes), what is kept in postcard's format, SHA-256 of all before it.
    pub fn read(bytes: &[u8], digest: &[u8; 32]) -> Self {
        let Some((body, sum)) = bytes.split_last_chunk::<32>() else { return Self::default() };
        let kept = body.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(digest)).filter(|_| *sum == *Sha256::digest(body));
        let kept = kept.and_then(|kept| postcard::from_bytes::<Kept>(kept).ok()).filter(|kept| kept.holdings.is_sound());
        Self::of(kept.unwrap_or_default())
    }

    fn of(known: Kept) -> Self {
        let held = (0..).zip(&known.holdings.blobs).map(|(n, (blob, _))| (blob.clone(), n)).collect();
        Self { known, held, after: Mutex::default() }
    }

    /// What either knows: that of a fork, and that of what it is a fork of.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (mut known, other) = (self.known, other.known);
        known.marks.extend(other.marks);
        known.marks.sort_unstable();
        known.marks.dedup();
        known.holdings = known.holdings.and(other.holdings);
        if known.graph.is_empty() {
            known.graph = other.graph;
        }
        Self::of(known)
    }

    /// What the last scan leaves, for [`Memory::read`].
    pub fn written(&self, digest: &[u8; 32]) -> Vec<u8> {
        let mut kept = std::mem::take(&mut *self.after());
        kept.marks.sort_unstable();
        kept.marks.dedup();
        let mut bytes = [MAGIC.as_slice(), digest].concat();
        bytes.extend(postcard::to_allocvec(&kept).unwrap_or_default());
        let sum = Sha256::digest(&bytes);
        bytes.extend(sum);
        bytes
    }

    fn after(&self) -> MutexGuard<'_, Kept> {
        self.after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The commits and trees that are known.
    pub(super) fn graph(&self) -> &[u8] {
        &self.known.graph
    }

    /// Remembers commits and trees for the next time.
    pub(super) fn remember_graph(&self, graph: Vec<u8>) {
        self.after().graph = graph;
    }

    /// What a blob is known to hold.
    pub(super) fn held(&self, blob: &[u8]) -> Option<&Tellings> {
        self.held.get(blob).and_then(|&n| self.known.holdings.blobs.get(n as usize)).map(|b| &b.1)
    }

    /// Where a value that is known to be held can be read.
    pub(super) fn origin(&self, number: u32) -> Option<&Origin> {
        self.known.holdings.origins.get(number as usize)
    }

    /// Remembers what blobs hold for the next time.
    pub(super) fn remember_holdings(&self, holdings: Holdings) {
        self.after().holdings = holdings;
    }

    /// Whether a blob is known to say nothing by its structure at these paths of the checked-out commit.
    pub(super) fn is_silent(&self, blob: &[u8], paths: &[String]) -> bool {
        paths.iter().all(|path| self.knows(&of_place(blob, path)))
    }

    /// Whether a blob is known to hold nothing; at these paths of the checked-out commit, to say nothing by its structure either.
    pub(super) fn holds(&self, blob: &[u8], paths: &[String]) -> bool {
        self.knows(&of_blob(blob)) && self.is_silent(blob, paths)
    }

    fn knows(&self, mark: &Mark) -> bool {
        self.known.marks.binary_search(mark).is_ok()
    }

    /// Remembers for the next time.
    pub(super) fn remember(&self, marks: impl IntoIterator<Item = Mark>) {
        self.after().marks.extend(marks);
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
    use super::super::holdings::Ledger;
    use super::super::values::Told;
    use super::*;
    use crate::model::{Confidence, Proof};

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let memory = Memory::default();
        memory.remember([of_blob(&[7; 20]), of_place(&[7; 20], "a.yml"), of_blob(&[1; 20])]);
        memory.remember_graph(b"trees".to_vec());
        let told = Told { rule: 3, confidence: Confidence::Medium, proof: Proof::Pattern, principal: Some("AKIA".into()), scope: None };
        let mut ledger = Ledger::default();
        ledger.origin(70, || Origin { blob: vec![9; 20], nth: 2 });
        ledger.blob(&[9; 20], [(70, told.clone()), (71, told.clone()), (70, Told { rule: 2, ..told.clone() })]);
        memory.remember_holdings(ledger.finish());
        let bytes = memory.written(&[1; 32]);
        let read = Memory::read(&bytes, &[1; 32]);
        assert_eq!(read.graph(), b"trees");
        assert_eq!(read.held(&[9; 20]), Some(&vec![(0, Told { rule: 2, ..told })]), "what is told twice is told by the first detector");
        assert_eq!(read.origin(0), Some(&Origin { blob: vec![9; 20], nth: 2 }));
        assert_eq!((read.held(&[7; 20]), read.origin(1)), (None, None));
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
