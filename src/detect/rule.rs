//! A detector in force: its plan, and what of it is compiled when a run first needs it.

use super::before::Before;
use super::except::Excepts;
use super::library::FIRST;
use super::pattern::Pattern;
use super::plan::Plan;
use crate::model::{Category, Detector};
use serde::Deserialize;
use std::sync::{Arc, OnceLock};

/// A detector in force.
#[derive(Deserialize)]
#[serde(from = "Stored")]
pub(super) struct Rule {
    pub detector: Arc<Detector>,
    /// What kind of service its provider is.
    pub category: Category,
    /// Its plan, without anchors: those are the sieve's.
    pub plan: Plan,
    pattern: OnceLock<Option<Pattern>>,
    before: OnceLock<Option<Before>>,
    group: OnceLock<usize>,
    paths: OnceLock<Option<Pattern>>,
    excepts: OnceLock<Excepts>,
}

/// A rule as the build script writes it.
#[derive(Deserialize)]
struct Stored(Detector, Category, Plan);

impl From<Stored> for Rule {
    fn from(Stored(detector, category, plan): Stored) -> Self {
        Self::new(Arc::new(detector), category, plan)
    }
}

impl Rule {
    pub(super) fn new(detector: Arc<Detector>, category: Category, plan: Plan) -> Self {
        let (pattern, before, group, paths, excepts) = Default::default();
        Self { detector, category, plan, pattern, before, group, paths, excepts }
    }

    /// The compiled pattern. Built-in patterns that do not compile fail `detectors test`, not a scan.
    pub(super) fn regex(&self) -> Option<&Pattern> {
        self.pattern.get_or_init(|| Pattern::new(&[&self.plan.pattern]).ok()).as_ref()
    }

    /// What must stand before an anchor, if that can be told by itself.
    pub(super) fn before(&self) -> Option<&Before> {
        let parts = usize::from(self.plan.before);
        self.before.get_or_init(|| (parts > 0).then(|| Before::new(&self.plan.pattern, parts)).flatten()).as_ref()
    }

    /// Whether it is for files at this path.
    pub(super) fn applies(&self, path: &str) -> bool {
        let wanted = &self.detector.paths;
        let regex = || self.paths.get_or_init(|| Pattern::new(&[wanted]).ok()).as_ref();
        wanted.is_empty() || regex().is_some_and(|r| r.is_match(path))
    }

    /// The compiled exceptions, if there are any.
    pub(super) fn excepts(&self) -> Option<&Excepts> {
        let except = &self.detector.except;
        (!except.is_empty()).then(|| self.excepts.get_or_init(|| Excepts::new(except).unwrap_or_default()))
    }

    /// The capture group that is the secret; `FIRST` for the first one that took part.
    pub(super) fn group(&self, regex: &Pattern) -> usize {
        *self.group.get_or_init(|| {
            let wanted = &self.detector.value;
            let first = (wanted == "first").then_some(FIRST);
            regex.group(wanted).or(first).or_else(|| wanted.parse().ok()).unwrap_or(usize::from(regex.groups() > 1))
        })
    }
}
