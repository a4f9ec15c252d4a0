//! `keysweep baseline`: accepting what is there already.

use super::accepted::{self, Accepted};
use super::args::{self, BaselineScan};
use super::exit::Exit;
use super::output;
use super::scan;
use super::suppressions::Suppressions;
use crate::config::{Acceptance, BASELINE, Baseline, Config};
use crate::import::{ignores, meant};
use crate::model::{Finding, Report, shown};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Entries of other scanners that are named when nothing matches them.
const NAMED: usize = 20;

/// Runs a command.
pub(super) fn run(command: args::Baseline) -> Result<Exit> {
    match command {
        args::Baseline::Update { common, reason, owner, expires, import, confidence } => {
            let said = Acceptance::new(&reason, &owner, &expires, scan::clock()?()).map_err(anyhow::Error::msg)?;
            update(common, &said, &import, confidence)
        }
        args::Baseline::Prune { common, expired } => prune(common, expired),
    }
}

/// A baseline, where it is, and what a scan without it finds.
struct Work {
    file: PathBuf,
    baseline: Baseline,
    report: Report,
    quiet: bool,
}

impl Work {
    fn new(common: BaselineScan, confidence: Option<args::Level>) -> Result<Self> {
        let BaselineScan { targets, baseline, org, quiet } = common;
        let args = args::Scan { targets, org, confidence, quiet, history: Some("full".into()), ..args::Scan::default() };
        let (config, _) = scan::load_config(&args)?;
        let (file, baseline) = existing(baseline.as_deref(), &config, &scan::place(&args))?;
        let report = scan::perform(&args, &config, &Suppressions::new(&config, None, scan::clock()?()))?;
        Ok(Self { file, baseline, report, quiet })
    }

    fn write(&self) -> Result<()> {
        let text = self.baseline.text();
        // What the repository shares is for everybody who has it.
        output::shared_file(&self.file, text.as_bytes())
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            output::note(text);
        }
    }

    /// Names what was not read; the exit code says that there was some.
    fn ended(&self) -> Exit {
        let skipped = &self.report.scan.skipped;
        skipped.iter().take(NAMED).for_each(|s| output::note(&format!("not read: {}: {}", shown(&s.what), shown(&s.why))));
        if skipped.is_empty() { Exit::Clean } else { Exit::Incomplete }
    }
}

/// The baseline of a place with its file; where there is none, an empty one and where it will be.
fn existing(named: Option<&Path>, config: &Config, from: &Path) -> Result<(PathBuf, Baseline)> {
    match accepted::file(named, config, from) {
        Some(file) if std::fs::symlink_metadata(&file).is_ok() => match Accepted::load(Some(&file), config, from)? {
            Accepted::Baseline(file, baseline) => Ok((file, baseline)),
            Accepted::Nothing | Accepted::Known(_) => {
                bail!("{} is a report, not a baseline; name another file with --baseline", file.display())
            }
        },
        Some(file) => Ok((file, Baseline::default())),
        None if from.is_dir() => Ok((from.join(BASELINE), Baseline::default())),
        None => Ok((from.parent().unwrap_or(Path::new("")).join(BASELINE), Baseline::default())),
    }
}

fn update(common: BaselineScan, said: &Acceptance, import: &[PathBuf], confidence: Option<args::Level>) -> Result<Exit> {
    let imported = import.iter().map(|file| {
        let text = scan::read_text(file)?;
        ignores(&text).map_err(anyhow::Error::msg).with_context(|| file.display().to_string())
    });
    let imported = imported.collect::<Result<Vec<_>>>()?;
    // What another scanner was told to pass over may be less sure here.
    let mut work = Work::new(common, if import.is_empty() { confidence } else { confidence.or(Some(args::Level::Low)) })?;
    let mut chosen: BTreeMap<&str, &Finding> = BTreeMap::new();
    let mut unmatched = Vec::new();
    for entry in imported.iter().flatten() {
        let found = meant(entry, &work.report.findings);
        if found.is_empty() {
            unmatched.push(entry);
        }
        chosen.extend(found.into_iter().map(|f| (f.id.as_str(), f)));
    }
    if import.is_empty() {
        chosen.extend(work.report.findings.iter().map(|f| (f.id.as_str(), f)));
    }
    let mut baseline = std::mem::take(&mut work.baseline);
    let updated = baseline.accept(chosen.into_values(), said, scan::clock()?());
    work.baseline = baseline;
    work.write()?;
    for entry in unmatched.iter().take(NAMED) {
        work.note(&format!("not found here: {}", shown(&entry.told)));
    }
    if unmatched.len() > NAMED {
        work.note(&format!("and {} more that were not found here", unmatched.len() - NAMED));
    }
    let (file, all) = (work.file.display(), work.baseline.entries().len());
    work.note(&format!("{file}: {} added, {} renewed, {all} in all", updated.added, updated.renewed));
    Ok(work.ended())
}

fn prune(common: BaselineScan, expired: bool) -> Result<Exit> {
    let mut work = Work::new(common, Some(args::Level::Low))?;
    if !work.report.scan.skipped.is_empty() {
        output::note("nothing was dropped: what could not be read may hold what is accepted");
        return Ok(work.ended());
    }
    let now = scan::clock()?();
    let there: BTreeSet<String> = work.report.findings.iter().map(|f| f.id.clone()).collect();
    let dropped = work.baseline.prune(|entry| there.contains(&entry.id) && !(expired && entry.is_expired(now)));
    if !dropped.is_empty() {
        work.write()?;
    }
    for entry in &dropped {
        work.note(&format!("dropped {} ({}): {}", shown(&entry.redacted), shown(&entry.detector), shown(&entry.reason)));
    }
    work.note(&format!("{}: {} dropped, {} kept", work.file.display(), dropped.len(), work.baseline.entries().len()));
    Ok(Exit::Clean)
}
