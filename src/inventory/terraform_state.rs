//! Terraform and OpenTofu: state as it is stored (version 4), and states and plans as `terraform show -json` writes them.
//!
//! A state shows what was made, by what, and when it was last applied; it holds secrets in clear, which are fingerprinted and dropped. It says
//! nothing of what was made or deleted by other means, so absence in it means nothing.

use super::context::{ENVIRONMENT_TAGS, OWNER_TAGS, tag, text, time};
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, Record, RecordKind, SourceClass, aws_account};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// `terraform-state`.
pub(super) struct Format;

/// A type of resource that is an identity or a credential.
struct Made {
    /// The type.
    of: &'static str,
    provider: &'static str,
    kind: RecordKind,
    /// Attributes that are ids of it.
    keys: &'static [(&'static str, KeyKind)],
    /// Attributes that say whose credential it is.
    whose: &'static [(&'static str, KeyKind)],
}

const fn made(
    of: &'static str,
    provider: &'static str,
    kind: RecordKind,
    keys: &'static [(&'static str, KeyKind)],
    whose: &'static [(&'static str, KeyKind)],
) -> Made {
    Made { of, provider, kind, keys, whose }
}

/// What is an identity or a credential, by type.
const TYPES: &[Made] = {
    use KeyKind as K;
    use RecordKind as R;
    &[
        made("aws_iam_user", "aws", R::User, &[("arn", K::AwsArn), ("unique_id", K::AwsUid)], &[]),
        made("aws_iam_role", "aws", R::Role, &[("arn", K::AwsArn), ("unique_id", K::AwsUid)], &[]),
        made("aws_iam_access_key", "aws", R::AccessKey, &[("id", K::AwsAkid)], &[]),
        made("aws_iam_service_specific_credential", "aws", R::ApiKey, &[("service_user_name", K::AwsSvcUser)], &[]),
        made("aws_key_pair", "aws", R::SshKey, &[("fingerprint", K::Ec2Fp)], &[]),
        made("aws_secretsmanager_secret", "aws", R::SecretRef, &[("arn", K::SecretRef), ("name", K::SecretRef)], &[]),
        made("aws_secretsmanager_secret_version", "aws", R::SecretRef, &[("arn", K::SecretRef)], &[]),
        made("aws_ssm_parameter", "aws", R::SecretRef, &[("arn", K::SecretRef), ("name", K::SecretRef)], &[]),
        made("google_service_account", "gcp", R::ServiceAccount, &[("email", K::GcpSa), ("unique_id", K::GcpUid)], &[]),
        made("google_service_account_key", "gcp", R::SaKey, &[("name", K::GcpSaKey)], &[]),
        made("google_storage_hmac_key", "gcp", R::AccessKey, &[("access_id", K::GcpHmac)], &[("service_account_email", K::GcpSa)]),
        made("google_apikeys_key", "gcp", R::ApiKey, &[], &[]),
        made("google_secret_manager_secret", "gcp", R::SecretRef, &[("name", K::SecretRef)], &[]),
        made("google_secret_manager_secret_version", "gcp", R::SecretRef, &[("secret", K::SecretRef)], &[]),
        made("azuread_application", "azure", R::App, APP, &[]),
        made("azuread_service_principal", "azure", R::App, APP, &[]),
        made(
            "azuread_application_password",
            "azure",
            R::OauthSecret,
            &[("key_id", K::EntraKeyId)],
            &[("application_object_id", K::EntraOid)],
        ),
        made(
            "azuread_service_principal_password",
            "azure",
            R::OauthSecret,
            &[("key_id", K::EntraKeyId)],
            &[("service_principal_id", K::EntraOid)],
        ),
        made("azurerm_user_assigned_identity", "azure", R::App, &[("client_id", K::EntraAppId), ("principal_id", K::EntraOid)], &[]),
        made("azurerm_storage_account", "azure", R::AccessKey, &[("name", K::AzStorage)], &[]),
        made("azurerm_cognitive_account", "azure", R::ApiKey, &[("custom_subdomain_name", K::AzCogsvc)], &[]),
        made("azurerm_key_vault_secret", "azure", R::SecretRef, &[("versionless_id", K::SecretRef), ("id", K::SecretRef)], &[]),
        made("kubernetes_service_account", "kubernetes", R::ServiceAccount, &[], &[]),
        made("kubernetes_service_account_v1", "kubernetes", R::ServiceAccount, &[], &[]),
        made("kubernetes_secret", "kubernetes", R::SecretRef, &[], &[]),
        made("kubernetes_secret_v1", "kubernetes", R::SecretRef, &[], &[]),
        made("vault_approle_auth_backend_role", "vault", R::Role, &[("role_id", K::VaultRoleId)], &[]),
        made("vault_approle_auth_backend_role_secret_id", "vault", R::Token, &[("accessor", K::VaultAccessor)], &[]),
        made("vault_token", "vault", R::Token, &[], &[]),
        made("github_actions_secret", "github", R::CiSecret, &[], &[]),
        made("github_actions_organization_secret", "github", R::CiSecret, &[], &[]),
        made("github_actions_environment_secret", "github", R::CiSecret, &[], &[]),
        made("github_repository_deploy_key", "github", R::SshKey, &[], &[]),
        made("gitlab_project_access_token", "gitlab", R::Token, &[], &[]),
        made("gitlab_group_access_token", "gitlab", R::Token, &[], &[]),
        made("gitlab_deploy_token", "gitlab", R::Token, &[], &[]),
        made("tls_private_key", "ssh", R::SshKey, &[("public_key_fingerprint_sha256", K::SshSha256)], &[]),
        made("okta_app_oauth", "okta", R::OauthSecret, &[("client_id", K::OktaClient)], &[]),
        made("okta_api_token", "okta", R::Token, &[], &[]),
        made("openai_project_service_account", "openai", R::ApiKey, &[("api_key_id", K::OpenaiKey)], &[]),
        made("openai_project_api_key", "openai", R::ApiKey, &[("api_key_id", K::OpenaiKey)], &[]),
        made("openai_admin_api_key", "openai", R::ApiKey, &[("api_key_id", K::OpenaiKey)], &[]),
        made("mongodbatlas_api_key", "mongodb-atlas", R::ApiKey, &[], &[]),
        made("mongodbatlas_project_api_key", "mongodb-atlas", R::ApiKey, &[], &[]),
        made("snowflake_user", "snowflake", R::User, &[], &[]),
        made("datadog_api_key", "datadog", R::ApiKey, &[], &[]),
        made("datadog_application_key", "datadog", R::ApiKey, &[], &[]),
        made("cloudflare_api_token", "cloudflare", R::Token, &[], &[]),
        made("cloudflare_zero_trust_access_service_token", "cloudflare", R::OauthSecret, &[], &[]),
        made("sendgrid_api_key", "sendgrid", R::ApiKey, &[("id", K::SendgridKey)], &[]),
        made("elasticstack_elasticsearch_security_api_key", "elastic", R::ApiKey, &[("key_id", K::ElasticKey)], &[]),
        made("grafana_service_account_token", "grafana", R::Token, &[], &[]),
    ]
};

