//! Private keys that are whole in form and hold nothing: every number in them is random.

use super::random::Random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Characters in a line of a PEM block (RFC 7468), and in OpenSSH's.
const PEM_WIDTH: usize = 64;
const OPENSSH_WIDTH: usize = 70;

/// Bytes in a block that is only random.
const BLOCK_LEN: usize = 600;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The parameters and public key of a SEC 1 key, by context-specific tag.
const PARAMETERS: u8 = 0xa0;
const PUBLIC_KEY: u8 = 0xa1;

/// The object identifier of the curve P-256, 1.2.840.10045.3.1.7, as an element.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// A PEM block of random bytes.
pub(super) fn block(label: &str, random: &mut Random) -> String {
    random.encoded(BLOCK_LEN, |bytes| pem(label, &bytes, PEM_WIDTH))
}

/// An RSA key of 2048 bits in PKCS#1 (RFC 8017, appendix A.1.2).
pub(super) fn rsa(random: &mut Random) -> String {
    let mut fields = der(INTEGER, &[0]);
    fields.extend(integer(256, random));
    fields.extend(der(INTEGER, &[1, 0, 1]));
    for len in [256, 128, 128, 128, 128, 128] {
        fields.extend(integer(len, random));
    }
    pem("RSA PRIVATE KEY", &der(SEQUENCE, &fields), PEM_WIDTH)
}

/// A P-256 key in SEC 1 form (RFC 5915).
pub(super) fn ec(random: &mut Random) -> String {
    let point = [&[0, 4][..], &random.bytes(64)].concat();
    let fields =
        [der(INTEGER, &[1]), der(OCTET_STRING, &random.bytes(32)), der(PARAMETERS, &P256), der(PUBLIC_KEY, &der(BIT_STRING, &point))];
    pem("EC PRIVATE KEY", &der(SEQUENCE, &fields.concat()), PEM_WIDTH)
}

/// An Ed25519 key without passphrase in OpenSSH's container (OpenSSH's `PROTOCOL.key`).
pub(super) fn openssh(random: &mut Random) -> String {
    let (check, public, secret) = (random.bytes(4), random.bytes(32), random.bytes(32));
    let kind = string(b"ssh-ed25519");
    let pair = string(&[&secret[..], &public].concat());
    let mut private = [&check[..], &check, &kind, &string(&public), &pair, &string(b"ci@build")].concat();
    let padding = private.len().next_multiple_of(8) - private.len();
    private.extend((1..=8).take(padding));
    let head = [&b"openssh-key-v1\0"[..], &string(b"none"), &string(b"none"), &string(b""), &[0, 0, 0, 1]].concat();
    let body = [&head[..], &string(&[kind, string(&public)].concat()), &string(&private)].concat();
    pem("OPENSSH PRIVATE KEY", &body, OPENSSH_WIDTH)
}

/// A PEM block without a newline at its end.
fn pem(label: &str, body: &[u8], width: usize) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(body).as_bytes().chunks(width) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text + "-----END " + label + "-----"
}

/// A DER element of less than 64 KiB.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).expect("keys are small");
    let [high, low] = len.to_be_bytes();
    let head = match len {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}

/// A positive, odd INTEGER whose topmost bit of `len` bytes is set.
fn integer(len: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes = random.bytes(len);
    bytes[0] |= 0x80;
    bytes[len - 1] |= 1;
    bytes.insert(0, 0);
    der(INTEGER, &bytes)
}

/// A string of the SSH protocol: its length in four bytes, and its bytes (RFC 4251, section 5).
fn string(bytes: &[u8]) -> Vec<u8> {
    let len = u32::try_from(bytes.len()).expect("keys are small");
    [&len.to_be_bytes(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::proof::{Outcome, check};
    use crate::model::Proof;

    #[test]
    fn keys_are_whole_in_form() {
        for (name, generate) in [("pem", rsa as fn(&mut Random) -> String), ("pem", ec), ("pem", openssh), ("openssh", openssh)] {
            for seed in ["a", "b", "c"] {
                let key = generate(&mut Random::new(seed));
                assert_eq!(check(name, key.as_bytes()), Outcome::Proven(Proof::Structure), "{key}");
            }
        }
        let block = block("PRIVATE KEY", &mut Random::new("a"));
        assert_eq!(check("pem", block.as_bytes()), Outcome::Silent, "random bytes are no key");
    }
}
