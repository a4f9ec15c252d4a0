//! Shards: parts of a sweep without a store, whose reports are merged and joined as one.

use super::{NOW, Sweep, leak};
use crate::support::{Ground, filler};
use serde_json::Value;
use std::fs;

#[test]
fn merged_shards_say_what_one_sweep_says() {
    let ground = Ground::new();
    for n in 0..7 {
        let repo = ground.repo(&format!("org/r{n}"));
        repo.commit_file("a.txt", filler(n, 20), "add");
        // The same value in several repositories, so that shards have to be joined.
        repo.commit_file("leak.py", leak(n % 3), "leak");
    }
    ground
        .write("inventory/register.csv", "identifier,identifier_type,name,provider,type,owner\nx-1,id,known,github,token,ada@acme.test\n");
    let whole = Sweep::of(&ground, "whole", "org").and(&["--inventory", "inventory"]).night();
    for part in 1..=3 {
        let run = ground.keysweep_with(
            &[
                "sweep",
                "--repos",
                "whole.txt",
                "--cache",
                "c",
                "--inventory",
                "inventory",
                "--shard",
                &format!("{part}/3"),
                "-f",
                "json",
                "-o",
                &format!("{part}.json"),
            ],
            &[],
            &[("KEYSWEEP_NOW", NOW)],
        );
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let text: String = (1..=3).map(|p| fs::read_to_string(ground.at(format!("{p}.json"))).unwrap()).collect();
    assert!((0..3).all(|n| !text.contains(&crate::support::github(n))), "a shard's report holds a secret");
    let run = ground.keysweep(&["report", "1.json", "2.json", "3.json", "--inventory", "inventory", "-f", "json", "-o", "merged.json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut merged: Value = serde_json::from_slice(&fs::read(ground.at("merged.json")).unwrap()).unwrap();
    merged["scan"]["stats"] = Value::Null;
    merged["trend"] = Value::Null;
    assert_eq!(merged, whole.said());
}

#[test]
fn reports_of_scans_are_merged_and_compared() {
    let ground = Ground::new();
    let (a, b) = (ground.repo("a"), ground.repo("b"));
    a.commit_file("x.py", leak(1), "leak");
    b.commit_file("y.py", format!("{}{}", leak(1), leak(2)), "leak");
    for name in ["a", "b"] {
        let run = ground.keysweep(&["scan", name, "-f", "json", "-o", &format!("{name}.json"), "-q"]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
    }
    let run = ground.keysweep(&["report", "a.json", "b.json", "-f", "json", "--fail-on", "any"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let merged: Value = serde_json::from_slice(&run.stdout).unwrap();
    let findings = merged["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2);
    assert_eq!(findings.iter().map(|f| f["locations"].as_array().unwrap().len()).sum::<usize>(), 3);
    let since = ground.keysweep(&["report", "b.json", "--since", "a.json"]);
    assert!(since.text().contains("1 identities then, 2 now: 1 new"), "{}{}", since.text(), since.stderr);
    let wrong = ground.keysweep(&["report", "a.json", "--inventory", "a.json"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("does not carry what joining needs"), "{}", wrong.stderr);
    ground.write("broken.json", "{\"schema_version\": \"7\"}");
    let wrong = ground.keysweep(&["report", "broken.json"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("broken.json"), "{}", wrong.stderr);
}
