//! What a detector file says: the schema of `detectors/*.yml`, as data.
//!
//! The build script compiles this file too, so it depends on `serde` alone.

use super::names::names;
use serde::{Deserialize, Serialize};

/// One file of detectors: everything known about the credentials of one provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Slug, equal to the file's stem.
    pub provider: String,
    /// Name as people write it.
    pub title: String,
    /// What kind of service it is.
    pub category: Category,
    /// Documentation the formats come from; default of every detector.
    #[serde(default)]
    pub references: Vec<String>,
    /// What to do about a leak; default of every detector.
    #[serde(default)]
    pub remediation: String,
    /// What other program's rules these were imported from; such detectors need no examples.
    #[serde(default)]
    pub imported: String,
    /// Exceptions of every detector of the file, beside its own.
    #[serde(default)]
    pub except: Vec<Except>,
    /// Its credentials.
    pub detectors: Vec<Detector>,
}

impl Provider {
    /// Hands down what is stated once for all detectors of the file.
    pub fn hand_down(&mut self) {
        let except = std::mem::take(&mut self.except);
        for detector in &mut self.detectors {
            detector.provider.clone_from(&self.provider);
            detector.except.extend(except.iter().cloned());
            if detector.references.is_empty() {
                detector.references.clone_from(&self.references);
            }
            if detector.remediation.is_empty() {
                detector.remediation.clone_from(&self.remediation);
            }
        }
    }
}

/// One kind of credential: how it looks, what proves it, whose it would be, how it should live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Unique over all files, kebab-case, begins with the provider's slug.
    pub id: String,
    /// Filled in from the file, not written in it.
    #[serde(default)]
    pub provider: String,
    /// What a person calls the credential.
    pub title: String,
    /// Kind of credential.
    pub kind: Kind,
    /// Findings of one family and value are one finding; the id when empty.
    #[serde(default)]
    pub family: String,
    /// How sure a match is before parts move it.
    #[serde(default)]
    pub confidence: Confidence,
    /// Regular expression over bytes; the value alone when `name` is given; empty when the value is judged.
    #[serde(default)]
    pub pattern: String,
    /// Instead of a pattern: the value of anything that is named so is judged by the generic model, where `name` matches.
    #[serde(default)]
    pub judge: Option<Judge>,
    /// The value counts only where a matching name stands before it on the line.
    #[serde(default)]
    pub name: String,
    /// Capture group that holds the secret, by number or name; `first` for the first one that took part in the match.
    #[serde(default)]
    pub value: String,
    /// Literals one of which must occur; derived from the pattern when empty.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The match may span lines.
    #[serde(default)]
    pub multiline: bool,
    /// Bytes after the anchor a multi-line match may reach; 0 for the default.
    #[serde(default)]
    pub reach: u32,
    /// Only in files whose path matches this expression.
    #[serde(default)]
    pub paths: String,
    /// Whether a match is a finding or only a part of one.
    #[serde(default)]
    pub report: Role,
    /// What it is to the credential it is a part of, where the kind does not tell.
    #[serde(default)]
    pub member: Option<Member>,
    /// What the value must satisfy.
    #[serde(default)]
    pub guards: Guards,
    /// What is let pass although all else holds.
    #[serde(default)]
    pub except: Vec<Except>,
    /// Companions that raise or lower the confidence.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Whose the credential is.
    #[serde(default)]
    pub identity: Identity,
    /// How long it should live.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// What to do about a leak; the provider's when empty.
    #[serde(default)]
    pub remediation: String,
    /// Documentation; the provider's when empty.
    #[serde(default)]
    pub references: Vec<String>,
    /// Texts it must find.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Texts that look alike and must not be found.
    #[serde(default)]
    pub near_misses: Vec<String>,
    /// What documentation writes instead of a value; must not be found.
    #[serde(default)]
    pub placeholders: Vec<String>,
}

impl Detector {
    /// The family findings are grouped by: the stated one, else the id.
    pub fn family(&self) -> &str {
        if self.family.is_empty() { &self.id } else { &self.family }
    }

    /// What it is to the credential it is a part of: the stated role, else what its kind says.
    pub fn member(&self) -> Member {
        let told = if self.kind == Kind::Identifier { Member::Identifier } else { Member::Secret };
        self.member.unwrap_or(told)
    }

    /// Whether what it finds only names an identity, and so may be shown: a key id, although it is reported, opens nothing.
    pub fn names(&self) -> bool {
        self.kind == Kind::Identifier || self.report != Role::Finding || self.member() == Member::Identifier
    }
}

/// What a value must satisfy; zero or empty means no demand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// Least Shannon entropy, bits a character.
    pub entropy: f32,
    /// Least number of digits.
    pub digits: u8,
    /// Least number of upper-case letters.
    pub upper: u8,
    /// Least number of lower-case letters.
    pub lower: u8,
    /// Least number of letters.
    pub letters: u8,
    /// Least number of characters that are neither letter nor digit.
    pub special: u8,
    /// Words that must not occur in the value, in any case.
    pub stop_words: Vec<String>,
    /// Name of a structure that must hold; see `detect::proof`.
    pub checksum: String,
}

