//! Encodings inside text: runs of base64, hexadecimal and percent-encoding, found fast and undone within bounds.

use super::demand::is_unbroken;
use memchr::memchr_iter;

/// Longest run that is decoded; of longer ones the beginning is.
const MAX_RUN: usize = 16 * 1024 - 64;
/// Shortest run of base64 or hexadecimal that is looked at.
const MIN_RUN: usize = 23;

/// How a run is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// RFC 4648 base64 or base64url, with or without padding.
    Base64,
    /// Two hexadecimal digits a byte.
    Hex,
    /// RFC 3986 percent-encoding.
    Percent,
}

impl Scheme {
    /// The name reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
        }
    }
}

/// A stretch of encoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// How it is encoded.
    pub scheme: Scheme,
}

/// What a run decodes to.
pub struct Decoded {
    /// The bytes.
    pub bytes: Vec<u8>,
    scheme: Scheme,
    /// For percent-encoding: where each byte came from, and the end.
    origins: Vec<u32>,
}

impl Decoded {
    /// Where in the run the byte at `offset` begins.
    pub fn origin(&self, offset: usize) -> usize {
        match self.scheme {
            Scheme::Base64 => offset / 3 * 4 + offset % 3,
            Scheme::Hex => offset * 2,
            Scheme::Percent => self.origins.get(offset).copied().unwrap_or_default() as usize,
        }
    }

    /// Whether an escape stands right before or behind a span of percent-encoding: `token%3DVALUE%26`. Its digits hide where the value begins.
    pub fn is_delimited_by_escapes(&self, start: usize, end: usize) -> bool {
        let is_escape = |at: usize| self.origins.get(at).zip(self.origins.get(at + 1)).is_some_and(|(from, to)| to - from > 1);
        start.checked_sub(1).is_some_and(is_escape) || is_escape(end)
    }

    /// Where in the run the byte before `offset` ends.
    pub fn origin_end(&self, offset: usize) -> usize {
        match self.scheme {
            Scheme::Base64 => offset / 3 * 4 + if offset.is_multiple_of(3) { 0 } else { offset % 3 + 1 },
            Scheme::Hex | Scheme::Percent => self.origin(offset),
        }
    }
}

/// Collects the encoded runs that begin in `from..to`.
pub fn runs(bytes: &[u8], from: usize, to: usize, out: &mut Vec<Run>) {
    token_runs(bytes, from, to, out);
    percent_runs(bytes, from, to, out);
}

fn is_token(b: u8) -> bool {
    TOKENS[usize::from(b)]
}

/// Letters, digits, and the signs of base64 and base64url.
const TOKENS: [bool; 256] = {
    let mut tokens = [false; 256];
    let mut b = 0;
    while b < 256 {
        tokens[b] = (b as u8).is_ascii_alphanumeric() || matches!(b as u8, b'+' | b'/' | b'-' | b'_');
        b += 1;
    }
    tokens
};

/// Whether sixteen bytes are all token characters; written so that the compiler makes vector code of it.
#[inline]
fn all_token(chunk: &[u8; 16]) -> bool {
    let mut all = true;
    for &b in chunk {
        let letter = (b | 0x20).wrapping_sub(b'a') < 26;
        let digit = b.wrapping_sub(b'0') < 10;
        all &= letter | digit | (b == b'+') | (b == b'/') | (b == b'-') | (b == b'_');
    }
    all
}

/// A run of at least 23 token characters holds an aligned pair of eight, so only those are tested.
fn token_runs(bytes: &[u8], from: usize, to: usize, out: &mut Vec<Run>) {
    let mut at = from;
    // The first aligned pair of a run that begins before `to` may lie up to seven bytes behind it.
    while at < to + 8 {
        let Some(chunk) = bytes.get(at..at + 16).and_then(|c| <&[u8; 16]>::try_from(c).ok()) else { break };
        if !is_unbroken(chunk) || !all_token(chunk) {
            at += 8;
            continue;
        }
        let low = at.saturating_sub(MAX_RUN);
        let start = bytes[low..at].iter().rposition(|&b| !is_token(b)).map_or(low, |i| low + i + 1);
        let high = (start + MAX_RUN).min(bytes.len());
        let end = bytes[at..high].iter().position(|&b| !is_token(b)).map_or(high, |i| at + i);
        let begins_here = start > low || low == 0;
        if begins_here && start >= from && start < to && end - start >= MIN_RUN {
            // `0x…` and `\\x…` are hexadecimal with a prefix.
            let run = &bytes[start..end];
            let prefix = if run.starts_with(b"0x") || run.starts_with(b"0X") { 2 } else { usize::from(run[0] == b'x') };
            let hex = classify(&run[prefix..]).filter(|scheme| prefix > 0 && *scheme == Scheme::Hex);
            match hex.map(|scheme| Run { start: start + prefix, end, scheme }) {
                Some(run) => out.push(run),
                None => out.extend(classify(run).map(|scheme| Run { start, end, scheme })),
            }
        }
        at = end.max(at + 8);
        if end == high {
            at = bytes[at..].iter().position(|&b| !is_token(b)).map_or(bytes.len(), |i| at + i);
        }
    }
}

