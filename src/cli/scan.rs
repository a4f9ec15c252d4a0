//! `keysweep scan`.

use super::accepted::Accepted;
use super::args;
use super::exit::Exit;
use super::progress::Bar;
use super::reports::Wanted;
use super::suppressions::Suppressions;
use super::{exports, key, output, reports};
use crate::config::{self, Config, Origin};
use crate::correlate::correlate;
use crate::detect::{Library, is_builtin, parse_file};
use crate::engine::{self, History, Options, Progress, Quiet, Target};
use crate::inventory::missing;
use crate::model::{self, Confidence, ExportRules, Gate, KeyKind, Policy, Provider, Redaction, Register, Report, Skipped, Timestamp};
use crate::source::{Bytes, archive};
use anyhow::{Context, Result, bail};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Most bytes of a file of detectors or of a key.
const SMALL: u64 = 16 << 20;
/// Most bytes of standard input.
const STDIN_LIMIT: u64 = 2 << 30;

/// Runs a scan.
pub(super) fn run(args: args::Scan) -> Result<Exit> {
    let (config, file) = load_config(&args)?;
    let accepted = match args.no_baseline {
        true => Accepted::Nothing,
        false => Accepted::load(args.baseline.as_deref(), &config, &place(&args))?,
    };
    let suppressions = Suppressions::new(&config, accepted.baseline(), clock()?());
    let mut report = perform(&args, &config, &suppressions)?;
    accepted.compare(&mut report);
    reports::write(&Wanted { formats: &args.format, files: &args.output, short: args.short }, &report)?;
    if !args.quiet {
        let name = file.as_ref().map_or_else(String::new, |f| f.display().to_string());
        // What was not looked at may hold what is allowed.
        let is_whole = history(&args, &config)? == History::Full && report.scan.skipped.is_empty();
        suppressions.warnings(&name, is_whole).iter().for_each(|w| output::note(&format!("warning: {w}")));
        let unused = suppressions.unused().filter(|_| is_whole && accepted.is_beside(&args.targets));
        accepted.warnings(unused, clock()?()).iter().for_each(|w| output::note(&format!("warning: {w}")));
        let stats = &report.scan.stats;
        if stats.blobs + stats.files == 0 && !args.staged {
            output::note("warning: nothing was inspected: no file and no commit is in the targets or the range");
        }
    }
    Ok(exit(&args, &config, &report))
}

/// Scans and joins.
pub(super) fn perform(args: &args::Scan, config: &Config, suppressions: &Suppressions<'_>) -> Result<Report> {
    let library = library(config)?;
    let redaction = args.redact.map_or(config.redact, Redaction::from);
    if redaction == Redaction::None && !keeps_secrets(args) {
        bail!(
            "--redact none would write secrets where others may read them: give every report a file with -o (it is made for you alone, mode 0600)"
        );
    }
    let bar = (!args.quiet && std::io::stderr().is_terminal()).then(Bar::new);
    let quiet = Quiet;
    let beside = exports::key_beside(&args.inventory);
    let options = Options {
        history: history(args, config)?,
        // It is that of the repository git works in, and of no other target.
        index: Some(args).filter(|a| a.staged && a.targets == [Path::new(".")]).and_then(|_| index_of_git()),
        memory: None,
        unreachable: args.unreachable,
        threads: args.threads.filter(|&n| n > 0).unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        max_size: args.max_size.unwrap_or(config.max_file_size).min(u64::from(i32::MAX as u32)),
        archives: archive::Limits { depth: config.max_archive_depth, ..archive::Limits::default() },
        decode_depth: config.max_decode_depth,
        redaction,
        key: key::load(args.key.as_deref().or(config.key.as_deref()).or(beside.as_deref()))?,
        confidence: args.confidence.map_or(config.confidence, Confidence::from),
        counted: suppressions,
        progress: bar.as_ref().map_or(&quiet as &dyn Progress, |b| b),
    };
    let mut report = engine::scan(&targets(args)?, &library, &options, &*clock()?);
    join_with_exports(args, &options, config, &mut report)?;
    if let Some(bar) = &bar {
        bar.clear();
    }
    Ok(report)
}

