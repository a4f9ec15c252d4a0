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
    let mut git = Command::new("git");
    git.current_dir(&repo.root).env_clear().env("HOME", ground.at("home")).env("PATH", "/usr/bin:/bin").env("GIT_CONFIG_NOSYSTEM", "1");
    git.args(["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit", "-q", "-m", "x"]).args(args).stdin(Stdio::null());
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