/// What a run of token characters is, judged by whether its first bytes decode to text.
fn classify(run: &[u8]) -> Option<Scheme> {
    let hex = run.iter().take(32).all(u8::is_ascii_hexdigit);
    if hex
        && run.len().is_multiple_of(2)
        && run.chunks(2).take(12).all(|p| matches!(p[0], b'2'..=b'7') || p == b"0a" || p == b"0A" || p == b"0d" || p == b"09")
    {
        return Some(Scheme::Hex);
    }
    begins_as_text(&run[..16]).then_some(Scheme::Base64)
}

/// More base64 than any credential has before the part that names it.
const BLOB: usize = 128;

/// Whether a position is far inside base64, as of pictures and fonts: what looks like a token there is chance.
pub fn is_in_blob(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(BLOB)..at];
    let holds = |of: fn(&u8) -> bool| before.iter().any(of);
    before.len() == BLOB
        && before.iter().rev().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        && holds(u8::is_ascii_digit)
        && holds(u8::is_ascii_uppercase)
        && holds(u8::is_ascii_lowercase)
}

/// Whether sixteen characters of base64 stand for text, in one or in two bytes a character. Most runs are not base64 at all, and fail at the first bytes.
fn begins_as_text(run: &[u8]) -> bool {
    let is_text = |b: u8| matches!(b, 0x20..=0x7e | b'\n' | b'\r' | b'\t');
    let (mut narrow, mut wide) = (true, true);
    for (i, four) in run.chunks_exact(4).enumerate() {
        let bits = four.iter().fold(0u32, |bits, &b| bits << 6 | u32::from(VALUES[usize::from(b)]));
        let [_, three @ ..] = bits.to_be_bytes();
        for (j, &b) in three.iter().enumerate() {
            narrow &= is_text(b);
            wide &= if (3 * i + j) % 2 == 0 { is_text(b) } else { b == 0 };
        }
        if !narrow && !wide {
            return false;
        }
    }
    true
}

/// What each character of base64 or base64url stands for; 64 for any other.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut i = 0;
    while i < 64 {
        values[b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[i] as usize] = i as u8;
        i += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// The bytes that base64 text stands for; stops at the first character that is none.
fn sextets(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let value = |b: u8| Some(VALUES[usize::from(b)]).filter(|v| *v < 64);
    text.chunks(4).flat_map(move |chunk| {
        let mut bits = 0u32;
        let mut n = 0;
        for v in chunk.iter().map_while(|&b| value(b)) {
            bits |= u32::from(v) << (18 - 6 * n);
            n += 1;
        }
        let bytes = bits.to_be_bytes();
        let usable = [0, 0, 1, 2, 3][n as usize];
        (0..usable).map(move |i| bytes[1 + i])
    })
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)
}

/// Runs without spaces and quotes that hold an escaped character. Each is found from its first escape.
fn percent_runs(bytes: &[u8], from: usize, to: usize, out: &mut Vec<Run>) {
    let within = |b: u8| b > b' ' && b < 0x7f && !matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
    // A run that begins before `to` may have its first escape behind it.
    let reach = bytes[to.min(bytes.len())..].iter().take(MAX_RUN).position(|&b| !within(b));
    let search_end = reach.map_or((to + MAX_RUN).min(bytes.len()), |i| to + i);
    let mut done = from;
    for hit in memchr_iter(b'%', &bytes[from..search_end]) {
        let at = from + hit;
        if at < done || bytes.get(at + 1..at + 3).and_then(hex_pair).is_none() {
            continue;
        }
        let low = at.saturating_sub(MAX_RUN);
        let start = bytes[low..at].iter().rposition(|&b| !within(b)).map_or(low, |i| low + i + 1);
        let high = (start + MAX_RUN).min(bytes.len());
        let end = bytes[at..high.max(at)].iter().position(|&b| !within(b)).map_or(high.max(at), |i| at + i);
        // Of a run beyond all measure only the beginning is decoded; the rest is passed over, not looked back through at every escape.
        let endless = end == high || (start == low && low > 0);
        done = if endless { bytes[at..].iter().position(|&b| !within(b)).map_or(bytes.len(), |i| at + i) } else { end.max(at + 1) };
        if start >= from && start < to && (start > low || low == 0) && end - start >= 8 {
            out.push(Run { start, end, scheme: Scheme::Percent });
        }
    }
}

