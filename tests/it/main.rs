//! What keysweep does, as a user sees it. One binary, so that there is one link.

#![allow(clippy::unwrap_used)]

mod archives;
mod detectors;
mod history;
mod hostile;
mod packing;
mod places;
mod sarif;
mod support;
mod tidy;
