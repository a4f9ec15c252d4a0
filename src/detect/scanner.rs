//! The hot loop: from bytes, or from a delta and what was found in its base, to hits.
//!
//! A hit is decided by its anchor's position and the bytes of a window around it, and by nothing else. So a hit whose window was copied from the
//! delta base as one piece is carried over unseen, and only lines that touch a seam are looked at again. `windowed` and `whole` give the same
//! hits for the same bytes; a property test holds them to it.

use super::decode::{self, Run};
use super::hit::{Candidate, Hit, Source, offset, sort};
use super::library::Library;
use super::line::{self, Line, line_end, line_start};
use super::plan::CONTEXT;
use super::seen::{self, Known, Seen};
use super::share::Try;
use super::trial::Made;
use super::{generic, utf16};
use crate::model::Segment;
use regex_automata::util::primitives::NonMaxUsize;
use std::sync::Arc;

/// Most bytes either side of a seam that are looked at again: the furthest any single-line window reaches.
const SEAM_REACH: usize = 16 * 1024;
/// Most bytes whose anchors are gathered at once.
const BLOCK: usize = 1 << 20;
/// So many texts are looked up at once: where the memory is larger than a core's cache, the looks take as long together as one.
const BATCH: usize = 16;

/// Scans blobs with one library of detectors.
pub struct Scanner<'l> {
    pub(super) library: &'l Library,
    /// How many encodings inside one another are undone.
    decode_depth: u8,
    ranges: Vec<(usize, usize)>,
    anchors: Vec<(u32, Try)>,
    pub(super) slots: Vec<Option<NonMaxUsize>>,
    /// Of each detector, what this thread made of its automata.
    pub(super) made: Vec<Made>,
    /// Lines that held nothing, for all threads of a scan: those around a change, or several of a whole blob.
    seen: Arc<Seen>,
    /// Bytes looked at so far, as opposed to carried over.
    pub inspected: u64,
    /// How often each detector was tried so far.
    pub tried: Vec<u32>,
}

impl<'l> Scanner<'l> {
    /// A scanner that undoes at most `decode_depth` encodings inside one another.
    pub fn new(library: &'l Library, decode_depth: u8) -> Self {
        Self::sharing(library, decode_depth, Arc::default())
    }

    /// A scanner that passes over what others with the same detectors and the same memory found empty.
    pub fn sharing(library: &'l Library, decode_depth: u8, seen: Arc<Seen>) -> Self {
        Self {
            library,
            decode_depth,
            ranges: Vec::new(),
            anchors: Vec::new(),
            slots: Vec::new(),
            made: std::iter::repeat_with(Made::default).take(library.len()).collect(),
            seen,
            inspected: 0,
            tried: vec![0; library.len()],
        }
    }

    /// All hits in `bytes`, sorted by position.
    pub fn whole(&mut self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        if let Some(encoding) = utf16::sniff(bytes) {
            self.inspected += bytes.len() as u64;
            self.utf16(bytes, encoding, &mut hits);
        } else {
            let mut ranges = std::mem::take(&mut self.ranges);
            ranges.clear();
            seen::chunks(bytes, |from, to| ranges.push((from, to)));
            self.unless_seen(bytes, &ranges, &mut hits);
            self.ranges = ranges;
        }
        sort(&mut hits);
        hits
    }

    /// What there is in the content of a member of an archive, which may have been seen in another.
    pub fn member(&mut self, bytes: &[u8]) -> Known {
        let hash = self.seen.hash(bytes);
        self.seen.content(hash).unwrap_or_else(|| {
            let hits = self.whole(bytes).into_iter().filter(|hit| hit.candidates.is_some()).collect();
            self.seen.learn(hash, bytes, hits)
        })
    }

    /// All hits in `bytes`, given what it is made of and the hits of its base.
    pub fn windowed(&mut self, bytes: &[u8], segments: &[Segment], base_len: usize, base_was_text: bool, base: &[Hit]) -> Vec<Hit> {
        if !base_was_text || utf16::sniff(bytes).is_some() {
            return self.whole(bytes);
        }
        let dirty = self.dirty_ranges(bytes, segments, base_len);
        let mut hits = Vec::new();
        self.carry(bytes, segments, base_len, base, &dirty, &mut hits);
        self.unless_seen(bytes, &dirty, &mut hits);
        self.ranges = dirty;
        sort(&mut hits);
        hits
    }

