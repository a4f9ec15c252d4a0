//! GitHub Actions: workflows and composite actions. Who runs a job, with which secrets, and as whom.

use super::names::{self, declaration, inside, keyed, reference};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Class, KeyKind, Outline, Place, Proves, RecordKind, Resource};
use regex::Regex;
use std::sync::LazyLock;

/// `github-actions`.
pub(super) struct Format;

/// `secrets.NAME` and `secrets['NAME']` in an expression.
static SECRET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\bsecrets(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*['"]([A-Za-z_][A-Za-z0-9_]*)['"]\s*\])"#).expect("sound"));

/// Names of secrets that are long-lived keys of a cloud.
const STATIC: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AZURE_CREDENTIALS",
    "AZURE_CLIENT_SECRET",
    "ARM_CLIENT_SECRET",
    "GCP_SA_KEY",
    "GOOGLE_CREDENTIALS",
    "GCP_CREDENTIALS",
];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "github-actions"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`.github/workflows/` (Gitea and Forgejo too), `action.yml`, and YAML with `on:`, `jobs:`, `runs-on:`",
            takes: "jobs, steps, environments, secrets, roles taken by OIDC and their subjects",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        let name = path.rsplit('/').next().unwrap_or_default();
        is_yaml
            && (path.contains(".github/workflows/")
                || path.contains(".gitea/workflows/")
                || path.contains(".forgejo/workflows/")
                || matches!(name, "action.yml" | "action.yaml")
                || (has(b"\njobs:") && has(b"runs-on:") && has(b"\non:")))
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        for document in &documents {
            let file = path.rsplit('/').next().unwrap_or_default();
            let name = document.text_of("name").unwrap_or(file);
            let base = Resource { format: self.id().into(), name: Some(name.to_owned()), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            variables(document.get("env"), outline);
            let workflow = Workflow { text, oidc: may_get_token(document) };
            for (key, job) in document.get("jobs").map_or(&[][..], Node::entries) {
                workflow.job(key, job, outline);
            }
            for step in document.at(&["runs", "steps"]).map_or(&[][..], Node::items) {
                workflow.step(step, 0, outline);
            }
            workflow.secrets(document, outline);
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// Whether `permissions` let a job ask for a token of its run.
fn may_get_token(node: &Node) -> bool {
    match node.get("permissions") {
        Some(permissions) => permissions.text_of("id-token") == Some("write") || permissions.text() == Some("write-all"),
        None => false,
    }
}

/// Places for the variables of an `env` or `with`.
fn variables(env: Option<&Node>, outline: &mut Outline) {
    for (key, value) in env.map_or(&[][..], Node::entries) {
        outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
    }
}

/// A workflow while it is read.
struct Workflow<'w> {
    text: &'w str,
    /// Whether all its jobs may get a token of their run.
    oidc: bool,
}

impl Workflow<'_> {
    fn job(&self, key: &Node, job: &Node, outline: &mut Outline) {
        let name = key.text().unwrap_or_default();
        let environment = job.get("environment").and_then(|e| e.text().or_else(|| e.text_of("name"))).filter(|e| !e.contains("${{"));
        let resource = Resource { job: Some(name.to_owned()), environment: environment.map(str::to_owned), ..Resource::default() };
        outline.places.push(Place { start: key.start, end: job.end, resource });
        variables(job.get("env"), outline);
        variables(job.get("with"), outline);
        if self.oidc || may_get_token(job) {
            let subject = match environment {
                Some(environment) => format!("repo:{{owner}}/{{repo}}:environment:{environment}"),
                None => "repo:{owner}/{repo}:ref:refs/heads/{branch}".to_owned(),
            };
            let run = declaration((key.start, key.end), "github", RecordKind::WorkloadId, &format!("job {name}"));
            let run = run.of_class(Class::Workload).proven(Proves::Federated).with("subject", subject);
            outline.mentions.push(run.with("issuer", "https://token.actions.githubusercontent.com"));
        }
        if let Some(called) = job.get("uses") {
            let name = called.text().unwrap_or_default();
            outline.places.push(keyed(called.start, called.end, "uses"));
            if job.text_of("secrets") == Some("inherit") {
                let all = reference(inside(self.text, called), "github", RecordKind::CiSecret, "*");
                outline.mentions.push(all.with("inherited by", name));
            }
        }
        variables(job.get("secrets"), outline);
        for (number, step) in (1..).zip(job.get("steps").map_or(&[][..], Node::items)) {
            self.step(step, number, outline);
        }
        self.secrets_of(job, environment, outline);
    }

    fn step(&self, step: &Node, number: usize, outline: &mut Outline) {
        let uses = step.text_of("uses").unwrap_or_default();
        let run = step.text_of("run").and_then(|r| r.lines().next()).unwrap_or_default();
        let named = [step.text_of("name").unwrap_or_default(), uses, run].into_iter().find(|n| !n.is_empty());
        let name = named.map_or_else(|| format!("#{number}"), |n| n.chars().take(80).collect());
        outline.places.push(Place { start: step.start, end: step.end, resource: Resource { step: Some(name), ..Resource::default() } });
        variables(step.get("env"), outline);
        variables(step.get("with"), outline);
        if let Some(run) = step.get("run") {
            outline.places.push(keyed(run.start, run.end, "run"));
        }
        self.identities(uses, step, outline);
    }

    /// Whom a step acts as, by what it uses.
    fn identities(&self, uses: &str, step: &Node, outline: &mut Outline) {
        let action = uses.split('@').next().unwrap_or_default().to_ascii_lowercase();
        let input = |name: &str| step.at(&["with", name]).filter(|n| n.text().is_some_and(|t| !t.contains("${{") && !t.is_empty()));
        let text = |node: &Node| node.text().unwrap_or_default().to_owned();
        let span = |node: &Node| inside(self.text, node);
        let is_set = |name: &str| step.at(&["with", name]).is_some();
        if action.ends_with("configure-aws-credentials") {
            let proves = if is_set("aws-access-key-id") { Proves::Static } else { Proves::Federated };
            let role = input("role-to-assume").and_then(|n| names::arn(span(n), &text(n)));
            outline.mentions.extend(role.map(|r| r.of_class(Class::Workload).proven(proves)));
        }
        if matches!(action.as_str(), "azure/login" | "azure/aks-set-context" | "azure/cli") || action.ends_with("/azure-login") {
            let proves = if is_set("creds") { Proves::Static } else { Proves::Federated };
            if let Some(client) = input("client-id").filter(|n| is_guid(&text(n))) {
                let app = reference(span(client), "azure", RecordKind::App, &text(client)).known_by(KeyKind::EntraAppId, &text(client));
                let tenant = input("tenant-id").map(&text);
                let app = app.of_class(Class::Workload).proven(proves).of_scope(tenant.as_deref());
                outline.mentions.push(app.with("subscription", input("subscription-id").map(&text).unwrap_or_default()));
            }
        }
        if action == "google-github-actions/auth" {
            if let Some(account) = input("service_account") {
                outline.mentions.push(names::service_account(span(account), &text(account)).proven(Proves::Federated));
            }
            if let Some(pool) = input("workload_identity_provider") {
                let name = text(pool);
                let found = reference(span(pool), "gcp", RecordKind::WorkloadId, &name).known_by(KeyKind::GcpWif, &name);
                outline.mentions.push(found.of_scope(name.split('/').nth(1)).proven(Proves::Federated));
            }
        }
        if action == "hashicorp/vault-action" {
            self.vault_secrets(step, outline);
        }
    }

    /// `secret/data/ci key | NAME ;` lines of Vault's action.
    fn vault_secrets(&self, step: &Node, outline: &mut Outline) {
        let Some(secrets) = step.at(&["with", "secrets"]) else { return };
        let Some(written) = self.text.get(secrets.start..secrets.end) else { return };
        let mut at = secrets.start;
        for line in written.split_inclusive(['\n', ';']) {
            let path = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '|' | '"' | '\'' | '>'));
            let start = at + (line.len() - path.len());
            let path = path.split_whitespace().next().unwrap_or_default().trim_end_matches(';');
            if path.contains('/') && !path.contains("${{") {
                outline.mentions.push(names::vault((start, start + path.len()), path).proven(Proves::Federated));
            }
            at += line.len();
        }
    }

    /// Secrets outside of jobs, such as in a workflow's `env`.
    fn secrets(&self, document: &Node, outline: &mut Outline) {
        for (key, value) in document.entries() {
            if !matches!(key.text(), Some("jobs" | "on")) {
                self.secrets_of(value, None, outline);
            }
        }
    }

    /// The secrets that expressions below a node name.
    fn secrets_of(&self, node: &Node, environment: Option<&str>, outline: &mut Outline) {
        let Some(written) = self.text.get(node.start..node.end) else { return };
        for found in SECRET.captures_iter(written) {
            let Some(name) = found.get(1).or_else(|| found.get(2)) else { continue };
            let span = (node.start + name.start(), node.start + name.end());
            if name.as_str().eq_ignore_ascii_case("GITHUB_TOKEN") {
                let own = reference(span, "github", RecordKind::WorkloadId, "GITHUB_TOKEN");
                outline.mentions.push(own.of_class(Class::Workload).proven(Proves::Federated));
                continue;
            }
            let is_static = STATIC.iter().any(|s| name.as_str().to_ascii_uppercase().contains(s));
            let secret =
                reference(span, "github", RecordKind::CiSecret, name.as_str()).with("environment", environment.unwrap_or_default());
            outline.mentions.push(if is_static { secret.proven(Proves::Static).with("static", "true") } else { secret });
        }
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().enumerate().all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Mention;

    const TEXT: &str = "name: release
on: push
permissions:
  id-token: write
env:
  REGION: eu-west-1
jobs:
  deploy:
    environment: {name: prod}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: arn:aws:iam::111122223333:role/gha
      - name: login
        uses: azure/login@v2
        with:
          client-id: \"aaaaaaaa-0000-4000-8000-000000000001\"
          tenant-id: bbbbbbbb-0000-4000-8000-000000000001
      - uses: google-github-actions/auth@v2
        with: {service_account: train-ci@ml-prod.iam.gserviceaccount.com}
      - uses: hashicorp/vault-action@v3
        with:
          secrets: |
            kv/data/ci token | TOKEN ;
            kv/data/db password | DB
      - run: |
          echo ${{ secrets.NPM_PUBLISH }} ${{ secrets['CDN_KEY'] }}
        env:
          GH: ${{ secrets.GITHUB_TOKEN }}
";

    fn read(text: &str) -> Outline {
        let mut outline = Outline::default();
        Format.extract(".github/workflows/release.yml", text, &mut outline);
        outline
    }

    fn find<'o>(outline: &'o Outline, principal: &str) -> &'o Mention {
        outline.mentions.iter().find(|m| m.principal == principal).unwrap_or_else(|| panic!("{principal}: {:#?}", outline.mentions))
    }

    #[test]
    fn whom_a_job_acts_as_is_read() {
        let outline = read(TEXT);
        for principal in [
            "arn:aws:iam::111122223333:role/gha",
            "aaaaaaaa-0000-4000-8000-000000000001",
            "train-ci@ml-prod.iam.gserviceaccount.com",
            "kv/data/ci",
            "kv/data/db",
            "NPM_PUBLISH",
            "CDN_KEY",
            "GITHUB_TOKEN",
        ] {
            let mention = find(&outline, principal);
            assert_eq!(&TEXT[mention.start..mention.end], principal);
        }
        assert_eq!(find(&outline, "NPM_PUBLISH").details["environment"], "prod");
        assert_eq!(find(&outline, "arn:aws:iam::111122223333:role/gha").proves, Proves::Federated);
        assert_eq!(find(&outline, "job deploy").details["subject"], "repo:{owner}/{repo}:environment:prod");
        assert_eq!(outline.mentions.iter().filter(|m| m.kind == RecordKind::Role).count(), 1, "each once");
    }

    #[test]
    fn a_broken_workflow_is_told_and_read_as_far_as_it_goes() {
        let outline = read("jobs:\n  a:\n    steps: [\n");
        assert_eq!(outline.troubles.len(), 1);
        assert!(read("- 1\n- 2\n").mentions.is_empty());
    }
}
