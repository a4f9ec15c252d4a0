//! The report as Markdown of GitHub's flavour: for a job's summary, a comment or an issue.

use super::{Options, Reporter, phrase};
use crate::model::{Exposure, Finding, Report, shown};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// `--format markdown`.
pub(super) struct Format;

/// Rows of a table; what is longer nobody reads, and a job's summary may have 1 MiB.
const MOST: usize = 500;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        head(report, &mut out)?;
        coverage(report, &mut out)?;
        identities(report, &mut out)?;
        findings(report, &mut out)?;
        skipped(report, &mut out)?;
        out.flush()
    }
}

fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let stats = &report.scan.stats;
    let found = report.findings.len() as u64;
    let in_head = report.findings.iter().filter(|f| f.in_head).count() as u64;
    let title = match found {
        0 if stats.blobs + stats.files == 0 => "keysweep: nothing was inspected".to_owned(),
        0 => "keysweep: no credentials found".to_owned(),
        _ => format!("keysweep: {} found, {} in HEAD", phrase::count(found, "credential"), phrase::grouped(in_head)),
    };
    writeln!(out, "# {title}\n")?;
    let read = Some(phrase::read(stats)).filter(|read| !read.is_empty()).unwrap_or_else(|| "nothing".to_owned());
    write!(out, "Inspected {read}.")?;
    for (n, what) in [(stats.suppressed, "suppressed"), (stats.below_confidence, "below the confidence asked for")] {
        if n > 0 {
            write!(out, " Not counted: {} {what}.", phrase::grouped(n))?;
        }
    }
    if !report.scan.skipped.is_empty() {
        write!(out, " **Not read: {}.**", phrase::grouped(report.scan.skipped.len() as u64))?;
    }
    writeln!(out)
}

fn coverage(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.coverage.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## What the inventory can say\n\n| provider | kind | scope | found | governed | unknown |\n| --- | --- | --- | --: | --: | --: |"
    )?;
    for row in report.coverage.iter().take(MOST) {
        let scope = cell(row.scope.as_deref().unwrap_or("not known"));
        writeln!(
            out,
            "| {} | {} | {scope} | {} | {} | {} |",
            cell(&row.provider),
            row.kind.as_str(),
            row.found,
            row.governed,
            row.unknown
        )?;
    }
    more(report.coverage.len(), out)
}

fn identities(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for identity in &report.identities {
        *verdicts.entry(identity.verdict.as_str()).or_default() += 1;
    }
    // Without an inventory there is one verdict, and it says nothing.
    if verdicts.keys().all(|v| *v == "unknown-source") {
        return Ok(());
    }
    let told: Vec<String> = verdicts.iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
    writeln!(out, "\n## Whose they are\n\n{}.\n", told.join(", "))?;
    writeln!(out, "| verdict | identity | provider | environment | owner | flags |\n| --- | --- | --- | --- | --- | --- |")?;
    let mut shown: Vec<&Exposure> = report.identities.iter().filter(|i| !matches!(i.verdict.as_str(), "governed" | "resolved")).collect();
    shown.sort_by_key(|i| (i.verdict.as_str(), i.id.clone()));
    for i in shown.iter().take(MOST) {
        let owner = i.owner.as_ref().map_or("", |o| o.value.as_str());
        let flags: Vec<&str> = i.flags.iter().map(|f| f.as_str()).collect();
        let name = cell(i.principal.as_deref().unwrap_or(&i.id));
        let environment = cell(i.environment.as_deref().unwrap_or(""));
        writeln!(
            out,
            "| {} | {name} | {} | {environment} | {} | {} |",
            i.verdict.as_str(),
            cell(&i.provider),
            cell(owner),
            flags.join(" ")
        )?;
    }
    more(shown.len(), out)
}

fn findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let identities: HashMap<&str, &Exposure> = report.identities.iter().map(|i| (i.id.as_str(), i)).collect();
    writeln!(out, "\n## Credentials\n\n| what | value | where | since | now | owner | id |\n| --- | --- | --- | --- | --- | --- | --- |")?;
    let mut sorted: Vec<&Finding> = report.findings.iter().collect();
    sorted.sort_by_key(|f| (!f.in_head, std::cmp::Reverse(f.confidence)));
    for f in sorted.iter().take(MOST) {
        let places = phrase::places(f);
        let place = places.first().map(|p| cell(&phrase::place(p))).unwrap_or_default();
        let others = if places.len() > 1 { format!(" and {} more", places.len() - 1) } else { String::new() };
        let since = f.first_seen.as_ref().map(|c| format!("{} ({})", phrase::date(c), phrase::short(&c.commit))).unwrap_or_default();
        let owner = f.identity.as_deref().and_then(|id| identities.get(id)).and_then(|i| i.owner.as_ref()).map_or("", |o| &o.value);
        let (what, value) = (cell(&f.title), cell(&f.secret.redacted));
        let confidence = f.confidence.as_str();
        writeln!(
            out,
            "| {what} ({confidence}) | {value} | {place}{others} | {} | {} | {} | `{}` |",
            cell(&since),
            cell(&phrase::state(f)),
            cell(owner),
            f.id
        )?;
    }
    more(sorted.len(), out)
}

fn skipped(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.scan.skipped.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Not read\n\n| what | why |\n| --- | --- |")?;
    for one in report.scan.skipped.iter().take(MOST) {
        writeln!(out, "| {} | {} |", cell(&one.what), cell(&one.why))?;
    }
    more(report.scan.skipped.len(), out)
}

/// Says that a table was cut.
fn more(rows: usize, out: &mut dyn Write) -> io::Result<()> {
    if rows > MOST { writeln!(out, "\nand {} more; the JSON report lists all", rows - MOST) } else { Ok(()) }
}

/// Text of a repository in a table's cell: no markup, no mention, no link, no line's end.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in shown(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // A mention would notify; an address would become a link.
            '@' => safe.push_str("&#64;"),
            ':' => safe.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '|' | '!' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{clean, full, written};
    use super::*;

    #[test]
    fn text_of_the_repository_is_no_markup() {
        let mut report = full();
        report.findings[0].locations[0].path = "a|b](https://x) <img> @team\n# c".into();
        let text = written(&Format, &report, &Options::default());
        assert!(text.starts_with("# keysweep: 3 credentials found, 2 in HEAD\n\nInspected 1 repository, "), "{text}");
        assert!(text.contains("a\\|b\\]\\(https&#58;//x\\) &lt;img&gt; &#64;team\\\\n\\# c"), "{text}");
        assert_eq!(text.lines().filter(|l| l.starts_with("# ")).count(), 1);
        assert!(text.contains("\n## Not read\n\n| what | why |\n| --- | --- |\n| app/big.bin | larger than 100 MiB |\n"), "{text}");
    }

    #[test]
    fn a_clean_scan_says_so() {
        assert!(written(&Format, &clean(), &Options::default()).starts_with("# keysweep: no credentials found\n"));
    }
}
