//! An identity with its verdict: whose a credential or a reference is, and what is wrong with it.

use super::names::names;
use super::{Class, Location, OwnedBy, OwnerKind, Proves, RecordKind, Timestamp, Violation};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

names! {
    /// What the inventory makes of an identity.
    Verdict {
        /// A record knows it, and an active owner answers for it.
        Governed = "governed",
        /// A record knows it, yet no active owner answers for it and no other verdict holds.
        Ungoverned = "ungoverned",
        /// It exists at its issuer, and the register that covers it does not know it.
        Shadow = "shadow",
        /// The register that covers it does not know it, and no issuer that covers it could be asked.
        SuspectedShadow = "suspected-shadow",
        /// Its issuer does not know it: deleted, or never issued.
        Residue = "residue",
        /// Its issuer has switched it off.
        RevokedPresent = "revoked-present",
        /// No source covers it.
        UnknownSource = "unknown-source",
        /// It belongs to an account that no source names.
        ForeignScope = "foreign-scope",
        /// Several records may be it, or one by too weak a hint.
        Ambiguous = "ambiguous",
        /// A reference that nothing answers.
        Dangling = "dangling",
        /// A reference that a record answers.
        Resolved = "resolved",
        /// No credential: a checksum fails, or documentation's example.
        Invalid = "invalid",
    }
}

names! {
    /// What is wrong with an identity, whatever its verdict.
    Flag {
        /// A record knows it and names no owner.
        NoOwner = "no-owner",
        /// Its owner has left or is unknown.
        Orphaned = "orphaned",
        /// Past its end.
        Expired = "expired",
        /// Past its end, and active or used since.
        ExpiredYetLive = "expired-yet-live",
        /// Older than the policy allows since it was made or rotated.
        Overdue = "overdue",
        /// Lives long and has no end.
        NoExpiry = "no-expiry",
        /// Not used for long.
        Dormant = "dormant",
        /// Kept at several places of a vault or CI service.
        Duplicated = "duplicated",
        /// Used by several workloads, repositories or teams.
        Shared = "shared",
        /// Used in production and outside of it.
        CrossEnvironment = "cross-environment",
        /// A person's, used by a machine.
        HumanAsMachine = "human-as-machine",
        /// A machine's, used by a person.
        MachineAsHuman = "machine-as-human",
        /// May do all.
        Privileged = "privileged",
        /// A long-lived key where a token of the run would do.
        StaticWhereFederatable = "static-where-federatable",
        /// On a list of leaked secrets.
        Leaked = "leaked",
    }
}

names! {
    /// How well a key tells one identity from all others.
    Strength {
        /// Identifies it.
        Exact = "exact",
        /// A few characters of it.
        Hint = "hint",
        /// Its surroundings.
        Context = "context",
    }
}

names! {
    /// Whether an owner can be asked.
    OwnerStatus {
        /// In the directory, or a known team.
        Active = "active",
        /// Named, and there is no directory to look it up in.
        Unchecked = "unchecked",
        /// No longer there.
        Departed = "departed",
        /// The directory does not know it, or there is none.
        Unknown = "unknown",
    }
}

/// An identity: something that can act, with the credentials and places it was found by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exposure {
    /// Stable across runs: a function of the record, else of the credentials or the reference.
    pub id: String,
    /// Slug of the provider.
    pub provider: String,
    /// Kind.
    pub kind: RecordKind,
    /// What it is called.
    pub principal: Option<String>,
    /// Account, organisation, tenant.
    pub scope: Option<String>,
    /// Who uses it.
    pub class: Class,
    /// `prod`, `stage`, `dev`, `test`, `shared`, as far as told.
    pub environment: Option<String>,
    /// Where files make it.
    pub declared_in: Vec<Location>,
    /// Where files name it or act as it.
    pub referenced_in: Vec<Location>,
    /// Ids of its findings.
    pub credentials: Vec<String>,
    /// What the inventory makes of it.
    pub verdict: Verdict,
    /// What is wrong with it.
    pub flags: Vec<Flag>,
    /// Which rules of the policy it breaks.
    pub violations: Vec<Violation>,
    /// Flags and violations that exceptions of the policy let pass for now.
    pub excepted: Vec<Excepted>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// How its credential lives.
    pub credential: Option<CredentialLife>,
    /// Why the verdict and the flags hold.
    pub evidence: Vec<Evidence>,
    /// Items of frameworks that it touches.
    pub frameworks: Arc<[FrameworkItem]>,
    /// How files prove to be it.
    pub proves: Proves,
    /// What files say of it besides: tools, model, subject.
    pub details: BTreeMap<String, String>,
    /// What to trust in place of a long-lived key, where it is flagged as federatable.
    pub instead: Option<Box<Federation>>,
}

/// What a cloud has to trust for a pipeline to act in it without a long-lived key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Federation {
    /// Who signs the pipeline's tokens.
    pub issuer: String,
    /// Whom the tokens speak for. What is not known is in capitals.
    pub subject: String,
    /// For whom they must be made.
    pub audience: String,
    /// The command that makes the cloud trust it.
    pub create: String,
    /// Whom another pipeline of the repository acts as in that cloud already.
    pub existing: Option<String>,
}

/// A flag or violation that an exception of the policy lets pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excepted {
    /// Name of the flag or violation.
    pub name: Cow<'static, str>,
    /// Why it may pass.
    pub reason: String,
    /// From when on it no longer may.
    pub expires: Timestamp,
}

/// Who answers for an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Address, login or team.
    pub value: String,
    /// What it is.
    pub kind: OwnerKind,
    /// Whether it can be asked.
    pub status: OwnerStatus,
    /// Where it is named.
    pub by: OwnedBy,
    /// The same in words, with the file.
    pub evidence: String,
    /// Other owners that other sources name.
    pub conflicts: Vec<String>,
}

/// How a credential lives, from its records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialLife {
    /// Kind of credential.
    pub r#type: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Days from its making to its end.
    pub ttl_days: Option<i64>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// When it was last replaced.
    pub last_rotated: Option<Timestamp>,
    /// How to withdraw it.
    pub revocation: Option<String>,
}

/// One reason for a verdict or a flag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The export, the file or the rule it comes from.
    pub source: String,
    /// The record's id there; null where it speaks of none.
    pub record: Option<String>,
    /// The key that joined, such as `aws.akid`; null where none did.
    pub join: Option<String>,
    /// How well it tells.
    pub strength: Strength,
    /// How likely the match is by chance, from 0 to 1.
    pub chance: f64,
    /// The reason in words.
    pub says: String,
}

/// An item of a framework, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FrameworkItem {
    /// Such as `NHI2:2025` or `PR.AA-01`.
    pub id: Cow<'static, str>,
    /// Why.
    pub why: Cow<'static, str>,
}
