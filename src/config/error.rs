//! What is wrong with a configuration, where, and how to mend it.

use super::raw::{OTHER_KEYS, SCAN_KEYS};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A mistake in `keysweep.toml`. `Display` prints `file:line:column: message (help)`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place}: {message} ({help})", place = Place(self))]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// All of its text; empty when it could not be read.
    pub text: Arc<str>,
    /// Byte range in `text` that is wrong; empty when no place is to blame.
    pub span: Range<usize>,
    /// Line where the span begins, from 1; 0 when the file could not be read.
    pub line: u32,
    /// Column where the span begins, from 1, in characters; 0 when the file could not be read.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// Prints the file, and line and column where they are known.
struct Place<'e>(&'e ConfigError);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.line {
            0 => write!(f, "{}", self.0.file.display()),
            line => write!(f, "{}:{line}:{}", self.0.file.display(), self.0.column),
        }
    }
}

/// A configuration's text and where it came from, to say where a mistake is.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) file: PathBuf,
    pub(super) text: Arc<str>,
}

impl Document {
    pub(super) fn new(file: &Path, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.into() }
    }

    /// A mistake at `span`.
    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        let (line, column) = self.position(span.start);
        let (file, text) = (self.file.clone(), self.text.clone());
        ConfigError { file, text, span, line, column, message: message.into(), help: help.into() }
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub(super) fn position(&self, offset: usize) -> (u32, u32) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.rfind('\n').map_or(0, |i| i + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (count(before.matches('\n').count() + 1), count(before[line..].chars().count() + 1))
    }

    /// What the `toml` crate has to say, in this module's words.
    pub(super) fn toml_error(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        let Some((key, known)) = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) else {
            let help = self.example(span.start).map_or("correct the TOML, see https://toml.io".into(), |line| format!("write `{line}`"));
            return self.error(span, message, help);
        };
        // "expected one of `a`, `b`": every second piece is a name.
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let top = known.contains(&"scan");
        let list = known.join("`, `");
        let help = match key {
            _ if top && SCAN_KEYS.iter().any(|(k, _)| *k == key) => {
                format!("it belongs in the table `[scan]`; known at the top are `{list}`")
            }
            _ if top => format!("known at the top are `{list}`"),
            _ => format!("known in this table are `{list}`"),
        };
        self.error(span, format!("unknown key `{key}`"), help)
    }

    /// How the key on the line of `offset` is written.
    fn example(&self, offset: usize) -> Option<&'static str> {
        let begin = self.text.get(..offset)?.rfind('\n').map_or(0, |i| i + 1);
        let key = self.text[begin..].split(['=', '\n']).next()?.trim();
        SCAN_KEYS.iter().chain(OTHER_KEYS).find(|(k, _)| *k == key).map(|(_, line)| *line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let document = Document::new(Path::new("keysweep.toml"), "a = 'é'\nüb = 1\n");
        assert_eq!(document.position(0), (1, 1));
        assert_eq!(document.position(7), (1, 7));
        assert_eq!(document.position(9), (2, 1));
        assert_eq!(document.position(11), (2, 2));
        assert_eq!(document.position(999), (3, 1));
    }

    #[test]
    fn prints_place_message_and_help() {
        let document = Document::new(Path::new("sub/keysweep.toml"), "x\ny = 1");
        assert_eq!(document.error(2..3, "no", "do").to_string(), "sub/keysweep.toml:2:1: no (do)");
    }
}
