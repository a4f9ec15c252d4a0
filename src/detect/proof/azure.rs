//! Microsoft's identifiable keys: the first form with a signature near its end, the later annotated form, Azure DevOps tokens.
//!
//! Source: microsoft/security-utilities (`IdentifiableSecrets`, `IdentifiableMetadata`, `AdoLegacyPat`).

use super::crc::crc32;
use super::encoding::{base32, base62, base64};
use super::marvin::marvin32;
use super::{Decoded, Outcome};
use crate::model::{Proof, Timestamp};
use zeroize::Zeroizing;

/// A kind of identifiable key.
struct Kind {
    /// What stands before the checksum.
    signature: &'static [u8],
    /// Length in bytes, once decoded.
    len: usize,
    /// The names its seeds are made of.
    seeds: &'static [&'static [u8; 8]],
}

const MESSAGING: &[&[u8; 8]] = &[b"Send0000", b"Manage00", b"Listen00", b"System00", b"Unknown0"];

const KINDS: &[Kind] = &[
    Kind { signature: b"+ASt", len: 64, seeds: &[b"Default0"] },
    Kind {
        signature: b"ACDb",
        len: 64,
        seeds: &[b"MastRW00", b"MastRO00", b"SystRW00", b"SystRO00", b"SysAll00", b"Resour00", b"Encryp00"],
    },
    Kind { signature: b"+ABa", len: 64, seeds: &[b"AbAcct00"] },
    Kind { signature: b"+AMC", len: 64, seeds: &[b"Classic0"] },
    Kind { signature: b"APIM", len: 64, seeds: &[b"Tenant00", b"IoTHub00", b"Gatewy00", b"GitKey00"] },
    Kind { signature: b"AzFu", len: 40, seeds: &[b"Master00", b"System00", b"Functi00"] },
    Kind { signature: b"AzSe", len: 39, seeds: &[b"Query000", b"PAdmin00"] },
    Kind { signature: b"+ACR", len: 39, seeds: &[b"ACRDflt0"] },
    Kind { signature: b"+ASb", len: 32, seeds: MESSAGING },
    Kind { signature: b"+AEh", len: 32, seeds: MESSAGING },
    Kind { signature: b"+ARm", len: 32, seeds: MESSAGING },
    Kind { signature: b"AIoT", len: 32, seeds: &[b"IoTHub00", b"DpsKey00", b"Device00"] },
    Kind { signature: b"AZEG", len: 32, seeds: &[b"SendRecv", b"Default0"] },
    Kind { signature: b"AzCa", len: 32, seeds: &[b"Access00"] },
];

/// Kinds of which a mismatch proves nothing: the sources disagree on the seed of Event Grid, and Redis keys may have had `+` and `/`
/// replaced after their checksum was computed.
const UNCERTAIN: &[&[u8]] = &[b"AZEG", b"AzCa"];

/// Base64 digits of a four-byte checksum at the end of a key, without padding.
const CHECKSUM_DIGITS: usize = 6;

/// Identifiable keys of the first form: base64 whose last four bytes are the Marvin32 of all before them.
///
/// Silent on a signature or length that is not known, and on derived keys, which are longer.
pub(super) fn check_his(value: &[u8]) -> Outcome {
    let text: Zeroizing<Vec<u8>> = Zeroizing::new(value.iter().copied().filter(|b| *b != b'=').map(standard_digit).collect());
    let signature_of = |at: usize| KINDS.iter().find(|kind| text[at..].starts_with(kind.signature));
    let Some(kind) = text.len().checked_sub(CHECKSUM_DIGITS + 4).and_then(signature_of) else {
        return Outcome::Silent;
    };
    let Some(bytes) = base64(&text) else {
        return Outcome::Failed;
    };
    match bytes.split_last_chunk::<4>() {
        Some(_) if bytes.len() != kind.len => Outcome::Silent,
        Some((key, sum)) if kind.seeds.iter().any(|name| marvin32(key, seed(name)) == u32::from_le_bytes(*sum)) => {
            Outcome::Proven(Proof::Checksum)
        }
        _ if UNCERTAIN.contains(&kind.signature) => Outcome::Silent,
        _ => Outcome::Failed,
    }
}

/// Function keys are written in the URL-safe alphabet.
fn standard_digit(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

/// The seed a versioned name of eight letters stands for.
const fn seed(name: &[u8; 8]) -> u64 {
    u64::from_be_bytes(*name)
}

/// An annotated key: 52 random characters, `JQQJ9` and a kind, year and month of allocation, 12 characters of the platform, 4 of the
/// provider, the provider's signature, and a checksum of 4 or, in the long form, 8 characters.
struct Annotated<'a> {
    key: &'a [u8],
    checksum: &'a [u8],
    year: u16,
    month: u8,
}

