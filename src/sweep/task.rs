//! The work on one repository: fetch it, see whether it changed, scan what is new, and keep what was found.

use super::git::{self, Error, Git};
use super::host::{Hosts, Patience};
use super::judge::{Asked, Judge};
use super::mirror::{Cache, Mirror};
use crate::engine::{self, Memory};
use crate::model::Skipped;
use crate::source::history::{Opened, hex, open};
use crate::store::{Done, Outcome, Remembered, Target};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Largest memory of a repository that is read, in bytes.
const LARGEST_MEMORY: u64 = 1 << 30;
/// What is told of a repository whose scan panicked.
pub const BROKE_OFF: &str = "the scan broke off: a fault of keysweep; please report it";
/// Pauses before a fetch is tried again.
const PAUSES: &[Duration] = &[Duration::from_millis(500), Duration::from_secs(3)];

/// What all work on repositories is done with.
pub struct Workshop {
    /// How git is run.
    pub git: Git,
    /// Where mirrors are.
    pub cache: Cache,
    /// Which hosts answer.
    pub hosts: Hosts,
    /// What scans and judges.
    pub judge: Arc<dyn Judge>,
}

/// Where a repository is read.
enum Place {
    Mirror(Mirror),
    /// A clone that somebody else keeps, and where what is known of it is kept.
    Folder(PathBuf, PathBuf),
}

impl Place {
    fn folder(&self) -> &Path {
        match self {
            Self::Mirror(mirror) => &mirror.folder,
            Self::Folder(folder, _) => folder,
        }
    }

    fn memory(&self) -> PathBuf {
        match self {
            Self::Mirror(mirror) => mirror.memory(),
            Self::Folder(_, memory) => memory.clone(),
        }
    }
}

impl Workshop {
    /// Works on one repository; of each value that is found it notes what the inventory asks.
    ///
    /// # Errors
    /// Why it could not be read, in a sentence, and whether trying again may help.
    pub fn work(&self, target: &Target, remembered: Option<&Remembered>, questions: &Asked) -> Result<Done, (String, bool)> {
        let began = Instant::now();
        let place = self.fetch(target).map_err(|e| (e.to_string(), !matches!(e, Error::Protocol(_) | Error::Size(_))))?;
        let now = || Standing::of(place.folder(), self.cache.root()).map_err(|why| (why, true));
        let mut standing = now()?;
        let (digest, asked) = (self.judge.digest(), questions.digest());
        let is_same = |r: &&Remembered| standing.is(&r.tips) && r.digest == digest && (r.findings == 0 || r.asked == asked);
        let millis = || i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        if remembered.is_some_and(|r| is_same(&r)) {
            return Ok(Done { outcome: Outcome::Unchanged, why: None, kept: None, millis: millis(), bytes: 0 });
        }
        if let Place::Mirror(mirror) = &place
            && remembered.is_some()
        {
            // Another branch may be the one that is checked out by now; that it cannot be asked is no reason not to scan.
            let _ = mirror.set_head(&self.git, &target.url);
            standing = now()?;
        }
        let report = self.scan(target, &place, questions);
        let findings = (report.findings.len() + report.suppressed.len()) as i64;
        let tips = standing.remembered(&report.scan.skipped);
        let bytes = i64::try_from(report.scan.stats.bytes).unwrap_or(i64::MAX);
        let text = serde_json::to_string(&report).map_err(|e| (e.to_string(), false))?;
        let kept = Some((Remembered { tips, digest, asked, findings }, text));
        Ok(Done { outcome: Outcome::Scanned, why: None, kept, millis: millis(), bytes })
    }

    fn fetch(&self, target: &Target) -> Result<Place, Error> {
        if let Some(folder) = target.folder() {
            return Ok(Place::Folder(folder.to_owned(), self.cache.folder(&target.name).with_extension("memory")));
        }
        // What a host does not answer over one protocol it may answer over another.
        let server = git::host(&target.url).zip(git::protocol(&target.url).ok()).map(|(host, protocol)| format!("{protocol}://{host}"));
        let server = server.unwrap_or_default();
        let mut pauses = match self.hosts.patience(&server) {
            Patience::Usual => PAUSES,
            Patience::Little => &[],
            Patience::None => return Err(Error::Silent(server)),
        }
        .iter();
        loop {
            let began = Instant::now();
            let fetched = self.cache.fetch(target, &self.git);
            let pause = match &fetched {
                Err(Error::Failed(why)) if is_passing(why) => pauses.next(),
                _ => None,
            };
            if let Some(pause) = pause {
                std::thread::sleep(*pause);
                continue;
            }
            match &fetched {
                _ if server.is_empty() => {}
                Err(Error::Time(_)) => self.hosts.was_silent(&server, began.elapsed()),
                Err(Error::Failed(why)) if is_silence(why) => self.hosts.was_silent(&server, began.elapsed()),
                _ => self.hosts.answered(&server),
            }
            return fetched.map(Place::Mirror);
        }
    }

