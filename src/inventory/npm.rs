//! npm: access tokens of a user.

use super::hint::{self, Common};
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{KeyKind, RecordKind, SourceClass};

/// `npm`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    id: &[&["key"]],
    name: &[&["name"], &["token_name"]],
    created: &[&["created"]],
    expires: &[&["expires"], &["expiry"]],
    keys: &[(KeyKind::Sha512, &["key"])],
    begins: Some((&["token"], Common { prefixes: &["npm_"], suffix: "", bits: hint::BASE62 })),
    off: &[&["revoked"]],
    ..Listing::of("npm", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "npm"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["npm"] }
    }

    fn command(&self) -> &'static str {
        "npm token list --json, as each user and bot"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no last use; a token joins by its SHA-512 where the registry still shows that, else by its first characters"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["token", "key"])
            && ["readonly", "cidr_whitelist", "automation", "bypass_2fa"].iter().any(|f| element.object.contains_key(*f))
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
    fn a_token_is_known_by_its_digest() {
        let text = format!(
            r#"[{{"token":"npm_ab","key":"{}","cidr_whitelist":null,"readonly":true,"created":"2024-01-01T00:00:00.000Z"}},{{"token":"npm_cd","key":"","readonly":false}}]"#,
            "0a".repeat(64)
        );
        let register = read_text("tokens.json", &text, Vec::new());
        assert!(register.records.len() == 1 && register.records[0].keys.iter().any(|k| k.kind == KeyKind::Sha512));
        assert!(register.warnings.iter().any(|w| w.contains("element 2")), "{:?}", register.warnings);
    }
}
