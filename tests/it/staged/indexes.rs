//! Indexes as git writes them: every version, with and without its cache of trees, and damaged ones.

use crate::support::{Ground, Numbers, Repo, alnum, github, sha1};
use keysweep::source::history::{Index, Lookup, Opened, Pending, open};

/// What keysweep takes for changed: path and id, sorted.
fn pending(repo: &Repo<'_>) -> Vec<String> {
    let Opened::Repository(opened) = open(&repo.root, &repo.root).expect("a repository") else { panic!("nothing here") };
    let index = Index::open(&opened.git_dir.join("index"), opened.hash_len).expect("a sound index");
    let lookup = Lookup::open(&opened.object_dirs, opened.hash_len, u64::MAX);
    let head = opened.refs.head.as_ref().map(|head| lookup.tree_of(head).expect("a tree"));
    let changed = Pending::new(&index, head, &[], &lookup).changed;
    let row = |path: &[u8], id: &[u8]| format!("{} {}", String::from_utf8_lossy(path), keysweep::source::history::hex(id));
    let mut rows: Vec<String> = changed.iter().map(|c| row(&c.staged.path, &c.staged.id)).collect();
    rows.sort();
    rows
}

/// What git takes for added or modified.
fn of_git(repo: &Repo<'_>) -> Vec<String> {
    let raw = repo.git(&["diff", "--cached", "--raw", "--no-renames", "--no-abbrev", "--diff-filter=AM"]);
    let row = |line: &str| {
        let (fields, path) = line.split_once('\t').expect("a path");
        format!("{path} {}", fields.split(' ').nth(3).expect("an id"))
    };
    let mut rows: Vec<String> = raw.lines().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn agrees_with_git_on_what_is_staged() {
    for (seed, options) in [(1, &[][..]), (2, &["--object-format=sha256"]), (3, &[]), (4, &[])] {
        let ground = Ground::new();
        let repo = ground.repo_with("r", options);
        let version = ["2", "3", "4", "4"][seed as usize - 1];
        repo.git(&["config", "index.version", version]);
        let mut random = Numbers::new(seed);
        let mut path = move || {
            let depth = random.below(4);
            let folders: String = (0..depth).map(|_| format!("{}/", ["a", "a-b", "b", "a.c"][random.below(4)])).collect();
            format!("{folders}{}", alnum(random.below(30) as u64, 3))
        };
        for round in 0..6 {
            for n in 0..12 {
                let path = path();
                // A file may be in the way of a folder, and the other way round.
                let _ = repo.git_with(&["rm", "-rqf", "--ignore-unmatch", path.split('/').next().expect("a name")], b"");
                let _ = std::fs::remove_file(repo.root.join(path.split('/').next().expect("a name")));
                repo.write(&path, format!("{seed} {round} {n}\n"));
            }
            repo.git(&["add", "-A"]);
            assert!(!of_git(&repo).is_empty());
            assert_eq!(pending(&repo), of_git(&repo), "seed {seed}, round {round}");
            repo.commit_index("round");
            assert_eq!(pending(&repo), [""; 0]);
        }
    }
}

#[test]
fn a_folder_that_did_not_change_is_not_read() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.write("kept/a", "a\n");
    repo.commit("root");
    let kept = repo.git(&["rev-parse", "HEAD:kept"]);
    repo.write("other/b", github(1));
    repo.git(&["add", "."]);
    // What is not needed is not missed.
    std::fs::remove_file(repo.loose_file(kept.trim())).expect("a loose tree");
    let report = repo.scan_with(super::STAGED);
    report.assert_complete();
    assert_eq!(report.paths(&github(1)), ["other/b"]);
}

#[test]
fn a_split_index_is_named() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("a", "a\n", "root");
    repo.write("b", github(2));
    repo.git(&["add", "."]);
    repo.git(&["update-index", "--split-index"]);
    let report = repo.scan_with(super::STAGED);
    report.assert_skipped("--no-split-index");
    assert_eq!(report.code, Some(3));
}

#[test]
fn a_sparse_index_leaves_out_what_is_not_checked_out() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    for path in ["in/a", "out/b", "out/deep/c"] {
        repo.write(path, "x\n");
    }
    repo.commit("root");
    repo.git(&["sparse-checkout", "set", "--sparse-index", "in"]);
    repo.write("in/d", github(3));
    repo.git(&["add", "in/d"]);
    let report = repo.scan_with(super::STAGED);
    report.assert_complete();
    assert_eq!(report.paths(&github(3)), ["in/d"]);
}

#[test]
fn a_damaged_index_is_named_and_never_half_believed() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.write("dir/a", github(4));
    repo.git(&["add", "."]);
    let file = repo.root.join(".git/index");
    let sound = std::fs::read(&file).expect("an index");
    Index::parse(&sound, 20).expect("sound");
    let body = &sound[..sound.len() - 20];
    for at in 0..body.len() {
        let mut other = sound.clone();
        other[at] ^= 1;
        assert!(Index::parse(&other, 20).is_err(), "a changed byte at {at} was not noticed");
        let cut = &body[..at];
        let summed = [cut, &sha1(cut)].concat();
        let entries = Index::parse(&summed, 20).map(|index| index.entries.len());
        assert!(entries.is_err() || entries.is_ok_and(|n| n == 1), "cut at {at}");
    }
    std::fs::write(&file, &sound[..sound.len() - 1]).expect("written");
    let report = repo.scan_with(super::STAGED);
    report.assert_skipped("checksum of the index is wrong");
    assert_eq!(report.code, Some(3));
}

#[test]
fn an_index_without_a_checksum_is_read() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.git(&["config", "index.skipHash", "true"]);
    repo.write("a", github(5));
    repo.git(&["add", "."]);
    assert_eq!(repo.scan_with(super::STAGED).paths(&github(5)), ["a"]);
}

/// An index of version 4 by hand: entries with so much of the path before dropped, and a path's end.
fn version_4(entries: &[(u8, &[u8])]) -> Vec<u8> {
    let mut body = [&b"DIRC"[..], &4_u32.to_be_bytes(), &(entries.len() as u32).to_be_bytes()].concat();
    for (drop, end) in entries {
        body.extend([&[0; 24][..], &0o100_644_u32.to_be_bytes(), &[0; 12], &[1; 20], &[0, 0], &[*drop], *end, &[0]].concat());
    }
    [&body[..], &sha1(&body)].concat()
}

#[test]
fn an_index_that_would_be_larger_than_it_is_is_refused() {
    let paths =
        |entries: &[(u8, &[u8])]| Index::parse(&version_4(entries), 20).map(|i| i.entries.into_iter().map(|e| e.path).collect::<Vec<_>>());
    assert_eq!(paths(&[(0, b"a/b"), (1, b"c"), (3, b"b")]).expect("sound"), [&b"a/b"[..], b"a/c", b"b"]);
    let long = vec![b'a'; 4096];
    assert!(paths(&[(0, &long), (0, b"")]).is_ok());
    assert!(paths(&[(0, &long), (0, b"b")]).is_err(), "a path without end");
    assert!(paths(&[(0, b"b"), (1, b"a")]).is_err_and(|e| e.to_string().contains("not in order")));
    assert!(paths(&[(0, b"b"), (2, b"a")]).is_err(), "more is dropped than there is");
}
