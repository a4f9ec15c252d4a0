//! Offline proofs: checksums and structures inside a value, and what a value itself says of whose it is.
//!
//! A check never says that a credential works; it says that the value was made by the scheme it claims to come from. Nothing here
//! performs I/O or looks at a clock, and no type that holds a part of the secret can be printed.

mod aws;
mod azure;
mod crc;
mod encoding;
mod gcp;
mod gitlab;
mod jwt;
mod macaroon;
mod marvin;
mod nkey;
mod openssh;
mod pem;
mod sentry;

use crate::model::{Class, Key, Proof};

pub(super) use crc::base62_crc32;
pub(super) use openssh::public_of_openssh;
pub(super) use pem::der_of;

/// Longest value that is looked into, in bytes; of a longer one nothing is said.
const VALUE_LIMIT: usize = 64 << 10;

/// Longest identity taken out of a value, in bytes: what names a principal is short, what fills a report is hostile.
const IDENTITY_LIMIT: usize = 256;

/// Last second of the year 9999, the last one RFC 3339 can write.
const LAST_SECOND: i64 = 253_402_300_799;

/// What a check says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The structure holds.
    Proven(Proof),
    /// A proven scheme fails: the value is no credential of this kind.
    Failed,
    /// The check says nothing.
    Silent,
}

/// What a value says of its identity; it holds nothing of the secret part, so it may be printed.
///
/// Texts are at most 256 bytes long and free of control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Who it belongs to, in the provider's own notation.
    pub principal: Option<String>,
    /// Account, tenant, project or issuer.
    pub scope: Option<String>,
    /// Environment, such as `production`; no scheme known so far carries one.
    pub environment: Option<String>,
    /// When it was issued, in seconds since 1970-01-01T00:00:00Z.
    pub issued: Option<i64>,
    /// When it ends, in seconds since 1970-01-01T00:00:00Z.
    pub expires: Option<i64>,
    /// Who uses credentials of this form.
    pub class: Option<Class>,
    /// What an inventory may know it by.
    pub keys: Vec<Key>,
}

type Check = fn(&[u8]) -> Outcome;
type Decoder = fn(&[u8]) -> Option<Decoded>;

const CHECKS: &[(&str, Check)] = &[
    ("aws-key-id", aws::check_key_id),
    ("azure-cask", azure::check_cask),
    ("azure-devops-pat", azure::check_devops_pat),
    ("azure-his", azure::check_his),
    ("bedrock-key", aws::check_bedrock_key),
    ("gcp-service-account", gcp::check),
    ("github-crc32", crc::check_github),
    ("gitlab-routable", gitlab::check),
    ("grafana-crc32", crc::check_grafana),
    ("jwt", jwt::check),
    ("nkey-crc16", nkey::check),
    ("npm-crc32", crc::check_npm),
    ("openssh", pem::check_openssh),
    ("pem", pem::check),
    ("pypi-macaroon", macaroon::check),
    ("sentry-json", sentry::check),
];

const DECODERS: &[(&str, Decoder)] = &[
    ("aws-key-id", aws::decode_key_id),
    ("azure-cask", azure::decode_cask),
    ("bedrock-key", aws::decode_bedrock_key),
    ("gcp-service-account", gcp::decode),
    ("github", decode_github),
    ("gitlab-routable", gitlab::decode),
    ("jwt", jwt::decode),
    ("pypi-macaroon", macaroon::decode),
    ("sentry-json", sentry::decode),
];

/// Runs the named check on a value; silent on a name that is not known and on a value of more than 64 KiB.
pub fn check(name: &str, value: &[u8]) -> Outcome {
    match find(CHECKS, name) {
        Some(check) if value.len() <= VALUE_LIMIT => check(value),
        _ => Outcome::Silent,
    }
}

/// Reads identity out of a value with the named decoder; `None` when it has none, or the name is not known.
pub fn decode(name: &str, value: &[u8]) -> Option<Decoded> {
    let decoder = find(DECODERS, name)?;
    if value.len() <= VALUE_LIMIT { decoder(value) } else { None }
}

/// Whether a detector may name this, as `guards.checksum` or as `identity.decoder`.
pub fn is_known(name: &str) -> bool {
    find(CHECKS, name).is_some() || find(DECODERS, name).is_some()
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|&(_, entry)| entry)
}

/// GitHub's prefix tells people from applications; the token tells nothing else.
///
/// Source: GitHub's blog, "Behind GitHub's new authentication token formats".
fn decode_github(value: &[u8]) -> Option<Decoded> {
    let human: &[&[u8]] = &[b"ghp_", b"github_pat_"];
    let application: &[&[u8]] = &[b"gho_", b"ghu_", b"ghs_", b"ghr_"];
    let begins_with = |prefixes: &[&[u8]]| prefixes.iter().any(|p| value.starts_with(p));
    let class = match value {
        _ if begins_with(human) => Class::Human,
        _ if begins_with(application) => Class::Integration,
        _ => return None,
    };
    Some(Decoded { class: Some(class), ..Decoded::default() })
}

/// The text as an identity, unless it is empty, over-long or would upset a terminal.
fn identity(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= IDENTITY_LIMIT && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// A JSON number as seconds since the epoch, if a report can write that time.
fn seconds(number: &serde_json::Value) -> Option<i64> {
    let seconds = number.as_i64().or_else(|| number.as_f64().map(|s| s as i64))?;
    (1..=LAST_SECOND).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_every_name_is_known() {
        assert!(CHECKS.is_sorted_by_key(|(name, _)| *name));
        assert!(DECODERS.is_sorted_by_key(|(name, _)| *name));
        assert!(is_known("pem") && is_known("github"));
        assert!(!is_known("github-crc") && !is_known(""));
    }

    #[test]
    fn hostile_values_end_in_silence_or_failure() {
        let long = vec![b'A'; VALUE_LIMIT + 1];
        let values: [&[u8]; 8] = [b"", b".", b"..", b"=", b"\xff\xff", b"-----BEGIN -----", b"pypi-", &long];
        for (name, check) in CHECKS {
            for value in values {
                assert!(!matches!(check(value), Outcome::Proven(_)), "{name}");
            }
            assert_eq!(super::check(name, &long), Outcome::Silent, "{name}");
        }
        for (name, decode) in DECODERS {
            assert!(values.iter().all(|value| decode(value).is_none()), "{name}");
        }
    }

    #[test]
    fn github_prefixes_tell_people_from_applications() {
        let class = |value: &[u8]| decode("github", value).and_then(|d| d.class);
        assert_eq!(class(b"ghp_0"), Some(Class::Human));
        assert_eq!(class(b"ghs_0"), Some(Class::Integration));
        assert_eq!(class(b"ghx_0"), None);
    }

    #[test]
    fn identities_cannot_carry_control_characters_or_bulk() {
        assert_eq!(identity("a\u{1b}[2J"), None);
        assert_eq!(identity(&"a".repeat(IDENTITY_LIMIT + 1)), None);
        assert_eq!(identity("ci@acme").as_deref(), Some("ci@acme"));
    }
}
