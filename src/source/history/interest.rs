//! Which trees lead to some blobs, and by which entries: found from the blobs up, through the copies of the delta forest.

use super::graph::Graph;
use super::objects::ObjectId;
use super::pack::NONE;
use super::trees::{Entry, EntryKind, Piece};
use std::collections::HashMap;

/// Of each tree (by the number of its record) that holds a wanted blob, at any depth: the entries that lead to one, by name.
#[expect(clippy::iter_over_hash_type, reason = "each list is put in order by itself")]
pub(super) fn interest(graph: &Graph, blobs: impl Iterator<Item = ObjectId> + Clone) -> HashMap<u32, Vec<Entry>> {
    let objects = graph.trees.iter().map(|t| t.tree).chain(blobs.clone()).max().map_or(0, |m| m as usize + 1);
    let mut wanted = vec![false; objects];
    blobs.for_each(|blob| wanted[blob as usize] = true);
    let (direct, folders) = links(graph, &wanted);
    let up = Grouped::new(objects, folders.into_iter().map(|link| (link.entry.object, link)));
    let based = graph.trees.iter().enumerate().filter_map(|(i, tree)| Some((graph.record(tree.base)?, i as u32)));
    let mut climb = Climb { graph, derived: Grouped::new(graph.trees.len(), based), found: HashMap::new(), fresh: Vec::new() };
    direct.into_iter().for_each(|link| climb.spread(link));
    let mut done = vec![false; objects];
    while let Some(tree) = climb.fresh.pop() {
        if !std::mem::replace(&mut done[tree as usize], true) {
            up.of(tree).iter().for_each(|&link| climb.spread(link));
        }
    }
    let mut found = climb.found;
    for entries in found.values_mut() {
        entries.sort_unstable_by_key(|e| (e.name, e.object));
        entries.dedup();
    }
    found
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

/// The new entries that are wanted, and those of all folders.
fn links(graph: &Graph, wanted: &[bool]) -> (Vec<Link>, Vec<Link>) {
    let (mut direct, mut folders) = (Vec::new(), Vec::new());
    for (i, tree) in graph.trees.iter().enumerate() {
        let mut position = 0;
        for piece in &tree.pieces {
            match *piece {
                Piece::Copy { count, .. } => position += count,
                Piece::New(entry) => {
                    let link = Link { tree: i as u32, position, entry };
                    if entry.kind == EntryKind::Tree {
                        folders.extend((entry.object != NONE).then_some(link));
                    } else if entry.kind != EntryKind::Submodule && wanted.get(entry.object as usize) == Some(&true) {
                        direct.push(link);
                    }
                    position += 1;
                }
            }
        }
    }
    (direct, folders)
}

/// Lists by number, in one piece of memory.
struct Grouped<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> Grouped<T> {
    /// Groups items by their numbers below `n`; an item of any other number is left out.
    fn new(n: usize, items: impl Iterator<Item = (u32, T)>) -> Self {
        let mut items: Vec<(u32, T)> = items.filter(|i| (i.0 as usize) < n).collect();
        items.sort_by_key(|i| i.0);
        let mut starts = vec![0; n + 1];
        items.iter().for_each(|i| starts[i.0 as usize + 1] += 1);
        (0..n).for_each(|i| starts[i + 1] += starts[i]);
        Self { starts, items: items.into_iter().map(|i| i.1).collect() }
    }

    fn of(&self, number: u32) -> &[T] {
        let at = |i: usize| self.starts.get(i).map_or(0, |s| *s as usize);
        self.items.get(at(number as usize)..at(number as usize + 1)).unwrap_or_default()
    }
}

/// The way up from blobs to the trees of commits.
struct Climb<'g> {
    graph: &'g Graph,
    /// Of each tree, those that are made from it.
    derived: Grouped<u32>,
    found: HashMap<u32, Vec<Entry>>,
    /// Trees that have just been found to lead to a blob.
    fresh: Vec<ObjectId>,
}

impl Climb<'_> {
    /// Notes an entry in the tree it is new in and in all trees that copy it.
    fn spread(&mut self, link: Link) {
        let mut stack = vec![(link.tree, link.position)];
        while let Some((tree, position)) = stack.pop() {
            let entries = self.found.entry(tree).or_insert_with(|| {
                self.fresh.push(self.graph.trees[tree as usize].tree);
                Vec::new()
            });
            entries.push(link.entry);
            for &child in self.derived.of(tree) {
                let mut at = 0;
                for piece in &self.graph.trees[child as usize].pieces {
                    match *piece {
                        Piece::New(_) => at += 1,
                        Piece::Copy { from, count } => {
                            if (from..from + count).contains(&position) {
                                stack.push((child, at + position - from));
                            }
                            at += count;
                        }
                    }
                }
            }
        }
    }
}
