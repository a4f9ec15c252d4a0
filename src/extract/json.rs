//! JSON to nodes, with comments and trailing commas as editors' settings have them.

use super::node::{Data, Node};
use crate::model::Outline;
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// The value of a file. That there is none is told of in the outline.
pub(super) fn read(text: &str, outline: &mut Outline) -> Option<Node> {
    document(text).map_err(|e| outline.troubles.push(e)).ok()
}

/// The value of a file, or why there is none. Nesting is bounded by the parser.
pub fn document(text: &str) -> Result<Node, String> {
    let begin = text.len() - text.trim_start_matches('\u{feff}').len();
    let parsed = parse_to_ast(&text[begin..], &CollectOptions::default(), &ParseOptions::default()).map_err(|e| e.to_string())?;
    parsed.value.map(|value| node(&value, begin)).ok_or_else(|| "no value".to_owned())
}

fn node(value: &Value<'_>, shift: usize) -> Node {
    let Range { start, end } = value.range();
    let data = match value {
        Value::StringLit(text) => Data::Scalar(text.value.to_string()),
        Value::NumberLit(number) => Data::Scalar(number.value.to_owned()),
        Value::BooleanLit(is) => Data::Scalar(is.value.to_string()),
        Value::NullKeyword(_) => Data::Scalar("null".to_owned()),
        Value::Array(array) => Data::List(array.elements.iter().map(|v| node(v, shift)).collect()),
        Value::Object(object) => Data::Map(object.properties.iter().map(|p| (name(&p.name, shift), node(&p.value, shift))).collect()),
    };
    Node { start: start + shift, end: end + shift, tag: Box::default(), data }
}

fn name(name: &ObjectPropName<'_>, shift: usize) -> Node {
    let Range { start, end } = name.range();
    let text = match name {
        ObjectPropName::String(text) => text.value.to_string(),
        ObjectPropName::Word(word) => word.value.to_owned(),
    };
    Node { start: start + shift, end: end + shift, tag: Box::default(), data: Data::Scalar(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_read_and_spans_are_bytes() {
        let text = "\u{feff}{ // é\n \"a\": {\"b\": \"x\\n\", \"c\": [1, true,],},}";
        let found = document(text).unwrap();
        let b = found.at(&["a", "b"]).unwrap();
        assert_eq!((&text[b.start..b.end], b.text()), ("\"x\\n\"", Some("x\n")));
        assert_eq!(found.at(&["a", "c"]).unwrap().items()[1].text(), Some("true"));
        assert!(document("{\"a\": ").is_err());
        assert!(document(&"[".repeat(100_000)).is_err());
    }
}
