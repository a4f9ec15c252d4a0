//! Questions to a forge: bounded, patient with limits, and not asked again where nothing changed.

use crate::source::history::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Most bytes of an answer.
const LARGEST: u64 = 64 << 20;
/// Longest time of one question.
const TIME: Duration = Duration::from_secs(60);
/// How often a question is asked.
const ATTEMPTS: u32 = 4;
/// Longest that is waited for a limit to pass; beyond it the list is given up for this time.
const LONGEST_WAIT: Duration = Duration::from_secs(900);

/// Asks one server.
pub(super) struct Client {
    agent: ureq::Agent,
    address: String,
    header: Option<(&'static str, zeroize::Zeroizing<String>)>,
    etags: PathBuf,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked.
    pub url: String,
    /// What it says.
    pub body: Value,
    /// The `Link` header.
    pub link: Option<String>,
    /// The header in which Azure DevOps says how to go on.
    pub continuation: Option<String>,
}

impl Answer {
    /// The address after `rel="next"` in the `Link` header (RFC 8288).
    pub fn link_next(&self) -> Option<String> {
        let links = self.link.as_deref()?.split(',');
        let next = links.map(str::trim).find(|l| l.contains("rel=\"next\"") || l.contains("rel=next"))?;
        Some(next.split_once('<')?.1.split_once('>')?.0.to_owned())
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server says no.
    #[error("{url} answered {status}{says}")]
    Status {
        /// What was asked.
        url: String,
        /// Its status.
        status: u16,
        /// What it said, shortened.
        says: String,
    },
    /// The limit is reached for longer than is waited.
    #[error("{0} is limited for {1} s; the next sweep goes on")]
    Limited(String, u64),
    /// It could not be reached.
    #[error("{0}: {1}")]
    Lost(String, String),
    /// It answered something else.
    #[error("{0} gave nonsense: {1}")]
    Nonsense(String, String),
}

impl Failure {
    pub(super) fn nonsense(url: &str, why: &str) -> Self {
        Self::Nonsense(url.to_owned(), why.to_owned())
    }

    /// Whether the server does not know what was asked for.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }
}

/// What an attempt gave.
enum Tried {
    Answer(Answer),
    /// Ask again after a while.
    Again(Duration, Failure),
    Failed(Failure),
}

impl Client {
    pub(super) fn new(address: String, header: Option<(&'static str, String)>, etags: &Path) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(TIME)).http_status_as_error(false).max_redirects(3);
        let agent = config.user_agent(concat!("keysweep/", env!("CARGO_PKG_VERSION"))).build().into();
        Self { agent, address, header: header.map(|(n, v)| (n, v.into())), etags: etags.to_owned() }
    }

    /// Asks, and asks again where the server is busy.
    pub(super) fn get(&self, url: &str) -> Result<Answer, Failure> {
        if !self.is_of_forge(url) {
            return Err(Failure::nonsense(url, "the list goes on at another server, which is not asked"));
        }
        let (mut waited, mut pause) = (Duration::ZERO, Duration::from_millis(500));
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match self.attempt(url) {
                Tried::Answer(answer) => return Ok(answer),
                Tried::Failed(failure) => return Err(failure),
                Tried::Again(wait, failure) => {
                    let wait = wait.max(pause);
                    if waited + wait > LONGEST_WAIT {
                        return Err(Failure::Limited(url.to_owned(), wait.as_secs()));
                    }
                    std::thread::sleep(wait);
                    waited += wait;
                    pause *= 2;
                    last = Some(failure);
                }
            }
        }
        Err(last.unwrap_or_else(|| Failure::nonsense(url, "no answer")))
    }

    /// Whether an address is on the forge: its own host, or the one of its interface.
    fn is_of_forge(&self, url: &str) -> bool {
        let host =
            |url: &str| url.split_once("://").map(|(s, r)| (s.to_owned(), r.split(['/', '?']).next().unwrap_or_default().to_owned()));
        let Some(((own_scheme, own), (scheme, other))) = host(&self.address).zip(host(url)) else { return false };
        scheme == own_scheme && (other == own || other == format!("api.{own}"))
    }

    fn attempt(&self, url: &str) -> Tried {
        let known = self.known(url);
        let mut request = self.agent.get(url).header("Accept", "application/json");
        if let Some((name, value)) = &self.header {
            request = request.header(*name, value.as_str());
        }
        if let Some((etag, _)) = &known {
            request = request.header("If-None-Match", etag);
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(e) => return Tried::Again(Duration::ZERO, Failure::Lost(url.to_owned(), e.to_string())),
        };
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (link, continuation, etag) = (header("link"), header("x-ms-continuationtoken"), header("etag"));
        let wait = wait(&header);
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LARGEST).read_to_string();
        match (status, body) {
            (304, _) if known.is_some() => self.read(url, &known.unwrap_or_default().1, link, continuation, None),
            (200, Ok(body)) => self.read(url, &body, link, continuation, etag),
            (200, Err(e)) => Tried::Again(Duration::ZERO, Failure::Lost(url.to_owned(), e.to_string())),
            (status, body) => {
                let says = body.unwrap_or_default();
                let says = crate::model::shown_line(says.lines().next().unwrap_or_default()).chars().take(160).collect::<String>();
                let says = if says.is_empty() { says } else { format!(": {says}") };
                let failure = Failure::Status { url: url.to_owned(), status, says };
                match (status, wait) {
                    (429 | 403, Some(wait)) => Tried::Again(wait, failure),
                    (429 | 500..=599, _) => Tried::Again(wait.unwrap_or_default(), failure),
                    _ => Tried::Failed(failure),
                }
            }
        }
    }

    fn read(&self, url: &str, body: &str, link: Option<String>, continuation: Option<String>, etag: Option<String>) -> Tried {
        let Ok(value) = serde_json::from_str(body) else {
            return Tried::Failed(Failure::nonsense(url, "it is no JSON"));
        };
        // A page that goes on elsewhere is asked for again: where it goes on is not in its body.
        if let Some(etag) = etag.filter(|_| link.is_none() && continuation.is_none()) {
            let _ = self.keep(url, &etag, body);
        }
        Tried::Answer(Answer { url: url.to_owned(), body: value, link, continuation })
    }

    /// Where an answer is kept: another token may see another list.
    fn file(&self, url: &str) -> PathBuf {
        let header = self.header.as_ref().map_or("", |(_, v)| v.as_str());
        let name = Sha256::new().chain_update(url).chain_update([0]).chain_update(header).finalize();
        self.etags.join(hex(&name[..16]))
    }

    /// The entity tag and the body of the last answer.
    fn known(&self, url: &str) -> Option<(String, String)> {
        let text = fs::read_to_string(self.file(url)).ok()?;
        text.split_once('\n').map(|(etag, body)| (etag.to_owned(), body.to_owned()))
    }

    fn keep(&self, url: &str, etag: &str, body: &str) -> std::io::Result<()> {
        fs::create_dir_all(&self.etags)?;
        let (file, part) = (self.file(url), self.file(url).with_extension("part"));
        let mut out = fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        write!(out, "{etag}\n{body}")?;
        fs::rename(part, file)
    }
}

/// How long a server asks to be left alone: `Retry-After` in seconds, else until `X-RateLimit-Reset` (seconds since 1970) where nothing is left.
fn wait(header: &dyn Fn(&str) -> Option<String>) -> Option<Duration> {
    let number = |name: &str| header(name)?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let left = number("x-ratelimit-remaining").or_else(|| number("ratelimit-remaining"));
    let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    (left == Some(0)).then(|| Duration::from_secs(reset.saturating_sub(now) + 1))
}
