//! What one day knows of an identity, to be compared with what another knows.

use super::former::{Finding, Identity};
use crate::model::{KeyKind, Record, SourceClass, Status, Timestamp, Verdict};
use std::collections::HashMap;

/// What one day knows of an identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What it is recognised by on another day; one of them is enough.
    pub keys: Vec<String>,
    /// Slug of the provider.
    pub provider: String,
    /// Kind.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// What it is a credential of.
    pub of: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Status at its issuer, or verdict.
    pub state: String,
    /// Whether nobody who should knows it.
    pub is_shadow: bool,
    /// When it was made or last replaced.
    pub renewed: Option<Timestamp>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Fingerprints of its secret, where a source shows them.
    pub fingerprints: Vec<String>,
    /// Whether a credential of it is in what is checked out.
    pub is_checked_out: bool,
}

impl Known {
    /// An identity of a report, with the report's findings by id.
    pub fn of_identity(identity: &Identity, findings: &HashMap<&str, &Finding>) -> Self {
        let life = identity.credential.clone().unwrap_or_default();
        let verdict = identity.verdict();
        Self {
            keys: vec![identity.id.clone()],
            provider: identity.provider.clone(),
            kind: identity.kind.clone(),
            name: identity.called(findings),
            of: identity.principal.clone().filter(|_| !identity.credentials.is_empty()),
            owner: identity.owner.as_ref().map(|o| o.value.clone()),
            state: verdict.map_or_else(String::new, |v| v.as_str().to_owned()),
            is_shadow: matches!(verdict, Some(Verdict::Shadow | Verdict::SuspectedShadow)),
            renewed: life.last_rotated().max(life.created()),
            expires: life.expires(),
            fingerprints: Vec::new(),
            is_checked_out: identity.credentials.iter().filter_map(|id| findings.get(id.as_str())).any(|f| f.in_head),
        }
    }

    /// Records of one identity, of which there is at least one.
    pub fn of_records(records: &[&Record]) -> Self {
        let issuer = records.iter().find(|r| r.class == SourceClass::Issuer).or(records.first()).expect("an identity has a record");
        let all = || records.iter().flat_map(|r| &r.keys).filter(|k| !k.kind.is_shared());
        let mut keys: Vec<String> = all().filter(|k| !k.kind.is_digest()).map(|k| format!("{}:{}", k.kind.as_str(), k.value)).collect();
        let mut fingerprints: Vec<String> = all()
            .filter(|k| matches!(k.kind, KeyKind::S256 | KeyKind::Digest))
            .map(|k| format!("{}:{}", k.kind.as_str(), k.value))
            .collect();
        for list in [&mut keys, &mut fingerprints] {
            list.sort();
            list.dedup();
        }
        let status = records.iter().map(|r| r.status).find(|s| *s != Status::Unknown).unwrap_or_default();
        Self {
            keys,
            provider: issuer.provider.to_string(),
            kind: issuer.kind.as_str().to_owned(),
            name: issuer
                .display
                .as_deref()
                .filter(|d| !d.is_empty())
                .map_or_else(|| issuer.id.to_string(), |d| format!("{d} ({})", issuer.id)),
            of: issuer.of.first().map(|k| format!("{}:{}", k.kind.as_str(), k.value)),
            owner: records.iter().find_map(|r| r.owner.as_ref()).map(|o| o.value.to_string()),
            state: status.as_str().to_owned(),
            is_shadow: false,
            renewed: records.iter().filter_map(|r| r.last_rotated.max(r.created)).max(),
            expires: records.iter().filter_map(|r| r.expires).max(),
            fingerprints,
            is_checked_out: false,
        }
    }
}