/// What is let pass: of each list that is stated, one entry must hold. All but `words` are regular expressions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Except {
    /// Searched for in the value.
    pub value: Vec<String>,
    /// Searched for in all of the match, name and quotes included.
    #[serde(rename = "match")]
    pub matched: Vec<String>,
    /// Searched for in the lines that the match stands on.
    pub line: Vec<String>,
    /// Words that occur in the value, in any case.
    pub words: Vec<String>,
    /// Searched for in the path.
    pub paths: Vec<String>,
}

/// A companion detector whose match nearby changes the confidence, and never deletes the finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Id of the companion.
    pub detector: String,
    /// Lines either side within which it counts.
    #[serde(default = "ten")]
    pub lines: u32,
    /// Confidence when it is there.
    #[serde(default)]
    pub present: Option<Confidence>,
    /// Confidence when it is not.
    #[serde(default)]
    pub absent: Option<Confidence>,
    /// What a credential without it lacks, in words; empty where it can do without. Parts of the same words stand for one another.
    #[serde(default)]
    pub completes: String,
}

fn ten() -> u32 {
    10
}

/// Whose a credential is, as far as the credential tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Human, workload, agent, integration.
    pub class: Class,
    /// Capture group that names the principal.
    pub principal: String,
    /// Capture group that names the account, tenant or project.
    pub scope: String,
    /// Built-in decoder that reads identity out of the value.
    pub decoder: String,
}

/// How a credential should live.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifecycle {
    /// Days after which it should have been rotated; 0 for no opinion.
    pub max_age_days: u32,
    /// Days the provider lets it live at most; 0 for ever.
    pub ttl_days: u32,
    /// The short-lived replacement.
    pub replace_with: String,
}

names! {
    /// What the name beside a value of no known form says that it is.
    Judge {
        /// A password.
        Password = "password",
        /// Something called a secret.
        Secret = "secret",
        /// A token.
        Token = "token",
        /// A key.
        Key = "key",
        /// Other words for what opens something.
        Auth = "auth",
        /// The password in the address of a URL.
        Url = "url",
        /// What an authorization header carries.
        Header = "header",
    }
}

names! {
    /// What kind of service a provider is.
    Category {
        /// Model providers and AI tooling.
        Ai = "ai",
        /// Clouds and identity services.
        Cloud = "cloud",
        /// Source forges.
        Forge = "forge",
        /// Package and image registries.
        Registry = "registry",
        /// Build and delivery services.
        Ci = "ci",
        /// Data platforms.
        Data = "data",
        /// Other services.
        Saas = "saas",
        /// Payment services.
        Payment = "payment",
        /// Mail, chat and telephony.
        Messaging = "messaging",
        /// Monitoring and logging.
        Observability = "observability",
        /// Databases.
        Database = "database",
        /// Keys and certificates of any origin.
        Key = "key",
        /// Credentials of no known provider.
        Generic = "generic",
    }
}

names! {
    /// Kind of credential.
    Kind {
        /// Cloud access key.
        AccessKey = "access_key",
        /// API key.
        ApiKey = "api_key",
        /// Client secret of an application.
        OauthSecret = "oauth_secret",
        /// Key file of a service account.
        SaKey = "sa_key",
        /// Bearer token.
        Token = "token",
        /// SSH key.
        SshKey = "ssh_key",
        /// Certificate.
        Cert = "cert",
        /// Password.
        Password = "password",
        /// URL or string that carries a password.
        ConnectionString = "connection_string",
        /// URL that is itself the right to post.
        Webhook = "webhook",
        /// Private key.
        PrivateKey = "private_key",
        /// Session or cookie.
        Session = "session",
        /// Key that signs.
        SigningKey = "signing_key",
        /// Secret of a pipeline.
        CiSecret = "ci_secret",
        /// Public half: names an identity, opens nothing.
        Identifier = "identifier",
    }
}

names! {
    /// How sure a finding is.
    #[derive(Default)]
    Confidence {
        /// Could well be something else.
        Low = "low",
        /// A good shape with a name beside it.
        #[default]
        Medium = "medium",
        /// A unique prefix or a proof.
        High = "high",
    }
}

names! {
    /// Who uses a credential.
    #[derive(Default)]
    Class {
        /// A person.
        Human = "human",
        /// A service, job or machine.
        Workload = "workload",
        /// An AI agent.
        Agent = "agent",
        /// An application installed in a service.
        Integration = "integration",
        /// Not told.
        #[default]
        Unknown = "unknown",
    }
}

names! {
    /// Whether a match is reported.
    #[derive(Default)]
    Role {
        /// A finding of its own.
        #[default]
        Finding = "finding",
        /// Raises its partner and names the identity.
        Part = "part",
        /// As a part, and a finding of low confidence where it belongs to no other.
        Lone = "lone",
    }
}

names! {
    /// What something is to the credential it is a part of.
    Member {
        /// What opens.
        Secret = "secret",
        /// What names the key, client or application.
        Identifier = "identifier",
        /// Who logs in.
        User = "user",
        /// The account, organisation or project.
        Account = "account",
        /// The directory a client belongs to.
        Tenant = "tenant",
        /// Where it opens something.
        Endpoint = "endpoint",
    }
}
