//! The history of one repository: its graph, its blobs once each, and the lifetimes of what they hold.

use super::blobs::{Again, Blobs, scan_blobs};
use super::findings::{Moment, Sighting};
use super::frames::{Content, Places};
use super::inspect::Inspected;
use super::numbering::{Numbered, number};
use super::pool::spread;
use super::scan::{Gathered, History, Options};
use super::scope::{Scope, scope};
use super::values::{Value, ValueNo};
use crate::detect::Library;
use crate::model::{CommitInfo, Skipped};
use crate::source::history::graph::{CommitNo, Graph, GraphVisitor, Reader};
use crate::source::history::timeline::{Life, MAX_PATHS, Query, lives};
use crate::source::history::{Error, Kind, NONE, ObjectId, Place, Plan, Repository, Store, Walker, hex, saved};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// Most files of a head that are compared with the working tree.
const MAX_HEAD: usize = 4 << 20;

/// What is known of the checked-out commit once history is scanned: values by path, and the blobs that were read.
#[derive(Default)]
pub(super) struct AtHead {
    /// Values at each path of the head.
    pub values: HashSet<(String, ValueNo)>,
    /// Binary ids of all blobs in the head's tree that were scanned, by path.
    pub blobs: HashMap<Vec<u8>, Vec<u8>>,
}

/// A repository's history, open for the time of its scan.
pub(super) struct Context<'c> {
    pub name: Arc<str>,
    /// Path of the repository from the scan's root, with a `/` at the end unless empty.
    pub prefix: String,
    pub store: &'c Store,
    pub graph: &'c Graph,
    pub library: &'c Library,
    pub options: &'c Options<'c>,
}

impl Context<'_> {
    /// What is told of a blob that cannot be read.
    pub(super) fn lost(&self, blob: ObjectId, why: &Error) -> Skipped {
        let tell = if matches!(why, Error::Io(_)) { Skipped::new } else { Skipped::lasting };
        tell(self.label(blob), why.to_string())
    }

    /// How a blob is called where something is wrong with it.
    pub(super) fn label(&self, blob: ObjectId) -> String {
        format!("{}: blob {}", self.name, self.store.objects.hex(blob))
    }
}

/// Scans the history of a repository.
pub(super) fn scan(
    repository: &Repository,
    name: &str,
    root: &Path,
    folder: &Path,
    library: &Library,
    options: &Options<'_>,
    gathered: &mut Gathered,
) -> AtHead {
    let store = Store::open(&repository.object_dirs, repository.hash_len);
    let label = |what: &str| if what.is_empty() { name.to_owned() } else { format!("{name}: {what}") };
    gathered.skipped.extend(store.skipped.iter().map(|(what, why)| Skipped::new(what.clone(), why.clone())));
    options.progress.begin(&format!("{name}: commits and trees"), 0);
    let (graph, failed) = read_graph(&store, repository, options);
    // Where commits or trees are lost, so is the way to blobs: then all of them are scanned, reached or not.
    let damaged = !failed.is_empty() || !store.skipped.is_empty();
    for (object, why) in failed {
        gathered.skipped.push(Skipped::new(label(&format!("object {}", store.objects.hex(object))), why));
    }
    let everything = options.unreachable || damaged;
    let scope = match scope(&store, &graph, repository, &options.history, everything) {
        Ok(scope) => scope,
        Err(why) => {
            gathered.skipped.push(Skipped::new(label(""), why));
            return AtHead::default();
        }
    };
    note_gaps((&store, &graph), repository, &scope, &label, options, gathered);
    gathered.stats.commits += scope.commits.iter().filter(|c| **c).count() as u64;
    let before = gathered.skipped.len();
    let prefix = folder.strip_prefix(root).map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    let prefix = if prefix.is_empty() { prefix } else { format!("{prefix}/") };
    let context = Context { name: name.into(), prefix, store: &store, graph: &graph, library, options };
    let found = scan_blobs(&context, &scope, gathered);
    let mut at_head = locate(&context, &scope, found, gathered);
    // Files that are in the head as they are need no second look, unless the head itself could not be read whole.
    let whole = !damaged && gathered.skipped.len() == before;
    if repository.work_dir.is_some() && options.history == History::Full && whole {
        let blob = |object: ObjectId| store.objects.id(object).to_vec();
        at_head.blobs = head_paths(&context, &scope).into_iter().map(|(path, object)| (path, blob(object))).collect();
    }
    at_head
}

