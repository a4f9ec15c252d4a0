//! Places: from byte offsets to lines and columns, with the lines around, redacted.

use super::findings::Sighting;
use super::groups::{Companion, Groups};
use super::inspect::Inspected;
use super::overlap::{Occurrence, resolve};
use super::scan::Options;
use super::structure::resource;
use super::values::{Value, ValueNo, Values};
use super::veil::Veil;
use crate::detect::{Features, Library, Utf16, generic_confidence, sniff_utf16, transcode_utf16};
use crate::model::{Confidence, Frame, FrameLine, Location, Outline, Resource, Role, Suppression, Timestamp};
use crate::source::archive;
use memchr::memchr_iter;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// What suppresses places at excluded paths.
pub(super) const EXCLUDED: &str = "path";
/// Most characters of a line that a frame shows.
const SHOWN: usize = 160;
/// Bytes between two offsets of a long line whose columns are kept.
const STEP: usize = 4096;
/// Most lines of a frame.
const LINES: usize = 5;

/// A piece of content and what was found in it.
pub(super) struct Content<'c> {
    pub bytes: &'c [u8],
    pub inspected: &'c Inspected,
    pub library: &'c Library,
    pub options: &'c Options<'c>,
}

/// Where the values of one piece of content stand.
pub(super) struct Places {
    spots: HashMap<ValueNo, Vec<Spot>>,
    /// The content, and the members of an archive, that hold values and may say something by their structure.
    texts: HashMap<Option<Arc<str>>, Arc<[u8]>>,
    /// What they say, by path.
    outlines: RefCell<HashMap<String, Option<Outline>>>,
}

/// Where one value stands.
struct Spot {
    member: Option<Arc<str>>,
    bytes: (usize, usize),
    /// When an address that holds the value ends, as it says.
    expires: Option<Timestamp>,
    line: (u32, u32),
    column: (u32, u32),
    utf16: (u32, u32),
    encoding: Option<Arc<str>>,
    confidence: Confidence,
    /// The detector, and what stands near that makes one credential with it.
    group: (u16, Arc<[Companion]>),
    /// What the value is judged by, and whether by nothing else.
    judged: Option<(Features, bool)>,
    /// The exceptions of the detector that hold but for the path.
    excepted: u32,
    frame: Frame,
    /// The lines an inline allow may stand on.
    lines: Vec<String>,
}

