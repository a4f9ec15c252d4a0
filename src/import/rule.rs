//! Rules as they were read, in one form for all formats.

use crate::model::{Confidence, Except, Guards, Part};
use std::collections::BTreeMap;

/// Lines either side that stand for anywhere in the file.
pub(super) const ANYWHERE: u32 = 1_000_000;

/// The rules of one file.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub rules: Vec<Rule>,
    /// Exceptions of all of them.
    pub except: Vec<Except>,
    /// Whether it builds on rules of another file.
    pub extends: bool,
    /// What else is to be told of the file.
    pub notes: Vec<String>,
    /// What was left out without changing what is found, and of how many rules.
    pub left_out: BTreeMap<&'static str, u32>,
}

impl Rules {
    /// Notes that something of a rule is left out without changing what is found.
    pub fn leave_out(&mut self, what: &'static str) {
        *self.left_out.entry(what).or_default() += 1;
    }
}

/// One rule.
#[derive(Debug, Default)]
pub(super) struct Rule {
    pub id: String,
    /// Line of the file, from 1.
    pub line: u32,
    pub title: String,
    /// Expression, in this program's dialect; empty when the rule has none.
    pub pattern: String,
    /// The capture group that is the secret; empty for the first that took part in the match.
    pub group: String,
    pub keywords: Vec<String>,
    pub path: String,
    /// Whether a match is no finding of its own.
    pub part: bool,
    pub confidence: Confidence,
    pub guards: Guards,
    pub except: Vec<Except>,
    /// Companions, by the ids of their rules.
    pub parts: Vec<Part>,
    pub references: Vec<String>,
    /// What of the rule cannot be carried, though it changes what is found.
    pub losses: Vec<String>,
}

impl Rule {
    /// Notes a loss, once.
    pub fn lose(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.losses.contains(&what) {
            self.losses.push(what);
        }
    }
}

/// Lower case, digits, single hyphens.
pub(super) fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The slug of a file's provider: it begins with the format, so that no id is ever one of the built-in detectors'.
pub(super) fn provider_slug(format: &str, stem: &str) -> String {
    let stem = slug(stem);
    if stem.is_empty() || stem == format {
        format.to_owned()
    } else if stem.starts_with(&format!("{format}-")) {
        stem
    } else {
        format!("{format}-{stem}")
    }
}

/// The id of a rule's detector.
pub(super) fn detector_id(format: &str, provider: &str, id: &str) -> String {
    let id = slug(id);
    if id.starts_with(&format!("{provider}-")) {
        return id;
    }
    let rest = id.strip_prefix(&format!("{format}-")).unwrap_or(&id);
    format!("{provider}-{}", if rest.is_empty() { "rule" } else { rest })
}

/// What a person calls the credential: the description if it is short enough, else the words of the id.
pub(super) fn title(description: &str, id: &str) -> String {
    const LONGEST: usize = 60;
    let description = description.trim().trim_end_matches('.');
    if !description.is_empty() && description.chars().count() <= LONGEST {
        return description.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    slug(id).replace('-', " ")
}
