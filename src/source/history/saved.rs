//! What was read of a history's commits and trees, written down so that a later scan reads only what came since.
//!
//! It tells of objects by their ids, never of packs: a repacked or re-cloned repository has use of it all the same. What names an object that the
//! repository does not have any more, or did not have then, is left out, and so is read again.

use super::commit::Commit;
use super::graph::{Graph, Reader};
use super::objects::{ObjectId, Objects};
use super::pack::NONE;
use super::trees::{Entry, EntryKind, Piece, TreeRecord};
use crate::model::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::HashSet;

/// Commits, trees and tags by the numbers that objects had, and the ids behind the numbers. In postcard's format.
#[derive(Serialize, Deserialize)]
struct Saved<'s> {
    hash_len: usize,
    /// Binary ids of all objects, in order.
    #[serde(serialize_with = "at_once")]
    ids: &'s [u8],
    #[serde(borrow)]
    names: Vec<&'s [u8]>,
    #[serde(borrow)]
    authors: Vec<&'s [u8]>,
    commits: Vec<SavedCommit>,
    tags: Vec<(ObjectId, ObjectId)>,
    /// Bases before what is made from them.
    trees: Vec<TreeRecord>,
}

#[derive(Serialize, Deserialize)]
struct SavedCommit {
    object: ObjectId,
    tree: ObjectId,
    parents: Vec<ObjectId>,
    author: u32,
    authored: (i64, i16),
    committed: i64,
}

/// Writes bytes as a whole, not one by one.
pub fn at_once<S: Serializer>(bytes: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes.as_ref())
}

/// Writes a graph for [`load`]; commits in `border` are left out, for the repository hides their parents.
pub fn save(graph: &Graph, objects: &Objects, border: &HashSet<Vec<u8>>) -> Vec<u8> {
    let torn: HashSet<ObjectId> = graph.torn.iter().copied().collect();
    let whole = graph.commits.iter().filter(|c| c.tree != NONE && !torn.contains(&c.object) && !border.contains(objects.id(c.object)));
    let commit = |c: &super::graph::CommitNode| SavedCommit {
        object: c.object,
        tree: c.tree,
        parents: c.parents.iter().map(|&p| graph.commits[p as usize].object).collect(),
        author: c.author,
        authored: (c.authored.seconds, c.authored.offset_minutes),
        committed: c.committed,
    };
    let mut tags: Vec<(ObjectId, ObjectId)> = graph.tag_of.iter().filter_map(|(&tag, &target)| Some((tag, target?))).collect();
    tags.sort_unstable();
    let saved = Saved {
        hash_len: objects.hash_len(),
        ids: objects.ids(),
        names: graph.names.iter().collect(),
        authors: graph.authors.iter().collect(),
        commits: whole.map(commit).collect(),
        tags,
        trees: trees(graph),
    };
    postcard::to_allocvec(&saved).unwrap_or_default()
}

/// The trees of which all is there, bases first.
fn trees(graph: &Graph) -> Vec<TreeRecord> {
    let mut whole: Vec<Option<bool>> = vec![None; graph.trees.len()];
    let mut ordered = Vec::new();
    for (i, tree) in graph.trees.iter().enumerate() {
        // Of a tree that was read twice, what was read last counts.
        let mut next = graph.record(tree.tree).filter(|&last| last as usize == i);
        let mut chain = Vec::new();
        while let Some(record) = next.filter(|&r| whole[r as usize].is_none()) {
            chain.push(record);
            next = graph.record(graph.trees[record as usize].base);
        }
        for record in chain.into_iter().rev() {
            let tree = &graph.trees[record as usize];
            let base = graph.record(tree.base).is_none_or(|b| whole[b as usize] == Some(true));
            let is_whole = base && entries(tree).all(|e| e.object != NONE || e.kind == EntryKind::Submodule);
            whole[record as usize] = Some(is_whole);
            if is_whole {
                ordered.push(tree.clone());
            }
        }
    }
    ordered
}

fn entries(tree: &TreeRecord) -> impl Iterator<Item = &Entry> {
    tree.pieces.iter().filter_map(|piece| match piece {
        Piece::New(entry) => Some(entry),
        Piece::Copy { .. } => None,
    })
}

