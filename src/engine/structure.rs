//! Structure: what files of the checked-out state say by how they are built, with the places of what they mention.

use super::frames::uri;
use crate::extract;
use crate::model::{Location, Mention, Place, Resource, Seen, Skipped};
use memchr::memchr_iter;
use std::collections::BTreeSet;

/// Larger CODEOWNERS files are not kept: forges refuse them too.
const LARGEST_OWNERS: usize = 3 << 20;

/// What was learned from the structure of files.
#[derive(Default)]
pub(super) struct Structure {
    /// Identities that files declare or refer to.
    pub seen: Vec<Seen>,
    /// Repository, path and text of each CODEOWNERS file.
    pub codeowners: Vec<(String, String, String)>,
    /// Files that could not be read by structure, wholly or in part.
    pub unstructured: Vec<Skipped>,
}

/// Where a file is: its repository, its path from there, its path from the scan's root, and of a member of an archive its path in that.
#[derive(Clone, Copy)]
pub(super) struct Whereabouts<'w> {
    pub repo: Option<&'w str>,
    pub path: &'w str,
    pub uri: &'w str,
    pub member: Option<&'w str>,
}

impl Structure {
    /// Reads a file of the checked-out state.
    pub(super) fn file(&mut self, at: Whereabouts<'_>, bytes: &[u8]) {
        if at.member.is_none()
            && matches!(at.path, "CODEOWNERS" | ".github/CODEOWNERS" | "docs/CODEOWNERS" | ".gitlab/CODEOWNERS")
            && bytes.len() <= LARGEST_OWNERS
        {
            let repo = at.repo.unwrap_or_default().to_owned();
            self.codeowners.push((repo, at.path.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
        }
        let Some(outline) = extract::identities(at.member.and_then(|m| m.rsplit('!').next()).unwrap_or(at.path), bytes) else { return };
        let within = |path: &str| at.member.map_or_else(|| path.to_owned(), |m| format!("{path}!{m}"));
        self.unstructured.extend(outline.troubles.iter().map(|why| Skipped::new(within(at.uri), why.clone())));
        if outline.mentions.is_empty() {
            return;
        }
        let (mut lines, mut around) = (Lines::new(bytes), Around::new(&outline.places));
        let mut mentions: Vec<&Mention> = outline.mentions.iter().collect();
        mentions.sort_by_key(|m| m.start);
        for mention in mentions {
            let (line, column, utf16) = lines.go_to(mention.start);
            let (end_line, end_column, end_utf16) = lines.place(mention.end.max(mention.start));
            let location = Location {
                repo: at.repo.map(str::to_owned),
                path: within(at.path),
                line,
                column,
                end_line,
                end_column,
                commit: None,
                removed_in: None,
                in_head: true,
                encoding: None,
                resource: resource(around.of(mention.start, mention.end), mention.start, mention.end),
                utf16_columns: (utf16, end_utf16),
                uri: uri(&within(at.uri)),
                frame: None,
                suppression: None,
            };
            self.seen.push(Seen { mention: mention.clone(), location });
        }
    }

    /// How much was learned.
    pub(super) fn len(&self) -> usize {
        self.seen.len() + self.codeowners.len() + self.unstructured.len()
    }

    /// Takes what another thread learned.
    pub(super) fn absorb(&mut self, other: Self) {
        self.seen.extend(other.seen);
        self.codeowners.extend(other.codeowners);
        self.unstructured.extend(other.unstructured);
    }

    /// Puts all in an order that does not depend on threads, each once.
    pub(super) fn sort(&mut self) {
        let key = |s: &Seen| {
            let (l, m) = (&s.location, &s.mention);
            (l.repo.clone(), l.path.clone(), l.line, l.column, m.provider.clone(), m.kind, m.principal.clone(), m.relation)
        };
        self.seen.sort_by_cached_key(key);
        self.seen.dedup_by(|a, b| key(a) == key(b));
        self.codeowners.sort();
        self.codeowners.dedup_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1));
        self.unstructured.sort();
        self.unstructured.dedup();
    }
}

