//! What a structured file says by its structure: which resource, job or key a place belongs to, and which identities it declares or refers to.

use super::names::names;
use super::{Class, Key, Location, RecordKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that one file says.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// Spans that belong to something that has a name. Where spans hold one another, the inner one counts and the
    /// outer ones say what it leaves open; of two of the same span, the first counts.
    pub places: Vec<Place>,
    /// Identities that the file declares or refers to.
    pub mentions: Vec<Mention>,
    /// What could not be read by structure, and why.
    pub troubles: Vec<String>,
}

/// A span of bytes and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// What it belongs to.
    pub resource: Resource,
}

/// The resource, job or key that a place belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Id of the extractor, such as `github-actions`.
    pub format: String,
    /// The resource: `aws_iam_access_key.ci`, `Secret/payments/db`, the name of a workflow.
    pub name: Option<String>,
    /// The job, task or stage.
    pub job: Option<String>,
    /// The step: its name, else what it runs or uses, else its number.
    pub step: Option<String>,
    /// The environment it is for, as written.
    pub environment: Option<String>,
    /// The attribute, variable or input that holds the value.
    pub key: Option<String>,
}

names! {
    /// What a file has to do with an identity.
    Relation {
        /// It makes it.
        Declared = "declared",
        /// It acts as it, or names it.
        Referenced = "referenced",
    }
}

names! {
    /// How somebody proves to be an identity.
    #[derive(Default)]
    Proves {
        /// With a secret that lives long.
        Static = "static",
        /// With a token that its platform gives for the run, as OIDC does.
        Federated = "federated",
        /// Not told.
        #[default]
        Unknown = "unknown",
    }
}

/// An identity that a file declares or refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// First byte of its name.
    pub start: usize,
    /// Behind the last byte of its name.
    pub end: usize,
    /// What the file has to do with it.
    pub relation: Relation,
    /// Slug of the provider.
    pub provider: String,
    /// Kind of identity.
    pub kind: RecordKind,
    /// What it is called: an ARN, an address, a client id, `secrets.NAME`, a path.
    pub principal: String,
    /// The account, tenant, project or repository, where the file tells.
    pub scope: Option<String>,
    /// What the inventory may know it by. Empty where only the name is known.
    pub keys: Vec<Key>,
    /// Who it is.
    pub class: Class,
    /// How the file proves to be it.
    pub proves: Proves,
    /// What it may use and other facts, by name, such as `tools`, `model`, `subject`, `audience`, `permissions`.
    pub details: BTreeMap<String, String>,
}

/// A mention and where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// What is mentioned.
    pub mention: Mention,
    /// Where.
    pub location: Location,
}
