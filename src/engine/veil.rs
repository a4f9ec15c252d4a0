//! The veil: hides known values in any text of a report, such as paths, messages and the lines around a finding.

use crate::model::{Redaction, Secret};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::BTreeSet;

/// Shorter values stand in ordinary words by chance, and hiding them there would tell more than it hides.
const SHORTEST: usize = 8;

/// Replaces values in texts.
pub(super) struct Veil(Option<AhoCorasick>);

impl Veil {
    /// A veil over these values; none when values are to be shown.
    pub(super) fn new<'s>(secrets: impl Iterator<Item = &'s Secret>, redaction: Redaction) -> Self {
        let values: BTreeSet<&[u8]> = secrets.map(Secret::expose).filter(|s| s.len() >= SHORTEST).collect();
        if values.is_empty() || redaction == Redaction::None {
            return Self(None);
        }
        Self(AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).match_kind(MatchKind::LeftmostLongest).build(values).ok())
    }

    /// The text with every value replaced.
    pub(super) fn over(&self, text: &str) -> String {
        let Some(values) = &self.0 else { return text.to_owned() };
        let mut shown = String::with_capacity(text.len());
        values.replace_all_with(text, &mut shown, |_, _, out| {
            out.push_str("********");
            true
        });
        shown
    }
}
