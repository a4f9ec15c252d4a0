//! Zip archives (PKWARE APPNOTE.TXT 6.3): first what the directory lists, then what it does not.

use super::Loss;
use super::bounded::{Counted, Metered, told, why};
use super::compressed::Frames;
use super::walk::{Place, Source, Walk};
use ::zip::read::ZipFileEntry;
use ::zip::result::ZipError;
use ::zip::{CompressionMethod, ZipArchive};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use memchr::memmem;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::ops::Range;

/// Begins the header before a member's data.
const LOCAL_HEADER: &[u8; 4] = b"PK\x03\x04";
/// Size of that header without name and extra fields.
const LOCAL_HEADER_BYTES: usize = 30;
/// Begins the end of a zip64 directory.
const ZIP64_END: &[u8; 4] = b"PK\x06\x06";
/// Members a directory may list in any case: as many as one without zip64 can.
const MAX_LISTED: usize = u16::MAX as usize;

/// How a member is compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Method {
    Stored,
    Deflated,
    Zstd,
    Other(String),
}

/// A member and where its bytes are.
struct Member<'a> {
    name: &'a [u8],
    encrypted: bool,
    method: Method,
    /// Where the local header begins.
    header: usize,
    /// Where the data begins.
    data: usize,
    /// Where the data ends, as far as known; may lie behind the end of the archive.
    end: Option<usize>,
    /// Size and CRC-32 of the content, where they are stated.
    stated: Option<(u64, u32)>,
}

/// Reads all members.
pub(super) fn read(walk: &mut Walk<'_>, bytes: &[u8], mut at: Place) {
    let mut claimed = Claimed::default();
    let mut end = bytes.len();
    match directory(bytes, walk.limits.members.max(MAX_LISTED)) {
        Ok(archive) => {
            end = usize::try_from(archive.central_directory_start()).unwrap_or(end).min(end);
            for entry in (0..archive.len()).filter_map(|index| archive.by_index_data(index).ok()) {
                read_listed(walk, bytes, &entry, &mut claimed, &mut at);
                if walk.has_ended() {
                    return;
                }
            }
        }
        Err(why) => {
            let why = format!("its directory cannot be read ({why}), so members were looked for");
            walk.trouble(at.path(), why, Loss::Part);
        }
    }
    for gap in claimed.gaps(end) {
        read_unlisted(walk, &bytes[..gap.end], gap.start, &mut at);
    }
}

/// The archive's directory, read by the `zip` crate.
fn directory(bytes: &[u8], most: usize) -> Result<ZipArchive<Cursor<&[u8]>>, String> {
    // The crate reserves memory for as many members as a zip64 directory claims to list, so claims are looked at first.
    for end in memmem::find_iter(bytes, ZIP64_END) {
        let count = bytes.get(end + 32..end + 40).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
        if let Some(count) = count.filter(|&count| count > most as u64) {
            return Err(format!("it claims {count} members"));
        }
    }
    ZipArchive::new(Cursor::new(bytes)).map_err(|error| match error {
        // A text made up at run time could quote the archive.
        ZipError::InvalidArchive(Cow::Borrowed(why)) | ZipError::UnsupportedArchive(why) => why.to_owned(),
        _ => "damaged".to_owned(),
    })
}

/// Reads a member of the directory, unless it shares bytes with one before: members that overlap make small archives unpack to
/// any size (David Fifield, "A better zip bomb", 2019).
fn read_listed(walk: &mut Walk<'_>, bytes: &[u8], entry: &ZipFileEntry<'_>, claimed: &mut Claimed, at: &mut Place) {
    let member = listed(bytes, entry);
    let free = member.as_ref().is_none_or(|m| claimed.claim(m.header..m.end.unwrap_or(m.data).min(bytes.len()).max(m.data)));
    if entry.name_raw().ends_with(b"/") && entry.compressed_size() == 0 {
        return;
    }
    let Some(path) = walk.admit(at, entry.name_raw()) else { return };
    match member {
        None => walk.trouble(path, "there is no member where the directory says it is", Loss::All),
        Some(_) if !free => walk.trouble(path, "it shares bytes with another member, so it was not read", Loss::All),
        Some(member) => {
            read_member(walk, bytes, &member, path, at.depth());
        }
    }
}

