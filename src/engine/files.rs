//! Files: working trees, single files, standard input, and what the index would commit.

use super::findings::Sighting;
use super::frames::{Content, Places};
use super::history::AtHead;
use super::inspect::{Inspected, Inspector};
use super::pool::spread;
use super::scan::{Gathered, History, Named, Options, slashed};
use super::structure::{Structure, Whereabouts};
use super::values::ValueNo;
use crate::detect::{Library, Scanner};
use crate::model::{Skipped, Stats};
use crate::source::Bytes;
use crate::source::history::{Kind, Lookup, Repository, Staged, staged as read_index};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Most folders of the head that are looked through for renamed files.
const MOST_FOLDERS: usize = 100_000;
/// Longer paths are not followed in the head's tree: a tree made by hand may hold itself.
const LONGEST_PATH: usize = 4096;
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
struct Part<'p> {
    scanner: Scanner<'p>,
    found: Vec<(usize, Inspected)>,
    skipped: Vec<Skipped>,
    stats: Stats,
    structure: Structure,
}

impl<'p> Part<'p> {
    fn new(library: &'p Library, options: &Options<'_>) -> Self {
        Self {
            scanner: Scanner::new(library, options.decode_depth),
            found: Vec::new(),
            skipped: Vec::new(),
            stats: Stats::default(),
            structure: Structure::default(),
        }
    }

    /// Scans a file. Where it is checked out, what it and its members say by their structure is taken too.
    fn file(&mut self, number: usize, name: &str, bytes: &[u8], options: &Options<'_>, at: Option<Whereabouts<'_>>) {
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
    let mut found: Vec<(usize, Inspected)> = Vec::new();
    for part in parts {
        gathered.stats += part.stats;
        gathered.skipped.extend(part.skipped);
        gathered.structure.absorb(part.structure);
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
    for (folder, name, repository) in repositories {
        if repository.work_dir.is_none() || (repository.hash_len == 32 && options.history == History::Full) {
            continue; // nothing is checked out; or libgit2 cannot read the index, and what it would add is scanned with the head
        }
        match read_index(&repository.git_dir.join("index")) {
            Ok(entries) => {
                let tracked = entries.iter().filter(|e| !e.link && !e.submodule && !e.absent);
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

/// Scans what the index would commit; values that the head has at the same path are not new.
pub(super) fn staged(repository: &Repository, name: &str, library: &Library, options: &Options<'_>, gathered: &mut Gathered) {
    let index = options.index.clone().unwrap_or_else(|| repository.git_dir.join("index"));
    let entries = match read_index(&index) {
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
    let mut heads = Heads { lookup: &lookup, trees: HashMap::new(), root: tree, gone: None };
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
        part.file(0, &path, &bytes, options, None);
        let Some((_, inspected)) = part.found.pop() else { continue };
        let mut known = known_values(old.as_deref(), &lookup, &path, library, options, gathered);
        if old.is_none() {
            // A new path may be an old one renamed: what the index took away counts as known.
            for gone in heads.gone(&entries) {
                known.extend(known_values(Some(&gone), &lookup, &path, library, options, gathered));
            }
        }
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
    part.file(0, path, &bytes, options, None);
    let inspected = part.found.pop().map(|f| f.1).unwrap_or_default();
    let (occurrences, _) = super::overlap::resolve(&inspected, library);
    occurrences.iter().map(|o| gathered.values.number(o.candidate, library)).collect()
}

/// Blobs of the head by path, trees read as needed.
struct Heads<'l> {
    lookup: &'l Lookup,
    root: Option<Vec<u8>>,
    trees: HashMap<Vec<u8>, HashMap<Vec<u8>, Vec<u8>>>,
    /// Blobs of paths that the head has and the index has not, once asked for.
    gone: Option<BTreeSet<Vec<u8>>>,
}

impl Heads<'_> {
    /// Blobs of the paths that the index took away.
    fn gone(&mut self, entries: &[Staged]) -> BTreeSet<Vec<u8>> {
        let lookup = self.lookup;
        let root = self.root.clone();
        let find = || {
            let kept: HashSet<&[u8]> = entries.iter().map(|e| e.path.as_slice()).collect();
            let (mut gone, mut stack) = (BTreeSet::new(), Vec::from_iter(root.map(|r| (Vec::new(), r))));
            let mut steps = 0;
            while let Some((path, tree)) = stack.pop() {
                steps += 1;
                if steps > MOST_FOLDERS {
                    break;
                }
                for (name, id) in lookup.entries(&tree).unwrap_or_default() {
                    let path = if path.is_empty() { name } else { [path.as_slice(), b"/", &name].concat() };
                    if path.len() > LONGEST_PATH || kept.contains(path.as_slice()) {
                        continue;
                    }
                    match lookup.read(&id) {
                        Ok((Kind::Tree, _)) => stack.push((path, id)),
                        Ok((Kind::Blob, _)) => drop(gone.insert(id)),
                        _ => {}
                    }
                }
            }
            gone
        };
        self.gone.get_or_insert_with(find).clone()
    }

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
