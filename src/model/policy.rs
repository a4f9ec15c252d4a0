//! What an organisation asks of its machine identities: ages, owners, ends, providers, and what it has excepted.

use super::glob::{matches_path, matches_text};
use super::names::names;
use super::{Category, Flag, RecordKind, Status, Timestamp};

names! {
    /// What a policy forbids outright, beside the flags.
    Violation {
        /// Of a provider that is denied.
        ProviderDenied = "provider-denied",
        /// Of a provider that is not among the allowed ones.
        ProviderNotAllowed = "provider-not-allowed",
        /// Of a provider that is allowed in other environments only.
        EnvironmentNotAllowed = "environment-not-allowed",
    }
}

/// Whether a policy demands something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// What lacks it is flagged.
    Required,
    /// It may be left out.
    Optional,
}

/// The rules that flags are judged by. Days are whole days of 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Most days since a secret was made or replaced.
    pub rotate: Ages,
    /// The same for kinds that have ages of their own.
    pub rotate_kinds: Vec<(RecordKind, Ages)>,
    /// Days without use after which an identity is dormant.
    pub dormant_days: u32,
    /// Days after its end for which it is not yet called expired.
    pub grace_days: u32,
    /// Greatest chance at which a hint is believed, from 0 to 1.
    pub chance: f64,
    /// Whether everything must have an owner.
    pub owner: Demand,
    /// Whether what lives long must have an end.
    pub expiry: Demand,
    /// Whose credentials may be used.
    pub providers: Providers,
    /// Which files are of which environment; the first glob that matches tells.
    pub environments: Vec<EnvironmentRule>,
    /// What is let pass for a time.
    pub exceptions: Vec<PolicyException>,
}

/// Days for each environment; 0 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Production and staging.
    pub production: u32,
    /// Development and test.
    pub development: u32,
    /// Where the environment is not known.
    pub unknown: u32,
}

/// Providers by slug; empty lists demand nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Providers {
    /// The only ones that may be used.
    pub allow: Vec<String>,
    /// The only ones of models and AI tooling that may be used.
    pub allow_ai: Vec<String>,
    /// Those that may not be used.
    pub deny: Vec<String>,
    /// The environments a provider may be used in.
    pub environments: Vec<(String, Vec<String>)>,
}

/// Files of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentRule {
    /// Over paths from the repository's root.
    pub glob: String,
    /// `prod`, `stage`, `dev`, `test` or `shared`.
    pub environment: String,
}

/// What the policy lets pass until a day: everything that it states must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyException {
    /// Why; never empty.
    pub reason: String,
    /// Beginning of the day (UTC) from which on it no longer holds.
    pub expires: Timestamp,
    /// Line in the file, from 1.
    pub line: u32,
    /// Id of the identity.
    pub identity: Option<String>,
    /// Glob over what the identity is called.
    pub principal: Option<String>,
    /// Slug of the provider.
    pub provider: Option<String>,
    /// Kind.
    pub kind: Option<RecordKind>,
    /// Names of the flags and violations that are let pass; all without.
    pub flags: Option<Vec<String>>,
}

/// Who answers for an identity, as far as a policy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ownership {
    /// Nobody was looked for.
    #[default]
    Untold,
    /// Nobody.
    Nobody,
    /// Somebody who has left, or whom nobody knows.
    Gone,
    /// Somebody.
    Somebody,
}

/// A time as far as a source tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Told {
    /// The source has no such field.
    #[default]
    Untold,
    /// The field is empty: never.
    Never,
    /// So many whole days.
    Days(i64),
}

/// Which identity a policy is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    /// Its id.
    pub identity: &'s str,
    /// What it is called.
    pub principal: Option<&'s str>,
    /// Slug of the provider.
    pub provider: &'s str,
    /// What kind of service the provider is, where known.
    pub category: Option<Category>,
    /// Kind.
    pub kind: RecordKind,
    /// Its environment, as anybody writes it.
    pub environment: Option<&'s str>,
}

/// An identity with all that a policy judges it by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// Which it is.
    pub of: Subject<'f>,
    /// Days since it was made or replaced.
    pub age_days: Option<i64>,
    /// Who answers for it.
    pub owner: Ownership,
    /// Days until its end; below 0 since it.
    pub expires: Told,
    /// Days since it was last used.
    pub last_used: Told,
    /// What its source says of its state.
    pub status: Status,
}

