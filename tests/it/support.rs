//! What the other tests stand on: folders and repositories made for one test, the binary run with a time limit, reports read, values made.

mod formats;
pub mod generated;
mod values;

pub use formats::{crc32, gzip, sha1, tar, zip, zlib};
use serde_json::Value;
use std::cell::Cell;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
pub use values::{Numbers, alnum, aws, filler, github, openai, uuid};

/// Longest time one run of the binary may take.
pub const LIMIT: Duration = Duration::from_secs(60);
/// Longest time one git command may take.
const GIT_LIMIT: Duration = Duration::from_secs(60);

/// The binary under test.
fn binary() -> &'static str {
    option_env!("CARGO_BIN_EXE_keysweep").or(option_env!("KEYSWEEP_BIN")).expect("the binary's path is known when the tests are built")
}

/// A finished process.
pub struct Run {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Run {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// The folder of one test: a home for the binary's state, and whatever the test puts beside it.
pub struct Ground {
    dir: TempDir,
}

impl Ground {
    pub fn new() -> Self {
        let ground = Self { dir: tempfile::Builder::new().prefix("keysweep-it-").tempdir().expect("a temporary folder") };
        fs::create_dir(ground.at("home")).expect("a home");
        ground
    }

    /// A path in the folder.
    pub fn at(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(relative);
        write(&path, bytes.as_ref());
        path
    }

    /// A new repository in a folder of that name.
    pub fn repo(&self, name: &str) -> Repo<'_> {
        self.repo_with(name, &[])
    }

    /// A new repository, with options for `git init`.
    pub fn repo_with(&self, name: &str, options: &[&str]) -> Repo<'_> {
        let repo = self.existing(name);
        fs::create_dir_all(&repo.root).expect("a folder");
        repo.git(&[&["init", "-q"], options].concat());
        repo
    }

    /// A folder that is a repository already, or is about to be one.
    pub fn existing(&self, name: &str) -> Repo<'_> {
        Repo { ground: self, root: self.at(name), ticks: Cell::new(0) }
    }

    /// Runs `git clone` with options; returns the clone.
    pub fn clone_of(&self, from: &Repo<'_>, name: &str, options: &[&str]) -> Repo<'_> {
        let url = format!("file://{}", from.root.display());
        let at = self.at(name);
        let at = at.to_str().expect("the temporary folder's name is UTF-8");
        from.git(&[&["clone", "-q"], options, &[&url, at]].concat());
        self.existing(name)
    }

    /// The binary, ready to run in the folder, hermetic.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(self.dir.path()).env_clear();
        command
            .env("HOME", self.at("home"))
            .env("XDG_STATE_HOME", self.at("home/state"))
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs the binary.
    pub fn keysweep(&self, args: &[&str]) -> Run {
        self.keysweep_with(args, &[], &[])
    }

    /// Runs the binary with bytes on standard input and further environment.
    pub fn keysweep_with(&self, args: &[&str], stdin: &[u8], env: &[(&str, &str)]) -> Run {
        let mut command = self.command();
        command.args(args).envs(env.iter().copied());
        run(command, stdin, LIMIT)
    }

    /// Scans a path and reads the JSON report, values unredacted.
    pub fn scan(&self, target: impl AsRef<Path>) -> Report {
        self.scan_with(&[target.as_ref()], &[])
    }

    /// Scans with further arguments.
    pub fn scan_with(&self, targets: &[&Path], options: &[&str]) -> Report {
        let out = tempfile::Builder::new().prefix("report-").tempdir_in(self.at("home")).expect("a folder for the report");
        let file = out.path().join("report.json");
        let mut command = self.command();
        command.args(["scan", "--redact", "none", "-f", "json", "-o"]).arg(&file).args(options).args(targets);
        let run = run(command, &[], LIMIT);
        let text = fs::read(&file).unwrap_or_else(|e| panic!("no report ({e}); exit {:?}; stderr:\n{}", run.code, run.stderr));
        let json = serde_json::from_slice(&text).unwrap_or_else(|e| panic!("the report is no JSON: {e}"));
        Report { json, code: run.code, stderr: run.stderr }
    }
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folders");
    fs::write(path, bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// Runs a process to its end, or kills it and fails when it takes too long or panics.
pub fn run(mut command: Command, stdin: &[u8], limit: Duration) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let mut input = child.stdin.take().expect("piped");
    let bytes = stdin.to_vec();
    let feeding = std::thread::spawn(move || drop(input.write_all(&bytes)));
    let (out, err) = (drain(child.stdout.take().expect("piped")), drain(child.stderr.take().expect("piped")));
    let code = wait(&mut child, limit);
    drop(feeding.join());
    let stdout = out.join().expect("the reader ends");
    let stderr = String::from_utf8_lossy(&err.join().expect("the reader ends")).into_owned();
    let code = code.unwrap_or_else(|| panic!("{command:?} did not end within {limit:?}; stderr:\n{stderr}"));
    assert!(!stderr.contains("panicked at") && code != Some(101), "{command:?} panicked:\n{stderr}");
    Run { code, stdout, stderr }
}

fn drain(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(from.read_to_end(&mut bytes));
        bytes
    })
}

