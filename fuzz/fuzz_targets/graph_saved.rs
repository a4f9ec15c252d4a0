//! Reading what was remembered of a history's commits and trees, whatever became of the file: no panic.
#![no_main]

use keysweep::source::history::graph::Graph;
use keysweep::source::history::{Objects, saved};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

fuzz_target!(|bytes: &[u8]| {
    let ids: Vec<Vec<u8>> = (0..32).map(|n| vec![n; 20]).collect();
    let objects = Objects::new(&[], &ids, 20);
    let (reader, known) = saved::load(bytes, &objects);
    assert_eq!(known.len(), ids.len());
    let (graph, _) = Graph::assemble(vec![reader], &objects, &HashSet::new());
    (0..32).for_each(|object| drop(graph.entries(object)));
    graph.contents(&vec![true; graph.commits.len()], &[]);
    saved::save(&graph, &objects, &HashSet::new());
});
