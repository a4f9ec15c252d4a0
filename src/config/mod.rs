//! `keysweep.toml`: what to look for, where, and what is known and accepted.
//!
//! ```toml
//! detectors = ["ci/detectors"]           # files or folders of detectors, from this file's folder
//! disable = ["generic-password"]         # detectors that are not run
//!
//! [scan]
//! exclude = ["vendor/**", "*.min.js"]    # as in .gitignore
//! max_file_size = "512MB"                # default 2GiB
//! max_archive_depth = 3                  # archives within archives
//! max_decode_depth = 3                   # base64 within base64
//! history = "full"                       # or none
//! confidence = "medium"                  # low, medium, high: least confidence that is reported
//! redact = "partial"                     # or full; none is for the command line alone
//! fail_on = "any"                        # any, new, high, shadow, policy, never, a verdict or a flag; several with commas
//! key = "org.key"                        # the organisation's fingerprint key
//! baseline = "keysweep.baseline"         # accepted credentials; without it, one found upward
//! honour = ["gitleaks"]                  # scanners whose comments (`gitleaks:allow`) allow findings too; default none
//!
//! [[allow]]
//! reason = "revoked, kept as a test vector"
//! detectors = ["aws-access-key-id"]      # at least one of detectors, paths, values, ids
//! paths = ["tests/fixtures/**"]
//! values = ["^test_[a-z]+$"]             # regular expressions over the raw value
//! ids = ["finding id"]
//! expires = "2027-01-01"
//!
//! [policy]                               # what is asked of identities; see docs/policy.md
//! dormant_days = 90
//!
//! [[inventory.columns]]                  # a table whose columns nobody else has; see docs/inventory.md
//! files = ["servicenow/*.csv"]
//! map = { identifier = "u_key_id", owner = "assigned_to" }
//!
//! [[inventory.digest]]                   # as `keysweep inventory calibrate` prints it
//! provider = "openrouter"
//! field = "hash"
//! algorithm = "sha256"
//! ```

mod allow;
mod baseline;
mod error;
mod exports;
mod globs;
mod inline;
mod policy;
mod policy_example;
mod raw;
mod size;

pub use allow::{Allow, Allows, Subject};
pub use baseline::{Acceptance, BASELINE, Baseline, BaselineError, Entry, Updated};
pub use error::ConfigError;
pub use globs::Globs;
pub use inline::{InlineAllow, foreign_allow, inline_allow};
pub use policy_example::PolicyExample;
pub use size::parse as parse_size;

use crate::model::{Confidence, ExportRules, GATES, Gate, Policy, Redaction};
use error::Document;
use raw::RawConfig;
use std::fs::{self, File};
use std::io::Read;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use toml::{Spanned, Value};

/// Name of the configuration file.
pub const FILE_NAME: &str = "keysweep.toml";

/// Bytes a configuration may have; it may come from a hostile repository.
const MAX_BYTES: u64 = 1 << 20;
/// Levels of nesting that may be asked for; each costs memory and stack.
const MAX_DEPTH: i64 = 16;

/// How much of git is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum History {
    /// Every blob reachable from any ref.
    #[default]
    Full,
    /// Only what is checked out.
    None,
}

/// Who chose the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user named the file; its paths may lead anywhere.
    Named,
    /// It was found beside what is scanned, and may be hostile: its paths must stay within its own folder.
    Found,
}

