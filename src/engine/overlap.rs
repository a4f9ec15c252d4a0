//! Overlaps: of several candidates for the same bytes, the most telling one stays.

use super::inspect::Inspected;
use crate::detect::{Candidate, Library};
use crate::model::{Category, Confidence, Proof, Role};
use std::sync::Arc;

/// A candidate in its place.
#[derive(Debug, Clone)]
pub struct Occurrence<'c> {
    /// The archive member it is in.
    pub member: Option<Arc<str>>,
    /// Where the value begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The candidate.
    pub candidate: &'c Candidate,
}

/// The occurrences of a blob that are findings, and those that are parts of one; both in order of place.
pub fn resolve<'c>(inspected: &'c Inspected, library: &Library) -> (Vec<Occurrence<'c>>, Vec<Occurrence<'c>>) {
    let all = inspected.candidates().map(|(member, start, end, candidate)| Occurrence { member: member.cloned(), start, end, candidate });
    let (parts, mut findings): (Vec<_>, Vec<_>) = all.partition(|o| library.detector(o.candidate.rule).report == Role::Part);
    findings.sort_by(|a, b| rank(b, library).cmp(&rank(a, library)).then_with(|| place(a).cmp(&place(b))));
    let mut kept: Vec<Occurrence<'c>> = Vec::with_capacity(findings.len());
    // Sorted by place, what is kept never overlaps, so neighbours are enough to look at.
    for occurrence in findings {
        let at = kept.partition_point(|k| (&k.member, k.start) < (&occurrence.member, occurrence.start));
        let clash = |k: &Occurrence<'_>| k.member == occurrence.member && k.start < occurrence.end && occurrence.start < k.end;
        let before = at.checked_sub(1).and_then(|i| kept.get(i)).is_some_and(clash);
        if !before && !kept.get(at).is_some_and(clash) {
            kept.insert(at, occurrence);
        }
    }
    (kept, parts)
}

fn place<'o>(o: &'o Occurrence<'_>) -> (&'o Option<Arc<str>>, usize, usize) {
    (&o.member, o.start, o.end)
}

/// What makes one candidate more telling than another for the same bytes.
fn rank(o: &Occurrence<'_>, library: &Library) -> (Confidence, u8, Proof, usize, std::cmp::Reverse<u16>) {
    let c = o.candidate;
    let specific = match library.category(c.rule) {
        Category::Generic => 0,
        Category::Key | Category::Database => 1,
        _ => 2,
    };
    (c.confidence, specific, c.proof, o.end - o.start, std::cmp::Reverse(c.rule))
}
