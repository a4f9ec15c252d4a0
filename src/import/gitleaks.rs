//! Rules of gitleaks v8: TOML with `[[rules]]`, allowlists and required rules.

use super::error::{Document, ImportError};
use super::rule::{ANYWHERE, Rule, Rules, title};
use super::{Format, dialect};
use crate::model::{Confidence, Except, Part};
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// The format.
pub(super) struct Gitleaks;

impl Format for Gitleaks {
    fn id(&self) -> &'static str {
        "gitleaks"
    }

    fn title(&self) -> &'static str {
        "gitleaks v8 rules"
    }

    fn recognises(&self, text: &str) -> bool {
        is_rules_toml(text)
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
        Ok(rules)
    }
}

/// Whether a text is TOML with what only rule files have at the beginning of a line, broken or not.
pub(super) fn is_rules_toml(text: &str) -> bool {
    let headers = ["[[rules", "[extend]", "[allowlist]", "[[allowlists]]", "rules=["];
    let squeezed = |line: &str| line.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    text.lines().map(squeezed).any(|line| headers.iter().any(|h| line.starts_with(h)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(rename = "title")]
    _title: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "minVersion", alias = "minversion")]
    _min_version: Option<String>,
    extend: Option<RawExtend>,
    #[serde(default)]
    rules: Vec<Spanned<RawRule>>,
    #[serde(alias = "allowList")]
    allowlist: Option<RawGlobal>,
    #[serde(default, alias = "allowLists")]
    allowlists: Vec<RawGlobal>,
}

/// What a file builds on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExtend {
    #[serde(default)]
    path: String,
    #[serde(default)]
    url: String,
    #[serde(default, rename = "useDefault", alias = "usedefault")]
    use_default: bool,
    #[serde(default, rename = "disabledRules", alias = "disabledrules")]
    disabled_rules: Vec<String>,
}

impl RawExtend {
    /// Says what has to be done by hand.
    pub(super) fn note(&self, format: &str, rules: &mut Rules) {
        rules.extends = true;
        if self.use_default {
            rules.notes.push(format!("it extends the rules built into {format}: import that file too, or rely on the built-in detectors"));
        }
        for place in [&self.path, &self.url].into_iter().filter(|p| !p.is_empty()) {
            rules.notes.push(format!("it extends `{place}`: import that file too"));
        }
        if !self.disabled_rules.is_empty() {
            let ids = self.disabled_rules.join("`, `");
            rules
                .notes
                .push(format!("it disables `{ids}` of what it extends: put the ids of their detectors under `disable` in keysweep.toml"));
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    regex: String,
    #[serde(default)]
    path: String,
    #[serde(default, rename = "secretGroup", alias = "secretgroup")]
    secret_group: u32,
    #[serde(default)]
    entropy: f32,
    #[serde(default)]
    keywords: Vec<String>,
    tags: Option<IgnoredAny>,
    #[serde(default, rename = "skipReport", alias = "skipreport")]
    skip_report: bool,
    #[serde(alias = "allowList")]
    allowlist: Option<RawAllowlist>,
    #[serde(default, alias = "allowLists")]
    allowlists: Vec<RawAllowlist>,
    #[serde(default)]
    required: Vec<RawRequired>,
}

impl RawRule {
    fn read(self, line: u32, document: &Document<'_>, rules: &mut Rules) -> Result<Rule, ImportError> {
        if self.tags.is_some() {
            rules.leave_out("tags");
        }
        let id = self.id.unwrap_or_default();
        let mut rule = Rule {
            line,
            title: title(&self.description, &id),
            pattern: dialect::from_go(&self.regex),
            group: group(self.secret_group),
            keywords: self.keywords,
            path: dialect::from_go(&self.path),
            part: self.skip_report,
            id,
            ..Rule::default()
        };
        rule.guards.entropy = self.entropy;
        for list in self.allowlist.into_iter().chain(self.allowlists) {
            list.except(document, &mut rule)?;
        }
        for required in self.required {
            required.part(&mut rule);
        }
        Ok(rule)
    }
}

/// The number of a capture group, where 0 is the first that took part.
pub(super) fn group(number: u32) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

/// A rule that must match nearby.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequired {
    id: String,
    #[serde(rename = "withinLines", alias = "withinlines")]
    within_lines: Option<u32>,
    #[serde(rename = "withinColumns", alias = "withincolumns")]
    within_columns: Option<u32>,
}

impl RawRequired {
    /// Adds it as a part: here a part that is missing lowers the confidence and never deletes.
    pub(super) fn part(self, rule: &mut Rule) {
        if self.within_columns.is_some() {
            rule.lose("the columns a required rule must be within, which count for lines alone");
        }
        let lines = self.within_lines.unwrap_or(ANYWHERE);
        rule.parts.push(Part { detector: self.id, lines, present: None, absent: Some(Confidence::Low), completes: String::new() });
    }
}

/// What is let pass by one rule.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawAllowlist {
    #[serde(rename = "id")]
    _id: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    condition: Option<Spanned<String>>,
    commits: Vec<String>,
    paths: Vec<String>,
    #[serde(rename = "regexTarget", alias = "regextarget")]
    regex_target: Option<Spanned<String>>,
    regexes: Vec<String>,
    #[serde(rename = "stopwords", alias = "stopWords")]
    stopwords: Vec<String>,
}

