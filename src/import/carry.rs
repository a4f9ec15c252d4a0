//! From rules to detectors: what fits is carried, and all else is told.

use super::Format;
use super::dialect::{self, Shape};
use super::report::{Affected, Report};
use super::rule::{Rule, Rules, detector_id};
use crate::model::{Category, Detector, Except, Kind, Provider, Role};
use std::collections::{BTreeSet, HashMap};

/// Furthest a match over several lines reaches that is not of any text, such as a key's body.
const REACH: u32 = 4096;

/// The detectors of one file, not yet connected with one another.
pub(super) struct Carried {
    provider: Provider,
    report: Report,
    /// Ids of detectors, by those of the rules they were.
    pub ids: HashMap<String, String>,
    /// Rule and line, by the ids of detectors.
    origins: HashMap<String, (String, u32)>,
}

/// Makes detectors of rules.
pub(super) fn carry(rules: Rules, format: &dyn Format, slug: &str, file: &str, check: &dyn Fn(&Detector) -> Result<(), String>) -> Carried {
    let mut report = Report {
        file: file.to_owned(),
        format: format.title(),
        read: rules.rules.len(),
        carried: 0,
        losses: Vec::new(),
        dropped: Vec::new(),
        notes: rules.notes,
    };
    if !rules.left_out.is_empty() {
        let list: Vec<String> = rules.left_out.iter().map(|(what, n)| format!("{what} ({n} rule(s))")).collect();
        report.notes.push(format!("left out, as it changes nothing of what is found: {}", list.join("; ")));
    }
    if !rules.except.is_empty() && (rules.extends || rules.rules.is_empty()) {
        let how = "for others, state it under `exclude` or `[[allow]]` in keysweep.toml";
        report.notes.push(format!("what it lets pass of all rules counts for those of this file alone; {how}"));
    }
    let mut provider = Provider {
        provider: slug.to_owned(),
        title: format!("{} of {}", format.title(), base_name(file)),
        // So that what a built-in detector knows of the same value speaks first.
        category: Category::Generic,
        references: Vec::new(),
        remediation: "Revoke it where it was issued, and have a new one issued.".into(),
        imported: format.title().to_owned(),
        except: gather_paths(rules.except),
        detectors: Vec::new(),
    };
    let (mut ids, mut origins) = (HashMap::new(), HashMap::new());
    for rule in rules.rules {
        let affected =
            |what: String, detector: &str| Affected { rule: rule.id.clone(), line: rule.line, detector: detector.to_owned(), what };
        let id = detector_id(format.id(), slug, &rule.id);
        let made =
            if origins.contains_key(&id) { Err(format!("another rule became `{id}` already")) } else { detector(&rule, id.clone(), check) };
        match made {
            Err(why) => report.dropped.push(affected(why, "")),
            Ok((detector, losses)) => {
                report.losses.extend(losses.into_iter().map(|what| affected(what, &id)));
                ids.insert(rule.id.clone(), id.clone());
                origins.insert(id, (rule.id, rule.line));
                provider.detectors.push(detector);
            }
        }
    }
    report.carried = provider.detectors.len();
    Carried { provider, report, ids, origins }
}

/// Exceptions that ask for nothing but a path, as one: a detector has room for few that ask for any.
fn gather_paths(list: Vec<Except>) -> Vec<Except> {
    let mut all = Except::default();
    let mut out = Vec::new();
    for except in list {
        match (Except { paths: except.paths.clone(), ..Except::default() }) == except {
            true => all.paths.extend(except.paths),
            false => out.push(except),
        }
    }
    out.extend((!all.paths.is_empty()).then_some(all));
    out
}