/// Undoes the encoding of a run; `None` when there is too little in it.
pub fn decode(run: &[u8], scheme: Scheme) -> Option<Decoded> {
    let mut origins = Vec::new();
    let bytes: Vec<u8> = match scheme {
        Scheme::Base64 => sextets(run).collect(),
        Scheme::Hex => run.chunks(2).map_while(hex_pair).collect(),
        Scheme::Percent => {
            let mut bytes = Vec::with_capacity(run.len());
            let mut at = 0;
            while at < run.len() {
                let escaped = (run[at] == b'%').then(|| run.get(at + 1..at + 3).and_then(hex_pair)).flatten();
                origins.push(at as u32);
                bytes.push(escaped.unwrap_or(run[at]));
                at += if escaped.is_some() { 3 } else { 1 };
            }
            origins.push(at as u32);
            bytes
        }
    };
    (bytes.len() >= 8).then_some(Decoded { bytes, scheme, origins })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(String, Scheme)> {
        let mut out = Vec::new();
        runs(text.as_bytes(), 0, text.len(), &mut out);
        out.iter().map(|r| (text[r.start..r.end].to_owned(), r.scheme)).collect()
    }

    #[test]
    fn far_inside_base64_nothing_begins() {
        let blob = "iVBORw0KGgo/AAAANSUhEUgA+".repeat(6);
        assert!(is_in_blob(blob.as_bytes(), blob.len()) && !is_in_blob(blob.as_bytes(), 100));
        assert!(!is_in_blob(format!("{blob} token=").as_bytes(), blob.len() + 7));
        assert!(!is_in_blob("path/to/some/file/".repeat(9).as_bytes(), 150));
    }

    #[test]
    fn finds_base64_of_text_at_every_alignment() {
        for pad in 0..20 {
            let text = format!("{} aGVsbG8gd29ybGQsIHRoaXMgaXM=", " ".repeat(pad));
            assert_eq!(all(&text), [("aGVsbG8gd29ybGQsIHRoaXMgaXM".to_owned(), Scheme::Base64)], "{pad}");
        }
    }

    #[test]
    fn leaves_hashes_and_paths_alone() {
        assert_eq!(all("sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), []);
        assert_eq!(all("import github/hashicorp/terraform/internal/backend/remote"), []);
    }

    #[test]
    fn finds_hex_of_text_and_percent_escapes() {
        assert_eq!(all("x=68656c6c6f20776f726c642c207468697320697320")[0].1, Scheme::Hex);
        assert_eq!(all("a b?key=sk%2Dant%2Dapi c")[0], ("b?key=sk%2Dant%2Dapi".to_owned(), Scheme::Percent));
    }

    #[test]
    fn origins_point_at_the_encoded_bytes() {
        let decoded = decode(b"aGVsbG8gd29ybGQh", Scheme::Base64).expect("enough");
        assert_eq!(decoded.bytes, b"hello world!");
        assert_eq!((decoded.origin(6), decoded.origin_end(12)), (8, 16));
        let decoded = decode(b"ab%2Dcd%5Fef%21x", Scheme::Percent).expect("enough");
        assert_eq!(decoded.bytes, b"ab-cd_ef!x");
        assert_eq!((decoded.origin(3), decoded.origin_end(9)), (5, 15));
        let beside = |start, end| decoded.is_delimited_by_escapes(start, end);
        assert!(beside(3, 5) && beside(6, 8) && !beside(0, 1) && !beside(1, 1) && beside(9, 10));
    }

    #[test]
    fn windows_find_what_begins_in_them() {
        let text = format!("{} aGVsbG8gd29ybGQsIHRoaXMgaXM= x%2Dyyyyyy {}", "-=".repeat(40), "tail of the line");
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        runs(text.as_bytes(), 0, text.len(), &mut whole);
        for at in 0..text.len() {
            runs(text.as_bytes(), at, at + 1, &mut parts);
        }
        let key = |r: &Run| (r.start, r.end, r.scheme);
        whole.sort_by_key(key);
        parts.sort_by_key(key);
        assert_eq!(whole, parts);
    }
}
