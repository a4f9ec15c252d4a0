//! Terraform's state (version 3 and 4) and plans as JSON: what was really made, with its ids, and the secrets that they hold.

use super::names::{self, declaration, inside, keyed};
use super::node::Node;
use super::{Extractor, Reads, json};
use crate::model::{Class, KeyKind, Outline, Place, RecordKind, Resource};

/// `tfstate`.
pub(super) struct Format;

/// An attribute that is a key, by the type of resource.
const IDS: &[(&str, &str, RecordKind, &str, KeyKind)] = &[
    ("aws_iam_access_key", "aws", RecordKind::AccessKey, "id", KeyKind::AwsAkid),
    ("aws_iam_user", "aws", RecordKind::User, "arn", KeyKind::AwsArn),
    ("aws_iam_role", "aws", RecordKind::Role, "arn", KeyKind::AwsArn),
    ("aws_iam_group", "aws", RecordKind::Group, "arn", KeyKind::AwsArn),
    ("aws_secretsmanager_secret", "aws", RecordKind::SecretRef, "arn", KeyKind::SecretRef),
    ("azuread_application", "azure", RecordKind::App, "client_id", KeyKind::EntraAppId),
    ("azuread_application", "azure", RecordKind::App, "application_id", KeyKind::EntraAppId),
    ("azuread_application_password", "azure", RecordKind::OauthSecret, "key_id", KeyKind::EntraKeyId),
    ("azuread_service_principal", "azure", RecordKind::App, "client_id", KeyKind::EntraAppId),
    ("azurerm_user_assigned_identity", "azure", RecordKind::WorkloadId, "client_id", KeyKind::EntraAppId),
    ("azurerm_storage_account", "azure", RecordKind::Other, "name", KeyKind::AzStorage),
    ("google_service_account", "gcp", RecordKind::ServiceAccount, "email", KeyKind::GcpSa),
    ("google_service_account_key", "gcp", RecordKind::SaKey, "name", KeyKind::GcpSaKey),
    ("vault_approle_auth_backend_role", "vault", RecordKind::Role, "role_id", KeyKind::VaultRoleId),
    ("tls_private_key", "x509", RecordKind::Cert, "public_key_fingerprint_sha256", KeyKind::SshSha256),
    ("github_app_installation", "github", RecordKind::App, "app_id", KeyKind::GithubApp),
    ("okta_app_oauth", "okta", RecordKind::App, "client_id", KeyKind::OktaClient),
];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "tfstate"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`*.tfstate` of version 3 and 4, plans as JSON, and the states in a saved plan",
            takes: "what was made, with its ids, and secrets in it",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let named = path.ends_with(".tfstate") || path.contains(".tfstate.") || path == "tfstate" || path.ends_with("/tfstate");
        let is_json = head.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| *b == b'{');
        is_json && (named || path.ends_with(".json")) && has(b"\"terraform_version\"")
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let Some(document) = json::read(text, outline) else { return };
        let base = Resource { format: self.id().into(), ..Resource::default() };
        outline.places.push(Place { start: document.start, end: document.end, resource: base });
        outputs(&document, outline);
        for resource in document.get("resources").map_or(&[][..], Node::items) {
            let address = address(resource);
            for instance in resource.get("instances").map_or(&[][..], Node::items) {
                let attributes = instance.get("attributes").or_else(|| instance.get("attributes_flat"));
                attributes.iter().for_each(|a| made(text, resource.text_of("type").unwrap_or_default(), &address, a, outline));
            }
        }
        // Version 3: a map of addresses.
        for module in document.get("modules").map_or(&[][..], Node::items) {
            outputs(module, outline);
            for (address, resource) in module.get("resources").map_or(&[][..], Node::entries) {
                let attributes = resource.at(&["primary", "attributes"]);
                attributes
                    .iter()
                    .for_each(|a| made(text, resource.text_of("type").unwrap_or_default(), address.text().unwrap_or_default(), a, outline));
            }
        }
        for root in [document.at(&["planned_values", "root_module"]), document.at(&["values", "root_module"])].into_iter().flatten() {
            planned(text, root, 0, outline);
        }
        for change in document.get("resource_changes").map_or(&[][..], Node::items) {
            let attributes = change.at(&["change", "after"]);
            attributes.iter().for_each(|a| {
                made(text, change.text_of("type").unwrap_or_default(), change.text_of("address").unwrap_or_default(), a, outline);
            });
        }
        names::tidy(outline);
    }
}

