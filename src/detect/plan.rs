//! The plan of a detector: its full pattern, its anchors, and how far around an anchor a match can look.
//!
//! Plans of the built-in detectors are made by the build script, those of a user's detectors at start-up.

use super::anchor::{Anchor, anchors};
use super::demand::Demand;
use crate::model::Detector;
use regex_syntax::hir::{Hir, HirKind, Look};
use serde::{Deserialize, Serialize};

/// Furthest a match on one line may reach behind its anchor.
pub const LINE_REACH: u32 = 8 * 1024;
/// Furthest a match may begin before its anchor.
pub const LINE_LEAD: u32 = 512;
/// Bytes before a match that decide whether it begins at a boundary.
pub const CONTEXT: usize = 12;
/// Furthest a match over several lines reaches, if the detector does not say.
pub const BLOCK_REACH: u32 = 16 * 1024;

/// Furthest a judged value and what follows it may reach behind the anchor in its name.
const JUDGED_REACH: u32 = 640;

/// Furthest a value may begin behind the anchor in its name.
pub const NAME_GAP: usize = 100;

/// The grams of an anchor at even and at odd offsets: where they begin in it, and all of them.
pub type Grams = [(i8, Vec<u32>); 2];

/// What it takes to try a detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The whole pattern, with the name's part written out.
    pub pattern: String,
    /// Whether a match must begin at a word boundary, which the pattern itself no longer asks for: an escaped line end (`\\n`) is one too.
    pub boundary: bool,
    /// Where to try it.
    pub anchors: Vec<Anchor>,
    /// Of each anchor, the grams that the sieve looks for, at even and at odd offsets.
    pub grams: Vec<Grams>,
    /// Most bytes of a match before the anchor.
    pub lead: u32,
    /// Most bytes of a match from the anchor on.
    pub reach: u32,
    /// How many parts of the pattern stand before the anchor, where that begins with a part; 0 where it does not, or a match with it.
    pub before: u8,
    /// What the line around the anchor must hold; nothing where a match may lie on several.
    pub demand: Demand,
}

impl Plan {
    /// Plans a detector.
    ///
    /// # Errors
    /// A sentence, when the pattern does not parse or nothing in it can be searched for.
    pub fn new(detector: &Detector) -> Result<Self, String> {
        let pattern = full_pattern(detector);
        let hir = parse(&pattern).map_err(|e| format!("the pattern is wrong: {e}"))?;
        let (hir, pattern, boundary) = without_boundary(hir, pattern);
        let (before, anchors) = if detector.keywords.is_empty() {
            let found = anchors(&hir, boundary)
                .ok_or("the pattern has no literal of at least 3 bytes that every match contains; state `keywords` or a `name`")?;
            at_part(&hir, &found).unwrap_or((0, found))
        } else if let Some(short) = detector.keywords.iter().find(|k| k.len() < 3) {
            return Err(format!("the keyword `{short}` is shorter than 3 bytes"));
        } else {
            (0, detector.keywords.iter().map(|k| Anchor::keyword(k)).collect())
        };
        if detector.judge.is_some() {
            let grams = anchors.iter().map(|a| [a.grams(0), a.grams(1)]).collect();
            return Ok(Self {
                pattern,
                boundary,
                anchors,
                grams,
                lead: LINE_LEAD,
                reach: JUDGED_REACH,
                before: 0,
                demand: Demand::default(),
            });
        }
        let longest = hir.properties().maximum_len().and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX);
        let cap = match (detector.multiline, detector.reach) {
            (false, _) if !detector.name.is_empty() => named_reach(detector),
            (false, _) => LINE_REACH,
            (true, 0) => BLOCK_REACH,
            (true, reach) => reach,
        };
        // An exception that asks for the line looks at as much of it as any detector may.
        let lines = detector.except.iter().any(|e| !e.line.is_empty());
        let lead = anchors.iter().map(|a| a.lead.and_then(|l| u32::try_from(l).ok()).unwrap_or(longest)).max().unwrap_or(0);
        let grams = anchors.iter().map(|a| [a.grams(0), a.grams(1)]).collect();
        Ok(Self {
            pattern,
            boundary,
            grams,
            lead: lead.min(if detector.multiline { cap } else { LINE_LEAD }).max(if lines { LINE_LEAD } else { 0 }),
            reach: longest.min(cap).max(if lines { LINE_REACH } else { 0 }),
            before,
            demand: if detector.multiline { Demand::default() } else { Demand::of(&hir) },
            anchors,
        })
    }
}

/// The pattern as it is compiled: with a `name`, the value must be assigned to, passed under or sent as something of that name.
fn full_pattern(detector: &Detector) -> String {
    if detector.judge.is_some() {
        return format!("(?i:{})", detector.name);
    }
    if detector.name.is_empty() {
        return detector.pattern.clone();
    }
    // Between name and value: the rest of the name, quotes, an operator, and a little noise such as a type or a call; or the name runs into
    // the value, as in `dd-api-key-0123…`.
    // How far apart they may stand is checked on the match: counted here, it would cost the automaton a state a character.
    let between = r#"(?:[^\r\n]*?(?:[=:>,(\[ \t"'`]|\\")["'`]?|(?i:[\w.-]{0,24}(?:key|token|secret|pat))?[_-])"#;
    let end = r#"(?:["'`\\\s,;)\]}<&|]|$)"#;
    format!("(?i:{}){between}({}){end}", detector.name, detector.pattern)
}

/// How far a value can reach behind the anchor in its name: bounded, so that a line full of names costs no more than its length.
fn named_reach(detector: &Detector) -> u32 {
    const UNBOUNDED: usize = 2048;
    let value = parse(&detector.pattern).ok();
    let longest = value.and_then(|hir| hir.properties().maximum_len()).unwrap_or(UNBOUNDED).min(UNBOUNDED);
    (NAME_GAP + longest + 64) as u32
}

