//! Files: working trees, single files, standard input, and what the index would commit.

use super::findings::Sighting;
use super::frames::{Content, Places};
use super::history::AtHead;
use super::inspect::{Inspected, members, with_candidates};
use super::pool::spread;
use super::scan::{Gathered, Named, Options, slashed};
use super::values::ValueNo;
use crate::detect::{Library, Scanner};
use crate::model::{Skipped, Stats};
use crate::source::Bytes;
use crate::source::history::{Lookup, Repository, Staged, staged as read_index};
use std::collections::{BTreeSet, HashMap};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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
struct Part<'p> {
    scanner: Scanner<'p>,
    found: Vec<(usize, Inspected)>,
    skipped: Vec<Skipped>,
    stats: Stats,
}

impl<'p> Part<'p> {
    fn new(library: &'p Library, options: &Options<'_>) -> Self {
        Self { scanner: Scanner::new(library, options.decode_depth), found: Vec::new(), skipped: Vec::new(), stats: Stats::default() }
    }

    fn content(&mut self, number: usize, name: &str, bytes: &[u8], options: &Options<'_>) {
        self.stats.files += 1;
        self.stats.bytes += bytes.len() as u64;
        self.stats.bytes_inspected += bytes.len() as u64;
        let hits = with_candidates(&self.scanner.whole(bytes));
        let members = members(&mut self.scanner, bytes, name, options, &mut self.skipped);
        let inspected = Inspected::new(hits, members);
        if !inspected.is_empty() {
            self.found.push((number, inspected));
        }
    }
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
    let parts = spread(
        options.threads,
        &numbered,
        16,
        || Part::new(library, options),
        |part, (number, item)| {
            match Bytes::open(&item.path, options.max_size) {
                Ok(bytes) => part.content(*number, &item.path.display().to_string(), &bytes, options),
                Err(e) => part.skipped.push(Skipped::new(item.path.display().to_string(), e.to_string())),
            }
            options.progress.advance(1);
        },
    );
    let mut found: Vec<(usize, Inspected)> = Vec::new();
    for part in parts {
        gathered.stats += part.stats;
        gathered.skipped.extend(part.skipped);
        found.extend(part.found);
    }
    found.sort_by_key(|f| f.0);
    for (number, inspected) in &found {
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
    part.content(0, name, bytes, options);
    gathered.stats += part.stats;
    gathered.skipped.extend(part.skipped);
    for (_, inspected) in &part.found {
        let content = Content { bytes, inspected, library, options };
        let found = sightings(&content, name, gathered, &|_, _| true);
        gathered.sightings.extend(found);
    }
}

/// The sightings of all values of a piece of content that are `fresh`.
fn sightings(content: &Content<'_>, path: &str, gathered: &mut Gathered, fresh: &dyn Fn(&str, ValueNo) -> bool) -> Vec<Sighting> {
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
    let mut indexes: Vec<HashMap<Vec<u8>, Staged>> = Vec::new();
    for (folder, name, repository) in repositories {
        let mut index = HashMap::new();
        if repository.work_dir.is_some() {
            match read_index(&repository.git_dir) {
                Ok(entries) => index.extend(entries.into_iter().map(|e| (e.path.clone(), e))),
                Err(_) if repository.hash_len == 32 => {} // libgit2 reads SHA-1 indexes alone; its files are scanned as they are
                Err(e) => gathered.skipped.push(Skipped::new(format!("{name}: index"), e.to_string())),
            }
            let tracked =
                index.values().filter(|e| !e.link && !e.submodule && !e.absent).map(|e| folder.join(std::ffi::OsStr::from_bytes(&e.path)));
            let unlisted: Vec<PathBuf> = tracked.filter(|p| !all.contains(p) && is_plain_below(folder, p)).collect();
            all.extend(unlisted);
        }
        indexes.push(index);
    }
    let index_times: Vec<Option<(i64, i64)>> =
        repositories.iter().map(|r| std::fs::metadata(r.2.git_dir.join("index")).ok().map(|m| (m.mtime(), m.mtime_nsec()))).collect();
    let mut items = Vec::with_capacity(all.len());
    for path in all {
        // Folders sort before what is in them, so the last repository that holds the file is the innermost.
        let repository = repositories.iter().rposition(|(folder, _, r)| r.work_dir.is_some() && path.starts_with(folder));
        let base = repository.map_or(root, |r| repositories[r].0.as_path());
        let raw = path.strip_prefix(base).unwrap_or(&path);
        let inner = slashed(&raw.to_string_lossy());
        let uri = slashed(&path.strip_prefix(root).unwrap_or(&path).to_string_lossy());
        let head = repository.map(|r| &heads[r]);
        let unchanged = repository.is_some_and(|r| is_unchanged(&path, raw.as_os_str().as_bytes(), &indexes[r], &heads[r], index_times[r]));
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

/// Whether the file is the head's blob: the index has that blob at the path, and the file's size and time are those of when it was added, which was
/// before the index was written (git's own test; Documentation/technical/racy-git). Else the content decides.
fn is_unchanged(path: &Path, raw: &[u8], index: &HashMap<Vec<u8>, Staged>, head: &AtHead, index_time: Option<(i64, i64)>) -> bool {
    let Some(blob) = head.blobs.get(raw) else { return false };
    let Ok(meta) = std::fs::metadata(path) else { return false };
    let same = index.get(raw).filter(|e| e.id == *blob).is_some_and(|e| {
        let modified = (meta.mtime(), meta.mtime_nsec());
        e.size == meta.len() as u32
            && (i64::from(e.modified.0), i64::from(e.modified.1)) == modified
            && index_time.is_some_and(|t| modified < t)
    });
    same || (blob.len() == 20 && meta.len() < 64 << 20 && content_is(path, blob))
}

fn content_is(path: &Path, blob: &[u8]) -> bool {
    let Ok(bytes) = Bytes::open(path, 64 << 20) else { return false };
    git2::Oid::hash_object(git2::ObjectType::Blob, &bytes).is_ok_and(|oid| oid.as_bytes() == blob)
}

/// Scans what the index would commit; values that the head has at the same path are not new.
pub(super) fn staged(repository: &Repository, name: &str, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    let entries = match read_index(&repository.git_dir) {
        Ok(entries) => entries,
        Err(e) => return gathered.skipped.push(Skipped::new(format!("{name}: index"), e.to_string())),
    };
    let lookup = Lookup::open(&repository.object_dirs, repository.hash_len, options.max_size);
    let tree = repository.refs.head.as_ref().map(|head| lookup.tree_of(head));
    let tree = match tree.transpose() {
        Ok(tree) => tree,
        Err(e) => {
            gathered.skipped.push(Skipped::new(format!("{name}: HEAD"), format!("{e}; every staged file counts as new")));
            None
        }
    };
    let mut heads = Heads { lookup: &lookup, trees: HashMap::new(), root: tree };
    let mut part = Part::new(library, options);
    for entry in entries.iter().filter(|e| !e.submodule && !e.absent) {
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        let old = heads.blob(&entry.path);
        if old.as_ref() == Some(&entry.id) || options.counted.excluded(&path) {
            continue;
        }
        let bytes = match lookup.read(&entry.id) {
            Ok((_, bytes)) => bytes,
            Err(e) => {
                gathered.skipped.push(Skipped::new(format!("{name}: staged {path}"), e.to_string()));
                continue;
            }
        };
        part.content(0, &path, &bytes, options);
        let Some((_, inspected)) = part.found.pop() else { continue };
        let known = known_values(old.as_deref(), &lookup, &path, library, options, gathered);
        let content = Content { bytes: &bytes, inspected: &inspected, library, options };
        for mut sighting in sightings(&content, &path, gathered, &|_, value| !known.contains(&value)) {
            sighting.location.repo = Some(name.to_owned());
            gathered.sightings.push(sighting);
        }
    }
    gathered.stats += part.stats;
    gathered.skipped.extend(part.skipped);
}

/// The values of the head's version of a file.
fn known_values(
    old: Option<&[u8]>,
    lookup: &Lookup,
    path: &str,
    library: &Library,
    options: &Options<'_>,
    gathered: &mut Gathered,
) -> BTreeSet<ValueNo> {
    let Some((_, bytes)) = old.and_then(|id| lookup.read(id).ok()) else { return BTreeSet::new() };
    let mut part = Part::new(library, options);
    part.content(0, path, &bytes, options);
    let inspected = part.found.pop().map(|f| f.1).unwrap_or_default();
    let (occurrences, _) = super::overlap::resolve(&inspected, library);
    occurrences.iter().map(|o| gathered.values.number(o.candidate, library)).collect()
}

/// Blobs of the head by path, trees read as needed.
struct Heads<'l> {
    lookup: &'l Lookup,
    root: Option<Vec<u8>>,
    trees: HashMap<Vec<u8>, HashMap<Vec<u8>, Vec<u8>>>,
}

impl Heads<'_> {
    fn blob(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let mut at = self.root.clone()?;
        for name in path.split(|&b| b == b'/') {
            let lookup = self.lookup;
            let entries = self.trees.entry(at.clone()).or_insert_with(|| lookup.entries(&at).unwrap_or_default().into_iter().collect());
            at = entries.get(name)?.clone();
        }
        Some(at)
    }
}
