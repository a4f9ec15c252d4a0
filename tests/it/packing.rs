//! The report does not depend on how a repository is stored: loose, packed in any way, bare, borrowed, or written with another hash.

use crate::support::generated::{generate, step};
use crate::support::{Ground, Repo, Report, aws, filler, github, openai};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;

/// Values that the history of [`eventful`] holds.
const VALUES: u64 = 6;

/// A history with values that come, go, move, meet in merges, and live under tags.
fn eventful<'g>(ground: &'g Ground, name: &str, options: &[&str]) -> Repo<'g> {
    let repo = ground.repo_with(name, options);
    let text = |n: u64, token: &str| format!("{}{token}\n{}", filler(n, 40), filler(n + 1, 40));
    repo.commit_file("a.txt", text(1, &github(1)), "1");
    repo.commit_file("a.txt", text(2, &github(1)), "2");
    repo.commit_file("a.txt", text(2, &format!("{} {}", github(1), aws(2))), "3");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_file("dir/b.txt", text(3, &openai(3)), "4");
    repo.commit_file("a.txt", text(2, &aws(2)), "5");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("c.txt", text(4, &github(4)), "6");
    repo.git(&["mv", "c.txt", "d.txt"]);
    repo.commit("7");
    repo.merge("side");
    repo.git(&["checkout", "-q", "-b", "old", "HEAD~2"]);
    repo.commit_file("e.txt", text(5, &github(5)), "8");
    repo.git(&["tag", "-a", "-m", "note", "v1"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-qD", "old"]);
    repo.commit_file("a.txt", format!("{}{}\n", text(2, ""), aws(6)), "9");
    repo
}

/// The values found, with proof that the scan was whole.
fn assert_all_found(report: &Report) {
    report.assert_complete();
    for token in [github(1), aws(2), openai(3), github(4), github(5), aws(6)] {
        report.finding(&token);
    }
    assert_eq!(report.findings().len() as u64, VALUES);
}

/// What two reports must share when files of the checkout are no part of the question.
fn of_history(report: &Report) -> Value {
    let mut json = report.timeless();
    json["scan"].as_object_mut().expect("scan").remove("stats");
    json
}

/// Fails with the first difference instead of two whole reports.
fn assert_same(what: &str, left: &Value, right: &Value) {
    if left == right {
        return;
    }
    let (left, right) = (format!("{left:#}"), format!("{right:#}"));
    let line = left.lines().zip(right.lines()).position(|(l, r)| l != r).unwrap_or(0);
    let around = |text: &str| text.lines().skip(line.saturating_sub(12)).take(24).collect::<Vec<_>>().join("\n");
    panic!("{what}: the reports differ\n--- expected\n{}\n--- got\n{}", around(&left), around(&right));
}

#[test]
fn every_way_of_packing_gives_the_same_report() {
    let ground = Ground::new();
    let repo = eventful(&ground, "r", &[]);
    let loose = repo.scan();
    assert_all_found(&loose);
    let loose = loose.timeless();
    let ways: &[&[&str]] = &[
        &["repack", "-adfq"],
        &["repack", "-adfq", "--depth=1"],
        &["repack", "-adfq", "--depth=50", "--window=250"],
        &["repack", "-adfq", "--depth=4095", "--window=50"],
        &["repack", "-adfq", "--window=0"],
        &["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"],
        &["-c", "pack.indexVersion=1", "repack", "-adfq"],
        &["-c", "pack.compression=0", "repack", "-adFq"],
        &["repack", "-adfq", "--write-midx", "--write-bitmap-index"],
        &["gc", "-q", "--aggressive", "--prune=now"],
        &["pack-refs", "--all"],
        &["commit-graph", "write", "--reachable"],
        &["-c", "pack.packSizeLimit=1m", "repack", "-adfq"],
    ];
    for way in ways {
        repo.git(way);
        let report = repo.scan();
        assert_same(&format!("{way:?}"), &loose, &report.timeless());
    }
}

#[test]
fn several_packs_and_loose_objects_together_give_the_same_report() {
    let ground = Ground::new();
    let repo = eventful(&ground, "r", &[]);
    let loose = repo.scan().timeless();
    // A pack of the old half, a pack that repeats some of it, and the rest loose.
    for tip in ["HEAD~3", "HEAD~2"] {
        let objects = repo.git(&["rev-list", "--objects", "--no-object-names", tip]);
        let done = repo.git_with(&["pack-objects", "-q", ".git/objects/pack/pack"], format!("{objects}\n").as_bytes());
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
    assert_eq!(repo.pack_files("pack").len(), 2);
    assert_same("two packs beside the loose objects", &loose, &repo.scan().timeless());
    repo.git(&["prune-packed", "-q"]);
    assert_same("two packs and the rest loose", &loose, &repo.scan().timeless());
    repo.git(&["repack", "-dq"]);
    assert_eq!(repo.pack_files("pack").len(), 3);
    assert_same("three packs", &loose, &repo.scan().timeless());
    repo.git(&["multi-pack-index", "write"]);
    assert_same("a multi-pack index", &loose, &repo.scan().timeless());
}

#[test]
fn a_bare_clone_tells_the_same_history() {
    let ground = Ground::new();
    let repo = eventful(&ground, "r", &[]);
    let whole = repo.scan();
    let bare = ground.clone_of(&repo, "bare/r.git", &["--mirror"]).scan();
    assert_all_found(&bare);
    assert_same("bare", &of_history(&whole), &of_history(&bare));
}

#[test]
fn alternates_inside_the_target_are_read() {
    let ground = Ground::new();
    let repo = eventful(&ground, "all/r", &[]);
    repo.pack();
    let whole = ground.scan(ground.at("all/r"));
    let at = ground.at("all/r/.git/objects");
    let borrowed = ground.at("all/lent");
    fs::rename(&at, &borrowed).expect("same file system");
    fs::create_dir_all(at.join("info")).expect("folders");
    fs::write(at.join("info/alternates"), "../../../lent\n").expect("writable");
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]), "9");
    let report = ground.scan(ground.at("all"));
    assert_all_found(&report);
    let names = |r: &Report| r.findings().iter().map(|f| f["id"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&report), names(&whole));
}

