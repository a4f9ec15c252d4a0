//! What is wrong with a file of rules, where, and what to do.

use std::ops::Range;

/// Why a file was not imported. `Display` prints `file:line:column: message (help)`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message} ({help})", place(*line, *column))]
pub struct ImportError {
    /// The file.
    pub file: String,
    /// Line, from 1; 0 when the whole file is to blame.
    pub line: u32,
    /// Column, from 1, in characters; 0 when the whole file is to blame.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

fn place(line: u32, column: u32) -> String {
    if line == 0 { String::new() } else { format!(":{line}:{column}") }
}

/// A file's text and name, to say where a mistake is.
pub(super) struct Document<'t> {
    pub file: &'t str,
    pub text: &'t str,
    /// Where lines begin, in bytes.
    starts: Vec<usize>,
}

impl<'t> Document<'t> {
    pub fn new(file: &'t str, text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, text, starts }
    }

    /// A mistake of the whole file.
    pub fn nowhere(&self, message: impl Into<String>, help: impl Into<String>) -> ImportError {
        ImportError { file: self.file.to_owned(), line: 0, column: 0, message: message.into(), help: help.into() }
    }

    /// A mistake at a byte range.
    fn at(&self, span: Range<usize>, message: String, help: String) -> ImportError {
        let before = self.text.get(..span.start).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        ImportError { file: self.file.to_owned(), line: self.line(span.start), column: number(column + 1), message, help }
    }

    /// A value that is none of those known.
    pub fn value(&self, span: Range<usize>, value: &str, known: &str) -> ImportError {
        self.at(span, format!("`{value}` is not known here"), format!("write {known}"))
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, offset: usize) -> u32 {
        number(self.starts.partition_point(|&s| s <= offset))
    }

    /// A mistake in TOML, in this program's words.
    pub fn toml(&self, error: &toml::de::Error) -> ImportError {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        let (message, help) = explain(&message, "correct the TOML");
        self.at(error.span().unwrap_or(0..0), message, help)
    }

    /// A mistake in YAML, in this program's words.
    pub fn yaml(&self, error: &serde_saphyr::Error) -> ImportError {
        let location = error.location();
        let text = error.without_snippet().to_string();
        let (message, help) = explain(text.lines().next().unwrap_or_default(), "correct the YAML");
        let (line, column) = location.map_or((0, 0), |l| (l.line(), l.column()));
        let place = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        ImportError { file: self.file.to_owned(), line: place(line), column: place(column), message, help }
    }
}

/// What serde has to say of a key that is not known, with what to do about it.
fn explain(message: &str, otherwise: &str) -> (String, String) {
    let Some((key, known)) = message.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`')) else {
        return (message.to_owned(), otherwise.to_owned());
    };
    // "expected one of `a`, `b`": every second piece is a name.
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let help = format!("correct its name or take it out, as nothing is left out unseen; known here are `{}`", known.join("`, `"));
    (format!("unknown key `{key}`"), help)
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