/// One pass over all commits, trees and tags that are not remembered.
fn read_graph(store: &Store, repository: &Repository, options: &Options<'_>) -> (Graph, Vec<(ObjectId, String)>) {
    let memory = options.memory.filter(|m| !m.graph().is_empty());
    let (remembered, known) = memory.map(|m| saved::load(m.graph(), &store.objects)).unzip();
    let is_new = |object: ObjectId| known.as_ref().is_none_or(|k: &Vec<bool>| !k[object as usize]);
    let plan = |(n, pack)| Plan::new(pack, &[Kind::Commit, Kind::Tree, Kind::Tag], |e| is_new(store.objects.of_entry(n, e)));
    let plans: Vec<Plan> = store.packs.iter().enumerate().map(plan).collect();
    let jobs: Vec<(usize, u32)> = plans.iter().enumerate().flat_map(|(n, p)| p.roots.iter().map(move |&r| (n, r))).collect();
    let init = || (Walker::new(options.max_size), Reader::new(&store.objects));
    let mut readers: Vec<Reader<'_>> = spread(options.threads, &jobs, 64, init, |(walker, reader), &(n, root)| {
        let pack = &store.packs[n];
        let kind = pack.entries[root as usize].kind.expect("roots are whole");
        walker.subtree(pack, &plans[n], root, &mut GraphVisitor { pack: n, kind, is_new: &is_new, reader });
    })
    .into_iter()
    .map(|(_, reader)| reader)
    .collect();
    readers.splice(0..0, remembered);
    let loose: Vec<ObjectId> = (0..store.objects.len() as u32).filter(|&o| store.objects.place(o) == Place::Loose && is_new(o)).collect();
    if !loose.is_empty() {
        readers.extend(spread(
            options.threads,
            &loose,
            64,
            || Reader::new(&store.objects),
            |reader, &object| read_loose(store, object, options, reader),
        ));
    }
    let (graph, mut failed) = Graph::assemble(readers, &store.objects, &repository.border);
    for (n, (pack, plan)) in store.packs.iter().zip(&plans).enumerate() {
        let orphaned = pack
            .orphans
            .iter()
            .chain(&plan.unreachable)
            .filter(|&&e| store.objects.place(store.objects.of_entry(n, e)) == Place::Packed(n as u16, e));
        let hanging: HashSet<u32> = orphaned.copied().filter(|&e| !hangs_on_blob(store, n, e)).collect();
        let mut hanging: Vec<u32> = hanging.into_iter().collect();
        hanging.sort_unstable();
        failed.extend(hanging.into_iter().map(|e| (store.objects.of_entry(n, e), "its chain of deltas has no beginning".to_owned())));
    }
    failed.sort();
    if let Some(memory) = options.memory {
        memory.remember_graph(saved::save(&graph, &store.objects, &repository.border));
    }
    (graph, failed)
}

/// Whether an entry's chain of deltas begins with a blob, so that it is read in the pass over blobs.
fn hangs_on_blob(store: &Store, pack: usize, mut entry: u32) -> bool {
    let entries = &store.packs[pack].entries;
    for _ in 0..entries.len() {
        let e = &entries[entry as usize];
        match (e.kind, e.base) {
            (Some(kind), _) => return kind == Kind::Blob,
            (None, NONE) => return false,
            (None, base) => entry = base,
        }
    }
    false
}

fn read_loose(store: &Store, object: ObjectId, options: &Options<'_>, reader: &mut Reader<'_>) {
    let mut bytes = Vec::new();
    let read = store.loose_stat(object).and_then(|(kind, _)| match kind {
        Kind::Blob => Ok(kind),
        _ => store.loose(object, options.max_size, &mut bytes),
    });
    match read {
        Ok(kind) => {
            reader.object(object, kind, &bytes, None);
        }
        Err(e) => reader.failed.push((object, e.to_string())),
    }
}

/// Names what of the history is not there.
fn note_gaps(
    (store, graph): (&Store, &Graph),
    repository: &Repository,
    scope: &Scope,
    label: &dyn Fn(&str) -> String,
    options: &Options<'_>,
    gathered: &mut Gathered,
) {
    let mut skip = |why: String| gathered.skipped.push(Skipped::lasting(label(""), why));
    if !repository.border.is_empty() && options.history == History::Full {
        skip(format!(
            "shallow clone: history before {} commit(s) is not here; fetch it (`git fetch --unshallow`) or scan with `--history none`",
            repository.border.len()
        ));
    }
    if !graph.missing.is_empty() {
        let mut ids: Vec<String> = graph.missing.iter().map(|id| hex(id)).collect();
        ids.sort();
        let why = if repository.partial { "partial clone" } else { "damaged repository" };
        skip(format!("{why}: {} object(s) that its trees name are not here, such as {}", ids.len(), ids[0]));
    }
    let treeless = graph.commits.iter().zip(&scope.commits).filter(|(c, wanted)| **wanted && c.tree == NONE).count();
    if treeless > 0 {
        skip(format!("the trees of {treeless} commit(s) are not here"));
    }
    for lost in repository.refs.all.iter().filter(|r| store.objects.find(&r.id).is_none()) {
        skip(format!("{} points to {}, which is not here", lost.name, hex(&lost.id)));
    }
    if !graph.torn.is_empty() && repository.border.is_empty() {
        skip(format!("parents of {} commit(s) are not here", graph.torn.len()));
    }
}

