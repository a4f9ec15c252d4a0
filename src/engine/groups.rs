//! Groups in one text: which parts of a credential stand near which secret.

use super::overlap::Occurrence;
use super::values::{ValueNo, Values};
use crate::detect::Library;
use crate::model::{Confidence, Detector, Kind, Part, Role};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Most members of a group beside the one that asks for the others.
pub(super) const MOST: usize = 15;

/// Most companions looked at on either side of an occurrence.
const LOOKED_AT: usize = 8;

/// Bytes on a line that count as equally far.
const STEP: usize = 256;

/// A value that stands near another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Companion {
    pub value: ValueNo,
    /// The detector that knows it here.
    pub rule: u16,
    /// Line and column, from 1.
    pub place: (u32, u32),
}

/// How far apart two occurrences are: in lines, then in steps; then where the pair begins and ends.
type Distance = (usize, usize, usize, usize);

/// A companion that an occurrence may have.
struct Edge<'o> {
    distance: Distance,
    holder: ValueNo,
    family: &'o str,
    slot: &'o str,
    companion: ValueNo,
    other: &'o Occurrence<'o>,
}

/// What stands near the values of one text.
#[derive(Default)]
pub(super) struct Groups<'o> {
    /// The companions that each value is given, nearest first.
    companions: HashMap<ValueNo, Vec<(ValueNo, &'o Occurrence<'o>)>>,
    /// The detectors of which something stands near a value.
    near: HashSet<(ValueNo, &'o str)>,
}

impl<'o> Groups<'o> {
    /// Looks around each of `here`, whose numbers these are, for what its detector names as a part.
    pub(super) fn new(
        here: &[(&'o Occurrence<'o>, ValueNo)],
        beside: &[&'o Occurrence<'o>],
        line: &dyn Fn(usize) -> usize,
        library: &'o Library,
        values: &mut Values,
    ) -> Self {
        let detector = |o: &Occurrence<'_>| -> &'o Detector { library.detector(o.candidate.rule) };
        let wanted: HashSet<&str> = here.iter().flat_map(|(o, _)| &detector(o).parts).map(|p| p.detector.as_str()).collect();
        if wanted.is_empty() {
            return Self::default();
        }
        let mut stands: HashMap<&str, Vec<(usize, &'o Occurrence<'o>)>> = HashMap::new();
        for o in beside.iter().copied().filter(|o| wanted.contains(detector(o).id.as_str())) {
            stands.entry(&detector(o).id).or_default().push((line(o.start), o));
        }
        stands.values_mut().for_each(|s| s.sort_by_key(|(_, o)| (o.start, o.end)));
        let mut edges = Vec::new();
        let mut near = HashSet::new();
        for (o, number) in here {
            let at = line(o.start);
            for part in &detector(o).parts {
                let Some(stands) = stands.get(part.detector.as_str()) else { continue };
                for (there, other) in around(stands, o.start, at, part.lines as usize) {
                    if other.candidate.secret == o.candidate.secret {
                        continue;
                    }
                    near.insert((*number, part.detector.as_str()));
                    edges.push(Edge {
                        distance: distance(o, other, there.abs_diff(at)),
                        holder: *number,
                        family: detector(o).family(),
                        slot: slot(part),
                        companion: values.number(other.candidate, library),
                        other,
                    });
                }
            }
        }
        edges.sort_by_key(|e| e.distance);
        Self { companions: matched(&edges, library), near }
    }

    /// The companions of a value, with their places.
    pub(super) fn of(&self, number: ValueNo, place: &dyn Fn(usize) -> (u32, u32)) -> Vec<Companion> {
        let companions = self.companions.get(&number).into_iter().flatten();
        companions.map(|(value, o)| Companion { value: *value, rule: o.candidate.rule, place: place(o.start) }).collect()
    }

