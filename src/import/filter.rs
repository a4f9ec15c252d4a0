//! What a filter skips, as guards and exceptions: it skips where any of its alternatives holds.

use super::dialect;
use super::expr::{self, Expr};
use super::rule::Rule;
use crate::model::{Except, Guards};

/// Why token efficiency is lost.
pub(super) const TOKENS: &str = "token efficiency (how far a value is made of words), which is judged otherwise here: more is found";

/// Most exceptions that alternatives within one condition are multiplied to.
const MOST: usize = 16;

/// One condition of a filter.
#[derive(Clone)]
enum Condition {
    /// What an exception says.
    Except(Except),
    /// The entropy is at most so much.
    Entropy(f32),
    /// One of these demands is not met.
    Guards(Guards),
}

/// Adds to a rule what an expression skips.
pub(super) fn apply(text: &str, rule: &mut Rule) {
    if text.trim().is_empty() {
        return;
    }
    let Some(parsed) = expr::parse(text) else {
        return rule.lose("the filter, which cannot be read: more is found");
    };
    let alternatives = if let Expr::Or(all) = parsed { all } else { vec![parsed] };
    for alternative in flat(alternatives) {
        match all_of(&alternative) {
            Err(why) => rule.lose(why),
            Ok(found) => found.into_iter().for_each(|f| add(f, rule)),
        }
    }
}

/// Alternatives within alternatives are alternatives.
fn flat(list: Vec<Expr>) -> Vec<Expr> {
    let mut out = Vec::new();
    for expr in list {
        match expr {
            Expr::Or(inner) => out.extend(flat(inner)),
            other => out.push(other),
        }
    }
    out
}

fn add(conditions: Vec<Condition>, rule: &mut Rule) {
    match conditions.as_slice() {
        [Condition::Entropy(least)] => rule.guards.entropy = rule.guards.entropy.max(*least),
        [Condition::Guards(guards)] => {
            let own = &mut rule.guards;
            own.digits = own.digits.max(guards.digits);
            own.upper = own.upper.max(guards.upper);
            own.lower = own.lower.max(guards.lower);
        }
        [Condition::Except(only)] => {
            let words = only.words.clone();
            if *only == (Except { words: words.clone(), ..Except::default() }) {
                rule.guards.stop_words.extend(words);
            } else {
                rule.except.push(only.clone());
            }
        }
        several => match together(several) {
            Some(except) => rule.except.push(except),
            None => rule.lose("a condition of the filter that asks for several things of one kind at once: more is found"),
        },
    }
}

/// Conditions that must all hold as one exception, which has room for one list of each kind.
fn together(several: &[Condition]) -> Option<Except> {
    let mut all = Except::default();
    for condition in several {
        let Condition::Except(one) = condition else { return None };
        let mine = [&mut all.value, &mut all.matched, &mut all.line, &mut all.words, &mut all.paths];
        let theirs = [&one.value, &one.matched, &one.line, &one.words, &one.paths];
        for (mine, theirs) in mine.into_iter().zip(theirs).filter(|(_, theirs)| !theirs.is_empty()) {
            if !mine.is_empty() {
                return None;
            }
            mine.clone_from(theirs);
        }
    }
    Some(all)
}

/// An alternative as lists of conditions that must all hold, one list for each combination.
fn all_of(expr: &Expr) -> Result<Vec<Vec<Condition>>, String> {
    let sides: Vec<&Expr> = if let Expr::And(sides) = expr { sides.iter().collect() } else { vec![expr] };
    let mut lists: Vec<Vec<Condition>> = vec![Vec::new()];
    for side in sides {
        let choices = any_of(side)?;
        if lists.len() * choices.len() > MOST {
            return Err("a condition of the filter with many alternatives: more is found".into());
        }
        lists = lists.iter().flat_map(|l| choices.iter().map(move |c| [l.as_slice(), c].concat())).collect();
    }
    Ok(lists)
}

/// The alternatives of one side.
fn any_of(expr: &Expr) -> Result<Vec<Vec<Condition>>, String> {
    match expr {
        Expr::Or(sides) => Ok(sides.iter().map(all_of).collect::<Result<Vec<_>, _>>()?.concat()),
        Expr::And(_) => all_of(expr),
        one => Ok(vec![vec![condition(one)?]]),
    }
}

