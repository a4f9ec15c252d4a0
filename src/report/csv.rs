//! The report as CSV: a row a place, for spreadsheets and databases.

use super::{Options, Reporter, phrase};
use crate::model::{CommitInfo, Exposure, Finding, Location, Report, shown_cell};
use std::collections::HashMap;
use std::io::{self, Write};

/// `--format csv`.
pub(super) struct Format;

const COLUMNS: &[&str] = &[
    "id",
    "title",
    "provider",
    "kind",
    "confidence",
    "proof",
    "redacted",
    "verdict",
    "owner",
    "owner_status",
    "environment",
    "flags",
    "repo",
    "path",
    "line",
    "column",
    "in_head",
    "commit",
    "author",
    "date",
    "removed_in",
    "detector",
    "suppressed",
];

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let identities: HashMap<&str, &Exposure> = report.identities.iter().map(|i| (i.id.as_str(), i)).collect();
        let mut table = csv::Writer::from_writer(out);
        table.write_record(COLUMNS)?;
        for finding in report.findings.iter().chain(&report.suppressed) {
            let identity = finding.identity.as_deref().and_then(|id| identities.get(id).copied());
            for place in phrase::places(finding) {
                table.write_record(row(finding, identity, place).map(|cell| shown_cell(&cell)))?;
            }
        }
        table.flush()
    }
}

fn row(finding: &Finding, identity: Option<&Exposure>, place: &Location) -> [String; 23] {
    let owner = identity.and_then(|i| i.owner.as_ref());
    // The commit that brought the value here is known by its id alone, but for the first of all.
    let first = finding.first_seen.as_ref().filter(|first| place.commit.as_ref() == Some(&first.commit));
    let of_first = |part: &dyn Fn(&CommitInfo) -> String| first.map(part).unwrap_or_default();
    let flags = identity.map(|i| i.flags.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(" "));
    let suppression = place.suppression.as_ref().or(finding.suppression.as_ref());
    [
        finding.id.clone(),
        finding.title.clone(),
        finding.provider.clone(),
        finding.kind.as_str().to_owned(),
        finding.confidence.as_str().to_owned(),
        finding.proof.as_str().to_owned(),
        finding.secret.redacted.clone(),
        identity.map(|i| i.verdict.as_str().to_owned()).unwrap_or_default(),
        owner.map(|o| o.value.clone()).unwrap_or_default(),
        owner.map(|o| o.status.as_str().to_owned()).unwrap_or_default(),
        identity.and_then(|i| i.environment.clone()).unwrap_or_default(),
        flags.unwrap_or_default(),
        place.repo.clone().unwrap_or_default(),
        place.path.clone(),
        place.line.to_string(),
        place.column.to_string(),
        place.in_head.to_string(),
        place.commit.clone().unwrap_or_default(),
        of_first(&|c| c.author.clone()),
        of_first(&|c| c.date.to_string()),
        place.removed_in.clone().unwrap_or_default(),
        finding.detector.clone(),
        suppression.map(|s| format!("{}: {}", s.by, s.reason)).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{full, written};
    use super::*;

    #[test]
    fn a_place_is_a_row_and_no_cell_is_a_formula() {
        let mut report = full();
        report.findings[0].locations[0].path = "=cmd|' /C calc'!A0,\n".into();
        let text = written(&Format, &report, &Options::default());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().expect("a head").len(), COLUMNS.len());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
        assert_eq!(rows.len(), report.findings.iter().map(|f| f.locations.len()).sum::<usize>());
        assert_eq!(&rows[0][13], "'=cmd|' /C calc'!A0,\\n");
        assert_eq!((&rows[1][4], &rows[1][16], rows[1][20].len()), ("medium", "false", 40));
    }
}
