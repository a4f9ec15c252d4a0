//! Files: working trees, single files and standard input.

use super::findings::Sighting;
use super::frames::{Content, Places};
use super::history::AtHead;
use super::inspect::{Inspected, Inspector};
use super::pool::spread;
use super::scan::{Gathered, Named, Options, slashed};
use super::structure::{Structure, Whereabouts};
use super::values::ValueNo;
use crate::detect::{Library, Scanner, Seen};
use crate::model::{Skipped, Stats};
use crate::source::Bytes;
use crate::source::history::Index;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Larger files are scanned without asking whether they are in the head.
const HASHED: u64 = 64 << 20;

/// One file to scan.
struct Item<'i> {
    path: PathBuf,
    /// Number of the repository it is in.
    repository: Option<usize>,
    /// Its path from the repository, or from the target when in none.
    inner: String,
    /// Its path from the target.
    uri: String,
    head: Option<&'i AtHead>,
}

/// What one thread found.
pub(super) struct Part<'p> {
    scanner: Scanner<'p>,
    pub found: Vec<(usize, Inspected)>,
    pub skipped: Vec<Skipped>,
    pub stats: Stats,
    structure: Structure,
}

impl<'p> Part<'p> {
    pub fn new(library: &'p Library, options: &Options<'_>) -> Self {
        Self::sharing(library, options, Arc::default())
    }

    /// One that knows what others with the same memory have seen.
    pub fn sharing(library: &'p Library, options: &Options<'_>, seen: Arc<Seen>) -> Self {
        Self {
            scanner: Scanner::sharing(library, options.decode_depth, seen),
            found: Vec::new(),
            skipped: Vec::new(),
            stats: Stats::default(),
            structure: Structure::default(),
        }
    }

    /// Scans a file. Where it is checked out, what it and its members say by their structure is taken too.
    pub fn file(&mut self, number: usize, name: &str, bytes: &[u8], options: &Options<'_>, at: Option<Whereabouts<'_>>) {
        self.stats.files += 1;
        self.stats.bytes += bytes.len() as u64;
        self.stats.bytes_inspected += bytes.len() as u64;
        let Self { scanner, skipped, structure, .. } = self;
        let mut outline = |member: Option<&str>, content: &[u8]| {
            if let Some(at) = at {
                structure.file(Whereabouts { member, ..at }, content);
            }
        };
        outline(None, bytes);
        let see = &mut |member: &str, content: &[u8]| outline(Some(member), content);
        let inspected = Inspector { scanner, options, skipped, see }.content(bytes, name);
        if !inspected.is_empty() {
            self.found.push((number, inspected));
        }
    }
}

/// Takes together what threads found: what holds something, by number.
pub(super) fn gather(parts: Vec<Part<'_>>, gathered: &mut Gathered) -> Vec<(usize, Inspected)> {
    let mut found = Vec::new();
    for part in parts {
        gathered.stats += part.stats;
        gathered.skipped.extend(part.skipped);
        gathered.structure.absorb(part.structure);
        found.extend(part.found);
    }
    found.sort_by_key(|f| f.0);
    found
}

