//! Digests of a secret, as issuers and vaults keep them.

use crate::model::{Key, KeyKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

/// `kfp1`: base64url of HMAC-SHA-256(key, SHA-256(value without one trailing newline)), first 16 bytes.
pub fn fingerprint(key: &[u8; 32], value: &[u8]) -> String {
    let digest = Sha256::digest(value.strip_suffix(b"\n").unwrap_or(value));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length of key will do");
    mac.update(&digest);
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
}

/// The digests that some source may show of a value.
pub(super) fn keys(value: &[u8], provider: &str, key: &[u8; 32]) -> Vec<Key> {
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    if value.is_empty() {
        return Vec::new();
    }
    let whole = hex(&Sha256::digest(value));
    let mut keys =
        vec![Key::new(KeyKind::S256, &whole), Key::new(KeyKind::Kfp1, &fingerprint(key, value)), Key::new(KeyKind::C3id, &c3id(&whole))];
    if provider == "npm" {
        keys.push(Key::new(KeyKind::Sha512, &hex(&Sha512::digest(value))));
    }
    keys.into_iter().flatten().collect()
}

/// Microsoft's cross-company correlating id, of the hexadecimal SHA-256.
///
/// Source: microsoft/security-utilities, `GenerateCrossCompanyCorrelatingId`.
fn c3id(digest: &str) -> String {
    let id = Sha256::new().chain_update("CrossMicrosoftCorrelatingId:").chain_update(digest.to_ascii_uppercase()).finalize();
    STANDARD.encode(&id[..15])
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_published_vector() {
        let value =
            |kind| keys(b"FAKE-secret-value-000\n", "npm", &[7; 32]).into_iter().find(|k| k.kind == kind).map(|k| k.value.to_string());
        assert_eq!(value(KeyKind::S256).as_deref(), Some("111f74b569795e5910518be3f291704a"));
        assert_eq!(value(KeyKind::C3id).as_deref(), Some("MlO1xyDRFQC1IjxNHqzj"));
        assert_eq!(value(KeyKind::Sha512).map(|v| v.len()), Some(128));
        assert_eq!(value(KeyKind::Kfp1).map(|v| v.len()), Some(22));
    }
}
