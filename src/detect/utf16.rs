//! Finds UTF-16 text and turns it into UTF-8, so that patterns over bytes see what a person reads.
//!
//! Windows tools write UTF-16 by default (registry exports, PowerShell redirections), and no pattern matches a key with a
//! NUL behind every letter.

/// Bytes looked at to recognise UTF-16 that has no byte order mark.
const SAMPLE_BYTES: usize = 512;
/// Shorter inputs without a byte order mark are never taken for UTF-16.
const LEAST_SAMPLE_BYTES: usize = 64;
/// One original offset is kept for each so many bytes of UTF-8.
const STRIDE: usize = 1024;

/// How UTF-16 text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utf16 {
    /// Which byte of a code unit comes first.
    pub order: ByteOrder,
    /// Length in bytes of the byte order mark: 2 or 0.
    pub mark: usize,
}

/// Which byte of a code unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// The low byte, UTF-16LE.
    Little,
    /// The high byte, UTF-16BE.
    Big,
}

/// Whether the bytes are UTF-16: by byte order mark (RFC 2781, 3.2), or because the first bytes are ASCII text widened to
/// 16 bits. Looks at 512 bytes at most.
///
/// Without a mark, at least 64 bytes must be there, NUL must stand at odd positions only or at even positions only, the bytes
/// beside them must be printable Latin-1, tab or line ends, and three of four code units must be ASCII.
pub fn sniff(bytes: &[u8]) -> Option<Utf16> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => return None, // UTF-32LE
        [0xff, 0xfe, ..] => return Some(Utf16 { order: ByteOrder::Little, mark: 2 }),
        [0xfe, 0xff, ..] => return Some(Utf16 { order: ByteOrder::Big, mark: 2 }),
        _ => {}
    }
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    if sample.len() < LEAST_SAMPLE_BYTES {
        return None;
    }
    // Nearly all text has no NUL, and says so at once.
    memchr::memchr(0, sample)?;
    let (units, _) = sample.as_chunks::<2>();
    let text = |b: u8| matches!(b, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0xa0..);
    let widened = |low: usize| {
        let high = 1 - low;
        let ascii = units.iter().filter(|unit| unit[high] == 0 && unit[low].is_ascii()).count();
        let sound = units.iter().all(|unit| unit[low] != 0 && (unit[high] != 0 || text(unit[low])));
        sound && ascii * 4 >= units.len() * 3
    };
    let order = if widened(0) {
        ByteOrder::Little
    } else if widened(1) {
        ByteOrder::Big
    } else {
        return None;
    };
    Some(Utf16 { order, mark: 0 })
}

/// UTF-8 made from UTF-16, with the way back to the original offsets.
#[derive(Debug, Clone)]
pub struct Transcoded {
    /// The text in UTF-8, without the byte order mark; always valid, U+FFFD stands for what was not.
    pub text: Vec<u8>,
    /// For each multiple of [`STRIDE`] in `text`, the original offset of the character that covers it.
    origins: Vec<usize>,
    /// Length of the original in bytes.
    len: usize,
}

/// Turns UTF-16 into UTF-8. An unpaired surrogate and an odd last byte become U+FFFD each.
pub fn transcode(bytes: &[u8], encoding: Utf16) -> Transcoded {
    let body = bytes.get(encoding.mark..).unwrap_or_default();
    let (units, rest) = body.as_chunks::<2>();
    let decode = match encoding.order {
        ByteOrder::Little => u16::from_le_bytes,
        ByteOrder::Big => u16::from_be_bytes,
    };
    let mut out =
        Transcoded { text: Vec::with_capacity(units.len() + 4), origins: Vec::with_capacity(units.len() / STRIDE + 1), len: bytes.len() };
    let mut origin = encoding.mark.min(bytes.len());
    for unit in char::decode_utf16(units.iter().copied().map(decode)) {
        let character = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.push(character, origin);
        origin += character.len_utf16() * 2;
    }
    if !rest.is_empty() {
        out.push(char::REPLACEMENT_CHARACTER, origin);
    }
    out
}

impl Transcoded {
    fn push(&mut self, character: char, origin: usize) {
        let mut utf8 = [0; 4];
        self.text.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        if self.origins.len() * STRIDE < self.text.len() {
            self.origins.push(origin);
        }
    }

