//! Every SARIF log is valid against the official schema and says where, since when and whether a value counts.

use jsonschema::Validator;
use keysweep::model::*;
use keysweep::report::{Options, by_id};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// The schema of the OASIS technical committee with the corrections of Errata 01, formats such as `uri-reference` included.
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema: Value = serde_json::from_str(include_str!("sarif-schema-2.1.0.json")).expect("the schema is JSON");
    let definitions = &mut schema["definitions"];
    definitions["region"]["anyOf"] = json!([{"required": ["startLine"]}, {"required": ["charOffset"]}, {"required": ["byteOffset"]}]);
    for owner in ["run", "toolComponent"] {
        definitions[owner]["properties"]["language"]["pattern"] = json!("^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    }
    jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is sound")
});

fn faults(log: &Value) -> Vec<String> {
    SCHEMA.iter_errors(log).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// The log of a report, after it has passed the schema.
fn log(report: &Report) -> Value {
    let mut bytes = Vec::new();
    by_id("sarif").expect("registered").write(report, &Options::default(), &mut bytes).expect("memory");
    let log = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(faults(&log), Vec::<String>::new());
    log
}

fn report(findings: Vec<Finding>) -> Report {
    let started = Timestamp::parse("2026-09-01T02:00:00+02:00").expect("a time");
    let detector = json!({
        "id": "acme-token", "provider": "acme", "title": "Acme access token", "kind": "token", "confidence": "high", "pattern": "x",
        "references": ["https://acme.example/tokens"],
    });
    let mut report = Report::empty("d1".into(), started);
    report.tool.version = "0.1.0".into();
    report.scan.targets = vec![".".into()];
    report.scan.stats.blobs = 1;
    report.detectors = vec![Arc::new(serde_json::from_value(detector).expect("a detector"))];
    report.findings = findings;
    report
}

fn finding(locations: Vec<Location>) -> Finding {
    let commit =
        |id: char| CommitInfo { commit: id.to_string().repeat(40), author: "Ann <ann@example.org>".into(), date: Timestamp::utc(0) };
    let in_head = locations.iter().any(|l| l.in_head);
    Finding {
        id: "ks1-1".into(),
        detector: "acme-token".into(),
        title: "Acme access token".into(),
        provider: "acme".into(),
        kind: Kind::Token,
        confidence: Confidence::Medium,
        proof: Proof::Pattern,
        secret: SecretView { redacted: "acm_********yz".into(), length: 40, fingerprint: "kfp1:x".into() },
        first_seen: Some(commit('a')),
        last_seen: Some(commit('b')),
        removed_in: (!in_head).then(|| commit('c')),
        in_head,
        locations,
        identity: None,
        group: None,
        scope: None,
        principal: None,
        class: Class::Unknown,
        record_kind: RecordKind::Token,
        record_provider: "acme".into(),
        expires: None,
        keys: Vec::new(),
        value: Secret::default(),
        suppression: None,
        known: None,
    }
}

/// A copy at line 3 after an `é` and a character outside the basic plane, in `HEAD`.
fn location(path: &str) -> Location {
    let text = "é𝕏 = acm_********yz;".to_owned();
    Location {
        repo: Some("app".into()),
        path: path.into(),
        line: 3,
        column: 6,
        end_line: 3,
        end_column: 46,
        commit: Some("a".repeat(40)),
        removed_in: None,
        in_head: true,
        encoding: None,
        resource: None,
        utf16_columns: (7, 47),
        uri: path.into(),
        frame: Some(Frame { first_line: 3, lines: vec![FrameLine { mark: Some((9, 23)), text }] }),
        suppression: None,
    }
}

fn removed(path: &str) -> Location {
    Location { in_head: false, removed_in: Some("c".repeat(40)), ..location(path) }
}

#[test]
fn a_log_without_findings_is_whole() {
    let mut report = report(Vec::new());
    report.detectors.clear();
    let log = log(&report);
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["results"], &run["columnKind"]), (&json!("2.1.0"), &json!([]), &json!("utf16CodeUnits")));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["startTimeUtc"], "2026-09-01T00:00:00Z");
}

