//! Globs over paths, in the language of `.gitignore`.

use super::error::{ConfigError, Document};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::{Component, Path, PathBuf};
use toml::Spanned;

/// A set of globs, later ones before earlier ones, `!` taking back (gitignore(5)). Paths are relative to the repository or
/// target, with `/`; an archive counts as a folder, its members (`a.zip!b/c`) as what is in it.
#[derive(Debug, Clone)]
pub struct Globs(Gitignore);

impl Globs {
    /// Compiles the globs.
    ///
    /// # Errors
    /// The first glob that is empty, a comment, or malformed.
    pub(super) fn new(document: &Document, globs: &[Spanned<String>]) -> Result<Self, ConfigError> {
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        for glob in globs {
            let fail = |message: String, help: &str| document.error(glob.span(), message, help);
            let text = glob.get_ref();
            if text.trim().is_empty() {
                return Err(fail("empty glob".into(), "remove it, or write `**` for every path"));
            }
            if text.starts_with('#') {
                return Err(fail(format!("`{text}` is a comment to gitignore"), r"write `\\#` for a path that begins with `#`"));
            }
            let cause = |e: &ignore::Error| match e {
                ignore::Error::Glob { err, .. } => err.clone(),
                other => other.to_string(),
            };
            builder
                .add_line(None, text)
                .map_err(|e| fail(format!("`{text}` is no glob: {}", cause(&e)), "write it as in .gitignore, such as `vendor/**`"))?;
        }
        let set = builder.build().map_err(|e| document.error(0..0, format!("globs are too large: {e}"), "use fewer or shorter globs"))?;
        Ok(Self(set))
    }

    /// Whether there is no glob.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a file, or a folder it is in, is matched.
    pub fn matches_file(&self, path: &str) -> bool {
        self.matches(path, Entry::File)
    }

    /// Whether a folder, or one it is in, is matched; then nothing in it need be visited, unless a later glob takes something
    /// back, which gitignore does not allow either.
    pub fn matches_folder(&self, path: &str) -> bool {
        self.matches(path, Entry::Folder)
    }

    fn matches(&self, path: &str, entry: Entry) -> bool {
        if self.is_empty() {
            return false;
        }
        self.matches_plain(path, entry) || (path.contains('!') && self.matches_plain(&path.replace('!', "/"), entry))
    }

    fn matches_plain(&self, path: &str, entry: Entry) -> bool {
        // The matcher panics on a path with a root.
        let relative: PathBuf = Path::new(path).components().filter(|c| matches!(c, Component::Normal(_) | Component::ParentDir)).collect();
        self.0.matched_path_or_any_parents(relative, matches!(entry, Entry::Folder)).is_ignore()
    }
}

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
enum Entry {
    File,
    Folder,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(list: &[&str]) -> Result<Globs, ConfigError> {
        let list: Vec<_> = list.iter().map(|g| Spanned::new(0..0, (*g).to_owned())).collect();
        Globs::new(&Document::new(Path::new("keysweep.toml"), ""), &list)
    }

    #[test]
    fn follows_gitignore() {
        let globs = globs(&["vendor/", "*.min.js", "/docs/*.md", "!keep.min.js"]).expect("sound");
        for path in ["vendor/a/b.rs", "x/vendor/c", "./a/b.min.js", "docs/a.md", "/docs/a.md"] {
            assert!(globs.matches_file(path), "{path}");
        }
        for path in ["vendor", "docs/sub/a.md", "src/docs/a.md", "a/keep.min.js", ".//etc/passwd", "/", "", "..", "a!b"] {
            assert!(!globs.matches_file(path), "{path}");
        }
        assert!(globs.matches_folder("vendor"));
    }

    #[test]
    fn archives_are_folders() {
        let globs = globs(&["*.jar", "fixtures/**/*.pem"]).expect("sound");
        assert!(globs.matches_file("lib/a.jar!META-INF/x"));
        assert!(globs.matches_file("fixtures/keys.tar!old/a.pem"));
        assert!(!globs.matches_file("lib/a.tar!x"));
    }

    #[test]
    fn refuses_what_matches_nothing() {
        for bad in ["", "  ", "# vendor", "a[", "{a"] {
            assert!(globs(&[bad]).is_err(), "{bad}");
        }
    }
}
