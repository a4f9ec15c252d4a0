//! Lists of repositories, pages of forges and what is remembered: no panic, and no repository at another address than was listed.
#![no_main]

use keysweep::engine::Memory;
use keysweep::sweep::{Choice, forge, read_list};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Memory::read(bytes, &[0; 32]);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let all = Choice { most_bytes: u64::MAX, ..Choice::default() };
    for target in read_list(text, "list", &all).targets {
        assert!(text.contains(&target.url) && !target.url.starts_with("ext::"));
    }
    let _ = forge::Owner::parse(text);
    if let Ok(page) = serde_json::from_str(text) {
        for forge in forge::ALL {
            let _ = forge.read(&page, "host");
        }
    }
});
