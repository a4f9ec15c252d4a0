//! The measured part of `docs/accuracy.md`: written from a tally, and read back as what is published.

use super::tally::{Score, Tally};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What stands around the measured part.
pub const BEGIN: &str = "<!-- measured -->\n";
pub const END: &str = "<!-- end of what is measured -->\n";

/// The heading of the table that is the baseline.
const BASELINE: &str = "## Detectors that are not perfect";

/// How many of the worst are told with their reason.
const WORST: usize = 10;

/// The measured part.
pub fn write(tally: &Tally, reasons: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    totals(tally, &mut out);
    worst(tally, reasons, &mut out);
    kinds(tally, &mut out);
    formats(tally, &mut out);
    baseline(tally, &mut out);
    out
}

fn totals(tally: &Tally, out: &mut String) {
    let total = tally.total;
    let perfect = tally.detectors.values().filter(|s| s.truth > 0 && s.is_perfect()).count();
    let measured = tally.detectors.values().filter(|s| s.truth > 0).count();
    let mut row = |what: &str, value: String| writeln!(out, "| {what} | {value} |").expect("memory");
    row("of all files", "value".into());
    row("---", "---:".into());
    row("files", tally.files.to_string());
    row("lines", tally.lines.to_string());
    row("formats", tally.formats.len().to_string());
    row("credentials", total.truth.to_string());
    row("found", (total.found + total.other).to_string());
    row("found by another detector than the one they are of", total.other.to_string());
    row("missed", total.missed().to_string());
    row("false alarms", total.alarms.to_string());
    row("recall (found at all)", percent(total.noticed()));
    row("recall (found by its own detector)", percent(total.recall()));
    row("precision", percent(total.precision()));
    row("detectors measured", measured.to_string());
    row("of these without a mistake", perfect.to_string());
}

fn worst(tally: &Tally, reasons: &BTreeMap<String, String>, out: &mut String) {
    let mut order: Vec<(&String, &Score)> = tally.detectors.iter().filter(|(_, s)| s.missed() + s.alarms > 0).collect();
    order.sort_by_key(|(id, s)| (std::cmp::Reverse(s.missed() + s.alarms), id.as_str()));
    out.push_str("\n## The worst\n\nBy what they miss and the false alarms they raise.\n\n| detector | missed | false alarms | why |\n");
    out.push_str("| --- | ---: | ---: | --- |\n");
    for (id, score) in order.into_iter().take(WORST) {
        let reason = reasons.get(id).map_or("not looked into yet", String::as_str);
        writeln!(out, "| `{id}` | {} | {} | {reason} |", score.missed(), score.alarms).expect("memory");
    }
}

fn kinds(tally: &Tally, out: &mut String) {
    out.push_str("\n## What is no credential, by kind\n\n| kind | places | false alarms |\n| --- | ---: | ---: |\n");
    for (kind, (places, alarms)) in &tally.kinds {
        writeln!(out, "| {kind} | {places} | {alarms} |").expect("memory");
    }
    writeln!(out, "| everything else: code, settings and prose around the marks | | {} |", tally.elsewhere).expect("memory");
}

fn formats(tally: &Tally, out: &mut String) {
    out.push_str("\n## By language and format\n\n| format | credentials | found | false alarms | recall | precision |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (format, s) in &tally.formats {
        let found = s.found + s.other;
        let (recall, precision) = (percent(s.noticed()), percent(s.precision()));
        writeln!(out, "| {format} | {} | {found} | {} | {recall} | {precision} |", s.truth, s.alarms).expect("memory");
    }
}

fn baseline(tally: &Tally, out: &mut String) {
    writeln!(out, "\n{BASELINE}\n").expect("memory");
    out.push_str("| detector | credentials | found | by another | missed | false alarms | recall | precision |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (id, s) in tally.detectors.iter().filter(|(_, s)| !s.is_perfect()) {
        let (recall, precision) = (percent(s.recall()), percent(s.precision()));
        let counts = format!("{} | {} | {} | {} | {}", s.truth, s.found, s.other, s.missed(), s.alarms);
        writeln!(out, "| `{id}` | {counts} | {recall} | {precision} |").expect("memory");
    }
}

/// What is not all is never written as all.
fn percent(share: f64) -> String {
    let most = if share < 1.0 { 99.9 } else { 100.0 };
    format!("{:.1} %", (100.0 * share).min(most))
}

/// The published scores of the detectors that are not perfect.
pub fn read(document: &str) -> BTreeMap<String, Score> {
    let rows = document.lines().skip_while(|l| *l != BASELINE).filter_map(|l| l.strip_prefix("| `")?.split_once("` |"));
    let numbers = |rest: &str| rest.split('|').filter_map(|n| n.trim().parse().ok()).collect::<Vec<u32>>();
    rows.filter_map(|(id, rest)| match numbers(rest)[..] {
        [truth, found, other, _, alarms] => Some((id.to_owned(), Score { truth, found, other, alarms })),
        _ => None,
    })
    .collect()
}

/// The detectors whose recall or precision is less than published, in words. What is not published is perfect.
pub fn lost_ground(tally: &Tally, published: &BTreeMap<String, Score>) -> Vec<String> {
    let mut lost = Vec::new();
    for (id, now) in &tally.detectors {
        let then = published.get(id).copied().unwrap_or_default();
        let mut compare = |what: &str, now: f64, then: f64| {
            if now < then - 1e-9 {
                lost.push(format!("{id}: {what} {}, published {}", percent(now), percent(then)));
            }
        };
        compare("recall", now.recall(), then.recall());
        compare("precision", now.precision(), then.precision());
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_losses_are_told() {
        let mut tally = Tally::default();
        tally.detectors.insert("good".into(), Score { truth: 3, found: 3, ..Score::default() });
        tally.detectors.insert("bad".into(), Score { truth: 4, found: 2, other: 1, alarms: 1 });
        let text = write(&tally, &BTreeMap::from([("bad".into(), "it is".into())]));
        let published = read(&text);
        assert_eq!(published, BTreeMap::from([("bad".into(), tally.detectors["bad"])]));
        assert!(text.contains("| `bad` | 1 | 1 | it is |"), "{text}");
        assert_eq!(lost_ground(&tally, &published), Vec::<String>::new());
        tally.detectors.get_mut("good").unwrap().found = 2;
        tally.detectors.get_mut("bad").unwrap().alarms = 2;
        let lost = lost_ground(&tally, &published);
        assert_eq!(lost, ["bad: precision 60.0 %, published 75.0 %", "good: recall 66.7 %, published 100.0 %"]);
    }
}
