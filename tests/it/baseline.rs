//! `keysweep baseline`, and scans that are compared with one or with a former report.

use crate::support::{Ground, Repo, github, openai, sha1};
use std::fs;

const NOW: (&str, &str) = ("KEYSWEEP_NOW", "2026-09-01T00:00:00Z");
const SAID: &[&str] = &["--reason", "revoked, kept for the tests", "--owner", "web@acme.example", "--expires", "2027-01-01"];

/// A repository whose history has two tokens, one of them in `HEAD`.
fn old(ground: &Ground) -> Repo<'_> {
    let repo = ground.repo("r");
    repo.write("old.env", format!("GITHUB_TOKEN={}\n", github(1)));
    repo.commit("old");
    repo.write("old.env", "");
    repo.write("app/config.py", format!("key = '{}'\n", openai(2)));
    repo.commit("new");
    repo
}

fn update(ground: &Ground, further: &[&str]) -> String {
    let run = ground.keysweep_with(&[&["baseline", "update", "r"], SAID, further].concat(), &[], &[NOW]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stderr
}

fn scan(ground: &Ground, further: &[&str]) -> (Option<i32>, String, String) {
    let run = ground.keysweep_with(&[&["scan", "--short", "r"], further].concat(), &[], &[NOW]);
    (run.code, run.text(), run.stderr)
}

#[test]
fn what_is_accepted_no_longer_counts_and_what_is_new_does() {
    let ground = Ground::new();
    let repo = old(&ground);
    assert_eq!(scan(&ground, &[]).0, Some(1));
    assert_eq!(update(&ground, &[]), "r/keysweep.baseline: 2 added, 0 renewed, 2 in all\n");
    let text = fs::read_to_string(ground.at("r/keysweep.baseline")).expect("written");
    assert!(!text.contains(&github(1)) && !text.contains("old.env"), "{text}");
    let ids: Vec<&str> = text.lines().skip(1).collect();
    assert!(ids.len() == 2 && ids.is_sorted(), "{text}");

    let (code, stdout, stderr) = scan(&ground, &[]);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(stdout.contains("No credentials found.") && stdout.contains("Not counted: 2 suppressed (by baseline)."), "{stdout}");
    assert!(!stderr.contains("warning"), "{stderr}");
    assert_eq!(scan(&ground, &["--no-baseline"]).0, Some(1));

    // Moved, and with another line above it, by a new commit: the value is the same. A new value counts.
    repo.remove("app/config.py");
    repo.write("lib/settings.py", format!("# moved\nkey = '{}'\n", openai(2)));
    repo.commit("move");
    assert_eq!(scan(&ground, &[]).0, Some(0));
    repo.write("lib/more.py", format!("key = '{}'\n", openai(3)));
    let (code, stdout, _) = scan(&ground, &[]);
    assert_eq!((code, stdout.matches("high:").count()), (Some(1), 1), "{stdout}");
    assert!(stdout.contains("lib/more.py:1:8"), "{stdout}");
}

#[test]
fn the_hook_honours_the_same_baseline() {
    let ground = Ground::new();
    let repo = old(&ground);
    update(&ground, &[]);
    repo.write("copy.py", format!("key = '{}'\n", openai(2)));
    repo.git(&["add", "copy.py"]);
    let (code, stdout, stderr) = scan(&ground, &["--staged"]);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(!stderr.contains("accepted nothing"), "{stderr}");
}

#[test]
fn entries_end_and_those_of_nothing_are_told_and_dropped() {
    let ground = Ground::new();
    let repo = old(&ground);
    update(&ground, &[]);
    let later = ("KEYSWEEP_NOW", "2027-01-01T00:00:00Z");
    let run = ground.keysweep_with(&["scan", "--short", "r"], &[], &[later]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("2 baseline entries have expired and are not honoured: "), "{}", run.stderr);
    let renewed =
        ground.keysweep_with(&["baseline", "update", "r", "--reason", "still", "--owner", "web", "--expires", "2028-01-01"], &[], &[later]);
    assert!(renewed.stderr.ends_with("r/keysweep.baseline: 0 added, 2 renewed, 2 in all\n"), "{}", renewed.stderr);

    // The history without the second commit: its token is nowhere any more.
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    let (code, _, stderr) = scan(&ground, &[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("1 baseline entries accepted nothing: "), "{stderr}");
    let pruned = ground.keysweep_with(&["baseline", "prune", "r"], &[], &[NOW]);
    assert!(pruned.stderr.ends_with("r/keysweep.baseline: 1 dropped, 1 kept\n"), "{}", pruned.stderr);
    assert!(!scan(&ground, &[]).2.contains("accepted nothing"));
}

#[test]
fn nothing_is_dropped_when_not_all_was_read() {
    let ground = Ground::new();
    old(&ground);
    update(&ground, &[]);
    ground.write("r/.git/refs/heads/lost", format!("{}\n", "12".repeat(20)));
    let pruned = ground.keysweep_with(&["baseline", "prune", "r"], &[], &[NOW]);
    assert_eq!(pruned.code, Some(3), "{}", pruned.stderr);
    assert!(pruned.stderr.starts_with("nothing was dropped: "), "{}", pruned.stderr);
}

#[test]
fn a_former_report_says_what_is_new() {
    let ground = Ground::new();
    let repo = old(&ground);
    assert_eq!(scan(&ground, &["--format", "json", "-o", "before.json"]).0, Some(1));
    let new = ["--baseline", "before.json", "--fail-on", "new"];
    assert_eq!(scan(&ground, &new).0, Some(0));
    assert_eq!(scan(&ground, &["--fail-on", "new"]).0, Some(1));
    // They are known, not accepted.
    let (code, stdout, _) = scan(&ground, &["--baseline", "before.json"]);
    assert_eq!((code, stdout.matches("high:").count()), (Some(1), 2), "{stdout}");
    repo.write("new.py", format!("key = '{}'\n", openai(9)));
    assert_eq!(scan(&ground, &new).0, Some(1));
}

#[test]
fn what_other_scanners_were_told_is_taken_over() {
    let ground = Ground::new();
    let repo = old(&ground);
    let first = repo.git(&["rev-list", "--max-parents=0", "HEAD"]);
    let ignore = format!("# known\n{}:old.env:github-pat:1\n{}:gone.env:github-pat:1\n", first.trim(), first.trim());
    ground.write("ignore", ignore);
    let told = update(&ground, &["--import", "ignore"]);
    assert!(told.contains(":gone.env:github-pat:1\n") && told.ends_with("1 added, 0 renewed, 1 in all\n"), "{told}");
    let digest: String = sha1(openai(2).as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let secrets = format!(r#"{{"results":{{"app/config.py":[{{"type":"Secret","hashed_secret":"{digest}","line_number":90}}]}}}}"#);
    ground.write("secrets", secrets);
    let told = update(&ground, &["--import", "secrets"]);
    assert!(told.ends_with("1 added, 0 renewed, 2 in all\n"), "{told}");
    assert_eq!(scan(&ground, &[]).0, Some(0));
}

#[test]
fn bad_input_is_told_and_changes_nothing() {
    let ground = Ground::new();
    old(&ground);
    let fails = |args: &[&str], message: &str| {
        let run = ground.keysweep_with(args, &[], &[NOW]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(message), "{}", run.stderr);
    };
    let passed = ["baseline", "update", "r", "--reason", "x", "--owner", "y", "--expires", "2026-08-31"];
    fails(&passed, "2026-08-31 has passed");
    fails(&["scan", "r", "--baseline", "none"], "cannot read none; `keysweep baseline update` makes a baseline");
    let broken = ground.write("r/keysweep.baseline", "{\"keysweep_baseline\":1}\n<<<<<<< HEAD\n");
    fails(&["scan", "r"], "r/keysweep.baseline: line 2: a merge left a conflict here (remove the marks");
    fails(&[&["baseline", "update", "r"], SAID].concat(), "line 2: a merge left a conflict here");
    assert_eq!(fs::read(broken).expect("kept").len(), 37);
    ground.write("other", "hello");
    fails(&["scan", "r", "--baseline", "other"], "other is neither a baseline nor a JSON report: ");
}