/// What a policy makes of an identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// What is wrong with it.
    pub flags: Vec<Flag>,
    /// What it breaks.
    pub violations: Vec<Violation>,
    /// What would be wrong with it, by name, and the number of the exception that lets it pass.
    pub excepted: Vec<(&'static str, usize)>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            rotate: Ages { production: 90, development: 30, unknown: 365 },
            rotate_kinds: Vec::new(),
            dormant_days: 90,
            grace_days: 0,
            chance: 0.01,
            owner: Demand::Required,
            expiry: Demand::Required,
            providers: Providers::default(),
            environments: Vec::new(),
            exceptions: Vec::new(),
        }
    }
}

/// The one name of an environment that people write in several ways: `prod`, `stage`, `dev`, `test` or `shared`.
pub fn environment_name(text: &str) -> Option<&'static str> {
    let word = text.trim().to_ascii_lowercase();
    match word.rsplit('/').next().unwrap_or_default() {
        "prod" | "production" | "prd" | "live" => Some("prod"),
        "stage" | "staging" | "stg" | "preprod" | "pre-prod" | "uat" => Some("stage"),
        "dev" | "development" | "develop" | "local" | "sandbox" => Some("dev"),
        "test" | "testing" | "qa" | "ci" => Some("test"),
        "shared" | "common" | "global" | "all" => Some("shared"),
        _ => None,
    }
}

/// Whether credentials of this kind work until somebody ends them.
pub fn is_long_lived(kind: RecordKind) -> bool {
    use RecordKind::{AccessKey, ApiKey, Cert, OauthSecret, SaKey, SshKey, Token};
    matches!(kind, AccessKey | ApiKey | OauthSecret | SaKey | Token | SshKey | Cert)
}

impl Ages {
    fn of(self, environment: Option<&str>) -> u32 {
        match environment.and_then(environment_name) {
            Some("prod" | "stage") => self.production,
            Some("dev" | "test") => self.development,
            _ => self.unknown,
        }
    }
}

impl PolicyException {
    /// Whether it no longer holds at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.seconds >= self.expires.seconds
    }

    fn covers(&self, of: &Subject<'_>, name: &str) -> bool {
        let is = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|wanted| wanted == given);
        is(&self.identity, of.identity)
            && is(&self.provider, of.provider)
            && self.principal.as_deref().is_none_or(|glob| of.principal.is_some_and(|p| matches_text(glob, p)))
            && self.kind.is_none_or(|kind| kind == of.kind)
            && self.flags.as_ref().is_none_or(|flags| flags.iter().any(|f| f == name))
    }
}

impl Policy {
    /// Most days since a secret of this kind was made or replaced; `None` for no limit.
    pub fn max_age(&self, kind: RecordKind, environment: Option<&str>) -> Option<u32> {
        let own = self.rotate_kinds.iter().find(|(of, _)| *of == kind).map(|(_, ages)| *ages);
        Some(own.unwrap_or(self.rotate).of(environment)).filter(|days| *days > 0)
    }

    /// The environment that a file is of, by the rules.
    pub fn environment(&self, path: &str) -> Option<&str> {
        self.environments.iter().find(|rule| matches_path(&rule.glob, path)).map(|rule| rule.environment.as_str())
    }

    /// What use of a provider breaks.
    pub fn provider(&self, provider: &str, category: Option<Category>, environment: Option<&str>) -> Option<Violation> {
        let rules = &self.providers;
        let lists = |list: &[String]| list.iter().any(|p| p == provider);
        let outside = |list: &[String]| !list.is_empty() && !lists(list);
        if lists(&rules.deny) {
            return Some(Violation::ProviderDenied);
        }
        if outside(&rules.allow) || (category == Some(Category::Ai) && outside(&rules.allow_ai)) {
            return Some(Violation::ProviderNotAllowed);
        }
        let environments = rules.environments.iter().find(|(of, _)| of == provider).map(|(_, environments)| environments)?;
        // Where the environment is not known nothing can be said.
        let here = environment.and_then(environment_name)?;
        (!environments.iter().any(|e| e == here)).then_some(Violation::EnvironmentNotAllowed)
    }

