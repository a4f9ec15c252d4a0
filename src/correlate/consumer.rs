//! Consumers: whether a file is run by machines.

use crate::model::Location;

/// Formats that are read by pipelines.
const PIPELINES: &[&str] = &[
    "github-actions",
    "gitlab-ci",
    "azure-pipelines",
    "circleci",
    "jenkins",
    "bitbucket",
    "buildkite",
    "travis",
    "drone",
    "tekton",
    "argo",
    "cloudbuild",
    "codebuild",
    "teamcity",
];

/// Whether a pipeline reads the file.
pub(super) fn is_pipeline(location: &Location) -> bool {
    let path = location.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let told = location.resource.as_ref().is_some_and(|r| PIPELINES.contains(&r.format.as_str()));
    told || path.contains(".github/workflows/")
        || path.contains(".circleci/")
        || path.contains(".buildkite/")
        || name.starts_with("jenkinsfile")
        || name.starts_with("azure-pipelines")
        || name.starts_with(".gitlab-ci")
        || [".travis.yml", ".drone.yml", "bitbucket-pipelines.yml", "cloudbuild.yaml", "buildspec.yml"].contains(&name)
}

/// Whether a machine reads the file: a pipeline, a template of infrastructure, the settings of a service.
pub(super) fn is_machine(location: &Location) -> bool {
    let path = location.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let people = ["notebook", "mcp", "agents", "dotenv"];
    let structured = location.resource.as_ref().is_some_and(|r| !r.format.is_empty() && !people.contains(&r.format.as_str()));
    let service = [".tf", ".tfvars", ".tfstate", ".service", ".bicep", "dockerfile"].iter().any(|e| name.ends_with(e))
        || ["dockerfile", "docker-compose", "compose.", "values"].iter().any(|e| name.starts_with(e))
        || ["k8s/", "kubernetes/", "helm/", "charts/", "deploy/", "manifests/"]
            .iter()
            .any(|f| path.starts_with(f) || path.contains(&format!("/{f}")));
    is_pipeline(location) || structured || service
}
