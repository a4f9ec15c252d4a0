//! Anchors: the short byte sequences one of which every match of a pattern must contain.
//!
//! A detector is only tried where one of its anchors stands. An anchor is a sequence of byte sets rather than a literal, so that
//! `hf_[A-Za-z]{34}` is anchored by `hf_` *and* the class behind it. The derivation walks the pattern's parse tree once and keeps the
//! candidate that ordinary text contains least often.

use super::byte_set::{ByteSet, byte_set};
use super::common::{RARE, millionths};
use regex_syntax::hir::{Hir, HirKind, Repetition};
use serde::{Deserialize, Serialize};

/// Longest sequence kept; longer ones add cost and no selectivity.
const MAX_LEN: usize = 32;
/// So many positions of a class in a row end a sequence.
const STRETCH: usize = 6;
/// Most alternatives one pattern may be anchored by.
const MAX_ALTERNATIVES: usize = 64;
/// Most alternatives that what is optional in a pattern may make of them.
const MAX_FORKS: usize = 16;
/// Furthest the gram that the sieve looks for lies behind the start of its anchor: so much is read beyond every window.
pub const MAX_OFFSET: isize = 5;
/// Most grams the sieve may have to know of one anchor at one offset.
const MAX_GRAMS: usize = 2048;
/// A class with more members than this says too little to be part of an anchor.
const MAX_CLASS: u32 = 70;

/// Words that code and configuration are full of: a name beside them is the better anchor.
const COMMON: &[&str] = &[
    "secret",
    "token",
    "password",
    "passwd",
    "client",
    "access_token",
    "server",
    "database",
    "provider",
    "driver",
    "source",
    "address",
    "hostname",
    "username",
    "string",
    "value",
    "config",
    "service",
    "account",
    "private",
    "public",
    "authorization",
    "bearer",
    "basic",
    "https://",
    "header",
    "application",
    "project",
    "login",
    "machine",
    "default",
    "api_key",
    "apikey",
    "api-key",
    "webhook",
    "integration",
    "signing",
    "security",
    "customer",
    "storage",
    "endpoint",
    "connection",
    "session",
    "credential",
    "storage",
    "resource",
    "registry",
    "instance",
    "shared",
    "master",
    "admin",
    "consumer",
    "license",
    "ingest",
    "access_key",
    "accesskey",
    "access-key",
    "secret_key",
    "secretkey",
    "client_id",
    "clientid",
    "client_secret",
];

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|w| w == word)
}

/// One sequence, and how far into a match it may stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// The sets, in order; between 3 and 32 of them.
    pub sets: Vec<ByteSet>,
    /// Most bytes of a match before the sequence; `None` when unbounded.
    pub lead: Option<usize>,
    /// Whether a match has exactly `lead` bytes before the sequence.
    pub exact: bool,
    /// The byte before must not be a word character.
    pub boundary: bool,
}

impl Anchor {
    /// An anchor of a literal in any case, for detectors that state their keywords.
    pub fn keyword(word: &str) -> Self {
        let both = |b: u8| {
            let mut set = ByteSet::one(b.to_ascii_lowercase());
            set.insert(b.to_ascii_uppercase());
            set
        };
        Self { sets: word.bytes().take(MAX_LEN).map(both).collect(), lead: None, exact: false, boundary: false }
    }

    /// The set at a position; any byte before and behind the sequence.
    pub fn set(&self, position: isize) -> ByteSet {
        usize::try_from(position).ok().and_then(|i| self.sets.get(i)).copied().unwrap_or(ByteSet::ANY)
    }

    /// The offset of the given parity, from -1 on, whose four positions stand for the fewest and rarest folded grams, and how many those are.
    pub fn gram(&self, parity: isize) -> (isize, usize) {
        let count = |offset: isize| -> usize { (offset..offset + 4).map(|i| self.set(i).folded().len()).product() };
        let last = (self.sets.len() as isize - 3).min(MAX_OFFSET);
        (-1..=last)
            .filter(|o| o.rem_euclid(2) == parity)
            .map(|o| (o, count(o)))
            .min_by(|a, b| self.cost(a.0, a.1).partial_cmp(&self.cost(b.0, b.1)).expect("finite"))
            .expect("an anchor of three sets has an offset of either parity")
    }

