//! Digests of a secret, as issuers and vaults keep them.

use crate::model::{Key, KeyKind, Wanted, canonical, fingerprint, hex};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};

/// The digests that some source may show of a value.
pub(super) fn keys(value: &[u8], provider: &str, key: &[u8; 32]) -> Vec<Key> {
    let value = canonical(value);
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

/// The digests that only some inventories ask for.
pub(super) fn wanted(value: &[u8], wanted: &Wanted) -> Vec<Key> {
    let value = canonical(value);
    let mut keys: Vec<Key> = wanted.pinned(value).collect();
    if wanted.hmsl && !value.is_empty() {
        keys.extend(Key::new(KeyKind::Hmsl, &hmsl(value)));
    }
    keys
}

/// GitGuardian's `HasMySecretLeaked` hash: scrypt with a public salt, 32 bytes.
///
/// Source: GitGuardian/ggshield, `ggshield/verticals/hmsl/crypto.py` (n = 2048, r = 8, p = 1, salt = SHA-256 of `GitGuardian`).
fn hmsl(value: &[u8]) -> String {
    let params = scrypt::Params::new(11, 8, 1).expect("sound parameters");
    let mut hash = [0; 32];
    scrypt::scrypt(value, &Sha256::digest(b"GitGuardian"), &params, &mut hash).expect("a sound length");
    hex(&hash)
}

/// Microsoft's cross-company correlating id, of the hexadecimal SHA-256.
///
/// Source: microsoft/security-utilities, `GenerateCrossCompanyCorrelatingId`.
fn c3id(digest: &str) -> String {
    let id = Sha256::new().chain_update("CrossMicrosoftCorrelatingId:").chain_update(digest.to_ascii_uppercase()).finalize();
    STANDARD.encode(&id[..15])
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
        let hash = wanted(b"FAKE-secret-value-000\n", &Wanted { hmsl: true, ..Wanted::default() });
        assert!(hash[0].kind == KeyKind::Hmsl && hash[0].value.starts_with("ae75e9db") && hash[0].value.ends_with("fbd30"), "{hash:?}");
    }
}
