//! Demands: what every match of a pattern must hold, cheap to look for before the pattern is tried.
//!
//! Most anchors stand in prose and code with nothing like a credential beside them. A run of token characters as long as the pattern prescribes, or the one
//! odd byte it cannot do without, is missed there at a fraction of what the pattern costs.

use super::byte_set::{ByteSet, byte_set};
use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};

/// Longest run that is asked for.
const MAX_RUN: u32 = 64;
/// A long run.
const LONG_RUN: u32 = 32;

/// How long runs a text must hold for a match, roughly: the sieve looks in it only for anchors of patterns that it can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// No long run.
    Short,
    /// A long run of wide token characters.
    Wide,
    /// A long run of narrow ones.
    Narrow,
}

impl Tier {
    /// How many there are.
    pub const COUNT: usize = 3;
}

/// What a match must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Demand {
    /// So many letters, digits, `_` or `-` in a row.
    pub narrow_run: u8,
    /// So many of those or `+`, `/`, `=`, `.`, `~` in a row.
    pub wide_run: u8,
    /// This byte, which is neither letter nor digit nor common.
    pub byte: Option<u8>,
}

impl Demand {
    /// What every match of a pattern must hold.
    pub fn of(hir: &Hir) -> Self {
        let run = |token: fn(u8) -> bool| runs(hir, token).best.min(MAX_RUN) as u8;
        let byte = [b'@', b'\\', b'<', b'?', b'&', b'%', b'!', b'|', b'+', b';', b'='].into_iter().find(|&b| needs(hir, b));
        Self { narrow_run: run(is_narrow), wide_run: run(is_wide), byte }
    }

    /// How long runs every match holds.
    pub fn tier(&self) -> Tier {
        let is_long = |run: u8| u32::from(run) >= LONG_RUN;
        match (is_long(self.narrow_run), is_long(self.wide_run)) {
            (true, _) => Tier::Narrow,
            (false, true) => Tier::Wide,
            (false, false) => Tier::Short,
        }
    }

    /// Whether a line with these facts can hold a match.
    #[inline]
    pub fn met(&self, line: &Facts, text: &[u8]) -> bool {
        self.narrow_run <= line.narrow && self.wide_run <= line.wide && self.byte.is_none_or(|b| memchr::memchr(b, text).is_some())
    }
}

/// What demands ask of a line, found out once for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Length of its longest narrow run, up to [`MAX_RUN`].
    narrow: u8,
    /// Length of its longest wide run, up to [`MAX_RUN`].
    wide: u8,
}

impl Facts {
    /// Of a text that was not looked through: everything is possible.
    pub const UNKNOWN: Facts = Facts { narrow: u8::MAX, wide: u8::MAX };

    /// Looks a line through.
    pub fn of(text: &[u8]) -> Self {
        let (mut narrow, mut wide) = (0u32, 0u32);
        let (mut longest_narrow, mut longest_wide) = (0u32, 0u32);
        for &b in text {
            let class = CLASSES[usize::from(b)];
            narrow = if class & 1 != 0 { narrow + 1 } else { 0 };
            wide = if class != 0 { wide + 1 } else { 0 };
            longest_narrow = longest_narrow.max(narrow);
            longest_wide = longest_wide.max(wide);
        }
        Self { narrow: longest_narrow.min(MAX_RUN) as u8, wide: longest_wide.min(MAX_RUN) as u8 }
    }
}

impl Tier {
    /// What runs a text has.
    pub fn of(text: &[u8]) -> Self {
        let has = |class: u8| has_long_run(text, |b| CLASSES[usize::from(b)] & class != 0);
        // A narrow run is a wide one too.
        match has(2) {
            false => Self::Short,
            true if has(1) => Self::Narrow,
            true => Self::Wide,
        }
    }
}

/// Whether a text has a run of [`LONG_RUN`] such bytes: it goes through a whole piece of sixteen.
fn has_long_run(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    let mut at = 0;
    while let Some(piece) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        at += piece.len();
        if !is_unbroken(piece) {
            continue;
        }
        let start = text[..at].iter().rposition(|b| !is(*b)).map_or(0, |i| i + 1);
        let end = text[at..].iter().position(|b| !is(*b)).map_or(text.len(), |i| at + i);
        if end - start >= LONG_RUN as usize {
            return true;
        }
        at = at.max(end / piece.len() * piece.len());
    }
    false
}

/// Whether none of these is a blank, a control or a sign such as a quote, as there are in nearly all pieces of text; one comparison for all of them.
#[inline]
pub fn is_unbroken(piece: &[u8; 16]) -> bool {
    piece.iter().fold(true, |all, &b| all & (b > b'*'))
}

/// Of each byte: 3 for a narrow token character, 2 for one that is wide only.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut b = 0;
    while b < 256 {
        classes[b] = if is_narrow(b as u8) {
            3
        } else if is_wide(b as u8) {
            2
        } else {
            0
        };
        b += 1;
    }
    classes
};

