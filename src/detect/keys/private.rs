//! Private keys: the fingerprints of their public halves, which authorities, forges and clouds show.
//!
//! Sources: RFC 8017 (PKCS#1), RFC 5208 and 5958 (PKCS#8), RFC 5915 (SEC 1), RFC 8410 (Ed25519), RFC 5280 (SubjectPublicKeyInfo), RFC 4253
//! and 5656 (SSH's public keys), OpenSSH's `PROTOCOL.key`, PuTTY's key files; AWS, "Verify the fingerprint of your key pair".

use super::key;
use crate::detect::proof::{der_of, public_of_openssh};
use crate::model::{Key, KeyKind, hex};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// Curves by their object id and by SSH's name.
const CURVES: &[(&[u8], &str)] = &[(P256, "nistp256"), (P384, "nistp384"), (P521, "nistp521")];

/// A public key.
#[derive(Debug, PartialEq, Eq)]
enum Public {
    /// Modulus and exponent, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// The curve's object id, and the point in uncompressed form.
    Elliptic { curve: &'static [u8], point: Vec<u8> },
    /// The 32 bytes.
    Ed25519(Vec<u8>),
}

/// The fingerprints of the public half of a private key in any of the usual forms; none of anything else.
pub(super) fn keys(text: &str) -> Vec<Key> {
    let is_key = text.contains("PRIVATE KEY") || text.contains("PuTTY-User-Key-File") || text.contains("\"private_key\"");
    if !is_key {
        return Vec::new();
    }
    let text = inner(text);
    if let Some(blob) = putty(&text) {
        return of_blob(&blob);
    }
    let Some(der) = der_of(text.as_bytes()) else { return Vec::new() };
    if let Some(blob) = public_of_openssh(&der) {
        return of_blob(blob);
    }
    let Some((public, pkcs8)) = private(&der) else { return Vec::new() };
    let mut keys = fingerprints(&public);
    if matches!(public, Public::Rsa { .. }) {
        // Keys that EC2 made show SHA-1 of the private key, imported ones MD5 of the public key.
        keys.extend(key(KeyKind::Ec2Fp, &colons(&Sha1::digest(&*pkcs8))));
        keys.extend(key(KeyKind::Ec2Fp, &colons(&Md5::digest(spki(&public)))));
    }
    keys
}

/// The private key inside a JSON key file.
fn inner(text: &str) -> Zeroizing<String> {
    let parsed = serde_json::from_str::<serde_json::Value>(text).ok();
    let field = parsed.as_ref().and_then(|v| v.get("private_key")).and_then(serde_json::Value::as_str);
    Zeroizing::new(field.unwrap_or(text).to_owned())
}

fn colons(digest: &[u8]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":")
}

fn fingerprints(public: &Public) -> Vec<Key> {
    let blob = blob(public);
    let keys = [
        key(KeyKind::Spki, &hex(&Sha256::digest(spki(public)))),
        blob.and_then(|b| key(KeyKind::SshSha256, &STANDARD_NO_PAD.encode(Sha256::digest(b)))),
    ];
    keys.into_iter().flatten().collect()
}

/// The fingerprints of an SSH public key.
fn of_blob(blob: &[u8]) -> Vec<Key> {
    let own = key(KeyKind::SshSha256, &STANDARD_NO_PAD.encode(Sha256::digest(blob)));
    let spki = public_of_blob(blob).and_then(|p| key(KeyKind::Spki, &hex(&Sha256::digest(spki(&p)))));
    own.into_iter().chain(spki).collect()
}

/// The public key of a PuTTY key file.
fn putty(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("Public-Lines:")?;
    let mut lines = rest.lines();
    let count: usize = lines.next()?.trim().parse().ok().filter(|n| *n <= 64)?;
    let digits: String = lines.take(count).map(str::trim).collect();
    STANDARD.decode(digits).ok()
}

/// The public half of a private key in DER, and the key as PKCS#8.
fn private(der: &[u8]) -> Option<(Public, Zeroizing<Vec<u8>>)> {
    let mut content = sequence(der)?;
    let (version, _) = element(&mut content)?;
    let (tag, first) = element(&mut content)?;
    match (version, tag) {
        (INTEGER, INTEGER) => {
            let (_, e) = element(&mut content).filter(|(tag, _)| *tag == INTEGER)?;
            let algorithm = write(SEQUENCE, &[write(OID, RSA), write(NULL, &[])].concat());
            let wrapped = write(SEQUENCE, &[write(INTEGER, &[0]), algorithm, write(OCTET_STRING, der)].concat());
            Some((Public::Rsa { n: unsigned(first), e: unsigned(e) }, Zeroizing::new(wrapped)))
        }
        (INTEGER, SEQUENCE) => {
            let mut algorithm = first;
            let (_, oid) = element(&mut algorithm).filter(|(tag, _)| *tag == OID)?;
            let parameters = element(&mut algorithm).map(|(_, content)| content);
            let (_, inner) = element(&mut content).filter(|(tag, _)| *tag == OCTET_STRING)?;
            let public = match oid {
                RSA => private(inner)?.0,
                EC => elliptic(inner, parameters)?,
                ED25519 => Public::Ed25519(edwards(inner)?),
                _ => return None,
            };
            Some((public, Zeroizing::new(der.to_vec())))
        }
        (INTEGER, OCTET_STRING) => Some((elliptic(der, None)?, Zeroizing::new(der.to_vec()))),
        _ => None,
    }
}

