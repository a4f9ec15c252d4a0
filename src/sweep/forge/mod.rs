//! Forges: the repositories of an organisation, by the interface that each documents. Adding one takes a file here and a line in [`ALL`].

mod azure;
mod bitbucket;
mod bitbucket_dc;
mod gitea;
mod github;
mod gitlab;
mod http;

use super::git::Header;
use super::target::{Choice, Listed, Listing, unique};
use crate::model::Skipped;
pub use http::Answer;
use http::{Client, Failure};
use serde_json::Value;
use std::path::Path;

/// Most pages of a list: more are a server that never ends.
const MOST_PAGES: usize = 2_000;

/// All forges.
pub const ALL: &[&dyn Forge] =
    &[&azure::Format, &bitbucket::Format, &bitbucket_dc::Format, &gitea::Forgejo, &gitea::Gitea, &github::Format, &gitlab::Format];

/// A kind of forge.
pub trait Forge: Sync {
    /// As it is named before the `:` of `--org`.
    fn id(&self) -> &'static str;

    /// The host that is meant where none is named.
    fn host(&self) -> Option<&'static str>;

    /// Variables of the environment that may hold a token, in the order in which they are looked at.
    fn variables(&self) -> &'static [&'static str];

    /// Where its interface begins, by the address of the server.
    fn api(&self, server: &Server) -> String;

    /// Where the list of an owner's repositories begins; the second is asked where the first does not know the owner.
    fn lists(&self, api: &str, owner: &str) -> Vec<String>;

    /// The header that a token is told by.
    fn header(&self, token: &str) -> (&'static str, String);

    /// The header that git tells a token by.
    fn git_header(&self, token: &str) -> Header;

    /// The repositories of a page. Names begin with the server's host.
    fn read(&self, page: &Value, host: &str) -> Option<Vec<Listed>>;

    /// The page after this one.
    fn next(&self, answer: &Answer) -> Option<String> {
        answer.link_next()
    }

    /// Where it is told what a repository is a fork of, if that takes another question.
    fn origin(&self, _: &str, _: &Listed) -> Option<String> {
        None
    }

    /// The network in the answer to that.
    fn network(&self, _: &Value) -> Option<String> {
        None
    }
}

/// A server: scheme, host with port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `https`, or `http` where the user wrote so.
    pub scheme: &'static str,
    /// Host, with port where one is given.
    pub host: String,
    /// Whether it is the one that is meant where none is named.
    pub is_usual: bool,
}

