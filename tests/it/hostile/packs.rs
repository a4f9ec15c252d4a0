//! Objects that lie: packs, indexes, deltas and loose objects that are cut short, circle, or claim what is not so.

use super::{assert_tree_found_and_named, victim};
use crate::support::{Ground, Repo, crc32, filler, github, make_writable, sha1, zlib};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The only pack, made writable, and its content.
fn only_pack(repo: &Repo<'_>, extension: &str) -> (PathBuf, Vec<u8>) {
    repo.pack();
    let files = repo.pack_files(extension);
    assert_eq!(files.len(), 1);
    make_writable(&files[0]);
    let bytes = fs::read(&files[0]).expect("a pack");
    (files[0].clone(), bytes)
}

fn name_of(path: &Path) -> &str {
    path.file_stem().and_then(OsStr::to_str).expect("a UTF-8 name")
}

#[test]
fn a_truncated_pack() {
    for keep in [0, 7, 40, 300] {
        let ground = Ground::new();
        let repo = victim(&ground);
        let (path, bytes) = only_pack(&repo, "pack");
        fs::write(&path, &bytes[..keep.min(bytes.len() - 30)]).expect("writable");
        // With its header left, a pack may be read as far as it goes, and each object that is not there named.
        let what = if keep < 12 { name_of(&path) } else { "object " };
        assert_tree_found_and_named(&repo.scan(), what);
    }
}

#[test]
fn a_pack_that_lacks_its_end_loses_no_more_than_that() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let (path, bytes) = only_pack(&repo, "pack");
    fs::write(&path, &bytes[..bytes.len() - 60]).expect("writable");
    let report = repo.scan();
    assert!(!report.skipped().is_empty());
    report.finding(&github(2));
    report.finding(&github(3));
}

#[test]
fn a_truncated_index() {
    for keep in [0, 7, 1000, 1040, 1100] {
        let ground = Ground::new();
        let repo = victim(&ground);
        let (path, bytes) = only_pack(&repo, "idx");
        fs::write(&path, &bytes[..keep.min(bytes.len() - 45)]).expect("writable");
        assert_tree_found_and_named(&repo.scan(), name_of(&path));
    }
}

#[test]
fn an_index_that_is_not_there() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let (path, _) = only_pack(&repo, "idx");
    fs::remove_file(&path).expect("it is there");
    assert_tree_found_and_named(&repo.scan(), name_of(&path));
}

#[test]
fn the_index_of_another_pack() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let (path, _) = only_pack(&repo, "idx");
    let other = ground.repo("other");
    for n in 0..3 {
        other.commit_file("x", filler(n, 100), "x");
    }
    other.commit_file("y", "y\n", "y");
    fs::write(&path, only_pack(&other, "idx").1).expect("writable");
    let report = repo.scan();
    assert!(!report.skipped().is_empty(), "{:#}", report.json["scan"]);
    report.finding(&github(2));
    report.finding(&github(3));
}

#[test]
fn an_index_whose_tables_lie() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let (path, bytes) = only_pack(&repo, "idx");
    // The fan-out table, the ids, the checksums and the offsets are overwritten in turn.
    let whole = repo.scan();
    let count = u32::from_be_bytes(bytes[1028..1032].try_into().expect("four bytes")) as usize;
    let offsets = 1032 + count * 24;
    for (at, with) in [(8, 0xff_u8), (1028, 0xff), (1028, 0x00), (1032, 0xff), (offsets, 0x7f), (offsets, 0xff), (offsets + 4, 0x00)] {
        let mut lie = bytes.clone();
        lie[at..at + 4].fill(with);
        fs::write(&path, &lie).expect("writable");
        let report = repo.scan();
        // A lie that misleads nobody (the fan-out is not needed) may go unnoticed; what is lost must be said.
        let same = report.json["findings"] == whole.json["findings"];
        assert!(same || !report.skipped().is_empty(), "{with:#x} at {at}: something is lost and nothing named");
        report.finding(&github(2));
        report.finding(&github(3));
    }
}

#[test]
fn flipped_bytes_in_a_pack() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let (path, bytes) = only_pack(&repo, "pack");
    let whole = repo.scan();
    for at in (12..bytes.len() - 20).step_by(bytes.len() / 24) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x55;
        fs::write(&path, &flipped).expect("writable");
        let report = repo.scan();
        report.finding(&github(2));
        report.finding(&github(3));
        // What is lost must be said; bytes that do not matter may be read as before.
        let same = report.json["findings"] == whole.json["findings"];
        assert!(same || !report.skipped().is_empty(), "byte {at} of {}: something is lost and nothing named", bytes.len());
    }
}

