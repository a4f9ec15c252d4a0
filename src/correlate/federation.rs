//! The way out of a long-lived key: what a cloud has to trust for a pipeline to act without one, spelt out.
//!
//! Sources of issuers, subjects and audiences: the documentation of each CI service on OpenID Connect, and of each cloud on workload federation.

use super::case::Bench;
use crate::model::{Federation, Location, Origin};

/// The pipeline that a file is of.
#[derive(Clone, Copy)]
enum Service {
    GitHub,
    GitLab,
    AzurePipelines,
    Bitbucket,
    CircleCi,
    Buildkite,
}

/// What to create for the pipeline at a place to act in a cloud; `None` where its service gives no tokens.
///
/// `account` and `principal` are whose key it replaces: account, tenant or project, and user, client or service account.
pub(super) fn instead(
    location: &Location,
    cloud: &str,
    account: Option<&str>,
    principal: Option<&str>,
    bench: &Bench<'_, '_>,
) -> Option<Federation> {
    let repo = location.repo.as_deref().unwrap_or_default();
    let origin = bench.origins.get(repo);
    let trusted = trusted(service(location)?, location, repo, origin);
    let audience = match cloud {
        "aws" => "sts.amazonaws.com".to_owned(),
        "azure" => "api://AzureADTokenExchange".to_owned(),
        "gcp" | "google" => {
            "https://iam.googleapis.com/projects/PROJECT_NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER".to_owned()
        }
        _ => return None,
    };
    let create = match cloud {
        "aws" => aws(&trusted, plain(account, "ACCOUNT"), repo),
        "azure" => azure(&trusted, plain(principal, "CLIENT_ID"), repo),
        _ => gcp(&trusted, plain(principal, "SERVICE_ACCOUNT")),
    };
    Some(Federation { issuer: trusted.issuer, subject: trusted.subject, audience, create, existing: existing(repo, cloud, bench) })
}

/// Who speaks for a pipeline, and as what.
struct Trusted {
    issuer: String,
    subject: String,
    /// `OWNER/NAME` at the forge.
    path: String,
}

fn service(location: &Location) -> Option<Service> {
    let path = location.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let format = location.resource.as_ref().map_or("", |r| r.format.as_str());
    Some(match format {
        "github-actions" => Service::GitHub,
        "gitlab-ci" => Service::GitLab,
        "azure-pipelines" => Service::AzurePipelines,
        "bitbucket" => Service::Bitbucket,
        "circleci" => Service::CircleCi,
        "buildkite" => Service::Buildkite,
        _ if path.contains(".github/workflows/") => Service::GitHub,
        _ if name.starts_with(".gitlab-ci") => Service::GitLab,
        _ => return None,
    })
}

fn trusted(service: Service, location: &Location, repo: &str, origin: Option<&Origin>) -> Trusted {
    let own = repo.rsplit('/').next().unwrap_or_default();
    let path = match origin.map(|o| plain(Some(&o.path), "OWNER/REPO")) {
        Some(path) => path.to_owned(),
        None => format!("OWNER/{}", plain(Some(own), "REPO")),
    };
    let branch = plain(origin.and_then(|o| o.branch.as_deref()), "main");
    let environment = location.resource.as_ref().and_then(|r| r.environment.as_deref()).filter(|e| is_plain(e));
    let owner = path.split('/').next().unwrap_or("OWNER").to_owned();
    let (issuer, subject) = match service {
        Service::GitHub => {
            let host = origin.map_or("github.com", |o| o.host.as_str());
            // GitHub Enterprise Server speaks for itself.
            let issuer = match host {
                "github.com" => "https://token.actions.githubusercontent.com".to_owned(),
                host if is_plain(host) && !host.contains("gitlab") => format!("https://{host}/_services/token"),
                _ => "https://token.actions.githubusercontent.com".to_owned(),
            };
            let of = environment.map_or_else(|| format!("ref:refs/heads/{branch}"), |e| format!("environment:{e}"));
            (issuer, format!("repo:{path}:{of}"))
        }
        Service::GitLab => {
            let host = plain(origin.map(|o| o.host.as_str()), "gitlab.com");
            (format!("https://{host}"), format!("project_path:{path}:ref_type:branch:ref:{branch}"))
        }
        Service::AzurePipelines => {
            ("https://vstoken.dev.azure.com/ORGANISATION_ID".to_owned(), format!("sc://{owner}/PROJECT/SERVICE_CONNECTION"))
        }
        Service::Bitbucket => {
            (format!("https://api.bitbucket.org/2.0/workspaces/{owner}/pipelines-config/identity/oidc"), "{REPOSITORY_UUID}:*".to_owned())
        }
        Service::CircleCi => {
            ("https://oidc.circleci.com/org/ORGANISATION_ID".to_owned(), "org/ORGANISATION_ID/project/PROJECT_ID/user/*".to_owned())
        }
        Service::Buildkite => (
            "https://agent.buildkite.com".to_owned(),
            format!("organization:{owner}:pipeline:{}:ref:refs/heads/{branch}:*", plain(Some(own), "PIPELINE")),
        ),
    };
    Trusted { issuer, subject, path }
}

/// A role that the pipeline may take.
fn aws(trusted: &Trusted, account: &str, repo: &str) -> String {
    let issuer = trusted.issuer.trim_start_matches("https://");
    let test = if trusted.subject.ends_with('*') { "StringLike" } else { "StringEquals" };
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{account}:oidc-provider/{issuer}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"{test}":{{"{issuer}:aud":"sts.amazonaws.com","{issuer}:sub":"{}"}}}}}}]}}"#,
        trusted.subject
    );
    format!("aws iam create-role --role-name {}-ci --assume-role-policy-document '{policy}'", name(repo))
}

/// A credential of the application that is none.
fn azure(trusted: &Trusted, client: &str, repo: &str) -> String {
    format!(
        r#"az ad app federated-credential create --id {client} --parameters '{{"name":"{}-ci","issuer":"{}","subject":"{}","audiences":["api://AzureADTokenExchange"]}}'"#,
        name(repo),
        trusted.issuer,
        trusted.subject
    )
}

/// The right of the repository to act as the service account.
fn gcp(trusted: &Trusted, account: &str) -> String {
    format!(
        "gcloud iam service-accounts add-iam-policy-binding {account} --role roles/iam.workloadIdentityUser --member 'principalSet://iam.googleapis.com/projects/PROJECT_NUMBER/locations/global/workloadIdentityPools/POOL/attribute.repository/{}'",
        trusted.path
    )
}

/// Whom another pipeline of the repository is in this cloud without a key.
fn existing(repo: &str, cloud: &str, bench: &Bench<'_, '_>) -> Option<String> {
    bench.federated.get(repo)?.iter().find(|(provider, _)| provider == cloud).map(|(_, principal)| principal.clone())
}

/// A text that may stand in a command; else what to put there instead. What was scanned must not write commands.
fn plain<'t>(text: Option<&'t str>, instead: &'t str) -> &'t str {
    text.filter(|t| is_plain(t)).unwrap_or(instead)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.len() <= 200
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._/@-".contains(c))
}

fn name(repo: &str) -> &str {
    plain(repo.rsplit('/').next(), "pipeline")
}
