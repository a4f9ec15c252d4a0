//! YAML to nodes, within bounds: what it costs does not grow with what aliases repeat.

use super::node::{Data, Node};
use super::template::{self, Branches};
use crate::model::Outline;
use granit_parser::{Event, Parser, ScanError};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// Deepest nesting.
const DEEPEST: usize = 128;
/// Most nodes of a file, those that aliases repeat included.
const MOST: usize = 1 << 20;

/// Documents, and why no more were read.
type Parsed = (Vec<Node>, Option<String>);

/// What is open while events come.
enum Open {
    List(Vec<Node>),
    Map(Vec<(Node, Node)>, Option<Node>),
}

/// The documents of a file. That it breaks off is told of in the outline.
pub(super) fn read(text: &str, outline: &mut Outline) -> Vec<Node> {
    told(documents(text), outline)
}

/// The documents of a file but those that `leave` takes: they cost nothing, and what is wrong in them is not told.
pub(super) fn read_but(text: &str, outline: &mut Outline, leave: impl Fn(&str) -> bool) -> Vec<Node> {
    let parts = parts(text);
    let has_directives = text.starts_with('%') || text.contains("\n%");
    if has_directives || !parts.iter().any(|part| leave(&text[part.clone()])) {
        return read(text, outline);
    }
    let (mut documents, mut nodes) = (Vec::new(), 0);
    for part in parts.into_iter().filter(|part| !leave(&text[part.clone()])) {
        let mut builder = Builder { nodes, ..Builder::default() };
        let trouble = events(&text[part.clone()], part.start, text, &mut builder);
        nodes = builder.nodes;
        documents.extend(told((builder.documents, trouble), outline));
    }
    documents
}

/// The spans of documents: each begins with a line of `---`, which ends whatever is before it.
fn parts(text: &str) -> Vec<Range<usize>> {
    let marks = memchr::memmem::find_iter(text.as_bytes(), "\n---").map(|at| at + 1);
    let begins: Vec<usize> = std::iter::once(0).chain(marks).collect();
    let ends = begins[1..].iter().copied().chain(std::iter::once(text.len()));
    begins.iter().zip(ends).map(|(begin, end)| *begin..end).collect()
}

/// The documents of a template of YAML.
pub(super) fn template(text: &str, outline: &mut Outline) -> Vec<Node> {
    told(without_actions(text).unwrap_or_else(|| parse(text, text)), outline)
}

fn told((documents, trouble): Parsed, outline: &mut Outline) -> Vec<Node> {
    outline.troubles.extend(trouble);
    documents
}

/// The documents of a file. Where it breaks off, those before, and why. A file that is no YAML for its template actions is read without them.
pub fn documents(text: &str) -> Parsed {
    let plain = parse(text, text);
    match plain.1.as_ref().and_then(|_| without_actions(text)) {
        Some(read) if read.1.is_none() || read.0.len() > plain.0.len() => read,
        _ => plain,
    }
}

/// The documents of a template; `None` where it has no actions. Alternatives that make no YAML together are read one after the other;
/// where neither does, what is optional is left out.
fn without_actions(text: &str) -> Option<Parsed> {
    let all = parse(&template::undone(text, Branches::All)?, text);
    if all.1.is_none() {
        return Some(all);
    }
    let alternative = |branches| template::undone(text, branches).map(|undone| parse(&undone, text)).filter(|read| read.1.is_none());
    match (alternative(Branches::First), alternative(Branches::Last)) {
        (Some((mut documents, _)), Some((more, _))) => {
            documents.extend(more);
            Some((documents, None))
        }
        (Some(read), None) | (None, Some(read)) => Some(read),
        (None, None) => Some(alternative(Branches::Fewest).or_else(|| alternative(Branches::Manifests)).unwrap_or(all)),
    }
}

/// What is wrong, and where in the text as it was written: undone templates have other lines at the same bytes.
fn trouble(error: &ScanError, base: usize, original: &str) -> String {
    let at = (base + error.marker().byte_offset().unwrap_or(0)).min(original.len());
    let before = &original.as_bytes()[..at];
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = 1 + String::from_utf8_lossy(&before[memchr::memrchr(b'\n', before).map_or(0, |n| n + 1)..]).chars().count();
    format!("line {line} column {column}: {}", error.info())
}

fn parse(text: &str, original: &str) -> Parsed {
    let mut builder = Builder::default();
    let why = events(text, 0, original, &mut builder);
    (builder.documents, why)
}

