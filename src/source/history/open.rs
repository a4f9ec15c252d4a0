//! Finding and opening repositories without trusting them: their configuration is read for five keys and never followed.
//!
//! libgit2 is not used here because it follows `include.path` of the repository's configuration and its alternates, wherever they lead; a hostile
//! repository could make it read a pipe and hang. See `docs/design.md`.

use super::Error;
use super::objects::unhex;
use super::refs::Refs;
use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest control file (configuration, alternates, `.git` file) that is read.
const CONTROL_LIMIT: u64 = 4 << 20;

/// A repository that can be read.
#[derive(Debug)]
pub struct Repository {
    /// The folder with `HEAD`.
    pub git_dir: PathBuf,
    /// The folder with `objects` and `refs`: another one in a linked worktree.
    pub common_dir: PathBuf,
    /// The checked-out files, unless bare.
    pub work_dir: Option<PathBuf>,
    /// Length of a binary object id: 20 (SHA-1) or 32 (SHA-256).
    pub hash_len: usize,
    /// Folders with objects: its own, then alternates inside it.
    pub object_dirs: Vec<PathBuf>,
    /// Commits whose parents a shallow clone left out.
    pub border: HashSet<Vec<u8>>,
    /// Whether the clone left objects out on purpose.
    pub partial: bool,
    /// Branches, tags and heads.
    pub refs: Refs,
    /// Address it was cloned from, as its configuration has it: it may hold a password.
    pub origin: Option<String>,
    /// What was not followed, and why.
    pub skipped: Vec<(String, String)>,
}

impl Repository {
    /// Binary ids of the commits that are being merged, which the next commit has for parents beside the head.
    pub fn merging(&self) -> Vec<Vec<u8>> {
        let text = control(&self.git_dir.join("MERGE_HEAD")).unwrap_or_default();
        text.lines().filter_map(|line| unhex(line.trim().as_bytes())).filter(|id| id.len() == self.hash_len).collect()
    }
}

/// What stands at a path.
#[derive(Debug)]
pub enum Opened {
    /// A repository.
    Repository(Box<Repository>),
    /// None.
    Nothing,
}

/// Whether a folder is, or holds, a repository: cheap, opens nothing.
pub fn discover(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(".git")).is_ok() || is_git_dir(folder)
}

/// Opens the repository at a folder: its `.git`, a linked one, or the folder itself when bare. `root` is the scan's target, out of which
/// alternates and links are not followed.
///
/// # Errors
/// When there is one and it cannot be read; the message says why.
pub fn open(folder: &Path, root: &Path) -> Result<Opened, Error> {
    let dot_git = folder.join(".git");
    let (git_dir, work_dir) = match fs::symlink_metadata(&dot_git) {
        Ok(meta) if meta.is_dir() && is_git_dir(&dot_git) => (dot_git, Some(folder.to_owned())),
        Ok(meta) if meta.is_file() => (linked(&dot_git, folder, root)?, Some(folder.to_owned())),
        Ok(meta) if meta.is_symlink() => return Err(Error::Unsupported("`.git` is a symbolic link; not followed".into())),
        Ok(meta) if meta.is_dir() => return Err(Error::corrupt("`.git` holds no repository (`HEAD` or `objects` is missing)")),
        _ if is_git_dir(folder) => (folder.to_owned(), None),
        _ => return Ok(Opened::Nothing),
    };
    let common_dir = match control(&git_dir.join("commondir")) {
        Some(text) => git_dir.join(text.trim()),
        None => git_dir.clone(),
    };
    if common_dir != git_dir && !is_git_dir(&common_dir) {
        return Err(Error::corrupt("`commondir` points to no repository"));
    }
    let config = Settings::read(&common_dir.join("config"));
    let hash_len = match config.object_format.as_deref() {
        None | Some("sha1") => 20,
        Some("sha256") => 32,
        Some(other) => return Err(Error::Unsupported(format!("object format `{other}`"))),
    };
    if let Some(storage) = config.ref_storage.as_deref().filter(|s| *s != "files") {
        return Err(Error::Unsupported(format!("refs are stored as `{storage}`; convert with `git refs migrate --ref-format=files`")));
    }
    let mut skipped = Vec::new();
    let object_dirs = object_dirs(&common_dir, root, &mut skipped);
    let border = control(&common_dir.join("shallow")).unwrap_or_default();
    Ok(Opened::Repository(Box::new(Repository {
        refs: Refs::read(&git_dir, &common_dir, hash_len),
        border: border.lines().filter_map(|l| unhex(l.trim().as_bytes())).collect(),
        partial: config.partial || has_promisor(&common_dir),
        work_dir: work_dir.filter(|_| !config.bare),
        origin: config.origin,
        git_dir,
        common_dir,
        hash_len,
        object_dirs,
        skipped,
    })))
}

fn is_git_dir(folder: &Path) -> bool {
    let is = |name: &str, wanted: fn(&fs::Metadata) -> bool| fs::symlink_metadata(folder.join(name)).is_ok_and(|m| wanted(&m));
    let has_refs = is("refs", |m| m.is_dir()) || is("packed-refs", |m| m.is_file());
    // A linked worktree's folder has a `commondir` instead of objects and refs.
    is("HEAD", |m| m.is_file() || m.is_symlink()) && (is("objects", |m| m.is_dir()) && has_refs || is("commondir", |m| m.is_file()))
}