/// Joins what was found with the inventory; without one, every identity is of an unknown source.
fn join_with_exports(args: &args::Scan, options: &Options<'_>, config: &Config, report: &mut Report) -> Result<()> {
    if !args.inventory.is_empty() {
        options.progress.begin("reading the inventory", 0);
    }
    let register = exports::register(&args.inventory, &options.key, &config.exports)?;
    engine::add_digests(&mut report.findings, &wanted(&register, &config.exports), options.threads);
    join(report, register, &config.policy);
    Ok(())
}

/// Joins a report with an inventory as of the time it was made.
pub(super) fn join(report: &mut Report, register: Register, policy: &Policy) {
    let now = report.scan.started;
    for unread in unread(&register) {
        if !report.scan.skipped.contains(&unread) {
            report.scan.skipped.push(unread);
        }
    }
    correlate(report, register, policy, now);
    report.coverage.iter_mut().filter(|row| row.sources.is_empty()).for_each(|row| row.missing = Some(missing(&row.provider)));
}

/// The exports that could not be read to their end: they were asked for as much as what is scanned.
fn unread(register: &Register) -> impl Iterator<Item = Skipped> {
    register.files.iter().filter(|file| !file.whole).map(|file| {
        let why = register.warnings.iter().find_map(|warning| warning.strip_prefix(&file.source)?.strip_prefix(": "));
        Skipped::new(&file.source, format!("export of the inventory: {}", why.unwrap_or("cannot be read")))
    })
}

/// The digests that some record has, and that are costly or unusual enough to be made only then.
pub(super) fn wanted(register: &Register, rules: &ExportRules) -> model::Wanted {
    let has = |kind: KeyKind| register.records.iter().any(|r| r.keys.iter().any(|k| k.kind == kind));
    let algorithms = rules.digests.iter().map(|d| d.algorithm.clone()).filter(|_| has(KeyKind::Digest)).collect();
    model::Wanted { algorithms, hmsl: has(KeyKind::Hmsl) }
}

/// Whether every report goes to a file of its own or to a terminal.
fn keeps_secrets(args: &args::Scan) -> bool {
    let reports = args.format.len().max(1);
    let to_file = |i: usize| args.output.get(i).is_some_and(|o| o != Path::new("-") && !std::fs::metadata(o).is_ok_and(|m| !m.is_file()));
    (0..reports).all(|i| to_file(i) || (std::io::stdout().is_terminal() && args.output.get(i).is_none_or(|o| o == Path::new("-"))))
}

/// How a scan ends, by the gates.
pub(super) fn exit(args: &args::Scan, config: &Config, report: &Report) -> Exit {
    ending(if args.fail_on.is_empty() { &config.fail_on } else { &args.fail_on }, report)
}

/// How work on a report ends, by these gates.
pub(super) fn ending(gates: &[Gate], report: &Report) -> Exit {
    let fired = gates.iter().any(|gate| gate.fires(report));
    match (fired, report.scan.skipped.is_empty()) {
        (true, _) => Exit::Found,
        (false, true) => Exit::Clean,
        (false, false) => Exit::Incomplete,
    }
}

/// The index that git tells its hooks of: `git commit -a` and `git commit FILE` commit another than the repository's own.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn index_of_git() -> Option<PathBuf> {
    std::env::var_os("GIT_INDEX_FILE").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// From where a configuration and a baseline are looked for: the first target.
pub(super) fn place(args: &args::Scan) -> PathBuf {
    args.targets.first().filter(|t| t.as_path() != Path::new("-")).cloned().unwrap_or_else(|| ".".into())
}

