//! Elasticsearch: API keys of a cluster.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{KeyKind, RecordKind, SourceClass, Status};

/// `elastic`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    owner: &[&["username"]],
    created: &[&["creation"]],
    expires: &[&["expiration"]],
    keys: &[(KeyKind::ElasticKey, &["id"])],
    ..Listing::of("elastic", RecordKind::ApiKey)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "elastic"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["elastic"] }
    }

    fn command(&self) -> &'static str {
        "GET /_security/api_key (all keys; needs the privilege read_security)"
    }

    fn lacks(&self) -> &'static str {
        "no last use; the cluster is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["id", "creation", "invalidated"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(mut record) = KEYS.record(element, context) else { return };
        if element.text(&["invalidated"]).is_some_and(|i| i == "true") {
            record.status = Status::Revoked;
        }
        KEYS.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Status};

    #[test]
    fn a_key_is_known_by_the_id_that_stands_in_it() {
        let text = r#"{"api_keys":[{"id":"VuaCfGcBCdbkQm-e5aOx","name":"logs","creation":1704067200000,"expiration":1798761600000,"invalidated":true,"username":"kim@acme.example","realm":"r"},{"name":"x","id":"","creation":1,"invalidated":false}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        let record = &register.records[0];
        assert!(record.status == Status::Revoked && record.expires.is_some() && record.keys.iter().any(|k| k.kind == KeyKind::ElasticKey));
        assert!(register.records.len() == 1 && !register.warnings.is_empty());
    }
}
