//! GitHub and GitHub Enterprise Server: `GET /orgs/{org}/repos` (<https://docs.github.com/en/rest/repos/repos>).

use super::{Forge, Listed, Server, encoded, is, text};
use crate::store::Target;
use crate::sweep::git::Header;
use serde_json::Value;

/// `github:`.
pub(super) struct Format;

impl Forge for Format {
    fn id(&self) -> &'static str {
        "github"
    }

    fn host(&self) -> Option<&'static str> {
        Some("github.com")
    }

    fn variables(&self) -> &'static [&'static str] {
        &["GITHUB_TOKEN", "GH_TOKEN"]
    }

    fn api(&self, server: &Server) -> String {
        if server.is_usual { "https://api.github.com".to_owned() } else { format!("{}/api/v3", server.address()) }
    }

    fn lists(&self, api: &str, owner: &str) -> Vec<String> {
        let owner = encoded(owner);
        vec![format!("{api}/orgs/{owner}/repos?type=all&per_page=100"), format!("{api}/users/{owner}/repos?type=owner&per_page=100")]
    }

    fn header(&self, token: &str) -> (&'static str, String) {
        ("Authorization", format!("Bearer {token}"))
    }

    fn git_header(&self, token: &str) -> Header {
        Header::basic("x-access-token", token)
    }

    fn read(&self, page: &Value, host: &str) -> Option<Vec<Listed>> {
        let read = |repo: &Value| {
            let (full, url) = (text(repo, "/full_name")?, text(repo, "/clone_url")?);
            let name = format!("{host}/{full}");
            let bytes = repo.pointer("/size").and_then(Value::as_u64).unwrap_or(0).saturating_mul(1024);
            let wiki = is(repo, "/has_wiki").then(|| format!("{}.wiki.git", url.trim_end_matches(".git")));
            let target = Target { network: name.clone(), name, url: url.to_owned(), bytes };
            Some(Listed { target, is_archived: is(repo, "/archived"), is_fork: is(repo, "/fork"), wiki })
        };
        page.as_array()?.iter().map(read).collect()
    }

    fn origin(&self, api: &str, listed: &Listed) -> Option<String> {
        let (_, full) = listed.target.name.split_once('/')?;
        listed.is_fork.then(|| format!("{api}/repos/{full}"))
    }

    fn network(&self, repo: &Value) -> Option<String> {
        text(repo, "/source/full_name").or_else(|| text(repo, "/parent/full_name")).map(str::to_owned)
    }
}
