//! Progress on a terminal.

use crate::engine::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// A bar on standard error, shown only once the work takes noticeable time.
pub(super) struct Bar {
    bar: RwLock<ProgressBar>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { bar: RwLock::new(ProgressBar::hidden()) }
    }

    pub(super) fn clear(&self) {
        self.bar.read().unwrap_or_else(PoisonError::into_inner).finish_and_clear();
    }
}

impl Progress for Bar {
    fn begin(&self, stage: &str, total: u64) {
        let template = if total == 0 { "{spinner} {msg}" } else { "{msg} [{bar:30}] {human_pos}/{human_len} ({rate}, {eta} left)" };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let next = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        let rate = |state: &ProgressState, out: &mut dyn Write| _ = write!(out, "{:.0}/s", state.per_sec());
        let next = next
            .with_style(style.with_key("rate", rate).progress_chars("=> "))
            .with_message(stage.chars().filter(|c| !c.is_control()).collect::<String>());
        next.enable_steady_tick(Duration::from_millis(200));
        let mut bar = self.bar.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *bar, next).finish_and_clear();
    }

    fn advance(&self, steps: u64) {
        self.bar.read().unwrap_or_else(PoisonError::into_inner).inc(steps);
    }
}
