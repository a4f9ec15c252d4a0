//! The tally of coverage: how much of what was found the inventory can speak of.

use super::coverage::{ISSUERS, Question, REGISTERS, covering};
use crate::model::{Covered, Exposure, RecordKind, Register, Verdict};
use std::collections::BTreeMap;

/// A row for each provider, kind and scope, sorted; those that nothing covers say what would.
pub(super) fn coverage(identities: &[Exposure], register: &Register) -> Vec<Covered> {
    let mut rows: BTreeMap<(&str, RecordKind, Option<&str>), Covered> = BTreeMap::new();
    for identity in identities {
        let key = (identity.provider.as_str(), identity.kind, identity.scope.as_deref());
        let row = rows.entry(key).or_insert_with(|| empty(key, register));
        row.found += 1;
        row.governed += u64::from(matches!(identity.verdict, Verdict::Governed | Verdict::Resolved));
        row.unknown += u64::from(identity.verdict == Verdict::UnknownSource);
    }
    rows.into_values().collect()
}

fn empty((provider, kind, scope): (&str, RecordKind, Option<&str>), register: &Register) -> Covered {
    let asked = Question { provider, kind, scope };
    let of = |classes, word: &str| covering(register, classes, asked).first().map(|m| format!("{word}: {}", m.source));
    let sources: Vec<String> = [of(ISSUERS, "issuer"), of(REGISTERS, "governance")].into_iter().flatten().collect();
    let missing = sources.is_empty().then(|| format!("no export covers {provider} {}", kind.as_str()));
    Covered { provider: provider.to_owned(), kind, scope: scope.map(str::to_owned), found: 0, governed: 0, unknown: 0, sources, missing }
}
