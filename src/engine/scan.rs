//! One scan: what is asked for, and the run through its targets.

use super::findings::{Sighting, report};
use super::memory::Memory;
use super::structure::Structure;
use super::values::Values;
use super::{files, history};
use crate::detect::Library;
use crate::model::{Confidence, Origin, Redaction, Report, Skipped, Stats, Suppression, Timestamp};
use crate::source::archive;
use crate::source::history::{Opened, Repository, open};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file or folder.
    Path(PathBuf),
    /// The history of a repository under a name of its own: a bare clone, whose alternates may lie anywhere in `bounds`.
    Repository {
        /// Its folder.
        folder: PathBuf,
        /// Where it may borrow objects from.
        bounds: PathBuf,
        /// What reports call it.
        name: String,
    },
    /// Bytes that were read from standard input.
    Stdin(Vec<u8>),
}

/// How much of git's history to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum History {
    /// Every blob reachable from any ref, once.
    #[default]
    Full,
    /// No history: files alone.
    None,
    /// What commits in `to` and not in `from` changed; `to` is `HEAD` when empty.
    Range {
        /// What is known.
        from: String,
        /// What is new.
        to: String,
    },
    /// What commits would bring to a remote, as far as it is known here what that has.
    Outgoing(Outgoing),
    /// Only what the index would commit, instead of files and history.
    Staged,
}

/// What is about to be pushed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outgoing {
    /// Ids or names of the commits or tags that are pushed.
    pub tips: Vec<String>,
    /// Ids of what the remote has already; those that are not here are passed over.
    pub known: Vec<String>,
    /// Name of the remote: what `refs/remotes/NAME/` has is known too.
    pub remote: String,
}

/// What decides on what was found, apart from detectors: the user's configuration.
pub trait Counted: Sync {
    /// Whether a path is left out of the scan.
    fn excluded(&self, path: &str) -> bool;
    /// Whether the text of a line allows what was found on it.
    fn line(&self, line: &str, detector: &str) -> Option<Suppression>;
    /// Whether the configuration allows a value at a path.
    fn value(&self, detector: &str, id: &str, path: &str, value: &[u8]) -> Option<Suppression>;
}

/// Nothing is excluded, and nothing is allowed.
pub struct Everything;

impl Counted for Everything {
    fn excluded(&self, _: &str) -> bool {
        false
    }

    fn line(&self, _: &str, _: &str) -> Option<Suppression> {
        None
    }

    fn value(&self, _: &str, _: &str, _: &str, _: &[u8]) -> Option<Suppression> {
        None
    }
}

/// Told how the work goes on; called from several threads.
pub trait Progress: Sync {
    /// A stage begins, of `total` steps.
    fn begin(&self, stage: &str, total: u64);
    /// So many steps are done.
    fn advance(&self, steps: u64);
}

/// No progress shown.
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// How to scan.
pub struct Options<'o> {
    /// How much of git's history to read.
    pub history: History,
    /// The index to read for [`History::Staged`], where it is not the repository's own: git makes another for a commit of some files, and tells its hooks.
    pub index: Option<PathBuf>,
    /// Whether to scan blobs that no ref reaches too.
    pub unreachable: bool,
    /// Number of threads.
    pub threads: usize,
    /// Larger files and objects are skipped, in bytes.
    pub max_size: u64,
    /// How far archives are unpacked.
    pub archives: archive::Limits,
    /// How many encodings inside one another are undone.
    pub decode_depth: u8,
    /// How much of a secret is shown.
    pub redaction: Redaction,
    /// The key of fingerprints.
    pub key: [u8; 32],
    /// Findings below are only counted.
    pub confidence: Confidence,
    /// The user's exclusions and allows.
    pub counted: &'o dyn Counted,
    /// What earlier scans of the same repository found nothing in.
    pub memory: Option<&'o Memory>,
    /// Who is told of progress.
    pub progress: &'o dyn Progress,
}

/// Everything a scan has gathered so far.
#[derive(Default)]
pub(super) struct Gathered {
    pub values: Values,
    pub sightings: Vec<Sighting>,
    pub stats: Stats,
    pub skipped: Vec<Skipped>,
    pub structure: Structure,
    /// Where repositories were cloned from, by name.
    pub origins: BTreeMap<String, Origin>,
}

/// Scans the targets and reports.
pub fn scan(targets: &[Target], library: &Library, options: &Options<'_>, clock: &dyn Fn() -> Timestamp) -> Report {
    let (started, watch) = (clock(), Instant::now());
    let mut gathered = Gathered::default();
    for target in targets {
        match target {
            Target::Stdin(bytes) => files::stdin(bytes, library, options, &mut gathered),
            Target::Path(path) => scan_path(path, library, options, &mut gathered),
            Target::Repository { folder, bounds, name } => scan_repository(folder, bounds, name, library, options, &mut gathered),
        }
    }
    options.progress.begin("findings", 0);
    gathered.stats.duration_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    let names = targets.iter().map(|t| match t {
        Target::Path(path) => path.display().to_string(),
        Target::Repository { name, .. } => name.clone(),
        Target::Stdin(_) => "-".to_owned(),
    });
    report(gathered, names.collect(), library, options, (started, clock()))
}