/// The exit code, or `None` when the process had to be killed.
fn wait(child: &mut Child, limit: Duration) -> Option<Option<i32>> {
    let end = Instant::now() + limit;
    loop {
        match child.try_wait().expect("the child can be waited for") {
            Some(status) => return Some(status.code()),
            None if Instant::now() > end => {
                drop(child.kill());
                drop(child.wait());
                return None;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// A repository made by git.
pub struct Repo<'g> {
    ground: &'g Ground,
    pub root: PathBuf,
    ticks: Cell<u32>,
}

impl Repo<'_> {
    /// Runs git here; its output without the last newline. Fails when git fails.
    pub fn git(&self, args: &[&str]) -> String {
        let done = self.git_with(args, &[]);
        assert_eq!(done.code, Some(0), "git {args:?}: {}", done.stderr);
        done.text().trim_end_matches('\n').to_owned()
    }

    /// Runs git here, whatever comes of it; the clock of commits moves on by an hour.
    pub fn git_with(&self, args: &[&str], stdin: &[u8]) -> Run {
        let mut command = Command::new("git");
        let date = format!("{} +0000", 1_700_000_000 + 3600 * self.ticks.get());
        command.current_dir(&self.root).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.ground.at("home"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        command.env("GIT_AUTHOR_NAME", "Ada").env("GIT_AUTHOR_EMAIL", "ada@acme.test").env("GIT_AUTHOR_DATE", &date);
        command.env("GIT_COMMITTER_NAME", "Cy").env("GIT_COMMITTER_EMAIL", "cy@acme.test").env("GIT_COMMITTER_DATE", &date);
        for setting in
            ["gc.auto=0", "maintenance.auto=false", "init.defaultBranch=main", "protocol.file.allow=always", "core.autocrlf=false"]
        {
            command.args(["-c", setting]);
        }
        command.args(args);
        run(command, stdin, GIT_LIMIT)
    }

    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        write(&self.root.join(path), bytes.as_ref());
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }

    /// Commits everything, an hour after the commit before; returns the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.commit_index(message)
    }

    /// Commits what is staged; returns the commit's id.
    pub fn commit_index(&self, message: &str) -> String {
        self.ticks.set(self.ticks.get() + 1);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    /// Writes one file and commits it.
    pub fn commit_file(&self, path: &str, bytes: impl AsRef<[u8]>, message: &str) -> String {
        self.write(path, bytes);
        self.commit(message)
    }

    /// Merges without fast-forward; returns the merge's id.
    pub fn merge(&self, other: &str) -> String {
        self.ticks.set(self.ticks.get() + 1);
        self.git(&["merge", "-q", "--no-ff", "-m", "merge", other]);
        self.head()
    }

    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// When the newest commit was authored, as the report writes it.
    pub fn date(&self, commit: &str) -> String {
        self.git(&["log", "-1", "--format=%ad", "--date=format:%Y-%m-%dT%H:%M:%SZ", commit])
    }

    /// Puts everything into one pack of deltas.
    pub fn pack(&self) {
        self.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
        self.git(&["prune-packed"]);
        assert_eq!(self.git(&["count-objects"]).split(' ').next(), Some("0"), "loose objects are left");
    }

    /// Files of the object store with an extension, sorted.
    pub fn pack_files(&self, extension: &str) -> Vec<PathBuf> {
        let git_dir = self.git(&["rev-parse", "--absolute-git-dir"]);
        let entries = fs::read_dir(Path::new(&git_dir).join("objects/pack")).expect("a folder of packs");
        let mut files: Vec<PathBuf> =
            entries.flatten().map(|e| e.path()).filter(|p| p.extension() == Some(OsStr::new(extension))).collect();
        files.sort();
        files
    }

    /// The file of a loose object, made writable.
    pub fn loose_file(&self, id: &str) -> PathBuf {
        let path = self.root.join(".git/objects").join(&id[..2]).join(&id[2..]);
        assert!(path.is_file(), "{id} is not loose");
        make_writable(&path);
        path
    }

    pub fn scan(&self) -> Report {
        self.ground.scan(&self.root)
    }

    pub fn scan_with(&self, options: &[&str]) -> Report {
        self.ground.scan_with(&[&self.root], options)
    }
}

/// Lets the owner write a file that git made read-only.
pub fn make_writable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("permissions");
}

/// A JSON report, and how the run that wrote it ended.
pub struct Report {
    pub json: Value,
    pub code: Option<i32>,
    pub stderr: String,
}

impl Report {
    pub fn findings(&self) -> &[Value] {
        self.json["findings"].as_array().expect("findings")
    }

    /// The one finding of a value, if there is one.
    pub fn find(&self, secret: &str) -> Option<&Value> {
        let mut all = self.findings().iter().filter(|f| f["secret"]["redacted"] == secret);
        let found = all.next();
        assert!(all.next().is_none(), "several findings of one value:\n{:#}", self.json);
        found
    }

    /// The finding of a value.
    pub fn finding(&self, secret: &str) -> &Value {
        self.find(secret)
            .unwrap_or_else(|| panic!("no finding of {secret}; exit {:?}; stderr:\n{}\n{:#}", self.code, self.stderr, self.json))
    }

    pub fn locations(&self, secret: &str) -> Vec<&Value> {
        self.finding(secret)["locations"].as_array().expect("locations").iter().collect()
    }

    /// The only location of a value.
    pub fn location(&self, secret: &str) -> &Value {
        let all = self.locations(secret);
        assert_eq!(all.len(), 1, "{:#}", self.finding(secret));
        all[0]
    }

    /// The only location of a value at a path.
    pub fn location_at(&self, secret: &str, path: &str) -> &Value {
        let all: Vec<&Value> = self.locations(secret).into_iter().filter(|l| l["path"] == path).collect();
        assert_eq!(all.len(), 1, "at {path}: {:#}", self.finding(secret));
        all[0]
    }

    /// Paths of a value's locations, sorted.
    pub fn paths(&self, secret: &str) -> Vec<String> {
        let mut paths: Vec<String> = self.locations(secret).iter().map(|l| l["path"].as_str().expect("a path").to_owned()).collect();
        paths.sort();
        paths
    }

    /// All `skipped` entries, a line each.
    pub fn skipped(&self) -> Vec<String> {
        let entry = |s: &Value| format!("{}: {}", s["what"].as_str().expect("what"), s["why"].as_str().expect("why"));
        self.json["scan"]["skipped"].as_array().expect("skipped").iter().map(entry).collect()
    }

    /// Fails unless some `skipped` entry names `what`.
    pub fn assert_skipped(&self, what: &str) {
        assert!(self.skipped().iter().any(|s| s.contains(what)), "nothing skipped names {what}: {:#?}", self.skipped());
    }

    /// Fails unless everything was read.
    pub fn assert_complete(&self) {
        assert!(self.skipped().is_empty(), "{:#?}", self.skipped());
    }

    /// The report without what differs between two runs: times and targets.
    pub fn timeless(&self) -> Value {
        let mut json = self.json.clone();
        let scan = json["scan"].as_object_mut().expect("scan");
        for key in ["started", "finished", "targets"] {
            scan.remove(key).expect(key);
        }
        scan["stats"].as_object_mut().expect("stats").remove("duration_ms").expect("a duration");
        json
    }
}
