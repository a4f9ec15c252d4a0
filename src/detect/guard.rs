//! Guards: cheap demands on a value that a pattern cannot state.

use crate::model::Guards;

/// Shannon entropy of the bytes, in bits a byte; 0 for an empty value.
pub fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    value.iter().for_each(|&b| counts[usize::from(b)] += 1);
    let n = value.len() as f32;
    counts.iter().filter(|&&c| c > 0).map(|&c| c as f32 / n).map(|p| -p * p.log2()).sum()
}

/// Whether the value satisfies all demands but the checksum.
pub fn holds(guards: &Guards, value: &[u8]) -> bool {
    let count = |least: u8, of: fn(&u8) -> bool| least == 0 || value.iter().filter(|b| of(b)).count() >= usize::from(least);
    count(guards.digits, u8::is_ascii_digit)
        && count(guards.upper, u8::is_ascii_uppercase)
        && count(guards.lower, u8::is_ascii_lowercase)
        && count(guards.letters, u8::is_ascii_alphabetic)
        && count(guards.special, |b| !b.is_ascii_alphanumeric())
        && (guards.entropy <= 0.0 || entropy(value) >= guards.entropy)
        && !guards.stop_words.iter().any(|word| contains(value, word.as_bytes()))
}

/// Whether `value` contains `word`, in any case.
pub fn contains(value: &[u8], word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return false };
    let Some(last) = value.len().checked_sub(word.len()) else { return false };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, &value[..=last]).any(|i| value[i + 1..i + word.len()].eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_in_bits_a_byte() {
        assert_eq!(entropy(b""), 0.0);
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abab"), 1.0);
        assert!((entropy(b"0123456789abcdef") - 4.0).abs() < 1e-6);
    }

    #[test]
    fn counts_are_lower_bounds() {
        let guards = Guards { digits: 2, upper: 1, ..Guards::default() };
        assert!(holds(&guards, b"a1B2"));
        assert!(!holds(&guards, b"a1b2"));
        assert!(!holds(&guards, b"a1B"));
        let guards = Guards { stop_words: vec!["Sample".into()], ..Guards::default() };
        assert!(!holds(&guards, b"my-sAmPle-key"));
    }
}