/// Ids of an application; the provider renamed the first in its version 3.
const APP: &[(&str, KeyKind)] =
    &[("client_id", KeyKind::EntraAppId), ("application_id", KeyKind::EntraAppId), ("object_id", KeyKind::EntraOid)];

/// Attributes that hold secrets, whatever the type.
const SECRETS: &[&str] = &[
    "secret",
    "secret_key",
    "private_key",
    "private_key_pem",
    "private_key_openssh",
    "value",
    "secret_string",
    "secret_data",
    "password",
    "master_password",
    "admin_password",
    "token",
    "api_key",
    "key",
    "client_secret",
    "secret_id",
    "plaintext_value",
    "result",
    "ses_smtp_password_v4",
    "access_token",
    "key_string",
    "primary_access_key",
    "secondary_access_key",
    "primary_key",
    "secondary_key",
    "primary_connection_string",
    "client_token",
    "auth_token",
    "service_password",
];
/// Attributes whose values are secrets by their keys.
const MAPS: &[&str] = &["data", "binary_data", "secret_data_map"];
/// Types whose `value`, `key` and `result` are no secrets.
const OPEN: &[&str] =
    &["aws_kms_key", "random_id", "random_uuid", "random_string", "aws_s3_object", "aws_dynamodb_table_item", "terraform_data"];