    /// What companions make of a candidate's confidence.
    pub(super) fn confidence(&self, o: &Occurrence<'_>, number: ValueNo, library: &Library) -> Confidence {
        let detector = library.detector(o.candidate.rule);
        if detector.report == Role::Lone {
            return Confidence::Low;
        }
        slots(detector).fold(o.candidate.confidence, |confidence, parts| {
            let mut there = parts.iter().filter(|p| self.near.contains(&(number, p.detector.as_str()))).peekable();
            let moved = match there.peek() {
                Some(_) => there.filter_map(|p| p.present).max(),
                None => parts.iter().filter_map(|p| p.absent).min(),
            };
            moved.unwrap_or(confidence)
        })
    }
}

/// The stands within so many lines, of which some on either side are enough.
fn around<'s, 'o>(
    stands: &'s [(usize, &'o Occurrence<'o>)],
    start: usize,
    line: usize,
    lines: usize,
) -> impl Iterator<Item = (usize, &'o Occurrence<'o>)> + 's {
    let middle = stands.partition_point(|(_, o)| o.start < start);
    let some = &stands[middle.saturating_sub(LOOKED_AT)..stands.len().min(middle + LOOKED_AT)];
    some.iter().copied().filter(move |(there, _)| there.abs_diff(line) <= lines)
}

fn distance(a: &Occurrence<'_>, b: &Occurrence<'_>, lines: usize) -> Distance {
    let gap = a.start.max(b.start).saturating_sub(a.end.min(b.end));
    (lines, gap / STEP, a.start.min(b.start), a.start.max(b.start))
}

/// Gives every value one companion for each thing it needs, the nearest pairs first and none to two values; then what only names
/// something may serve several.
fn matched<'o>(edges: &[Edge<'o>], library: &Library) -> HashMap<ValueNo, Vec<(ValueNo, &'o Occurrence<'o>)>> {
    let mut filled: HashSet<(ValueNo, &str)> = HashSet::new();
    let mut given: HashSet<(&str, &str, ValueNo)> = HashSet::new();
    let mut chosen: HashMap<ValueNo, BTreeSet<usize>> = HashMap::new();
    for shared in [false, true] {
        for (at, e) in edges.iter().enumerate() {
            let names = library.detector(e.other.candidate.rule).kind == Kind::Identifier;
            let free = if shared { names } else { !given.contains(&(e.family, e.slot, e.companion)) };
            if free && filled.insert((e.holder, e.slot)) {
                given.insert((e.family, e.slot, e.companion));
                chosen.entry(e.holder).or_default().insert(at);
            }
        }
    }
    let companions = |chosen: BTreeSet<usize>| {
        let mut seen = HashSet::new();
        let all = chosen.into_iter().map(|at| (edges[at].companion, edges[at].other));
        all.filter(|(value, _)| seen.insert(*value)).take(MOST).collect()
    };
    chosen.into_iter().map(|(holder, chosen)| (holder, companions(chosen))).collect()
}

/// What a part is needed for: its own words, else itself.
fn slot(part: &Part) -> &str {
    if part.completes.is_empty() { &part.detector } else { &part.completes }
}

/// The parts of a detector, those that stand for one another together, in order.
fn slots(detector: &Detector) -> impl Iterator<Item = Vec<&Part>> {
    let first = |at: usize, part: &Part| detector.parts[..at].iter().all(|p| slot(p) != slot(part));
    let begins = detector.parts.iter().enumerate().filter(move |(at, part)| first(*at, part));
    begins.map(|(_, part)| detector.parts.iter().filter(|p| slot(p) == slot(part)).collect())
}

/// What a value of this detector lacks with these companions, in words.
pub(super) fn missing(detector: &Detector, companions: &[Companion], library: &Library) -> Vec<String> {
    let has = |p: &&Part| companions.iter().any(|c| library.detector(c.rule).id == p.detector);
    let needed = slots(detector).filter(|parts| !parts[0].completes.is_empty() && !parts.iter().any(has));
    needed.map(|parts| parts[0].completes.clone()).collect()
}
