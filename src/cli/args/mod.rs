//! What can be typed. Help texts are part of the product: read them as a user would.

mod report;
mod repository;
mod sweep;

use crate::model::{Confidence, GATES, Gate, Redaction};
use crate::{report as formats, review};
use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
pub(super) use report::Report;
pub(super) use repository::{Baseline, BaselineScan, Forge, Hook, HookPlace, Init, Stage};
use std::path::PathBuf;
pub(super) use sweep::{Bench, Log, Place, Sweep, SweepCommand, Worker};

const EXIT_CODES: &str = "Exit codes: 0 nothing at or above the gate; 1 the gate fired; 2 wrong usage or configuration; 3 something could not be read \
(see `skipped`) and the gate did not fire.";

/// Finds credentials that have sprawled through git history, IaC and CI configs, and says whose they are.
#[derive(Debug, Parser)]
#[command(name = "keysweep", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
}

// A command whose arguments have a doc comment has none here, where it would take the place of theirs.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Scan(Box<Scan>),
    /// List, show, test and import detectors
    #[command(subcommand)]
    Detectors(Detectors),
    /// Read the organisation's inventory: what is understood, what it covers, what changed
    #[command(subcommand)]
    Inventory(Box<Inventory>),
    /// Accept what is there already, for a reason and until a day, so that only new credentials count
    #[command(subcommand)]
    Baseline(Box<Baseline>),
    /// Set a repository up: a configuration with everything explained, hooks, a pipeline
    Init(Init),
    /// Look at every commit before it is made, and at every push
    #[command(subcommand)]
    Hook(Hook),
    Sweep(Box<Sweep>),
    Worker(Box<Worker>),
    Report(Box<Report>),
    Review(Review),
    /// Test the policy of the configuration
    #[command(subcommand)]
    Policy(Policy),
    Explain(Explain),
    /// List the formats that are read by structure, or try them on files
    Formats {
        /// Files and folders to try: how many files of each format are read to the end, and what stops the others
        #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
        /// Largest file that is read, such as 512MB
        #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64MB")]
        max_size: u64,
        /// One JSON object a format
        #[arg(long)]
        json: bool,
    },
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
#[derive(Debug, Default, Parser)]
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
    /// What is about to be pushed, instead of the history: for the hook
    #[arg(skip)]
    pub outgoing: Option<crate::engine::Outgoing>,
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
    #[arg(short, long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(formats::ALL.iter().map(|r| r.id())))]
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
    /// Accepted credentials, or a former JSON report to compare with [default: keysweep.baseline, found upward from the first target]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Compare with nothing, whatever the configuration says and wherever a baseline is
    #[arg(long, conflicts_with = "baseline")]
    pub no_baseline: bool,
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

/// Tell why, in sentences.
///
/// Of a file or one line of it: for each value beside a name such as `password` or `api_key`, whether it is reported, how likely it is a credential,
/// and what that rests on; values that detectors match are listed too. Of a verdict, a flag or a detector: what it means and what to do. With --report,
/// of an identity or a finding of that report: what it is, why its verdict and flags hold, and what inventory would tell more.
#[derive(Debug, Parser)]
pub(super) struct Explain {
    /// FILE, FILE:LINE, a folder, a verdict, a flag or a detector; with --report an id, a principal or PATH[:LINE]
    #[arg(required = true, value_name = "WHAT", value_hint = ValueHint::AnyPath)]
    pub what: Vec<String>,
    /// JSON report of `keysweep scan` to look into
    #[arg(long, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Of values in files: one JSON object each, with all features
    #[arg(long, conflicts_with = "report")]
    pub json: bool,
}

