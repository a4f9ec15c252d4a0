//! Kustomize: generators of secrets with their literals, and the namespace and environment of an overlay.

use super::names::{self, declaration, inside, keyed};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{KeyKind, Outline, Place, RecordKind, Resource};

/// `kustomize`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "kustomize"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`kustomization.yaml`", takes: "generators of secrets and configuration, overlays, namespaces" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        matches!(path.rsplit('/').next(), Some("kustomization.yaml" | "kustomization.yml" | "Kustomization"))
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        let overlay = path.rsplit('/').nth(1);
        let environment = path.contains("overlays/").then_some(overlay).flatten();
        for document in &documents {
            let namespace = document.text_of("namespace");
            let base = Resource {
                format: self.id().into(),
                name: overlay.map(str::to_owned),
                environment: environment.map(str::to_owned),
                ..Resource::default()
            };
            outline.places.push(Place { start: document.start, end: document.end, resource: base.clone() });
            for list in ["secretGenerator", "configMapGenerator"] {
                for made in document.get(list).map_or(&[][..], Node::items) {
                    let Some(name) = made.get("name") else { continue };
                    let called = name.text().unwrap_or_default();
                    let kind = if list == "secretGenerator" { "Secret" } else { "ConfigMap" };
                    let resource = Resource { name: Some(format!("{kind}/{called}")), ..base.clone() };
                    outline.places.push(Place { start: made.start, end: made.end, resource });
                    made.get("literals").map_or(&[][..], Node::items).iter().for_each(|l| literal(l, text, outline));
                    if kind == "Secret" && !names::is_open(called) {
                        let full = format!("{}/{called}", namespace.unwrap_or("default"));
                        let files = ["envs", "files"].iter().flat_map(|f| made.get(f).map_or(&[][..], Node::items)).filter_map(Node::text);
                        let secret = declaration(inside(text, name), "kubernetes", RecordKind::SecretRef, &full);
                        let from = files.collect::<Vec<_>>().join(" ");
                        outline.mentions.push(secret.known_by(KeyKind::SecretRef, &full).with("from", from));
                    }
                }
            }
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// `KEY=value` of a generator.
fn literal(node: &Node, text: &str, outline: &mut Outline) {
    let (start, end) = inside(text, node);
    let Some((key, _)) = text.get(start..end).and_then(|t| t.split_once('=')) else { return };
    outline.places.push(keyed(start + key.len() + 1, end, key));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    #[test]
    fn literals_of_generators_have_their_key_and_secret() {
        let text = "namespace: shop\nsecretGenerator:\n  - name: db\n    literals:\n      - \"PASSWORD=abc\"\n      - broken\n    envs: [secret.env]\nconfigMapGenerator:\n  - name: c\n    literals: [A=b]\n";
        let mut outline = Outline::default();
        assert!(Format.claims("k8s/overlays/prod/kustomization.yaml", b""));
        Format.extract("k8s/overlays/prod/kustomization.yaml", text, &mut outline);
        assert_eq!(outline.mentions.len(), 1);
        assert_eq!((outline.mentions[0].principal.as_str(), outline.mentions[0].details["from"].as_str()), ("shop/db", "secret.env"));
        let holding = holding(&outline, text, "abc");
        assert!(holding.iter().any(|r| r.key.as_deref() == Some("PASSWORD")));
        assert!(holding.iter().any(|r| r.name.as_deref() == Some("Secret/db") && r.environment.as_deref() == Some("prod")));
    }
}
