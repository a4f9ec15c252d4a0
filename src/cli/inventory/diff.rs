//! `keysweep inventory diff`: what changed between two days.

use super::ending;
use crate::cli::changes::told;
use crate::cli::exit::Exit;
use crate::cli::exports::load;
use crate::cli::output::note;
use crate::cli::review::former;
use crate::cli::scan::{clock, configuration};
use crate::correlate::identities;
use crate::model::ExportRules;
use crate::review::{Day, Known, changes};
use anyhow::{Result, bail};
use std::path::Path;

/// Compares two days.
pub(super) fn run(old: &Path, new: &Path, within: u32, as_json: bool, org: Option<&Path>) -> Result<Exit> {
    let (config, _) = configuration(org, Path::new("."))?;
    let ((old, is_report, of_old), (new, is_new_report, of_new)) = (day(old, &config.exports)?, day(new, &config.exports)?);
    let ending = if of_old == Exit::Clean { of_new } else { of_old };
    if ending != Exit::Clean {
        note("warning: not all of both days could be read: what seems gone or new may only be unread");
    }
    if is_report != is_new_report {
        bail!("one is a report of a scan and the other exports: give two of a kind");
    }
    if !is_report {
        note("note: exports alone do not tell what is newly shadow; compare two JSON reports of `keysweep scan --inventory` for that");
    }
    let today = clock()?();
    let now = new.at.unwrap_or(today);
    let all = changes(&old, &new, now, within);
    told(&all, (&old, &new), as_json)?;
    Ok(ending)
}

/// What a report or exports know, whether it is a report, and whether all of it could be read.
fn day(path: &Path, rules: &ExportRules) -> Result<(Day, bool, Exit)> {
    if path.is_file()
        && let Some(report) = former(path)?
    {
        let ending = if report.scan.skipped.is_empty() { Exit::Clean } else { Exit::Incomplete };
        return Ok((Day::of_report(&report), true, ending));
    }
    let register = load(&[path.to_owned()], None, rules)?;
    register.warnings.iter().for_each(|w| note(&format!("note: {}: {w}", path.display())));
    let at = register.manifests.iter().filter_map(|m| m.as_of).max_by_key(|t| t.seconds);
    let known = identities(&register).iter().map(|records| Known::of_records(records)).collect();
    Ok((Day { at, known }, false, ending(register.files.iter())))
}