    /// What looking for the grams at an offset costs: how often they turn up in vain, in millionths, and a little for each, as they fill the table.
    fn cost(&self, offset: isize, count: usize) -> f32 {
        const OF_EACH: f32 = 0.5;
        if count > MAX_GRAMS {
            return f32::MAX;
        }
        self.expanded(offset).into_iter().map(|gram| millionths(gram) + OF_EACH).sum()
    }

    /// All folded grams that stand for the four positions from an offset on.
    fn expanded(&self, offset: isize) -> Vec<u32> {
        let mut grams = vec![0u32];
        for i in 0..4 {
            let bytes = self.set(offset + i).folded();
            grams = grams.iter().flat_map(|g| bytes.iter().map(move |&b| g | u32::from(b) << (8 * i))).collect();
        }
        grams
    }

    /// The folded grams that stand for the anchor at offsets of the given parity: where they begin, and all of them.
    pub fn grams(&self, parity: isize) -> (i8, Vec<u32>) {
        let (offset, _) = self.gram(parity);
        (offset as i8, self.expanded(offset))
    }

    /// How likely it is that ordinary text matches at a place, roughly.
    fn probability(&self) -> f32 {
        let product: f32 = self.sets.iter().map(ByteSet::probability).product();
        // Letters follow one another as they do in words: where all fours in a row are common, what was measured is believed over the product.
        let measured = |four: &[ByteSet]| {
            let letters: Option<Vec<u8>> = four.iter().map(ByteSet::letter).collect();
            Some(millionths(u32::from_le_bytes(letters?.try_into().ok()?)))
        };
        let rarest = self.sets.windows(4).filter_map(measured).fold(f32::MAX, f32::min);
        let wide: f32 = self.sets.iter().filter(|s| s.letter().is_none()).map(ByteSet::probability).product();
        let p = if rarest > RARE && rarest < f32::MAX { product.max(rarest / 1e6 * wide) } else { product };
        let word: Vec<u8> =
            self.sets.iter().take_while(|s| narrow(s)).filter_map(|s| s.iter().last()).map(|b| b.to_ascii_lowercase()).collect();
        let word = word.strip_prefix(b"_").unwrap_or(&word);
        let common = word.len() >= 3 && self.sets.len() <= word.len() + 4 && COMMON.iter().any(|c| contains(c.as_bytes(), word));
        let p = if common { p.max(1e-4) } else { p };
        if self.boundary { p * 0.3 } else { p }
    }
}

/// The anchors of a pattern, or `None` when it has none rare enough to search for. `boundary` says that a match begins at a word boundary.
pub fn anchors(hir: &Hir, boundary: bool) -> Option<Vec<Anchor>> {
    let mut walk = Walk::new();
    let mut state = Runs::start(Some(0), true);
    state.alternatives[0].boundary = boundary;
    walk.visit(hir, &mut state);
    walk.offer(&state);
    walk.best
}

/// The fixed sequences that may stand at the current position.
#[derive(Clone)]
struct Runs {
    alternatives: Vec<Anchor>,
    /// Most bytes from the start of the match to the current position.
    position: Option<usize>,
    /// Whether it is always so many.
    exact: bool,
}

impl Runs {
    fn start(position: Option<usize>, exact: bool) -> Self {
        Self { alternatives: vec![Anchor { sets: Vec::new(), lead: position, exact, boundary: false }], position, exact }
    }

    fn push(&mut self, set: ByteSet) {
        self.position = self.position.map(|p| p + 1);
        for a in &mut self.alternatives {
            if a.sets.is_empty() && !narrow(&set) {
                // A wide class in front is no place to start.
                (a.lead, a.boundary) = (a.lead.map(|l| l + 1), false);
            } else if a.sets.len() < MAX_LEN {
                a.sets.push(set);
            }
        }
    }
}

struct Walk {
    best: Option<Vec<Anchor>>,
    best_score: f32,
    was_cut: bool,
}

impl Walk {
    fn new() -> Self {
        Self { best: None, best_score: f32::MAX, was_cut: false }
    }

