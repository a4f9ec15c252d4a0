//! `[policy]`: what is asked of machine identities, checked and with defaults filled in.

use super::allow::expiry as date;
use super::error::{ConfigError, Document};
use crate::model::{Ages, Demand, EnvironmentRule, Flag, Policy, PolicyException, Providers, RecordKind, Violation, environment_name};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

/// Entries of one list that are taken; a configuration may come from a hostile repository, and each costs time.
const MOST: usize = 1000;
/// Bytes of a glob.
const LONGEST_GLOB: usize = 512;
/// Most days that can be written: a hundred years.
const MOST_DAYS: i64 = 36_525;

type Table<T> = BTreeMap<Spanned<String>, T>;

/// The table `[policy]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPolicy {
    require: Option<Vec<Spanned<String>>>,
    dormant_days: Option<Spanned<i64>>,
    grace_days: Option<Spanned<i64>>,
    chance: Option<Spanned<f64>>,
    /// Days by environment, and tables of them by kind.
    max_age_days: Table<Spanned<Value>>,
    providers: RawProviders,
    /// Environments by glob.
    environments: Table<Spanned<String>>,
    exception: Vec<Spanned<RawException>>,
    pub(super) test: Vec<Spanned<super::policy_example::RawExample>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawProviders {
    allow: Vec<Spanned<String>>,
    allow_ai: Vec<Spanned<String>>,
    deny: Vec<Spanned<String>>,
    environments: Table<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawException {
    reason: Option<Spanned<String>>,
    expires: Option<Spanned<Value>>,
    identity: Option<Spanned<String>>,
    principal: Option<Spanned<String>>,
    provider: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    flags: Option<Vec<Spanned<String>>>,
}

/// Checks a policy.
///
/// # Errors
/// The first mistake: days or a chance out of range, a word that is not known, a glob that cannot match, a provider both allowed and denied,
/// an exception without reason, end or criterion.
pub(super) fn policy(document: &Document, raw: &RawPolicy) -> Result<Policy, ConfigError> {
    let mut policy = Policy::default();
    if let Some(list) = &raw.require {
        (policy.owner, policy.expiry) = (Demand::Optional, Demand::Optional);
        for word in list {
            match word.get_ref().as_str() {
                "owner" => policy.owner = Demand::Required,
                "expiry" => policy.expiry = Demand::Required,
                _ => return Err(unknown(document, word, &["owner", "expiry"])),
            }
        }
    }
    let day = |days: &Option<Spanned<i64>>, default| days.as_ref().map_or(Ok(default), |d| days_of(document, *d.get_ref(), d.span()));
    policy.dormant_days = day(&raw.dormant_days, policy.dormant_days)?;
    policy.grace_days = day(&raw.grace_days, policy.grace_days)?;
    if let Some(chance) = &raw.chance {
        policy.chance = *chance.get_ref();
        if !(0.0..=1.0).contains(&policy.chance) {
            return Err(document.error(chance.span(), format!("`{}` is no chance", policy.chance), "write 0.0 to 1.0, such as 0.01"));
        }
    }
    ages(document, &raw.max_age_days, &mut policy)?;
    policy.providers = providers(document, &raw.providers)?;
    policy.environments = environments(document, &raw.environments)?;
    at_most(document, &raw.exception)?;
    policy.exceptions = raw.exception.iter().map(|e| exception(document, e)).collect::<Result<_, _>>()?;
    Ok(policy)
}

/// Refuses lists that are too long.
pub(super) fn at_most<T>(document: &Document, list: &[Spanned<T>]) -> Result<(), ConfigError> {
    match list.get(MOST) {
        None => Ok(()),
        Some(excess) => Err(document.error(excess.span(), "too many entries", format!("keep {MOST}"))),
    }
}

fn days_of(document: &Document, days: i64, span: std::ops::Range<usize>) -> Result<u32, ConfigError> {
    let fits = (0..=MOST_DAYS).contains(&days).then(|| u32::try_from(days).ok()).flatten();
    fits.ok_or_else(|| document.error(span, format!("`{days}` is out of range"), format!("write 0 to {MOST_DAYS} days; 0 is no limit")))
}

/// A word that is not among those known.
pub(super) fn unknown(document: &Document, word: &Spanned<String>, known: &[&str]) -> ConfigError {
    let message = format!("`{}` is not known here", word.get_ref());
    document.error(word.span(), message, format!("write one of `{}`", known.join("`, `")))
}

pub(super) fn kind(document: &Document, word: &Spanned<String>) -> Result<RecordKind, ConfigError> {
    let names = || RecordKind::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>();
    RecordKind::named(word.get_ref()).ok_or_else(|| unknown(document, word, &names()))
}

pub(super) fn environment(document: &Document, word: &Spanned<String>) -> Result<String, ConfigError> {
    let known = environment_name(word.get_ref()).map(str::to_owned);
    known.ok_or_else(|| unknown(document, word, &["prod", "stage", "dev", "test", "shared"]))
}

/// Names of flags and violations.
pub(super) fn flags(document: &Document, words: &[Spanned<String>]) -> Result<Vec<String>, ConfigError> {
    let is_known = |name: &str| Flag::named(name).is_some() || Violation::named(name).is_some();
    let names = || Flag::ALL.iter().map(|f| f.as_str()).chain(Violation::ALL.iter().map(|v| v.as_str())).collect::<Vec<_>>();
    match words.iter().find(|word| !is_known(word.get_ref())) {
        Some(word) => Err(unknown(document, word, &names())),
        None => Ok(words.iter().map(|word| word.get_ref().clone()).collect()),
    }
}

fn ages(document: &Document, raw: &Table<Spanned<Value>>, policy: &mut Policy) -> Result<(), ConfigError> {
    let wrong = |span, what: &str| document.error(span, format!("`{what}` is no number of days"), "write days, such as `production = 90`");
    // Ages of a kind begin with those of all kinds, so those come first.
    for (name, value) in raw {
        if let Value::Table(_) = value.get_ref() {
            continue;
        }
        let days = value.get_ref().as_integer().ok_or_else(|| wrong(value.span(), &value.get_ref().to_string()))?;
        let days = days_of(document, days, value.span())?;
        set(&mut policy.rotate, name.get_ref(), days)
            .ok_or_else(|| unknown(document, name, &["production", "development", "unknown", "a kind with a table of these"]))?;
    }
    for (name, value) in raw {
        let Value::Table(table) = value.get_ref() else { continue };
        let (kind, mut own) = (kind(document, name)?, policy.rotate);
        for (environment, days) in table {
            let number = days.as_integer().ok_or_else(|| wrong(value.span(), &days.to_string()))?;
            let days = days_of(document, number, value.span())?;
            set(&mut own, environment, days).ok_or_else(|| {
                let message = format!("`{environment}` is not known here");
                document.error(value.span(), message, "write one of `production`, `development`, `unknown`")
            })?;
        }
        policy.rotate_kinds.push((kind, own));
    }
    Ok(())
}

fn set(ages: &mut Ages, environment: &str, days: u32) -> Option<()> {
    let field = match environment {
        "production" => &mut ages.production,
        "development" => &mut ages.development,
        "unknown" => &mut ages.unknown,
        _ => return None,
    };
    *field = days;
    Some(())
}

fn providers(document: &Document, raw: &RawProviders) -> Result<Providers, ConfigError> {
    let slugs = |list: &[Spanned<String>]| -> Result<Vec<String>, ConfigError> {
        at_most(document, list)?;
        list.iter().map(|word| slug(document, word)).collect()
    };
    let deny = slugs(&raw.deny)?;
    if let Some(word) = raw.allow.iter().chain(&raw.allow_ai).find(|word| deny.contains(word.get_ref())) {
        let message = format!("`{}` is both allowed and denied", word.get_ref());
        return Err(document.error(word.span(), message, "keep it in one of the lists"));
    }
    let mut environments = Vec::new();
    for (provider, list) in &raw.environments {
        let list = list.iter().map(|word| environment(document, word)).collect::<Result<_, _>>()?;
        environments.push((slug(document, provider)?, list));
    }
    Ok(Providers { allow: slugs(&raw.allow)?, allow_ai: slugs(&raw.allow_ai)?, deny, environments })
}

/// A provider's slug; which of them exist is not known here, so only the form is checked.
pub(super) fn slug(document: &Document, word: &Spanned<String>) -> Result<String, ConfigError> {
    let text = word.get_ref();
    let sound = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let wrong = || document.error(word.span(), format!("`{text}` is no provider"), "write its slug, as `keysweep detectors list` names it");
    sound.then(|| text.clone()).ok_or_else(wrong)
}

fn environments(document: &Document, raw: &Table<Spanned<String>>) -> Result<Vec<EnvironmentRule>, ConfigError> {
    // A table is read in the order of its keys; the first rule that matches is to be the first in the file.
    let mut rules: Vec<_> = raw.iter().collect();
    rules.sort_by_key(|(glob, _)| glob.span().start);
    if let Some((glob, _)) = rules.get(MOST) {
        return Err(document.error(glob.span(), "too many entries", format!("keep {MOST}")));
    }
    let rule = |(glob, name): (&Spanned<String>, &Spanned<String>)| {
        Ok(EnvironmentRule { glob: checked_glob(document, glob)?, environment: environment(document, name)? })
    };
    rules.into_iter().map(rule).collect()
}

pub(super) fn checked_glob(document: &Document, glob: &Spanned<String>) -> Result<String, ConfigError> {
    let text = glob.get_ref();
    let fail = |message: String, help: &str| Err(document.error(glob.span(), message, help));
    if text.trim().is_empty() || text.len() > LONGEST_GLOB {
        return fail(format!("a glob has 1 to {LONGEST_GLOB} characters"), "write it such as `envs/prod/**`");
    }
    if text.contains(['[', ']', '{', '}', '\\']) || text.starts_with('!') {
        return fail(format!("`{text}` is no glob"), "only `*`, `?` and `**` have a meaning here, such as `envs/prod/**`");
    }
    Ok(text.clone())
}

fn exception(document: &Document, raw: &Spanned<RawException>) -> Result<PolicyException, ConfigError> {
    let (span, raw) = (raw.span(), raw.get_ref());
    let help = "say why it may pass: `reason = \"moves to OIDC in autumn\"`";
    let reason = raw.reason.as_ref().ok_or_else(|| document.error(span.clone(), "an exception without `reason`", help))?;
    if reason.get_ref().trim().is_empty() {
        return Err(document.error(reason.span(), "empty `reason`", help));
    }
    let without_end = || document.error(span.clone(), "an exception without `expires`", "say until when: `expires = \"2027-01-01\"`");
    let expires = date(document, raw.expires.as_ref().ok_or_else(without_end)?)?;
    if raw.identity.is_none() && raw.principal.is_none() && raw.provider.is_none() && raw.kind.is_none() {
        let help = "add at least one of `identity`, `principal`, `provider`, `kind`";
        return Err(document.error(span, "an exception without criterion would let everything pass", help));
    }
    if raw.flags.as_ref().is_some_and(Vec::is_empty) {
        return Err(document.error(span, "`flags` is empty, so the exception never holds", "name a flag, or remove `flags` to mean all"));
    }
    Ok(PolicyException {
        reason: reason.get_ref().clone(),
        expires,
        line: document.position(span.start).0,
        identity: raw.identity.as_ref().map(|id| id.get_ref().clone()),
        principal: raw.principal.as_ref().map(|glob| checked_glob(document, glob)).transpose()?,
        provider: raw.provider.as_ref().map(|word| slug(document, word)).transpose()?,
        kind: raw.kind.as_ref().map(|word| kind(document, word)).transpose()?,
        flags: raw.flags.as_ref().map(|words| flags(document, words)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Origin};
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<Policy, String> {
        Config::parse(text, Path::new("keysweep.toml"), Origin::Named).map(|c| c.policy).map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_written_means_the_defaults() {
        assert_eq!(parse("").expect("sound"), Policy::default());
        assert_eq!(parse("[policy]").expect("sound"), Policy::default());
    }

    #[test]
    fn every_key_is_read() {
        let policy = parse(
            r#"
            [policy]
            require = ["owner"]
            dormant_days = 60
            grace_days = 7
            chance = 0.001
            [policy.max_age_days]
            token.production = 7
            production = 60
            [policy.providers]
            allow_ai = ["anthropic"]
            deny = ["deepseek"]
            [policy.providers.environments]
            openai = ["dev", "testing"]
            [policy.environments]
            "envs/prod/**" = "production"
            "envs/**" = "dev"
            [[policy.exception]]
            reason = "moves to OIDC"
            expires = 2027-01-01
            principal = "ci-*"
            kind = "access_key"
            flags = ["overdue", "provider-denied"]
            "#,
        )
        .expect("sound");
        assert_eq!((policy.owner, policy.expiry), (Demand::Required, Demand::Optional));
        assert_eq!((policy.dormant_days, policy.grace_days, policy.chance), (60, 7, 0.001));
        assert_eq!(policy.max_age(RecordKind::ApiKey, Some("prod")), Some(60));
        assert_eq!(policy.max_age(RecordKind::Token, Some("prod")), Some(7));
        assert_eq!(policy.max_age(RecordKind::Token, Some("dev")), Some(30), "what a kind does not state is as for all");
        assert_eq!(policy.providers.environments, [("openai".to_owned(), vec!["dev".to_owned(), "test".to_owned()])]);
        assert_eq!(policy.environment("envs/prod/x"), Some("prod"), "rules stand in the order of the file");
        assert_eq!(policy.exceptions[0].line, 18);
        assert_eq!(policy.exceptions[0].kind, Some(RecordKind::AccessKey));
    }

    #[test]
    fn mistakes_are_told_with_place_and_remedy() {
        let whole = "[[policy.exception]]\nreason = 'x'\nexpires = '2027-01-01'\n";
        let cases = [
            ("[policy]\nmax_age = 1", "2:1: unknown key `max_age` (known in this table are `require`"),
            ("[policy]\nrequire = ['name']", "2:12: `name` is not known here (write one of `owner`, `expiry`)"),
            ("[policy]\ndormant_days = -1", "2:16: `-1` is out of range"),
            ("[policy]\nchance = 1.5", "2:10: `1.5` is no chance"),
            ("[policy.max_age_days]\nproduction = 'long'", "2:14: `\"long\"` is no number of days"),
            ("[policy.max_age_days]\nprod = 9", "2:1: `prod` is not known here (write one of `production`"),
            ("[policy.max_age_days.tokn]\nproduction = 9", "1:22: `tokn` is not known here"),
            ("[policy.providers]\nallow = ['aws']\ndeny = ['aws']", "2:10: `aws` is both allowed and denied"),
            ("[policy.providers]\ndeny = ['Deep Seek']", "2:9: `Deep Seek` is no provider"),
            ("[policy.environments]\n'envs/{a,b}' = 'prod'", "2:1: `envs/{a,b}` is no glob"),
            ("[policy.environments]\n'envs/**' = 'moon'", "2:13: `moon` is not known here"),
            ("[[policy.exception]]\nexpires = '2027-01-01'", "1:1: an exception without `reason`"),
            ("[[policy.exception]]\nreason = 'x'", "1:1: an exception without `expires`"),
            (whole, "1:1: an exception without criterion"),
            (&format!("{whole}kind = 'keys'"), "4:8: `keys` is not known here"),
            (&format!("{whole}kind = 'token'\nflags = ['late']"), "5:10: `late` is not known here"),
            (&format!("{whole}kind = 'token'\nflags = []"), "1:1: `flags` is empty"),
        ];
        for (text, message) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(&format!("keysweep.toml:{message}")), "{error}");
        }
    }
}
