//! Heroku: authorizations of a user.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `heroku`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    name: &[&["description"]],
    owner: &[&["user", "email"]],
    created: &[&["created_at"]],
    secret: &[&["access_token", "token"]],
    ..Listing::of("heroku", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "heroku"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["heroku"] }
    }

    fn command(&self) -> &'static str {
        "heroku authorizations --json, as each user"
    }

    fn lacks(&self) -> &'static str {
        "no last use; the user is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["id", "access_token", "scope"]) && element.at(&["access_token", "id"]).is_some()
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        TOKENS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn an_authorization_is_fingerprinted_and_dropped() {
        let secret = format!("HRKU-{}", "fake0".repeat(8));
        let text = format!(
            r#"[{{"id":"a1","description":"ci","created_at":"2024-01-01T00:00:00Z","scope":["global"],"access_token":{{"id":"t","token":"{secret}","expires_in":null}}}},{{"id":"","scope":[],"access_token":{{"id":"t"}}}}]"#
        );
        let register = read_text("auth.json", &text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::Kfp1) && register.records.len() == 1);
        assert!(!format!("{register:?}").contains(&secret) && !register.warnings.is_empty());
    }
}
