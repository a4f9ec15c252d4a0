//! Commits and annotated tags, as far as the graph needs them.

use super::objects::unhex;
use crate::model::Timestamp;
use memchr::{memchr, memchr_iter};

/// What a commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Binary id of its tree.
    pub tree: Vec<u8>,
    /// Binary ids of its parents.
    pub parents: Vec<Vec<u8>>,
    /// Name and address of the author, `Name <address>`.
    pub author: String,
    /// When it was authored.
    pub authored: Timestamp,
    /// When it was committed, in seconds.
    pub committed: i64,
}

impl Commit {
    /// Parses a commit object; `None` when it has no tree. Broken people and times are read as far as they go.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut commit =
            Self { tree: Vec::new(), parents: Vec::new(), author: String::new(), authored: Timestamp::default(), committed: 0 };
        let ends = memchr_iter(b'\n', bytes).chain([bytes.len()]);
        let lines = ends.scan(0, |start, end| Some(&bytes[std::mem::replace(start, end + 1)..end]));
        for line in lines.take_while(|l| !l.is_empty()) {
            let Some(space) = memchr(b' ', line) else { continue };
            let (key, value) = (&line[..space], &line[space + 1..]);
            match key {
                b"tree" if commit.tree.is_empty() => commit.tree = unhex(value)?,
                b"parent" => commit.parents.extend(unhex(value)),
                b"author" if commit.author.is_empty() => (commit.author, commit.authored) = person(value),
                b"committer" => commit.committed = person(value).1.seconds,
                _ => {}
            }
        }
        (!commit.tree.is_empty()).then_some(commit)
    }
}

/// `Name <address> seconds offset`.
fn person(value: &[u8]) -> (String, Timestamp) {
    let end = value.iter().rposition(|&b| b == b'>').map_or(value.len(), |i| i + 1);
    let name = String::from_utf8_lossy(&value[..end]).into_owned();
    let rest = String::from_utf8_lossy(&value[end..]);
    let mut words = rest.split_whitespace();
    let seconds = words.next().and_then(|s| s.parse::<i64>().ok()).unwrap_or(0).clamp(0, 253_402_300_799);
    let offset: i16 = words.next().and_then(|o| o.parse().ok()).unwrap_or(0);
    let minutes = offset / 100 * 60 + offset % 100;
    (name, Timestamp { seconds, offset_minutes: if minutes.abs() < 24 * 60 { minutes } else { 0 } })
}

/// The binary id an annotated tag points to.
pub fn tag_target(bytes: &[u8]) -> Option<Vec<u8>> {
    let line = bytes.split(|&b| b == b'\n').next()?;
    unhex(line.strip_prefix(b"object ")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_people_and_times() {
        let text = format!(
            "tree {}\nparent {}\nauthor A B <a@b> 86400 -0130\ncommitter C <c@d> 86401 +0000\n\nauthor X",
            "ab".repeat(20),
            "cd".repeat(20)
        );
        let commit = Commit::parse(text.as_bytes()).expect("sound");
        assert_eq!(commit.author, "A B <a@b>");
        assert_eq!(commit.authored.to_string(), "1970-01-01T22:30:00-01:30");
        assert_eq!((commit.parents.len(), commit.committed), (1, 86_401));
    }

    #[test]
    fn survives_what_is_broken() {
        assert_eq!(Commit::parse(b""), None);
        assert_eq!(Commit::parse(b"tree zz\n"), None);
        let odd = format!("tree {}\nauthor <<>>> 99999999999999999999 x\n", "00".repeat(20));
        assert_eq!(Commit::parse(odd.as_bytes()).expect("a tree").authored.seconds, 0);
    }
}
