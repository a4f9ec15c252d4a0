//! Rules of betterleaks, v1 and v2: as gitleaks', with filter expressions and components.

use super::error::{Document, ImportError};
use super::gitleaks::{RawAllowlist, RawExtend, RawGlobal, RawRequired, group, is_rules_toml};
use super::rule::{ANYWHERE, Rule, Rules, title};
use super::{Format, dialect, filter};
use crate::model::{Confidence, Part};
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// The format.
pub(super) struct Betterleaks;

impl Format for Betterleaks {
    fn id(&self) -> &'static str {
        "betterleaks"
    }

    fn title(&self) -> &'static str {
        "betterleaks v2 rules"
    }

    fn recognises(&self, text: &str) -> bool {
        // What gitleaks has not, at the beginning of a line.
        const KEYS: [&str; 12] = [
            "prefilter",
            "filter",
            "components",
            "validate",
            "analyze",
            "revoke",
            "valueGroup",
            "confidence",
            "specificity",
            "tokenEfficiency",
            "betterleaksMinVersion",
            "[[rules.components]]",
        ];
        let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
        is_rules_toml(text) && text.lines().map(key).any(|k| KEYS.contains(&k.as_str()))
    }

    fn read(&self, document: &Document<'_>) -> Result<Rules, ImportError> {
        let raw: RawFile = toml::from_str(document.text).map_err(|e| document.toml(&e))?;
        let mut rules = Rules::default();
        raw.extend.iter().for_each(|e| e.note(self.id(), &mut rules));
        for rule in raw.rules {
            let line = document.line(rule.span().start);
            let read = rule.into_inner().read(line, document, &mut rules)?;
            rules.rules.push(read);
        }
        for list in raw.allowlist.into_iter().chain(raw.allowlists) {
            list.spread(document, &mut rules)?;
        }
        for expression in [raw.prefilter, raw.filter].into_iter().flatten() {
            let mut all = Rule::default();
            filter::apply(&expression, &mut all);
            if all.guards.entropy > 0.0 || all.guards != Default::default() && all.guards.stop_words.is_empty() {
                all.lose("what it asks of entropy and characters");
            }
            let words = std::mem::take(&mut all.guards.stop_words);
            rules.except.extend(all.except);
            if !words.is_empty() {
                rules.except.push(crate::model::Except { words, ..Default::default() });
            }
            rules.notes.extend(all.losses.into_iter().map(|loss| format!("of the filter of all rules, there is lost: {loss}")));
        }
        Ok(rules)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(rename = "title")]
    _title: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "minVersion")]
    _min_version: Option<String>,
    #[serde(rename = "betterleaksMinVersion")]
    _betterleaks_min_version: Option<String>,
    extend: Option<RawExtend>,
    prefilter: Option<String>,
    filter: Option<String>,
    #[serde(default)]
    rules: Vec<Spanned<RawRule>>,
    allowlist: Option<RawGlobal>,
    #[serde(default)]
    allowlists: Vec<RawGlobal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawRule {
    id: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    regex: String,
    #[serde(default)]
    path: String,
    #[serde(default, alias = "secretGroup")]
    value_group: u32,
    #[serde(default)]
    keywords: Vec<String>,
    tags: Option<IgnoredAny>,
    specificity: Option<IgnoredAny>,
    confidence: Option<Spanned<String>>,
    #[serde(default)]
    components: Vec<RawComponent>,
    validate: Option<IgnoredAny>,
    analyze: Option<IgnoredAny>,
    revoke: Option<IgnoredAny>,
    #[serde(default)]
    skip_report: bool,
    #[serde(default)]
    filter: String,
    // The rest is of v1.
    #[serde(default)]
    entropy: f32,
    #[serde(default)]
    token_efficiency: bool,
    allowlist: Option<RawAllowlist>,
    #[serde(default)]
    allowlists: Vec<RawAllowlist>,
    #[serde(default)]
    required: Vec<RawRequired>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComponent {
    id: String,
    #[serde(default)]
    optional: bool,
    within: Option<Spanned<String>>,
}

impl RawRule {
    fn read(self, line: u32, document: &Document<'_>, rules: &mut Rules) -> Result<Rule, ImportError> {
        let left_out = [
            (self.tags.is_some(), "tags"),
            (self.specificity.is_some(), "specificity, as the surest detector speaks"),
            (self.validate.is_some(), "`validate`, which needs the network"),
            (self.analyze.is_some(), "`analyze`, which needs the network"),
            (self.revoke.is_some(), "`revoke`, which needs the network"),
        ];
        left_out.into_iter().filter(|(is, _)| *is).for_each(|(_, what)| rules.leave_out(what));
        let id = self.id.unwrap_or_default();
        let mut rule = Rule {
            line,
            title: title(&self.description, &id),
            pattern: dialect::from_go(&self.regex),
            group: group(self.value_group),
            keywords: self.keywords,
            path: dialect::from_go(&self.path),
            part: self.skip_report,
            confidence: confidence(self.confidence.as_ref(), document)?,
            id,
            ..Rule::default()
        };
        rule.guards.entropy = self.entropy;
        if self.token_efficiency {
            rule.lose(filter::TOKENS);
        }
        for list in self.allowlist.into_iter().chain(self.allowlists) {
            list.except(document, &mut rule)?;
        }
        filter::apply(&self.filter, &mut rule);
        for required in self.required {
            required.part(&mut rule);
        }
        for component in self.components {
            component.part(document, &mut rule)?;
        }
        Ok(rule)
    }
}

fn confidence(stated: Option<&Spanned<String>>, document: &Document<'_>) -> Result<Confidence, ImportError> {
    let Some(stated) = stated else { return Ok(Confidence::default()) };
    let text = stated.get_ref().to_ascii_lowercase();
    let known = Confidence::ALL.iter().find(|c| c.as_str() == text).copied();
    match known {
        Some(confidence) => Ok(confidence),
        None if text.is_empty() => Ok(Confidence::default()),
        None => Err(document.value(stated.span(), &text, "`low`, `medium` or `high`")),
    }
}

impl RawComponent {
    /// Adds it as a part: one that is needed lowers the confidence where it is missing, one that is optional raises it where it is there.
    fn part(self, document: &Document<'_>, rule: &mut Rule) -> Result<(), ImportError> {
        let lines = match &self.within {
            None => ANYWHERE,
            Some(within) => {
                let (lines, columns) = window(within.get_ref())
                    .ok_or_else(|| document.value(within.span(), within.get_ref(), "lines and columns such as `5L` or `5L,100C`"))?;
                if columns {
                    rule.lose("the columns a required rule must be within, which count for lines alone");
                }
                lines.unwrap_or(if columns { 0 } else { ANYWHERE })
            }
        };
        let (present, absent) = if self.optional { (Some(Confidence::High), None) } else { (None, Some(Confidence::Low)) };
        rule.parts.push(Part { detector: self.id, lines, present, absent, completes: String::new() });
        Ok(())
    }
}

/// The lines of a window such as `5L`, `-2L,+5L` or `5L,100C`, the wider side of it, and whether it has columns.
fn window(text: &str) -> Option<(Option<u32>, bool)> {
    let (mut lines, mut columns) = (None, false);
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let number = part.trim_start_matches(['+', '-']);
        let unit = number.chars().last()?;
        let number: u32 = number[..number.len() - unit.len_utf8()].parse().ok()?;
        match unit {
            'L' | 'l' => lines = lines.max(Some(number)),
            'C' | 'c' => columns = true,
            _ => return None,
        }
    }
    Some((lines, columns))
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn windows_are_lines_and_columns() {
        assert_eq!(window("5L"), Some((Some(5), false)));
        assert_eq!(window("-2L,+7L"), Some((Some(7), false)));
        assert_eq!(window("5L,100C"), Some((Some(5), true)));
        assert_eq!(window(""), Some((None, false)));
        for wrong in ["5X", "L", "é", "99999999999L"] {
            assert_eq!(window(wrong), None, "{wrong}");
        }
    }
}
