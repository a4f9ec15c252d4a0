//! The user's configuration as the engine asks for it, with a count of what each allow was good for.

use crate::config::{Config, Subject, inline_allow};
use crate::engine::Counted;
use crate::model::{Suppression, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};

/// A configuration in use.
pub(super) struct Suppressions<'c> {
    config: &'c Config,
    now: Timestamp,
    used: Vec<AtomicU64>,
    /// Inline allows that give no reason.
    pub unreasoned: AtomicU64,
}

impl<'c> Suppressions<'c> {
    pub(super) fn new(config: &'c Config, now: Timestamp) -> Self {
        let used = config.allow.entries().iter().map(|_| AtomicU64::new(0)).collect();
        Self { config, now, used, unreasoned: AtomicU64::new(0) }
    }

    /// What is to be said of allows that have expired or were not used.
    pub(super) fn warnings(&self, file: &str) -> Vec<String> {
        let mut warnings: Vec<String> = Vec::new();
        for (allow, used) in self.config.allow.entries().iter().zip(&self.used) {
            let place = format!("{file}:{}: the allow \"{}\"", allow.line, allow.reason);
            if allow.is_expired(self.now) {
                warnings.push(format!("{place} has expired and is not honoured"));
            } else if used.load(Ordering::Relaxed) == 0 {
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
        let allow = inline_allow(line)?;
        if allow.reason.is_empty() {
            self.unreasoned.fetch_add(1, Ordering::Relaxed);
        }
        allow.honours(detector).then_some(Suppression { by: "inline", reason: allow.reason })
    }

    fn value(&self, detector: &str, id: &str, path: &str, value: &[u8]) -> Option<Suppression> {
        let found = self.config.allow.find(&Subject { detector, id, path, value }, self.now)?;
        self.used[found].fetch_add(1, Ordering::Relaxed);
        Some(Suppression { by: "allow", reason: self.config.allow.entries()[found].reason.clone() })
    }
}
