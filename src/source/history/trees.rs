//! Trees, kept as git packs them: a tree is what it copies from its delta base and what is new in it.
//!
//! A history has millions of tree entries, nearly all of them copies. Kept as copies they cost what the pack costs, and "which trees contain this
//! object" is answered by following an entry from where it was new through the copies.

use super::objects::{ObjectId, Objects};
use super::pack::NONE;
use crate::model::Segment;
use memchr::memchr;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

impl EntryKind {
    /// What an entry with this mode is.
    pub(super) fn of(mode: &[u8]) -> Self {
        match mode {
            b"40000" | b"040000" => Self::Tree,
            b"120000" => Self::Link,
            b"160000" => Self::Submodule,
            _ => Self::Blob,
        }
    }
}

/// One entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The object, or `u32::MAX` when the repository does not have it.
    pub object: ObjectId,
    /// Number of the name.
    pub name: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// A piece of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeRecord {
    /// The tree's object.
    pub tree: ObjectId,
    /// The base's object, or `u32::MAX`.
    pub base: ObjectId,
    /// What it is made of, in order.
    pub pieces: Box<[Piece]>,
}

/// An entry as it is written: mode, name, id, and where the next begins.
type Written<'b> = (&'b [u8], &'b [u8], &'b [u8], usize);

/// Reads the entry at a position; `None` when it is not well-formed.
fn entry_at(bytes: &[u8], at: usize, hash_len: usize) -> Option<Written<'_>> {
    let rest = &bytes[at..];
    let nul = memchr(0, rest)?;
    let space = memchr(b' ', &rest[..nul])?;
    let id = rest.get(nul + 1..nul + 1 + hash_len)?;
    Some((&rest[..space], &rest[space + 1..nul], id, at + nul + 1 + hash_len))
}

/// Calls `f(mode, name, id)` for every entry of a tree object, up to what is not well-formed.
pub fn parse(bytes: &[u8], hash_len: usize, mut f: impl FnMut(&[u8], &[u8], &[u8])) {
    let mut at = 0;
    while at < bytes.len() {
        let Some((mode, name, id, next)) = entry_at(bytes, at, hash_len) else { return };
        f(mode, name, id);
        at = next;
    }
}

/// Gives names numbers.
#[derive(Default)]
pub struct Names {
    numbers: HashMap<Box<[u8]>, u32, foldhash::fast::RandomState>,
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
    /// The trees read; see [`Self::finish`].
    pub records: Vec<TreeRecord>,
    /// Names used in them.
    pub names: Names,
    /// Binary ids of objects that trees name and the repository does not have.
    pub missing: Vec<Vec<u8>>,
    /// Ids that are yet to be looked up, one behind another, and the entries they are of: number of the record, and of the piece.
    ids: Vec<u8>,
    waiting: Vec<(u32, u32)>,
    pieces: Vec<Piece>,
    starts: Vec<u32>,
}

/// So many ids are looked up together.
const TOGETHER: usize = 256;

impl<'o> TreeReader<'o> {
    /// A reader that looks objects up here.
    pub fn new(objects: &'o Objects) -> Self {
        Self {
            objects,
            records: Vec::new(),
            names: Names::default(),
            missing: Vec::new(),
            ids: Vec::new(),
            waiting: Vec::new(),
            pieces: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// Reads one tree; gives the start of each entry, in bytes, and the length of the tree.
    pub fn read(&mut self, tree: ObjectId, bytes: &[u8], base: Option<(ObjectId, &[u32], &[Segment])>) -> Result<Vec<u32>, &'static str> {
        self.pieces.clear();
        self.starts.clear();
        let waiting = self.waiting.len();
        let mut cursor = Cursor { segment: 0, entry: 0 };
        let mut at = 0;
        while at < bytes.len() {
            // What was copied whole has the base's boundaries, and is not read.
            if let Some((from, count, next)) = base.and_then(|(_, starts, segments)| cursor.copied(at, starts, segments)) {
                let base_starts = base.map_or(&[][..], |b| b.1);
                let copied = &base_starts[from as usize..(from + count) as usize];
                let origin = copied[0] as usize;
                self.starts.extend(copied.iter().map(|&s| (s as usize - origin + at) as u32));
                match self.pieces.last_mut() {
                    Some(Piece::Copy { from: first, count: n }) if *first + *n == from => *n += count,
                    _ => self.pieces.push(Piece::Copy { from, count }),
                }
                at = next;
                continue;
            }
            let Some((mode, name, id, next)) = entry_at(bytes, at, self.objects.hash_len()) else {
                self.waiting.truncate(waiting);
                self.ids.truncate(waiting * self.objects.hash_len());
                return Err("the tree is not well-formed");
            };
            self.starts.push(at as u32);
            self.entry(mode, name, id);
            at = next;
        }
        self.starts.push(bytes.len() as u32);
        self.records.push(TreeRecord { tree, base: base.map_or(NONE, |b| b.0), pieces: self.pieces.as_slice().into() });
        if self.waiting.len() >= TOGETHER {
            self.finish();
        }
        Ok(self.starts.clone())
    }

    fn entry(&mut self, mode: &[u8], name: &[u8], id: &[u8]) {
        let kind = EntryKind::of(mode);
        if kind != EntryKind::Submodule {
            self.waiting.push((self.records.len() as u32, self.pieces.len() as u32));
            self.ids.extend_from_slice(id);
        }
        self.pieces.push(Piece::New(Entry { object: NONE, name: self.names.number(name), kind }));
    }

    /// Looks up the objects of the last entries: only then are the records whole.
    pub fn finish(&mut self) {
        let mut waiting = self.waiting.drain(..);
        self.objects.find_each(&self.ids, |id, object| {
            let Some((record, piece)) = waiting.next() else { return };
            match (object, &mut self.records[record as usize].pieces[piece as usize]) {
                (Some(object), Piece::New(entry)) => entry.object = object,
                _ => self.missing.push(id.to_vec()),
            }
        });
        drop(waiting);
        self.ids.clear();
    }
}

/// Walks segments and base entries along with the entries of a tree.
struct Cursor {
    segment: usize,
    entry: usize,
}

impl Cursor {
    /// The base's entries that stand at `at` as whole copies: the first, how many, and where they end.
    fn copied(&mut self, at: usize, base: &[u32], segments: &[Segment]) -> Option<(u32, u32, usize)> {
        while segments.get(self.segment).is_some_and(|s| s.target + s.len <= at) {
            self.segment += 1;
        }
        let segment = segments.get(self.segment)?;
        let source = segment.source.filter(|_| at >= segment.target)?;
        let from = source + at - segment.target;
        // Copies mostly go on where the last one ended.
        if base.get(self.entry).map(|&s| s as usize) != Some(from) {
            self.entry = base.binary_search(&(from as u32)).ok()?;
        }
        let first = self.entry;
        let end = source + segment.len;
        while base.get(self.entry + 1).is_some_and(|&next| next as usize <= end) {
            self.entry += 1;
        }
        let count = self.entry - first;
        (count > 0).then(|| (first as u32, count as u32, at + base[self.entry] as usize - from))
    }
}
