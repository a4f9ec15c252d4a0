//! The command line: what was typed becomes options for the stages, and their result an exit code.

mod accepted;
mod args;
mod baseline;
mod changes;
mod detectors;
mod exit;
mod explain;
mod exports;
mod formats;
mod hook;
mod import;
mod init;
mod inventory;
mod key;
mod output;
mod policy;
mod progress;
mod push;
mod report;
mod reports;
mod review;
mod scan;
mod shell;
mod suppressions;
mod sweep;

use args::{Args, Command};
use clap::Parser;
pub use exit::Exit;
use std::ffi::OsString;

/// Runs the command line and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(e) => {
            let code = if e.use_stderr() { Exit::Usage } else { Exit::Clean };
            // Nothing is left to be done when even the help cannot be written.
            let _ = e.print();
            return code;
        }
    };
    let done = match args.command {
        Command::Scan(scan) => scan::run(*scan),
        Command::Detectors(command) => detectors::run(command),
        Command::Inventory(command) => inventory::run(*command),
        Command::Policy(command) => policy::run(command),
        Command::Baseline(command) => baseline::run(*command),
        Command::Init(args) => init::run(&args),
        Command::Hook(command) => hook::run(command),
        Command::Sweep(args) => sweep::run(&args),
        Command::Worker(args) => sweep::worker(&args),
        Command::Report(args) => report::run(&args),
        Command::Review(command) => review::run(&command),
        Command::Explain(command) => explain::run(&command),
        Command::Formats { paths, max_size, json } => formats::run(&paths, max_size, json),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { folder } => shell::man(folder.as_deref()),
    };
    done.unwrap_or_else(|error| {
        if output::is_broken_pipe(&error) {
            return Exit::Clean;
        }
        output::error(&error);
        Exit::Usage
    })
}