/// A checked configuration with all defaults filled in.
#[derive(Debug, Clone)]
pub struct Config {
    /// Files or folders of detectors, joined to the folder of the configuration.
    pub detectors: Vec<PathBuf>,
    /// Ids of detectors that are not run.
    pub disable: Vec<String>,
    /// Paths that are not scanned.
    pub exclude: Globs,
    /// Bytes of the largest file that is scanned.
    pub max_file_size: u64,
    /// Archives that may be nested in one another, the outermost counted.
    pub max_archive_depth: u8,
    /// Encodings that may be nested in one another.
    pub max_decode_depth: u8,
    /// How much of git is read.
    pub history: History,
    /// Least confidence that is reported.
    pub confidence: Confidence,
    /// How much of a value a report shows; never [`Redaction::None`].
    pub redact: Redaction,
    /// What makes a scan fail.
    pub fail_on: Vec<Gate>,
    /// File of the organisation's fingerprint key, joined to the folder of the configuration.
    pub key: Option<PathBuf>,
    /// Accepted credentials, or a former report.
    pub baseline: Option<PathBuf>,
    /// Scanners whose comments allow findings too.
    pub honour: Vec<String>,
    /// Findings that are known and accepted.
    pub allow: Allows,
    /// What is asked of machine identities.
    pub policy: Policy,
    /// What exports hold that no importer can know.
    pub exports: ExportRules,
    /// Examples that show what the policy makes of identities.
    pub policy_tests: Vec<PolicyExample>,
    /// Every detector id the file names, with its place.
    named: Vec<(String, Range<usize>)>,
    document: Document,
}