/// Gives every value its places in history.
fn locate(context: &Context<'_>, scope: &Scope, found: Blobs, gathered: &mut Gathered) -> AtHead {
    let mut again = Again::new(context);
    let Numbered { values, read } = number(context, found, &mut again, gathered);
    let query = Query { commits: &scope.commits, border: &scope.border, tips: &scope.tips, head: scope.head, values: &values };
    let (lives, whole) = lives(context.graph, &query);
    if !whole {
        let why = format!("values stand at more than {MAX_PATHS} paths; the rest of the paths are left out");
        gathered.skipped.push(Skipped::lasting(context.name.to_string(), why));
    }
    let mut at_head = AtHead::default();
    let mut by_blob: Vec<&Life> = lives.iter().collect();
    by_blob.sort_by_key(|l| l.blob);
    for group in by_blob.chunk_by(|a, b| a.blob == b.blob) {
        let blob = group[0].blob;
        let anew = if read.contains_key(&blob) { None } else { again.inspect(context, blob, gathered) };
        let Some(inspected) = read.get(&blob).or(anew.as_ref()) else { continue };
        let Some(places) = places(context, blob, inspected, gathered) else { continue };
        for life in group {
            let path = String::from_utf8_lossy(&life.path).into_owned();
            if life.in_head {
                at_head.values.insert((path.clone(), life.value));
            }
            let found = sightings(context, life, &path, &places, &gathered.values.list[life.value as usize]);
            gathered.sightings.extend(found);
        }
    }
    if scope.everything {
        unreachable(context, &read, &values, &lives, gathered);
    }
    at_head
}

fn places(context: &Context<'_>, blob: ObjectId, inspected: &Inspected, gathered: &mut Gathered) -> Option<Places> {
    match context.store.read(blob, context.options.max_size) {
        Ok((_, bytes)) => Some(Places::new(
            &Content { bytes: &bytes, inspected, library: context.library, options: context.options },
            &mut gathered.values,
        )),
        Err(e) => {
            gathered.skipped.push(context.lost(blob, &e));
            None
        }
    }
}

/// The sightings of a life in the newest blob that has it.
fn sightings(context: &Context<'_>, life: &Life, path: &str, places: &Places, value: &Value) -> Vec<Sighting> {
    let info = |commit: CommitNo| Moment { order: commit, info: commit_info(context, commit) };
    let (first, last, removed) = (info(life.introduced), info(life.last), life.removed.map(info));
    let mut found = places.sightings(life.value, value, path, context.library, context.options);
    for sighting in &mut found {
        let location = &mut sighting.location;
        location.uri = format!("{}{}", context.prefix, location.uri);
        location.repo = Some(context.name.to_string());
        location.commit = Some(first.info.commit.clone());
        location.removed_in = removed.as_ref().map(|m| m.info.commit.clone());
        location.in_head = life.in_head;
        (sighting.first, sighting.last, sighting.removed) = (Some(first.clone()), Some(last.clone()), removed.clone());
    }
    found
}

fn commit_info(context: &Context<'_>, commit: CommitNo) -> CommitInfo {
    let node = &context.graph.commits[commit as usize];
    CommitInfo { commit: context.store.objects.hex(node.object), author: context.graph.author(commit), date: node.authored }
}

/// Places of values in blobs that no commit in scope has at any path.
fn unreachable(
    context: &Context<'_>,
    found: &BTreeMap<ObjectId, Inspected>,
    values: &HashMap<ObjectId, Vec<ValueNo>>,
    lives: &[Life],
    gathered: &mut Gathered,
) {
    let alive: HashSet<ValueNo> = lives.iter().map(|l| l.value).collect();
    for (object, inspected) in found {
        let lost: Vec<ValueNo> = values.get(object).into_iter().flatten().copied().filter(|v| !alive.contains(v)).collect();
        if lost.is_empty() {
            continue;
        }
        let Some(places) = places(context, *object, inspected, gathered) else { continue };
        for value in lost {
            let path = format!("(unreachable blob {})", context.store.objects.hex(*object));
            for mut sighting in places.sightings(value, &gathered.values.list[value as usize], &path, context.library, context.options) {
                sighting.location.repo = Some(context.name.to_string());
                sighting.location.in_head = false;
                gathered.sightings.push(sighting);
            }
        }
    }
}

/// The blobs of the checked-out commit, by path; none where there are too many.
pub(super) fn head_paths(context: &Context<'_>, scope: &Scope) -> BTreeMap<Vec<u8>, ObjectId> {
    let mut blobs = BTreeMap::new();
    let Some(head) = scope.head else { return blobs };
    let mut stack = vec![(Vec::new(), context.graph.commits[head as usize].tree)];
    while let Some((path, tree)) = stack.pop() {
        for entry in context.graph.entries(tree) {
            if blobs.len() + stack.len() > MAX_HEAD {
                return BTreeMap::new(); // then every file is read as it is
            }
            let mut path = path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(context.graph.names.name(entry.name));
            match entry.kind {
                crate::source::history::EntryKind::Tree => stack.push((path, entry.object)),
                _ if entry.object != NONE => {
                    blobs.insert(path, entry.object);
                }
                _ => {}
            }
        }
    }
    blobs
}
