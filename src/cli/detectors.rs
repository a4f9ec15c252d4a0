//! `keysweep detectors`.

use super::args;
use super::exit::Exit;
use super::import;
use super::output::line;
use super::scan::read_detectors;
use crate::detect::{Fault, Library, builtin_with_examples, test_examples};
use crate::model::{Detector, Provider};
use anyhow::{Result, bail};
use std::path::PathBuf;

/// Runs a command on detectors.
pub(super) fn run(command: args::Detectors) -> Result<Exit> {
    match command {
        args::Detectors::List { providers } => list(&providers),
        args::Detectors::Show { id } => show(&id),
        args::Detectors::Test { files } => test(&files),
        args::Detectors::Import { files, output } => import::run(&files, output.as_deref()),
    }
}

fn list(only: &[String]) -> Result<Exit> {
    let library = Library::builtin();
    let wanted = |d: &&std::sync::Arc<Detector>| only.is_empty() || only.contains(&d.provider);
    let detectors: Vec<_> = library.detectors().filter(wanted).collect();
    if detectors.is_empty() {
        bail!("no detector of {}", only.join(", "));
    }
    let width = detectors.iter().map(|d| d.id.len()).max().unwrap_or(0);
    for d in &detectors {
        line(&format!("{:width$}  {:6}  {:17}  {}", d.id, d.confidence.as_str(), d.kind.as_str(), d.title))?;
    }
    let providers: std::collections::BTreeSet<&str> = detectors.iter().map(|d| d.provider.as_str()).collect();
    line(&format!("{} detectors of {} providers", detectors.len(), providers.len()))?;
    Ok(Exit::Clean)
}

/// Shows a detector, or all of a provider.
pub(super) fn show(id: &str) -> Result<Exit> {
    let all = builtin_with_examples();
    let mut shown = 0;
    for provider in &all {
        for detector in provider.detectors.iter().filter(|d| d.id == id || provider.provider == id) {
            shown += 1;
            describe(provider, detector)?;
        }
    }
    if shown == 0 {
        bail!("there is no detector or provider `{id}`; `keysweep detectors list` names them all");
    }
    Ok(Exit::Clean)
}

fn describe(provider: &Provider, d: &Detector) -> Result<()> {
    let field = |name: &str, value: &str| if value.is_empty() { Ok(()) } else { line(&format!("  {name:12} {value}")) };
    line(&format!("{}: {}", d.id, d.title))?;
    field("provider", &format!("{} ({})", provider.title, provider.category.as_str()))?;
    field("kind", d.kind.as_str())?;
    field("confidence", d.confidence.as_str())?;
    field("name", &d.name)?;
    field("pattern", d.pattern.trim())?;
    field("checksum", &d.guards.checksum)?;
    field("class", d.identity.class.as_str())?;
    field("replace with", &d.lifecycle.replace_with)?;
    field("remediation", &d.remediation)?;
    d.references.iter().try_for_each(|r| field("reference", r))?;
    for (name, texts) in [("example", &d.examples), ("near miss", &d.near_misses), ("placeholder", &d.placeholders)] {
        texts.iter().try_for_each(|t| field(name, t.trim()))?;
    }
    line("")
}

fn test(files: &[PathBuf]) -> Result<Exit> {
    let (providers, library) = if files.is_empty() {
        (builtin_with_examples(), Library::builtin())
    } else {
        let mut own = Vec::new();
        for file in files {
            own.extend(read_detectors(file)?);
        }
        (own.clone(), Library::with(own, &[])?)
    };
    let faults: Vec<Fault> = test_examples(&providers, &library);
    for fault in &faults {
        line(&format!("{}: {}", fault.detector, fault.what))?;
    }
    let detectors: usize = providers.iter().map(|p| p.detectors.len()).sum();
    line(&format!("{detectors} detectors tested, {} fault(s)", faults.len()))?;
    Ok(if faults.is_empty() { Exit::Clean } else { Exit::Found })
}
