//! The command line: exit codes, outputs, targets, and that no output shows a value.

mod secrecy;

use crate::support::{Ground, Run, aws, filler, github, openai};
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(bytes)))
}

/// A folder with one value in it.
fn one_value(ground: &Ground, number: u64) -> String {
    let token = github(number);
    ground.write("tree/a.txt", format!("t = {token}\n"));
    token
}

#[test]
fn exit_codes_tell_what_happened() {
    let ground = Ground::new();
    one_value(&ground, 1);
    ground.write("clean/a.txt", "nothing\n");
    ground.write("partial/a.txt", "nothing\n");
    std::os::unix::fs::symlink("/nowhere", ground.at("partial/link")).expect("a link");
    ground.write("both/a.txt", github(2));
    std::os::unix::fs::symlink("/nowhere", ground.at("both/link")).expect("a link");
    let code = |args: &[&str]| ground.keysweep(args).code;
    assert_eq!(code(&["scan", "clean"]), Some(0));
    assert_eq!(code(&["scan", "tree"]), Some(1));
    assert_eq!(code(&["scan", "partial"]), Some(3));
    assert_eq!(code(&["scan", "both"]), Some(1), "the gate goes before what was skipped");
    assert_eq!(code(&["scan", "--fail-on", "never", "both"]), Some(3));
    assert_eq!(code(&["scan", "--fail-on", "never", "tree"]), Some(0));
    for wrong in [
        &["scan", "--no-such-option"][..],
        &["no-such-command"],
        &["scan", "--history", "some"],
        &["scan", "-f", "klingon", "tree"],
        &["scan", "absent"],
        &[],
    ] {
        let run = ground.keysweep(wrong);
        assert_eq!(run.code, Some(2), "{wrong:?}");
        assert!(!run.stderr.is_empty(), "{wrong:?}");
    }
    for right in [&["--help"][..], &["--version"], &["scan", "--help"], &["completions", "bash"], &["man"]] {
        let run = ground.keysweep(right);
        assert_eq!(run.code, Some(0), "{right:?}: {}", run.stderr);
        assert!(!run.stdout.is_empty(), "{right:?}");
    }
}

#[test]
fn standard_input_is_a_target() {
    let ground = Ground::new();
    let token = openai(3);
    let run = ground.keysweep_with(&["scan", "-f", "json", "-"], format!("one\nkey={token}\n").as_bytes(), &[]);
    let report = json(&run.stdout);
    assert_eq!(run.code, Some(1));
    let location = &report["findings"][0]["locations"][0];
    assert_eq!((&location["path"], &location["line"], &location["column"]), (&"stdin".into(), &2.into(), &5.into()));
    assert!(location["repo"].is_null() && location["commit"].is_null());
    let empty = ground.keysweep_with(&["scan", "-"], b"", &[]);
    assert_eq!(empty.code, Some(0));
}

#[test]
fn several_targets_are_one_report() {
    let ground = Ground::new();
    let shared = github(4);
    ground.write("one/a.txt", format!("{shared}\n{}\n", github(5)));
    ground.repo("two").commit_file("b.txt", format!("{shared}\n"), "root");
    ground.write("c.txt", github(6));
    let run = ground.keysweep_with(&["scan", "-f", "json", "one", "two", "c.txt", "-"], github(7).as_bytes(), &[]);
    let report = json(&run.stdout);
    assert_eq!(report["scan"]["targets"], serde_json::json!(["one", "two", "c.txt", "-"]));
    assert_eq!(report["findings"].as_array().expect("findings").len(), 4);
    let all =
        report["findings"].as_array().expect("findings").iter().filter(|f| f["locations"].as_array().is_some_and(|l| l.len() == 2)).count();
    assert_eq!(all, 1, "the shared value has both places");
}