/// Builds the documents of a part of a text; why no more of them.
fn events(part: &str, base: usize, original: &str, builder: &mut Builder) -> Option<String> {
    for event in Parser::new_from_str(part) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(e) => return Some(trouble(&e, base, original)),
        };
        let range = span.byte_range().unwrap_or(0..0);
        if let Err(why) = builder.event(event, base + range.start.min(part.len()), base + range.end.min(part.len())) {
            return Some(why);
        }
    }
    None
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    stack: Vec<(Open, usize, Box<str>, usize)>,
    anchors: HashMap<usize, (Rc<Node>, usize)>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), String> {
        match event {
            Event::Scalar(text, _, anchor, tag) => {
                let node = Node { start, end, tag: tag_name(tag.as_deref()), data: Data::Scalar(text.into_owned()) };
                self.add(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => self.open(Open::List(Vec::new()), start, tag_name(tag.as_deref()), anchor),
            Event::MappingStart(_, anchor, tag) => self.open(Open::Map(Vec::new(), None), start, tag_name(tag.as_deref()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((open, start, tag, anchor)) = self.stack.pop() else { return Ok(()) };
                let data = match open {
                    Open::List(items) => Data::List(items),
                    Open::Map(entries, _) => Data::Map(merged(entries)),
                };
                let end = end.max(start);
                self.add(Node { start, end, tag, data }, anchor)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else { return Ok(()) };
                self.count(size)?;
                self.add(Node::clone(&node), 0)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, open: Open, start: usize, tag: Box<str>, anchor: usize) -> Result<(), String> {
        if self.stack.len() >= DEEPEST {
            return Err(format!("nested deeper than {DEEPEST}"));
        }
        self.stack.push((open, start, tag, anchor));
        Ok(())
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST { Err(format!("more than {MOST} values, aliases included")) } else { Ok(()) }
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        self.count(1)?;
        if anchor > 0 {
            self.anchors.insert(anchor, (Rc::new(node.clone()), size(&node)));
        }
        match self.stack.last_mut() {
            None => self.documents.push(node),
            Some((Open::List(items), ..)) => items.push(node),
            Some((Open::Map(entries, key), ..)) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
        Ok(())
    }
}

/// Entries with what `<<` merges in behind them.
fn merged(entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
    if entries.iter().all(|(key, _)| key.text() != Some("<<")) {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key.text() == Some("<<"));
    for (_, value) in merges {
        for map in value.each() {
            for (key, value) in map.entries() {
                if own.iter().all(|(k, _)| k.text() != key.text()) {
                    own.push((key.clone(), value.clone()));
                }
            }
        }
    }
    own
}

fn size(node: &Node) -> usize {
    1 + match &node.data {
        Data::Scalar(_) => 0,
        Data::List(items) => items.iter().map(size).sum(),
        Data::Map(entries) => entries.iter().map(|(k, v)| size(k) + size(v)).sum(),
    }
}

fn tag_name(tag: Option<&granit_parser::Tag>) -> Box<str> {
    tag.map_or_else(Box::default, |tag| format!("{}{}", tag.handle(), tag.suffix()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_can_be_left_out() {
        let text = "# ü\nkind: A\nx: 1\n---\nkind: B\nx: [\n---\nkind: C\nx: {y: 2}\n--- # last\nkind: D\n";
        let mut outline = Outline::default();
        let documents = read_but(text, &mut outline, |part| part.contains("kind: B"));
        let kinds: Vec<_> = documents.iter().map(|d| d.text_of("kind").unwrap()).collect();
        assert_eq!((kinds, outline.troubles.len()), (vec!["A", "C", "D"], 0));
        let y = documents[1].at(&["x", "y"]).unwrap();
        assert_eq!(&text[y.start..y.end], "2");
        read_but(text, &mut outline, |part| part.contains("kind: A"));
        assert!(outline.troubles[0].starts_with("line 6"), "{:?}", outline.troubles);
    }

    #[test]
    fn spans_are_bytes_of_the_text() {
        let text = "# ünïcode\na: {b: 'x', c: [1, two]}\n---\nd: |\n  lines\n";
        let (documents, trouble) = documents(text);
        assert_eq!((documents.len(), trouble), (2, None));
        let b = documents[0].at(&["a", "b"]).unwrap();
        assert_eq!((&text[b.start..b.end], b.text()), ("'x'", Some("x")));
        assert_eq!(documents[0].at(&["a", "c"]).unwrap().items()[1].text(), Some("two"));
        let d = documents[1].get("d").unwrap();
        assert!(text[d.start..d.end].contains("lines"), "{:?}", &text[d.start..d.end]);
    }

    #[test]
    fn aliases_and_merges_are_followed_within_bounds() {
        let (found, trouble) = documents("base: &b {x: 1}\nuse: *b\nmore:\n  <<: *b\n  y: 2\n");
        assert_eq!(trouble, None);
        assert_eq!(found[0].at(&["use", "x"]).and_then(Node::text), Some("1"));
        assert_eq!(found[0].at(&["more", "x"]).and_then(Node::text), Some("1"));
        let laughs: String = std::iter::once("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned())
            .chain((1..12).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","))))
            .collect();
        assert!(documents(&laughs).1.is_some());
        assert!(documents(&"[".repeat(10_000)).1.is_some());
    }

    #[test]
    fn a_tag_is_as_written() {
        let (found, _) = documents("a: !Ref Name\nb: !GetAtt [X, Arn]\n");
        assert_eq!(&*found[0].get("a").unwrap().tag, "!Ref");
        assert_eq!(&*found[0].get("b").unwrap().tag, "!GetAtt");
    }
}
