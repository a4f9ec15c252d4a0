//! Lists as CSV: a row an identity, for spreadsheets.

use super::markdown::day;
use super::{Decided, Decision, Item, List};
use crate::model::{Timestamp, shown_cell};
use std::io::{self, Write};

/// `csv`.
pub(super) struct Form;

/// Columns that the owner fills in come first after the id, where they are seen.
const COLUMNS: &[&str] = &[
    "identity",
    "decision",
    "decided_by",
    "note",
    "proposed",
    "why",
    "provider",
    "kind",
    "name",
    "verdict",
    "flags",
    "owner",
    "owner_status",
    "environment",
    "scope",
    "created",
    "last_rotated",
    "age_days",
    "last_used",
    "expires",
    "places",
    "evidence",
    "last_decision",
    "last_decision_date",
];

impl super::Form for Form {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn begins(&self) -> &'static str {
        "identity,decision,decided_by,note,proposed"
    }

    fn write(&self, list: &List, out: &mut dyn Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(out);
        table.write_record(COLUMNS)?;
        for item in &list.items {
            table.write_record(row(item).iter().map(|cell| shown_cell(cell)))?;
        }
        table.flush()
    }

    fn read(&self, text: &str) -> super::Filled {
        let text = text.trim_start_matches('\u{feff}');
        let heading = text.lines().next().unwrap_or_default();
        // Spreadsheets of some countries write semicolons.
        let delimiter = if heading.matches(';').count() > heading.matches(',').count() { b';' } else { b',' };
        let mut table = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let columns = table.headers().cloned().map_err(|e| vec![(1, e.to_string())])?;
        let at = |name: &str| columns.iter().position(|c| c.trim().eq_ignore_ascii_case(name));
        let (Some(identity), Some(decision)) = (at("identity"), at("decision")) else {
            return Err(vec![(1, "has no columns `identity` and `decision`, so it is no list of a review".to_owned())]);
        };
        let (by, note) = (at("decided_by"), at("note"));
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        for row in table.records() {
            let row = match row {
                Ok(row) => row,
                Err(e) => {
                    faults.push((e.position().map_or(0, csv::Position::line), e.to_string()));
                    continue;
                }
            };
            let line = row.position().map_or(0, csv::Position::line);
            let cell = |column: Option<usize>| column.and_then(|c| row.get(c)).map(|c| alive(c.trim())).unwrap_or_default();
            let word = cell(Some(decision));
            if word.is_empty() {
                continue;
            }
            match Decision::named(&word) {
                Ok(decision) => {
                    let decided = Decided {
                        identity: cell(Some(identity)),
                        decision,
                        by: cell(by),
                        note: cell(note),
                        date: String::new(),
                        name: String::new(),
                    };
                    found.push((line, decided));
                }
                Err(says) => faults.push((line, says)),
            }
        }
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }
}

fn row(item: &Item) -> Vec<String> {
    let (decision, why) = &item.proposal;
    let (owner, status) = item.owner.as_ref().map(|(value, status, _)| (value.clone(), status.clone())).unwrap_or_default();
    let date = |t: Option<Timestamp>| t.map(|t| day(Some(t))).unwrap_or_default();
    let places = item.places.0.join(" ") + &if item.places.1 > 0 { format!(" and {} more", item.places.1) } else { String::new() };
    let last = item.decided.as_ref();
    vec![
        item.id.clone(),
        String::new(),
        String::new(),
        String::new(),
        decision.map_or("", Decision::as_str).to_owned(),
        why.clone(),
        item.provider.clone(),
        item.kind.clone(),
        item.name.clone(),
        item.standing().to_owned(),
        item.faults(),
        owner,
        status,
        item.environment.clone().unwrap_or_default(),
        item.scope.clone().unwrap_or_default(),
        date(item.created),
        date(item.rotated),
        item.age.map(|days| days.to_string()).unwrap_or_default(),
        date(item.used),
        date(item.expires),
        places,
        item.evidence.join("; "),
        last.map_or("", |d| d.decision.as_str()).to_owned(),
        last.map(|d| d.date.chars().take(10).collect()).unwrap_or_default(),
    ]
}

/// The cell as it was before.
fn alive(cell: &str) -> String {
    let formula = |rest: &&str| rest.starts_with(['=', '+', '-', '@']);
    cell.strip_prefix('\'').filter(formula).unwrap_or(cell).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for cell in ["=1+1", "+1", "-1", "@x"] {
            assert_eq!((shown_cell(cell), alive(&shown_cell(cell))), (format!("'{cell}"), cell.to_owned()));
        }
        assert_eq!(shown_cell("a\nb"), "a\\nb");
    }
}
