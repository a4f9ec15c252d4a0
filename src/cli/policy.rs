//! `keysweep policy`: runs the user's examples against the user's policy.

use super::args;
use super::exit::Exit;
use super::output::line;
use super::scan::clock;
use crate::config::{Config, Origin, find_upward};
use crate::detect::Library;
use crate::model::Judged;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Runs a command on the policy.
pub(super) fn run(command: args::Policy) -> Result<Exit> {
    match command {
        args::Policy::Test { file } => test(file),
    }
}

fn test(file: Option<PathBuf>) -> Result<Exit> {
    let (file, origin) = match file {
        Some(file) => (file, Origin::Named),
        None => {
            let found = std::path::absolute(Path::new(".")).ok().and_then(|here| find_upward(&here));
            (found.context("no keysweep.toml here or above; name the file")?, Origin::Found)
        }
    };
    let config = Config::load(&file, origin)?;
    if config.policy_tests.is_empty() {
        bail!("{} has no [[policy.test]]; docs/policy.md shows one", file.display());
    }
    let (categories, now) = (Library::builtin().providers(), clock()?());
    let mut faults = 0;
    for example in &config.policy_tests {
        let example = example.with_category(categories.get(example.provider()).copied());
        let judged = example.judge(&config.policy, now);
        let got = names(&judged);
        if got != example.expect {
            faults += 1;
            let place = format!("{}:{}", file.display(), example.line);
            line(&format!("{place}: {}: expected {}, got {}", example.name, listed(&example.expect), listed(&got)))?;
            for (name, number) in &judged.excepted {
                let exception = &config.policy.exceptions[*number];
                line(&format!("  {name} is let pass by the exception on line {}: {}", exception.line, exception.reason))?;
            }
        }
    }
    line(&format!("{} example(s) of the policy tested, {faults} fault(s)", config.policy_tests.len()))?;
    for exception in config.policy.exceptions.iter().filter(|e| e.is_expired(now)) {
        line(&format!("{}:{}: the exception \"{}\" has expired", file.display(), exception.line, exception.reason))?;
    }
    Ok(if faults == 0 { Exit::Clean } else { Exit::Found })
}

/// Names of flags and violations, sorted.
fn names(judged: &Judged) -> Vec<String> {
    let flags = judged.flags.iter().map(|f| f.as_str());
    let mut names: Vec<String> = flags.chain(judged.violations.iter().map(|v| v.as_str())).map(str::to_owned).collect();
    names.sort_unstable();
    names
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
