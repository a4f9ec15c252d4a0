//! GitLab: `GET /groups/:id/projects` (<https://docs.gitlab.com/api/groups/#list-projects>).

use super::{Forge, Listed, Server, encoded, is, text};
use crate::store::Target;
use crate::sweep::git::Header;
use serde_json::Value;

/// `gitlab:`.
pub(super) struct Format;

impl Forge for Format {
    fn id(&self) -> &'static str {
        "gitlab"
    }

    fn host(&self) -> Option<&'static str> {
        Some("gitlab.com")
    }

    fn variables(&self) -> &'static [&'static str] {
        &["GITLAB_TOKEN"]
    }

    fn api(&self, server: &Server) -> String {
        format!("{}/api/v4", server.address())
    }

    fn lists(&self, api: &str, owner: &str) -> Vec<String> {
        let owner = encoded(owner);
        vec![
            format!("{api}/groups/{owner}/projects?include_subgroups=true&statistics=true&per_page=100"),
            format!("{api}/users/{owner}/projects?statistics=true&per_page=100"),
        ]
    }

    fn header(&self, token: &str) -> (&'static str, String) {
        ("PRIVATE-TOKEN", token.to_owned())
    }

    fn git_header(&self, token: &str) -> Header {
        Header::basic("oauth2", token)
    }

    fn read(&self, page: &Value, host: &str) -> Option<Vec<Listed>> {
        let read = |project: &Value| {
            let (full, url) = (text(project, "/path_with_namespace")?, text(project, "/http_url_to_repo")?);
            let name = format!("{host}/{full}");
            let bytes = project.pointer("/statistics/repository_size").and_then(Value::as_u64).unwrap_or(0);
            let parent = text(project, "/forked_from_project/path_with_namespace");
            let has_wiki = is(project, "/wiki_enabled") || text(project, "/wiki_access_level").is_some_and(|l| l != "disabled");
            let wiki = has_wiki.then(|| format!("{}.wiki.git", url.trim_end_matches(".git")));
            let network = parent.map_or_else(|| name.clone(), |p| format!("{host}/{p}"));
            let target = Target { network, name, url: url.to_owned(), bytes };
            Some(Listed { target, is_archived: is(project, "/archived"), is_fork: parent.is_some(), wiki })
        };
        page.as_array()?.iter().map(read).collect()
    }
}
