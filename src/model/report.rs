//! The report: everything a scan learned, in the shape of the JSON contract.

use super::{Category, Detector, Exposure, Finding, Manifest, RecordKind, Rest, Seen, SourceClass, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything a scan learned. Field order is the order of the JSON report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Version of this shape.
    #[serde(deserialize_with = "version")]
    pub schema_version: Cow<'static, str>,
    /// What made the report.
    pub tool: Tool,
    /// What was scanned.
    pub scan: Scan,
    /// What was found, sorted by provider, detector and id.
    pub findings: Vec<Finding>,
    /// Whose it is.
    pub identities: Vec<Exposure>,
    /// What the inventory says.
    pub inventory: Inventory,
    /// What the inventory can say.
    pub coverage: Vec<Covered>,
    /// Counts of the sweeps so far, oldest first; only in reports of sweeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trend: Vec<TrendPoint>,
    /// What merging and joining anew need beside it; only of reports that are made for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Box<Rest>>,
    /// The detectors that found something, for rule texts.
    #[serde(skip)]
    pub detectors: Vec<Arc<Detector>>,
    /// What kind of service each provider is that detectors know, by its slug.
    #[serde(skip)]
    pub categories: BTreeMap<String, Category>,
    /// Findings that are suppressed in every place.
    #[serde(skip)]
    pub suppressed: Vec<Finding>,
    /// Identities that files declare or refer to, before they are joined.
    #[serde(skip)]
    pub seen: Vec<Seen>,
    /// Repository, path and text of each CODEOWNERS file.
    #[serde(skip)]
    pub codeowners: Vec<(String, String, String)>,
    /// Where repositories were cloned from, by their names in the report.
    #[serde(skip)]
    pub origins: BTreeMap<String, Origin>,
}

/// The counts of one sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendPoint {
    /// Number of the sweep.
    pub sweep: i64,
    /// When it began.
    pub started: Timestamp,
    /// How many there were: `findings`, `in-head`, `identities`, and identities by the names of their verdicts.
    pub counts: BTreeMap<String, u64>,
}

impl Report {
    /// A report of nothing, made now by this program, with detectors of this digest.
    pub fn empty(detectors_digest: String, now: Timestamp) -> Self {
        Self {
            schema_version: "1".into(),
            tool: Tool { name: "keysweep".into(), version: env!("CARGO_PKG_VERSION").into(), detectors_digest },
            scan: Scan {
                started: now,
                finished: now,
                targets: Vec::new(),
                stats: Stats::default(),
                skipped: Vec::new(),
                unstructured: Vec::new(),
            },
            findings: Vec::new(),
            identities: Vec::new(),
            inventory: Inventory::default(),
            coverage: Vec::new(),
            trend: Vec::new(),
            rest: None,
            detectors: Vec::new(),
            categories: BTreeMap::new(),
            suppressed: Vec::new(),
            seen: Vec::new(),
            codeowners: Vec::new(),
            origins: BTreeMap::new(),
        }
    }

    /// What is counted of each sweep.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::from([
            ("findings".to_owned(), self.findings.len() as u64),
            ("in-head".to_owned(), self.findings.iter().filter(|f| f.in_head).count() as u64),
            ("identities".to_owned(), self.identities.len() as u64),
        ]);
        for identity in &self.identities {
            *counts.entry(identity.verdict.as_str().to_owned()).or_default() += 1;
        }
        counts
    }
}

/// The version that this program reads; reports of another are refused rather than half understood.
fn version<'de, D: Deserializer<'de>>(d: D) -> Result<Cow<'static, str>, D::Error> {
    match &*Cow::<str>::deserialize(d)? {
        "1" => Ok("1".into()),
        other => Err(D::Error::custom(format!("schema version `{other}` is not read by this keysweep"))),
    }
}

/// Where a repository was cloned from, as its configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Host of the forge.
    pub host: String,
    /// `OWNER/NAME` there.
    pub path: String,
    /// The branch that is checked out.
    pub branch: Option<String>,
}

