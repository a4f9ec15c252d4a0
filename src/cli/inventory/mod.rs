//! `keysweep inventory`: what exports are understood, what they say, and how a vault is joined with without being shown.

mod calibrate;
mod coverage;
mod diff;
mod fingerprint;
mod formats;
mod records;

use super::args::{Exports, Inventory};
use super::exit::Exit;
use super::exports::load;
use super::scan::configuration;
use crate::model::{ExportFile, Register};
use anyhow::Result;
use std::path::Path;

/// Runs a command on the inventory.
pub(super) fn run(command: Inventory) -> Result<Exit> {
    match command {
        Inventory::Formats { names, json } => formats::run(&names, json),
        Inventory::Coverage { exports, json } => coverage::run(&register(&exports)?, json),
        Inventory::List { exports, provider } => records::list(&register(&exports)?, &provider),
        Inventory::Show { id, exports } => records::show(&register(&exports)?, &id),
        Inventory::Import { exports, output } => records::import(&register(&exports)?, output.as_deref()),
        Inventory::Fingerprint(args) => fingerprint::run(&args),
        Inventory::Calibrate(args) => calibrate::run(&args),
        Inventory::Diff { old, new, within, json, org } => diff::run(&old, &new, within, json, org.as_deref()),
    }
}

/// How a command on exports ends: as incomplete where one was not read to its end or in part, or there was none.
fn ending<'f>(mut files: impl Iterator<Item = &'f ExportFile>) -> Exit {
    let is_sound = |f: &ExportFile| f.whole && f.unknown == 0;
    let all = files.next().is_some_and(is_sound) && files.all(is_sound);
    if all { Exit::Clean } else { Exit::Incomplete }
}

fn register(exports: &Exports) -> Result<Register> {
    let (config, _) = configuration(exports.org.as_deref(), Path::new("."))?;
    load(&exports.paths, exports.key.as_deref().or(config.key.as_deref()), &config.exports)
}