impl Places {
    /// Finds the line of every value in the content; the first occurrence of a value in it, or in a member of it, counts.
    pub(super) fn new(content: &Content<'_>, values: &mut Values) -> Self {
        let (occurrences, parts) = resolve(content.inspected, content.library);
        let mut spots: HashMap<ValueNo, Vec<Spot>> = HashMap::new();
        let mut by_member: Vec<Option<Arc<str>>> = occurrences.iter().map(|o| o.member.clone()).collect();
        by_member.dedup();
        let named: Vec<Arc<str>> = by_member.iter().flatten().cloned().collect();
        let unpacked = unpack(content, &named);
        let mut texts = HashMap::new();
        for member in by_member {
            let text = member.as_ref().and_then(|m| unpacked.get(m));
            let bytes = text.map_or(content.bytes, |text| text);
            let here = occurrences.iter().filter(|o| o.member == member);
            let here: Vec<(&Occurrence<'_>, ValueNo)> = here.map(|o| (o, values.number(o.candidate, content.library))).collect();
            let is_whole = |o: &&Occurrence<'_>| content.library.detector(o.candidate.rule).report == Role::Finding;
            let whole = here.iter().map(|(o, _)| *o).filter(is_whole);
            let beside: Vec<&Occurrence<'_>> = parts.iter().filter(|o| o.member == member).chain(whole).collect();
            if bytes.len() <= crate::extract::LARGEST && !here.is_empty() {
                texts.insert(member.clone(), text.cloned().unwrap_or_else(|| bytes.into()));
            }
            let sheet = Sheet::new(bytes, content, &member);
            let groups = Groups::new(&here, &beside, &|at| sheet.line(at), content.library, values);
            for (o, number) in &here {
                let spots = spots.entry(*number).or_default();
                if spots.iter().all(|s| s.member != member) {
                    spots.push(sheet.spot(o, *number, &groups, content));
                }
            }
        }
        Self { spots, texts, outlines: RefCell::default() }
    }

    /// The sightings of a value at a path, one in each member of an archive that has it; none when the path is not one the detector is for.
    pub(super) fn sightings(&self, number: ValueNo, value: &Value, path: &str, library: &Library, options: &Options<'_>) -> Vec<Sighting> {
        if !library.applies(value.told.rule, path) {
            return Vec::new();
        }
        let excluded = options
            .counted
            .excluded(path)
            .then(|| Suppression { by: EXCLUDED.into(), reason: "the configuration excludes the path".into() });
        let detector = library.detector(value.told.rule);
        let id = || value.id(library);
        // An inline reason is text of the scanned line and may repeat the value.
        let raw = String::from_utf8_lossy(value.secret.expose());
        let sighting = |spot: &Spot| {
            let path = spot.member.as_ref().map_or_else(|| path.to_owned(), |m| format!("{path}!{m}"));
            if library.excepted(spot.group.0, spot.excepted, &path) {
                return None;
            }
            let confidence = spot.confidence_at(&path)?;
            let inline = spot.lines.iter().find_map(|line| options.counted.line(line, &detector.id));
            let suppression =
                excluded.clone().or(inline).or_else(|| options.counted.value(&detector.id, id(), &path, value.secret.expose()));
            let suppression = suppression.map(|s| Suppression { reason: s.reason.replace(&*raw, "********"), ..s });
            let resource = self.resource(spot, &path);
            let location = Location { uri: uri(&path), path, suppression, resource, ..spot.location() };
            let (rule, companions) = spot.group.clone();
            let expires = spot.expires;
            Some(Sighting { value: number, rule, location, confidence, companions, expires, first: None, last: None, removed: None })
        };
        self.spots.get(&number).into_iter().flatten().filter_map(sighting).collect()
    }
}

impl Places {
    /// What the place of a value belongs to, by the structure of its file.
    fn resource(&self, spot: &Spot, path: &str) -> Option<Resource> {
        let mut outlines = self.outlines.borrow_mut();
        let outline = outlines.entry(path.to_owned()).or_insert_with(|| {
            let text = self.texts.get(&spot.member)?;
            crate::extract::outline(path.rsplit('!').next().unwrap_or(path), text)
        });
        resource(&outline.as_ref()?.places, spot.bytes.0, spot.bytes.1)
    }
}

impl Spot {
    /// How sure the value is at a path; `None` where it is not worth a report.
    fn confidence_at(&self, path: &str) -> Option<Confidence> {
        match self.judged {
            None => Some(self.confidence),
            Some((features, true)) => generic_confidence(features, Some(path)),
            Some((features, false)) => generic_confidence(features, Some(path)).max(Some(self.confidence)),
        }
    }