    /// Takes the runs as the anchors if they beat the best so far.
    fn offer(&mut self, runs: &Runs) {
        let trimmed: Option<Vec<Anchor>> = runs.alternatives.iter().map(trim).collect();
        if let Some(anchors) = trimmed {
            let score = anchors.iter().map(Anchor::probability).sum::<f32>();
            if score < self.best_score {
                self.best_score = score;
                self.best = Some(anchors);
            }
        }
    }

    /// Ends the current runs and begins new ones `min` to `max` bytes further on.
    fn cut(&mut self, runs: &mut Runs, min: Option<usize>, max: Option<usize>) {
        self.was_cut = true;
        self.offer(runs);
        let position = runs.position.zip(max).map(|(a, b)| a + b);
        *runs = Runs::start(position, runs.exact && max.is_some() && min == max);
    }

    /// Lengthens the runs; a long stretch of a class ends them, since what follows it may be more telling.
    fn push(&mut self, runs: &mut Runs, set: ByteSet) {
        let stretch = |a: &Anchor| a.sets.len() >= STRETCH && a.sets.iter().rev().take(STRETCH).all(|s| !narrow(s));
        if !narrow(&set) && runs.alternatives.iter().all(stretch) {
            self.cut(runs, Some(1), Some(1));
        } else {
            runs.push(set);
        }
    }

    fn visit(&mut self, hir: &Hir, runs: &mut Runs) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                for &b in &literal.0 {
                    if b == b'\n' { self.cut(runs, Some(1), Some(1)) } else { self.push(runs, ByteSet::one(b)) }
                }
            }
            HirKind::Class(class) => match byte_set(class) {
                // An anchor stays on its line, so that windows can be cut at line ends.
                Some(set) if set.len() <= MAX_CLASS && !set.contains(b'\n') => self.push(runs, set),
                _ => self.cut(runs, hir.properties().minimum_len(), Some(hir.properties().maximum_len().unwrap_or(4))),
            },
            HirKind::Capture(capture) => self.visit(&capture.sub, runs),
            HirKind::Concat(parts) => parts.iter().for_each(|p| self.visit(p, runs)),
            HirKind::Repetition(rep) => self.repetition(rep, runs),
            HirKind::Alternation(branches) => self.alternation(hir, branches, runs),
        }
    }

    fn repetition(&mut self, rep: &Repetition, runs: &mut Runs) {
        let (least, most) = (rep.sub.properties().minimum_len(), rep.sub.properties().maximum_len());
        let rest = |runs: &mut Runs, walk: &mut Self, taken: u32| {
            let min = least.map(|len| len * rep.min.saturating_sub(taken) as usize);
            let max = rep.max.map(|m| m.saturating_sub(taken) as usize).zip(most).map(|(n, len)| n * len);
            walk.cut(runs, min, max);
        };
        if (rep.min, rep.max) == (0, Some(1)) && self.optional(&rep.sub, runs) {
            return;
        }
        let taken = rep.min.min(MAX_LEN as u32);
        (0..taken).for_each(|_| self.visit(&rep.sub, runs));
        if rep.max != Some(taken) {
            rest(runs, self, taken);
        }
    }

    /// What may be there or not doubles the runs, if it is short and they stay few: `api[_-]?key` is anchored by `apikey` and `api_key`, not by `api`.
    fn optional(&mut self, sub: &Hir, runs: &mut Runs) -> bool {
        let (mut inner, mut with) = (Walk::new(), runs.clone());
        inner.visit(sub, &mut with);
        if inner.was_cut || inner.best.is_some() || runs.alternatives.len() + with.alternatives.len() > MAX_FORKS {
            return false;
        }
        runs.alternatives.extend(with.alternatives);
        (runs.position, runs.exact) = (with.position, false);
        true
    }

    /// Branches that are plain sequences multiply the runs; otherwise each branch, with what stands before it, gives its best anchors.
    fn alternation(&mut self, hir: &Hir, branches: &[Hir], runs: &mut Runs) {
        let walked: Vec<(Walk, Runs)> = branches
            .iter()
            .map(|branch| {
                let (mut inner, mut sub) = (Walk::new(), runs.clone());
                inner.visit(branch, &mut sub);
                (inner, sub)
            })
            .collect();
        let plain = walked.iter().all(|(inner, _)| inner.best.is_none() && !inner.was_cut);
        let product: usize = walked.iter().map(|(_, sub)| sub.alternatives.len()).sum();
        if plain && product <= MAX_ALTERNATIVES {
            let longest = walked.iter().map(|(_, sub)| sub.position).reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b)));
            runs.exact = walked.iter().all(|(_, sub)| sub.exact && sub.position == walked[0].1.position);
            runs.alternatives = walked.into_iter().flat_map(|(_, sub)| sub.alternatives).collect();
            runs.position = longest.flatten();
            return;
        }
        let choice: Option<Vec<Vec<Anchor>>> = walked
            .into_iter()
            .map(|(mut inner, sub)| {
                inner.offer(&sub);
                inner.best
            })
            .collect();
        if let Some(choice) = choice {
            self.offer_choice(choice.concat());
        }
        self.cut(runs, hir.properties().minimum_len(), hir.properties().maximum_len());
    }

    fn offer_choice(&mut self, anchors: Vec<Anchor>) {
        let score = anchors.iter().map(Anchor::probability).sum::<f32>();
        if anchors.len() <= MAX_ALTERNATIVES && score < self.best_score {
            self.best_score = score;
            self.best = Some(anchors);
        }
    }
}

