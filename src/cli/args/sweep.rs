//! What can be typed of `keysweep sweep` and `keysweep worker`.

use super::{EXIT_CODES, gate, size};
use crate::model::Gate;
use crate::report::ALL;
use crate::sweep::Shard;
use clap::builder::PossibleValuesParser;
use clap::{Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Sweep the repositories of an organisation, and report what changed since the last time.
///
/// Lists repositories, fetches them into mirrors, scans what is new, joins the whole with the inventory, and says what is new, gone, rotated, newly
/// shadow or expiring. A sweep that is stopped or killed is taken up by the next one. Tokens are read from the environment (GITHUB_TOKEN, GITLAB_TOKEN,
/// GITEA_TOKEN, FORGEJO_TOKEN, BITBUCKET_TOKEN, AZURE_DEVOPS_TOKEN) or from --token-command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Sweep {
    #[command(subcommand)]
    pub command: Option<SweepCommand>,
    /// Repositories of an organisation, group, workspace or user: KIND:[HOST/]NAME, of github, gitlab, gitea, forgejo, bitbucket, bitbucket-dc, azure
    #[arg(long, value_name = "KIND:NAME", help_heading = "What to sweep")]
    pub org: Vec<String>,
    /// Repositories of a file: a URL a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What to sweep")]
    pub repos: Vec<PathBuf>,
    /// Clones in a folder, read where they are
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "What to sweep")]
    pub root: Vec<PathBuf>,
    /// Only repositories whose names match, such as `github.com/acme/pay-*`
    #[arg(long, value_name = "GLOB", help_heading = "What to sweep")]
    pub include: Vec<String>,
    /// No repositories whose names match
    #[arg(long, value_name = "GLOB", help_heading = "What to sweep")]
    pub exclude: Vec<String>,
    /// No archived repositories
    #[arg(long, help_heading = "What to sweep")]
    pub no_archived: bool,
    /// No forks
    #[arg(long, help_heading = "What to sweep")]
    pub no_forks: bool,
    /// Wikis too
    #[arg(long, help_heading = "What to sweep")]
    pub wikis: bool,
    /// All refs, those of proposed changes too
    #[arg(long, help_heading = "What to sweep")]
    pub all_refs: bool,
    /// A program that prints a token; it is given the kind and the host of the forge
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName, help_heading = "What to sweep")]
    pub token_command: Option<PathBuf>,
    /// Only a part of the repositories, without a store: the I-th of N; `keysweep report` merges the reports
    #[arg(long, value_name = "I/N", value_parser = Shard::parse, conflicts_with = "store")]
    pub shard: Option<Shard>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub bench: Bench,
    /// Exports to join with, files or folders
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub inventory: Vec<PathBuf>,
    /// Only begin, wait and report: other machines work
    #[arg(long, conflicts_with = "shard")]
    pub no_work: bool,
    /// Format of a report of everything; repeat with `-o` for several
    #[arg(short, long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(ALL.iter().map(|r| r.id())), help_heading = "What is reported")]
    pub format: Vec<String>,
    /// File of a report, in the order of `--format`; `-` or none is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is reported")]
    pub output: Vec<PathBuf>,
    /// What ends within so many days is expiring
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650), help_heading = "What is reported")]
    pub within: u32,
    /// File for the changes, one JSON object a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is reported")]
    pub changes: Option<PathBuf>,
    /// File for metrics as Prometheus reads them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is reported")]
    pub metrics: Option<PathBuf>,
    /// When to exit with 1: any, new, high, shadow, policy, never, a verdict or a flag; several with commas [default: new]
    #[arg(long, value_name = "GATE", value_delimiter = ',', value_parser = gate, help_heading = "What is reported")]
    pub fail_on: Vec<Gate>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SweepCommand {
    /// Say how far the last sweep is, and what it could not read
    Status {
        /// Where sweeps are kept: a file, or postgres://USER@HOST/DATABASE [default: sweep.db in this user's state folder]
        #[arg(long, value_name = "STORE")]
        store: Option<String>,
        /// One JSON object
        #[arg(long, conflicts_with = "prometheus")]
        json: bool,
        /// Metrics as Prometheus reads them
        #[arg(long)]
        prometheus: bool,
    },
}

/// Work on sweeps that another machine began.
///
/// Takes repositories from the store one by one until it is stopped; what is begun is ended first. It must be the same keysweep with the same configuration.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Worker {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub bench: Bench,
    /// End when nothing is left to do
    #[arg(long)]
    pub once: bool,
    /// All refs, those of proposed changes too
    #[arg(long)]
    pub all_refs: bool,
    /// Forges whose tokens are in the environment, as for `keysweep sweep`
    #[arg(long, value_name = "KIND:NAME")]
    pub org: Vec<String>,
    /// A program that prints a token; it is given the kind and the host of the forge
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub token_command: Option<PathBuf>,
}

// Where and how repositories are worked on. A doc comment would be taken for the help of the command it is flattened into.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Place {
    /// Where sweeps are kept: a file, or postgres://USER@HOST/DATABASE [default: sweep.db in this user's state folder, or KEYSWEEP_STORE]
    #[arg(long, value_name = "STORE", help_heading = "How to work")]
    pub store: Option<String>,
    /// Folder of the mirrors [default: in this user's cache folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "How to work")]
    pub cache: Option<PathBuf>,
    /// Most that mirrors may take on disk; those not used for longest go first
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "200GB", help_heading = "How to work")]
    pub max_cache: u64,
    /// Largest repository that is fetched
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "20GB", help_heading = "How to work")]
    pub max_repository: u64,
    /// Longest time that fetching one repository may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..), help_heading = "How to work")]
    pub fetch_time: u64,
    /// Repositories that are worked on at a time [default: one a core]
    #[arg(short = 'w', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "How to work")]
    pub workers: Option<u16>,
    /// Seconds between two signs of life of a worker; after three without one, its work is given to another
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600), help_heading = "How to work")]
    pub heartbeat: u64,
    /// How often a repository is tried whose worker ended, or that could not be fetched
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..), help_heading = "How to work")]
    pub attempts: u16,
    /// Tell of each repository on standard error
    #[arg(long, value_name = "HOW", help_heading = "How to work")]
    pub log: Option<Log>,
    /// No progress and no notes on standard error
    #[arg(short, long, help_heading = "How to work")]
    pub quiet: bool,
}

// What decides what is found; no doc comment, as above.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Bench {
    /// Configuration [default: keysweep.toml, found upward from here]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Accepted credentials
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Key of the fingerprints [default: `org.key` beside the exports, else this user's]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// Threads of one scan [default: one a core]
    #[arg(short = 'j', long, value_name = "N")]
    pub threads: Option<usize>,
}

/// How each repository is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Log {
    /// A line
    Text,
    /// A JSON object a line
    Json,
}
