//! Compiled patterns: an automaton that is built as it is used says where a match ends, and a second search what its groups are.
//!
//! `regex_automata::meta` compiles every pattern backwards as well, to learn where a match begins. Nearly all searches here begin where the sieve says,
//! and a run that needs a pattern for one file alone pays for its compilation: so half of that is spared.

use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::primitives::{NonMaxUsize, PatternID};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// Largest compiled pattern, in bytes; a user's pattern beyond it is refused.
const LARGEST: usize = 16 << 20;
/// Memory for the automaton of one pattern on one thread, in bytes.
const CACHE: usize = 1 << 20;

/// One pattern, or several of which any is searched for.
pub(super) struct Pattern {
    engines: Arc<Engines>,
    /// For [`Self::is_match`].
    pool: Pool<Caches, Box<dyn Fn() -> Caches + Send + Sync + UnwindSafe + RefUnwindSafe>>,
}

struct Engines {
    ends: DFA,
    groups: BoundedBacktracker,
}

/// What one thread has made of the engines.
pub(super) struct Caches {
    ends: dfa::Cache,
    groups: backtrack::Cache,
}

impl Pattern {
    /// Compiles patterns the way scans do: bytes, ASCII classes, bounded size.
    ///
    /// # Errors
    /// A sentence, when one is wrong or all are too large together.
    pub(super) fn new(patterns: &[impl AsRef<str>]) -> Result<Self, String> {
        let bytes = syntax::Config::new().unicode(false).utf8(false);
        let parse = |pattern: &_| syntax::parse_with(AsRef::as_ref(pattern), &bytes).map_err(|e| e.to_string());
        let parsed = patterns.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let bounds = NFA::config().utf8(false).nfa_size_limit(Some(LARGEST)).which_captures(WhichCaptures::All);
        let nfa = Compiler::new().configure(bounds).build_many_from_hir(&parsed).map_err(|e| e.to_string())?;
        let ends = DFA::config().cache_capacity(CACHE).skip_cache_capacity_check(true);
        let engines = Engines {
            ends: DFA::builder().configure(ends).build_from_nfa(nfa.clone()).map_err(|e| e.to_string())?,
            groups: BoundedBacktracker::new_from_nfa(nfa).map_err(|e| e.to_string())?,
        };
        let engines = Arc::new(engines);
        let made = engines.clone();
        Ok(Self { engines, pool: Pool::new(Box::new(move || made.caches())) })
    }

    /// What one thread needs for searches.
    pub(super) fn caches(&self) -> Box<Caches> {
        Box::new(self.engines.caches())
    }

    /// How many groups there are, the whole match among them.
    pub(super) fn groups(&self) -> usize {
        self.engines.groups.get_nfa().group_info().group_len(PatternID::ZERO)
    }

    /// The number of a named group.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        self.engines.groups.get_nfa().group_info().to_index(PatternID::ZERO, name)
    }

    /// Whether it is found anywhere in a text.
    pub(super) fn is_match(&self, text: impl AsRef<[u8]>) -> bool {
        let mut caches = self.pool.get();
        let input = Input::new(text.as_ref()).earliest(true);
        self.engines.ends.try_search_fwd(&mut caches.ends, &input).is_ok_and(|end| end.is_some())
    }

    /// Whether the bytes up to `end` show that no match begins at `start`.
    pub(super) fn fails(&self, caches: &mut Caches, bytes: &[u8], start: usize, end: usize) -> bool {
        let input = Input::new(bytes).span(start..bytes.len()).anchored(Anchored::Yes);
        let (dfa, cache) = (&self.engines.ends, &mut caches.ends);
        let Ok(mut state) = dfa.start_state_forward(cache, &input) else { return false };
        for &byte in &bytes[start..end] {
            match dfa.next_state(cache, state, byte) {
                Ok(next) if next.is_dead() => return true,
                Ok(next) if !next.is_match() => state = next,
                _ => return false,
            }
        }
        false
    }

    /// Finds the leftmost match in a span, and where its groups begin and end.
    pub(super) fn search(&self, caches: &mut Caches, input: &Input<'_>, slots: &mut [Option<NonMaxUsize>]) -> bool {
        // It fails for nothing but bytes or a count of refills that it was told to give up at, and it was told of none.
        let Ok(Some(end)) = self.engines.ends.try_search_fwd(&mut caches.ends, input) else { return false };
        let found = input.clone().span(input.start()..end.offset());
        match self.engines.groups.try_search_slots(&mut caches.groups, &found, slots) {
            Ok(pattern) => pattern.is_some(),
            // Too long a text for so large a pattern: rare enough to make what it takes anew.
            Err(_) => self.engines.long(&found, slots),
        }
    }
}

