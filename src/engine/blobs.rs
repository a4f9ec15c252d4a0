//! The blobs of a history: each that is wanted is scanned once, in the order in which packs hold them, deltas behind their bases.

use super::history::{Context, head_paths};
use super::inspect::{Inspected, Inspector, is_compressed, with_candidates};
use super::memory::{Mark, of_blob, of_place};
use super::pool::spread;
use super::scan::{Gathered, History};
use super::scope::Scope;
use super::structure::{Structure, Whereabouts};
use crate::detect::{Hit, Scanner, Seen, sniff_utf16};
use crate::model::{Skipped, Stats};
use crate::source::archive;
use crate::source::history::{Kind, Node, ObjectId, Place, Plan, Visitor, Walker};
use std::collections::HashMap;
use std::sync::Arc;

/// Lines that are remembered to hold nothing, as a power of two: 4 MiB.
const SEEN_BITS: u32 = 19;

/// What one thread found.
struct Part<'p> {
    scanner: Scanner<'p>,
    walker: Walker,
    found: Vec<(ObjectId, Inspected)>,
    skipped: Vec<Skipped>,
    stats: Stats,
    structure: Structure,
    /// Marks of what holds nothing.
    clean: Vec<Mark>,
}

impl Part<'_> {
    /// How much was lost and how much was learned by structure.
    fn counts(&self) -> (usize, usize) {
        (self.skipped.len(), self.structure.len())
    }
}

/// What blobs are scanned with.
#[derive(Clone, Copy)]
struct With<'w> {
    context: &'w Context<'w>,
    /// Paths of the blobs of the checked-out commit.
    head: &'w HashMap<ObjectId, Vec<String>>,
}

/// The visitor of one pack's blobs.
struct BlobVisitor<'v, 'p> {
    part: &'v mut Part<'p>,
    pack: usize,
    plan: &'v Plan,
    wanted: &'v [bool],
    with: With<'v>,
}

/// What is kept of a blob while its deltas are scanned.
struct Kept {
    hits: Vec<Hit>,
    text: bool,
}

impl BlobVisitor<'_, '_> {
    fn object(&self, entry: u32) -> Option<ObjectId> {
        let objects = &self.with.context.store.objects;
        let object = objects.of_entry(self.pack, entry);
        let here = objects.place(object) == Place::Packed(self.pack as u16, entry);
        (here && self.wanted[object as usize]).then_some(object)
    }
}

impl Visitor for BlobVisitor<'_, '_> {
    type State = Kept;

    fn visit(&mut self, entry: u32, bytes: &[u8], base: Option<Node<'_, Kept>>) -> Kept {
        let Context { options, .. } = self.with.context;
        // What is not wanted itself is looked at where several others build on it: then their changes are less than they are.
        if self.plan.weight(entry) < 2 && self.object(entry).is_none() {
            return Kept { hits: Vec::new(), text: false };
        }
        if is_compressed(bytes, options) {
            if let Some(object) = self.object(entry) {
                read_alone(self.part, object, bytes, self.with);
            }
            return Kept { hits: Vec::new(), text: false };
        }
        let hits = match base {
            Some(b) => self.part.scanner.windowed(bytes, b.segments, b.base_len, b.state.text, &b.state.hits),
            None => self.part.scanner.whole(bytes),
        };
        if let Some(object) = self.object(entry) {
            let before = self.part.counts();
            let inspected = match archive::kind(bytes) {
                Some(_) => {
                    let name = self.with.context.label(object);
                    let Part { scanner, skipped, structure, .. } = &mut *self.part;
                    let mut see = |member: &str, content: &[u8]| checked_out(structure, object, Some(member), content, self.with);
                    let (members, _) = Inspector { scanner, options, skipped, see: &mut see }.members(bytes, &name);
                    Inspected::new(with_candidates(&hits), members)
                }
                None => Inspected::new(with_candidates(&hits), Vec::new()),
            };
            keep(self.part, object, bytes, inspected, before, self.with);
        }
        Kept { hits, text: sniff_utf16(bytes).is_none() }
    }

    fn failed(&mut self, entry: u32, why: &str) {
        if let Some(object) = self.object(entry) {
            self.part.skipped.push(Skipped::lasting(self.with.context.label(object), why));
        }
    }
}

/// Scans a blob by itself.
fn read_alone(part: &mut Part<'_>, object: ObjectId, bytes: &[u8], with: With<'_>) {
    let Context { options, .. } = with.context;
    let before = part.counts();
    let Part { scanner, skipped, structure, .. } = &mut *part;
    let mut see = |member: &str, content: &[u8]| checked_out(structure, object, Some(member), content, with);
    let inspected = Inspector { scanner, options, skipped, see: &mut see }.content(bytes, &with.context.label(object));
    keep(part, object, bytes, inspected, before, with);
}

/// Counts a blob, and keeps what was found in it and what it says by its structure where it is checked out. `before` is what was lost and learned before it.
fn keep(part: &mut Part<'_>, object: ObjectId, bytes: &[u8], inspected: Inspected, before: (usize, usize), with: With<'_>) {
    part.stats.blobs += 1;
    part.stats.bytes += bytes.len() as u64;
    let is_clean = inspected.is_empty();
    if !is_clean {
        part.found.push((object, inspected));
    }
    checked_out(&mut part.structure, object, None, bytes, with);
    if with.context.options.memory.is_some() && is_clean && part.skipped.len() == before.0 {
        let paths = with.head.get(&object).filter(|_| part.structure.len() == before.1);
        part.clean.extend(marks(with.context.store.objects.id(object), paths.map_or(&[], Vec::as_slice)));
    }
    with.context.options.progress.advance(1);
}

