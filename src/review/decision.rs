//! Decisions of owners: the words they use, and the journal that keeps each with its date.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What an owner decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is needed as it is.
    Keep,
    /// It is needed; its secret is to be replaced.
    Rotate,
    /// It is to be withdrawn at its issuer.
    Revoke,
    /// Somebody else answers for it; the note says who.
    Transfer,
    /// It is to be taken out of the files.
    Remove,
}

impl Decision {
    /// All decisions with their words and meanings.
    pub const ALL: &[(Self, &str, &str)] = &[
        (Self::Keep, "keep", "it is needed as it is"),
        (Self::Rotate, "rotate", "replace its secret"),
        (Self::Revoke, "revoke", "withdraw it at its issuer"),
        (Self::Transfer, "transfer", "somebody else answers for it: the note says who"),
        (Self::Remove, "remove", "take it out of the files"),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(d, ..)| *d == self).map_or("", |(_, word, _)| word)
    }

    /// The decision of a word.
    ///
    /// # Errors
    /// A sentence that names the words there are.
    pub fn named(word: &str) -> Result<Self, String> {
        let lower = word.trim().to_lowercase();
        let known = Self::ALL.iter().find(|(_, w, _)| *w == lower).map(|(d, ..)| *d);
        known.ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|(_, w, _)| *w).collect();
            format!("`{word}` is no decision; write one of {}", words.join(", "))
        })
    }
}

/// A decision on an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Id of the identity.
    pub identity: String,
    /// What was decided.
    pub decision: Decision,
    /// Who decided.
    #[serde(default)]
    pub by: String,
    /// What the decider has to say.
    #[serde(default)]
    pub note: String,
    /// When it was read back, RFC 3339; empty until then.
    #[serde(default)]
    pub date: String,
    /// What the identity is called, for those who read the journal.
    #[serde(default)]
    pub name: String,
}

/// All decisions ever read back, in the order of their dates: JSON, one a line.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    entries: Vec<Decided>,
}

impl Journal {
    /// Reads a journal.
    ///
    /// # Errors
    /// The first line that is none of a journal, with its number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = (1..).zip(text.lines()).filter(|(_, l)| !l.trim().is_empty());
        let entries = lines.map(|(number, line)| serde_json::from_str(line).map_err(|e| format!("line {number}: {e}")));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// Takes a decision, unless it is the last one on the identity already; says whether it did.
    pub fn take(&mut self, decided: Decided, now: Timestamp) -> bool {
        let same =
            |e: &Decided| (e.decision, e.by.as_str(), e.note.as_str()) == (decided.decision, decided.by.as_str(), decided.note.as_str());
        if self.entries.iter().rev().find(|e| e.identity == decided.identity).is_some_and(same) {
            return false;
        }
        self.entries.push(Decided { date: now.to_string(), ..decided });
        true
    }

    /// The last decision on each identity.
    pub fn last(&self) -> HashMap<&str, &Decided> {
        self.entries.iter().map(|e| (e.identity.as_str(), e)).collect()
    }

    /// The journal as text.
    pub fn text(&self) -> String {
        self.entries.iter().map(|e| serde_json::to_string(e).expect("texts alone") + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_kept_once_with_its_date_and_the_last_one_counts() {
        let at = |day: &str| Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap();
        let decided = |decision| Decided {
            identity: "a".to_owned(),
            decision,
            by: "kim".to_owned(),
            note: String::new(),
            date: String::new(),
            name: "ci".to_owned(),
        };
        let mut journal = Journal::default();
        assert!(journal.take(decided(Decision::Keep), at("2026-09-01")));
        assert!(!journal.take(decided(Decision::Keep), at("2026-09-02")), "the same list read twice");
        assert!(journal.take(decided(Decision::Revoke), at("2026-12-01")));
        let again = Journal::parse(&journal.text()).unwrap();
        assert_eq!(again.entries.len(), 2);
        assert_eq!((again.last()["a"].decision, again.last()["a"].date.as_str()), (Decision::Revoke, "2026-12-01T00:00:00Z"));
        assert!(Journal::parse("{\"identity\":\"a\"").unwrap_err().starts_with("line 1: "));
        assert!(Decision::named("delete").unwrap_err().contains("keep, rotate, revoke, transfer, remove"));
    }
}
