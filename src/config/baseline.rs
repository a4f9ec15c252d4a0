//! The baseline: credentials that were there when keysweep came, accepted for a reason, by somebody, until a day.
//!
//! A file of JSON objects, one a line, sorted by id. An entry names a value by the id of its finding and no place, so that it
//! holds wherever the value is moved to, and two branches that add entries can be merged line by line.

use super::allow::day;
use crate::model::{Finding, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the file is called where nobody says otherwise.
pub const BASELINE: &str = "keysweep.baseline";
/// Bytes of a reason or an owner.
const LONGEST: usize = 500;
/// Beginnings of lines that git leaves where a merge met a conflict.
const CONFLICTS: &[&str] = &["<<<<<<<", "=======", ">>>>>>>", "|||||||"];

/// The first line of the file, which tells what it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    keysweep_baseline: u32,
}

/// One accepted credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Id of the finding: a function of detector family and value.
    pub id: String,
    /// The detector that found it; for the reader.
    pub detector: String,
    /// The redacted value; for the reader.
    pub redacted: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for accepting it.
    pub owner: String,
    /// The day (UTC) from which on it no longer is: `YYYY-MM-DD`.
    pub expires: String,
}

/// Accepted credentials by the ids of their findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<String, Entry>,
}

/// A line that is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message} ({help})")]
pub struct BaselineError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// What is said of credentials that come into the baseline.
#[derive(Debug, Clone)]
pub struct Acceptance {
    reason: String,
    owner: String,
    expires: String,
}

impl Acceptance {
    /// Checks what is said.
    ///
    /// # Errors
    /// An empty or overlong reason or owner, and a last day that is none or has passed at `now`.
    pub fn new(reason: &str, owner: &str, expires: &str, now: Timestamp) -> Result<Self, String> {
        let said = |what: &str, text: &str| match text.trim() {
            "" => Err(format!("the {what} is empty")),
            text if text.len() > LONGEST => Err(format!("the {what} is longer than {LONGEST} bytes")),
            text => Ok(text.to_owned()),
        };
        let end = day(expires).ok_or_else(|| format!("`{expires}` is no date; write year, month and day, such as 2027-01-01"))?;
        if end.seconds <= now.seconds {
            return Err(format!("{expires} has passed, so that nothing would be accepted"));
        }
        Ok(Self { reason: said("reason", reason)?, owner: said("owner", owner)?, expires: expires.to_owned() })
    }
}

/// How an update changed a baseline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Updated {
    /// Entries that came.
    pub added: usize,
    /// Expired entries that were accepted anew.
    pub renewed: usize,
}

impl Entry {
    /// Whether it no longer holds.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        day(&self.expires).is_none_or(|end| now.seconds >= end.seconds)
    }
}

impl Baseline {
    /// Whether a text is meant to be a baseline, sound or not.
    pub fn recognises(text: &str) -> bool {
        text.lines().next().is_some_and(|line| serde_json::from_str::<Head>(line).is_ok())
    }

    /// Reads the file's text. Of two entries for one credential, as a merge may leave them, the one that ends first is taken.
    ///
    /// # Errors
    /// The first line that is no entry.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let mut entries = BTreeMap::<String, Entry>::new();
        let mut lines = text.lines().enumerate().map(|(n, line)| (n + 1, line));
        let error = |line: usize, message: &str, help: &str| BaselineError { line, message: message.into(), help: help.into() };
        let fail = |line, message: &str, help: &str| Err(error(line, message, help));
        match lines.next().map(|(_, line)| serde_json::from_str::<Head>(line)) {
            Some(Ok(Head { keysweep_baseline: 1 })) => {}
            Some(Ok(_)) => return fail(1, "this baseline is of a later version of keysweep", "use that version"),
            _ => return fail(1, "not a baseline", "make one with `keysweep baseline update`"),
        }
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            if CONFLICTS.iter().any(|mark| line.starts_with(mark)) {
                return fail(number, "a merge left a conflict here", "remove the marks and keep the entries of both sides");
            }
            let entry = match serde_json::from_str::<Entry>(line) {
                Ok(entry) => entry,
                Err(e) => {
                    let help = "an entry is one line with `id`, `detector`, `redacted`, `reason`, `owner` and `expires`";
                    return fail(number, &cut_place(&e.to_string()), help);
                }
            };
            check(&entry).map_err(|(message, help)| error(number, &message, help))?;
            match entries.get(&entry.id) {
                Some(other) if other.expires <= entry.expires => {}
                _ => drop(entries.insert(entry.id.clone(), entry)),
            }
        }
        Ok(Self { entries })
    }

    /// The file's text.
    pub fn text(&self) -> String {
        self.entries.values().fold(line(&Head { keysweep_baseline: 1 }), |text, entry| text + &line(entry))
    }

    /// The entries, by id.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entry for a finding.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Accepts findings that are not accepted yet, or no longer.
    pub fn accept<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>, said: &Acceptance, now: Timestamp) -> Updated {
        let mut updated = Updated::default();
        for finding in findings {
            match self.entries.get(&finding.id) {
                Some(entry) if !entry.is_expired(now) => continue,
                Some(_) => updated.renewed += 1,
                None => updated.added += 1,
            }
            let Acceptance { reason, owner, expires } = said.clone();
            let (id, detector, redacted) = (finding.id.clone(), finding.detector.clone(), finding.secret.redacted.clone());
            self.entries.insert(id.clone(), Entry { id, detector, redacted, reason, owner, expires });
        }
        updated
    }

    /// Keeps the entries that hold; returns the others.
    pub fn prune(&mut self, holds: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let (kept, dropped) = std::mem::take(&mut self.entries).into_iter().partition(|(_, entry)| holds(entry));
        self.entries = kept;
        let dropped: BTreeMap<String, Entry> = dropped;
        dropped.into_values().collect()
    }
}

