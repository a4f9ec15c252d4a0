//! The graph of commits and trees: what is reachable, in which order it came about, and what a tree holds.

use super::commit::{Commit, tag_target};
use super::objects::{ObjectId, Objects};
use super::pack::{Kind, NONE};
use super::trees::{Entry, EntryKind, Names, Piece, TreeReader, TreeRecord};
use super::walk::{Node, Visitor};
use crate::model::{Segment, Timestamp};
use foldhash::fast::RandomState;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// Number of a commit in topological order: parents have lower numbers.
pub type CommitNo = u32;

/// Reads commits, trees and tags on one thread.
pub struct Reader<'o> {
    objects: &'o Objects,
    pub(super) trees: TreeReader<'o>,
    pub(super) commits: Vec<(ObjectId, Commit)>,
    pub(super) tags: Vec<(ObjectId, Vec<u8>)>,
    /// Objects that could not be read, and why.
    pub failed: Vec<(ObjectId, String)>,
}

impl<'o> Reader<'o> {
    /// A reader that looks objects up here.
    pub fn new(objects: &'o Objects) -> Self {
        Self { objects, trees: TreeReader::new(objects), commits: Vec::new(), tags: Vec::new(), failed: Vec::new() }
    }

    /// Takes in one object; of a tree it gives the starts of its entries.
    pub fn object(&mut self, object: ObjectId, kind: Kind, bytes: &[u8], base: Option<(ObjectId, &[u32], &[Segment])>) -> Vec<u32> {
        match kind {
            Kind::Tree => {
                let base = base.filter(|b| !b.1.is_empty());
                return self.trees.read(object, bytes, base).unwrap_or_else(|why| {
                    self.failed.push((object, why.to_owned()));
                    Vec::new()
                });
            }
            Kind::Commit => match Commit::parse(bytes) {
                Some(commit) => self.commits.push((object, commit)),
                None => self.failed.push((object, "the commit is not well-formed".to_owned())),
            },
            Kind::Tag => self.tags.extend(tag_target(bytes).map(|target| (object, target))),
            Kind::Blob => {}
        }
        Vec::new()
    }
}

/// The visitor of one subtree of a pack's commits, trees or tags.
pub struct GraphVisitor<'r, 'o> {
    /// Number of the pack.
    pub pack: usize,
    /// Kind of the subtree's root, and so of all in it.
    pub kind: Kind,
    /// Whether an object has not been read before.
    pub is_new: &'r dyn Fn(ObjectId) -> bool,
    /// Where it goes.
    pub reader: &'r mut Reader<'o>,
}

impl Visitor for GraphVisitor<'_, '_> {
    type State = Vec<u32>;

    fn visit(&mut self, entry: u32, bytes: &[u8], base: Option<Node<'_, Vec<u32>>>) -> Vec<u32> {
        let objects = self.reader.objects;
        let object = objects.of_entry(self.pack, entry);
        if !(self.is_new)(object) {
            return Vec::new(); // and what is made from it is read whole
        }
        let base = base.map(|b| (objects.of_entry(self.pack, b.base), b.state.as_slice(), b.segments));
        self.reader.object(object, self.kind, bytes, base)
    }

    fn failed(&mut self, entry: u32, why: &str) {
        let object = self.reader.objects.of_entry(self.pack, entry);
        self.reader.failed.push((object, why.to_owned()));
    }
}

/// A commit in the graph.
#[derive(Debug, Clone)]
pub struct CommitNode {
    /// Its object.
    pub object: ObjectId,
    /// The object of its tree, or `u32::MAX` when the repository does not have it.
    pub tree: ObjectId,
    /// Its parents, as far as the repository has them.
    pub parents: Vec<CommitNo>,
    /// Number of the author's name.
    pub(super) author: u32,
    /// When it was authored.
    pub authored: Timestamp,
    /// When it was committed, in seconds.
    pub(super) committed: i64,
}

