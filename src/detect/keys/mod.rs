//! What a credential says of itself: the join keys that an inventory may know it by.
//!
//! Nothing here is a finding's output: digests of short values could be guessed from, so they stay in memory.

mod digest;
mod identifier;
mod private;

use super::proof::decode;
use crate::model::{Class, Detector, Key, KeyKind, Kind, RecordKind, Timestamp, Wanted};
pub use identifier::{identifiers, signed_until};

/// What a value says.
#[derive(Debug, Default)]
pub struct Told {
    /// What it can be recognised by.
    pub keys: Vec<Key>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Who uses it.
    pub class: Option<Class>,
}

/// Longest value that is looked into.
const LONGEST: usize = 64 << 10;

/// What a value of a detector says of itself. `key` is the organisation's key of fingerprints.
pub fn told(detector: &Detector, value: &[u8], key: &[u8; 32]) -> Told {
    let mut told = Told { keys: digest::keys(value, &detector.provider, key), ..Told::default() };
    let Ok(text) = std::str::from_utf8(value) else { return told };
    if value.len() > LONGEST {
        return told;
    }
    if let Some(decoded) = decode(&detector.identity.decoder, value) {
        told.keys.extend(decoded.keys);
        told.class = decoded.class;
        told.expires = decoded.expires.map(Timestamp::utc);
    }
    told.keys.extend(private::keys(text));
    told.keys.extend(identifier::within(text));
    told.keys.extend(identifier::elastic(text).filter(|_| detector.provider == "elastic"));
    // Both a password and the address that holds it may be what a vault keeps.
    for part in identifier::secrets_within(text) {
        told.keys.extend(digest::keys(part.as_bytes(), &detector.provider, key));
    }
    told.expires = told.expires.or_else(|| signed_until(text));
    told.keys.sort();
    told.keys.dedup();
    told
}

/// The keys of a value that only some inventories ask for.
pub fn asked(value: &[u8], wanted: &Wanted) -> Vec<Key> {
    let mut keys = digest::wanted(value, wanted);
    if let Some(text) = std::str::from_utf8(value).ok().filter(|t| t.len() <= LONGEST) {
        keys.extend(identifier::secrets_within(text).iter().flat_map(|part| digest::wanted(part.as_bytes(), wanted)));
    }
    keys
}

/// The kind of record that an inventory has of what a detector finds.
pub fn record_kind(detector: &Detector) -> RecordKind {
    match detector.kind {
        Kind::AccessKey => RecordKind::AccessKey,
        Kind::ApiKey | Kind::SigningKey => RecordKind::ApiKey,
        Kind::OauthSecret => RecordKind::OauthSecret,
        Kind::SaKey => RecordKind::SaKey,
        Kind::Token | Kind::Session => RecordKind::Token,
        Kind::SshKey => RecordKind::SshKey,
        Kind::Cert | Kind::PrivateKey => RecordKind::Cert,
        Kind::CiSecret => RecordKind::CiSecret,
        // A key id alone stands for the key.
        Kind::Identifier if detector.provider == "aws" => RecordKind::AccessKey,
        Kind::Password | Kind::ConnectionString | Kind::Webhook | Kind::Identifier => RecordKind::Other,
    }
}

/// The provider that an inventory has records of what a detector finds under: of keys without an issuer, what they are for.
pub fn record_provider(detector: &Detector) -> &str {
    match (detector.provider.as_str(), record_kind(detector)) {
        ("private-keys", RecordKind::SshKey) => "ssh",
        ("private-keys", _) => "x509",
        ("entra" | "microsoft", _) => "azure",
        (provider, _) => provider,
    }
}

/// A key, unless the text cannot be one.
fn key(kind: KeyKind, text: &str) -> Option<Key> {
    Key::new(kind, text)
}