/// One entry of a pack made by hand: its id as the index claims, type, size as the header claims, base, and data before deflation.
struct Entry {
    id: [u8; 20],
    kind: u8,
    size: u64,
    base: Option<[u8; 20]>,
    data: Vec<u8>,
}

/// Writes a pack and its version 2 index (as in git's gitformat-pack) into a repository.
fn plant(repo: &Repo<'_>, mut entries: Vec<Entry>) -> String {
    let mut pack = [&b"PACK"[..], &2_u32.to_be_bytes(), &(entries.len() as u32).to_be_bytes()].concat();
    let mut rows = Vec::new();
    for entry in &mut entries {
        let start = pack.len();
        let mut rest = entry.size >> 4;
        let mut byte = entry.kind << 4 | (entry.size & 15) as u8;
        while rest > 0 {
            pack.push(byte | 0x80);
            byte = (rest & 0x7f) as u8;
            rest >>= 7;
        }
        pack.push(byte);
        pack.extend(entry.base.iter().flatten());
        pack.extend(zlib(&entry.data));
        rows.push((entry.id, crc32(&pack[start..]), start as u32));
    }
    let trailer = sha1(&pack);
    pack.extend(trailer);
    rows.sort_unstable();
    let mut index = [&b"\xfftOc"[..], &2_u32.to_be_bytes()].concat();
    for first in 0..=255_u8 {
        index.extend((rows.iter().filter(|r| r.0[0] <= first).count() as u32).to_be_bytes());
    }
    rows.iter().for_each(|r| index.extend(r.0));
    rows.iter().for_each(|r| index.extend(r.1.to_be_bytes()));
    rows.iter().for_each(|r| index.extend(r.2.to_be_bytes()));
    index.extend(trailer);
    index.extend(sha1(&index));
    let name = format!("pack-{}", trailer.iter().map(|b| format!("{b:02x}")).collect::<String>());
    let folder = repo.root.join(".git/objects/pack");
    crate::support::write(&folder.join(format!("{name}.pack")), &pack);
    crate::support::write(&folder.join(format!("{name}.idx")), &index);
    name
}

fn blob_id(content: &[u8]) -> [u8; 20] {
    sha1(&[format!("blob {}\0", content.len()).as_bytes(), content].concat())
}

fn hex(id: [u8; 20]) -> String {
    id.iter().map(|b| format!("{b:02x}")).collect()
}

/// A delta of `base` bytes to `content`, all of it inserted.
fn insert_delta(base: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("short");
    assert!(base < 128 && length < 128);
    [&[base, length, length][..], content].concat()
}

#[test]
fn the_hand_made_pack_is_one_that_is_read() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let content = format!("{}\n", github(4)).into_bytes();
    let base = b"base\n".to_vec();
    let entries = vec![
        Entry { id: blob_id(&base), kind: 3, size: 5, base: None, data: base.clone() },
        Entry {
            id: blob_id(&content),
            kind: 7,
            size: content.len() as u64 + 3,
            base: Some(blob_id(&base)),
            data: insert_delta(5, &content),
        },
    ];
    plant(&repo, entries);
    assert_eq!(repo.git(&["cat-file", "blob", &hex(blob_id(&content))]), github(4));
    let report = repo.scan_with(&["--unreachable"]);
    report.assert_complete();
    report.finding(&github(4));
}

