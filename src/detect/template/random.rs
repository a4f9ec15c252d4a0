//! Fixed pseudo-random text: SHA-256 of the seed and a counter, digit by digit.

use crate::detect::placeholder::is_placeholder;
use sha2::{Digest as _, Sha256};

/// Longest text of one draw, in characters.
pub(super) const LONGEST: usize = 1 << 14;

/// Length from which a text has a character of every group of its alphabet.
const GROUPS_FROM: usize = 8;

/// How often a text is drawn before it is taken as it is; a draw is refused less than every second time at any length.
const DRAWS: usize = 256;

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Letters and digits.
    Alnum,
    /// Letters.
    Alpha,
    /// Small letters.
    Lower,
    /// Capitals.
    Upper,
    /// Digits.
    Digit,
    /// Hexadecimal digits, small.
    HexLower,
    /// Hexadecimal digits, capital.
    HexUpper,
    /// The digits of base32.
    Base32,
    /// The digits of base64.
    Base64,
    /// The digits of URL-safe base64.
    Base64Url,
    /// Small letters and digits.
    LowerDigit,
    /// Capitals and digits.
    UpperDigit,
}

impl Alphabet {
    /// The alphabet a template names.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "alnum" => Self::Alnum,
            "alpha" => Self::Alpha,
            "lower" => Self::Lower,
            "upper" => Self::Upper,
            "digit" => Self::Digit,
            "hex" => Self::HexLower,
            "HEX" => Self::HexUpper,
            "base32" => Self::Base32,
            "base64" => Self::Base64,
            "base64url" => Self::Base64Url,
            "lowernum" => Self::LowerDigit,
            "uppernum" => Self::UpperDigit,
            _ => return None,
        })
    }

    /// Its characters, in groups of which a text of some length has all: capitals, small letters, digits, and then the rest.
    fn groups(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Alnum => (&[UPPER, LOWER, DIGITS], ""),
            Self::Alpha => (&[UPPER, LOWER], ""),
            Self::Lower => (&[LOWER], ""),
            Self::Upper => (&[UPPER], ""),
            Self::Digit => (&[DIGITS], ""),
            Self::HexLower => (&[DIGITS, "abcdef"], ""),
            Self::HexUpper => (&[DIGITS, "ABCDEF"], ""),
            Self::Base32 => (&[UPPER, "234567"], ""),
            Self::Base64 => (&[UPPER, LOWER, DIGITS], "+/"),
            Self::Base64Url => (&[UPPER, LOWER, DIGITS], "-_"),
            Self::LowerDigit => (&[LOWER, DIGITS], ""),
            Self::UpperDigit => (&[UPPER, DIGITS], ""),
        }
    }
}

/// A stream of bytes that is a function of its seed.
pub(super) struct Random {
    key: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Random {
    /// The stream of a seed.
    pub(super) fn new(seed: &str) -> Self {
        Self { key: Sha256::digest(seed).into(), counter: 0, block: [0; 32], used: 32 }
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            self.block = Sha256::new().chain_update(self.key).chain_update(self.counter.to_le_bytes()).finalize().into();
            self.counter += 1;
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// The next bytes.
    pub(super) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    /// A number below `limit`, every one as likely as the others; `limit` is from 1 to 256.
    fn below(&mut self, limit: usize) -> usize {
        let fair = 256 - 256 % limit;
        loop {
            let byte = usize::from(self.byte());
            if byte < fair {
                return byte % limit;
            }
        }
    }

    /// Text of `len` characters in which there is no placeholder, and from eight characters on a character of every group.
    pub(super) fn text(&mut self, alphabet: Alphabet, len: usize) -> String {
        let (groups, rest) = alphabet.groups();
        let characters = groups.concat() + rest;
        let has_all = |text: &str| len < GROUPS_FROM || groups.iter().all(|group| text.contains(|c| group.contains(c)));
        self.until(has_all, |random| (0..len).map(|_| char::from(characters.as_bytes()[random.below(characters.len())])).collect())
    }

    /// `len` bytes, written by `encode` as text in which there is no placeholder.
    pub(super) fn encoded(&mut self, len: usize, encode: impl Fn(Vec<u8>) -> String) -> String {
        self.until(|_| true, |random| encode(random.bytes(len)))
    }

    /// A version 4 UUID (RFC 9562).
    pub(super) fn uuid(&mut self) -> String {
        self.encoded(16, |mut bytes| {
            bytes[6] = bytes[6] & 0x0f | 0x40;
            bytes[8] = bytes[8] & 0x3f | 0x80;
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        })
    }

    /// Draws until a text is fit and holds no placeholder.
    fn until(&mut self, is_fit: impl Fn(&str) -> bool, draw: impl Fn(&mut Self) -> String) -> String {
        let mut text = draw(self);
        for _ in 1..DRAWS {
            if is_fit(&text) && !is_placeholder(text.as_bytes()) {
                break;
            }
            text = draw(self);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_every_group_and_no_placeholder() {
        let names = ["alnum", "alpha", "lower", "upper", "digit", "hex", "HEX", "base32", "base64", "base64url", "lowernum", "uppernum"];
        for name in names {
            let alphabet = Alphabet::named(name).expect(name);
            let (groups, rest) = alphabet.groups();
            for seed in 0..40 {
                for len in [1, 8, 12, 40, 200] {
                    let text = Random::new(&format!("{name}{seed}")).text(alphabet, len);
                    assert_eq!(text.len(), len, "{name}");
                    assert!(text.chars().all(|c| groups.concat().contains(c) || rest.contains(c)), "{name}: {text}");
                    assert!(len < 8 || groups.iter().all(|g| text.contains(|c| g.contains(c))), "{name}: {text}");
                    assert!(!is_placeholder(text.as_bytes()), "{name}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_seed_gives_one_stream() {
        assert_eq!(Random::new("a").bytes(100), Random::new("a").bytes(100));
        assert_ne!(Random::new("a").bytes(32), Random::new("b").bytes(32));
        let bytes = Random::new("a").bytes(64);
        assert_ne!(bytes[..32], bytes[32..]);
    }

    #[test]
    fn numbers_below_a_limit_are_fair() {
        let mut counts = [0u32; 62];
        let mut random = Random::new("fair");
        (0..62_000).for_each(|_| counts[random.below(62)] += 1);
        assert!(counts.iter().all(|n| (850..1150).contains(n)), "{counts:?}");
    }
}
