//! Reading an inline allow from any line: no panic, and a bounded reason without control characters.
#![no_main]

use keysweep::config::inline_allow;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    if let Some(allow) = inline_allow(line) {
        assert!(allow.reason.chars().count() <= 200 && !allow.reason.contains(char::is_control));
    }
});
