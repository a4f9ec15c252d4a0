//! The files of an inventory: what was named, and all in the folders that were.

use super::key;
use crate::inventory::{self, Export, Given};
use crate::model::{ExportRules, Register};
use crate::source::open_regular;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// Most files of an inventory: more are a mistake in what was named.
const MOST: usize = 100_000;
/// Deepest folder.
const DEEPEST: usize = 32;
/// The file of the organisation's key, which is no export.
pub(super) const KEY_FILE: &str = "org.key";

/// Reads exports as a scan does. `file` is the key that was asked for; without it, the one beside the exports, else this user's own.
///
/// # Errors
/// When a path is not there, or the key cannot be read.
pub(super) fn load(paths: &[PathBuf], file: Option<&Path>, rules: &ExportRules) -> Result<Register> {
    let beside = key_beside(paths);
    register(paths, &key::load(file.or(beside.as_deref()))?, rules)
}

/// The same with a key at hand.
///
/// # Errors
/// When a path is not there.
pub(super) fn register(paths: &[PathBuf], key: &[u8; 32], rules: &ExportRules) -> Result<Register> {
    if let Some(missing) = paths.iter().find(|p| !p.exists()) {
        bail!("{}: there is no such file or folder of exports", missing.display());
    }
    let (exports, warnings) = exports(paths);
    let mut register = inventory::read(&exports, &Given { key, rules });
    register.warnings.extend(warnings);
    if exports.is_empty() && !paths.is_empty() {
        let named: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        register.warnings.push(format!("{}: holds no export", named.join(", ")));
    }
    Ok(register)
}

/// The exports of an inventory, sorted by path, and what was left out, as warnings.
///
/// Paths are those from the folder that was named, or the name of a file that was. Links are not followed.
fn exports(paths: &[PathBuf]) -> (Vec<Export<'static>>, Vec<String>) {
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

/// The key of fingerprints that lies beside the exports, if one does.
pub(super) fn key_beside(paths: &[PathBuf]) -> Option<PathBuf> {
    let mut candidates = paths.iter().map(|p| if p.is_dir() { p.join(KEY_FILE) } else { p.with_file_name(KEY_FILE) });
    candidates.find(|file| file.is_file())
}

/// A log may be far larger than memory, so exports are read and not mapped.
fn open(file: &Path) -> std::io::Result<Box<dyn std::io::Read>> {
    Ok(Box::new(open_regular(file)?))
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
