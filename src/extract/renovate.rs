//! Renovate: credentials of registries in its settings; what is encrypted for the app is no secret in the clear.

use super::names::{self, reference};
use super::node::Node;
use super::{Extractor, Reads, json};
use crate::model::{Outline, Place, RecordKind, Resource};

/// `renovate`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "renovate"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`renovate.json`, `.renovaterc`, JSON5 too", takes: "host rules; `encrypted` is no finding" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        matches!(name, "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json" | ".renovaterc.json5")
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let Some(document) = json::read(text, outline) else { return };
        outline.places.push(Place {
            start: document.start,
            end: document.end,
            resource: Resource { format: self.id().into(), ..Resource::default() },
        });
        for rule in document.get("hostRules").map_or(&[][..], Node::items) {
            let host = ["matchHost", "hostName", "baseUrl"].iter().find_map(|f| rule.text_of(f));
            let resource = Resource { name: host.map(|h| format!("host {h}")), ..Resource::default() };
            outline.places.push(Place { start: rule.start, end: rule.end, resource });
        }
        document.scalars(&mut |path, value| {
            let written = value.text().unwrap_or_default();
            for part in written.split("{{").skip(1) {
                let name = part.split("}}").next().unwrap_or_default().trim();
                if let Some(name) = name.strip_prefix("secrets.") {
                    let kept = reference((value.start, value.end), "renovate", RecordKind::CiSecret, &format!("secrets.{name}"));
                    outline.mentions.push(kept.with("key", path.join(".")));
                }
            }
        });
        names::key_places(&document, outline);
        names::tidy(outline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_places_and_secrets_are_references() {
        let text = "{ // ours\n hostRules: [{matchHost: 'https://npm.acme.example', token: '{{ secrets.NPM }}'}, {matchHost: 'b.example', password: 'abc'}]}";
        let mut outline = Outline::default();
        assert!(Format.claims("renovate.json5", b""));
        Format.extract("renovate.json5", text, &mut outline);
        assert_eq!(outline.troubles, [""; 0]);
        assert_eq!(outline.mentions[0].principal, "secrets.NPM");
        let at = text.find("abc").unwrap();
        assert!(outline.places.iter().any(|p| p.start <= at && at < p.end && p.resource.name.as_deref() == Some("host b.example")));
    }
}
