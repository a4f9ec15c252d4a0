//! Grafana: service accounts and their tokens, tokens of access policies of Grafana Cloud.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, RecordKind, SourceClass};

/// `grafana`.
pub(super) struct Format;

const ACCOUNTS: Listing = Listing { scope: &[&["orgId"]], off: &[&["isDisabled"]], ..Listing::of("grafana", RecordKind::ServiceAccount) };

const TOKENS: Listing = Listing {
    name: &[&["displayName"], &["name"]],
    created: &[&["created"], &["createdAt"]],
    used: &[&["lastUsedAt"]],
    expires: &[&["expiration"], &["expiresAt"]],
    off: &[&["isRevoked"], &["hasExpired"]],
    ..Listing::of("grafana", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "grafana"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["grafana"] }
    }

    fn command(&self) -> &'static str {
        "GET /api/serviceaccounts/search?perpage=1000 and /api/serviceaccounts/ID/tokens for each; GET https://grafana.com/api/v1/tokens?region=REGION"
    }

    fn lacks(&self) -> &'static str {
        "nothing of a token itself and no owner: tokens join by fingerprints of a vault alone; the instance is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is_account = element.has(&["login", "orgId", "role", "isDisabled"]);
        is_account || element.has(&["hasExpired", "created"]) || element.has(&["accessPolicyId", "createdAt"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is_account = element.object.contains_key("login");
        let listing = if is_account { ACCOUNTS } else { TOKENS };
        let Some(mut record) = listing.record(element, context) else { return };
        record.principal = Class::Workload;
        if element.text(&["role"]).is_some_and(|r| r == "Admin") {
            record.privileges.push("admin".into());
        }
        listing.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{RecordKind, Status};

    #[test]
    fn accounts_and_tokens_are_told_apart() {
        let text = r#"{"serviceAccounts":[{"id":1,"name":"ci","login":"sa-1-ci","orgId":1,"isDisabled":true,"role":"Admin"}]}
[{"id":7,"name":"t","created":"2024-01-01T00:00:00Z","lastUsedAt":"2026-01-01T00:00:00Z","expiration":null,"hasExpired":false,"isRevoked":true}]
{"items":[{"id":"a","accessPolicyId":"p","name":"logs","createdAt":"2024-01-01T00:00:00Z","expiresAt":"2027-01-01T00:00:00Z"}]}"#;
        let register = read_text("grafana.json", text, Vec::new());
        let told: Vec<_> = register.records.iter().map(|r| (r.kind, r.status)).collect();
        assert_eq!(
            told,
            [(RecordKind::ServiceAccount, Status::Inactive), (RecordKind::Token, Status::Inactive), (RecordKind::Token, Status::Active)]
        );
        assert!(
            read_text("x.json", r#"[{"hasExpired":false,"created":null}]"#, Vec::new())
                .warnings
                .iter()
                .any(|w| w.contains("without an id"))
        );
    }
}
