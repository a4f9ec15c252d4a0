//! The rules of a log: each detector that found something, with what to do about its findings.

use super::{level, text};
use crate::model::{Confidence, Detector, Finding, Kind};
use serde_json::json;
use serde_sarif::sarif;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What to do where a detector does not say.
const GENERIC: &str = "Revoke the credential where it was issued and issue a new one that is kept outside the repository.";

/// Why deleting the line is not the remedy.
const HISTORY: &str =
    "Removing it from the files is not enough: it stays in the history and in every clone, so treat it as known and revoke it first.";

/// The rules in the order of their indices.
pub(super) struct Rules {
    list: Vec<sarif::ReportingDescriptor>,
    by_id: BTreeMap<String, i64>,
}

impl Rules {
    /// The rules of `detectors`, each once.
    pub(super) fn new(detectors: &[Arc<Detector>]) -> Self {
        let mut rules = Self { list: Vec::new(), by_id: BTreeMap::new() };
        for detector in detectors {
            if !rules.by_id.contains_key(&detector.id) {
                rules.add(Source::of(detector));
            }
        }
        rules
    }

    /// The index of the rule of a finding; a rule is made from the finding where its detector is not at hand.
    pub(super) fn index(&mut self, finding: &Finding) -> i64 {
        match self.by_id.get(&finding.detector) {
            Some(index) => *index,
            None => self.add(Source::from_finding(finding)),
        }
    }

    /// The rules themselves.
    pub(super) fn into_list(self) -> Vec<sarif::ReportingDescriptor> {
        self.list
    }

    fn add(&mut self, source: Source<'_>) -> i64 {
        let index = i64::try_from(self.list.len()).expect("fewer rules than i64 can count");
        self.by_id.insert(source.id.to_owned(), index);
        self.list.push(source.rule());
        index
    }
}

/// What a rule is made of.
struct Source<'a> {
    id: &'a str,
    title: &'a str,
    provider: &'a str,
    kind: Kind,
    confidence: Confidence,
    max_age_days: u32,
    replace_with: &'a str,
    remediation: &'a str,
    references: &'a [String],
}

impl<'a> Source<'a> {
    fn of(detector: &'a Detector) -> Self {
        Self {
            id: &detector.id,
            title: &detector.title,
            provider: &detector.provider,
            kind: detector.kind,
            confidence: detector.confidence,
            max_age_days: detector.lifecycle.max_age_days,
            replace_with: &detector.lifecycle.replace_with,
            remediation: &detector.remediation,
            references: &detector.references,
        }
    }

    fn from_finding(finding: &'a Finding) -> Self {
        Self {
            id: &finding.detector,
            title: &finding.title,
            provider: &finding.provider,
            kind: finding.kind,
            confidence: finding.confidence,
            max_age_days: 0,
            replace_with: "",
            remediation: "",
            references: &[],
        }
    }

    fn rule(&self) -> sarif::ReportingDescriptor {
        let (severity, precision) = match self.confidence {
            Confidence::High => ("9.0", "high"),
            Confidence::Medium => ("7.0", "medium"),
            Confidence::Low => ("4.0", "low"),
        };
        let mut tags: Vec<String> = Vec::new();
        for tag in ["security", "secret", self.provider, self.kind.as_str()] {
            if !tags.iter().any(|t| t == tag) {
                tags.push(tag.to_owned());
            }
        }
        let mut properties = super::properties([("security-severity", json!(severity)), ("precision", json!(precision))]);
        properties.tags = Some(tags);
        let mut rule = sarif::ReportingDescriptor::builder()
            .id(self.id)
            .name(name(self.id))
            .short_description(text(self.title))
            .full_description(text(&self.description()))
            .help(sarif::MultiformatMessageString::builder().text(self.help(Markup::None)).markdown(self.help(Markup::Markdown)).build())
            .default_configuration(sarif::ReportingConfiguration::builder().level(json!(level(self.confidence))).build())
            .properties(properties)
            .build();
        rule.help_uri = self.references.iter().find(|r| is_web_uri(r)).cloned();
        rule
    }