/// What the directory says of a member, with the place of its data by its local header; `None` when there is none.
fn listed<'a>(bytes: &[u8], entry: &'a ZipFileEntry<'_>) -> Option<Member<'a>> {
    let header = usize::try_from(entry.header_start()).ok()?;
    let data = header + local_header(bytes, header)?.len();
    let method = match entry.compression() {
        CompressionMethod::Stored => Method::Stored,
        CompressionMethod::Deflated => Method::Deflated,
        CompressionMethod::ZSTD => Method::Zstd,
        other => Method::Other(other.to_string()),
    };
    Some(Member {
        name: entry.name_raw(),
        encrypted: entry.encrypted(),
        method,
        header,
        data,
        end: Some(data.saturating_add(usize::try_from(entry.compressed_size()).unwrap_or(usize::MAX))),
        stated: Some((entry.size(), entry.crc32())),
    })
}

/// The local header at `start` with name and extra fields, if there is one.
fn local_header(bytes: &[u8], start: usize) -> Option<&[u8]> {
    let fixed = bytes.get(start..)?.get(..LOCAL_HEADER_BYTES)?;
    let len = LOCAL_HEADER_BYTES + usize::from(u16_at(fixed, 26)) + usize::from(u16_at(fixed, 28));
    bytes.get(start..start + len).filter(|header| header.starts_with(LOCAL_HEADER))
}

/// Reads what has a local header, from `from` to the end of `bytes`: members the directory leaves out, or lists under a name
/// it uses twice, or all of them where there is no directory.
fn read_unlisted(walk: &mut Walk<'_>, bytes: &[u8], mut from: usize, at: &mut Place) {
    let finder = memmem::Finder::new(LOCAL_HEADER);
    while let Some(found) = finder.find(&bytes[from..]) {
        let header = from + found;
        let Some(member) = unlisted(bytes, header) else {
            from = header + LOCAL_HEADER.len();
            continue;
        };
        // Never looked at again, so that time stays linear whatever the headers say.
        from = member.end.unwrap_or(member.data).min(bytes.len());
        if member.name.ends_with(b"/") && member.end == Some(member.data) {
            continue;
        }
        let Some(path) = walk.admit(at, member.name) else { return };
        match member.stated {
            Some(_) => walk.trouble(path.clone(), "the directory does not list it", Loss::Nothing),
            None => walk.trouble(path.clone(), "the directory does not list it, and its size is not stated", Loss::Part),
        }
        from = from.max(read_member(walk, bytes, &member, path, at.depth()));
    }
}

/// The member that the local header at `header` describes, if it is plausible.
fn unlisted(bytes: &[u8], header: usize) -> Option<Member<'_>> {
    let local = local_header(bytes, header)?;
    let name = &local[LOCAL_HEADER_BYTES..LOCAL_HEADER_BYTES + usize::from(u16_at(local, 26))];
    let (version, flags, method) = (local[4], u16_at(local, 6), u16_at(local, 8));
    // 6.3 is the newest version of the format; four bytes that merely look like a header seldom pass.
    if version > 63 || method > 99 || name.is_empty() {
        return None;
    }
    let method = match method {
        0 => Method::Stored,
        8 => Method::Deflated,
        93 => Method::Zstd,
        other => Method::Other(other.to_string()),
    };
    let (crc, packed, size) = (u32_at(local, 14), u32_at(local, 18), u32_at(local, 22));
    // Bit 3: sizes come after the data. All ones: sizes are in a zip64 field.
    let known = flags & 8 == 0 && packed != u32::MAX && size != u32::MAX;
    let data = header + local.len();
    Some(Member {
        name,
        encrypted: flags & 1 != 0,
        method,
        header,
        data,
        end: known.then(|| data.saturating_add(usize::try_from(packed).unwrap_or(usize::MAX))),
        stated: known.then_some((size.into(), crc)),
    })
}

