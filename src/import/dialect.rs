//! Expressions of other engines in the dialect of ours, and what can be told of them without running them.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// What matters of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// Whether the first capture group takes part in every match, or there is none.
    pub first_always: bool,
    /// Names of its capture groups.
    pub names: Vec<String>,
    /// Number of capture groups.
    pub groups: u32,
    /// Whether a match may hold a line end, other than as what a line's end would do for as well.
    pub spans_lines: bool,
    /// Most bytes of a match, if there is a bound.
    pub longest: Option<usize>,
    /// Whether it is without bound over what may be any text.
    pub boundless: bool,
}

/// Reads an expression as the scanner will: on bytes.
///
/// # Errors
/// A sentence, when it is no expression of ours.
pub(super) fn shape(pattern: &str) -> Result<Shape, String> {
    let hir = parse(pattern)?;
    let (mut names, mut order) = (Vec::new(), Vec::new());
    let mut spans_lines = false;
    let mut boundless = false;
    walk(&hir, true, &mut |node, always| match node.kind() {
        HirKind::Capture(c) => {
            order.push((c.index, always));
            names.extend(c.name.as_deref().map(str::to_owned));
        }
        HirKind::Repetition(r) if r.max.is_none() => boundless |= is_any_text(&r.sub),
        _ => {}
    });
    let inner = inner(&hir);
    walk(&inner, true, &mut |node, _| spans_lines |= holds_line_end(node));
    let first = order.iter().find(|(index, _)| *index == 1).is_none_or(|(_, always)| *always);
    let groups = order.iter().map(|(index, _)| *index).max().unwrap_or(0);
    let longest = hir.properties().maximum_len();
    Ok(Shape { longest, first_always: first, names, groups, spans_lines, boundless })
}

/// Whether an expression is one of ours.
///
/// # Errors
/// A sentence, when it is not.
pub(super) fn sound(pattern: &str) -> Result<(), String> {
    parse(pattern).map(drop)
}

