//! Whose it is, for people: what the inventory can speak of first, then the identities by verdict, then who acts without a secret.

use super::layout::paint;
use super::{Page, phrase};
use crate::model::shown;
use crate::model::{Covered, Exposure, Flag, Proves, Report, Verdict};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Providers of which the missing export is told.
const MOST_MISSING: usize = 5;
/// Rows of a table that are shown.
const MOST_ROWS: usize = 30;

impl<W: Write> Page<'_, W> {
    /// What the inventory can speak of; nothing where none was given.
    pub(super) fn coverage(&mut self, report: &Report) -> io::Result<()> {
        if !has_inventory(report) {
            return Ok(());
        }
        let found = report.coverage.iter().map(|c| c.found).sum::<u64>();
        let unknown = report.coverage.iter().map(|c| c.unknown).sum::<u64>();
        let rest = format!(
            ": {} cover {} of {}; of {} nothing can be said.",
            phrase::count(report.inventory.sources.len() as u64, "source"),
            phrase::grouped(found - unknown),
            phrase::count(found, "identity"),
            phrase::grouped(unknown)
        );
        self.sentence(self.palette.strong, "Inventory", &rest)?;
        let rows: Vec<[String; 6]> = report.coverage.iter().map(row).collect();
        let heading = ["provider", "kind", "scope", "found", "governed", "cannot say"].map(str::to_owned);
        self.table(&heading, &rows)?;
        let silent = report.coverage.iter().filter(|c| c.unknown > 0);
        let mut told: Vec<(&str, &str)> = silent.filter_map(|c| Some((c.provider.as_str(), c.missing.as_deref()?))).collect();
        told.dedup();
        for (_, missing) in told.iter().take(MOST_MISSING) {
            self.entry("to know", &shown(missing))?;
        }
        if told.len() > MOST_MISSING {
            self.entry("", &format!("and {} more; `coverage` of the JSON report has all", told.len() - MOST_MISSING))?;
        }
        for warning in report.inventory.warnings.iter().take(MOST_ROWS) {
            self.entry("note", &shown(warning))?;
        }
        self.more(report.inventory.warnings.len())?;
        writeln!(self.out)
    }

    /// The verdict of a finding's identity, in a block.
    pub(super) fn verdict(&mut self, identity: &Exposure) -> io::Result<()> {
        let why = identity.evidence.first().map(|e| shown(&e.says).into_owned()).unwrap_or_default();
        if identity.verdict != Verdict::UnknownSource || identity.evidence.first().is_some_and(|e| e.source != "coverage") {
            self.entry("verdict", &format!("{}: {why}", identity.verdict.as_str()))?;
        }
        if let Some(owner) = &identity.owner {
            let conflicts = if owner.conflicts.is_empty() { String::new() } else { format!("; others say {}", owner.conflicts.join(", ")) };
            self.entry("owner", &shown(&format!("{} ({}, by {}){conflicts}", owner.value, owner.status.as_str(), owner.evidence)))?;
        }
        let mut label = "flags";
        for flag in &identity.flags {
            self.entry(label, &format!("{}: {}", flag.as_str(), shown(&said(identity, flag.as_str()))))?;
            label = "";
        }
        if let Some(instead) = &identity.instead {
            self.entry("instead", &shown(&format!("trust {} of {} for {}", instead.subject, instead.issuer, instead.audience)))?;
            self.entry("", &shown(&instead.create))?;
            if let Some(existing) = &instead.existing {
                self.entry("", &shown(&format!("or let it act as {existing}, as another pipeline here does")))?;
            }
        }
        label = "policy";
        for violation in &identity.violations {
            self.entry(label, &format!("{}: {}", violation.as_str(), shown(&said(identity, violation.as_str()))))?;
            label = "";
        }
        for passed in &identity.excepted {
            let until = passed.expires.day();
            self.entry(label, &format!("{} may pass until {until}: {}", passed.name, shown(&passed.reason)))?;
            label = "";
        }
        Ok(())
    }

    /// Who acts in the files without a secret in sight: one line each.
    pub(super) fn acting(&mut self, report: &Report) -> io::Result<()> {
        let acting: Vec<&Exposure> = report.identities.iter().filter(|i| i.credentials.is_empty()).collect();
        if acting.is_empty() {
            return Ok(());
        }
        let rest = format!(": {} declared or referred to without a secret in sight.", phrase::count(acting.len() as u64, "identity"));
        self.sentence(self.palette.strong, "Identities", &rest)?;
        let mut sorted = acting.clone();
        sorted.sort_by_key(|i| (i.verdict == Verdict::UnknownSource, i.verdict == Verdict::Resolved));
        let rows: Vec<[String; 4]> = sorted.iter().take(MOST_ROWS).map(|i| mentioned(i)).collect();
        self.table(&["identity", "verdict", "proof", "place"].map(str::to_owned), &rows)?;
        self.more(acting.len())?;
        writeln!(self.out)
    }

    /// Records that nothing in code refers to.
    pub(super) fn ghosts(&mut self, report: &Report) -> io::Result<()> {
        let ghosts = &report.inventory.ghosts;
        if ghosts.is_empty() {
            return Ok(());
        }
        let rest = format!(": {} of the inventory that nothing here refers to.", phrase::count(ghosts.len() as u64, "record"));
        self.sentence(self.palette.strong, "Ghosts", &rest)?;
        let none = || "nobody".to_owned();
        let rows: Vec<[String; 4]> = ghosts
            .iter()
            .take(MOST_ROWS)
            .map(|g| {
                [
                    format!("{} {}", g.provider, g.kind.as_str()),
                    g.name.as_ref().unwrap_or(&g.id).to_string(),
                    g.owner.as_ref().map_or_else(none, ToString::to_string),
                    g.source.to_string(),
                ]
            })
            .collect();
        self.table(&["kind", "name", "owner", "source"].map(str::to_owned), &rows)?;
        self.more(ghosts.len())?;
        writeln!(self.out)
    }

    fn more(&mut self, all: usize) -> io::Result<()> {
        match all.saturating_sub(MOST_ROWS) as u64 {
            0 => Ok(()),
            more => writeln!(self.out, "  and {} more; the JSON report lists all", phrase::grouped(more)),
        }
    }

    /// Rows under a heading, cut to fit; places in the last column are left whole.
    fn table<const N: usize>(&mut self, heading: &[String; N], rows: &[[String; N]]) -> io::Result<()> {
        let widest = |column: usize| {
            let cells = rows.iter().map(|r| &r[column]).chain([&heading[column]]);
            cells.map(|c| shown(c).chars().count()).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..N).map(widest).collect();
        let counted = if heading[N - 1] == "place" { N - 1 } else { N };
        // The widest columns give way first.
        while widths[..counted].iter().sum::<usize>() + 2 * N > self.width {
            let Some(most) = widths[..counted].iter_mut().max().filter(|w| **w > 4) else { break };
            *most -= 1;
        }
        let line = |cells: &[String; N]| {
            let cells = cells.iter().zip(&widths).enumerate().map(|(n, (cell, width))| {
                let cell = shown(cell);
                if n + 1 == N && heading[n] == "place" {
                    return cell.into_owned();
                }
                let cut: String =
                    if cell.chars().count() > *width { cell.chars().take(width - 1).chain(['…']).collect() } else { cell.into_owned() };
                format!("{cut:<width$}")
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        writeln!(self.out, "  {}", paint(self.palette.label, line(heading)))?;
        rows.iter().try_for_each(|row| writeln!(self.out, "  {}", line(row)))
    }

    /// The sentence that counts verdicts, with what to do where there is no inventory.
    pub(super) fn verdicts(&mut self, report: &Report) -> io::Result<()> {
        if report.identities.is_empty() {
            return Ok(());
        }
        if !has_inventory(report) {
            let all = phrase::count(report.identities.len() as u64, "identity");
            let rest = format!(": of {all} it cannot be said without an inventory; give exports with --inventory.");
            return self.sentence(self.palette.label, "Whose it is", &rest);
        }
        let mut counts: BTreeMap<Verdict, u64> = BTreeMap::new();
        report.identities.iter().for_each(|i| *counts.entry(i.verdict).or_default() += 1);
        let told: Vec<String> = counts.iter().map(|(verdict, n)| format!("{} {}", phrase::grouped(*n), verdict.as_str())).collect();
        self.sentence(self.palette.strong, "Verdicts", &format!(": {}.", told.join(", ")))
    }
}

fn has_inventory(report: &Report) -> bool {
    !report.inventory.sources.is_empty() || !report.inventory.warnings.is_empty()
}

fn row(covered: &Covered) -> [String; 6] {
    let scope = covered.scope.clone().unwrap_or_else(|| "-".to_owned());
    let counts = [covered.found, covered.governed, covered.unknown].map(phrase::grouped);
    let [found, governed, unknown] = counts;
    [covered.provider.clone(), covered.kind.as_str().to_owned(), scope, found, governed, unknown]
}

fn mentioned(identity: &Exposure) -> [String; 4] {
    let name = identity.principal.as_deref().unwrap_or("-");
    let place = identity.referenced_in.first().or(identity.declared_in.first()).map(phrase::place).unwrap_or_default();
    let flagged = identity.flags.contains(&Flag::StaticWhereFederatable);
    let proves = if flagged {
        Flag::StaticWhereFederatable.as_str()
    } else if identity.proves == Proves::Unknown {
        "-"
    } else {
        identity.proves.as_str()
    };
    let what = format!("{} {} {name}", identity.provider, identity.kind.as_str().replace('_', " "));
    [what, identity.verdict.as_str().to_owned(), proves.to_owned(), place]
}

/// Why a flag or a violation holds, in words.
fn said(identity: &Exposure, name: &str) -> String {
    let says = |e: &crate::model::Evidence| e.says.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
    identity.evidence.iter().find_map(says).unwrap_or_default()
}