/// A value on one line.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are JSON") + "\n"
}

/// Whether an entry is whole, with what to do where not.
fn check(entry: &Entry) -> Result<(), (String, &'static str)> {
    if entry.id.len() != 32 || !entry.id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Err(("`id` is not the id of a finding".into(), "take the 32 hexadecimal digits that a report calls `id`"));
    }
    for (what, text) in [("reason", &entry.reason), ("owner", &entry.owner)] {
        if text.trim().is_empty() {
            return Err((format!("`{what}` is empty"), "say why this is acceptable, and who says so"));
        }
    }
    match day(&entry.expires) {
        Some(_) => Ok(()),
        None => Err((format!("`{}` is no date", entry.expires), "write year, month and day: `\"expires\":\"2027-01-01\"`")),
    }
}

/// A message without its `at line 1 column 7`: the line is always the first, of itself.
fn cut_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "{\"keysweep_baseline\":1}\n";
    const NOW: Timestamp = Timestamp { seconds: 1_790_000_000, offset_minutes: 0 }; // 2026-09-21

    fn entry(id: char, expires: &str) -> Entry {
        let text = |text: &str| text.to_owned();
        let id = id.to_string().repeat(32);
        Entry { id, detector: text("d"), redacted: text("***"), reason: text("why"), owner: text("who"), expires: text(expires) }
    }

    fn file(entries: &[Entry]) -> String {
        entries.iter().fold(HEAD.to_owned(), |text, e| text + &line(e))
    }

    #[test]
    fn what_is_written_is_read_sorted() {
        let baseline = Baseline::parse(&file(&[entry('b', "2027-01-01"), entry('a', "2026-09-21")])).expect("sound");
        assert_eq!(baseline.text(), file(&[entry('a', "2026-09-21"), entry('b', "2027-01-01")]));
        assert_eq!(baseline.entries().map(|e| e.is_expired(NOW)).collect::<Vec<_>>(), [true, false]);
        assert!(Baseline::recognises(HEAD) && !Baseline::recognises("{\n") && !Baseline::recognises("{\"a\":1}"));
    }

    #[test]
    fn of_two_entries_the_stricter_holds() {
        for entries in [["2027-01-01", "2026-12-01"], ["2026-12-01", "2027-01-01"]] {
            let baseline = Baseline::parse(&file(&entries.map(|e| entry('a', e)))).expect("sound");
            assert_eq!(baseline.entries().map(|e| e.expires.as_str()).collect::<Vec<_>>(), ["2026-12-01"]);
        }
    }

    #[test]
    fn unsound_lines_are_told() {
        let with = |change: &dyn Fn(&mut Entry)| {
            let mut e = entry('a', "2027-01-01");
            change(&mut e);
            file(&[e])
        };
        let cases = [
            (String::new(), "line 1: not a baseline"),
            ("{\"keysweep_baseline\":2}".into(), "line 1: this baseline is of a later version"),
            (format!("{HEAD}\n<<<<<<< HEAD\n"), "line 3: a merge left a conflict"),
            (format!("{HEAD}{{\"id\":\"a\"}}\n"), "line 2: missing field `detector` (an entry is"),
            (with(&|e| e.id = "A".repeat(32)), "line 2: `id` is not the id"),
            (with(&|e| e.reason = " ".into()), "line 2: `reason` is empty"),
            (with(&|e| e.owner = String::new()), "line 2: `owner` is empty"),
            (with(&|e| e.expires = "2027-02-30".into()), "line 2: `2027-02-30` is no date"),
        ];
        for (text, message) in cases {
            let error = Baseline::parse(&text).expect_err(message).to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn what_is_said_must_say_something() {
        assert!(Acceptance::new("r", "o", "2026-09-22", NOW).is_ok());
        for (reason, owner, expires, message) in [
            (" ", "o", "2027-01-01", "the reason is empty"),
            ("r", "", "2027-01-01", "the owner is empty"),
            ("r", "o", "soon", "`soon` is no date"),
            ("r", "o", "2026-09-21", "2026-09-21 has passed"),
        ] {
            let error = Acceptance::new(reason, owner, expires, NOW).expect_err(message);
            assert!(error.starts_with(message), "{error}");
        }
    }
}