    fn description(&self) -> String {
        let mut text = match self.kind {
            Kind::Identifier => format!("{} in files or their history. It opens nothing by itself but names whose it is.", self.title),
            _ => format!("{} in files or their history. Whoever can read them can use it until it is revoked.", self.title),
        };
        if self.max_age_days > 0 {
            text.push_str(&format!(" It should be rotated at least every {} days.", self.max_age_days));
        }
        text
    }

    fn help(&self, markup: Markup) -> String {
        let bold = |word: &str| match markup {
            Markup::None => word.to_owned(),
            Markup::Markdown => format!("**{word}**"),
        };
        let remediation = if self.remediation.is_empty() { GENERIC } else { self.remediation };
        let mut help = format!("{} {}\n\n{HISTORY}\n", bold("What to do:"), remediation.trim());
        if !self.replace_with.is_empty() {
            help.push_str(&format!("\n{} {}\n", bold("Use instead:"), self.replace_with.trim()));
        }
        if !self.references.is_empty() {
            help.push_str(&format!("\n{}\n\n", bold("References:")));
            for reference in self.references {
                match markup {
                    Markup::Markdown if is_web_uri(reference) => help.push_str(&format!("- <{reference}>\n")),
                    _ => help.push_str(&format!("- {reference}\n")),
                }
            }
        }
        help
    }
}

/// What a help text is written in.
#[derive(Clone, Copy)]
enum Markup {
    None,
    Markdown,
}

/// The id as an identifier in Pascal case, which is what SARIF asks of a rule's name.
fn name(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for word in id.split(|c: char| !c.is_alphanumeric()) {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    name
}

/// Whether a reference can stand where SARIF demands an absolute URI: `http` or `https`, and no character RFC 3986 forbids.
fn is_web_uri(reference: &str) -> bool {
    let Some(rest) = reference.strip_prefix("https://").or_else(|| reference.strip_prefix("http://")) else { return false };
    let sound = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}[]".contains(&b);
    let escapes =
        rest.match_indices('%').all(|(at, _)| rest.as_bytes().get(at + 1..at + 3).is_some_and(|x| x.iter().all(u8::is_ascii_hexdigit)));
    !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(sound) && rest.matches('#').count() <= 1 && escapes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_rule_says_what_to_do_in_both_languages() {
        let rules = Rules::new(&[Arc::new(fixture::detector()), Arc::new(fixture::detector())]).into_list();
        assert_eq!(rules.len(), 1, "an id has one rule");
        let rule = &rules[0];
        assert_eq!((rule.name.as_deref(), rule.help_uri.as_deref()), (Some("AcmeToken"), Some("https://acme.example/tokens")));
        let help = rule.help.as_ref().expect("help");
        let markdown = help.markdown.as_deref().expect("markdown");
        assert!(
            markdown.starts_with("**What to do:** Revoke it in the console") && markdown.contains("\n**Use instead:** OIDC federation\n")
        );
        assert!(markdown.ends_with("- <https://acme.example/tokens>\n- RFC 6750\n"), "{markdown}");
        assert!(help.text.ends_with("- https://acme.example/tokens\n- RFC 6750\n") && !help.text.contains("**"));
    }

    #[test]
    fn a_finding_without_its_detector_has_a_rule_all_the_same() {
        let mut rules = Rules::new(&[]);
        assert_eq!((rules.index(&fixture::finding()), rules.index(&fixture::finding())), (0, 0));
        let list = rules.into_list();
        assert_eq!((list.len(), list[0].id.as_str(), list[0].help_uri.as_ref()), (1, "acme-token", None));
        assert!(list[0].help.as_ref().is_some_and(|h| h.text.contains(GENERIC)));
    }

    #[test]
    fn only_sound_web_addresses_are_uris() {
        for good in ["https://a.example", "http://a.example/x%20y?q=1#f"] {
            assert!(is_web_uri(good), "{good}");
        }
        for bad in [
            "",
            "RFC 6750",
            "https://",
            "https:///x",
            "ftp://a",
            "https://a b",
            "https://a/<x>",
            "https://a/%zz",
            "https://a#b#c",
            "https://é",
        ] {
            assert!(!is_web_uri(bad), "{bad}");
        }
    }
}
