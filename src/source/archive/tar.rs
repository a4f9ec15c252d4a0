//! Tape archives, read as a stream, with a new start behind what is damaged.

use super::bounded::{Metered, told, why};
use super::walk::{Place, Source, Walk};
use super::{HEAD_BYTES, Loss};
use std::cell::Cell;
use std::io::{self, Read};

/// Size of a header, and the unit everything is padded to.
const BLOCK_BYTES: u64 = 512;
/// Bytes that names, links, pax records and sparse maps of one member may take together.
const HEADER_BYTES: u64 = 1 << 20;
/// How often reading starts again behind damage.
const MAX_STARTS: usize = 64;

/// Whether a block is a tar header: its checksum holds (POSIX.1 pax, "ustar Interchange Format"). Headers from before POSIX have no
/// magic, and one that has a magic without the checksum is no use to any reader.
pub(super) fn is_header(block: &[u8; HEAD_BYTES]) -> bool {
    let digits = block[148..156].trim_ascii_start();
    let digits = digits.split(|b| matches!(b, b' ' | 0)).next().unwrap_or_default();
    let Some(stated) = str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok()) else { return false };
    let sum = |bytes: &[u8]| bytes.iter().copied().map(u32::from).sum::<u32>();
    let actual = sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..]);
    // A header of nothing but its checksum names nothing.
    stated == actual && actual > 8 * u32::from(b' ')
}

/// Reads an archive as a stream: all members, and after damage those whose headers can be found again.
pub(super) fn read(walk: &mut Walk<'_>, stream: &mut dyn Read, at: Place) {
    read_from(walk, stream, &[], at);
}

/// The same of an archive that is in memory, whose members are seen there.
pub(super) fn read_at_once(walk: &mut Walk<'_>, mut bytes: &[u8], at: Place) {
    let whole = bytes;
    read_from(walk, &mut bytes, whole, at);
}

/// Reads an archive; `whole` is all of it, if it is in memory.
fn read_from(walk: &mut Walk<'_>, stream: &mut dyn Read, mut whole: &[u8], mut at: Place) {
    let gauge = Gauge { position: Cell::new(0), end: Cell::new(u64::MAX) };
    let mut feed = Feed { inner: stream, gauge: &gauge };
    let mut head = Vec::new();
    for _ in 0..MAX_STARTS {
        let mut last = String::new();
        let mut archive = ::tar::Archive::new(head.as_slice().chain(&mut feed));
        // Archives can be concatenated, and what follows the end must not be hidden by it.
        archive.set_ignore_zeros(true);
        let Err(error) = members(walk, &mut archive, &gauge, whole, &mut at, &mut last) else { return };
        whole = &[]; // from here on positions are others

        let after = if last.is_empty() { String::new() } else { format!(" after `{last}`") };
        walk.trouble(at.path(), format!("{}{after}", why(&error)), Loss::Part);
        gauge.end.set(u64::MAX);
        match next_header(&mut feed) {
            Some(block) => head = block.to_vec(),
            None => return,
        }
    }
    walk.trouble(at.path(), "damaged in too many places; the rest was not read", Loss::Part);
}

/// Reads members, from `whole` where they lie in it, up to the end or to the first damage, and leaves the path of the last one in `last`.
fn members<R: Read>(
    walk: &mut Walk<'_>,
    archive: &mut ::tar::Archive<R>,
    gauge: &Gauge,
    whole: &[u8],
    at: &mut Place,
    last: &mut String,
) -> io::Result<()> {
    let mut entries = archive.entries()?;
    let mut packed_end = gauge.position.get();
    loop {
        // What is left of the former member is passed over; names and the like come after it, and are held in memory.
        gauge.end.set(packed_end.saturating_add(HEADER_BYTES));
        let Some(entry) = entries.next() else { return Ok(()) };
        let mut entry = entry?;
        gauge.end.set(u64::MAX);
        let sparse = entry.header().entry_type().is_gnu_sparse();
        let packed = if sparse { entry.header().entry_size()? } else { entry.size() };
        packed_end = gauge.position.get().saturating_add(packed).saturating_add(BLOCK_BYTES);
        // Folders, links and devices have no content; whatever has some is read, whatever it says it is.
        if entry.size() == 0 && !entry.header().entry_type().is_file() {
            continue;
        }
        let Some(path) = walk.admit(at, &entry.path_bytes()) else { return Ok(()) };
        last.clone_from(&path);
        if sparse {
            // Holes cost the archive nothing, so they are metered like decompression.
            let budget = walk.budget;
            walk.content(path, at.depth(), Source::Stream(&mut Metered::new(entry, &gauge.position, budget)));
        } else {
            let (start, size) = (entry.raw_file_position(), entry.size());
            match whole.get(start as usize..start.saturating_add(size) as usize) {
                Some(bytes) => walk.content(path, at.depth(), Source::Memory(bytes)),
                None => walk.content(path, at.depth(), Source::Stream(&mut entry)),
            }
        }
        if walk.has_ended() {
            return Ok(());
        }
    }
}

