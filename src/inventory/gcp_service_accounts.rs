//! Google Cloud: service accounts, `gcloud iam service-accounts list`, and those that an asset search finds.

use super::context::{ENVIRONMENT_TAGS, OWNER_TAGS};
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `gcp-service-accounts`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "gcp-service-accounts"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["gcp"] }
    }

    fn command(&self) -> &'static str {
        "gcloud iam service-accounts list --format=json, for each project"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no last use: add a register, and `gcloud policy-intelligence query-activity`"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let address = element.text(&["email"]).is_some_and(|e| e.ends_with("gserviceaccount.com"));
        (address && (element.object.contains_key("uniqueId") || element.object.contains_key("projectId")))
            || element.text(&["assetType"]).is_some_and(|t| t == "iam.googleapis.com/ServiceAccount")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let attributes = ["email"];
        let address = element
            .text(&attributes)
            .or_else(|| element.text(&["additionalAttributes", "email"]))
            .or_else(|| element.text(&["displayName"]).filter(|d| d.contains('@')));
        let address = address.or_else(|| element.text(&["name"]).and_then(|n| n.rsplit('/').next().map(str::to_owned)));
        let Some(address) = address else { return context.warn(element, "a service account without an address; left out") };
        let project = project(&address).or_else(|| element.text(&["projectId"]));
        let mut record = context.record(SourceClass::Issuer, "gcp", RecordKind::ServiceAccount, &address);
        record.keys.extend(Key::new(KeyKind::GcpSa, &address));
        let unique = element.text(&["uniqueId"]).or_else(|| element.text(&["additionalAttributes", "uniqueId"]));
        record.keys.extend(unique.and_then(|id| Key::new(KeyKind::GcpUid, &id)));
        record.scope = project.as_deref().map(Into::into);
        record.display = element.text(&["displayName"]).map(Into::into);
        record.purpose = element.text(&["description"]).map(Into::into);
        record.principal = Class::Workload;
        record.created = element.time(&["createTime"]);
        record.owner = element.tag(&["labels"], OWNER_TAGS).and_then(|o| words::owner(&o, OwnedBy::Tag));
        record.environment = element.tag(&["labels"], ENVIRONMENT_TAGS).map(Into::into);
        let disabled =
            element.text(&["disabled"]).is_some_and(|d| d == "true") || element.text(&["state"]).is_some_and(|s| s == "DISABLED");
        record.status = if disabled { Status::Inactive } else { Status::Active };
        context.covers(SourceClass::Issuer, "gcp", RecordKind::ServiceAccount, project.as_deref(), true, Has::default());
        context.push(record);
    }
}

/// The project of a service account's address.
pub(super) fn project(address: &str) -> Option<String> {
    let host = address.split_once('@')?.1;
    host.strip_suffix(".iam.gserviceaccount.com").or_else(|| host.strip_suffix(".gserviceaccount.com")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Status};

    #[test]
    fn accounts_are_known_by_address_and_id() {
        let text = r#"[{"email":"trainer@ml-prod.iam.gserviceaccount.com","uniqueId":"123456789012345678901","projectId":"ml-prod","disabled":true}]"#;
        let register = read_text("sa.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!((record.scope.as_deref(), record.status), (Some("ml-prod"), Status::Inactive));
        assert!(record.keys.iter().any(|k| k.kind == KeyKind::GcpUid));
    }
}
