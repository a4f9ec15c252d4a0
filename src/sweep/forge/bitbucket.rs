//! Bitbucket Cloud: `GET /repositories/{workspace}` (<https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/>).

use super::{Answer, Forge, Listed, Server, encoded, is, text};
use crate::store::Target;
use crate::sweep::git::{Header, without_user};
use serde_json::Value;

/// `bitbucket:`.
pub(super) struct Format;

impl Forge for Format {
    fn id(&self) -> &'static str {
        "bitbucket"
    }

    fn host(&self) -> Option<&'static str> {
        Some("bitbucket.org")
    }

    fn variables(&self) -> &'static [&'static str] {
        &["BITBUCKET_TOKEN"]
    }

    fn api(&self, server: &Server) -> String {
        if server.is_usual { "https://api.bitbucket.org/2.0".to_owned() } else { format!("{}/2.0", server.address()) }
    }

    fn lists(&self, api: &str, owner: &str) -> Vec<String> {
        vec![format!("{api}/repositories/{}?pagelen=100", encoded(owner))]
    }

    fn header(&self, token: &str) -> (&'static str, String) {
        ("Authorization", format!("Bearer {token}"))
    }

    fn git_header(&self, token: &str) -> Header {
        Header::basic("x-token-auth", token)
    }

    fn read(&self, page: &Value, host: &str) -> Option<Vec<Listed>> {
        let read = |repo: &Value| {
            let full = text(repo, "/full_name")?;
            let name = format!("{host}/{full}");
            let clones = repo.pointer("/links/clone")?.as_array()?;
            let is_web = |c: &&Value| text(c, "/name").is_some_and(|n| n == "https" || n == "http");
            // The address names the user who asks.
            let url = without_user(text(clones.iter().find(is_web)?, "/href")?);
            let bytes = repo.pointer("/size").and_then(Value::as_u64).unwrap_or(0);
            let parent = text(repo, "/parent/full_name");
            let network = parent.map_or_else(|| name.clone(), |p| format!("{host}/{p}"));
            let wiki = is(repo, "/has_wiki").then(|| format!("{}.git/wiki", url.trim_end_matches(".git")));
            Some(Listed { target: Target { network, name, url, bytes }, is_archived: false, is_fork: parent.is_some(), wiki })
        };
        page.pointer("/values")?.as_array()?.iter().map(read).collect()
    }

    fn next(&self, answer: &Answer) -> Option<String> {
        text(&answer.body, "/next").map(str::to_owned)
    }
}
