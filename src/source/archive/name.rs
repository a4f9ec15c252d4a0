//! Names of members, made harmless to show.

use std::borrow::Cow;

/// Characters of a name that are shown.
const MAX_CHARS: usize = 1024;

/// A name as it is shown, and what is suspicious about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) oddity: Option<&'static str>,
}

impl Name {
    /// Makes a stored name showable: UTF-8 with replacement characters, without leading `./`, and with what could act on a
    /// terminal or as a path (control and direction characters, `..`, a root) written as `\u{..}`.
    pub(super) fn new(stored: &[u8]) -> Self {
        let longest = MAX_CHARS * 4;
        let stored = String::from_utf8_lossy(&stored[..stored.len().min(longest)]);
        let mut plain = stored.as_ref();
        while let Some(rest) = plain.strip_prefix("./") {
            plain = rest.trim_start_matches('/');
        }
        let mut text = String::with_capacity(plain.len());
        let mut oddity = None;
        let rooted = plain.starts_with(['/', '\\']) || plain.as_bytes().get(1) == Some(&b':');
        if rooted {
            oddity = Some("its name is an absolute path");
        }
        for (i, part) in plain.split_inclusive(['/', '\\']).enumerate() {
            let parent = part.trim_end_matches(['/', '\\']) == "..";
            if parent {
                oddity = Some("its name leads out of the archive");
            }
            for (j, c) in part.chars().enumerate() {
                let root = rooted && i == 0 && j == usize::from(!part.starts_with(['/', '\\']));
                if acts(c) {
                    oddity = Some("its name has control characters");
                }
                match c {
                    c if acts(c) || root || (parent && c == '.') => text.extend(c.escape_unicode()),
                    c => text.push(c),
                }
            }
        }
        if let Some((end, _)) = text.char_indices().nth(MAX_CHARS) {
            text.truncate(end);
            text.push('…');
            oddity = Some("its name is longer than 1024 characters");
        }
        if text.is_empty() {
            text.push_str("unnamed");
            oddity = Some("it has no name");
        }
        Self { text, oddity }
    }
}

/// Whether a character does something where it is printed: controls, and the marks that change the direction of text.
fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The name of what a compressed file holds, by the name of the file: the last part without its compression's ending.
pub(super) fn stem(path: &str) -> Cow<'_, str> {
    let file = path.rsplit(['/', '!']).next().unwrap_or(path);
    for ending in [".gz", ".zst", ".zstd"] {
        if let Some(stem) = file.strip_suffix(ending).filter(|stem| !stem.is_empty()) {
            return Cow::Borrowed(stem);
        }
    }
    if file.is_empty() { Cow::Borrowed("content") } else { Cow::Borrowed(file) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn harmless_names_stay_as_they_are() {
        for name in ["a/b.txt", "été/…", "a..b/.hidden", "a!b", "...", "C"] {
            assert_eq!(Name::new(name.as_bytes()), Name { text: name.to_owned(), oddity: None });
        }
        assert_eq!(Name::new(b".//./a/./b").text, "a/./b");
    }

    #[test]
    fn what_could_act_is_escaped() {
        let cases: [(&[u8], &str); 7] = [
            (b"a/../b", r"a/\u{2e}\u{2e}/b"),
            (b"..\\b", r"\u{2e}\u{2e}\b"),
            (b"//etc", r"\u{2f}/etc"),
            (b"C:\\x", r"C\u{3a}\x"),
            (b"a\nb\0", r"a\u{a}b\u{0}"),
            ("gpj\u{202e}".as_bytes(), r"gpj\u{202e}"),
            (b"", "unnamed"),
        ];
        for (stored, shown) in cases {
            let name = Name::new(stored);
            assert_eq!(name.text, shown);
            assert!(name.oddity.is_some(), "{shown}");
        }
        assert_eq!(Name::new(b"\xff").text, "\u{fffd}");
    }

    #[test]
    fn stems_drop_the_ending() {
        let cases = [("a/b.log.gz", "b.log"), ("x.tar!y.zst", "y"), (".gz", ".gz"), ("a/plain", "plain"), ("", "content")];
        for (path, expected) in cases {
            assert_eq!(stem(path), expected);
        }
    }

    proptest! {
        #[test]
        fn shown_names_never_act(stored in prop::collection::vec(any::<u8>(), 0..3000)) {
            let name = Name::new(&stored);
            prop_assert!(name.text.chars().count() <= MAX_CHARS + 1);
            prop_assert!(!name.text.chars().any(acts) && !name.text.starts_with('/'));
            prop_assert!(name.text.split(['/', '\\']).all(|part| part != ".."));
        }
    }
}
