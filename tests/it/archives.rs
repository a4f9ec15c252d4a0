//! Values inside of archives: in working trees, in history, on standard input, nested.

use crate::support::{Ground, Run, aws, filler, github, gzip, openai, tar, zip};
use serde_json::Value;

fn json(run: &Run) -> Value {
    serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stderr))
}

#[test]
fn members_are_named_behind_an_exclamation_mark() {
    let ground = Ground::new();
    let tokens: Vec<String> = (1..8).map(github).collect();
    let text = |n: usize| format!("{}k={}\n", filler(n as u64, 5), tokens[n]);
    ground.write("tree/a.zip", zip(&[("x/empty.txt", b""), ("x/b.txt", text(0).as_bytes())]));
    ground.write("tree/lib/app.jar", zip(&[("META-INF/MANIFEST.MF", b"v\n"), ("conf.properties", text(1).as_bytes())]));
    ground.write("tree/a.tar", tar(&[("dir/c.txt", text(2).as_bytes())]));
    ground.write("tree/a.tar.gz", gzip(&tar(&[("dir/d.txt", text(3).as_bytes())])));
    ground.write("tree/a.tgz", gzip(&tar(&[("e.txt", text(4).as_bytes())])));
    ground.write("tree/log.txt.gz", gzip(text(5).as_bytes()));
    ground.write("tree/outer.zip", zip(&[("in/inner.zip", &zip(&[("f.txt", text(6).as_bytes())]))]));
    let report = ground.scan(ground.at("tree"));
    report.assert_complete();
    let expected =
        ["a.zip!x/b.txt", "lib/app.jar!conf.properties", "", "a.tar.gz!dir/d.txt", "a.tgz!e.txt", "", "outer.zip!in/inner.zip!f.txt"];
    for (token, path) in tokens.iter().zip(expected) {
        if path.is_empty() {
            continue; // held by the tests below
        }
        let location = report.location(token);
        assert_eq!(location["path"], path);
        assert_eq!((&location["line"], &location["column"]), (&6.into(), &3.into()), "{path}");
    }
    let location = report.location(&tokens[5]);
    assert!(location["path"].as_str().expect("a path").starts_with("log.txt.gz"), "{location}");
    assert_eq!((&location["line"], &location["column"]), (&6.into(), &3.into()));
}

#[test]
fn what_an_archive_holds_uncompressed_is_placed_in_its_member() {
    let ground = Ground::new();
    let token = github(21);
    ground.write(
        "tree/a.tar",
        tar(&[("dir/first.txt", filler(1, 9).as_bytes()), ("dir/c.txt", format!("{}k={token}\n", filler(2, 5)).as_bytes())]),
    );
    let report = ground.scan(ground.at("tree"));
    let location = report.location(&token);
    assert_eq!(location["path"], "a.tar!dir/c.txt");
    assert_eq!((&location["line"], &location["column"]), (&6.into(), &3.into()));
}

#[test]
fn a_value_beside_and_inside_an_archive_is_one_finding() {
    let ground = Ground::new();
    let token = aws(10);
    ground.write("tree/a.txt", format!("{token}\n"));
    ground.write("tree/a.zip", zip(&[("a.txt", format!("x\n{token}\n").as_bytes()), ("b.txt", format!("{token}\n").as_bytes())]));
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.findings().len(), 1);
    assert_eq!(report.paths(&token), ["a.txt", "a.zip!a.txt", "a.zip!b.txt"]);
    assert_eq!(report.location_at(&token, "a.zip!a.txt")["line"], 2);
}

#[test]
fn archives_in_history_live_and_end_as_files_do() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (old, new) = (github(11), github(12));
    let archive = |token: &str| zip(&[("conf/app.env", format!("a\nT={token}\n").as_bytes())]);
    let first = repo.commit_file("dist/app.zip", archive(&old), "1");
    let second = repo.commit_file("dist/app.zip", archive(&new), "2");
    for packed in [false, true] {
        if packed {
            repo.pack();
        }
        let report = repo.scan();
        let location = report.location_at(&old, "dist/app.zip!conf/app.env");
        assert_eq!(
            (&location["commit"], &location["removed_in"], &location["line"]),
            (&first.clone().into(), &second.clone().into(), &2.into())
        );
        assert_eq!(report.location(&new)["in_head"], true);
        assert_eq!(report.location(&new)["commit"], second);
    }
}

#[test]
fn a_member_that_was_in_another_archive_has_places_of_its_own() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(13);
    let values = format!("# values\n\nT={token}\n");
    let chart = |version: &str| gzip(&tar(&[("c/Chart.yaml", version.as_bytes()), ("c/values.env", values.as_bytes())]));
    repo.commit_file("c-1.tgz", chart("version: 1\n"), "1");
    let second = repo.commit_file("c-2.tgz", chart("version: 2\n"), "2");
    let third = repo.commit_file("moved.zip", zip(&[("other.env", values.as_bytes())]), "3");
    let report = repo.scan();
    assert_eq!(report.findings().len(), 1);
    assert_eq!(report.paths(&token), ["c-1.tgz!c/values.env", "c-2.tgz!c/values.env", "moved.zip!other.env"]);
    for (path, commit) in [("c-2.tgz!c/values.env", second), ("moved.zip!other.env", third)] {
        let location = report.location_at(&token, path);
        assert_eq!((&location["commit"], &location["line"], &location["column"]), (&commit.into(), &3.into(), &3.into()));
    }
}