impl Origin {
    /// The origin of a clone by its address: `https://HOST/OWNER/NAME.git`, `git@HOST:OWNER/NAME`. A user or token in it is dropped.
    pub fn parse(address: &str, branch: Option<String>) -> Option<Self> {
        let rest = match address.split_once("://") {
            Some(("file", _)) => return None,
            Some((_, rest)) => rest.to_owned(),
            None => address.replacen(':', "/", 1),
        };
        let (authority, path) = rest.split_once('/')?;
        let host = authority.rsplit('@').next()?.split(':').next()?;
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let is_sound = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c));
        let is_forge = host.contains('.') && path.contains('/') && is_sound(host) && is_sound(path);
        is_forge.then(|| Self { host: host.to_ascii_lowercase(), path: path.to_owned(), branch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_told_without_what_opens_them() {
        let told = |address: &str| Origin::parse(address, None).map(|o| format!("{} {}", o.host, o.path));
        for address in [
            "https://github.com/acme/shop.git",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com:22/acme/shop",
            "https://x:pass@GitHub.com/acme/shop/",
        ] {
            assert_eq!(told(address).as_deref(), Some("github.com acme/shop"), "{address}");
        }
        for address in ["/srv/git/shop.git", "file:///srv/git/shop", "../shop", "https://github.com/$(x)/y", ""] {
            assert_eq!(told(address), None, "{address}");
        }
    }
}

/// A record that nothing in code refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ghost {
    /// The source's id of it.
    pub id: Box<str>,
    /// What people call it.
    pub name: Option<Box<str>>,
    /// The export it is in.
    pub source: Arc<str>,
    /// What the source is.
    pub class: SourceClass,
    /// Slug of the provider.
    pub provider: Arc<str>,
    /// Kind.
    pub kind: RecordKind,
    /// Account, organisation, tenant.
    pub scope: Option<Arc<str>>,
    /// Who answers for it.
    pub owner: Option<Box<str>>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// Other ids of the same identity.
    pub aliases: Vec<Box<str>>,
}

/// How much of what was found the inventory can speak of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Slug of the provider.
    pub provider: String,
    /// Kind.
    pub kind: RecordKind,
    /// Account, organisation, tenant; null where it is not known.
    pub scope: Option<String>,
    /// Identities found.
    pub found: u64,
    /// Of those, governed or resolved ones.
    pub governed: u64,
    /// Of those, ones that no source can speak of.
    pub unknown: u64,
    /// Exports that cover it, by class.
    pub sources: Vec<String>,
    /// What to export to know more; null where it is covered.
    pub missing: Option<String>,
}

/// What the inventory says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// Coverage manifests of the exports read.
    pub sources: Vec<Manifest>,
    /// Records nothing refers to.
    pub ghosts: Vec<Ghost>,
    /// What the exports could not tell.
    pub warnings: Vec<String>,
}

/// What made the report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tool {
    /// `keysweep`.
    pub name: Cow<'static, str>,
    /// Its version.
    pub version: Cow<'static, str>,
    /// Digest of all detectors in force: two reports with the same digest looked for the same things.
    pub detectors_digest: String,
}

/// What was scanned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scan {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// The targets as given.
    pub targets: Vec<String>,
    /// How much was read.
    pub stats: Stats,
    /// What was not read, and why.
    pub skipped: Vec<Skipped>,
    /// Files whose text was read but not all of their structure, and why.
    pub unstructured: Vec<Skipped>,
}

/// How much was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Repositories opened.
    pub repos: u64,
    /// Commits reachable from the refs in question.
    pub commits: u64,
    /// Blobs of history scanned.
    pub blobs: u64,
    /// Files, index entries and streams scanned.
    pub files: u64,
    /// Bytes of those blobs and files.
    pub bytes: u64,
    /// Bytes of what was read to the end and decided; independent of how a repository is packed.
    pub bytes_inspected: u64,
    /// Wall time.
    pub duration_ms: u64,
    /// Findings left out because of an inline allow, a path or a detector rule.
    pub suppressed: u64,
    /// Findings below the asked confidence.
    pub below_confidence: u64,
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, o: Self) {
        self.repos += o.repos;
        self.commits += o.commits;
        self.blobs += o.blobs;
        self.files += o.files;
        self.bytes += o.bytes;
        self.bytes_inspected += o.bytes_inspected;
        self.suppressed += o.suppressed;
        self.below_confidence += o.below_confidence;
    }
}

/// Something that was asked for and not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// Which repository, file, object or target.
    pub what: String,
    /// Why.
    pub why: String,
    /// Whether it stays so as long as the same bytes are there, so that trying again is of no use.
    #[serde(skip)]
    pub is_lasting: bool,
}

impl Skipped {
    /// An entry of the list.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), is_lasting: false }
    }

    /// The same of what the bytes themselves are the reason for.
    pub fn lasting(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { is_lasting: true, ..Self::new(what, why) }
    }
}
