//! Loose objects: one zlib stream a file, `kind size\0` and the content.

use super::Error;
use super::objects::{hex, unhex};
use super::pack::{DAMAGED, Kind};
use crate::source::Bytes;
use libdeflater::{DecompressionError, Decompressor};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes before the content.
const HEADER: u64 = 32;
/// What most objects inflate to at most, in sizes of their file, and the most room that is made for it on that ground.
const USUAL: u64 = 4;
const GUESSED: u64 = 4 << 20;

/// Ids of all loose objects under an `objects` folder, sorted.
pub fn list(objects: &Path, hash_len: usize) -> Vec<Vec<u8>> {
    let mut ids = Vec::new();
    for byte in 0..=255u8 {
        let folder = hex(&[byte]);
        let Ok(entries) = fs::read_dir(objects.join(&folder)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let id = unhex(format!("{folder}{}", name.to_string_lossy()).as_bytes());
            ids.extend(id.filter(|id| id.len() == hash_len));
        }
    }
    ids.sort_unstable();
    ids
}

/// The file of a loose object.
pub fn path(objects: &Path, id: &[u8]) -> PathBuf {
    let name = hex(id);
    objects.join(&name[..2]).join(&name[2..])
}

/// Reads a loose object whole, of at most `most` bytes.
///
/// # Errors
/// When the file cannot be read, does not inflate, or is not what it says it is.
pub fn read(objects: &Path, id: &[u8], most: u64, out: &mut Vec<u8>) -> Result<Kind, Error> {
    let file = Bytes::open(&path(objects, id), most)?;
    let mut inflater = Decompressor::new();
    let mut inflate = |room: u64, out: &mut Vec<u8>| {
        out.resize(room as usize, 0);
        inflater.zlib_decompress(&file, out)
    };
    let guess = file.len() as u64 * USUAL;
    let room = if guess > GUESSED { stated(&file, most)?.1 } else { guess.min(most) };
    let inflated = match inflate(room + HEADER, out) {
        Err(DecompressionError::InsufficientSpace) => {
            let (_, size) = stated(&file, most)?;
            inflate(size + HEADER, out)
        }
        done => done,
    };
    match inflated {
        Ok(n) => out.truncate(n),
        Err(DecompressionError::InsufficientSpace) => return Err(Error::corrupt(OTHER_SIZE)),
        Err(DecompressionError::BadData) => return Err(Error::corrupt(DAMAGED)),
    }
    let mut content = &**out;
    let (kind, size) = header(&mut content).map_err(corrupt)?;
    if size > most {
        return Err(too_large(size, most));
    }
    if content.len() as u64 != size {
        return Err(Error::corrupt(OTHER_SIZE));
    }
    let begins = out.len() - content.len();
    out.drain(..begins);
    Ok(kind)
}

/// What is wrong with an object of more or fewer bytes than its header says.
const OTHER_SIZE: &str = "its size is not the one it states";

fn corrupt(e: std::io::Error) -> Error {
    Error::corrupt(format!("its data does not inflate: {e}"))
}

fn too_large(size: u64, most: u64) -> Error {
    Error::Unsupported(format!("{size} bytes, more than the limit of {most}"))
}

/// What an object says of itself, as far as that can be so.
fn stated(file: &[u8], most: u64) -> Result<(Kind, u64), Error> {
    let (kind, size) = header(&mut flate2::read::ZlibDecoder::new(file)).map_err(corrupt)?;
    if size > most {
        return Err(too_large(size, most));
    }
    // Deflate shrinks at most about 1032 times: a larger claim is a lie and must not cost memory.
    if size > (file.len() as u64).saturating_mul(1040) {
        return Err(Error::corrupt("it claims to inflate to more than its file can hold"));
    }
    Ok((kind, size))
}

/// Reads only what a loose object is, and how large.
///
/// # Errors
/// As [`read`].
pub fn stat(objects: &Path, id: &[u8]) -> Result<(Kind, u64), Error> {
    let mut head = Vec::with_capacity(512);
    let file = path(objects, id);
    if !fs::symlink_metadata(&file)?.is_file() {
        return Err(Error::corrupt("not a regular file"));
    }
    fs::File::open(file)?.take(512).read_to_end(&mut head)?;
    header(&mut flate2::read::ZlibDecoder::new(&*head)).map_err(corrupt)
}

fn header(stream: &mut impl Read) -> std::io::Result<(Kind, u64)> {
    let bad = || std::io::Error::new(std::io::ErrorKind::InvalidData, "no object header");
    let mut text = Vec::new();
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte)?;
        match byte[0] {
            0 => break,
            _ if text.len() > 31 => return Err(bad()),
            b => text.push(b),
        }
    }
    let space = text.iter().position(|&b| b == b' ').ok_or_else(bad)?;
    let kind = Kind::from_name(&text[..space]).ok_or_else(bad)?;
    let size = std::str::from_utf8(&text[space + 1..]).ok().and_then(|s| s.parse().ok()).ok_or_else(bad)?;
    Ok((kind, size))
}
