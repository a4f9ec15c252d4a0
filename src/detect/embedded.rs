//! The sieve of the built-in detectors, as the build script made it: a run builds none.

use super::anchor::Anchor;
use super::sieve::{Sieve, Standing};

include!(concat!(env!("OUT_DIR"), "/sieve.rs"));

/// The sieve over the anchors that the build script embedded beside it.
pub(super) fn sieve(anchors: Vec<Anchor>) -> Sieve {
    Sieve::made((&TABLE[..]).into(), (&SLOTS[..]).into(), (&PLACES[..]).into(), anchors)
}