impl Default for Config {
    fn default() -> Self {
        Self::parse("", Path::new(FILE_NAME), Origin::Named).expect("an empty configuration is sound")
    }
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// The file cannot be read, is no regular file, is larger than 1 MiB, is not UTF-8, or is wrong as [`parse`](Self::parse) says.
    pub fn load(path: &Path, origin: Origin) -> Result<Self, ConfigError> {
        let fail = |message: String, help: &str| {
            Err(ConfigError { file: path.to_owned(), text: Arc::default(), span: 0..0, line: 0, column: 0, message, help: help.to_owned() })
        };
        let read = || -> std::io::Result<Option<Vec<u8>>> {
            // Metadata first: opening a pipe would wait for its writer.
            if !fs::metadata(path)?.is_file() {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        match read().map(|bytes| bytes.map(String::from_utf8)) {
            Err(error) => fail(format!("cannot be read: {error}"), "check the path and its permissions"),
            Ok(None) => fail("not a regular file".into(), "name a file"),
            Ok(Some(Err(_))) => fail("not UTF-8".into(), "save it as UTF-8"),
            Ok(Some(Ok(text))) if text.len() as u64 > MAX_BYTES => {
                fail("larger than 1 MiB".into(), "move detectors into files of their own")
            }
            Ok(Some(Ok(text))) => Self::parse(&text, path, origin),
        }
    }

    /// Checks a configuration; `file` is where it came from, and its folder is what relative paths are joined to.
    ///
    /// # Errors
    /// The first mistake: TOML that cannot be read, an unknown key, a value out of range, an allow that is unsound, or, for
    /// [`Origin::Found`], a path that leaves the folder.
    pub fn parse(text: &str, file: &Path, origin: Origin) -> Result<Self, ConfigError> {
        let document = Document::new(file, text);
        let raw: RawConfig = toml::from_str(text).map_err(|e| document.toml_error(&e))?;
        let scan = raw.scan;
        let names = |list: &[Spanned<String>]| list.iter().map(|id| (id.get_ref().clone(), id.span())).collect::<Vec<_>>();
        let allowed = raw.allow.iter().flat_map(|a| a.get_ref().detectors.as_deref().unwrap_or_default());
        let mut named = names(&raw.disable);
        named.extend(allowed.map(|id| (id.get_ref().clone(), id.span())));
        Ok(Self {
            detectors: raw.detectors.iter().map(|p| resolve(&document, p, origin)).collect::<Result<_, _>>()?,
            disable: raw.disable.into_iter().map(Spanned::into_inner).collect(),
            exclude: Globs::new(&document, &scan.exclude)?,
            max_file_size: scan.max_file_size.map_or(Ok(2 << 30), |s| file_size(&document, &s))?,
            max_archive_depth: scan.max_archive_depth.map_or(Ok(3), |d| depth(&document, &d))?,
            max_decode_depth: scan.max_decode_depth.map_or(Ok(3), |d| depth(&document, &d))?,
            history: choice(&document, scan.history, &[("full", History::Full), ("none", History::None)])?,
            confidence: choice(&document, scan.confidence, &Confidence::ALL.iter().map(|c| (c.as_str(), *c)).collect::<Vec<_>>())?,
            redact: redaction(&document, scan.redact)?,
            fail_on: scan.fail_on.map_or_else(|| Ok(vec![Gate::Any]), |gates| fail_on(&document, &gates))?,
            key: scan.key.map(|p| resolve(&document, &p, origin)).transpose()?,
            baseline: scan.baseline.map(|p| resolve(&document, &p, origin)).transpose()?,
            honour: scan.honour.iter().map(|name| honoured(&document, name)).collect::<Result<_, _>>()?,
            allow: Allows::new(&document, raw.allow)?,
            exports: exports::exports(&document, &raw.inventory)?,
            policy: policy::policy(&document, &raw.policy)?,
            policy_tests: policy_example::examples(&document, &raw.policy.test)?,
            named,
            document,
        })
    }

    /// Checks that every detector the file disables or allows is one that `exists`.
    ///
    /// # Errors
    /// The first id that is not: a misspelt id would be ignored in silence.
    pub fn check_detectors(&self, exists: &dyn Fn(&str) -> bool) -> Result<(), ConfigError> {
        match self.named.iter().find(|(id, _)| !exists(id)) {
            None => Ok(()),
            Some((id, span)) => {
                Err(self.document.error(span.clone(), format!("no detector is called `{id}`"), "`keysweep detectors list` names them"))
            }
        }
    }
}

/// The nearest `keysweep.toml`, from `from` (or the folder it is in) upward to the root of the repository (a folder with
/// `.git`) or of the file system. Reads nothing but metadata; a symbolic link is not followed.
pub fn find_upward(from: &Path) -> Option<PathBuf> {
    find_named(FILE_NAME, from)
}

/// The nearest [`BASELINE`], looked for as [`find_upward`] does.
pub fn find_baseline(from: &Path) -> Option<PathBuf> {
    find_named(BASELINE, from)
}

fn find_named(name: &str, from: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(from).ok()?;
    for folder in start.ancestors() {
        let file = folder.join(name);
        if fs::symlink_metadata(&file).is_ok_and(|meta| meta.is_file()) {
            return Some(file);
        }
        if fs::symlink_metadata(folder.join(".git")).is_ok() {
            return None;
        }
    }
    None
}

fn resolve(document: &Document, path: &Spanned<String>, origin: Origin) -> Result<PathBuf, ConfigError> {
    let relative = Path::new(path.get_ref());
    if relative.as_os_str().is_empty() {
        return Err(document.error(path.span(), "empty path", "name a file or folder"));
    }
    let inside = relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if origin == Origin::Found && !inside {
        let message = format!("`{}` leaves the folder of a configuration that nobody named", path.get_ref());
        return Err(document.error(path.span(), message, "move the file into the folder, or name the configuration with --org"));
    }
    Ok(document.file.parent().unwrap_or(Path::new("")).join(relative))
}

fn file_size(document: &Document, size: &Spanned<Value>) -> Result<u64, ConfigError> {
    let bytes = match size.get_ref() {
        Value::Integer(bytes) => u64::try_from(*bytes).ok(),
        Value::String(text) => size::parse(text),
        _ => None,
    };
    bytes.filter(|&b| b > 0).ok_or_else(|| {
        let message = format!("`{}` is no size", size.get_ref().to_string().trim_matches('"'));
        document.error(size.span(), message, "write bytes above 0, or a size such as \"512MB\" or \"2GiB\"")
    })
}

fn depth(document: &Document, depth: &Spanned<i64>) -> Result<u8, ConfigError> {
    match *depth.get_ref() {
        levels @ 0..=MAX_DEPTH => Ok(u8::try_from(levels).expect("MAX_DEPTH fits")),
        levels => Err(document.error(depth.span(), format!("`{levels}` is out of range"), format!("write 0 to {MAX_DEPTH}"))),
    }
}

/// The value a word stands for; the default when there is no word.
fn choice<T: Copy + Default>(document: &Document, word: Option<Spanned<String>>, known: &[(&str, T)]) -> Result<T, ConfigError> {
    let Some(word) = word else { return Ok(T::default()) };
    match known.iter().find(|(name, _)| name == word.get_ref()) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            Err(document.error(
                word.span(),
                format!("`{}` is not known here", word.get_ref()),
                format!("write one of `{}`", names.join("`, `")),
            ))
        }
    }
}

