//! Sweeps: repositories fetched into mirrors, scanned night after night, by workers that may die.

mod alerts;
mod forges;
mod killed;
mod nights;
mod postgres;
mod server;
mod shards;
mod troubles;

use crate::support::{Ground, Run, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// When tests sweep.
const NOW: &str = "2026-09-01T00:00:00Z";
/// Longest time of one sweep.
const LIMIT: Duration = Duration::from_secs(120);

/// A sweep of a test: its options, a store and a cache.
#[derive(Clone)]
struct Sweep<'g> {
    ground: &'g Ground,
    /// Name of the store's file and of the cache's folder; or an address.
    store: String,
    cache: String,
    options: Vec<String>,
}

impl<'g> Sweep<'g> {
    /// A sweep of all repositories in a folder, fetched over `file://`.
    fn of(ground: &'g Ground, name: &str, folder: &str) -> Self {
        let mut urls: Vec<String> = fs::read_dir(ground.at(folder))
            .expect("a folder of repositories")
            .map(|e| format!("file://{}\n", e.expect("an entry").path().display()))
            .collect();
        urls.sort();
        ground.write(format!("{name}.txt"), urls.concat());
        Self::with(ground, name, &["--repos", &format!("{name}.txt")])
    }

    fn with(ground: &'g Ground, name: &str, options: &[&str]) -> Self {
        let options = options.iter().map(|o| (*o).to_owned()).collect();
        Self { ground, store: format!("{name}.db"), cache: format!("{name}-cache"), options }
    }

    fn and(&self, options: &[&str]) -> Self {
        let mut sweep = self.clone();
        sweep.options.extend(options.iter().map(|o| (*o).to_owned()));
        sweep
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = self.ground.command();
        command.arg(verb).args(["--store", &self.store, "--cache", &self.cache, "--heartbeat", "1"]).args(&self.options);
        command
    }

    /// One night; the report of all, and how it ended.
    fn night(&self) -> Night {
        self.night_with(&[], &[])
    }

    fn night_with(&self, options: &[&str], env: &[(&str, &str)]) -> Night {
        let mut command = self.command("sweep");
        command.args(["--log", "json", "-f", "json", "-o", "night.json", "--changes", "changes.jsonl"]).args(options);
        command.env("KEYSWEEP_NOW", NOW).envs(env.iter().copied());
        let file = self.ground.at("night.json");
        drop(fs::remove_file(&file));
        let run = run(command, &[], LIMIT);
        let read = |file: &Path| {
            fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}; exit {:?}\n{}", file.display(), run.code, run.stderr))
        };
        let report = serde_json::from_str(&read(&file)).expect("a JSON report");
        let changes = read(&self.ground.at("changes.jsonl")).lines().map(|l| serde_json::from_str(l).expect("a change")).collect();
        Night { run, report, changes }
    }

    fn status(&self) -> Value {
        let mut command = self.ground.command();
        command.args(["sweep", "status", "--json", "--store", &self.store]);
        let run = run(command, &[], LIMIT);
        serde_json::from_str(&run.text()).unwrap_or_else(|e| panic!("{e}: {}{}", run.text(), run.stderr))
    }
}

/// What came of a night.
struct Night {
    run: Run,
    report: Value,
    changes: Vec<Value>,
}

impl Night {
    /// Fingerprints of the findings, sorted.
    fn found(&self) -> Vec<String> {
        let mut all: Vec<String> = self.report["findings"].as_array().expect("findings").iter().map(|f| f["id"].to_string()).collect();
        all.sort();
        all
    }

    /// How many repositories ended so.
    fn outcomes(&self, outcome: &str) -> usize {
        let events = self.run.stderr.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
        events.filter(|e| e["event"] == "repository" && e["outcome"] == outcome).count()
    }

    /// The kinds of change, with how many there are.
    fn kinds(&self) -> Vec<(String, usize)> {
        let mut kinds: Vec<String> = self.changes.iter().map(|c| c["change"].as_str().expect("a kind").to_owned()).collect();
        kinds.sort();
        kinds.chunk_by(|a, b| a == b).map(|same| (same[0].clone(), same.len())).collect()
    }

    /// The report without what tells how much was read to make it.
    fn said(&self) -> Value {
        let mut report = self.report.clone();
        report["scan"]["stats"] = Value::Null;
        report["trend"] = Value::Null;
        report
    }
}

/// A line with a credential that is found by its form.
fn leak(number: u64) -> String {
    format!("token = \"{}\"\n", crate::support::github(number))
}
