//! The labelled files of `testdata/accuracy/`: marks become text, and labels that say where it stands.

use keysweep::detect::expand_template;
use std::fs;
use std::path::{Path, PathBuf};

/// What a mark says of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// A credential that has to be found.
    Credential,
    /// One that may be found or not.
    Either,
    /// Something that looks like one.
    Trap,
}

/// Line and column, from 1; columns count characters.
pub type Place = (usize, usize);

/// A marked text.
#[derive(Debug)]
pub struct Label {
    pub tag: Tag,
    /// The detector of a credential, the kind of a trap.
    pub what: String,
    pub text: String,
    pub start: Place,
    /// Behind its last character.
    pub end: Place,
}

/// A file with its marks expanded.
#[derive(Debug)]
pub struct Labelled {
    /// Where it stands in `testdata/accuracy/`.
    pub source: String,
    pub format: String,
    /// The path it pretends to have, below a folder of its own.
    pub path: String,
    pub text: String,
    pub labels: Vec<Label>,
}

/// Reads all files, in the order of their names.
pub fn read(root: &Path) -> Vec<Labelled> {
    let folder = root.join("testdata/accuracy");
    let mut files = Vec::new();
    for format in listed(&folder) {
        for file in listed(&format) {
            let source = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let raw = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{source}: {e}"));
            let format = format.file_name().unwrap().to_str().unwrap().to_owned();
            files.push(expand(&raw, &source, format, files.len()));
        }
    }
    files
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Expands a file; its number makes the folder it pretends to stand in.
fn expand(raw: &str, source: &str, format: String, number: usize) -> Labelled {
    let fault = |what: &str| -> ! { panic!("{source}: {what}; make it again with scripts/make_corpus.py") };
    let Some((path, body)) = raw.strip_prefix("⟦file ").and_then(|r| r.split_once("⟧\n")) else { fault("names no path") };
    let (mut text, mut labels, mut rest) = (String::new(), Vec::new(), body);
    while let Some((before, mark)) = rest.split_once('⟦') {
        text.push_str(before);
        let Some((head, after)) = mark.split_once('⟧') else { fault("has an open mark") };
        let Some((template, after)) = after.split_once("⟦/⟧") else { fault("has an open mark") };
        let Some((tag, what)) = head.split_once(' ') else { fault("has a mark of nothing") };
        rest = after;
        let value = match tag {
            "L" => template.to_owned(),
            "T" | "P" | "F" => expand_template(template, &format!("{source}/{}", labels.len())).unwrap_or_else(|why| fault(&why)),
            _ => fault("has a mark of an unknown kind"),
        };
        let tag = match tag {
            "T" => Tag::Credential,
            "P" => Tag::Either,
            _ => Tag::Trap,
        };
        let start = end_of(&text);
        text.push_str(&indented(&value, &text));
        labels.push(Label { tag, what: what.to_owned(), text: value, start, end: end_of(&text) });
    }
    text.push_str(rest);
    Labelled { source: source.to_owned(), format, path: format!("{number:04}/{path}"), text, labels }
}

/// A text of several lines, each as far to the right as the first one if that begins its line.
fn indented(value: &str, before: &str) -> String {
    let margin = before.rsplit('\n').next().unwrap_or_default();
    if margin.trim().is_empty() { value.replace('\n', &format!("\n{margin}")) } else { value.to_owned() }
}

fn end_of(text: &str) -> Place {
    let last = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count() + 1, last.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_text_and_labels() {
        let raw = "⟦file a/b.yml⟧\nkey: ⟦T x-token⟧x_{{repeat 3 ab}}⟦/⟧ é ⟦L word⟧{{var}}⟦/⟧\n  ⟦P y⟧{{repeat 2 q\n}}⟦/⟧\n";
        let file = expand(raw, "source", "yaml".into(), 7);
        assert_eq!(file.path, "0007/a/b.yml");
        assert_eq!(file.text, "key: x_ababab é {{var}}\n  q\n  q\n  \n");
        let labels: Vec<_> = file.labels.iter().map(|l| (l.tag, l.what.as_str(), l.start, l.end)).collect();
        let expected =
            [(Tag::Credential, "x-token", (1, 6), (1, 14)), (Tag::Trap, "word", (1, 17), (1, 24)), (Tag::Either, "y", (2, 3), (4, 3))];
        assert_eq!(labels, expected);
    }
}
