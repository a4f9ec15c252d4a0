//! Bulk reading of git histories: packs walked along their delta trees, loose objects, and the graph of commits and trees.
//!
//! Everything here treats the repository as hostile: it is only ever read, never executed, its configuration is not followed, offsets and sizes are
//! checked, and what cannot be read is named.

pub mod changes;
mod commit;
mod delta;
pub mod graph;
mod index;
mod interest;
mod lookup;
mod loose;
mod objects;
mod open;
mod pack;
mod pending;
mod refs;
pub mod saved;
mod state;
mod store;
pub mod timeline;
mod trees;
mod walk;

pub use index::{Index, Staged};
pub use lookup::Lookup;
pub use objects::{ObjectId, Objects, Place, hex, unhex};
pub use open::{Opened, Repository, discover, open};
pub use pack::{Kind, NONE, Pack};
pub use pending::{Changed, Pending};
pub use refs::{Reference, Refs};
pub use store::Store;
pub use trees::EntryKind;
pub use walk::{Node, Plan, Visitor, Walker};

/// What is wrong with a repository or an object in it: always the environment's, never ours.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system said no.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The data does not hold together.
    #[error("{0}")]
    Corrupt(String),
    /// Sound, but of a kind or size that is not read.
    #[error("{0}")]
    Unsupported(String),
}

impl Error {
    pub(crate) fn corrupt(why: impl Into<String>) -> Self {
        Self::Corrupt(why.into())
    }
}
