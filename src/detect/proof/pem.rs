//! PEM blocks (RFC 7468) as they stand in source and configuration, and the private keys inside them.
//!
//! A block in the wild is quoted, escaped, indented, wrapped, prefixed line by line or pieced together from strings; what is left without
//! all that must be base64. Keys are PKCS#1 (RFC 8017), PKCS#8 (RFC 5208), SEC 1 (RFC 5915) or OpenSSH's own container.

use super::Outcome;
use super::encoding::base64;
use super::openssh::{Container, container};
use crate::model::Proof;
use zeroize::Zeroizing;

/// Fewest base64 digits of a key: the shortest one in use, P-256 without its public half, takes 52.
const LEAST_DIGITS: usize = 48;

/// Longest text between two pieces of a string that is put together, such as ` +` and indentation.
const LONGEST_GAP: usize = 200;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// Private keys and other PEM blocks. Bodies that are not base64 or far too short fail; encrypted ones, OpenPGP's and base64 of
/// something else say nothing.
pub(super) fn check(value: &[u8]) -> Outcome {
    let block = Block::find(value);
    let is_sound = |der: &[u8]| if block.is_private_key() { is_private_key(der) } else { sequence(der).is_some() };
    judge(&block, |body| match container(body) {
        Container::Plain => true,
        Container::Other => is_sound(body),
        Container::Encrypted | Container::Broken => false,
    })
}

/// The bytes of the block in a value.
pub(in crate::detect) fn der_of(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let block = Block::find(value);
    if block.is_opaque() || block.is_encrypted() {
        return None;
    }
    base64(&digits(block.body)?)
}

/// As [`check`], but only OpenSSH's container is a proof.
pub(super) fn check_openssh(value: &[u8]) -> Outcome {
    judge(&Block::find(value), |body| container(body) == Container::Plain)
}

fn judge(block: &Block<'_>, is_sound: impl Fn(&[u8]) -> bool) -> Outcome {
    if block.is_opaque() {
        return Outcome::Silent;
    }
    match digits(block.body) {
        Some(digits) if digits.len() >= LEAST_DIGITS => match base64(&digits) {
            Some(body) if !block.is_encrypted() && is_sound(&body) => Outcome::Proven(Proof::Structure),
            _ => Outcome::Silent,
        },
        _ => Outcome::Failed,
    }
}

/// A block taken apart, as it stands.
struct Block<'a> {
    /// What stands between `BEGIN` and the dashes; empty when there is no such line and all of the value is the body.
    label: &'a [u8],
    body: &'a [u8],
}

impl<'a> Block<'a> {
    fn find(value: &'a [u8]) -> Self {
        let found = position(value, b"-----BEGIN ").and_then(|begin| {
            let rest = &value[begin + 11..];
            let label = position(&rest[..rest.len().min(64)], b"-----")?;
            let body = &rest[label + 5..];
            let end = position(body, b"-----END").unwrap_or(body.len());
            Some(Self { label: &rest[..label], body: &body[..end] })
        });
        found.unwrap_or(Self { label: b"", body: value })
    }

    fn is_private_key(&self) -> bool {
        self.label.is_empty() || self.label.ends_with(b"PRIVATE KEY")
    }

    /// PKCS#8 under a password says so in its label; the body is DER all the same.
    fn is_encrypted(&self) -> bool {
        self.label.starts_with(b"ENCRYPTED")
    }

    /// Blocks whose body begins with headers (RFC 1421 encryption, OpenPGP), and blocks of other tools that write fewer dashes.
    fn is_opaque(&self) -> bool {
        let has_header = [&b"Proc-Type:"[..], b"DEK-Info:"].iter().any(|header| position(self.body, header).is_some());
        has_header || self.label.starts_with(b"PGP ") || (self.label.is_empty() && position(self.body, b"BEGIN ").is_some())
    }
}

/// Where `needle` begins first.
fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// The base64 digits of a body without what its surroundings put between them; `None` when something else is left.
fn digits(body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let body = without_line_prefix(body);
    let mut digits = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut rest: &[u8] = &body;
    while let [byte, tail @ ..] = rest {
        let (skip, meant) = match byte {
            quote if is_quote(*quote) => (gap(tail), b' '),
            b'\\' => escape(tail)?,
            b'%' => (2, hex(tail.get(..2)?)?),
            b'&' => (tail.iter().take(7).position(|b| *b == b';').filter(|_| tail.starts_with(b"#"))? + 1, b' '),
            other => (0, *other),
        };
        match meant {
            b if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=') => digits.push(b),
            b if b.is_ascii_whitespace() => {}
            _ => return None,
        }
        rest = tail.get(skip..).unwrap_or_default();
    }
    Some(digits)
}

