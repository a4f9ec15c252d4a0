//! OpenAI: API keys of projects, administrators' keys and service accounts.

use super::accounts::PERSON;
use super::{Context, Element, Importer, Speaks, hint, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, OwnerKind, OwnerName, RecordKind, SourceClass, Status};

/// `openai`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "openai"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["openai"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.openai.com/v1/organization/projects/PROJECT/api_keys for each project, archived ones too; /v1/organization/admin_api_keys; /v1/organization/users, which names owners"
    }

    fn lacks(&self) -> &'static str {
        "a few characters of each key: keys that show the same ones stay ambiguous; the organisation is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let object = element.text(&["object"]).unwrap_or_default();
        object.starts_with("organization.") && (object.ends_with("api_key") || object.ends_with("service_account") || is_member(&object))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["id"]) else { return context.warn(element, "a key without an id; left out") };
        let object = element.text(&["object"]).unwrap_or_default();
        if is_member(&object) {
            return element.text(&["email"]).map_or((), |address| context.names("", &id, &address));
        }
        let is_account = object.ends_with("service_account");
        let kind = if is_account { RecordKind::ServiceAccount } else { RecordKind::ApiKey };
        let mut record = context.record(SourceClass::Issuer, "openai", kind, &id);
        record.keys.extend(Key::new(KeyKind::OpenaiKey, &id));
        record.display = element.text(&["name"]).map(Into::into);
        record.created = element.time(&["created_at"]);
        record.last_rotated = record.created;
        record.last_used = element.time(&["last_used_at"]);
        record.expires = element.time(&["expires_at"]);
        record.status = Status::Active;
        if object.contains("admin") {
            record.privileges.push("admin".into());
        }
        let shown = element.text(&["redacted_value"]);
        record.hint = shown.and_then(|s| hint::base64url(&s, &["sk-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"]));
        owner(element, &mut record);
        let scope = context.scope().map(str::to_owned);
        let has = Has { owner: true, last_used: true, hint: true, expiry: element.object.contains_key("expires_at"), ..Has::default() };
        context.covers(SourceClass::Issuer, "openai", kind, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }
}

/// Whether an object is somebody who may use the organisation or a project: it says whose the ids of owners are.
fn is_member(object: &str) -> bool {
    object == "organization.user" || object == "organization.project.user"
}

/// A user owns a key as a person; a service account's key is a workload's, and the account says no more.
fn owner(element: &Element<'_>, record: &mut crate::model::Record) {
    let of = |path: &[&str]| element.text(path);
    let kind = of(&["owner", "type"]).unwrap_or_default();
    match kind.as_str() {
        "user" => {
            let person = of(&["owner", "user", "email"]).or_else(|| of(&["owner", "email"])).or_else(|| of(&["owner", "name"]));
            record.owner = person.and_then(|p| words::owner(&p, OwnedBy::Field));
            let id = of(&["owner", "user", "id"]).or_else(|| of(&["owner", "id"]));
            record.details.extend(id.map(|id| (PERSON.to_owned(), id)));
            record.principal = Class::Human;
        }
        "service_account" => {
            record.principal = Class::Workload;
            if let Some(name) = of(&["owner", "service_account", "name"]).or_else(|| of(&["owner", "name"])) {
                record.details.insert("service_account".to_owned(), name.clone());
                record.owner =
                    Some(OwnerName { value: name.into(), kind: OwnerKind::Unknown, by: OwnedBy::Field }).filter(|o| o.value.contains('@'));
            }
            record.of.extend(of(&["owner", "service_account", "id"]).and_then(|id| Key::new(KeyKind::OpenaiKey, &id)));
        }
        _ if record.kind == RecordKind::ServiceAccount => record.principal = Class::Workload,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::Class;

    #[test]
    fn keys_of_people_and_of_service_accounts_are_told_apart() {
        let text = r#"{"object":"list","data":[{"object":"organization.project.api_key","id":"key_abc","name":"trainer","redacted_value":"sk-proj-...9f2c","created_at":1711471533,"last_used_at":1721471533,"owner":{"type":"service_account","service_account":{"id":"user-x","name":"trainer","role":"member"}}},
          {"object":"organization.project.api_key","id":"key_def","name":"x","redacted_value":"sk-proj-...9f2d","created_at":1711471533,"last_used_at":null,"owner":{"type":"user","user":{"email":"kim@acme.example"}}}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        assert_eq!((register.records[0].principal, register.records[0].owner.is_none()), (Class::Workload, true));
        assert_eq!((register.records[1].principal, register.records[1].owner.is_some()), (Class::Human, true));
        assert_eq!(register.records[0].hint.as_ref().map(|h| h.bits), Some(24.0));
    }
}