/// The configuration of a scan, with its file.
pub(super) fn load_config(args: &args::Scan) -> Result<(Config, Option<PathBuf>)> {
    configuration(args.org.as_deref(), &place(args))
}

/// The configuration that was named, else the one found upward from a place, with its file.
pub(super) fn configuration(named: Option<&Path>, from: &Path) -> Result<(Config, Option<PathBuf>)> {
    if let Some(file) = named {
        return Ok((Config::load(file, Origin::Named)?, Some(file.to_owned())));
    }
    let found = std::path::absolute(from).ok().and_then(|p| config::find_upward(&p));
    match found {
        Some(file) => Ok((Config::load(&file, Origin::Found)?, Some(file))),
        None => Ok((Config::default(), None)),
    }
}

/// The detectors in force. Those that the configuration names must be among all there are, disabled ones too.
pub(super) fn library(config: &Config) -> Result<Library> {
    let mut own = Vec::new();
    for path in &config.detectors {
        own.extend(read_detectors(path)?);
    }
    let is_own = |id: &str| own.iter().flat_map(|p| &p.detectors).any(|d| d.id == id);
    config.check_detectors(&|id| is_own(id) || is_builtin(id))?;
    if own.is_empty() && config.disable.is_empty() {
        return Ok(Library::builtin());
    }
    Ok(Library::with(own, &config.disable)?)
}

/// Reads a small regular file as text; a pipe, which would be waited for, is refused.
pub(super) fn read_text(file: &Path) -> Result<String> {
    let bytes = Bytes::open(file, SMALL).with_context(|| format!("cannot read {}", file.display()))?;
    String::from_utf8(bytes.to_vec()).with_context(|| format!("{} is not UTF-8", file.display()))
}

/// Reads a detector file, or all in a folder.
pub(super) fn read_detectors(path: &Path) -> Result<Vec<Provider>> {
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
        files = entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "yml" || e == "yaml")).collect();
        files.sort();
    }
    let read = |file: &PathBuf| {
        let text = read_text(file)?;
        parse_file(&text).with_context(|| file.display().to_string())
    };
    files.iter().map(read).collect()
}

fn history(args: &args::Scan, config: &Config) -> Result<History> {
    if args.staged {
        return Ok(History::Staged);
    }
    if let Some(outgoing) = &args.outgoing {
        return Ok(History::Outgoing(outgoing.clone()));
    }
    if let Some(from) = &args.since {
        return Ok(History::Range { from: from.clone(), to: String::new() });
    }
    match args.history.as_deref() {
        None => Ok(if config.history == config::History::None { History::None } else { History::Full }),
        Some("full") => Ok(History::Full),
        Some("none") => Ok(History::None),
        Some(range) => match range.split_once("..") {
            Some((from, to)) if !from.is_empty() && !to.starts_with('.') => Ok(History::Range { from: from.to_owned(), to: to.to_owned() }),
            _ => bail!("--history takes `full`, `none` or a range `A..B`, not `{range}`"),
        },
    }
}

fn targets(args: &args::Scan) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for path in &args.targets {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().take(STDIN_LIMIT).read_to_end(&mut bytes).context("cannot read standard input")?;
            targets.push(Target::Stdin(bytes));
        } else if std::fs::symlink_metadata(path).is_err() {
            bail!("{}: there is no such file or folder", path.display());
        } else {
            targets.push(Target::Path(path.clone()));
        }
    }
    Ok(targets)
}

#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
pub(super) fn clock() -> Result<Box<dyn Fn() -> Timestamp>> {
    let Ok(fixed) = std::env::var("KEYSWEEP_NOW") else {
        return Ok(Box::new(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            Timestamp::utc(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        }));
    };
    let now = Timestamp::parse(&fixed).with_context(|| format!("KEYSWEEP_NOW is not a time as in RFC 3339: `{fixed}`"))?;
    Ok(Box::new(move || now))
}
