//! Alerts: what changed since the last sweep, told to where people read it. No value of a secret is in them.

use crate::review::{Change, What};
use crate::source::history::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

/// Changes that a message names.
const NAMED: usize = 20;
/// How often a message is sent that is not taken.
const ATTEMPTS: u32 = 4;
/// Longest time of one attempt.
const TIME: Duration = Duration::from_secs(20);

/// The shape of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All of it as JSON.
    Generic,
    /// Incoming webhooks of Slack.
    Slack,
    /// Workflows of Microsoft Teams, as an adaptive card.
    Teams,
    /// Webhooks of Google Chat.
    GoogleChat,
}

/// Where messages are sent. The address itself is a secret, so it is not shown.
#[derive(Clone)]
pub struct Hook {
    shape: Shape,
    url: zeroize::Zeroizing<String>,
}

impl Hook {
    /// Reads `[generic|slack|teams|google-chat=]URL`; without a shape, the host tells it.
    ///
    /// # Errors
    /// A sentence that does not repeat the address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (shape, url) = match text.split_once('=').filter(|(shape, _)| !shape.contains("://")) {
            Some(("generic", url)) => (Some(Shape::Generic), url),
            Some(("slack", url)) => (Some(Shape::Slack), url),
            Some(("teams", url)) => (Some(Shape::Teams), url),
            Some(("google-chat", url)) => (Some(Shape::GoogleChat), url),
            Some(_) => return Err("a webhook is `[generic|slack|teams|google-chat=]URL`".to_owned()),
            None => (None, text),
        };
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let Some(host) = rest.and_then(|r| r.split(['/', '?']).next()).filter(|h| !h.is_empty()) else {
            return Err("the address of a webhook begins with https://".to_owned());
        };
        let told = match host {
            "hooks.slack.com" => Shape::Slack,
            "chat.googleapis.com" => Shape::GoogleChat,
            h if h.ends_with(".webhook.office.com") || h.ends_with(".logic.azure.com") || h.ends_with(".api.powerplatform.com") => {
                Shape::Teams
            }
            _ => Shape::Generic,
        };
        Ok(Self { shape: shape.unwrap_or(told), url: url.to_owned().into() })
    }

    /// The host, to name it by.
    pub fn host(&self) -> &str {
        self.url.split("://").nth(1).and_then(|r| r.split(['/', '?']).next()).unwrap_or_default()
    }

    /// Sends a message; `key` signs it, as `X-Keysweep-Signature: sha256=HEX` of HMAC-SHA-256 over `TIMESTAMP.BODY`.
    ///
    /// # Errors
    /// Why it was not taken, without the address.
    pub fn send(&self, message: &Message<'_>, key: Option<&[u8]>, timestamp: i64) -> Result<(), String> {
        let body = message.shaped(self.shape).to_string();
        let config = ureq::Agent::config_builder().timeout_global(Some(TIME)).http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.user_agent(concat!("keysweep/", env!("CARGO_PKG_VERSION"))).build().into();
        let (mut pause, mut why) = (Duration::from_millis(500), String::new());
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(pause);
                pause *= 2;
            }
            let mut request = agent.post(self.url.as_str()).header("Content-Type", "application/json");
            if let Some(key) = key {
                request = request
                    .header("X-Keysweep-Timestamp", timestamp.to_string())
                    .header("X-Keysweep-Signature", signature(key, timestamp, &body));
            }
            match request.send(&body) {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => {
                    why = format!("{} answered {}", self.host(), answer.status().as_u16());
                    if !(answer.status().is_server_error() || answer.status().as_u16() == 429) {
                        break;
                    }
                }
                Err(e) => why = format!("{}: {}", self.host(), plain(&e)),
            }
        }
        Err(why)
    }
}

/// An error without the address.
fn plain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) => "its address is none".to_owned(),
        other => other.to_string(),
    }
}

fn signature(key: &[u8], timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(format!("{timestamp}.{body}").as_bytes());
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

/// What is told.
pub struct Message<'m> {
    /// Number of the sweep.
    pub sweep: i64,
    /// All changes since the one before.
    pub changes: &'m [Change],
    /// Repositories that could not be read.
    pub failed: usize,
    /// Repositories in all.
    pub repositories: i64,
}

