//! Reading any export: no panic, whatever its name and content.
#![no_main]

use keysweep::inventory::{Export, Given, read};
use keysweep::model::ExportRules;
use libfuzzer_sys::fuzz_target;
use std::io::Read;

/// Endings that decide how an export is read.
const NAMES: [&str; 5] = ["a.json", "a.csv", "a.yaml", "a.jsonl", "a.json.gz"];

fuzz_target!(|input: (u8, Vec<u8>)| {
    let name = NAMES[usize::from(input.0) % NAMES.len()];
    let open = || Ok(Box::new(&input.1[..]) as Box<dyn Read>);
    read(&[Export { path: name.to_owned(), open: Box::new(open) }], &Given { key: &[0; 32], rules: &ExportRules::default() });
});
