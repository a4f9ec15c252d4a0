//! Reading any configuration: no panic, and an error can be shown.
#![no_main]

use keysweep::config::{Config, Origin};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| {
    for origin in [Origin::Found, Origin::Named] {
        if let Err(e) = Config::parse(text, Path::new("fuzz.toml"), origin) {
            assert!(!e.to_string().is_empty());
        }
    }
});
