//! Unpacking any bytes: no panic, and no more members and bytes than the limits allow.
#![no_main]

use keysweep::source::archive::{Limits, unpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { depth: 3, members: 100, member_bytes: 1 << 16, total_bytes: 1 << 20, ratio: 100 };
    let mut members = 0;
    unpack(bytes, &limits, &mut |_, content| {
        members += 1;
        assert!(content.len() as u64 <= limits.member_bytes);
    });
    assert!(members <= limits.members);
});