impl Importer for Format {
    fn id(&self) -> &'static str {
        "terraform-state"
    }

    fn speaks(&self) -> Speaks {
        Speaks {
            class: SourceClass::Issuer,
            of: &["aws", "azure", "gcp", "kubernetes", "vault", "github", "gitlab", "okta", "openai", "mongodb-atlas"],
        }
    }

    fn command(&self) -> &'static str {
        "terraform state pull > state.json, or terraform show -json, in each workspace"
    }

    fn lacks(&self) -> &'static str {
        "only what Terraform made, as of its last apply; no last use; the export holds secrets in clear"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["mode", "type", "instances"]) || element.has(&["address", "mode", "type", "values"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if element.text(&["mode"]).is_some_and(|m| m != "managed") {
            return; // data: what others made
        }
        let Some(of) = element.text(&["type"]) else { return context.warn(element, "a resource without a type; left out") };
        let name = element.text(&["name"]).unwrap_or_default();
        let stored = element.list(&["instances"]).iter().filter_map(|i| i.get("attributes"));
        for attributes in stored.chain(element.at(&["values"])) {
            resource(&of, &name, attributes, context);
        }
    }
}

/// Reads a resource: an identity or credential that is known, or whatever else holds a secret.
fn resource(of: &str, name: &str, attributes: &Value, context: &mut Context<'_>) {
    let known = TYPES.iter().find(|t| t.of == of);
    let told = |field: &str| attributes.get(field).and_then(text);
    let secrets = secrets(of, attributes, context);
    let (provider, kind) = match known {
        Some(made) => (made.provider, made.kind),
        None if secrets.is_empty() => return,
        None => (of.split('_').next().unwrap_or_default(), RecordKind::Other),
    };
    let id = told("id").or_else(|| told("arn")).unwrap_or_else(|| format!("{of}.{name}"));
    let mut record = context.record(SourceClass::Issuer, provider, kind, &id);
    record.display =
        told("display_name").or_else(|| told("user")).or_else(|| told("name")).or_else(|| Some(name.to_owned())).map(Into::into);
    if let Some(made) = known {
        let keys = |list: &[(&str, KeyKind)]| {
            list.iter().filter_map(|(field, kind)| Key::new(*kind, &last(*kind, &told(field)?))).collect::<Vec<_>>()
        };
        record.keys = keys(made.keys);
        record.of = keys(made.whose);
    }
    record.keys.extend(secrets);
    own(of, attributes, &mut record);
    record.scope = record.scope.take().or_else(|| scope(attributes, &id).map(Into::into));
    record.created =
        ["create_date", "created_at", "start_date", "valid_after", "created"].iter().find_map(|f| attributes.get(*f).and_then(time));
    record.last_rotated = record.created;
    record.expires =
        ["end_date", "valid_before", "expires_at", "expiration_date", "expiration"].iter().find_map(|f| attributes.get(*f).and_then(time));
    let tags = ["tags_all", "tags", "labels", "effective_labels"].iter().filter_map(|f| attributes.get(*f));
    record.owner = tags.clone().find_map(|t| tag(t, OWNER_TAGS)).and_then(|o| words::owner(&o, OwnedBy::Tag));
    record.environment = tags.clone().find_map(|t| tag(t, ENVIRONMENT_TAGS)).map(Into::into);
    record.details.insert("resource".to_owned(), format!("{of}.{name}"));
    let has = Has { owner: true, expiry: record.expires.is_some(), fingerprint: true, ..Has::default() };
    let scope = record.scope.clone();
    context.covers(SourceClass::Issuer, provider, kind, scope.as_deref(), false, has);
    context.push(record);
}

