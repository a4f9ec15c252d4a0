//! Reports as they were asked for: formats with their files, the last ones to standard output.

use super::output;
use crate::model::Report;
use crate::report::{self, Detail, Style};
use anyhow::{Context, Result, bail};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Findings that a person scrolls through on a terminal.
const MOST_AT_LENGTH: usize = 100;

/// What was asked for.
pub(super) struct Wanted<'w> {
    /// Formats; text where there is none.
    pub formats: &'w [String],
    /// Their files, in order; `-` and what is missing are standard output.
    pub files: &'w [PathBuf],
    /// One line a finding.
    pub short: bool,
}

/// Writes all reports.
///
/// # Errors
/// When there are more files than formats, or one cannot be written.
pub(super) fn write(wanted: &Wanted<'_>, report: &Report) -> Result<()> {
    let text = ["text".to_owned()];
    let formats = if wanted.formats.is_empty() { &text } else { wanted.formats };
    if wanted.files.len() > formats.len() {
        bail!("{} files but {} format(s): give each -o a --format", wanted.files.len(), formats.len());
    }
    for (i, format) in formats.iter().enumerate() {
        let reporter = report::by_id(format).with_context(|| format!("there is no format `{format}`"))?;
        let file = wanted.files.get(i).map(PathBuf::as_path);
        let is_read = file.is_none() && std::io::stdout().is_terminal();
        let terminal = file.is_none() && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
        let options = report::Options {
            style: if terminal { Style::Colour } else { Style::Plain },
            width: terminal_width(),
            detail: if wanted.short { Detail::Short } else { Detail::Full },
            most: is_read.then_some(MOST_AT_LENGTH),
        };
        output::write(reporter, report, &options, file)?;
    }
    Ok(())
}

/// Columns of the terminal; 100 where there is none.
fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}
