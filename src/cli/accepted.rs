//! What a scan is compared with: a baseline, whose credentials are accepted, or a former report, whose credentials are known.

use crate::config::{self, BASELINE, Baseline, Config, Entry};
use crate::model::{Report, Timestamp};
use crate::review::Former;
use crate::source::Bytes;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most bytes of a baseline or a report.
const MOST: u64 = 1 << 30;
/// Entries that a warning names.
const NAMED: usize = 5;

/// What there is to compare with.
pub(super) enum Accepted {
    /// Nothing.
    Nothing,
    /// A baseline, and its file.
    Baseline(PathBuf, Baseline),
    /// Ids of the findings of a former report.
    Known(BTreeSet<String>),
}

/// The baseline of a place: what was named, else what the configuration names, else one found upward.
pub(super) fn file(named: Option<&Path>, config: &Config, from: &Path) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(|| config.baseline.clone()).or_else(|| config::find_baseline(from))
}

impl Accepted {
    /// Reads what a scan from a place is compared with.
    pub(super) fn load(named: Option<&Path>, config: &Config, from: &Path) -> Result<Self> {
        let Some(file) = file(named, config, from) else { return Ok(Self::Nothing) };
        let help = || format!("cannot read {}; `keysweep baseline update` makes a baseline", file.display());
        let bytes = Bytes::open(&file, MOST).with_context(help)?;
        let text = std::str::from_utf8(&bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
        if Baseline::recognises(text) || file.file_name().is_some_and(|n| n == BASELINE) {
            let baseline = Baseline::parse(text).with_context(|| file.display().to_string())?;
            return Ok(Self::Baseline(file, baseline));
        }
        match Former::parse(&bytes) {
            Ok(former) => Ok(Self::Known(former.findings.into_iter().map(|f| f.id).collect())),
            Err(why) => bail!("{} is neither a baseline nor a JSON report: {why}", file.display()),
        }
    }

    /// The baseline, if it is one.
    pub(super) fn baseline(&self) -> Option<&Baseline> {
        if let Self::Baseline(_, baseline) = self { Some(baseline) } else { None }
    }

    /// Marks what the former report has too.
    pub(super) fn compare(&self, report: &mut Report) {
        if let Self::Known(ids) = self {
            report.findings.iter_mut().for_each(|f| f.known = Some(ids.contains(&f.id)));
        }
    }

    /// Whether a target is the folder that the baseline is of.
    pub(super) fn is_beside(&self, targets: &[PathBuf]) -> bool {
        let Self::Baseline(file, _) = self else { return false };
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let folder = file.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }).and_then(real);
        folder.is_some() && targets.iter().any(|t| real(t) == folder)
    }

    /// What is to be said of entries that have expired, and of those that were good for nothing.
    pub(super) fn warnings(&self, unused: Option<Vec<&Entry>>, now: Timestamp) -> Vec<String> {
        let Self::Baseline(file, baseline) = self else { return Vec::new() };
        let expired: Vec<&Entry> = baseline.entries().filter(|e| e.is_expired(now)).collect();
        let unused: Vec<&Entry> = unused.unwrap_or_default().into_iter().filter(|e| !e.is_expired(now)).collect();
        let told = |entries: &[&Entry], what: &str, help: &str| {
            let named: Vec<String> = entries.iter().take(NAMED).map(|e| format!("{} ({}, {})", e.redacted, e.detector, e.owner)).collect();
            let more = if entries.len() > NAMED { format!(" and {} more", entries.len() - NAMED) } else { String::new() };
            let named = crate::model::shown(&named.join(", ")).into_owned();
            format!("{}: {} baseline entries {what}: {named}{more}; {help}", file.display(), entries.len())
        };
        let mut warnings = Vec::new();
        if !expired.is_empty() {
            warnings.push(told(
                &expired,
                "have expired and are not honoured",
                "`keysweep baseline update` accepts anew what is still there",
            ));
        }
        if !unused.is_empty() {
            warnings.push(told(&unused, "accepted nothing", "`keysweep baseline prune` drops them"));
        }
        warnings
    }
}
