//! Metrics of sweeps in the text form of Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use crate::model::{Timestamp, TrendPoint};
use crate::store::Progress;
use std::fmt::Write;

/// Number of a sweep, when it began, and when it ended, if it did.
pub(super) type Times = (i64, Timestamp, Option<Timestamp>);

/// Progress of the last sweep, and the counts of the last one that was finished.
pub(super) fn text((sweep, started, finished): Times, progress: &Progress, trend: &[TrendPoint]) -> String {
    let mut out = String::new();
    let mut family = |name: &str, help: &str, samples: &[(String, i64)]| {
        _ = writeln!(out, "# HELP keysweep_{name} {help}\n# TYPE keysweep_{name} gauge");
        for (labels, value) in samples {
            _ = writeln!(out, "keysweep_{name}{labels} {value}");
        }
    };
    let plain = |value: i64| [(String::new(), value)];
    family("sweep_number", "Number of the last sweep.", &plain(sweep));
    family("sweep_started_seconds", "When the last sweep began, in seconds since 1970.", &plain(started.seconds));
    let finished = finished.map_or(0, |t| t.seconds);
    family("sweep_finished_seconds", "When the last sweep was finished, in seconds since 1970; 0 while it goes on.", &plain(finished));
    let states = [
        ("waiting", progress.waiting),
        ("running", progress.running),
        ("scanned", progress.scanned),
        ("unchanged", progress.unchanged),
        ("failed", progress.failed),
        ("poison", progress.poison),
    ];
    let states: Vec<(String, i64)> = states.iter().map(|(state, n)| (format!("{{state=\"{state}\"}}"), *n)).collect();
    family("sweep_repositories", "Repositories of the last sweep by state.", &states);
    family("sweep_inspected_bytes", "Bytes that the last sweep inspected.", &plain(progress.bytes));
    family("sweep_work_milliseconds", "Time of work on repositories in the last sweep.", &plain(progress.millis));
    let last = trend.last().map(|p| &p.counts);
    let count = |value: &u64| i64::try_from(*value).unwrap_or(i64::MAX);
    let counts: Vec<(String, i64)> = last.into_iter().flatten().map(|(m, n)| (format!("{{measure=\"{m}\"}}"), count(n))).collect();
    family("found", "What the last finished sweep found: findings, identities, and identities by verdict.", &counts);
    out
}
