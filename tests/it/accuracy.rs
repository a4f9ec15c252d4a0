//! Precision and recall over the labelled files of `testdata/accuracy/`, held against what `docs/accuracy.md` publishes.

mod corpus;
mod tables;
mod tally;

use crate::support::{Ground, run, write};
use corpus::{Labelled, Tag};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How to publish what is measured.
const COMMAND: &str = "UPDATE=1 cargo test --test it accuracy::";

/// Longest time the scan may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Fewest credentials of a detector in all files.
const LEAST: u32 = 3;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn measured() -> tally::Tally {
    let files = corpus::read(root());
    let ground = Ground::new();
    for file in &files {
        ground.write(Path::new("corpus").join(&file.path), &file.text);
    }
    // A build without optimisation on a busy machine takes its time over it.
    let mut command = ground.command();
    command.args(["scan", "--history", "none", "--format", "json", "corpus"]);
    let report = run(command, &[], LIMIT);
    let report = serde_json::from_slice(&report.stdout).unwrap_or_else(|e| panic!("no report: {e}\n{}", report.stderr));
    let providers = keysweep::detect::builtin_with_examples();
    let detectors = providers.iter().flat_map(|p| &p.detectors);
    let family = detectors.map(|d| (d.id.clone(), d.family().to_owned())).collect();
    tally::tally(&files, &report, &family)
}

#[test]
fn no_detector_loses_ground_and_what_is_published_is_measured() {
    let tally = measured();
    let reasons = fs::read_to_string(root().join("testdata/reasons.txt")).unwrap();
    let reasons = reasons.lines().filter_map(|l| l.split_once(": ")).map(|(id, why)| (id.to_owned(), why.to_owned())).collect();
    let path = root().join("docs/accuracy.md");
    let document = fs::read_to_string(&path).unwrap();
    let (head, rest) = document.split_once(tables::BEGIN).expect("docs/accuracy.md has a measured part");
    let (published, tail) = rest.split_once(tables::END).expect("its measured part ends");
    let now = tables::write(&tally, &reasons);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, [head, tables::BEGIN, &now, tables::END, tail].concat()).unwrap();
        fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("accuracy-mistakes.txt"), mistakes(&tally)).unwrap();
        return;
    }
    let lost = tables::lost_ground(&tally, &tables::read(published));
    assert!(
        lost.is_empty(),
        "these lost ground:\n{}\n\nall mistakes:\n{}\nmend them; if the loss is meant, publish it with `{COMMAND}` and say why in the commit",
        lost.join("\n"),
        mistakes(&tally)
    );
    assert!(now == published, "docs/accuracy.md is not what is measured now; publish that with `{COMMAND}`");
}

fn mistakes(tally: &tally::Tally) -> String {
    tally.mistakes.iter().fold(String::new(), |mut out, m| {
        writeln!(out, "{}:{}: {}", m.source, m.line, m.what).expect("memory");
        out
    })
}

#[test]
fn every_detector_stands_in_the_corpus_often_enough() {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for label in corpus::read(root()).iter().flat_map(|f| &f.labels).filter(|l| l.tag != Tag::Trap) {
        *counts.entry(label.what.clone()).or_default() += 1;
    }
    let providers = keysweep::detect::builtin_with_examples();
    // What has no template in its examples, such as weak passwords, cannot be put into files that hold no credential.
    let made = |d: &&keysweep::model::Detector| d.examples.iter().any(|e| e.contains("{{"));
    let findings = providers.iter().flat_map(|p| &p.detectors).filter(|d| d.report == keysweep::model::Role::Finding).filter(made);
    let rare: Vec<&str> = findings.map(|d| d.id.as_str()).filter(|id| counts.get(*id).is_none_or(|n| *n < LEAST)).collect();
    assert!(
        rare.is_empty(),
        "fewer than {LEAST} times in testdata/accuracy, make it again with `python3 scripts/make_corpus.py`: {rare:?}"
    );
}

/// Writes the files and their labels to `target/tmp/accuracy`, as `scripts/train_generic.py` reads them.
#[test]
#[ignore = "writes files for training"]
fn expand_the_corpus() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("accuracy");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let mut labels = String::new();
    for file in corpus::read(root()) {
        write(&folder.join("files").join(&file.path), file.text.as_bytes());
        label_rows(&file, &mut labels);
    }
    write(&folder.join("labels.jsonl"), labels.as_bytes());
}

fn label_rows(file: &Labelled, out: &mut String) {
    // A file without labels has one of line 0, which says that nothing in it is a credential.
    let none = json!({"path": file.path, "line_start": 0, "line_end": 0, "label": "F"});
    let rows = file.labels.iter().map(|l| {
        let label = match l.tag {
            Tag::Credential => "T",
            Tag::Either => "P",
            Tag::Trap => "F",
        };
        json!({"path": file.path, "line_start": l.start.0, "line_end": l.end.0, "value_start": l.start.1 - 1, "label": label})
    });
    for row in [none].into_iter().chain(rows) {
        writeln!(out, "{row}").expect("memory");
    }
}
