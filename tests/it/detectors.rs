//! The built-in detectors against their own examples.

use keysweep::detect::{Library, builtin_with_examples, test_examples};

#[test]
fn every_detector_finds_its_examples_and_nothing_else() {
    let faults = test_examples(&builtin_with_examples(), &Library::builtin());
    assert!(faults.is_empty(), "{faults:#?}");
}
