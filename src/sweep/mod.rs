//! The sweep of an organisation: many repositories, night after night, by one machine or many. The only place with an asynchronous runtime, and with git.

pub mod forge;
mod git;
mod host;
mod judge;
mod mirror;
mod night;
mod queue;
mod shard;
mod target;
mod task;
pub mod webhook;

pub use git::{Git, Header};
pub use judge::{Asked, Judge};
pub use mirror::Cache;
pub use night::{Ended, Night, Settings, Watch, last_report, status, sweep, told, trend, work};
pub use shard::{Shard, shard};
pub use target::{Choice, Listed, Listing, read_folder, read_list};
