//! LaunchDarkly: access tokens of an account.

use super::hint::{self, Common};
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, RecordKind, SourceClass};

/// `launchdarkly`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    id: &[&["_id"]],
    owner: &[&["_member", "email"]],
    created: &[&["creationDate"]],
    used: &[&["lastUsed"]],
    shown: Some((&["token"], Common { prefixes: &["api-"], suffix: "", bits: hint::HEX })),
    ..Listing::of("launchdarkly", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "launchdarkly"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["launchdarkly"] }
    }

    fn command(&self) -> &'static str {
        "GET https://app.launchdarkly.com/api/v2/tokens?showAll=true&limit=100, page by page"
    }

    fn lacks(&self) -> &'static str {
        "the last four characters of each token: tokens that end alike stay ambiguous"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["_id", "serviceToken", "token"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(mut record) = TOKENS.record(element, context) else { return };
        let is_service = element.text(&["serviceToken"]).is_some_and(|s| s == "true");
        record.principal = if is_service { Class::Workload } else { Class::Human };
        TOKENS.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::Class;

    #[test]
    fn a_token_is_known_by_its_end_and_tells_machines_from_people() {
        let text = r#"{"items":[{"_id":"t1","name":"ci","_member":{"email":"kim@acme.example"},"creationDate":1704067200000,"lastUsed":1735689600000,"token":"api-********-****-****-****-********ab12","serviceToken":true},{"_id":"","serviceToken":false,"token":"x"}]}"#;
        let register = read_text("tokens.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!((record.principal, record.hint.as_ref().map(|h| &*h.suffix)), (Class::Workload, Some("ab12")));
        assert!(record.owner.is_some() && register.records.len() == 1 && !register.warnings.is_empty());
    }
}
