//! Forges: lists as each documents them, tokens told to the right server and to nobody else, limits waited for, nonsense named.

use super::server::{Answer, Request, Server, ok};
use super::{Sweep, leak};
use crate::support::Ground;
use serde_json::json;

const TOKEN: &str = "a-token-of-the-test";

fn organisation(ground: &Ground) {
    for name in ["a", "b", "old-c"] {
        ground.repo(&format!("org/{name}")).commit_file("x.py", leak(name.len() as u64 + u64::from(name.as_bytes()[0])), "leak");
    }
    let a = ground.existing("org/a");
    ground.clone_of(&a, "org/fork-a", &[]);
}

#[test]
fn repositories_of_every_forge_are_listed_fetched_and_told_the_token() {
    let ground = Ground::new();
    organisation(&ground);
    for (kind, variable, header, expected) in [
        ("github", "GITHUB_TOKEN", "authorization", format!("Bearer {TOKEN}")),
        ("gitlab", "GITLAB_TOKEN", "private-token", TOKEN.to_owned()),
        ("gitea", "GITEA_TOKEN", "authorization", format!("token {TOKEN}")),
        ("forgejo", "FORGEJO_TOKEN", "authorization", format!("token {TOKEN}")),
        ("bitbucket", "BITBUCKET_TOKEN", "authorization", format!("Bearer {TOKEN}")),
        ("bitbucket-dc", "BITBUCKET_TOKEN", "authorization", format!("Bearer {TOKEN}")),
        ("azure", "AZURE_DEVOPS_TOKEN", "authorization", format!("Basic {}", base64(&format!(":{TOKEN}")))),
    ] {
        let server = Server::of(&ground, "org");
        let sweep = Sweep::with(&ground, kind, &["--org", &format!("{kind}:{}/org", server.address())]);
        let night = sweep.night_with(&[], &[(variable, TOKEN)]);
        assert_eq!((night.outcomes("scanned"), night.found().len()), (4, 3), "{kind}: {}", night.run.stderr);
        assert_eq!(night.report["scan"]["skipped"], json!([]), "{kind}");
        let seen = server.seen.lock().unwrap().clone();
        let (git, api): (Vec<&Request>, Vec<&Request>) = seen.iter().partition(|r| r.path.contains(".git/"));
        assert!(!api.is_empty() && api.iter().all(|r| r.header(header) == Some(&expected)), "{kind}: {api:?}");
        let scheme = if kind == "bitbucket-dc" { "Bearer " } else { "Basic " };
        assert!(git.iter().all(|r| r.header("authorization").is_some_and(|a| a.starts_with(scheme))), "{kind}: git was not told the token");
        assert!(!night.run.stderr.contains(TOKEN) && !night.report.to_string().contains(TOKEN), "{kind}");
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn archived_ones_forks_and_names_are_left_out_where_asked() {
    let ground = Ground::new();
    organisation(&ground);
    let server = Server::of(&ground, "org");
    let org = format!("github:{}/org", server.address());
    let names = |options: &[&str]| {
        let sweep = Sweep::with(&ground, &format!("s{}", options.join("").len()), &["--org", &org]).and(options);
        let night = sweep.night();
        let mut names: Vec<String> = night.report["scan"]["targets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t.as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&["--no-archived"]), ["a", "b", "fork-a"]);
    assert_eq!(names(&["--no-forks"]), ["a", "b", "old-c"]);
    assert_eq!(names(&["--include", "*/org/?"]), ["a", "b"]);
    assert_eq!(names(&["--exclude", "*a"]), ["b", "old-c"]);
}

#[test]
fn limits_are_waited_for_and_failures_of_a_moment_are_tried_again() {
    let ground = Ground::new();
    organisation(&ground);
    let hook = |_: &Request, number: usize| -> Option<Answer> {
        match number {
            0 => Some((429, vec![("Retry-After".into(), "1".into())], Vec::new())),
            1 => Some((403, vec![("X-RateLimit-Remaining".into(), "0".into()), ("X-RateLimit-Reset".into(), "0".into())], Vec::new())),
            2 => Some((502, Vec::new(), b"<html>".to_vec())),
            _ => None,
        }
    };
    let server = Server::with(&ground, "org", Box::new(hook));
    let night = Sweep::with(&ground, "s", &["--org", &format!("github:{}/org", server.address())]).night();
    assert_eq!((night.outcomes("scanned"), &night.report["scan"]["skipped"]), (4, &json!([])), "{}", night.run.stderr);
}

#[test]
fn a_list_that_is_not_whole_is_named_and_takes_nothing_for_gone() {
    let ground = Ground::new();
    organisation(&ground);
    for (case, answer) in [(403, json!({"message": "forbidden"})), (200, json!({"surprise": true})), (200, json!([{"full_name": 7}]))] {
        let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (is_broken, said) = (broken.clone(), answer.clone());
        let hook = move |request: &Request, _: usize| -> Option<Answer> {
            let second = request.parameter("page") == Some("2");
            let now = is_broken.load(std::sync::atomic::Ordering::Relaxed);
            (second && now && !request.path.contains(".git/")).then(|| (case, Vec::new(), said.to_string().into_bytes()))
        };
        let server = Server::with(&ground, "org", Box::new(hook));
        let sweep =
            Sweep::with(&ground, &format!("s{case}{}", answer.to_string().len()), &["--org", &format!("github:{}/org", server.address())]);
        let whole = sweep.night();
        broken.store(true, std::sync::atomic::Ordering::Relaxed);
        let night = sweep.night();
        let skipped = night.report["scan"]["skipped"].to_string();
        assert!(skipped.contains("the list of repositories is not whole"), "{case}: {skipped}");
        assert_eq!((night.found(), night.kinds(), night.run.code), (whole.found(), vec![], Some(3)), "{case}: {}", night.run.stderr);
    }
}

#[test]
fn a_list_that_leads_elsewhere_tells_nobody_the_token() {
    let ground = Ground::new();
    organisation(&ground);
    let thief = Server::of(&ground, "org");
    let address = thief.address().to_owned();
    let hook = move |request: &Request, _: usize| -> Option<Answer> {
        (request.path.starts_with("/api") && request.parameter("page").is_none()).then(|| {
            let stolen = json!([{"full_name": "org/a", "clone_url": format!("{address}/org/a.git"), "size": 1}]);
            let (status, mut headers, body) = ok(&stolen);
            headers.push(("Link".into(), format!("<{address}/api/v3/orgs/org/repos?page=2>; rel=\"next\"")));
            (status, headers, body)
        })
    };
    let server = Server::with(&ground, "org", Box::new(hook));
    let run = {
        let mut command = Sweep::with(&ground, "s", &["--org", &format!("github:{}/org", server.address())]).command("sweep");
        command.env("GITHUB_TOKEN", TOKEN);
        crate::support::run(command, &[], super::LIMIT)
    };
    assert!(run.stderr.is_empty() || !run.stderr.contains(TOKEN));
    assert_eq!(thief.seen.lock().unwrap().len(), 0, "the other server was asked");
}

#[test]
fn tokens_come_from_a_program_too() {
    let ground = Ground::new();
    organisation(&ground);
    let server = Server::of(&ground, "org");
    let program = ground.write("helper", format!("#!/bin/sh\n[ \"$1\" = github ] && echo {TOKEN}\n"));
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let sweep =
        Sweep::with(&ground, "s", &["--org", &format!("github:{}/org", server.address()), "--token-command", program.to_str().unwrap()]);
    assert_eq!(sweep.night().outcomes("scanned"), 4);
    assert!(server.seen.lock().unwrap().iter().all(|r| r.header("authorization").is_some()));
}