/// How far an archive has been read, and how far it may be.
struct Gauge {
    position: Cell<u64>,
    end: Cell<u64>,
}

/// Hands the archive to the tar reader, which holds names and pax records in memory whatever their size.
struct Feed<'f> {
    inner: &'f mut dyn Read,
    gauge: &'f Gauge,
}

impl Read for Feed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let position = self.gauge.position.get();
        if position >= self.gauge.end.get() {
            return Err(told("the headers of one member take more than 1 MiB"));
        }
        let n = self.inner.read(buf)?;
        self.gauge.position.set(position + n as u64);
        Ok(n)
    }
}

/// Finds the next block with a checksum that holds; `None` at the end or when nothing more can be read.
fn next_header(feed: &mut Feed<'_>) -> Option<[u8; HEAD_BYTES]> {
    let rest = feed.gauge.position.get().next_multiple_of(BLOCK_BYTES) - feed.gauge.position.get();
    io::copy(&mut feed.take(rest), &mut io::sink()).ok()?;
    let mut block = [0; HEAD_BYTES];
    loop {
        feed.read_exact(&mut block).ok()?;
        if is_header(&block) {
            return Some(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Limits, Loss};

    fn paths(seen: &[(String, Vec<u8>)]) -> Vec<&str> {
        seen.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn damage_costs_one_member() {
        let mut bytes = tar(&[("a", b"1"), ("b", b"2"), ("c", b"3"), ("d", b"4")]);
        bytes[1024..1100].fill(b'!');
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert_eq!(paths(&seen), ["a", "c", "d"]);
        assert_eq!(troubles.len(), 1);
        assert_eq!(troubles[0].why, "it is damaged after `a`");
    }

    #[test]
    fn an_absurd_size_hides_nothing_but_is_told() {
        let mut bytes = tar(&[("a", b"1"), ("b", b"2")]);
        bytes[124..136].copy_from_slice(b"77777777777\0");
        reseal(&mut bytes);
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert!(seen[0].0 == "a" && seen[0].1.len() == bytes.len() - 512, "read as the rest of the archive");
        assert_eq!((troubles.len(), troubles[0].loss), (1, Loss::Part));
    }

    #[test]
    fn what_follows_the_end_is_read() {
        let bytes = [tar(&[("a", b"1")]), tar(&[("b", b"2")]), vec![b'#'; 700]].concat();
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert_eq!(paths(&seen), ["a", "b"]);
        assert_eq!(troubles.len(), 1, "{troubles:?}");
    }

    #[test]
    fn truncation_is_told() {
        let bytes = tar(&[("a", b"1"), ("b", &[b'x'; 5000])]);
        let (seen, troubles) = contents(&bytes[..3000], &Limits::default());
        assert_eq!((paths(&seen), seen[1].1.len()), (vec!["a", "b"], 3000 - 1536));
        assert_eq!((troubles.len(), troubles[0].loss), (1, Loss::Part));
    }

    #[test]
    fn long_names_are_read_and_endless_ones_refused() {
        let long = format!("{}/end", "folder/".repeat(40));
        let (seen, troubles) = contents(&tar(&[(&long, b"1")]), &Limits::default());
        assert_eq!((paths(&seen), troubles), (vec![long.as_str()], vec![]));

        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(::tar::EntryType::GNULongName);
        header.set_size(3 << 20);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.resize(512 + (3 << 20), b'n');
        bytes.extend(tar(&[("a", b"1")]));
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert_eq!(paths(&seen), ["a"]);
        assert!(troubles[0].why.contains("more than 1 MiB"), "{}", troubles[0].why);
    }

    #[test]
    fn holes_are_bounded() {
        let (seen, troubles) = contents(&sparse_tar(), &Limits { member_bytes: 1 << 20, ..Limits::default() });
        assert_eq!((paths(&seen), seen[0].1.len()), (vec!["holes", "after"], 1 << 20));
        assert_eq!((troubles.len(), troubles[0].loss), (1, Loss::Part));
        let (seen, _) = contents(&sparse_tar(), &Limits { total_bytes: 1000, ..Limits::default() });
        assert!(seen.iter().all(|(_, bytes)| bytes.len() <= 1000));
    }

    #[test]
    fn folders_and_links_are_no_members() {
        let mut builder = ::tar::Builder::new(Vec::new());
        for (kind, name) in [(::tar::EntryType::Directory, "d/"), (::tar::EntryType::Symlink, "l")] {
            let mut header = ::tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            builder.append_link(&mut header, name, "target").expect("in memory");
        }
        let (seen, troubles) = contents(&builder.into_inner().expect("in memory"), &Limits::default());
        assert_eq!((seen, troubles), (vec![], vec![]));
    }
}
