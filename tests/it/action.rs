//! The GitHub action: its steps, run with the variables that GitHub's runner sets, on clones as `actions/checkout` makes them.

use crate::support::{Ground, Repo, github, openai};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

const ACTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/action");

fn action() -> Value {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml")).expect("action.yml");
    serde_saphyr::from_str(&text).expect("YAML")
}

/// What a step said, and what it handed on.
#[derive(Debug)]
struct Step {
    code: Option<i32>,
    said: String,
    outputs: BTreeMap<String, String>,
    summary: String,
    path: String,
}

/// Runs a script of the action with variables of its own and those of a runner.
fn step(ground: &Ground, script: &str, variables: &[(&str, &str)]) -> Step {
    let temp = ground.at("runner");
    fs::create_dir_all(&temp).expect("made");
    let binary = ground.at("bin");
    if !binary.exists() {
        fs::create_dir_all(&binary).expect("made");
        std::os::unix::fs::symlink(ground.command().get_program(), binary.join("keysweep")).expect("a link");
    }
    let file = |name: &str| {
        let path = temp.join(name);
        fs::write(&path, "").expect("written");
        path
    };
    let (output, summary, path) = (file("output"), file("summary"), file("path"));
    let mut bash = Command::new("bash");
    bash.arg(format!("{ACTION}/{script}.sh")).current_dir(ground.at("work")).env_clear();
    bash.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display())).env("HOME", ground.at("home"));
    bash.env("GIT_CONFIG_NOSYSTEM", "1").env("RUNNER_TEMP", &temp).env("GITHUB_OUTPUT", &output);
    bash.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_PATH", &path).envs(variables.iter().copied());
    let run = crate::support::run(bash, b"", crate::support::LIMIT);
    let read = |path| fs::read_to_string(path).expect("UTF-8");
    let outputs = read(&output).lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    Step { code: run.code, said: run.text() + &run.stderr, outputs, summary: read(&summary), path: read(&path) }
}

#[test]
fn inputs_are_the_options_of_a_scan() {
    let action = action();
    let help = Ground::new().keysweep(&["scan", "--help"]).text();
    let steps = serde_json::to_string(&action["runs"]).expect("JSON");
    let scan = fs::read_to_string(format!("{ACTION}/scan.sh")).expect("a script");
    let own = ["path", "args", "sarif-file", "upload", "annotations", "summary", "binary-url", "binary-sha256"];
    for name in action["inputs"].as_object().expect("inputs").keys() {
        assert!(steps.contains(&format!("inputs.{name} ")), "no step reads {name}");
        if !own.contains(&name.as_str()) {
            assert!(help.contains(&format!("--{name} <")), "{name} is no option of a scan");
            assert!(scan.contains(&format!("option --{name} ")), "{name} is not handed on");
        }
    }
    // What a project states once and does not change from run to run is left to its configuration, and what is for a terminal to it.
    let left = ["staged", "unreachable", "format", "output", "no-baseline", "redact", "key", "short", "quiet", "help", "version"];
    for option in help.lines().filter_map(|l| l.trim_start().split("--").nth(1)) {
        let name: String = option.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let is_listed = help.contains(&format!("      --{name}")) || help.contains(&format!(", --{name}"));
        let is_known = action["inputs"].get(&name).is_some() || left.contains(&name.as_str());
        assert!(!is_listed || is_known, "--{name} is neither an input nor left out on purpose");
    }
    for (name, output) in action["outputs"].as_object().expect("outputs") {
        let value = output["value"].as_str().expect("a value");
        assert_eq!(value, format!("${{{{ steps.scan.outputs.{name} }}}}"));
    }
}

/// A repository on a forge: a secret on its main branch, and a pull request of several commits with another, into which main was merged.
struct Forge<'g> {
    ground: &'g Ground,
    base: String,
    head: String,
}

const OLD: u64 = 1;
const NEW: u64 = 2;

fn forge(ground: &Ground) -> Forge<'_> {
    let origin = ground.repo("origin");
    origin.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    for n in 0..5 {
        origin.commit_file("main.py", format!("n = {n}\nold = '{}'\n", github(OLD)), "main");
    }
    origin.git(&["checkout", "-q", "-b", "feature", "HEAD~2"]);
    for n in 0..40 {
        origin.commit_file("feature.txt", format!("{n}\n"), "feature");
    }
    origin.commit_file("new.py", format!("new = '{}'\n", github(NEW)), "the secret");
    origin.git(&["merge", "-q", "--no-edit", "main"]);
    origin.commit_file("new.py", "new = None\n", "taken away");
    let (base, head) = (origin.git(&["rev-parse", "main"]).trim().to_owned(), origin.head());
    origin.git(&["checkout", "-q", "--detach", "main"]);
    origin.git(&["merge", "-q", "--no-ff", "--no-edit", &head]);
    origin.git(&["update-ref", "refs/pull/1/merge", "HEAD"]);
    origin.git(&["checkout", "-q", "main"]);
    Forge { ground, base, head }
}

