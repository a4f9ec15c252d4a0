//! PyPI's API tokens: `pypi-` and a macaroon of version 2 in URL-safe base64.
//!
//! Source: the macaroon binary format of go-macaroon ("doc/format.txt"), pypi/warehouse `macaroons` for identifier and caveats.

use super::encoding::base64url;
use super::{Decoded, Outcome, identity, seconds};
use crate::model::{Class, Key, KeyKind, Proof};
use serde_json::Value;

/// What a section ends with, instead of a field.
const END: u8 = 0;

/// Kinds of fields.
const IDENTIFIER: u64 = 2;
const SIGNATURE: u64 = 6;

/// Length of a signature: an HMAC-SHA-256.
const SIGNATURE_LEN: usize = 32;

/// The public part of a macaroon.
struct Macaroon {
    identifier: Vec<u8>,
    caveats: Vec<Vec<u8>>,
}

/// Reads a token; `None` unless the macaroon is whole, with nothing behind its signature.
fn parse(value: &[u8]) -> Option<Macaroon> {
    let bytes = base64url(value.strip_prefix(b"pypi-")?)?;
    let mut input = bytes.strip_prefix(&[2])?;
    let identifier = section(&mut input)?;
    let mut caveats = Vec::new();
    while *input.first()? != END {
        caveats.push(section(&mut input)?);
    }
    input = &input[1..];
    let (kind, signature) = field(&mut input)?;
    let whole = kind == SIGNATURE && signature.len() == SIGNATURE_LEN && input.is_empty();
    whole.then_some(Macaroon { identifier, caveats })
}

/// The identifier of the next section, which goes up to its end mark; the list of caveats ends in a second one.
fn section(input: &mut &[u8]) -> Option<Vec<u8>> {
    let mut identifier = None;
    while *input.first()? != END {
        let (kind, data) = field(input)?;
        if kind == IDENTIFIER {
            identifier = Some(data.to_vec());
        }
    }
    *input = &input[1..];
    identifier
}

/// The next field: its kind and its data.
fn field<'a>(input: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let kind = varint(input)?;
    let len = usize::try_from(varint(input)?).ok()?;
    let (data, rest) = input.split_at_checked(len)?;
    *input = rest;
    Some((kind, data))
}

/// An unsigned number in groups of seven bits, least significant first; at most four groups.
fn varint(input: &mut &[u8]) -> Option<u64> {
    let len = input.iter().take(4).position(|b| b & 0x80 == 0)? + 1;
    let (groups, rest) = input.split_at(len);
    *input = rest;
    Some(groups.iter().rev().fold(0, |number, group| number << 7 | u64::from(group & 0x7f)))
}

/// A whole macaroon; the signature cannot be checked without PyPI's key.
pub(super) fn check(value: &[u8]) -> Outcome {
    parse(value).map_or(Outcome::Failed, |_| Outcome::Proven(Proof::Structure))
}

/// The identifier, which is the token's id at PyPI, and what its caveats say of lifetime and publisher.
pub(super) fn decode(value: &[u8]) -> Option<Decoded> {
    let macaroon = parse(value)?;
    let principal = std::str::from_utf8(&macaroon.identifier).ok().and_then(identity);
    let keys = principal.as_deref().and_then(|id| Key::new(KeyKind::PypiMacaroon, id)).into_iter().collect();
    let mut decoded = Decoded { principal, keys, ..Decoded::default() };
    for caveat in &macaroon.caveats {
        // Caveats are lists that begin with a tag: 0 is an expiration with its beginning, 4 a trusted publisher.
        let Ok(Value::Array(list)) = serde_json::from_slice(caveat) else { continue };
        match list.first().and_then(Value::as_u64) {
            Some(0) => {
                decoded.expires = list.get(1).and_then(seconds);
                decoded.issued = list.get(2).and_then(seconds);
            }
            Some(4) => decoded.class = Some(Class::Workload),
            _ => {}
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    const UUID: &str = "5b0e6c1d-93f2-4c7a-8e51-2d4f7a90c3e6";

    fn token(caveats: &[&str], signature: &[u8]) -> Vec<u8> {
        let packet = |kind: u8, data: &[u8]| [&[kind, data.len() as u8], data].concat();
        let mut bytes = [&[2][..], &packet(1, b"pypi.org"), &packet(2, UUID.as_bytes()), &[0]].concat();
        for caveat in caveats {
            bytes.extend(packet(2, caveat.as_bytes()));
            bytes.push(0);
        }
        bytes.push(0);
        bytes.extend(packet(6, signature));
        format!("pypi-{}", URL_SAFE_NO_PAD.encode(bytes)).into_bytes()
    }

    #[test]
    fn only_whole_macaroons_are_tokens() {
        let whole = token(&[r#"{"version":1,"permissions":"user"}"#], &[9; 32]);
        assert_eq!(check(&whole), Outcome::Proven(Proof::Structure));
        assert_eq!(check(&token(&[], &[9; 31])), Outcome::Failed);
        assert_eq!(check(&whole[..whole.len() - 4]), Outcome::Failed);
        assert_eq!(check(&[&whole[..], b"AAAA"].concat()), Outcome::Failed);
        assert_eq!(check(&whole[5..]), Outcome::Failed);
    }

    #[test]
    fn the_identifier_and_caveats_decode() {
        let decoded = decode(&token(&["[1,[\"app\"]]", "[0,1700003600,1700000000]", "[4,\"x\"]"], &[9; 32])).expect("decodes");
        assert_eq!(decoded.principal.as_deref(), Some(UUID));
        assert_eq!((decoded.issued, decoded.expires), (Some(1_700_000_000), Some(1_700_003_600)));
        assert_eq!(decoded.class, Some(Class::Workload));
    }

    #[test]
    fn endless_and_oversized_fields_are_refused() {
        assert_eq!(varint(&mut &[0x80, 0x80, 0x80, 0x80, 0x01][..]), None);
        assert_eq!(varint(&mut &[0xac, 0x02][..]), Some(300));
        assert_eq!(field(&mut &[2, 200, 1, 0][..]), None);
    }
}
