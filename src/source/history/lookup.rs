//! Single objects without reading any index whole: for the hook, which needs a handful out of a million.

use super::pack::{Base, Kind, be32, header, inflate};
use super::trees::{self, EntryKind};
use super::{Error, delta, loose};
use crate::source::Bytes;
use libdeflater::Decompressor;
use std::fs;
use std::path::PathBuf;

/// Longest chain of deltas that is followed; git itself makes none above 4095.
const MAX_CHAIN: usize = 1 << 16;

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Binary id of its object.
    pub id: Vec<u8>,
}

impl TreeEntry {
    /// Whether it is a file or a symbolic link.
    pub fn is_blob(&self) -> bool {
        matches!(self.kind, EntryKind::Blob | EntryKind::Link)
    }
}

/// Looks objects up by id.
pub struct Lookup {
    dirs: Vec<PathBuf>,
    packs: Vec<(Bytes, Bytes)>,
    hash_len: usize,
    most: u64,
}

impl Lookup {
    /// Opens the packs under these `objects` folders; objects of more than `most` bytes are refused. Packs that cannot be opened are passed over:
    /// an object that only they have is then named as missing.
    pub fn open(dirs: &[PathBuf], hash_len: usize, most: u64) -> Self {
        let mut packs = Vec::new();
        for dir in dirs {
            let mut paths: Vec<PathBuf> = fs::read_dir(dir.join("pack")).into_iter().flatten().flatten().map(|e| e.path()).collect();
            paths.retain(|p| p.extension().is_some_and(|e| e == "pack"));
            paths.sort();
            for path in paths {
                let index = Bytes::map(&path.with_extension("idx"));
                packs.extend(Bytes::map(&path).ok().zip(index.ok()));
            }
        }
        Self { dirs: dirs.to_vec(), packs, hash_len, most }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// When it or a base of it is missing, corrupt or too large.
    pub fn read(&self, id: &[u8]) -> Result<(Kind, Vec<u8>), Error> {
        let mut bytes = Vec::new();
        self.read_into(id, &mut bytes).map(|kind| (kind, bytes))
    }

    /// The same into a buffer that is used again.
    ///
    /// # Errors
    /// As [`Lookup::read`].
    pub fn read_into(&self, id: &[u8], bytes: &mut Vec<u8>) -> Result<Kind, Error> {
        for dir in &self.dirs {
            if fs::symlink_metadata(loose::path(dir, id)).is_ok() {
                return loose::read(dir, id, self.most, bytes);
            }
        }
        let found = self.packs.iter().find_map(|(pack, index)| Some((pack, index, self.offset(index, id)?)));
        let (pack, index, offset) = found.ok_or_else(|| Error::corrupt("the object is not here"))?;
        let (kind, found) = self.packed(pack, index, offset)?;
        *bytes = found;
        Ok(kind)
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// As [`Lookup::read`].
    pub fn tree_of(&self, commit: &[u8]) -> Result<Vec<u8>, Error> {
        let (_, bytes) = self.read(commit)?;
        super::commit::Commit::parse(&bytes).map(|c| c.tree).ok_or_else(|| Error::corrupt("the head is no commit"))
    }

    /// A tree's entries.
    ///
    /// # Errors
    /// As [`Lookup::read`].
    pub fn entries(&self, tree: &[u8]) -> Result<Vec<TreeEntry>, Error> {
        let (kind, bytes) = self.read(tree)?;
        if kind != Kind::Tree {
            return Err(Error::corrupt("a folder is no tree"));
        }
        let mut found = Vec::new();
        trees::parse(&bytes, self.hash_len, |mode, name, id| {
            found.push(TreeEntry { name: name.to_vec(), kind: EntryKind::of(mode), id: id.to_vec() });
        });
        Ok(found)
    }

    /// Offset of an object in the pack of this index of version 2.
    fn offset(&self, index: &[u8], id: &[u8]) -> Option<u64> {
        if index.get(..8) != Some(&[0xff, b't', b'O', b'c', 0, 0, 0, 2]) {
            return None;
        }
        let n = be32(index, 8 + 255 * 4)? as usize;
        let first = usize::from(*id.first()?);
        let mut low = if first == 0 { 0 } else { be32(index, 8 + (first - 1) * 4)? as usize };
        let mut high = (be32(index, 8 + first * 4)? as usize).min(n);
        let table = 8 + 1024;
        while low < high {
            let mid = low.midpoint(high);
            let at = table + mid * self.hash_len;
            match index.get(at..at + self.hash_len)?.cmp(id) {
                std::cmp::Ordering::Less => low = mid + 1,
                std::cmp::Ordering::Greater => high = mid,
                std::cmp::Ordering::Equal => {
                    let small = table + n * (self.hash_len + 4);
                    let offset = be32(index, small + mid * 4)?;
                    if offset & 0x8000_0000 == 0 {
                        return Some(offset.into());
                    }
                    let at = small + n * 4 + (offset & 0x7fff_ffff) as usize * 8;
                    return index.get(at..at + 8).map(|b| u64::from_be_bytes(b.try_into().expect("eight bytes")));
                }
            }
        }
        None
    }

    fn packed(&self, pack: &[u8], index: &[u8], offset: u64) -> Result<(Kind, Vec<u8>), Error> {
        let cut = || Error::corrupt("its entry is cut short");
        let mut chain = Vec::new();
        let mut at = offset;
        let kind = loop {
            let (entry, base) = header(pack, at, self.hash_len).ok_or_else(cut)?;
            if entry.size > self.most {
                return Err(Error::Unsupported(format!("more than the limit of {} bytes", self.most)));
            }
            chain.push(entry);
            at = match base {
                Base::None => break entry.kind.ok_or_else(cut)?,
                Base::Offset(offset) => offset,
                Base::Id(id) => {
                    let id = pack.get(id..id + self.hash_len).ok_or_else(cut)?;
                    self.offset(index, id).ok_or_else(|| Error::corrupt("its delta base is missing"))?
                }
            };
            if chain.len() > MAX_CHAIN {
                return Err(Error::corrupt("its chain of deltas has no end"));
            }
        };
        let mut inflater = Decompressor::new();
        let (mut bytes, mut delta, mut next, mut segments) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut entries = chain.iter().rev();
        inflate(pack, entries.next().expect("at least one"), &mut inflater, &mut bytes)?;
        for entry in entries {
            inflate(pack, entry, &mut inflater, &mut delta)?;
            if delta::sizes(&delta)?.1 as u64 > self.most {
                return Err(Error::Unsupported(format!("more than the limit of {} bytes", self.most)));
            }
            delta::apply(&bytes, &delta, &mut next, &mut segments)?;
            std::mem::swap(&mut bytes, &mut next);
        }
        Ok((kind, bytes))
    }
}