    /// The lines that touch new bytes or a seam, as sorted ranges of anchor positions that do not overlap.
    fn dirty_ranges(&mut self, bytes: &[u8], segments: &[Segment], base_len: usize) -> Vec<(usize, usize)> {
        let mut dirty = std::mem::take(&mut self.ranges);
        dirty.clear();
        let mut add = |from: usize, to: usize| match dirty.last_mut() {
            Some(last) if to <= last.1 => {}
            Some(last) if from <= last.1 => last.1 = line_end(bytes, to, SEAM_REACH),
            last => {
                let (from, to) = (line_start(bytes, from, SEAM_REACH), line_end(bytes, to, SEAM_REACH));
                match last {
                    Some(last) if from <= last.1 => last.1 = to,
                    _ => dirty.push((from, to)),
                }
            }
        };
        for (i, s) in segments.iter().enumerate() {
            match s.source {
                None => add(s.target, s.target + s.len),
                Some(source) => {
                    if i > 0 || source > 0 {
                        add(s.target, s.target);
                    }
                    if i + 1 == segments.len() && source + s.len < base_len {
                        add(s.target + s.len, s.target + s.len);
                    }
                }
            }
        }
        dirty
    }

    /// Takes over the base's hits whose window was copied in one piece; decides again those of blocks that were not.
    fn carry(&mut self, bytes: &[u8], segments: &[Segment], base_len: usize, base: &[Hit], dirty: &[(usize, usize)], hits: &mut Vec<Hit>) {
        if base.is_empty() {
            return;
        }
        for segment in segments {
            let Some(source) = segment.source else { continue };
            let first = base.partition_point(|h| (h.at as usize) < source);
            for hit in base[first..].iter().take_while(|h| (h.at as usize) < source + segment.len) {
                let at = hit.at as usize - source + segment.target;
                if is_dirty(dirty, at) {
                    continue;
                }
                match hit.source {
                    Source::Rule(rule, lead) if self.library.detector(rule).multiline => {
                        if self.copied_whole(hit.at as usize, rule, segment, source, base_len, bytes.len()) {
                            hits.push(Hit { at: at as u32, ..hit.clone() });
                        } else {
                            self.decide(bytes, at, Try { rule, lead, judge: None }, 0, hits);
                        }
                    }
                    _ => hits.push(Hit { at: at as u32, ..hit.clone() }),
                }
            }
        }
    }

    /// Whether the window of a multi-line anchor lies in one copied piece, ends of the blobs included.
    fn copied_whole(&self, at: usize, rule: u16, segment: &Segment, source: usize, base_len: usize, len: usize) -> bool {
        let plan = self.library.plan(rule);
        let (lead, reach) = (plan.lead as usize + CONTEXT, plan.reach as usize + 1);
        let starts = at >= source + lead || (source == 0 && segment.target == 0);
        let ends = at + reach <= source + segment.len || (source + segment.len == base_len && segment.target + segment.len == len);
        starts && ends
    }

    /// Scans ranges of whole lines, but for those whose lines were found empty before.
    fn unless_seen(&mut self, bytes: &[u8], ranges: &[(usize, usize)], hits: &mut Vec<Hit>) {
        for batch in ranges.chunks(BATCH) {
            let mut hashes = [None; BATCH];
            for (hash, &(from, to)) in hashes.iter_mut().zip(batch) {
                let whole = from == 0 || bytes[from - 1] == b'\n';
                *hash = (whole && to - from <= seen::LONGEST).then(|| self.seen.hash(&bytes[from..to]));
            }
            let known = hashes.map(|hash| hash.is_some_and(|hash| self.seen.contains(hash)));
            for ((&(from, to), hash), _) in batch.iter().zip(hashes).zip(known).filter(|(_, known)| !known) {
                let before = hits.len();
                self.range(bytes, from, to, 0, hits);
                if let Some(hash) = hash.filter(|_| hits.len() == before) {
                    self.seen.insert(hash);
                }
            }
        }
    }