impl Forge<'_> {
    /// As `actions/checkout` does it: one commit, by its ref.
    fn check_out(&self, reference: &str) -> Repo<'_> {
        let work = self.ground.repo("work");
        work.git(&["remote", "add", "origin", &format!("file://{}", self.ground.at("origin").display())]);
        work.git(&["fetch", "-q", "--no-tags", "--depth=1", "origin", &format!("+{reference}:refs/remotes/checkout")]);
        work.git(&["checkout", "-q", "--detach", "refs/remotes/checkout"]);
        work
    }
}

#[test]
fn a_pull_request_is_its_commits_and_no_others() {
    let ground = Ground::new();
    let forge = forge(&ground);
    forge.check_out("refs/pull/1/merge");
    let range = step(&ground, "range", &[("EVENT", "pull_request"), ("BASE", &forge.base), ("HEAD", &forge.head)]);
    assert_eq!(range.outputs["history"], format!("{}..{}", forge.base, forge.head), "{}", range.said);
    assert!(range.said.contains("The commits of") && range.said.contains(": 43"), "{}", range.said);
    let scan = step(&ground, "scan", &[("SCAN_PATH", "."), ("SCAN_HISTORY", &range.outputs["history"])]);
    assert_eq!((scan.outputs["exit-code"].as_str(), scan.outputs["findings"].as_str()), ("1", "1"), "{}", scan.said);
    let lines = fs::read_to_string(&scan.outputs["report-file"]).expect("written");
    assert!(lines.contains("\"path\":\"new.py\"") && !lines.contains("main.py"), "{lines}");
    assert_eq!(scan.outputs["skipped"], "0", "{}", scan.said);
}

#[test]
fn a_pull_request_that_was_pushed_over_is_still_the_one_of_the_event() {
    let ground = Ground::new();
    let forge = forge(&ground);
    let origin = ground.existing("origin");
    origin.git(&["branch", "-q", "-D", "feature"]);
    origin.git(&["checkout", "-q", "--detach", "main"]);
    origin.commit_file("other.py", "other = 1\n", "pushed over");
    origin.git(&["update-ref", "refs/pull/1/merge", "HEAD"]);
    forge.check_out("refs/pull/1/merge");
    let range = step(&ground, "range", &[("EVENT", "pull_request"), ("BASE", &forge.base), ("HEAD", &forge.head)]);
    assert_eq!(range.outputs["history"], format!("{}..{}", forge.base, forge.head), "{}", range.said);
    // When the forge no longer has them, what is checked out is scanned, and that is told.
    let gone = "1".repeat(40);
    let range = step(&ground, "range", &[("EVENT", "pull_request"), ("BASE", &forge.base), ("HEAD", &gone)]);
    assert_eq!((range.outputs["history"].as_str(), range.outputs["partial"].as_str()), ("", "true"));
    assert!(range.said.contains("::warning title=keysweep::the commits of this event could not be fetched"), "{}", range.said);
}

#[test]
fn a_push_is_what_it_brought_where_the_rest_is_not_here() {
    let ground = Ground::new();
    let forge = forge(&ground);
    let at = |event: &str, before: &str| {
        let _ = fs::remove_dir_all(ground.at("work"));
        forge.check_out("refs/heads/feature");
        step(&ground, "range", &[("EVENT", event), ("BEFORE", before), ("AFTER", &forge.head), ("DEFAULT_BRANCH", "main")]).outputs
    };
    // A new branch, and one whose former commits are gone, bring what the default branch has not.
    for before in ["0".repeat(40), "1".repeat(40), forge.base.clone()] {
        assert_eq!(at("push", &before)["history"], format!("{}..{}", forge.base, forge.head), "{before}");
    }
    assert_eq!((at("schedule", "")["history"].as_str(), at("schedule", "")["partial"].as_str()), ("", "false"));
    // Where all is here, all is scanned: a log of a part would close the alerts of the rest.
    ground.existing("work").git(&["fetch", "-q", "--unshallow"]);
    let whole = step(&ground, "range", &[("EVENT", "push"), ("BEFORE", &forge.base), ("AFTER", &forge.head), ("DEFAULT_BRANCH", "main")]);
    assert_eq!((whole.outputs["history"].as_str(), whole.outputs["partial"].as_str()), ("", "false"));
}