impl Message<'_> {
    /// The changes that people are woken for: what is new, newly shadow, or about to end.
    fn urgent(&self) -> Vec<&Change> {
        let rank = |c: &Change| match c.change {
            What::NewlyShadow => Some(0),
            What::NewlyDangling => Some(4),
            What::New => Some(1),
            What::Expired => Some(2),
            What::NewlyExpiring => Some(3),
            _ => None,
        };
        let mut urgent: Vec<&Change> = self.changes.iter().filter(|c| rank(c).is_some()).collect();
        urgent.sort_by_key(|c| rank(c));
        urgent
    }

    fn headline(&self) -> String {
        let count = |what: What| self.changes.iter().filter(|c| c.change == what).count();
        let failed = if self.failed == 0 { String::new() } else { format!("; {} repositories could not be read", self.failed) };
        format!(
            "keysweep, sweep {}: {} new, {} newly shadow, {} gone, {} rotated, {} newly expiring in {} repositories{failed}",
            self.sweep,
            count(What::New),
            count(What::NewlyShadow),
            count(What::Gone),
            count(What::Rotated),
            count(What::NewlyExpiring),
            self.repositories
        )
    }

    fn lines(&self) -> Vec<String> {
        let urgent = self.urgent();
        let line = |c: &&Change| {
            let owner = c.owner.as_ref().map(|o| format!("; owner {o}")).unwrap_or_default();
            crate::model::shown_line(&format!("{}: {} {} {}: {}{owner}", c.change.words(), c.provider, c.kind, c.name, c.says)).into_owned()
        };
        let mut lines: Vec<String> = urgent.iter().take(NAMED).map(line).collect();
        if urgent.len() > NAMED {
            lines.push(format!("and {} more", urgent.len() - NAMED));
        }
        lines
    }

    fn shaped(&self, shape: Shape) -> Value {
        let (headline, lines) = (self.headline(), self.lines());
        // What a chat takes for a mention or a link, a name may hold.
        let quiet = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match shape {
            Shape::Generic => json!({
                "type": "keysweep.sweep/1", "sweep": self.sweep, "says": headline, "repositories": self.repositories,
                "failed": self.failed, "changes": self.changes,
            }),
            Shape::Slack => {
                let listed: Vec<String> = lines.iter().map(|l| format!("• {}", quiet(l))).collect();
                json!({"text": format!("*{}*\n{}", quiet(&headline), listed.join("\n"))})
            }
            Shape::GoogleChat => json!({"text": format!("*{headline}*\n{}", lines.join("\n"))}),
            Shape::Teams => {
                let mut body = vec![json!({"type": "TextBlock", "weight": "Bolder", "wrap": true, "text": headline})];
                body.extend(lines.iter().map(|l| json!({"type": "TextBlock", "wrap": true, "text": l, "spacing": "Small"})));
                json!({"type": "message", "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body},
                }]})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_the_shape_and_addresses_are_not_told() {
        for (text, shape) in [
            ("https://hooks.slack.com/services/x", Shape::Slack),
            ("https://chat.googleapis.com/v1/spaces/x", Shape::GoogleChat),
            ("https://acme.webhook.office.com/x", Shape::Teams),
            ("https://example.com/in", Shape::Generic),
            ("slack=http://127.0.0.1:1/x", Shape::Slack),
        ] {
            assert_eq!(Hook::parse(text).map(|h| h.shape), Ok(shape), "{text}");
        }
        for wrong in ["ftp://h/very-secret", "irc=https://h/very-secret", "very-secret"] {
            assert!(!Hook::parse(wrong).err().unwrap().contains("very-secret"));
        }
    }

    #[test]
    fn signatures_are_those_of_hmac() {
        // From `printf '1.{}' | openssl dgst -sha256 -hmac key`.
        assert_eq!(signature(b"key", 1, "{}"), "sha256=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224");
    }
}
