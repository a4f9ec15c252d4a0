//! Reading lists that owners filled in, journals of decisions, former reports and answers of secret stores: no panic, whatever they hold.
#![no_main]

use keysweep::inventory::{secret, secrets};
use keysweep::review::{FORMS, Former, Journal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Former::parse(bytes);
    let text = String::from_utf8_lossy(bytes);
    for form in FORMS {
        let _ = form.read(&text);
    }
    let _ = Journal::parse(&text);
    secret(&text, Some("kv/a"));
    if let Ok(mut value) = serde_json::from_slice(bytes) {
        secrets(&mut value, None);
    }
});
