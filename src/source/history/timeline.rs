//! Lifetimes: where each value stood, which commit brought it there and which took it away.
//!
//! Only blobs that hold a value are followed. The trees that hold them are found by following entries through the copies of the delta forest, so the work
//! grows with the number of trees that matter. Then the commits are gone through in topological order, each compared with its parents.

use super::graph::{CommitNo, Graph};
use super::interest::interest;
use super::objects::ObjectId;
use super::pack::NONE;
use super::state::{AtPath, PathNo, Piece, State};
use super::trees::{Entry, EntryKind};
use std::collections::HashMap;
use std::sync::Arc;

/// Most paths, folders included, that lead to values: a tree may hold itself under many names, and its paths be past counting.
pub const MAX_PATHS: usize = 1 << 17;

/// Number of a value; the caller's.
pub type ValueNo = u32;

/// One value at one path over one unbroken presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The path, in bytes.
    pub path: Vec<u8>,
    /// The value.
    pub value: ValueNo,
    /// The first commit that has it.
    pub introduced: CommitNo,
    /// The commit that took it away; `None` while a tip has it.
    pub removed: Option<CommitNo>,
    /// The newest commit that has it.
    pub last: CommitNo,
    /// Whether the head has it.
    pub in_head: bool,
    /// The newest blob that has it.
    pub blob: ObjectId,
}

/// What lifetimes are asked for.
pub struct Query<'q> {
    /// Commits to go through.
    pub commits: &'q [bool],
    /// Commits that are only the state before: what they have is not reported.
    pub border: &'q [bool],
    /// Commits that refs point to.
    pub tips: &'q [CommitNo],
    /// The commit that is checked out.
    pub head: Option<CommitNo>,
    /// The values of each blob that has any, without repeats.
    pub values: &'q HashMap<ObjectId, Vec<ValueNo>>,
}

/// All lifetimes, in order of path, value and introduction, and whether these are all: of more than [`MAX_PATHS`] paths, the rest are left out.
pub fn lives(graph: &Graph, query: &Query<'_>) -> (Vec<Life>, bool) {
    if query.values.is_empty() {
        return (Vec::new(), true);
    }
    let interest = interest(graph, query.values.keys().copied());
    let mut walk = Walk {
        graph,
        query,
        interest,
        paths: Paths::default(),
        lives: Vec::new(),
        states: HashMap::new(),
        pending: pending(graph, query),
        tips: HashMap::new(),
        overflow: false,
    };
    for commit in 0..graph.commits.len() as u32 {
        if query.commits[commit as usize] || query.border[commit as usize] {
            walk.commit(commit);
        }
    }
    let whole = !walk.overflow;
    (walk.finish(), whole)
}

/// How many children of each commit still need its state.
fn pending(graph: &Graph, query: &Query<'_>) -> Vec<u32> {
    let mut pending = vec![0; graph.commits.len()];
    for (i, commit) in graph.commits.iter().enumerate().filter(|(i, _)| query.commits[*i] && !query.border[*i]) {
        debug_assert!(commit.parents.iter().all(|&p| (p as usize) < i));
        commit.parents.iter().for_each(|&p| pending[p as usize] += 1);
    }
    pending
}

/// Paths as (parent, name).
#[derive(Default)]
struct Paths {
    numbers: HashMap<(PathNo, u32), PathNo>,
    list: Vec<(PathNo, u32)>,
}

impl Paths {
    /// The number of a path; `None` once there are more than can be followed.
    fn child(&mut self, parent: PathNo, name: u32) -> Option<PathNo> {
        if let Some(&known) = self.numbers.get(&(parent, name)) {
            return Some(known);
        }
        if self.list.len() >= MAX_PATHS {
            return None;
        }
        self.list.push((parent, name));
        self.numbers.insert((parent, name), self.list.len() as u32 - 1);
        Some(self.list.len() as u32 - 1)
    }

    fn text(&self, mut path: PathNo, graph: &Graph) -> Vec<u8> {
        let mut parts = Vec::new();
        while path != NONE {
            let (parent, name) = self.list[path as usize];
            parts.push(graph.names.name(name));
            path = parent;
        }
        parts.reverse();
        parts.join(&b'/')
    }
}

struct Draft {
    path: PathNo,
    value: ValueNo,
    introduced: CommitNo,
    /// The life it was found to be one with.
    merged: Option<u32>,
    removed: Option<CommitNo>,
    /// A merge that dropped it although no other commit did.
    dropped: Option<(CommitNo, CommitNo)>,
    last_before_removal: CommitNo,
    /// The newest tip that has it, with its blob there.
    tip: Option<(CommitNo, ObjectId)>,
    head: Option<ObjectId>,
    newest: (CommitNo, ObjectId),
}