#[test]
fn a_clone_that_borrows_inside_the_target_is_whole() {
    let ground = Ground::new();
    let repo = eventful(&ground, "all/r", &[]);
    repo.git(&["clone", "-q", "--shared", ".", ground.at("all/borrower").to_str().expect("UTF-8")]);
    let report = ground.scan(ground.at("all"));
    report.assert_complete();
    assert_eq!(report.json["scan"]["stats"]["repos"], 2);
    let repos: Vec<&Value> = report.locations(&aws(6)).iter().map(|l| &l["repo"]).collect();
    assert_eq!(repos, ["borrower", "r"]);
}

#[test]
fn a_sha256_repository_gives_the_same_findings_or_is_named() {
    let ground = Ground::new();
    let one = eventful(&ground, "one/r", &[]).scan();
    let other = eventful(&ground, "two/r", &["--object-format=sha256"]);
    for packed in [false, true] {
        if packed {
            other.pack();
        }
        let report = other.scan();
        if !report.skipped().is_empty() {
            report.assert_skipped("sha256");
            continue;
        }
        let blind = |report: &Report| {
            let text = serde_json::to_string(&report.json["findings"]).expect("JSON");
            let id = |c: char| c.is_ascii_hexdigit();
            // Commit ids are what is quoted and 40 or 64 hexadecimal digits long.
            text.split('"')
                .map(|part| if matches!(part.len(), 40 | 64) && part.chars().all(id) { "commit" } else { part })
                .collect::<Vec<_>>()
                .join("\"")
        };
        assert_eq!(blind(&one), blind(&report), "packed: {packed}");
    }
}

#[test]
fn a_shallow_clone_says_so_and_is_read_as_far_as_it_goes() {
    let ground = Ground::new();
    let repo = eventful(&ground, "origin", &[]);
    let clone = ground.clone_of(&repo, "clone", &["--depth=1"]);
    let report = clone.scan();
    report.assert_skipped("shallow");
    assert_eq!(report.location_at(&aws(6), "a.txt")["commit"], clone.head());
    assert_eq!(report.location(&openai(3))["in_head"], true);
    assert!(report.find(&github(1)).is_none());
    assert_eq!(clone.scan_with(&["--fail-on", "never"]).code, Some(3));
    assert_eq!(clone.scan_with(&["--fail-on", "never", "--history", "none"]).code, Some(0));
}

#[test]
fn a_partial_clone_says_what_is_missing() {
    let ground = Ground::new();
    let repo = eventful(&ground, "origin", &[]);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = ground.clone_of(&repo, "clone", &["--filter=blob:none", "--no-checkout"]);
    let report = clone.scan_with(&["--fail-on", "never"]);
    report.assert_skipped("partial clone");
    assert_eq!(report.code, Some(3));
    // With a checkout the newest version of each file is here.
    clone.git(&["checkout", "-q", "main"]);
    let report = clone.scan();
    report.assert_skipped("partial clone");
    assert_eq!(report.location_at(&aws(6), "a.txt")["in_head"], true);
    assert!(report.find(&github(1)).is_none());
}

#[test]
fn a_treeless_clone_says_what_is_missing() {
    let ground = Ground::new();
    let repo = eventful(&ground, "origin", &[]);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = ground.clone_of(&repo, "clone", &["--filter=tree:0", "--no-checkout"]);
    let report = clone.scan_with(&["--fail-on", "never"]);
    assert!(!report.skipped().is_empty());
    assert_eq!(report.code, Some(3));
}

#[test]
fn a_linked_worktree_reads_the_history_it_shares_and_its_own_files() {
    let ground = Ground::new();
    let repo = eventful(&ground, "r", &[]);
    repo.git(&["worktree", "add", "-q", "-b", "wt", ground.at("wt").to_str().expect("UTF-8"), "HEAD~1"]);
    let worktree = ground.existing("wt");
    worktree.write("fresh.txt", format!("{}\n", github(40)));
    let report = worktree.scan();
    report.assert_complete();
    assert!(report.location(&github(40))["commit"].is_null());
    report.finding(&github(1));
    // The head is the worktree's own.
    assert_eq!(report.finding(&openai(3))["in_head"], true);
    assert_eq!(report.finding(&aws(6))["in_head"], false);
    assert!(report.finding(&aws(6))["removed_in"].is_null());
}

