//! What stands before an anchor: looked at backwards, from the anchor on, where a match may begin anywhere before it. Nearly always a few bytes show that none
//! does, while the pattern itself would have to be searched for from the furthest place on.

use super::plan;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{Compiler, NFA, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

/// Memory for the automaton on one thread, in bytes.
const CACHE: usize = 1 << 20;

/// The part of a pattern before its anchors, to be matched backwards.
pub(super) struct Before(DFA);

impl Before {
    /// Compiles the first parts of a pattern.
    pub(super) fn new(pattern: &str, parts: usize) -> Option<Self> {
        let hir = syntax::parse_with(pattern, &syntax::Config::new().unicode(false).utf8(false)).ok()?;
        let before = Hir::concat(plan::parts(&hir).get(..parts)?.to_vec());
        let backwards = NFA::config().utf8(false).reverse(true).which_captures(WhichCaptures::None);
        let nfa = Compiler::new().configure(backwards).build_from_hir(&before).ok()?;
        let config = DFA::config().match_kind(MatchKind::All).cache_capacity(CACHE).skip_cache_capacity_check(true);
        DFA::builder().configure(config).build_from_nfa(nfa).ok().map(Self)
    }

    /// What one thread needs for it.
    pub(super) fn cache(&self) -> Cache {
        self.0.create_cache()
    }

    /// From where to `at` the bytes show that a match has no beginning before `at`; `None` when it may have one, or what stands before these bytes would tell.
    pub(super) fn fails(&self, cache: &mut Cache, bytes: &[u8], at: usize) -> Option<usize> {
        let input = Input::new(bytes).span(0..at).anchored(Anchored::Yes);
        let mut state = self.0.start_state_reverse(cache, &input).ok()?;
        for i in (0..at).rev() {
            state = self.0.next_state(cache, state, bytes[i]).ok()?;
            if state.is_dead() {
                return Some(i);
            }
            if state.is_match() {
                return None;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(text: &str, at: usize) -> Option<usize> {
        let before = Before::new(r#"\bname:[ ]{1,4}[a-z]+\n[ ]+value: "#, 6).expect("sound");
        before.fails(&mut before.cache(), text.as_bytes(), at)
    }

    #[test]
    fn what_has_no_beginning_is_told_from_the_last_bytes() {
        let at = |text: &str| text.find("value").expect("there");
        assert_eq!(fails("name: abc\n  value: ", 12), None);
        assert_eq!(fails("xname: abc\n  value: ", 13), Some(0), "no boundary");
        let text = "name: abc\n other: value: ";
        assert_eq!(fails(text, at(text)), Some(at(text) - 2));
        let text = "name: Abc\n  value: ";
        assert_eq!(fails(text, at(text)), Some(6), "on the line before");
    }
}