/// Write lists for owners to decide on, and read their decisions back.
///
/// One list an owner, as Markdown, CSV and HTML: each identity with its use, age, evidence and a proposed decision. Owners tick a box or fill in the
/// column `decision`: keep, rotate, revoke, transfer or remove. Run it again, with the lists filled in: the decisions are kept with their date in
/// `decisions.jsonl`, and the lists are written anew from the report.
#[derive(Debug, clap::Args)]
pub(super) struct Review {
    /// JSON report of `keysweep scan --inventory`
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub report: PathBuf,
    /// Folder of the lists and the decisions
    #[arg(short, long, value_name = "DIR", default_value = "review", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,
    /// Forms of the lists [default: all]
    #[arg(short, long, value_name = "FORM", value_delimiter = ',', value_parser = PossibleValuesParser::new(review::FORMS.iter().map(|f| f.id())))]
    pub format: Vec<String>,
    /// Lists that came back by other ways than the folder, files or folders
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub returned: Vec<PathBuf>,
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
pub(super) enum Inventory {
    /// List the exports that are understood, with the command that makes each
    Formats {
        /// Only these kinds, or those of these providers
        names: Vec<String>,
        /// One JSON object a kind
        #[arg(long)]
        json: bool,
    },
    /// Read exports and say what they cover, what they lack, and what in them could not be read
    Coverage {
        #[command(flatten)]
        exports: Exports,
        /// One JSON object with everything
        #[arg(long)]
        json: bool,
    },
    /// List the identities that exports know
    List {
        #[command(flatten)]
        exports: Exports,
        /// Only of these providers
        #[arg(long, value_name = "SLUG", value_delimiter = ',')]
        provider: Vec<String>,
    },
    /// Show all that exports say of one identity, and which of them says it
    Show {
        /// An id, a name or a join key of it, such as an access key id or an ARN
        id: String,
        #[command(flatten)]
        exports: Exports,
    },
    /// Write the records of exports in one shape, `nhi.inventory/1`, a JSON object a line
    ///
    /// Raw secrets in exports become keyed fingerprints, so the result can be kept and shared where the exports cannot.
    Import {
        #[command(flatten)]
        exports: Exports,
        /// File for the records, made for you alone (mode 0600); `-` or none is standard output
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Make keyed fingerprints of secrets, so that a vault can be joined with and not be shown
    ///
    /// Reads standard input: the JSON of `vault kv get -format=json`, `kubectl get secrets -o json`, Secrets Manager, Parameter Store or Key Vault,
    /// any other JSON (each text in it is a secret), or one raw secret. Writes a JSON object a secret: its path and fingerprint, never the secret.
    Fingerprint(Fingerprint),
    /// Find out how a source makes its digest of a secret, from one secret you know
    ///
    /// Reads the secret from standard input. Prints the table for keysweep.toml that makes the field a join key.
    Calibrate(Calibrate),
    /// Say what changed between two days: new, gone, rotated, newly shadow, newly expiring
    Diff {
        /// Exports (a file or folder) or a JSON report of the day before
        #[arg(value_hint = ValueHint::AnyPath)]
        old: PathBuf,
        /// The same of the day after
        #[arg(value_hint = ValueHint::AnyPath)]
        new: PathBuf,
        /// What ends within so many days is expiring
        #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
        within: u32,
        /// One JSON object a change
        #[arg(long)]
        json: bool,
        /// Configuration [default: keysweep.toml, found upward from here]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        org: Option<PathBuf>,
    },
}

/// Exports, and what is needed to read them.
#[derive(Debug, clap::Args)]
pub(super) struct Exports {
    /// Exports, files or folders; formats are recognised, not declared
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Configuration [default: keysweep.toml, found upward from here]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub org: Option<PathBuf>,
    /// Key of the fingerprints [default: `org.key` beside the exports, else this user's]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
}

/// See [`Inventory::Fingerprint`].
#[derive(Debug, clap::Args)]
pub(super) struct Fingerprint {
    /// Where the entry lies in its store, for input that does not say it: `kv/app/db`
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// Name of the store, kept with each fingerprint
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Each line of the input is a secret
    #[arg(long, conflicts_with = "digests")]
    pub lines: bool,
    /// Each line of the input is a path and the SHA-256 of a secret in hexadecimal, made where the secret is
    #[arg(long)]
    pub digests: bool,
    /// Key of the fingerprints, 64 hexadecimal digits in a file [default: this user's]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
}

/// See [`Inventory::Calibrate`].
#[derive(Debug, clap::Args)]
pub(super) struct Calibrate {
    /// An export that has the secret's record
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "digest", requires = "record")]
    pub from: Option<PathBuf>,
    /// Id of the record, as the export has it
    #[arg(long, value_name = "ID")]
    pub record: Option<String>,
    /// The digest itself, instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["from", "record"])]
    pub digest: Option<String>,
    /// The provider whose records have it
    #[arg(long, value_name = "SLUG")]
    pub provider: Option<String>,
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

pub(super) fn gate(text: &str) -> Result<Gate, String> {
    let own = || GATES.iter().map(|(name, _, says)| format!("{name} ({says})")).collect::<Vec<_>>().join(", ");
    Gate::named(text).ok_or_else(|| format!("a gate is one of {}, or the name of a verdict or a flag, such as residue or orphaned", own()))
}

fn size(text: &str) -> Result<u64, String> {
    crate::config::parse_size(text).ok_or_else(|| "a size is a number with a unit, such as 512MB or 2GiB".to_owned())
}
