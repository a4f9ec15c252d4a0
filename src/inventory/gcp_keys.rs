//! Google Cloud: keys of service accounts, `gcloud iam service-accounts keys list`, HMAC keys and API keys.

use super::gcp_service_accounts::project;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, Record, RecordKind, SourceClass, Status};

/// `gcp-keys`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "gcp-keys"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["gcp"] }
    }

    fn command(&self) -> &'static str {
        "gcloud iam service-accounts keys list --iam-account=E --managed-by=user --format=json; gcloud storage hmac list; gcloud services api-keys list, or gcloud asset search-all-resources --asset-types=apikeys.googleapis.com/Key"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no last use: add a register, and `gcloud policy-intelligence query-activity`; an API key's string is shown by `get-key-string` alone"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let name = element.text(&["name"]).unwrap_or_default();
        let is_key = name.contains("/serviceAccounts/") && name.contains("/keys/");
        is_key
            || element.has(&["accessId", "serviceAccountEmail"])
            || (name.contains("/locations/") && name.contains("/keys/") && element.object.contains_key("uid"))
            || element.text(&["assetType"]).is_some_and(|t| t == "apikeys.googleapis.com/Key")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let name = element.text(&["name"]).unwrap_or_default();
        let record = match () {
            () if name.contains("/serviceAccounts/") => account_key(element, &name, context),
            () if element.object.contains_key("accessId") => hmac(element, context),
            () => api_key(element, &name, context),
        };
        let Some(record) = record else { return context.warn(element, "a key without an id; left out") };
        let (kind, scope) = (record.kind, record.scope.clone());
        // `keys list` is asked of one account at a time.
        let account = record.of.first().map(|k| k.value.to_string()).unwrap_or_default();
        let complete = kind != RecordKind::SaKey || context.is_of_several(self.id(), &account);
        let has = Has { expiry: kind == RecordKind::SaKey, ..Has::default() };
        context.covers(SourceClass::Issuer, "gcp", kind, scope.as_deref(), complete, has);
        context.push(record);
    }
}

fn account_key(element: &Element<'_>, name: &str, context: &Context<'_>) -> Option<Record> {
    // An asset's name begins with `//iam.googleapis.com/`.
    let name = name.trim_start_matches("//iam.googleapis.com/");
    let id = name.rsplit('/').next()?;
    let address = name.split("/serviceAccounts/").nth(1)?.split('/').next()?;
    let mut record = context.record(SourceClass::Issuer, "gcp", RecordKind::SaKey, name);
    record.keys.extend(Key::new(KeyKind::GcpSaKey, id));
    record.of.extend(Key::new(KeyKind::GcpSa, address));
    record.of.extend(Key::new(KeyKind::GcpUid, address).filter(|_| address.bytes().all(|b| b.is_ascii_digit())));
    record.scope = project(address).or_else(|| name.split('/').nth(1).filter(|p| *p != "-").map(str::to_owned)).map(Into::into);
    record.display = Some(address.into());
    record.principal = Class::Workload;
    record.created = element.time(&["validAfterTime"]).or_else(|| element.time(&["createTime"]));
    record.last_rotated = record.created;
    record.expires = element.time(&["validBeforeTime"]);
    record.status = if element.text(&["disabled"]).as_deref() == Some("true") { Status::Inactive } else { Status::Active };
    record.details.insert("managed".to_owned(), element.text(&["keyType"]).unwrap_or_default());
    Some(record)
}

fn hmac(element: &Element<'_>, context: &Context<'_>) -> Option<Record> {
    let (id, address) = (element.text(&["accessId"])?, element.text(&["serviceAccountEmail"])?);
    let mut record = context.record(SourceClass::Issuer, "gcp", RecordKind::AccessKey, &id);
    record.keys.extend(Key::new(KeyKind::GcpHmac, &id));
    record.of.extend(Key::new(KeyKind::GcpSa, &address));
    record.scope = element.text(&["projectId"]).or_else(|| project(&address)).map(Into::into);
    record.principal = Class::Workload;
    record.created = element.time(&["timeCreated"]);
    record.status = element.text(&["state"]).map(|s| super::words::status(&s)).unwrap_or_default();
    record.display = Some(address.into());
    Some(record)
}

fn api_key(element: &Element<'_>, name: &str, context: &Context<'_>) -> Option<Record> {
    let name = name.trim_start_matches("//apikeys.googleapis.com/");
    let id = element.text(&["uid"]).or_else(|| name.rsplit('/').next().map(str::to_owned)).filter(|id| !id.is_empty())?;
    let mut record = context.record(SourceClass::Issuer, "gcp", RecordKind::ApiKey, &id);
    record.scope = name.split('/').nth(1).map(Into::into);
    record.display = element.text(&["displayName"]).map(Into::into);
    record.created = element.time(&["createTime"]);
    record.status = if element.object.contains_key("deleteTime") { Status::Deleted } else { Status::Active };
    // The string itself is in exports that add it; it is not kept.
    record.keys.extend(element.text(&["keyString"]).map(|raw| context.secret(&raw)).unwrap_or_default());
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, RecordKind};

    #[test]
    fn keys_belong_to_their_account_and_9999_is_no_end() {
        let text = r#"[{"name":"projects/ml-prod/serviceAccounts/trainer@ml-prod.iam.gserviceaccount.com/keys/0123456789abcdef0123456789abcdef01234567","keyType":"USER_MANAGED","validAfterTime":"2023-01-01T00:00:00Z","validBeforeTime":"9999-12-31T23:59:59Z","disabled":false},
          {"accessId":"GOOG1EFAKE","serviceAccountEmail":"trainer@ml-prod.iam.gserviceaccount.com","state":"ACTIVE","timeCreated":"2023-01-01T00:00:00Z"},
          {"name":"projects/123/locations/global/keys/2c437be3-0000-4000-8000-000000000001","uid":"2c437be3-0000-4000-8000-000000000001","displayName":"gemini-demo","createTime":"2024-06-01T00:00:00Z"},
          {"name":"//apikeys.googleapis.com/projects/123/locations/global/keys/3c437be3-0000-4000-8000-000000000001","assetType":"apikeys.googleapis.com/Key","project":"projects/123","displayName":"maps"}]"#;
        let register = read_text("keys.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!((record.scope.as_deref(), record.expires), (Some("ml-prod"), None));
        assert!(record.keys.iter().any(|k| k.kind == KeyKind::GcpSaKey) && record.of.iter().any(|k| k.kind == KeyKind::GcpSa));
        assert_eq!(
            register.records.iter().map(|r| r.kind).collect::<Vec<_>>(),
            [RecordKind::SaKey, RecordKind::AccessKey, RecordKind::ApiKey, RecordKind::ApiKey]
        );
    }
}