/// Commits and trees.
pub struct Graph {
    /// Commits in topological order, older first; ties by commit time, then by id.
    pub commits: Vec<CommitNode>,
    commit_of: HashMap<ObjectId, CommitNo, RandomState>,
    pub(super) trees: Vec<TreeRecord>,
    /// Record of each object that is a tree.
    tree_of: Vec<u32>,
    pub(super) tag_of: HashMap<ObjectId, Option<ObjectId>>,
    /// Names of files and folders.
    pub names: Names,
    pub(super) authors: Names,
    /// Binary ids that trees name and the repository lacks.
    pub missing: HashSet<Vec<u8>>,
    /// Commits with a parent that the repository lacks and does not declare as its border.
    pub torn: Vec<ObjectId>,
}

impl Graph {
    /// Puts together what the threads read. Parents of the commits in `border` (a shallow clone's) are not followed.
    pub fn assemble(readers: Vec<Reader<'_>>, objects: &Objects, border: &HashSet<Vec<u8>>) -> (Self, Vec<(ObjectId, String)>) {
        let (mut names, mut authors) = (Names::default(), Names::default());
        let (mut trees, mut commits, mut tags) = (Vec::new(), Vec::new(), HashMap::new());
        let (mut missing, mut failed) = (HashSet::new(), Vec::new());
        for mut reader in readers {
            reader.trees.finish();
            let renumber: Vec<u32> = reader.trees.names.iter().map(|n| names.number(n)).collect();
            for mut record in reader.trees.records {
                for piece in &mut record.pieces {
                    if let Piece::New(entry) = piece {
                        entry.name = renumber[entry.name as usize];
                    }
                }
                trees.push(record);
            }
            missing.extend(reader.trees.missing);
            commits.extend(reader.commits);
            tags.extend(reader.tags.into_iter().map(|(tag, target)| (tag, objects.find(&target))));
            failed.extend(reader.failed);
        }
        let mut tree_of = vec![NONE; objects.len()];
        trees.iter().enumerate().for_each(|(i, t)| tree_of[t.tree as usize] = i as u32);
        let (commits, torn) = order(commits, objects, border, &mut authors);
        let commit_of = commits.iter().enumerate().map(|(i, c)| (c.object, i as u32)).collect();
        (Self { commits, commit_of, trees, tree_of, tag_of: tags, names, authors, missing, torn }, failed)
    }

    /// The commit of an object, through annotated tags.
    pub fn commit(&self, object: ObjectId) -> Option<CommitNo> {
        let object = self.peel(object)?;
        self.commit_of.get(&object).copied()
    }

    /// What an annotated tag points to in the end; the object itself if it is no tag.
    pub fn peel(&self, mut object: ObjectId) -> Option<ObjectId> {
        for _ in 0..64 {
            match self.tag_of.get(&object) {
                None => return Some(object),
                Some(target) => object = (*target)?,
            }
        }
        None
    }

    /// `Name <address>` of a commit's author.
    pub fn author(&self, commit: CommitNo) -> String {
        String::from_utf8_lossy(self.authors.name(self.commits[commit as usize].author)).into_owned()
    }

    /// Number of the tree's record, if the object is a tree that was read.
    pub(super) fn record(&self, tree: ObjectId) -> Option<u32> {
        self.tree_of.get(tree as usize).copied().filter(|&r| r != NONE)
    }

    /// The entries of a tree, put together along its chain of bases; empty if it was not read.
    pub fn entries(&self, tree: ObjectId) -> Vec<Entry> {
        let mut chain = Vec::new();
        let mut next = self.record(tree);
        while let Some(record) = next {
            chain.push(record);
            next = self.record(self.trees[record as usize].base);
        }
        let mut entries: Vec<Entry> = Vec::new();
        for &record in chain.iter().rev() {
            let mut built = Vec::with_capacity(entries.len() + 1);
            for piece in &self.trees[record as usize].pieces {
                match *piece {
                    Piece::New(entry) => built.push(entry),
                    Piece::Copy { from, count } => {
                        built.extend_from_slice(entries.get(from as usize..(from + count) as usize).unwrap_or_default());
                    }
                }
            }
            entries = built;
        }
        entries
    }

    /// Which commits are reachable from `tips`.
    pub fn ancestors(&self, tips: impl IntoIterator<Item = CommitNo>) -> Vec<bool> {
        let mut seen = vec![false; self.commits.len()];
        tips.into_iter().for_each(|t| seen[t as usize] = true);
        for commit in (0..self.commits.len()).rev() {
            if seen[commit] {
                self.commits[commit].parents.iter().for_each(|&p| seen[p as usize] = true);
            }
        }
        seen
    }

