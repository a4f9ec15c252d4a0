//! What goes wrong with repositories and stores: named, the rest goes on, and the next sweep tries again.

use super::{Sweep, leak};
use crate::support::{Ground, filler};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::time::Instant;

fn skipped(report: &Value, name: &str) -> String {
    let all = report["scan"]["skipped"].as_array().unwrap();
    all.iter()
        .find(|s| s["what"].as_str().unwrap().contains(name))
        .map(|s| s["why"].as_str().unwrap().to_owned())
        .unwrap_or_else(|| panic!("{name}: {all:?}"))
}

#[test]
fn bad_repositories_are_named_and_the_others_are_swept() {
    let ground = Ground::new();
    ground.repo("org/good").commit_file("x.py", leak(1), "leak");
    ground.repo("org/empty");
    ground.write("org/no-repository/readme.txt", "text");
    let broken = ground.repo("org/broken");
    let blob = {
        broken.commit_file("a.txt", filler(1, 50), "add");
        broken.git(&["rev-parse", "HEAD:a.txt"])
    };
    fs::write(broken.loose_file(&blob), b"garbage").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let list: String = ["good", "empty", "no-repository", "broken"]
        .iter()
        .map(|n| format!("file://{}\n", ground.at(format!("org/{n}")).display()))
        .collect();
    ground.write("list.txt", format!("{list}git://{}/hangs\next::sh -c touch% pwned\n", silent.local_addr().unwrap()));
    let sweep = Sweep::with(&ground, "s", &["--repos", "list.txt", "--fetch-time", "2", "--attempts", "2"]);
    let began = Instant::now();
    let night = sweep.night();
    assert!(began.elapsed().as_secs() < 60);
    assert_eq!((night.found().len(), night.run.code), (1, Some(1)), "{}", night.run.stderr);
    assert!(skipped(&night.report, "hangs").contains("stopped after 2 s"));
    assert!(skipped(&night.report, "org/broken").starts_with("git: "));
    assert!(skipped(&night.report, "org/no-repository").starts_with("git: "));
    assert!(skipped(&night.report, "list.txt:6").contains("no URL that can be fetched"));
    assert!(!ground.at("pwned").exists());
    // Mended, it is read the next time.
    fs::remove_dir_all(ground.at("org/broken")).unwrap();
    ground.repo("org/broken").commit_file("y.py", leak(2), "leak");
    let next = sweep.night();
    assert_eq!(next.found().len(), 2);
    assert_eq!(next.kinds(), vec![("new".to_owned(), 1)]);
}

