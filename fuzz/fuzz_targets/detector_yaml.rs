//! Reading and compiling any detector file: no panic.
#![no_main]

use keysweep::detect::{Library, Scanner, expand_template, parse_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(provider) = parse_file(text) else { return };
    let examples: Vec<String> = provider.detectors.iter().flat_map(|d| d.examples.clone()).collect();
    let Ok(library) = Library::only(vec![provider]) else { return };
    for example in examples.iter().filter_map(|e| expand_template(e, "fuzz").ok()) {
        Scanner::new(&library, 1).whole(example.as_bytes());
    }
});
