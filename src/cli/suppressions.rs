//! The user's configuration as the engine asks for it, with a count of what each allow was good for.

use crate::config::{Baseline, Config, Entry, Subject, foreign_allow, inline_allow};
use crate::engine::Counted;
use crate::model::{Suppression, Timestamp};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A configuration in use.
pub(super) struct Suppressions<'c> {
    config: &'c Config,
    baseline: Option<&'c Baseline>,
    /// Ids of baseline entries that were good for something.
    met: Mutex<BTreeSet<String>>,
    now: Timestamp,
    used: Vec<AtomicU64>,
    /// Inline allows that give no reason.
    pub unreasoned: AtomicU64,
}

impl<'c> Suppressions<'c> {
    pub(super) fn new(config: &'c Config, baseline: Option<&'c Baseline>, now: Timestamp) -> Self {
        let used = config.allow.entries().iter().map(|_| AtomicU64::new(0)).collect();
        Self { config, baseline, met: Mutex::default(), now, used, unreasoned: AtomicU64::new(0) }
    }

    /// Entries of the baseline whose credential was not found, or is allowed by other means; `None` without a baseline.
    pub(super) fn unused(&self) -> Option<Vec<&'c Entry>> {
        let met = self.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Some(self.baseline?.entries().filter(|e| !met.contains(&e.id)).collect())
    }

    /// What is to be said of allows that have expired or, if the scan was of all there is, were not used.
    pub(super) fn warnings(&self, file: &str, is_whole: bool) -> Vec<String> {
        let mut warnings: Vec<String> = Vec::new();
        for (allow, used) in self.config.allow.entries().iter().zip(&self.used) {
            let place = format!("{file}:{}: the allow \"{}\"", allow.line, allow.reason);
            if allow.is_expired(self.now) {
                warnings.push(format!("{place} has expired and is not honoured"));
            } else if is_whole && used.load(Ordering::Relaxed) == 0 {
                warnings.push(format!("{place} allowed nothing"));
            }
        }
        let bare = self.unreasoned.load(Ordering::Relaxed);
        if bare > 0 {
            warnings.push(format!("{bare} `keysweep:allow` comment(s) give no reason and are not honoured"));
        }
        warnings
    }
}

impl Counted for Suppressions<'_> {
    fn excluded(&self, path: &str) -> bool {
        self.config.exclude.matches_file(path)
    }

    fn line(&self, line: &str, detector: &str) -> Option<Suppression> {
        let Some(allow) = inline_allow(line) else {
            let mark = foreign_allow(line, &self.config.honour)?;
            return Some(Suppression { by: "inline".into(), reason: format!("`{mark}`, which the configuration honours") });
        };
        if allow.reason.is_empty() {
            self.unreasoned.fetch_add(1, Ordering::Relaxed);
        }
        allow.honours(detector).then_some(Suppression { by: "inline".into(), reason: allow.reason })
    }

    fn value(&self, detector: &str, id: &str, path: &str, value: &[u8]) -> Option<Suppression> {
        if let Some(found) = self.config.allow.find(&Subject { detector, id, path, value }, self.now) {
            self.used[found].fetch_add(1, Ordering::Relaxed);
            return Some(Suppression { by: "allow".into(), reason: self.config.allow.entries()[found].reason.clone() });
        }
        let entry = self.baseline?.get(id)?;
        self.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(id.to_owned());
        (!entry.is_expired(self.now)).then(|| Suppression { by: "baseline".into(), reason: entry.reason.clone() })
    }
}
