//! What keysweep does, as a user sees it. One binary, so that there is one link.

#![allow(clippy::unwrap_used)]

mod detectors;
mod sarif;
