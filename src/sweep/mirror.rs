//! Mirrors: bare clones in a cache, with a bound on its size; forks borrow the objects of what they are forks of.

use super::git::{self, Git};
use crate::source::history::hex;
use crate::store::Target;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The file that says when a mirror was last used, and that is locked while it is.
const USED: &str = "keysweep-used";
/// The file of what is known to hold nothing.
const MEMORY: &str = "keysweep-memory";

/// What git says of a repository that is broken.
const BROKEN: &[&str] = &["corrupt", "bad object", "not a git repository", "unable to read", "does not point to a valid object", "missing"];
/// Deepest folder of refs that is looked into.
const DEEPEST: usize = 16;

/// A folder of mirrors.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    /// Most bytes of all mirrors.
    budget: u64,
}

/// A mirror in use: nobody else fetches into it or removes it.
#[derive(Debug)]
pub struct Mirror {
    /// Its folder.
    pub folder: PathBuf,
    lock: File,
}

impl Mirror {
    /// Makes the branch that the server has checked out that of the mirror.
    ///
    /// # Errors
    /// When git fails.
    pub fn set_head(&self, git: &Git, url: &str) -> Result<(), git::Error> {
        git.set_head(&self.folder, &self.lock, url)
    }

    /// The file of what is known to hold nothing.
    pub fn memory(&self) -> PathBuf {
        self.folder.join(MEMORY)
    }
}

impl Cache {
    /// A cache in a folder, which is made for this user alone.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(root: &Path, budget: u64) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        Ok(Self { root: fs::canonicalize(root)?, budget })
    }

    /// The folder that holds all mirrors.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the mirror of a repository is.
    pub fn folder(&self, name: &str) -> PathBuf {
        let readable: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).take(80).collect();
        self.root.join(format!("{}-{}.git", readable.trim_start_matches('.'), &hex(&Sha256::digest(name))[..12]))
    }

    /// Where what is known of a repository's mirror is.
    pub fn memory_of(&self, name: &str) -> PathBuf {
        self.folder(name).join(MEMORY)
    }

    /// The mirror of a repository as it is now on its server. What is broken is made anew, once.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn fetch(&self, target: &Target, git: &Git) -> Result<Mirror, git::Error> {
        let folder = self.folder(&target.name);
        fs::create_dir_all(&folder).map_err(|e| git::Error::File(folder.clone(), e))?;
        let mirror = lock(folder, git.time)?;
        sweep_up(&mirror.folder, 0);
        if !is_sound(&mirror.folder) {
            clear(&mirror.folder)?;
        }
        let is_new = !mirror.folder.join("HEAD").is_file();
        match self.fetch_into(&mirror, target, git) {
            // What git itself finds broken is fetched anew, once.
            Err(git::Error::Failed(why)) if !is_new && BROKEN.iter().any(|words| why.contains(words)) => {
                clear(&mirror.folder)?;
                self.fetch_into(&mirror, target, git)?;
            }
            done => done?,
        }
        Ok(mirror)
    }

    fn fetch_into(&self, mirror: &Mirror, target: &Target, git: &Git) -> Result<(), git::Error> {
        let (folder, lock) = (&mirror.folder, &mirror.lock);
        let is_new = !folder.join("HEAD").is_file();
        if is_new {
            let parent = self.folder(&target.network).join("objects");
            git.init(folder, lock, Some(parent.as_path()).filter(|p| target.network != target.name && p.is_dir()))?;
        }
        git.fetch(folder, lock, &target.url)?;
        if is_new || !has_head(folder) {
            git.set_head(folder, lock, &target.url)?;
        }
        Ok(())
    }

    /// Removes mirrors that were not used for longest until all fit; forks go with what they borrow from. Gives what was removed, in bytes.
    pub fn make_room(&self) -> u64 {
        let mut families: BTreeMap<PathBuf, (SystemTime, u64, Vec<PathBuf>)> = BTreeMap::new();
        for folder in fs::read_dir(&self.root).into_iter().flatten().flatten().map(|e| e.path()).filter(|p| p.is_dir()) {
            let used = fs::metadata(folder.join(USED)).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            let family = families.entry(lender(&folder).unwrap_or_else(|| folder.clone())).or_insert((used, 0, Vec::new()));
            family.0 = family.0.max(used);
            family.1 += git::size(&folder);
            family.2.push(folder);
        }
        let mut total: u64 = families.values().map(|f| f.1).sum();
        let mut oldest: Vec<_> = families.into_values().collect();
        oldest.sort();
        let mut removed = 0;
        for (_, bytes, folders) in oldest {
            if total <= self.budget {
                break;
            }
            let locks: Vec<Mirror> = folders.iter().filter_map(|f| try_lock(f.clone())).collect();
            if locks.len() == folders.len() && folders.iter().all(|f| fs::remove_dir_all(f).is_ok()) {
                total -= bytes;
                removed += bytes;
            }
        }
        removed
    }
}

/// Whose objects a mirror borrows.
fn lender(folder: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(folder.join("objects/info/alternates")).ok()?;
    Path::new(text.lines().next()?).parent().map(Path::to_owned)
}

/// Waits for a mirror: who has it may be fetching, or a git that outlived a killed worker.
fn lock(folder: PathBuf, longest: Duration) -> Result<Mirror, git::Error> {
    let path = folder.join(USED);
    let failed = |e| git::Error::File(path.clone(), e);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    let began = Instant::now();
    while file.try_lock().is_err() {
        if began.elapsed() > longest {
            return Err(git::Error::Busy(folder));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    file.set_modified(SystemTime::now()).map_err(failed)?;
    Ok(Mirror { lock: file, folder })
}

/// Removes what a git that was killed left: locks, and packs that were never whole. Nobody else is at work here.
fn sweep_up(folder: &Path, depth: usize) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => sweep_up(&path, depth + 1),
            Ok(kind) if kind.is_file() && (name.ends_with(".lock") || name.starts_with("tmp_")) => drop(fs::remove_file(path)),
            _ => {}
        }
    }
}

fn try_lock(folder: PathBuf) -> Option<Mirror> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(USED)).ok()?;
    file.try_lock().ok()?;
    Some(Mirror { folder, lock: file })
}

/// Whether the branch that `HEAD` names is there.
fn has_head(folder: &Path) -> bool {
    let head = fs::read_to_string(folder.join("HEAD")).unwrap_or_default();
    let Some(name) = head.trim().strip_prefix("ref: ") else { return true };
    let packed = || fs::read_to_string(folder.join("packed-refs")).unwrap_or_default().lines().any(|l| l.ends_with(&format!(" {name}")));
    folder.join(name).is_file() || packed()
}

/// Whether a mirror looks like a repository whose objects are there.
fn is_sound(folder: &Path) -> bool {
    let packs = fs::read_dir(folder.join("objects/pack")).into_iter().flatten().flatten().map(|e| e.path());
    let mut broken = packs.filter(|p| p.extension().is_some_and(|e| e == "pack")).filter(|p| !p.with_extension("idx").is_file());
    let is_new = !folder.join("HEAD").is_file();
    is_new || (lender(folder).is_none_or(|l| l.is_dir()) && broken.next().is_none() && folder.join("refs").is_dir())
}

/// Empties a mirror, all but the lock.
fn clear(folder: &Path) -> Result<(), git::Error> {
    let failed = |e| git::Error::File(folder.to_owned(), e);
    for entry in fs::read_dir(folder).map_err(failed)?.flatten().filter(|e| e.file_name() != USED) {
        let path = entry.path();
        if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.map_err(failed)?;
    }
    Ok(())
}
