//! The one place with `unsafe`: read-only maps of files.
//!
//! A map shows what is in the file at the moment of each read, so another process that truncates the file makes a read fail with a signal. Git never
//! changes a pack or index in place (it writes a new one and renames), and files of a working tree are mapped only when they are large; small ones are read.

#![expect(unsafe_code, reason = "mapping a file is unsafe by nature; see the module's documentation for why it is sound enough here")]

use memmap2::Mmap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::Path;

/// Files of at least this size are mapped.
const MAP_FROM: u64 = 1 << 20;

/// The content of a file, mapped or read.
pub enum Bytes {
    /// Mapped.
    Mapped(Mmap),
    /// Read into memory.
    Read(Vec<u8>),
}

impl Bytes {
    /// Opens a regular file of at most `most` bytes.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, or is larger. Never blocks on a pipe or device.
    pub fn open(path: &Path, most: u64) -> io::Result<Self> {
        Self::open_from(path, most, MAP_FROM)
    }

    /// Opens a pack or its index, of which little may be wanted: it is mapped whatever its size.
    ///
    /// # Errors
    /// As [`Bytes::open`].
    pub fn map(path: &Path) -> io::Result<Self> {
        Self::open_from(path, u64::MAX, 1)
    }

    fn open_from(path: &Path, most: u64, map_from: u64) -> io::Result<Self> {
        let file = open_regular(path)?;
        let size = file.metadata()?.len();
        if size > most {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{size} bytes, more than the limit of {most}")));
        }
        if size >= map_from {
            // SAFETY: the map is read-only and private to this process, and the file is a regular one. What remains is truncation by others while
            // it is mapped, which faults instead of corrupting memory; the module documentation says why that is accepted.
            return unsafe { Mmap::map(&file) }.map(Self::Mapped);
        }
        let mut bytes = Vec::with_capacity(size as usize + 1);
        file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(Self::Read(bytes))
    }
}

/// Opens without blocking on pipes, then makes sure it is a regular file.
///
/// # Errors
/// When it cannot be opened, or is something else.
pub fn open_regular(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Read(bytes) => bytes,
        }
    }
}
