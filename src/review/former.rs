//! A JSON report read back: the parts that later commands need, whatever else is in it.

use crate::model::{Flag, Timestamp, Verdict};
use serde::Deserialize;
use std::collections::HashMap;

/// A report.
#[derive(Debug, Clone, Deserialize)]
pub struct Former {
    schema_version: String,
    /// What was scanned.
    pub scan: Scan,
    /// What was found.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Whose it is.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// What the inventory says.
    #[serde(default)]
    pub inventory: Inventory,
}

/// When and what was scanned.
#[derive(Debug, Clone, Deserialize)]
pub struct Scan {
    started: String,
    /// The targets as given.
    #[serde(default)]
    pub targets: Vec<String>,
    /// What was not read.
    #[serde(default)]
    pub skipped: Vec<serde_json::Value>,
}

/// A credential.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Its id at the detectors.
    #[serde(default)]
    pub detector: String,
    /// How sure it is.
    #[serde(default)]
    pub confidence: String,
    /// What proves it.
    #[serde(default)]
    pub proof: String,
    /// What is shown of it.
    pub secret: Secret,
    /// Where it stands.
    #[serde(default)]
    pub locations: Vec<Place>,
    /// Who introduced it.
    pub first_seen: Option<Commit>,
    /// Who took it away.
    pub removed_in: Option<Commit>,
    /// Whether it is there still.
    #[serde(default)]
    pub in_head: bool,
    /// The identity it is of.
    pub identity: Option<String>,
}

/// What is shown of a secret.
#[derive(Debug, Clone, Deserialize)]
pub struct Secret {
    /// Without most of its characters.
    #[serde(default)]
    pub redacted: String,
    /// Its keyed fingerprint.
    #[serde(default)]
    pub fingerprint: String,
}

/// A commit.
#[derive(Debug, Clone, Deserialize)]
pub struct Commit {
    /// Its id.
    pub commit: String,
    /// Name and address.
    #[serde(default)]
    pub author: String,
    /// When.
    #[serde(default)]
    pub date: String,
}

/// A place.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    /// The repository.
    pub repo: Option<String>,
    /// The path in it.
    pub path: String,
    /// The line, from 1.
    #[serde(default)]
    pub line: u64,
}

impl Place {
    /// `repo:path:line`.
    pub fn told(&self) -> String {
        let repo = self.repo.as_ref().map(|r| format!("{r}:")).unwrap_or_default();
        format!("{repo}{}:{}", self.path, self.line)
    }
}

/// An identity.
#[derive(Debug, Clone, Deserialize)]
pub struct Identity {
    /// Its id.
    pub id: String,
    /// Slug of the provider.
    pub provider: String,
    /// Kind.
    pub kind: String,
    /// What it is called.
    pub principal: Option<String>,
    /// Account, organisation, tenant.
    pub scope: Option<String>,
    /// Who uses it.
    #[serde(default)]
    pub class: String,
    /// The environment.
    pub environment: Option<String>,
    /// Where files make it.
    #[serde(default)]
    pub declared_in: Vec<Place>,
    /// Where files name it.
    #[serde(default)]
    pub referenced_in: Vec<Place>,
    /// Ids of its findings.
    #[serde(default)]
    pub credentials: Vec<String>,
    verdict: String,
    #[serde(default)]
    flags: Vec<String>,
    /// Which rules of the policy it breaks.
    #[serde(default)]
    pub violations: Vec<String>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// How its credential lives.
    pub credential: Option<Life>,
    /// Why.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Items of frameworks.
    #[serde(default)]
    pub frameworks: Vec<Item>,
    /// What to trust in place of a long-lived key.
    pub instead: Option<Instead>,
}

/// What to trust in place of a long-lived key.
#[derive(Debug, Clone, Deserialize)]
pub struct Instead {
    /// Who signs.
    pub issuer: String,
    /// Whom the tokens speak for.
    pub subject: String,
    /// For whom they must be made.
    #[serde(default)]
    pub audience: String,
    /// The command.
    #[serde(default)]
    pub create: String,
}

impl Identity {
    /// Its verdict; `None` where a later version of the report knows more of them.
    pub fn verdict(&self) -> Option<Verdict> {
        Verdict::named(&self.verdict)
    }

