//! `[[policy.test]]`: examples of identities, and what the policy is to make of them.

use super::error::{ConfigError, Document};
use super::policy::{at_most, environment, flags, kind, slug, unknown};
use crate::model::{Category, Facts, Judged, Ownership, Policy, RecordKind, Status, Subject, Timestamp, Told};
use serde::Deserialize;
use toml::{Spanned, Value};

/// Most days that can be written, in either direction.
const MOST_DAYS: i64 = 1_000_000;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawExample {
    name: Option<Spanned<String>>,
    identity: Option<String>,
    principal: Option<String>,
    provider: Option<Spanned<String>>,
    category: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    environment: Option<Spanned<String>>,
    /// Instead of the environment: a file, whose environment the rules tell.
    path: Option<String>,
    age_days: Option<Spanned<i64>>,
    /// A name, `none`, or `gone`.
    owner: Option<String>,
    /// Days, or `never`.
    expires_in_days: Option<Spanned<Value>>,
    /// Days, or `never`.
    last_used_days: Option<Spanned<Value>>,
    status: Option<Spanned<String>>,
    expect: Option<Vec<Spanned<String>>>,
}

/// An example of an identity, and what the policy is to make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyExample {
    /// What it shows.
    pub name: String,
    /// Line in the file, from 1.
    pub line: u32,
    /// Names of the flags and violations that are expected, sorted.
    pub expect: Vec<String>,
    identity: String,
    principal: Option<String>,
    provider: String,
    category: Option<Category>,
    kind: RecordKind,
    environment: Option<String>,
    path: Option<String>,
    age_days: Option<i64>,
    owner: Ownership,
    expires: Told,
    last_used: Told,
    status: Status,
}

impl PolicyExample {
    /// What the policy makes of it.
    pub fn judge(&self, policy: &Policy, now: Timestamp) -> Judged {
        let by_path = self.path.as_deref().and_then(|path| policy.environment(path));
        let facts = Facts {
            of: Subject {
                identity: &self.identity,
                principal: self.principal.as_deref(),
                provider: &self.provider,
                category: self.category,
                kind: self.kind,
                environment: self.environment.as_deref().or(by_path),
            },
            age_days: self.age_days,
            owner: self.owner,
            expires: self.expires,
            last_used: self.last_used,
            status: self.status,
        };
        policy.judge(&facts, now)
    }

    /// Whose credential it is, for whoever knows what kind of service a provider is.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The same example with the category of its provider, unless it states one.
    pub fn with_category(&self, category: Option<Category>) -> Self {
        Self { category: self.category.or(category), ..self.clone() }
    }
}

/// Checks the examples.
///
/// # Errors
/// The first mistake: no name, provider, kind or expectation, days out of range, or a word that is not known.
pub(super) fn examples(document: &Document, raw: &[Spanned<RawExample>]) -> Result<Vec<PolicyExample>, ConfigError> {
    at_most(document, raw)?;
    raw.iter().map(|example| checked(document, example)).collect()
}

fn checked(document: &Document, example: &Spanned<RawExample>) -> Result<PolicyExample, ConfigError> {
    let (span, raw) = (example.span(), example.get_ref());
    let lacks = |what: &str, help: &str| document.error(span.clone(), format!("a test without `{what}`"), help);
    let name = raw.name.as_ref().ok_or_else(|| lacks("name", "say what it shows: `name = \"old keys are overdue\"`"))?;
    let provider = raw.provider.as_ref().ok_or_else(|| lacks("provider", "write the slug of a provider: `provider = \"aws\"`"))?;
    let of = raw.kind.as_ref().ok_or_else(|| lacks("kind", "write the kind of credential: `kind = \"access_key\"`"))?;
    let expect =
        raw.expect.as_ref().ok_or_else(|| lacks("expect", "write what is expected: `expect = [\"overdue\"]`, or `expect = []`"))?;
    let mut expect = flags(document, expect)?;
    expect.sort_unstable();
    expect.dedup();
    if let (Some(environment), Some(_)) = (&raw.environment, &raw.path) {
        return Err(document.error(environment.span(), "both `environment` and `path`", "keep one: a path tells its environment"));
    }
    let category = |word: &Spanned<String>| {
        let names = || Category::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>();
        Category::named(word.get_ref()).ok_or_else(|| unknown(document, word, &names()))
    };
    let status = |word: &Spanned<String>| {
        let names = || Status::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>();
        Status::named(word.get_ref()).ok_or_else(|| unknown(document, word, &names()))
    };
    let age = |days: &Spanned<i64>| within(document, *days.get_ref(), days.span());
    Ok(PolicyExample {
        name: name.get_ref().clone(),
        line: document.position(span.start).0,
        expect,
        identity: raw.identity.clone().unwrap_or_default(),
        principal: raw.principal.clone(),
        provider: slug(document, provider)?,
        category: raw.category.as_ref().map(category).transpose()?,
        kind: kind(document, of)?,
        environment: raw.environment.as_ref().map(|word| environment(document, word)).transpose()?,
        path: raw.path.clone(),
        age_days: raw.age_days.as_ref().map(age).transpose()?,
        owner: match raw.owner.as_deref() {
            None => Ownership::Untold,
            Some("" | "none") => Ownership::Nobody,
            Some("gone") => Ownership::Gone,
            Some(_) => Ownership::Somebody,
        },
        expires: told(document, raw.expires_in_days.as_ref())?,
        last_used: told(document, raw.last_used_days.as_ref())?,
        status: raw.status.as_ref().map_or(Ok(Status::Unknown), status)?,
    })
}

