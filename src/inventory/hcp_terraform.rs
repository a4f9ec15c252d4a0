//! HCP Terraform and Terraform Enterprise: tokens of users, teams and organisations.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `hcp-terraform`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    name: &[&["attributes", "description"]],
    owner: &[&["relationships", "created-by", "data", "id"]],
    created: &[&["attributes", "created-at"]],
    used: &[&["attributes", "last-used-at"]],
    expires: &[&["attributes", "expired-at"]],
    secret: &[&["attributes", "token"]],
    ..Listing::of("hashicorp", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "hcp-terraform"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["hashicorp"] }
    }

    fn command(&self) -> &'static str {
        "GET https://app.terraform.io/api/v2/users/USER/authentication-tokens, /teams/TEAM/authentication-token, /organizations/ORG/authentication-token"
    }

    fn lacks(&self) -> &'static str {
        "nothing of a token itself: tokens join by fingerprints of a vault alone"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.text(&["type"]).is_some_and(|t| t == "authentication-tokens")
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
        let text = r#"{"data":[{"id":"at-1","type":"authentication-tokens","attributes":{"created-at":"2024-01-01T00:00:00Z","last-used-at":"2026-01-01T00:00:00Z","description":"ci","token":null,"expired-at":"2027-01-01T00:00:00Z"}},{"type":"authentication-tokens"}]}"#;
        let register = read_text("tokens.json", text, Vec::new());
        assert!(register.records.len() == 1 && register.records[0].last_used.is_some() && register.records[0].expires.is_some());
        assert!(register.warnings.iter().any(|w| w.contains("without an id")), "{:?}", register.warnings);
    }
}
