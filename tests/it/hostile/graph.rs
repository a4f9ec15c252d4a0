//! Trees and commits that are well packed and yet no history that git would make.

use super::victim;
use crate::support::{Ground, github};
use std::fs::File;
use std::time::{Duration, SystemTime};

#[test]
fn a_tree_that_holds_itself_many_times_over() {
    let ground = Ground::new();
    let repo = victim(&ground);
    // 2^40 paths of the same blob.
    let blob = repo.git(&["rev-parse", "HEAD:new.txt"]);
    let mut tree = repo.git_with(&["mktree"], format!("100644 blob {blob}\tx\n").as_bytes()).text().trim().to_owned();
    for _ in 0..40 {
        tree = repo.git_with(&["mktree"], format!("040000 tree {tree}\ta\n040000 tree {tree}\tb\n").as_bytes()).text().trim().to_owned();
    }
    let commit = repo.git(&["commit-tree", "-m", "bomb", &tree]);
    repo.git(&["update-ref", "refs/heads/bomb", &commit]);
    let report = repo.scan();
    report.finding(&github(1));
    report.finding(&github(3));
    report.finding(&github(2));
    assert!(!report.skipped().is_empty(), "a trillion paths cannot all have been read");
}

#[test]
fn names_in_trees_that_climb_are_only_names() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], format!("{}\n", github(14)).as_bytes()).text();
    let entry = |name: &str| [b"100644 ", name.as_bytes(), b"\0", &unhex(blob.trim())[..]].concat();
    let tree = [entry(".."), entry("../../etc/x"), entry("/abs")].concat();
    let tree = repo.git_with(&["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], &tree).text();
    let commit = repo.git(&["commit-tree", "-m", "odd", tree.trim()]);
    repo.git(&["update-ref", "refs/heads/odd", &commit]);
    let report = repo.scan();
    report.finding(&github(14));
    let sarif = ground.keysweep(&["scan", "-f", "sarif", repo.root.to_str().expect("UTF-8")]).text();
    assert!(!sarif.contains("\"../../etc/x\"") && !sarif.contains("\"/abs\""), "a URI leaves the root");
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal")).collect()
}

#[test]
fn a_commit_with_odd_headers() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let tree = repo.git(&["rev-parse", "HEAD~2^{tree}"]);
    let odd = [
        format!("tree {tree}\nauthor \ncommitter \n\nempty\n"),
        format!("tree {tree}\nauthor A <a> 99999999999999999999 +9999\ncommitter A <a> -5 -0000\n\nfar\n"),
        format!("tree {tree}\n"),
        format!("tree {tree}\nauthor \u{1b}[31m\u{7} <x\u{0}y> 1 +0000\n\n"),
        "tree zzzz\n\n".to_owned(),
        format!("tree {tree}\nparent 1234\nparent {}\n\n", "0".repeat(40)),
    ];
    for (n, text) in odd.iter().enumerate() {
        let id = repo.git_with(&["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], text.as_bytes()).text();
        repo.write(format!(".git/refs/heads/odd{n}"), id);
    }
    let report = repo.scan();
    for n in [1, 2, 3] {
        report.finding(&github(n));
    }
    let run = ground.keysweep(&["scan", repo.root.to_str().expect("UTF-8")]);
    assert!(!run.stdout.contains(&0x1b) && !run.stdout.contains(&7), "an author's escape sequence reached the terminal");
}

#[test]
fn a_file_that_pretends_not_to_have_changed() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(15);
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    let age = || File::options().write(true).open(repo.root.join("a.txt")).and_then(|f| f.set_modified(then)).expect("a time can be set");
    repo.write("a.txt", "-".repeat(token.len()));
    age();
    repo.commit("clean");
    // Same size, same time as in the index, other content: the index comes with the repository and may lie.
    repo.write("a.txt", &token);
    age();
    assert!(repo.scan().find(&token).is_some(), "the index was believed");
    assert!(repo.scan_with(&["--history", "none"]).find(&token).is_some());
}

#[test]
fn refs_that_name_nothing_are_told() {
    let ground = Ground::new();
    let repo = victim(&ground);
    std::fs::write(repo.root.join(".git/refs/heads/torn"), "").expect("a ref");
    std::fs::write(repo.root.join(".git/HEAD"), "nonsense\n").expect("HEAD");
    let report = repo.scan();
    let told = report.skipped().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(
        told.contains("/HEAD") && told.contains("refs/heads/torn") && told.contains("names neither a commit nor another ref"),
        "{told}"
    );
    report.finding(&github(1));
}

#[test]
fn a_head_that_is_a_pipe_is_not_waited_for() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let head = repo.root.join(".git/HEAD");
    std::fs::remove_file(&head).expect("HEAD");
    let pipe = repo.root.join(".git/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()), "mkfifo");
    std::os::unix::fs::symlink("pipe", &head).expect("a link");
    repo.scan().finding(&github(1));
}
