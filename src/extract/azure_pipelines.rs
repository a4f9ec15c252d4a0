//! Azure Pipelines: stages, jobs and steps, with the service connections, variable groups and secrets that they use.

use super::names::{self, inside, keyed, reference};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Class, KeyKind, Outline, Place, Proves, RecordKind, Resource};

/// `azure-pipelines`.
pub(super) struct Format;

/// Inputs of tasks that name a service connection.
const CONNECTIONS: &[&str] = &[
    "azureSubscription",
    "connectedServiceName",
    "connectedServiceNameARM",
    "ConnectedServiceName",
    "azureResourceManagerConnection",
    "azureServiceConnection",
    "serviceConnection",
    "backendServiceArm",
    "environmentServiceNameAzureRM",
    "kubernetesServiceConnection",
    "kubernetesServiceEndpoint",
    "dockerRegistryServiceConnection",
    "dockerRegistryEndpoint",
    "containerRegistry",
    "awsCredentials",
    "githubConnection",
    "gitHubConnection",
    "sshEndpoint",
    "SonarQube",
    "SonarCloud",
    "externalEndpoint",
    "publishVstsFeedCredentials",
    "connection",
    "endpoint",
];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "azure-pipelines"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`azure-pipelines*.yml`, `.azure-pipelines/`, and YAML with `vmImage:`",
            takes: "stages, jobs, steps, environments, service connections, variable groups, secrets",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let named = name.contains("azure-pipeline")
            || path.contains(".azure-pipelines/")
            || path.contains("azure-pipelines/")
            || path.contains(".azuredevops/")
            || path.contains(".pipelines/");
        is_yaml
            && !path.contains(".github/")
            && (named || (has(b"vmImage:") && (has(b"\nsteps:") || has(b"\njobs:") || has(b"\nstages:") || has(b"\npool:"))))
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        for document in &documents {
            let base = Resource { format: self.id().into(), name: document.text_of("name").map(str::to_owned), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            walk(document, text, 0, outline);
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

fn walk(node: &Node, text: &str, depth: usize, outline: &mut Outline) {
    if depth > 24 {
        return;
    }
    for item in node.items() {
        level(item, outline);
        walk(item, text, depth + 1, outline);
    }
    for (key, value) in node.entries() {
        match key.text().unwrap_or_default() {
            "variables" => variables(value, text, outline),
            "inputs" | "env" => inputs(value, text, outline),
            "script" | "bash" | "pwsh" | "powershell" => outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default())),
            _ => {}
        }
        walk(value, text, depth + 1, outline);
    }
}

/// What an element of a list is: a stage, a job, a deployment or a step.
fn level(item: &Node, outline: &mut Outline) {
    let of = |field: &str| item.text_of(field).map(str::to_owned);
    let job = of("job").or_else(|| of("deployment")).or_else(|| of("stage").map(|s| format!("stage {s}")));
    let step = of("displayName")
        .filter(|_| job.is_none())
        .or_else(|| of("task"))
        .or_else(|| of("script").and_then(|s| s.lines().next().map(str::to_owned)));
    let environment =
        item.get("environment").and_then(|e| e.text().or_else(|| e.text_of("name"))).filter(|e| !e.contains("${{") && !e.contains("$("));
    if job.is_some() || step.is_some() {
        let environment = environment.map(|e| e.split('.').next().unwrap_or(e).to_owned());
        outline.places.push(Place {
            start: item.start,
            end: item.end,
            resource: Resource { job, step, environment, ..Resource::default() },
        });
    }
}

/// Variables as a map, or as a list with groups.
fn variables(node: &Node, text: &str, outline: &mut Outline) {
    for (key, value) in node.entries() {
        outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
    }
    for item in node.items() {
        if let (Some(name), Some(value)) = (item.text_of("name"), item.get("value")) {
            outline.places.push(keyed(value.start, value.end, name));
        }
        if let Some(group) = item.get("group") {
            let name = group.text().unwrap_or_default();
            outline.mentions.push(reference(inside(text, group), "azure-devops", RecordKind::CiSecret, name).with("group", "true"));
        }
    }
}

fn inputs(node: &Node, text: &str, outline: &mut Outline) {
    for (key, value) in node.entries() {
        let name = key.text().unwrap_or_default();
        outline.places.push(keyed(value.start, value.end, name));
        let Some(named) = value.text().filter(|v| !v.is_empty() && !v.contains("$(") && !v.contains("${{")) else { continue };
        if CONNECTIONS.iter().any(|c| c.eq_ignore_ascii_case(name)) {
            let connection = reference(inside(text, value), "azure-devops", RecordKind::ServiceConnection, named)
                .known_by(KeyKind::ServiceConnection, named);
            outline.mentions.push(connection.of_class(Class::Integration).proven(Proves::Unknown));
        }
        if name.eq_ignore_ascii_case("KeyVaultName") {
            outline.mentions.push(
                reference(inside(text, value), "azure", RecordKind::SecretRef, named)
                    .with("secrets", node.text_of("SecretsFilter").unwrap_or("*")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_groups_and_environments_are_read() {
        let text = "pool: {vmImage: ubuntu-latest}\nvariables:\n  - group: prod-secrets\n  - name: KEY\n    value: abc\nstages:\n  - stage: ship\n    jobs:\n      - deployment: web\n        environment: prod.ns\n        strategy:\n          runOnce:\n            deploy:\n              steps:\n                - task: AzureCLI@2\n                  inputs:\n                    azureSubscription: azure-prod\n                    inlineScript: az x\n";
        let mut outline = Outline::default();
        assert!(Format.claims("ci/build.yml", text.as_bytes()));
        Format.extract("azure-pipelines.yml", text, &mut outline);
        let kinds: Vec<(RecordKind, &str)> = outline.mentions.iter().map(|m| (m.kind, m.principal.as_str())).collect();
        assert_eq!(kinds, [(RecordKind::CiSecret, "prod-secrets"), (RecordKind::ServiceConnection, "azure-prod")]);
        assert!(
            outline.places.iter().any(|p| p.resource.job.as_deref() == Some("web") && p.resource.environment.as_deref() == Some("prod"))
        );
        assert!(outline.places.iter().any(|p| p.resource.key.as_deref() == Some("KEY")));
    }
}
