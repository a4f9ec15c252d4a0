//! What a report keeps beside the contract so that it can be merged with others and joined anew: everything but the secret values.

use super::{Category, Class, Detector, Finding, Key, Location, Origin, RecordKind, Report, Secret, Seen, Suppression, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stands in a value that is not known between what an inventory shows of its beginning and of its end.
const UNKNOWN: u8 = 0;

/// The fields of a report that its JSON leaves out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rest {
    /// Of each finding of the report, in its order.
    findings: Vec<FindingRest>,
    /// Findings that are suppressed in every place.
    suppressed: Vec<Finding>,
    /// Of each of those.
    suppressed_rest: Vec<FindingRest>,
    /// Identities that files declare or refer to.
    seen: Vec<Seen>,
    /// Repository, path and text of each CODEOWNERS file.
    codeowners: Vec<(String, String, String)>,
    /// Where repositories were cloned from, by their names in the report.
    origins: BTreeMap<String, Origin>,
}

/// The fields of a finding that the JSON report leaves out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct FindingRest {
    principal: Option<String>,
    scope: Option<String>,
    class: Class,
    record_kind: RecordKind,
    record_provider: String,
    expires: Option<Timestamp>,
    keys: Vec<Key>,
    suppression: Option<Suppression>,
    /// What an inventory shows of the value: how it begins and how it ends.
    begins: String,
    ends: String,
    titles: Vec<String>,
    places: Vec<PlaceRest>,
}

/// The fields of a location that the JSON report leaves out; the lines around it are not kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct PlaceRest {
    uri: String,
    utf16_columns: (u32, u32),
    suppression: Option<Suppression>,
}

/// Some characters that an inventory shows of a secret: provider, beginning and end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shown {
    /// Slug of the provider.
    pub provider: String,
    /// How the secret begins.
    pub prefix: String,
    /// How it ends.
    pub suffix: String,
}

impl Report {
    /// Fills [`Report::rest`]. Of values it keeps what `shown`, which is in the inventory anyway, says of them, and nothing else.
    pub fn keep(&mut self, shown: &[Shown]) {
        self.rest = Some(Box::new(Rest {
            findings: self.findings.iter().map(|f| FindingRest::of(f, shown)).collect(),
            suppressed_rest: self.suppressed.iter().map(|f| FindingRest::of(f, shown)).collect(),
            suppressed: self.suppressed.clone(),
            seen: self.seen.clone(),
            codeowners: self.codeowners.clone(),
            origins: self.origins.clone(),
        }));
    }

    /// Makes a report that was read back whole again, as far as it can be. `known` finds detectors by their ids.
    pub fn revive(&mut self, known: &dyn Fn(&str) -> Option<Arc<Detector>>, categories: &BTreeMap<String, Category>) {
        if let Some(rest) = self.rest.take() {
            self.findings.iter_mut().zip(rest.findings).for_each(|(f, r)| r.restore(f));
            self.suppressed = rest.suppressed;
            self.suppressed.iter_mut().zip(rest.suppressed_rest).for_each(|(f, r)| r.restore(f));
            self.seen = rest.seen;
            self.codeowners = rest.codeowners;
            self.origins = rest.origins;
        }
        let is_single = self.scan.stats.repos <= 1;
        let own = self.findings.iter_mut().chain(&mut self.suppressed).flat_map(|f| &mut f.locations);
        own.chain(self.seen.iter_mut().map(|s| &mut s.location)).for_each(|l| place(l, is_single));
        let mut used: Vec<&str> = self.findings.iter().chain(&self.suppressed).map(|f| f.detector.as_str()).collect();
        used.sort_unstable();
        used.dedup();
        self.detectors = used.into_iter().filter_map(known).collect();
        self.categories.clone_from(categories);
    }
}

/// Gives a location what can be told of its place where that was not kept.
fn place(location: &mut Location, is_single: bool) {
    if !location.uri.is_empty() {
        return;
    }
    let path = location.path.split('!').next().unwrap_or_default();
    location.uri = match &location.repo {
        Some(repo) if !is_single => format!("{repo}/{path}"),
        _ => path.to_owned(),
    };
    location.utf16_columns = (location.column, location.end_column);
}

impl FindingRest {
    fn of(finding: &Finding, shown: &[Shown]) -> Self {
        let value = finding.value.expose();
        let matching = shown.iter().filter(|s| {
            s.provider == finding.record_provider
                && value.starts_with(s.prefix.as_bytes())
                && value.trim_ascii_end().ends_with(s.suffix.as_bytes())
        });
        let longest = |get: fn(&Shown) -> &String| matching.clone().map(get).max_by_key(|t| t.len()).cloned().unwrap_or_default();
        Self {
            principal: finding.principal.clone(),
            scope: finding.scope.clone(),
            class: finding.class,
            record_kind: finding.record_kind,
            record_provider: finding.record_provider.clone(),
            expires: finding.expires,
            keys: finding.keys.clone(),
            suppression: finding.suppression.clone(),
            begins: longest(|s| &s.prefix),
            ends: longest(|s| &s.suffix),
            titles: finding.group.iter().flat_map(|g| &g.members).map(|m| m.title.clone()).collect(),
            places: finding.locations.iter().map(PlaceRest::of).collect(),
        }
    }

    fn restore(self, finding: &mut Finding) {
        finding.principal = self.principal;
        finding.scope = self.scope;
        finding.class = self.class;
        finding.record_kind = self.record_kind;
        finding.record_provider = self.record_provider;
        finding.expires = self.expires;
        finding.keys = self.keys;
        finding.suppression = self.suppression;
        if !self.begins.is_empty() || !self.ends.is_empty() {
            finding.value = Secret::new(&[self.begins.as_bytes(), &[UNKNOWN], self.ends.as_bytes()].concat());
        }
        finding.group.iter_mut().flat_map(|g| &mut g.members).zip(self.titles).for_each(|(m, title)| m.title = title);
        for (location, rest) in finding.locations.iter_mut().zip(self.places) {
            location.uri = rest.uri;
            location.utf16_columns = rest.utf16_columns;
            location.suppression = rest.suppression;
        }
    }
}

impl PlaceRest {
    fn of(location: &Location) -> Self {
        Self { uri: location.uri.clone(), utf16_columns: location.utf16_columns, suppression: location.suppression.clone() }
    }
}
