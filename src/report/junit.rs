//! The report as JUnit XML, which CI systems show as tests: a failure a finding, an error a thing that was not read.
//!
//! There is no standard; elements and attributes are those of the Jenkins JUnit plugin's `jenkins-junit.xsd`, which others read too.

use super::{Options, Reporter, phrase};
use crate::model::{Report, Timestamp};
use askama::Template;
use std::io::{self, Write};

/// `--format junit`.
pub(super) struct Format;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "junit"
    }

    fn extension(&self) -> &'static str {
        "xml"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        out.write_all((Suite::of(report).render().map_err(io::Error::other)? + "\n").as_bytes())?;
        out.flush()
    }
}

#[derive(Template)]
#[template(path = "junit.xml")]
struct Suite {
    failures: Vec<Case>,
    errors: Vec<Case>,
    allowed: Vec<Case>,
    started: Timestamp,
    seconds: String,
}

/// One test case.
struct Case {
    class: String,
    name: String,
    message: String,
    text: String,
}

impl Suite {
    fn of(report: &Report) -> Self {
        let finding = |f: &crate::model::Finding| {
            let places: Vec<String> = phrase::places(f).into_iter().map(phrase::place).collect();
            let why = f.suppression.as_ref().map(|s| format!("{}: {}", s.by, s.reason));
            Case {
                class: format!("keysweep.{}", f.detector),
                name: format!("{} {} at {}", f.title, f.secret.redacted, places.first().map_or("", String::as_str)),
                message: why.unwrap_or_else(|| format!("{} confidence, {}", f.confidence.as_str(), phrase::state(f))),
                text: format!("{}\nid {}", places.join("\n"), f.id),
            }
        };
        let skipped = report.scan.skipped.iter().map(|s| Case {
            class: "keysweep.skipped".into(),
            name: format!("reads {}", s.what),
            message: s.why.clone(),
            text: String::new(),
        });
        let sound = |mut case: Case| {
            for text in [&mut case.class, &mut case.name, &mut case.message, &mut case.text] {
                *text = valid(text);
            }
            case
        };
        Self {
            failures: report.findings.iter().map(finding).map(sound).collect(),
            errors: skipped.map(sound).collect(),
            allowed: report.suppressed.iter().map(finding).map(sound).collect(),
            started: report.scan.started,
            seconds: format!("{}.{:03}", report.scan.stats.duration_ms / 1000, report.scan.stats.duration_ms % 1000),
        }
    }

    fn tests(&self) -> usize {
        (self.failures.len() + self.errors.len() + self.allowed.len()).max(1)
    }

    fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.errors.is_empty() && self.allowed.is_empty()
    }
}

/// A text of characters that XML 1.0 has (section 2.2), others written as Rust would escape them.
fn valid(text: &str) -> String {
    let has = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    let mut sound = String::with_capacity(text.len());
    for c in text.chars() {
        if has(c) { sound.push(c) } else { sound.extend(c.escape_default()) }
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{clean, full, written};
    use super::*;

    #[test]
    fn a_finding_is_a_failure_and_text_of_the_repository_is_text() {
        let mut report = full();
        report.findings[0].locations[0].path = "a\u{1}<b>&\".py".into();
        let text = written(&Format, &report, &Options::default());
        assert!(text.contains("<testsuite name=\"keysweep\" tests=\"4\" failures=\"3\" errors=\"1\" skipped=\"0\""), "{text}");
        assert!(text.contains("app:a\\u{1}&#60;b&#62;&#38;&#34;.py:") && !text.contains("<b>"), "{text}");
    }

    #[test]
    fn a_clean_scan_is_one_test_that_passed() {
        let text = written(&Format, &clean(), &Options::default());
        assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"0\"") && text.contains("name=\"no credentials found\""), "{text}");
    }
}
