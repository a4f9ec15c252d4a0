//! Scanning any bytes: no panic, and every candidate lies inside them.
#![no_main]

use keysweep::detect::{Library, Scanner};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static LIBRARY: LazyLock<Library> = LazyLock::new(Library::builtin);

fuzz_target!(|bytes: &[u8]| {
    for hit in Scanner::new(&LIBRARY, 3).whole(bytes) {
        for candidate in hit.candidates.iter().flat_map(|c| c.iter()) {
            let (start, end) = hit.span(candidate);
            assert!(start < end && end <= bytes.len());
        }
    }
});
