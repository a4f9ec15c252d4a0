//! Notebooks of Jupyter: which cell holds a value, and whether it is what was typed or what was printed.

use super::names;
use super::node::Node;
use super::{Extractor, Reads, json};
use crate::model::{Outline, Place, Resource};

/// `notebook`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "notebook"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`*.ipynb`", takes: "which cell holds a value, and whether as source or as output" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        path.ends_with(".ipynb")
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let Some(document) = json::read(text, outline) else { return };
        outline.places.push(Place {
            start: document.start,
            end: document.end,
            resource: Resource { format: self.id().into(), ..Resource::default() },
        });
        let older = document.get("worksheets").map_or(&[][..], Node::items).iter().filter_map(|w| w.get("cells"));
        let cells = document.get("cells").into_iter().chain(older).flat_map(Node::items);
        for (number, cell) in (1..).zip(cells) {
            let kind = cell.text_of("cell_type").unwrap_or("code");
            let name = Some(format!("{kind} cell {number}"));
            outline.places.push(Place { start: cell.start, end: cell.end, resource: Resource { name, ..Resource::default() } });
            for (part, key) in [("source", "source"), ("input", "source"), ("outputs", "output"), ("attachments", "attachment")] {
                let Some(node) = cell.get(part) else { continue };
                outline.places.push(names::keyed(node.start, node.end, key));
            }
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    #[test]
    fn a_value_is_of_a_cell_and_typed_or_printed() {
        let text = r#"{"cells":[{"cell_type":"markdown","source":["hi"]},{"cell_type":"code","source":["k = 'abc'\n"],"outputs":[{"text":["def"]}]}],"nbformat":4}"#;
        let mut outline = Outline::default();
        Format.extract("a.ipynb", text, &mut outline);
        for (value, key) in [("abc", "source"), ("def", "output")] {
            let holding = holding(&outline, text, value);
            assert!(holding.iter().any(|r| r.name.as_deref() == Some("code cell 2")), "{holding:?}");
            assert!(holding.iter().any(|r| r.key.as_deref() == Some(key)), "{holding:?}");
        }
        let mut broken = Outline::default();
        Format.extract("a.ipynb", "{\"cells\": [", &mut broken);
        assert_eq!(broken.troubles.len(), 1);
    }
}