/// Whether a pack was fetched with a promise that the rest can be had later.
fn has_promisor(common_dir: &Path) -> bool {
    let packs = fs::read_dir(common_dir.join("objects/pack")).into_iter().flatten().flatten();
    packs.take(10_000).any(|entry| entry.path().extension().is_some_and(|e| e == "promisor"))
}

/// The folder a `.git` file points to: followed when it points back (worktree), is the superproject's (submodule), or lies within the scan.
fn linked(dot_git: &Path, folder: &Path, root: &Path) -> Result<PathBuf, Error> {
    let text = control(dot_git).ok_or_else(|| Error::corrupt("`.git` cannot be read"))?;
    let target = text.trim().strip_prefix("gitdir:").map(str::trim).filter(|t| !t.is_empty());
    let target = target.ok_or_else(|| Error::corrupt("`.git` is a file but names no `gitdir:`"))?;
    let git_dir = folder.join(target);
    let real = fs::canonicalize(&git_dir).map_err(|e| Error::corrupt(format!("`.git` points to {}: {e}", git_dir.display())))?;
    let here = fs::canonicalize(dot_git)?;
    let points_back = control(&real.join("gitdir")).is_some_and(|back| fs::canonicalize(real.join(back.trim())).is_ok_and(|b| b == here));
    let inside = |outer: &Path| fs::canonicalize(outer).is_ok_and(|outer| real.starts_with(outer));
    let of_superproject = Settings::read(&real.join("config"))
        .worktree
        .is_some_and(|w| fs::canonicalize(real.join(w)).is_ok_and(|w| Some(w.as_path()) == here.parent()));
    if !(points_back || of_superproject || inside(root)) {
        return Err(Error::Unsupported(format!(
            "`.git` points outside the scan, to {}, which does not point back; not followed",
            git_dir.display()
        )));
    }
    if is_git_dir(&real) {
        Ok(real)
    } else {
        Err(Error::corrupt(format!("`.git` points to {}, which is no repository", git_dir.display())))
    }
}

/// Its own folder of objects and alternates, followed only where they stay inside the repository or the scan.
fn object_dirs(common_dir: &Path, root: &Path, skipped: &mut Vec<(String, String)>) -> Vec<PathBuf> {
    let mut dirs = vec![common_dir.join("objects")];
    let bounds: Vec<PathBuf> = [common_dir, root].iter().filter_map(|p| fs::canonicalize(p).ok()).collect();
    let mut at = 0;
    while at < dirs.len() && dirs.len() < 64 {
        let list = control(&dirs[at].join("info/alternates")).unwrap_or_default();
        for line in list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let path = dirs[at].join(line);
            let real = fs::canonicalize(&path).ok().filter(|r| bounds.iter().any(|b| r.starts_with(b)) && r.is_dir());
            match real {
                Some(real) if !dirs.contains(&real) => dirs.push(real),
                Some(_) => {}
                None => {
                    skipped.push((path.display().to_string(), "objects/info/alternates leads outside the repository; not followed".into()));
                }
            }
        }
        at += 1;
    }
    dirs
}

/// Reads a small regular file as text.
pub(super) fn control(path: &Path) -> Option<String> {
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(CONTROL_LIMIT).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The few settings that say how to read a repository.
#[derive(Default)]
struct Settings {
    bare: bool,
    object_format: Option<String>,
    ref_storage: Option<String>,
    partial: bool,
    worktree: Option<String>,
    origin: Option<String>,
}

impl Settings {
    /// Reads the plain `key = value` lines; includes are left alone.
    fn read(path: &Path) -> Self {
        let mut settings = Self::default();
        let mut section = String::new();
        let mut of_origin = false;
        for line in control(path).unwrap_or_default().lines().map(str::trim) {
            if let Some(header) = line.strip_prefix('[') {
                section = header.split([']', ' ']).next().unwrap_or_default().to_ascii_lowercase();
                of_origin = header.split(']').next().is_some_and(|h| h.trim_end().ends_with("\"origin\""));
                settings.partial |= header.starts_with("remote") && line.contains("promisor");
                continue;
            }
            let (key, value) = line.split_once('=').map_or((line, "true"), |(k, v)| (k.trim(), v.trim()));
            let value = value.trim_matches('"').to_owned();
            match (section.as_str(), key.to_ascii_lowercase().as_str()) {
                ("core", "bare") => settings.bare = matches!(value.as_str(), "true" | "yes" | "on" | "1"),
                ("core", "worktree") => settings.worktree = Some(value),
                ("remote", "url") if of_origin => settings.origin = Some(value),
                ("extensions", "objectformat") => settings.object_format = Some(value.to_ascii_lowercase()),
                ("extensions", "refstorage") => settings.ref_storage = Some(value.to_ascii_lowercase()),
                ("extensions", "partialclone") | ("remote", "promisor" | "partialclonefilter") => settings.partial = true,
                _ => {}
            }
        }
        settings
    }
}
