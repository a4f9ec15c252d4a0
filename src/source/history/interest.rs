//! Which trees lead to some blobs, and by which entries: found from the blobs up, through the copies of the delta forest.

use super::graph::Graph;
use super::objects::ObjectId;
use super::pack::NONE;
use super::trees::{Entry, EntryKind, Piece};

/// Of each tree, by the number of its record: the entries that lead to a wanted blob, at any depth, by name.
///
/// A round for each level of folders: what is wanted is noted in the trees it is new in and handed down to the trees made from those, base first, so that a
/// tree is gone through once a round however many entries it hands down. The trees that were found are wanted next.
pub(super) fn interest(graph: &Graph, blobs: impl Iterator<Item = ObjectId> + Clone) -> Vec<Vec<Entry>> {
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
    let mut descent = Descent::new(graph);
    let mut found: Vec<Vec<Entry>> = vec![Vec::new(); graph.trees.len()];
    let mut done = vec![false; objects];
    while !links.is_empty() {
        let mut fresh = Vec::new();
        descent.hand_down(links, |tree, marks| {
            fresh.push(graph.trees[tree as usize].tree);
            found[tree as usize].extend(marks.iter().map(|m| m.1));
        });
        fresh.retain(|&tree| !std::mem::replace(&mut done[tree as usize], true));
        links = fresh.iter().flat_map(|&tree| up.of(tree)).copied().collect();
    }
    for entries in &mut found {
        entries.sort_unstable_by_key(|e| (e.name, e.object));
        entries.dedup();
    }
    found
}

/// Entries and where they stand in a tree.
type Marks = Vec<(u32, Entry)>;

/// Hands entries down from the trees they are new in to all trees that copy them.
struct Descent<'g> {
    graph: &'g Graph,
    /// The trees made from each tree.
    derived: Grouped<u32>,
    /// All trees, a base before what is made from it, and the place of each.
    order: Vec<u32>,
    places: Vec<u32>,
    /// What was handed to the tree at each place.
    marks: Vec<Marks>,
    /// The places that were handed something: a bit for each.
    waiting: Vec<u64>,
}

impl<'g> Descent<'g> {
    fn new(graph: &'g Graph) -> Self {
        let trees = graph.trees.len();
        let base = |tree: u32| graph.record(graph.trees[tree as usize].base);
        let derived = Grouped::new(trees, (0..trees as u32).filter_map(|tree| Some((base(tree)?, tree))));
        // Families stay together, as they do in memory.
        let mut order = Vec::with_capacity(trees);
        let mut stack = Vec::new();
        for root in (0..trees as u32).filter(|&tree| base(tree).is_none()) {
            stack.push(root);
            while let Some(tree) = stack.pop() {
                order.push(tree);
                stack.extend_from_slice(derived.of(tree));
            }
        }
        let mut places = vec![NONE; trees];
        order.iter().zip(0..).for_each(|(&tree, place)| places[tree as usize] = place);
        Self { graph, derived, order, places, marks: vec![Vec::new(); trees], waiting: vec![0; trees.div_ceil(64)] }
    }

    /// Calls `note` once for each tree that has any of these entries.
    fn hand_down(&mut self, links: Vec<Link>, mut note: impl FnMut(u32, &Marks)) {
        for link in links {
            let place = self.places[link.tree as usize] as usize;
            // What is in no order is its own base, and cannot have been read.
            let Some(marks) = self.marks.get_mut(place) else { continue };
            marks.push((link.position, link.entry));
            self.waiting[place / 64] |= 1 << (place % 64);
        }
        for word in 0..self.waiting.len() {
            while self.waiting[word] != 0 {
                let place = word * 64 + self.waiting[word].trailing_zeros() as usize;
                self.waiting[word] &= self.waiting[word] - 1;
                let mut here = std::mem::take(&mut self.marks[place]);
                here.sort_unstable_by_key(|m| m.0);
                let tree = self.order[place];
                for &child in self.derived.of(tree) {
                    let place = self.places[child as usize] as usize;
                    self.marks[place].reserve(here.len());
                    copy(&here, &self.graph.trees[child as usize].pieces, &mut self.marks[place]);
                    self.waiting[place / 64] |= u64::from(!self.marks[place].is_empty()) << (place % 64);
                }
                note(tree, &here);
            }
        }
    }
}

/// Adds what of a tree's marks stands in a tree made of these pieces.
fn copy(marks: &Marks, pieces: &[Piece], copied: &mut Marks) {
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
