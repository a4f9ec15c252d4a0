//! The lines around a finding, drawn with their numbers and a mark under the value.

use crate::model::shown_line;
use crate::model::{Confidence, Frame, FrameLine};
use crate::report::Style;
use annotate_snippets::{AnnotationKind, Group, Level, Snippet};
use std::io::{self, Write};

/// Bytes of a line kept on either side of the mark; what draws the line cuts it further, to the width of the page.
const REACH: usize = 2000;

/// Lines up to which a frame is drawn whole; of longer ones the middle of the mark is left out.
const WHOLE: usize = 12;

/// Draws frames for one page.
pub(super) struct Renderer(annotate_snippets::Renderer);

impl Renderer {
    /// For a page `width` columns wide.
    pub(super) fn new(style: Style, width: usize) -> Self {
        let renderer = match style {
            Style::Plain => annotate_snippets::Renderer::plain(),
            Style::Colour => annotate_snippets::Renderer::styled(),
        };
        Self(renderer.term_width(width))
    }

    /// Writes `place`, which must be safe to show, and the lines under it.
    pub(super) fn write(&self, frame: &Frame, place: &str, confidence: Confidence, out: &mut impl Write) -> io::Result<()> {
        let last = frame.first_line as usize + frame.lines.len().saturating_sub(1);
        let gutter = last.to_string().len();
        writeln!(out, "{:gutter$}--> {place}", "")?;
        let (source, mark) = source(&frame.lines);
        if source.is_empty() {
            return Ok(());
        }
        let mut snippet = Snippet::source(source).line_start(frame.first_line as usize).fold(mark.is_some() && frame.lines.len() > WHOLE);
        if let Some((start, end)) = mark {
            snippet = snippet.annotation(AnnotationKind::Primary.span(start..end));
        }
        let level = match confidence {
            Confidence::High => Level::ERROR,
            Confidence::Medium => Level::WARNING,
            Confidence::Low => Level::NOTE,
        };
        writeln!(out, "{}", self.0.render(&[Group::with_level(level).element(snippet)]))
    }
}

/// The lines as one text that is safe to show, and the bytes from the beginning of the first mark to the end of the last.
fn source(lines: &[FrameLine]) -> (String, Option<(usize, usize)>) {
    let mut text = String::new();
    let mut span: Option<(usize, usize)> = None;
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let (start, end) = line.mark.unwrap_or_default();
        let (start, end) = (boundary(&line.text, start), boundary(&line.text, end.max(start)));
        let (from, to) = (boundary(&line.text, start.saturating_sub(REACH)), boundary(&line.text, start.saturating_add(REACH)));
        let end = end.min(to);
        text.push_str(&shown_line(&line.text[from..start]));
        let mark = text.len();
        text.push_str(&shown_line(&line.text[start..end]));
        if line.mark.is_some() {
            span = Some((span.map_or(mark, |(first, _)| first), text.len()));
        }
        text.push_str(&shown_line(&line.text[end..to]));
    }
    (text, span)
}

/// The nearest character boundary at or before byte `at`.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, mark: Option<(usize, usize)>) -> FrameLine {
        FrameLine { text: text.into(), mark }
    }

    #[test]
    fn the_mark_moves_with_what_is_escaped_before_it() {
        let (text, mark) = source(&[line("a", None), line("\u{1b}é=\u{7}b c", Some((4, 6)))]);
        assert_eq!(text, "a\n\\u{1b}é=\\u{7}b c");
        let (start, end) = mark.expect("a mark");
        assert_eq!(&text[start..end], "\\u{7}b");
    }

    #[test]
    fn a_wrong_mark_is_drawn_somewhere_and_breaks_nothing() {
        for mark in [(0, 0), (1, 1), (2, 1), (5, 3), (0, 99), (99, usize::MAX), (usize::MAX, 0)] {
            let frame = Frame { first_line: u32::MAX, lines: vec![line("éé", Some(mark)), line("", Some(mark))] };
            let mut out = Vec::new();
            Renderer::new(Style::Plain, 40).write(&frame, "p", Confidence::Low, &mut out).expect("memory");
            assert!(String::from_utf8(out).expect("UTF-8").contains("éé"), "{mark:?}");
        }
    }

    #[test]
    fn an_endless_line_is_cut_around_the_mark() {
        let (text, mark) = source(&[line(&format!("{}KEY{}", "é".repeat(1 << 20), "x".repeat(1 << 20)), Some((2 << 20, (2 << 20) + 3)))]);
        assert!(text.len() <= 2 * REACH);
        assert_eq!(mark.map(|(start, end)| &text[start..end]), Some("KEY"));
    }
}
