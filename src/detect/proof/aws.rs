//! AWS access key ids, which carry their account, and Amazon Bedrock API keys, which carry their user.

use super::encoding::{base32, base32_digit, base64};
use super::{Decoded, Outcome, identity};
use crate::model::{Class, Key, KeyKind, Proof, Timestamp};

/// Largest account number: twelve digits.
const LAST_ACCOUNT: u64 = 999_999_999_999;

/// First base32 digit (`Q`) of key ids that carry an account; in earlier ids the topmost bit is clear.
const FIRST_MODERN_DIGIT: u8 = 16;

/// The account a key id of 20 characters was issued in; `None` for a form that carries none, such as ids that go on with `I` or `J`.
///
/// Source: Tal Be'ery, "A short note on AWS KEY ID": of the 48 bits behind the prefix, bits 46 to 7 are the account number.
fn account(id: &[u8]) -> Option<u64> {
    let body = [&b"AKIA"[..], b"ASIA", b"ABIA", b"ACCA"].iter().find_map(|p| id.strip_prefix(*p))?;
    let is_upper = body.iter().all(|b| !b.is_ascii_lowercase());
    if body.len() != 16 || !is_upper || base32_digit(body[0])? < FIRST_MODERN_DIGIT {
        return None;
    }
    let number = base32(body)?.iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte));
    let account = (number & 0x7fff_ffff_ff80) >> 7;
    (account <= LAST_ACCOUNT).then_some(account)
}

/// A key id that carries a possible account. Almost half of all random ids do, so an impossible one only lowers no confidence;
/// ids that end in `EXAMPLE` belong to AWS's documentation.
pub(super) fn check_key_id(value: &[u8]) -> Outcome {
    if value.ends_with(b"EXAMPLE") {
        return Outcome::Failed;
    }
    account(value).map_or(Outcome::Silent, |_| Outcome::Proven(Proof::Structure))
}

/// The account as scope, in twelve digits.
pub(super) fn decode_key_id(value: &[u8]) -> Option<Decoded> {
    let account = account(value).filter(|_| !value.ends_with(b"EXAMPLE"))?;
    Some(Decoded { scope: Some(format!("{account:012}")), ..Decoded::default() })
}

/// Bedrock API keys, long-lived (`ABSK…`) and short-lived (`bedrock-api-key-…`); silent on what does not decode, as AWS documents
/// the parts of a key but not that it will keep them.
pub(super) fn check_bedrock_key(value: &[u8]) -> Outcome {
    decode_bedrock_key(value).map_or(Outcome::Silent, |_| Outcome::Proven(Proof::Structure))
}

/// User and account of a long-lived key; signing key id, account and lifetime of a short-lived one.
pub(super) fn decode_bedrock_key(value: &[u8]) -> Option<Decoded> {
    let text = |encoded| base64(encoded).filter(|bytes| bytes.is_ascii());
    if let Some(encoded) = value.strip_prefix(b"ABSK") {
        return long_lived(std::str::from_utf8(&text(encoded)?).ok()?);
    }
    let encoded = value.strip_prefix(b"bedrock-api-key-")?;
    short_lived(std::str::from_utf8(&text(encoded)?).ok()?)
}

/// `<IAM user>-at-<account>[suffix]:<secret>`. Keys made in the console belong to a user of their own, `BedrockAPIKey-…`.
///
/// Source: IAM API reference, `ServiceSpecificCredential` (`ServiceCredentialAlias`, `ServiceUserName`).
fn long_lived(text: &str) -> Option<Decoded> {
    let (alias, secret) = text.split_once(':')?;
    let (user, account) = alias.rsplit_once("-at-")?;
    let account = account.get(..12).filter(|a| a.bytes().all(|b| b.is_ascii_digit()))?;
    let is_user = (1..=64).contains(&user.len()) && user.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b));
    if secret.is_empty() || !is_user {
        return None;
    }
    let class = user.starts_with("BedrockAPIKey-").then_some(Class::Workload);
    let keys = [(KeyKind::AwsSvcUser, alias), (KeyKind::AwsAccount, account)]
        .into_iter()
        .filter_map(|(kind, text)| Key::new(kind, text))
        .collect();
    Some(Decoded { principal: identity(user), scope: Some(account.to_owned()), class, keys, ..Decoded::default() })
}

