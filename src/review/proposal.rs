//! What is proposed for an identity: the gravest thing that is the matter with it decides.

use super::Item;
use super::decision::Decision;
use crate::model::{Flag, Verdict};

/// A decision, and why; without one where more must be known first.
pub(super) fn proposal(item: &Item) -> (Option<Decision>, String) {
    let (decision, why) = decide(item);
    (decision, why.to_owned())
}

fn decide(item: &Item) -> (Option<Decision>, &'static str) {
    use Decision::{Keep, Remove, Revoke, Rotate, Transfer};
    let has = |flags: &[Flag]| item.flags.iter().any(|f| flags.contains(f));
    match item.verdict {
        None if item.used.is_none() => (Some(Revoke), "nothing refers to it, and no use of it is known"),
        None => (Some(Keep), "used, though by nothing that was scanned: say by what"),
        Some(Verdict::Residue | Verdict::RevokedPresent) => (Some(Remove), "dead at its issuer: take it out of the files"),
        Some(Verdict::Dangling) => (Some(Remove), "the reference leads to nothing"),
        Some(Verdict::Shadow | Verdict::SuspectedShadow) if has(&[Flag::Dormant]) => (Some(Revoke), "nobody knows it, and it is not used"),
        Some(Verdict::Shadow | Verdict::SuspectedShadow) => (Some(Transfer), "nobody knows it: name who answers for it, or revoke it"),
        Some(Verdict::ForeignScope) => (None, "of an account that no export names: find out whose it is"),
        Some(Verdict::UnknownSource) => (None, "no export covers it: add one, and scan again"),
        Some(Verdict::Ambiguous) => (None, "it may be several records: compare the secret"),
        Some(_) if has(&[Flag::Dormant]) => (Some(Revoke), "not used for long"),
        Some(Verdict::Ungoverned) => (Some(Transfer), "nobody who is there answers for it"),
        Some(_) if has(&[Flag::NoOwner, Flag::Orphaned]) => (Some(Transfer), "nobody who is there answers for it"),
        Some(_) if has(&[Flag::Expired]) && !has(&[Flag::ExpiredYetLive]) => (Some(Remove), "past its end"),
        Some(_) if item.in_code => (Some(Rotate), "its secret stands in files: replace it, and keep the new one in a store"),
        Some(_) if has(&[Flag::Overdue, Flag::ExpiredYetLive, Flag::Leaked, Flag::Duplicated, Flag::Shared, Flag::CrossEnvironment]) => {
            (Some(Rotate), "too old, or known at too many places")
        }
        Some(_) => (Some(Keep), "known, owned and in order"),
    }
}
