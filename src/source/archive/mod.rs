//! Reads archives from memory: zip (jar, whl, docx, ...), tar, gzip and zstd, one inside another, bounded in depth, members
//! and bytes. Nothing is ever written, and no name becomes a path of the file system.
//!
//! What an archive claims is not believed: sizes bound nothing but what is compared with them, a directory hides no member it
//! leaves out, and what cannot be read is told while the rest goes on.

mod bounded;
mod compressed;
mod name;
mod tar;
#[cfg(test)]
mod testing;
mod walk;
mod zip;

use bounded::Budget;
use walk::{Place, Source, Walk};

/// Format of an archive, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Zip and everything built on it.
    Zip,
    /// Tape archive: POSIX ustar and pax, GNU, and the format of Unix version 7 before them.
    Tar,
    /// A file, or a tape archive, compressed with gzip.
    Gzip,
    /// A file, or a tape archive, compressed with zstd.
    Zstd,
}

/// Bytes that tell the format.
const HEAD_BYTES: usize = 512;

/// What the bytes are the beginning of; looks at 512 bytes at most.
///
/// Sources: APPNOTE.TXT 6.3 (zip), POSIX.1 pax (tar header, checksum), RFC 1952 (gzip), RFC 8878 (zstd, skippable frames).
pub fn kind(bytes: &[u8]) -> Option<Kind> {
    match bytes {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] => Some(Kind::Zip),
        // Deflate is the one method there is, and the three highest flags are reserved.
        [0x1f, 0x8b, 8, 0..0x20, ..] => Some(Kind::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Kind::Zstd),
        _ => bytes.first_chunk().is_some_and(tar::is_header).then_some(Kind::Tar),
    }
}

/// How much of an archive is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Archives in one another, the outermost counted; a compressed tape archive counts once.
    pub depth: u8,
    /// Members of all archives together.
    pub members: usize,
    /// Bytes read of one member.
    pub member_bytes: u64,
    /// Bytes that all decompression together may yield. Members stored as they are take none of it: the input bounds them.
    pub total_bytes: u64,
    /// How many times larger than its compressed form a stream may become, once it has yielded 16 MiB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 3, members: 20_000, member_bytes: 64 << 20, total_bytes: 512 << 20, ratio: 200 }
    }
}

/// Something in an archive that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Path of the member, as it is visited; empty for the outermost archive itself.
    pub member: String,
    /// What is wrong.
    pub why: String,
    /// How much was not read because of it.
    pub loss: Loss,
}

/// How much was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Nothing: a curious name, a member that the directory does not list.
    Nothing,
    /// What was not read came after, or among, what was; or what was read is not what its checksum says.
    Part,
    /// None of it was read.
    All,
}

/// Calls `visit` with path and content of each file in the archive, in the archive's order, and says what could not be read.
///
/// Nested archives are entered, and paths joined with `!`: `inner.tar!etc/passwd`. A compressed tape archive is one archive; any
/// other compressed file is a member named by its gzip header, else by the outer name without `.gz` or `.zst`, else `content`.
/// Names are unique within an archive, the second `a` is `a#2`; control characters, `..` and a leading `/` in them are escaped. A
/// member that breaks off, or is too large, is visited with what was read of it.
///
/// At most `member_bytes` for each level of nesting are in memory at a time, besides a window of 128 MiB for each zstd stream.
pub fn unpack(bytes: &[u8], limits: &Limits, visit: &mut dyn FnMut(&str, &[u8])) -> Vec<Trouble> {
    let budget = Budget::new(limits);
    let mut walk = Walk::new(limits, &budget, visit);
    match kind(bytes) {
        Some(kind) if limits.depth > 0 => walk.open(kind, Source::Memory(bytes), Place::outermost()),
        Some(_) => walk.trouble(String::new(), "archives are not opened", Loss::All),
        None => walk.trouble(String::new(), "not an archive of a known kind", Loss::All),
    }
    walk.into_troubles()
}

