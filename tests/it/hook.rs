//! `keysweep hook`: commits made by real git, with the hook among others that are there.

use crate::support::{Ground, Repo, github, openai};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

fn install(ground: &Ground, repo: &str) -> String {
    let run = ground.keysweep(&["hook", "install", repo]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stderr
}

/// Whether git made the commit, and what its hooks said.
fn commit(ground: &Ground, repo: &Repo<'_>, args: &[&str]) -> (bool, String) {
    git(ground, repo, &[&["commit", "-q", "-m", "x"], args].concat())
}

/// Whether git did it, and what its hooks said.
fn git(ground: &Ground, repo: &Repo<'_>, args: &[&str]) -> (bool, String) {
    let mut git = Command::new("git");
    git.current_dir(&repo.root).env_clear().env("HOME", ground.at("home")).env("PATH", "/usr/bin:/bin").env("GIT_CONFIG_NOSYSTEM", "1");
    git.args(["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]).args(args).stdin(Stdio::null());
    let done = git.output().expect("git runs");
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr))
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

#[test]
fn a_commit_of_a_secret_is_stopped_and_told_in_three_lines() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    install(&ground, "r");
    repo.write("app.py", format!("a = 1\nkey = '{}'\n", openai(1)));
    repo.git(&["add", "."]);
    let (made, told) = commit(&ground, &repo, &[]);
    assert!(!made, "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("keysweep: OpenAI ") && !told.contains(&openai(1)), "{told}");
    assert_eq!(lines[1], "  where  app.py:2:8");
    assert!(lines[2].starts_with("  why    high confidence, by "), "{told}");
    assert!(lines[3].contains("`keysweep:allow REASON`") && lines.len() == 4, "{told}");
    // The first commit of a repository, a merge and an amended one are made like others.
    repo.write("app.py", format!("a = 1\nkey = '{}' # keysweep:allow revoked\n", openai(1)));
    repo.git(&["add", "."]);
    assert_eq!(commit(&ground, &repo, &[]), (true, String::new()));
    repo.write("b.env", format!("T={}\n", github(2)));
    repo.git(&["add", "."]);
    assert!(!commit(&ground, &repo, &["--amend"]).0);
}

#[test]
fn what_git_commits_is_looked_at_and_not_what_was_added_before() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.write("a.py", "a = 1\n");
    repo.write("b.py", "b = 1\n");
    repo.commit("root");
    install(&ground, "r");
    repo.write("a.py", format!("a = '{}'\n", openai(1)));
    assert!(!commit(&ground, &repo, &["-a"]).0);
    assert!(!commit(&ground, &repo, &["a.py"]).0);
    // What is only added is not part of a commit of another file.
    repo.git(&["add", "a.py"]);
    repo.write("b.py", "b = 2\n");
    assert_eq!(commit(&ground, &repo, &["b.py"]), (true, String::new()));
    assert!(!commit(&ground, &repo, &[]).0);
}

#[test]
fn a_hook_that_is_there_still_runs() {
    let ground = Ground::new();
    for (name, text) in [("sh", "#!/bin/sh\necho former; exit 0\n"), ("perl", "#!/usr/bin/env perl\nprint \"former\\n\";\n")] {
        let repo = ground.repo(name);
        let hook = ground.at(name).join(".git/hooks/pre-commit");
        script(&hook, text);
        install(&ground, name);
        assert!(install(&ground, name).contains("brought up to date"));
        repo.write("a.py", format!("a = '{}'\n", openai(1)));
        repo.git(&["add", "."]);
        let (made, told) = commit(&ground, &repo, &[]);
        assert!(!made && !told.contains("former"), "{name}: {told}");
        repo.write("a.py", "a = 1\n");
        repo.git(&["add", "."]);
        assert_eq!(commit(&ground, &repo, &[]), (true, "former\n".to_owned()), "{name}");
        assert_eq!(ground.keysweep(&["hook", "uninstall", name]).code, Some(0));
        assert_eq!(fs::read_to_string(&hook).expect("kept"), text);
    }
}

#[test]
fn the_hooks_path_is_followed_where_it_is_the_repositorys() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    // As husky sets it up: generated scripts in `_`, which call those above.
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    script(&ground.at("r/.husky/_/pre-commit"), "#!/bin/sh\nsh -e \"$(dirname \"$0\")/../pre-commit\"\n");
    script(&ground.at("r/.husky/pre-commit"), "echo tests\n");
    assert!(install(&ground, "r").contains("everybody needs keysweep on the PATH"));
    let text = fs::read_to_string(ground.at("r/.husky/pre-commit")).expect("written");
    assert!(text.ends_with("echo tests\n") && !text.contains("/target/"), "{text}");
    repo.write("a.py", "a = 1\n");
    repo.git(&["add", "a.py"]);
    let (made, told) = commit(&ground, &repo, &[]);
    assert!(!made && told.contains("keysweep is not installed, so that this commit is not checked"), "{told}");

    repo.git(&["config", "core.hooksPath", ground.at("home").to_str().expect("UTF-8")]);
    let run = ground.keysweep(&["hook", "install", "r"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("outside of this repository"), "{}", run.stderr);
    let run = ground.keysweep(&["hook", "install", "home"]);
    assert!(run.code == Some(2) && run.stderr.contains("could not find repository"), "{}", run.stderr);
}

/// A repository with a remote that has its first commit, and the hooks.
fn pushed<'g>(ground: &'g Ground) -> Repo<'g> {
    let repo = ground.repo("r");
    repo.git(&["init", "-q", "--bare", "../remote.git"]);
    repo.git(&["remote", "add", "origin", "../remote.git"]);
    repo.commit_file("a.py", format!("old = '{}'\n", github(1)), "root");
    repo.git(&["push", "-q", "-u", "origin", "main"]);
    let run = ground.keysweep(&["hook", "install", "--stage", "pre-push", "r"]);
    assert!(run.code == Some(0) && !repo.root.join(".git/hooks/pre-commit").exists(), "{}", run.stderr);
    repo
}

