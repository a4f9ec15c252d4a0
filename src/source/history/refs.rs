//! Refs: loose files, `packed-refs`, and the heads of the repository and its worktrees.

use super::objects::unhex;
use super::open::control;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Deepest folder of refs that is entered.
const DEPTH: usize = 32;

/// A name for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Full name, such as `refs/heads/main`.
    pub name: String,
    /// Binary id of the object.
    pub id: Vec<u8>,
}

/// All refs of a repository.
#[derive(Debug, Default)]
pub struct Refs {
    /// Everything under `refs/`, and detached heads, by name.
    pub all: Vec<Reference>,
    /// Binary id of the commit that is checked out.
    pub head: Option<Vec<u8>>,
    /// Name of the branch that is checked out.
    pub branch: Option<String>,
    /// What should hold refs and cannot be read.
    pub skipped: Vec<(String, String)>,
}

impl Refs {
    pub(super) fn read(git_dir: &Path, common_dir: &Path, hash_len: usize) -> Self {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut skipped = Vec::new();
        let mut odd = |path: &Path| skipped.push((path.display().to_string(), "refs in it are not read: not a regular file".to_owned()));
        let packed = common_dir.join("packed-refs");
        if fs::symlink_metadata(&packed).is_ok_and(|m| !m.is_file()) {
            odd(&packed);
        }
        for line in control(&packed).unwrap_or_default().lines().filter(|l| !l.starts_with(['#', '^'])) {
            if let Some((id, name)) = line.split_once(' ') {
                found.insert(name.to_owned(), id.to_owned());
            }
        }
        let mut folders = vec![(common_dir.join("refs"), "refs".to_owned(), 0)];
        if git_dir != common_dir {
            folders.push((git_dir.join("refs"), "refs".to_owned(), 0));
        }
        while let Some((folder, prefix, depth)) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
                match entry.file_type() {
                    Ok(t) if t.is_dir() && depth < DEPTH => folders.push((entry.path(), name, depth + 1)),
                    Ok(t) if t.is_file() => found.extend(control(&entry.path()).map(|text| (name, text.trim().to_owned()))),
                    _ => odd(&entry.path()),
                }
            }
        }
        let head = control(&git_dir.join("HEAD")).map(|text| text.trim().to_owned());
        // A branch that has no commit yet is sound; a text that can name none is not, and what it was for is not read.
        let is_sound = |text: &str| text.starts_with("ref:") || unhex(text.as_bytes()).is_some_and(|id| id.len() == hash_len);
        let named = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).chain(head.as_deref().map(|text| ("HEAD", text)));
        for (name, _) in named.filter(|(_, text)| !is_sound(text)) {
            skipped.push((
                common_dir.join(name).display().to_string(),
                "names neither a commit nor another ref; what it led to is not read".to_owned(),
            ));
        }
        let resolve = |text: &str| resolve(text, &found, hash_len);
        let branch = head.as_deref().and_then(|text| text.strip_prefix("ref: refs/heads/")).map(str::to_owned);
        let head = head.and_then(|text| resolve(&text));
        let mut all: Vec<Reference> =
            found.iter().filter_map(|(name, text)| Some(Reference { name: name.clone(), id: resolve(text)? })).collect();
        all.extend(head.iter().map(|id| Reference { name: "HEAD".into(), id: id.clone() }));
        for worktree in fs::read_dir(common_dir.join("worktrees")).into_iter().flatten().flatten() {
            let id = control(&worktree.path().join("HEAD")).and_then(|text| resolve(text.trim()));
            let name = format!("worktrees/{}/HEAD", worktree.file_name().to_string_lossy());
            all.extend(id.map(|id| Reference { name, id }));
        }
        let main = control(&common_dir.join("HEAD")).filter(|_| git_dir != common_dir).and_then(|text| resolve(text.trim()));
        all.extend(main.map(|id| Reference { name: "main-worktree/HEAD".into(), id }));
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Self { all, head, branch, skipped }
    }

    /// The object of a name as a user writes it: full, a branch, a tag, a remote branch, or a hexadecimal id.
    pub fn find(&self, name: &str) -> Option<Vec<u8>> {
        if name == "HEAD" || name == "@" {
            return self.head.clone();
        }
        let full = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].iter().map(|p| format!("{p}{name}"));
        let known = full.into_iter().find_map(|f| self.all.iter().find(|r| r.name == f));
        known.map(|r| r.id.clone()).or_else(|| unhex(name.as_bytes()).filter(|id| matches!(id.len(), 20 | 32)))
    }
}

/// The id a ref's text stands for, through symbolic refs.
fn resolve(text: &str, found: &BTreeMap<String, String>, hash_len: usize) -> Option<Vec<u8>> {
    let mut text = text;
    for _ in 0..8 {
        match text.strip_prefix("ref:") {
            Some(name) => text = found.get(name.trim())?,
            None => return unhex(text.trim().as_bytes()).filter(|id| id.len() == hash_len),
        }
    }
    None
}
