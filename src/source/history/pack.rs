//! Packs and their indexes (Documentation/gitformat-pack): where entries lie and what each is a delta of.

use super::Error;
use crate::source::Bytes;
use libdeflater::{DecompressionError, Decompressor};
use std::path::{Path, PathBuf};

/// No base: the entry is whole, or its base is not in this pack.
pub const NONE: u32 = u32::MAX;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A tree.
    Tree,
    /// A blob.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    pub(super) fn from_pack(n: u8) -> Option<Self> {
        [None, Some(Self::Commit), Some(Self::Tree), Some(Self::Blob), Some(Self::Tag)].get(usize::from(n)).copied().flatten()
    }

    pub(super) fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"commit" => Some(Self::Commit),
            b"tree" => Some(Self::Tree),
            b"blob" => Some(Self::Blob),
            b"tag" => Some(Self::Tag),
            _ => None,
        }
    }
}

/// One entry of a pack.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Where its compressed bytes begin.
    pub data: u64,
    /// How many bytes they inflate to.
    pub size: u64,
    /// Its kind; `None` for a delta.
    pub kind: Option<Kind>,
    /// The entry it is a delta of, or [`NONE`].
    pub base: u32,
}

/// A pack with its index.
pub struct Pack {
    /// The `.pack` file.
    pub path: PathBuf,
    bytes: Bytes,
    index: Index,
    /// Entries in the order of the pack.
    pub entries: Vec<Entry>,
    hash_len: usize,
    /// Children of each entry in the delta forest: `children[first[i]..first[i + 1]]`.
    first: Vec<u32>,
    children: Vec<u32>,
    /// Entries whose base is neither here nor inline: named as skipped.
    pub orphans: Vec<u32>,
    /// Number of entries whose header makes no sense.
    pub broken: u32,
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).map(|b| u32::from_be_bytes(b.try_into().expect("four bytes")))
}

impl Pack {
    /// Opens a pack by the path of its `.pack` file; the index beside it is needed.
    ///
    /// # Errors
    /// When either cannot be read or they do not fit each other.
    pub fn open(path: &Path, hash_len: usize) -> Result<Self, Error> {
        let bytes = Bytes::open(path, u64::MAX)?;
        let index =
            Bytes::open(&path.with_extension("idx"), u64::MAX).map_err(|e| Error::corrupt(format!("its index cannot be read: {e}")))?;
        let sound = bytes.get(..4) == Some(b"PACK") && matches!(be32(&bytes, 4), Some(2 | 3));
        let count = be32(&bytes, 8).filter(|_| sound).ok_or_else(|| Error::corrupt("not a pack of version 2 or 3"))?;
        let (index, offsets) = Index::read(index, hash_len, count)?;
        let mut pack = Self {
            path: path.to_owned(),
            bytes,
            index,
            entries: Vec::new(),
            hash_len,
            first: Vec::new(),
            children: Vec::new(),
            orphans: Vec::new(),
            broken: 0,
        };
        pack.read_entries(&offsets)?;
        pack.link();
        Ok(pack)
    }

    /// Number of entries.
    pub fn count(&self) -> u32 {
        self.entries.len() as u32
    }

    /// The object id of an entry.
    pub fn id(&self, entry: u32) -> &[u8] {
        self.index.id(self.index.row[entry as usize], self.hash_len)
    }

    /// The entries in the order of their ids.
    pub fn by_id(&self) -> &[u32] {
        &self.index.entry
    }

    /// The entries that are deltas of `entry`.
    pub fn children(&self, entry: u32) -> &[u32] {
        &self.children[self.first[entry as usize] as usize..self.first[entry as usize + 1] as usize]
    }

    /// Inflates an entry: the object, or its delta.
    ///
    /// # Errors
    /// When the data is corrupt or of another size than stated.
    pub fn inflate(&self, entry: u32, inflater: &mut Decompressor, out: &mut Vec<u8>) -> Result<(), Error> {
        inflate(&self.bytes, &self.entries[entry as usize], inflater, out)
    }

    fn read_entries(&mut self, offsets: &[u64]) -> Result<(), Error> {
        let mut entries = Vec::with_capacity(offsets.len());
        for (i, &offset) in offsets.iter().enumerate() {
            // An entry that makes no sense is lost, and what is built on it; the rest of the pack is not.
            let broken = (Entry { data: 0, size: 0, kind: None, base: NONE }, Base::None);
            let read = header(&self.bytes, offset, self.hash_len);
            self.broken += u32::from(read.is_none());
            let (mut entry, base) = read.unwrap_or(broken);
            entry.base = match base {
                Base::None => NONE,
                Base::Offset(o) => offsets[..i].binary_search(&o).map_or(NONE, |i| i as u32),
                Base::Id(at) => self.find(self.bytes.get(at..at + self.hash_len).unwrap_or_default()),
            };
            if entry.kind.is_none() && entry.base == NONE {
                self.orphans.push(i as u32);
            }
            entries.push(entry);
        }
        self.entries = entries;
        Ok(())
    }

    fn find(&self, id: &[u8]) -> u32 {
        let order = &self.index.entry;
        order.binary_search_by(|&e| self.id(e).cmp(id)).map_or(NONE, |i| order[i])
    }

    /// Builds the lists of children. A delta by id may point forwards, so cycles are possible: they are never reached from a root.
    fn link(&mut self) {
        let n = self.entries.len();
        let mut first = vec![0u32; n + 1];
        for e in self.entries.iter().filter(|e| e.base != NONE) {
            first[e.base as usize + 1] += 1;
        }
        for i in 0..n {
            first[i + 1] += first[i];
        }
        let mut next = first.clone();
        let mut children = vec![0; first[n] as usize];
        for (i, e) in self.entries.iter().enumerate().filter(|(_, e)| e.base != NONE) {
            let slot = &mut next[e.base as usize];
            children[*slot as usize] = i as u32;
            *slot += 1;
        }
        (self.first, self.children) = (first, children);
    }
}