#[test]
fn the_schema_notices_what_these_tests_rely_on() {
    let good = log(&report(vec![finding(vec![location("a"), removed("b")])]));
    let result = "/runs/0/results/0";
    for (pointer, wrong) in [
        ("locations/0/physicalLocation/artifactLocation/uri", json!("a b")),
        ("locations/0/physicalLocation/region/startLine", json!(0)),
        ("level", json!("high")),
        ("message", json!({})),
        ("relatedLocations/0", json!({"line": 1})),
        ("locations/0/physicalLocation/contextRegion", json!({})),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(&format!("{result}/{pointer}")).expect(pointer) = wrong;
        assert!(!faults(&bad).is_empty(), "{pointer}");
    }
}

#[test]
fn a_result_names_rule_value_commits_and_place() {
    let log = log(&report(vec![finding(vec![location("src/a.py")])]));
    let (result, rule) = (&log["runs"][0]["results"][0], &log["runs"][0]["tool"]["driver"]["rules"][0]);
    assert_eq!((&result["ruleId"], &result["ruleIndex"], &result["level"]), (&json!("acme-token"), &json!(0), &json!("warning")));
    assert_eq!(
        result["message"]["text"],
        "Acme access token acm_********yz (acme token, medium confidence), introduced in aaaaaaaaaaaa by Ann on 1970-01-01, still in HEAD."
    );
    assert_eq!(result["partialFingerprints"], json!({"keysweepValue/v1": "ks1-1"}));
    assert_eq!(result["suppressions"], json!([]));
    assert_eq!(result["properties"]["first_seen"]["author"], "Ann <ann@example.org>");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], json!({"uri": "src/a.py", "uriBaseId": "%SRCROOT%"}));
    let region = json!({"startLine": 3, "endLine": 3, "startColumn": 7, "endColumn": 47, "snippet": {"text": "acm_********yz"}});
    assert_eq!(place["region"], region);
    assert_eq!(place["contextRegion"]["snippet"]["text"], "é𝕏 = acm_********yz;");
    assert_eq!(rule["properties"]["tags"], json!(["security", "secret", "acme", "token"]));
    assert_eq!((&rule["properties"]["security-severity"], &rule["defaultConfiguration"]["level"]), (&json!("9.0"), &json!("error")));
    assert_eq!(rule["helpUri"], "https://acme.example/tokens");
}

