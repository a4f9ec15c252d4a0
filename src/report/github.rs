//! The report as commands for GitHub's runner, which marks the lines: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.

use super::{Options, Reporter, phrase};
use crate::model::{Confidence, Finding, Report, shown};
use std::cmp::Reverse;
use std::io::{self, Write};

/// `--format github`.
pub(super) struct Format;

/// Annotations of one kind that GitHub shows of a step.
const MOST: usize = 10;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "github"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        let mut marked: Vec<&Finding> = report.findings.iter().filter(|f| f.in_head && f.known != Some(true)).collect();
        marked.sort_by_key(|f| Reverse(f.confidence));
        let (errors, warnings): (Vec<&Finding>, Vec<&Finding>) = marked.into_iter().partition(|f| f.confidence == Confidence::High);
        for (command, findings) in [("error", &errors), ("warning", &warnings)] {
            findings.iter().take(MOST).try_for_each(|f| annotation(command, f, &mut out))?;
        }
        let more = errors.len().saturating_sub(MOST) + warnings.len().saturating_sub(MOST);
        let marked = (errors.len() + warnings.len()) as u64;
        let found = phrase::count(report.findings.len() as u64, "credential");
        let told = format!("{found} found, {marked} of them new and checked out; {more} are not marked");
        writeln!(out, "::notice title=keysweep::{}", data(&told))?;
        out.flush()
    }
}

fn annotation(command: &str, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let Some(place) = finding.locations.iter().find(|l| l.in_head && l.suppression.is_none()) else { return Ok(()) };
    // A range over several lines has no columns there.
    let columns =
        if place.line == place.end_line { format!(",col={},endColumn={}", place.column, place.end_column) } else { String::new() };
    writeln!(
        out,
        "::{command} file={},line={},endLine={}{columns},title={}::{}",
        property(&shown(&place.uri)),
        place.line,
        place.end_line,
        property(&format!("keysweep: {}", finding.title)),
        data(&format!(
            "{} ({} confidence, by {}). Revoke it where it was issued.",
            finding.secret.redacted,
            finding.confidence.as_str(),
            finding.proof.as_str()
        ))
    )
}

/// Text behind the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text within the command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn written(report: &Report) -> String {
        fixture::written(&Format, report, &Options::default())
    }

    #[test]
    fn marks_what_is_checked_out_and_can_be_nothing_but_its_own_commands() {
        let mut report = fixture::full();
        let mut finding = report.findings.iter().find(|f| f.in_head).expect("one in HEAD").clone();
        finding.confidence = Confidence::High;
        finding.title = "50% off: a, b\n::set-env name=x::y".into();
        finding.locations.iter_mut().for_each(|l| l.uri = "a,b:c\n::error::x".into());
        report.findings = vec![finding; 12];
        let text = written(&report);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), MOST + 1, "{text}");
        assert!(lines[0].starts_with("::error file=a%2Cb%3Ac"), "{text}");
        assert!(lines[0].contains("title=keysweep%3A 50%25 off%3A a%2C b%0A%3A%3Aset-env name=x%3A%3Ay::"), "{text}");
        assert!(lines[MOST].starts_with("::notice ") && lines[MOST].ends_with("12 of them new and checked out; 2 are not marked"));
        report.findings.iter_mut().for_each(|f| f.known = Some(true));
        assert_eq!(written(&report).lines().count(), 1, "what is known is not marked again");
    }
}