#[cfg(test)]
mod tests {
    use super::testing::*;
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::Index;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let tape = tar(&[("a", b"x")]);
        let mut old = tape.clone();
        old[257..265].fill(0); // no magic: Unix version 7
        reseal(&mut old);
        let mut broken = tape.clone();
        broken[0] ^= 1;
        let cases = [
            (zip(&[("a", b"x")]), Some(Kind::Zip)),
            (zip(&[]), Some(Kind::Zip)),
            (gzip(b"x", None), Some(Kind::Gzip)),
            (zstd(b"x"), Some(Kind::Zstd)),
            (tape, Some(Kind::Tar)),
            (old, Some(Kind::Tar)),
            (broken, None),
            (vec![0; 1024], None),
            (b"PK, said the parser".to_vec(), None),
            (b"\x1f\x8b\x08\xff".to_vec(), None),
            (Vec::new(), None),
        ];
        for (i, (bytes, expected)) in cases.iter().enumerate() {
            assert_eq!(kind(bytes), *expected, "case {i}");
        }
    }

    #[test]
    fn nested_archives_are_entered_in_order() {
        let inner = tar(&[("etc/passwd", b"root"), ("etc/group.gz", &gzip(b"wheel", None))]);
        let outer = zip(&[
            ("first", b"1"),
            ("inner.tar", &inner),
            ("b.tgz", &gzip(&inner, Some("b.tar"))),
            ("c.tar.zst", &zstd(&inner)),
            ("last", b"2"),
        ]);
        let (seen, troubles) = contents(&outer, &Limits::default());
        let expected = [
            ("first", "1"),
            ("inner.tar!etc/passwd", "root"),
            ("inner.tar!etc/group.gz!group", "wheel"),
            ("b.tgz!etc/passwd", "root"),
            ("b.tgz!etc/group.gz!group", "wheel"),
            ("c.tar.zst!etc/passwd", "root"),
            ("c.tar.zst!etc/group.gz!group", "wheel"),
            ("last", "2"),
        ];
        assert_eq!(seen, expected.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
        assert_eq!(troubles, []);
    }

    #[test]
    fn depth_is_bounded_and_what_lies_deeper_is_seen_raw() {
        let deepest = tar(&[("secret", b"found")]);
        let outer = zip(&[("a.gz", &gzip(&zip(&[("x.tar", &deepest)]), Some("a.zip")))]);
        let at = |depth| contents(&outer, &Limits { depth, ..Limits::default() });
        let (seen, troubles) = at(4);
        assert_eq!(seen, [("a.gz!a.zip!x.tar!secret".to_owned(), b"found".to_vec())]);
        assert_eq!(troubles, []);
        let (seen, troubles) = at(3);
        assert_eq!(seen, [("a.gz!a.zip!x.tar".to_owned(), deepest)]);
        assert_eq!((troubles[0].member.as_str(), troubles[0].loss), ("a.gz!a.zip!x.tar", Loss::Part));
        assert_eq!(at(0).1[0].loss, Loss::All);
    }

    #[test]
    fn bombs_end_and_the_rest_goes_on() {
        let zeros = vec![0; 40 << 20];
        let bomb = zip(&[("bomb", &zeros), ("small", b"text")]);
        let (seen, troubles) = contents(&bomb, &Limits::default());
        assert!((16 << 20..17 << 20).contains(&seen[0].1.len()), "{}", seen[0].1.len());
        assert_eq!(seen[1], ("small".to_owned(), b"text".to_vec()));
        assert_eq!(troubles.len(), 1);
        assert_eq!((troubles[0].member.as_str(), troubles[0].loss), ("bomb", Loss::Part));
        assert!(troubles[0].why.contains("200 times"), "{}", troubles[0].why);

        for packed in [gzip(&zeros, None), zstd(&zeros)] {
            let (seen, troubles) = contents(&packed, &Limits::default());
            assert!(seen[0].1.len() < 17 << 20);
            assert_eq!((seen[0].0.as_str(), troubles.len()), ("content", 1));
        }
    }

    #[test]
    fn members_and_bytes_are_bounded() {
        let many: Vec<(String, Vec<u8>)> = (0..10).map(|i| (format!("m{i}"), vec![b'x'; 1000])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        for archive in [zip(&many), tar(&many), gzip(&tar(&many), None)] {
            let (seen, troubles) = contents(&archive, &Limits { members: 4, ..Limits::default() });
            assert_eq!(seen.len(), 4);
            assert_eq!(troubles.len(), 1, "{troubles:?}");
            let (seen, troubles) = contents(&archive, &Limits { member_bytes: 999, ..Limits::default() });
            assert_eq!((seen.len(), seen[0].1.len()), (10, 999));
            assert!(troubles.len() == 10 && troubles.iter().all(|t| t.loss == Loss::Part), "{troubles:?}");
        }
        for archive in [zip(&many), gzip(&tar(&many), None)] {
            let (seen, troubles) = contents(&archive, &Limits { total_bytes: 3500, ..Limits::default() });
            let bytes: usize = seen.iter().map(|(_, bytes)| bytes.len()).sum();
            assert!(seen.len() <= 4 && (1000..=3500).contains(&bytes), "{} {bytes}", seen.len());
            assert!(troubles.iter().any(|t| t.why.contains("3500")), "{troubles:?}");
            assert!(troubles.len() <= 2, "{troubles:?}");
        }
    }

    #[test]
    fn hostile_names_are_shown_and_told() {
        let names = ["../../etc/passwd", "/abs", "a\u{1b}[2Jb", "ok", "ok", "ok#2", "ok"];
        let mut archive = Vec::new();
        for name in names {
            let mut one = tar(&[("placeholder", b"x")]);
            one[..100].fill(0);
            one[..name.len()].copy_from_slice(name.as_bytes());
            reseal(&mut one);
            archive.extend_from_slice(&one[..1024]);
        }
        archive.resize(archive.len() + 1024, 0);
        let (seen, troubles) = contents(&archive, &Limits::default());
        let paths: Vec<&str> = seen.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, [r"\u{2e}\u{2e}/\u{2e}\u{2e}/etc/passwd", r"\u{2f}abs", r"a\u{1b}[2Jb", "ok", "ok#2", "ok#2#2", "ok#3"]);
        assert_eq!(troubles.len(), 6);
        assert!(troubles.iter().all(|t| t.loss == Loss::Nothing));
    }

    #[test]
    fn troubles_show_no_content_and_are_not_endless() {
        let text = "not a header but text that must not be shown ".repeat(12);
        let mut archive = tar(&[("a", b"1"), ("b", b"2")]);
        archive[1024..1536].copy_from_slice(&text.as_bytes()[..512]);
        let (_, troubles) = contents(&archive, &Limits::default());
        assert!(troubles.iter().all(|t| !t.why.contains("text")), "{troubles:?}");

        let same = tar(&[("same", b"")])[..512].repeat(1500);
        let (seen, troubles) = contents(&same, &Limits::default());
        assert_eq!((seen.len(), troubles.len()), (1500, 1001));
        assert_eq!(troubles[1000].why, "499 further troubles are not listed");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn any_bytes_are_survived(prefix in 0..6usize, bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
            let magic: [&[u8]; 6] = [b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"PK\x07\x08PK\x03\x04"];
            let _ = contents(&[magic[prefix], &bytes].concat(), &small());
        }

        #[test]
        fn damaged_archives_are_survived(
            which in 0..5usize,
            flips in prop::collection::vec((any::<Index>(), any::<u8>()), 1..12),
            cut in any::<Index>(),
        ) {
            let inner = tar(&[("a/long/name", b"some text, some text"), ("b.gz", &gzip(b"more text", Some("b")))]);
            let mut bytes = match which {
                0 => zip(&[("inner.tar", &inner), ("x", b"y")]),
                1 => inner,
                2 => gzip(&inner, None),
                3 => zstd(&inner),
                _ => sparse_tar(),
            };
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if which == 1 || which == 4 {
                reseal(&mut bytes);
            }
            bytes.truncate(cut.index(bytes.len() * 2).max(1));
            let (seen, _) = contents(&bytes, &small());
            prop_assert!(seen.len() <= small().members);
            prop_assert!(seen.iter().all(|(_, b)| b.len() as u64 <= small().member_bytes));
        }
    }

    fn small() -> Limits {
        Limits { members: 50, member_bytes: 1 << 16, total_bytes: 1 << 20, ..Limits::default() }
    }
}
