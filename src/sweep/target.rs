//! Repositories to sweep: those of a file of URLs, the clones in a folder, and the rules for which of them to take.

use super::git::{Error, protocol};
use crate::model::{Skipped, matches_text};
use crate::store::Target;
use std::path::Path;

/// What is to be swept.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Repositories.
    pub targets: Vec<Target>,
    /// What could not be listed.
    pub skipped: Vec<Skipped>,
    /// Names of repositories begin so whose list is not whole: those that are known from before are swept too.
    pub incomplete: Vec<String>,
}

/// Which repositories are taken.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Globs of names; empty for all.
    pub include: Vec<String>,
    /// Globs of names that are left out.
    pub exclude: Vec<String>,
    /// Whether archived ones are left out.
    pub no_archived: bool,
    /// Whether forks are left out.
    pub no_forks: bool,
    /// Whether wikis are taken too.
    pub wikis: bool,
    /// Larger ones are left out and named, in bytes.
    pub most_bytes: u64,
}

/// What a forge says of a repository.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The repository.
    pub target: Target,
    /// Whether nobody may write to it any more.
    pub is_archived: bool,
    /// Whether it is a fork.
    pub is_fork: bool,
    /// Where its wiki is fetched from, if it has one.
    pub wiki: Option<String>,
}

impl Choice {
    /// Adds those of `listed` that are to be taken.
    pub fn take(&self, listed: Listed, listing: &mut Listing) {
        let Listed { target, is_archived, is_fork, wiki } = listed;
        let matches = |globs: &[String]| globs.iter().any(|g| matches_text(g, &target.name));
        let is_chosen = (self.include.is_empty() || matches(&self.include)) && !matches(&self.exclude);
        if !is_chosen || (self.no_archived && is_archived) || (self.no_forks && is_fork) {
            return;
        }
        if target.bytes > self.most_bytes {
            let (size, most) = (target.bytes / 1_000_000, self.most_bytes / 1_000_000);
            listing.skipped.push(Skipped::new(&target.name, format!("{size} MB, larger than --max-repository allows ({most} MB)")));
            return;
        }
        if let Some(url) = wiki.filter(|_| self.wikis) {
            let name = format!("{}.wiki", target.name);
            listing.targets.push(Target { network: name.clone(), name, url, bytes: 0 });
        }
        listing.targets.push(target);
    }
}

/// The name of a repository by its URL: host and path, without user, port and `.git`.
pub fn name_of(url: &str) -> String {
    let rest = match url.split_once("://") {
        Some(("file", path)) => path.to_owned(),
        Some((_, rest)) => rest.rsplit_once('@').map_or(rest, |(_, r)| r).to_owned(),
        None if url.starts_with(['/', '.']) => url.to_owned(),
        None => url.rsplit_once('@').map_or(url, |(_, r)| r).replacen(':', "/", 1),
    };
    let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let host = host.split(':').next().unwrap_or_default();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    if host.is_empty() || host == "." || host == ".." { path.to_owned() } else { format!("{host}/{path}") }
}

/// The repositories of a list: a URL a line, and behind it, of a fork, the URL of what it is a fork of; `#` begins a comment. A line that is none is named and
/// left out.
pub fn read_list(text: &str, file: &str, choice: &Choice) -> Listing {
    let mut listing = Listing::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split_once(" #").map_or(line, |(line, _)| line).trim();
        let (url, origin) = line.split_once([' ', '\t']).map_or((line, None), |(url, origin)| (url, Some(origin.trim())));
        if url.is_empty() || url.starts_with('#') {
            continue;
        }
        let what = || format!("{file}:{number}");
        let has_password = url
            .split_once("://")
            .is_some_and(|(_, r)| r.split('/').next().is_some_and(|h| h.contains('@') && h.contains(':') && h.find(':') < h.find('@')));
        match protocol(url) {
            Err(Error::Protocol(shown)) => {
                listing
                    .skipped
                    .push(Skipped::new(what(), format!("`{shown}` is no URL that can be fetched: use https, ssh, http, git or file")));
            }
            _ if has_password => {
                listing.skipped.push(Skipped::new(what(), "a URL with a password is not taken: give tokens by the environment"));
            }
            _ => {
                let name = name_of(url);
                let target = Target { network: origin.map_or_else(|| name.clone(), name_of), name, url: url.to_owned(), bytes: 0 };
                choice.take(Listed { target, is_fork: origin.is_some(), ..Listed::default() }, &mut listing);
            }
        }
    }
    unique(&mut listing);
    listing
}

/// The clones in a folder, which are read where they are.
pub fn read_folder(root: &Path, choice: &Choice, threads: usize) -> Listing {
    let found = crate::source::files::list(root, threads);
    let mut listing = Listing { skipped: found.skipped, ..Listing::default() };
    for folder in found.repositories {
        let name = folder.strip_prefix(root).unwrap_or(&folder).to_string_lossy().into_owned();
        let name = name.strip_suffix(".git").map(|n| n.trim_end_matches('/').to_owned()).filter(|n| !n.is_empty()).unwrap_or(name);
        let own = || root.file_name().map_or_else(|| "repository".to_owned(), |n| n.to_string_lossy().into_owned());
        let name = if name.is_empty() { own() } else { name };
        let real = std::fs::canonicalize(&folder).unwrap_or(folder);
        let target = Target { network: name.clone(), name, url: format!("folder:{}", real.display()), bytes: 0 };
        choice.take(Listed { target, ..Listed::default() }, &mut listing);
    }
    unique(&mut listing);
    listing
}

/// One of each name, in order.
pub fn unique(listing: &mut Listing) {
    listing.targets.sort();
    listing.targets.dedup_by(|a, b| a.name == b.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_host_and_path() {
        for (url, name) in [
            ("https://github.com/acme/shop.git", "github.com/acme/shop"),
            ("git@github.com:acme/shop.git", "github.com/acme/shop"),
            ("ssh://git@host:2222/a/b", "host/a/b"),
            ("file:///srv/git/x.git", "srv/git/x"),
            ("/srv/git/x/", "srv/git/x"),
        ] {
            assert_eq!(name_of(url), name, "{url}");
        }
    }

    #[test]
    fn lists_say_which_line_is_wrong() {
        let text = "# all of it\nhttps://h/a\n\next::sh -c x\nhttps://u:p@h/b\nhttps://h/a.git # again\n";
        let all = Choice { most_bytes: u64::MAX, ..Choice::default() };
        let listing = read_list(text, "repos.txt", &all);
        assert_eq!(listing.targets.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["h/a"]);
        assert_eq!(listing.skipped.iter().map(|s| s.what.as_str()).collect::<Vec<_>>(), ["repos.txt:4", "repos.txt:5"]);
        assert!(!format!("{:?}", listing.skipped).contains("u:p"));
    }

    #[test]
    fn what_is_left_out_for_its_size_is_named() {
        let choice = Choice { most_bytes: 10, no_forks: true, exclude: vec!["h/x*".into()], ..Choice::default() };
        let mut listing = Listing::default();
        let listed = |name: &str, bytes, is_fork| Listed {
            target: Target { name: name.into(), bytes, ..Target::default() },
            is_fork,
            ..Listed::default()
        };
        for one in [listed("h/a", 1, false), listed("h/big", 11_000_000, false), listed("h/fork", 1, true), listed("h/x1", 1, false)] {
            choice.take(one, &mut listing);
        }
        assert_eq!(listing.targets.len(), 1);
        assert_eq!(listing.skipped.len(), 1, "{:?}", listing.skipped);
    }
}
