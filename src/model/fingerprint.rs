//! Digests of secrets: the organisation's keyed fingerprint, and the digests by which sources know what they do not show.

use super::{Key, KeyKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use std::fmt;

/// Least bytes of a digest that tells one secret from all others.
const SHORTEST: usize = 8;

/// The bytes of a secret that digests are made of: all but one newline at the end, which files and shells add.
pub fn canonical(secret: &[u8]) -> &[u8] {
    secret.strip_suffix(b"\n").unwrap_or(secret)
}

/// `kfp1`: base64url of the first 16 bytes of HMAC-SHA-256(key, SHA-256(secret)), 22 characters.
pub fn fingerprint(key: &[u8; 32], secret: &[u8]) -> String {
    fingerprint_of(key, &Sha256::digest(canonical(secret)).into())
}

/// The same, of the SHA-256 of a secret: so the secret itself need not be there.
pub fn fingerprint_of(key: &[u8; 32], digest: &[u8; 32]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length of key will do");
    mac.update(digest);
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
}

/// The id of a key of fingerprints: the first eight hexadecimal digits of its SHA-256.
pub fn key_id(key: &[u8; 32]) -> String {
    hex(&Sha256::digest(key)[..4])
}

/// Bytes of a digest as sources write it: hexadecimal, base64 or base64url, with or without padding.
pub fn digest_bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.len() >= 2 * SHORTEST && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect();
    }
    let bare = text.trim_end_matches('=');
    STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok().filter(|b| b.len() >= SHORTEST)
}

/// How a source makes its digest of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Algorithm {
    /// The hash.
    pub hash: Hash,
    /// How many bytes of it are kept.
    pub bytes: u8,
    /// What is taken off the beginning of the secret first.
    pub strip: Box<str>,
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Hash {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// All hash functions, with their names.
pub const HASHES: &[(&str, Hash)] = &[("md5", Hash::Md5), ("sha1", Hash::Sha1), ("sha256", Hash::Sha256), ("sha512", Hash::Sha512)];

impl Hash {
    /// All bytes of the hash of a value.
    fn of(self, value: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(value).to_vec(),
            Self::Sha1 => Sha1::digest(value).to_vec(),
            Self::Sha256 => Sha256::digest(value).to_vec(),
            Self::Sha512 => Sha512::digest(value).to_vec(),
        }
    }

    /// Bytes of a whole hash.
    pub fn bytes(self) -> u8 {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        HASHES.iter().find(|(_, hash)| *hash == self).map_or("", |(name, _)| name)
    }
}

impl Algorithm {
    /// The digest of a secret; `None` where it does not begin with what is to be taken off.
    pub fn digest(&self, secret: &[u8]) -> Option<Vec<u8>> {
        let bare = canonical(secret).strip_prefix(self.strip.as_bytes())?;
        let mut digest = self.hash.of(bare);
        digest.truncate(usize::from(self.bytes));
        Some(digest)
    }

    /// The join key of a digest that a source shows; `None` where it is none of this algorithm's.
    pub fn key(&self, shown: &str) -> Option<Key> {
        let bytes = digest_bytes(shown).filter(|b| b.len() == usize::from(self.bytes))?;
        self.key_of(&bytes)
    }

    /// The join key of a secret.
    pub fn key_of_secret(&self, secret: &[u8]) -> Option<Key> {
        self.key_of(&self.digest(secret)?)
    }

    /// The join key of a digest. Long SHA-256 of the whole secret are one kind of key, however much of them is shown.
    fn key_of(&self, digest: &[u8]) -> Option<Key> {
        if self.hash == Hash::Sha256 && self.strip.is_empty() && self.bytes >= 16 {
            return Key::new(KeyKind::S256, &hex(digest));
        }
        Key::new(KeyKind::Digest, &format!("{self}:{}", hex(digest)))
    }

    /// The algorithms by which a source may have come from a secret to a digest: none, one, or rarely several.
    pub fn candidates(secret: &[u8], shown: &str) -> Vec<Self> {
        let Some(wanted) = digest_bytes(shown) else { return Vec::new() };
        let Ok(bytes) = u8::try_from(wanted.len()) else { return Vec::new() };
        let starts = beginnings(canonical(secret));
        let all = HASHES.iter().flat_map(|(_, hash)| starts.iter().map(|start| Self { hash: *hash, bytes, strip: (*start).into() }));
        all.filter(|a| a.bytes <= a.hash.bytes() && a.digest(secret).is_some_and(|d| d == wanted)).collect()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hash.as_str())?;
        if self.bytes != self.hash.bytes() {
            write!(f, "/{}", self.bytes)?;
        }
        if self.strip.is_empty() { Ok(()) } else { write!(f, "-{}", self.strip) }
    }
}

/// What may be a prefix of a token: nothing, and what ends in `-`, `_` or `.` within its first characters.
fn beginnings(secret: &[u8]) -> Vec<&str> {
    const LONGEST: usize = 24;
    let Ok(text) = std::str::from_utf8(secret) else { return vec![""] };
    let ends = text.char_indices().take(LONGEST).filter(|(_, c)| "-_.".contains(*c)).map(|(at, _)| &text[..=at]);
    std::iter::once("").chain(ends).collect()
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"FAKE-secret-value-000\n";

    #[test]
    fn the_fingerprint_of_a_digest_is_that_of_the_secret() {
        let digest = Sha256::digest(b"FAKE-secret-value-000").into();
        assert_eq!(fingerprint(&[7; 32], SECRET), fingerprint_of(&[7; 32], &digest));
        assert_eq!(fingerprint(&[7; 32], SECRET).len(), 22);
        assert_ne!(fingerprint(&[7; 32], SECRET), fingerprint(&[8; 32], SECRET));
    }

    #[test]
    fn published_digests_are_told_by_their_algorithm() {
        let told = |shown: &str| Algorithm::candidates(SECRET, shown).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(told("111f74b569795e5910518be3f291704ad7f908c3afb3f75258340f3a4f170bf7"), "sha256", "as LiteLLM");
        assert_eq!(told("ER90tWl5XlkQUYvj8pFwStf5CMOvs/dSWDQPOk8XC/c="), "sha256", "as GitHub");
        assert_eq!(told("ER90tWl5XlkQUYvj8pFwSg"), "sha256/16", "as Okta");
        assert_eq!(told("ER90tWl5XlkQUYvj8pFwSA"), "", "of another secret");
        assert_eq!(told("short"), "");
        let stripped = hex(&Sha1::digest(b"secret-value-000"));
        assert_eq!(told(&stripped), "sha1-FAKE-");
    }

    #[test]
    fn one_secret_has_one_key_whoever_shows_its_digest() {
        let whole = Algorithm { hash: Hash::Sha256, bytes: 32, strip: "".into() };
        let half = Algorithm { bytes: 16, ..whole.clone() };
        assert_eq!(whole.key_of_secret(SECRET), half.key_of_secret(SECRET));
        let other = Algorithm { hash: Hash::Sha1, bytes: 20, strip: "FAKE-".into() };
        assert_eq!(other.key(&hex(&Sha1::digest(b"secret-value-000"))), other.key_of_secret(SECRET));
        assert_eq!(other.key("00ff"), None, "too short");
        assert_eq!(other.key_of_secret(b"another"), None, "has no such prefix");
    }
}
