//! The walk along a pack's delta forest: base first, each entry inflated once, with what a visitor made of the base handed on.
//!
//! Memory is bounded: the heaviest child of an entry is visited last and takes over its place, so at most log2(n) ancestors are held at a time,
//! however long a chain is.

use super::delta;
use super::pack::{Kind, NONE, Pack};
use crate::model::Segment;
use libdeflater::Decompressor;

/// How an object derives from its base.
pub struct Node<'a, S> {
    /// What the visitor made of the base.
    pub state: &'a S,
    /// Length of the base in bytes.
    pub base_len: usize,
    /// What the object is made of.
    pub segments: &'a [Segment],
    /// The base's entry.
    pub base: u32,
}

/// What is done with every object of a walk.
pub trait Visitor {
    /// What is kept of an object while its deltas are visited.
    type State;

    /// Sees one object.
    fn visit(&mut self, entry: u32, bytes: &[u8], base: Option<Node<'_, Self::State>>) -> Self::State;

    /// Learns that an entry cannot be read.
    fn failed(&mut self, entry: u32, why: &str);
}

/// Which entries a walk is for, and how the forest hangs together.
pub struct Plan {
    /// Roots of the wanted kinds, heaviest first.
    pub roots: Vec<u32>,
    /// Wanted entries in the subtree of each entry; subtrees without any are not visited.
    weight: Vec<u32>,
    /// Entries of the wanted kinds that hang on no root: cycles, or deltas whose base is missing.
    pub unreachable: Vec<u32>,
}

impl Plan {
    /// Plans a walk over all subtrees whose root is of one of `kinds`, as far as they hold an entry that is `wanted`.
    pub fn new(pack: &Pack, kinds: &[Kind], wanted: impl Fn(u32) -> bool) -> Self {
        let n = pack.entries.len();
        let mut order: Vec<u32> = Vec::with_capacity(n);
        let is_root = |e: u32| pack.entries[e as usize].kind.is_some_and(|k| kinds.contains(&k));
        order.extend((0..n as u32).filter(|&e| is_root(e)));
        let roots = order.len();
        let mut at = 0;
        while at < order.len() {
            order.extend_from_slice(pack.children(order[at]));
            at += 1;
        }
        let mut weight = vec![0u32; n];
        for &e in order.iter().rev() {
            let entry = &mut weight[e as usize];
            *entry += u32::from(wanted(e));
            let total = *entry;
            let base = pack.entries[e as usize].base;
            if base != NONE {
                weight[base as usize] += total;
            }
        }
        let mut reached = vec![false; n];
        order.iter().for_each(|&e| reached[e as usize] = true);
        let unreachable = (0..n as u32).filter(|&e| !reached[e as usize] && pack.entries[e as usize].kind.is_none()).collect();
        let mut roots: Vec<u32> = order[..roots].iter().copied().filter(|&e| weight[e as usize] > 0).collect();
        // Large subtrees first, so that no thread is left alone with one at the end; the many small ones stay in the order of the pack.
        roots.sort_by_key(|&e| std::cmp::Reverse(if weight[e as usize] < 64 { 0 } else { weight[e as usize] }));
        Self { roots, weight, unreachable }
    }

    /// Wanted entries among an entry and all that is built on it.
    pub fn weight(&self, entry: u32) -> u32 {
        self.weight.get(entry as usize).copied().unwrap_or(0)
    }
}

struct Frame<S> {
    entry: u32,
    bytes: Vec<u8>,
    state: S,
    next: u32,
    /// The child that is visited last.
    heaviest: u32,
}

/// Buffers of one thread's walks.
pub struct Walker {
    inflater: Decompressor,
    pool: Vec<Vec<u8>>,
    delta: Vec<u8>,
    segments: Vec<Segment>,
    /// Larger objects are not built.
    limit: u64,
}

impl Walker {
    /// A walker that refuses objects of more than `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { inflater: Decompressor::new(), pool: Vec::new(), delta: Vec::new(), segments: Vec::new(), limit }
    }

