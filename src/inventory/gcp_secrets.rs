//! Google Cloud: names of secrets, `gcloud secrets list`, and workload identity providers.

use super::context::{ENVIRONMENT_TAGS, OWNER_TAGS};
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `gcp-secrets`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "gcp-secrets"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Vault, of: &["gcp"] }
    }

    fn command(&self) -> &'static str {
        "gcloud secrets list --format=json, or gcloud asset search-all-resources --asset-types=secretmanager.googleapis.com/Secret; gcloud iam workload-identity-pools providers list --workload-identity-pool=P --location=global --format=json"
    }

    fn lacks(&self) -> &'static str {
        "names without values: joins references; for values add fingerprints (`keysweep inventory fingerprint`)"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let name = name(element).unwrap_or_default();
        name.starts_with("projects/")
            && !name.contains("/versions/")
            && (name.contains("/secrets/") || name.contains("/workloadIdentityPools/"))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(name) = name(element) else { return };
        let is_secret = name.contains("/secrets/");
        let (class, kind) =
            if is_secret { (SourceClass::Vault, RecordKind::SecretRef) } else { (SourceClass::Issuer, RecordKind::WorkloadId) };
        let mut record = context.record(class, "gcp", kind, &name);
        let key = if is_secret { KeyKind::SecretRef } else { KeyKind::GcpWif };
        record.keys.extend(Key::new(key, &name));
        let project = name.split('/').nth(1).map(str::to_owned);
        record.scope = project.as_deref().map(Into::into);
        record.display = element.text(&["displayName"]).or_else(|| name.rsplit('/').next().map(str::to_owned)).map(Into::into);
        record.created = element.time(&["createTime"]);
        record.expires = element.time(&["expireTime"]);
        record.owner = element.tag(&["labels"], OWNER_TAGS).and_then(|o| words::owner(&o, OwnedBy::Tag));
        record.environment = element.tag(&["labels"], ENVIRONMENT_TAGS).map(Into::into);
        let off = element.text(&["disabled"]).is_some_and(|d| d == "true") || element.text(&["state"]).is_some_and(|s| s == "DELETED");
        record.status = if off { Status::Inactive } else { Status::Active };
        for (detail, path) in [
            ("issuer", &["oidc", "issuerUri"][..]),
            ("condition", &["attributeCondition"][..]),
            ("next_rotation", &["rotation", "nextRotationTime"][..]),
        ] {
            if let Some(value) = element.text(path) {
                record.details.insert(detail.to_owned(), value);
            }
        }
        context.covers(class, "gcp", kind, project.as_deref(), true, Has { owner: is_secret, expiry: is_secret, ..Has::default() });
        context.push(record);
    }
}

/// The resource's name; an asset's begins with its service, `//secretmanager.googleapis.com/`.
fn name(element: &Element<'_>) -> Option<String> {
    let name = element.text(&["name"])?;
    let bare = name.strip_prefix("//").and_then(|n| n.split_once('/')).map(|(_, rest)| rest.to_owned());
    Some(bare.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::RecordKind;

    #[test]
    fn secrets_and_pools_are_told_apart() {
        let text = r#"[{"name":"projects/123/secrets/groq-key","createTime":"2024-05-01T00:00:00Z","labels":{"team":"nlp","env":"dev"}},
          {"name":"projects/123/locations/global/workloadIdentityPools/gh/providers/gh","state":"ACTIVE","oidc":{"issuerUri":"https://token.actions.githubusercontent.com"}},
          {"name":"//secretmanager.googleapis.com/projects/123/secrets/cohere-key","assetType":"secretmanager.googleapis.com/Secret","project":"projects/123","createTime":"2024-05-01T00:00:00Z"}]"#;
        let register = read_text("gcp.json", text, Vec::new());
        assert_eq!(
            register.records.iter().map(|r| r.kind).collect::<Vec<_>>(),
            [RecordKind::SecretRef, RecordKind::WorkloadId, RecordKind::SecretRef]
        );
        assert_eq!((&*register.records[2].id, register.records[2].scope.as_deref()), ("projects/123/secrets/cohere-key", Some("123")));
        assert_eq!(register.records[0].owner.as_ref().map(|o| &*o.value), Some("nlp"));
    }
}
