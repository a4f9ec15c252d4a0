//! The hot loop: from bytes, or from a delta and what was found in its base, to hits.
//!
//! A hit is decided by its anchor's position and the bytes of a window around it, and by nothing else. So a hit whose window was copied from the
//! delta base as one piece is carried over unseen, and only lines that touch a seam are looked at again. `windowed` and `whole` give the same
//! hits for the same bytes; a property test holds them to it.

use super::decode::{self, Run};
use super::hit::{Candidate, Hit, Source, offset, sort};
use super::library::{FIRST, Library};
use super::line::{self, Line, line_end, line_start};
use super::plan::{CONTEXT, NAME_GAP, at_boundary};
use super::proof::{self, Outcome};
use super::seen::{self, Known, Seen};
use super::share::Try;
use super::{generic, guard, placeholder, utf16};
use crate::model::{Confidence, Judge, Proof, Secret, Segment};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use std::borrow::Cow;
use std::sync::Arc;

/// Most bytes either side of a seam that are looked at again: the furthest any single-line window reaches.
const SEAM_REACH: usize = 16 * 1024;
/// Most bytes whose anchors are gathered at once.
const BLOCK: usize = 1 << 20;
/// Most candidates one anchor may yield.
const MAX_PER_ANCHOR: usize = 64;
/// So many texts are looked up at once: where the memory is larger than a core's cache, the looks take as long together as one.
const BATCH: usize = 16;

