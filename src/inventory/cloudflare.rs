//! Cloudflare: API tokens of users and accounts, service tokens of Access.

use super::context::text;
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Key, RecordKind, SourceClass};
use serde_json::Value;

/// `cloudflare`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    created: &[&["issued_on"]],
    used: &[&["last_used_on"]],
    expires: &[&["expires_on"]],
    status: &[&["status"]],
    ..Listing::of("cloudflare", RecordKind::Token)
};

const SERVICES: Listing = Listing {
    created: &[&["created_at"]],
    used: &[&["last_seen_at"]],
    expires: &[&["expires_at"]],
    ..Listing::of("cloudflare", RecordKind::OauthSecret)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "cloudflare"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["cloudflare"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.cloudflare.com/client/v4/accounts/ACCOUNT/tokens?per_page=50, /user/tokens, /accounts/ACCOUNT/access/service_tokens, page by page"
    }

    fn lacks(&self) -> &'static str {
        "nothing of an API token itself: tokens join by fingerprints of a vault alone; service tokens join by client id; the account is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is_token = element.has(&["id", "status", "issued_on"]);
        is_token || element.text(&["client_id"]).is_some_and(|c| c.ends_with(".access"))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is_service = element.object.contains_key("client_id");
        let listing = if is_service { SERVICES } else { TOKENS };
        let Some(mut record) = listing.record(element, context) else { return };
        if is_service {
            record.keys.extend(element.text(&["client_id"]).and_then(|c| Key::native("cloudflare", &c)));
            record.principal = Class::Workload;
        }
        let allows =
            element.list(&["policies"]).iter().flat_map(|p| p.get("permission_groups").and_then(Value::as_array).into_iter().flatten());
        record.privileges = allows.filter_map(|g| g.get("name").and_then(text)).map(Into::into).collect();
        listing.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Status};

    #[test]
    fn tokens_and_service_tokens_are_told_apart() {
        let text = r#"{"success":true,"result":[{"id":"t1","name":"dns","status":"disabled","issued_on":"2024-01-01T00:00:00Z","last_used_on":"2026-01-01T00:00:00Z","expires_on":"2027-01-01T00:00:00Z","policies":[{"effect":"allow","permission_groups":[{"id":"p","name":"DNS Write"}]}]},
            {"id":"s1","name":"ci","client_id":"88bf3b6d86161464f6509f7219099e57.access","created_at":"2024-01-01T00:00:00Z","expires_at":"2025-01-01T00:00:00Z"}]}"#;
        let register = read_text("tokens.json", text, Vec::new());
        assert_eq!((register.records[0].status, &*register.records[0].privileges[0]), (Status::Inactive, "DNS Write"));
        assert!(register.records[1].keys.iter().any(|k| k.kind == KeyKind::Native && k.value.ends_with("e57.access")));
    }
}
