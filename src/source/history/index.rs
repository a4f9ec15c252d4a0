//! The index: what the next commit would hold. The format is git's `gitformat-index`, versions 2 to 4, in SHA-1 and SHA-256 repositories.

use super::Error;
use super::pack::be32;
use crate::source::Bytes;
use memchr::memchr;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// Most bytes of an index.
const MOST: u64 = 1 << 30;
/// Longest path, in bytes: version 4 writes what paths share once, so that a small file could hold long ones without end.
const LONGEST: usize = 4096;
/// Most bytes of paths of cached trees, which are written by their names alone; beyond it none is remembered.
const MOST_REMEMBERED: usize = 256 << 20;

/// One file of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Path from the root of the working tree, in bytes.
    pub path: Vec<u8>,
    /// Binary id of the blob.
    pub id: Vec<u8>,
    /// Whether it is a symbolic link.
    pub link: bool,
    /// Whether it is a submodule's commit.
    pub submodule: bool,
    /// Whether it was only announced (`git add -N`) or left out of the checkout on purpose.
    pub absent: bool,
}

/// What an index says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Its files, in its order.
    pub entries: Vec<Staged>,
    /// Trees that git would commit for folders as they stand: binary ids by path, which ends with a slash unless it is the root's.
    pub trees: HashMap<Vec<u8>, Vec<u8>>,
}

impl Index {
    /// Reads the index in a file; empty when there is none. Ids have `hash_len` bytes.
    ///
    /// # Errors
    /// When it cannot be read, does not hold together, or is split over two files.
    pub fn open(path: &Path, hash_len: usize) -> Result<Self, Error> {
        match Bytes::open(path, MOST) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(e.into()),
            Ok(bytes) => Self::parse(&bytes, hash_len),
        }
    }

    /// Reads the bytes of an index.
    ///
    /// # Errors
    /// As [`Index::open`].
    pub fn parse(bytes: &[u8], hash_len: usize) -> Result<Self, Error> {
        let body = checked(bytes, hash_len)?;
        let cut = || Error::corrupt("the index is cut short");
        if !body.starts_with(b"DIRC") {
            return Err(Error::corrupt("the index does not begin as one"));
        }
        let version = be32(body, 4).ok_or_else(cut)?;
        if !(2..=4).contains(&version) {
            return Err(Error::Unsupported(format!("an index of version {version}")));
        }
        let count = be32(body, 8).ok_or_else(cut)?;
        let mut reader = Reader { body, at: 12, hash_len, version, path: Vec::new() };
        let mut index = Self::default();
        for _ in 0..count {
            let entry = reader.entry().ok_or_else(|| Error::corrupt("the index is cut short, or a path in it is too long"))?;
            if index.entries.last().is_some_and(|last| last.path > entry.path) {
                return Err(Error::corrupt("the entries of the index are not in order"));
            }
            index.entries.push(entry);
        }
        while reader.at < body.len() {
            let (name, data) = reader.extension().ok_or_else(cut)?;
            match name {
                b"TREE" => {
                    let sound = trees(data, hash_len);
                    index.trees = sound.ok_or_else(|| Error::corrupt("the trees of the index do not hold together"))?;
                }
                b"link" => return Err(Error::Unsupported("a split index; `git update-index --no-split-index` makes it whole".into())),
                // The index has folders for entries, which are left out of the checkout.
                b"sdir" => {}
                _ if name[0].is_ascii_uppercase() => {}
                _ => return Err(Error::Unsupported(format!("an index with `{}`", name.escape_ascii()))),
            }
        }
        Ok(index)
    }
}

/// An index without its checksum, which git may leave out (`index.skipHash`).
fn checked(bytes: &[u8], hash_len: usize) -> Result<&[u8], Error> {
    let at = bytes.len().checked_sub(hash_len).ok_or_else(|| Error::corrupt("the index is cut short"))?;
    let (body, sum) = bytes.split_at(at);
    let holds = if hash_len == 32 { Sha256::digest(body).as_slice() == sum } else { Sha1::digest(body).as_slice() == sum };
    if holds || sum.iter().all(|&b| b == 0) { Ok(body) } else { Err(Error::corrupt("the checksum of the index is wrong")) }
}

