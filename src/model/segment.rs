//! How a blob is put together from its delta base.

/// A piece of a blob: copied from the base, or new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins in the blob, in bytes.
    pub target: usize,
    /// Its length in bytes.
    pub len: usize,
    /// Where it begins in the base; `None` for new bytes.
    pub source: Option<usize>,
}
