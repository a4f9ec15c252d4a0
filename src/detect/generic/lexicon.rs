//! The lexicon: the lists of words that names, values and places are judged by.

use foldhash::fast::FixedState;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

static TEXT: &str = include_str!("lexicon.txt");

/// Longest word of any list.
const LONGEST: usize = 48;

/// Whether a list has a word, in any case.
pub fn has(list: &str, word: &[u8]) -> bool {
    let mut lower = [0; LONGEST];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    lists()[list].set.contains(&*lower)
}

/// The words of a list, in the order of the file.
pub fn words(list: &str) -> &'static [&'static str] {
    &lists()[list].words
}

struct List {
    set: HashSet<&'static [u8], FixedState>,
    words: Vec<&'static str>,
}

/// The lists by name. Their words are the program's own, so that the key of their hashes need not be drawn.
type Lists = HashMap<&'static str, List, FixedState>;

fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut lists = Lists::default();
        for section in TEXT.split("\n[").skip(1) {
            let (name, rest) = section.split_once("]\n").expect("a section has a name");
            let lines = rest.lines().filter(|l| !l.starts_with("# "));
            let words: Vec<&str> = lines.flat_map(str::split_ascii_whitespace).collect();
            lists.insert(name, List { set: words.iter().map(|w| w.as_bytes()).collect(), words });
        }
        lists
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_their_list_in_any_case() {
        assert!(has("dummy", b"ChangeMe"));
        assert!(has("secret-of", b"API"));
        assert!(!has("neutral", b"api"));
        let sound = |w: &&str| w.len() <= LONGEST && !w.bytes().any(|b| b.is_ascii_uppercase());
        assert!(lists().values().all(|list| !list.words.is_empty() && list.words.iter().all(sound)));
    }
}