    /// Which objects the trees of these commits, and these further roots, hold.
    pub fn contents(&self, commits: &[bool], roots: &[ObjectId]) -> Vec<bool> {
        let mut live = Live { graph: self, marked: vec![false; self.tree_of.len()], queue: Vec::new(), partial: Vec::new() };
        let trees = self.commits.iter().zip(commits).filter(|(_, wanted)| **wanted).map(|(c, _)| c.tree);
        trees.chain(roots.iter().copied()).for_each(|o| live.mark(o));
        live.run();
        live.marked
    }
}

/// Marks what trees hold without putting every tree together: what a tree copies is held by its base, so it is marked with it if that is live too.
struct Live<'g> {
    graph: &'g Graph,
    marked: Vec<bool>,
    queue: Vec<ObjectId>,
    /// Trees of which only the new entries were followed.
    partial: Vec<ObjectId>,
}

impl Live<'_> {
    fn mark(&mut self, object: ObjectId) {
        if object != NONE && !std::mem::replace(&mut self.marked[object as usize], true) {
            self.queue.push(object);
        }
    }

    fn run(&mut self) {
        while !self.queue.is_empty() {
            while let Some(object) = self.queue.pop() {
                let Some(record) = self.graph.record(object) else { continue };
                for piece in &self.graph.trees[record as usize].pieces {
                    if let Piece::New(entry) = piece {
                        self.mark(entry.object);
                    }
                }
                self.partial.push(object);
            }
            // Trees whose base is not live (so far) must be followed whole.
            for tree in std::mem::take(&mut self.partial) {
                let base = self.graph.record(tree).map_or(NONE, |r| self.graph.trees[r as usize].base);
                if base != NONE && !self.marked[base as usize] {
                    self.graph.entries(tree).iter().for_each(|e| self.mark(e.object));
                }
            }
        }
    }
}

/// Kahn's algorithm, the oldest commit that is ready first.
fn order(
    commits: Vec<(ObjectId, Commit)>,
    objects: &Objects,
    border: &HashSet<Vec<u8>>,
    authors: &mut Names,
) -> (Vec<CommitNode>, Vec<ObjectId>) {
    let index: HashMap<ObjectId, usize, RandomState> = commits.iter().enumerate().map(|(i, c)| (c.0, i)).collect();
    let mut parents: Vec<Vec<usize>> = Vec::with_capacity(commits.len());
    let mut torn = Vec::new();
    for (object, commit) in &commits {
        if border.contains(objects.id(*object)) {
            parents.push(Vec::new());
            continue;
        }
        let known: Vec<usize> = commit.parents.iter().filter_map(|p| objects.find(p).and_then(|o| index.get(&o).copied())).collect();
        if known.len() < commit.parents.len() {
            torn.push(*object);
        }
        parents.push(known);
    }
    let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); commits.len()];
    parents.iter().enumerate().for_each(|(i, ps)| ps.iter().for_each(|&p| children[p].push(i as u32)));
    let key = |i: usize| Reverse((commits[i].1.committed, objects.id(commits[i].0), i));
    let mut ready: BinaryHeap<_> = (0..commits.len()).filter(|&i| waiting[i] == 0).map(key).collect();
    let mut number = vec![NONE; commits.len()];
    let mut nodes: Vec<CommitNode> = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, _, i))) = ready.pop() {
        let (object, commit) = &commits[i];
        number[i] = nodes.len() as u32;
        nodes.push(CommitNode {
            object: *object,
            tree: objects.find(&commit.tree).unwrap_or(NONE),
            parents: parents[i].iter().map(|&p| number[p]).collect(),
            author: authors.number(commit.author.as_bytes()),
            authored: commit.authored,
            committed: commit.committed,
        });
        for &child in &children[i] {
            waiting[child as usize] -= 1;
            if waiting[child as usize] == 0 {
                ready.push(key(child as usize));
            }
        }
    }
    (nodes, torn)
}

/// Whether an entry's object is text to scan: a file, or the target of a link.
pub fn is_content(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Blob | EntryKind::Link)
}