/// Takes an annotated key apart; `None` unless every part has its form.
fn annotated(value: &[u8]) -> Option<Annotated<'_>> {
    let (key, checksum) = value.split_at_checked(80)?;
    let sum_digits = match checksum.len() {
        4 => checksum,
        8 => checksum.strip_suffix(b"==")?,
        _ => return None,
    };
    let signature = &key[76..];
    let one_case = signature.iter().all(|b| !b.is_ascii_lowercase()) || signature.iter().all(|b| !b.is_ascii_uppercase());
    let alphanumeric = key.iter().chain(sum_digits).all(u8::is_ascii_alphanumeric);
    let marked = key[52..].starts_with(b"JQQJ9") && matches!(key[57], b'9' | b'D' | b'H');
    let (year, month) = (base64_digit(key[58])?, key[59].wrapping_sub(b'A'));
    if !alphanumeric || !marked || !one_case || !signature[0].is_ascii_alphabetic() || month > 11 {
        return None;
    }
    Some(Annotated { key, checksum, year: 2024 + u16::from(year), month: month + 1 })
}

/// The value of an alphanumeric base64 digit.
fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        _ => None,
    }
}

/// Whether the checksum of an annotated key is the Marvin32 of its key part, written in base64 or in base62.
fn checksum_holds(parts: &Annotated<'_>, seed: u64) -> bool {
    let (Some(key), Some(found)) = (base64(parts.key), base64(parts.checksum)) else {
        return false;
    };
    let sum = marvin32(&key, seed).to_le_bytes();
    // Base62 leaves out leading zeros but one a zero byte, and is filled up behind.
    let digits = base62(u32::from_be_bytes(sum));
    let zeros = sum.iter().take(3).take_while(|b| **b == 0).count();
    let significant = digits.iter().position(|d| *d != b'0').unwrap_or(5);
    let text: Vec<u8> = [&b"000"[..zeros], &digits[significant..], b"000000"].concat();
    let as_base62 = base64(&text[..CHECKSUM_DIGITS]);
    sum.starts_with(&found) || as_base62.is_some_and(|bytes| bytes.starts_with(&found))
}

/// Annotated keys. Only the form can fail: the seed of the checksum is known from source, not from a published key, so a checksum that
/// does not match still leaves the structure proven.
pub(super) fn check_cask(value: &[u8]) -> Outcome {
    match annotated(value) {
        Some(parts) if checksum_holds(&parts, seed(b"Default0")) => Outcome::Proven(Proof::Checksum),
        Some(_) => Outcome::Proven(Proof::Structure),
        None => Outcome::Failed,
    }
}

/// The month of allocation, as the first second of it.
pub(super) fn decode_cask(value: &[u8]) -> Option<Decoded> {
    let parts = annotated(value)?;
    let issued = Timestamp::parse(&format!("{}-{:02}-01T00:00:00Z", parts.year, parts.month))?.seconds;
    Some(Decoded { issued: Some(issued), ..Decoded::default() })
}

/// What the CRC-32 of an Azure DevOps token is combined with: of a user's token, of an application's.
const DEVOPS_MASKS: [u32; 2] = [0xe0b9_692d, 0x1019_f92e];

/// Where the checksum lies among the 32 bytes of an Azure DevOps token, least significant byte first.
const DEVOPS_SUM: [usize; 4] = [22, 8, 7, 2];