/// Length of what stands between a closing quote and the opening one of the next piece, that quote included; all of the rest without one.
fn gap(tail: &[u8]) -> usize {
    tail.iter().take(LONGEST_GAP).position(|b| is_quote(*b)).map_or(tail.len(), |at| at + 1)
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// What a backslash and the bytes behind it mean: how many of those belong to it, and the character.
///
/// Escapes that were escaped again have more than one backslash.
fn escape(tail: &[u8]) -> Option<(usize, u8)> {
    let more = tail.iter().take_while(|b| **b == b'\\').count();
    let (skip, meant) = match &tail[more..] {
        [] => (0, b' '),
        [b'n' | b'r' | b't', ..] => (1, b' '),
        [b'/', ..] => (1, b'/'),
        [b'u', b'0', b'0', high, low, ..] => (5, hex(&[*high, *low])?),
        [b'x', high, low, ..] => (3, hex(&[*high, *low])?),
        [b'"' | b'\'', rest @ ..] => (1 + gap(rest), b' '),
        [space, ..] if space.is_ascii_whitespace() => (1, b' '),
        _ => return None,
    };
    Some((more + skip, meant))
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    match digits {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    }
}

/// Takes away what all lines begin with, such as `# `, `> ` or the `+` of a patch.
fn without_line_prefix(body: &[u8]) -> Zeroizing<Vec<u8>> {
    let decoration = |line: &[u8]| line.iter().take_while(|b| !b.is_ascii_alphanumeric() && !is_quote(**b)).count();
    // The first line is what is left of the one with the label.
    let mut lines = body.split(|b| *b == b'\n').skip(1).filter(|line| !line.trim_ascii().is_empty());
    let first = lines.next().unwrap_or_default();
    let mut prefix = &first[..decoration(first)];
    let mut others = 0;
    for line in lines {
        let common = prefix.iter().zip(line).take_while(|(a, b)| a == b).count();
        prefix = &prefix[..common];
        others += 1;
    }
    // One line alone shares nothing: it may begin with a base64 digit that is no letter.
    let prefix = if others > 0 { prefix } else { b"" };
    let lines: Vec<&[u8]> = body.split(|b| *b == b'\n').map(|line| line.strip_prefix(prefix).unwrap_or(line)).collect();
    Zeroizing::new(lines.join(&b'\n'))
}

/// The next DER element: its tag and content; `None` for lengths that are indefinite, not minimal or beyond the end.
fn element<'a>(input: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (tag, len, rest) = match **input {
        [tag, len @ 0..=0x7f, ref rest @ ..] => (tag, usize::from(len), rest),
        [tag, 0x81, len @ 0x80..=0xff, ref rest @ ..] => (tag, usize::from(len), rest),
        [tag, 0x82, high @ 1..=0xff, low, ref rest @ ..] => (tag, usize::from(u16::from_be_bytes([high, low])), rest),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    *input = rest;
    Some((tag, content))
}

/// The content of a SEQUENCE that takes up all of the input.
fn sequence(mut input: &[u8]) -> Option<&[u8]> {
    let (tag, content) = element(&mut input)?;
    (tag == SEQUENCE && input.is_empty()).then_some(content)
}

