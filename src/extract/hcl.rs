//! HCL to blocks and nodes, within bounds.

use super::node::{Data, Node};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Body as HclBody, Structure};

/// Deepest nesting that is given to the parser, which calls itself for each level.
const DEEPEST: usize = 120;
/// Longest run of what it calls itself for within a line: operators and questions.
const LONGEST_RUN: usize = 200;

/// A block: `resource "aws_iam_user" "ci" { … }`.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Its type.
    pub kind: String,
    /// Its labels, as nodes.
    pub labels: Vec<Node>,
    pub start: usize,
    pub end: usize,
    pub body: Body,
}

/// What stands in a block, or in a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub attributes: Vec<(Node, Node)>,
    pub blocks: Vec<Block>,
}

impl Body {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.attributes.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value)
    }

    /// The blocks of a type.
    pub(super) fn all<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |b| b.kind == kind)
    }
}

impl Block {
    /// The text of a label.
    pub(super) fn label(&self, number: usize) -> &str {
        self.labels.get(number).and_then(Node::text).unwrap_or_default()
    }
}

/// What is wrong and where, in one line: the lines of the file that the error shows may hold a credential.
fn trouble(error: &hcl_edit::parser::Error) -> String {
    let (at, message) = (error.location(), error.message());
    format!("line {} column {}: {}", at.line(), at.column(), message.lines().collect::<Vec<_>>().join("; "))
}

/// A file's blocks. Where it is no HCL, what can be told by its lines, and why.
pub(super) fn body(text: &str) -> (Body, Option<String>) {
    if !is_tame(text) {
        return (by_lines(text), Some(format!("nested deeper than {DEEPEST}")));
    }
    match hcl_edit::parser::parse_body(text) {
        Ok(parsed) => (of_body(&parsed, text), None),
        Err(e) => (by_lines(text), Some(trouble(&e))),
    }
}

/// Whether nesting is within bounds. Brackets in strings count too: that only makes the bound narrower.
fn is_tame(text: &str) -> bool {
    let (mut depth, mut run) = (0usize, 0usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' => run = 0,
            b'!' | b'-' | b'?' => run += 1,
            b if b.is_ascii_alphanumeric() && run < LONGEST_RUN => {}
            _ => {}
        }
        if depth > DEEPEST || run > LONGEST_RUN * 4 {
            return false;
        }
    }
    true
}

fn of_body(body: &HclBody, text: &str) -> Body {
    let mut found = Body::default();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let key = scalar(attribute.key.span(), attribute.key.as_str().to_owned());
                found.attributes.push((key, of_expression(&attribute.value, text)));
            }
            Structure::Block(block) => {
                let span = block.span().unwrap_or(0..0);
                let labels = block.labels.iter().map(|l| unquoted(scalar(l.span(), l.as_str().to_owned()), text)).collect();
                found.blocks.push(Block {
                    kind: block.ident.as_str().to_owned(),
                    labels,
                    start: span.start,
                    end: span.end,
                    body: of_body(&block.body, text),
                });
            }
        }
    }
    found
}

/// A node whose span leaves out the quotes around it.
fn unquoted(node: Node, text: &str) -> Node {
    let written = text.get(node.start..node.end).unwrap_or_default();
    if written.len() >= 2 && written.starts_with('"') { Node { start: node.start + 1, end: node.end - 1, ..node } } else { node }
}

fn scalar(span: Option<std::ops::Range<usize>>, text: String) -> Node {
    let span = span.unwrap_or(0..0);
    Node { start: span.start, end: span.end, tag: Box::default(), data: Data::Scalar(text) }
}

