//! Confluent Cloud: API keys of an organisation.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `confluent`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    id: &[&["key"], &["id"]],
    name: &[&["description"], &["spec", "display_name"]],
    owner: &[&["owner"], &["spec", "owner", "id"]],
    created: &[&["created"], &["metadata", "created_at"]],
    scope: &[&["resource_id"], &["spec", "resource", "id"]],
    ..Listing::of("confluent", RecordKind::ApiKey)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "confluent"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["confluent"] }
    }

    fn command(&self) -> &'static str {
        "confluent api-key list -o json; GET https://api.confluent.cloud/iam/v2/api-keys?page_size=100, page by page"
    }

    fn lacks(&self) -> &'static str {
        "no last use; the organisation is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is_object = element.text(&["kind"]).is_some_and(|k| k == "ApiKey") && element.at(&["spec", "owner"]).is_some();
        is_object || element.has(&["key", "owner", "resource_type"]) || element.has(&["key", "owner_email"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        KEYS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_key_is_known_by_its_public_half() {
        let text = r#"[{"current":false,"key":"ABCDEFGHIJKLMNOP","description":"ci","owner":"sa-1","owner_email":"<service account>","resource_type":"kafka","resource":"lkc-1","created":"2024-01-01T00:00:00Z"}]
{"data":[{"id":"QRSTUVWXYZ234567","kind":"ApiKey","metadata":{"created_at":"2024-01-01T00:00:00Z"},"spec":{"display_name":"x","owner":{"id":"u-1","kind":"User"}}},{"kind":"ApiKey","spec":{"owner":{"id":"u"}}}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::Native && &*k.value == "confluent:ABCDEFGHIJKLMNOP"));
        assert_eq!((register.records.len(), register.records[1].display.as_deref()), (2, Some("x")));
        assert!(register.warnings.iter().any(|w| w.contains("without an id")), "{:?}", register.warnings);
    }
}
