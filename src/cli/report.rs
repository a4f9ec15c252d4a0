//! `keysweep report`: reports of several scans made one, written anew, or compared with a former one.

use super::exit::Exit;
use super::exports;
use super::output::note;
use super::reports::{self, Wanted};
use super::review::former;
use super::scan::{configuration, ending, join, library};
use super::{args, changes};
use crate::config::Config;
use crate::model::Report;
use crate::review::{self, Day, Former};
use crate::source::Bytes;
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;

/// Largest report that is read, in bytes.
const LARGEST: u64 = 4 << 30;

/// Merges, joins anew where that can be, and writes.
pub(super) fn run(args: &args::Report) -> Result<Exit> {
    if let Some(since) = &args.since {
        return compare(args, since);
    }
    let (config, _) = configuration(args.org.as_deref(), Path::new("."))?;
    let (report, is_whole) = merged(args, &config)?;
    let report = joined(report, is_whole, args, &config)?;
    reports::write(&Wanted { formats: &args.format, files: &args.output, short: args.short }, &report)?;
    Ok(ending(&args.fail_on, &report))
}

fn compare(args: &args::Report, since: &Path) -> Result<Exit> {
    let read = |path: &Path| former(path)?.with_context(|| format!("{} is no JSON report of keysweep", path.display()));
    let new = match (&args.store, args.reports.as_slice()) {
        (Some(store), _) => {
            Former::parse(super::sweep::last_report(store)?.as_bytes()).map_err(|e| anyhow!("the report in the store {e}"))?
        }
        (None, [now]) => read(now)?,
        _ => bail!("--since compares one report with one; merge the others first"),
    };
    let old = read(since)?;
    if !new.scan.skipped.is_empty() || !old.scan.skipped.is_empty() {
        note("warning: not all could be read at both times: what seems gone or new may only be unread");
    }
    let (new, old) = (Day::of_report(&new), Day::of_report(&old));
    let at = new.at.context("the report does not say when it was made")?;
    let all = review::changes(&old, &new, at, args.within);
    changes::told(&all, (&old, &new), args.json)?;
    Ok(Exit::Clean)
}

/// All reports as one, and whether each carries what joining anew needs.
fn merged(args: &args::Report, config: &Config) -> Result<(Report, bool)> {
    let library = library(config)?;
    let known = |id: &str| library.detectors().find(|d| d.id == id).cloned();
    let categories = library.providers();
    let (mut whole, mut is_whole): (Option<Report>, bool) = (None, true);
    let stored = args.store.iter().map(|store| (Path::new("the store"), from_store(store)));
    for (path, report) in args.reports.iter().map(|path| (path.as_path(), read(path))).chain(stored) {
        let mut report = report?;
        is_whole &= report.rest.is_some();
        report.revive(&known, &categories);
        match &mut whole {
            None => whole = Some(report),
            Some(whole) => {
                if whole.tool.detectors_digest != report.tool.detectors_digest {
                    note(&format!(
                        "warning: {} was made with other detectors: what one lacks may not have been looked for",
                        path.display()
                    ));
                }
                whole.merge(report);
            }
        }
    }
    let mut whole = whole.context("no report")?;
    whole.settle();
    Ok((whole, is_whole))
}

fn read(path: &Path) -> Result<Report> {
    let bytes = Bytes::open(path, LARGEST).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes)
        .map_err(|e| anyhow!("{} is no JSON report of keysweep: {e}; make one with `keysweep scan -f json -o FILE`", path.display()))
}

fn from_store(store: &str) -> Result<Report> {
    serde_json::from_str(&super::sweep::last_report(store)?).map_err(|e| anyhow!("the report in the store cannot be read: {e}"))
}

fn joined(mut report: Report, is_whole: bool, args: &args::Report, config: &Config) -> Result<Report> {
    match (is_whole, args.inventory.is_empty()) {
        (false, false) => {
            bail!("a report does not carry what joining needs; scan with --inventory, or sweep with --shard, and merge what that gives")
        }
        // A report of one scan is as that scan joined it.
        (false, true) => {}
        (true, _) => {
            let beside = exports::key_beside(&args.inventory);
            let key = super::key::load(args.key.as_deref().or(config.key.as_deref()).or(beside.as_deref()))?;
            let register = exports::register(&args.inventory, &key, &config.exports)?;
            join(&mut report, register, &config.policy);
        }
    }
    Ok(report)
}