    /// The number of the exception that lets a flag or violation pass at `now`.
    pub fn exception(&self, of: &Subject<'_>, name: &str, now: Timestamp) -> Option<usize> {
        self.exceptions.iter().position(|e| !e.is_expired(now) && e.covers(of, name))
    }

    /// Judges an identity by its times, its owner and its provider. What needs more than one identity to tell, such as whether it is
    /// shared, is not among the flags.
    pub fn judge(&self, facts: &Facts<'_>, now: Timestamp) -> Judged {
        self.rule(&facts.of, self.flags(facts), now)
    }

    /// What the policy leaves of the flags of an identity, and what its provider breaks.
    pub fn rule(&self, of: &Subject<'_>, flags: Vec<Flag>, now: Timestamp) -> Judged {
        let mut judged = Judged::default();
        for flag in flags {
            match self.exception(of, flag.as_str(), now) {
                Some(number) => judged.excepted.push((flag.as_str(), number)),
                None => judged.flags.push(flag),
            }
        }
        if let Some(violation) = self.provider(of.provider, of.category, of.environment) {
            match self.exception(of, violation.as_str(), now) {
                Some(number) => judged.excepted.push((violation.as_str(), number)),
                None => judged.violations.push(violation),
            }
        }
        judged
    }

    fn flags(&self, facts: &Facts<'_>) -> Vec<Flag> {
        let owner = match facts.owner {
            Ownership::Nobody if self.owner == Demand::Required => Some(Flag::NoOwner),
            Ownership::Gone => Some(Flag::Orphaned),
            _ => None,
        };
        let end = match facts.expires {
            Told::Days(left) if left < -i64::from(self.grace_days) => Some(Flag::Expired),
            Told::Never if self.expiry == Demand::Required && is_long_lived(facts.of.kind) => Some(Flag::NoExpiry),
            _ => None,
        };
        let used_since = matches!((facts.last_used, facts.expires), (Told::Days(used), Told::Days(left)) if used < -left);
        let live = end == Some(Flag::Expired) && (facts.status == Status::Active || used_since);
        let limit = self.max_age(facts.of.kind, facts.of.environment);
        let is_overdue = facts.age_days.zip(limit).is_some_and(|(age, limit)| age > i64::from(limit));
        let is_dormant = match facts.last_used {
            Told::Days(days) => days > i64::from(self.dormant_days),
            Told::Never => facts.age_days.is_some_and(|age| age > i64::from(self.dormant_days)),
            Told::Untold => false,
        };
        let flags =
            [owner, end, live.then_some(Flag::ExpiredYetLive), is_overdue.then_some(Flag::Overdue), is_dormant.then_some(Flag::Dormant)];
        flags.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp { seconds: 1_790_000_000, offset_minutes: 0 };

    fn subject() -> Subject<'static> {
        Subject {
            identity: "i1",
            principal: Some("ci-deploy"),
            provider: "aws",
            category: Some(Category::Cloud),
            kind: RecordKind::AccessKey,
            environment: None,
        }
    }

