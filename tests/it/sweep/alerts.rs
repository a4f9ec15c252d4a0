//! Webhooks: what changed is told in the shape of each service, signed, tried again, and without a secret.

use super::server::{Answer, Request, Server};
use super::{Sweep, leak};
use crate::support::{Ground, github};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

#[test]
fn what_changed_is_told_signed_and_without_a_secret() {
    let ground = Ground::new();
    let a = ground.repo("org/a");
    a.commit_file("x.py", leak(1), "leak");
    // The first message is refused for a moment.
    let hook = |request: &Request, number: usize| -> Option<Answer> {
        (request.method == "POST").then(|| (if number == 0 { 503 } else { 200 }, Vec::new(), Vec::new()))
    };
    let server = Server::with(&ground, "org", Box::new(hook));
    let at = server.address();
    let sweep = Sweep::of(&ground, "s", "org");
    let hooks = format!("{at}/generic slack={at}/slack teams={at}/teams google-chat={at}/chat");
    let env = [("KEYSWEEP_WEBHOOKS", hooks.as_str()), ("KEYSWEEP_WEBHOOK_KEY", "a key")];
    sweep.night_with(&[], &env);
    server.seen.lock().unwrap().clear();
    a.commit_file("y.py", leak(2), "leak");
    let night = sweep.night_with(&[], &env);
    assert!(!night.run.stderr.contains("warning"), "{}", night.run.stderr);
    let seen = server.seen.lock().unwrap().clone();
    let last = |path: &str| seen.iter().rfind(|r| r.path == path).unwrap_or_else(|| panic!("{path}"));
    let body = |path: &str| serde_json::from_slice::<Value>(&last(path).body).unwrap();
    assert_eq!(seen.iter().filter(|r| r.path == "/generic").count(), 2, "it is sent again where it was not taken");
    let generic = body("/generic");
    assert_eq!((&generic["type"], generic["changes"].as_array().unwrap().len()), (&"keysweep.sweep/1".into(), 1));
    assert!(body("/slack")["text"].as_str().unwrap().contains("1 new"));
    assert!(body("/chat")["text"].as_str().unwrap().contains("1 new"));
    assert_eq!(body("/teams")["attachments"][0]["content"]["type"], "AdaptiveCard");
    for request in &seen {
        let text = String::from_utf8_lossy(&request.body);
        assert!(!text.contains(&github(1)) && !text.contains(&github(2)), "a secret is told");
        let mut mac = Hmac::<Sha256>::new_from_slice(b"a key").unwrap();
        mac.update(format!("{}.{text}", request.header("x-keysweep-timestamp").unwrap()).as_bytes());
        let expected: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(request.header("x-keysweep-signature"), Some(format!("sha256={expected}").as_str()));
    }
}

#[test]
fn a_webhook_that_does_not_answer_is_named_by_its_host_alone() {
    let ground = Ground::new();
    ground.repo("org/a").commit_file("x.py", leak(1), "leak");
    let night = Sweep::of(&ground, "s", "org").night_with(&[], &[("KEYSWEEP_WEBHOOKS", "http://127.0.0.1:1/services/very-secret")]);
    assert!(night.run.stderr.contains("127.0.0.1:1") && !night.run.stderr.contains("very-secret"), "{}", night.run.stderr);
    assert_eq!(night.run.code, Some(1), "the sweep itself is not touched");
}
