//! `keysweep init`: what it writes, and what it leaves alone.

use crate::support::{Ground, github};
use std::fs;

#[test]
fn writes_a_configuration_that_changes_nothing_until_it_is_edited() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.write("a.py", format!("t = '{}'\n", github(1)));
    let before = repo.scan();
    let run = ground.keysweep(&["init", "r"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!ground.at("r/.git/hooks/pre-commit").exists(), "nobody said so, and nobody can be asked");
    assert_eq!(repo.scan().findings().len(), before.findings().len());
    // Every example in it is sound, though not all go together with this repository.
    let text = fs::read_to_string(ground.at("r/keysweep.toml")).expect("written");
    let is_setting = |line: &str| line.contains(" = ") || line.starts_with('[');
    let used = |line: &str| line.strip_prefix("# ").filter(|l| is_setting(l)).unwrap_or(line).to_owned();
    let all: Vec<String> = text.lines().map(used).filter(|l| !l.starts_with("detectors =") && !l.starts_with("baseline =")).collect();
    fs::write(ground.at("r/keysweep.toml"), all.join("\n")).expect("written");
    let report = repo.scan();
    assert_eq!(report.findings().len(), 1, "{}", report.stderr);
    assert!(all.iter().filter(|l| is_setting(l) && !l.starts_with('#')).count() > 15);
}

#[test]
fn hooks_and_pipelines_are_written_where_they_were_asked_for() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("a", "a\n", "root");
    let run = ground.keysweep(&["init", "r", "--hook", "--workflow", "github,gitlab"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for file in [".git/hooks/pre-commit", ".git/hooks/pre-push", ".gitlab/keysweep.yml"] {
        assert!(repo.root.join(file).exists(), "{file}");
    }
    let workflow = fs::read_to_string(repo.root.join(".github/workflows/keysweep.yml")).expect("written");
    let read: serde_json::Value = serde_saphyr::from_str(&workflow).expect("YAML");
    assert_eq!(read["on"]["push"]["branches"][0], "main");
    let inputs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml")).expect("action.yml");
    let with = read["jobs"]["keysweep"]["steps"][1]["with"].as_object();
    assert!(with.is_none_or(|w| w.keys().all(|name| inputs.contains(&format!("  {name}:")))));
}

#[test]
fn what_is_there_stays() {
    let ground = Ground::new();
    ground.repo("r");
    ground.write("r/keysweep.toml", "disable = []\n");
    ground.write("r/.github/workflows/keysweep.yml", "mine\n");
    let run = ground.keysweep(&["init", "r", "--no-hook", "--workflow", "github"]);
    assert!(run.code == Some(0) && run.stderr.matches("stays as it is").count() == 2, "{}", run.stderr);
    assert_eq!(fs::read_to_string(ground.at("r/keysweep.toml")).expect("there"), "disable = []\n");
    assert_eq!(fs::read_to_string(ground.at("r/.github/workflows/keysweep.yml")).expect("there"), "mine\n");
    let run = ground.keysweep(&["init", "nowhere"]);
    assert!(run.code == Some(2) && run.stderr.contains("nowhere: "), "{}", run.stderr);
}

#[test]
fn a_yes_to_all_takes_the_forge_that_the_clone_comes_from() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.git(&["remote", "add", "origin", "https://gitlab.example.org/acme/shop.git"]);
    assert_eq!(ground.keysweep(&["init", "r", "--yes"]).code, Some(0));
    assert!(repo.root.join(".gitlab/keysweep.yml").exists() && !repo.root.join(".github").exists());
    assert!(repo.root.join(".git/hooks/pre-push").exists());
}