/// What is wrong with compressed data that is not whole.
pub(super) const DAMAGED: &str = "its data does not inflate: it is damaged";

/// Inflates the entry of a pack.
pub(super) fn inflate(pack: &[u8], entry: &Entry, inflater: &mut Decompressor, out: &mut Vec<u8>) -> Result<(), Error> {
    let compressed = pack.get(entry.data as usize..).unwrap_or_default();
    // Deflate shrinks at most about 1032 times: a larger claim is a lie and must not cost memory.
    if entry.size > (compressed.len() as u64).saturating_mul(1040).saturating_add(64) {
        return Err(Error::corrupt("an entry claims to inflate to more than its pack can hold"));
    }
    out.resize(entry.size as usize, 0);
    let n = inflater.zlib_decompress(compressed, out).map_err(|e| match e {
        DecompressionError::BadData => Error::corrupt(DAMAGED),
        DecompressionError::InsufficientSpace => Error::corrupt("its data inflates to more than it states"),
    })?;
    if n == out.len() { Ok(()) } else { Err(Error::corrupt("its data inflates to less than it states")) }
}

/// What an entry is a delta of.
pub(super) enum Base {
    /// Nothing.
    None,
    /// The entry at an offset.
    Offset(u64),
    /// The object whose id stands at a position of the pack.
    Id(usize),
}

/// Reads the header of the entry at `offset` of a pack.
pub(super) fn header(pack: &[u8], offset: u64, hash_len: usize) -> Option<(Entry, Base)> {
    let mut at = usize::try_from(offset).ok()?;
    let mut next = || {
        at += 1;
        pack.get(at - 1).copied()
    };
    let mut c = next()?;
    let kind = c >> 4 & 7;
    let (mut size, mut shift) = (u64::from(c & 15), 4);
    while c & 0x80 != 0 {
        c = next()?;
        if shift > 56 {
            return None;
        }
        size |= u64::from(c & 0x7f) << shift;
        shift += 7;
    }
    let base = match kind {
        6 => {
            c = next()?;
            let mut back = u64::from(c & 0x7f);
            while c & 0x80 != 0 {
                c = next()?;
                back = back.checked_add(1)?.checked_mul(128)? | u64::from(c & 0x7f);
            }
            Base::Offset(offset.checked_sub(back)?)
        }
        7 => {
            let id = at;
            at += hash_len;
            Base::Id(id)
        }
        1..=4 => Base::None,
        _ => return None,
    };
    Some((Entry { data: at as u64, size, kind: Kind::from_pack(kind), base: NONE }, base))
}

/// The index of a pack: object ids, sorted.
struct Index {
    bytes: Bytes,
    /// Where the first id lies, and how far apart they are.
    first: usize,
    stride: usize,
    /// Row of each entry.
    row: Vec<u32>,
    /// Entry of each row.
    entry: Vec<u32>,
}

impl Index {
    fn id(&self, row: u32, hash_len: usize) -> &[u8] {
        let at = self.first + row as usize * self.stride;
        &self.bytes[at..at + hash_len]
    }

    /// Reads an index of version 2 or 1; the second value is the offsets of the entries, ascending.
    fn read(bytes: Bytes, hash_len: usize, count: u32) -> Result<(Self, Vec<u64>), Error> {
        let cut = || Error::corrupt("its index is cut short");
        let magic = bytes.get(..4) == Some(&[0xff, b't', b'O', b'c']);
        if magic && be32(&bytes, 4) != Some(2) {
            return Err(Error::Unsupported("its index is of an unknown version".into()));
        }
        let fanout = if magic { 8 } else { 0 };
        let n = be32(&bytes, fanout + 255 * 4).ok_or_else(cut)?;
        if n != count {
            return Err(Error::corrupt(format!("its index lists {n} objects, the pack has {count}")));
        }
        let n = n as usize;
        let table = fanout + 1024;
        let row_len = if magic { hash_len + 8 } else { hash_len + 4 };
        if n.checked_mul(row_len).is_none_or(|needed| bytes.len() < table + needed) {
            return Err(cut());
        }
        let offset_of = |i: usize| -> Option<u64> {
            if !magic {
                return be32(&bytes, table + i * row_len).map(u64::from);
            }
            let small = table + n * (hash_len + 4);
            match be32(&bytes, small + i * 4)? {
                o if o & 0x8000_0000 == 0 => Some(o.into()),
                o => {
                    let at = small + n * 4 + (o & 0x7fff_ffff) as usize * 8;
                    bytes.get(at..at + 8).map(|b| u64::from_be_bytes(b.try_into().expect("eight bytes")))
                }
            }
        };
        let mut order = Vec::with_capacity(n);
        for i in 0..n {
            order.push((offset_of(i).ok_or_else(cut)?, i as u32));
        }
        order.sort_unstable();
        let mut entry = vec![0; n];
        order.iter().enumerate().for_each(|(e, &(_, row))| entry[row as usize] = e as u32);
        let (offsets, row): (Vec<u64>, Vec<u32>) = order.into_iter().unzip();
        let (first, stride) = if magic { (table, hash_len) } else { (table + 4, row_len) };
        let index = Self { bytes, first, stride, row, entry };
        let ascending = (1..n as u32).all(|i| index.id(i - 1, hash_len) <= index.id(i, hash_len));
        if ascending { Ok((index, offsets)) } else { Err(Error::corrupt("its index is not sorted")) }
    }
}
