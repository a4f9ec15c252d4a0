//! The work on one repository: fetch it, see whether it changed, scan what is new, and keep what was found.

use super::git::{Error, Git};
use super::judge::{Asked, Judge};
use super::mirror::{Cache, Mirror};
use crate::engine::{self, Memory};
use crate::source::history::{Opened, hex, open};
use crate::store::{Done, Outcome, Remembered, Target};
use sha2::{Digest, Sha256};
use std::fs;
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
        let tips_now = || tips(place.folder(), self.cache.root()).map_err(|why| (why, true));
        let mut tips = tips_now()?;
        let (digest, asked) = (self.judge.digest(), questions.digest());
        let is_same = |r: &&Remembered| r.tips == tips && r.digest == digest && (r.findings == 0 || r.asked == asked);
        let millis = || i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        if remembered.is_some_and(|r| is_same(&r)) {
            return Ok(Done { outcome: Outcome::Unchanged, why: None, kept: None, millis: millis(), bytes: 0 });
        }
        if let Place::Mirror(mirror) = &place
            && remembered.is_some()
        {
            // Another branch may be the one that is checked out by now; that it cannot be asked is no reason not to scan.
            let _ = mirror.set_head(&self.git, &target.url);
            tips = tips_now()?;
        }
        let report = self.scan(target, &place, questions);
        let findings = (report.findings.len() + report.suppressed.len()) as i64;
        // What could not be read is tried again the next time, so then nothing is remembered of the tips.
        let tips = if report.scan.skipped.is_empty() { tips } else { String::new() };
        let bytes = i64::try_from(report.scan.stats.bytes).unwrap_or(i64::MAX);
        let text = serde_json::to_string(&report).map_err(|e| (e.to_string(), false))?;
        let kept = Some((Remembered { tips, digest, asked, findings }, text));
        Ok(Done { outcome: Outcome::Scanned, why: None, kept, millis: millis(), bytes })
    }

    fn fetch(&self, target: &Target) -> Result<Place, Error> {
        if let Some(folder) = target.folder() {
            return Ok(Place::Folder(folder.to_owned(), self.cache.folder(&target.name).with_extension("memory")));
        }
        let mut pauses = PAUSES.iter();
        loop {
            match self.cache.fetch(target, &self.git) {
                Err(Error::Failed(why)) if is_passing(&why) => match pauses.next() {
                    Some(pause) => std::thread::sleep(*pause),
                    None => return Err(Error::Failed(why)),
                },
                done => return done.map(Place::Mirror),
            }
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
    [
        "Could not resolve",
        "Connection",
        "timed out",
        "unexpected disconnect",
        "early EOF",
        "HTTP 5",
        "The requested URL returned error: 5",
        "error: 429",
    ]
    .iter()
    .any(|words| why.contains(words))
}

/// Digest of all refs and of what is checked out.
fn tips(folder: &Path, bounds: &Path) -> Result<String, String> {
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
    Ok(hex(&digest.finalize()[..16]))
}

fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, bytes)?;
    fs::rename(&part, file)
}