    /// Scans what is not known to hold nothing, and keeps what scanning it taught.
    fn scan(&self, target: &Target, place: &Place, asked: &Asked) -> crate::model::Report {
        let engine = self.judge.engine();
        let file = place.memory();
        let read = |file: &Path| crate::source::Bytes::open(file, LARGEST_MEMORY).map(|b| Memory::read(&b, &engine)).unwrap_or_default();
        let mut memory = read(&file);
        if target.network != target.name {
            memory = memory.and(read(&self.cache.memory_of(&target.network)));
        }
        let (folder, bounds) = (place.folder().to_owned(), self.cache.root().to_owned());
        let whole = engine::Target::Repository { folder, bounds, name: target.name.clone() };
        let mut report = self.judge.scan(whole, &memory, asked);
        report.keep(&asked.shown);
        // It only saves time, so that it cannot be written is no loss.
        let _ = write(&file, &memory.written(&engine));
        report
    }
}

/// Whether a failure to fetch may be gone in a moment.
fn is_passing(why: &str) -> bool {
    let busy = ["unexpected disconnect", "early EOF", "HTTP 5", "The requested URL returned error: 5", "error: 429"];
    is_silence(why) || busy.iter().any(|words| why.contains(words))
}

/// Whether the host cannot be reached at all.
fn is_silence(why: &str) -> bool {
    ["Could not resolve", "Connection", "timed out", "onnect to ", "No route to host"].iter().any(|words| why.contains(words))
}

/// How a repository stands.
struct Standing {
    /// Digest of all refs and of what is checked out.
    tips: String,
    /// Digest of the files that hold its objects, as far as git would replace them.
    objects: String,
}

impl Standing {
    fn of(folder: &Path, bounds: &Path) -> Result<Self, String> {
        let repository = match open(folder, bounds) {
            Ok(Opened::Repository(repository)) => repository,
            Ok(Opened::Nothing) => return Err("there is no git repository".to_owned()),
            Err(e) => return Err(e.to_string()),
        };
        let mut digest = Sha256::new();
        for reference in &repository.refs.all {
            digest.update(&reference.name);
            digest.update([0]);
            digest.update(&reference.id);
        }
        digest.update(repository.refs.head.as_deref().unwrap_or_default());
        digest.update(repository.refs.branch.as_deref().unwrap_or_default());
        Ok(Self { tips: hex(&digest.finalize()[..16]), objects: objects(&repository.object_dirs) })
    }

    /// What is remembered of it once it is scanned. What could not be read is tried again the next time; what cannot be read whoever tries, only once
    /// its files are others.
    fn remembered(&self, skipped: &[Skipped]) -> String {
        match skipped {
            [] => self.tips.clone(),
            all if all.iter().all(|s| s.is_lasting) => format!("{} {}", self.tips, self.objects),
            _ => String::new(),
        }
    }

    /// Whether it stands as it is remembered.
    fn is(&self, remembered: &str) -> bool {
        match remembered.split_once(' ') {
            None => remembered == self.tips,
            Some((tips, objects)) => tips == self.tips && objects == self.objects,
        }
    }
}

/// Digest of packs and folders of loose objects: their names, sizes and last changes.
fn objects(folders: &[PathBuf]) -> String {
    let mut digest = Sha256::new();
    let list = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    for folder in folders {
        let loose = list(folder.clone()).filter(|p| p.file_name().is_some_and(|name| name.len() == 2));
        let mut files: Vec<PathBuf> = list(folder.join("pack")).chain(loose).collect();
        files.sort();
        for (file, what) in files.iter().filter_map(|file| Some((file, fs::metadata(file).ok()?))) {
            digest.update(file.as_os_str().as_bytes());
            [what.len() as i64, what.ctime(), what.ctime_nsec()].iter().for_each(|n| digest.update(n.to_le_bytes()));
        }
    }
    hex(&digest.finalize()[..16])
}

/// Writes a file for this user alone: it names the files and authors of a repository that others may not read.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = file.with_extension("part");
    let mut open = fs::OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600).open(&part)?.write_all(bytes)?;
    fs::rename(&part, file)
}