#[test]
fn a_push_of_a_secret_is_stopped_even_if_a_later_commit_removed_it() {
    let ground = Ground::new();
    let repo = pushed(&ground);
    repo.commit_file("b.py", format!("a = 1\nnew = '{}'\n", github(2)), "b");
    let commit = repo.head();
    repo.commit_file("b.py", "a = 1\n", "c");
    let (done, told) = git(&ground, &repo, &["push", "-q"]);
    assert!(!done && told.contains(&format!("  where  b.py:2:8 in commit {}", &commit[..12])), "{told}");
    assert!(told.contains("take it out of the commit that brought it") && !told.contains(&github(2)), "{told}");
    assert!(!told.contains("a.py"), "what the remote has is not told: {told}");
    // Nor does a new branch, a tag or force go past it.
    for args in [&["push", "-q", "origin", "HEAD:refs/heads/other"][..], &["push", "-q", "-f", "origin", "HEAD"]] {
        assert!(!git(&ground, &repo, args).0, "{args:?}");
    }
    repo.git(&["tag", "-a", "-m", "v1", "v1"]);
    assert!(!git(&ground, &repo, &["push", "-q", "origin", "v1"]).0);
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]);
    repo.commit_file("b.py", "a = 1\n", "clean");
    assert_eq!(git(&ground, &repo, &["push", "-q"]), (true, String::new()));
}

#[test]
fn pushes_that_bring_nothing_pass() {
    let ground = Ground::new();
    let repo = pushed(&ground);
    for args in
        [&["push", "-q", "origin", "main:refs/heads/same"][..], &["push", "-q", "origin", ":refs/heads/same"], &["push", "-q", "--all"]]
    {
        assert_eq!(git(&ground, &repo, args), (true, String::new()), "{args:?}");
    }
    // The remote has what is not known here: it was pushed from elsewhere, and is overwritten.
    let other = ground.clone_of(&repo, "other", &[]);
    other.commit_file("c.py", "c = 1\n", "elsewhere");
    other.git(&["push", "-q", "../remote.git", "HEAD:main"]);
    repo.commit_file("d.py", "d = 1\n", "here");
    assert_eq!(git(&ground, &repo, &["push", "-q", "-f", "origin", "main"]), (true, String::new()));
}

#[test]
fn a_hook_before_a_push_that_is_there_gets_its_refs_all_the_same() {
    let ground = Ground::new();
    let repo = pushed(&ground);
    ground.keysweep(&["hook", "uninstall", "r"]);
    assert!(!repo.root.join(".git/hooks/pre-push").exists());
    let text = "#!/bin/sh\nwhile read a b c d; do echo \"$1 $a $c\" >> seen; done\n";
    script(&repo.root.join(".git/hooks/pre-push"), text);
    install(&ground, "r");
    repo.commit_file("b", "b\n", "b");
    assert_eq!(git(&ground, &repo, &["push", "-q"]), (true, String::new()));
    assert_eq!(fs::read_to_string(repo.root.join("seen")).expect("the hook ran"), "origin refs/heads/main refs/heads/main\n");
    ground.keysweep(&["hook", "uninstall", "r"]);
    assert_eq!(fs::read_to_string(repo.root.join(".git/hooks/pre-push")).expect("there"), text);
}

#[test]
fn the_frameworks_range_is_looked_at() {
    let ground = Ground::new();
    let repo = pushed(&ground);
    repo.commit_file("b.py", format!("new = '{}'\n", github(3)), "b");
    let at = |from: &str| {
        let mut run = ground.command();
        run.current_dir(&repo.root).args(["hook", "run"]);
        run.env("PRE_COMMIT_FROM_REF", from).env("PRE_COMMIT_TO_REF", "HEAD").env("PRE_COMMIT_REMOTE_NAME", "origin");
        crate::support::run(run, b"", crate::support::LIMIT)
    };
    let run = at("HEAD~1");
    assert!(run.code == Some(1) && run.text().contains("b.py:1:8 in commit"), "{}", run.text());
    assert_eq!(at("HEAD").code, Some(0));
}
