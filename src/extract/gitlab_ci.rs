//! GitLab CI: jobs with their variables and scripts, ID tokens, secrets from a vault, environments, and what is included.

use super::names::{self, declaration, inside, keyed, reference};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Class, Outline, Place, Proves, RecordKind, Resource};

/// `gitlab-ci`.
pub(super) struct Format;

/// Keys of the top level that are no jobs.
const GLOBAL: &[&str] =
    &["variables", "stages", "include", "workflow", "image", "services", "cache", "before_script", "after_script", "spec"];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "gitlab-ci"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`.gitlab-ci*.yml`, `.gitlab/ci/`", takes: "jobs, variables, `id_tokens`, `secrets`, environments, includes" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        is_yaml && (name.contains(".gitlab-ci") || path.contains(".gitlab/ci/") || path.contains("gitlab-ci/") || name == "gitlab-ci.yml")
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        for document in &documents {
            let base = Resource { format: self.id().into(), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            includes(document, text, outline);
            for (key, value) in document.entries() {
                let name = key.text().unwrap_or_default();
                match name {
                    "variables" => variables(value, outline),
                    _ if GLOBAL.contains(&name) => names::key_places(value, outline),
                    _ => job(name, key, value, text, outline),
                }
            }
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// A variable is a value, or a map with one.
fn variables(node: &Node, outline: &mut Outline) {
    for (key, value) in node.entries() {
        let value = value.get("value").unwrap_or(value);
        outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
    }
}

fn includes(document: &Node, text: &str, outline: &mut Outline) {
    for include in document.get("include").map_or(&[][..], Node::each) {
        let of = |field: &str| include.get(field);
        let named = of("project").or_else(|| of("remote")).or_else(|| of("template")).or_else(|| of("component"));
        let Some(node) = named else { continue };
        let name = node.text().unwrap_or_default();
        outline.mentions.push(
            reference(inside(text, node), "gitlab", RecordKind::Other, name)
                .with("included", include.text_of("file").unwrap_or("pipeline")),
        );
    }
}

fn job(name: &str, key: &Node, job: &Node, text: &str, outline: &mut Outline) {
    let environment = job.get("environment").and_then(|e| e.text().or_else(|| e.text_of("name"))).filter(|e| !e.contains('$'));
    let stage = job.text_of("stage").map(str::to_owned);
    let resource = Resource { job: Some(name.to_owned()), step: stage, environment: environment.map(str::to_owned), ..Resource::default() };
    outline.places.push(Place { start: key.start, end: job.end.max(key.end), resource });
    variables(job.get("variables").unwrap_or(job), outline);
    for field in ["script", "before_script", "after_script"] {
        for line in job.get(field).map_or(&[][..], Node::each) {
            outline.places.push(keyed(line.start, line.end, field));
        }
    }
    for (token, settings) in job.get("id_tokens").map_or(&[][..], Node::entries) {
        let audience =
            settings.get("aud").map(|a| a.each().iter().filter_map(Node::text).collect::<Vec<_>>().join(" ")).unwrap_or_default();
        let subject = "project_path:{owner}/{repo}:ref_type:branch:ref:{branch}";
        let run = declaration((token.start, token.end), "gitlab", RecordKind::WorkloadId, &format!("job {name}"));
        let run = run.of_class(Class::Workload).proven(Proves::Federated).with("audience", audience).with("subject", subject);
        outline.mentions.push(run.with("token", token.text().unwrap_or_default()));
    }
    for (variable, secret) in job.get("secrets").map_or(&[][..], Node::entries) {
        stored(variable, secret, text, outline);
    }
}

/// A secret that the runner reads from a store: `vault: path/key@mount` or its parts.
fn stored(variable: &Node, secret: &Node, text: &str, outline: &mut Outline) {
    let name = variable.text().unwrap_or_default();
    if let Some(vault) = secret.get("vault") {
        let (node, path) = match vault.text() {
            Some(short) => {
                let (path, mount) = short.rsplit_once('@').unwrap_or((short, "kv-v2"));
                let (path, field) = path.rsplit_once('/').unwrap_or((path, ""));
                (vault, format!("{mount}/{path}#{field}"))
            }
            None => {
                let mount = vault.at(&["engine", "path"]).and_then(Node::text).unwrap_or("kv-v2");
                let Some(path) = vault.get("path") else { return };
                (path, format!("{mount}/{}", path.text().unwrap_or_default()))
            }
        };
        outline.mentions.push(names::vault(inside(text, node), &path).proven(Proves::Federated).with("variable", name));
    }
    for (field, provider, inner) in
        [("aws_secrets_manager", "aws", "secret_id"), ("gcp_secret_manager", "gcp", "name"), ("azure_key_vault", "azure", "name")]
    {
        let Some(found) = secret.get(field) else { continue };
        let node = found.get(inner).unwrap_or(found);
        if let Some(id) = node.text() {
            outline.mentions.push(names::stored(inside(text, node), provider, id).proven(Proves::Federated).with("variable", name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "variables:\n  TOKEN: abc\ninclude:\n  - project: acme/ci\n    file: base.yml\ndeploy:\n  stage: ship\n  environment: {name: production}\n  id_tokens:\n    AWS_TOKEN: {aud: sts.amazonaws.com}\n  secrets:\n    DB:\n      vault: production/db/password@ops\n  script:\n    - aws sts assume-role-with-web-identity --role-arn arn:aws:iam::111122223333:role/gl\n";

    #[test]
    fn a_job_says_whom_it_acts_as() {
        let mut outline = Outline::default();
        assert!(Format.claims(".gitlab-ci.yml", b""));
        Format.extract(".gitlab-ci.yml", TEXT, &mut outline);
        let find = |kind| outline.mentions.iter().find(|m| m.kind == kind).unwrap();
        assert_eq!(find(RecordKind::WorkloadId).details["audience"], "sts.amazonaws.com");
        assert_eq!(find(RecordKind::SecretRef).principal, "ops/production/db#password");
        assert_eq!(find(RecordKind::Role).principal, "arn:aws:iam::111122223333:role/gl");
        let at = TEXT.find("abc").unwrap();
        assert!(outline.places.iter().any(|p| p.start == at && p.resource.key.as_deref() == Some("TOKEN")));
        assert!(
            outline
                .places
                .iter()
                .any(|p| p.resource.environment.as_deref() == Some("production") && p.resource.job.as_deref() == Some("deploy"))
        );
    }
}
