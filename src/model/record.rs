//! The inventory: records of identities as the systems that know them export them, and what each export covers.

use super::names::names;
use super::{Class, Key, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

names! {
    /// What a source is to an identity.
    SourceClass {
        /// It issues it: knows whether it exists.
        Issuer = "issuer",
        /// It has the duty to know who owns it: a register or catalogue.
        Governance = "governance",
        /// It keeps the secret.
        Vault = "vault",
        /// It saw it used.
        Usage = "usage",
        /// A certificate authority.
        Pki = "pki",
        /// It knows people and teams.
        Directory = "directory",
    }
}

names! {
    /// Kind of a record, and of the identity a file mentions.
    #[derive(Default)]
    RecordKind {
        /// Cloud access key.
        AccessKey = "access_key",
        /// API key.
        #[default]
        ApiKey = "api_key",
        /// Client secret of an application.
        OauthSecret = "oauth_secret",
        /// Key of a service account.
        SaKey = "sa_key",
        /// Bearer token.
        Token = "token",
        /// SSH key.
        SshKey = "ssh_key",
        /// Certificate or its key.
        Cert = "cert",
        /// User.
        User = "user",
        /// Role.
        Role = "role",
        /// Application, app registration or installed app.
        App = "app",
        /// Service account.
        ServiceAccount = "service_account",
        /// Identity of a workload that its platform proves.
        WorkloadId = "workload_id",
        /// Service connection of a pipeline.
        ServiceConnection = "service_connection",
        /// Secret kept by a CI service, known by name.
        CiSecret = "ci_secret",
        /// Secret kept in a store, known by path or name.
        SecretRef = "secret_ref",
        /// AI agent.
        Agent = "agent",
        /// Group of users that policies are given to.
        Group = "group",
        /// Anything else, such as a password or a webhook.
        Other = "other",
    }
}

names! {
    /// What the source says of the state.
    #[derive(Default)]
    Status {
        /// Works.
        Active = "active",
        /// Switched off.
        Inactive = "inactive",
        /// Withdrawn.
        Revoked = "revoked",
        /// Past its end.
        Expired = "expired",
        /// Gone.
        Deleted = "deleted",
        /// Not yet, or on its way out.
        Pending = "pending",
        /// Not told.
        #[default]
        Unknown = "unknown",
    }
}

impl Status {
    /// Whether the source says that it no longer works by somebody's will.
    pub fn is_withdrawn(self) -> bool {
        matches!(self, Self::Inactive | Self::Revoked | Self::Deleted)
    }
}

names! {
    /// What an owner is.
    #[derive(Default)]
    OwnerKind {
        /// A person.
        Person = "person",
        /// A team.
        Team = "team",
        /// An application or service.
        App = "app",
        /// Not told by the source.
        #[default]
        Unknown = "unknown",
    }
}

names! {
    /// Where an owner is named, the strongest first.
    OwnedBy {
        /// In a field of the record.
        Field = "field",
        /// In a tag, label or annotation.
        Tag = "tag",
        /// In CODEOWNERS.
        Codeowners = "codeowners",
        /// In a catalogue of services.
        Catalog = "catalog",
        /// By who committed last.
        Commits = "commits",
    }
}

/// An owner as a source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerName {
    /// Address, login, or name of a team.
    pub value: Box<str>,
    /// What it is.
    pub kind: OwnerKind,
    /// Where it is named.
    pub by: OwnedBy,
}

/// An owner without what its spelling adds: `group:default/payments`, `@acme/payments` and `Payments` are one.
pub fn plain_owner(owner: &str) -> String {
    let name = owner.trim().trim_start_matches('@').to_lowercase();
    let name = ["group:", "team:", "user:"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(&name);
    if name.contains('@') { name.to_owned() } else { name.rsplit('/').next().unwrap_or_default().to_owned() }
}

/// Some characters of a secret that an issuer shows, to tell keys apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// How the secret begins, all of it that is shown.
    pub prefix: Box<str>,
    /// How it ends.
    pub suffix: Box<str>,
    /// How much a secret must agree by chance, in bits: what is shown beyond what all secrets of the kind have.
    pub bits: f32,
    /// A key that the credential must also have, such as the client id; without, all of provider and kind are compared.
    pub within: Option<Key>,
}

/// One identity or credential as one source knows it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Path of the export from the inventory's root.
    pub source: Arc<str>,
    /// What the source is to it.
    pub class: SourceClass,
    /// Slug of the provider that issued it.
    pub provider: Arc<str>,
    /// Account, organisation, tenant, project, cluster.
    pub scope: Option<Arc<str>>,
    /// Kind.
    pub kind: RecordKind,
    /// The source's own id of it.
    pub id: Box<str>,
    /// What people call it.
    pub display: Option<Box<str>>,
    /// Who uses it.
    pub principal: Class,
    /// What it is recognised by.
    pub keys: Vec<Key>,
    /// What identity it is a credential of: an access key of a user, a secret of an application.
    pub of: Vec<Key>,
    /// Characters of the secret.
    pub hint: Option<Box<Hint>>,
    /// Who answers for it.
    pub owner: Option<OwnerName>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// When its secret was last replaced.
    pub last_rotated: Option<Timestamp>,
    /// When it ends. 9999 counts as never, and so as none.
    pub expires: Option<Timestamp>,
    /// The environment, as the source writes it.
    pub environment: Option<Box<str>>,
    /// Its state.
    pub status: Status,
    /// What it is for.
    pub purpose: Option<Box<str>>,
    /// What it may do, as far as told; `admin` or `*` where it may do all.
    pub privileges: Vec<Box<str>>,
    /// Whether the provider's side belongs to another organisation.
    pub third_party: bool,
    /// OIDC subjects that may act as it, and other facts by name.
    pub details: BTreeMap<String, String>,
}