/// Scans the files of a folder; those that are in the head as they are were scanned with it.
pub(super) fn tree(
    root: &Path,
    files: &[PathBuf],
    repositories: &[Named],
    heads: &[AtHead],
    library: &Library,
    options: &Options<'_>,
    gathered: &mut Gathered,
) {
    let items = items(root, files, repositories, heads, options, gathered);
    options.progress.begin("files", items.len() as u64);
    let numbered: Vec<(usize, &Item<'_>)> = items.iter().enumerate().collect();
    let seen = Arc::default();
    let parts = spread(
        options.threads,
        &numbered,
        16,
        || Part::sharing(library, options, Arc::clone(&seen)),
        |part, (number, item)| {
            match Bytes::open(&item.path, options.max_size) {
                Ok(bytes) => {
                    let repo = item.repository.map(|r| repositories[r].1.as_str());
                    let at = Whereabouts { repo, path: &item.inner, uri: &item.uri, member: None };
                    part.file(*number, &item.path.display().to_string(), &bytes, options, Some(at));
                }
                Err(e) => part.skipped.push(Skipped::new(item.path.display().to_string(), e.to_string())),
            }
            options.progress.advance(1);
        },
    );
    for (number, inspected) in &gather(parts, gathered) {
        let item = &items[*number];
        let Ok(bytes) = Bytes::open(&item.path, options.max_size) else { continue };
        let content = Content { bytes: &bytes, inspected, library, options };
        let fresh = |path: &str, value: ValueNo| item.head.is_none_or(|h| !h.values.contains(&(path.to_owned(), value)));
        for mut sighting in sightings(&content, &item.inner, gathered, &fresh) {
            sighting.location.repo = item.repository.map(|r| repositories[r].1.clone());
            sighting.location.uri = sighting.location.uri.replacen(&item.inner, &item.uri, 1);
            gathered.sightings.push(sighting);
        }
    }
}

/// Scans one file that was named itself.
pub(super) fn single(path: &Path, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    match Bytes::open(path, options.max_size) {
        Ok(bytes) => one(&bytes, &slashed(&path.to_string_lossy()), library, options, gathered),
        Err(e) => gathered.skipped.push(Skipped::new(path.display().to_string(), e.to_string())),
    }
}

/// Scans standard input.
pub(super) fn stdin(bytes: &[u8], library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    one(bytes, "stdin", library, options, gathered);
}

fn one(bytes: &[u8], name: &str, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    let mut part = Part::new(library, options);
    part.file(0, name, bytes, options, Some(Whereabouts { repo: None, path: name, uri: name, member: None }));
    gathered.stats += part.stats;
    gathered.skipped.extend(part.skipped);
    gathered.structure.absorb(part.structure);
    for (_, inspected) in &part.found {
        let content = Content { bytes, inspected, library, options };
        let found = sightings(&content, name, gathered, &|_, _| true);
        gathered.sightings.extend(found);
    }
}

/// The sightings of all values of a piece of content that are `fresh`.
pub(super) fn sightings(
    content: &Content<'_>,
    path: &str,
    gathered: &mut Gathered,
    fresh: &dyn Fn(&str, ValueNo) -> bool,
) -> Vec<Sighting> {
    let (occurrences, _) = super::overlap::resolve(content.inspected, content.library);
    let numbers: BTreeSet<ValueNo> = occurrences.iter().map(|o| gathered.values.number(o.candidate, content.library)).collect();
    let places = Places::new(content, &mut gathered.values);
    let of = |value: ValueNo| places.sightings(value, &gathered.values.list[value as usize], path, content.library, content.options);
    numbers.into_iter().filter(|&v| fresh(path, v)).flat_map(of).collect()
}

/// The files to scan: what was listed, and what is tracked although ignored; without what the head has as it is.
fn items<'i>(
    root: &Path,
    files: &[PathBuf],
    repositories: &[Named],
    heads: &'i [AtHead],
    options: &Options<'_>,
    gathered: &mut Gathered,
) -> Vec<Item<'i>> {
    let mut all: BTreeSet<PathBuf> = files.iter().cloned().collect();
    for (folder, name, repository) in repositories {
        if repository.work_dir.is_none() {
            continue;
        }
        match Index::open(&repository.git_dir.join("index"), repository.hash_len) {
            Ok(index) => {
                let tracked = index.entries.iter().filter(|e| !e.link && !e.submodule && !e.absent);
                let paths = tracked.map(|e| folder.join(std::ffi::OsStr::from_bytes(&e.path)));
                let unlisted: Vec<PathBuf> = paths.filter(|p| !all.contains(p) && is_plain_below(folder, p)).collect();
                all.extend(unlisted);
            }
            Err(e) => {
                let why = format!("{e}; files that are tracked although ignored may be missing");
                gathered.skipped.push(Skipped::new(format!("{name}: index"), why));
            }
        }
    }
    let mut items = Vec::with_capacity(all.len());
    for path in all {
        // Folders sort before what is in them, so the last repository that holds the file is the innermost.
        let repository = repositories.iter().rposition(|(folder, _, r)| r.work_dir.is_some() && path.starts_with(folder));
        let base = repository.map_or(root, |r| repositories[r].0.as_path());
        let raw = path.strip_prefix(base).unwrap_or(&path);
        let inner = slashed(&raw.to_string_lossy());
        let uri = slashed(&path.strip_prefix(root).unwrap_or(&path).to_string_lossy());
        let head = repository.map(|r| &heads[r]);
        let unchanged = head.and_then(|h| h.blobs.get(raw.as_os_str().as_bytes())).is_some_and(|blob| content_is(&path, blob));
        if !unchanged && !options.counted.excluded(&inner) {
            items.push(Item { path, repository, inner, uri, head });
        }
    }
    items
}

/// Whether a tracked path is a regular file reached through real folders.
fn is_plain_below(folder: &Path, path: &Path) -> bool {
    let mut above = path.parent();
    while let Some(p) = above.filter(|p| *p != folder) {
        if !std::fs::symlink_metadata(p).is_ok_and(|m| m.is_dir()) {
            return false;
        }
        above = p.parent();
    }
    std::fs::symlink_metadata(path).is_ok_and(|m| m.is_file())
}

/// Whether a file is this blob of the head. Its content decides: the index, which says so sooner, comes with the repository and may lie.
fn content_is(path: &Path, blob: &[u8]) -> bool {
    let Ok(bytes) = Bytes::open(path, HASHED) else { return false };
    if blob.len() == 20 {
        return git2::Oid::hash_object(git2::ObjectType::Blob, &bytes).is_ok_and(|oid| oid.as_bytes() == blob);
    }
    let header = format!("blob {}\0", bytes.len());
    Sha256::new().chain_update(header).chain_update(&*bytes).finalize().as_slice() == blob
}