fn parse(pattern: &str) -> Result<Hir, String> {
    let parser = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
    // The message draws the expression; its last line says what is wrong.
    parser.map_err(|e| e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
}

/// Whether every match holds one of these words, in any case, as far as its literals tell.
pub(super) fn holds_one_of(pattern: &str, words: &[String]) -> bool {
    // With case put aside, a word is one literal rather than hundreds.
    let plain = pattern.replace("(?i)", "").replace("(?i:", "(?:").replace("(?-i:", "(?:").replace("(?xi)", "(?x)");
    let words: Vec<Vec<u8>> = words.iter().map(|w| w.to_ascii_lowercase().into_bytes()).filter(|w| !w.is_empty()).collect();
    parse(&plain).is_ok_and(|hir| must_hold(&hir, &words))
}

fn must_hold(hir: &Hir, words: &[Vec<u8>]) -> bool {
    match hir.kind() {
        HirKind::Alternation(subs) => subs.iter().all(|s| must_hold(s, words)),
        HirKind::Capture(c) => must_hold(&c.sub, words),
        HirKind::Repetition(r) => r.min > 0 && must_hold(&r.sub, words),
        HirKind::Concat(subs) => {
            // A word is not put together of more pieces than this.
            const PIECES: usize = 24;
            let piece = |i: usize| Hir::concat(subs[i..subs.len().min(i + PIECES)].to_vec());
            let from = |i: usize| must_hold(&subs[i], words) || begins_with(&piece(i), words);
            (0..subs.len()).any(from)
        }
        HirKind::Literal(_) => begins_with(hir, words),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// Whether each literal that a match can begin with holds a word.
fn begins_with(hir: &Hir, words: &[Vec<u8>]) -> bool {
    let seq = Extractor::new().limit_repeat(2).limit_total(1000).extract(hir);
    let holds = |l: &[u8]| {
        let l = l.to_ascii_lowercase();
        words.iter().any(|w| l.windows(w.len()).any(|part| part == w.as_slice()))
    };
    seq.literals().is_some_and(|all| !all.is_empty() && all.iter().all(|l| holds(l.as_bytes())))
}

/// Visits all nodes; `always` is whether a node takes part in every match.
fn walk(hir: &Hir, always: bool, visit: &mut dyn FnMut(&Hir, bool)) {
    visit(hir, always);
    match hir.kind() {
        HirKind::Capture(c) => walk(&c.sub, always, visit),
        HirKind::Repetition(r) => walk(&r.sub, always && r.min > 0, visit),
        HirKind::Concat(subs) => subs.iter().for_each(|s| walk(s, always, visit)),
        HirKind::Alternation(subs) => subs.iter().for_each(|s| walk(s, false, visit)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
    }
}

/// The expression without what stands at its ends for a line's end as well, such as `(?:^|\s)` and `(?:[\s"]|$)`.
fn inner(hir: &Hir) -> Hir {
    let HirKind::Concat(parts) = hir.kind() else { return hir.clone() };
    let edge = |part: &Hir, looks: &[Look]| {
        let mut found = false;
        walk(part, true, &mut |node, _| found |= matches!(node.kind(), HirKind::Look(l) if looks.contains(l)));
        found && part.properties().minimum_len() == Some(0)
    };
    let mut parts = parts.as_slice();
    while let [first, rest @ ..] = parts
        && edge(first, &[Look::Start, Look::StartLF, Look::StartCRLF])
    {
        parts = rest;
    }
    while let [rest @ .., last] = parts
        && edge(last, &[Look::End, Look::EndLF, Look::EndCRLF])
    {
        parts = rest;
    }
    Hir::concat(parts.to_vec())
}

fn holds_line_end(node: &Hir) -> bool {
    match node.kind() {
        HirKind::Class(class) => class_holds(class, b'\n'),
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        _ => false,
    }
}

/// Whether a node may be a line end as well as a letter.
fn is_any_text(node: &Hir) -> bool {
    let mut any = false;
    walk(node, true, &mut |n, _| any |= matches!(n.kind(), HirKind::Class(c) if class_holds(c, b'\n') && class_holds(c, b'a')));
    any
}

fn class_holds(class: &Class, byte: u8) -> bool {
    match class {
        Class::Bytes(c) => c.ranges().iter().any(|r| (r.start()..=r.end()).contains(&byte)),
        Class::Unicode(c) => c.ranges().iter().any(|r| (r.start()..=r.end()).contains(&char::from(byte))),
    }
}

/// An expression of Go's engine (RE2 syntax) in our dialect: quoting, braces and brackets that need no escape there, and escapes that mean something else here.
pub(super) fn from_go(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut at = 0;
    let mut in_class = false;
    while at < chars.len() {
        let (c, next) = (chars[at], chars.get(at + 1).copied());
        let mut step = 1;
        match (c, in_class) {
            ('\\', _) => step = escape(&chars[at..], in_class, &mut out),
            ('[', false) => {
                out.push('[');
                // A bracket that closes at once is literal.
                let negated = usize::from(next == Some('^'));
                if negated == 1 {
                    out.push('^');
                }
                in_class = true;
                step += negated;
                if chars.get(at + step) == Some(&']') {
                    out.push_str("\\]");
                    step += 1;
                }
            }
            ('[', true) if next == Some(':') => {
                // A named class, if it is closed as one.
                let end = chars[at..].windows(2).position(|w| w == [':', ']']).filter(|&i| i >= 2);
                match end {
                    Some(i) => {
                        out.extend(&chars[at..at + i + 2]);
                        step = i + 2;
                    }
                    None => out.push_str("\\["),
                }
            }
            ('[', true) => out.push_str("\\["),
            (']', true) => {
                out.push(']');
                in_class = false;
            }
            // Set operations here, two literals there.
            ('&' | '~' | '-', true) if next == Some(c) => out.extend(['\\', c]),
            ('{', false) if !is_count(&chars[at..]) => out.push_str("\\{"),
            _ => out.push(c),
        }
        at += step;
    }
    out
}

/// Takes over an escape; returns how many characters it was.
fn escape(chars: &[char], in_class: bool, out: &mut String) -> usize {
    match chars.get(1) {
        Some('Q') if !in_class => {
            let body = &chars[2..];
            let end = body.windows(2).position(|w| w == ['\\', 'E']);
            let text: String = body[..end.unwrap_or(body.len())].iter().collect();
            out.push_str(&regex_syntax::escape(&text));
            2 + text.chars().count() + if end.is_some() { 2 } else { 0 }
        }
        Some('C') if !in_class => {
            out.push_str("(?s-u:.)");
            2
        }
        // The start and end of a word here, plain characters there.
        Some(c @ ('<' | '>')) => {
            out.push(*c);
            2
        }
        Some(c) => {
            out.extend(['\\', *c]);
            2
        }
        None => {
            out.push('\\');
            1
        }
    }
}

/// Whether a brace begins a count such as `{3}` or `{0,20}`.
fn is_count(chars: &[char]) -> bool {
    let Some(end) = chars.iter().position(|&c| c == '}') else { return false };
    let body = &chars[1..end];
    let first: usize = body.iter().take_while(|c| c.is_ascii_digit()).count();
    let rest = &body[first..];
    first > 0 && (rest.is_empty() || rest[0] == ',' && rest[1..].iter().all(char::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_reads_the_same_here() {
        for (go, ours) in [
            (r"{{[^}]+}}", r"\{\{[^}]+}}"),
            (r"a{2,3}b{2}c{,3}", r"a{2,3}b{2}c\{,3}"),
            (r"[[a-z]]", r"[\[a-z]]"),
            (r"[]a]", r"[\]a]"),
            (r"[^]]+x", r"[^\]]+x"),
            (r"[[:alnum:]_]", r"[[:alnum:]_]"),
            (r"[a&&b&]", r"[a\&&b&]"),
            (r"\<a\>", "<a>"),
            (r"\Qa.b\E.c", r"a\.b.c"),
            (r"(?P<x>a)\z", r"(?P<x>a)\z"),
            (r"[\w.-]", r"[\w.-]"),
        ] {
            assert_eq!(from_go(go), ours, "{go}");
            sound(&from_go(go)).expect(go);
        }
    }

    #[test]
    fn tells_groups_and_lines() {
        let shape = |p: &str| shape(p).expect(p);
        assert!(shape("a(b)c").first_always && shape("abc").first_always);
        assert!(!shape("a(b)|c(d)").first_always && !shape("a(b)?c").first_always);
        assert_eq!(shape("(?P<TOKEN>a)(b)").names, ["TOKEN"]);
        assert!(!shape(r#"(?:^|\s)key=([a-z]+)(?:[\s"]|$)"#).spans_lines);
        assert!(shape(r"key\s=([a-z]+)").spans_lines && shape("a(?:.|[\\n\\r]){0,9}b").spans_lines);
        assert!(shape(r"key=([a-z]+)[\s]").spans_lines, "what must follow may be a line end");
        assert!(shape(r"BEGIN[\s\S]+END").boundless && !shape(r"a\s+b").boundless);
    }

    #[test]
    fn knows_the_words_of_every_match() {
        let holds = |pattern: &str, words: &[&str]| holds_one_of(pattern, &words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert!(holds(r"(?i)x?(?:linked[_-]?in)[a-z]{3}", &["linkedin", "linked_in", "linked-in"]));
        assert!(holds(r"\b((?:ghu|ghs)_[a-z]{9})", &["ghu_", "ghs_"]));
        assert!(!holds(r"\b((?:ghu|ghs)_[a-z]{9})", &["ghu_"]));
        assert!(!holds(r"\bpat[a-z]{14}", &["airtable"]));
    }

    #[test]
    fn says_what_is_wrong() {
        let why = shape("(?<!a)b").expect_err("look-behind");
        assert!(why.contains("look-around"), "{why}");
    }
}
