//! What the index would commit: files that no parent of the next commit has, and of those the values that are new.

use super::files::{Part, gather, sightings};
use super::frames::Content;
use super::pool::spread;
use super::scan::{Gathered, Options};
use super::values::ValueNo;
use crate::detect::Library;
use crate::model::Skipped;
use crate::source::history::{Changed, Index, Lookup, Pending, Repository};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes of the buffer that a thread keeps from one file to the next.
const KEPT: usize = 4 << 20;

/// Scans what the index would commit; values that a parent has at the same path, or that moved with a file, are not new.
pub(super) fn staged(repository: &Repository, name: &str, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    let file = options.index.clone().unwrap_or_else(|| repository.git_dir.join("index"));
    let index = match Index::open(&file, repository.hash_len) {
        Ok(index) => index,
        Err(e) => return gathered.skipped.push(Skipped::new(format!("{name}: index"), e.to_string())),
    };
    let lookup = Lookup::open(&repository.object_dirs, repository.hash_len, options.max_size);
    let mut tree = |what: &str, commit: &Vec<u8>| {
        let why = lookup.tree_of(commit);
        why.map_err(|e| gathered.skipped.push(Skipped::new(format!("{name}: {what}"), format!("{e}; what it holds counts as new")))).ok()
    };
    let head = repository.refs.head.as_ref().and_then(|commit| tree("HEAD", commit));
    let merged: Vec<Vec<u8>> = repository.merging().iter().filter_map(|commit| tree("MERGE_HEAD", commit)).collect();
    let pending = Pending::new(&index, head, &merged, &lookup);
    let wanted = |changed: &&Changed<'_>| !options.counted.excluded(&path_of(changed));
    let changed: Vec<(usize, &Changed<'_>)> = pending.changed.iter().filter(wanted).enumerate().collect();
    options.progress.begin("staged files", changed.len() as u64);
    let seen = Arc::default();
    let parts = spread(
        options.threads,
        &changed,
        16,
        || (Part::sharing(library, options, Arc::clone(&seen)), Vec::new()),
        |(part, bytes), (number, changed)| {
            let path = path_of(changed);
            match lookup.read_into(&changed.staged.id, bytes) {
                Ok(_) => part.file(*number, &path, bytes, options, None),
                Err(e) => part.skipped.push(Skipped::new(format!("{name}: staged {path}"), e.to_string())),
            }
            if bytes.capacity() > KEPT {
                *bytes = Vec::new();
            }
            options.progress.advance(1);
        },
    );
    let found = gather(parts.into_iter().map(|(part, _)| part).collect(), gathered);
    let mut known = Known { lookup: &lookup, library, options, moved: None };
    for (number, inspected) in &found {
        let changed = changed[*number].1;
        let path = path_of(changed);
        let Ok((_, bytes)) = lookup.read(&changed.staged.id) else { continue };
        let mut old = known.at(&changed.old, &path, gathered);
        if changed.old.is_empty() {
            // A new path may be an old one renamed: what the index took away counts as known.
            old.extend(known.moved(&pending.gone, &path, gathered));
        }
        let content = Content { bytes: &bytes, inspected, library, options };
        for mut sighting in sightings(&content, &path, gathered, &|_, value| !old.contains(&value)) {
            sighting.location.repo = Some(name.to_owned());
            gathered.sightings.push(sighting);
        }
    }
}

/// The path of a file as reports write it.
fn path_of(changed: &Changed<'_>) -> String {
    String::from_utf8_lossy(&changed.staged.path).into_owned()
}

/// The values that are no news.
struct Known<'k> {
    lookup: &'k Lookup,
    library: &'k Library,
    options: &'k Options<'k>,
    /// Those of files that the index took away, once asked for.
    moved: Option<BTreeSet<ValueNo>>,
}

impl Known<'_> {
    /// The values of these blobs; what cannot be read holds none.
    fn at<'b>(&self, blobs: impl IntoIterator<Item = &'b Vec<u8>>, path: &str, gathered: &mut Gathered) -> BTreeSet<ValueNo> {
        let mut part = Part::new(self.library, self.options);
        for (_, bytes) in blobs.into_iter().filter_map(|id| self.lookup.read(id).ok()) {
            part.file(0, path, &bytes, self.options, None);
        }
        let found = part.found.iter().flat_map(|(_, inspected)| super::overlap::resolve(inspected, self.library).0);
        found.map(|o| gathered.values.number(o.candidate, self.library)).collect()
    }

    fn moved(&mut self, gone: &BTreeSet<Vec<u8>>, path: &str, gathered: &mut Gathered) -> &BTreeSet<ValueNo> {
        if self.moved.is_none() {
            self.moved = Some(self.at(gone, path, gathered));
        }
        self.moved.get_or_insert_default()
    }
}