    fn location(&self) -> Location {
        Location {
            repo: None,
            uri: String::new(),
            path: String::new(),
            line: self.line.0,
            column: self.column.0,
            end_line: self.line.1,
            end_column: self.column.1,
            commit: None,
            removed_in: None,
            in_head: true,
            encoding: self.encoding.as_deref().map(str::to_owned),
            resource: None,
            utf16_columns: self.utf16,
            frame: Some(self.frame.clone()),
            suppression: None,
        }
    }
}

/// A path that stays below the root it is taken from: a tree made by hand may hold names such as `..`.
pub(super) fn uri(path: &str) -> String {
    let part = |part: &str| if matches!(part, "" | "." | "..") { format!("({part})") } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The bytes of these members of an archive, unpacked in one pass unless all were kept.
fn unpack(content: &Content<'_>, wanted: &[Arc<str>]) -> HashMap<Arc<str>, Arc<[u8]>> {
    let kept = content.inspected.members.iter().filter_map(|(name, known)| Some((name.clone(), known.text.clone()?)));
    let mut found: HashMap<Arc<str>, Arc<[u8]>> = kept.collect();
    if wanted.iter().any(|member| !found.contains_key(member)) {
        archive::unpack(content.bytes, &content.options.archives, &mut |name, bytes| {
            if let Some(member) = wanted.iter().find(|m| ***m == *name) {
                found.entry(member.clone()).or_insert_with(|| bytes.into());
            }
        });
    }
    found
}

/// An offset, and its columns in characters and in UTF-16 code units.
type Reached = (usize, u32, u32);

/// A text with its line starts and the spans that must not be shown.
struct Sheet<'b> {
    bytes: &'b [u8],
    wide: bool,
    starts: Vec<usize>,
    /// Spans of values with what is shown instead, sorted, not overlapping.
    masks: Vec<(usize, usize, String)>,
    /// Hides the values where they stand in other text too, glued to it and so not found.
    veil: Veil,
    /// The line asked for last, and columns at offsets of it, a step apart: a line may be long and hold many values.
    reached: RefCell<(usize, Vec<Reached>)>,
}

impl<'b> Sheet<'b> {
    fn new(bytes: &'b [u8], content: &Content<'_>, member: &Option<Arc<str>>) -> Self {
        let wide = sniff_utf16(bytes).is_some();
        let little = bytes.starts_with(&[0xff, 0xfe]) || (wide && !bytes.starts_with(&[0xfe, 0xff]) && bytes.get(1) == Some(&0));
        let first = match (wide, bytes) {
            (true, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => 2,
            (false, [0xef, 0xbb, 0xbf, ..]) => 3,
            _ => 0,
        };
        let mut starts = vec![first];
        starts.extend(memchr_iter(b'\n', bytes).filter_map(|i| match (wide, little) {
            (false, _) => Some(i + 1),
            (true, true) => (i % 2 == 0 && bytes.get(i + 1) == Some(&0)).then_some(i + 2),
            (true, false) => (i % 2 == 1 && bytes.get(i - 1) == Some(&0)).then_some(i + 1),
        }));
        let mut spans: Vec<(usize, usize, String)> = content
            .inspected
            .candidates()
            .filter(|(m, .., c)| *m == member.as_ref() && c.is_likely())
            .map(|(_, start, end, c)| (start, end, c.secret.redact(content.options.redaction)))
            .collect();
        spans.sort_by_key(|s| (s.0, std::cmp::Reverse(s.1)));
        let mut masks: Vec<(usize, usize, String)> = Vec::new();
        for span in spans {
            match masks.last_mut() {
                Some(last) if span.0 < last.1 => last.1 = last.1.max(span.1),
                _ => masks.push(span),
            }
        }
        let own = content.inspected.candidates().filter(|(m, .., c)| *m == member.as_ref() && c.is_likely());
        let veil = Veil::new(own.map(|c| &c.3.secret), content.options.redaction);
        Self { bytes, wide, starts, masks, veil, reached: RefCell::default() }
    }

    fn spot(&self, o: &Occurrence<'_>, number: ValueNo, groups: &Groups<'_>, content: &Content<'_>) -> Spot {
        let (line, end_line) = (self.line(o.start), self.line(o.end.max(o.start + 1) - 1));
        let (column, utf16) = self.columns(line, o.start);
        let (end_column, end_utf16) = self.columns(end_line, o.end);
        let mut lines = vec![self.text(line), self.text(end_line)];
        let above = line.checked_sub(1).map(|l| self.text(l)).unwrap_or_default();
        if ["#", "//", "--", "/*", "<!--", ";", "%", "*"].iter().any(|mark| above.trim_start().starts_with(mark)) {
            lines.push(above);
        }
        Spot {
            bytes: (o.start, o.end),
            expires: crate::detect::keys::signed_until(&self.word(o.start, o.end)),
            member: o.member.clone(),
            line: (line as u32 + 1, end_line as u32 + 1),
            column: (column, end_column),
            utf16: (utf16, end_utf16),
            encoding: o.candidate.encoding.clone(),
            confidence: groups.confidence(o, number, content.library),
            group: (o.candidate.rule, groups.of(number, &|at| self.place(at)).into()),
            judged: o.candidate.features.map(|f| (f, true)).or(o.support.map(|f| (f, false))),
            excepted: o.candidate.excepted,
            frame: self.frame(line, end_line, (o.start, o.end)),
            lines,
        }
    }

    /// What stands around a span without a blank or a quote between, within bounds.
    fn word(&self, start: usize, end: usize) -> String {
        const REACH: usize = 2048;
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>');
        let before = &self.bytes[start.saturating_sub(REACH)..start];
        let after = &self.bytes[end..self.bytes.len().min(end + REACH)];
        let from = before.iter().rposition(ends).map_or(start - before.len(), |at| start - before.len() + at + 1);
        let to = after.iter().position(ends).map_or(end + after.len(), |at| end + at);
        self.decode(&self.bytes[from..to])
    }

    /// Line and column of an offset, from 1.
    fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.line(offset);
        (line as u32 + 1, self.columns(line, offset).0)
    }

