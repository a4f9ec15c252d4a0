//! Azure: names of Key Vault secrets, storage accounts and cognitive services, as `az` lists them.

use super::context::{ENVIRONMENT_TAGS, OWNER_TAGS};
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `azure-resources`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "azure-resources"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["azure"] }
    }

    fn command(&self) -> &'static str {
        "az keyvault secret list --vault-name V; az storage account list; az cognitiveservices account list; az graph query -q 'resources | project ...'"
    }

    fn lacks(&self) -> &'static str {
        "resources without their keys: joins by name; for keys add fingerprints (`keysweep inventory fingerprint`)"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let id = element.text(&["id"]).unwrap_or_default();
        let kind = element.text(&["type"]).unwrap_or_default().to_ascii_lowercase();
        id.contains(".vault.azure.net/secrets/")
            || kind == "microsoft.storage/storageaccounts"
            || kind == "microsoft.cognitiveservices/accounts"
            || element.object.contains_key("properties_keyCreationTime")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let id = element.text(&["id"]).or_else(|| element.text(&["name"]));
        let Some(id) = id else { return context.warn(element, "a resource without id or name; left out") };
        let name = element.text(&["name"]).or_else(|| id.rsplit('/').next().map(str::to_owned)).unwrap_or_default();
        let kind = element.text(&["type"]).unwrap_or_default().to_ascii_lowercase();
        let mut record = if id.contains(".vault.azure.net/secrets/") {
            let mut record = context.record(SourceClass::Vault, "azure", RecordKind::SecretRef, &id);
            let bare = id.trim_start_matches("https://").split('/').take(3).collect::<Vec<_>>().join("/");
            record
                .keys
                .extend([id.clone(), format!("https://{bare}"), name.clone()].iter().filter_map(|k| Key::new(KeyKind::SecretRef, k)));
            record.scope = id.split("://").nth(1).and_then(|h| h.split('/').next()).map(Into::into);
            record.status =
                if element.text(&["attributes", "enabled"]).as_deref() == Some("false") { Status::Inactive } else { Status::Active };
            record.created = element.time(&["attributes", "created"]);
            record.last_rotated = element.time(&["attributes", "updated"]);
            record.expires = element.time(&["attributes", "expires"]);
            record
        } else {
            let mut record = context.record(SourceClass::Issuer, "azure", RecordKind::Other, &id);
            let domain = element.text(&["properties", "customSubDomainName"]).unwrap_or_else(|| name.clone());
            let key =
                if kind.contains("cognitiveservices") { Key::new(KeyKind::AzCogsvc, &domain) } else { Key::new(KeyKind::AzStorage, &name) };
            record.keys.extend(key);
            record.scope = id.split('/').nth(2).filter(|_| id.starts_with("/subscriptions/")).map(Into::into);
            record.created = element.time(&["creationTime"]).or_else(|| element.time(&["properties", "creationTime"]));
            let rotated = ["key1", "key2"]
                .iter()
                .filter_map(|k| element.time(&["keyCreationTime", k]).or_else(|| element.time(&["properties", "keyCreationTime", k])));
            record.last_rotated = rotated.max_by_key(|t| t.seconds);
            record.status = Status::Active;
            record
        };
        record.owner = element.tag(&["tags"], OWNER_TAGS).and_then(|o| words::owner(&o, OwnedBy::Tag));
        record.environment = element.tag(&["tags"], ENVIRONMENT_TAGS).map(Into::into);
        record.display = Some(name.into());
        let (class, kind, scope) = (record.class, record.kind, record.scope.clone());
        context.covers(class, "azure", kind, scope.as_deref(), false, Has { owner: true, expiry: true, ..Has::default() });
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn names_of_resources_are_keys() {
        let text = r#"{"value":[{"id":"https://kv-prod.vault.azure.net/secrets/cohere-key","name":"cohere-key","attributes":{"enabled":true,"created":"2024-01-01T00:00:00+00:00","expires":null},"tags":{"owner":"search"}},
          {"id":"/subscriptions/s1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acmedata","name":"acmedata","type":"Microsoft.Storage/storageAccounts","keyCreationTime":{"key1":"2024-01-01T00:00:00Z","key2":"2025-01-01T00:00:00Z"}}]}"#;
        let register = read_text("azure.json", text, Vec::new());
        assert_eq!(register.records.len(), 2, "{:?}", register.warnings);
        assert!(
            register.records[0]
                .keys
                .iter()
                .any(|k| k.kind == KeyKind::SecretRef && &*k.value == "https://kv-prod.vault.azure.net/secrets/cohere-key")
        );
        assert_eq!(register.records[1].last_rotated.map(|t| t.to_string()).as_deref(), Some("2025-01-01T00:00:00Z"));
    }
}
