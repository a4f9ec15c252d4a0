//! Gateways to model providers: LiteLLM's models with their keys and its own master key, Portkey's targets.

use super::names::{self, keyed};
use super::node::Node;
use super::{Extractor, Reads, json, yaml};
use crate::model::{Class, Outline, Place, RecordKind, Resource};

/// `gateways`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "gateways"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "LiteLLM's `model_list`, Portkey's targets",
            takes: "models, their providers and keys, the gateway's own master key",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
        (is_yaml && has(b"model_list:") && (has(b"litellm_params") || has(b"model_name")))
            || (path.ends_with(".json") && has(b"\"virtual_key\"") && (has(b"\"targets\"") || has(b"\"strategy\"")))
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let documents = if path.ends_with(".json") { json::read(text, outline).into_iter().collect() } else { yaml::read(text, outline) };
        for document in &documents {
            let base = Resource { format: self.id().into(), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            let models = document.get("model_list").or_else(|| document.get("targets")).map_or(&[][..], Node::items);
            for model in models {
                let name = model.text_of("model_name").or_else(|| model.text_of("provider"));
                let resource = Resource { name: name.map(|n| format!("model {n}")), ..Resource::default() };
                outline.places.push(Place { start: model.start, end: model.end, resource });
            }
            if let Some(settings) = document.get("general_settings") {
                let upstream = models.iter().filter_map(|m| m.at(&["litellm_params", "model"]).and_then(Node::text));
                let mut providers: Vec<&str> = upstream.map(|m| m.split('/').next().unwrap_or(m)).collect();
                providers.sort_unstable();
                providers.dedup();
                let gateway = names::declaration((settings.start, settings.start), "litellm", RecordKind::App, "gateway");
                outline.mentions.push(gateway.of_class(Class::Integration).with("providers", providers.join(" ")));
                for (key, value) in settings.entries() {
                    outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
                }
            }
            names::key_places(document, outline);
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
    fn keys_belong_to_their_models_and_the_gateway_names_its_providers() {
        let text = "model_list:\n  - model_name: fast\n    litellm_params: {model: openai/gpt-4o, api_key: abc}\n  - model_name: far\n    litellm_params: {model: groq/x, api_key: os.environ/GROQ}\ngeneral_settings:\n  master_key: def\n";
        assert!(Format.claims("deploy/litellm.yaml", text.as_bytes()) && !Format.claims("a.yaml", b"models: []"));
        let mut outline = Outline::default();
        Format.extract("deploy/litellm.yaml", text, &mut outline);
        assert_eq!(outline.mentions[0].details["providers"], "groq openai");
        let holding = |value: &str| holding(&outline, text, value);
        assert!(holding("abc").iter().any(|r| r.name.as_deref() == Some("model fast")));
        assert!(holding("def").iter().any(|r| r.key.as_deref() == Some("master_key")));
    }
}
