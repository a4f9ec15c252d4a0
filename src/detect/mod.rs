//! From bytes to candidates: the sieve finds anchors, patterns decide, guards and proofs weigh.
//!
//! Everything here is a function of bytes alone; paths, commits and refs are applied to findings later. No I/O, no clock.

mod anchor;
mod before;
mod byte_set;
mod common;
mod decode;
mod demand;
mod embedded;
mod except;
mod generic;
mod guard;
mod hit;
pub mod keys;
mod library;
mod line;
mod pattern;
mod placeholder;
mod plan;
mod proof;
mod rule;
mod scanner;
mod seen;
mod selftest;
mod share;
mod shelf;
mod sieve;
mod template;
mod trial;
mod utf16;

pub use generic::{Features, Judged, Judgement, confidence as generic_confidence, explain as explain_generic};
pub use hit::{Candidate, Hit};
pub use library::{Library, LoadError, check, full as builtin_with_examples, is_builtin, parse_file};
pub use scanner::Scanner;
pub use seen::{Known, Seen};
pub use selftest::{Fault, test_examples};
pub use template::expand as expand_template;
pub use utf16::{Utf16, sniff as sniff_utf16, transcode as transcode_utf16};