struct Walk<'g> {
    graph: &'g Graph,
    query: &'g Query<'g>,
    /// Of each tree, by the number of its record, the entries that lead to values.
    interest: Vec<Vec<Entry>>,
    paths: Paths,
    lives: Vec<Draft>,
    states: HashMap<CommitNo, State>,
    pending: Vec<u32>,
    /// What stands in tips, by where it lies in memory, with the newest tip that has it: there may be tens of thousands that have most in common.
    tips: HashMap<*const Vec<(PathNo, AtPath)>, (Piece, CommitNo)>,
    /// Whether there were more paths than can be followed.
    overflow: bool,
}

impl Walk<'_> {
    fn commit(&mut self, commit: CommitNo) {
        let node = &self.graph.commits[commit as usize];
        let parents: &[CommitNo] = if self.query.border[commit as usize] { &[] } else { &node.parents };
        let before: Vec<State> = parents.iter().map(|p| self.states.get(p).cloned().unwrap_or_default()).collect();
        for &p in parents {
            self.pending[p as usize] -= 1;
            if self.pending[p as usize] == 0 {
                self.states.remove(&p);
            }
        }
        let old_tree = parents.first().map_or(NONE, |&p| self.graph.commits[p as usize].tree);
        let changes = self.changes(old_tree, node.tree);
        let state = self.advance(commit, parents, &before, changes);
        self.unite(commit, parents, &before, &state);
        if self.query.tips.binary_search(&commit).is_ok() {
            self.tips.extend(state.pieces().iter().map(|piece| (Arc::as_ptr(piece), (piece.clone(), commit))));
        }
        if self.query.head == Some(commit) {
            state.pieces().iter().for_each(|piece| self.mark(piece, |life, blob| life.head = Some(blob)));
        }
        if self.pending[commit as usize] > 0 {
            self.states.insert(commit, state);
        }
    }

    /// Paths whose wanted blob differs between two trees, with the new blob.
    fn changes(&mut self, old: ObjectId, new: ObjectId) -> Vec<(PathNo, Option<ObjectId>)> {
        let mut changes = Vec::new();
        let mut stack = vec![(NONE, old, new)];
        while let Some((parent, old, new)) = stack.pop() {
            if old == new {
                continue;
            }
            let list = |tree: ObjectId| self.graph.record(tree).map_or(&[][..], |record| &self.interest[record as usize]);
            let (a, b) = (list(old), list(new));
            let (mut i, mut j) = (0, 0);
            while i < a.len() || j < b.len() {
                let (x, y) = (a.get(i), b.get(j));
                let take_old = x.is_some_and(|x| y.is_none_or(|y| x.name <= y.name));
                let take_new = y.is_some_and(|y| x.is_none_or(|x| y.name <= x.name));
                let (x, y) = (x.filter(|_| take_old), y.filter(|_| take_new));
                i += usize::from(take_old);
                j += usize::from(take_new);
                let name = x.or(y).expect("one of them is taken").name;
                if x.map(|e| e.object) == y.map(|e| e.object) {
                    continue;
                }
                let Some(path) = self.paths.child(parent, name) else {
                    self.overflow = true;
                    continue;
                };
                let as_tree = |e: Option<&Entry>| e.filter(|e| e.kind == EntryKind::Tree).map_or(NONE, |e| e.object);
                let as_blob = |e: Option<&Entry>| e.filter(|e| e.kind != EntryKind::Tree).map(|e| e.object);
                stack.push((path, as_tree(x), as_tree(y)));
                if as_blob(x) != as_blob(y) {
                    changes.push((path, as_blob(y)));
                }
            }
        }
        changes.sort_unstable();
        changes
    }

    /// The state of a commit from its first parent's and what changed.
    fn advance(&mut self, commit: CommitNo, parents: &[CommitNo], before: &[State], changes: Vec<(PathNo, Option<ObjectId>)>) -> State {
        let empty = State::default();
        let first = before.first().unwrap_or(&empty);
        if changes.is_empty() {
            return first.clone();
        }
        let mut changed = Vec::with_capacity(changes.len());
        for (path, blob) in changes {
            let was = first.get(path).cloned();
            let values = blob.and_then(|b| self.query.values.get(&b)).map_or(&[][..], Vec::as_slice);
            let lives: Vec<(ValueNo, u32)> =
                values.iter().map(|&v| (v, self.continued(commit, path, v, was.as_ref(), before, blob.unwrap_or(NONE)))).collect();
            for &(value, life) in was.iter().flat_map(|w| &w.1) {
                if !values.contains(&value) {
                    self.removed(life, commit, parents, before, path, value);
                }
            }
            changed.push((path, blob.filter(|_| !lives.is_empty()).map(|blob| Arc::new((blob, lives)))));
        }
        first.with(&changed)
    }

    /// The life a value at a path continues, from any parent, or a new one.
    fn continued(&mut self, commit: CommitNo, path: PathNo, value: ValueNo, was: Option<&AtPath>, before: &[State], blob: ObjectId) -> u32 {
        let in_first = was.and_then(|w| life_of(w, value));
        let life = in_first.or_else(|| before.iter().skip(1).find_map(|s| life_of(s.get(path)?, value)));
        let life = life.unwrap_or_else(|| {
            self.lives.push(Draft {
                path,
                value,
                introduced: commit,
                merged: None,
                removed: None,
                dropped: None,
                last_before_removal: commit,
                tip: None,
                head: None,
                newest: (commit, blob),
            });
            self.lives.len() as u32 - 1
        });
        let root = self.root(life);
        self.lives[root as usize].newest = (commit, blob);
        life
    }

    /// Notes that the first parent had the value and the commit has not. A merge removes only what all its parents had.
    fn removed(&mut self, life: u32, commit: CommitNo, parents: &[CommitNo], before: &[State], path: PathNo, value: ValueNo) {
        let root = self.root(life);
        let everywhere = before.iter().skip(1).all(|s| s.get(path).is_some_and(|at| life_of(at, value).is_some()));
        let draft = &mut self.lives[root as usize];
        if everywhere {
            (draft.removed, draft.last_before_removal) = (Some(commit), parents[0]);
        } else {
            draft.dropped = Some((commit, parents[0]));
        }
    }

    /// Lives that meet in a merge are one; what only a further parent had is dropped by the merge.
    fn unite(&mut self, commit: CommitNo, parents: &[CommitNo], before: &[State], state: &State) {
        for (parent, other) in parents.iter().zip(before).skip(1) {
            if other.is(state) {
                continue;
            }
            for (_, theirs, ours) in other.unlike(state) {
                for &(value, life) in &theirs.1 {
                    match ours.and_then(|o| life_of(o, value)) {
                        Some(own) => self.merge(own, life),
                        None => {
                            let root = self.root(life);
                            self.lives[root as usize].dropped = Some((commit, *parent));
                        }
                    }
                }
            }
        }
    }

    fn merge(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (keep, gone) = (a.min(b), a.max(b));
        let other = &self.lives[gone as usize];
        let (introduced, removed, dropped) = (other.introduced, other.removed, other.dropped);
        let (last, tip, head, newest) = (other.last_before_removal, other.tip, other.head, other.newest);
        self.lives[gone as usize].merged = Some(keep);
        let life = &mut self.lives[keep as usize];
        life.introduced = life.introduced.min(introduced);
        if removed > life.removed {
            (life.removed, life.last_before_removal) = (removed, last);
        }
        life.dropped = life.dropped.max(dropped);
        life.tip = life.tip.max(tip);
        life.head = life.head.or(head);
        life.newest = life.newest.max(newest);
    }

    fn root(&mut self, mut life: u32) -> u32 {
        while let Some(up) = self.lives[life as usize].merged {
            if let Some(further) = self.lives[up as usize].merged {
                self.lives[life as usize].merged = Some(further);
            }
            life = up;
        }
        life
    }

    fn mark(&mut self, piece: &Piece, mut note: impl FnMut(&mut Draft, ObjectId)) {
        for (_, at) in piece.iter() {
            for &(_, life) in &at.1 {
                let root = self.root(life);
                note(&mut self.lives[root as usize], at.0);
            }
        }
    }

    fn finish(mut self) -> Vec<Life> {
        for (piece, tip) in std::mem::take(&mut self.tips).into_values() {
            self.mark(&piece, |life, blob| life.tip = life.tip.max(Some((tip, blob))));
        }
        let finish = |d: &Draft| {
            let live = d.tip.is_some() || d.head.is_some();
            let gone = d.removed.map(|r| (r, d.last_before_removal)).or(d.dropped);
            let last = d.query_last(self.query.head, gone.map(|g| g.1));
            Life {
                path: self.paths.text(d.path, self.graph),
                value: d.value,
                introduced: d.introduced,
                removed: gone.map(|g| g.0).filter(|_| !live),
                last,
                in_head: d.head.is_some(),
                blob: d.head.or(d.tip.map(|t| t.1)).unwrap_or(d.newest.1),
            }
        };
        let own = self.lives.iter().filter(|d| d.merged.is_none() && !self.query.border[d.introduced as usize]);
        let mut lives: Vec<Life> = own.map(finish).collect();
        lives.sort_by(|a, b| (&a.path, a.value, a.introduced).cmp(&(&b.path, b.value, b.introduced)));
        lives
    }
}

impl Draft {
    /// The newest commit that has the value: the head, else the newest tip, else the one before the removal.
    fn query_last(&self, head: Option<CommitNo>, before_removal: Option<CommitNo>) -> CommitNo {
        let at_head = head.filter(|_| self.head.is_some());
        at_head.or(self.tip.map(|t| t.0)).or(before_removal).unwrap_or(self.newest.0)
    }
}

fn life_of(at: &AtPath, value: ValueNo) -> Option<u32> {
    at.1.iter().find(|l| l.0 == value).map(|l| l.1)
}
