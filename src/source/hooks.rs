//! Where git looks for the hooks of a repository.
//!
//! Unlike a scan, this reads the configuration of the repository and of the user as git itself does: it is for a repository that its user commits to.

use git2::Repository;
use std::path::{Path, PathBuf};

/// The hooks of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// The folder where scripts are to be put.
    pub folder: PathBuf,
    /// Whose they are.
    pub reach: Reach,
}

/// For whom a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// For this clone alone.
    Clone,
    /// For everybody who has the repository: the folder is in the working tree.
    Shared,
    /// For other repositories of this user too.
    Elsewhere,
}

/// The hooks of the repository that a folder is in.
///
/// `core.hooksPath` is followed, a relative one from the root of the working tree. Where it is husky's own folder, whose scripts are generated, the folder
/// above it is meant.
///
/// # Errors
/// When the folder is in no repository, or git's configuration cannot be read.
pub fn hooks(folder: &Path) -> Result<Hooks, git2::Error> {
    let repository = Repository::discover(folder)?;
    let own = || Hooks { folder: repository.commondir().join("hooks"), reach: Reach::Clone };
    let set = match repository.config()?.snapshot()?.get_path("core.hooksPath") {
        Ok(path) if path.as_os_str().is_empty() => return Ok(own()),
        Ok(path) => path,
        Err(e) if e.code() == git2::ErrorCode::NotFound => return Ok(own()),
        Err(e) => return Err(e),
    };
    let root = repository.workdir().unwrap_or(repository.path());
    let named = root.join(set);
    let is_husky = named.ends_with(".husky/_");
    let folder = if is_husky { named.parent().unwrap_or(&named).to_owned() } else { named };
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (within, at) = (real(root), real(&folder));
    let reach = match at.starts_with(&within) {
        true if at.starts_with(real(repository.commondir())) => Reach::Clone,
        true => Reach::Shared,
        false => Reach::Elsewhere,
    };
    Ok(Hooks { folder, reach })
}