/// Azure DevOps tokens: 52 base32 characters with a masked CRC-32 spread among them, or annotated keys of 84.
pub(super) fn check_devops_pat(value: &[u8]) -> Outcome {
    if value.len() == 84 {
        return check_cask(value);
    }
    if value.len() != 52 {
        return Outcome::Silent;
    }
    let Some(bytes) = base32(value) else {
        return Outcome::Failed;
    };
    let sum = u32::from_le_bytes(DEVOPS_SUM.map(|at| bytes[at]));
    let token: Vec<u8> = (0..32).filter(|at| !DEVOPS_SUM.contains(at)).map(|at| bytes[at]).collect();
    if DEVOPS_MASKS.contains(&(crc32(&token) ^ sum)) { Outcome::Proven(Proof::Checksum) } else { Outcome::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVEN: Outcome = Outcome::Proven(Proof::Checksum);

    #[test]
    fn identifiable_keys_match_the_vectors_of_their_maker() {
        let vectors = [
            ("a", 76, "+ASt", "5mnCaw=="),
            ("a", 76, "ACDb", "OpqrYA=="),
            ("a", 76, "+ABa", "13FZVQ=="),
            ("a", 76, "+AMC", "FNqWyA=="),
            ("a", 76, "APIM", "HbKhsQ=="),
            ("d", 44, "AzFu", "182vhA=="),
            ("a", 42, "AzSe", "CjhzCu"),
            ("d", 42, "+ACR", "CUDxQE"),
            ("a", 33, "+ARm", "D7h+qo="),
            ("a", 33, "+AEh", "G2s/8w="),
            ("a", 33, "+ASb", "HpHeAI="),
            ("a", 33, "AIoT", "Oumzco="),
        ];
        for (digit, count, signature, sum) in vectors {
            let key = format!("{}{signature}{sum}", digit.repeat(count));
            assert_eq!(check_his(key.as_bytes()), PROVEN, "{signature}");
            assert_eq!(check_his(key.trim_end_matches('=').as_bytes()), PROVEN, "{signature} unpadded");
            assert_eq!(check_his(format!("c{}", &key[1..]).as_bytes()), Outcome::Failed, "{signature} changed");
            assert_eq!(check_his(format!("aaaa{key}").as_bytes()), Outcome::Silent, "{signature} of another length");
        }
        assert_eq!(check_his(format!("{}AZEG{}", "b".repeat(33), "LiQbng=").as_bytes()), PROVEN);
        assert_eq!(check_his(format!("{}AZEG{}", "c".repeat(33), "LiQbng=").as_bytes()), Outcome::Silent);
        assert_eq!(check_his(format!("{}AzCa{}", "a".repeat(33), "D7h+qo=").as_bytes()), Outcome::Silent);
        assert_eq!(check_his(format!("{}abcd{}", "a".repeat(33), "D7h+qo=").as_bytes()), Outcome::Silent);
    }

    #[test]
    fn the_checksum_of_annotated_keys_matches_the_vectors_of_their_maker() {
        // Published keys are made with the seed 1.
        for (digit, sum) in [("H", "03Ml"), ("I", "q6gN"), ("6", "rS9sdA=="), ("8", "T8jEyQ==")] {
            let key = format!("{}JQQJ99AE{}AZFU{sum}", digit.repeat(52), "A".repeat(16)).into_bytes();
            let parts = annotated(&key).expect(sum);
            assert!(checksum_holds(&parts, 1), "{sum}");
            assert!(!checksum_holds(&parts, 2), "{sum}");
            assert_eq!(check_cask(&key), Outcome::Proven(Proof::Structure), "{sum}");
            let may = Timestamp::parse("2024-05-01T00:00:00Z").map(|t| t.seconds);
            assert_eq!(decode_cask(&key).expect(sum).issued, may);
        }
    }

    #[test]
    fn annotated_keys_may_write_their_checksum_in_base62() {
        for random in ["A", "B", "C", "D"] {
            let key = format!("{}JQQJ99BL{}ACOG", random.repeat(52), "x".repeat(16));
            let sum = marvin32(&base64(key.as_bytes()).expect("base64"), seed(b"Default0")).swap_bytes();
            let digits = String::from_utf8(base62(sum).to_vec()).expect("ASCII");
            let digits = digits.trim_start_matches('0');
            assert_eq!(check_cask(format!("{key}{}", &digits[..4]).as_bytes()), PROVEN, "{random}");
            assert_eq!(check_cask(format!("{key}{digits:0<6}==").as_bytes()), PROVEN, "{random}");
        }
    }

    #[test]
    fn annotated_keys_of_another_form_fail() {
        let random = "x".repeat(52);
        for tail in ["JQQJ98BL", "JQQJ99BM", "JQQJ99_L", "JQQX99BL"] {
            assert_eq!(check_cask(format!("{random}{tail}{}ACOG0000", "x".repeat(16)).as_bytes()), Outcome::Failed, "{tail}");
        }
        assert_eq!(check_cask(format!("{random}JQQJ99BL{}AcOG0000", "x".repeat(16)).as_bytes()), Outcome::Failed);
        assert_eq!(check_cask(format!("{random}JQQJ99BL{}ACOG00000", "x".repeat(16)).as_bytes()), Outcome::Failed);
    }

    #[test]
    fn devops_tokens_hold_a_masked_checksum() {
        let token = |mask: u32| {
            let mut bytes: Vec<u8> = (0..32).map(|i| i * 7 + 1).collect();
            let rest: Vec<u8> = (0..32).filter(|at| !DEVOPS_SUM.contains(at)).map(|at| bytes[at]).collect();
            for (at, byte) in DEVOPS_SUM.into_iter().zip((crc32(&rest) ^ mask).to_le_bytes()) {
                bytes[at] = byte;
            }
            bytes.push(0);
            let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
            let digits: Vec<u8> =
                bits.collect::<Vec<u8>>().chunks_exact(5).map(|five| five.iter().fold(0, |d, bit| d << 1 | bit)).collect();
            let text: String =
                digits.into_iter().take(52).map(|d| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(d)])).collect();
            text.into_bytes()
        };
        assert_eq!(check_devops_pat(&token(DEVOPS_MASKS[0])), PROVEN);
        assert_eq!(check_devops_pat(&token(DEVOPS_MASKS[1])), PROVEN);
        assert_eq!(check_devops_pat(&token(0)), Outcome::Failed);
        assert_eq!(check_devops_pat(&token(0)[1..]), Outcome::Silent);
    }
}
