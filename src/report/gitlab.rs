//! The report as GitLab's security dashboard reads it: a secret detection report.
//!
//! Source: GitLab's security report schemas, version 15.0.0, `secret-detection-report-format.json`.

use super::{Options, Reporter, phrase};
use crate::model::{Confidence, Detector, Finding, Report, Timestamp};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, Write};

/// `--format gitlab`.
pub(super) struct Format;

/// Version of the schema.
const VERSION: &str = "15.0.0";
/// What the schema wants in place of a commit that is not there yet.
const UNCOMMITTED: &str = "0000000";
/// Longest name, in characters.
const NAME: usize = 255;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "gitlab"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let detectors: HashMap<&str, &Detector> = report.detectors.iter().map(|d| (d.id.as_str(), &**d)).collect();
        let found = report.findings.iter().map(|f| vulnerability(f, detectors.get(f.detector.as_str()).copied()));
        let program = json!({
            "id": report.tool.name,
            "name": report.tool.name,
            "version": report.tool.version,
            "vendor": { "name": "The keysweep contributors" },
        });
        let messages = report.scan.skipped.iter().map(|s| json!({ "level": "warn", "value": format!("not read: {}: {}", s.what, s.why) }));
        let log = json!({
            "version": VERSION,
            "scan": {
                "analyzer": program,
                "scanner": program,
                "type": "secret_detection",
                "start_time": time(report.scan.started),
                "end_time": time(report.scan.finished),
                "status": "success",
                "messages": messages.collect::<Vec<Value>>(),
            },
            "vulnerabilities": found.collect::<Vec<Value>>(),
        });
        let mut out = io::BufWriter::new(out);
        serde_json::to_writer_pretty(&mut out, &log)?;
        writeln!(out)?;
        out.flush()
    }
}

fn vulnerability(finding: &Finding, detector: Option<&Detector>) -> Value {
    let places = phrase::places(finding);
    let place = places.first();
    let first = finding.first_seen.as_ref();
    let commit = match place.and_then(|p| p.commit.as_ref()) {
        None => json!({ "sha": UNCOMMITTED }),
        Some(sha) => match first.filter(|c| c.commit == *sha) {
            Some(c) => json!({ "sha": sha, "author": c.author, "date": c.date.to_string() }),
            None => json!({ "sha": sha }),
        },
    };
    let all: Vec<String> = places.iter().take(20).map(|p| phrase::place(p)).collect();
    let more = if places.len() > all.len() { format!("\nand {} more", places.len() - all.len()) } else { String::new() };
    let severity = match finding.confidence {
        Confidence::High => "Critical",
        Confidence::Medium => "High",
        Confidence::Low => "Medium",
    };
    let links = detector.into_iter().flat_map(|d| &d.references).filter(|r| r.starts_with("https://")).map(|url| json!({ "url": url }));
    json!({
        "id": uuid(&finding.id),
        "name": finding.title.chars().take(NAME).collect::<String>(),
        "description": format!("{} {}, {}. Places:\n{}{more}", finding.title, finding.secret.redacted, phrase::state(finding), all.join("\n")),
        "severity": severity,
        "solution": detector.map(|d| d.remediation.clone()).unwrap_or_default(),
        "identifiers": [
            { "type": "keysweep_detector", "name": format!("keysweep detector {}", finding.detector), "value": finding.detector },
            { "type": "keysweep_value", "name": format!("keysweep value {}", finding.id), "value": finding.id },
        ],
        "links": links.collect::<Vec<Value>>(),
        "location": {
            "file": place.map(|p| p.uri.as_str()).unwrap_or_default(),
            "start_line": place.map_or(1, |p| p.line),
            "end_line": place.map_or(1, |p| p.end_line),
            "commit": commit,
        },
        "raw_source_code_extract": finding.secret.redacted,
    })
}

/// The id of a finding in the form of a UUID, which GitLab keeps ids as.
fn uuid(id: &str) -> String {
    match id.is_ascii() && id.len() == 32 {
        true => format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]),
        false => id.to_owned(),
    }
}

/// A time as the schema has it: in UTC, without saying so.
fn time(time: Timestamp) -> String {
    Timestamp::utc(time.seconds).to_string().trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{full, written};
    use super::*;

    #[test]
    fn a_finding_is_a_vulnerability_at_its_best_place() {
        let log: Value = serde_json::from_str(&written(&Format, &full(), &Options::default())).expect("JSON");
        assert_eq!(log["scan"]["start_time"], "2026-09-01T00:00:00");
        let found = log["vulnerabilities"].as_array().expect("a list");
        assert_eq!(found.iter().map(|v| v["severity"].as_str().unwrap()).collect::<Vec<_>>(), ["Critical", "High", "Medium"]);
        assert_eq!(found[2]["location"]["commit"]["sha"], UNCOMMITTED);
        assert_eq!(found[0]["location"]["file"], full().findings[0].locations[0].uri);
        assert_eq!(uuid(&"ab".repeat(16)), "abababab-abab-abab-abab-abababababab");
    }
}