#[test]
fn any_path_is_a_relative_reference() {
    let paths = ["a b/c#d 100%.txt", "größe/日本.md", "dir/a.zip!b c.txt", "c:evil", "?q", "a\\b"];
    let log = log(&report(vec![finding(paths.map(location).to_vec())]));
    let places = log["runs"][0]["results"][0]["locations"].as_array().expect("locations");
    let uris: Vec<_> = places.iter().map(|p| p["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("uri")).collect();
    let expected =
        ["a%20b/c%23d%20100%25.txt", "gr%C3%B6%C3%9Fe/%E6%97%A5%E6%9C%AC.md", "dir/a.zip!b%20c.txt", "c%3Aevil", "%3Fq", "a%5Cb"];
    assert_eq!(uris, expected);
}

#[test]
fn copies_of_the_history_stand_beside_those_of_head() {
    let branch = Location { in_head: false, ..location("branch") };
    let log = log(&report(vec![finding(vec![removed("gone"), branch, location("here")]), finding(vec![removed("past")])]));
    let results = &log["runs"][0]["results"];
    let uri = |place: &Value| place["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!((uri(&results[0]["locations"][0]), results[0]["locations"].as_array().map(Vec::len)), (json!("here"), Some(1)));
    let related = results[0]["relatedLocations"].as_array().expect("related");
    assert_eq!(related.iter().map(uri).collect::<Vec<_>>(), ["branch", "gone"]);
    assert!(related[1]["message"]["text"].as_str().is_some_and(|t| t.contains(&format!("removed in commit {}", "c".repeat(40)))));
    assert_eq!(uri(&results[1]["locations"][0]), "past", "a result has a location even when HEAD has none");
    assert_eq!(results[1]["properties"]["in_head"], false);
    let text = results[1]["message"]["text"].as_str().expect("text");
    assert!(text.ends_with("removed in cccccccccccc by Ann on 1970-01-01; it is still in the history."), "{text}");
}

#[test]
fn what_is_suppressed_stays_in_the_log_with_its_reason() {
    let suppression = |by, reason: &str| Some(Suppression { by: std::borrow::Cow::Borrowed(by), reason: reason.into() });
    let inline = Location { suppression: suppression("inline", "a test key"), ..location("a") };
    let mut known = finding(vec![location("b")]);
    known.suppression = suppression("baseline", "");
    let mut report = report(vec![finding(vec![inline.clone(), location("c")])]);
    report.suppressed = vec![finding(vec![inline]), known];
    let log = log(&report);
    let results = &log["runs"][0]["results"];
    let told = |n: usize| (results[n]["suppressions"][0]["kind"].clone(), results[n]["suppressions"][0]["justification"].clone());
    assert_eq!(results[0]["suppressions"], json!([]), "one copy counts, so the finding does");
    assert_eq!(results[0]["relatedLocations"][0]["message"]["text"], "Suppressed by inline: a test key.");
    assert_eq!(told(1), (json!("inSource"), json!("a test key")));
    assert_eq!(told(2), (json!("external"), json!("Suppressed by baseline.")));
}

#[test]
fn what_was_not_read_is_a_notification() {
    let mut report = report(Vec::new());
    report.scan.skipped = vec![Skipped::new("big{0}.bin", "larger than 100 MiB")];
    let warned = log(&report);
    let invocation = &warned["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    assert_eq!(invocation["toolExecutionNotifications"][0]["message"]["text"], "Not read: big{{0}}.bin: larger than 100 MiB");
    report.scan.stats = Stats::default();
    assert_eq!(log(&report)["runs"][0]["invocations"][0]["executionSuccessful"], false, "nothing at all was read");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_or_number_of_a_repository_makes_a_log_invalid(
        texts in prop::collection::vec(any::<String>(), 6),
        numbers in prop::collection::vec(any::<u32>(), 4),
        mark in any::<Option<(usize, usize)>>(),
        (in_head, gone) in any::<(bool, bool)>(),
    ) {
        let place = Location {
            path: texts[0].clone(),
            uri: texts[1].clone(),
            repo: Some(texts[2].clone()),
            encoding: Some(texts[3].clone()),
            resource: Some(Resource { format: texts[4].clone(), key: Some(numbers[0].to_string()), ..Resource::default() }),
            line: numbers[0],
            end_line: numbers[1],
            utf16_columns: (numbers[2], numbers[3]),
            removed_in: gone.then(|| texts[5].clone()),
            in_head,
            frame: Some(Frame { first_line: numbers[1], lines: vec![FrameLine { text: texts[3].clone(), mark }] }),
            suppression: gone.then(|| Suppression { by: "path".into(), reason: texts[2].clone() }),
            ..location("")
        };
        let mut found = finding(vec![place.clone(), place.clone(), place]);
        (found.id, found.title, found.provider, found.detector) = (texts[0].clone(), texts[1].clone(), texts[2].clone(), texts[3].clone());
        let mut report = report(vec![found.clone()]);
        report.suppressed = vec![found];
        report.scan.skipped = vec![Skipped::new(texts[4].clone(), texts[5].clone())];
        let mut detector = Detector::clone(&report.detectors[0]);
        (detector.title, detector.remediation, detector.references) = (texts[0].clone(), texts[1].clone(), texts.clone());
        report.detectors = vec![Arc::new(detector)];
        log(&report);
    }
}