#[test]
fn the_main_worktree_keeps_what_only_a_linked_one_has_checked_out() {
    let ground = Ground::new();
    let repo = eventful(&ground, "r", &[]);
    repo.git(&["worktree", "add", "-q", "--detach", ground.at("wt").to_str().expect("UTF-8")]);
    let worktree = ground.existing("wt");
    worktree.commit_file("only-here", format!("{}\n", github(41)), "detached");
    let report = repo.scan();
    assert_eq!(report.location(&github(41))["in_head"], false);
    assert!(report.location(&github(41))["removed_in"].is_null());
}

#[test]
fn a_sparse_checkout_still_has_its_head() {
    let ground = Ground::new();
    let repo = eventful(&ground, "r", &[]);
    repo.git(&["sparse-checkout", "set", "--no-cone", "/dir/"]);
    assert!(!repo.root.join("a.txt").exists());
    let report = repo.scan();
    assert_all_found(&report);
    assert_eq!(report.location_at(&aws(6), "a.txt")["in_head"], true);
}

#[test]
fn submodules_are_repositories_of_their_own() {
    let ground = Ground::new();
    let inner = ground.repo("inner");
    inner.commit_file("lib/x", format!("{}\n", github(42)), "in");
    inner.commit_file("lib/x", format!("{}\n", github(43)), "rotated");
    let outer = ground.repo("outer");
    outer.commit_file("a", format!("{}\n", aws(44)), "root");
    let url = format!("file://{}", inner.root.display());
    outer.git(&["submodule", "add", "-q", &url, "vendor/inner"]);
    outer.commit("submodule");
    let report = outer.scan();
    report.assert_complete();
    assert_eq!(report.json["scan"]["stats"]["repos"], 2);
    let (old, new) = (report.location(&github(42)), report.location(&github(43)));
    assert_eq!((&old["repo"], &old["path"]), (&"vendor/inner".into(), &"lib/x".into()));
    assert_eq!((&old["in_head"], &new["in_head"]), (&false.into(), &true.into()));
    assert_eq!(report.location(&aws(44))["repo"], "outer");
}

#[test]
fn a_folder_of_repositories_reports_each_by_its_name() {
    let ground = Ground::new();
    let shared = github(45);
    ground.repo("all/one").commit_file("a", format!("{shared}\n"), "1");
    ground.repo("all/deep/two").commit_file("b", format!("{shared}\n{}\n", github(46)), "2");
    ground.repo("all/one/nested").commit_file("c", format!("{}\n", github(47)), "3");
    let source = ground.repo("source");
    source.commit_file("d", format!("{}\n", github(48)), "4");
    source.commit_file("d", "gone\n", "5");
    ground.clone_of(&source, "all/three.git", &["--bare"]);
    ground.write("all/plain.txt", format!("{}\n", github(49)));
    let report = ground.scan(ground.at("all"));
    report.assert_complete();
    assert_eq!(report.json["scan"]["stats"]["repos"], 4);
    let places = |token: &str| {
        let of = |l: &&Value| (l["repo"].as_str().unwrap_or("none").to_owned(), l["path"].as_str().expect("a path").to_owned());
        report.locations(token).iter().map(of).collect::<Vec<_>>()
    };
    let place = |repo: &str, path: &str| (repo.to_owned(), path.to_owned());
    assert_eq!(places(&shared), [place("deep/two", "b"), place("one", "a")]);
    assert_eq!(places(&github(46)), [place("deep/two", "b")]);
    assert_eq!(places(&github(47)), [place("one/nested", "c")]);
    assert_eq!(places(&github(48)), [place("three", "d")]);
    assert_eq!(places(&github(49)), [place("none", "plain.txt")]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() })]

    /// Loose objects are scanned whole and deltas by windows, so this holds one to the other.
    #[test]
    fn deltas_are_scanned_as_if_whole(steps in prop::collection::vec(step(), 4..24)) {
        let ground = Ground::new();
        let packed = ground.repo("packed/r");
        let done = packed.git_with(&["fast-import", "--quiet", "--force"], &generate(&steps).stream);
        prop_assert_eq!(done.code, Some(0), "{}", done.stderr);
        packed.git(&["reset", "-q", "--hard"]);
        packed.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
        let loose = ground.repo("loose/r");
        for pack in packed.pack_files("pack") {
            let bytes = fs::read(&pack).expect("a pack");
            prop_assert_eq!(loose.git_with(&["unpack-objects", "-q"], &bytes).code, Some(0));
        }
        loose.git(&["update-ref", "refs/heads/main", &packed.head()]);
        loose.git(&["reset", "-q", "--hard"]);
        prop_assert!(loose.pack_files("pack").is_empty());
        let (whole, windowed) = (loose.scan(), packed.scan());
        whole.assert_complete();
        assert_same("deltas", &whole.timeless(), &windowed.timeless());
    }
}
