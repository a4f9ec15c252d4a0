//! The report of an import: what was read, carried, carried with loss, not carried, and why.

use std::collections::BTreeMap;
use std::fmt;

/// A rule, and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Id in the file that was read.
    pub rule: String,
    /// Line there, from 1.
    pub line: u32,
    /// Id of the detector it is now; empty when it is none.
    pub detector: String,
    /// What was lost, or why it is not carried.
    pub what: String,
}

/// What became of the rules of one file. `Display` prints it for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file that was read.
    pub file: String,
    /// Its format.
    pub format: &'static str,
    /// How many rules it has.
    pub read: usize,
    /// How many are detectors now, those with losses too.
    pub carried: usize,
    /// What was lost of rules that are carried; a rule may stand here several times.
    pub losses: Vec<Affected>,
    /// Rules that are not carried.
    pub dropped: Vec<Affected>,
    /// What else is to be told of the file.
    pub notes: Vec<String>,
}

impl Report {
    /// How many rules are carried with a loss.
    pub fn lossy(&self) -> usize {
        let mut rules: Vec<&str> = self.losses.iter().map(|l| l.rule.as_str()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules.len()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (read, carried, lossy, dropped) = (self.read, self.carried, self.lossy(), self.dropped.len());
        write!(f, "{}: {}, {read} rule(s): {carried} carried ({lossy} with loss), {dropped} not carried", self.file, self.format)?;
        for (title, list) in [("lost", &self.losses), ("not carried", &self.dropped)] {
            for (what, rules) in by_reason(list) {
                write!(f, "\n  {title}: {what}: {}", rules.join(", "))?;
            }
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n  note: {note}"))
    }
}

/// The rules by what happened to them, most first.
fn by_reason(list: &[Affected]) -> Vec<(&str, Vec<String>)> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for affected in list {
        reasons.entry(&affected.what).or_default().push(format!("{} (line {})", affected.rule, affected.line));
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, rules)| std::cmp::Reverse(rules.len()));
    reasons
}
