//! Docker Hub: access tokens of users and organisations.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `dockerhub`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    id: &[&["uuid"], &["id"]],
    name: &[&["token_label"], &["label"]],
    owner: &[&["created_by"]],
    created: &[&["created_at"]],
    used: &[&["last_used"], &["last_used_at"]],
    expires: &[&["expires_at"]],
    on: &[&["is_active"]],
    ..Listing::of("dockerhub", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "dockerhub"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["dockerhub"] }
    }

    fn command(&self) -> &'static str {
        "GET https://hub.docker.com/v2/access-tokens?page_size=100, as each user; GET https://hub.docker.com/v2/orgs/ORG/access-tokens"
    }

    fn lacks(&self) -> &'static str {
        "nothing of a token itself: tokens join by fingerprints of a vault alone; a user's list does not name the user, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["uuid", "token_label", "is_active"]) || element.has(&["id", "label", "created_by", "is_active"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        TOKENS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::Status;

    #[test]
    fn tokens_of_users_and_organisations_are_read() {
        let text = r#"{"count":1,"results":[{"uuid":"u1","token_label":"ci","is_active":false,"created_at":"2024-01-01T00:00:00Z","last_used":"2026-01-01T00:00:00Z","token":""}]}
{"total":1,"results":[{"id":"o1","label":"org","created_by":"kim","is_active":true,"created_at":"2024-01-01T00:00:00Z","last_used_at":null,"expires_at":"2027-01-01T00:00:00Z"}]}"#;
        let register = read_text("tokens.json", text, Vec::new());
        assert_eq!((register.records[0].status, register.records[1].status), (Status::Inactive, Status::Active));
        assert!(register.records[1].owner.is_some() && register.records[1].expires.is_some());
        assert!(
            read_text("x.json", r#"[{"uuid":"","token_label":"x","is_active":true}]"#, Vec::new())
                .warnings
                .iter()
                .any(|w| w.contains("without an id"))
        );
    }
}