/// What some types say in their own way.
fn own(of: &str, attributes: &Value, record: &mut Record) {
    let told = |field: &str| attributes.get(field).and_then(text);
    match of {
        "aws_iam_access_key" => {
            let account = told("id").and_then(|id| aws_account(&id));
            if let (Some(account), Some(user)) = (&account, told("user")) {
                record.of.extend(Key::new(KeyKind::AwsArn, &format!("arn:aws:iam::{account}:user/{user}")));
            }
            record.scope = account.map(Into::into);
            record.status = told("status").map(|s| words::status(&s)).unwrap_or_default();
        }
        "google_service_account_key" => {
            let address = told("name").and_then(|n| n.split('/').nth(3).map(str::to_owned));
            record.of.extend(address.and_then(|a| Key::new(KeyKind::GcpSa, &a)));
        }
        "kubernetes_service_account" | "kubernetes_service_account_v1" | "kubernetes_secret" | "kubernetes_secret_v1" => {
            let meta = attributes.get("metadata").and_then(|m| m.get(0).or(Some(m)));
            let of_meta = |field: &str| meta.and_then(|m| m.get(field)).and_then(text);
            let place = format!("{}/{}", of_meta("namespace").unwrap_or_else(|| "default".to_owned()), of_meta("name").unwrap_or_default());
            let kind = if record.kind == RecordKind::ServiceAccount { KeyKind::K8sSa } else { KeyKind::SecretRef };
            record.keys.extend(Key::new(kind, &place));
            record.keys.extend(of_meta("uid").and_then(|u| Key::new(KeyKind::K8sUid, &u)));
            record.display = Some(place.into());
        }
        "mongodbatlas_api_key" | "mongodbatlas_project_api_key" => {
            record.keys.extend(told("public_key").and_then(|k| Key::native("mongodb-atlas", &k)));
        }
        "cloudflare_zero_trust_access_service_token" => record.keys.extend(told("client_id").and_then(|c| Key::native("cloudflare", &c))),
        _ => {}
    }
    let is_workload = matches!(record.kind, RecordKind::Role | RecordKind::ServiceAccount | RecordKind::SaKey | RecordKind::AccessKey);
    if is_workload {
        record.principal = Class::Workload;
    }
}

/// The part of a name that is the id of a service account's key.
fn last(kind: KeyKind, value: &str) -> String {
    if kind == KeyKind::GcpSaKey { value.rsplit('/').next().unwrap_or_default().to_owned() } else { value.to_owned() }
}

fn scope(attributes: &Value, id: &str) -> Option<String> {
    let told = |field: &str| attributes.get(field).and_then(text);
    let arn = told("arn").or_else(|| Some(id.to_owned()).filter(|i| i.starts_with("arn:")));
    let account = arn.and_then(|a| a.split(':').nth(4).map(str::to_owned)).filter(|a| !a.is_empty());
    account.or_else(|| told("project")).or_else(|| told("org_id"))
}