/// The public half of SEC 1's key: as it says, else computed.
fn elliptic(der: &[u8], curve: Option<&[u8]>) -> Option<Public> {
    let mut content = sequence(der)?;
    element(&mut content)?;
    let (_, secret) = element(&mut content).filter(|(tag, _)| *tag == OCTET_STRING)?;
    let (mut named, mut point) = (curve.map(<[u8]>::to_vec), None);
    while let Some((tag, inner)) = element(&mut content) {
        let mut inner = inner;
        match (tag, element(&mut inner)) {
            (0xa0, Some((OID, oid))) => named = Some(oid.to_vec()),
            (0xa1, Some((BIT_STRING, [0, bits @ ..]))) => point = Some(bits.to_vec()),
            _ => {}
        }
    }
    let (curve, _) = CURVES.iter().find(|(oid, _)| named.as_deref() == Some(*oid))?;
    let point = point.filter(|p| p.first() == Some(&4)).or_else(|| computed(curve, secret))?;
    Some(Public::Elliptic { curve, point })
}

fn computed(curve: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    use p256::elliptic_curve::sec1::ToSec1Point as _;
    match curve {
        P256 => Some(p256::SecretKey::from_slice(secret).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec()),
        P384 => Some(p384::SecretKey::from_slice(secret).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec()),
        _ => None,
    }
}

/// The public half of an Ed25519 seed, which stands in an octet string of its own.
fn edwards(inner: &[u8]) -> Option<Vec<u8>> {
    let mut input = inner;
    let (_, seed) = element(&mut input).filter(|(tag, _)| *tag == OCTET_STRING)?;
    let seed: &[u8; 32] = seed.try_into().ok()?;
    Some(ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes().to_vec())
}

/// SubjectPublicKeyInfo.
fn spki(public: &Public) -> Vec<u8> {
    let (algorithm, bits) = match public {
        Public::Rsa { n, e } => {
            let integers = [write(INTEGER, &signed(n)), write(INTEGER, &signed(e))].concat();
            ([write(OID, RSA), write(NULL, &[])].concat(), write(SEQUENCE, &integers))
        }
        Public::Elliptic { curve, point } => ([write(OID, EC), write(OID, curve)].concat(), point.clone()),
        Public::Ed25519(bytes) => (write(OID, ED25519), bytes.clone()),
    };
    let bits = [&[0][..], &bits].concat();
    write(SEQUENCE, &[write(SEQUENCE, &algorithm), write(BIT_STRING, &bits)].concat())
}

/// SSH's form of a public key.
fn blob(public: &Public) -> Option<Vec<u8>> {
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    Some(match public {
        Public::Rsa { n, e } => [string(b"ssh-rsa"), string(&signed(e)), string(&signed(n))].concat(),
        Public::Ed25519(bytes) => [string(b"ssh-ed25519"), string(bytes)].concat(),
        Public::Elliptic { curve, point } => {
            let (_, name) = CURVES.iter().find(|(oid, _)| oid == curve)?;
            [string(format!("ecdsa-sha2-{name}").as_bytes()), string(name.as_bytes()), string(point)].concat()
        }
    })
}

fn public_of_blob(blob: &[u8]) -> Option<Public> {
    let mut input = blob;
    let mut next = || {
        let (length, rest) = input.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        input = rest;
        Some(data)
    };
    match next()? {
        b"ssh-rsa" => {
            let (e, n) = (unsigned(next()?), unsigned(next()?));
            Some(Public::Rsa { n, e })
        }
        b"ssh-ed25519" => Some(Public::Ed25519(next()?.to_vec())),
        kind if kind.starts_with(b"ecdsa-sha2-") => {
            let name = next()?;
            let (curve, _) = CURVES.iter().find(|(_, n)| n.as_bytes() == name)?;
            Some(Public::Elliptic { curve, point: next()?.to_vec() })
        }
        _ => None,
    }
}

/// A number without leading zeros.
fn unsigned(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|b| *b == 0).collect()
}

/// A number that is not taken for a negative one.
fn signed(number: &[u8]) -> Vec<u8> {
    if number.first().is_some_and(|b| b & 0x80 != 0) { [&[0][..], number].concat() } else { number.to_vec() }
}

