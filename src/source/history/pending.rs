//! What the next commit would change: the index against the trees of the commits it would have for parents.

use super::index::{Index, Staged};
use super::lookup::{Lookup, TreeEntry};
use super::trees::EntryKind;
use memchr::memchr;
use std::collections::{BTreeSet, HashMap};

/// Most trees of the head that are read for what the index took away.
const MOST_TREES: usize = 100_000;

/// A file that the head has not, or not so.
#[derive(Debug)]
pub struct Changed<'i> {
    /// It, as staged.
    pub staged: &'i Staged,
    /// Blobs that the parents have at its path.
    pub old: Vec<Vec<u8>>,
}

/// What the next commit would change.
#[derive(Debug, Default)]
pub struct Pending<'i> {
    /// Files that are new or other than in every parent, in the index's order but for folders.
    pub changed: Vec<Changed<'i>>,
    /// Blobs of paths that the head has and the index has not.
    pub gone: BTreeSet<Vec<u8>>,
}

impl<'i> Pending<'i> {
    /// Compares the index with the trees of the head and of what is being merged. A tree that cannot be read counts as empty, so that everything in it is
    /// new.
    ///
    /// A folder is passed over where the index remembers the head's own tree for it: git would commit that tree without a look at the files.
    pub fn new(index: &'i Index, head: Option<Vec<u8>>, merged: &[Vec<u8>], lookup: &Lookup) -> Self {
        let mut compare = Compare { index, lookup, jobs: Vec::new(), lost: Vec::new(), pending: Self::default() };
        match head {
            Some(tree) => compare.jobs.push((Vec::new(), tree, &index.entries)),
            None => compare
                .pending
                .changed
                .extend(index.entries.iter().filter(|e| is_file(e)).map(|staged| Changed { staged, old: Vec::new() })),
        }
        while let Some((folder, tree, entries)) = compare.jobs.pop() {
            compare.folder(&folder, &tree, entries);
        }
        compare.lost();
        let mut pending = compare.pending;
        let mut others: Vec<Tree<'_>> = merged.iter().map(|root| Tree { root, lookup, read: HashMap::new() }).collect();
        pending.changed.retain_mut(|changed| {
            let old = others.iter_mut().filter_map(|tree| tree.blob(&changed.staged.path));
            changed.old.extend(old);
            !changed.old.contains(&changed.staged.id)
        });
        pending
    }
}

/// A folder to compare: its path, the head's tree, and the index's entries in it.
type Job<'i> = (Vec<u8>, Vec<u8>, &'i [Staged]);

struct Compare<'i, 'l> {
    index: &'i Index,
    lookup: &'l Lookup,
    jobs: Vec<Job<'i>>,
    /// Trees of folders that the index has not.
    lost: Vec<Vec<u8>>,
    pending: Pending<'i>,
}

impl<'i> Compare<'i, '_> {
    fn folder(&mut self, folder: &[u8], tree: &[u8], mut entries: &'i [Staged]) {
        if self.index.trees.get(folder).is_some_and(|cached| cached == tree) {
            return;
        }
        let read = self.lookup.entries(tree).unwrap_or_default();
        let mut old: HashMap<Vec<u8>, (TreeEntry, bool)> = read.into_iter().map(|e| (e.name.clone(), (e, false))).collect();
        while let Some(first) = entries.first() {
            let inner = first.path.get(folder.len()..).unwrap_or_default();
            let name = &inner[..memchr(b'/', inner).unwrap_or(inner.len())];
            let was = old.get_mut(name).map(|(entry, seen)| {
                *seen = true;
                &*entry
            });
            if name.len() == inner.len() {
                let old = was.filter(|e| e.is_blob()).map(|e| e.id.clone());
                if is_file(first) && old.as_ref() != Some(&first.id) {
                    self.pending.changed.push(Changed { staged: first, old: Vec::from_iter(old) });
                }
                entries = &entries[1..];
                continue;
            }
            let path = &first.path[..folder.len() + name.len() + 1];
            let (inside, rest) = entries.split_at(entries.iter().take_while(|e| e.path.starts_with(path)).count());
            match was.filter(|e| e.kind == EntryKind::Tree) {
                Some(tree) => self.jobs.push((path.to_vec(), tree.id.clone(), inside)),
                None => self.pending.changed.extend(inside.iter().filter(|e| is_file(e)).map(|staged| Changed { staged, old: Vec::new() })),
            }
            entries = rest;
        }
        self.lose(old.into_values().filter(|(_, seen)| !seen).map(|(entry, _)| entry));
    }

    fn lose(&mut self, entries: impl Iterator<Item = TreeEntry>) {
        for entry in entries {
            match entry.kind {
                EntryKind::Tree => self.lost.push(entry.id),
                EntryKind::Submodule => {}
                EntryKind::Blob | EntryKind::Link => drop(self.pending.gone.insert(entry.id)),
            }
        }
    }

    /// Reads what is in the folders that the index has not.
    fn lost(&mut self) {
        for _ in 0..MOST_TREES {
            let Some(tree) = self.lost.pop() else { return };
            let entries = self.lookup.entries(&tree).unwrap_or_default();
            self.lose(entries.into_iter());
        }
    }
}

/// Whether the content of an entry would be committed.
fn is_file(entry: &Staged) -> bool {
    !entry.submodule && !entry.absent
}

/// A commit's tree, for single paths.
struct Tree<'l> {
    root: &'l [u8],
    lookup: &'l Lookup,
    read: HashMap<Vec<u8>, HashMap<Vec<u8>, TreeEntry>>,
}

impl Tree<'_> {
    fn blob(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let mut at = self.root.to_vec();
        let mut names = path.split(|&b| b == b'/').peekable();
        while let Some(name) = names.next() {
            let lookup = self.lookup;
            let entries = || lookup.entries(&at).unwrap_or_default().into_iter().map(|e| (e.name.clone(), e)).collect();
            let entry = self.read.entry(at.clone()).or_insert_with(entries).get(name)?;
            if names.peek().is_none() {
                return entry.is_blob().then(|| entry.id.clone());
            }
            at = (entry.kind == EntryKind::Tree).then(|| entry.id.clone())?;
        }
        None
    }
}