    /// The line of an offset, from 0.
    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&s| s <= offset).saturating_sub(1)
    }

    fn line_span(&self, line: usize) -> (usize, usize) {
        let start = self.starts.get(line).copied().unwrap_or(self.bytes.len());
        let next = self.starts.get(line + 1).copied().unwrap_or(self.bytes.len());
        (start.min(self.bytes.len()), next.min(self.bytes.len()).max(start.min(self.bytes.len())))
    }

    /// Columns of an offset on a line, from 1: in characters and in UTF-16 code units.
    fn columns(&self, line: usize, offset: usize) -> (u32, u32) {
        let (start, _) = self.line_span(line);
        let offset = offset.min(self.bytes.len());
        let count = |(from, chars, units): Reached, to: usize| {
            let text = self.decode(self.bytes.get(from..to).unwrap_or_default());
            text.chars().fold((to, chars, units), |(to, c, u), ch| (to, c + 1, u + ch.len_utf16() as u32))
        };
        if self.wide || offset <= start {
            let (_, chars, units) = count((start, 1, 1), offset);
            return (chars, units);
        }
        let mut reached = self.reached.borrow_mut();
        if reached.0 != line || reached.1.is_empty() {
            *reached = (line, vec![(start, 1, 1)]);
        }
        // No character is cut: it begins with no continuation byte, and has three at most.
        let begins = |at: usize| (at.saturating_sub(3)..=at).rev().find(|&i| self.bytes[i] & 0xc0 != 0x80).unwrap_or(at);
        while let Some(last) = reached.1.last().copied().filter(|last| last.0 + STEP < offset) {
            reached.1.push(count(last, begins(last.0 + STEP)));
        }
        let before = reached.1.partition_point(|r| r.0 <= offset) - 1;
        let (_, chars, units) = count(reached.1[before], offset);
        (chars, units)
    }

    fn decode(&self, bytes: &[u8]) -> String {
        match (self.wide, sniff_utf16(self.bytes)) {
            (true, Some(layout)) => String::from_utf8_lossy(&transcode_utf16(bytes, Utf16 { mark: 0, ..layout }).text).into_owned(),
            _ => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// The text of a line, as far as an inline comment can stand in it.
    fn text(&self, line: usize) -> String {
        let (start, end) = self.line_span(line);
        let (head, tail) = (end.min(start + 4096), end.saturating_sub(4096).max(start));
        let mut text = self.decode(&self.bytes[start..head]);
        if tail > head {
            text.push_str(&self.decode(&self.bytes[tail..end]));
        }
        text.trim_end().to_owned()
    }

    fn frame(&self, line: usize, end_line: usize, value: (usize, usize)) -> Frame {
        let first = line.saturating_sub(1);
        let last = (end_line + 1).min(self.starts.len() - 1).min(first + LINES - 1);
        let lines = (first..=last).map(|l| self.frame_line(l, value)).collect();
        Frame { first_line: first as u32 + 1, lines }
    }

    /// One line with every value in it masked, cut to what can be shown around the mark.
    fn frame_line(&self, line: usize, value: (usize, usize)) -> FrameLine {
        let (start, end) = self.line_span(line);
        // Of a line without end only the part around the value is looked at.
        let (start, end) = if end - start > 8 * SHOWN {
            let middle = value.0.clamp(start, end);
            (middle.saturating_sub(2 * SHOWN).max(start), (middle + 4 * SHOWN).min(end))
        } else {
            (start, end)
        };
        let mut text = String::new();
        let mut mark = None;
        let mut at = start;
        for (from, to, shown) in self.masks.iter().filter(|m| m.0 < end && m.1 > start) {
            text.push_str(&self.veil.over(&clean(&self.decode(&self.bytes[at..(*from).clamp(at, end)]))));
            let begin = text.len();
            text.push_str(&if *from >= start { clean(shown) } else { "…".to_owned() });
            if *from < value.1 && value.0 < *to {
                mark = Some((begin, text.len()));
            }
            at = (*to).clamp(at, end);
        }
        text.push_str(self.veil.over(&clean(&self.decode(&self.bytes[at..end]))).trim_end());
        cut(text, mark)
    }
}

/// Control characters shown as dots, tabs as spaces, line ends dropped.
fn clean(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => '·',
        c => c,
    };
    text.trim_end_matches(['\r', '\n']).chars().map(shown).collect()
}

/// Cuts a line to what is shown, around the mark.
fn cut(text: String, mark: Option<(usize, usize)>) -> FrameLine {
    if text.len() <= SHOWN {
        return FrameLine { text, mark };
    }
    let middle = mark.map_or(0, |m| m.0);
    let floor = |mut i: usize| {
        while !text.is_char_boundary(i) {
            i -= 1;
        }
        i
    };
    let from = floor(middle.saturating_sub(SHOWN / 2));
    let to = floor((from + SHOWN).min(text.len()));
    let head = if from > 0 { "…" } else { "" };
    let tail = if to < text.len() { "…" } else { "" };
    let shift = |i: usize| i.clamp(from, to) - from + head.len();
    FrameLine { text: format!("{head}{}{tail}", &text[from..to]), mark: mark.map(|(a, b)| (shift(a), shift(b))) }
}
