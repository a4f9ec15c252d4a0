//! The key of fingerprints: a file, or a random one that is made once for this user.

use super::scan::read_text;
use crate::source::history::{hex, unhex};
use anyhow::{Context, Result, bail};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Reads the key of a file, 64 hexadecimal digits; without a file, the user's own.
///
/// # Errors
/// When the file cannot be read or holds something else.
pub(super) fn load(file: Option<&Path>) -> Result<[u8; 32]> {
    match file {
        Some(file) => read(file),
        None => Ok(own().unwrap_or_else(random)),
    }
}

fn read(file: &Path) -> Result<[u8; 32]> {
    let text = read_text(file).context("the key of the fingerprints")?;
    match unhex(text.trim().as_bytes()).and_then(|k| <[u8; 32]>::try_from(k).ok()) {
        Some(key) => Ok(key),
        None => bail!("the key {} is not 64 hexadecimal digits; make one with `openssl rand -hex 32`", file.display()),
    }
}

/// The user's key, made when there is none. Where no state folder can be written, fingerprints hold for one run alone.
fn own() -> Option<[u8; 32]> {
    let path = state_folder()?.join("fingerprint.key");
    if let Ok(key) = read(&path) {
        return Some(key);
    }
    fs::create_dir_all(path.parent()?).ok()?;
    let key = random();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).ok()?;
    writeln!(file, "{}", hex(&key)).ok()?;
    Some(key)
}

#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
pub(super) fn state_folder() -> Option<PathBuf> {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|h| h.join(".local/state")))?;
    Some(folder.join("keysweep"))
}

fn random() -> [u8; 32] {
    let mut key = [0; 32];
    getrandom::fill(&mut key).expect("the system gives random bytes");
    key
}
