//! What a range of commits changed: the blobs it brought, and those they took the place of.

use super::graph::{CommitNo, Graph, is_content};
use super::objects::ObjectId;
use super::pack::NONE;
use super::trees::{Entry, EntryKind};
use std::collections::{HashMap, HashSet};

/// The objects of all blobs that a commit in `range` has at a path where a parent has another, and of those others.
///
/// Both sides are needed: a value is only new where the old side did not have it.
pub fn blobs(graph: &Graph, range: &[CommitNo]) -> HashSet<ObjectId> {
    let mut found = HashSet::new();
    let mut seen = HashSet::new();
    for &commit in range {
        let node = &graph.commits[commit as usize];
        if node.parents.is_empty() {
            compare(graph, NONE, node.tree, &mut seen, &mut found);
        }
        for &parent in &node.parents {
            compare(graph, graph.commits[parent as usize].tree, node.tree, &mut seen, &mut found);
        }
    }
    found
}

fn compare(graph: &Graph, old: ObjectId, new: ObjectId, seen: &mut HashSet<(ObjectId, ObjectId)>, found: &mut HashSet<ObjectId>) {
    let mut pairs = vec![(old, new)];
    while let Some((old, new)) = pairs.pop() {
        if old == new || !seen.insert((old, new)) {
            continue;
        }
        let before: HashMap<u32, Entry> = graph.entries(old).into_iter().map(|e| (e.name, e)).collect();
        for entry in graph.entries(new) {
            let other = before.get(&entry.name);
            if other.is_some_and(|o| o.object == entry.object) {
                continue;
            }
            if entry.kind == EntryKind::Tree {
                let was = other.filter(|o| o.kind == EntryKind::Tree).map_or(NONE, |o| o.object);
                pairs.push((was, entry.object));
            } else if is_content(entry.kind) && entry.object != NONE {
                found.insert(entry.object);
                found.extend(other.filter(|o| is_content(o.kind) && o.object != NONE).map(|o| o.object));
            }
        }
    }
}