/// A presigned request to `bedrock.amazonaws.com`, without its `https://`.
///
/// Source: AWS's token generator for Bedrock; Signature Version 4 query parameters.
fn short_lived(text: &str) -> Option<Decoded> {
    let parameter = |name: &str| text.split(['?', '&']).find_map(|p| p.strip_prefix(name)?.strip_prefix('='));
    if !text.starts_with("bedrock.amazonaws.com/") {
        return None;
    }
    let id = parameter("X-Amz-Credential")?.split(['%', '/']).next()?;
    let issued = parameter("X-Amz-Date").and_then(basic_time);
    let lifetime = parameter("X-Amz-Expires").and_then(|s| s.parse::<u32>().ok());
    let expires = issued.zip(lifetime).map(|(issued, lifetime)| issued + i64::from(lifetime));
    let scope = decode_key_id(id.as_bytes()).and_then(|d| d.scope);
    Some(Decoded { principal: identity(id), scope, issued, expires, ..Decoded::default() })
}

/// Seconds since the epoch of a time in ISO 8601's basic form, such as `20260901T120000Z`.
fn basic_time(text: &str) -> Option<i64> {
    let part = |range| text.get(range);
    let (date, time) = ((part(0..4)?, part(4..6)?, part(6..8)?), (part(9..11)?, part(11..13)?, part(13..16)?));
    Timestamp::parse(&format!("{}-{}-{}T{}:{}:{}", date.0, date.1, date.2, time.0, time.1, time.2)).map(|t| t.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn key_ids_carry_their_account() {
        let scope = |prefix: &str, body: &str| decode_key_id(format!("{prefix}{body}").as_bytes()).and_then(|d| d.scope);
        assert_eq!(scope("AKIA", "RTX3GSDSVIAEKWCN").as_deref(), Some("111122223333"));
        assert_eq!(scope("AKIA", "WO645SY5FIAEKWCN").as_deref(), Some("444455556666"));
        assert_eq!(scope("ASIA", "Y34FZKBOKMUTVV7A").as_deref(), Some("609629065308"));
        assert_eq!(scope("AKIA", "IOSFODNN7JPZMWQR"), None, "an id from before accounts were in it");
        assert_eq!(scope("AIDA", "RTX3GSDSVIAEKWCN"), None, "no key");
        assert_eq!(scope("AKIA", "777777777777777A"), None, "no account has thirteen digits");
    }

    #[test]
    fn an_impossible_account_is_no_proof_against_a_key_id() {
        let check = |body: &str| check_key_id(format!("AKIA{body}").as_bytes());
        assert_eq!(check("RTX3GSDSVIAEKWCN"), Outcome::Proven(Proof::Structure));
        assert_eq!(check("777777777777777A"), Outcome::Silent);
        assert_eq!(check("rtx3gsdsviaekwcn"), Outcome::Silent);
        assert_eq!(check("RTX3GSDSVEXAMPLE"), Outcome::Failed);
    }

    #[test]
    fn long_lived_bedrock_keys_name_user_and_account() {
        let key = |text: &str| format!("ABSK{}", STANDARD.encode(text)).into_bytes();
        let decoded = decode_bedrock_key(&key("BedrockAPIKey-ab12-at-111122223333:c2VjcmV0")).expect("decodes");
        assert_eq!(decoded.principal.as_deref(), Some("BedrockAPIKey-ab12"));
        assert_eq!((decoded.scope.as_deref(), decoded.class), (Some("111122223333"), Some(Class::Workload)));
        assert!(!format!("{decoded:?}").contains("c2Vj"));
        for text in ["BedrockAPIKey-ab12:c2VjcmV0", "jane-at-11112222:x", "jane doe-at-111122223333:x", "jane-at-111122223333:"] {
            assert_eq!(check_bedrock_key(&key(text)), Outcome::Silent, "{text}");
        }
    }

    #[test]
    fn short_lived_bedrock_keys_name_signer_and_lifetime() {
        let id = format!("ASIA{}", "RTX3GSDSVIAEKWCN");
        let url = format!(
            "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential={id}%2F20260901%2Fus-east-1%2Fbedrock%2Faws4_request\
             &X-Amz-Date=20260901T000000Z&X-Amz-Expires=43200&X-Amz-Signature=00&Version=1"
        );
        let decoded = decode_bedrock_key(format!("bedrock-api-key-{}", STANDARD.encode(url)).as_bytes()).expect("decodes");
        assert_eq!((decoded.principal.as_deref(), decoded.scope.as_deref()), (Some(&*id), Some("111122223333")));
        assert_eq!((decoded.issued, decoded.expires), (Some(1_788_220_800), Some(1_788_264_000)));
    }
}