/// What is let pass by all rules of a file, or by some.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGlobal {
    #[serde(rename = "id")]
    id: Option<String>,
    #[serde(rename = "description")]
    description: Option<String>,
    condition: Option<Spanned<String>>,
    #[serde(default)]
    commits: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(rename = "regexTarget", alias = "regextarget")]
    regex_target: Option<Spanned<String>>,
    #[serde(default)]
    regexes: Vec<String>,
    #[serde(default, rename = "stopwords", alias = "stopWords")]
    stopwords: Vec<String>,
    #[serde(default, rename = "targetRules", alias = "targetrules")]
    target_rules: Vec<String>,
}

impl RawGlobal {
    /// Puts it where it belongs: at the rules it names, or at all.
    pub(super) fn spread(self, document: &Document<'_>, rules: &mut Rules) -> Result<(), ImportError> {
        let Self { id, description, condition, commits, paths, regex_target, regexes, stopwords, target_rules } = self;
        let list = RawAllowlist { _id: id, _description: description, condition, commits, paths, regex_target, regexes, stopwords };
        let read = list.read(document)?;
        for target in &target_rules {
            match rules.rules.iter_mut().find(|r| r.id == *target) {
                Some(rule) => read.clone().give(rule),
                None => rules.notes.push(format!("an allowlist is for the rule `{target}`, which is not in the file")),
            }
        }
        if target_rules.is_empty() {
            rules.notes.extend(read.losses.into_iter().map(|loss| format!("of what all rules let pass, there is lost: {loss}")));
            rules.except.extend(read.except);
        }
        Ok(())
    }
}

impl RawAllowlist {
    /// Adds it to a rule.
    pub(super) fn except(self, document: &Document<'_>, rule: &mut Rule) -> Result<(), ImportError> {
        self.read(document)?.give(rule);
        Ok(())
    }

    fn read(self, document: &Document<'_>) -> Result<Allowed, ImportError> {
        let wrong = |at: &Spanned<String>, known: &str| document.value(at.span(), at.get_ref(), known);
        let all = match &self.condition {
            None => false,
            Some(c) => match c.get_ref().to_ascii_uppercase().as_str() {
                "AND" | "&&" => true,
                "OR" | "||" | "" => false,
                _ => return Err(wrong(c, "`AND` or `OR`")),
            },
        };
        let mut losses = Vec::new();
        let mut sound = |list: Vec<String>| -> Vec<String> {
            let ours = list.into_iter().map(|r| dialect::from_go(&r));
            ours.filter(|r| dialect::sound(r).map_err(|why| losses.push(format!("an expression of an allowlist: {why}"))).is_ok()).collect()
        };
        let (regexes, paths) = (sound(self.regexes), sound(self.paths));
        let (value, matched, line) = match self.regex_target.as_ref().map(|t| (t, t.get_ref().as_str())) {
            None | Some((_, "" | "secret")) => (regexes, Vec::new(), Vec::new()),
            Some((_, "match")) => (Vec::new(), regexes, Vec::new()),
            Some((_, "line")) => (Vec::new(), Vec::new(), regexes),
            Some((at, _)) => return Err(wrong(at, "`secret`, `match` or `line`")),
        };
        let whole = Except { value, matched, line, words: self.stopwords, paths };
        let commits = !self.commits.is_empty();
        if commits {
            losses.push("the commits of an allowlist: allow what was found there by its id in keysweep.toml".into());
        }
        let nothing = whole == Except::default();
        let except = match (all, commits || !losses.is_empty() || nothing) {
            // Without one of its conditions, it would let more pass.
            (true, true) => Vec::new(),
            (true, false) => vec![whole],
            (false, _) => one_by_one(whole),
        };
        Ok(Allowed { except, losses })
    }
}

/// An exception for each list, where one list is enough.
fn one_by_one(whole: Except) -> Vec<Except> {
    let Except { value, matched, line, words, paths } = whole;
    let none = Except::default;
    let each = [
        Except { value, ..none() },
        Except { matched, ..none() },
        Except { line, ..none() },
        Except { words, ..none() },
        Except { paths, ..none() },
    ];
    each.into_iter().filter(|e| *e != none()).collect()
}

/// An allowlist in our terms.
#[derive(Clone)]
struct Allowed {
    except: Vec<Except>,
    losses: Vec<String>,
}

impl Allowed {
    fn give(self, rule: &mut Rule) {
        self.losses.into_iter().for_each(|loss| rule.lose(loss));
        for mut except in self.except {
            let words = std::mem::take(&mut except.words);
            // Words alone are a guard of ours.
            if except == Except::default() {
                rule.guards.stop_words.extend(words);
            } else {
                rule.except.push(Except { words, ..except });
            }
        }
    }
}
