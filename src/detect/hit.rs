//! Hits and candidates: what was decided at an anchor, placed from there, so that it can be carried to wherever those bytes are copied.

use super::decode;
use super::generic::{self, Features};
use crate::model::{Confidence, Proof, Secret};
use std::sync::Arc;

/// A value that a detector takes for a credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Number of the detector.
    pub rule: u16,
    /// Where the value begins, in bytes from the hit's anchor.
    pub start: i32,
    /// Where it ends.
    pub end: i32,
    /// The value, decoded.
    pub secret: Secret,
    /// How sure.
    pub confidence: Confidence,
    /// What that rests on.
    pub proof: Proof,
    /// How it was encoded, outermost first.
    pub encoding: Option<Arc<str>>,
    /// The principal a capture group or decoder named.
    pub principal: Option<Box<str>>,
    /// The account, tenant or project a capture group or decoder named.
    pub scope: Option<Box<str>>,
    /// Of a value of no known form: what it is judged by, together with its path.
    pub features: Option<Features>,
    /// Exceptions of the detector that hold but for the path, by number.
    pub excepted: u32,
}

/// What was decided at one anchor.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Position of the anchor, in bytes.
    pub at: u32,
    pub(super) source: Source,
    /// The candidates; `None` for an anchor of a multi-line detector that led to nothing here but may in a later version.
    pub candidates: Option<Arc<[Candidate]>>,
}

/// What a hit was decided by: a detector's pattern, begun so many bytes before the anchor, or a decoder's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Rule(u16, Option<u32>),
    Decoded(decode::Scheme),
}

impl Candidate {
    /// Whether it is a credential wherever it stands, or at most places.
    pub fn is_likely(&self) -> bool {
        self.features.is_none_or(|f| generic::confidence(f, None).is_some())
    }
}

impl Hit {
    /// Where a candidate of this hit stands in the blob: start and end in bytes.
    pub fn span(&self, candidate: &Candidate) -> (usize, usize) {
        let place = |offset: i32| (i64::from(self.at) + i64::from(offset)).max(0) as usize;
        (place(candidate.start), place(candidate.end))
    }
}

/// A position from an anchor.
pub(super) fn offset(position: usize, at: usize) -> i32 {
    (position as i64 - at as i64) as i32
}

/// Puts hits in order of place, each once.
pub(super) fn sort(hits: &mut Vec<Hit>) {
    hits.sort_by_key(|h| (h.at, h.source));
    hits.dedup_by(|a, b| (a.at, a.source) == (b.at, b.source));
}
