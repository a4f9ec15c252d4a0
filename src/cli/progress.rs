//! Progress on a terminal.

use crate::engine::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::time::Duration;

/// A bar on standard error, shown only once the work takes noticeable time.
pub(super) struct Bar {
    bar: Mutex<ProgressBar>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { bar: Mutex::new(ProgressBar::hidden()) }
    }

    pub(super) fn clear(&self) {
        self.lock().finish_and_clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ProgressBar> {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Progress for Bar {
    fn begin(&self, stage: &str, total: u64) {
        let template = if total == 0 { "{spinner} {msg}" } else { "{msg} [{bar:30}] {human_pos}/{human_len} ({per_sec}, {eta} left)" };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let next = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        let next = next.with_style(style.progress_chars("=> ")).with_message(stage.chars().filter(|c| !c.is_control()).collect::<String>());
        next.enable_steady_tick(Duration::from_millis(200));
        std::mem::replace(&mut *self.lock(), next).finish_and_clear();
    }

    fn advance(&self, steps: u64) {
        // A tick now and then is enough; contention for the bar is not worth more.
        if let Ok(bar) = self.bar.try_lock() {
            bar.inc(steps);
        }
    }
}
