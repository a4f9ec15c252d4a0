//! The templates for pipelines: their scripts, run with the variables that each service sets.

use crate::support::{Ground, github, openai};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ci").join(name)).expect(name)
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&file(name)).expect(name)
}

/// A clone with a secret on its main branch and another on the branch that is checked out, and what a script makes of it.
struct Job {
    ground: Ground,
    base: String,
}

impl Job {
    fn new() -> Self {
        let ground = Ground::new();
        let origin = ground.repo("origin");
        origin.commit_file("old.py", format!("old = '{}'\n", github(1)), "main");
        let base = origin.head();
        let clone = ground.clone_of(&origin, "work", &[]);
        clone.commit_file("new.py", format!("new = '{}'\n", openai(2)), "change");
        fs::create_dir_all(ground.at("bin")).expect("made");
        std::os::unix::fs::symlink(ground.command().get_program(), ground.at("bin/keysweep")).expect("a link");
        Self { ground, base }
    }

    /// Exit code of a script, and what it said.
    fn run(&self, shell: &str, script: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut run = Command::new(shell);
        run.args(["-e", "-c", script]).current_dir(self.ground.at("work")).env_clear();
        run.env("PATH", format!("{}:/usr/bin:/bin", self.ground.at("bin").display())).env("HOME", self.ground.at("home"));
        run.env("GIT_CONFIG_NOSYSTEM", "1").envs(variables.iter().copied());
        let done = crate::support::run(run, b"", crate::support::LIMIT);
        (done.code, done.text() + &done.stderr)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.ground.at(path)).expect(path)
    }
}

#[test]
fn gitlab() {
    let job = Job::new();
    let template = yaml("gitlab.yml");
    let script = template["keysweep"]["script"][0].as_str().expect("a script");
    let reports = &template["keysweep"]["artifacts"]["reports"];
    let commit = job.ground.existing("work").head();
    let merge = [("CI_MERGE_REQUEST_DIFF_BASE_SHA", job.base.as_str()), ("CI_COMMIT_SHA", &commit), ("KEYSWEEP_ARGS", "--confidence low")];
    for (variables, found) in [(&merge[..], 1), (&[("CI_COMMIT_SHA", commit.as_str())][..], 2)] {
        let (code, said) = job.run("sh", script, variables);
        assert_eq!(code, Some(1), "{said}");
        let report: Value =
            serde_json::from_str(&job.read(&format!("work/{}", reports["secret_detection"].as_str().expect("a name")))).expect("JSON");
        assert_eq!(report["vulnerabilities"].as_array().map(Vec::len), Some(found), "{said}");
        assert!(job.read(&format!("work/{}", reports["junit"].as_str().expect("a name"))).contains(&format!("failures=\"{found}\"")));
        assert!(
            job.read(&format!("work/{}", template["keysweep"]["artifacts"]["paths"][0].as_str().expect("a path")))
                .contains("<!doctype html>")
        );
    }
}

#[test]
fn azure() {
    let job = Job::new();
    let template = yaml("azure-pipelines.yml");
    let script = template["steps"][0]["bash"].as_str().expect("a script");
    let (staging, temp) = (job.ground.at("staging"), job.ground.at("temp"));
    fs::create_dir_all(&temp).expect("made");
    let own = [
        ("BUILD_ARTIFACTSTAGINGDIRECTORY", staging.to_str().expect("UTF-8")),
        ("AGENT_TEMPDIRECTORY", temp.to_str().expect("UTF-8")),
        ("KEYSWEEP_ARGS", ""),
    ];
    for (target, found) in [(Some("refs/heads/main"), 1), (Some("main"), 1), (None, 2)] {
        let pull = target.map(|t| ("SYSTEM_PULLREQUEST_TARGETBRANCH", t));
        // The agent runs bash without -e.
        let (code, said) = job.run("bash", &format!("set +e\n{script}"), &[&own[..], &Vec::from_iter(pull)].concat());
        assert_eq!(code, Some(1), "{said}");
        let log: Value = serde_json::from_str(&job.read("staging/keysweep/keysweep.sarif")).expect("JSON");
        assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(found), "{said}");
        assert!(said.contains("##vso[task.uploadsummary]") && job.read("temp/keysweep.junit.xml").contains("<testsuite"));
    }
}

#[test]
fn jenkins() {
    let job = Job::new();
    let text = file("Jenkinsfile");
    let script = text.split("'''").nth(1).expect("a script");
    for (target, found) in [(Some("main"), 1), (None, 2)] {
        let change: Vec<(&str, &str)> = target.map(|t| ("CHANGE_TARGET", t)).into_iter().collect();
        let (code, said) = job.run("sh", script, &change);
        assert_eq!(code, Some(1), "{said}");
        let log: Value = serde_json::from_str(&job.read("work/keysweep.sarif")).expect("JSON");
        assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(found), "{said}");
        for (step, made) in [
            ("junit testResults: '", "keysweep.junit.xml"),
            ("sarif(pattern: '", "keysweep.sarif"),
            ("archiveArtifacts artifacts: '", "keysweep.html"),
        ] {
            assert!(text.contains(&format!("{step}{made}'")) && job.ground.at(format!("work/{made}")).exists(), "{made}");
        }
    }
}

/// Manifests for sweeps run on services that are not here; that what they type can be typed is seen without them.
#[test]
fn manifests_of_sweeps_type_what_there_is() {
    let ground = Ground::new();
    let help: String = ["sweep", "worker", "report"].iter().map(|verb| ground.keysweep(&[verb, "--help"]).text()).collect();
    let known: Vec<&str> = help.split(|c: char| c.is_whitespace() || ",[".contains(c)).filter(|w| w.starts_with("--")).collect();
    for name in
        ["github-nightly.yml", "../deploy/kubernetes/sweep.yaml", "../deploy/kubernetes/shards.yaml", "../deploy/systemd/keysweep.service"]
    {
        let text = file(name);
        let own = text.lines().filter(|l| !l.trim_start().starts_with('#') && !l.contains("cargo install"));
        let typed =
            own.flat_map(|l| l.split(|c: char| c.is_whitespace() || ",[]=\"".contains(c))).filter(|w| w.starts_with("--") && w.len() > 3);
        let mut options = 0;
        for option in typed {
            options += 1;
            assert!(known.contains(&option), "{name}: there is no {option}");
        }
        assert!(options >= 5, "{name}: {options} options were found");
        if !name.ends_with(".service") {
            for document in text.split("\n---\n") {
                let value: Value = serde_saphyr::from_str(document).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert!(value["kind"].is_string() || value["jobs"].is_object(), "{name}");
            }
        }
    }
}
