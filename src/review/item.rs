//! One identity of a list, with what its owner needs to decide.

use super::decision::{Decided, Decision};
use super::former::{Finding, Former, Ghost, Identity};
use super::proposal::proposal;
use crate::model::{Flag, Timestamp, Verdict};
use std::collections::HashMap;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Places that a list shows of one identity.
const PLACES: usize = 5;

/// One identity of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its id in reports; of a record that nothing refers to, `ghost:PROVIDER:ID`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Slug of the provider.
    pub provider: String,
    /// Kind.
    pub kind: String,
    /// Account, organisation, tenant.
    pub scope: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// Who uses it.
    pub class: String,
    /// What the inventory makes of it; `None` for a record that nothing refers to.
    pub verdict: Option<Verdict>,
    /// What is wrong with it.
    pub flags: Vec<Flag>,
    /// Rules of the policy it breaks.
    pub violations: Vec<String>,
    /// Who answers for it, with the standing and where that is told.
    pub owner: Option<(String, String, String)>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its secret was last replaced.
    pub rotated: Option<Timestamp>,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Days since it was made or last replaced.
    pub age: Option<i64>,
    /// Where files have it, the first few, and how many more there are.
    pub places: (Vec<String>, usize),
    /// Whether its secret stands in files.
    pub in_code: bool,
    /// Reasons for verdict and flags.
    pub evidence: Vec<String>,
    /// Items of frameworks.
    pub frameworks: Vec<String>,
    /// How to withdraw it.
    pub revocation: Option<String>,
    /// What is proposed, and why; without a decision where more must be known first.
    pub proposal: (Option<Decision>, String),
    /// What was decided the last time.
    pub decided: Option<Decided>,
}

impl Item {
    /// An identity of a report.
    fn of_identity(identity: &Identity, findings: &HashMap<&str, &Finding>, now: Timestamp) -> Self {
        let own: Vec<_> = identity.credentials.iter().filter_map(|id| findings.get(id.as_str())).collect();
        let life = identity.credential.clone().unwrap_or_default();
        let renewed = life.last_rotated().max(life.created());
        let of_findings = own.iter().flat_map(|f| &f.locations);
        let mut places: Vec<String> = of_findings.chain(&identity.declared_in).chain(&identity.referenced_in).map(|p| p.told()).collect();
        places.dedup();
        let more = places.len().saturating_sub(PLACES);
        places.truncate(PLACES);
        let mut item = Self {
            id: identity.id.clone(),
            name: identity.called(findings),
            provider: identity.provider.clone(),
            kind: identity.kind.clone(),
            scope: identity.scope.clone(),
            environment: identity.environment.clone(),
            class: identity.class.clone(),
            verdict: identity.verdict(),
            flags: identity.flags(),
            violations: identity.violations.clone(),
            owner: identity.owner.as_ref().map(|o| (o.value.clone(), o.status.clone(), o.evidence.clone())),
            created: life.created(),
            rotated: life.last_rotated(),
            used: life.last_used(),
            expires: life.expires(),
            age: renewed.map(|t| (now.seconds - t.seconds).div_euclid(DAY)),
            places: (places, more),
            in_code: !own.is_empty(),
            evidence: identity.evidence.iter().map(|e| e.says.clone()).filter(|s| !s.is_empty()).collect(),
            frameworks: identity.frameworks.iter().map(|f| f.id.clone()).collect(),
            revocation: life.revocation.clone(),
            proposal: (None, String::new()),
            decided: None,
        };
        item.proposal = proposal(&item);
        item
    }

    /// A record that nothing refers to.
    fn of_ghost(ghost: &Ghost) -> Self {
        let mut item = Self {
            id: format!("ghost:{}:{}", ghost.provider, ghost.id),
            name: ghost.name.clone().unwrap_or_else(|| ghost.id.clone()),
            provider: ghost.provider.clone(),
            kind: ghost.kind.clone(),
            scope: ghost.scope.clone(),
            environment: None,
            class: String::new(),
            verdict: None,
            flags: Vec::new(),
            violations: Vec::new(),
            owner: ghost.owner.clone().map(|o| (o, String::new(), ghost.source.clone())),
            created: None,
            rotated: None,
            used: ghost.last_used(),
            expires: None,
            age: None,
            places: (Vec::new(), 0),
            in_code: false,
            evidence: vec![format!("{} has it, and nothing that was scanned refers to it", ghost.source)],
            frameworks: Vec::new(),
            revocation: None,
            proposal: (None, String::new()),
            decided: None,
        };
        item.proposal = proposal(&item);
        item
    }

    /// What is to be reviewed of a report: everything but what is no credential.
    pub fn all(report: &Former, now: Timestamp) -> Vec<Self> {
        let findings = report.findings_by_id();
        let identities = report.identities.iter().filter(|i| i.verdict() != Some(Verdict::Invalid));
        let seen = identities.map(|i| Self::of_identity(i, &findings, now));
        seen.chain(report.inventory.ghosts.iter().map(Self::of_ghost)).collect()
    }

    /// Verdict in a word.
    pub fn standing(&self) -> &'static str {
        self.verdict.map_or("unreferenced", Verdict::as_str)
    }

    /// Flags and violations, with commas.
    pub fn faults(&self) -> String {
        let flags = self.flags.iter().map(|f| f.as_str());
        flags.chain(self.violations.iter().map(String::as_str)).collect::<Vec<_>>().join(", ")
    }
}