#[test]
fn the_scan_tells_the_runner_and_nothing_in_the_repository_does() {
    let ground = Ground::new();
    let work = ground.repo("work");
    work.commit_file("a.py", format!("::error::gotcha\nkey = '{}'\n::add-mask::x\n", openai(3)), "a");
    let scan =
        step(&ground, "scan", &[("SCAN_PATH", "."), ("SCAN_CONFIDENCE", "low"), ("SCAN_ARGS", "--threads 1"), ("SCAN_FAIL_ON", "high")]);
    assert_eq!((scan.code, scan.outputs["exit-code"].as_str()), (Some(0), "1"), "{}", scan.said);
    assert!(scan.said.contains("::error file=a.py,line=2,endLine=2,col=8,"), "{}", scan.said);
    let (before, rest) = scan.said.split_once("::stop-commands::").expect("commands are stopped");
    let (token, text) = rest.split_once('\n').expect("a token");
    let (held, _) = text.split_once(&format!("::{token}::")).expect("and go on");
    assert!(held.contains("gotcha") && !before.contains("gotcha") && token.len() == 32);
    assert!(scan.summary.starts_with("# keysweep: 1 credential found"), "{}", scan.summary);
    for (name, value) in [("findings", "1"), ("new", "1"), ("shadow", "0"), ("skipped", "0")] {
        assert_eq!(scan.outputs[name], value, "{name}");
    }
    let sarif: Value = serde_json::from_slice(&fs::read(&scan.outputs["sarif-file"]).expect("written")).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(1));
    assert!(!scan.said.contains(&openai(3)) && !scan.summary.contains(&openai(3)));
    let quiet = step(&ground, "scan", &[("SCAN_ANNOTATIONS", "false"), ("SCAN_SUMMARY", "false"), ("SCAN_FAIL_ON", "never")]);
    assert!(quiet.summary.is_empty() && !quiet.said.contains("::error file"), "{}", quiet.said);
    let wrong = step(&ground, "scan", &[("SCAN_CONFIDENCE", "sure")]);
    assert_eq!((wrong.outputs["exit-code"].as_str(), wrong.outputs.contains_key("findings")), ("2", false));
}

#[test]
fn the_gate_ends_as_the_scan_did() {
    let ground = Ground::new();
    fs::create_dir_all(ground.at("work")).expect("made");
    for (code, told) in
        [("0", ""), ("1", "the gate fired: 2 credential(s)"), ("2", "could not run"), ("3", "not all could be read"), ("", "could not run")]
    {
        let gate = step(&ground, "gate", &[("CODE", code), ("FINDINGS", "2"), ("UPLOAD", "success")]);
        assert_eq!(gate.code, Some(code.parse().unwrap_or(2)));
        assert!(gate.said.contains(told) && (code != "0" || gate.said.is_empty()), "{}", gate.said);
    }
    assert!(step(&ground, "gate", &[("CODE", "0"), ("UPLOAD", "failure")]).said.contains("security-events: write"));
}

#[test]
fn a_binary_is_run_only_if_its_digest_is_the_one_that_is_pinned() {
    let ground = Ground::new();
    fs::create_dir_all(ground.at("work")).expect("made");
    let script = ground.write("served/keysweep", "#!/bin/sh\necho ran > ran\n");
    let url = format!("file://{}", script.display());
    let digest = |path: &std::path::Path| {
        let sum = Command::new("sha256sum").arg(path).output().expect("sha256sum").stdout;
        String::from_utf8_lossy(&sum).split(' ').next().expect("a digest").to_owned()
    };
    for (pinned, why) in [("", "needs binary-sha256"), (&"0".repeat(64), "not the one that is pinned")] {
        let refused = step(&ground, "install", &[("BINARY_URL", &url), ("BINARY_SHA256", pinned)]);
        assert!(refused.code == Some(1) && refused.said.contains(why), "{}", refused.said);
        assert!(!ground.at("work/ran").exists() && refused.path.is_empty());
    }
    let taken = step(&ground, "install", &[("BINARY_URL", &url), ("BINARY_SHA256", &digest(&script))]);
    assert_eq!((taken.code, taken.path.trim()), (Some(0), ground.at("runner/keysweep-bin").to_str().expect("UTF-8")), "{}", taken.said);
    assert!(ground.at("work/ran").exists());
    // An archive, as releases are.
    let tar = Command::new("tar").current_dir(ground.at("")).args(["-czf", "served/k.tar.gz", "served/keysweep"]).status();
    assert!(tar.expect("tar").success());
    fs::remove_file(ground.at("work/ran")).expect("there");
    let archive = ground.at("served/k.tar.gz");
    let url = format!("file://{}", archive.display());
    let taken = step(&ground, "install", &[("BINARY_URL", &url), ("BINARY_SHA256", &digest(&archive))]);
    assert!(taken.code == Some(0) && ground.at("work/ran").exists(), "{}", taken.said);
    // Without one, the keysweep on the path is taken.
    let there = step(&ground, "install", &[]);
    assert!(there.code == Some(0) && there.said.starts_with("keysweep ") && there.path.is_empty(), "{}", there.said);
}
