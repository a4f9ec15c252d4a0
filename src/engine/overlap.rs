//! Overlaps: of several candidates for the same bytes, the most telling one stays.

use super::inspect::Inspected;
use crate::detect::{Candidate, Features, Library};
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
    /// What a generic judgement of the same bytes adds to it.
    pub support: Option<Features>,
}

/// The occurrences of a blob that are findings, in order of place, and those that are parts of one. What is a finding where it stands
/// alone is among both: only a whole scan knows.
pub fn resolve<'c>(inspected: &'c Inspected, library: &Library) -> (Vec<Occurrence<'c>>, Vec<Occurrence<'c>>) {
    let all = inspected.candidates().map(|(member, start, end, candidate)| Occurrence {
        member: member.cloned(),
        start,
        end,
        candidate,
        support: None,
    });
    let (parts, mut findings): (Vec<_>, Vec<_>) = all.partition(|o| library.detector(o.candidate.rule).report != Role::Finding);
    let mut lone = lone(&parts, library);
    // What is known to name something only is no secret, whatever its name suggests.
    findings.retain(|o| o.candidate.features.is_none() || !shares(&lone, o));
    findings.sort_by(|a, b| rank(b, library).cmp(&rank(a, library)).then_with(|| place(a).cmp(&place(b))));
    // What is for files at some paths only is no rival of the rest: the path is not known here.
    let (limited, free): (Vec<_>, Vec<_>) = findings.into_iter().partition(|o| !library.detector(o.candidate.rule).paths.is_empty());
    // What an exception may take away at some paths is no rival of the rest either, but gives way to it.
    let (doubtful, free): (Vec<_>, Vec<_>) = free.into_iter().partition(|o| o.candidate.excepted != 0);
    let mut kept = unrivalled(free);
    let beaten = |o: &Occurrence<'_>| kept.iter().any(|k| clash(k, o) && rank(k, library) >= rank(o, library));
    let doubtful: Vec<_> = unrivalled(doubtful).into_iter().filter(|o| !beaten(o)).collect();
    kept.extend(doubtful);
    kept.extend(unrivalled(limited));
    kept.sort_by(|a, b| place(a).cmp(&place(b)));
    lone.retain(|o| !shares(&kept, o));
    if !lone.is_empty() {
        kept.extend(lone);
        kept.sort_by(|a, b| place(a).cmp(&place(b)));
    }
    (kept, parts)
}

/// The parts that may be findings by themselves: of those that share bytes, the most telling one.
fn lone<'c>(parts: &[Occurrence<'c>], library: &Library) -> Vec<Occurrence<'c>> {
    let mut lone: Vec<Occurrence<'c>> = parts.iter().filter(|o| library.detector(o.candidate.rule).report == Role::Lone).cloned().collect();
    lone.sort_by(|a, b| rank(b, library).cmp(&rank(a, library)).then_with(|| place(a).cmp(&place(b))));
    unrivalled(lone)
}

/// Whether an occurrence shares bytes with one of these, which are in order of place; those of one kind never overlap, so that the
/// few that begin before its end are enough to look at.
fn shares(sorted: &[Occurrence<'_>], o: &Occurrence<'_>) -> bool {
    let end = sorted.partition_point(|k| (&k.member, k.start) < (&o.member, o.end));
    sorted[end.saturating_sub(4)..end].iter().any(|k| clash(k, o))
}

/// Of occurrences in order of rank, those that overlap none before.
fn unrivalled(ranked: Vec<Occurrence<'_>>) -> Vec<Occurrence<'_>> {
    let mut kept: Vec<Occurrence<'_>> = Vec::with_capacity(ranked.len());
    // Sorted by place, what is kept never overlaps, so neighbours are enough to look at.
    for occurrence in ranked {
        let at = kept.partition_point(|k| (&k.member, k.start) < (&occurrence.member, occurrence.start));
        let rival = [at.checked_sub(1), Some(at)].into_iter().flatten().find(|i| kept.get(*i).is_some_and(|k| clash(k, &occurrence)));
        match rival {
            None => kept.insert(at, occurrence),
            Some(i) if kept[i].candidate.features.is_none() => kept[i].support = kept[i].support.or(occurrence.candidate.features),
            Some(_) => {}
        }
    }
    kept
}

/// Whether two occurrences share bytes.
fn clash(a: &Occurrence<'_>, b: &Occurrence<'_>) -> bool {
    a.member == b.member && a.start < b.end && b.start < a.end
}

fn place<'o>(o: &'o Occurrence<'_>) -> (&'o Option<Arc<str>>, usize, usize) {
    (&o.member, o.start, o.end)
}

/// What makes one candidate more telling than another for the same bytes.
fn rank(o: &Occurrence<'_>, library: &Library) -> (bool, Confidence, u8, Proof, usize, std::cmp::Reverse<u16>) {
    let c = o.candidate;
    let specific = match library.category(c.rule) {
        Category::Generic => 0,
        Category::Key | Category::Database => 1,
        _ => 2,
    };
    (c.features.is_none(), c.confidence, specific, c.proof, o.end - o.start, std::cmp::Reverse(c.rule))
}
