//! Night after night: what changed is found and told, and what a sweep remembers changes nothing that it reports.

use super::{Sweep, leak};
use crate::support::generated::{generate, step};
use crate::support::{Ground, filler, github};
use proptest::prelude::*;
use std::fs;

/// Holds a sweep that remembers to one that has nothing to remember.
fn as_if_new(ground: &Ground, known: &super::Night, number: usize) {
    let fresh = Sweep::of(ground, &format!("fresh{number}"), "org").night();
    assert_eq!(known.said(), fresh.said(), "night {number}");
}

#[test]
fn what_cannot_be_read_whoever_tries_is_tried_again_once_the_files_are_others() {
    let ground = Ground::new();
    let a = ground.repo("org/a");
    a.commit_file("x.py", leak(1), "leak");
    a.commit_file("cut.zip", b"PK\x03\x04\x14\0\0\0\x08\0 cut off", "archive");
    a.commit_file("large.txt", [filler(7, 4000), leak(2)].concat(), "large");
    a.git(&["repack", "-adq"]);
    let sweep = Sweep::with(&ground, "s", &["--root", "org"]);
    let first = sweep.night();
    assert_eq!((first.outcomes("scanned"), first.found().len()), (1, 2), "{}", first.run.stderr);
    assert!(first.report["scan"]["skipped"].to_string().contains("directory cannot be read"), "{}", first.report["scan"]);
    let same = sweep.night();
    assert_eq!((same.outcomes("unchanged"), same.run.code), (1, Some(3)), "{}", same.run.stderr);
    assert_eq!(same.said(), first.said());

    // A pack is damaged, which no commit tells of, and mended again.
    let pack = fs::read_dir(a.root.join(".git/objects/pack"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.extension().unwrap() == "pack")
        .unwrap();
    let sound = fs::read(&pack).unwrap();
    let mut damaged = sound.clone();
    let middle = sound.len() / 2;
    damaged[middle..middle + 64].fill(0x55);
    a.commit_file("y.txt", "new", "so that it is looked at");
    let write = |bytes: &[u8]| {
        fs::remove_file(&pack).unwrap();
        fs::write(&pack, bytes).unwrap();
    };
    write(&damaged);
    let lossy = sweep.night();
    assert_eq!((lossy.outcomes("scanned"), lossy.found().len()), (1, 1), "{}", lossy.report["scan"]);
    assert_eq!(sweep.night().outcomes("unchanged"), 1, "the same bytes say the same");
    write(&sound);
    let mended = sweep.night();
    assert_eq!((mended.outcomes("scanned"), mended.found().len()), (1, 2), "{}", mended.report["scan"]);
}

#[test]
fn what_is_remembered_changes_nothing_that_is_reported() {
    let ground = Ground::new();
    let (a, b) = (ground.repo("org/a"), ground.repo("org/b"));
    for n in 0..30 {
        a.commit_file(&format!("src/{n}.txt"), filler(n, 40), "add");
    }
    a.commit_file("config.py", leak(1), "leak");
    a.commit_file(
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  x:\n    runs-on: y\n    steps:\n      - run: echo ${{ secrets.DEPLOY_KEY }}\n",
        "ci",
    );
    b.commit_file("b.txt", filler(99, 20), "add");
    let sweep = Sweep::of(&ground, "kept", "org");
    let first = sweep.night();
    assert_eq!((first.outcomes("scanned"), first.found().len(), first.run.code), (2, 1, Some(1)), "{}", first.run.stderr);
    as_if_new(&ground, &first, 1);

    let same = sweep.night();
    assert_eq!((same.outcomes("unchanged"), same.kinds(), same.run.code), (2, vec![], Some(0)), "{}", same.run.stderr);
    assert_eq!(same.said(), first.said());

    // A file that held nothing moves to where its structure speaks; one that spoke is gone; a second copy of the value.
    b.commit_file("c.txt", leak(1), "copy");
    a.commit_file(
        "docker-compose.yml",
        "services:\n  web:\n    image: x\n    environment:\n      AWS_ROLE_ARN: arn:aws:iam::123456789012:role/web\n",
        "compose",
    );
    a.commit_file("compose.txt", fs::read(a.root.join("docker-compose.yml")).unwrap(), "same text elsewhere");
    a.remove(".github/workflows/ci.yml");
    a.commit("no ci");
    as_if_new(&ground, &sweep.night(), 2);

    // A branch with a leak appears, is merged by nobody, and is deleted; history is rewritten; the repository is packed anew.
    a.git(&["checkout", "-q", "-b", "side"]);
    a.commit_file("side.py", leak(2), "leak");
    a.git(&["checkout", "-q", "main"]);
    let third = sweep.night();
    assert_eq!(third.found().len(), 2);
    as_if_new(&ground, &third, 3);
    a.git(&["branch", "-qD", "side"]);
    a.git(&["mv", "compose.txt", "docker-compose.override.yml"]);
    a.commit("moved to where it speaks");
    let fourth = sweep.night();
    assert_eq!((fourth.found().len(), fourth.kinds().iter().filter(|k| k.0 == "gone").count()), (1, 1), "{:?}", fourth.changes);
    as_if_new(&ground, &fourth, 4);
    a.git(&["reset", "-q", "--hard", "HEAD~3"]);
    a.commit_file("other.txt", leak(3), "rewritten");
    a.pack();
    as_if_new(&ground, &sweep.night(), 5);

    // The mirror is lost, and everything is read again.
    fs::remove_dir_all(ground.at("kept-cache")).unwrap();
    b.commit_file("d.txt", filler(3, 3), "more");
    as_if_new(&ground, &sweep.night(), 6);

    // Another branch is the one that is checked out.
    b.git(&["checkout", "-q", "-b", "dev"]);
    b.remove("c.txt");
    b.commit_file("e.txt", filler(4, 3), "on dev");
    as_if_new(&ground, &sweep.night(), 7);
}

#[test]
fn only_what_is_new_is_read() {
    let ground = Ground::new();
    let a = ground.repo("org/a");
    for n in 0..60 {
        a.commit_file(&format!("{n}.txt"), filler(n, 400), "add");
    }
    let sweep = Sweep::of(&ground, "s", "org");
    sweep.night();
    let all = sweep.status()["progress"]["bytes"].as_i64().unwrap();
    a.commit_file("new.txt", filler(1000, 10), "new");
    assert_eq!(sweep.night().outcomes("scanned"), 1);
    let new = sweep.status()["progress"]["bytes"].as_i64().unwrap();
    assert!(new * 50 < all && new > 0, "{new} of {all} bytes were read again");
}

#[test]
fn changes_are_told_in_words_and_by_the_exit_code() {
    let ground = Ground::new();
    let a = ground.repo("org/a");
    a.commit_file("x.py", leak(1), "leak");
    let sweep = Sweep::of(&ground, "s", "org");
    assert_eq!(sweep.night().run.code, Some(1));
    a.commit_file("y.py", leak(2), "leak");
    let second = sweep.night();
    assert_eq!((second.run.code, second.kinds()), (Some(1), vec![("new".to_owned(), 1)]));
    assert!(second.run.text().contains("2 now: 1 new, 0 gone"), "{}", second.run.text());
    let mirror = fs::read_dir(ground.at("s-cache")).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir()).expect("a mirror");
    let memory = mirror.join("keysweep-memory");
    assert!(memory.exists());
    // Nothing of a secret is in what is told or kept.
    for secret in [github(1), github(2)] {
        let kept = ground.at("s.db");
        for file in [kept.clone(), kept.with_extension("db-wal"), ground.at("night.json"), ground.at("changes.jsonl"), memory.clone()] {
            let bytes = fs::read(&file).unwrap_or_default();
            assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "{} holds a secret", file.display());
        }
    }
    for private in [ground.at("s.db"), memory] {
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(private).unwrap()) & 0o777, 0o600);
    }
}

