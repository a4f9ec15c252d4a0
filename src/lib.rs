//! Finds credentials that have sprawled through git history, IaC and CI configs, and says whose they are.
//!
//! A run is one pass through stages. Each has one module, one main type, and knows nothing of the stages after it.
//!
//! | stage     | module      | makes                                | and must never                           |
//! |-----------|-------------|--------------------------------------|------------------------------------------|
//! | source    | [`source`]  | bytes, and where they stand          | know a detector                          |
//! | candidate | [`detect`]  | [`detect::Candidate`] from bytes     | do I/O, or know a path                   |
//! | finding   | [`engine`]  | [`model::Finding`], one a value      | drop anything without a [`model::Skipped`] |
//! | report    | [`report`]  | text, JSON, SARIF and others          | show a secret unless asked               |
//!
//! To add a detector, write one file in `detectors/`. `ARCHITECTURE.md` has the reasons and the rules.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod cli;
pub mod config;
pub mod correlate;
pub mod detect;
pub mod engine;
pub mod extract;
pub mod import;
pub mod inventory;
pub mod model;
pub mod report;
pub mod review;
pub mod source;
pub mod store;
pub mod sweep;
