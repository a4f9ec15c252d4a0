//! Vercel: tokens of a user.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `vercel`.
pub(super) struct Format;

const TOKENS: Listing =
    Listing { created: &[&["createdAt"]], used: &[&["activeAt"]], expires: &[&["expiresAt"]], ..Listing::of("vercel", RecordKind::Token) };

impl Importer for Format {
    fn id(&self) -> &'static str {
        "vercel"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["vercel"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.vercel.com/v6/user/tokens, as each user"
    }

    fn lacks(&self) -> &'static str {
        "nothing of a token itself: tokens join by fingerprints of a vault alone; the user is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["id", "origin", "activeAt", "createdAt"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        TOKENS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    #[test]
    fn a_token_is_read_with_its_dates() {
        let text = r#"{"tokens":[{"id":"t1","name":"ci","type":"oauth2-token","origin":"manual","activeAt":1735689600000,"createdAt":1704067200000,"expiresAt":1798761600000},{"id":"","origin":"x","activeAt":0,"createdAt":0}]}"#;
        let register = read_text("tokens.json", text, Vec::new());
        assert!(register.records.len() == 1 && register.records[0].last_used.is_some() && register.records[0].expires.is_some());
        assert!(!register.warnings.is_empty());
    }
}
