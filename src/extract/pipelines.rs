//! Pipelines of services that differ in little: CircleCI, Bitbucket, Buildkite, Travis, Drone and Woodpecker, Cloud Build, CodeBuild,
//! Tekton and Argo. One table says how each names its jobs, steps, variables and secrets.

use super::names::{self, declaration, inside, keyed, reference};
use super::node::{Data, Node};
use super::{Extractor, Reads, head, yaml};
use crate::model::{Class, Mention, Outline, Place, Proves, RecordKind, Resource};

/// `pipelines`.
pub(super) struct Format;

/// A service: its name in reports and as provider, and how its files are known.
struct Service {
    format: &'static str,
    /// Whether a path and the file's beginning are its own.
    is_own: fn(&str, &[u8]) -> bool,
    /// Keys whose value names a secret that the service keeps.
    secrets: &'static [&'static str],
    /// A key that asks for a token of the run, with its value; empty where any will do.
    oidc: Option<(&'static str, &'static str)>,
    /// The subject of that token.
    subject: &'static str,
}

fn named(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn has(head: &[u8], needle: &str) -> bool {
    memchr::memmem::find(head, needle.as_bytes()).is_some()
}

const SERVICES: &[Service] = &[
    Service {
        format: "circleci",
        is_own: |p, _| p.contains(".circleci/"),
        secrets: &["context"],
        oidc: Some(("oidc", "")),
        subject: "org/{org}/project/{project}/user/{user}",
    },
    Service {
        format: "bitbucket",
        is_own: |p, _| named(p) == "bitbucket-pipelines.yml",
        secrets: &[],
        oidc: Some(("oidc", "true")),
        subject: "{repositoryUuid}:{deploymentEnvironmentUuid}:{stepUuid}",
    },
    Service {
        format: "buildkite",
        is_own: |p, _| p.contains(".buildkite/") || named(p) == "buildkite.yml",
        secrets: &["secrets"],
        oidc: None,
        subject: "",
    },
    Service { format: "travis", is_own: |p, _| named(p) == ".travis.yml", secrets: &[], oidc: None, subject: "" },
    Service {
        format: "drone",
        is_own: |p, h| {
            named(p) == ".drone.yml"
                || named(p).starts_with(".woodpecker")
                || p.contains(".woodpecker/")
                || (has(h, "kind: pipeline") && has(h, "steps:"))
        },
        secrets: &["from_secret"],
        oidc: None,
        subject: "",
    },
    Service { format: "cloudbuild", is_own: |p, _| named(p).starts_with("cloudbuild"), secrets: &["secretEnv"], oidc: None, subject: "" },
    Service { format: "codebuild", is_own: |p, _| named(p).starts_with("buildspec"), secrets: &[], oidc: None, subject: "" },
    Service { format: "tekton", is_own: |_, h| has(h, "apiVersion: tekton.dev/"), secrets: &[], oidc: None, subject: "" },
    Service { format: "argo", is_own: |_, h| has(h, "apiVersion: argoproj.io/"), secrets: &[], oidc: None, subject: "" },
    Service {
        format: "renovate",
        is_own: |p, _| matches!(named(p), "dependabot.yml" | "dependabot.yaml"),
        secrets: &[],
        oidc: None,
        subject: "",
    },
];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "pipelines"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "CircleCI, Bitbucket, Buildkite, Travis, Drone, Woodpecker, Cloud Build, CodeBuild, Tekton, Argo Workflows",
            takes: "jobs, steps, secrets, contexts, OIDC; encrypted values of Travis are no findings",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        is_yaml && SERVICES.iter().any(|s| (s.is_own)(path, head))
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let Some(service) = SERVICES.iter().find(|s| (s.is_own)(path, head(text))) else { return };
        let documents = yaml::read(text, outline);
        for document in &documents {
            let name = document.text_of("name").or_else(|| document.at(&["metadata", "name"]).and_then(Node::text));
            let base = Resource { format: service.format.into(), name: name.map(str::to_owned), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            Reader { service, text }.walk(document, "", 0, outline);
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

struct Reader<'r> {
    service: &'r Service,
    text: &'r str,
}

impl Reader<'_> {
    fn walk(&self, node: &Node, under: &str, depth: usize, outline: &mut Outline) {
        if depth > 24 {
            return;
        }
        for item in node.items() {
            self.step(item, under, outline);
            if item.text().is_some() && !under.is_empty() {
                outline.places.push(keyed(item.start, item.end, under));
            }
            self.walk(item, under, depth + 1, outline);
        }
        for (key, value) in node.entries() {
            let name = key.text().unwrap_or_default();
            self.entry(node, (key, value), under, outline);
            if matches!(under, "jobs" | "pipelines") {
                outline.places.push(Place {
                    start: key.start,
                    end: value.end,
                    resource: Resource { job: Some(name.to_owned()), ..Resource::default() },
                });
            }
            if value.text().is_some() {
                outline.places.push(keyed(value.start, value.end, name));
            }
            self.walk(value, name, depth + 1, outline);
        }
    }

    /// An element of a list of steps.
    fn step(&self, item: &Node, under: &str, outline: &mut Outline) {
        if !matches!(under, "steps" | "stages" | "pipeline" | "tasks" | "templates" | "default" | "branches" | "containers") {
            return;
        }
        let own = item.get("step").unwrap_or(item);
        let name = ["name", "label", "id", "taskRef"].iter().find_map(|f| own.text_of(f));
        let environment = own.text_of("deployment").or_else(|| own.text_of("environment")).filter(|e| !e.contains('$'));
        let resource = Resource { step: name.map(str::to_owned), environment: environment.map(str::to_owned), ..Resource::default() };
        outline.places.push(Place { start: item.start, end: item.end, resource });
    }

    fn entry(&self, holder: &Node, (key, value): (&Node, &Node), under: &str, outline: &mut Outline) {
        let name = key.text().unwrap_or_default();
        let service = self.service;
        if service.secrets.contains(&name) {
            let keys = matches!(value.data, Data::Map(_)).then(|| value.entries().iter().map(|(k, _)| k)).into_iter().flatten();
            let named = if matches!(value.data, Data::Map(_)) { Vec::new() } else { value.each().iter().collect::<Vec<_>>() };
            outline.mentions.extend(keys.chain(named).filter_map(|n| self.secret(n)));
        }
        if service.oidc.is_some_and(|(field, wanted)| field == name && (wanted.is_empty() || value.text() == Some(wanted))) {
            let run = declaration((key.start, key.end), service.format, RecordKind::WorkloadId, &format!("step of {}", service.format));
            outline.mentions.push(run.of_class(Class::Workload).proven(Proves::Federated).with("subject", service.subject));
        }
        match (service.format, under, name) {
            ("cloudbuild", _, "serviceAccount") => {
                let account = value.text().and_then(|t| t.rsplit('/').next()).filter(|a| a.contains('@'));
                outline.mentions.extend(account.map(|a| names::service_account(inside(self.text, value), a)));
            }
            ("codebuild", "parameter-store" | "secrets-manager", _) => {
                let id = value.text().map(|t| t.split(':').next().filter(|_| !t.starts_with("arn:")).unwrap_or(t));
                outline.mentions.extend(id.map(|i| names::stored(inside(self.text, value), "aws", i).with("variable", name)));
            }
            ("travis", _, "secure") => {} // encrypted for the service: no credential
            ("argo", "source", "repoURL") => {
                let path = holder.text_of("path").unwrap_or_default();
                let repo = names::literal(value).map(|url| reference(inside(self.text, value), "argo", RecordKind::Other, url));
                outline.mentions.extend(repo.map(|r| r.with("path", path)));
            }
            _ => {}
        }
    }

    fn secret(&self, node: &Node) -> Option<Mention> {
        let name = node.text().filter(|n| !n.is_empty() && !n.contains("<<") && !n.contains('$'))?;
        Some(reference(inside(self.text, node), self.service.format, RecordKind::CiSecret, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Outline {
        let mut outline = Outline::default();
        assert!(Format.claims(path, text.as_bytes()), "{path}");
        Format.extract(path, text, &mut outline);
        assert_eq!(outline.troubles, Vec::<String>::new());
        outline
    }

    fn principals(outline: &Outline) -> Vec<&str> {
        outline.mentions.iter().map(|m| m.principal.as_str()).collect()
    }

    #[test]
    fn services_name_their_secrets_each_in_its_way() {
        let circle = read(
            ".circleci/config.yml",
            "jobs:\n  ship:\n    environment: {KEY: abc}\n    steps: [checkout]\nworkflows:\n  w:\n    jobs:\n      - ship: {context: [prod-aws, slack]}\n",
        );
        assert_eq!(principals(&circle), ["prod-aws", "slack"]);
        assert!(
            circle.places.iter().any(|p| p.resource.job.as_deref() == Some("ship"))
                && circle.places.iter().any(|p| p.resource.key.as_deref() == Some("KEY"))
        );
        let drone =
            read(".drone.yml", "kind: pipeline\nsteps:\n  - name: push\n    settings:\n      password: {from_secret: docker_password}\n");
        assert_eq!(principals(&drone), ["docker_password"]);
        let bucket = read(
            "bitbucket-pipelines.yml",
            "pipelines:\n  default:\n    - step:\n        name: ship\n        oidc: true\n        deployment: production\n        script: [make]\n",
        );
        assert_eq!((bucket.mentions[0].proves, bucket.mentions[0].kind), (Proves::Federated, RecordKind::WorkloadId));
        assert!(bucket.places.iter().any(|p| p.resource.environment.as_deref() == Some("production")));
        let build = read(
            "cloudbuild.yaml",
            "steps:\n  - name: x\nserviceAccount: projects/p/serviceAccounts/build@ml-prod.iam.gserviceaccount.com\n",
        );
        assert_eq!(principals(&build), ["build@ml-prod.iam.gserviceaccount.com"]);
        let code = read("buildspec.yml", "env:\n  secrets-manager:\n    TOKEN: prod/token:key\n");
        assert_eq!(principals(&code), ["prod/token"]);
        assert!(read(".travis.yml", "env:\n  - secure: \"abc\"\n").mentions.is_empty());
    }
}
