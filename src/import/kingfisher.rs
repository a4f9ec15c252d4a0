//! Rules of Kingfisher 1.x: YAML with `rules:`, patterns in free spacing, and demands on characters.

use super::error::{Document, ImportError};
use super::rule::{Rule, Rules, title};
use super::{Format, dialect};
use crate::model::{Confidence, Part};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// Lines within which what a rule depends on raises its confidence; the format itself states none.
const NEAR: u32 = 20;

/// What counts as special there, where nothing else is stated: any punctuation.
const SPECIAL: &str = "!@#$%^&*()_+-=[]{}|;:'\",.<>?/\\`~";

/// The format.
pub(super) struct Kingfisher;

impl Format for Kingfisher {
    fn id(&self) -> &'static str {
        "kingfisher"
    }

    fn title(&self) -> &'static str {
        "Kingfisher 1.x rules"
    }

    fn recognises(&self, text: &str) -> bool {
        let mut lines = text.lines().filter(|l| !l.trim_start().starts_with('#') && !matches!(l.trim(), "" | "---"));
        let first = |l: &str| l.starts_with("rules:") || l.starts_with("- name:") || l.starts_with("- id:");
        lines.next().is_some_and(first) || lines.any(|l| l.trim_end() == "rules:")
    }

    fn read(&self, document: &Document<'_>) -> Result<Rules, ImportError> {
        // Some files are the list alone.
        let is_list = document.text.lines().any(|l| l.starts_with("- "));
        let mapped = document.text.lines().any(|l| l.starts_with("rules:"));
        let raw: Result<RawFile, _> = match is_list && !mapped {
            true => serde_saphyr::from_str(document.text).map(|rules| RawFile { rules }),
            false => serde_saphyr::from_str(document.text),
        };
        let mut rules = Rules::default();
        for rule in raw.map_err(|e| document.yaml(&e))?.rules {
            let read = rule.read(&mut rules);
            rules.rules.push(read);
        }
        Ok(rules)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    rules: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: String,
    id: Spanned<String>,
    pattern: String,
    path: Option<String>,
    #[serde(default)]
    min_entropy: f32,
    #[serde(default, deserialize_with = "confidence")]
    confidence: Confidence,
    visible: Option<bool>,
    #[serde(default)]
    examples: Vec<IgnoredAny>,
    #[serde(default)]
    negative_examples: Vec<IgnoredAny>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    categories: Vec<IgnoredAny>,
    description: Option<IgnoredAny>,
    #[serde(default)]
    depends_on_rule: Vec<Option<RawDependency>>,
    pattern_requirements: Option<RawRequirements>,
    validation: Option<IgnoredAny>,
    revocation: Option<IgnoredAny>,
    tls_mode: Option<IgnoredAny>,
    prevalidated: Option<IgnoredAny>,
    authoritative: Option<IgnoredAny>,
    vectorscan_compatible: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDependency {
    rule_id: String,
    #[serde(rename = "variable")]
    _variable: String,
    #[serde(rename = "optional")]
    _optional: Option<bool>,
    #[serde(rename = "verify_candidates")]
    _verify_candidates: Option<IgnoredAny>,
    #[serde(rename = "within")]
    _within: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequirements {
    min_digits: Option<u8>,
    min_uppercase: Option<u8>,
    min_lowercase: Option<u8>,
    min_special_chars: Option<u8>,
    special_chars: Option<String>,
    #[serde(default)]
    ignore_if_contains: Option<Vec<String>>,
    checksum: Option<IgnoredAny>,
}

/// A confidence, in any case.
fn confidence<'de, D: Deserializer<'de>>(from: D) -> Result<Confidence, D::Error> {
    let text = String::deserialize(from)?.to_ascii_lowercase();
    let known = Confidence::ALL.iter().find(|c| c.as_str() == text).copied();
    known.ok_or_else(|| serde::de::Error::custom(format!("the confidence `{text}` is none of `low`, `medium`, `high`")))
}

impl RawRule {
    fn read(self, rules: &mut Rules) -> Rule {
        let left_out = [
            (!self.examples.is_empty(), "examples, which hold raw secrets"),
            (!self.negative_examples.is_empty(), "negative examples, which look like secrets"),
            (self.validation.is_some(), "`validation`, which needs the network"),
            (self.revocation.is_some(), "`revocation`, which needs the network"),
            (self.description.is_some() || !self.categories.is_empty(), "description and categories"),
            (self.prevalidated.is_some() || self.authoritative.is_some() || self.tls_mode.is_some(), "how it is validated"),
            (self.vectorscan_compatible.is_some(), "the choice of an engine"),
        ];
        left_out.into_iter().filter(|(is, _)| *is).for_each(|(_, what)| rules.leave_out(what));
        let pattern = without_comments(&self.pattern);
        let line = u32::try_from(self.id.referenced.line()).unwrap_or(u32::MAX);
        let names = dialect::shape(&pattern).map(|s| s.names).unwrap_or_default();
        let mut rule = Rule {
            title: title(&self.name, &self.id.value),
            id: self.id.value,
            line,
            pattern,
            // A group of this name is the secret, whatever else is captured.
            group: names.into_iter().find(|n| n == "TOKEN").unwrap_or_default(),
            path: self.path.unwrap_or_default(),
            part: self.visible == Some(false),
            confidence: self.confidence,
            references: self.references,
            ..Rule::default()
        };
        rule.guards.entropy = self.min_entropy;
        if let Some(requirements) = self.pattern_requirements {
            requirements.guard(&mut rule);
        }
        for needed in self.depends_on_rule.into_iter().flatten() {
            rule.parts.push(Part {
                detector: needed.rule_id,
                lines: NEAR,
                present: Some(Confidence::High),
                absent: None,
                completes: String::new(),
            });
        }
        rule
    }
}

impl RawRequirements {
    fn guard(self, rule: &mut Rule) {
        let guards = &mut rule.guards;
        guards.digits = self.min_digits.unwrap_or(0);
        guards.upper = self.min_uppercase.unwrap_or(0);
        guards.lower = self.min_lowercase.unwrap_or(0);
        guards.special = self.min_special_chars.unwrap_or(0);
        guards.stop_words = self.ignore_if_contains.unwrap_or_default();
        if guards.special > 0 && self.special_chars.is_some_and(|s| s != SPECIAL) {
            rule.lose("which characters are special: here all that are neither letter nor digit");
        }
        if self.checksum.is_some() {
            rule.lose("the checksum: state `guards: { checksum: NAME }` where there is one of that name");
        }
    }
}

/// The pattern without comments in parentheses, which our dialect has not, and, where spacing is free, without what ends it.
fn without_comments(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, comment)) = rest.split_once("(?#") {
        out.push_str(before);
        rest = comment.split_once(')').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let flags = out.trim_start().strip_prefix("(?").and_then(|f| f.split_once(')')).map(|(flags, _)| flags);
    if flags.is_some_and(|f| f.contains('x')) {
        let lines: Vec<&str> = out.trim().lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
        return lines.join("\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_go_and_the_rest_stays() {
        assert_eq!(without_comments("a(?# the first )b"), "ab");
        assert_eq!(without_comments("(?xi)  \n  ab  \n\n  c # end\n"), "(?xi)\n  ab\n  c # end");
        assert_eq!(without_comments("ab \n"), "ab \n");
    }
}
