//! Values that detectors know, made from numbers so that none stands in the source, and text around them.

use super::formats::crc32;

/// A stream of numbers from a seed (SplitMix64, Steele, Lea and Flood 2014).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 1) as usize % end
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A GitHub token with its checksum; another one for every number.
pub fn github(number: u64) -> String {
    let body = Numbers::new(number ^ 0x6768).text(BASE62, 30);
    let mut sum = crc32(body.as_bytes());
    let mut check = [b'0'; 6];
    for digit in check.iter_mut().rev() {
        *digit = BASE62[sum as usize % 62];
        sum /= 62;
    }
    format!("ghp_{body}{}", String::from_utf8_lossy(&check))
}

/// An AWS access key id; another one for every number.
pub fn aws(number: u64) -> String {
    format!("AKIAR{}", Numbers::new(number ^ 0x6177).text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 15))
}

/// Letters and digits; others for every number.
pub fn alnum(number: u64, length: usize) -> String {
    Numbers::new(number ^ 0x616c).text(BASE62, length)
}

/// A UUID of version 4; another one for every number.
pub fn uuid(number: u64) -> String {
    let hex = Numbers::new(number ^ 0x7575).text(b"0123456789abcdef", 30);
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..])
}

/// An OpenAI key; another one for every number.
pub fn openai(number: u64) -> String {
    let mut numbers = Numbers::new(number ^ 0x6f70);
    let (head, tail) = (numbers.text(BASE62, 24), numbers.text(BASE62, 24));
    format!("sk-proj-{head}{}{tail}", ["T3Blbk", "FJ"].concat())
}

/// Lines of prose that hold nothing, so that files are long enough for deltas.
pub fn filler(seed: u64, lines: usize) -> String {
    let mut numbers = Numbers::new(seed);
    let words = ["river", "stone", "cloud", "meadow", "lantern", "harbour", "quiet", "walks", "over", "under", "seven", "green"];
    let mut line = || (0..8).map(|_| words[numbers.below(words.len())]).collect::<Vec<_>>().join(" ");
    (0..lines).map(|_| line() + "\n").collect()
}