/// Those of these anchors that begin with a part of the pattern, if every match has one of them, and how many parts stand before them.
fn at_part(hir: &Hir, found: &[Anchor]) -> Option<(u8, Vec<Anchor>)> {
    if found.iter().all(|anchor| anchor.exact) {
        return None;
    }
    let parts = parts(hir);
    let most = parts.len().min(usize::from(u8::MAX) + 1);
    (1..most).rev().find_map(|before| {
        let mut own = anchors(&Hir::concat(parts[before..].to_vec()), false)?;
        let known = |anchor: &Anchor| found.iter().any(|f| f.sets == anchor.sets);
        let begins = own.iter().all(|anchor| anchor.exact && anchor.lead == Some(0) && known(anchor));
        let lead = Hir::concat(parts[..before].to_vec()).properties().maximum_len();
        own.iter_mut().for_each(|anchor| (anchor.lead, anchor.exact) = (lead, false));
        begins.then_some((before as u8, own))
    })
}

/// What a pattern is made of, one behind another.
pub fn parts(hir: &Hir) -> &[Hir] {
    match hir.kind() {
        HirKind::Concat(parts) => parts,
        HirKind::Capture(capture) => parts(&capture.sub),
        _ => &[],
    }
}

/// Takes a word boundary off the front of a pattern, to be checked by hand.
/// It is taken off the text: printed from its syntax tree, a pattern such as `(?:a{4})?` becomes `a{4}?`, which is another.
fn without_boundary(hir: Hir, pattern: String) -> (Hir, String, bool) {
    let HirKind::Concat(parts) = hir.kind() else { return (hir, pattern, false) };
    if !matches!(parts[0].kind(), HirKind::Look(Look::WordAscii | Look::WordStartAscii | Look::WordStartHalfAscii)) {
        return (hir, pattern, false);
    }
    let rest = Hir::concat(parts[1..].to_vec());
    let text = pattern.replacen(r"\b", "", 1);
    if parse(&text).is_ok_and(|hir| hir == rest) { (rest, text, true) } else { (hir, pattern, false) }
}

/// The syntax tree of a pattern on bytes.
fn parse(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).map_err(Box::new)
}

/// Whether a word boundary stands before `start`: between a word character and another, or behind an escape that ends in word characters.
pub fn at_boundary(bytes: &[u8], start: usize) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let Some(&before) = start.checked_sub(1).and_then(|i| bytes.get(i)) else { return true };
    !word(before) || !bytes.get(start).copied().is_some_and(word) || ends_in_escape(&bytes[start.saturating_sub(CONTEXT)..start])
}

/// Whether a text ends in an escape: `\n`, `\x22`, `\u003d` of string literals, `%3D` of addresses, `=3D` of mail, or the colour of a
/// terminal, `ESC[1;31m`, also where its first byte was lost.
fn ends_in_escape(text: &[u8]) -> bool {
    let coded = |sign: &[u8], digits: usize| {
        text.len()
            .checked_sub(sign.len() + digits)
            .map(|at| text[at..].split_at(sign.len()))
            .is_some_and(|(head, code)| head == sign && code.iter().all(u8::is_ascii_hexdigit))
    };
    let coloured = || {
        let Some(code) = text.strip_suffix(b"m") else { return false };
        let numbers = code.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
        numbers > 0 && code[..code.len() - numbers].ends_with(b"[")
    };
    let named = || matches!(text, [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f']);
    named() || coded(b"\\x", 2) || coded(b"\\u", 4) || coded(b"%", 2) || text.ends_with(b"=3D") || coloured()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_boundaries() {
        for before in [r"\n", r"a\t", r"\x22", r"\u003d", "%3D", "id=3D", "\x1b[1;31m", "[36m", "[38;5;196m", "", " ", "é"] {
            assert!(at_boundary(format!("{before}key").as_bytes(), before.len()), "{before:?}");
        }
        for before in ["n", "x22", "u003d", "3D", "1m", "[m", r"\q", "_", "%3G"] {
            assert!(!at_boundary(format!("{before}key").as_bytes(), before.len()), "{before:?}");
        }
    }

    #[test]
    fn a_pattern_without_its_boundary_is_the_same_pattern() {
        for (whole, rest) in [
            (r"\b(abc[a-z]{4}(?:[a-z]{3})?)\b", Some(r"(abc[a-z]{4}(?:[a-z]{3})?)\b")),
            (r"(?x)\b (abc | abd) x", Some(r"(?x) (abc | abd) x")),
            (r"(?:\b|x)abc", None),
            (r"abc\b", None),
        ] {
            let (_, text, taken) = without_boundary(parse(whole).expect(whole), whole.to_owned());
            assert_eq!((text.as_str(), taken), (rest.unwrap_or(whole), rest.is_some()));
        }
    }

    #[test]
    fn anchors_begin_with_a_part_where_no_match_is_lost() {
        let of = |pattern: &str| {
            let hir = parse(pattern).expect(pattern);
            at_part(&hir, &anchors(&hir, false).expect(pattern)).map(|(before, own)| (before, own.len()))
        };
        assert_eq!(of(r#"(kty"?\s{0,4}:\s{0,4}\\?["'](?:RSA|OKP)["'])"#), Some((6, 2)), "a backslash before it may be or not");
        assert_eq!(of("ghp_[a-z]{36}"), None, "a match begins with it");
        assert_eq!(of("[a-z]{2,9}(?:token|x[0-9]{1,9}secret)"), None, "`secret` begins with no part");
    }
}
