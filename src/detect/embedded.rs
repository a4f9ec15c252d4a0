//! What the build script embeds: the built-in detectors, and the sieve over them. A run parses none, plans none and builds none.

use super::demand::Tier::{Narrow, Short, Wide};
use super::plan::Plan;
use super::rule::Rule;
use super::share::Try;
use super::shelf::Shelf;
use super::sieve::{Sieve, Standing};
use crate::model::{Category, Provider};

include!(concat!(env!("OUT_DIR"), "/sieve.rs"));

/// A file that the build script wrote.
macro_rules! made {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

/// Digest of what decides what the built-in detectors find.
pub(super) static DIGEST: &[u8] = made!("digest.bin");

/// Ids of the built-in detectors, one a line.
pub(super) static IDS: &str = include_str!(concat!(env!("OUT_DIR"), "/ids.txt"));

/// The detectors without their examples, each with its plan without anchors.
pub(super) fn rules() -> Shelf<Rule> {
    Shelf::packed(made!("rules.bin"))
}

/// What to try at each anchor of the sieve.
pub(super) fn tries() -> Shelf<Vec<Try>> {
    Shelf::packed(made!("tries.bin"))
}

/// The sieve over the anchors that the detectors share.
pub(super) fn sieve() -> Sieve {
    Sieve::made(
        TABLES.each_ref().map(|table| (&table[..]).into()),
        (&SLOTS[..]).into(),
        (&PLACES[..]).into(),
        Shelf::packed(made!("anchors.bin")),
    )
}

/// What kind of service each provider is.
pub(super) fn providers() -> Vec<(String, Category)> {
    postcard::from_bytes(made!("providers.bin")).expect("the build script wrote it")
}

/// The detectors' whole plans, in the same order, for when others join them.
pub(super) fn plans() -> Vec<Plan> {
    postcard::from_bytes(made!("plans.bin")).expect("the build script wrote it")
}

/// The detectors with their examples.
pub(super) fn full() -> Vec<Provider> {
    postcard::from_bytes(made!("full.bin")).expect("the build script wrote it")
}
