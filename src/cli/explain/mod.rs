//! `keysweep explain`: why a value, a verdict or a flag, in sentences.

mod identity;
mod value;
mod word;

use super::args;
use super::exit::Exit;
use super::{detectors, review};
use crate::detect::Library;
use anyhow::{Result, bail};

/// Explains what was named: a place in files, an identity or finding of a report, a verdict, a flag or a detector.
pub(super) fn run(command: &args::Explain) -> Result<Exit> {
    let report = match &command.report {
        None => None,
        Some(file) => match review::former(file)? {
            Some(report) => Some(report),
            None => bail!("{} is no JSON report; make one with `keysweep scan -f json -o report.json`", file.display()),
        },
    };
    let library = Library::builtin();
    for what in &command.what {
        if let Some(report) = &report {
            if !identity::run(report, what)? {
                bail!("the report has no identity and no finding `{what}`: name an id, the beginning of one, a principal, or PATH[:LINE]");
            }
        } else if !value::run(what, command.json, &library)? && !word::run(what)? && !is_detector(what, &library)? {
            bail!("`{what}` is no file, verdict, flag or detector; for an identity or a finding add --report REPORT.json");
        }
    }
    Ok(Exit::Clean)
}

fn is_detector(what: &str, library: &Library) -> Result<bool> {
    let known = library.detectors().any(|d| d.id == what || d.provider == what);
    if known {
        detectors::show(what)?;
    }
    Ok(known)
}
