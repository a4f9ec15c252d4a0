//! Archives for the tests of this module, built in memory.

use super::{Limits, Trouble, unpack};
use std::io::{Cursor, Write};

/// Everything an archive gives.
pub(super) fn contents(bytes: &[u8], limits: &Limits) -> (Vec<(String, Vec<u8>)>, Vec<Trouble>) {
    let mut seen = Vec::new();
    let troubles = unpack(bytes, limits, &mut |path, bytes| seen.push((path.to_owned(), bytes.to_vec())));
    (seen, troubles)
}

/// A zip archive of deflated members.
pub(super) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(::zip::CompressionMethod::Deflated, members)
}

/// A zip archive with the given compression; names that end in `/` are folders.
pub(super) fn zip_with(method: ::zip::CompressionMethod, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        if name.ends_with('/') {
            writer.add_directory(*name, options).expect("in memory");
            continue;
        }
        writer.start_file(*name, options).expect("in memory");
        writer.write_all(bytes).expect("in memory");
    }
    writer.finish().expect("in memory").into_inner()
}

/// A GNU tape archive.
pub(super) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).expect("in memory");
    }
    builder.into_inner().expect("in memory")
}

/// A tape archive with a file of 8 GiB that is a hole but for its last bytes, and a plain one after it.
pub(super) fn sparse_tar() -> Vec<u8> {
    const SIZE: u64 = 8 << 30;
    let mut header = ::tar::Header::new_gnu();
    header.set_path("holes").expect("short");
    header.set_entry_type(::tar::EntryType::GNUSparse);
    header.set_size(4);
    let gnu = header.as_gnu_mut().expect("made so");
    gnu.set_real_size(SIZE);
    gnu.sparse[0].set_offset(SIZE - 4);
    gnu.sparse[0].set_length(4);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(b"tail");
    bytes.resize(1024, 0);
    bytes.extend(tar(&[("after", b"x")]));
    bytes
}

/// Makes the checksum of the first header hold again.
pub(super) fn reseal(bytes: &mut [u8]) {
    if bytes.len() >= 512 {
        let mut header = ::tar::Header::new_old();
        header.as_mut_bytes().copy_from_slice(&bytes[..512]);
        header.set_cksum();
        bytes[..512].copy_from_slice(header.as_bytes());
    }
}

/// A gzip file, with a name in its header if one is given.
pub(super) fn gzip(bytes: &[u8], name: Option<&str>) -> Vec<u8> {
    let mut builder = flate2::GzBuilder::new();
    if let Some(name) = name {
        builder = builder.filename(name);
    }
    let mut encoder = builder.write(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// A zstd file of one frame with a checksum.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}