    /// Visits a root and all its wanted descendants.
    pub fn subtree<V: Visitor>(&mut self, pack: &Pack, plan: &Plan, root: u32, visitor: &mut V) {
        let mut bytes = self.pool.pop().unwrap_or_default();
        if let Err(why) = self.inflate(pack, root, &mut bytes) {
            self.pool.push(bytes);
            return fail(pack, root, &why, visitor);
        }
        let state = visitor.visit(root, &bytes, None);
        let mut stack = vec![frame(pack, plan, root, bytes, state)];
        while let Some(top) = stack.last_mut() {
            let Some((child, last)) = next_child(pack, plan, top) else {
                self.pool.extend(stack.pop().map(|f| f.bytes));
                continue;
            };
            let mut bytes = self.pool.pop().unwrap_or_default();
            match self.build(pack, child, &top.bytes, &mut bytes) {
                Err(why) => {
                    self.pool.push(bytes);
                    fail(pack, child, &why, visitor);
                }
                Ok(()) => {
                    let base = Node { state: &top.state, base_len: top.bytes.len(), segments: &self.segments, base: top.entry };
                    let state = visitor.visit(child, &bytes, Some(base));
                    if last {
                        self.pool.extend(stack.pop().map(|f| f.bytes));
                    }
                    stack.push(frame(pack, plan, child, bytes, state));
                }
            }
            self.trim();
        }
    }

    fn inflate(&mut self, pack: &Pack, entry: u32, out: &mut Vec<u8>) -> Result<(), String> {
        let size = pack.entries[entry as usize].size;
        if size > self.limit {
            return Err(format!("{size} bytes, more than the limit of {}", self.limit));
        }
        pack.inflate(entry, &mut self.inflater, out).map_err(|e| e.to_string())
    }

    fn build(&mut self, pack: &Pack, entry: u32, base: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let mut delta = std::mem::take(&mut self.delta);
        let result = self.inflate(pack, entry, &mut delta).and_then(|()| {
            let (_, size) = delta::sizes(&delta).map_err(|e| e.to_string())?;
            if size as u64 > self.limit {
                return Err(format!("{size} bytes, more than the limit of {}", self.limit));
            }
            delta::apply(base, &delta, out, &mut self.segments).map_err(|e| e.to_string())
        });
        self.delta = delta;
        result
    }

    /// Lets go of buffers that one huge object made large.
    fn trim(&mut self) {
        const KEEP: usize = 4 << 20;
        if self.delta.capacity() > KEEP {
            self.delta = Vec::new();
        }
        if self.pool.last().is_some_and(|b| b.capacity() > KEEP) {
            self.pool.pop();
        }
    }
}

fn frame<S>(pack: &Pack, plan: &Plan, entry: u32, bytes: Vec<u8>, state: S) -> Frame<S> {
    let heaviest = pack.children(entry).iter().copied().max_by_key(|&c| plan.weight[c as usize]).unwrap_or(NONE);
    Frame { entry, bytes, state, next: 0, heaviest }
}

/// The next child to visit and whether it is the last.
fn next_child<S>(pack: &Pack, plan: &Plan, frame: &mut Frame<S>) -> Option<(u32, bool)> {
    let children = pack.children(frame.entry);
    while let Some(&child) = children.get(frame.next as usize) {
        frame.next += 1;
        if child != frame.heaviest && plan.weight[child as usize] > 0 {
            return Some((child, false));
        }
    }
    let last = std::mem::replace(&mut frame.heaviest, NONE);
    (last != NONE && plan.weight[last as usize] > 0).then_some((last, true))
}

/// Tells of an entry and all that is built on it.
fn fail<V: Visitor>(pack: &Pack, entry: u32, why: &str, visitor: &mut V) {
    visitor.failed(entry, why);
    let mut rest = pack.children(entry).to_vec();
    while let Some(e) = rest.pop() {
        visitor.failed(e, "its delta base cannot be read");
        rest.extend_from_slice(pack.children(e));
    }
}