/// The marks of a blob that holds nothing and says nothing at these paths.
fn marks<'m>(blob: &'m [u8], paths: &'m [String]) -> impl Iterator<Item = Mark> + 'm {
    std::iter::once(of_blob(blob)).chain(paths.iter().map(|path| of_place(blob, path)))
}

/// Takes what a blob, or a member of it, says by its structure, where it is checked out.
fn checked_out(structure: &mut Structure, object: ObjectId, member: Option<&str>, bytes: &[u8], with: With<'_>) {
    for path in with.head.get(&object).into_iter().flatten() {
        let uri = format!("{}{path}", with.context.prefix);
        structure.file(Whereabouts { repo: Some(&with.context.name), path, uri: &uri, member }, bytes);
    }
}

/// Scans every wanted blob once.
pub(super) fn scan_blobs(context: &Context<'_>, scope: &Scope, gathered: &mut Gathered) -> Vec<(ObjectId, Inspected)> {
    let Context { name, store, library, options, .. } = context;
    let head = if options.history == History::Full { by_blob(context, scope) } else { HashMap::new() };
    let with = With { context, head: &head };
    let wanted = &unknown(context, scope, &head);
    let plans: Vec<Plan> = store
        .packs
        .iter()
        .enumerate()
        .map(|(n, pack)| {
            let of = |entry: u32| store.objects.of_entry(n, entry);
            Plan::new(pack, &[Kind::Blob], |e| wanted[of(e) as usize] && store.objects.place(of(e)) == Place::Packed(n as u16, e))
        })
        .collect();
    let loose: Vec<ObjectId> =
        (0..store.objects.len() as u32).filter(|&o| wanted[o as usize] && store.objects.place(o) == Place::Loose).collect();
    let jobs: Vec<(usize, u32)> = plans.iter().enumerate().flat_map(|(n, p)| p.roots.iter().map(move |&r| (n, r))).collect();
    options.progress.begin(&format!("{name}: blobs"), wanted.iter().filter(|w| **w).count() as u64);
    let seen = Arc::new(Seen::new(SEEN_BITS));
    let init = || Part {
        scanner: Scanner::sharing(library, options.decode_depth, seen.clone()),
        walker: Walker::new(options.max_size),
        found: Vec::new(),
        skipped: Vec::new(),
        stats: Stats::default(),
        structure: Structure::default(),
        clean: Vec::new(),
    };
    let mut parts = spread(options.threads, &jobs, 8, init, |part, &(n, root)| {
        let mut walker = std::mem::replace(&mut part.walker, Walker::new(options.max_size));
        walker.subtree(&store.packs[n], &plans[n], root, &mut BlobVisitor { part, pack: n, plan: &plans[n], wanted, with });
        part.walker = walker;
    });
    parts.extend(spread(options.threads, &loose, 16, init, |part, &object| scan_loose(part, object, with)));
    let mut found = Vec::new();
    for part in parts {
        gathered.stats += Stats { bytes_inspected: part.stats.bytes, ..part.stats };
        gathered.skipped.extend(part.skipped);
        gathered.structure.absorb(part.structure);
        options.memory.iter().for_each(|memory| memory.remember(part.clean.iter().copied()));
        found.extend(part.found);
    }
    found.sort_unstable_by_key(|f| f.0);
    found
}

/// The blobs in scope, without those that are known to hold nothing, which are remembered on.
fn unknown(context: &Context<'_>, scope: &Scope, head: &HashMap<ObjectId, Vec<String>>) -> Vec<bool> {
    let Some(memory) = context.options.memory else { return scope.blobs.clone() };
    let mut wanted = scope.blobs.clone();
    let mut known = Vec::new();
    for (object, wanted) in (0..).zip(&mut wanted).filter(|(_, wanted)| **wanted) {
        let (blob, paths) = (context.store.objects.id(object), head.get(&object).map_or(&[][..], Vec::as_slice));
        if memory.holds(blob, paths) {
            *wanted = false;
            known.extend(marks(blob, paths));
        }
    }
    memory.remember(known);
    wanted
}

fn scan_loose(part: &mut Part<'_>, object: ObjectId, with: With<'_>) {
    let Context { store, options, .. } = *with.context;
    let mut bytes = Vec::new();
    match store.loose_stat(object) {
        Ok((Kind::Blob, _)) => {}
        Ok(_) => return,
        Err(_) => return, // named when the graph was read
    }
    match store.loose(object, options.max_size, &mut bytes) {
        Ok(_) => {
            read_alone(part, object, &bytes, with);
        }
        Err(e) => part.skipped.push(Skipped::new(with.context.label(object), e.to_string())),
    }
}

/// The paths of each blob of the checked-out commit.
fn by_blob(context: &Context<'_>, scope: &Scope) -> HashMap<ObjectId, Vec<String>> {
    let mut paths: HashMap<ObjectId, Vec<String>> = HashMap::new();
    for (path, object) in head_paths(context, scope) {
        paths.entry(object).or_default().push(String::from_utf8_lossy(&path).into_owned());
    }
    paths
}