/// Reads the content of a member and gives the offset behind the data that was used.
fn read_member(walk: &mut Walk<'_>, bytes: &[u8], member: &Member<'_>, path: String, depth: u8) -> usize {
    let data = &bytes[member.data..member.end.map_or(bytes.len(), |end| end.clamp(member.data, bytes.len()))];
    if member.encrypted {
        walk.trouble(path, "it is encrypted", Loss::All);
        return member.data;
    }
    if let Some(missing) = member.end.and_then(|end| end.checked_sub(bytes.len())).filter(|&n| n > 0) {
        walk.trouble(path.clone(), format!("the archive ends {missing} bytes before the member does"), Loss::Part);
    }
    let (taken, budget) = (Cell::new(0), walk.budget);
    let mut rest = data;
    let packed = Counted::new(&mut rest, &taken);
    match &member.method {
        Method::Stored if member.end.is_none() => walk.trouble(path, "nothing says where it ends", Loss::All),
        Method::Stored => {
            let mut crc = Crc::new();
            crc.update(data);
            if let Err(error) = agrees(member.stated, data.len() as u64, &crc) {
                walk.trouble(path.clone(), why(&error), Loss::Part);
            }
            walk.content(path, depth, Source::Memory(data));
        }
        Method::Deflated => {
            let inflated = Metered::new(DeflateDecoder::new(packed), &taken, budget);
            walk.content(path, depth, Source::Stream(&mut Checked::new(inflated, member.stated)));
        }
        Method::Zstd => {
            let inflated = Metered::new(Frames::new(packed), &taken, budget);
            walk.content(path, depth, Source::Stream(&mut Checked::new(inflated, member.stated)));
        }
        Method::Other(method) => walk.trouble(path, format!("compression method {method} is not supported"), Loss::All),
    }
    member.data + usize::try_from(taken.get()).map_or(data.len(), |taken| taken.min(data.len()))
}

/// Compares a content, once it has ended, with what is stated of it.
struct Checked<R> {
    inner: R,
    stated: Option<(u64, u32)>,
    size: u64,
    crc: Crc,
}

impl<R> Checked<R> {
    fn new(inner: R, stated: Option<(u64, u32)>) -> Self {
        Self { inner, stated, size: 0, crc: Crc::new() }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        if n == 0 && !buf.is_empty() {
            agrees(self.stated, self.size, &self.crc)?;
        }
        self.size += n as u64;
        self.crc.update(&buf[..n]);
        Ok(n)
    }
}

fn agrees(stated: Option<(u64, u32)>, size: u64, crc: &Crc) -> io::Result<()> {
    match stated {
        Some((stated, _)) if stated != size => Err(told(format!("it has {size} bytes, and {stated} are stated"))),
        Some((_, sum)) if sum != crc.sum() => Err(told("its checksum does not hold")),
        _ => Ok(()),
    }
}

/// Which bytes of an archive belong to members, by where each range begins.
#[derive(Default)]
struct Claimed(BTreeMap<usize, usize>);

impl Claimed {
    /// Claims a range that is not empty; false, and nothing claimed, when part of it is claimed already.
    fn claim(&mut self, range: Range<usize>) -> bool {
        let free = self.0.range(..range.end).next_back().is_none_or(|(_, &end)| end <= range.start);
        if free {
            self.0.insert(range.start, range.end);
        }
        free
    }

    /// What is not claimed before `end`.
    fn gaps(&self, end: usize) -> Vec<Range<usize>> {
        let mut from = 0;
        let mut gaps = Vec::new();
        for (&start, &behind) in self.0.iter().take_while(|(start, _)| **start < end) {
            if from < start {
                gaps.push(from..start);
            }
            from = behind;
        }
        if from < end {
            gaps.push(from..end);
        }
        gaps
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Limits, Trouble};
    use super::*;

    /// Paths and troubles of an archive.
    fn read_all(bytes: &[u8]) -> (Vec<String>, Vec<Trouble>) {
        let (seen, troubles) = contents(bytes, &Limits::default());
        (seen.into_iter().map(|(path, content)| format!("{path}={}", String::from_utf8_lossy(&content))).collect(), troubles)
    }

    /// Offsets of all occurrences.
    fn positions(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
        memmem::find_iter(bytes, needle).collect()
    }

    const DIRECTORY: &[u8] = b"PK\x01\x02";

    #[test]
    fn a_shadowed_member_is_read() {
        let mut bytes = zip(&[("same", b"first"), ("some", b"second")]);
        for at in positions(&bytes, b"some") {
            bytes[at..at + 4].copy_from_slice(b"same");
        }
        let (mut seen, troubles) = read_all(&bytes);
        seen.sort();
        assert_eq!(seen, ["same#2=first", "same=second"]);
        assert!(!troubles.is_empty() && troubles.iter().all(|t| t.loss == Loss::Nothing), "{troubles:?}");
    }

    #[test]
    fn an_unreadable_directory_hides_nothing() {
        let whole = zip(&[("a", b"one"), ("b", b"two"), ("c/", b"")]);
        let directory = positions(&whole, DIRECTORY)[0];
        let (seen, troubles) = read_all(&whole[..directory]);
        assert_eq!(seen, ["a=one", "b=two"]);
        assert!(troubles[0].why.contains("directory") && troubles[0].loss == Loss::Part);
        // Sizes after the data, as writers of streams leave them.
        let mut streamed = whole[..directory].to_vec();
        for at in positions(&streamed, LOCAL_HEADER) {
            streamed[at + 6] |= 8;
            streamed[at + 14..at + 26].fill(0);
        }
        assert_eq!(read_all(&streamed).0, ["a=one", "b=two"]);
    }