impl Record {
    /// A record with nothing but its place, kind and id.
    pub fn new(source: &Arc<str>, class: SourceClass, provider: &str, kind: RecordKind, id: &str) -> Self {
        Self {
            source: source.clone(),
            class,
            provider: provider.into(),
            scope: None,
            kind,
            id: id.into(),
            display: None,
            principal: Class::Unknown,
            keys: Vec::new(),
            of: Vec::new(),
            hint: None,
            owner: None,
            created: None,
            last_used: None,
            last_rotated: None,
            expires: None,
            environment: None,
            status: Status::Unknown,
            purpose: None,
            privileges: Vec::new(),
            third_party: false,
            details: BTreeMap::new(),
        }
    }
}

/// Somebody of the organisation's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Address or login, in lower case.
    pub user: Box<str>,
    /// Whether the person is there still.
    pub active: bool,
    /// Who answers for what the person leaves.
    pub manager: Option<Box<str>>,
    /// The last day.
    pub end: Option<Timestamp>,
}

/// Whom an id stands for that only its issuer can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose id it is; empty where it can be nobody else's.
    pub provider: Box<str>,
    /// The id, such as `user_01Example`.
    pub id: Box<str>,
    /// Address or login, in lower case.
    pub name: Box<str>,
}

/// Something of a catalogue that has an owner: a repository, a service, a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: Box<str>,
    /// `OWNER/NAME` of its repository.
    pub repo: Option<Box<str>>,
    /// Its owner.
    pub owner: Option<OwnerName>,
    /// Its environment or stage of life, as written.
    pub lifecycle: Option<Box<str>>,
    /// The system it is part of.
    pub system: Option<Box<str>>,
    /// What the catalogue says it acts as.
    pub identities: Vec<Key>,
}

/// What a source has fields for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Has {
    /// Who owns it.
    pub owner: bool,
    /// When it was last used.
    pub last_used: bool,
    /// When it ends.
    pub expiry: bool,
    /// Characters of the secret.
    pub hint: bool,
    /// A digest or fingerprint.
    pub fingerprint: bool,
}

/// What one export covers: for which provider, kinds and scopes absence in it means something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Path of the export from the inventory's root.
    pub source: String,
    /// What the source is.
    pub source_class: SourceClass,
    /// Slug of the provider.
    pub provider: String,
    /// Scopes; `None` for all, the unknown one too.
    #[serde(serialize_with = "scopes", deserialize_with = "read_scopes")]
    pub scopes: Option<Vec<String>>,
    /// Kinds of record.
    pub kinds: Vec<RecordKind>,
    /// Whether all there are are in it.
    pub complete: bool,
    /// When it was taken.
    pub as_of: Option<Timestamp>,
    /// How many days what was deleted stays in it; `None` for not at all.
    pub retention_of_deleted: Option<u32>,
    /// What it has fields for.
    pub has: Has,
    /// Whether somebody stated it, rather than the export itself.
    pub stated: bool,
}

fn read_scopes<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Scopes {
        Some(Vec<String>),
        Word(String),
    }
    match Scopes::deserialize(d)? {
        Scopes::Some(scopes) => Ok(Some(scopes)),
        Scopes::Word(word) if word == "*" => Ok(None),
        Scopes::Word(word) => Err(serde::de::Error::custom(format!("scopes are a list or `*`, not `{word}`"))),
    }
}

fn scopes<S: serde::Serializer>(scopes: &Option<Vec<String>>, s: S) -> Result<S::Ok, S::Error> {
    match scopes {
        None => s.serialize_str("*"),
        Some(scopes) => scopes.serialize(s),
    }
}

/// What was read of one export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExportFile {
    /// Path from the inventory's root.
    pub source: String,
    /// Kinds of export in it, with the number of elements of each.
    pub formats: BTreeMap<&'static str, u64>,
    /// Records that came of them.
    pub records: u64,
    /// Elements of no known kind.
    pub unknown: u64,
    /// Whether all of it could be read.
    pub whole: bool,
}

/// Everything the exports say.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// Identities and credentials.
    pub records: Vec<Record>,
    /// People.
    pub people: Vec<Person>,
    /// Whom the ids of issuers stand for; being listed here says nothing of who has left.
    pub accounts: Vec<Account>,
    /// Names of teams, in lower case.
    pub teams: Vec<Box<str>>,
    /// What a catalogue knows.
    pub components: Vec<Component>,
    /// What each export covers.
    pub manifests: Vec<Manifest>,
    /// What was read of each file.
    pub files: Vec<ExportFile>,
    /// What could not be read or told, with file and place.
    pub warnings: Vec<String>,
}