#[test]
fn changes_that_were_not_told_are_told_by_the_next_sweep() {
    let ground = Ground::new();
    let a = ground.repo("org/a");
    a.commit_file("x.py", leak(1), "leak");
    let sweep = Sweep::of(&ground, "s", "org");
    sweep.night();
    a.commit_file("y.py", leak(2), "leak");
    let mut command = sweep.command("sweep");
    command.args(["-f", "json", "-o", "nowhere/report.json"]);
    assert_eq!(crate::support::run(command, &[], super::LIMIT).code, Some(2));
    let night = sweep.night();
    assert_eq!((night.kinds(), night.run.code), (vec![("new".to_owned(), 1)], Some(1)));
    assert_eq!(sweep.night().kinds(), vec![]);
}

#[test]
fn clones_in_a_folder_are_read_where_they_are() {
    let ground = Ground::new();
    ground.repo("root/team/a").commit_file("x.py", leak(1), "leak");
    ground.repo("root/b").commit_file("y.py", leak(2), "leak");
    let sweep = Sweep::with(&ground, "s", &["--root", "root"]);
    let first = sweep.night();
    assert_eq!((first.outcomes("scanned"), first.found().len()), (2, 2), "{}", first.run.stderr);
    let repos: Vec<&str> =
        first.report["findings"].as_array().unwrap().iter().map(|f| f["locations"][0]["repo"].as_str().unwrap()).collect();
    assert!(repos.contains(&"team/a") && repos.contains(&"b"), "{repos:?}");
    assert_eq!(sweep.night().outcomes("unchanged"), 2);
}