fn address(resource: &Node) -> String {
    let of = |field: &str| resource.text_of(field).unwrap_or_default();
    let data = if of("mode") == "data" { "data." } else { "" };
    let module = if of("module").is_empty() { String::new() } else { format!("{}.", of("module")) };
    format!("{module}{data}{}.{}", of("type"), of("name"))
}

/// The modules of a plan.
fn planned(text: &str, module: &Node, depth: usize, outline: &mut Outline) {
    for resource in module.get("resources").map_or(&[][..], Node::items) {
        let values = resource.get("values");
        values.iter().for_each(|v| {
            made(text, resource.text_of("type").unwrap_or_default(), resource.text_of("address").unwrap_or_default(), v, outline);
        });
    }
    if depth < 16 {
        module.get("child_modules").map_or(&[][..], Node::items).iter().for_each(|m| planned(text, m, depth + 1, outline));
    }
}

fn outputs(document: &Node, outline: &mut Outline) {
    for (name, output) in document.get("outputs").map_or(&[][..], Node::entries) {
        let resource = Resource { name: Some(format!("output.{}", name.text().unwrap_or_default())), ..Resource::default() };
        outline.places.push(Place { start: output.start, end: output.end, resource });
        names::key_places(output, outline);
    }
}

/// A resource that was made: places for what it holds, and its ids.
fn made(text: &str, kind: &str, address: &str, attributes: &Node, outline: &mut Outline) {
    let resource = Resource { name: Some(address.to_owned()), ..Resource::default() };
    outline.places.push(Place { start: attributes.start, end: attributes.end, resource });
    attributes.scalars(&mut |path, value| outline.places.push(keyed(value.start, value.end, &path.join("."))));
    for (_, provider, record, attribute, key) in IDS.iter().filter(|(t, ..)| *t == kind) {
        let Some(node) = attributes.get(attribute) else { continue };
        let Some(id) = node.text().filter(|t| !t.is_empty() && *t != "null") else { continue };
        let value = if *key == KeyKind::GcpSaKey { id.rsplit('/').next().unwrap_or(id) } else { id };
        let made = declaration(inside(text, node), provider, *record, id).known_by(*key, value).with("address", address);
        let scope = attributes.text_of("project").or_else(|| id.split(':').nth(4).filter(|_| id.starts_with("arn:")));
        outline.mentions.push(made.of_scope(scope).of_class(Class::Unknown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outline {
        let mut outline = Outline::default();
        assert!(Format.claims("terraform.tfstate", text.as_bytes()));
        Format.extract("terraform.tfstate", text, &mut outline);
        outline
    }

    #[test]
    fn states_of_both_versions_and_plans_are_read() {
        let four = r#"{"version":4,"terraform_version":"1.9.0","resources":[{"mode":"managed","type":"aws_iam_access_key","name":"ci","instances":[{"attributes":{"id":"AKIARTX3GSDSVIAEKWCN","secret":"x"}}]}]}"#;
        let three = r#"{"version":3,"terraform_version":"0.11.0","modules":[{"resources":{"aws_iam_access_key.ci":{"type":"aws_iam_access_key","primary":{"attributes":{"id":"AKIARTX3GSDSVIAEKWCN"}}}}}]}"#;
        let plan = r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{"root_module":{"child_modules":[{"resources":[{"address":"module.a.aws_iam_access_key.ci","type":"aws_iam_access_key","values":{"id":"AKIARTX3GSDSVIAEKWCN"}}]}]}}}"#;
        for text in [four, three, plan] {
            let outline = read(text);
            assert_eq!(outline.mentions.len(), 1, "{text}");
            let mention = &outline.mentions[0];
            assert_eq!((&text[mention.start..mention.end], mention.keys[0].kind), ("AKIARTX3GSDSVIAEKWCN", KeyKind::AwsAkid));
            assert!(mention.details["address"].ends_with("aws_iam_access_key.ci"));
        }
        assert!(read(four).places.iter().any(|p| p.resource.key.as_deref() == Some("secret")));
        assert_eq!(read("{\"terraform_version\": ").troubles.len(), 1);
    }
}
