//! `scan --staged`: what the index would commit that the head does not hold, and nothing else.

mod indexes;

use crate::support::{Ground, aws, filler, github, openai};

const STAGED: &[&str] = &["--staged"];

#[test]
fn only_new_values_are_reported() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (old, new) = (github(1), github(2));
    repo.commit_file("a", format!("{old}\n"), "root");
    repo.write("a", format!("{old}\nx\n{new}\n"));
    repo.git(&["add", "a"]);
    let report = repo.scan_with(STAGED);
    assert!(report.find(&old).is_none());
    let location = report.location(&new);
    assert_eq!((&location["path"], &location["line"], &location["column"]), (&"a".into(), &3.into(), &1.into()));
    assert!(location["commit"].is_null());
    assert_eq!(report.code, Some(1));
}

#[test]
fn nothing_staged_is_clean() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("a", format!("{}\n", github(3)), "root");
    repo.write("b", github(4));
    let report = repo.scan_with(STAGED);
    assert!(report.findings().is_empty());
    assert_eq!(report.code, Some(0));
}

#[test]
fn content_comes_from_the_index_not_the_working_tree() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (staged, working) = (github(5), github(6));
    repo.commit_file("a", "a\n", "root");
    repo.write("a", format!("a\n{staged}\n"));
    repo.git(&["add", "a"]);
    repo.write("a", format!("{working}\n"));
    let report = repo.scan_with(STAGED);
    assert_eq!(report.location(&staged)["line"], 2);
    assert!(report.find(&working).is_none());
    repo.remove("a");
    repo.scan_with(STAGED).location(&staged);
}

#[test]
fn partly_staged_files_are_read_as_staged() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (first, second) = (github(7), github(8));
    repo.commit_file("a", filler(1, 40), "root");
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], format!("{first}\n{}", filler(1, 40)).as_bytes()).text();
    repo.git(&["update-index", "--cacheinfo", &format!("100644,{},a", blob.trim())]);
    repo.write("a", format!("{first}\n{}{second}\n", filler(1, 40)));
    let report = repo.scan_with(STAGED);
    report.location(&first);
    assert!(report.find(&second).is_none());
}

#[test]
fn a_rename_brings_nothing_new() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(9);
    repo.commit_file("a.txt", format!("{}{token}\n", filler(1, 40)), "root");
    repo.git(&["mv", "a.txt", "b.txt"]);
    let report = repo.scan_with(STAGED);
    assert!(report.findings().is_empty(), "a moved file was reported as new: {:#}", report.json["findings"]);
    assert_eq!(report.code, Some(0));
}

#[test]
fn a_rename_with_a_new_value_reports_that_value() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (old, new) = (github(10), github(11));
    repo.commit_file("a.txt", format!("{}{old}\n", filler(1, 40)), "root");
    repo.git(&["mv", "a.txt", "b.txt"]);
    repo.write("b.txt", format!("{}{old}\n{new}\n", filler(1, 40)));
    repo.git(&["add", "-A"]);
    assert_eq!(repo.scan_with(STAGED).location(&new)["path"], "b.txt");
}

#[test]
fn a_copy_into_another_file_is_reported() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(12);
    repo.commit_file("a.txt", format!("{token}\n"), "root");
    repo.write("copy.txt", format!("copied: {token}\n"));
    repo.git(&["add", "-A"]);
    assert_eq!(repo.scan_with(STAGED).paths(&token), ["copy.txt"]);
}

#[test]
fn the_first_commit_has_no_head_to_compare_with() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = aws(13);
    repo.write("dir/a.env", format!("K={token}\n"));
    repo.git(&["add", "-A"]);
    let report = repo.scan_with(STAGED);
    report.assert_complete();
    assert_eq!(report.location(&token)["path"], "dir/a.env");
}

#[test]
fn a_merge_in_progress_is_read() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (theirs, resolved) = (github(14), openai(15));
    repo.commit_file("a", "a\n", "root");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("clean", format!("{theirs}\n"));
    repo.commit_file("a", "b\n", "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("a", "c\n", "main");
    assert_ne!(repo.git_with(&["merge", "-q", "side"], &[]).code, Some(0));
    // Unresolved: the index holds three versions of `a`. What a parent has is not new.
    let report = repo.scan_with(STAGED);
    report.assert_complete();
    assert!(report.find(&theirs).is_none());
    repo.write("a", format!("{resolved}\n"));
    repo.git(&["add", "a"]);
    let report = repo.scan_with(STAGED);
    report.assert_complete();
    assert_eq!(report.location(&resolved)["path"], "a");
    assert!(report.find(&theirs).is_none());
}

#[test]
fn a_submodule_entry_is_left_alone() {
    let ground = Ground::new();
    let inner = ground.repo("inner");
    inner.commit_file("x", format!("{}\n", github(16)), "in");
    let repo = ground.repo("outer");
    repo.commit_file("a", "a\n", "root");
    let url = format!("file://{}", inner.root.display());
    repo.git(&["submodule", "add", "-q", &url, "sub"]);
    repo.write("b", format!("{}\n", github(17)));
    repo.git(&["add", "b"]);
    let report = repo.scan_with(STAGED);
    report.assert_complete();
    report.location(&github(17));
    assert!(report.find(&github(16)).is_none());
}

