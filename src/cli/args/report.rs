//! What can be typed of `keysweep report`.

use super::{EXIT_CODES, gate};
use crate::model::Gate;
use crate::report::ALL;
use clap::ValueHint;
use clap::builder::PossibleValuesParser;
use std::path::PathBuf;

/// Merge JSON reports, write them in other formats, or say what changed since a former one.
///
/// Several reports become one: a credential is one finding with the places of all, an identity is as urgent as the most urgent report has it. Reports of
/// `keysweep sweep --shard` carry what joining needs, so that with them the whole is joined with --inventory anew. No report carries the lines around a finding.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Report {
    /// JSON reports
    #[arg(required_unless_present = "store", value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub reports: Vec<PathBuf>,
    /// The report of the last sweep in a store: a file, or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "STORE", conflicts_with = "reports")]
    pub store: Option<String>,
    /// Say what changed since this report instead: new, gone, rotated, newly shadow, newly expiring
    #[arg(long, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub since: Option<PathBuf>,
    /// With --since: what ends within so many days is expiring
    #[arg(long, value_name = "DAYS", default_value_t = 30, requires = "since", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub within: u32,
    /// With --since: one JSON object a change
    #[arg(long, requires = "since")]
    pub json: bool,
    /// Exports to join reports of shards with, files or folders
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub inventory: Vec<PathBuf>,
    /// Configuration [default: keysweep.toml, found upward from here]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub org: Option<PathBuf>,
    /// Key of the fingerprints [default: `org.key` beside the exports, else this user's]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// Format of a report; repeat with `-o` for several [default: text]
    #[arg(short, long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(ALL.iter().map(|r| r.id())), conflicts_with = "since")]
    pub format: Vec<String>,
    /// File of a report, in the order of `--format`; `-` or none is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
    /// When to exit with 1: any, new, high, shadow, policy, never, a verdict or a flag; several with commas [default: never]
    #[arg(long, value_name = "GATE", value_delimiter = ',', value_parser = gate)]
    pub fail_on: Vec<Gate>,
    /// One line a finding instead of a block
    #[arg(long)]
    pub short: bool,
}
