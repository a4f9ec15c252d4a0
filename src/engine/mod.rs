//! The scan: the only place with threads. Sources give bytes, detectors give candidates, candidates become findings.

mod blobs;
mod digests;
mod files;
mod findings;
mod frames;
mod groups;
mod history;
mod holdings;
mod inspect;
mod join;
mod memory;
mod numbering;
mod overlap;
mod pool;
mod scan;
mod scope;
mod staged;
mod structure;
mod values;
mod veil;

pub use digests::add_digests;
pub use memory::{Memory, digest};
pub use scan::{Counted, Everything, History, Options, Outgoing, Progress, Quiet, Target, scan};