impl Engines {
    fn caches(&self) -> Caches {
        Caches { ends: self.ends.create_cache(), groups: self.groups.create_cache() }
    }

    fn long(&self, found: &Input<'_>, slots: &mut [Option<NonMaxUsize>]) -> bool {
        let Ok(vm) = PikeVM::new_from_nfa(self.groups.get_nfa().clone()) else { return false };
        vm.search_slots(&mut vm.create_cache(), found, slots).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex_automata::meta::Regex;

    /// Patterns of the kinds that detectors have.
    const PATTERNS: &[&str] = &[
        r"\b(ab[a-c]{2,6})\b",
        r"(?i:token)\s*[=:]\s*(?P<value>[a-c]{3,})",
        r"a+?(b|bc)(c*)",
        r"(?:^|[^a-z])([abc]{4})(?:$|[^a-z])",
        r"(a|ab)(c|bcd)?(d*)",
        r#"(?s)begin.{0,40}?end"#,
    ];

    fn both(pattern: &str, text: &[u8], from: usize, anchored: Anchored) -> [Option<Vec<Option<usize>>>; 2] {
        let bytes = syntax::Config::new().unicode(false).utf8(false);
        let other = Regex::builder().configure(Regex::config().utf8_empty(false)).syntax(bytes).build(pattern).expect(pattern);
        let ours = Pattern::new(&[pattern]).expect(pattern);
        let input = Input::new(text).span(from..text.len()).anchored(anchored);
        let mut slots = vec![None; ours.groups() * 2];
        let told = |found: bool, slots: &[Option<NonMaxUsize>]| found.then(|| slots.iter().map(|s| s.map(|s| s.get())).collect());
        let found = ours.search(&mut ours.caches(), &input, &mut slots);
        let first = told(found, &slots);
        slots.fill(None);
        let found = other.search_slots(&input, &mut slots).is_some();
        [first, told(found, &slots)]
    }

    proptest! {
        #[test]
        fn finds_what_the_whole_library_finds(
            n in 0..PATTERNS.len(), text in "[abcd =:x]{0,24}(token|begin)?[abc =:]{0,12}(end)?[a-d ]{0,8}", from in 0usize..6, anchored: bool
        ) {
            let anchored = if anchored { Anchored::Yes } else { Anchored::No };
            let [ours, theirs] = both(PATTERNS[n], text.as_bytes(), from.min(text.len()), anchored);
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn a_long_text_is_searched_too() {
        let text = [b"x ".repeat(200_000), b"token = abcabc".to_vec()].concat();
        let [ours, theirs] = both(r"(?s)x.*(?i:token) = ([a-c]{3,90})", &text, 0, Anchored::No);
        assert!(ours.is_some());
        assert_eq!(ours, theirs);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let told = |patterns: &[&str]| Pattern::new(patterns).err().expect("an error");
        assert!(told(&["a", "("]).contains("unclosed group"), "{}", told(&["a", "("]));
        assert!(told(&["(?:[a-z]{1000}){1000}"]).contains("limit"), "{}", told(&["(?:[a-z]{1000}){1000}"]));
    }
}