    /// Decides every anchor and every encoded run that begins in `from..to`, a block at a time so that memory is bounded.
    fn range(&mut self, bytes: &[u8], from: usize, to: usize, depth: u8, hits: &mut Vec<Hit>) {
        for start in (from..to).step_by(BLOCK) {
            self.block(bytes, start, to.min(start + BLOCK), depth, hits);
        }
    }

    fn block(&mut self, bytes: &[u8], from: usize, to: usize, depth: u8, hits: &mut Vec<Hit>) {
        if depth == 0 {
            self.inspected += (to - from) as u64;
        }
        let mut anchors = std::mem::take(&mut self.anchors);
        anchors.clear();
        let library = self.library;
        let tier = line::tier(bytes, from, to);
        library.sieve().scan(bytes, (from, to), tier, |anchor, at| {
            let worth = |t: &&Try| t.judge.is_none_or(|class| generic::plausible(bytes, at, class));
            anchors.extend(library.tries(anchor).iter().filter(worth).map(|t| (at as u32, *t)));
        });
        anchors.sort_unstable();
        let mut line = Line::NONE;
        for &(at, what) in &anchors {
            let at = at as usize;
            if at >= line.valid {
                line = Line::around(bytes, at);
            }
            if line.can_hold(bytes, library, what.rule) {
                self.decide(bytes, at, what, depth, hits);
            }
        }
        self.anchors = anchors;
        if depth < self.decode_depth {
            let mut runs = Vec::new();
            decode::runs(bytes, from, to, &mut runs);
            for run in runs {
                self.decoded(bytes, &run, depth, hits);
            }
        }
    }

    /// Scans what an encoded run decodes to, and maps what is found back onto the run.
    fn decoded(&mut self, bytes: &[u8], run: &Run, depth: u8, hits: &mut Vec<Hit>) {
        let Some(text) = decode::decode(&bytes[run.start..run.end], run.scheme) else { return };
        let mut inner = Vec::new();
        if let Some(encoding) = utf16::sniff(&text.bytes) {
            self.utf16(&text.bytes, encoding, &mut inner);
        } else {
            self.range(&text.bytes, 0, text.bytes.len(), depth + 1, &mut inner);
        }
        let mut candidates = Vec::new();
        for hit in &inner {
            for candidate in hit.candidates.iter().flat_map(|c| c.iter()) {
                let (from, to) = hit.span(candidate);
                let (start, end) = (text.origin(from), text.origin_end(to));
                let as_it_stands = run.scheme == decode::Scheme::Percent && end - start == candidate.secret.len();
                if as_it_stands && !text.is_delimited_by_escapes(from, to) {
                    continue; // found without decoding
                }
                let name = run.scheme.name();
                let encoded = || candidate.encoding.as_ref().map_or_else(|| name.into(), |inner| format!("{name}+{inner}").into());
                let encoding = if as_it_stands { candidate.encoding.clone() } else { Some(encoded()) };
                candidates.push(Candidate { start: start as i32, end: end as i32, encoding, ..candidate.clone() });
            }
        }
        if !candidates.is_empty() {
            hits.push(Hit { at: run.start as u32, source: Source::Decoded(run.scheme), candidates: Some(candidates.into()) });
        }
    }

    fn utf16(&mut self, bytes: &[u8], encoding: utf16::Utf16, hits: &mut Vec<Hit>) {
        let text = utf16::transcode(bytes, encoding);
        let mut inner = Vec::new();
        self.range(&text.text, 0, text.text.len(), 1, &mut inner);
        for hit in inner {
            let Some(candidates) = &hit.candidates else { continue };
            let at = text.origin(hit.at as usize);
            let mapped = candidates.iter().map(|c| {
                let (start, end) = hit.span(c);
                let encoding = c.encoding.as_ref().map_or_else(|| "utf-16".into(), |inner| format!("utf-16+{inner}").into());
                Candidate {
                    start: offset(text.origin(start), at),
                    end: offset(text.origin(end), at),
                    encoding: Some(encoding),
                    ..c.clone()
                }
            });
            hits.push(Hit { at: at as u32, source: hit.source, candidates: Some(mapped.collect()) });
        }
    }
}

fn is_dirty(dirty: &[(usize, usize)], at: usize) -> bool {
    let i = dirty.partition_point(|r| r.1 <= at);
    dirty.get(i).is_some_and(|r| r.0 <= at)
}
