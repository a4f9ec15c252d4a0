//! Structure: what files of the checked-out state say by how they are built, with the places of what they mention.

use super::frames::uri;
use crate::extract;
use crate::model::{Location, Outline, Resource, Seen, Skipped};
use memchr::memchr_iter;

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

/// Where a file is: its repository, its path from there, and its path from the scan's root.
#[derive(Clone, Copy)]
pub(super) struct Whereabouts<'w> {
    pub repo: Option<&'w str>,
    pub path: &'w str,
    pub uri: &'w str,
}

impl Structure {
    /// Reads a file of the checked-out state.
    pub(super) fn file(&mut self, at: Whereabouts<'_>, bytes: &[u8]) {
        if matches!(at.path, "CODEOWNERS" | ".github/CODEOWNERS" | "docs/CODEOWNERS" | ".gitlab/CODEOWNERS")
            && bytes.len() <= LARGEST_OWNERS
        {
            let repo = at.repo.unwrap_or_default().to_owned();
            self.codeowners.push((repo, at.path.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
        }
        let Some(outline) = extract::outline(at.path, bytes) else { return };
        self.unstructured.extend(outline.troubles.iter().map(|why| Skipped::new(at.uri, why.clone())));
        if outline.mentions.is_empty() {
            return;
        }
        let lines = Lines::new(bytes);
        for mention in &outline.mentions {
            let (line, column, utf16) = lines.place(bytes, mention.start);
            let (end_line, end_column, end_utf16) = lines.place(bytes, mention.end.max(mention.start));
            let location = Location {
                repo: at.repo.map(str::to_owned),
                path: at.path.to_owned(),
                line,
                column,
                end_line,
                end_column,
                commit: None,
                removed_in: None,
                in_head: true,
                encoding: None,
                resource: resource(&outline, mention.start, mention.end),
                utf16_columns: (utf16, end_utf16),
                uri: uri(at.uri),
                frame: None,
                suppression: None,
            };
            self.seen.push(Seen { mention: mention.clone(), location });
        }
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

/// What a span belongs to: the innermost place says, the outer ones add what it leaves open.
pub(super) fn resource(outline: &Outline, start: usize, end: usize) -> Option<Resource> {
    // A value may begin with what a place leaves out, such as a quote, so to overlap is enough.
    let mut around: Vec<_> = outline.places.iter().filter(|p| p.start < end.max(start + 1) && start < p.end).collect();
    let holds = |p: &&crate::model::Place| p.start <= start && end <= p.end;
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

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(bytes: &[u8]) -> Self {
        let first = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        Self(std::iter::once(first).chain(memchr_iter(b'\n', bytes).map(|i| i + 1)).collect())
    }

    /// Line, column in characters and column in UTF-16 code units, from 1.
    fn place(&self, bytes: &[u8], at: usize) -> (u32, u32, u32) {
        let at = at.min(bytes.len());
        let line = self.0.partition_point(|start| *start <= at).max(1);
        let before = String::from_utf8_lossy(&bytes[self.0[line - 1].min(at)..at]);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (number(line), number(before.chars().count() + 1), number(before.encode_utf16().count() + 1))
    }
}
