//! Words: whether letters look like a word, by how surprising each is after the two before it.

/// -log2 of the probability of a letter after two others, in sixteenths of a bit; 0 is the edge of a word. Written by `scripts/train_words.py`.
static TRIGRAMS: &[u8; 27 * 27 * 27] = include_bytes!("trigrams.bin");

/// Surprise of a run of letters in bits a letter: words have some 3, random letters some 7. `None` when there are no letters.
pub fn surprise(text: &[u8]) -> Option<f32> {
    let (mut total, mut letters) = (0u32, 0u32);
    for run in runs(text) {
        let (mut a, mut b) = (0, 0);
        for letter in run.iter().map(|c| usize::from(c.to_ascii_lowercase() - b'a' + 1)).chain([0]) {
            total += u32::from(TRIGRAMS[(a * 27 + b) * 27 + letter]);
            (a, b) = (b, letter);
        }
        letters += run.len() as u32 + 1;
    }
    (letters > 0).then(|| total as f32 / 16.0 / letters as f32)
}

/// The runs of letters of a text, cut at humps.
pub fn runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.iter().position(u8::is_ascii_alphabetic)?;
        rest = &rest[start..];
        let capital = |i: usize| rest[i].is_ascii_uppercase();
        let end = (1..rest.len())
            .find(|&i| !rest[i].is_ascii_alphabetic() || capital(i) && !capital(i - 1) || capital(i - 1) && !capital(i) && i > 1)
            .map_or(rest.len(), |i| if i > 1 && rest[i].is_ascii_lowercase() { i - 1 } else { i });
        let (run, tail) = rest.split_at(end);
        rest = tail;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_surprise_less_than_noise() {
        for word in ["password", "client", "kubernetes", "userAccountName", "motdepasse", "hunter"] {
            assert!(surprise(word.as_bytes()).expect(word) < 4.4, "{word}");
        }
        for noise in ["dbynbelpgliq", "krssvyjwquy", "qzxkvw", "lvbgtuug"] {
            assert!(surprise(noise.as_bytes()).expect(noise) > 5.0, "{noise}");
        }
        assert_eq!(surprise(b"1234"), None);
    }

    #[test]
    fn runs_end_at_humps() {
        let cut = |text: &str| runs(text.as_bytes()).map(|r| String::from_utf8_lossy(r).into_owned()).collect::<Vec<_>>();
        assert_eq!(cut("userAccountName"), ["user", "Account", "Name"]);
        assert_eq!(cut("HTTPServer_2x"), ["HTTP", "Server", "x"]);
        assert_eq!(cut("ABC"), ["ABC"]);
    }
}
