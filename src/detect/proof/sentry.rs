//! Sentry's organisation tokens: `sntrys_`, facts about the organisation as base64 of JSON, `_`, and the secret.

use super::encoding::base64;
use super::{Decoded, Outcome, identity, seconds};
use crate::model::{Class, Key, KeyKind, Proof};
use serde_json::{Map, Value};

/// The facts; `None` unless they are complete.
///
/// Source: getsentry/rfcs 0091, "CI upload tokens".
fn facts(value: &[u8]) -> Option<Map<String, Value>> {
    let rest = value.strip_prefix(b"sntrys_")?;
    let end = rest.iter().rposition(|b| *b == b'_')?;
    let facts: Map<String, Value> = serde_json::from_slice(&base64(&rest[..end])?).ok()?;
    let complete = facts.get("iat")?.is_number() && facts.get("org")?.is_string() && facts.contains_key("region_url");
    complete.then_some(facts)
}

/// Tokens whose facts are complete; silent otherwise, as the layout has changed before.
pub(super) fn check(value: &[u8]) -> Outcome {
    facts(value).map_or(Outcome::Silent, |_| Outcome::Proven(Proof::Structure))
}

/// The organisation as scope, and when the token was issued.
pub(super) fn decode(value: &[u8]) -> Option<Decoded> {
    let facts = facts(value)?;
    Some(Decoded {
        scope: facts.get("org").and_then(Value::as_str).and_then(identity),
        issued: facts.get("iat").and_then(seconds),
        class: Some(Class::Workload),
        keys: facts.get("org").and_then(Value::as_str).and_then(|o| Key::new(KeyKind::SentryOrg, o)).into_iter().collect(),
        ..Decoded::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn the_facts_name_organisation_and_time() {
        let token = |json: &str| format!("sntrys_{}_{}", STANDARD.encode(json), "c2VjcmV0".repeat(4)).into_bytes();
        let facts = r#"{"iat":1788220800.25,"url":null,"region_url":"https://de.sentry.test","org":"acme"}"#;
        assert_eq!(check(&token(facts)), Outcome::Proven(Proof::Structure));
        let decoded = decode(&token(facts)).expect("decodes");
        assert_eq!((decoded.scope.as_deref(), decoded.issued), (Some("acme"), Some(1_788_220_800)));
        assert_eq!(check(&token(&facts.replace("1788220800.25", "\"soon\""))), Outcome::Silent);
        assert_eq!(check(b"sntrys_e30"), Outcome::Silent);
    }
}
