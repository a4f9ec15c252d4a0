//! Any JSON report read back, merged with itself and put in order: no panic.
#![no_main]

use keysweep::model::Report;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut report) = serde_json::from_slice::<Report>(bytes) else { return };
    report.revive(&|_| None, &BTreeMap::new());
    let again = report.clone();
    report.merge(again);
    report.settle();
    let _ = serde_json::to_vec(&report);
});
