//! Comments in scanned files that accept the findings of their own line.

/// What precedes the list of detectors and the reason.
const DIRECTIVE: &str = "keysweep:allow";
/// Scanners whose comments can be honoured on request, with what such a comment holds. Those scanners look for it anywhere on the line, and ask for no reason.
pub const FOREIGN: &[(&str, &[&str])] = &[
    ("betterleaks", &["betterleaks:allow"]),
    ("detect-secrets", &["pragma: allowlist secret", "pragma: whitelist secret", "pragma: allowlist nextline secret"]),
    ("ggshield", &["ggignore"]),
    ("gitleaks", &["gitleaks:allow"]),
    ("kingfisher", &["kingfisher:ignore"]),
    ("trufflehog", &["trufflehog:ignore"]),
];

/// What of another scanner's allows the findings of a line, of those scanners that are to be honoured.
pub fn foreign_allow(line: &str, honoured: &[String]) -> Option<&'static str> {
    let asked = FOREIGN.iter().filter(|(scanner, _)| honoured.iter().any(|h| h == scanner));
    asked.flat_map(|(_, marks)| marks.iter().copied()).find(|mark| line.contains(mark))
}

/// Directives looked at in one line; a minified file is one line of any length.
const MAX_TRIES: usize = 8;
/// Characters of a reason that are kept.
const MAX_REASON: usize = 200;

/// Comment openers with the closer that ends the comment before the line does; longer ones before those they contain.
const COMMENTS: &[(&str, Option<&str>)] = &[
    ("<!--", Some("-->")),
    ("<%--", Some("--%>")),
    ("{{!--", Some("--}}")),
    ("/*", Some("*/")),
    ("(*", Some("*)")),
    ("{-", Some("-}")),
    ("{#", Some("#}")),
    ("#", None),
    ("//", None),
    ("--", None),
    (";", None),
    ("%", None),
];

/// A comment that accepts the findings of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineAllow {
    /// Ids of the detectors it is for; all detectors when empty.
    pub detectors: Vec<String>,
    /// Why; empty when none is given, and then the comment must not be honoured, only reported. Comes from the scanned line,
    /// so it must be redacted as the line is. Control characters are removed, 200 characters kept.
    pub reason: String,
}

impl InlineAllow {
    /// Whether it accepts a finding of `detector`: it names the detector or none, and gives a reason.
    pub fn honours(&self, detector: &str) -> bool {
        !self.reason.is_empty() && (self.detectors.is_empty() || self.detectors.iter().any(|d| d == detector))
    }
}

/// Finds `keysweep:allow reason` or `keysweep:allow[id, id] reason` in a comment of the line.
///
/// Any of `#`, `//`, `--`, `;`, `%`, `/* */`, `<!-- -->`, `<%-- --%>`, `{{!-- --}}`, `{# #}`, `(* *)`, `{- -}` before it makes
/// it a comment, as does `*` at the beginning of the line (the middle of a block comment). A list that is empty or not closed
/// gives an allow without reason.
pub fn inline_allow(line: &str) -> Option<InlineAllow> {
    line.match_indices(DIRECTIVE)
        .filter(|(at, _)| {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.');
            let after = line[at + DIRECTIVE.len()..].chars().next();
            !line[..*at].ends_with(word) && !after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        })
        .take(MAX_TRIES)
        .find_map(|(at, _)| {
            let closer = enclosing_comment(&line[..at])?;
            let rest = &line[at + DIRECTIVE.len()..];
            let rest = closer.and_then(|end| rest.find(end)).map_or(rest, |end| &rest[..end]);
            Some(parse(rest))
        })
}

/// The closer of the comment that is open at the end of `before`: `None` outside of any, `Some(None)` in one that ends with
/// the line.
fn enclosing_comment(before: &str) -> Option<Option<&'static str>> {
    let nearest = COMMENTS
        .iter()
        .filter_map(|&(open, close)| {
            let at = before.rfind(open)?;
            let closed = close.is_some_and(|close| before[at + open.len()..].contains(close));
            (!closed).then_some((at + open.len(), close))
        })
        // Of openers that end at the same place the first listed is the whole one.
        .rev()
        .max_by_key(|&(end, _)| end);
    match nearest {
        Some((_, close)) => Some(close),
        None if before.trim_start().starts_with('*') => Some(Some("*/")),
        None => None,
    }
}

