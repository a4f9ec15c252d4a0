//! Workers that are killed: nothing is lost, nothing is doubled, and the sweep is finished in the end.

use super::{NOW, Night, Sweep, leak};
use crate::support::{Ground, Numbers, filler};
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

/// How often a worker is killed.
const KILLS: usize = 50;

#[test]
fn workers_killed_at_any_moment_lose_nothing_and_double_nothing() {
    let ground = Ground::new();
    for n in 0..12 {
        let repo = ground.repo(&format!("org/r{n}"));
        for file in 0..8 {
            repo.commit_file(&format!("{file}.txt"), filler(n * 100 + file, 300), "add");
        }
        repo.commit_file("leak.py", leak(n), "leak");
    }
    let quiet = Sweep::of(&ground, "quiet", "org").night();
    let sweep = Sweep::of(&ground, "killed", "org").and(&["--attempts", "1000", "-w", "2"]);
    let ended = killed(&sweep, KILLS, 7);
    assert_eq!(ended.said(), quiet.said());
    let progress = &sweep.status()["progress"];
    let done = progress["scanned"].as_i64().unwrap() + progress["unchanged"].as_i64().unwrap();
    assert_eq!((&progress["targets"], done), (&12.into(), 12), "{progress}");
    // What was written is what one sweep writes: another finds nothing new.
    let next = sweep.night();
    assert_eq!((next.kinds(), next.outcomes("unchanged")), (vec![], 12));
}

/// Kills the sweep so often, at random moments, and lets it end then. Where it ends before, the next night begins.
pub(super) fn killed(sweep: &Sweep<'_>, kills: usize, seed: u64) -> Night {
    let (mut numbers, mut done) = (Numbers::new(seed), 0);
    while done < kills {
        let mut command = sweep.command("sweep");
        command.env("KEYSWEEP_NOW", NOW).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(10 + numbers.below(900) as u64));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            done += 1;
        }
        child.wait().unwrap();
    }
    sweep.night()
}

#[test]
fn a_repository_that_ends_its_worker_each_time_is_given_up_and_named() {
    let ground = Ground::new();
    ground.repo("org/good").commit_file("leak.py", leak(1), "leak");
    ground.repo("org/bad").commit_file("leak.py", leak(2), "leak");
    // A git that ends who started it, as running out of memory would, where it is asked for the bad one.
    let git = ground.write("bin/git", "#!/bin/sh\ncase \"$*\" in *fetch*org/bad*) kill -KILL $PPID;; *) exec /usr/bin/git \"$@\";; esac\n");
    fs::set_permissions(&git, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let sweep = Sweep::of(&ground, "s", "org").and(&["--attempts", "2", "-w", "1"]);
    let path = format!("{}:/usr/bin:/bin", ground.at("bin").display());
    let mut ended = Vec::new();
    for _ in 0..5 {
        let mut command = sweep.command("sweep");
        command.args(["-f", "json", "-o", "night.json"]).env("KEYSWEEP_NOW", NOW).env("PATH", &path);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        ended.push(status.code());
        if status.code().is_some() {
            break;
        }
    }
    assert_eq!(ended, [None, None, Some(1)]);
    let status = sweep.status();
    assert_eq!((&status["progress"]["poison"], &status["progress"]["scanned"]), (&1.into(), &1.into()));
    assert!(status["troubles"][0]["why"].as_str().unwrap().contains("2 attempts ended with the worker"), "{status}");
    // The next night tries again.
    let next = sweep.night();
    assert_eq!((next.found().len(), next.outcomes("scanned")), (2, 1), "{}", next.run.stderr);
}

#[test]
fn two_workers_share_a_sweep_and_a_stopped_one_ends_what_it_began() {
    let ground = Ground::new();
    for n in 0..10 {
        let repo = ground.repo(&format!("org/r{n}"));
        repo.commit_file("a.txt", filler(n, 500), "add");
        repo.commit_file("leak.py", leak(n), "leak");
    }
    let alone = Sweep::of(&ground, "alone", "org").night();
    let sweep = Sweep::of(&ground, "s", "org");
    let mut workers: Vec<_> = (0..2)
        .map(|n| {
            let mut command = ground.command();
            command.args(["worker", "--store", "s.db", "--cache", &format!("w{n}"), "--heartbeat", "1", "-w", "1", "--log", "json"]);
            command.env("KEYSWEEP_NOW", NOW).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let night = sweep.and(&["--no-work"]).night();
    assert_eq!(night.said(), alone.said());
    let mut done = 0;
    for worker in &mut workers {
        let stopped = std::process::Command::new("kill").arg(worker.id().to_string()).status().unwrap();
        assert!(stopped.success());
    }
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        done += String::from_utf8_lossy(&output.stderr).lines().filter(|l| l.contains("\"repository\"")).count();
    }
    assert_eq!(done, 10);
}

#[test]
fn a_store_may_be_made_by_many_at_once() {
    let ground = Ground::new();
    ground.repo("org/a").commit_file("leak.py", leak(1), "leak");
    let sweep = Sweep::of(&ground, "s", "org");
    let worker = |n: usize| {
        let mut command = ground.command();
        command
            .args(["worker", "--store", "s.db", "--cache", &format!("w{n}"), "--once"])
            .env("KEYSWEEP_NOW", NOW)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let workers: Vec<_> = (0..5).map(worker).collect();
    let night = sweep.night();
    for mut worker in workers {
        assert_eq!(worker.wait().unwrap().code(), Some(0));
    }
    assert_eq!((night.found().len(), night.run.code), (1, Some(1)), "{}", night.run.stderr);
}

#[test]
fn a_worker_with_other_detectors_says_so_and_does_nothing() {
    let ground = Ground::new();
    ground.repo("org/a").commit_file("leak.py", leak(1), "leak");
    ground.write("other.toml", "[scan]\nmax_file_size = \"1MB\"\n");
    let sweep = Sweep::of(&ground, "s", "org").and(&["--no-work"]);
    let mut command = sweep.command("sweep");
    let mut waiting = command.env("KEYSWEEP_NOW", NOW).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let begun = || {
        std::thread::sleep(Duration::from_millis(100));
        let status = ground.keysweep(&["sweep", "status", "--json", "--store", "s.db"]);
        serde_json::from_slice(&status.stdout).is_ok_and(|s: Value| s["progress"]["targets"] == 1)
    };
    assert!((0..300).any(|_| begun()), "the sweep was not begun");
    let worker = ground.keysweep_with(
        &["worker", "--store", "s.db", "--cache", "w", "--heartbeat", "1", "--config", "other.toml"],
        &[],
        &[("KEYSWEEP_NOW", NOW)],
    );
    let _ = waiting.kill();
    waiting.wait().unwrap();
    assert_eq!(worker.code, Some(2), "{}", worker.stderr);
    assert!(worker.stderr.contains("looks for other things than this worker"), "{}", worker.stderr);
}
