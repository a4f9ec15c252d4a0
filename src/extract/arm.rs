//! ARM: templates and parameter files of Azure Resource Manager, with the identities they make, the vaults they read and whom they act as.

use super::names::{self, declaration, inside, reference, stored};
use super::node::Node;
use super::{Extractor, Reads, json};
use crate::model::{Class, KeyKind, Mention, Outline, Place, Proves, RecordKind, Resource};

/// `arm`.
pub(super) struct Format;

/// Types of resources that are identities, in lower case, with kind and class.
const IDENTITIES: &[(&str, RecordKind, Class)] = &[
    ("microsoft.managedidentity/userassignedidentities", RecordKind::WorkloadId, Class::Workload),
    ("microsoft.managedidentity/userassignedidentities/federatedidentitycredentials", RecordKind::WorkloadId, Class::Workload),
    ("microsoft.graph/applications", RecordKind::App, Class::Workload),
    ("microsoft.graph/serviceprincipals", RecordKind::App, Class::Workload),
    ("microsoft.storage/storageaccounts", RecordKind::App, Class::Workload),
    ("microsoft.cognitiveservices/accounts", RecordKind::App, Class::Workload),
    ("microsoft.keyvault/vaults/secrets", RecordKind::SecretRef, Class::Unknown),
    ("microsoft.keyvault/vaults/certificates", RecordKind::Cert, Class::Unknown),
];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "arm"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "JSON with the schema of a deployment template or its parameters",
            takes: "resources and identities they make, vaults they read",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        path.ends_with(".json") && [&b"eploymentTemplate.json"[..], b"eploymentParameters.json"].iter().any(|n| has(n))
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let Some(document) = json::read(text, outline) else { return };
        let base = Resource { format: self.id().into(), ..Resource::default() };
        outline.places.push(Place { start: document.start, end: document.end, resource: base });
        for (name, parameter) in document.get("parameters").map_or(&[][..], Node::entries) {
            let called = name.text().unwrap_or_default();
            let resource = Resource { name: Some(format!("parameter {called}")), ..Resource::default() };
            outline.places.push(Place { start: parameter.start, end: parameter.end, resource });
            for value in ["defaultValue", "value"].iter().filter_map(|f| parameter.get(f)) {
                outline.places.push(names::keyed(value.start, value.end, called));
            }
            vault(parameter.get("reference"), text, outline);
        }
        let mut lists: Vec<&Node> = document.get("resources").into_iter().collect();
        while let Some(list) = lists.pop() {
            let named = list.entries().iter().map(|(_, resource)| resource);
            for held in list.items().iter().chain(named) {
                resource(held, text, outline);
                lists.extend(held.get("resources"));
                lists.extend(held.at(&["properties", "template", "resources"]));
            }
        }
        names::key_places(&document, outline);
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

fn resource(node: &Node, text: &str, outline: &mut Outline) {
    let of_type = node.text_of("type").unwrap_or_default();
    let named = node.get("name");
    let name = named.and_then(Node::text).unwrap_or_default();
    let environment = node.get("tags").and_then(|t| ["environment", "env", "Environment"].iter().find_map(|k| t.text_of(k)));
    let place = Resource { name: Some(format!("{of_type} {name}")), environment: environment.map(str::to_owned), ..Resource::default() };
    outline.places.push(Place { start: node.start, end: node.end, resource: place });
    // Within brackets stands an expression.
    if let Some(span) = named.map(|n| inside(text, n)).filter(|_| !name.is_empty() && !name.starts_with('[')) {
        let told = |field| node.at(&["properties", field]).and_then(Node::text).unwrap_or_default();
        outline.mentions.extend(made(span, of_type, name).map(|m| m.with("subject", told("subject")).with("issuer", told("issuer"))));
    }
    for (id, _) in node.at(&["identity", "userAssignedIdentities"]).map_or(&[][..], Node::entries) {
        let name = id.text().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        if is_name(name) {
            let acts = reference(inside(text, id), "azure", RecordKind::WorkloadId, name);
            outline.mentions.push(acts.of_class(Class::Workload).proven(Proves::Federated));
        }
    }
    let parameters = node.at(&["properties", "parameters"]).map_or(&[][..], Node::entries);
    parameters.iter().for_each(|(_, parameter)| vault(parameter.get("reference"), text, outline));
}

/// The identity that a resource of this type is.
pub(super) fn made(span: (usize, usize), of_type: &str, name: &str) -> Option<Mention> {
    let lower = of_type.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let (_, kind, class) = IDENTITIES.iter().find(|(t, ..)| *t == lower)?;
    let found = declaration(span, "azure", *kind, name).of_class(*class);
    Some(match lower.as_str() {
        "microsoft.storage/storageaccounts" => found.known_by(KeyKind::AzStorage, name),
        "microsoft.cognitiveservices/accounts" => found.known_by(KeyKind::AzCogsvc, name),
        t if t.starts_with("microsoft.managedidentity") => found.proven(Proves::Federated),
        _ => found,
    })
}

/// A parameter that a Key Vault gives.
fn vault(reference: Option<&Node>, text: &str, outline: &mut Outline) {
    let Some((id, secret)) = reference.and_then(|r| Some((r.at(&["keyVault", "id"])?, r.get("secretName")?))) else { return };
    let vault = id.text().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let name = secret.text().unwrap_or_default();
    if is_name(vault) && is_name(name) {
        outline.mentions.push(stored(inside(text, secret), "azure", &format!("https://{vault}.vault.azure.net/secrets/{name}")));
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    const TEXT: &str = r#"{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
"parameters":{"adminPassword":{"type":"secureString","defaultValue":"abc"},"db":{"reference":{"keyVault":{"id":"/subscriptions/x/providers/Microsoft.KeyVault/vaults/kv-prod"},"secretName":"db"}}},
"resources":[{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","name":"id-app","resources":[{"type":"Microsoft.Storage/storageAccounts","name":"acmelogs"}]},
{"type":"Microsoft.Web/sites","name":"[parameters('n')]","tags":{"env":"prod"},"identity":{"userAssignedIdentities":{"/subscriptions/x/y/id-app":{}}},"properties":{"siteConfig":{"appSettings":[{"name":"KEY","value":"def"}]}}}]}"#;

    #[test]
    fn identities_vaults_and_literals_are_read() {
        assert!(Format.claims("azuredeploy.json", TEXT.as_bytes()));
        let mut outline = Outline::default();
        Format.extract("azuredeploy.json", TEXT, &mut outline);
        let mut found: Vec<(&str, RecordKind)> = outline.mentions.iter().map(|m| (m.principal.as_str(), m.kind)).collect();
        found.sort();
        let (vault, id) = ("https://kv-prod.vault.azure.net/secrets/db", ("id-app", RecordKind::WorkloadId));
        assert_eq!(found, [("acmelogs", RecordKind::App), (vault, RecordKind::SecretRef), id, id]);
        let holding = |value: &str| holding(&outline, TEXT, value);
        assert!(holding("abc").iter().any(|r| r.key.as_deref() == Some("adminPassword")));
        assert!(holding("\"def\"").iter().any(|r| r.environment.as_deref() == Some("prod")));
        let mut broken = Outline::default();
        Format.extract("a.json", &TEXT[..200], &mut broken);
        assert_eq!(broken.troubles.len(), 1);
    }
}