/// Reads what follows the directive: a list of detectors, perhaps, and a reason.
fn parse(rest: &str) -> InlineAllow {
    let unsound = InlineAllow { detectors: Vec::new(), reason: String::new() };
    let (detectors, reason) = match rest.strip_prefix('[').map(|list| list.split_once(']')) {
        None => (Vec::new(), rest),
        Some(None) => return unsound,
        Some(Some((list, reason))) => {
            let ids: Vec<String> = list.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
            if ids.is_empty() {
                return unsound;
            }
            (ids, reason)
        }
    };
    let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
    let reason = reason.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—'));
    let reason = if reason.chars().any(char::is_alphanumeric) { reason.chars().take(MAX_REASON).collect() } else { String::new() };
    InlineAllow { detectors, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reason(line: &str) -> Option<String> {
        inline_allow(line).map(|allow| allow.reason)
    }

    #[test]
    fn any_comment_syntax_will_do() {
        let lines = [
            "key = 1 # keysweep:allow old key",
            "key = 1; // keysweep:allow: old key",
            "SELECT 1 -- keysweep:allow old key",
            "; keysweep:allow old key",
            "% keysweep:allow - old key",
            "<a/> <!-- keysweep:allow old key --> <b/>",
            "f(); /* keysweep:allow old key */ g(); // more",
            " * keysweep:allow old key",
            " * keysweep:allow old key */",
            "{# keysweep:allow old key #}",
            "<%-- keysweep:allow old key --%>",
            "# a note first, keysweep:allow old key\r",
        ];
        for line in lines {
            assert_eq!(reason(line).as_deref(), Some("old key"), "{line}");
        }
    }

    #[test]
    fn outside_of_a_comment_it_is_text() {
        for line in [
            "say 'keysweep:allow this'",
            "/* done */ keysweep:allow x",
            "# keysweep:allowed x",
            "# keysweep:allow-all x",
            "# akeysweep:allow x",
            "# keysweep: allow x",
            "",
        ] {
            assert_eq!(reason(line), None, "{line}");
        }
        assert_eq!(reason("print('keysweep:allow') # keysweep:allow why").as_deref(), Some("why"));
    }

    #[test]
    fn a_closer_ends_only_its_own_comment() {
        assert_eq!(reason("# keysweep:allow a --> b */ c").as_deref(), Some("a --> b */ c"));
        assert_eq!(reason("/* x */ # keysweep:allow a */ b").as_deref(), Some("a */ b"));
    }

    #[test]
    fn names_detectors() {
        let allow = inline_allow("x # keysweep:allow[aws-access-key-id, github-pat] in a test").expect("an allow");
        assert_eq!(allow.detectors, ["aws-access-key-id", "github-pat"]);
        assert!(allow.honours("github-pat") && !allow.honours("github-app"));
        assert!(inline_allow("# keysweep:allow why").expect("an allow").honours("any"));
    }

    #[test]
    fn without_reason_it_is_seen_and_not_honoured() {
        for line in [
            "# keysweep:allow",
            "# keysweep:allow --",
            "/* keysweep:allow */",
            "# keysweep:allow[a]",
            "# keysweep:allow[a why",
            "# keysweep:allow[] b",
        ] {
            let allow = inline_allow(line).expect(line);
            assert_eq!(allow.reason, "", "{line}");
            assert!(!allow.honours("a"), "{line}");
        }
    }

    #[test]
    fn reasons_are_short_and_without_control_characters() {
        let reason = reason(&format!("# keysweep:allow \u{1b}[31m{}", "é".repeat(500))).expect("an allow");
        assert_eq!(reason.chars().count(), MAX_REASON);
        assert!(reason.starts_with("[31mé"));
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in "(keysweep:allow|[\\[\\]#/*, é-]|<!--|-->|\\PC){0,40}") {
            if let Some(allow) = inline_allow(&line) {
                prop_assert!(allow.reason.chars().count() <= MAX_REASON);
            }
        }
    }
}
