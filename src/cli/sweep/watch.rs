//! What is seen of a sweep while it goes on: a bar on a terminal, a line a repository where that is asked for.

use crate::cli::args::Log;
use crate::cli::output::note;
use crate::cli::progress::Bar;
use crate::engine::Progress as _;
use crate::model::shown;
use crate::store::{Done, Progress};
use crate::sweep;
use serde_json::json;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicI64, Ordering};

/// Who watches a sweep.
pub(super) struct Watch {
    log: Option<Log>,
    is_quiet: bool,
    bar: Option<Bar>,
    /// Repositories in all and done, as the bar has them.
    shown: (AtomicI64, AtomicI64),
}

impl Watch {
    pub(super) fn new(log: Option<Log>, is_quiet: bool) -> Self {
        let bar = (!is_quiet && log.is_none() && std::io::stderr().is_terminal()).then(Bar::new);
        Self { log, is_quiet, bar, shown: (AtomicI64::new(0), AtomicI64::new(0)) }
    }

    pub(super) fn clear(&self) {
        self.bar.iter().for_each(Bar::clear);
    }
}

impl sweep::Watch for Watch {
    fn done(&self, repository: &str, done: &Done) {
        let (outcome, why) = (done.outcome.as_str(), done.why.as_deref());
        match self.log {
            None => {}
            Some(Log::Text) => {
                let why = why.map(|w| format!(": {w}")).unwrap_or_default();
                note(&shown(&format!("{outcome:9}  {repository}  {} ms{why}", done.millis)));
            }
            Some(Log::Json) => note(
                &json!({"event": "repository", "repository": repository, "outcome": outcome, "why": why, "millis": done.millis, "bytes": done.bytes})
                    .to_string(),
            ),
        }
    }

    fn progress(&self, progress: &Progress) {
        let Some(bar) = &self.bar else { return };
        let (targets, done) = (progress.targets, progress.done());
        if self.shown.0.swap(targets, Ordering::Relaxed) != targets {
            bar.begin("repositories", u64::try_from(targets).unwrap_or(0));
            self.shown.1.store(0, Ordering::Relaxed);
        }
        let before = self.shown.1.swap(done, Ordering::Relaxed);
        bar.advance(u64::try_from(done - before).unwrap_or(0));
    }

    fn note(&self, text: &str) {
        match self.log {
            Some(Log::Json) => note(&json!({"event": "note", "says": text}).to_string()),
            _ if self.is_quiet => {}
            _ => note(&shown(&format!("note: {text}"))),
        }
    }
}
