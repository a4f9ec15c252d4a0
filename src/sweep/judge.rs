//! What the sweep asks of the command line's configuration: to scan one repository, and to join and judge the whole.

use crate::engine::{Memory, Target};
use crate::model::{Report, Shown, Wanted};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the inventory is to be compared with while a value is at hand: afterwards it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Characters that it shows of secrets.
    pub shown: Vec<Shown>,
    /// Digests that it has of them.
    pub wanted: Wanted,
}

impl Asked {
    /// The same for the same questions.
    pub fn digest(&self) -> String {
        crate::source::history::hex(&Sha256::digest(serde_json::to_vec(self).unwrap_or_default())[..16])
    }
}

/// Configuration, detectors and inventory in force.
pub trait Judge: Send + Sync + 'static {
    /// Digest of what decides what is found in a blob.
    fn engine(&self) -> [u8; 32];

    /// Digest of all that decides what a report of a repository says.
    fn digest(&self) -> String;

    /// Scans one repository; of each value it notes what the inventory asks.
    fn scan(&self, target: Target, memory: &Memory, asked: &Asked) -> Report;

    /// Makes a report that was kept whole again.
    fn revive(&self, report: &mut Report);

    /// An empty report.
    fn blank(&self) -> Report;

    /// Joins the report of the whole with the inventory and judges it.
    fn join(&self, report: &mut Report);
}