/// The history of one repository, and no file.
fn scan_repository(folder: &Path, bounds: &Path, name: &str, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    let repository = match open(folder, bounds) {
        Ok(Opened::Repository(repository)) => repository,
        Ok(Opened::Nothing) => return gathered.skipped.push(Skipped::new(name, "there is no git repository")),
        Err(e) => return gathered.skipped.push(Skipped::new(name, format!("no history read: {e}"))),
    };
    gathered.stats.repos += 1;
    note_opened(&repository, name, gathered);
    history::scan(&repository, name, folder, folder, library, options, gathered);
}

/// Takes what opening a repository told.
fn note_opened(repository: &Repository, name: &str, gathered: &mut Gathered) {
    let skipped = repository.skipped.iter().chain(&repository.refs.skipped).map(|(what, why)| Skipped::new(what.clone(), why.clone()));
    gathered.skipped.extend(skipped);
    gathered.origins.extend(origin(repository).map(|o| (name.to_owned(), o)));
}

fn scan_path(path: &Path, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    match std::fs::metadata(path) {
        Err(e) => gathered.skipped.push(Skipped::new(path.display().to_string(), e.to_string())),
        Ok(meta) if meta.is_dir() => scan_folder(path, library, options, gathered),
        Ok(_) if options.history == History::Staged => {
            gathered.skipped.push(Skipped::new(path.display().to_string(), "a file has no index; name the repository's folder"));
        }
        Ok(_) => files::single(path, library, options, gathered),
    }
}

fn scan_folder(root: &Path, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    if options.history == History::Staged {
        return staged(root, library, options, gathered);
    }
    options.progress.begin("listing files", 0);
    let listing = crate::source::files::list(root, options.threads);
    gathered.skipped.extend(listing.skipped);
    let mut repositories = Vec::new();
    for folder in &listing.repositories {
        match open(folder, root) {
            Ok(Opened::Repository(repository)) => repositories.push((folder.clone(), name_of(folder, root), *repository)),
            Ok(Opened::Nothing) => {}
            Err(e) => gathered.skipped.push(Skipped::new(folder.display().to_string(), format!("no history read: {e}"))),
        }
    }
    gathered.stats.repos += repositories.len() as u64;
    let mut heads = Vec::new();
    for (folder, name, repository) in &repositories {
        note_opened(repository, name, gathered);
        heads.push(match options.history {
            History::None => history::AtHead::default(),
            _ => history::scan(repository, name, root, folder, library, options, gathered),
        });
    }
    if matches!(options.history, History::Full | History::None) {
        files::tree(root, &listing.files, &repositories, &heads, library, options, gathered);
    }
}

fn staged(root: &Path, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    let folder = root.ancestors().find(|f| crate::source::history::discover(f)).map(Path::to_owned);
    let what = root.display().to_string();
    match folder.map(|folder| (open(&folder, &folder), folder)) {
        Some((Ok(Opened::Repository(repository)), folder)) => {
            gathered.stats.repos += 1;
            gathered.origins.extend(origin(&repository).map(|o| (name_of(&folder, &folder), o)));
            super::staged::staged(&repository, &name_of(&folder, &folder), library, options, gathered);
        }
        Some((Err(e), _)) => gathered.skipped.push(Skipped::new(what, e.to_string())),
        _ => gathered.skipped.push(Skipped::new(what, "no git repository here or above, so nothing is staged")),
    }
}

/// Where a repository was cloned from, and the branch that is checked out.
fn origin(repository: &Repository) -> Option<Origin> {
    Origin::parse(repository.origin.as_deref()?, repository.refs.branch.clone())
}

/// How reports call a repository: the folder's name if it is the target itself, else its path from the target; without `.git`.
fn name_of(folder: &Path, root: &Path) -> String {
    let relative = folder.strip_prefix(root).ok().filter(|r| !r.as_os_str().is_empty()).map(|r| slashed(&r.to_string_lossy()));
    let own = || {
        let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let named = if real.file_name().is_some_and(|n| n == ".git") { real.parent().map(Path::to_owned).unwrap_or(real) } else { real };
        named.file_name().map_or_else(|| "repository".to_owned(), |n| n.to_string_lossy().into_owned())
    };
    let name = relative.unwrap_or_else(own);
    name.strip_suffix(".git").filter(|n| !n.is_empty()).unwrap_or(&name).trim_end_matches('/').to_owned()
}

/// A path as reports write it.
pub(super) fn slashed(path: &str) -> String {
    if std::path::MAIN_SEPARATOR == '/' { path.to_owned() } else { path.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// A repository that was opened: its folder, its name, and itself.
pub(super) type Named = (PathBuf, String, Repository);
