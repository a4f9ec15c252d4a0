//! Compose files: services with their variables and secrets.

use super::names::{self, inside, keyed, reference};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Outline, Place, RecordKind, Resource};

/// `compose`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "compose"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`docker-compose*.yml`, `compose.yaml`, `stack.*.yml`", takes: "services with their variables and secrets" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        is_yaml
            && (name.starts_with("docker-compose")
                || name.starts_with("compose.")
                || name.starts_with("compose-")
                || name.starts_with("podman-compose")
                || name.starts_with("stack."))
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        for document in &documents {
            let base = Resource { format: self.id().into(), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            for (name, service) in document.get("services").map_or(&[][..], Node::entries) {
                let resource = Resource { name: Some(format!("service {}", name.text().unwrap_or_default())), ..Resource::default() };
                outline.places.push(Place { start: name.start, end: service.end, resource });
                for field in ["environment", "args", "labels"] {
                    let node = service.get(field).or_else(|| service.at(&["build", field]));
                    assignments(node, outline);
                }
                names::key_places(service, outline);
                for secret in service.get("secrets").map_or(&[][..], Node::items) {
                    let node = secret.get("source").unwrap_or(secret);
                    let name = node.text().unwrap_or_default();
                    outline.mentions.push(reference(inside(text, node), "docker", RecordKind::SecretRef, name));
                }
            }
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// Variables as a map, or as a list of `NAME=value`.
fn assignments(node: Option<&Node>, outline: &mut Outline) {
    let Some(node) = node else { return };
    for (key, value) in node.entries() {
        outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
    }
    for item in node.items() {
        let name = item.text().and_then(|t| t.split_once('=')).map(|(name, _)| name);
        outline.places.extend(name.map(|n| keyed(item.start, item.end, n)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_belong_to_their_service() {
        let text =
            "services:\n  web:\n    environment:\n      - API_KEY=abc\n    secrets: [db]\n  worker:\n    environment: {TOKEN: def}\n";
        let mut outline = Outline::default();
        assert!(Format.claims("docker-compose.prod.yml", b""));
        Format.extract("docker-compose.yml", text, &mut outline);
        let key = |needle: &str| {
            let at = text.find(needle).unwrap();
            let mut around: Vec<&Place> = outline.places.iter().filter(|p| p.start <= at && at < p.end).collect();
            around.sort_by_key(|p| p.end - p.start);
            around.iter().find_map(|p| p.resource.key.clone())
        };
        assert_eq!((key("API_KEY").as_deref(), key("def").as_deref()), (Some("API_KEY"), Some("TOKEN")));
        assert_eq!(outline.mentions[0].principal, "db");
    }
}