fn condition(expr: &Expr) -> Result<Condition, String> {
    match expr {
        Expr::Call(name, given) => call(name.strip_prefix("filter.").unwrap_or(name), given),
        Expr::Not(inner) => demand(inner).map(Condition::Guards).ok_or_else(|| unknown("a negation")),
        Expr::Two(operator, left, right) => compare(operator, left, right),
        _ => Err(unknown("an expression")),
    }
}

fn unknown(what: &str) -> String {
    format!("{what} of the filter that no exception can say: more is found")
}

fn call(name: &str, given: &[Expr]) -> Result<Condition, String> {
    match (name, given) {
        ("failsTokenEfficiency", _) => Err(TOKENS.into()),
        ("matchesAny", [of, list]) => {
            let patterns: Vec<String> =
                texts(list).ok_or_else(|| unknown("a computed list"))?.iter().map(|p| dialect::from_go(p)).collect();
            for pattern in &patterns {
                dialect::sound(pattern).map_err(|why| format!("an expression of the filter: {why}"))?;
            }
            about(of, patterns)
        }
        ("containsAny", [of, list]) => {
            let words = texts(list).ok_or_else(|| unknown("a computed list"))?;
            match target(of) {
                Some(Target::Value) => Ok(Condition::Except(Except { words, ..Except::default() })),
                _ => about(of, words.iter().map(|w| format!("(?i){}", regex_syntax::escape(w))).collect()),
            }
        }
        (".contains" | ".startsWith" | ".endsWith" | ".matches", [of, text]) => compare(&name[1..], of, text),
        _ => Err(unknown(&format!("`{name}`"))),
    }
}

fn compare(operator: &str, left: &Expr, right: &Expr) -> Result<Condition, String> {
    if let (Expr::Call(name, given), Expr::Number(number)) = (left, right) {
        return match (name.strip_prefix("filter.").unwrap_or(name), operator, given.as_slice()) {
            ("entropy", "<" | "<=", [of]) if target(of) == Some(Target::Value) => Ok(Condition::Entropy(*number as f32)),
            ("tokenRatio", ..) => Err(TOKENS.into()),
            _ => Err(unknown(&format!("`{name}`"))),
        };
    }
    let Expr::Text(text) = right else { return Err(unknown("a comparison")) };
    let literal = regex_syntax::escape(text);
    let pattern = match operator {
        "==" => format!("^{literal}$"),
        "contains" => literal,
        "startsWith" => format!("^{literal}"),
        "endsWith" => format!("{literal}$"),
        "matches" => {
            let ours = dialect::from_go(text);
            dialect::sound(&ours).map_err(|why| format!("an expression of the filter: {why}"))?;
            ours
        }
        _ => return Err(unknown("a comparison")),
    };
    about(left, vec![pattern])
}

/// The one kind of negation that is a guard: the value must hold so many of a kind of character.
fn demand(inner: &Expr) -> Option<Guards> {
    let Expr::Call(name, given) = inner else { return None };
    let [of, list] = given.as_slice() else { return None };
    if name.trim_start_matches("filter.") != "matchesAny" || target(of) != Some(Target::Value) {
        return None;
    }
    let patterns = texts(list)?;
    let [pattern] = patterns.as_slice() else { return None };
    for (class, not) in [("[0-9]", "[^0-9]"), ("[A-Z]", "[^A-Z]"), ("[a-z]", "[^a-z]")] {
        let repeated = pattern.strip_prefix(&format!("^(?:{not}*{class}){{")).and_then(|rest| rest.strip_suffix('}'));
        let least = if pattern == class { Some(1) } else { repeated.and_then(|n| n.parse().ok()) };
        if let Some(least) = least {
            return Some(match class {
                "[0-9]" => Guards { digits: least, ..Guards::default() },
                "[A-Z]" => Guards { upper: least, ..Guards::default() },
                _ => Guards { lower: least, ..Guards::default() },
            });
        }
    }
    None
}

/// What of a finding an expression is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Value,
    Match,
    Line,
    Path,
}

