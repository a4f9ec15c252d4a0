//! Exceptions: what is let pass although the pattern matched and the guards hold.
//!
//! What an exception asks of the bytes is decided with the match; what it asks of the path is left open and decided later.

use super::pattern::Pattern;
use crate::model::Except;

/// Most exceptions of a detector that ask for a path: each has a bit in every candidate.
const MOST: usize = 32;

/// The exceptions of one detector, compiled.
#[derive(Default)]
pub(super) struct Excepts(Vec<Entry>);

struct Entry {
    /// Of value, whole match and line, what one expression of must be found.
    texts: [Option<Pattern>; 3],
    /// Expressions of words that the value must hold one of.
    words: Option<Pattern>,
    paths: Option<Pattern>,
}

impl Excepts {
    /// Compiles exceptions.
    ///
    /// # Errors
    /// A sentence, when an expression is wrong or an exception states nothing.
    pub(super) fn new(list: &[Except]) -> Result<Self, String> {
        if list.iter().filter(|e| !e.paths.is_empty()).count() > MOST {
            return Err(format!("more than {MOST} of them ask for a path; put paths into one list"));
        }
        // Those that ask for a path come first, so that their numbers fit.
        let (with, without): (Vec<&Except>, Vec<&Except>) = list.iter().partition(|e| !e.paths.is_empty());
        with.into_iter().chain(without).map(Entry::new).collect::<Result<_, _>>().map(Self)
    }

    /// The exceptions that hold but for the path, a bit each; `None` when one holds at any path. The texts are value, whole match and line.
    pub(super) fn open(&self, texts: [&[u8]; 3]) -> Option<u32> {
        let mut open = 0;
        for (i, entry) in self.0.iter().enumerate() {
            if entry.holds_in(texts) {
                entry.paths.as_ref()?;
                open |= 1 << i;
            }
        }
        Some(open)
    }

    /// Whether one of the open exceptions holds at this path.
    pub(super) fn hold_at(&self, open: u32, path: &str) -> bool {
        let entries = self.0.iter().take(MOST).enumerate().filter(|(i, _)| open & (1 << i) != 0);
        entries.filter_map(|(_, e)| e.paths.as_ref()).any(|r| r.is_match(path))
    }
}

impl Entry {
    fn new(except: &Except) -> Result<Self, String> {
        let any = |list: &[String]| (!list.is_empty()).then(|| Pattern::new(list)).transpose();
        let words: Vec<String> = except.words.iter().map(|w| format!("(?i:{})", regex_syntax::escape(w))).collect();
        let texts = [any(&except.value)?, any(&except.matched)?, any(&except.line)?];
        let entry = Self { texts, words: any(&words)?, paths: any(&except.paths)? };
        let states = entry.texts.iter().chain([&entry.words, &entry.paths]).any(Option::is_some);
        if states { Ok(entry) } else { Err("it states nothing, and so would let everything pass".into()) }
    }

    fn holds_in(&self, texts: [&[u8]; 3]) -> bool {
        let found = |regex: &Option<Pattern>, text: &[u8]| regex.as_ref().is_none_or(|r| r.is_match(text));
        self.texts.iter().zip(texts).all(|(r, text)| found(r, text)) && found(&self.words, texts[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn of_each_list_one_and_of_all_lists() {
        let except = Except { value: list(&["^a", "b$"]), line: list(&["checksum"]), words: list(&["Test"]), ..Except::default() };
        let excepts = Excepts::new(&[except]).expect("sound");
        assert_eq!(excepts.open([b"a-tEst", b"", b"the checksum is"]), None);
        assert_eq!(excepts.open([b"testb", b"", b"checksum"]), None);
        for texts in [[&b"test"[..], b"", b"checksum"], [b"atest", b"", b"sum"], [b"a", b"", b"checksum"]] {
            assert_eq!(excepts.open(texts), Some(0), "{texts:?}");
        }
    }

    #[test]
    fn a_path_is_left_open() {
        let always = Except { matched: list(&["never = "]), ..Except::default() };
        let path = Except { paths: list(&["^vendor/"]), ..Except::default() };
        let both = Except { value: list(&["^x"]), paths: list(&["[.]md$"]), ..Except::default() };
        let excepts = Excepts::new(&[always, path, both]).expect("sound");
        let plain = excepts.open([b"y", b"", b""]).expect("open");
        let special = excepts.open([b"x", b"", b""]).expect("open");
        assert!(excepts.hold_at(plain, "vendor/a.md") && !excepts.hold_at(plain, "a.md"));
        assert!(excepts.hold_at(special, "a.md") && !excepts.hold_at(special, "a.rs"));
        assert_eq!(excepts.open([b"y", b"never = ", b""]), None);
    }

    #[test]
    fn what_states_nothing_is_refused() {
        assert!(Excepts::new(&[Except::default()]).is_err());
        assert!(Excepts::new(&[Except { value: list(&["("]), ..Except::default() }]).is_err());
    }
}