    /// What it is called: its principal, else its first credential, else its id.
    pub fn called(&self, findings: &HashMap<&str, &Finding>) -> String {
        let first = || self.credentials.iter().find_map(|id| findings.get(id.as_str()));
        let named = self.principal.clone().or_else(|| first().map(|f| format!("{} {}", f.title, f.secret.redacted)));
        named.unwrap_or_else(|| self.id.clone())
    }

    /// Its flags that are known here.
    pub fn flags(&self) -> Vec<Flag> {
        self.flags.iter().filter_map(|f| Flag::named(f)).collect()
    }
}

/// An owner.
#[derive(Debug, Clone, Deserialize)]
pub struct Owner {
    /// Address, login or team.
    pub value: String,
    /// Whether it can be asked.
    #[serde(default)]
    pub status: String,
    /// Where it is named.
    #[serde(default)]
    pub evidence: String,
    /// Other owners that other sources name.
    #[serde(default)]
    pub conflicts: Vec<String>,
}

/// The life of a credential.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Life {
    created: Option<String>,
    expires: Option<String>,
    last_used: Option<String>,
    last_rotated: Option<String>,
    /// How to withdraw it.
    pub revocation: Option<String>,
}

impl Life {
    /// When it was made.
    pub fn created(&self) -> Option<Timestamp> {
        self.created.as_deref().and_then(Timestamp::parse)
    }

    /// When it ends.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires.as_deref().and_then(Timestamp::parse)
    }

    /// When it was last used.
    pub fn last_used(&self) -> Option<Timestamp> {
        self.last_used.as_deref().and_then(Timestamp::parse)
    }

    /// When it was last replaced.
    pub fn last_rotated(&self) -> Option<Timestamp> {
        self.last_rotated.as_deref().and_then(Timestamp::parse)
    }
}

/// A reason.
#[derive(Debug, Clone, Deserialize)]
pub struct Evidence {
    /// The export, the file or the rule it comes from.
    #[serde(default)]
    pub source: String,
    /// The record's id there.
    pub record: Option<String>,
    /// The key that joined.
    pub join: Option<String>,
    /// How well it tells.
    #[serde(default)]
    pub strength: String,
    /// How likely the match is by chance.
    #[serde(default)]
    pub chance: f64,
    /// The reason in words.
    #[serde(default)]
    pub says: String,
}

/// An item of a framework.
#[derive(Debug, Clone, Deserialize)]
pub struct Item {
    /// Such as `NHI2:2025`.
    pub id: String,
    /// Why.
    #[serde(default)]
    pub why: String,
}

/// What the inventory says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Inventory {
    /// Coverage of the exports.
    #[serde(default)]
    pub sources: Vec<serde_json::Value>,
    /// Records nothing refers to.
    #[serde(default)]
    pub ghosts: Vec<Ghost>,
}

/// A record that nothing refers to.
#[derive(Debug, Clone, Deserialize)]
pub struct Ghost {
    /// The source's id of it.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// The export it is in.
    pub source: String,
    /// Slug of the provider.
    pub provider: String,
    /// Kind.
    pub kind: String,
    /// Account, organisation, tenant.
    pub scope: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    last_used: Option<String>,
}

impl Ghost {
    /// When it was last used.
    pub fn last_used(&self) -> Option<Timestamp> {
        self.last_used.as_deref().and_then(Timestamp::parse)
    }
}

impl Former {
    /// Reads a report.
    ///
    /// # Errors
    /// What is wrong, and how to mend it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let report: Self = serde_json::from_slice(bytes).map_err(|e| {
            format!("is no JSON report of keysweep: {e}; make one with `keysweep scan --inventory EXPORTS -f json -o report.json`")
        })?;
        match report.schema_version.as_str() {
            "1" => Ok(report),
            other => Err(format!("is a report of schema version {other}, and this keysweep reads version 1; scan anew")),
        }
    }

    /// Its findings by their ids.
    pub fn findings_by_id(&self) -> HashMap<&str, &Finding> {
        self.findings.iter().map(|f| (f.id.as_str(), f)).collect()
    }

    /// When the scan began.
    pub fn started(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.scan.started)
    }
}