/// What a span belongs to: the innermost place says, the outer ones add what it leaves open. `places` may be any that hold all around it.
pub(super) fn resource<'o>(places: impl IntoIterator<Item = &'o Place>, start: usize, end: usize) -> Option<Resource> {
    // A value may begin with what a place leaves out, such as a quote, so to overlap is enough.
    let mut around: Vec<_> = places.into_iter().filter(|p| p.start < end.max(start + 1) && start < p.end).collect();
    let holds = |p: &&Place| p.start <= start && end <= p.end;
    if around.iter().any(holds) {
        around.retain(holds);
    }
    around.sort_by_key(|p| p.end - p.start);
    around.into_iter().fold(None, |told: Option<Resource>, place| {
        let outer = &place.resource;
        Some(match told {
            None => outer.clone(),
            Some(own) => Resource {
                format: if own.format.is_empty() { outer.format.clone() } else { own.format },
                name: own.name.or_else(|| outer.name.clone()),
                job: own.job.or_else(|| outer.job.clone()),
                step: own.step.or_else(|| outer.step.clone()),
                environment: own.environment.or_else(|| outer.environment.clone()),
                key: own.key.or_else(|| outer.key.clone()),
            },
        })
    })
}

/// The places around spans that come in the order of their starts: a file may have many of both.
struct Around<'o> {
    places: &'o [Place],
    /// Numbers of places by their starts.
    order: Vec<usize>,
    /// How many of these have begun.
    begun: usize,
    /// Those that have begun and not ended, in the order of the outline, which decides between places of the same span.
    open: BTreeSet<usize>,
}

impl<'o> Around<'o> {
    fn new(places: &'o [Place]) -> Self {
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|n| places[*n].start);
        Self { places, order, begun: 0, open: BTreeSet::new() }
    }

    /// The places that may be around a span, which starts nowhere before the one asked for last.
    fn of(&mut self, start: usize, end: usize) -> impl Iterator<Item = &'o Place> + '_ {
        while let Some(&next) = self.order.get(self.begun).filter(|n| self.places[**n].start < end.max(start + 1)) {
            self.open.insert(next);
            self.begun += 1;
        }
        let places = self.places;
        self.open.retain(|n| places[*n].end > start);
        self.open.iter().map(move |n| &places[*n])
    }
}

/// Where lines begin, and how far the columns of one have been counted: a line may be as long as a file.
struct Lines<'b> {
    bytes: &'b [u8],
    starts: Vec<usize>,
    /// A place, and the characters and UTF-16 code units of its line before it.
    counted: (usize, usize, usize),
}

impl<'b> Lines<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        let first = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        let starts = std::iter::once(first).chain(memchr_iter(b'\n', bytes).map(|i| i + 1)).collect();
        Self { bytes, starts, counted: (first, 0, 0) }
    }

    /// Line, column in characters and column in UTF-16 code units, from 1.
    fn place(&self, at: usize) -> (u32, u32, u32) {
        let (line, characters, units) = self.count(at);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (number(line), number(characters + 1), number(units + 1))
    }

    /// The same, and later places are counted from here.
    fn go_to(&mut self, at: usize) -> (u32, u32, u32) {
        let (_, characters, units) = self.count(at);
        self.counted = (at.min(self.bytes.len()), characters, units);
        self.place(at)
    }

    fn count(&self, at: usize) -> (usize, usize, usize) {
        let at = at.min(self.bytes.len());
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let begin = self.starts[line - 1].min(at);
        let (from, characters, units) = if (begin..=at).contains(&self.counted.0) { self.counted } else { (begin, 0, 0) };
        let rest = String::from_utf8_lossy(&self.bytes[from..at]);
        (line, characters + rest.chars().count(), units + rest.encode_utf16().count())
    }
}