fn target(expr: &Expr) -> Option<Target> {
    let (of, key) = match expr {
        Expr::Name(name) if name == "secret" => return Some(Target::Value),
        Expr::Name(name) => name.split_once('.')?,
        Expr::Index(of, key) => match (&**of, &**key) {
            (Expr::Name(of), Expr::Text(key)) => (of.as_str(), key.as_str()),
            _ => return None,
        },
        Expr::Call(name, given) => match (name.as_str(), given.as_slice()) {
            ("get", [Expr::Name(of), Expr::Text(key), ..]) => (of.as_str(), key.as_str()),
            (".orValue", [inner, ..]) => return target(inner),
            _ => return None,
        },
        _ => return None,
    };
    match (of, key) {
        ("finding", "secret") => Some(Target::Value),
        ("finding", "match") => Some(Target::Match),
        ("finding", "line") => Some(Target::Line),
        ("attributes", "path") => Some(Target::Path),
        _ => None,
    }
}

fn about(of: &Expr, patterns: Vec<String>) -> Result<Condition, String> {
    let none = Except::default();
    Ok(Condition::Except(match target(of) {
        Some(Target::Value) => Except { value: patterns, ..none },
        Some(Target::Match) => Except { matched: patterns, ..none },
        Some(Target::Line) => Except { line: patterns, ..none },
        Some(Target::Path) => Except { paths: patterns, ..none },
        None => return Err(unknown("something else than value, match, line and path")),
    }))
}

fn texts(expr: &Expr) -> Option<Vec<String>> {
    let Expr::List(list) = expr else { return None };
    let text = |e: &Expr| if let Expr::Text(text) = e { Some(text.clone()) } else { None };
    let texts: Option<Vec<String>> = list.iter().map(text).collect();
    texts.filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Rule {
        let mut rule = Rule::default();
        apply(text, &mut rule);
        rule
    }

    #[test]
    fn skips_become_guards_and_exceptions() {
        let rule = read(
            r#"filter.entropy(finding["secret"]) < 3.5 || matchesAny(finding.match, [`a{{`]) || containsAny(finding["secret"], ["Test"])"#,
        );
        assert_eq!((rule.guards.entropy, &rule.losses), (3.5, &vec![]));
        assert_eq!(rule.guards.stop_words, ["Test"]);
        assert_eq!(rule.except, [Except { matched: vec![r"a\{\{".into()], ..Except::default() }]);
        let rule = read(r#"!matchesAny(finding["secret"], ["[0-9]"]) || !filter.matchesAny(finding["secret"], ["^(?:[^A-Z]*[A-Z]){2}"])"#);
        assert_eq!((rule.guards.digits, rule.guards.upper), (1, 2));
    }

    #[test]
    fn what_must_hold_together_is_one_exception() {
        let rule =
            read(r#"matchesAny((attributes["path"] ?? ""), [`[.]md$`]) && (finding["line"] contains "sum" || finding["secret"] == "a.b")"#);
        let paths = || vec!["[.]md$".to_owned()];
        let line = Except { line: vec!["sum".into()], paths: paths(), ..Except::default() };
        let value = Except { value: vec![r"^a\.b$".into()], paths: paths(), ..Except::default() };
        assert_eq!(rule.except, [line, value]);
        assert!(rule.losses.is_empty());
    }

    #[test]
    fn what_cannot_be_said_is_lost_and_never_lets_more_pass() {
        for text in [
            "failsTokenEfficiency(finding.secret)",
            "tokenRatio(finding.secret) >= 2.5",
            r#"entropy(finding.secret) <= 3.0 && finding.line contains "x""#,
            r#"matchesAny(finding.secret, ["a"]) && matchesAny(finding.secret, ["b"])"#,
            r#"finding.secret contains "a" && attributes["git.sha"] == "b""#,
            r#"!(finding.secret contains "a")"#,
            r#"matchesAny(finding.secret, ["(?=a)"])"#,
            "a b",
        ] {
            let rule = read(text);
            assert_eq!(rule.losses.len(), 1, "{text}: {:?}", rule.losses);
            assert!(rule.except.is_empty() && rule.guards == Guards::default(), "{text}");
        }
    }
}
