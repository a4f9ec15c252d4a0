//! Transcoding any UTF-16: valid UTF-8, and origins that never go back.
#![no_main]

use keysweep::detect::{sniff_utf16, transcode_utf16};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(layout) = sniff_utf16(bytes) else { return };
    let text = transcode_utf16(bytes, layout);
    assert!(std::str::from_utf8(&text.text).is_ok());
    let mut last = 0;
    for offset in (0..=text.text.len()).step_by(7) {
        let origin = text.origin(offset);
        assert!(origin >= last && origin <= bytes.len());
        last = origin;
    }
});
