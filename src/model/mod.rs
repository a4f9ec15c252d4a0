//! The vocabulary every stage shares: plain data, no I/O, no patterns, no command line.

mod detector;
mod finding;
mod report;
mod secret;
mod segment;
mod time;

pub use detector::{Category, Class, Confidence, Detector, Except, Guards, Identity, Judge, Kind, Lifecycle, Member, Part, Provider, Role};
pub use finding::{CommitInfo, Finding, Frame, FrameLine, Group, GroupMember, Location, Proof, SecretView, Suppression};
pub use report::{Inventory, Report, Scan, Skipped, Stats, Tool};
pub use secret::{Redaction, Secret};
pub use segment::Segment;
pub use time::Timestamp;