#[test]
fn deeper_than_allowed_is_said() {
    let ground = Ground::new();
    let (near, far) = (github(13), openai(14));
    let mut archive = zip(&[("far.txt", far.as_bytes())]);
    for n in 0..6 {
        archive = zip(&[("near.txt", near.as_bytes()), (&format!("level{n}.zip"), &archive)]);
    }
    ground.write("tree/deep.zip", archive);
    let report = ground.scan(ground.at("tree"));
    report.finding(&near);
    assert!(report.find(&far).is_none());
    report.assert_skipped("deep.zip");
    ground.write("tree/keysweep.toml", "[scan]\nmax_archive_depth = 8\n");
    let report = ground.scan(ground.at("tree"));
    report.finding(&far);
    report.assert_complete();
}

#[test]
fn encrypted_members_and_unknown_methods_are_said() {
    let ground = Ground::new();
    let mut archive = zip(&[("locked.txt", filler(1, 50).as_bytes()), ("open.txt", github(15).as_bytes())]);
    // The flag of encryption, in the member's header and in the directory.
    let directory = archive.windows(4).position(|w| w == b"PK\x01\x02").expect("a directory");
    archive[6] |= 1;
    archive[directory + 8] |= 1;
    ground.write("tree/a.zip", archive);
    let report = ground.scan(ground.at("tree"));
    report.assert_skipped("locked.txt");
    report.finding(&github(15));
}

#[test]
fn member_names_that_climb_are_only_names() {
    let ground = Ground::new();
    ground.write("tree/a.zip", zip(&[("../../../../tmp/keysweep-escaped", github(16).as_bytes())]));
    let report = ground.scan(ground.at("tree"));
    let path = report.location(&github(16))["path"].as_str().expect("a path");
    assert!(path.starts_with("a.zip!"), "{path}");
    assert!(!std::path::Path::new("/tmp/keysweep-escaped").exists());
}

#[test]
fn an_archive_on_standard_input_and_as_a_target() {
    let ground = Ground::new();
    let token = github(17);
    let archive = gzip(&tar(&[("a/b.txt", format!("x\n{token}\n").as_bytes())]));
    let run = ground.keysweep_with(&["scan", "-f", "json", "-"], &archive, &[]);
    assert_eq!(json(&run)["findings"][0]["locations"][0]["path"], "stdin!a/b.txt");
    ground.write("a.tar.gz", &archive);
    let report = ground.scan("a.tar.gz");
    assert_eq!(report.location(&token)["path"], "a.tar.gz!a/b.txt");
}

#[test]
fn zstandard_is_read() {
    let ground = Ground::new();
    let token = github(18);
    let plain = ground.write("plain.txt", format!("{}{token}\n", filler(1, 20)));
    let out = ground.at("tree/plain.txt.zst");
    std::fs::create_dir(ground.at("tree")).expect("a folder");
    let made = std::process::Command::new("zstd").args(["-q", "-o"]).arg(&out).arg(&plain).status();
    if !made.is_ok_and(|s| s.success()) {
        return; // no zstd here
    }
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.location(&token)["line"], 21);
}

#[test]
fn a_text_that_only_begins_like_an_archive_is_text() {
    let ground = Ground::new();
    let token = github(19);
    ground.write("tree/a.txt", format!("PK\u{3}\u{4} is how zip files begin\n{token}\n"));
    ground.write("tree/b.txt", [b"\x1f\x8b\x08 nothing", format!("\n{}\n", github(20)).as_bytes()].concat());
    let report = ground.scan(ground.at("tree"));
    report.finding(&token);
    report.finding(&github(20));
}

#[test]
fn a_plan_of_terraform_names_what_it_makes_and_a_key_in_it_is_one_identity() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let key = aws(31);
    let state = format!(
        "{{\"version\": 4, \"terraform_version\": \"1.9.0\", \"resources\": [{{\"mode\": \"managed\", \"type\": \"aws_iam_access_key\", \"name\": \"ci\",\n\"instances\": [{{\"attributes\": {{\"id\": \"{key}\"}}}}]}}]}}\n"
    );
    let config = "resource \"aws_iam_user\" \"ci\" {\n  name = \"ci-deploy\"\n}\n";
    repo.write("out.tfplan", zip(&[("tfplan", b"\x08\x03"), ("tfstate", state.as_bytes()), ("tfconfig/m-/main.tf", config.as_bytes())]));
    repo.commit("Plan");
    for history in ["full", "none"] {
        let report = ground.scan_with(&[&ground.at("r")], &["--history", history]);
        let identities = report.json["identities"].as_array().expect("identities");
        let told: Vec<(&str, &str, String)> = identities
            .iter()
            .map(|i| {
                let place = &i["declared_in"][0];
                let text = |f: &'static str| i[f].as_str().unwrap_or_default();
                (text("kind"), text("principal"), format!("{}:{}", place["path"].as_str().unwrap_or_default(), place["line"]))
            })
            .collect();
        let expected = [
            ("access_key", key.as_str(), "out.tfplan!tfstate:2".to_owned()),
            ("user", "ci-deploy", "out.tfplan!tfconfig/m-/main.tf:1".to_owned()),
        ];
        assert_eq!(told, expected, "{history}");
        assert_eq!(identities[0]["credentials"].as_array().map(Vec::len), Some(1));
    }
}