impl Server {
    /// `https://HOST`.
    pub fn address(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// The host without its port.
    fn name(&self) -> &str {
        self.host.split(':').next().unwrap_or_default()
    }
}

/// An owner of repositories at a forge.
pub struct Owner {
    /// The kind of forge.
    pub forge: &'static dyn Forge,
    /// Its server.
    pub server: Server,
    /// Organisation, group, workspace or user.
    pub name: String,
}

impl Owner {
    /// Reads `KIND:[HOST/]NAME` or `KIND:http[s]://HOST/NAME`. What has a dot or a port before the first `/` is a host.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let kinds = || ALL.iter().map(|f| f.id()).collect::<Vec<_>>().join(", ");
        let (kind, rest) =
            text.split_once(':').ok_or_else(|| format!("`{text}` is not KIND:NAME, such as github:acme; kinds are {}", kinds()))?;
        let forge =
            *ALL.iter().find(|f| f.id() == kind).ok_or_else(|| format!("there is no kind of forge `{kind}`; there are {}", kinds()))?;
        let (scheme, rest) = match rest.split_once("://") {
            Some(("https", rest)) => ("https", rest),
            Some(("http", rest)) => ("http", rest),
            Some((other, _)) => return Err(format!("`{other}` is no protocol of a forge: use https")),
            None => ("https", rest),
        };
        let rest = rest.trim_matches('/');
        let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
        let is_host = first.contains('.') || first.contains(':') || first == "localhost";
        let (host, name) = if is_host { (Some(first), after) } else { (None, rest) };
        let is_sound = |text: &str| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/~ ".contains(c)) && !text.split('/').any(|p| p == ".." || p == ".")
        };
        if name.is_empty() || !is_sound(name) {
            return Err(format!("`{text}` names no organisation, such as {kind}:acme"));
        }
        let usual = forge.host();
        let host =
            host.or(usual).ok_or_else(|| format!("{kind} has no server of its own: name yours, such as {kind}:git.example.com/{name}"))?;
        let (bare, port) = host.split_once(':').unwrap_or((host, "443"));
        if !bare.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)) || port.parse::<u16>().is_err() {
            return Err(format!("`{host}` is no host of a forge"));
        }
        let server = Server { scheme, host: host.to_owned(), is_usual: usual == Some(host) };
        Ok(Self { forge, server, name: name.to_owned() })
    }

    /// Names of its repositories begin so.
    pub fn prefix(&self) -> String {
        format!("{}/{}/", self.server.name(), self.name)
    }

    /// The header that git tells this server, and no other, its token by.
    pub fn git_header(&self, token: &str) -> (String, Header) {
        (format!("{}/", self.server.address()), self.forge.git_header(token))
    }

    /// The repositories of the owner. What cannot be listed is named in `skipped`, and the rest is listed.
    pub fn list(&self, token: Option<&str>, etags: &Path, choice: &Choice) -> Listing {
        let client = Client::new(self.server.address(), token.map(|t| self.forge.header(t)), etags);
        let mut listing = Listing::default();
        if let Err(why) = self.pages(&client, choice, &mut listing) {
            listing
                .skipped
                .push(Skipped::new(format!("{}:{}", self.forge.id(), self.name), format!("the list of repositories is not whole: {why}")));
            listing.incomplete.push(self.prefix());
        }
        unique(&mut listing);
        listing
    }

    fn pages(&self, client: &Client, choice: &Choice, listing: &mut Listing) -> Result<(), Failure> {
        let api = self.forge.api(&self.server);
        let mut answer = self.first(client, &api)?;
        for _ in 0..MOST_PAGES {
            let host = self.server.name();
            let listed =
                self.forge.read(&answer.body, host).ok_or_else(|| Failure::nonsense(&answer.url, "it is no list of repositories"))?;
            for mut one in listed {
                if !self.is_of_server(&one.target.url) {
                    let why = "its address is on another server, which is not told the token";
                    listing.skipped.push(Skipped::new(&one.target.name, why));
                    continue;
                }
                if let Some(url) = self.forge.origin(&api, &one) {
                    let network = client.get(&url).ok().and_then(|a| self.forge.network(&a.body));
                    one.target.network = network.map_or(one.target.network, |n| format!("{host}/{n}"));
                }
                choice.take(one, listing);
            }
            let Some(next) = self.forge.next(&answer) else { return Ok(()) };
            answer = client.get(&next)?;
        }
        Err(Failure::nonsense(&answer.url, "its pages do not end"))
    }

    fn first(&self, client: &Client, api: &str) -> Result<Answer, Failure> {
        let mut failed = None;
        for url in self.forge.lists(api, &self.name) {
            match client.get(&url) {
                Err(e) if e.is_unknown() => failed = failed.or(Some(e)),
                done => return done,
            }
        }
        Err(failed.unwrap_or_else(|| Failure::nonsense(api, "it has no list")))
    }

    /// Whether a clone is fetched from the server that was asked.
    fn is_of_server(&self, url: &str) -> bool {
        url.strip_prefix(&self.server.address()).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A text of a page.
fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.pointer(key)?.as_str()
}

/// Whether a page says so.
fn is(value: &Value, key: &str) -> bool {
    value.pointer(key).and_then(Value::as_bool).unwrap_or_default()
}

/// A part of an address.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_kind_host_and_name() {
        let told = |text: &str| {
            Owner::parse(text).map(|o| format!("{} {} {} {}", o.forge.id(), o.server.address(), o.name, o.forge.api(&o.server)))
        };
        for (text, expected) in [
            ("github:acme", "github https://github.com acme https://api.github.com"),
            ("github:ghe.acme.com/acme", "github https://ghe.acme.com acme https://ghe.acme.com/api/v3"),
            ("gitlab:acme/platform", "gitlab https://gitlab.com acme/platform https://gitlab.com/api/v4"),
            ("gitlab:http://127.0.0.1:80/acme", "gitlab http://127.0.0.1:80 acme http://127.0.0.1:80/api/v4"),
            ("forgejo:codeberg.org/acme", "forgejo https://codeberg.org acme https://codeberg.org/api/v1"),
            ("bitbucket:acme", "bitbucket https://bitbucket.org acme https://api.bitbucket.org/2.0"),
            ("bitbucket-dc:git.acme.com/~ann", "bitbucket-dc https://git.acme.com ~ann https://git.acme.com/rest/api/latest"),
            ("azure:acme", "azure https://dev.azure.com acme https://dev.azure.com"),
            ("azure:tfs.acme.com/tfs/Main", "azure https://tfs.acme.com tfs/Main https://tfs.acme.com"),
        ] {
            assert_eq!(told(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["acme", "svn:acme", "gitea:acme", "github:", "github:ext::x/y", "github:a/../b", "github:ftp://h/a"] {
            assert!(told(text).is_err(), "{text}");
        }
    }

    #[test]
    fn forges_are_sorted_and_named_once() {
        let ids: Vec<&str> = ALL.iter().map(|f| f.id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    }
}
