//! Trees, kept as git packs them: a tree is what it copies from its delta base and what is new in it.
//!
//! A history has millions of tree entries, nearly all of them copies. Kept as copies they cost what the pack costs, and "which trees contain this
//! object" is answered by following an entry from where it was new through the copies.

use super::objects::{ObjectId, Objects};
use super::pack::NONE;
use crate::model::Segment;
use memchr::memchr;
use std::collections::HashMap;

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A file.
    Blob,
    /// A folder.
    Tree,
    /// A symbolic link; its blob is the path it points to.
    Link,
    /// A commit of a submodule.
    Submodule,
}

/// One entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The object, or `u32::MAX` when the repository does not have it.
    pub object: ObjectId,
    /// Number of the name.
    pub name: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// A piece of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Entries `from..from + count` of the base.
    Copy {
        /// First entry.
        from: u32,
        /// How many.
        count: u32,
    },
    /// An entry that the base has not, or not so.
    New(Entry),
}

/// A tree as a change of its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRecord {
    /// The tree's object.
    pub tree: ObjectId,
    /// The base's object, or `u32::MAX`.
    pub base: ObjectId,
    /// What it is made of, in order.
    pub pieces: Box<[Piece]>,
}

/// Calls `f(start, mode, name, id)` for every entry of a tree object; stops at what is not well-formed and says so.
pub fn parse(bytes: &[u8], hash_len: usize, mut f: impl FnMut(usize, &[u8], &[u8], &[u8])) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let Some(nul) = memchr(0, rest) else { return false };
        let Some(space) = memchr(b' ', &rest[..nul]) else { return false };
        let Some(id) = rest.get(nul + 1..nul + 1 + hash_len) else { return false };
        f(at, &rest[..space], &rest[space + 1..nul], id);
        at += nul + 1 + hash_len;
    }
    true
}

/// Gives names numbers.
#[derive(Default)]
pub struct Names {
    numbers: HashMap<Box<[u8]>, u32>,
    names: Vec<Box<[u8]>>,
}

impl Names {
    /// The number of a name.
    pub fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&n) = self.numbers.get(name) {
            return n;
        }
        let n = self.names.len() as u32;
        self.names.push(name.into());
        self.numbers.insert(name.into(), n);
        n
    }

    /// The name of a number.
    pub fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }

    /// All names in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|n| &**n)
    }
}

/// Reads trees on one thread.
pub struct TreeReader<'o> {
    objects: &'o Objects,
    /// The trees read.
    pub records: Vec<TreeRecord>,
    /// Names used in them.
    pub names: Names,
    /// Binary ids of objects that trees name and the repository does not have.
    pub missing: Vec<Vec<u8>>,
    starts: Vec<u32>,
}

impl<'o> TreeReader<'o> {
    /// A reader that looks objects up here.
    pub fn new(objects: &'o Objects) -> Self {
        Self { objects, records: Vec::new(), names: Names::default(), missing: Vec::new(), starts: Vec::new() }
    }

    /// Reads one tree; gives the start of each entry, in bytes, and the length of the tree.
    pub fn read(&mut self, tree: ObjectId, bytes: &[u8], base: Option<(ObjectId, &[u32], &[Segment])>) -> Result<Vec<u32>, &'static str> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut starts = std::mem::take(&mut self.starts);
        starts.clear();
        let mut cursor = Cursor { segment: 0, entry: 0 };
        let hash_len = self.objects.hash_len();
        let sound = parse(bytes, hash_len, |start, mode, name, id| {
            starts.push(start as u32);
            let end = start + mode.len() + name.len() + 2 + hash_len;
            let copied = base.and_then(|(_, starts, segments)| cursor.copied(start, end, starts, segments));
            match (copied, pieces.last_mut()) {
                (Some(n), Some(Piece::Copy { from, count })) if *from + *count == n => *count += 1,
                (Some(n), _) => pieces.push(Piece::Copy { from: n, count: 1 }),
                (None, _) => pieces.push(Piece::New(self.entry(mode, name, id))),
            }
        });
        starts.push(bytes.len() as u32);
        let kept = starts.clone();
        self.starts = starts;
        if !sound {
            return Err("the tree is not well-formed");
        }
        self.records.push(TreeRecord { tree, base: base.map_or(NONE, |b| b.0), pieces: pieces.into() });
        Ok(kept)
    }

    fn entry(&mut self, mode: &[u8], name: &[u8], id: &[u8]) -> Entry {
        let kind = match mode {
            b"40000" | b"040000" => EntryKind::Tree,
            b"120000" => EntryKind::Link,
            b"160000" => EntryKind::Submodule,
            _ => EntryKind::Blob,
        };
        let object = if kind == EntryKind::Submodule { None } else { self.objects.find(id) };
        if object.is_none() && kind != EntryKind::Submodule {
            self.missing.push(id.to_vec());
        }
        Entry { object: object.unwrap_or(NONE), name: self.names.number(name), kind }
    }
}

/// Walks segments and base entries along with the entries of a tree.
struct Cursor {
    segment: usize,
    entry: usize,
}

impl Cursor {
    /// The base's entry that `start..end` is a copy of, if it is one as a whole.
    fn copied(&mut self, start: usize, end: usize, base: &[u32], segments: &[Segment]) -> Option<u32> {
        while segments.get(self.segment).is_some_and(|s| s.target + s.len <= start) {
            self.segment += 1;
        }
        let segment = segments.get(self.segment)?;
        let source = segment.source.filter(|_| start >= segment.target && end <= segment.target + segment.len)?;
        let from = (source + start - segment.target) as u32;
        // Copies mostly go on where the last one ended.
        if base.get(self.entry) != Some(&from) {
            self.entry = base.binary_search(&from).ok()?;
        }
        let whole = base.get(self.entry + 1) == Some(&(from + (end - start) as u32));
        let found = whole.then_some(self.entry as u32);
        self.entry += 1;
        found
    }
}
