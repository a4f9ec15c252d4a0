//! Histories made up of random steps, as streams for `git fast-import` and as what each commit holds.

use super::{Numbers, aws, filler, github, openai};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// How many values a generated history may hold.
pub(crate) const VALUES: u64 = 6;

/// One step of a generated history.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Another text on a line of a file.
    Edit(usize, usize, u64),
    /// A value on a new line of a file, at a depth in it.
    Insert(usize, usize, u64, bool),
    /// Takes every line with a value out of a file.
    Clear(usize),
    /// Moves the lines of a file around.
    Rotate(usize, usize),
    /// Removes a file.
    Delete(usize),
    /// Goes on from an older state on a branch, and merges it at the end of the next step.
    Branch(usize),
    /// Cuts a line with a value in two, or glues two lines together.
    Glue(usize, usize),
}

/// Any step.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let (file, line) = (0..4_usize, 0..60_usize);
    prop_oneof![
        3 => (file.clone(), line.clone(), any::<u64>()).prop_map(|(f, l, s)| Step::Edit(f, l, s)),
        4 => (file.clone(), line.clone(), 0..VALUES, any::<bool>()).prop_map(|(f, l, t, s)| Step::Insert(f, l, t, s)),
        1 => file.clone().prop_map(Step::Clear),
        2 => (file.clone(), line.clone()).prop_map(|(f, l)| Step::Rotate(f, l)),
        1 => file.clone().prop_map(Step::Delete),
        1 => (1..4_usize).prop_map(Step::Branch),
        2 => (file, line).prop_map(|(f, l)| Step::Glue(f, l)),
    ]
}

/// The value that goes by a number below [`VALUES`].
pub(crate) fn value(number: u64) -> String {
    match number % 3 {
        0 => github(100 + number),
        1 => aws(100 + number),
        _ => openai(100 + number),
    }
}

/// Lines of each file.
pub(crate) type Files = BTreeMap<usize, Vec<String>>;

fn apply(files: &mut Files, step: &Step) {
    let fresh = |f: &usize| filler(*f as u64, 50).lines().map(str::to_owned).collect::<Vec<_>>();
    let lines = |files: &mut Files, f: &usize, change: &dyn Fn(&mut Vec<String>)| change(files.entry(*f).or_insert_with(|| fresh(f)));
    match step {
        Step::Edit(f, l, seed) => lines(files, f, &|t| {
            let at = l % t.len().max(1);
            t.splice(at..(at + 1).min(t.len()), [filler(*seed, 1).trim_end().to_owned()]);
        }),
        Step::Insert(f, l, token, short) => lines(files, f, &|t| {
            let value = value(*token);
            t.insert(l % (t.len() + 1), if *short { value } else { format!("    secret_{token} = \"{value}\" # note") });
        }),
        Step::Clear(f) => lines(files, f, &|t| t.retain(|line| !["ghp", "AKIA", "sk-"].iter().any(|p| line.contains(p)))),
        Step::Rotate(f, by) => lines(files, f, &|t| {
            let by = by % t.len().max(1);
            t.rotate_left(by);
        }),
        Step::Glue(f, l) => lines(files, f, &|t| {
            if t.len() > 2 {
                let at = l % (t.len() - 1);
                let next = t.remove(at + 1);
                t[at].push_str(&next);
            }
        }),
        Step::Delete(f) => drop(files.remove(f)),
        Step::Branch(_) => {}
    }
}

/// A generated history.
pub(crate) struct Generated {
    /// The files of each commit, in order.
    pub states: Vec<Files>,
    /// Numbers of each commit's parents, from 0.
    pub parents: Vec<Vec<usize>>,
    /// The stream for `git fast-import`.
    pub stream: Vec<u8>,
}

/// The path of a generated file.
pub(crate) fn path(file: usize) -> String {
    format!("dir{}/f{file}.txt", file % 2)
}

/// Makes a history of the steps.
pub(crate) fn generate(steps: &[Step]) -> Generated {
    let mut out = Vec::new();
    let mut graph: Vec<Vec<usize>> = Vec::new();
    let mut states: Vec<Files> = Vec::new();
    let mut side: Option<usize> = None;
    let mut numbers = Numbers::new(steps.len() as u64);
    for (n, step) in steps.iter().enumerate() {
        let tip = states.len();
        let mut files = states.last().cloned().unwrap_or_default();
        let mut parents: Vec<usize> = if tip == 0 { Vec::new() } else { vec![tip] };
        match (step, side.take()) {
            (Step::Branch(back), None) if tip > *back => {
                side = Some(tip);
                files = states[tip - back - 1].clone();
                apply(&mut files, &Step::Insert(n % 4, numbers.below(50), numbers.below(VALUES as usize) as u64, true));
                parents = vec![tip - back];
            }
            (step, Some(other)) => {
                for (name, text) in &states[other - 1] {
                    files.entry(*name).or_insert_with(|| text.clone());
                }
                apply(&mut files, step);
                parents.push(other);
            }
            (step, None) => apply(&mut files, step),
        }
        let line = |text: String| text.into_bytes();
        out.extend(line(format!(
            "commit refs/heads/main\nmark :{}\ncommitter Cy <cy@acme.test> {} +0000\ndata 1\nc\n",
            n + 1,
            1_700_000_000 + n
        )));
        for (i, parent) in parents.iter().enumerate() {
            out.extend(line(format!("{} :{parent}\n", if i == 0 { "from" } else { "merge" })));
        }
        out.extend(line("deleteall\n".to_owned()));
        for (name, text) in &files {
            let text = text.join("\n");
            out.extend(line(format!("M 100644 inline {}\ndata {}\n{text}\n", path(*name), text.len())));
        }
        states.push(files);
        graph.push(parents.iter().map(|p| p - 1).collect());
    }
    Generated { states, parents: graph, stream: out }
}
