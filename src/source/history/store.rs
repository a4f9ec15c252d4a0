//! The object store of one repository: packs and loose objects, numbered, and single objects read on demand.

use super::objects::{ObjectId, Objects, Place};
use super::pack::{Kind, NONE, Pack};
use super::{Error, delta, loose};
use crate::model::Segment;
use libdeflater::Decompressor;
use std::fs;
use std::path::PathBuf;

/// Longest chain of deltas that is followed for one object; git itself makes none above 4095.
const MAX_CHAIN: usize = 1 << 16;

/// Packs and loose objects.
pub struct Store {
    /// The packs.
    pub packs: Vec<Pack>,
    /// The numbering of all objects.
    pub objects: Objects,
    dirs: Vec<PathBuf>,
    /// Packs that cannot be read, and why.
    pub skipped: Vec<(String, String)>,
}

impl Store {
    /// Opens all packs under these `objects` folders and lists the loose objects.
    pub fn open(dirs: &[PathBuf], hash_len: usize) -> Self {
        let (mut packs, mut skipped, mut loose_ids) = (Vec::new(), Vec::new(), Vec::new());
        for dir in dirs {
            let mut paths: Vec<PathBuf> = fs::read_dir(dir.join("pack")).into_iter().flatten().flatten().map(|e| e.path()).collect();
            paths.retain(|p| p.extension().is_some_and(|e| e == "pack"));
            paths.sort();
            for path in paths {
                match Pack::open(&path, hash_len) {
                    Ok(pack) if packs.len() < usize::from(u16::MAX) => {
                        if pack.broken > 0 {
                            let why = format!("damaged or cut short: {} of {} entries cannot be read", pack.broken, pack.count());
                            skipped.push((path.display().to_string(), why));
                        }
                        packs.push(pack);
                    }
                    Ok(_) => skipped.push((path.display().to_string(), "more packs than can be read at once".to_owned())),
                    Err(e) => skipped.push((path.display().to_string(), e.to_string())),
                }
            }
            loose_ids.extend(loose::list(dir, hash_len));
        }
        let objects = Objects::new(&packs, &loose_ids, hash_len);
        Self { packs, objects, dirs: dirs.to_vec(), skipped }
    }

    /// Reads a loose object.
    ///
    /// # Errors
    /// When no folder has it whole.
    pub fn loose(&self, object: ObjectId, most: u64, out: &mut Vec<u8>) -> Result<Kind, Error> {
        self.in_dirs(|dir| loose::read(dir, self.objects.id(object), most, out))
    }

    /// What a loose object is, and how large.
    ///
    /// # Errors
    /// As [`Store::loose`].
    pub fn loose_stat(&self, object: ObjectId) -> Result<(Kind, u64), Error> {
        self.in_dirs(|dir| loose::stat(dir, self.objects.id(object)))
    }

    fn in_dirs<T>(&self, mut read: impl FnMut(&PathBuf) -> Result<T, Error>) -> Result<T, Error> {
        let mut last = Error::corrupt("the object is gone");
        for dir in &self.dirs {
            match read(dir) {
                Ok(found) => return Ok(found),
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    /// Reads one object, wherever it lies.
    ///
    /// # Errors
    /// When it or a base of it cannot be read, or is larger than `most`.
    pub fn read(&self, object: ObjectId, most: u64) -> Result<(Kind, Vec<u8>), Error> {
        let mut bytes = Vec::new();
        let (pack, mut entry) = match self.objects.place(object) {
            Place::Loose => return self.loose(object, most, &mut bytes).map(|kind| (kind, bytes)),
            Place::Packed(pack, entry) => (&self.packs[usize::from(pack)], entry),
        };
        let mut chain = vec![entry];
        while pack.entries[entry as usize].kind.is_none() {
            entry = pack.entries[entry as usize].base;
            if entry == NONE || chain.len() > MAX_CHAIN {
                return Err(Error::corrupt("its delta base is missing"));
            }
            chain.push(entry);
        }
        let kind = pack.entries[entry as usize].kind.expect("the loop ends at a whole entry");
        let mut inflater = Decompressor::new();
        let (mut delta, mut next, mut segments): (Vec<u8>, Vec<u8>, Vec<Segment>) = Default::default();
        for (i, &entry) in chain.iter().rev().enumerate() {
            let size = pack.entries[entry as usize].size;
            if size > most {
                return Err(Error::Unsupported(format!("{size} bytes, more than the limit of {most}")));
            }
            if i == 0 {
                pack.inflate(entry, &mut inflater, &mut bytes)?;
                continue;
            }
            pack.inflate(entry, &mut inflater, &mut delta)?;
            if delta::sizes(&delta)?.1 as u64 > most {
                return Err(Error::Unsupported(format!("more than the limit of {most} bytes")));
            }
            delta::apply(&bytes, &delta, &mut next, &mut segments)?;
            std::mem::swap(&mut bytes, &mut next);
        }
        Ok((kind, bytes))
    }
}
