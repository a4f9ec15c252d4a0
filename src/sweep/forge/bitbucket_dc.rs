//! Bitbucket Data Center: `GET /rest/api/latest/projects/{projectKey}/repos`
//! (<https://developer.atlassian.com/server/bitbucket/rest/latest/api-group-project/>). The project of a user is `~name`.

use super::{Answer, Forge, Listed, Server, encoded, is, text};
use crate::store::Target;
use crate::sweep::git::{Header, without_user};
use serde_json::Value;

/// `bitbucket-dc:`.
pub(super) struct Format;

impl Forge for Format {
    fn id(&self) -> &'static str {
        "bitbucket-dc"
    }

    fn host(&self) -> Option<&'static str> {
        None
    }

    fn variables(&self) -> &'static [&'static str] {
        &["BITBUCKET_TOKEN"]
    }

    fn api(&self, server: &Server) -> String {
        format!("{}/rest/api/latest", server.address())
    }

    fn lists(&self, api: &str, owner: &str) -> Vec<String> {
        vec![format!("{api}/projects/{}/repos?limit=100", encoded(owner))]
    }

    fn header(&self, token: &str) -> (&'static str, String) {
        ("Authorization", format!("Bearer {token}"))
    }

    // An access token is no password of a user whose name is not known.
    fn git_header(&self, token: &str) -> Header {
        Header::bearer(token)
    }

    fn read(&self, page: &Value, host: &str) -> Option<Vec<Listed>> {
        let name = |repo: &Value| Some(format!("{host}/{}/{}", text(repo, "/project/key")?, text(repo, "/slug")?));
        let read = |repo: &Value| {
            let clones = repo.pointer("/links/clone")?.as_array()?;
            let web = clones.iter().find(|c| text(c, "/name").is_some_and(|n| n == "http" || n == "https"))?;
            let origin = repo.get("origin").and_then(name);
            let (name, url) = (name(repo)?, without_user(text(web, "/href")?));
            let network = origin.clone().unwrap_or_else(|| name.clone());
            let target = Target { network, name, url, bytes: 0 };
            Some(Listed { target, is_archived: is(repo, "/archived"), is_fork: origin.is_some(), wiki: None })
        };
        page.pointer("/values")?.as_array()?.iter().map(read).collect()
    }

    fn next(&self, answer: &Answer) -> Option<String> {
        let start = answer.body.pointer("/nextPageStart").and_then(Value::as_u64).filter(|_| !is(&answer.body, "/isLastPage"))?;
        let plain = answer.url.split("&start=").next().unwrap_or_default();
        Some(format!("{plain}&start={start}"))
    }
}
