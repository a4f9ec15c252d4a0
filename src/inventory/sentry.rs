//! Sentry: auth tokens of an organisation.

use super::hint::{self, Common};
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `sentry`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    created: &[&["dateCreated"]],
    used: &[&["dateLastUsed"]],
    shown: Some((&["tokenLastCharacters"], Common { prefixes: &["sntrys_"], suffix: "", bits: hint::BASE62 })),
    ..Listing::of("sentry", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "sentry"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["sentry"] }
    }

    fn command(&self) -> &'static str {
        "GET https://sentry.io/api/0/organizations/ORG/org-auth-tokens/"
    }

    fn lacks(&self) -> &'static str {
        "the last characters of each token and when it was made; no owner; the organisation is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["tokenLastCharacters", "dateCreated"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        KEYS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    #[test]
    fn a_token_is_known_by_its_end() {
        let text = r#"[{"id":"1","name":"ci","scopes":["org:ci"],"tokenLastCharacters":"Ab1c","dateCreated":"2024-01-01T00:00:00Z","dateLastUsed":null},{"name":"x","tokenLastCharacters":"abcd","dateCreated":null}]"#;
        let register = read_text("tokens.json", text, Vec::new());
        assert_eq!(register.records[0].hint.as_ref().map(|h| &*h.suffix), Some("Ab1c"));
        assert!(
            register.records.len() == 1
                && register.warnings.iter().any(|w| w.contains("element 2: an entry without an id (token of sentry)"))
        );
    }
}
