//! A finding: one secret, with every place it was seen and how long it stayed there.

use super::{Class, Confidence, Key, Kind, Member, RecordKind, Resource, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One secret value of one detector family, with all its locations.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    /// Stable across runs, machines, moves and rebases: a function of detector family and value alone.
    pub id: String,
    /// Id of the detector.
    pub detector: String,
    /// What a person calls the credential.
    pub title: String,
    /// Slug of the provider.
    pub provider: String,
    /// Kind of credential.
    pub kind: Kind,
    /// How sure the finding is.
    pub confidence: Confidence,
    /// What the confidence rests on.
    pub proof: Proof,
    /// What may be shown of the value.
    pub secret: SecretView,
    /// The commit that first held it, over all locations.
    pub first_seen: Option<CommitInfo>,
    /// The newest commit that holds it.
    pub last_seen: Option<CommitInfo>,
    /// The commit that took away the last copy; null while a ref or a file has it.
    pub removed_in: Option<CommitInfo>,
    /// Whether the checked-out state has it.
    pub in_head: bool,
    /// Every place, sorted.
    pub locations: Vec<Location>,
    /// The identity it belongs to, once joined.
    pub identity: Option<String>,
    /// What it makes one credential with.
    pub group: Option<Group>,
    /// What the credential itself says of whose it is, else what stands beside it.
    #[serde(skip)]
    pub principal: Option<String>,
    /// The account, tenant or project it is for.
    #[serde(skip)]
    pub scope: Option<String>,
    /// Who uses credentials of this kind.
    #[serde(skip)]
    pub class: Class,
    /// What kind of record an inventory has of it.
    #[serde(skip)]
    pub record_kind: RecordKind,
    /// Slug of the provider that an inventory has it under, where that is another.
    #[serde(skip)]
    pub record_provider: String,
    /// When it ends, as far as the value itself says.
    #[serde(skip)]
    pub expires: Option<Timestamp>,
    /// What it can be recognised by in an inventory: what the value says of itself, and what the values of its group say.
    #[serde(skip)]
    pub keys: Vec<Key>,
    /// The value, to compare with what an inventory shows of it; never for output.
    #[serde(skip)]
    pub value: Secret,
    /// Why the finding is not counted, if it is not.
    #[serde(skip)]
    pub suppression: Option<Suppression>,
    /// Whether a former report has it too; `None` where there is nothing to compare with.
    #[serde(skip)]
    pub known: Option<bool>,
}

/// Values that stand together and make one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// A function of the members' families and values alone.
    pub id: String,
    /// The members, nearest first to the one that asks for the others.
    pub members: Vec<GroupMember>,
    /// Whether nothing is missing.
    pub complete: bool,
    /// What would complete it.
    pub missing: Vec<String>,
    /// Whose it is, as far as a member names it.
    pub principal: Option<String>,
    /// The account, tenant or project, as far as a member names it.
    pub scope: Option<String>,
    /// Repository of the place the members were seen at together.
    pub repo: Option<String>,
    /// Its path.
    pub path: String,
    /// The commit that brought it.
    pub commit: Option<String>,
}

/// One value of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMember {
    /// Id of the detector.
    pub detector: String,
    /// Kind of credential.
    pub kind: Kind,
    /// What it is to the others.
    pub role: Member,
    /// The value, of an identifier.
    pub value: Option<String>,
    /// The redacted value, of all else.
    pub redacted: Option<String>,
    /// Id of its own finding, if the report has one.
    pub finding: Option<String>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// What a person calls it.
    #[serde(skip)]
    pub title: String,
}

/// What a report may show of a secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecretView {
    /// The redacted value.
    pub redacted: String,
    /// Length in bytes.
    pub length: usize,
    /// Keyed fingerprint `kfp1`: base64url of HMAC-SHA-256(key, SHA-256(value)), first 16 bytes.
    pub fingerprint: String,
}

/// What the confidence of a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// A name beside the value.
    Context,
    /// The shape of the value.
    Pattern,
    /// A structure that was parsed.
    Structure,
    /// A checksum inside the value.
    Checksum,
}

impl Proof {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Pattern => "pattern",
            Self::Structure => "structure",
            Self::Checksum => "checksum",
        }
    }
}

/// A commit as reports name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitInfo {
    /// Object id in hexadecimal.
    pub commit: String,
    /// Name and address of the author.
    pub author: String,
    /// When it was authored.
    pub date: Timestamp,
}

/// A place over its lifetime: one repository, one path, one unbroken presence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Location {
    /// Name of the repository; null for files outside any.
    pub repo: Option<String>,
    /// Path from the repository's root (or the target's), with `/`; members of archives follow `!`.
    pub path: String,
    /// Line of the first character, from 1, in the newest version that holds it.
    pub line: u32,
    /// Column of the first character, from 1, in characters.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column behind the last character.
    pub end_column: u32,
    /// The commit that brought the value here; null while uncommitted.
    pub commit: Option<String>,
    /// The commit that took it away; null while `HEAD` or another ref has it.
    pub removed_in: Option<String>,
    /// Whether the checked-out state has it.
    pub in_head: bool,
    /// How it was encoded, outermost first, such as `base64` or `base64+hex`.
    pub encoding: Option<String>,
    /// The resource, job or key it belongs to.
    pub resource: Option<Resource>,
    /// The same start and end in UTF-16 code units, for SARIF: column and end column.
    #[serde(skip)]
    pub utf16_columns: (u32, u32),
    /// The path from the scan's own root, for SARIF.
    #[serde(skip)]
    pub uri: String,
    /// The lines around it, redacted.
    #[serde(skip)]
    pub frame: Option<Frame>,
    /// Why this place is not counted, if it is not.
    #[serde(skip)]
    pub suppression: Option<Suppression>,
}

/// Why something found is not counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Suppression {
    /// `inline`, `path`, `detector` or `baseline`.
    pub by: Cow<'static, str>,
    /// The reason given, if any.
    pub reason: String,
}

/// The lines around a finding, with every secret in them redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Number of the first line shown, from 1.
    pub first_line: u32,
    /// The lines.
    pub lines: Vec<FrameLine>,
}

/// One line of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameLine {
    /// The text, redacted, without control characters.
    pub text: String,
    /// Byte range in `text` of the finding.
    pub mark: Option<(usize, usize)>,
}
