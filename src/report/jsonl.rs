//! The report as JSON lines: the objects of the JSON report, one a line, so that ten thousand findings can be read as a stream.
//!
//! Each top-level object of the JSON report is a line (`tool`, `scan`, `inventory`), and each element of a top-level list is a line
//! (`finding`, `identity`, `coverage`). `type` comes first and says which. The first line carries `schema_version`; the last one is
//! a `summary` with the number of lines of each list, so that a file that was cut off can be told from a complete one.

use super::{Options, Reporter};
use crate::model::{Confidence, Finding, Report, Tool, Verdict};
use serde::Serialize;
use std::io::{self, Write};

/// `--format jsonl`.
pub(super) struct Format;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "jsonl"
    }

    fn extension(&self) -> &'static str {
        "jsonl"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        line(&mut out, "tool", &Head { schema_version: &report.schema_version, tool: &report.tool })?;
        line(&mut out, "scan", &report.scan)?;
        for finding in &report.findings {
            line(&mut out, "finding", finding)?;
        }
        for identity in &report.identities {
            line(&mut out, "identity", identity)?;
        }
        line(&mut out, "inventory", &report.inventory)?;
        for coverage in &report.coverage {
            line(&mut out, "coverage", coverage)?;
        }
        line(&mut out, "summary", &Summary::of(report))?;
        out.flush()
    }
}

/// The first line.
#[derive(Serialize)]
struct Head<'a> {
    schema_version: &'a str,
    #[serde(flatten)]
    tool: &'a Tool,
}

/// The last line.
#[derive(Serialize)]
struct Summary {
    findings: usize,
    high: usize,
    medium: usize,
    low: usize,
    in_head: usize,
    /// Neither in the baseline nor in the former report.
    new: usize,
    identities: usize,
    /// Shadow and suspected-shadow ones.
    shadow: usize,
    coverage: usize,
    skipped: usize,
    suppressed: u64,
    below_confidence: u64,
}

impl Summary {
    fn of(report: &Report) -> Self {
        let findings = |which: &dyn Fn(&Finding) -> bool| report.findings.iter().filter(|f| which(f)).count();
        Self {
            findings: report.findings.len(),
            high: findings(&|f| f.confidence == Confidence::High),
            medium: findings(&|f| f.confidence == Confidence::Medium),
            low: findings(&|f| f.confidence == Confidence::Low),
            in_head: findings(&|f| f.in_head),
            new: findings(&|f| f.known != Some(true)),
            identities: report.identities.len(),
            shadow: report.identities.iter().filter(|i| matches!(i.verdict, Verdict::Shadow | Verdict::SuspectedShadow)).count(),
            coverage: report.coverage.len(),
            skipped: report.scan.skipped.len(),
            suppressed: report.scan.stats.suppressed,
            below_confidence: report.scan.stats.below_confidence,
        }
    }
}

/// An object with its type in front.
#[derive(Serialize)]
struct Line<'a, T> {
    r#type: &'a str,
    #[serde(flatten)]
    object: &'a T,
}

fn line<T: Serialize>(out: &mut impl Write, kind: &str, object: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { r#type: kind, object })?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use serde_json::{Map, Value, json};

    #[test]
    fn the_lines_add_up_to_the_json_report() {
        let report = fixture::full();
        let text = fixture::written(&Format, &report, &Options::default());
        assert!(text.starts_with("{\"type\":\"tool\",\"schema_version\":\"1\",\"name\":\"keysweep\","), "{text}");
        let mut whole = json!({"findings": [], "identities": [], "coverage": []});
        for line in text.lines() {
            assert!(line.starts_with("{\"type\":\""), "type comes first: {line}");
            let mut object: Map<String, Value> = serde_json::from_str(line).expect("a line is an object");
            let kind = object.remove("type").expect("type");
            let list = match kind.as_str().expect("text") {
                "finding" => "findings",
                "identity" => "identities",
                "coverage" => "coverage",
                "tool" => {
                    whole["schema_version"] = object.remove("schema_version").expect("version");
                    whole["tool"] = object.into();
                    continue;
                }
                "summary" => {
                    assert_eq!((object["findings"].as_u64(), object["in_head"].as_u64()), (Some(3), Some(2)), "{line}");
                    continue;
                }
                single => {
                    whole[single] = object.into();
                    continue;
                }
            };
            whole[list].as_array_mut().expect("list").push(object.into());
        }
        assert_eq!(whole, serde_json::to_value(&report).expect("JSON"));
        assert!(text.lines().last().is_some_and(|l| l.starts_with("{\"type\":\"summary\"")));
    }
}
