//! Gitea and Forgejo: `GET /orgs/{org}/repos` (<https://docs.gitea.com/api/> and <https://forgejo.org/docs/latest/user/api-usage/>).

use super::{Forge, Listed, Server, encoded, is, text};
use crate::store::Target;
use crate::sweep::git::Header;
use serde_json::Value;

/// `gitea:`.
pub(super) struct Gitea;
/// `forgejo:`, which speaks the same.
pub(super) struct Forgejo;

macro_rules! forge {
    ($type:ident, $id:literal, $variables:expr) => {
        impl Forge for $type {
            fn id(&self) -> &'static str {
                $id
            }

            fn host(&self) -> Option<&'static str> {
                None
            }

            fn variables(&self) -> &'static [&'static str] {
                $variables
            }

            fn api(&self, server: &Server) -> String {
                format!("{}/api/v1", server.address())
            }

            fn lists(&self, api: &str, owner: &str) -> Vec<String> {
                let owner = encoded(owner);
                vec![format!("{api}/orgs/{owner}/repos?limit=50"), format!("{api}/users/{owner}/repos?limit=50")]
            }

            fn header(&self, token: &str) -> (&'static str, String) {
                ("Authorization", format!("token {token}"))
            }

            fn git_header(&self, token: &str) -> Header {
                Header::basic("oauth2", token)
            }

            fn read(&self, page: &Value, host: &str) -> Option<Vec<Listed>> {
                page.as_array()?.iter().map(|repo| read(repo, host)).collect()
            }
        }
    };
}

forge!(Forgejo, "forgejo", &["FORGEJO_TOKEN", "GITEA_TOKEN"]);
forge!(Gitea, "gitea", &["GITEA_TOKEN"]);

fn read(repo: &Value, host: &str) -> Option<Listed> {
    let (full, url) = (text(repo, "/full_name")?, text(repo, "/clone_url")?);
    let name = format!("{host}/{full}");
    let bytes = repo.pointer("/size").and_then(Value::as_u64).unwrap_or(0).saturating_mul(1024);
    let network = text(repo, "/parent/full_name").map_or_else(|| name.clone(), |p| format!("{host}/{p}"));
    let wiki = is(repo, "/has_wiki").then(|| format!("{}.wiki.git", url.trim_end_matches(".git")));
    let target = Target { network, name, url: url.to_owned(), bytes };
    Some(Listed { target, is_archived: is(repo, "/archived"), is_fork: is(repo, "/fork"), wiki })
}