/// A byte, or a letter in either case.
fn narrow(set: &ByteSet) -> bool {
    set.len() <= 2
}

/// Cuts wide classes off the end; `None` when too little is left to search for.
fn trim(anchor: &Anchor) -> Option<Anchor> {
    let mut sets = anchor.sets.clone();
    let last = sets.iter().rposition(narrow)?;
    // A few positions of a class behind the literal make short prefixes selective.
    sets.truncate((last + 1).max(6.min(sets.len())));
    let literal = sets.iter().filter(|s| narrow(s)).count();
    let trimmed = Anchor { sets, ..*anchor };
    let searchable = trimmed.sets.len() >= 3 && literal >= 2 && (0..2).all(|parity| trimmed.gram(parity).1 <= MAX_GRAMS);
    searchable.then_some(trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Vec<(String, Option<usize>)> {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).expect(pattern);
        let show = |s: &ByteSet| match s.len() {
            1 => char::from(s.iter().next().expect("one")).to_string(),
            2 => char::from(s.iter().next().expect("two")).to_ascii_lowercase().to_string(),
            _ => "#".to_owned(),
        };
        anchors(&hir, false).unwrap_or_default().iter().map(|a| (a.sets.iter().map(show).collect(), a.lead)).collect()
    }

    #[test]
    fn a_prefix_takes_the_class_behind_it_along() {
        assert_eq!(of(r"\b(ghp_[A-Za-z0-9]{36})\b"), [("ghp_##".to_owned(), Some(0))]);
        assert_eq!(of(r"\b(hf_[a-zA-Z]{34})\b"), [("hf_###".to_owned(), Some(0))]);
    }

    #[test]
    fn alternatives_are_all_anchored() {
        let found = of(r"\b((?:AKIA|ASIA)[A-Z2-7]{16})\b");
        assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["AKIA##", "ASIA##"]);
        let found = of(r"\b((?:sk_live|rk_test)_[A-Za-z0-9]{24})\b");
        assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["sk_live_", "rk_test_"]);
    }

    #[test]
    fn the_rarest_literal_wins_and_the_lead_is_bounded() {
        let found = of(r"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}");
        assert_eq!(found, [("T3BlbkFJ".to_owned(), Some(23))]);
    }

    #[test]
    fn case_is_folded_where_the_pattern_folds_it() {
        assert_eq!(of(r"(?i:mistral)[^\n]{0,20}=[a-z0-9]{32}"), [("mistral".to_owned(), Some(0))]);
    }

    #[test]
    fn a_pattern_without_literal_has_no_anchor() {
        assert!(of(r"[A-Za-z0-9]{32}").is_empty());
    }

    #[test]
    fn what_is_optional_is_part_of_the_anchor() {
        let found = of(r"(?i:data[_.-]?for[_.-]?seo)");
        let words: Vec<&str> = found.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(words, ["dataforseo", "data#forseo", "datafor#seo", "data#for#seo"]);
        assert!(found.iter().all(|f| f.1 == Some(0)));
    }
}
