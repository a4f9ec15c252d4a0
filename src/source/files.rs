//! Files of a working tree: found with `.gitignore` semantics, symbolic links not followed, repositories on the way named.

use super::history::discover;
use crate::model::Skipped;
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// Regular files, sorted.
    pub files: Vec<PathBuf>,
    /// Folders that are repositories or hold one in `.git`, sorted; the folder itself first if it is one.
    pub repositories: Vec<PathBuf>,
    /// What was not followed or could not be listed.
    pub skipped: Vec<Skipped>,
}

/// Adds to the listing from any thread.
type Note<'n> = &'n (dyn Fn(&mut dyn FnMut(&mut Listing)) + Sync);

/// Lists the files under a folder, and the repositories.
pub fn list(root: &Path, threads: usize) -> Listing {
    let found = Mutex::new(Listing::default());
    let note = |f: &mut dyn FnMut(&mut Listing)| f(&mut found.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    if discover(root) {
        note(&mut |l| l.repositories.push(root.to_owned()));
        if !root.join(".git").exists() {
            return found.into_inner().unwrap_or_default();
        }
    }
    let held = Mutex::new(Vec::new());
    let hold = |folder: &Path| held.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(folder.to_owned());
    if blocks(root) {
        hold(root);
    } else {
        walk(root, root, Ignores::Read, threads, &note, &hold);
    }
    let held = held.into_inner().unwrap_or_default();
    for folder in held {
        let what = folder.join(".gitignore").display().to_string();
        note(&mut |l| l.skipped.push(Skipped::new(&what, "not a regular file; files here are scanned whether ignored or not")));
        walk(root, &folder, Ignores::Left, threads, &note, &|_| {});
    }
    let mut listing = found.into_inner().unwrap_or_default();
    listing.files.sort();
    listing.repositories.sort();
    listing.skipped.sort();
    listing
}

/// Whether ignore files are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ignores {
    Read,
    Left,
}

/// Walks a folder; those in it whose ignore files cannot be read are held back.
fn walk(root: &Path, folder: &Path, ignores: Ignores, threads: usize, note: Note<'_>, hold: &(dyn Fn(&Path) + Sync)) {
    let read = ignores == Ignores::Read;
    let held: Mutex<Vec<PathBuf>> = Mutex::default();
    let held = std::sync::Arc::new(held);
    let holding = held.clone();
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_ignore(read)
        .git_exclude(read)
        .follow_links(false)
        .threads(threads)
        .filter_entry(move |entry| {
            let blocked = read && entry.depth() > 0 && entry.file_type().is_some_and(|t| t.is_dir()) && blocks(entry.path());
            if blocked {
                holding.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(entry.path().to_owned());
            }
            !blocked && entry.file_name() != ".git"
        })
        .build_parallel();
    walk.run(|| {
        Box::new(|entry| match entry {
            Ok(entry) => visit(root, &entry, note),
            Err(e) => {
                note(&mut |l| l.skipped.push(Skipped::new(folder.display().to_string(), e.to_string())));
                WalkState::Continue
            }
        })
    });
    held.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().for_each(|f| hold(f));
}

/// Whether an ignore file of the folder is something that would be waited for, such as a pipe.
fn blocks(folder: &Path) -> bool {
    [".gitignore", ".git/info/exclude"].iter().any(|name| std::fs::metadata(folder.join(name)).is_ok_and(|m| !m.is_file()))
}

fn visit(root: &Path, entry: &DirEntry, note: Note<'_>) -> WalkState {
    let path = entry.path();
    let skip = |why: &str| note(&mut |l| l.skipped.push(Skipped::new(path.display().to_string(), why)));
    match entry.file_type() {
        Some(t) if t.is_dir() => {
            if path != root && discover(path) {
                note(&mut |l| l.repositories.push(path.to_owned()));
                if !path.join(".git").exists() {
                    return WalkState::Skip; // a bare repository: its files are objects
                }
            }
        }
        Some(t) if t.is_file() => note(&mut |l| l.files.push(path.to_owned())),
        Some(t) if t.is_symlink() => {
            if let Err(why) = inside(root, path) {
                skip(&why);
            }
        }
        _ => skip("not a regular file (pipe, socket or device); not read"),
    }
    WalkState::Continue
}

/// A link to something inside the target is read there; any other is not followed.
fn inside(root: &Path, link: &Path) -> Result<(), String> {
    let target = std::fs::canonicalize(link).map_err(|e| format!("symbolic link that leads nowhere or in a circle: {e}"))?;
    let root = std::fs::canonicalize(root).map_err(|e| e.to_string())?;
    if target.starts_with(root) { Ok(()) } else { Err("symbolic link out of the scanned folder; not followed".into()) }
}
