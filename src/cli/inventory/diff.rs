//! `keysweep inventory diff`: what changed between two days.

use super::ending;
use crate::cli::exit::Exit;
use crate::cli::exports::load;
use crate::cli::output::{line, note};
use crate::cli::review::former;
use crate::cli::scan::{clock, configuration};
use crate::correlate::identities;
use crate::model::{ExportRules, shown};
use crate::review::{Change, Day, Known, What, changes};
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
    if as_json {
        all.iter().try_for_each(|change| line(&serde_json::to_string(change)?))?;
        return Ok(ending);
    }
    let word = |what: What| serde_json::to_value(what).ok().and_then(|v| v.as_str().map(|s| s.replace('-', " "))).unwrap_or_default();
    all.iter().try_for_each(|change| told(&word(change.change), change))?;
    let count = |what: What| all.iter().filter(|c| c.change == what).count();
    line(&format!(
        "{} identities then, {} now: {} new, {} gone, {} rotated, {} newly shadow, {} newly expiring",
        old.known.len(),
        new.known.len(),
        count(What::New),
        count(What::Gone),
        count(What::Rotated),
        count(What::NewlyShadow),
        count(What::NewlyExpiring)
    ))?;
    Ok(ending)
}

fn told(word: &str, change: &Change) -> Result<()> {
    let owner = change.owner.as_ref().map(|o| format!("; owner {o}")).unwrap_or_default();
    line(&shown(&format!("{word:14}  {} {} {}: {}{owner}", change.provider, change.kind, change.name, change.says)))
}

/// What a report or exports know, whether it is a report, and whether all of it could be read.
fn day(path: &Path, rules: &ExportRules) -> Result<(Day, bool, Exit)> {
    if path.is_file()
        && let Some(report) = former(path)?
    {
        let findings = report.findings_by_id();
        let known = report.identities.iter().map(|i| Known::of_identity(i, &findings)).collect();
        let ending = if report.scan.skipped.is_empty() { Exit::Clean } else { Exit::Incomplete };
        return Ok((Day { at: report.started(), known }, true, ending));
    }
    let register = load(&[path.to_owned()], None, rules)?;
    register.warnings.iter().for_each(|w| note(&format!("note: {}: {w}", path.display())));
    let at = register.manifests.iter().filter_map(|m| m.as_of).max_by_key(|t| t.seconds);
    let known = identities(&register).iter().map(|records| Known::of_records(records)).collect();
    Ok((Day { at, known }, false, ending(register.files.iter())))
}
