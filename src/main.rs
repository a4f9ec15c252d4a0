//! Parse, run, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    keysweep::cli::run(std::env::args_os()).into()
}