fn within(document: &Document, days: i64, span: std::ops::Range<usize>) -> Result<i64, ConfigError> {
    let fits = (-MOST_DAYS..=MOST_DAYS).contains(&days);
    fits.then_some(days).ok_or_else(|| document.error(span, format!("`{days}` is out of range"), "write whole days"))
}

fn told(document: &Document, value: Option<&Spanned<Value>>) -> Result<Told, ConfigError> {
    let Some(value) = value else { return Ok(Told::Untold) };
    match value.get_ref() {
        Value::Integer(days) => within(document, *days, value.span()).map(Told::Days),
        Value::String(text) if text == "never" => Ok(Told::Never),
        other => Err(document.error(value.span(), format!("`{other}` is no number of days"), "write whole days, or \"never\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Origin};
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("keysweep.toml"), Origin::Named).map_err(|e| e.to_string())
    }

    const WHOLE: &str = "[[policy.test]]\nname = 'n'\nprovider = 'aws'\nkind = 'access_key'\nexpect = ['overdue']\n";

    #[test]
    fn an_example_is_judged_by_the_policy_beside_it() {
        let rules = "[policy.environments]\n'envs/prod/**' = 'prod'\n";
        for (facts, expected) in [
            ("age_days = 91\npath = 'envs/prod/a.tf'", vec!["overdue"]),
            ("age_days = 91\npath = 'src/a.tf'", vec![]),
            ("age_days = 91\nlast_used_days = 'never'\nowner = 'none'", vec!["no-owner", "dormant"]),
            ("expires_in_days = -1\nstatus = 'active'\nowner = 'gone'", vec!["orphaned", "expired", "expired-yet-live"]),
            ("expires_in_days = 'never'\nowner = 'kim'", vec!["no-expiry"]),
        ] {
            let config = parse(&format!("{rules}{WHOLE}{facts}")).expect("sound");
            let judged = config.policy_tests[0].judge(&config.policy, Timestamp::utc(0));
            assert_eq!(judged.flags.iter().map(|f| f.as_str()).collect::<Vec<_>>(), expected, "{facts}");
            assert_eq!((config.policy_tests[0].line, &*config.policy_tests[0].expect), (3, &["overdue".to_owned()][..]));
        }
    }

    #[test]
    fn mistakes_are_told_with_place_and_remedy() {
        for (text, message) in [
            ("[[policy.test]]\nprovider = 'aws'", "1:1: a test without `name`"),
            (&*WHOLE.replace("provider = 'aws'\n", ""), "1:1: a test without `provider`"),
            (&*WHOLE.replace("expect = ['overdue']\n", ""), "1:1: a test without `expect`"),
            (&*WHOLE.replace("access_key", "key"), "4:8: `key` is not known here"),
            (&format!("{WHOLE}path = 'a'\nenvironment = 'prod'"), "7:15: both `environment` and `path`"),
            (&format!("{WHOLE}last_used_days = 'often'"), "6:18: `\"often\"` is no number of days"),
            (&format!("{WHOLE}status = 'fine'"), "6:10: `fine` is not known here"),
            (&format!("{WHOLE}age_days = 99999999999"), "6:12: `99999999999` is out of range"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(&format!("keysweep.toml:{message}")), "{error}");
        }
    }
}