/// A reader that has read what was saved and is still there, and which objects those are. What does not hold together is taken for nothing.
pub fn load<'o>(bytes: &[u8], objects: &'o Objects) -> (Reader<'o>, Vec<bool>) {
    let mut known = vec![false; objects.len()];
    let mut reader = Reader::new(objects);
    if let Ok(saved) = postcard::from_bytes::<Saved<'_>>(bytes)
        && saved.hash_len == objects.hash_len()
    {
        let numbers = Numbers::new(saved.ids, objects);
        take_commits(&saved, &numbers, objects, &mut known, &mut reader);
        take_trees(saved, &numbers, &mut known, &mut reader);
    }
    (reader, known)
}

/// Today's numbers of objects by those of then.
struct Numbers(Vec<ObjectId>);

impl Numbers {
    /// Both lists are in order, so one goes along the other.
    fn new(ids: &[u8], objects: &Objects) -> Self {
        let mut at = 0;
        let now = |id: &[u8]| {
            while at < objects.len() as u32 && objects.id(at) < id {
                at += 1;
            }
            if at < objects.len() as u32 && objects.id(at) == id { at } else { NONE }
        };
        Self(ids.chunks_exact(objects.hash_len()).map(now).collect())
    }

    fn of(&self, then: ObjectId) -> Option<ObjectId> {
        self.0.get(then as usize).copied().filter(|&now| now != NONE)
    }
}

fn take_commits(saved: &Saved<'_>, numbers: &Numbers, objects: &Objects, known: &mut [bool], reader: &mut Reader<'_>) {
    for commit in &saved.commits {
        let id = |then: ObjectId| id_of(then, numbers, objects);
        let taken = (|| {
            let author = String::from_utf8(saved.authors.get(commit.author as usize)?.to_vec()).ok()?;
            let parents = commit.parents.iter().map(|&p| id(p)).collect::<Option<Vec<_>>>()?;
            let authored = Timestamp { seconds: commit.authored.0, offset_minutes: commit.authored.1 };
            Some((numbers.of(commit.object)?, Commit { tree: id(commit.tree)?, parents, author, authored, committed: commit.committed }))
        })();
        if let Some((object, commit)) = taken {
            known[object as usize] = true;
            reader.commits.push((object, commit));
        }
    }
    for &(tag, target) in &saved.tags {
        if let (Some(tag), Some(target)) = (numbers.of(tag), id_of(target, numbers, objects)) {
            known[tag as usize] = true;
            reader.tags.push((tag, target));
        }
    }
}

fn id_of(then: ObjectId, numbers: &Numbers, objects: &Objects) -> Option<Vec<u8>> {
    numbers.of(then).map(|now| objects.id(now).to_vec())
}

fn take_trees(saved: Saved<'_>, numbers: &Numbers, known: &mut [bool], reader: &mut Reader<'_>) {
    let names: Vec<u32> = saved.names.iter().map(|name| reader.trees.names.number(name)).collect();
    for mut record in saved.trees {
        let base = if record.base == NONE { Some(NONE) } else { numbers.of(record.base).filter(|&b| known[b as usize]) };
        let (Some(tree), Some(base)) = (numbers.of(record.tree), base) else { continue };
        if known[tree as usize] || !renumber(&mut record, numbers, &names) {
            continue;
        }
        (record.tree, record.base) = (tree, base);
        known[tree as usize] = true;
        reader.trees.records.push(record);
    }
}

/// Puts today's numbers into a tree's entries; whether all of them have one.
fn renumber(record: &mut TreeRecord, numbers: &Numbers, names: &[u32]) -> bool {
    record.pieces.iter_mut().all(|piece| match piece {
        Piece::Copy { from, count } => from.checked_add(*count).is_some(),
        Piece::New(entry) => {
            let object = if entry.kind == EntryKind::Submodule { Some(NONE) } else { numbers.of(entry.object) };
            let name = names.get(entry.name as usize).copied();
            (entry.object, entry.name) = (object.unwrap_or(NONE), name.unwrap_or(0));
            object.is_some() && name.is_some()
        }
    })
}
