//! The blobs of a history: each that is wanted is scanned once, in the order in which packs hold them, deltas behind their bases.

use super::history::{Context, head_paths};
use super::holdings::Tellings;
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
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Lines that are remembered to hold nothing, for each blob and at most, as powers of two: 8 MiB at most.
const SEEN_BITS: (u32, u32) = (3, 20);

/// What the blobs of a history hold.
#[derive(Default)]
pub(super) struct Blobs {
    /// What was found in those that were scanned.
    pub found: Vec<(ObjectId, Inspected)>,
    /// What others are remembered to hold.
    pub held: Vec<(ObjectId, Tellings)>,
    /// Those of both that may be remembered.
    pub whole: HashSet<ObjectId>,
}

/// What one thread found.
struct Part<'p> {
    scanner: Scanner<'p>,
    walker: Walker,
    found: Vec<(ObjectId, Inspected)>,
    /// Those of which nothing was lost and which say nothing by their structure.
    whole: Vec<ObjectId>,
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
        let wanted = self.object(entry);
        if wanted.is_none() && self.plan.weight(entry) < 2 {
            return Kept { hits: Vec::new(), text: false };
        }
        if is_compressed(bytes, options) {
            if let Some(object) = wanted {
                read_alone(self.part, object, bytes, self.with);
            }
            return Kept { hits: Vec::new(), text: false };
        }
        let hits = match base {
            Some(b) => self.part.scanner.windowed(bytes, b.segments, b.base_len, b.state.text, &b.state.hits),
            None => self.part.scanner.whole(bytes),
        };
        if let Some(object) = wanted {
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
    if with.context.options.memory.is_some() && part.skipped.len() == before.0 {
        let blob = with.context.store.objects.id(object);
        let is_silent = part.structure.len() == before.1;
        let paths = with.head.get(&object).filter(|_| is_silent).map_or(&[][..], Vec::as_slice);
        part.clean.extend(is_clean.then(|| of_blob(blob)));
        part.clean.extend(paths.iter().map(|path| of_place(blob, path)));
        part.whole.extend((!is_clean && is_silent).then_some(object));
    }
    with.context.options.progress.advance(1);
}

/// Takes what a blob, or a member of it, says by its structure, where it is checked out.
fn checked_out(structure: &mut Structure, object: ObjectId, member: Option<&str>, bytes: &[u8], with: With<'_>) {
    for path in with.head.get(&object).into_iter().flatten() {
        let uri = format!("{}{path}", with.context.prefix);
        structure.file(Whereabouts { repo: Some(&with.context.name), path, uri: &uri, member }, bytes);
    }
}

/// Scans every wanted blob once.
pub(super) fn scan_blobs(context: &Context<'_>, scope: &Scope, gathered: &mut Gathered) -> Blobs {
    let Context { name, store, library, options, .. } = context;
    let head = if options.history == History::Full { by_blob(context, scope) } else { HashMap::new() };
    let with = With { context, head: &head };
    let (wanted, held) = unknown(context, scope, &head);
    let wanted = &wanted;
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
    let count = wanted.iter().filter(|w| **w).count();
    options.progress.begin(&format!("{name}: blobs"), count as u64);
    let seen = Arc::new(Seen::new((count.max(1).ilog2() + SEEN_BITS.0).min(SEEN_BITS.1)));
    let init = || Part {
        scanner: Scanner::sharing(library, options.decode_depth, seen.clone()),
        walker: Walker::new(options.max_size),
        found: Vec::new(),
        whole: Vec::new(),
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
    let mut blobs = Blobs { whole: held.iter().map(|h| h.0).collect(), held, found: Vec::new() };
    for part in parts {
        gathered.stats += Stats { bytes_inspected: part.stats.bytes, ..part.stats };
        gathered.skipped.extend(part.skipped);
        gathered.structure.absorb(part.structure);
        options.memory.iter().for_each(|memory| memory.remember(part.clean.iter().copied()));
        blobs.found.extend(part.found);
        blobs.whole.extend(part.whole);
    }
    blobs
}

/// The blobs in scope without those of which it is known what they hold, and what that is where it is anything. It is remembered on.
fn unknown(context: &Context<'_>, scope: &Scope, head: &HashMap<ObjectId, Vec<String>>) -> (Vec<bool>, Vec<(ObjectId, Tellings)>) {
    let (mut wanted, mut held) = (scope.blobs.clone(), Vec::new());
    let Some(memory) = context.options.memory else { return (wanted, held) };
    let objects = &context.store.objects;
    // A value can be read anew where it stood first, as long as that is in scope.
    let in_scope = |blob: &[u8]| objects.find(blob).is_some_and(|o| scope.blobs[o as usize]);
    let can_be_read = |number: u32| memory.origin(number).is_some_and(|o| in_scope(&o.blob));
    let mut readable: HashMap<u32, bool> = HashMap::new();
    let mut known = Vec::new();
    for (object, wanted) in (0..).zip(&mut wanted).filter(|(_, wanted)| **wanted) {
        let (blob, paths) = (objects.id(object), head.get(&object).map_or(&[][..], Vec::as_slice));
        let tellings = memory.held(blob).filter(|_| !scope.everything && memory.is_silent(blob, paths));
        let tellings = tellings.filter(|t| t.iter().all(|(n, _)| *readable.entry(*n).or_insert_with(|| can_be_read(*n))));
        if memory.holds(blob, paths) {
            known.push(of_blob(blob));
        } else if let Some(tellings) = tellings {
            held.push((object, tellings.clone()));
        } else {
            continue;
        }
        *wanted = false;
        known.extend(paths.iter().map(|path| of_place(blob, path)));
    }
    memory.remember(known);
    (wanted, held)
}

/// Scans single blobs again.
pub(super) struct Again<'p> {
    scanner: Scanner<'p>,
}

impl<'p> Again<'p> {
    /// Of a history with these detectors.
    pub fn new(context: &Context<'p>) -> Self {
        Self { scanner: Scanner::new(context.library, context.options.decode_depth) }
    }

    /// What is in a blob; `None` where it cannot be read any more, which is told.
    pub fn inspect(&mut self, context: &Context<'_>, object: ObjectId, gathered: &mut Gathered) -> Option<Inspected> {
        match context.store.read(object, context.options.max_size) {
            Ok((_, bytes)) => {
                // What of it could not be read was told when it was scanned.
                let (options, mut skipped) = (context.options, Vec::new());
                let mut inspector = Inspector { scanner: &mut self.scanner, options, skipped: &mut skipped, see: &mut |_, _| {} };
                Some(inspector.content(&bytes, ""))
            }
            Err(e) => {
                gathered.skipped.push(context.lost(object, &e));
                None
            }
        }
    }
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
