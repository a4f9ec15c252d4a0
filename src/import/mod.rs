//! Rules of other scanners, read into detectors; what could not be carried is told, rule by rule.
//!
//! One module a format. Each reads a file into `rule::Rules`, which are the same for all; `carry` makes detectors of those, `yaml` writes
//! them. Nothing here plans or runs a pattern: whether a detector can be used is asked of the caller.

mod betterleaks;
mod carry;
mod dialect;
mod error;
mod expr;
mod filter;
mod gitleaks;
mod ignores;
mod kingfisher;
mod report;
mod rule;
mod yaml;

pub use error::ImportError;
pub use ignores::{Ignored, ignores, meant};
pub use report::{Affected, Report};
pub use yaml::MARK;

use crate::model::{Detector, Provider};
use error::Document;
use rule::Rules;
use std::collections::{BTreeSet, HashMap};

/// A format of rule files.
trait Format: Sync {
    /// Slug that providers of imported files begin with.
    fn id(&self) -> &'static str;
    /// Name and version, as the report calls it.
    fn title(&self) -> &'static str;
    /// Whether a text is meant to be of this format, sound or not.
    fn recognises(&self, text: &str) -> bool;
    /// Reads the rules.
    fn read(&self, document: &Document) -> Result<Rules, ImportError>;
}

/// All formats, the more particular first.
const FORMATS: &[&dyn Format] = &[&kingfisher::Kingfisher, &betterleaks::Betterleaks, &gitleaks::Gitleaks];

/// Most rules of one file.
const MOST_RULES: usize = 10_000;

/// A file to import.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file as messages call it.
    pub file: String,
    /// The file's name without folder and extension.
    pub stem: String,
    /// Its text.
    pub text: String,
}

/// What became of one file.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its rules as detectors.
    pub provider: Provider,
    /// What was carried, and what was not.
    pub report: Report,
    /// The detector file: `PROVIDER.yml`.
    pub yaml: String,
}

/// Imports files together, so that their rules may refer to one another. `check` says why a detector cannot be used, if it cannot.
///
/// # Errors
/// Of each file by itself: when it is of no known format, has a key that is not known, or would be written where another is.
pub fn import(sources: &[Source], check: &dyn Fn(&Detector) -> Result<(), String>) -> Vec<Result<Imported, ImportError>> {
    let mut slugs = BTreeSet::new();
    let read: Vec<Result<carry::Carried, ImportError>> = sources
        .iter()
        .map(|source| {
            let document = Document::new(&source.file, &source.text);
            let format = recognise(&document)?;
            let slug = rule::provider_slug(format.id(), &source.stem);
            let rules = format.read(&document)?;
            if rules.rules.len() > MOST_RULES {
                return Err(document.nowhere(format!("it has more than {MOST_RULES} rules"), "split it"));
            }
            if !slugs.insert(slug.clone()) {
                let what = format!("another of the files is written to {slug}.yml already");
                return Err(document.nowhere(what, "rename one of them, or import it by itself into another folder"));
            }
            Ok(carry::carry(rules, format, &slug, &source.file, check))
        })
        .collect();
    // A rule of the same file comes first, then one of any other.
    let everywhere: HashMap<String, String> = read.iter().flatten().flat_map(|c| c.ids.clone()).collect();
    read.into_iter()
        .map(|carried| {
            let (provider, report) = carried?.connect(&everywhere);
            let yaml = yaml::write(&provider, &report);
            Ok(Imported { provider, report, yaml })
        })
        .collect()
}

/// The format of a file, by its content.
fn recognise(document: &Document<'_>) -> Result<&'static dyn Format, ImportError> {
    let found = FORMATS.iter().find(|f| f.recognises(document.text)).copied();
    found.ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().map(|f| f.title()).collect();
        let own = document.text.lines().any(|l| l.starts_with("provider:"));
        if own {
            document.nowhere("it is a detector file already", "name it under `detectors` in keysweep.toml as it is")
        } else {
            document.nowhere("it is of no format that can be imported", format!("files of {} are", names.join(", ")))
        }
    })
}

#[cfg(test)]
mod tests;
