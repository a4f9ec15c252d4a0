//! Where bytes come from: packs, loose objects, the index, files, archives, standard input. Knows nothing of detectors.

pub mod archive;
pub mod files;
pub mod history;
pub mod hooks;
mod mmap;

pub use mmap::{Bytes, open_regular};
