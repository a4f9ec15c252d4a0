//! Terraform and OpenTofu: resources that make identities, and what they refer to, in HCL, `.tfvars` and JSON.

use super::hcl::{self, Block, Body};
use super::names::{self, declaration, keyed, reference};
use super::node::{Data, Node};
use super::{Extractor, Reads, json};
use crate::model::{Class, KeyKind, Mention, Outline, Place, Proves, RecordKind, Resource};
use std::collections::HashMap;

/// `terraform`.
pub(super) struct Format;

/// A type of resource that makes an identity: its provider, its kind, the attribute that names it, and what that is a key of.
type Maker = (&'static str, &'static str, RecordKind, &'static str, Option<KeyKind>);

/// Types of resources that make identities or credentials.
const MAKERS: &[Maker] = &[
    ("aws_iam_user", "aws", RecordKind::User, "name", None),
    ("aws_iam_role", "aws", RecordKind::Role, "name", None),
    ("aws_iam_group", "aws", RecordKind::Group, "name", None),
    ("aws_iam_access_key", "aws", RecordKind::AccessKey, "user", None),
    ("aws_iam_service_specific_credential", "aws", RecordKind::ApiKey, "user_name", None),
    ("aws_iam_openid_connect_provider", "aws", RecordKind::WorkloadId, "url", None),
    ("aws_key_pair", "aws", RecordKind::SshKey, "key_name", None),
    ("aws_secretsmanager_secret", "aws", RecordKind::SecretRef, "name", Some(KeyKind::SecretRef)),
    ("aws_ssm_parameter", "aws", RecordKind::SecretRef, "name", Some(KeyKind::SecretRef)),
    ("azuread_application", "azure", RecordKind::App, "display_name", None),
    ("azuread_application_registration", "azure", RecordKind::App, "display_name", None),
    ("azuread_application_password", "azure", RecordKind::OauthSecret, "display_name", None),
    ("azuread_application_certificate", "azure", RecordKind::Cert, "application_id", None),
    ("azuread_application_federated_identity_credential", "azure", RecordKind::WorkloadId, "subject", None),
    ("azuread_service_principal", "azure", RecordKind::App, "client_id", Some(KeyKind::EntraAppId)),
    ("azuread_service_principal_password", "azure", RecordKind::OauthSecret, "service_principal_id", None),
    ("azurerm_user_assigned_identity", "azure", RecordKind::WorkloadId, "name", None),
    ("azurerm_federated_identity_credential", "azure", RecordKind::WorkloadId, "subject", None),
    ("azurerm_key_vault_secret", "azure", RecordKind::SecretRef, "name", Some(KeyKind::SecretRef)),
    ("azurerm_storage_account", "azure", RecordKind::Other, "name", Some(KeyKind::AzStorage)),
    ("google_service_account", "gcp", RecordKind::ServiceAccount, "account_id", None),
    ("google_service_account_key", "gcp", RecordKind::SaKey, "service_account_id", None),
    ("google_iam_workload_identity_pool", "gcp", RecordKind::WorkloadId, "workload_identity_pool_id", None),
    ("google_iam_workload_identity_pool_provider", "gcp", RecordKind::WorkloadId, "workload_identity_pool_provider_id", None),
    ("google_apikeys_key", "gcp", RecordKind::ApiKey, "name", None),
    ("google_secret_manager_secret", "gcp", RecordKind::SecretRef, "secret_id", Some(KeyKind::SecretRef)),
    ("google_storage_hmac_key", "gcp", RecordKind::AccessKey, "service_account_email", None),
    ("kubernetes_service_account", "kubernetes", RecordKind::ServiceAccount, "", None),
    ("kubernetes_service_account_v1", "kubernetes", RecordKind::ServiceAccount, "", None),
    ("kubernetes_secret", "kubernetes", RecordKind::SecretRef, "", None),
    ("kubernetes_secret_v1", "kubernetes", RecordKind::SecretRef, "", None),
    ("vault_approle_auth_backend_role", "vault", RecordKind::Role, "role_name", None),
    ("vault_approle_auth_backend_role_secret_id", "vault", RecordKind::OauthSecret, "role_name", None),
    ("vault_kubernetes_auth_backend_role", "vault", RecordKind::Role, "role_name", None),
    ("vault_jwt_auth_backend_role", "vault", RecordKind::Role, "role_name", None),
    ("vault_token", "vault", RecordKind::Token, "display_name", None),
    ("vault_kv_secret_v2", "vault", RecordKind::SecretRef, "name", None),
    ("vault_generic_secret", "vault", RecordKind::SecretRef, "path", Some(KeyKind::VaultPath)),
    ("github_actions_secret", "github", RecordKind::CiSecret, "secret_name", None),
    ("github_actions_environment_secret", "github", RecordKind::CiSecret, "secret_name", None),
    ("github_actions_organization_secret", "github", RecordKind::CiSecret, "secret_name", None),
    ("github_repository_deploy_key", "github", RecordKind::SshKey, "title", None),
    ("gitlab_project_access_token", "gitlab", RecordKind::Token, "name", None),
    ("gitlab_group_access_token", "gitlab", RecordKind::Token, "name", None),
    ("gitlab_personal_access_token", "gitlab", RecordKind::Token, "name", None),
    ("gitlab_deploy_token", "gitlab", RecordKind::Token, "name", None),
    ("gitlab_project_variable", "gitlab", RecordKind::CiSecret, "key", None),
    (
        "azuredevops_serviceendpoint_azurerm",
        "azure-devops",
        RecordKind::ServiceConnection,
        "service_endpoint_name",
        Some(KeyKind::ServiceConnection),
    ),
    ("tls_private_key", "x509", RecordKind::Cert, "", None),
    ("tls_self_signed_cert", "x509", RecordKind::Cert, "", None),
    ("acme_certificate", "x509", RecordKind::Cert, "common_name", None),
    ("okta_app_oauth", "okta", RecordKind::App, "label", None),
    ("auth0_client", "auth0", RecordKind::App, "name", None),
    ("openai_project_service_account", "openai", RecordKind::ServiceAccount, "name", None),
    ("mongodbatlas_project_api_key", "mongodb", RecordKind::ApiKey, "description", None),
    ("mongodbatlas_service_account", "mongodb", RecordKind::ServiceAccount, "name", None),
    ("mongodbatlas_database_user", "mongodb", RecordKind::User, "username", None),
    ("datadog_api_key", "datadog", RecordKind::ApiKey, "name", None),
    ("datadog_application_key", "datadog", RecordKind::ApiKey, "name", None),
    ("datadog_service_account", "datadog", RecordKind::ServiceAccount, "name", None),
    ("cloudflare_api_token", "cloudflare", RecordKind::Token, "name", None),
    ("snowflake_user", "snowflake", RecordKind::User, "name", None),
    ("snowflake_service_user", "snowflake", RecordKind::User, "name", None),
    ("databricks_service_principal", "databricks", RecordKind::App, "display_name", None),
    ("databricks_token", "databricks", RecordKind::Token, "comment", None),
    ("grafana_service_account", "grafana", RecordKind::ServiceAccount, "name", None),
    ("grafana_service_account_token", "grafana", RecordKind::Token, "name", None),
    ("confluent_service_account", "confluent", RecordKind::ServiceAccount, "display_name", None),
    ("confluent_api_key", "confluent", RecordKind::ApiKey, "display_name", None),
    ("scaleway_iam_api_key", "scaleway", RecordKind::ApiKey, "description", None),
    ("digitalocean_spaces_key", "digitalocean", RecordKind::AccessKey, "name", None),
    ("postgresql_role", "postgresql", RecordKind::User, "name", None),
    ("mysql_user", "mysql", RecordKind::User, "user", None),
    ("sentry_key", "sentry", RecordKind::ApiKey, "name", None),
    ("newrelic_api_access_key", "newrelic", RecordKind::ApiKey, "name", None),
];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "terraform"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`*.tf`, `*.tofu`, `*.tfvars`, the same in JSON, Terragrunt",
            takes: "resources, variables, locals and what they refer to",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let ends = |ends: &[&str]| ends.iter().any(|e| path.ends_with(e));
        let is_terragrunt = path.ends_with("terragrunt.hcl") || (path.ends_with(".hcl") && memchr::memmem::find(head, b"inputs").is_some());
        ends(&[".tf", ".tofu", ".tfvars", ".tf.json", ".tofu.json", ".tfvars.json"]) || is_terragrunt
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let (body, trouble) = if path.ends_with(".json") {
            json::document(text).map_or_else(|e| (Body::default(), Some(e)), |d| (of_json(&d), None))
        } else {
            hcl::body(text)
        };
        outline.troubles.extend(trouble);
        let known = Known::new(&body);
        let base = Resource { format: self.id().into(), ..Resource::default() };
        outline.places.push(Place { start: 0, end: text.len(), resource: base });
        for (key, value) in &body.attributes {
            outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
            names::key_places(value, outline);
        }
        body.blocks.iter().for_each(|block| known.block(block, outline));
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// The blocks of JSON syntax: `{"resource": {"aws_iam_user": {"ci": {…}}}}`.
fn of_json(document: &Node) -> Body {
    let mut body = Body::default();
    for (kind, value) in document.entries() {
        let name = kind.text().unwrap_or_default();
        let levels = match name {
            "resource" | "data" => 2,
            "variable" | "provider" | "module" | "output" => 1,
            "locals" | "terraform" => 0,
            _ => {
                body.attributes.push((kind.clone(), value.clone()));
                continue;
            }
        };
        labelled(name, value, &mut Vec::new(), levels, &mut body.blocks);
    }
    body
}

fn labelled(kind: &str, node: &Node, labels: &mut Vec<Node>, levels: usize, blocks: &mut Vec<Block>) {
    for one in node.each() {
        if levels == 0 {
            let attributes = one.entries().to_vec();
            let blocks_of = |(key, value): &(Node, Node)| {
                matches!(value.data, Data::Map(_)).then(|| Block {
                    kind: key.text().unwrap_or_default().to_owned(),
                    labels: Vec::new(),
                    start: value.start,
                    end: value.end,
                    body: Body { attributes: value.entries().to_vec(), blocks: Vec::new() },
                })
            };
            let inner = attributes.iter().filter_map(blocks_of).collect();
            blocks.push(Block {
                kind: kind.to_owned(),
                labels: labels.clone(),
                start: one.start,
                end: one.end,
                body: Body { attributes, blocks: inner },
            });
            continue;
        }
        for (label, inner) in one.entries() {
            labels.push(label.clone());
            labelled(kind, inner, labels, levels - 1, blocks);
            labels.pop();
        }
    }
}

/// Bytes of a text that is put together; locals that repeat one another would grow without end.
const LONGEST: usize = 4096;

/// What is literal in a file: locals, and variables by their defaults.
struct Known {
    values: HashMap<String, String>,
}

impl Known {
    fn new(body: &Body) -> Self {
        let mut values = HashMap::new();
        for (key, value) in body.all("locals").flat_map(|b| &b.body.attributes) {
            if let (Some(key), Some(value)) = (key.text(), value.text().filter(|_| value.tag.is_empty())) {
                values.insert(format!("local.{key}"), value.to_owned());
            }
        }
        for variable in body.all("variable") {
            if let Some(value) = variable.body.get("default").filter(|d| d.tag.is_empty()).and_then(Node::text) {
                values.insert(format!("var.{}", variable.label(0)), value.to_owned());
            }
        }
        // Locals may name variables and one another: as many rounds as they are likely to.
        let mut known = Self { values };
        for _ in 0..2 {
            for (key, value) in body.all("locals").flat_map(|b| &b.body.attributes) {
                if let (Some(key), Some(resolved), false) = (key.text(), known.resolve(value), value.tag.is_empty()) {
                    known.values.insert(format!("local.{key}"), resolved);
                }
            }
        }
        known
    }

    /// The text of a value where it is literal, or made of what is.
    fn resolve(&self, node: &Node) -> Option<String> {
        let text = node.text()?;
        match &*node.tag {
            "" => Some(text.to_owned()),
            "expression" => self.values.get(text.trim()).cloned(),
            _ => {
                let mut resolved = String::new();
                let mut rest = text;
                while let Some((before, after)) = rest.split_once("${") {
                    let (name, tail) = after.split_once('}')?;
                    resolved.push_str(before);
                    resolved.push_str(self.values.get(name.trim())?);
                    if resolved.len() > LONGEST {
                        return None;
                    }
                    rest = tail;
                }
                resolved.push_str(rest);
                Some(resolved)
            }
        }
    }

    fn block(&self, block: &Block, outline: &mut Outline) {
        let address = match block.kind.as_str() {
            "resource" => format!("{}.{}", block.label(0), block.label(1)),
            "data" => format!("data.{}.{}", block.label(0), block.label(1)),
            kind => [kind, block.label(0)].iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join("."),
        };
        let environment = block
            .body
            .get("tags")
            .or_else(|| block.body.get("labels"))
            .and_then(|t| ["Environment", "environment", "env", "Env"].iter().find_map(|k| t.text_of(k)));
        let resource = Resource { name: Some(address.clone()), environment: environment.map(str::to_owned), ..Resource::default() };
        outline.places.push(Place { start: block.start, end: block.end, resource });
        places(&block.body, &mut Vec::new(), outline);
        match block.kind.as_str() {
            "resource" => self.resource(block, &address, outline),
            "data" => self.data(block, outline),
            "provider" => self.provider(block, outline),
            _ => {}
        }
    }

    fn resource(&self, block: &Block, address: &str, outline: &mut Outline) {
        let Some((_, provider, kind, attribute, key)) = MAKERS.iter().find(|(t, ..)| *t == block.label(0)) else { return };
        let name = block.body.get(attribute).and_then(|n| self.resolve(n));
        let metadata = block.body.all("metadata").next();
        let of = |name: &str| metadata.and_then(|m| m.body.get(name)).and_then(|n| self.resolve(n));
        let label = block.labels.get(1).map_or((block.start, block.start), |l| (l.start, l.end));
        let principal = name.clone().or_else(|| of("name")).unwrap_or_else(|| address.to_owned());
        let mut made = declaration(label, provider, *kind, &principal).with("address", address);
        if let (Some(key), Some(name)) = (key, &name) {
            made = made.known_by(*key, name);
        }
        made = self.specific(block, made, name.as_deref(), (of("name"), of("namespace")));
        outline.mentions.push(made);
    }

    /// What only some types tell.
    fn specific(&self, block: &Block, made: Mention, name: Option<&str>, (object, namespace): (Option<String>, Option<String>)) -> Mention {
        let text = |attribute: &str| block.body.get(attribute).and_then(|n| self.resolve(n));
        match block.label(0) {
            "google_service_account" => match (name, text("project")) {
                (Some(id), Some(project)) => {
                    let address = format!("{id}@{project}.iam.gserviceaccount.com");
                    let made = Mention { principal: address.clone(), ..made };
                    made.known_by(KeyKind::GcpSa, &address).of_scope(Some(&project)).of_class(Class::Workload)
                }
                _ => made.of_class(Class::Workload),
            },
            "kubernetes_service_account" | "kubernetes_service_account_v1" => {
                let namespace = namespace.unwrap_or_else(|| "default".to_owned());
                made.known_by(KeyKind::K8sSa, &format!("{namespace}/{}", object.unwrap_or_default())).of_class(Class::Workload)
            }
            "aws_iam_role" => {
                let trusted = block.body.get("assume_role_policy").map(trust).unwrap_or_default();
                let federated = !trusted.is_empty();
                let made = made.of_class(Class::Workload).with("trust", trusted);
                let made = if administers(block) { made.with("privileged", "true") } else { made };
                if federated { made.proven(Proves::Federated) } else { made }
            }
            "aws_iam_access_key" | "google_service_account_key" | "azuread_application_password" => made.proven(Proves::Static),
            "github_actions_secret" | "github_actions_environment_secret" => {
                made.with("environment", text("environment").unwrap_or_default()).with("repository", text("repository").unwrap_or_default())
            }
            "azuread_application_federated_identity_credential" | "azurerm_federated_identity_credential" => {
                let made = made.proven(Proves::Federated).with("subject", text("subject").unwrap_or_default());
                made.with("issuer", text("issuer").unwrap_or_default())
            }
            "vault_kv_secret_v2" => match (text("mount"), name) {
                (Some(mount), Some(name)) => made.known_by(KeyKind::VaultPath, &format!("{mount}/{name}")),
                _ => made,
            },
            _ => made,
        }
    }

    /// What a data source refers to.
    fn data(&self, block: &Block, outline: &mut Outline) {
        let named = |attribute: &str| block.body.get(attribute).and_then(|n| Some(((n.start, n.end), self.resolve(n)?)));
        let found = match block.label(0) {
            "vault_generic_secret" | "vault_kv_secret" => named("path").map(|(span, path)| names::vault(span, &path)),
            "vault_kv_secret_v2" => named("name").map(|(span, name)| {
                let mount = block.body.get("mount").and_then(|n| self.resolve(n)).unwrap_or_else(|| "secret".to_owned());
                names::vault(span, &format!("{mount}/{name}"))
            }),
            "aws_secretsmanager_secret" | "aws_ssm_parameter" => {
                named("name").or_else(|| named("arn")).map(|(span, name)| names::stored(span, "aws", &name))
            }
            "aws_secretsmanager_secret_version" => named("secret_id").map(|(span, name)| names::stored(span, "aws", &name)),
            "google_secret_manager_secret" | "google_secret_manager_secret_version" => {
                named("secret_id").or_else(|| named("secret")).map(|(span, name)| names::stored(span, "gcp", &name))
            }
            "azurerm_key_vault_secret" => named("name").map(|(span, name)| names::stored(span, "azure", &name)),
            "aws_iam_role" => named("name").map(|(span, name)| reference(span, "aws", RecordKind::Role, &name)),
            "aws_iam_user" => named("user_name").map(|(span, name)| reference(span, "aws", RecordKind::User, &name)),
            "azuread_service_principal" | "azuread_application" => named("client_id")
                .or_else(|| named("application_id"))
                .map(|(span, id)| reference(span, "azure", RecordKind::App, &id).known_by(KeyKind::EntraAppId, &id)),
            "google_service_account" => {
                named("account_id").filter(|(_, id)| id.contains('@')).map(|(span, id)| names::service_account(span, &id))
            }
            _ => None,
        };
        outline.mentions.extend(found);
    }

    /// Whom a provider acts as.
    fn provider(&self, block: &Block, outline: &mut Outline) {
        let named = |body: &Body, attribute: &str| body.get(attribute).and_then(|n| Some(((n.start, n.end), self.resolve(n)?)));
        match block.label(0) {
            "azurerm" | "azuread" => {
                let tenant = named(&block.body, "tenant_id").map(|(_, t)| t);
                let is_static = block.body.get("client_secret").is_some() || block.body.get("client_certificate_path").is_some();
                let proves = if is_static { Proves::Static } else { Proves::Federated };
                let app = named(&block.body, "client_id").filter(|(_, id)| id.len() == 36);
                let app = app.map(|(span, id)| reference(span, "azure", RecordKind::App, &id).known_by(KeyKind::EntraAppId, &id));
                outline.mentions.extend(app.map(|a| a.of_class(Class::Workload).proven(proves).of_scope(tenant.as_deref())));
            }
            "aws" => {
                let roles = block.body.all("assume_role").chain(block.body.all("assume_role_with_web_identity"));
                let roles = roles.filter_map(|b| Some((b.kind.as_str(), named(&b.body, "role_arn")?)));
                let found = roles.filter_map(|(kind, (span, arn))| {
                    let proves = if kind == "assume_role" { Proves::Unknown } else { Proves::Federated };
                    Some(names::arn(span, &arn)?.of_class(Class::Workload).proven(proves))
                });
                outline.mentions.extend(found);
            }
            "google" | "google-beta" => {
                let account = named(&block.body, "impersonate_service_account");
                outline.mentions.extend(account.map(|(span, address)| names::service_account(span, &address)));
            }
            _ => {}
        }
    }
}

/// Places for the attributes of a block and of the blocks in it.
fn places(body: &Body, path: &mut Vec<String>, outline: &mut Outline) {
    for (key, value) in &body.attributes {
        path.push(key.text().unwrap_or_default().to_owned());
        outline.places.push(keyed(value.start, value.end, &path.join(".")));
        value.scalars(&mut |below, scalar| {
            if !below.is_empty() {
                outline.places.push(keyed(scalar.start, scalar.end, &format!("{}.{}", path.join("."), below.join("."))));
            }
        });
        path.pop();
    }
    for block in &body.blocks {
        path.push(block.kind.clone());
        places(&block.body, path, outline);
        path.pop();
    }
}

/// The OIDC subjects that a trust policy names.
fn trust(policy: &Node) -> String {
    let mut subjects = Vec::new();
    policy.scalars(&mut |path, value| {
        if path.last().is_some_and(|k| k.trim_matches('"').ends_with(":sub")) {
            subjects.extend(value.text().map(str::to_owned));
        }
    });
    // A heredoc or a string holds the policy as JSON.
    if let Some(text) = policy.text() {
        let inner = text.split(":sub\"").nth(1).and_then(|rest| rest.split('"').nth(1));
        subjects.extend(inner.map(str::to_owned));
    }
    subjects.join(" ")
}

/// Whether a role is given all rights in the same block.
fn administers(block: &Block) -> bool {
    let managed = block.body.get("managed_policy_arns").map_or(&[][..], Node::items);
    managed.iter().any(|p| p.text().is_some_and(|t| t.ends_with("/AdministratorAccess")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
locals { project = "ml-prod" }
variable "env" { default = "prod" }
provider "aws" {
  assume_role { role_arn = "arn:aws:iam::111122223333:role/apply" }
}
resource "google_service_account" "trainer" {
  account_id = "trainer-${var.env}"
  project    = local.project
}
resource "aws_iam_role" "gha" {
  name = "gha"
  assume_role_policy = jsonencode({
    Statement = [{ Condition = { StringLike = { "token.actions.githubusercontent.com:sub" = "repo:o/r:*" } } }]
  })
}
resource "aws_db_instance" "main" {
  password = "hunter2-not-real"
  tags     = { Environment = "staging" }
  nested { key = "x" }
}
data "vault_generic_secret" "db" { path = "kv/data/db" }
"#;

    fn read(path: &str, text: &str) -> Outline {
        let mut outline = Outline::default();
        assert!(Format.claims(path, text.as_bytes()));
        Format.extract(path, text, &mut outline);
        outline
    }

    #[test]
    fn identities_are_named_by_what_is_literal() {
        let outline = read("main.tf", TEXT);
        assert_eq!(outline.troubles, Vec::<String>::new());
        let principals: Vec<&str> = outline.mentions.iter().map(|m| m.principal.as_str()).collect();
        assert_eq!(
            principals,
            ["arn:aws:iam::111122223333:role/apply", "trainer-prod@ml-prod.iam.gserviceaccount.com", "gha", "kv/data/db"]
        );
        assert_eq!(outline.mentions[2].details["trust"], "repo:o/r:*");
    }

    #[test]
    fn a_value_belongs_to_its_resource_and_attribute() {
        let outline = read("main.tf", TEXT);
        let at = TEXT.find("hunter2").unwrap();
        let around: Vec<&Resource> = outline.places.iter().filter(|p| p.start <= at && at < p.end).map(|p| &p.resource).collect();
        assert!(around.iter().any(|r| r.name.as_deref() == Some("aws_db_instance.main") && r.environment.as_deref() == Some("staging")));
        assert!(around.iter().any(|r| r.key.as_deref() == Some("password")));
    }

    #[test]
    fn json_syntax_and_broken_files_are_read_too() {
        let json = r#"{"resource":{"aws_iam_user":{"ci":{"name":"ci"}}},"provider":{"azurerm":{"client_id":"aaaaaaaa-0000-4000-8000-000000000001","client_secret":"x"}}}"#;
        let outline = read("main.tf.json", json);
        assert_eq!(outline.mentions.iter().map(|m| m.kind).collect::<Vec<_>>(), [RecordKind::User, RecordKind::App]);
        assert_eq!(outline.mentions[1].proves, Proves::Static);
        let outline = read("main.tf", "resource \"aws_iam_user\" \"ci\" {\n  name = =\n}\n");
        assert_eq!((outline.troubles.len(), outline.mentions[0].principal.as_str()), (1, "aws_iam_user.ci"));
        assert!(read("prod.tfvars", "db_password = \"x\"\n").places.iter().any(|p| p.resource.key.as_deref() == Some("db_password")));
    }
}