/// Keys of the secrets in a resource's attributes.
fn secrets(of: &str, attributes: &Value, context: &Context<'_>) -> Vec<Key> {
    let is_open = OPEN.contains(&of);
    let known = TYPES.iter().any(|t| t.of == of);
    // Of a type that is not known, `key` and `value` may be anything.
    let telling = |field: &&&str| !is_open && (known || !matches!(**field, "key" | "value" | "result") || of == "random_password");
    let of_fields = SECRETS.iter().filter(telling).filter_map(|f| attributes.get(*f).and_then(text));
    let maps = MAPS.iter().filter_map(|f| attributes.get(*f)).filter_map(Value::as_object).filter(|_| known);
    let of_maps = maps.flat_map(|m| m.values().filter_map(text));
    let mut keys = Vec::new();
    for secret in of_fields.chain(of_maps).filter(|s| s.len() >= 8) {
        keys.extend(context.secret(&secret));
        // The key file of a service account is kept in base64.
        if let Some(plain) = STANDARD.decode(&secret).ok().and_then(|b| String::from_utf8(b).ok()).filter(|p| p.len() >= 8) {
            keys.extend(context.secret(&plain));
        }
    }
    keys.sort();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Register};

    fn key(register: &Register, number: usize, kind: KeyKind) -> Option<&str> {
        register.records[number].keys.iter().find(|k| k.kind == kind).map(|k| &*k.value)
    }

    #[test]
    fn what_was_made_is_known_by_its_ids_and_secrets_become_fingerprints() {
        let id = format!("{}RTX3GSDSVIAEKWCN", "AKIA");
        let secret = "fAkE0".repeat(8);
        let state = format!(
            r#"{{"version":4,"terraform_version":"1.9.0","serial":3,"lineage":"x","outputs":{{}},"resources":[
            {{"mode":"managed","type":"aws_iam_access_key","name":"ci","provider":"p","instances":[{{"attributes":{{"id":"{id}","user":"ci-deploy","status":"Inactive","create_date":"2023-02-01T09:00:00Z","secret":"{secret}"}}}}]}},
            {{"mode":"managed","type":"google_service_account","name":"t","provider":"p","instances":[{{"attributes":{{"id":"x","email":"trainer@ml-prod.iam.gserviceaccount.com","unique_id":"1","project":"ml-prod"}}}}]}},
            {{"mode":"data","type":"aws_iam_role","name":"x","provider":"p","instances":[{{"attributes":{{"arn":"arn:aws:iam::111122223333:role/x"}}}}]}},
            {{"mode":"managed","type":"acme_database","name":"db","provider":"p","instances":[{{"attributes":{{"id":"db","password":"{secret}","key":"not-a-secret-at-all"}}}}]}},
            {{"mode":"managed","type":"acme_network","name":"n","provider":"p","instances":[{{"attributes":{{"id":"n"}}}}]}}]}}"#
        );
        let register = read_text("state.json", &state, Vec::new());
        assert_eq!(register.records.len(), 3, "{:?}", register.warnings);
        assert_eq!((key(&register, 0, KeyKind::AwsAkid), register.records[0].scope.as_deref()), (Some(&*id), Some("111122223333")));
        assert_eq!(register.records[0].of[0].value.as_ref(), "arn:aws:iam::111122223333:user/ci-deploy");
        assert_eq!(key(&register, 1, KeyKind::GcpSa), Some("trainer@ml-prod.iam.gserviceaccount.com"));
        assert_eq!(
            (&*register.records[2].provider, register.records[2].keys.iter().filter(|k| k.kind == KeyKind::Kfp1).count()),
            ("acme", 1)
        );
        assert!(!format!("{register:?}").contains(&secret) && register.manifests.iter().all(|m| !m.complete));
    }

    #[test]
    fn what_show_writes_is_read_through_all_modules() {
        let show = r#"{"format_version":"1.0","values":{"root_module":{"resources":[],"child_modules":[{"address":"module.a","resources":[
            {"address":"module.a.aws_iam_role.ci","mode":"managed","type":"aws_iam_role","name":"ci","values":{"arn":"arn:aws:iam::111122223333:role/ci","unique_id":"AROA1","tags":{"owner":"platform"}}}]}]}}}"#;
        let register = read_text("show.json", show, Vec::new());
        assert_eq!(key(&register, 0, KeyKind::AwsArn), Some("arn:aws:iam::111122223333:role/ci"));
        assert_eq!(register.records[0].owner.as_ref().map(|o| &*o.value), Some("platform"));
    }
}
