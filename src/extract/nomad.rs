//! Nomad: jobs with their tasks, what templates take from Vault, and the identity a task proves.

use super::hcl::{self, Block};
use super::names::{self, inside, keyed, reference, vault};
use super::{Extractor, Reads, node::Node};
use crate::model::{Class, Outline, Place, Proves, RecordKind, Resource};

/// `nomad`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "nomad"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`*.nomad`, `*.nomad.hcl`, and HCL with `job` and `group`",
            takes: "tasks, `vault` and `identity` blocks, templates",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let named = path.ends_with(".nomad") || path.ends_with(".nomad.hcl");
        named
            || (path.ends_with(".hcl")
                && memchr::memmem::find(head, b"job \"").is_some()
                && memchr::memmem::find(head, b"group \"").is_some())
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let (body, trouble) = hcl::body(text);
        outline.troubles.extend(trouble);
        outline.places.push(Place { start: 0, end: text.len(), resource: Resource { format: self.id().into(), ..Resource::default() } });
        body.blocks.iter().for_each(|b| block(b, "", text, outline));
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// A block with all within it; `task` is the one it is in.
fn block(found: &Block, task: &str, text: &str, outline: &mut Outline) {
    let label = found.label(0);
    let place = match found.kind.as_str() {
        "job" => Resource { name: Some(label.to_owned()), ..Resource::default() },
        "group" | "task" => Resource { job: Some(label.to_owned()), ..Resource::default() },
        kind => Resource { step: Some(kind.to_owned()), ..Resource::default() },
    };
    outline.places.push(Place { start: found.start, end: found.end, resource: place });
    let task = if found.kind == "task" { label } else { task };
    for (key, value) in &found.body.attributes {
        outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
        names::key_places(value, outline);
        if key.text() == Some("data") {
            secrets(value, text, outline);
        }
    }
    if matches!(found.kind.as_str(), "vault" | "identity") && !task.is_empty() {
        let role = found.body.get("role").or_else(|| found.body.get("name")).and_then(Node::text).unwrap_or(task);
        let policies = found.body.get("policies").map_or(&[][..], Node::items).iter().filter_map(Node::text).collect::<Vec<_>>().join(" ");
        let acts = reference((found.start, found.start + found.kind.len()), "nomad", RecordKind::WorkloadId, role);
        outline.mentions.push(acts.of_class(Class::Workload).proven(Proves::Federated).with("task", task).with("policies", policies));
    }
    found.body.blocks.iter().for_each(|b| block(b, task, text, outline));
}

/// `{{ with secret "path" }}` of a template.
fn secrets(value: &Node, text: &str, outline: &mut Outline) {
    let (start, end) = inside(text, value);
    let written = text.get(start..end).unwrap_or_default();
    for (at, _) in written.match_indices("secret ") {
        let rest = written[at + 7..].trim_start_matches(['\\', '"', '`']);
        let path = rest.split(['"', '\\', '`', ' ', '}']).next().unwrap_or_default();
        if path.contains('/') {
            let begin = start + at;
            outline.mentions.push(vault((begin, begin + 7 + path.len()), path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    #[test]
    fn tasks_have_places_secrets_and_identities() {
        let text = "job \"shop\" {\n  group \"web\" {\n    task \"app\" {\n      driver = \"docker\"\n      vault { policies = [\"shop\"] }\n      env { API_KEY = \"abc\" }\n      template {\n        data = <<EOH\n{{ with secret \"kv/data/shop\" }}DB={{ .Data.data.db }}{{ end }}\nEOH\n        destination = \"secrets/x\"\n      }\n    }\n  }\n}\n";
        let mut outline = Outline::default();
        assert!(Format.claims("jobs/shop.nomad.hcl", b""));
        Format.extract("shop.nomad", text, &mut outline);
        assert_eq!(outline.troubles, [""; 0]);
        let found: Vec<(&str, RecordKind)> = outline.mentions.iter().map(|m| (m.principal.as_str(), m.kind)).collect();
        assert_eq!(found, [("app", RecordKind::WorkloadId), ("kv/data/shop", RecordKind::SecretRef)]);
        let holding = holding(&outline, text, "abc");
        assert!(holding.iter().any(|r| r.key.as_deref() == Some("API_KEY")) && holding.iter().any(|r| r.job.as_deref() == Some("app")));
    }
}
