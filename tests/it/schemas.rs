//! The published schemas: what real scans write is as they say, and says nothing that they do not.

use crate::join::organisation;
use crate::support::{Ground, github};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn schema(name: &str) -> Value {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name)).expect(name);
    serde_json::from_str(&text).expect(name)
}

/// The schema as it would be if no field could be added: so that a new one has to be written into it.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("type") == Some(&json!("object")) && map.contains_key("properties") {
                map.insert("additionalProperties".into(), json!(false));
            }
            map.values_mut().for_each(strict);
        }
        Value::Array(list) => list.iter_mut().for_each(strict),
        _ => {}
    }
}

fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// A scan of an organisation: history, groups, verdicts, ghosts, and something that cannot be read.
fn scanned(format: &str) -> (Ground, Vec<u8>) {
    let ground = organisation();
    let code = ground.existing("code");
    code.commit_file("gone.env", format!("T={}\n", github(7)), "more");
    code.commit_file("gone.env", "T=\n", "less");
    ground.write("broken/objects.zip", b"PK\x03\x04 cut");
    let run = ground.keysweep_with(
        &["scan", "code", "broken", "--inventory", "exports", "--confidence", "low", "-f", format],
        b"",
        &[("KEYSWEEP_NOW", "2026-09-01T00:00:00Z")],
    );
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    (ground, run.stdout)
}

#[test]
fn the_json_report_is_as_its_schema_says() {
    let report: Value = serde_json::from_slice(&scanned("json").1).expect("JSON");
    for list in ["findings", "identities", "coverage"] {
        assert!(report[list].as_array().is_some_and(|l| !l.is_empty()), "{list}");
    }
    assert!(
        report["findings"]
            .as_array()
            .is_some_and(|f| f.iter().any(|f| !f["group"].is_null()) && f.iter().any(|f| !f["removed_in"].is_null()))
    );
    let mut schema = schema("report.json");
    assert_eq!(faults(&schema, &report), [""; 0]);
    let mut more = report.clone();
    more["findings"][0]["added later"] = json!(1);
    assert_eq!(faults(&schema, &more), [""; 0], "a field may be added");
    strict(&mut schema);
    assert_eq!(faults(&schema, &report), [""; 0], "a field is not in the schema");
    assert_ne!(faults(&schema, &more), [""; 0]);
    for (path, wrong) in [("/findings/0/confidence", json!("sure")), ("/identities/0/verdict", json!("fine")), ("/scan/started", json!(1))]
    {
        let mut other = report.clone();
        *other.pointer_mut(path).expect(path) = wrong;
        assert_ne!(faults(&schema, &other), [""; 0], "{path}");
    }
}

#[test]
fn the_lines_are_as_their_schema_says() {
    // References to the report's schema are resolved within one document.
    let text = schema("report-line.json").to_string().replace("report.json#", "#");
    let mut schema_of_line: Value = serde_json::from_str(&text).expect("JSON");
    schema_of_line["$defs"] = schema("report.json")["$defs"].clone();
    let lines = scanned("jsonl").1;
    let mut kinds = std::collections::BTreeSet::new();
    for line in lines.split(|&b| b == b'\n').filter(|l| !l.is_empty()) {
        let line: Value = serde_json::from_slice(line).expect("JSON");
        kinds.insert(line["type"].as_str().expect("a type").to_owned());
        assert_eq!(faults(&schema_of_line, &line), [""; 0]);
    }
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    assert_ne!(faults(&schema_of_line, &json!({"type": "what"})), [""; 0]);
}

#[test]
fn the_baseline_is_as_its_schema_says() {
    let (ground, _) = scanned("json");
    let run =
        ground.keysweep(&["baseline", "update", "code", "--reason", "known", "--owner", "kim@example.org", "--expires", "2030-01-01"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = fs::read_to_string(ground.at("code/keysweep.baseline")).expect("written");
    assert!(text.lines().count() > 2, "{text}");
    for line in text.lines() {
        assert_eq!(faults(&schema("baseline-line.json"), &serde_json::from_str(line).expect("JSON")), [""; 0]);
    }
}