#[test]
fn deltas_that_are_based_on_each_other() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let (one, two) = ([0x11; 20], [0x22; 20]);
    let data = insert_delta(5, b"hello");
    let entry = |id, base| Entry { id, kind: 7, size: data.len() as u64, base: Some(base), data: data.clone() };
    plant(&repo, vec![entry(one, two), entry(two, one), entry([0x33; 20], [0x33; 20])]);
    let report = repo.scan_with(&["--unreachable"]);
    for id in [one, two, [0x33; 20]] {
        report.assert_skipped(&hex(id));
    }
    report.finding(&github(1));
    assert_tree_found_and_named(&report, &hex(one));
    // Also where a commit names what is in the cycle.
    let tree = [&b"100644 cyclic\0"[..], &one].concat();
    let tree = repo.git_with(&["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], &tree).text();
    let commit = repo.git(&["commit-tree", "-m", "cyclic", tree.trim()]);
    repo.git(&["update-ref", "refs/heads/cyclic", &commit]);
    assert_tree_found_and_named(&repo.scan(), &hex(one));
}

#[test]
fn entries_that_claim_huge_sizes() {
    let content = format!("{}\n", github(4)).into_bytes();
    for (size, max) in [(1 << 40, None), (u64::MAX >> 4, None), (1 << 30, None), (0, None), (1 << 30, Some("4MB"))] {
        let ground = Ground::new();
        let repo = victim(&ground);
        let id = blob_id(&content);
        plant(&repo, vec![Entry { id, kind: 3, size, base: None, data: content.clone() }]);
        let mut options = vec!["--unreachable"];
        options.extend(max.iter().flat_map(|m| ["--max-size", m]));
        let report = repo.scan_with(&options);
        assert_tree_found_and_named(&report, &hex(id));
        report.finding(&github(1));
    }
}

#[test]
fn deltas_that_claim_huge_results() {
    let base = b"base\n".to_vec();
    // Base of 5 bytes, result of 2^41, copies of 16 MiB that the base does not have.
    let lie = [&[5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40][..], &[0x80 | 0x70, 0xff, 0xff, 0xff]].concat();
    let far = vec![5, 10, 0x80 | 0x0f | 0x10, 0xff, 0xff, 0xff, 0x7f, 10];
    let reserved = vec![5, 1, 0];
    for data in [lie, far, reserved, vec![5], Vec::new()] {
        let ground = Ground::new();
        let repo = victim(&ground);
        let id = [0x44; 20];
        let entries = vec![
            Entry { id: blob_id(&base), kind: 3, size: 5, base: None, data: base.clone() },
            Entry { id, kind: 7, size: data.len() as u64, base: Some(blob_id(&base)), data: data.clone() },
        ];
        plant(&repo, entries);
        let report = repo.scan_with(&["--unreachable"]);
        assert_tree_found_and_named(&report, &hex(id));
        report.finding(&github(1));
    }
}

#[test]
fn a_long_chain_of_deltas_is_read_without_trouble() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let mut entries = vec![Entry { id: [0; 20], kind: 3, size: 5, base: None, data: b"base\n".to_vec() }];
    for n in 1..20_000_u32 {
        let mut id = [0; 20];
        id[..4].copy_from_slice(&(n << 8).to_be_bytes());
        // Copies the whole base of five bytes.
        let data = vec![5, 5, 0x80 | 0x10, 5];
        entries.push(Entry { id, kind: 7, size: 4, base: Some(entries.last().expect("a base").id), data });
    }
    plant(&repo, entries);
    let report = repo.scan_with(&["--unreachable"]);
    report.finding(&github(1));
    report.finding(&github(3));
}

/// The reports of a repository whose loose blob of the old value was replaced by `bytes`.
fn with_broken_loose_object(change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let ground = Ground::new();
    let repo = victim(&ground);
    let id = repo.git(&["rev-parse", "HEAD~2:old.txt"]);
    let file = repo.loose_file(&id);
    let bytes = fs::read(&file).expect("a loose object");
    fs::write(&file, change(bytes)).expect("writable");
    assert_tree_found_and_named(&repo.scan(), &id);
    // A tree in the same state hides a part of history, which must be said too.
    let tree = repo.git(&["rev-parse", "HEAD~2^{tree}"]);
    let file = repo.loose_file(&tree);
    let bytes = fs::read(&file).expect("a loose object");
    fs::write(&file, change(bytes)).expect("writable");
    assert_tree_found_and_named(&repo.scan(), &tree);
}

#[test]
fn a_truncated_loose_object() {
    with_broken_loose_object(|bytes| bytes[..bytes.len() / 2].to_vec());
    with_broken_loose_object(|_| Vec::new());
}

#[test]
fn a_loose_object_that_is_not_zlib() {
    with_broken_loose_object(|_| b"this is no zlib stream at all".to_vec());
}

#[test]
fn a_loose_object_of_another_size_than_it_states() {
    with_broken_loose_object(|_| zlib(b"blob 999999999999\0short"));
    with_broken_loose_object(|_| zlib(b"blob 2\0longer than two"));
    with_broken_loose_object(|_| zlib(b"tree 9\0not a tree"));
    with_broken_loose_object(|_| zlib(b"strange 3\0abc"));
}

#[test]
fn an_object_that_is_a_bomb() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let size = 300 << 20;
    let id = repo.git(&["rev-parse", "HEAD~2:old.txt"]);
    let bomb = [format!("blob {size}\0").into_bytes(), vec![b' '; size]].concat();
    fs::write(repo.loose_file(&id), zlib(&bomb)).expect("writable");
    assert_tree_found_and_named(&repo.scan_with(&["--max-size", "16MB"]), &id);
    repo.scan().finding(&github(3));
}
