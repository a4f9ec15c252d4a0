//! The alphabets credentials are written in: base64 and base32 (RFC 4648), base62 (`0-9A-Za-z`).
//!
//! What is decoded is wiped when dropped.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Padding may be missing and the unused bits of the last digit may be set, as issuers and editors leave them.
const TOLERANT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, TOLERANT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, TOLERANT);

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Decodes base64 of the standard alphabet, padded or not.
pub(super) fn base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD.decode(text).ok().map(Zeroizing::new)
}

/// Decodes base64 of the URL-safe alphabet, padded or not.
pub(super) fn base64url(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    URL_SAFE.decode(text).ok().map(Zeroizing::new)
}

/// Whether a byte is a digit of URL-safe base64.
pub(super) fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The value of a base32 digit (`A`-`Z`, `2`-`7`, in either case).
pub(super) fn base32_digit(byte: u8) -> Option<u8> {
    match byte.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(letter - b'A'),
        digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

/// Decodes base32 without padding; bits left over after the last whole byte are dropped.
pub(super) fn base32(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8));
    let (mut pending, mut bits) = (0u16, 0);
    for &byte in text {
        pending = pending << 5 | u16::from(base32_digit(byte)?);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((pending >> bits) as u8);
            pending &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// The six base62 digits of a number, most significant first, zeros in front.
pub(super) fn base62(mut number: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_vectors_of_rfc_4648() {
        assert_eq!(base32(b"MZXW6YTBOI").expect("base32")[..], *b"foobar");
        assert_eq!(base32(b"mzxw6").expect("base32")[..], *b"foo");
        assert!(base32(b"MZXW6===").is_none() && base32(b"0189").is_none());
        assert_eq!(base64(b"Zm9vYg==").expect("base64"), base64(b"Zm9vYg").expect("base64"));
        assert_eq!(base64url(b"-_8").expect("base64url")[..], [0xfb, 0xff]);
        assert!(base64(b"-_8").is_none() && base64(b"Zm9vY").is_none());
    }

    #[test]
    fn six_base62_digits_hold_any_checksum() {
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(&base62(u32::MAX), b"4gfFC3");
    }
}