#[test]
fn the_same_target_twice_counts_once() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("b.txt", format!("{}\n", github(8)), "root");
    let report = ground.scan_with(&[&repo.root, &repo.root], &[]);
    assert_eq!(report.locations(&github(8)).len(), 1);
}

#[test]
fn one_scan_writes_several_reports() {
    let ground = Ground::new();
    one_value(&ground, 9);
    let run = ground.keysweep(&[
        "scan", "-f", "json", "-o", "a.json", "-f", "sarif", "-o", "b.sarif", "-f", "jsonl", "-o", "c.jsonl", "-f", "text", "tree",
    ]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(json(&fs::read(ground.at("a.json")).expect("a report"))["findings"].as_array().expect("findings").len(), 1);
    assert_eq!(json(&fs::read(ground.at("b.sarif")).expect("a report"))["runs"][0]["results"].as_array().expect("results").len(), 1);
    let lines = fs::read_to_string(ground.at("c.jsonl")).expect("a report");
    let types: Vec<Value> = lines.lines().map(|l| json(l.as_bytes())["type"].clone()).collect();
    assert_eq!(types.iter().filter(|t| *t == "finding").count(), 1, "{types:?}");
    assert!(run.text().contains("a.txt"), "{}", run.text());
}

#[test]
fn two_reports_of_one_format_go_to_two_files() {
    let ground = Ground::new();
    one_value(&ground, 10);
    let run = ground.keysweep(&["scan", "-f", "json", "-o", "a.json", "-f", "json", "-o", "b.json", "tree"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(fs::read(ground.at("a.json")).expect("a report"), fs::read(ground.at("b.json")).expect("a report"));
    assert!(run.stdout.is_empty());
    assert_eq!(ground.keysweep(&["scan", "-o", "a", "-o", "b", "tree"]).code, Some(2));
}

#[test]
fn report_files_are_for_their_owner_alone() {
    let ground = Ground::new();
    let token = one_value(&ground, 11);
    let mode = |name: &str| fs::metadata(ground.at(name)).expect("a report").permissions().mode() & 0o777;
    ground.keysweep(&["scan", "-f", "json", "-o", "new.json", "tree"]);
    assert_eq!(mode("new.json"), 0o600);
    // A file that others could read is not left so, not even when it holds the values.
    ground.write("old.json", "old");
    fs::set_permissions(ground.at("old.json"), fs::Permissions::from_mode(0o644)).expect("permissions");
    ground.keysweep(&["scan", "--redact", "none", "-f", "json", "-o", "old.json", "tree"]);
    assert_eq!(mode("old.json"), 0o600);
    assert!(fs::read_to_string(ground.at("old.json")).expect("a report").contains(&token));
    let left: Vec<_> =
        fs::read_dir(ground.at("")).expect("a folder").flatten().filter(|e| e.file_name().to_string_lossy().ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let ground = Ground::new();
    one_value(&ground, 12);
    let run = ground.keysweep(&["scan", "-f", "json", "-o", "no/such/folder/a.json", "tree"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("no/such/folder/a.json"), "{}", run.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let ground = Ground::new();
    let lines: String = (0..3000).map(|n| format!("{}\n", github(10_000 + n))).collect();
    ground.write("tree/a.txt", lines);
    for format in ["text", "json", "jsonl", "sarif"] {
        let mut command = ground.command();
        command.args(["scan", "-f", format, "tree"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut first = [0; 10];
        child.stdout.take().expect("piped").read_exact(&mut first).expect("it writes");
        let end = Instant::now() + Duration::from_secs(20);
        while child.try_wait().expect("a child").is_none() {
            if Instant::now() > end {
                drop(child.kill());
                drop(child.wait());
                panic!("{format}: it did not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().expect("a child");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked") && !stderr.contains("Broken pipe"), "{format}: {stderr}");
    }
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let ground = Ground::new();
    one_value(&ground, 21);
    let coloured = |env: &[(&str, &str)]| ground.keysweep_with(&["scan", "tree"], &[], env).stdout.contains(&0x1b);
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
    assert!(!coloured(&[("NO_COLOR", "1"), ("TERM", "xterm-256color")]));
}

#[test]
fn confidence_filters_and_counts() {
    let ground = Ground::new();
    let token = one_value(&ground, 22);
    let shape = format!("{}A", &github(23)[..39]);
    ground.write("tree/b.txt", format!("t = {shape}\n"));
    let count = |level: &str| {
        let report = ground.scan_with(&[&ground.at("tree")], &["--confidence", level]);
        report.finding(&token);
        (report.findings().len() as u64, report.json["scan"]["stats"]["below_confidence"].as_u64().expect("a count"))
    };
    let (low, medium, high) = (count("low"), count("medium"), count("high"));
    assert_eq!(low.1, 0);
    assert_eq!(high.0, 1);
    for (found, below) in [low, medium, high] {
        assert_eq!(found + below, low.0, "what is filtered is counted");
    }
    assert_eq!(ground.keysweep(&["scan", "--confidence", "certain", "tree"]).code, Some(2));
}

/// A line with a value that is found with less than high confidence.
fn medium(number: u64) -> String {
    format!("AI21_API_KEY = \"{}\"", &github(number)[4..36])
}

#[test]
fn the_gate_can_ask_for_high_confidence() {
    let ground = Ground::new();
    ground.write("medium/a.py", medium(24));
    let report = ground.scan_with(&[&ground.at("medium")], &["--confidence", "low", "--fail-on", "high"]);
    assert!(!report.findings().is_empty(), "no finding below high confidence to test with");
    let high = report.findings().iter().any(|f| f["confidence"] == "high");
    assert!(!high, "{:#}", report.json["findings"]);
    assert_eq!(report.code, Some(0));
    one_value(&ground, 25);
    assert_eq!(ground.scan_with(&[&ground.at("tree")], &["--fail-on", "high"]).code, Some(1));
}

#[test]
fn detectors_are_listed_shown_and_tested() {
    let ground = Ground::new();
    let text = |args: &[&str]| {
        let run = ground.keysweep(args);
        assert_eq!(run.code, Some(0), "{args:?}: {}{}", run.text(), run.stderr);
        run.text()
    };
    let list = text(&["detectors", "list"]);
    for id in ["github-pat-classic", "aws-access-key-id", "openai-project-key"] {
        assert!(list.contains(id), "{id}");
    }
    let one = text(&["detectors", "list", "github"]);
    assert!(one.contains("github-pat-classic") && !one.contains("aws-access-key-id"));
    let show = text(&["detectors", "show", "github-pat-classic"]);
    assert!(show.contains("remediation") && show.contains("pattern"), "{show}");
    assert!(text(&["detectors", "test"]).contains("0 fault(s)"));
    for args in [["detectors", "show", "no-such"], ["detectors", "list", "no-such"], ["detectors", "test", "absent.yml"]] {
        let run = ground.keysweep(&args);
        assert_eq!(run.code, Some(2), "{args:?}");
        assert!(run.stderr.contains(args[2]), "{}", run.stderr);
    }
}

/// A report without its duration.
fn without_duration(run: &Run) -> Value {
    let mut report = json(&run.stdout);
    report["scan"]["stats"].as_object_mut().expect("stats").remove("duration_ms");
    report
}

#[test]
fn two_runs_say_the_same() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    for n in 0..12 {
        repo.write(format!("d{}/f{n}.txt", n % 3), format!("{}{}\n{}\n{}\n", filler(n, 30), github(30 + n), aws(30 + n), github(30)));
        repo.commit("more");
    }
    repo.pack();
    let now = [("KEYSWEEP_NOW", "2026-01-02T03:04:05Z")];
    let args = |threads: &'static str| ["scan", "-f", "json", "-j", threads, "r"];
    let first = ground.keysweep_with(&args("1"), &[], &now);
    let report = without_duration(&first);
    assert_eq!((&report["scan"]["started"], &report["scan"]["finished"]), (&"2026-01-02T03:04:05Z".into(), &"2026-01-02T03:04:05Z".into()));
    for threads in ["1", "2", "4", "8", "3", "2"] {
        assert_eq!(report, without_duration(&ground.keysweep_with(&args(threads), &[], &now)), "{threads} threads");
    }
    for format in ["text", "sarif"] {
        let output = |threads| ground.keysweep_with(&["scan", "-f", format, "-j", threads, "r"], &[], &now).stdout;
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            // How long it took is told in tenths of a second, which another run may tell otherwise.
            let timeless = |l: &str| l.split_once(" in ").filter(|_| l.starts_with("Inspected")).map_or(l, |(before, _)| before).to_owned();
            text.lines().filter(|l| !l.contains(" ms") && !l.contains("duration")).map(timeless).collect::<Vec<_>>()
        };
        assert_eq!(text(output("1")), text(output("4")), "{format}");
    }
}

#[test]
fn a_clock_that_is_no_time_is_refused() {
    let ground = Ground::new();
    one_value(&ground, 50);
    let run = ground.keysweep_with(&["scan", "tree"], &[], &[("KEYSWEEP_NOW", "yesterday")]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("KEYSWEEP_NOW"), "{}", run.stderr);
}

#[test]
fn fingerprints_follow_the_key() {
    let ground = Ground::new();
    let token = one_value(&ground, 51);
    let (one, two) = (ground.write("one.key", "11".repeat(32)), ground.write("two.key", "22".repeat(32)));
    let with = |key: &std::path::Path| {
        let report = ground.scan_with(&[&ground.at("tree")], &["--key", key.to_str().expect("UTF-8")]);
        report.finding(&token)["secret"]["fingerprint"].clone()
    };
    assert_eq!(with(&one), with(&one));
    assert_ne!(with(&one), with(&two));
    // Without a key one is made once, for this user alone.
    let own = || ground.scan(ground.at("tree")).finding(&token)["secret"]["fingerprint"].clone();
    assert_eq!(own(), own());
    let key = ground.at("home/state/keysweep/fingerprint.key");
    assert_eq!(fs::metadata(&key).expect("a key").permissions().mode() & 0o777, 0o600);
    ground.write("bad.key", "not a key");
    assert_eq!(ground.keysweep(&["scan", "--key", "bad.key", "tree"]).code, Some(2));
}

#[test]
fn a_run_without_a_home_still_works() {
    let ground = Ground::new();
    one_value(&ground, 52);
    let mut command = ground.command();
    command.env_remove("HOME").env_remove("XDG_STATE_HOME").args(["scan", "tree"]);
    assert_eq!(crate::support::run(command, &[], crate::support::LIMIT).code, Some(1));
}

#[test]
fn explain_says_why_a_value_is_reported_or_not() {
    let ground = Ground::new();
    let (token, password) = (github(7), ["kqz", "vwtr", "x9"].concat());
    ground.write("a.py", format!("x = \"{token}\"\nsmtp_pw = \"{password}\"\nsmtp_pw = \"changeme\"\nplain text\n"));
    let told = |place: &str| {
        let run = ground.keysweep(&["explain", place]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(!run.text().contains(&token) && !run.text().contains(&password), "{}", run.text());
        run.text()
    };
    assert_eq!(told("a.py:1").matches("matched by github-pat-classic").count(), 1);
    assert!(told("a.py:2").contains("medium confidence; odds"), "{}", told("a.py:2"));
    assert!(told("a.py:2").contains("letters that make no words"));
    assert!(told("a.py:3").contains("not reported: a dummy word"), "{}", told("a.py:3"));
    assert!(told("a.py:4").contains("nothing: no detector matches"));
    assert_eq!(ground.keysweep(&["explain", "absent.txt"]).code, Some(2));
}
