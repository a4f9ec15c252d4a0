//! The end of the report for people: what was looked at, what was found, and what was not looked at.

use super::{Page, phrase};
use crate::model::shown;
use crate::model::{Confidence, Report, Stats};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Skipped things listed one by one.
const MOST_SKIPPED: usize = 20;

impl<W: Write> Page<'_, W> {
    /// Writes the summary.
    pub(super) fn summary(&mut self, report: &Report) -> io::Result<()> {
        self.outcome(report)?;
        self.verdicts(report)?;
        self.left_out(report)?;
        self.skipped(report)?;
        self.unstructured(report)
    }

    fn outcome(&mut self, report: &Report) -> io::Result<()> {
        let stats = &report.scan.stats;
        let found = report.findings.len() as u64;
        if stats.blobs == 0 && stats.files == 0 {
            let rest = format!(": no blob and no file was read of {}.", some(&report.scan.targets));
            self.sentence(self.palette.medium, "Nothing was inspected", &rest)?;
        } else if found == 0 {
            self.sentence(self.palette.good, "No credentials found", ".")?;
        }
        if found > 0 {
            let head = format!("Found {}", phrase::count(found, "credential"));
            self.sentence(self.palette.strong, &head, &format!(": {}.", tally(report)))?;
        }
        if stats.blobs == 0 && stats.files == 0 {
            return Ok(());
        }
        self.sentence(self.palette.label, "Inspected", &format!(" {}.", inspected(stats)))
    }

    fn left_out(&mut self, report: &Report) -> io::Result<()> {
        let stats = &report.scan.stats;
        let mut parts = Vec::new();
        if stats.suppressed > 0 {
            let whole = report.suppressed.iter().filter_map(|f| f.suppression.as_ref());
            let places = report.suppressed.iter().flat_map(|f| &f.locations).filter_map(|l| l.suppression.as_ref());
            let by: BTreeSet<_> = whole.chain(places).map(|s| &*s.by).collect();
            let by = if by.is_empty() { String::new() } else { format!(" (by {})", Vec::from_iter(by).join(", ")) };
            parts.push(format!("{} suppressed{by}", phrase::grouped(stats.suppressed)));
        }
        if stats.below_confidence > 0 {
            parts.push(format!("{} below the confidence asked for", phrase::grouped(stats.below_confidence)));
        }
        if parts.is_empty() { Ok(()) } else { self.sentence(self.palette.label, "Not counted", &format!(": {}.", parts.join(", "))) }
    }

    fn skipped(&mut self, report: &Report) -> io::Result<()> {
        let skipped = &report.scan.skipped;
        if skipped.is_empty() {
            return Ok(());
        }
        self.sentence(self.palette.medium, "Not read", &format!(": {}", phrase::grouped(skipped.len() as u64)))?;
        for one in skipped.iter().take(MOST_SKIPPED) {
            writeln!(self.out, "  {}: {}", shown(&one.what), shown(&one.why))?;
        }
        match skipped.len().saturating_sub(MOST_SKIPPED) as u64 {
            0 => Ok(()),
            more => writeln!(self.out, "  and {} more; the JSON report lists all", phrase::grouped(more)),
        }
    }
}

impl<W: Write> Page<'_, W> {
    fn unstructured(&mut self, report: &Report) -> io::Result<()> {
        match report.scan.unstructured.len() as u64 {
            0 => Ok(()),
            files => {
                let rest = format!(
                    ": {} could not be read by structure, such as {}.",
                    phrase::count(files, "file"),
                    shown(&report.scan.unstructured[0].what)
                );
                self.sentence(self.palette.label, "Read as text alone", &rest)
            }
        }
    }
}

/// Up to three targets, then how many more.
fn some(targets: &[String]) -> String {
    let named: Vec<_> = targets.iter().take(3).map(|t| shown(t)).collect();
    match targets.len().saturating_sub(3) as u64 {
        _ if named.is_empty() => "no target".into(),
        0 => named.join(", "),
        more => format!("{} and {}", named.join(", "), phrase::count(more, "more target")),
    }
}

/// Findings by confidence, and by whether they are still in the checked-out state where there is history to tell.
fn tally(report: &Report) -> String {
    let by = |confidence| report.findings.iter().filter(|f| f.confidence == confidence).count() as u64;
    let levels = [Confidence::High, Confidence::Medium, Confidence::Low];
    let counts = levels.map(|c| (by(c), c.as_str())).into_iter().filter(|(n, _)| *n > 0);
    let counts: Vec<_> = counts.map(|(n, level)| format!("{} {level}", phrase::grouped(n))).collect();
    let mut text = format!("{} confidence", counts.join(", "));
    if report.scan.stats.commits > 0 {
        let head = report.findings.iter().filter(|f| f.in_head).count();
        let history = report.findings.len() - head;
        text.push_str(&format!("; {} in HEAD, {} only in history", phrase::grouped(head as u64), phrase::grouped(history as u64)));
    }
    text
}

/// How much was read, without what there was none of.
fn inspected(stats: &Stats) -> String {
    let mut text = format!("{}: {}", phrase::read(stats), size(stats.bytes));
    if stats.bytes_inspected < stats.bytes {
        text.push_str(&format!(" ({} without repeats)", size(stats.bytes_inspected)));
    }
    text.push_str(&format!(" in {}.{} s", phrase::grouped(stats.duration_ms / 1000), stats.duration_ms % 1000 / 100));
    text
}

/// Bytes in the largest binary unit that gives a number of at least one, with one decimal, rounded down.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = bytes.ilog2() / 10;
    let tenths = (u128::from(bytes) * 10) >> (10 * power);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[power as usize - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        let of = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1023.9 KiB"),
            (126_249_370, "120.4 MiB"),
            (u64::MAX, "15.9 EiB"),
        ];
        for (bytes, text) in of {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn many_targets_are_counted() {
        let targets = ["a", "b", "c", "d"].map(String::from);
        assert_eq!(some(&targets), "a, b, c and 1 more target");
        assert_eq!(some(&targets[..3]), "a, b, c");
        assert_eq!(some(&[]), "no target");
    }
}
