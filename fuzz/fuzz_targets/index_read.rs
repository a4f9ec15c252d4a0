//! Reading any git index: no panic.
#![no_main]

use keysweep::source::history::staged;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a temporary folder"));

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(FOLDER.path().join("index"), bytes).expect("written");
    let _ = staged(&FOLDER.path().join("index"));
});
