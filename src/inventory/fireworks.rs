//! Fireworks: API keys of an account.

use super::hint::{self, Common};
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `fireworks`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    id: &[&["keyId"]],
    name: &[&["displayName"]],
    owner: &[&["email"]],
    created: &[&["createTime"]],
    expires: &[&["expireTime"]],
    begins: Some((&["prefix"], Common { prefixes: &["fw_"], suffix: "", bits: hint::BASE62 })),
    ..Listing::of("fireworks", RecordKind::ApiKey)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "fireworks"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["fireworks"] }
    }

    fn command(&self) -> &'static str {
        "firectl api-key list --all-users -o json; GET https://api.fireworks.ai/v1/accounts/ACCOUNT/users/USER/apiKeys"
    }

    fn lacks(&self) -> &'static str {
        "how each key begins at most; no last use; the account is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["keyId", "createTime"]) && ["displayName", "prefix", "email"].iter().any(|f| element.object.contains_key(*f))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        KEYS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    #[test]
    fn a_key_is_known_by_how_it_begins() {
        let text = r#"{"apiKeys":[{"keyId":"k1","displayName":"ci","prefix":"fw_ab12","email":"kim@acme.example","createTime":"2025-01-01T00:00:00Z"},{"keyId":"","email":"x","createTime":"2025-01-01T00:00:00Z"}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!(record.hint.as_ref().map(|h| &*h.prefix), Some("fw_ab12"));
        assert!(record.owner.is_some() && register.records.len() == 1 && !register.warnings.is_empty());
    }
}