struct Reader<'b> {
    body: &'b [u8],
    at: usize,
    hash_len: usize,
    version: u32,
    /// Path of the entry before.
    path: Vec<u8>,
}

impl<'b> Reader<'b> {
    fn entry(&mut self) -> Option<Staged> {
        const EXTENDED: u16 = 1 << 14;
        const SKIP_WORKTREE: u16 = 1 << 14;
        const INTENT_TO_ADD: u16 = 1 << 13;
        let begin = self.at;
        let mode = be32(self.body, begin + 24)?;
        self.at = begin + 40;
        let id = self.take(self.hash_len)?.to_vec();
        let flags = self.be16()?;
        let further = if self.version > 2 && flags & EXTENDED != 0 { self.be16()? } else { 0 };
        if self.version == 4 {
            let drop = self.varint()?;
            self.path.truncate(self.path.len().checked_sub(drop)?);
        } else {
            self.path.clear();
        }
        let rest = self.body.get(self.at..)?;
        let end = memchr(0, rest)?;
        self.path.extend_from_slice(&rest[..end]);
        if self.path.len() > LONGEST {
            return None;
        }
        self.at += end + 1;
        if self.version < 4 {
            // One to eight zeros make the entry a multiple of eight bytes long.
            self.at = begin + (self.at - begin).next_multiple_of(8);
        }
        let kind = mode & 0o170_000;
        Some(Staged {
            path: self.path.clone(),
            id,
            link: kind == 0o120_000,
            submodule: kind == 0o160_000,
            absent: further & (SKIP_WORKTREE | INTENT_TO_ADD) != 0 || kind == 0o040_000,
        })
    }

    fn extension(&mut self) -> Option<(&'b [u8; 4], &'b [u8])> {
        let name = self.take(4)?.first_chunk()?;
        let length = be32(self.take(4)?, 0)?;
        Some((name, self.take(length as usize)?))
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let taken = self.body.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn be16(&mut self) -> Option<u16> {
        self.take(2)?.first_chunk().map(|two| u16::from_be_bytes(*two))
    }

    /// A number as packs write the offsets of delta bases.
    fn varint(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
        }
        Some(value)
    }
}

/// The cached trees that still hold. Each is written as name, NUL, number of files or -1, space, number of folders below, line feed, and its id unless -1;
/// folders below follow it.
fn trees(mut data: &[u8], hash_len: usize) -> Option<HashMap<Vec<u8>, Vec<u8>>> {
    let mut found = HashMap::new();
    let mut bytes = 0;
    // The folders that are begun, and how many below each are to come.
    let mut open: Vec<(Vec<u8>, usize)> = Vec::new();
    while !data.is_empty() {
        let name = split(&mut data, 0)?;
        let files: i64 = number(split(&mut data, b' ')?)?;
        let folders = usize::try_from(number(split(&mut data, b'\n')?)?).ok()?;
        while open.pop_if(|(_, left)| *left == 0).is_some() {}
        let path = match open.last_mut() {
            None => Vec::new(),
            Some((above, left)) => {
                *left -= 1;
                [above, name, b"/"].concat()
            }
        };
        if path.len() > LONGEST {
            return None;
        }
        bytes += path.len();
        if bytes > MOST_REMEMBERED {
            return Some(HashMap::new());
        }
        if files >= 0 {
            let (id, rest) = data.split_at_checked(hash_len)?;
            data = rest;
            found.insert(path.clone(), id.to_vec());
        }
        open.push((path, folders));
    }
    Some(found)
}

/// What stands before a byte, which is taken away with it.
fn split<'b>(data: &mut &'b [u8], end: u8) -> Option<&'b [u8]> {
    let at = memchr(end, data)?;
    let before = &data[..at];
    *data = &data[at + 1..];
    Some(before)
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
