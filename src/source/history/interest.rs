//! Which trees lead to some blobs, and by which entries: found from the blobs up, through the copies of the delta forest.

use super::graph::Graph;
use super::objects::ObjectId;
use super::pack::NONE;
use super::trees::{Entry, EntryKind, Piece};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// Of each tree (by the number of its record) that holds a wanted blob, at any depth: the entries that lead to one, by name.
///
/// A round for each level of folders: what is wanted is noted in the trees it is new in and handed down to the trees made from those, base first, so that a
/// tree is gone through once a round however many entries it hands down. The trees that were found are wanted next.
#[expect(clippy::iter_over_hash_type, reason = "each list is put in order by itself")]
pub(super) fn interest(graph: &Graph, blobs: impl Iterator<Item = ObjectId> + Clone) -> ByTree<Vec<Entry>> {
    let objects = graph.trees.iter().map(|t| t.tree).chain(blobs.clone()).max().map_or(0, |m| m as usize + 1);
    let mut wanted = vec![false; objects];
    blobs.for_each(|blob| wanted[blob as usize] = true);
    // Trees lie far apart in memory, so they are gone through once for both.
    let (mut links, mut folders) = (Vec::new(), Vec::new());
    for link in new_entries(graph) {
        match link.entry.kind {
            EntryKind::Tree => folders.push(link),
            EntryKind::Submodule => {}
            EntryKind::Blob | EntryKind::Link if wanted.get(link.entry.object as usize) == Some(&true) => links.push(link),
            EntryKind::Blob | EntryKind::Link => {}
        }
    }
    let up = Grouped::new(objects, folders.iter().map(|link| (link.entry.object, *link)));
    let based = graph.trees.iter().enumerate().filter_map(|(i, tree)| Some((graph.record(tree.base)?, i as u32)));
    let derived = Grouped::new(graph.trees.len(), based);
    let ranks = ranks(&derived, graph);
    let mut found: ByTree<Vec<Entry>> = ByTree::default();
    let mut done = vec![false; objects];
    while !links.is_empty() {
        let mut fresh = Vec::new();
        hand_down(graph, &derived, &ranks, links, |tree, marks| {
            let entries = found.entry(tree).or_insert_with(|| {
                fresh.push(graph.trees[tree as usize].tree);
                Vec::with_capacity(marks.len())
            });
            entries.extend(marks.iter().map(|m| m.1));
        });
        fresh.retain(|&tree| !std::mem::replace(&mut done[tree as usize], true));
        links = fresh.iter().flat_map(|&tree| up.of(tree)).copied().collect();
    }
    for entries in found.values_mut() {
        entries.sort_unstable_by_key(|e| (e.name, e.object));
        entries.dedup();
    }
    found
}

/// A number for each tree such that a base has a lower one than what is made from it.
fn ranks(derived: &Grouped<u32>, graph: &Graph) -> Vec<u32> {
    let mut ranks = vec![NONE; graph.trees.len()];
    let mut order: Vec<u32> = (0..graph.trees.len() as u32).filter(|&i| graph.record(graph.trees[i as usize].base).is_none()).collect();
    let mut at = 0;
    while let Some(&tree) = order.get(at) {
        ranks[tree as usize] = at as u32;
        order.extend_from_slice(derived.of(tree));
        at += 1;
    }
    ranks
}

/// Numbers are hashed by one multiplication: they are the program's own.
#[derive(Clone, Copy, Default)]
pub(super) struct ByNumber(u64);

impl Hasher for ByNumber {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u32(b.into()));
    }
    fn write_u32(&mut self, n: u32) {
        self.0 = (self.0 ^ u64::from(n)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

/// A table by numbers of trees.
pub(super) type ByTree<T> = HashMap<u32, T, BuildHasherDefault<ByNumber>>;

/// Entries and where they stand in a tree, in order.
type Marks = Vec<(u32, Entry)>;

/// Notes entries in the trees they are new in and in all trees that copy them; calls `note` once for each such tree.
fn hand_down(graph: &Graph, derived: &Grouped<u32>, ranks: &[u32], links: Vec<Link>, mut note: impl FnMut(u32, &Marks)) {
    let mut marks: ByTree<Marks> = ByTree::default();
    links.into_iter().for_each(|link| marks.entry(link.tree).or_default().push((link.position, link.entry)));
    let mut waiting: BinaryHeap<Reverse<(u32, u32)>> = marks.keys().map(|&tree| Reverse((ranks[tree as usize], tree))).collect();
    while let Some(Reverse((_, tree))) = waiting.pop() {
        let Some(mut here) = marks.remove(&tree) else { continue };
        here.sort_unstable_by_key(|m| m.0);
        for &child in derived.of(tree) {
            let copied = copied(&here, &graph.trees[child as usize].pieces);
            if !copied.is_empty() {
                waiting.push(Reverse((ranks[child as usize], child)));
                marks.entry(child).or_default().extend(copied);
            }
        }
        note(tree, &here);
    }
}

/// What of a tree's marks stands in a tree made of these pieces.
fn copied(marks: &Marks, pieces: &[Piece]) -> Marks {
    let mut copied = Marks::new();
    let mut at = 0;
    for piece in pieces {
        match *piece {
            Piece::New(_) => at += 1,
            Piece::Copy { from, count } => {
                let first = marks.partition_point(|m| m.0 < from);
                let here = marks[first..].iter().take_while(|m| m.0 - from < count);
                copied.extend(here.map(|&(position, entry)| (at + position - from, entry)));
                at += count;
            }
        }
    }
    copied
}

/// An entry in the tree it is new in.
#[derive(Clone, Copy)]
struct Link {
    /// Number of the tree's record.
    tree: u32,
    /// Which of its entries it is.
    position: u32,
    entry: Entry,
}

/// All entries of all trees that their bases have not, or not so.
fn new_entries(graph: &Graph) -> impl Iterator<Item = Link> {
    graph.trees.iter().enumerate().flat_map(|(i, tree)| {
        let mut position = 0;
        tree.pieces.iter().filter_map(move |piece| match *piece {
            Piece::Copy { count, .. } => {
                position += count;
                None
            }
            Piece::New(entry) => {
                position += 1;
                Some(Link { tree: i as u32, position: position - 1, entry })
            }
        })
    })
}

/// Lists by number, in one piece of memory.
struct Grouped<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> Grouped<T> {
    /// Groups items by their numbers below `n`; an item of any other number is left out. The items are gone through twice, so that nothing is held but them.
    fn new(n: usize, items: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let items = items.filter(move |i| (i.0 as usize) < n);
        let mut starts = vec![0u32; n + 1];
        items.clone().for_each(|i| starts[i.0 as usize + 1] += 1);
        (0..n).for_each(|i| starts[i + 1] += starts[i]);
        let mut grouped = items.clone().next().map_or_else(Vec::new, |first| vec![first.1; starts[n] as usize]);
        // Each start moves on to the next while its list is filled, and is then moved back.
        for (number, item) in items {
            let at = &mut starts[number as usize];
            grouped[*at as usize] = item;
            *at += 1;
        }
        starts.rotate_right(1);
        starts[0] = 0;
        Self { starts, items: grouped }
    }

    fn of(&self, number: u32) -> &[T] {
        let at = |i: usize| self.starts.get(i).map_or(0, |s| *s as usize);
        self.items.get(at(number as usize)..at(number as usize + 1)).unwrap_or_default()
    }
}