/// A file in a repository must not make a scan print secrets, so `none` is refused with its own explanation.
fn redaction(document: &Document, word: Option<Spanned<String>>) -> Result<Redaction, ConfigError> {
    match word {
        Some(word) if word.get_ref() == "none" => {
            let help = "write `full` or `partial`, and use --redact none where values must be seen";
            Err(document.error(word.span(), "only the command line may ask for values in the clear", help))
        }
        word => choice(document, word, &[("full", Redaction::Full), ("partial", Redaction::Partial)]),
    }
}

/// A scanner whose comments are known here.
fn honoured(document: &Document, name: &Spanned<String>) -> Result<String, ConfigError> {
    if inline::FOREIGN.iter().any(|(scanner, _)| scanner == name.get_ref()) {
        return Ok(name.get_ref().clone());
    }
    let known = inline::FOREIGN.iter().map(|(scanner, _)| *scanner).collect::<Vec<_>>().join("`, `");
    Err(document.error(name.span(), format!("comments of `{}` are not known", name.get_ref()), format!("write some of `{known}`")))
}

/// Gates, separated by commas.
fn fail_on(document: &Document, gates: &Spanned<String>) -> Result<Vec<Gate>, ConfigError> {
    let named = |name: &str| {
        Gate::named(name).ok_or_else(|| {
            let own = GATES.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join("`, `");
            document.error(gates.span(), format!("`{name}` is no gate"), format!("use `{own}`, or the name of a verdict or a flag"))
        })
    };
    gates.get_ref().split(',').map(|name| named(name.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flag;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("org/keysweep.toml"), Origin::Named).map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_written_means_the_defaults() {
        let config = Config::default();
        assert_eq!((config.max_file_size, config.max_archive_depth, config.max_decode_depth), (2 << 30, 3, 3));
        assert_eq!((config.history, config.confidence, config.redact), (History::Full, Confidence::Medium, Redaction::Partial));
        assert_eq!((config.fail_on, config.key), (vec![Gate::Any], None));
        assert!(config.detectors.is_empty() && config.disable.is_empty() && config.exclude.is_empty());
        assert!(config.allow.entries().is_empty());
    }

    #[test]
    fn every_key_is_read() {
        let config = parse(
            r#"
            detectors = ["own", "/etc/keysweep/detectors"]
            disable = ["generic-password"]
            [scan]
            exclude = ["vendor/"]
            max_file_size = "1MB"
            max_archive_depth = 0
            max_decode_depth = 16
            history = "none"
            confidence = "high"
            redact = "full"
            fail_on = "shadow, orphaned"
            key = "../org.key"
            "#,
        )
        .expect("sound");
        assert_eq!(config.detectors, [Path::new("org/own"), Path::new("/etc/keysweep/detectors")]);
        assert_eq!(config.disable, ["generic-password"]);
        assert!(config.exclude.matches_file("vendor/x"));
        assert_eq!((config.max_file_size, config.max_archive_depth, config.max_decode_depth), (1_000_000, 0, 16));
        assert_eq!((config.history, config.confidence, config.redact), (History::None, Confidence::High, Redaction::Full));
        assert_eq!((config.fail_on, config.key), (vec![Gate::Shadow, Gate::Flag(Flag::Orphaned)], Some(PathBuf::from("org/../org.key"))));
        assert_eq!(parse("[scan]\nmax_file_size = 7").expect("sound").max_file_size, 7);
    }

    #[test]
    fn mistakes_are_told_with_place_and_remedy() {
        let cases = [
            (
                "detector = []",
                "1:1: unknown key `detector` (known at the top are `detectors`, `disable`, `scan`, `allow`, `policy`, `inventory`)",
            ),
            ("history = 'full'", "1:1: unknown key `history` (it belongs in the table `[scan]`"),
            ("[scan]\nexclud = []", "2:1: unknown key `exclud` (known in this table are `exclude`, `max_file_size`"),
            ("[[allow]]\nreasons = ''", "2:1: unknown key `reasons` (known in this table are `reason`, `detectors`"),
            ("[scan]\nexclude = 'a'", "2:11: invalid type: string \"a\", expected a sequence (write `exclude = ["),
            ("[scan]\nexclude = ['a', '[']", "2:17: `[` is no glob"),
            ("[scan]\nhistory = 'some'", "2:11: `some` is not known here (write one of `full`, `none`)"),
            ("[scan]\nconfidence = 'sure'", "2:14: `sure` is not known here (write one of `low`, `medium`, `high`)"),
            ("[scan]\nredact = 'none'", "2:10: only the command line"),
            ("[scan]\nmax_file_size = '2 apples'", "2:17: `2 apples` is no size"),
            ("[scan]\nmax_file_size = 0", "2:17: `0` is no size"),
            ("[scan]\nmax_decode_depth = 17", "2:20: `17` is out of range (write 0 to 16)"),
            ("[scan]\nkey = ''", "2:7: empty path"),
            ("[scan]\nhonour = ['gitleaks', 'x']", "2:23: comments of `x` are not known (write some of `betterleaks`, `detect-secrets`"),
            ("a = ", "1:5: "),
        ];
        for (text, message) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(&format!("org/keysweep.toml:{message}")), "{error}");
        }
    }

    #[test]
    fn a_found_configuration_stays_in_its_folder() {
        let found = |text: &str| Config::parse(text, Path::new("repo/keysweep.toml"), Origin::Found);
        assert_eq!(found("detectors = ['./own/']").expect("inside").detectors, [Path::new("repo/own")]);
        for text in ["detectors = ['a/../../b']", "detectors = ['/etc']", "[scan]\nkey = '../org.key'"] {
            assert!(found(text).is_err(), "{text}");
        }
    }

    #[test]
    fn misspelt_detectors_are_told() {
        let config = parse("disable = ['good']\n[[allow]]\nreason = 'x'\ndetectors = ['good', 'bda']").expect("sound");
        let error = config.check_detectors(&|id| id == "good").expect_err("misspelt");
        assert!(error.to_string().starts_with("org/keysweep.toml:4:22: no detector is called `bda`"), "{error}");
        assert_eq!(&error.text[error.span.clone()], "'bda'");
        config.check_detectors(&|_| true).expect("all known");
    }

    #[test]
    fn files_that_cannot_be_configurations_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(FILE_NAME);
        let error = |file: &Path| Config::load(file, Origin::Named).expect_err("refused").message;
        assert!(error(&file).starts_with("cannot be read"));
        assert_eq!(error(folder.path()), "not a regular file");
        fs::write(&file, b"\xff").expect("written");
        assert_eq!(error(&file), "not UTF-8");
        fs::write(&file, "#".repeat(1 << 20) + "\n").expect("written");
        assert_eq!(error(&file), "larger than 1 MiB");
        fs::write(&file, "disable = ['x']").expect("written");
        assert_eq!(Config::load(&file, Origin::Named).expect("sound").disable, ["x"]);
    }

    #[test]
    fn the_search_ends_at_the_repository() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let repository = root.path().join("repo");
        let deep = repository.join("a/b");
        fs::create_dir_all(&deep).expect("created");
        fs::write(root.path().join(FILE_NAME), "").expect("written");
        assert_eq!(find_upward(&deep), Some(root.path().join(FILE_NAME)));
        fs::create_dir(repository.join(".git")).expect("created");
        assert_eq!(find_upward(&deep), None);
        fs::write(repository.join(FILE_NAME), "").expect("written");
        assert_eq!(find_upward(&deep), Some(repository.join(FILE_NAME)));
        fs::create_dir(repository.join("a").join(FILE_NAME)).expect("created");
        fs::write(deep.join("x.env"), "").expect("written");
        assert_eq!(find_upward(&deep.join("x.env")), Some(repository.join(FILE_NAME)));
    }
}
