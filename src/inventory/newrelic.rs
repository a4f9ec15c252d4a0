//! New Relic: user keys and ingest keys, as NerdGraph lists them.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, RecordKind, SourceClass};

/// `newrelic`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    owner: &[&["user", "email"]],
    created: &[&["createdAt"]],
    scope: &[&["accountId"]],
    secret: &[&["key"]],
    ..Listing::of("newrelic", RecordKind::ApiKey)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "newrelic"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["newrelic"] }
    }

    fn command(&self) -> &'static str {
        "NerdGraph: { actor { apiAccess { keySearch(query: {types: [USER, INGEST]}) { keys { id name type key createdAt ... on ApiAccessUserKey { userId } ... on ApiAccessIngestKey { accountId } } } } } }"
    }

    fn lacks(&self) -> &'static str {
        "no last use and no end"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["id", "key", "type"]) && element.text(&["type"]).is_some_and(|t| t == "USER" || t == "INGEST")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(mut record) = KEYS.record(element, context) else { return };
        record.principal = if element.text(&["type"]).is_some_and(|t| t == "USER") { Class::Human } else { Class::Workload };
        KEYS.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, KeyKind};

    #[test]
    fn a_key_is_fingerprinted_and_dropped() {
        let secret = format!("NRAK-{}", "FAKE0".repeat(6));
        let text = format!(
            r#"{{"data":{{"actor":{{"apiAccess":{{"keySearch":{{"keys":[{{"id":"k1","name":"ci","type":"USER","key":"{secret}","createdAt":1704067200,"userId":7}},{{"id":"","type":"USER","key":"x"}}]}}}}}}}}}}"#
        );
        let register = read_text("keys.json", &text, Vec::new());
        assert!(
            register.records[0].principal == Class::Human && register.records[0].keys.iter().any(|k| k.kind == KeyKind::Kfp1),
            "{:?}",
            register.warnings
        );
        assert!(!format!("{register:?}").contains(&secret) && register.records.len() == 1);
    }
}