#[test]
fn a_subfolder_and_a_linked_worktree_find_their_index() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("dir/a", "a\n", "root");
    repo.git(&["worktree", "add", "-q", ground.at("wt").to_str().expect("UTF-8")]);
    repo.write("dir/b", format!("{}\n", github(18)));
    repo.git(&["add", "-A"]);
    let below = repo.root.join("dir");
    assert_eq!(ground.scan_with(&[&below], STAGED).location(&github(18))["path"], "dir/b");
    let worktree = ground.existing("wt");
    worktree.write("c", format!("{}\n", github(19)));
    worktree.git(&["add", "-A"]);
    let report = worktree.scan_with(STAGED);
    assert_eq!(report.location(&github(19))["path"], "c");
    assert!(report.find(&github(18)).is_none());
}

#[test]
fn odd_index_forms_are_read_or_named() {
    for setting in [
        ["index.version", "4"],
        ["index.version", "2"],
        ["core.splitIndex", "true"],
        ["index.skipHash", "true"],
        ["core.untrackedCache", "true"],
    ] {
        let ground = Ground::new();
        let repo = ground.repo("r");
        repo.git(&["config", setting[0], setting[1]]);
        repo.commit_file("a", "a\n", "root");
        repo.write("b/c", format!("{}\n", github(20)));
        repo.git(&["add", "-A"]);
        let report = repo.scan_with(STAGED);
        if report.skipped().is_empty() {
            report.location(&github(20));
        } else {
            assert_eq!(report.code, Some(3), "{setting:?}");
        }
    }
}

#[test]
fn an_intended_addition_and_a_symbolic_link_are_not_files() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("a", "a\n", "root");
    repo.write("later", format!("{}\n", github(21)));
    repo.git(&["add", "-N", "later"]);
    std::os::unix::fs::symlink("later", repo.root.join("link")).expect("a link");
    repo.git(&["add", "link"]);
    let report = repo.scan_with(STAGED);
    report.assert_complete();
    assert!(report.findings().is_empty(), "{:#}", report.json["findings"]);
}

#[test]
fn outside_of_a_repository_nothing_is_staged() {
    let ground = Ground::new();
    ground.write("tree/a", github(22));
    let report = ground.scan_with(&[&ground.at("tree")], STAGED);
    assert!(matches!(report.code, Some(2 | 3)));
    report.assert_skipped("tree");
}

#[test]
fn packed_objects_are_read_as_loose_ones() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("a", format!("{}{}\n", filler(1, 80), github(23)), "1");
    repo.commit_file("a", filler(1, 80), "2");
    repo.git(&["checkout", "-q", "HEAD~1", "--", "a"]);
    let loose = repo.scan_with(STAGED).timeless();
    repo.pack();
    let packed = repo.scan_with(STAGED);
    packed.location(&github(23));
    assert_eq!(packed.timeless(), loose);
}

#[test]
fn the_first_commit_has_nothing_to_be_compared_with() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.write("deep/er/a", github(24));
    repo.git(&["add", "."]);
    assert_eq!(repo.scan_with(STAGED).paths(&github(24)), ["deep/er/a"]);
}

#[test]
fn a_merge_brings_nothing_new_but_what_its_resolution_adds() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (theirs, ours, added) = (github(25), github(26), github(27));
    repo.commit_file("dir/a", "one\n", "root");
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.write("dir/b", format!("{theirs}\n"));
    repo.commit_file("dir/a", format!("two\n{theirs}\n"), "theirs");
    repo.git(&["checkout", "-q", "-"]);
    repo.commit_file("dir/a", format!("three\n{ours}\n"), "ours");
    let merge = repo.git_with(&["merge", "-q", "--no-edit", "other"], b"");
    assert_ne!(merge.code, Some(0), "the branches were to conflict");
    repo.write("dir/a", format!("three\n{ours}\n{theirs}\n{added}\n"));
    repo.git(&["add", "dir/a"]);
    let report = repo.scan_with(STAGED);
    assert_eq!(report.paths(&added), ["dir/a"]);
    assert_eq!(report.findings().len(), 1, "what either parent has is not new: {:#}", report.json["findings"]);
    repo.git(&["commit", "-qm", "merged"]);
    assert!(repo.scan_with(STAGED).findings().is_empty());
}

#[test]
fn a_pointer_of_git_lfs_is_no_credential() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let digest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    repo.write("model.bin", format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12345\n"));
    repo.git(&["add", "."]);
    let report = repo.scan_with(STAGED);
    report.assert_complete();
    assert!(report.findings().is_empty(), "{:#}", report.json["findings"]);
}

#[test]
fn a_thousand_renamed_files_are_known() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    for n in 0..1000 {
        repo.write(format!("old/{}/{n}", n % 7), format!("{}\n", github(1000 + n)));
    }
    repo.commit("root");
    repo.git(&["mv", "old", "new"]);
    repo.write("new/more", github(28));
    repo.git(&["add", "."]);
    let report = repo.scan_with(STAGED);
    assert_eq!(report.paths(&github(28)), ["new/more"]);
    assert_eq!(report.findings().len(), 1);
}
