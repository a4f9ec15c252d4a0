//! One blob or file: its own hits, and those of the members of an archive.

use super::scan::Options;
use crate::detect::{Candidate, Hit, Known, Scanner};
use crate::model::{Secret, Skipped};
use crate::source::archive;
use std::collections::HashSet;
use std::sync::Arc;

/// Path of each member of an archive that has hits, and what was found in it.
pub type Members = Vec<(Arc<str>, Known)>;

/// What was found in one piece of content.
#[derive(Debug, Default, Clone)]
pub struct Inspected {
    /// Hits in the content itself that have candidates.
    pub hits: Vec<Hit>,
    /// Of an archive: path of each member that has hits, and what was found in it.
    pub members: Members,
}

impl Inspected {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty() && self.members.is_empty()
    }

    /// The candidates with the member they are in (none for the content itself) and their span.
    pub fn candidates(&self) -> impl Iterator<Item = (Option<&Arc<str>>, usize, usize, &Candidate)> {
        let own = self.hits.iter().map(|h| (None, h));
        let inner = self.members.iter().flat_map(|(m, known)| known.hits.iter().map(move |h| (Some(m), h)));
        own.chain(inner).flat_map(|(member, hit)| {
            hit.candidates.iter().flat_map(|c| c.iter()).map(move |c| {
                let (start, end) = hit.span(c);
                (member, start, end, c)
            })
        })
    }
}

impl Inspected {
    /// What was found in some content and in its members. What an archive stores uncompressed is seen twice: the member is the better place.
    pub fn new(mut hits: Vec<Hit>, members: Members) -> Self {
        if !members.is_empty() {
            let inner = members.iter().flat_map(|m| &*m.1.hits).flat_map(|h| h.candidates.iter().flat_map(|c| c.iter()));
            let known: HashSet<&Secret> = inner.map(|c| &c.secret).collect();
            hits.retain(|h| h.candidates.as_ref().is_none_or(|c| !c.iter().all(|c| known.contains(&c.secret))));
        }
        Self { hits, members }
    }
}

/// Keeps the hits that have candidates.
pub fn with_candidates(hits: &[Hit]) -> Vec<Hit> {
    hits.iter().filter(|h| h.candidates.is_some()).cloned().collect()
}

/// Whether the content is one compressed stream: its own bytes tell nothing, what it unpacks to tells all.
pub fn is_compressed(bytes: &[u8], options: &Options<'_>) -> bool {
    options.archives.depth > 0 && matches!(archive::kind(bytes), Some(archive::Kind::Gzip | archive::Kind::Zstd))
}

/// Sees path and content of each member of an archive.
pub type SeeMember<'s> = &'s mut dyn FnMut(&str, &[u8]);

/// Scans content with the members of an archive in it.
pub struct Inspector<'i, 'p> {
    pub scanner: &'i mut Scanner<'p>,
    pub options: &'i Options<'i>,
    /// Where it is told what of an archive could not be read.
    pub skipped: &'i mut Vec<Skipped>,
    pub see: SeeMember<'i>,
}

impl Inspector<'_, '_> {
    /// Scans content by itself: what was found in it, and in the members of an archive. `name` is what it is called where it is told of.
    pub fn content(&mut self, bytes: &[u8], name: &str) -> Inspected {
        let (found, whole) = self.members(bytes, name);
        if whole && is_compressed(bytes, self.options) {
            return Inspected::new(Vec::new(), found);
        }
        Inspected::new(with_candidates(&self.scanner.whole(bytes)), found)
    }

    /// Scans the members of an archive, if the content is one; and whether all of it was read.
    pub fn members(&mut self, bytes: &[u8], name: &str) -> (Members, bool) {
        let mut found = Vec::new();
        if self.options.archives.depth == 0 || archive::kind(bytes).is_none() {
            return (found, true);
        }
        let troubles = archive::unpack(bytes, &self.options.archives, &mut |member, content| {
            let known = self.scanner.member(content);
            if !known.hits.is_empty() {
                found.push((member.into(), known));
            }
            (self.see)(member, content);
        });
        let before = self.skipped.len();
        let lost = troubles.into_iter().filter(|t| t.loss != archive::Loss::Nothing);
        self.skipped.extend(lost.map(|t| {
            let what = if t.member.is_empty() { name.to_owned() } else { format!("{name}!{}", t.member) };
            Skipped::lasting(what, t.why)
        }));
        (found, self.skipped.len() == before)
    }
}
