//! The files of an inventory: what was named, and all in the folders that were.

use crate::inventory::Export;
use crate::source::Bytes;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Larger exports are not read, in bytes.
const LARGEST: u64 = 64 << 30;
/// Most files of an inventory: more are a mistake in what was named.
const MOST: usize = 100_000;
/// Deepest folder.
const DEEPEST: usize = 32;
/// The file of the organisation's key, which is no export.
pub(super) const KEY_FILE: &str = "org.key";

/// The exports of an inventory, sorted by path, and what was left out, as warnings.
///
/// Paths are those from the folder that was named, or the name of a file that was. Links are not followed.
pub(super) fn exports(paths: &[PathBuf]) -> (Vec<Export<'static>>, Vec<String>) {
    let (mut files, mut warnings) = (Vec::new(), Vec::new());
    for root in paths {
        if root.is_dir() {
            walk(root, root, DEEPEST, &mut files, &mut warnings);
        } else {
            let name = root.file_name().map_or_else(|| root.display().to_string(), |n| n.to_string_lossy().into_owned());
            files.push((name, root.clone()));
        }
    }
    files.sort();
    if files.len() > MOST {
        warnings.push(format!("the inventory has {} files, of which {MOST} are read", files.len()));
        files.truncate(MOST);
    }
    (files.into_iter().map(|(path, file)| Export { path, open: Box::new(move || open(&file)) }).collect(), warnings)
}

/// Mapped bytes that a reader can own.
struct Shared(Bytes);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The key of fingerprints that lies beside the exports, if one does.
pub(super) fn key_beside(paths: &[PathBuf]) -> Option<PathBuf> {
    let mut candidates = paths.iter().map(|p| if p.is_dir() { p.join(KEY_FILE) } else { p.with_file_name(KEY_FILE) });
    candidates.find(|file| file.is_file())
}

fn open(file: &Path) -> std::io::Result<Box<dyn std::io::Read>> {
    Ok(Box::new(Cursor::new(Shared(Bytes::open(file, LARGEST)?))))
}

fn walk(folder: &Path, root: &Path, depth: usize, files: &mut Vec<(String, PathBuf)>, warnings: &mut Vec<String>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) if depth > 0 => entries,
        Ok(_) => return warnings.push(format!("{}: deeper than {DEEPEST} folders; not read", folder.display())),
        Err(e) => return warnings.push(format!("{}: {e}", folder.display())),
    };
    for entry in entries.flatten() {
        let (path, kind) = (entry.path(), entry.file_type());
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        match kind {
            Ok(kind) if kind.is_dir() && !hidden => walk(&path, root, depth - 1, files, warnings),
            Ok(kind) if kind.is_file() && !hidden && entry.file_name() != KEY_FILE => {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
                files.push((name, path));
            }
            Ok(kind) if kind.is_symlink() => warnings.push(format!("{}: a link; not followed", path.display())),
            Ok(_) => {}
            Err(e) => warnings.push(format!("{}: {e}", path.display())),
        }
    }
}
