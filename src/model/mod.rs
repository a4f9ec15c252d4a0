//! The vocabulary every stage shares: plain data, no I/O, no patterns, no command line.

mod detector;
mod escape;
mod exports;
mod fact;
mod finding;
mod fingerprint;
mod gate;
mod glob;
mod identity;
mod key;
mod merge;
mod names;
mod policy;
mod record;
mod report;
mod rest;
mod secret;
mod segment;
mod time;

pub use detector::{Category, Class, Confidence, Detector, Except, Guards, Identity, Judge, Kind, Lifecycle, Member, Part, Provider, Role};
pub use escape::{shown, shown_cell, shown_line};
pub use exports::{ColumnMap, ExportRules, PinnedDigest, REGISTER_COLUMNS, Wanted};
pub use fact::{Mention, Outline, Place, Proves, Relation, Resource, Seen};
pub use finding::{CommitInfo, Finding, Frame, FrameLine, Group, GroupMember, Location, Proof, SecretView, Suppression};
pub use fingerprint::{Algorithm, HASHES, Hash, canonical, digest_bytes, fingerprint, fingerprint_of, hex, key_id};
pub use gate::{GATES, Gate};
pub use glob::{matches_path, matches_text};
pub use identity::{CredentialLife, Evidence, Excepted, Exposure, Federation, Flag, FrameworkItem, Owner, OwnerStatus, Strength, Verdict};
pub use key::{Key, KeyKind, aws_account};
pub use policy::{
    Ages, Demand, EnvironmentRule, Facts, Judged, Ownership, Policy, PolicyException, Providers, Subject, Told, Violation,
    environment_name, is_long_lived,
};
pub use record::{
    Account, Component, ExportFile, Has, Hint, Manifest, OwnedBy, OwnerKind, OwnerName, Person, Record, RecordKind, Register, SourceClass,
    Status, plain_owner,
};
pub use report::{Covered, Ghost, Inventory, Origin, Report, Scan, Skipped, Stats, Tool, TrendPoint};
pub use rest::{Rest, Shown};
pub use secret::{Redaction, Secret};
pub use segment::Segment;
pub use time::Timestamp;
