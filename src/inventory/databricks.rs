//! Databricks: tokens of a workspace and secrets of service principals.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `databricks`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    id: &[&["token_id"]],
    name: &[&["comment"]],
    owner: &[&["created_by_username"]],
    created: &[&["creation_time"]],
    used: &[&["last_used_day"]],
    expires: &[&["expiry_time"]],
    ..Listing::of("databricks", RecordKind::Token)
};

const SECRETS: Listing = Listing {
    created: &[&["create_time"]],
    expires: &[&["expire_time"]],
    status: &[&["status"]],
    ..Listing::of("databricks", RecordKind::OauthSecret)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "databricks"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["databricks"] }
    }

    fn command(&self) -> &'static str {
        "databricks token-management list -o json; databricks account service-principal-secrets list ID -o json"
    }

    fn lacks(&self) -> &'static str {
        "nothing of a token itself: tokens join by fingerprints of a vault alone; secrets by their digest once it is calibrated (`keysweep inventory calibrate`); the workspace is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["token_id", "created_by_username"])
            || element.has(&["token_id", "creation_time"])
            || element.has(&["id", "secret_hash", "create_time"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let listing = if element.object.contains_key("secret_hash") { SECRETS } else { TOKENS };
        listing.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::RecordKind;

    #[test]
    fn tokens_and_secrets_are_read() {
        let text = r#"{"token_infos":[{"token_id":"t1","comment":"ci","created_by_username":"kim@acme.example","creation_time":1704067200000,"expiry_time":-1,"last_used_day":1735689600000}]}
{"secrets":[{"id":"s1","create_time":"2024-01-01T00:00:00Z","secret_hash":"abcdef","status":"ACTIVE","expire_time":"2027-01-01T00:00:00Z"}]}"#;
        let register = read_text("tokens.json", text, Vec::new());
        let told: Vec<_> =
            register.records.iter().map(|r| (r.kind, r.owner.is_some(), r.expires.is_some(), r.last_used.is_some())).collect();
        assert_eq!(told, [(RecordKind::Token, true, false, true), (RecordKind::OauthSecret, false, true, false)]);
        assert!(
            read_text("x.json", r#"[{"token_id":"","creation_time":1}]"#, Vec::new()).warnings.iter().any(|w| w.contains("without an id"))
        );
    }
}
