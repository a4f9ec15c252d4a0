//! Words in lines, and colours.

use crate::model::Confidence;
use crate::report::Style;
use anstyle::AnsiColor;
use std::fmt::Display;

/// `text` in lines of at most `width` characters, broken between words; a longer word has a line of its own.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if length < room => {
                line.push(' ');
                line.push_str(word);
                room -= length + 1;
            }
            _ => {
                lines.push(word.to_owned());
                room = width.saturating_sub(length);
            }
        }
    }
    lines
}

/// The colours of a page; empty styles when it has none.
#[derive(Default)]
pub(super) struct Palette {
    /// Findings of high confidence.
    pub(super) high: anstyle::Style,
    /// Findings of medium confidence, and what was left unread.
    pub(super) medium: anstyle::Style,
    /// Findings of low confidence.
    pub(super) low: anstyle::Style,
    /// What the eye should find first.
    pub(super) strong: anstyle::Style,
    /// What it may skip.
    pub(super) label: anstyle::Style,
    /// An empty result.
    pub(super) good: anstyle::Style,
}

impl Palette {
    /// The colours of a style.
    pub(super) fn new(style: Style) -> Self {
        match style {
            Style::Plain => Self::default(),
            Style::Colour => Self {
                high: AnsiColor::BrightRed.on_default().bold(),
                medium: AnsiColor::Yellow.on_default().bold(),
                low: AnsiColor::BrightCyan.on_default().bold(),
                strong: anstyle::Style::new().bold(),
                label: anstyle::Style::new().dimmed(),
                good: AnsiColor::BrightGreen.on_default().bold(),
            },
        }
    }

    /// The colour of a confidence.
    pub(super) fn level(&self, confidence: Confidence) -> anstyle::Style {
        match confidence {
            Confidence::High => self.high,
            Confidence::Medium => self.medium,
            Confidence::Low => self.low,
        }
    }
}

/// `text` in a style.
pub(super) fn paint(style: anstyle::Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fill_lines_and_long_ones_stay_whole() {
        assert_eq!(wrapped("aa bb  cc\ndddddddd e", 5), ["aa bb", "cc", "dddddddd", "e"]);
        assert!(wrapped(" \n", 5).is_empty());
    }
}