/// Whether this is a private key: a version, and behind it what its format puts there.
fn is_private_key(der: &[u8]) -> bool {
    let Some(mut content) = sequence(der) else {
        return false;
    };
    let mut next = || element(&mut content).map(|(tag, content)| (tag, content.len()));
    match (next(), next(), next()) {
        (Some((INTEGER, 1)), Some((INTEGER, _)), Some((INTEGER, _))) => true, // PKCS#1, and the like of DSA
        (Some((INTEGER, 1)), Some((SEQUENCE, _)), Some((OCTET_STRING, _))) => true, // PKCS#8
        (Some((INTEGER, 1)), Some((OCTET_STRING, _)), _) => true,             // SEC 1
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let len = content.len() as u16;
        let len = if len < 0x80 { vec![len as u8] } else { [&[0x82][..], &len.to_be_bytes()].concat() };
        [&[tag][..], &len, content].concat()
    }

    fn pkcs1() -> Vec<u8> {
        der(SEQUENCE, &[der(INTEGER, &[0]), der(INTEGER, &[0x5a; 257]), der(INTEGER, &[1, 0, 1]), der(INTEGER, &[0x3c; 256])].concat())
    }

    fn lines(body: &[u8]) -> Vec<String> {
        STANDARD.encode(body).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    fn block(label: &str, between: &str, body: &[u8]) -> String {
        format!("-----BEGIN {label}-----{between}{}{between}-----END {label}-----", lines(body).join(between))
    }

    const PROVEN: Outcome = Outcome::Proven(Proof::Structure);

    #[test]
    fn keys_are_found_in_whatever_holds_them() {
        let betweens = [
            "\n",
            "\r\n",
            "\n    ",
            "\\n",
            "\\r\\n",
            "\\\\n",
            "\\\n",
            "\\n\" +\n  \"",
            "\",\n  \"",
            "' . \"\\n\" . '",
            "\\n\"\n\"",
            "\n# ",
            "\n+",
            "\n// ",
            "%0A",
            "&#10;",
            " ",
            "\\u000a",
            "\\x0a",
        ];
        for between in betweens {
            assert_eq!(check(block("RSA PRIVATE KEY", between, &pkcs1()).as_bytes()), PROVEN, "{between:?}");
        }
        let escaped = block("RSA PRIVATE KEY", "\\n", &pkcs1()).replace('/', "\\/").replace('+', "\\u002B");
        assert_eq!(check(escaped.as_bytes()), PROVEN);
        assert_eq!(check(lines(&pkcs1()).concat().as_bytes()), PROVEN, "the body alone");
    }

    #[test]
    fn every_format_of_key_is_known() {
        let version = |v| der(INTEGER, &[v]);
        let ed25519 = [version(0), der(SEQUENCE, &der(0x06, &[0x2b, 0x65, 0x70])), der(OCTET_STRING, &der(OCTET_STRING, &[0x11; 32]))];
        let sec1 = [version(1), der(OCTET_STRING, &[0x22; 32])];
        assert_eq!(check(block("PRIVATE KEY", "\n", &der(SEQUENCE, &ed25519.concat())).as_bytes()), PROVEN);
        assert_eq!(check(block("EC PRIVATE KEY", "\n", &der(SEQUENCE, &sec1.concat())).as_bytes()), PROVEN);
        let certificate = der(SEQUENCE, &der(SEQUENCE, &[0x33; 64]));
        assert_eq!(check(block("CERTIFICATE", "\n", &certificate).as_bytes()), PROVEN);
        assert_eq!(check(block("PRIVATE KEY", "\n", &certificate).as_bytes()), Outcome::Silent);
        assert_eq!(check_openssh(block("PRIVATE KEY", "\n", &der(SEQUENCE, &ed25519.concat())).as_bytes()), Outcome::Silent);
    }

    #[test]
    fn bodies_that_are_no_base64_or_far_too_short_fail() {
        let framed = |body| format!("-----BEGIN {0}-----{body}-----END {0}-----", "PRIVATE KEY");
        for body in ["", "\n", "\n<your key>\n", "\nMIIEvQIBADAN...\n", "\nMIIEvQIBADAN\n", "\n${KEY}\n", &"\u{e9}".repeat(60)] {
            assert_eq!(check(framed(body).as_bytes()), Outcome::Failed, "{body:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        let whole = block("RSA PRIVATE KEY", "\n", &pkcs1());
        let encrypted = whole.replace("KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nM");
        let truncated = block("RSA PRIVATE KEY", "\n", &pkcs1()[..200]);
        let renamed = block("ENCRYPTED PRIVATE KEY", "\n", &pkcs1());
        let pgp = block("PGP PRIVATE KEY BLOCK", "\n", &pkcs1());
        for text in [&encrypted, &truncated, &renamed, &pgp, &whole.replace("-----", "---- ")] {
            assert_eq!(check(text.as_bytes()), Outcome::Silent, "{}", &text[..40]);
        }
    }
}
