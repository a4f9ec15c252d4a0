//! Datadog: API keys and application keys.

use super::context::text;
use super::hint::{self, Common};
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, OwnedBy, RecordKind, SourceClass};
use serde_json::Value;

/// `datadog`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    name: &[&["attributes", "name"]],
    owner: &[&["attributes", "owned_by"]],
    created: &[&["attributes", "created_at"]],
    used: &[&["attributes", "date_last_used"], &["attributes", "last_used_at"]],
    shown: Some((&["attributes", "last4"], Common { prefixes: &[], suffix: "", bits: hint::HEX })),
    ..Listing::of("datadog", RecordKind::ApiKey)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "datadog"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["datadog"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.datadoghq.com/api/v2/api_keys?page[size]=100&include=created_by and /api/v2/application_keys?page[size]=100&include=owned_by, page by page"
    }

    fn lacks(&self) -> &'static str {
        "the last four characters of each key: keys that end alike stay ambiguous; the organisation is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        is_person(element)
            || element.text(&["type"]).is_some_and(|t| t == "api_keys" || t == "application_keys")
                && element.at(&["attributes", "last4"]).is_some()
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if is_person(element) {
            return; // read with the keys that name them
        }
        let Some(mut record) = KEYS.record(element, context) else { return };
        // People stand beside the keys, by their ids.
        let person = ["created_by", "owned_by"].iter().find_map(|r| element.text(&["relationships", r, "data", "id"]));
        let included = element.outer.and_then(|o| o.get("included")).and_then(Value::as_array);
        let address = person.and_then(|id| {
            let user = included?.iter().find(|u| u.get("id").and_then(text).is_some_and(|u| u == id))?;
            user.get("attributes").and_then(|a| a.get("email").or_else(|| a.get("handle"))).and_then(text)
        });
        record.owner = address.and_then(|a| words::owner(&a, OwnedBy::Field));
        record.principal = Class::Workload;
        KEYS.push(record, context);
    }
}

/// Whether an element is somebody who stands beside the keys.
fn is_person(element: &Element<'_>) -> bool {
    element.envelope == "included" && element.text(&["type"]).is_some_and(|t| t == "users")
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::RecordKind;

    #[test]
    fn a_key_is_known_by_its_end_and_its_maker() {
        let text = r#"{"data":[{"type":"api_keys","id":"k1","attributes":{"name":"agent","created_at":"2024-01-01T00:00:00+00:00","last4":"ab12","date_last_used":"2026-01-01T00:00:00+00:00"},"relationships":{"created_by":{"data":{"type":"users","id":"u1"}}}},
            {"type":"application_keys","attributes":{"name":"x","last4":"cd34"}}],"included":[{"type":"users","id":"u1","attributes":{"email":"kim@acme.example"}}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!(
            (record.kind, record.hint.as_ref().map(|h| (h.suffix.to_string(), h.bits))),
            (RecordKind::ApiKey, Some(("ab12".into(), 16.0)))
        );
        assert_eq!(record.owner.as_ref().map(|o| &*o.value), Some("kim@acme.example"));
        assert!(record.last_used.is_some() && register.records.len() == 1);
        assert!(
            register.warnings.iter().any(|w| w.contains("element 2: an entry without an id (api key of datadog)")),
            "{:?}",
            register.warnings
        );
    }
}
