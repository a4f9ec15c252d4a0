//! Scope: which commits and blobs of a repository a scan is for, and what names of commits mean.

use super::scan::History;
use crate::source::history::graph::{CommitNo, Graph};
use crate::source::history::{ObjectId, Repository, Store, changes, unhex};

/// Which commits and blobs a scan is for.
pub(super) struct Scope {
    pub commits: Vec<bool>,
    pub border: Vec<bool>,
    pub tips: Vec<CommitNo>,
    pub head: Option<CommitNo>,
    pub blobs: Vec<bool>,
    /// Whether blobs that no commit reaches are reported too.
    pub everything: bool,
}

/// What of a repository is asked for.
///
/// # Errors
/// A sentence, when a range names no commit.
pub(super) fn scope(store: &Store, graph: &Graph, repository: &Repository, history: &History, everything: bool) -> Result<Scope, String> {
    let commit = |id: &[u8]| store.objects.find(id).and_then(|o| graph.commit(o));
    let head = repository.refs.head.as_deref().and_then(commit);
    let named = |name: &str| revision(store, graph, repository, name);
    let n = graph.commits.len();
    let range = match history {
        History::Range { from, to } => {
            let tip = if to.is_empty() { head.ok_or("there is no HEAD")? } else { named(to)? };
            Some((vec![named(from)?], vec![tip]))
        }
        History::Outgoing(outgoing) => {
            let tips = outgoing.tips.iter().map(|tip| named(tip)).collect::<Result<Vec<CommitNo>, String>>()?;
            let prefix = format!("refs/remotes/{}/", outgoing.remote);
            let tracked = repository.refs.all.iter().filter(|r| r.name.starts_with(&prefix)).filter_map(|r| commit(&r.id));
            Some((outgoing.known.iter().filter_map(|id| named(id).ok()).chain(tracked).collect(), tips))
        }
        _ => None,
    };
    if let Some((from, tips)) = range {
        return Ok(between(store, graph, &from, tips, head));
    }
    let roots: Vec<ObjectId> = repository.refs.all.iter().filter_map(|r| store.objects.find(&r.id)).collect();
    let mut tips: Vec<CommitNo> = roots.iter().filter_map(|&o| graph.commit(o)).collect();
    tips.sort_unstable();
    tips.dedup();
    let commits = graph.ancestors(tips.iter().copied());
    let others: Vec<ObjectId> = roots.iter().filter_map(|&o| graph.peel(o)).filter(|&o| graph.commit(o).is_none()).collect();
    let blobs = if everything { vec![true; store.objects.len()] } else { graph.contents(&commits, &others) };
    Ok(Scope { border: vec![false; n], commits, tips, head, blobs, everything })
}

/// What commits that `tips` reach and `from` does not changed.
fn between(store: &Store, graph: &Graph, from: &[CommitNo], tips: Vec<CommitNo>, head: Option<CommitNo>) -> Scope {
    let n = graph.commits.len();
    let known = graph.ancestors(from.iter().copied());
    let mut commits = graph.ancestors(tips.iter().copied());
    commits.iter_mut().zip(&known).for_each(|(c, k)| *c &= !k);
    let range: Vec<CommitNo> = (0..n as u32).filter(|&c| commits[c as usize]).collect();
    let mut border = vec![false; n];
    let parents = range.iter().flat_map(|&c| &graph.commits[c as usize].parents);
    parents.filter(|&&p| !commits[p as usize]).for_each(|&p| border[p as usize] = true);
    let mut blobs = vec![false; store.objects.len()];
    changes::blobs(graph, &range).into_iter().for_each(|o| blobs[o as usize] = true);
    Scope { commits, border, tips, head, blobs, everything: false }
}

/// The commit of a name as git takes it: a ref or an id, then any number of `~N` and `^N`.
fn revision(store: &Store, graph: &Graph, repository: &Repository, text: &str) -> Result<CommitNo, String> {
    let end = text.find(['~', '^']).unwrap_or(text.len());
    let (name, mut steps) = text.split_at(end);
    let name = if name.is_empty() { "HEAD" } else { name };
    let object = repository.refs.find(name).or_else(|| unhex(name.as_bytes())).and_then(|id| store.objects.find(&id));
    let known = object.and_then(|o| graph.peel(o)).and_then(|o| graph.commit(o));
    let mut found = known.or_else(|| abbreviated(store, graph, name)).ok_or_else(|| format!("`{text}` names no commit here"))?;
    while let Some(kind) = steps.chars().next() {
        let digits = steps[1..].find(|c: char| !c.is_ascii_digit()).map_or(&steps[1..], |i| &steps[1..=i]);
        let n: u32 = if digits.is_empty() { 1 } else { digits.parse().map_err(|_| format!("`{text}` goes too far back"))? };
        let parent = |commit: CommitNo, nth: usize| graph.commits[commit as usize].parents.get(nth).copied();
        let missing = || format!("`{text}` asks for {n} ancestors, more than the history here has");
        match kind {
            '~' => {
                for _ in 0..n {
                    found = parent(found, 0).ok_or_else(missing)?;
                }
            }
            '^' if n == 0 => {}
            '^' => found = parent(found, n as usize - 1).ok_or_else(missing)?,
            _ => return Err(format!("`{text}` is no name of a commit that is understood here")),
        }
        steps = &steps[1 + digits.len()..];
    }
    Ok(found)
}

/// The one commit whose id begins so.
fn abbreviated(store: &Store, graph: &Graph, text: &str) -> Option<CommitNo> {
    if text.len() < 4 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let mut matching = (0..graph.commits.len() as u32).filter(|&c| store.objects.hex(graph.commits[c as usize].object).starts_with(&text));
    matching.next().filter(|_| matching.next().is_none())
}
