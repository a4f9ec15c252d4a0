//! What a terminal shows of many findings: the most urgent at length, and how many there are of the others.

use crate::model::Finding;
use crate::report::phrase;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

/// Kinds that are counted by name.
const KINDS: usize = 12;

/// The findings to show, in their order, and the others: what is checked out and sure comes before what is not.
pub(super) fn split(findings: &[Finding], most: Option<usize>) -> (Vec<&Finding>, Vec<&Finding>) {
    let mut urgent: Vec<&Finding> = findings.iter().collect();
    urgent.sort_by_key(|f| (!f.in_head, Reverse(f.confidence)));
    let shown: HashSet<&str> = urgent.iter().take(most.unwrap_or(usize::MAX)).map(|f| f.id.as_str()).collect();
    findings.iter().partition(|f| shown.contains(f.id.as_str()))
}

/// Counts the others by what they are, and says how to see them.
pub(super) fn count(others: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    if others.is_empty() {
        return Ok(());
    }
    let mut kinds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for finding in others {
        let (all, in_head) = kinds.entry(&finding.title).or_default();
        *all += 1;
        *in_head += u64::from(finding.in_head);
    }
    let mut rows: Vec<(&str, (u64, u64))> = kinds.into_iter().collect();
    rows.sort_by_key(|(title, (all, _))| (Reverse(*all), *title));
    writeln!(
        out,
        "And {} that {} less urgent:",
        phrase::count(others.len() as u64, "other"),
        if others.len() == 1 { "is" } else { "are" }
    )?;
    for (title, (all, in_head)) in rows.iter().take(KINDS) {
        writeln!(out, "{:>9}  {title}, {} in HEAD", phrase::grouped(*all), phrase::grouped(*in_head))?;
    }
    if let Some(rest) = rows.get(KINDS..).filter(|rest| !rest.is_empty()) {
        let all = rest.iter().map(|(_, (all, _))| all).sum();
        writeln!(out, "{:>9}  of {}", phrase::grouped(all), phrase::count(rest.len() as u64, "further kind"))?;
    }
    writeln!(out, "To see all: --short for a line each, -o FILE for all of this, -f html -o FILE for a page to search.\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Confidence;
    use crate::report::fixture;

    #[test]
    fn the_most_urgent_are_shown_and_the_others_counted() {
        let one = fixture::full().findings[0].clone();
        let make = |n: usize| Finding {
            id: format!("{n:032}"),
            in_head: n % 2 == 1,
            confidence: if n == 3 { Confidence::High } else { Confidence::Medium },
            title: format!("Kind {:02}", n % 15),
            ..one.clone()
        };
        let findings: Vec<Finding> = (0..60).map(make).collect();
        let ids = |list: &[&Finding]| list.iter().map(|f| f.id.trim_start_matches('0').to_owned()).collect::<Vec<_>>();
        let (shown, others) = split(&findings, Some(3));
        assert_eq!(ids(&shown), ["1", "3", "5"], "the surest of those in HEAD, in the report's order");
        let mut out = Vec::new();
        count(&others, &mut out).expect("written");
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(text.starts_with("And 57 others that are less urgent:\n"), "{text}");
        assert!(text.contains("        4  Kind 00, 2 in HEAD\n") && text.contains("  of 3 further kinds\n"), "{text}");
        assert_eq!(text.lines().count(), 1 + KINDS + 1 + 2, "{text}");
        assert!(split(&findings, None).1.is_empty() && split(&findings, Some(60)).1.is_empty());
    }
}
