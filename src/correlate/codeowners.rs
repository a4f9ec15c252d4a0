//! CODEOWNERS: who owns a path of a repository, by the last pattern that matches, as GitHub and GitLab document it.

use std::collections::HashMap;

/// Patterns kept of one file; files come from anyone.
const MOST: usize = 10_000;
/// Longest pattern.
const LONGEST: usize = 512;

/// The CODEOWNERS of all repositories.
#[derive(Default)]
pub(super) struct Codeowners {
    files: HashMap<String, (String, Vec<Rule>)>,
}

struct Rule {
    pattern: String,
    owners: Vec<Box<str>>,
}

impl Codeowners {
    /// Reads the files: repository, path, text. Of several in a repository the first path in order of the forges' search counts.
    pub(super) fn new<'t>(files: impl IntoIterator<Item = (&'t str, &'t str, &'t str)>) -> Self {
        let mut read = Self::default();
        let rank = |path: &str| [".github/", "CODEOWNERS", "docs/", ".gitlab/"].iter().position(|p| path.starts_with(p));
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_by_key(|(repo, path, _)| (*repo, rank(path)));
        for (repo, path, text) in files {
            read.files.entry(repo.to_owned()).or_insert_with(|| (path.to_owned(), rules(text)));
        }
        read
    }

    /// The owners of a path, and the file that says so.
    pub(super) fn of(&self, repo: &str, path: &str) -> Option<(&[Box<str>], &str)> {
        let (file, rules) = self.files.get(repo)?;
        let path = path.split('!').next().unwrap_or_default();
        let rule = rules.iter().rev().find(|r| matches(&r.pattern, path))?;
        Some((rule.owners.as_slice(), file.as_str())).filter(|(owners, _)| !owners.is_empty())
    }
}

fn rules(text: &str) -> Vec<Rule> {
    let mut section: Vec<Box<str>> = Vec::new();
    let mut rules = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).take(MOST) {
        let is_owner = |w: &&str| w.contains('@');
        if line.starts_with('[') || line.starts_with("^[") {
            // GitLab: a section, with owners of its patterns that name none.
            section = line.rsplit(']').next().unwrap_or_default().split_whitespace().filter(is_owner).map(Into::into).collect();
            continue;
        }
        let line = line.split(" #").next().unwrap_or_default().replace("\\ ", "\u{a0}");
        let mut words = line.split_whitespace();
        let Some(pattern) = words.next().filter(|p| p.len() <= LONGEST) else { continue };
        let mut owners: Vec<Box<str>> = words.filter(is_owner).map(Into::into).collect();
        if owners.is_empty() {
            owners.clone_from(&section);
        }
        rules.push(Rule { pattern: pattern.replace('\u{a0}', " "), owners });
    }
    rules
}

/// Whether a pattern, of the kind `.gitignore` has, matches a path or a folder above it.
fn matches(pattern: &str, path: &str) -> bool {
    let anchored = pattern.trim_end_matches('/').contains('/');
    let is_folder = pattern.ends_with('/');
    let parts: Vec<&str> = pattern.trim_matches('/').split('/').collect();
    let names: Vec<&str> = path.split('/').collect();
    let starts = if anchored { 0..1 } else { 0..names.len() };
    starts.into_iter().any(|start| reaches(&parts, &names[start..], is_folder))
}

fn reaches(parts: &[&str], names: &[&str], is_folder: bool) -> bool {
    // How far each prefix of the pattern reaches: sets of positions, so that `**` costs no more than its length.
    let mut at = vec![false; names.len() + 1];
    at[0] = true;
    for (number, part) in parts.iter().enumerate() {
        let mut next = vec![false; names.len() + 1];
        for position in (0..=names.len()).filter(|p| at[*p]) {
            if *part == "**" {
                next[position..].iter_mut().for_each(|n| *n = true);
            } else if position < names.len() && glob(part.as_bytes(), names[position].as_bytes()) {
                next[position + 1] = true;
            }
        }
        // `/docs/*` owns files directly in the folder alone.
        if number + 1 == parts.len() && *part == "*" && parts.len() > 1 {
            return next[names.len()];
        }
        at = next;
    }
    let last = if is_folder { names.len().saturating_sub(1) } else { names.len() };
    at[..=last].iter().skip(1).any(|a| *a) || parts == ["**"] || parts == ["*"]
}

/// `*` and `?` within one name.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&b) if b == b'?' || b == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    (p, n) = (at + 1, from + 1);
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(text: &str, path: &str) -> Option<String> {
        let read = Codeowners::new([("shop", "CODEOWNERS", text)]);
        read.of("shop", path).map(|(o, _)| o[0].to_string())
    }

    #[test]
    fn the_last_pattern_that_matches_counts() {
        let text =
            "# who\n* @acme/web\n/envs/ @acme/platform\n*.tf @acme/infra # all\n/docs/* @acme/docs\napps/**/secret @acme/sec\n/free/\n";
        assert_eq!(owner(text, "src/a.rs").as_deref(), Some("@acme/web"));
        assert_eq!(owner(text, "envs/prod/x.env").as_deref(), Some("@acme/platform"));
        assert_eq!(owner(text, "envs/prod/x.tf").as_deref(), Some("@acme/infra"));
        assert_eq!(owner(text, "docs/a.md").as_deref(), Some("@acme/docs"));
        assert_eq!(owner(text, "docs/a/b.md").as_deref(), Some("@acme/web"));
        assert_eq!(owner(text, "apps/a/b/secret/key").as_deref(), Some("@acme/sec"));
        assert_eq!(owner(text, "free/a"), None);
        assert_eq!(owner("[Platform] @acme/platform\n/infra/\n", "infra/x").as_deref(), Some("@acme/platform"));
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let pattern = format!("/{}z @a", "**/*a*a*a*a*/".repeat(30));
        assert_eq!(owner(&pattern, &"a/".repeat(2000)), None);
    }
}
