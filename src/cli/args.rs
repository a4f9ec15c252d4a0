//! What can be typed. Help texts are part of the product: read them as a user would.

use crate::model::{Confidence, GATES, Gate, Redaction};
use crate::report;
use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes: 0 nothing at or above the gate; 1 the gate fired; 2 wrong usage or configuration; 3 something could not be read \
(see `skipped`) and the gate did not fire.";

/// Finds credentials that have sprawled through git history, IaC and CI configs, and says whose they are.
#[derive(Debug, Parser)]
#[command(name = "keysweep", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan files and git history for credentials
    Scan(Box<Scan>),
    /// List, show, test and import detectors
    #[command(subcommand)]
    Detectors(Detectors),
    /// Test the policy of the configuration
    #[command(subcommand)]
    Policy(Policy),
    /// Tell why values in files are or are not reported
    Explain(Explain),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page a command into a folder
    Man {
        /// Folder for the pages
        #[arg(value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
}

/// Scan files and git history for credentials.
///
/// A folder is scanned with all repositories in it: the files as they are, and every blob reachable from any ref, each once. Nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Scan {
    /// Files, folders, repositories (bare too), or `-` for standard input
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub targets: Vec<PathBuf>,
    /// What of git to read: `full`, `none` (files alone), or a range `A..B`
    #[arg(long, value_name = "full|none|A..B")]
    pub history: Option<String>,
    /// Only what commits that are not in REF brought (`REF..HEAD`)
    #[arg(long, value_name = "REF", conflicts_with_all = ["history", "staged"])]
    pub since: Option<String>,
    /// Only what the index would commit
    #[arg(long, conflicts_with = "history")]
    pub staged: bool,
    /// Also blobs that no ref reaches
    #[arg(long)]
    pub unreachable: bool,
    /// Configuration [default: keysweep.toml, found upward from the first target]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub org: Option<PathBuf>,
    /// Exports to join with, files or folders; formats are recognised, not declared
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub inventory: Vec<PathBuf>,
    /// Format of a report; repeat with `-o` for several [default: text]
    #[arg(short, long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(report::ALL.iter().map(|r| r.id())))]
    pub format: Vec<String>,
    /// File of a report, in the order of `--format`; `-` or none is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
    /// Least confidence that is reported [default: medium]
    #[arg(long, value_name = "LEVEL")]
    pub confidence: Option<Level>,
    /// When to exit with 1: any, new, high, shadow, policy, never, a verdict or a flag; several with commas [default: any]
    #[arg(long, value_name = "GATE", value_delimiter = ',', value_parser = gate)]
    pub fail_on: Vec<Gate>,
    /// How much of a value reports show [default: partial]
    #[arg(long, value_name = "HOW")]
    pub redact: Option<Redact>,
    /// Key of the fingerprints, 64 hexadecimal digits in a file [default: `org.key` beside the exports, else a random one, kept for this user]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// Largest file or object that is read, such as 512MB [default: 2GiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<u64>,
    /// Threads [default: one a core]
    #[arg(short = 'j', long, value_name = "N")]
    pub threads: Option<usize>,
    /// One line a finding instead of a block
    #[arg(long)]
    pub short: bool,
    /// No progress and no summary on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

/// Tell why values in files are or are not reported.
///
/// For each value beside a name such as `password` or `api_key`: whether it is reported, how likely it is a credential, and what that rests on.
/// Values that detectors match are listed too. The rest of a scan (configuration, baseline, history) plays no part.
#[derive(Debug, Parser)]
pub(super) struct Explain {
    /// A file, a folder, or one line of a file
    #[arg(required = true, value_name = "FILE[:LINE]", value_hint = ValueHint::AnyPath)]
    pub places: Vec<String>,
    /// One JSON object a value, with all its features
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Detectors {
    /// List all detectors
    List {
        /// Only of these providers
        providers: Vec<String>,
    },
    /// Show a detector, or all of a provider, with examples
    Show {
        /// Id of a detector, or a provider
        id: String,
    },
    /// Run the examples of detectors against them
    Test {
        /// Detector files; without any, those built into this binary, not files on disk
        #[arg(value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
    /// Make detectors of the rules of other scanners
    ///
    /// Reads rule files of gitleaks v8 and betterleaks v2 (TOML) and of Kingfisher 1.x (YAML); which of them a file is of is told by its content.
    /// What was carried, what was lost and what was not carried is reported on standard error.
    Import {
        /// Rule files; those whose rules refer to one another belong together
        #[arg(required = true, value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
        /// Folder for the detector files, one for each rule file; without it, that of a single rule file goes to standard output
        #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Run the examples of a policy (`[[policy.test]]`) against it
    Test {
        /// Configuration [default: keysweep.toml, found upward from here]
        #[arg(value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
}

/// Confidence on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    Low,
    Medium,
    High,
}

impl From<Level> for Confidence {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
        }
    }
}

/// Redaction on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Redact {
    /// Nothing of the value
    Full,
    /// A few characters of it
    Partial,
    /// The value itself; refused unless standard output is a terminal or the report a file
    None,
}

impl From<Redact> for Redaction {
    fn from(redact: Redact) -> Self {
        match redact {
            Redact::Full => Self::Full,
            Redact::Partial => Self::Partial,
            Redact::None => Self::None,
        }
    }
}

fn gate(text: &str) -> Result<Gate, String> {
    let own = || GATES.iter().map(|(name, _, says)| format!("{name} ({says})")).collect::<Vec<_>>().join(", ");
    Gate::named(text).ok_or_else(|| format!("a gate is one of {}, or the name of a verdict or a flag, such as residue or orphaned", own()))
}

fn size(text: &str) -> Result<u64, String> {
    crate::config::parse_size(text).ok_or_else(|| "a size is a number with a unit, such as 512MB or 2GiB".to_owned())
}