    /// Where the character that covers `offset` of [`text`](Self::text) began in the original, in bytes; the original's
    /// length for an offset at or behind the end.
    ///
    /// Takes constant time: no more than 1024 bytes of text are walked.
    pub fn origin(&self, offset: usize) -> usize {
        if offset >= self.text.len() {
            return self.len;
        }
        let block = offset / STRIDE;
        let covers = |at: usize| (0..=at).rev().find(|&i| is_start(self.text[i])).unwrap_or(0);
        let first = covers(block * STRIDE);
        let last = covers(offset);
        let passed: usize = self.text[first..last].iter().map(|&b| width(b)).sum();
        self.origins[block] + passed
    }
}

/// Whether a byte of UTF-8 begins a character.
fn is_start(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// Bytes of UTF-16 that belong to the character a byte of UTF-8 begins; 0 where it begins none.
fn width(byte: u8) -> usize {
    match byte {
        0x80..=0xbf => 0,
        0xf0.. => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LE: Utf16 = Utf16 { order: ByteOrder::Little, mark: 0 };
    const BE: Utf16 = Utf16 { order: ByteOrder::Big, mark: 0 };

    fn little(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn big(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    #[test]
    fn a_mark_decides_and_is_not_text() {
        let bytes = [&[0xfe, 0xff][..], &big("clé")].concat();
        let encoding = sniff(&bytes).expect("marked");
        assert_eq!(encoding, Utf16 { order: ByteOrder::Big, mark: 2 });
        let out = transcode(&bytes, encoding);
        assert_eq!(out.text, "clé".as_bytes());
        assert_eq!([0, 1, 2, 3, 4].map(|i| out.origin(i)), [2, 4, 6, 6, 8]);
        assert_eq!(sniff(b"\xff\xfe\0\0a\0\0\0"), None, "UTF-32");
    }

    #[test]
    fn unmarked_text_is_recognised_by_its_nuls() {
        let text = "client_id = 42\r\nname = caf\u{e9}\tok\n".repeat(3);
        assert_eq!(sniff(&little(&text)), Some(LE));
        assert_eq!(sniff(&big(&text)), Some(BE));
        assert_eq!(sniff(&little(&text)[..62]), None, "too short to tell");
        assert_eq!(sniff(text.as_bytes()), None);
    }

    #[test]
    fn binaries_are_not_text() {
        let counters: Vec<u8> = (0..200u16).flat_map(u16::to_le_bytes).collect();
        assert_eq!(sniff(&counters), None);
        assert_eq!(sniff(&[0; 512]), None);
        let both = [little(&"a".repeat(40)), big(&"b".repeat(40))].concat();
        assert_eq!(sniff(&both), None, "NUL at odd and even positions");
    }

    #[test]
    fn what_is_not_utf16_becomes_replacement_characters() {
        let mut bytes = little("a");
        bytes.extend([0x00, 0xd8]); // high surrogate without its half
        bytes.extend(little("b"));
        bytes.push(0x41);
        let out = transcode(&bytes, LE);
        assert_eq!(out.text, "a\u{fffd}b\u{fffd}".as_bytes());
        assert_eq!([0, 1, 4, 5, 8].map(|i| out.origin(i)), [0, 2, 4, 6, 7]);
    }

    #[test]
    fn origins_of_ascii_cost_next_to_nothing() {
        let out = transcode(&little(&"x".repeat(1 << 20)), LE);
        assert_eq!(out.origins.len(), (1 << 20) / STRIDE);
        assert_eq!(out.origin((1 << 20) - 1), (1 << 21) - 2);
    }

    proptest! {
        #[test]
        fn origins_agree_with_a_plain_walk(parts in prop::collection::vec(("[ -~é語𝄞]{0,7}", 0..400usize), 0..8)) {
            let text: String = parts.iter().map(|(part, times)| part.repeat(*times)).collect();
            let out = transcode(&little(&text), LE);
            prop_assert_eq!(&out.text, text.as_bytes());
            let mut origin = 0;
            for (at, character) in text.char_indices() {
                for inside in 0..character.len_utf8() {
                    prop_assert_eq!(out.origin(at + inside), origin);
                }
                origin += character.len_utf16() * 2;
            }
            prop_assert_eq!(out.origin(text.len()), origin);
        }

        #[test]
        fn any_bytes_give_valid_text_and_origins_within_them(bytes: Vec<u8>, order in prop_oneof![Just(LE), Just(BE)]) {
            let out = transcode(&bytes, sniff(&bytes).unwrap_or(order));
            prop_assert!(str::from_utf8(&out.text).is_ok());
            let origins: Vec<usize> = (0..=out.text.len() + 1).map(|i| out.origin(i)).collect();
            prop_assert!(origins.is_sorted());
            prop_assert!(origins.iter().all(|&o| o <= bytes.len()));
        }
    }
}
