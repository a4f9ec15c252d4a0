//! The veil: hides known values in any text of a report, such as paths, messages and the lines around a finding.

use crate::model::{Redaction, Secret};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memmem::Finder;
use std::collections::BTreeSet;

/// Shorter values stand in ordinary words by chance, and hiding them there would tell more than it hides.
const SHORTEST: usize = 8;
/// Up to so many values are looked for one by one: an automaton takes longer to build than most texts to look through.
const FEW: usize = 16;
/// What is shown instead of a value.
const HIDDEN: &str = "********";

/// Replaces values in texts.
pub(super) enum Veil {
    /// Nothing to hide.
    Thin,
    Few(Vec<Finder<'static>>),
    Many(AhoCorasick),
}

impl Veil {
    /// A veil over these values; none when values are to be shown.
    pub(super) fn new<'s>(secrets: impl Iterator<Item = &'s Secret>, redaction: Redaction) -> Self {
        let values: BTreeSet<&[u8]> = secrets.map(Secret::expose).filter(|s| s.len() >= SHORTEST).collect();
        if values.is_empty() || redaction == Redaction::None {
            return Self::Thin;
        }
        let few = |values: &BTreeSet<&[u8]>| Self::Few(values.iter().map(|v| Finder::new(v).into_owned()).collect());
        if values.len() <= FEW {
            return few(&values);
        }
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).match_kind(MatchKind::LeftmostLongest).build(&values);
        automaton.map_or_else(|_| few(&values), Self::Many)
    }

    /// The text with every value replaced.
    pub(super) fn over(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        match self {
            Self::Thin => shown.push_str(text),
            Self::Few(values) => {
                let mut at = 0;
                while let Some((start, end)) = first(values, text, at) {
                    shown.push_str(&text[at..start]);
                    shown.push_str(HIDDEN);
                    at = end;
                }
                shown.push_str(&text[at..]);
            }
            Self::Many(values) => values.replace_all_with(text, &mut shown, |_, _, out| {
                out.push_str(HIDDEN);
                true
            }),
        }
        shown
    }
}

/// Where the first value from a position on stands; of those that begin there, the longest. One that begins or ends within a character is widened to it.
fn first(values: &[Finder<'_>], text: &str, at: usize) -> Option<(usize, usize)> {
    let found = values.iter().filter_map(|v| v.find(&text.as_bytes()[at..]).map(|i| (at + i, at + i + v.needle().len())));
    let (mut start, mut end) = found.min_by_key(|&(start, end)| (start, std::cmp::Reverse(end)))?;
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veil(values: &[&str]) -> Veil {
        let secrets: Vec<Secret> = values.iter().map(|v| Secret::new(v.as_bytes())).collect();
        Veil::new(secrets.iter(), Redaction::Partial)
    }

    #[test]
    fn few_and_many_values_are_hidden_alike() {
        let many: Vec<String> = (0..FEW + 5).map(|i| format!("other value {i:04}")).collect();
        let values = ["secret-0", "secret-0123", "zweites-Geheimnis-ü"];
        let all: Vec<&str> = values.iter().copied().chain(many.iter().map(String::as_str)).collect();
        for text in ["a secret-0123 b", "secret-0secret-01", "x zweites-Geheimnis-ü!", "nothing here", "", "secret-0"] {
            let (few, many) = (veil(&values).over(text), veil(&all).over(text));
            assert_eq!(few, many, "{text}");
            assert!(!values.iter().any(|v| few.contains(v)), "{few}");
        }
        assert_eq!(veil(&["short"]).over("a short one"), "a short one");
    }
}
