//! Lines around anchors: as much of each as its detectors may look at.

use super::demand::{Facts, Tier};
use super::library::Library;
use super::plan::{CONTEXT, LINE_LEAD, LINE_REACH};
use memchr::{memchr, memrchr};

/// A line with an anchor on it, or so much of a long one as its next anchors can look at.
pub(super) struct Line {
    start: usize,
    end: usize,
    /// Anchors before this position look no further than `end`.
    pub valid: usize,
    facts: Facts,
}

/// How far behind an anchor its detectors look.
const REACH: usize = LINE_REACH as usize + 2;

impl Line {
    /// No line at all.
    pub const NONE: Line = Line { start: 0, end: 0, valid: 0, facts: Facts::UNKNOWN };

    /// The line that `at` is on.
    pub fn around(bytes: &[u8], at: usize) -> Self {
        let (start, end) = (line_start(bytes, at, LINE_LEAD as usize + CONTEXT), line_end(bytes, at, 2 * REACH));
        let whole = end - at < 2 * REACH;
        Self { start, end, valid: if whole { end } else { at + REACH }, facts: Facts::of(&bytes[start..end]) }
    }

    /// Whether a match of a detector can stand on it.
    pub fn can_hold(&self, bytes: &[u8], library: &Library, rule: u16) -> bool {
        library.plan(rule).demand.met(&self.facts, &bytes[self.start..self.end])
    }
}

/// What runs there are on the lines of anchors in `from..to`, all together.
pub(super) fn tier(bytes: &[u8], from: usize, to: usize) -> Tier {
    let (start, end) = (line_start(bytes, from, LINE_LEAD as usize + CONTEXT), line_end(bytes, to, 2 * REACH));
    Tier::of(&bytes[start..end])
}

/// The start of the line that `at` is on (or begins), at most `most` bytes back.
pub(super) fn line_start(bytes: &[u8], at: usize, most: usize) -> usize {
    let low = at.saturating_sub(most);
    memrchr(b'\n', &bytes[low..at]).map_or(low, |i| low + i + 1)
}

/// The end of the line that `at` is on, without its newline, at most `most` bytes on.
pub(super) fn line_end(bytes: &[u8], at: usize, most: usize) -> usize {
    let high = (at + most).min(bytes.len());
    memchr(b'\n', &bytes[at..high]).map_or(high, |i| at + i)
}
