//! How fast a history is scanned: repositories of 1,000 and 10,000 commits made by `git fast-import`, some with a token in them.
//!
//! `cargo bench --bench history`; needs git. `scripts/history_scaling.py` measures larger ones.

use divan::Bencher;
use divan::counter::ItemsCount;
use keysweep::detect::Library;
use keysweep::engine::{Everything, History, Options, Quiet, Target, scan};
use keysweep::model::{Confidence, Redaction, Timestamp};
use keysweep::source::archive;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// Files in the repository.
const FILES: usize = 40;
/// Lines of each.
const LINES: usize = 200;
/// A token is committed so often, and removed by the next commit to the file.
const TOKEN_EVERY: usize = 100;

static LIBRARY: LazyLock<Library> = LazyLock::new(Library::builtin);

fn main() {
    divan::main();
}

/// A GitLab token as it would be issued, different for every number.
fn token(number: usize) -> String {
    let body = format!("{:016x}", (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    format!("{}-{}Zq7X", "glpat", body)
}

/// What `git fast-import` makes the repository of.
fn stream(commits: usize) -> Vec<u8> {
    let mut files: Vec<Vec<String>> =
        (0..FILES).map(|f| (0..LINES).map(|l| format!("    let value_{l} = compute({f}, {l});")).collect()).collect();
    let mut out = Vec::new();
    for commit in 0..commits {
        let (file, at) = (commit % FILES, commit * 7919 % LINES);
        let token = (commit % TOKEN_EVERY == 0).then(|| token(commit));
        files[file][at] = format!("    let value_{at} = change({commit});");
        let mut text = String::new();
        files[file].iter().for_each(|line| writeln!(text, "{line}").expect("a string takes all"));
        token.iter().for_each(|t| writeln!(text, "gitlab_token = \"{t}\"").expect("a string takes all"));
        let head = format!("commit refs/heads/main\ncommitter A <a@example.org> {} +0000\ndata 1\nx\n", 1_500_000_000 + commit);
        out.extend(head.bytes());
        out.extend(format!("M 100644 inline src/part{}/file{file}.rs\ndata {}\n{text}\n", file % 7, text.len()).bytes());
    }
    out
}

fn git(folder: &Path, args: &[&str], input: &[u8]) {
    let mut child = Command::new("git").arg("-C").arg(folder).args(args).stdin(Stdio::piped()).spawn().expect("git is installed");
    child.stdin.take().expect("it is piped").write_all(input).expect("git reads all");
    assert!(child.wait().expect("git ends").success(), "git {args:?}");
}

#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn full(bencher: Bencher, commits: usize) {
    let folder = TempDir::new().expect("a temporary folder");
    git(folder.path(), &["init", "-q", "--bare", "."], b"");
    git(folder.path(), &["fast-import", "--quiet"], &stream(commits));
    git(folder.path(), &["repack", "-adfq"], b"");
    let targets = [Target::Path(folder.path().to_owned())];
    let options = Options {
        history: History::Full,
        index: None,
        memory: None,
        unreachable: false,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        max_size: 16 << 20,
        archives: archive::Limits::default(),
        decode_depth: 3,
        redaction: Redaction::Partial,
        key: [7; 32],
        confidence: Confidence::Low,
        counted: &Everything,
        progress: &Quiet,
    };
    bencher.counter(ItemsCount::new(commits)).bench_local(|| {
        let report = scan(&targets, &LIBRARY, &options, &|| Timestamp::utc(1_600_000_000));
        assert!(report.findings.len() >= commits / TOKEN_EVERY, "{} found", report.findings.len());
    });
}
