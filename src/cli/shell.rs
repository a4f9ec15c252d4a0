//! Completion scripts and manual pages, made from the command line's own description.

use super::args::Args;
use super::exit::Exit;
use anyhow::{Context, Result};
use clap::CommandFactory;
use std::io;
use std::path::Path;

/// Prints a completion script.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "keysweep", &mut script);
    io::Write::write_all(&mut io::stdout(), &script)?;
    Ok(Exit::Clean)
}

/// Prints the manual page, or writes one a command.
pub(super) fn man(folder: Option<&Path>) -> Result<Exit> {
    match folder {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut page)?;
            io::Write::write_all(&mut io::stdout(), &page)?;
        }
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            clap_mangen::generate_to(Args::command(), folder).with_context(|| format!("cannot write to {}", folder.display()))?;
        }
    }
    Ok(Exit::Clean)
}