/// An element of DER.
fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..0x80 => vec![tag, length as u8],
        0x80..0x100 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [head, content.to_vec()].concat()
}

/// The next element: its tag and content.
fn element<'a>(input: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (tag, len, rest) = match **input {
        [tag, len @ 0..=0x7f, ref rest @ ..] => (tag, usize::from(len), rest),
        [tag, 0x81, len, ref rest @ ..] => (tag, usize::from(len), rest),
        [tag, 0x82, high, low, ref rest @ ..] => (tag, usize::from(u16::from_be_bytes([high, low])), rest),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    *input = rest;
    Some((tag, content))
}

fn sequence(mut input: &[u8]) -> Option<&[u8]> {
    element(&mut input).filter(|(tag, _)| *tag == SEQUENCE).map(|(_, content)| content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(label: &str, der: &[u8]) -> String {
        let digits = STANDARD.encode(der);
        let lines: Vec<&str> = digits.as_bytes().chunks(64).map(|l| std::str::from_utf8(l).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    fn spki_of(keys: &[Key]) -> Option<String> {
        keys.iter().find(|k| k.kind == KeyKind::Spki).map(|k| k.value.to_string())
    }

    /// PKCS#8 of an Ed25519 seed.
    fn ed25519(seed: &[u8; 32]) -> Vec<u8> {
        let algorithm = write(SEQUENCE, &write(OID, ED25519));
        write(SEQUENCE, &[write(INTEGER, &[0]), algorithm, write(OCTET_STRING, &write(OCTET_STRING, seed))].concat())
    }

    #[test]
    fn an_ed25519_key_has_the_fingerprints_of_its_public_half() {
        // RFC 8032, section 7.1, test 1: seed and public key.
        let hexadecimal = |text: &str| (0..32).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect::<Vec<u8>>();
        let seed: [u8; 32] = hexadecimal("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").try_into().unwrap();
        let public = hexadecimal("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let found = keys(&pem("PRIVATE KEY", &ed25519(&seed)));
        assert_eq!(found, fingerprints(&Public::Ed25519(public.clone())));
        assert_eq!(found.len(), 2);
        // The same key in OpenSSH's container, whose private part need not be read.
        let blob = blob(&Public::Ed25519(public)).unwrap();
        assert_eq!(spki_of(&of_blob(&blob)), spki_of(&found));
    }

    #[test]
    fn an_elliptic_key_without_its_public_half_has_it_computed() {
        let secret = [0x11; 32];
        let point = computed(P256, &secret).unwrap();
        let bare = write(SEQUENCE, &[write(INTEGER, &[1]), write(OCTET_STRING, &secret), write(0xa0, &write(OID, P256))].concat());
        let whole = write(
            SEQUENCE,
            &[
                write(INTEGER, &[1]),
                write(OCTET_STRING, &secret),
                write(0xa0, &write(OID, P256)),
                write(0xa1, &write(BIT_STRING, &[&[0][..], &point].concat())),
            ]
            .concat(),
        );
        let found = keys(&pem("EC PRIVATE KEY", &bare));
        assert_eq!(found, keys(&pem("EC PRIVATE KEY", &whole)));
        let algorithm = write(SEQUENCE, &[write(OID, EC), write(OID, P256)].concat());
        let inner = write(SEQUENCE, &[write(INTEGER, &[1]), write(OCTET_STRING, &secret)].concat());
        let pkcs8 = write(SEQUENCE, &[write(INTEGER, &[0]), algorithm, write(OCTET_STRING, &inner)].concat());
        assert_eq!(found, keys(&pem("PRIVATE KEY", &pkcs8)));
    }

    #[test]
    fn an_rsa_key_is_the_same_in_both_containers_and_escaped() {
        let numbers = [
            write(INTEGER, &[0]),
            write(INTEGER, &[&[0][..], &[0xa5; 128]].concat()),
            write(INTEGER, &[1, 0, 1]),
            write(INTEGER, &[0x3c; 128]),
        ];
        let pkcs1 = write(SEQUENCE, &numbers.concat());
        let algorithm = write(SEQUENCE, &[write(OID, RSA), write(NULL, &[])].concat());
        let pkcs8 = write(SEQUENCE, &[write(INTEGER, &[0]), algorithm, write(OCTET_STRING, &pkcs1)].concat());
        let found = keys(&pem("RSA PRIVATE KEY", &pkcs1));
        assert_eq!(found, keys(&pem("PRIVATE KEY", &pkcs8)));
        assert_eq!(found, keys(&pem("RSA PRIVATE KEY", &pkcs1).replace('\n', "\\n")));
        assert_eq!(found.iter().filter(|k| k.kind == KeyKind::Ec2Fp).count(), 2);
        assert!(keys("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----").is_empty());
    }
}