/// Scans blobs with one library of detectors.
pub struct Scanner<'l> {
    library: &'l Library,
    /// How many encodings inside one another are undone.
    decode_depth: u8,
    ranges: Vec<(usize, usize)>,
    anchors: Vec<(u32, Try)>,
    slots: Vec<Option<NonMaxUsize>>,
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

    /// Tries one detector at one anchor.
    fn decide(&mut self, bytes: &[u8], at: usize, what: Try, depth: u8, hits: &mut Vec<Hit>) {
        self.tried[usize::from(what.rule)] += 1;
        let candidates = self.candidates(bytes, at, what);
        let multiline = self.library.detector(what.rule).multiline && depth == 0;
        if !candidates.is_empty() || multiline {
            let candidates = (!candidates.is_empty()).then(|| candidates.into());
            hits.push(Hit { at: at as u32, source: Source::Rule(what.rule, what.lead), candidates });
        }
    }

    fn candidates(&mut self, bytes: &[u8], at: usize, what: Try) -> Vec<Candidate> {
        let rule = what.rule;
        if let Some(class) = what.judge {
            return self.judged(bytes, at, rule, class).into_iter().collect();
        }
        let Some(regex) = self.library.regex(rule) else { return Vec::new() };
        let (from, to) = self.window(bytes, at, rule);
        let window = &bytes[from..to];
        let mut found = Vec::new();
        let mut slots = std::mem::take(&mut self.slots);
        slots.clear();
        slots.resize(regex.groups() * 2, None);
        // Where the match must begin is known of most anchors; else it may begin anywhere before.
        let (mut next, anchored) = match what.lead {
            None => (0, Anchored::No),
            Some(lead) => match (at - from).checked_sub(lead as usize) {
                Some(start) => (start, Anchored::Yes),
                None => return found,
            },
        };
        while next <= at - from && found.len() < MAX_PER_ANCHOR {
            let input = Input::new(window).span(next..window.len()).anchored(anchored);
            if !regex.search(&input, &mut slots) {
                break;
            }
            let group = |n: usize| Some((slots.get(2 * n)?.as_ref()?.get(), slots.get(2 * n + 1)?.as_ref()?.get()));
            let Some((start, end)) = group(0).filter(|m| m.0 + from <= at) else { break };
            next = end.max(start + 1);
            let bounded = !self.library.plan(rule).boundary || at_boundary(bytes, start + from);
            if end + from > at && bounded {
                let named = |name: &str| {
                    let (a, b) = group(regex.group(name)?).filter(|_| !name.is_empty())?;
                    Some(String::from_utf8_lossy(&window[a..b]).into_owned().into_boxed_str()).filter(|text| !text.is_empty())
                };
                let filled = |n: usize| group(n).filter(|v| v.0 < v.1);
                let value = match self.library.rule(rule).group(regex) {
                    FIRST => (1..regex.groups()).find_map(filled),
                    n => filled(n),
                };
                // More than the window, but within the line: a line with new bytes is decided again as a whole.
                if let Some((a, b)) = value.filter(|v| !decode::is_in_blob(bytes, v.0 + from)) {
                    let open = self.open_exceptions(rule, window, (start, end), (a, b));
                    found.extend(open.and_then(|open| self.candidate(rule, &window[a..b], (a + from, b + from), (at, open), named)));
                }
            }
            if anchored == Anchored::Yes {
                break;
            }
        }
        self.slots = slots;
        found
    }

    /// The value of the name at an anchor, if it may be a credential at some path.
    fn judged(&self, bytes: &[u8], at: usize, rule: u16, class: Judge) -> Option<Candidate> {
        let (from, to) = self.window(bytes, at, rule);
        let judged = generic::judge(&bytes[from..to], at - from, class).filter(generic::Judged::may_count)?;
        let (start, end) = (judged.value.0 + from, judged.value.1 + from);
        Some(Candidate {
            rule,
            start: offset(start, at),
            end: offset(end, at),
            secret: Secret::new(&bytes[start..end]),
            confidence: generic::confidence(judged.features, None).unwrap_or(Confidence::Low),
            proof: Proof::Context,
            encoding: None,
            principal: None,
            scope: None,
            features: Some(judged.features),
            excepted: 0,
        })
    }

    /// Guards, placeholders, proof: what is left is a candidate.
    fn candidate(
        &self,
        rule: u16,
        value: &[u8],
        span: (usize, usize),
        (at, excepted): (usize, u32),
        named: impl Fn(&str) -> Option<Box<str>>,
    ) -> Option<Candidate> {
        let detector = self.library.detector(rule);
        let far = !detector.name.is_empty() && span.0 > at + NAME_GAP;
        if far || !guard::holds(&detector.guards, value) {
            return None;
        }
        let mut confidence = detector.confidence;
        let mut proof = if detector.name.is_empty() { Proof::Pattern } else { Proof::Context };
        if !detector.guards.checksum.is_empty() {
            match proof::check(&detector.guards.checksum, value) {
                Outcome::Failed => return None,
                Outcome::Proven(how) => (confidence, proof) = (Confidence::High, how),
                Outcome::Silent => {}
            }
        }
        // What proves itself is none, however it looks.
        if !matches!(proof, Proof::Checksum | Proof::Structure) && placeholder::is_placeholder(value) {
            return None;
        }
        let decoded = (!detector.identity.decoder.is_empty()).then(|| proof::decode(&detector.identity.decoder, value)).flatten();
        let (principal, scope) = decoded.map(|d| (d.principal, d.scope)).unwrap_or_default();
        Some(Candidate {
            rule,
            start: offset(span.0, at),
            end: offset(span.1, at),
            secret: Secret::new(&canonical(value)),
            confidence,
            proof,
            encoding: None,
            principal: named(&detector.identity.principal).or(principal.map(String::into_boxed_str)),
            scope: named(&detector.identity.scope).or(scope.map(String::into_boxed_str)),
            features: None,
            excepted,
        })
    }

    /// The exceptions that hold but for the path; `None` when one holds at any path. They see no further than the window.
    fn open_exceptions(&self, rule: u16, window: &[u8], whole: (usize, usize), value: (usize, usize)) -> Option<u32> {
        let Some(excepts) = self.library.rule(rule).excepts() else { return Some(0) };
        let line = (line_start(window, whole.0, window.len()), line_end(window, whole.1, window.len()));
        excepts.open([value, whole, line].map(|(from, to)| &window[from..to]))
    }

    /// The bytes a detector may look at from an anchor: on its line, unless it spans lines.
    fn window(&self, bytes: &[u8], at: usize, rule: u16) -> (usize, usize) {
        let plan = self.library.plan(rule);
        let (lead, reach) = (plan.lead as usize + CONTEXT, plan.reach as usize + 1);
        if self.library.detector(rule).multiline {
            return (at.saturating_sub(lead), (at + reach).min(bytes.len()));
        }
        (line_start(bytes, at, lead), line_end(bytes, at, reach))
    }

    /// Scans what an encoded run decodes to, and maps what is found back onto the run.
    fn decoded(&mut self, bytes: &[u8], run: &Run, depth: u8, hits: &mut Vec<Hit>) {
        let Some(text) = decode::decode(&bytes[run.start..run.end], run.scheme) else { return };
        let mut inner = Vec::new();
        let mut nested = Scanner::sharing(self.library, self.decode_depth, self.seen.clone());
        if let Some(encoding) = utf16::sniff(&text.bytes) {
            nested.utf16(&text.bytes, encoding, &mut inner);
        } else {
            nested.range(&text.bytes, 0, text.bytes.len(), depth + 1, &mut inner);
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

/// The value as it is compared: a private key in PEM is the same key however its lines are escaped, quoted, indented or ended.
fn canonical(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.starts_with(b"-----BEGIN ") {
        return Cow::Borrowed(value);
    }
    let text = String::from_utf8_lossy(value).replace("\\r", "\n").replace("\\n", "\n");
    let noise = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | '`');
    let lines = text.lines().map(|l| l.trim_matches(noise)).map(|l| l.strip_suffix(" +").unwrap_or(l).trim_end_matches(noise));
    let lines = lines.filter(|l| !l.is_empty());
    Cow::Owned(lines.collect::<Vec<_>>().join("\n").into_bytes())
}

fn is_dirty(dirty: &[(usize, usize)], at: usize) -> bool {
    let i = dirty.partition_point(|r| r.1 <= at);
    dirty.get(i).is_some_and(|r| r.0 <= at)
}