/// The name of a file without its folders, which are nobody else's business.
pub(super) fn base_name(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

impl Carried {
    /// Connects parts with the detectors they mean: of this file, or of another.
    pub(super) fn connect(mut self, everywhere: &HashMap<String, String>) -> (Provider, Report) {
        for detector in &mut self.provider.detectors {
            let mut missing = BTreeSet::new();
            detector.parts.retain_mut(|part| match self.ids.get(&part.detector).or_else(|| everywhere.get(&part.detector)) {
                Some(id) => {
                    part.detector.clone_from(id);
                    true
                }
                None => {
                    missing.insert(part.detector.clone());
                    false
                }
            });
            let (rule, line) = &self.origins[&detector.id];
            for part in missing {
                let what = format!("its part `{part}`, which is not carried: the confidence is as if it were there");
                self.report.losses.push(Affected { rule: rule.clone(), line: *line, detector: detector.id.clone(), what });
            }
        }
        (self.provider, self.report)
    }
}

/// One rule as a detector, with what is lost of it; or why it cannot be one.
fn detector(rule: &Rule, id: String, check: &dyn Fn(&Detector) -> Result<(), String>) -> Result<(Detector, Vec<String>), String> {
    if rule.id.trim().is_empty() {
        return Err("it has no id".into());
    }
    if rule.pattern.is_empty() {
        return Err(match rule.path.is_empty() {
            true => "it has no pattern: it changes a rule of another file".into(),
            false => "it finds files by their path alone, and here it is contents that are searched".into(),
        });
    }
    let shape = dialect::shape(&rule.pattern)?;
    dialect::sound(&rule.path).map_err(|why| format!("its path: {why}"))?;
    if rule.group.parse::<u32>().is_ok_and(|n| n > shape.groups) {
        return Err(format!("its secret is capture group {}, and the pattern has {}", rule.group, shape.groups));
    }
    let mut losses = rule.losses.clone();
    let mut guards = rule.guards.clone();
    guards.stop_words.sort();
    guards.stop_words.dedup();
    let mut made = Detector {
        id,
        provider: String::new(),
        title: if rule.title.is_empty() { rule.id.clone() } else { rule.title.clone() },
        kind: kind(rule),
        family: String::new(),
        confidence: rule.confidence,
        pattern: rule.pattern.clone(),
        judge: None,
        name: String::new(),
        value: value(rule, &shape),
        keywords: Vec::new(),
        multiline: shape.spans_lines,
        reach: if shape.spans_lines && !shape.boundless && shape.longest.is_none_or(|n| n > REACH as usize) { REACH } else { 0 },
        paths: rule.path.clone(),
        member: None,
        report: if rule.part { Role::Part } else { Role::Finding },
        guards,
        except: gather_paths(rule.except.clone()),
        parts: rule.parts.clone(),
        identity: Default::default(),
        lifecycle: Default::default(),
        remediation: String::new(),
        references: rule.references.clone(),
        examples: Vec::new(),
        near_misses: Vec::new(),
        placeholders: Vec::new(),
    };
    match check(&made) {
        Ok(()) if rule.keywords.is_empty() || dialect::holds_one_of(&rule.pattern, &rule.keywords) => {}
        Ok(()) => losses.push("the keywords, which need not stand in the match: it is tried wherever its pattern can match".into()),
        Err(why) => {
            made.keywords = keywords_within(rule).into_iter().filter(|k| k.len() >= 3).collect();
            if made.keywords.is_empty() || check(&made).is_err() {
                return Err(why);
            }
            losses.push("it is tried only where one of its keywords stands in the match".into());
        }
    }
    Ok((made, losses))
}

/// The keywords that the pattern itself writes out.
fn keywords_within(rule: &Rule) -> Vec<String> {
    let pattern = rule.pattern.replace('\\', "").to_ascii_lowercase();
    rule.keywords.iter().filter(|k| pattern.contains(&k.to_ascii_lowercase())).cloned().collect()
}

/// The capture group that is the secret, where the default would be another.
fn value(rule: &Rule, shape: &Shape) -> String {
    match rule.group.as_str() {
        "" if shape.first_always => String::new(),
        "" => "first".into(),
        "1" => String::new(),
        group => group.to_owned(),
    }
}

/// The kind of credential, by the words of the rule's id and title.
fn kind(rule: &Rule) -> Kind {
    let text = format!("{} {}", rule.id, rule.title).to_ascii_lowercase().replace(['-', '_', '.'], " ").replace("1password", "");
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    if rule.part && !has(&["secret key", "password", "token"]) {
        return Kind::Identifier;
    }
    let kinds: [(&[&str], Kind); 11] = [
        (&["private key"], Kind::PrivateKey),
        (&["webhook"], Kind::Webhook),
        (&["connection string", " uri", " dsn", "credentials in"], Kind::ConnectionString),
        (&["service account"], Kind::SaKey),
        (&["client secret", "app secret", "oauth secret", "consumer secret", "application secret"], Kind::OauthSecret),
        (&["access key"], Kind::AccessKey),
        (&["signing key", "signing secret", "encryption key"], Kind::SigningKey),
        (&["password", "passwd", "passphrase"], Kind::Password),
        (&["api key", "apikey", "secret key", " key"], Kind::ApiKey),
        (&["session", "cookie"], Kind::Session),
        (&["certificate"], Kind::Cert),
    ];
    kinds.iter().find(|(words, _)| has(words)).map_or(Kind::Token, |(_, kind)| *kind)
}
