//! Datadog: API keys and application keys.

use super::accounts::PERSON;
use super::hint::{self, Common};
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, RecordKind, SourceClass};

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

const TOKENS: Listing = Listing { shown: None, expires: &[&["attributes", "expires_at"]], kind: RecordKind::Token, ..KEYS };

impl Importer for Format {
    fn id(&self) -> &'static str {
        "datadog"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["datadog"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.datadoghq.com/api/v2/api_keys?page[size]=100&include=created_by and /api/v2/application_keys?page[size]=100&include=owned_by, /api/v2/personal_access_tokens, page by page"
    }

    fn lacks(&self) -> &'static str {
        "the last four characters of each key, and none of a token: keys that end alike stay ambiguous; the organisation is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        is_beside(element)
            || element.text(&["type"]).is_some_and(|t| ["api_keys", "application_keys", "personal_access_tokens"].contains(&t.as_str()))
                && ["last4", "public_portion"].iter().any(|f| element.at(&["attributes", f]).is_some())
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is = |kind: &str| element.text(&["type"]).is_some_and(|t| t == kind);
        if is_beside(element) {
            let address = ["email", "handle"].iter().find_map(|f| element.text(&["attributes", f]));
            if let Some((id, address)) = element.text(&["id"]).zip(address) {
                context.names("", &id, &address);
            }
            return;
        }
        let listing = if is("personal_access_tokens") { &TOKENS } else { &KEYS };
        let Some(mut record) = listing.record(element, context) else { return };
        let person = ["created_by", "owned_by"].iter().find_map(|r| element.text(&["relationships", r, "data", "id"]));
        record.details.extend(person.map(|id| (PERSON.to_owned(), id)));
        record.principal = if is("personal_access_tokens") { Class::Unknown } else { Class::Workload };
        listing.push(record, context);
    }
}

/// Whether an element is somebody who stands beside the keys, or what they may do.
fn is_beside(element: &Element<'_>) -> bool {
    element.envelope == "included" && element.text(&["type"]).is_some_and(|t| t == "users" || t == "roles")
}

#[cfg(test)]
mod tests {
    use super::super::read::read_texts;
    use crate::model::RecordKind;

    #[test]
    fn a_key_is_known_by_its_end_and_its_maker() {
        let text = r#"{"data":[{"type":"api_keys","id":"k1","attributes":{"name":"agent","created_at":"2024-01-01T00:00:00+00:00","last4":"ab12","date_last_used":"2026-01-01T00:00:00+00:00"},"relationships":{"created_by":{"data":{"type":"users","id":"u1"}}}},
            {"type":"application_keys","attributes":{"name":"x","last4":"cd34"}}],"included":[{"type":"users","id":"u1","attributes":{"email":"kim@acme.example"}}]}"#;
        let register = read_texts(&[text]);
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

    #[test]
    fn a_token_is_of_its_person_and_shows_nothing() {
        let text = r#"{"data":[{"id":"t1","type":"personal_access_tokens","attributes":{"created_at":"2026-04-02T20:01:42.043142Z","expires_at":"2026-05-02T20:01:42Z","last_used_at":null,"name":"ci","public_portion":"3S9YYEuPThXA4AbPGMcqjr","scopes":["dashboards_read"]},"relationships":{"owned_by":{"data":{"id":"u1","type":"users"}}}}],
            "included":[{"type":"users","id":"u1","attributes":{"email":"kim@acme.example"}},{"type":"roles","id":"r1","attributes":{"name":"x"}}]}"#;
        let register = read_texts(&[text]);
        let record = &register.records[0];
        assert_eq!((record.kind, record.hint.is_none(), record.expires.is_some()), (RecordKind::Token, true, true));
        assert_eq!(record.owner.as_ref().map(|o| &*o.value), Some("kim@acme.example"));
        assert_eq!(register.files[0].unknown, 0, "{:?}", register.warnings);
    }
}
