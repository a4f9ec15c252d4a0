//! git as a subprocess, for fetching alone: no hook, no configuration but ours, no prompt, one protocol, and an end in time and size.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Most bytes of what git says that are read.
const MOST_SAID: u64 = 4096;
/// Longest pause between two looks at a running git.
const PAUSE: Duration = Duration::from_millis(50);
/// What is fetched of a repository.
const USUAL: &[&str] = &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/notes/*:refs/notes/*"];
/// What is fetched where all refs are asked for, those of proposed changes too.
const ALL: &[&str] = &["+refs/*:refs/*"];
/// Protocols that a URL may ask for. `ext::` and others that run programs are not among them.
const PROTOCOLS: &[&str] = &["https", "http", "ssh", "git", "file"];

/// How git is run.
#[derive(Debug, Clone)]
pub struct Git {
    /// What of the environment it is given: where it and ssh are found, the user's home, agents and proxies.
    pub environment: Vec<(String, String)>,
    /// Headers for what is fetched below a URL; they are given by the environment, where no list of processes shows them.
    pub headers: Vec<(String, Header)>,
    /// Longest time of one fetch.
    pub time: Duration,
    /// Most bytes that a mirror may have on disk.
    pub bytes: u64,
    /// Whether refs of proposed changes are fetched too.
    pub all_refs: bool,
}

/// The name and password that a server is told.
#[derive(Clone)]
pub struct Header {
    value: zeroize::Zeroizing<String>,
}

impl Header {
    /// Basic authentication.
    pub fn basic(user: &str, password: &str) -> Self {
        let pair = zeroize::Zeroizing::new(format!("{user}:{password}"));
        Self { value: format!("Authorization: Basic {}", STANDARD.encode(pair.as_bytes())).into() }
    }

    /// A token by itself.
    pub fn bearer(token: &str) -> Self {
        Self { value: format!("Authorization: Bearer {token}").into() }
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Header(hidden)")
    }
}

/// Why git did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is of no protocol that is spoken here.
    #[error("`{0}` is fetched by no protocol that is allowed: https, ssh, http, git or file")]
    Protocol(String),
    /// git is not there.
    #[error("git cannot be run: {0}")]
    Start(std::io::Error),
    /// It took too long.
    #[error("git was stopped after {0} s; raise the limit with --fetch-time")]
    Time(u64),
    /// Another process has it.
    #[error("another process has worked on {0} for longer than a fetch may take")]
    Busy(PathBuf),
    /// The host gave no answer before.
    #[error("{0} gave no answer for other repositories a moment ago")]
    Silent(String),
    /// It grew too large.
    #[error("git was stopped at {0} MB; raise the limit with --max-repository")]
    Size(u64),
    /// It failed.
    #[error("git: {0}")]
    Failed(String),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
}

/// The protocol of a URL: its scheme; `ssh` for `user@host:path`; `file` for a path.
pub fn protocol(url: &str) -> Result<&'static str, Error> {
    let scheme = match url.split_once("://") {
        Some((scheme, _)) => scheme,
        None if url.starts_with('/') || url.starts_with("./") || url.starts_with("../") => "file",
        None if url.contains("::") || url.starts_with('-') => "",
        None if url.split('/').next().is_some_and(|first| first.contains(':')) => "ssh",
        None => "",
    };
    PROTOCOLS.iter().find(|p| **p == scheme).copied().ok_or_else(|| Error::Protocol(without_user(url)))
}

/// The host of a URL, with its port; none where it names a folder.
pub fn host(url: &str) -> Option<&str> {
    let server = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split('/').next()?,
        None if url.starts_with(['/', '.']) => return None,
        None => url.split_once(':')?.0,
    };
    Some(server.rsplit('@').next().unwrap_or(server)).filter(|host| !host.is_empty())
}

/// A URL without user and password.
pub fn without_user(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(h, p)| (h, Some(p)));
            let host = host.rsplit('@').next().unwrap_or_default();
            path.map_or_else(|| format!("{scheme}://{host}"), |p| format!("{scheme}://{host}/{p}"))
        }
        None => url.to_owned(),
    }
}

impl Git {
    /// Makes an empty mirror; its objects may be borrowed from those of another.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn init(&self, mirror: &Path, lock: &File, borrowed: Option<&Path>) -> Result<(), Error> {
        fs::create_dir_all(mirror).map_err(|e| Error::File(mirror.to_owned(), e))?;
        let mut command = self.command(mirror, "file");
        command.args(["init", "--bare", "--quiet", "--template="]).arg(mirror);
        self.run(command, mirror, lock)?;
        if let Some(objects) = borrowed {
            let file = mirror.join("objects/info/alternates");
            let write = || {
                fs::create_dir_all(mirror.join("objects/info"))?;
                fs::write(&file, format!("{}\n", objects.display()))
            };
            write().map_err(|e| Error::File(file.clone(), e))?;
        }
        Ok(())
    }

    /// Fetches all branches and tags as they are now, and drops those that are gone.
    ///
    /// # Errors
    /// When git fails, takes too long, or the mirror grows too large.
    pub fn fetch(&self, mirror: &Path, lock: &File, url: &str) -> Result<(), Error> {
        let mut command = self.command(mirror, protocol(url)?);
        command.arg("--git-dir").arg(mirror);
        command.args(["fetch", "--quiet", "--prune", "--force", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"]);
        command.args(["--no-write-fetch-head", "--end-of-options"]).arg(url).args(if self.all_refs { ALL } else { USUAL });
        self.run(command, mirror, lock).map(drop)
    }

    /// Makes the branch that the server has checked out that of the mirror.
    ///
    /// # Errors
    /// When git fails.
    pub fn set_head(&self, mirror: &Path, lock: &File, url: &str) -> Result<(), Error> {
        let mut command = self.command(mirror, protocol(url)?);
        command.args(["ls-remote", "--symref", "--end-of-options", url, "HEAD"]);
        let told = self.run(command, mirror, lock)?;
        let branch = told.lines().find_map(|l| l.strip_prefix("ref: ")?.split('\t').next());
        let is_sound = |b: &&str| b.starts_with("refs/heads/") && !b.contains("..") && !b.contains(|c: char| c.is_control() || c == ' ');
        let Some(branch) = branch.filter(is_sound) else { return Ok(()) };
        let head = mirror.join("HEAD");
        fs::write(&head, format!("ref: {branch}\n")).map_err(|e| Error::File(head.clone(), e))
    }

    /// git with everything off that a repository or a user could have turned on.
    fn command(&self, mirror: &Path, protocol: &str) -> Command {
        let mut command = Command::new("git");
        command.env_clear().envs(self.environment.iter().map(|(k, v)| (k, v))).current_dir(mirror);
        let fixed = [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ASKPASS", "true"),
            ("SSH_ASKPASS", "true"),
            ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oClearAllForwardings=yes"),
            ("GIT_ALLOW_PROTOCOL", protocol),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("LC_ALL", "C"),
        ];
        command.envs(fixed);
        command.env("GIT_CONFIG_COUNT", self.headers.len().to_string());
        for (number, (below, header)) in self.headers.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), format!("http.{below}.extraHeader"));
            command.env(format!("GIT_CONFIG_VALUE_{number}"), header.value.as_str());
        }
        for setting in [
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "credential.helper=",
            "gc.auto=0",
            "maintenance.auto=false",
            "fetch.unpackLimit=1",
            "fetch.writeCommitGraph=false",
            "http.followRedirects=initial",
            "submodule.recurse=false",
            "uploadpack.packObjectsHook=",
        ] {
            command.args(["-c", setting]);
        }
        command
    }

    /// Runs git to its end, or to that of its time or its room; gives what it printed. Its standard input is the lock, which it so holds even where this
    /// process is killed before it.
    fn run(&self, mut command: Command, mirror: &Path, lock: &File) -> Result<String, Error> {
        let (said, told) = (mirror.join("keysweep-stderr"), mirror.join("keysweep-stdout"));
        let file = |path: &Path| File::create(path).map_err(|e| Error::File(path.to_owned(), e));
        command.stdin(lock.try_clone().map_err(Error::Start)?).stdout(file(&told)?).stderr(file(&said)?).process_group(0);
        let mut child = command.spawn().map_err(Error::Start)?;
        let ended = self.watch(&mut child, mirror);
        let (said, told) = (taken(&said), taken(&told));
        match ended? {
            status if status.success() => Ok(told),
            status => Err(Error::Failed(reason(&said, status))),
        }
    }

    fn watch(&self, child: &mut Child, mirror: &Path) -> Result<ExitStatus, Error> {
        let (began, mut pause) = (Instant::now(), Duration::from_millis(1));
        loop {
            if let Some(status) = child.try_wait().map_err(Error::Start)? {
                return Ok(status);
            }
            let is_late = began.elapsed() > self.time;
            if is_late || (pause >= PAUSE && size(mirror) > self.bytes) {
                stop(child);
                return Err(if is_late { Error::Time(self.time.as_secs()) } else { Error::Size(self.bytes / 1_000_000) });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE);
        }
    }
}

/// Ends git and all that it started.
fn stop(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Bytes of the objects of a mirror.
pub fn size(mirror: &Path) -> u64 {
    let files = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let sum = |folder: PathBuf| files(folder).filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum::<u64>();
    sum(mirror.join("objects/pack")) + sum(mirror.to_owned())
}

/// The first bytes of a file, which is removed.
fn taken(path: &Path) -> String {
    let mut text = Vec::new();
    let _ = File::open(path).map(|f| f.take(MOST_SAID).read_to_end(&mut text));
    let _ = fs::remove_file(path);
    String::from_utf8_lossy(&text).into_owned()
}

/// What git said of its failure, without URLs' users.
fn reason(said: &str, status: ExitStatus) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let fatal = lines.iter().find(|l| l.starts_with("fatal:") || l.starts_with("error:")).or(lines.last());
    // Where ssh fails, git only says that it cannot read, and ssh said why before.
    let cause = fatal.filter(|l| l.contains("Could not read from remote")).and(lines.first()).filter(|first| Some(*first) != fatal);
    let words = cause.or(fatal).map_or_else(
        || format!("{status}, and no word why; is there room on the disk?"),
        |l| l.split(' ').map(plain).collect::<Vec<_>>().join(" "),
    );
    crate::model::shown_line(&words).into_owned()
}

fn plain(word: &str) -> String {
    if word.contains("://") && word.contains('@') { without_user(word.trim_matches('\'')) } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_protocols_that_run_no_program_are_spoken() {
        for (url, expected) in [
            ("https://github.com/acme/shop.git", Some("https")),
            ("git@github.com:acme/shop.git", Some("ssh")),
            ("ssh://git@host/x", Some("ssh")),
            ("/srv/git/x.git", Some("file")),
            ("git://127.0.0.1:9418/x", Some("git")),
            ("ext::sh -c touch% /tmp/x", None),
            ("fd::3", None),
            ("--upload-pack=touch", None),
            ("ftp://host/x", None),
            ("shop", None),
        ] {
            assert_eq!(protocol(url).ok(), expected, "{url}");
        }
    }

    #[test]
    fn hosts_of_urls() {
        for (url, expected) in [
            ("https://x:pass@github.com:8443/acme/shop.git", Some("github.com:8443")),
            ("git@github.com:acme/shop.git", Some("github.com")),
            ("ssh://git@host/x", Some("host")),
            ("git://127.0.0.1:9418/x", Some("127.0.0.1:9418")),
            ("/srv/git/a:b", None),
            ("../a:b", None),
            ("file:///srv/git", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    #[test]
    fn what_ssh_says_is_told_where_git_only_cannot_read() {
        let said =
            "ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.\n\nPlease make sure\n";
        assert_eq!(reason(said, ExitStatus::default()), "ssh: connect to host h port 22: Connection refused");
        assert_eq!(
            reason("fatal: Could not read from remote repository.", ExitStatus::default()),
            "fatal: Could not read from remote repository."
        );
    }

    #[test]
    fn where_nothing_could_be_said_the_disk_may_be_full() {
        assert!(reason("", ExitStatus::default()).ends_with("is there room on the disk?"));
    }

    #[test]
    fn users_of_urls_are_not_told() {
        assert_eq!(without_user("https://x:pass@host:8443/a/b.git"), "https://host:8443/a/b.git");
        assert_eq!(format!("{:?}", Header::basic("x", "pass")), "Header(hidden)");
        assert!(!reason("fatal: unable to access 'https://x:pass@host/a/': no", ExitStatus::default()).contains("pass"));
    }
}