#[test]
fn a_host_that_is_down_does_not_hold_up_the_night() {
    let ground = Ground::new();
    ground.repo("org/good").commit_file("x.py", leak(1), "leak");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lost: String = (0..60).map(|n| format!("http://{gone}/lost/{n}.git\n")).collect();
    ground.write("list.txt", format!("{lost}file://{}\n", ground.at("org/good").display()));
    let began = Instant::now();
    let night = Sweep::with(&ground, "s", &["--repos", "list.txt"]).night();
    // Each by itself would be waited for twice for three and a half seconds.
    assert!(began.elapsed().as_secs() < 60, "it was waited for {:?}", began.elapsed());
    assert_eq!((night.found().len(), night.run.code), (1, Some(1)), "{}", night.run.stderr);
    let skipped = night.report["scan"]["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 60, "{skipped:?}");
    assert!(skipped.iter().all(|s| s["why"].as_str().unwrap().contains(&gone.to_string())), "{skipped:?}");
}

#[test]
fn a_repository_that_cannot_be_fetched_this_time_is_as_it_was() {
    let ground = Ground::new();
    ground.repo("org/a").commit_file("x.py", leak(1), "leak");
    ground.repo("org/b").commit_file("y.py", leak(2), "leak");
    let sweep = Sweep::of(&ground, "s", "org");
    let first = sweep.night();
    fs::rename(ground.at("org/b"), ground.at("away")).unwrap();
    let night = sweep.night();
    assert_eq!((night.found(), night.kinds(), night.run.code), (first.found(), vec![], Some(3)), "{}", night.run.stderr);
}

#[test]
fn hooks_filters_and_configuration_of_a_repository_are_not_run() {
    let ground = Ground::new();
    let evil = ground.repo("org/evil");
    evil.commit_file("x.py", leak(1), "leak");
    let touch = format!("touch {}", ground.at("pwned").display());
    for (key, value) in [
        ("core.fsmonitor", touch.as_str()),
        ("core.sshCommand", &touch),
        ("uploadpack.packObjectsHook", &touch),
        ("filter.x.smudge", &touch),
        ("core.gitProxy", &touch),
    ] {
        evil.git(&["config", key, value]);
    }
    for hook in ["post-checkout", "reference-transaction", "post-merge", "pre-auto-gc"] {
        let file = ground.write(format!("org/evil/.git/hooks/{hook}"), format!("#!/bin/sh\n{touch}\n"));
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let night = Sweep::of(&ground, "s", "org").night();
    assert_eq!(night.found().len(), 1, "{}", night.run.stderr);
    assert!(!ground.at("pwned").exists(), "something of the repository was run");
}

#[test]
fn what_is_too_large_is_stopped_and_named() {
    let ground = Ground::new();
    ground.repo("org/large").commit_file("x.py", leak(1), "leak");
    // A git that fetches more than it may and does not end by itself.
    let git = ground.write("bin/git", "#!/bin/sh\ncase \"$*\" in *--prune*) head -c 3000000 /dev/zero > objects/pack/x.pack; exec sleep 60;; *) exec /usr/bin/git \"$@\";; esac\n");
    fs::set_permissions(&git, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", ground.at("bin").display());
    let began = Instant::now();
    let night = Sweep::of(&ground, "s", "org").night_with(&["--max-repository", "1MB"], &[("PATH", &path)]);
    assert!(began.elapsed().as_secs() < 30, "it was waited for");
    assert!(skipped(&night.report, "org/large").contains("git was stopped at 1 MB"), "{}", night.run.stderr);
}

#[test]
fn a_damaged_mirror_is_made_anew() {
    let ground = Ground::new();
    let a = ground.repo("org/a");
    a.commit_file("x.py", leak(1), "leak");
    let sweep = Sweep::of(&ground, "s", "org");
    sweep.night();
    let mirror =
        fs::read_dir(ground.at("s-cache")).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == "git")).unwrap();
    for file in
        fs::read_dir(mirror.join("objects/pack")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "idx"))
    {
        fs::remove_file(file).unwrap();
    }
    a.commit_file("y.py", leak(2), "leak");
    let night = sweep.night();
    assert_eq!((night.found().len(), &night.report["scan"]["skipped"]), (2, &serde_json::json!([])), "{}", night.run.stderr);
}

#[test]
fn stores_that_are_newer_or_none_are_refused() {
    let ground = Ground::new();
    ground.repo("org/a").commit_file("x.py", leak(1), "leak");
    let sweep = Sweep::of(&ground, "s", "org");
    sweep.night();
    let python = format!(
        "import sqlite3; c = sqlite3.connect({:?}); c.execute('UPDATE keysweep_schema SET version = 99'); c.commit()",
        ground.at("s.db")
    );
    assert!(std::process::Command::new("python3").args(["-c", &python]).status().unwrap().success());
    let run = ground.keysweep(&["sweep", "status", "--store", "s.db"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("schema version 99") && run.stderr.contains("update keysweep"), "{}", run.stderr);
    ground.write(
        "text.db",
        "this is no database at all, but it is long enough to be read as the beginning of one, if one does not look.....",
    );
    let run = ground.keysweep(&["sweep", "status", "--store", "text.db"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let run = ground.keysweep(&["sweep", "status", "--store", "mysql://u:pw@h/d"]);
    assert!(run.code == Some(2) && !run.stderr.contains("pw"), "{}", run.stderr);
    for looking in [&["sweep", "status", "--store", "none.db"][..], &["report", "--store", "none.db"]] {
        let run = ground.keysweep(looking);
        assert!(run.code == Some(2) && run.stderr.contains("there is no such store"), "{}", run.stderr);
    }
    assert!(!ground.at("none.db").exists(), "a store was made by looking");
    assert!(ground.keysweep(&["sweep", "--help"]).text().contains("taken up by the next one"), "the help says what a sweep does");
    let run = ground.keysweep(&["sweep", "--store", "new.db"]);
    assert!(run.code == Some(2) && run.stderr.contains("nothing to sweep"), "{}", run.stderr);
}