    fn facts() -> Facts<'static> {
        Facts {
            of: subject(),
            age_days: None,
            owner: Ownership::Untold,
            expires: Told::Untold,
            last_used: Told::Untold,
            status: Status::Unknown,
        }
    }

    fn flags(policy: &Policy, facts: Facts<'_>) -> Vec<Flag> {
        policy.judge(&facts, NOW).flags
    }

    #[test]
    fn ages_depend_on_environment_and_kind() {
        let mut policy = Policy::default();
        let overdue = |policy: &Policy, environment, age| {
            flags(policy, Facts { of: Subject { environment, ..subject() }, age_days: Some(age), ..facts() }).contains(&Flag::Overdue)
        };
        for (environment, limit) in [(Some("production"), 90), (Some("dev"), 30), (Some("staging"), 90), (Some("moon"), 365), (None, 365)] {
            assert!(!overdue(&policy, environment, limit) && overdue(&policy, environment, limit + 1), "{environment:?}");
        }
        policy.rotate_kinds.push((RecordKind::AccessKey, Ages { production: 7, development: 0, unknown: 1 }));
        assert!(overdue(&policy, Some("prod"), 8) && !overdue(&policy, Some("dev"), 9999), "0 is no limit");
        assert_eq!(policy.max_age(RecordKind::Token, Some("prod")), Some(90));
    }

    #[test]
    fn ends_and_use_are_judged_only_where_told() {
        let policy = Policy { grace_days: 2, ..Policy::default() };
        let of = |expires, last_used, status| flags(&policy, Facts { expires, last_used, status, age_days: Some(91), ..facts() });
        assert_eq!(of(Told::Untold, Told::Untold, Status::Active), []);
        assert_eq!(of(Told::Never, Told::Days(90), Status::Active), [Flag::NoExpiry]);
        assert_eq!(of(Told::Days(-2), Told::Days(91), Status::Active), [Flag::Dormant]);
        assert_eq!(of(Told::Days(-3), Told::Never, Status::Unknown), [Flag::Expired, Flag::Dormant]);
        assert_eq!(of(Told::Days(-3), Told::Days(1), Status::Unknown), [Flag::Expired, Flag::ExpiredYetLive]);
        let role = Facts { of: Subject { kind: RecordKind::Role, ..subject() }, expires: Told::Never, ..facts() };
        assert_eq!(flags(&policy, role), [], "a role has no end to lack");
    }

    #[test]
    fn owners_are_demanded_unless_the_policy_says_otherwise() {
        let nobody = Facts { owner: Ownership::Nobody, ..facts() };
        assert_eq!(flags(&Policy::default(), nobody), [Flag::NoOwner]);
        assert_eq!(flags(&Policy { owner: Demand::Optional, ..Policy::default() }, nobody), []);
        assert_eq!(flags(&Policy::default(), Facts { owner: Ownership::Gone, ..facts() }), [Flag::Orphaned]);
    }

    #[test]
    fn providers_are_allowed_denied_and_kept_to_environments() {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let providers = Providers {
            allow: Vec::new(),
            allow_ai: list(&["anthropic", "openai"]),
            deny: list(&["pastebin"]),
            environments: vec![("openai".to_owned(), list(&["dev", "test"]))],
        };
        let policy = Policy { providers, ..Policy::default() };
        let of = |provider, category, environment| policy.provider(provider, Some(category), environment);
        assert_eq!(of("deepseek", Category::Ai, None), Some(Violation::ProviderNotAllowed));
        assert_eq!(of("aws", Category::Cloud, None), None);
        assert_eq!(of("pastebin", Category::Saas, None), Some(Violation::ProviderDenied));
        assert_eq!(of("openai", Category::Ai, Some("production")), Some(Violation::EnvironmentNotAllowed));
        assert_eq!((of("openai", Category::Ai, Some("dev")), of("openai", Category::Ai, None)), (None, None));
    }

    #[test]
    fn exceptions_hold_for_what_they_state_until_they_end() {
        let exception = PolicyException {
            reason: "moves to OIDC in autumn".to_owned(),
            expires: Timestamp::utc(NOW.seconds + 1),
            line: 3,
            identity: None,
            principal: Some("ci-*".to_owned()),
            provider: Some("aws".to_owned()),
            kind: None,
            flags: Some(vec!["overdue".to_owned()]),
        };
        let policy = Policy { exceptions: vec![exception], ..Policy::default() };
        let old = Facts { age_days: Some(400), expires: Told::Never, ..facts() };
        let judged = policy.judge(&old, NOW);
        assert_eq!((judged.flags, judged.excepted), (vec![Flag::NoExpiry], vec![("overdue", 0)]));
        assert_eq!(policy.judge(&old, Timestamp::utc(NOW.seconds + 1)).excepted, []);
        assert_eq!(policy.judge(&Facts { of: Subject { principal: None, ..subject() }, ..old }, NOW).excepted, []);
    }

    #[test]
    fn files_have_the_environment_of_the_first_rule() {
        let rule = |glob: &str, environment: &str| EnvironmentRule { glob: glob.to_owned(), environment: environment.to_owned() };
        let policy = Policy { environments: vec![rule("envs/prod/**", "prod"), rule("envs/**", "dev")], ..Policy::default() };
        assert_eq!(policy.environment("envs/prod/a.tf"), Some("prod"));
        assert_eq!((policy.environment("envs/x/a.tf"), policy.environment("src/a")), (Some("dev"), None));
    }
}
