//! Arguments of what is set up in a repository: baseline, hooks, configuration and pipeline.

use super::Level;
use clap::{Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Baseline {
    /// Scan, and accept what is found and not accepted yet
    ///
    /// Entries name values, not places: they hold wherever a value is moved to. Those that have expired are accepted anew; the others stay as they are.
    Update {
        #[command(flatten)]
        common: BaselineScan,
        /// Why the credentials are acceptable
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who answers for accepting them: an address or a team
        #[arg(long, value_name = "WHO")]
        owner: String,
        /// Day from which on they no longer are, such as 2027-01-01
        #[arg(long, value_name = "DATE")]
        expires: String,
        /// Accept only what these files of other scanners name: .gitleaksignore, .betterleaksignore, .secrets.baseline
        #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
        import: Vec<PathBuf>,
        /// Least confidence that is accepted [default: the configuration's, else medium]
        #[arg(long, value_name = "LEVEL")]
        confidence: Option<Level>,
    },
    /// Scan, and drop the entries of credentials that are nowhere any more
    Prune {
        #[command(flatten)]
        common: BaselineScan,
        /// Drop expired entries too
        #[arg(long)]
        expired: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Hook {
    /// Put keysweep into the hooks of a repository
    ///
    /// A hook that is there stays and is run after keysweep. core.hooksPath is followed; with husky, its scripts are those in .husky. Run it again to bring
    /// the hooks up to date.
    Install(HookPlace),
    /// Take keysweep out of the hooks; what else is in them stays
    Uninstall(HookPlace),
    /// Look at what git is about to do, and tell what stops it: what the hooks call
    Run {
        /// What git is about to do; before a push, the names of refs stand on standard input as git gives them
        #[arg(long, value_enum, default_value_t)]
        stage: Stage,
        /// Configuration [default: keysweep.toml, found upward from here]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        org: Option<PathBuf>,
        /// What git gives its hook: before a push, name and address of the remote
        #[arg(value_name = "ARGUMENT")]
        given: Vec<String>,
    },
}

/// Set a repository up: a configuration with everything explained, hooks, a pipeline.
///
/// On a terminal it asks for what was not said; elsewhere it writes the configuration and what was named. What is there already stays as it is.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Init {
    /// The repository's folder
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Install the hooks before commits and pushes
    #[arg(long)]
    pub hook: bool,
    /// Install no hooks, and do not ask
    #[arg(long, conflicts_with = "hook")]
    pub no_hook: bool,
    /// Write a pipeline for a forge
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FORGE")]
    pub workflow: Vec<Forge>,
    /// Answer yes to every question
    #[arg(long, short)]
    pub yes: bool,
}

/// Where a pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Forge {
    /// GitHub Actions: .github/workflows/keysweep.yml
    Github,
    /// GitLab CI: .gitlab/keysweep.yml
    Gitlab,
}

impl Forge {
    /// As people call it.
    pub(in crate::cli) fn title(self) -> &'static str {
        match self {
            Self::Github => "GitHub Actions",
            Self::Gitlab => "GitLab CI",
        }
    }
}

/// Where hooks belong.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct HookPlace {
    /// A folder of the repository
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Which hooks [default: both]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub stage: Vec<Stage>,
    /// Folder of the hooks, where git's own choice is not meant
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub hooks: Option<PathBuf>,
}

/// What a hook stands before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum Stage {
    /// Before a commit: what the index would commit
    #[default]
    PreCommit,
    /// Before a push: what commits bring that the remote has not
    PrePush,
}

/// What is scanned for a baseline.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BaselineScan {
    /// What is scanned, with its full history
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub targets: Vec<PathBuf>,
    /// The baseline [default: the configuration's, else keysweep.baseline, found upward from the first target, else made there]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Configuration [default: keysweep.toml, found upward from the first target]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub org: Option<PathBuf>,
    /// No progress and no summary on standard error
    #[arg(short, long)]
    pub quiet: bool,
}
