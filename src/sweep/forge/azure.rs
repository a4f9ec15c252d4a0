//! Azure DevOps Services: `GET /{organization}/_apis/git/repositories` (<https://learn.microsoft.com/en-us/rest/api/azure/devops/git/repositories/list>);
//! Azure DevOps Server: the same of a collection, `tfs/COLLECTION` in a usual installation.

use super::{Answer, Forge, Listed, Server, encoded, is, text};
use crate::store::Target;
use crate::sweep::git::{Header, without_user};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// `azure:`.
pub(super) struct Format;

impl Forge for Format {
    fn id(&self) -> &'static str {
        "azure"
    }

    fn host(&self) -> Option<&'static str> {
        Some("dev.azure.com")
    }

    fn variables(&self) -> &'static [&'static str] {
        &["AZURE_DEVOPS_TOKEN", "AZURE_DEVOPS_EXT_PAT"]
    }

    fn api(&self, server: &Server) -> String {
        server.address()
    }

    fn lists(&self, api: &str, owner: &str) -> Vec<String> {
        let owner = owner.split('/').map(encoded).collect::<Vec<_>>().join("/");
        // The oldest Server that Microsoft still keeps up, that of 2019, knows no later one.
        let version = if self.host().is_some_and(|usual| api.ends_with(usual)) { "7.1" } else { "5.0" };
        vec![format!("{api}/{owner}/_apis/git/repositories?api-version={version}")]
    }

    fn header(&self, token: &str) -> (&'static str, String) {
        ("Authorization", format!("Basic {}", STANDARD.encode(format!(":{token}"))))
    }

    fn git_header(&self, token: &str) -> Header {
        Header::basic("", token)
    }

    fn read(&self, page: &Value, host: &str) -> Option<Vec<Listed>> {
        let read = |repo: &Value| {
            let url = without_user(text(repo, "/remoteUrl")?);
            let (_, path) = url.split_once("://")?.1.split_once('/')?;
            let name = format!("{host}/{path}");
            let bytes = repo.pointer("/size").and_then(Value::as_u64).unwrap_or(0);
            let target = Target { network: name.clone(), name, url: url.clone(), bytes };
            // A repository that is switched off cannot be fetched; its list goes on.
            Some((!is(repo, "/isDisabled")).then_some(Listed { target, is_archived: false, is_fork: is(repo, "/isFork"), wiki: None }))
        };
        let all: Option<Vec<Option<Listed>>> = page.pointer("/value")?.as_array()?.iter().map(read).collect();
        Some(all?.into_iter().flatten().collect())
    }

    fn next(&self, answer: &Answer) -> Option<String> {
        let token = answer.continuation.as_deref().filter(|t| !t.is_empty())?;
        let plain = answer.url.split("&continuationToken=").next().unwrap_or_default();
        Some(format!("{plain}&continuationToken={}", encoded(token)))
    }
}