/// An expression; what is no literal is the text it is written in, with the tag `expression`.
fn of_expression(expression: &Expression, text: &str) -> Node {
    let span = expression.span().unwrap_or(0..0);
    let written = || text.get(span.clone()).unwrap_or_default().to_owned();
    let (data, tag) = match expression {
        Expression::String(string) => (Data::Scalar(string.as_str().to_owned()), ""),
        Expression::Number(_) | Expression::Bool(_) | Expression::Null(_) => (Data::Scalar(written()), ""),
        Expression::StringTemplate(_) => (Data::Scalar(written().trim_matches('"').to_owned()), "template"),
        Expression::HeredocTemplate(_) => (Data::Scalar(written()), "template"),
        Expression::Array(array) => (Data::List(array.iter().map(|e| of_expression(e, text)).collect()), ""),
        Expression::Object(object) => {
            let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                let key = match key {
                    ObjectKey::Ident(ident) => scalar(ident.span(), ident.as_str().to_owned()),
                    ObjectKey::Expression(expression) => of_expression(expression, text),
                };
                (key, of_expression(value.expr(), text))
            };
            (Data::Map(object.iter().map(entry).collect()), "")
        }
        Expression::FuncCall(call) if call.name.name.as_str() == "jsonencode" => {
            let first = call.args.iter().next().map(|e| of_expression(e, text));
            return first.unwrap_or_else(|| scalar(Some(span.clone()), written()));
        }
        _ => (Data::Scalar(written()), "expression"),
    };
    unquoted(Node { start: span.start, end: span.end, tag: tag.into(), data }, text)
}

/// Blocks of two labels at the beginning of a line, with the brace that closes them: for files that no parser takes.
fn by_lines(text: &str) -> Body {
    let mut found = Body::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut parts = line.split('"');
        let (head, first, _, second) = (parts.next().unwrap_or_default(), parts.next(), parts.next(), parts.next());
        let kind = head.trim();
        if let (Some(first), Some(second), "resource" | "data") = (first, second, kind)
            && line.trim_end().ends_with('{')
        {
            let name = at + head.len() + 1;
            let label = |start: usize, text: &str| Node {
                start,
                end: start + text.len(),
                tag: Box::default(),
                data: Data::Scalar(text.to_owned()),
            };
            let behind = line[head.len() + 1 + first.len() + 1..].find('"').map_or(name, |gap| name + first.len() + 1 + gap + 1);
            let end = text[at..].find("\n}").map_or(text.len(), |end| at + end + 2);
            let labels = vec![label(name, first), label(behind, second)];
            found.blocks.push(Block { kind: kind.to_owned(), labels, start: at, end, body: Body::default() });
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_values_have_spans_of_the_text() {
        let text = "resource \"aws_iam_user\" \"ci\" {\n  name = \"ci-é\"\n  tags = { env = \"prod\" }\n  policy = jsonencode({ a = [1] })\n  x = \"a-${var.b}\"\n}\n";
        let (body, trouble) = body(text);
        assert_eq!(trouble, None);
        let block = &body.blocks[0];
        assert_eq!((block.label(0), block.label(1), &text[block.labels[1].start..block.labels[1].end]), ("aws_iam_user", "ci", "ci"));
        let name = block.body.get("name").unwrap();
        assert_eq!((&text[name.start..name.end], name.text()), ("ci-é", Some("ci-é")));
        assert_eq!(block.body.get("tags").and_then(|t| t.text_of("env")), Some("prod"));
        assert_eq!(block.body.get("policy").and_then(|p| p.get("a")).map(|a| a.items().len()), Some(1));
        assert_eq!(block.body.get("x").map(|x| (&*x.tag, x.text())), Some(("template", Some("a-${var.b}"))));
    }

    #[test]
    fn broken_and_hostile_files_lose_nothing_but_their_values() {
        let (found, trouble) = body("resource \"aws_iam_user\" \"ci\" {\n  name = = \"x\"\n}\n");
        assert!(trouble.is_some());
        assert_eq!(found.blocks[0].label(1), "ci");
        assert!(body(&format!("a = {}", "[".repeat(100_000))).1.is_some());
        assert!(body(&format!("a = {}1", "!".repeat(100_000))).1.is_some());
        let _ = body(&format!("a = {}1", "x ? y : ".repeat(700)));
    }
}
