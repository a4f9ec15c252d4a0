//! `keysweep inventory list`, `show` and `import`: the identities that exports know.

use super::ending;
use crate::cli::exit::Exit;
use crate::cli::output::{self, line, note};
use crate::correlate::identities;
use crate::inventory::normalised;
use crate::model::{Record, Register, Timestamp, shown};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::Path;

/// Lists identities, one a line; records of one identity are merged.
pub(super) fn list(register: &Register, providers: &[String]) -> Result<Exit> {
    let wanted = |records: &&Vec<&Record>| providers.is_empty() || records.iter().any(|r| providers.iter().any(|p| **p == *r.provider));
    let all = identities(register);
    let mut rows: Vec<[String; 6]> = all.iter().filter(wanted).map(|records| row(records)).collect();
    rows.sort();
    let heading = ["provider", "kind", "name", "owner", "last used", "sources"].map(str::to_owned);
    let width = |column: usize| rows.iter().chain([&heading]).map(|r| r[column].chars().count()).max().unwrap_or(0).min(60);
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    for row in [&heading].into_iter().chain(&rows) {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{:width$}", cut(cell, *width))).collect();
        line(cells.join("  ").trim_end())?;
    }
    register.warnings.iter().for_each(|w| note(&format!("note: {w}")));
    Ok(ending(register.files.iter()))
}

fn cut(text: &str, width: usize) -> String {
    let safe = shown(text).into_owned();
    if safe.chars().count() <= width { safe } else { safe.chars().take(width - 1).chain(['…']).collect() }
}

fn row(records: &[&Record]) -> [String; 6] {
    let first = records[0];
    let told = |get: fn(&Record) -> Option<String>| records.iter().find_map(|r| get(r)).unwrap_or_else(|| "-".to_owned());
    let used = records.iter().filter_map(|r| r.last_used).max().map_or_else(|| "-".to_owned(), Timestamp::day);
    let mut sources: Vec<&str> = records.iter().map(|r| &*r.source).collect();
    sources.dedup();
    let name = told(|r| r.display.as_deref().map(str::to_owned));
    let name = if name == "-" { first.id.to_string() } else { name };
    let owner = told(|r| r.owner.as_ref().map(|o| o.value.to_string()));
    [first.provider.to_string(), first.kind.as_str().to_owned(), name, owner, used, sources.join(", ")]
}

/// Shows what each export says of one identity.
pub(super) fn show(register: &Register, id: &str) -> Result<Exit> {
    let lower = id.to_lowercase();
    let is_it =
        |r: &Record| *r.id == *id || r.display.as_deref() == Some(id) || r.keys.iter().any(|k| *k.value == *id || *k.value == *lower);
    let all = identities(register);
    let found: Vec<_> = all.iter().filter(|records| records.iter().any(|r| is_it(r))).collect();
    if found.is_empty() {
        bail!("no export knows `{id}`; `keysweep inventory list` names all identities");
    }
    for records in found {
        for record in records {
            line(&serde_json::to_string_pretty(&normalised(record))?)?;
        }
    }
    register.warnings.iter().for_each(|w| note(&format!("note: {w}")));
    Ok(ending(register.files.iter()))
}

/// Writes all records in one shape.
pub(super) fn import(register: &Register, to: Option<&Path>) -> Result<Exit> {
    output::file(to, &mut |out: &mut dyn Write| register.records.iter().try_for_each(|record| writeln!(out, "{}", normalised(record))))
        .context("the records")?;
    register.warnings.iter().for_each(|w| note(&format!("note: {w}")));
    Ok(ending(register.files.iter()))
}
