//! Where output goes: reports to files of mode 0600 or standard output, messages to standard error.

use crate::report::{Options, Reporter};
use anyhow::{Context, Result};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a report to standard output, or to a file.
pub(super) fn write(reporter: &dyn Reporter, report: &crate::model::Report, options: &Options, to: Option<&Path>) -> Result<()> {
    let Some(path) = to.filter(|p| *p != Path::new("-")) else {
        reporter.write(report, options, &mut anstream::AutoStream::new(io::stdout().lock(), choice(options)))?;
        return Ok(());
    };
    file(Some(path), &mut |out| reporter.write(report, options, out))
}

fn choice(options: &Options) -> anstream::ColorChoice {
    match options.style {
        crate::report::Style::Colour => anstream::ColorChoice::Always,
        crate::report::Style::Plain => anstream::ColorChoice::Never,
    }
}

/// Whether the reader of our output went away, which is no fault.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|e| e.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Says what went wrong.
pub(super) fn error(error: &anyhow::Error) {
    note(&format!("error: {error:#}"));
}

/// Says something on standard error; a closed one is no reason to fail.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints a line on standard output.
///
/// # Errors
/// When it cannot be written.
pub(super) fn line(text: &str) -> Result<()> {
    Ok(writeln!(anstream::stdout(), "{text}")?)
}

/// Writes a file that others may read, as the user's mask has it, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub(super) fn shared_file(path: &Path, bytes: &[u8]) -> Result<()> {
    into_file(path, 0o666, &mut |out| out.write_all(bytes))
}

/// Writes a program, whole or not at all, that the user's mask lets others run.
///
/// # Errors
/// When it cannot be written.
pub(super) fn executable(path: &Path, bytes: &[u8]) -> Result<()> {
    into_file(path, 0o777, &mut |out| out.write_all(bytes))
}

/// Writes to standard output, or to a file of mode 0600 under another name first, then renamed, so that no half of it is ever seen.
///
/// # Errors
/// When it cannot be written.
pub(super) fn file(to: Option<&Path>, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let Some(path) = to.filter(|p| *p != Path::new("-")) else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        write(&mut out)?;
        out.flush()?;
        return Ok(());
    };
    into_file(path, 0o600, write)
}

fn into_file(path: &Path, mode: u32, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let special = std::fs::metadata(path).is_ok_and(|m| !m.is_file());
    let temporary = path.with_file_name(format!(".{}.{}.part", path.file_name().unwrap_or_default().to_string_lossy(), std::process::id()));
    let target = if special { path } else { &temporary };
    let written = (|| -> io::Result<()> {
        let mut open = OpenOptions::new();
        open.write(true).mode(mode);
        let file = if special { open.open(target)? } else { open.create_new(true).open(target)? };
        let mut out = io::BufWriter::new(file);
        write(&mut out)?;
        out.flush()?;
        if special { Ok(()) } else { std::fs::rename(&temporary, path) }
    })();
    if written.is_err() && !special {
        let _ = std::fs::remove_file(&temporary);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}
