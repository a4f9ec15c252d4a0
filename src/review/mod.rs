//! What people do with the report of a scan: lists for owners to decide on, their decisions read back, and what changed between two days.
//!
//! It works on reports as JSON and on records, never on files under scan.

mod change;
mod decision;
pub mod former;
mod item;
mod known;
mod list;
mod markdown;
mod page;
mod proposal;
mod table;

pub use change::{Change, Day, What, changes};
pub use decision::{Decided, Decision, Journal};
pub use former::Former;
pub use item::Item;
pub use known::Known;
pub use list::{List, lists};

use std::io::{self, Write};

/// The decisions in a list that somebody filled in, or what is wrong with it; each with its line.
pub type Filled = Result<Vec<(u64, Decided)>, Vec<(u64, String)>>;

/// A form of a list.
pub trait Form: Sync {
    /// Its name on the command line; also the ending of its files.
    fn id(&self) -> &'static str;

    /// How every list that was written begins, so that it is told from files of others.
    fn begins(&self) -> &'static str;

    /// Writes a list.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&self, list: &List, out: &mut dyn Write) -> io::Result<()>;

    /// The decisions in the text of a list that somebody filled in, or what is wrong with it, each with its line.
    ///
    /// # Errors
    /// The first mistake of each line.
    fn read(&self, text: &str) -> Filled;
}

/// All forms.
pub const FORMS: &[&dyn Form] = &[&markdown::Form, &table::Form, &page::Form];