const fn is_narrow(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

const fn is_wide(b: u8) -> bool {
    is_narrow(b) || matches!(b, b'+' | b'/' | b'=' | b'.' | b'~')
}

/// Lengths of token runs that every match of a part holds.
#[derive(Clone, Copy)]
struct Runs {
    /// Whether the part is token characters throughout; `prefix` is then its least length.
    whole: bool,
    /// At its start.
    prefix: u32,
    /// At its end.
    suffix: u32,
    /// Anywhere.
    best: u32,
}

impl Runs {
    const NOTHING: Runs = Runs { whole: true, prefix: 0, suffix: 0, best: 0 };
    const OTHER: Runs = Runs { whole: false, prefix: 0, suffix: 0, best: 0 };

    fn tokens(n: u32) -> Self {
        Self { whole: true, prefix: n, suffix: n, best: n }
    }

    fn then(self, next: Self) -> Self {
        let joined = self.suffix.saturating_add(next.prefix);
        Self {
            whole: self.whole && next.whole,
            prefix: if self.whole { joined } else { self.prefix },
            suffix: if next.whole { joined } else { next.suffix },
            best: self.best.max(next.best).max(joined),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            whole: self.whole && other.whole,
            prefix: self.prefix.min(other.prefix),
            suffix: self.suffix.min(other.suffix),
            best: self.best.min(other.best),
        }
    }
}

fn runs(hir: &Hir, token: fn(u8) -> bool) -> Runs {
    let all = |set: &ByteSet| set.iter().all(token);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Runs::NOTHING,
        HirKind::Literal(literal) => {
            let of = |b: &u8| if token(*b) { Runs::tokens(1) } else { Runs::OTHER };
            literal.0.iter().map(of).fold(Runs::NOTHING, Runs::then)
        }
        HirKind::Class(class) => byte_set(class).filter(all).map_or(Runs::OTHER, |_| Runs::tokens(1)),
        HirKind::Capture(capture) => runs(&capture.sub, token),
        HirKind::Concat(parts) => parts.iter().map(|p| runs(p, token)).fold(Runs::NOTHING, Runs::then),
        HirKind::Alternation(parts) => parts.iter().map(|p| runs(p, token)).reduce(Runs::or).unwrap_or(Runs::NOTHING),
        HirKind::Repetition(rep) => {
            let sub = runs(&rep.sub, token);
            match (sub.whole, rep.min) {
                (true, min) => Runs::tokens(sub.prefix.saturating_mul(min)),
                (false, 0) => Runs::OTHER,
                (false, 1) => sub,
                (false, _) => sub.then(sub),
            }
        }
    }
}

/// Whether every match holds this byte.
fn needs(hir: &Hir, byte: u8) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&byte),
        HirKind::Class(class) => byte_set(class) == Some(ByteSet::one(byte)),
        HirKind::Capture(capture) => needs(&capture.sub, byte),
        HirKind::Concat(parts) => parts.iter().any(|p| needs(p, byte)),
        HirKind::Alternation(parts) => parts.iter().all(|p| needs(p, byte)),
        HirKind::Repetition(rep) => rep.min > 0 && needs(&rep.sub, byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(pattern: &str) -> Demand {
        Demand::of(&regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).expect(pattern))
    }

    #[test]
    fn runs_go_across_parts_and_take_the_least_of_branches() {
        assert_eq!(of(r"\b(ghp_[A-Za-z0-9]{20,36})\b").narrow_run, 24);
        assert_eq!(of(r"(?i:name)[^\r\n]{0,60}?=([a-f0-9]{16}|[a-f0-9]{24})").narrow_run, 16);
        assert_eq!(of(r"SG\.[\w-]{22}\.[\w-]{4}").narrow_run, 22);
        assert_eq!(of(r"SG\.[\w-]{22}\.[\w-]{4}").wide_run, 30);
        assert_eq!(of(r"ab(?:-cd)?ef").narrow_run, 4);
        assert_eq!(of(r"ab(?: cd)?ef").narrow_run, 2);
    }

    #[test]
    fn odd_bytes_are_demanded_only_where_every_branch_has_them() {
        assert_eq!(of(r"https?://[^\s:]+:[^\s@]{3,}@").byte, Some(b'@'));
        assert_eq!(of(r"(?:a@b|c;d)").byte, None);
    }

    #[test]
    fn a_demand_is_met_by_every_match() {
        let demand = of(r"(?i:key)\s*=\s*([a-z0-9]{20})");
        let met = |text: &[u8]| demand.met(&Facts::of(text), text);
        assert!(met(b"key = abcdefghij0123456789"));
        assert!(!met(b"key = abcdefghij012345678 and 9"));
        assert!(!met(b"key: abcdefghij0123456789"));
    }

    proptest! {
        #[test]
        fn long_runs_are_found(text in "[a-c=. ]{0,60}([a-d_]{28,36}|[a=/]{28,36})?[ ab.]{0,40}") {
            let has = |is: fn(u8) -> bool| text.as_bytes().split(|&b| !is(b)).any(|run| run.len() >= 32);
            let tier = if has(is_narrow) { Tier::Narrow } else if has(is_wide) { Tier::Wide } else { Tier::Short };
            prop_assert_eq!(Tier::of(text.as_bytes()), tier);
        }
    }
}