#[test]
fn forks_share_objects_and_are_removed_with_what_they_are_forks_of() {
    let ground = Ground::new();
    let a = ground.repo("org/a");
    // Noise, so that a pack of it is as large as it is.
    a.commit_file("large.bin", (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect::<Vec<u8>>(), "large");
    ground.clone_of(&a, "org/fork", &[]);
    let server = super::server::Server::of(&ground, "org");
    let sweep = Sweep::with(&ground, "s", &["--org", &format!("gitlab:{}/org", server.address()), "-w", "1"]);
    assert_eq!(sweep.night().outcomes("scanned"), 2);
    let size = |part: &str| {
        let mirror = fs::read_dir(ground.at("s-cache"))
            .unwrap()
            .map(|e| e.unwrap().path())
            .find(|p| p.to_string_lossy().contains(part))
            .expect("a mirror");
        let packs = fs::read_dir(mirror.join("objects/pack")).into_iter().flatten();
        packs.map(|e| e.unwrap().metadata().unwrap().len()).sum::<u64>()
    };
    assert!(size("org-a-") > 100_000 && size("org-fork-") < 10_000, "{} and {}", size("org-a-"), size("org-fork-"));
    // Nothing of it is lost to the scan.
    assert_eq!(sweep.night().report["scan"]["skipped"], serde_json::json!([]));
    let shrunk = sweep.and(&["--max-cache", "1KB"]).night();
    assert_eq!(shrunk.outcomes("unchanged"), 2, "{}", shrunk.run.stderr);
    assert!(shrunk.run.stderr.contains("mirrors that were not used for longest were removed"), "{}", shrunk.run.stderr);
}

#[test]
fn the_report_of_the_last_sweep_is_written_anew_from_the_store() {
    let ground = Ground::new();
    ground.repo("org/a").commit_file("x.py", leak(1), "leak");
    let sweep = Sweep::of(&ground, "s", "org");
    let night = sweep.night();
    let again = ground.keysweep(&["report", "--store", "s.db", "-f", "json", "-o", "again.json"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let read: serde_json::Value = serde_json::from_slice(&fs::read(ground.at("again.json")).unwrap()).unwrap();
    assert_eq!(read, night.report);
    for format in ["text", "sarif", "html", "jsonl", "csv", "markdown", "gitlab", "junit"] {
        let run = ground.keysweep(&["report", "--store", "s.db", "-f", format]);
        assert_eq!((run.code, run.text().contains("x.py")), (Some(0), true), "{format}: {}", run.stderr);
    }
    let metrics = ground.keysweep(&["sweep", "status", "--store", "s.db", "--prometheus"]).text();
    assert!(metrics.contains("keysweep_sweep_repositories{state=\"scanned\"} 1\n"), "{metrics}");
    assert!(metrics.contains("keysweep_found{measure=\"findings\"} 1\n"), "{metrics}");
    assert!(metrics.contains("keysweep_sweep_number 1\n"), "{metrics}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, max_shrink_iters: 20, ..ProptestConfig::default() })]

    /// Histories grow, are rewritten, packed anew and emptied of what no ref reaches.
    #[test]
    fn whatever_happens_between_nights_a_sweep_that_remembers_says_what_one_that_does_not_says(
        steps in prop::collection::vec(step(), 6..20),
        ends in prop::collection::vec((1..20_usize, 0..4_usize), 3..6),
    ) {
        let ground = Ground::new();
        let repo = ground.repo("org/a");
        let kept = Sweep::with(&ground, "kept", &["--root", "org"]);
        for (night, (end, upkeep)) in ends.into_iter().enumerate() {
            let done = repo.git_with(&["fast-import", "--quiet", "--force"], &generate(&steps[..end.min(steps.len())]).stream);
            prop_assert_eq!(done.code, Some(0), "{}", done.stderr);
            match upkeep {
                0 => drop(repo.git(&["repack", "-adfq", "--depth=50", "--window=50"])),
                1 => drop(repo.git(&["-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now"])),
                _ => {}
            }
            let fresh = Sweep::with(&ground, &format!("fresh{night}"), &["--root", "org"]).night();
            prop_assert_eq!(kept.night().said(), fresh.said(), "night {}", night);
        }
    }
}
