//! Where a value stands, as SARIF says it: a URI relative to the root, a region in UTF-16 code units, the line as text.

use super::message;
use crate::model::{Frame, Location};
use crate::report::phrase;
use serde_sarif::sarif;

/// The base of all URIs: the root of the scanned tree, a name that code scanning services know.
pub(super) const ROOT: &str = "%SRCROOT%";

/// A location that is a place of the result.
pub(super) fn result(location: &Location) -> sarif::Location {
    let mut place = bare(location);
    place.message = life(location).map(|text| message(&text));
    place
}

/// A location that is shown beside the result; `id` is unique in it.
pub(super) fn related(id: i64, location: &Location) -> sarif::Location {
    let mut place = result(location);
    place.id = Some(id);
    place.message.get_or_insert_with(|| message("Another copy."));
    place
}

fn bare(location: &Location) -> sarif::Location {
    let path = if location.uri.is_empty() { &location.path } else { &location.uri };
    let artifact = sarif::ArtifactLocation::builder().uri(encoded(path)).uri_base_id(ROOT).build();
    let mut physical = sarif::PhysicalLocation::builder().artifact_location(artifact).region(region(location)).build();
    physical.context_region = location.frame.as_ref().and_then(|frame| context(location, frame));
    let mut place = sarif::Location::builder().physical_location(physical).build();
    place.logical_locations =
        phrase::resource(location).map(|name| vec![sarif::LogicalLocation::builder().fully_qualified_name(name).kind("resource").build()]);
    place
}

/// What a reader of `HEAD` cannot see of a location, or `None` for a plain copy in `HEAD`.
fn life(location: &Location) -> Option<String> {
    let mut parts = Vec::new();
    if !location.in_head {
        parts.extend(location.repo.as_ref().map(|repo| format!("in {repo}")));
        parts.extend(location.commit.as_ref().map(|commit| format!("introduced in commit {commit}")));
        parts.push(match &location.removed_in {
            Some(removed) => format!("removed in commit {removed}, so the line is that of an older version"),
            None => "not in HEAD, but still on another ref".into(),
        });
    }
    parts.extend(location.encoding.as_ref().map(|encoding| format!("encoded as {encoding}")));
    if let Some(suppression) = &location.suppression {
        let reason = if suppression.reason.is_empty() { "no reason given" } else { &suppression.reason };
        parts.push(format!("suppressed by {}: {reason}", suppression.by));
    }
    let text = parts.join(", ");
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// The value's extent. The end is exclusive; columns are left out where they make no sense, which means whole lines.
fn region(location: &Location) -> sarif::Region {
    let (start, end) = (location.line.max(1), location.end_line.max(location.line).max(1));
    let (from, to) = location.utf16_columns;
    let mut region = sarif::Region::builder().start_line(i64::from(start)).end_line(i64::from(end)).build();
    if from > 0 && to > 0 && (start < end || from < to) {
        (region.start_column, region.end_column) = (Some(i64::from(from)), Some(i64::from(to)));
        region.snippet = location.frame.as_ref().and_then(|frame| marked(frame).map(|(value, _, _)| snippet(value)));
    }
    region
}

/// The marked lines as a whole, where they hold the region and more than it (a context must be a proper superset, section 3.29.5).
fn context(location: &Location, frame: &Frame) -> Option<sarif::Region> {
    let (value, first, last) = marked(frame)?;
    let line = |at: usize| u32::try_from(at).ok()?.checked_add(frame.first_line);
    let (start, end) = (line(first)?, line(last)?);
    let text = frame.lines[first..=last].iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n");
    if start == 0 || start > location.line || end < location.end_line || location.utf16_columns.0 == 0 || text == value {
        return None;
    }
    Some(sarif::Region::builder().start_line(i64::from(start)).end_line(i64::from(end)).snippet(snippet(text)).build())
}

/// The marked text of a frame with the indices of its first and last line.
fn marked(frame: &Frame) -> Option<(String, usize, usize)> {
    let is_marked = |line: &crate::model::FrameLine| line.mark.is_some();
    let (first, last) = (frame.lines.iter().position(is_marked)?, frame.lines.iter().rposition(is_marked)?);
    let parts = frame.lines[first..=last].iter().map(|line| line.text.get(line.mark.map_or(0..0, |(start, end)| start..end)));
    Some((parts.collect::<Option<Vec<_>>>()?.join("\n"), first, last))
}

fn snippet(text: String) -> sarif::ArtifactContent {
    sarif::ArtifactContent::builder().text(text).build()
}

/// A path as a relative reference of RFC 3986: every byte but the unreserved ones, `/`, and those sub-delimiters that need no care
/// anywhere is percent-encoded. `:` is among the encoded, or a first segment such as `c:x` would be a scheme; `!` is not, so members
/// of archives stay readable. Leading slashes go: the URI is relative to the root.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'!' | b'@' | b'+' | b',' | b'=' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrameLine;
    use crate::report::fixture;

    #[test]
    fn paths_become_relative_references() {
        for (path, uri) in [
            ("src/main.rs", "src/main.rs"),
            ("a b/#1 100%?.txt", "a%20b/%231%20100%25%3F.txt"),
            ("größe/日.md", "gr%C3%B6%C3%9Fe/%E6%97%A5.md"),
            ("c:x", "c%3Ax"),
            ("//evil.example/x", "evil.example/x"),
            ("a.zip!b\\c.txt", "a.zip!b%5Cc.txt"),
            ("<stdin>", "%3Cstdin%3E"),
            ("a\nb", "a%0Ab"),
        ] {
            assert_eq!(encoded(path), uri);
        }
    }

    #[test]
    fn a_region_without_sound_columns_is_whole_lines() {
        let mut location = fixture::location("a");
        (location.line, location.end_line, location.utf16_columns) = (0, 0, (0, 0));
        let whole = region(&location);
        assert_eq!((whole.start_line, whole.end_line, whole.start_column, whole.end_column), (Some(1), Some(1), None, None));
        location.utf16_columns = (9, 9);
        assert_eq!(region(&location).end_column, None);
        location.end_line = 2;
        assert_eq!(region(&location).end_column, Some(9));
    }

    #[test]
    fn a_context_is_more_than_the_region_or_absent() {
        let mut location = fixture::location("a");
        let frame = location.frame.clone().expect("a frame");
        let around = context(&location, &frame).expect("the line is longer than the value");
        assert_eq!((around.start_line, around.end_line), (Some(12), Some(12)));
        assert_eq!(around.snippet.and_then(|s| s.text), Some(frame.lines[1].text.clone()));
        let same = FrameLine { text: "****".into(), mark: Some((0, 4)) };
        assert!(context(&location, &Frame { first_line: 12, lines: vec![same] }).is_none());
        location.end_line = 13;
        assert!(context(&location, &frame).is_none(), "the frame ends before the value does");
    }

    #[test]
    fn a_wrong_mark_gives_no_snippet() {
        let line = |mark| FrameLine { text: "éé".into(), mark: Some(mark) };
        for mark in [(1, 2), (3, 1), (0, 99)] {
            assert!(marked(&Frame { first_line: 1, lines: vec![line(mark)] }).is_none(), "{mark:?}");
        }
    }
}
