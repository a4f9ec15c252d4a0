//! The index: what the next commit would hold.

use super::Error;
use std::path::Path;

/// One file of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Path from the root of the working tree, in bytes.
    pub path: Vec<u8>,
    /// Binary id of the blob.
    pub id: Vec<u8>,
    /// Whether it is a symbolic link.
    pub link: bool,
    /// Whether it is a submodule's commit.
    pub submodule: bool,
    /// Whether it was only announced (`git add -N`) or left out of the checkout on purpose.
    pub absent: bool,
}

/// Reads the index in a file; empty when there is none.
///
/// # Errors
/// When it cannot be read: it is corrupt, split, or of a SHA-256 repository.
pub fn staged(path: &Path) -> Result<Vec<Staged>, Error> {
    const SKIP_WORKTREE: u16 = 1 << 14;
    const INTENT_TO_ADD: u16 = 1 << 13;
    match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e.into()),
        Ok(meta) if !meta.is_file() => return Err(Error::corrupt("the index is not a regular file")),
        Ok(_) => {}
    }
    let index = git2::Index::open(path).map_err(|e| Error::corrupt(format!("the index cannot be read: {}", e.message())))?;
    let entry = |e: git2::IndexEntry| Staged {
        id: e.id.as_bytes().to_vec(),
        link: e.mode & 0o170_000 == 0o120_000,
        submodule: e.mode & 0o170_000 == 0o160_000,
        absent: e.flags_extended & (SKIP_WORKTREE | INTENT_TO_ADD) != 0,
        path: e.path,
    };
    Ok(index.iter().map(entry).collect())
}
