//! What keysweep does, as a user sees it. One binary, so that there is one link.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod accuracy;
mod action;
mod archives;
mod baseline;
mod cli;
mod config;
mod detectors;
mod formats;
mod groups;
mod history;
mod hook;
mod hostile;
mod import;
mod init;
mod inventory;
mod join;
mod keys;
mod packing;
mod pipelines;
mod places;
mod policy;
mod review;
mod sarif;
mod schemas;
mod staged;
mod support;
mod sweep;
mod tidy;
mod windowed;
