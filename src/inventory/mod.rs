//! The inventory: exports of the systems that know an organisation's machine identities, read into one `Register`.
//!
//! A kind of export is one module named in the registry below, with a unit struct `Format` that implements [`Importer`]. Exports are
//! recognised by what they hold, element by element: a JSON object (of an array, an envelope, lines, or arrays one after another) or a
//! row of a table, as an object of its columns. So a folder of mixed files needs no names.

mod accounts;
mod context;
mod hint;
mod listing;
mod pages;
mod read;
mod store;
mod stream;
mod words;
mod write;

use crate::model::SourceClass;
pub use context::{Context, Element};
pub use read::{Export, Given, read};
pub use store::{Stored, secret, secrets};
pub use write::{SCHEMA, normalised};

/// Of what an export speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaks {
    /// What the source is to its records.
    pub class: SourceClass,
    /// The providers whose identities it lists; none where they may be of any.
    pub of: &'static [&'static str],
}

/// A kind of export.
pub trait Importer: Sync {
    /// Its name; the module's, with `-`.
    fn id(&self) -> &'static str;

    /// Of what it speaks.
    fn speaks(&self) -> Speaks;

    /// The command that makes the export, or where it is found.
    fn command(&self) -> &'static str;

    /// What the export cannot tell, told once for each file; empty where it lacks nothing that matters.
    fn lacks(&self) -> &'static str;

    /// Whether an element is one of this export. It is asked of elements of every kind, so it looks for the keys that no other export has.
    fn claims(&self, element: &Element<'_>) -> bool;

    /// Reads an element: records, people, components and what they cover go to the context, what is wrong with it as a warning.
    fn read(&self, element: &Element<'_>, context: &mut Context<'_>);
}

/// Declares the modules of the exports and lists them in [`ALL`].
macro_rules! importers {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// Every kind of export, in alphabetical order.
        pub const ALL: &[&dyn Importer] = &[$(&$name::Format),*];

        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($name)),*];
    };
}

importers! {
    agents, ai_keys, ai_usage, anthropic, auth0, aws_access_keys, aws_authorization_details, aws_cloudtrail, aws_credential_report,
    aws_key_pairs, aws_secrets, aws_service_credentials, aws_usage, azure_applications, azure_devops, azure_resources,
    azure_service_principals, azure_usage, backstage, certificates, cloudflare, cloudformation_stacks, cmdb, confluent, databricks,
    datadog, directory, dockerhub, elastic, fingerprints, fireworks, gcp_activity, gcp_keys, gcp_secrets, gcp_service_accounts,
    ggscout, github_audit_log, github_installations, github_keys, github_secrets, github_tokens, gitlab_tokens, gitlab_variables,
    grafana, hcp_terraform, heroku, jenkins, jfrog, kubernetes, launchdarkly, litellm, manifest, mesh_log, mongodb_atlas, newrelic,
    normalised, npm, okta, openai, pinecone, sendgrid, sentry, slack, snowflake, spire, supabase, terraform_state, twilio,
    vault_radar, vault_secrets, vault_tokens, vercel
}

/// The kinds of export that can tell of a provider's identities.
fn telling(provider: &str) -> impl Iterator<Item = &'static dyn Importer> {
    let decides = |class| matches!(class, SourceClass::Issuer | SourceClass::Pki | SourceClass::Governance);
    ALL.iter().copied().filter(move |i| decides(i.speaks().class) && i.speaks().of.contains(&provider))
}

/// The names of the exports that would tell of a provider's identities, and where their commands are.
pub fn missing(provider: &str) -> String {
    let names: Vec<&str> = telling(provider).map(Importer::id).collect();
    if names.is_empty() {
        return format!("{provider}: a register that lists its credentials, or fingerprints of the vault that keeps them");
    }
    format!("{provider}: {} (`keysweep inventory formats {provider}` tells how)", names.join(", "))
}

/// What export would tell of a provider's identities with the commands, as a sentence without an end.
pub fn advice(provider: &str) -> String {
    let commands: Vec<&str> = telling(provider).map(Importer::command).collect();
    if commands.is_empty() {
        return format!(
            "{provider} has no export that is known here: list its credentials in a register (columns identifier, type, provider, owner), or give fingerprints of the vault that keeps them (`keysweep inventory fingerprint`)"
        );
    }
    format!("an export of {provider}: {}", commands.join("; or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_named_like_its_module() {
        let named: Vec<String> = ALL.iter().map(|i| i.id().replace('-', "_")).collect();
        assert_eq!(named, MODULES);
        assert!(MODULES.is_sorted());
    }
}