    #[test]
    fn encrypted_and_unsupported_members_are_told() {
        let mut bytes = zip(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
        let (headers, entries) = (positions(&bytes, LOCAL_HEADER), positions(&bytes, DIRECTORY));
        for at in [headers[0] + 6, entries[0] + 8] {
            bytes[at] |= 1;
        }
        for at in [headers[1] + 8, entries[1] + 10] {
            bytes[at] = 12;
        }
        let (seen, troubles) = read_all(&bytes);
        assert_eq!(seen, ["c=three"]);
        let told: Vec<_> = troubles.iter().map(|t| (t.member.as_str(), t.why.as_str(), t.loss)).collect();
        assert_eq!(told, [("a", "it is encrypted", Loss::All), ("b", "compression method Bzip2 is not supported", Loss::All)]);
    }

    #[test]
    fn overlapping_members_are_read_once() {
        let mut bytes = zip(&[("a", b"one"), ("b", b"two")]);
        let (headers, entries) = (positions(&bytes, LOCAL_HEADER), positions(&bytes, DIRECTORY));
        let first = u32::try_from(headers[0]).expect("small").to_le_bytes();
        bytes[entries[1] + 42..entries[1] + 46].copy_from_slice(&first);
        let (seen, troubles) = read_all(&bytes);
        assert_eq!(seen, ["a=one", "b#2=two"], "the second is found where it is");
        assert!(troubles.iter().any(|t| t.member == "b" && t.loss == Loss::All), "{troubles:?}");
    }

    #[test]
    fn absurd_sizes_and_sums_are_told() {
        for (method, wrong) in [(CompressionMethod::Stored, 24), (CompressionMethod::Deflated, 24), (CompressionMethod::Deflated, 16)] {
            let mut bytes = zip_with(method, &[("a", b"one"), ("b", b"two")]);
            let entry = positions(&bytes, DIRECTORY)[0];
            bytes[entry + wrong..entry + wrong + 4].fill(0x7f);
            let (seen, troubles) = read_all(&bytes);
            assert_eq!(seen, ["a=one", "b=two"]);
            assert_eq!((troubles.len(), troubles[0].loss), (1, Loss::Part), "{troubles:?}");
        }
        let mut bytes = zip_with(CompressionMethod::Stored, &[("a", b"one")]);
        let entry = positions(&bytes, DIRECTORY)[0];
        bytes[entry + 20..entry + 24].fill(0x7f);
        assert!(read_all(&bytes).1.iter().any(|t| t.why.starts_with("the archive ends")));
    }

    #[test]
    fn a_claim_of_many_members_reserves_no_memory() {
        let mut bytes = zip(&[("a", b"one")]);
        let mut end = ZIP64_END.to_vec();
        end.resize(56, 0);
        end[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
        bytes.extend(end);
        assert_eq!(read_all(&bytes).0, ["a=one"]);
        assert!(directory(&bytes, MAX_LISTED).is_err());
    }

    #[test]
    fn zstd_members_are_read() {
        let packed = zstd(b"text");
        let mut bytes = zip_with(CompressionMethod::Stored, &[("a", &packed)]);
        let (header, entry) = (positions(&bytes, LOCAL_HEADER)[0], positions(&bytes, DIRECTORY)[0]);
        let mut crc = Crc::new();
        crc.update(b"text");
        for (method, sum, size) in [(header + 8, header + 14, header + 22), (entry + 10, entry + 16, entry + 24)] {
            bytes[method] = 93;
            bytes[sum..sum + 4].copy_from_slice(&crc.sum().to_le_bytes());
            bytes[size] = 4;
        }
        assert_eq!(read_all(&bytes), (vec!["a=text".to_owned()], vec![]));
    }

    #[test]
    fn gaps_are_what_is_not_claimed() {
        let mut claimed = Claimed::default();
        assert!(claimed.claim(10..20) && claimed.claim(30..40) && claimed.claim(20..25));
        for taken in [10..11, 19..21, 5..11, 0..100, 24..31, 39..40] {
            assert!(!claimed.claim(taken.clone()), "{taken:?}");
        }
        assert_eq!(claimed.gaps(50), [0..10, 25..30, 40..50]);
        assert_eq!(claimed.gaps(35), [0..10, 25..30]);
    }
}
