//! LiteLLM: virtual keys of a proxy, which it keeps as SHA-256.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, OwnerKind, OwnerName, RecordKind, SourceClass, Status};

/// `litellm`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "litellm"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["litellm"] }
    }

    fn command(&self) -> &'static str {
        "GET https://PROXY/key/list?return_full_object=true (pages), or /key/info"
    }

    fn lacks(&self) -> &'static str {
        "not which proxy it is: state its host in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is_digest = |field: &str| element.text(&[field]).is_some_and(|t| t.len() == 64 && t.bytes().all(|b| b.is_ascii_hexdigit()));
        let spend = is_digest("api_key") && element.object.contains_key("startTime");
        (is_digest("token") && ["key_alias", "key_name", "team_id", "spend"].iter().any(|f| element.object.contains_key(*f))) || spend
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let scope = context.scope().map(str::to_owned);
        if let (Some(digest), Some(time)) = (element.text(&["api_key"]), element.time(&["startTime"])) {
            if !context.used_before(&digest, time) {
                let mut record = context.record(SourceClass::Usage, "litellm", RecordKind::ApiKey, &digest);
                record.keys.extend(Key::new(KeyKind::S256, &digest));
                record.last_used = Some(time);
                context.covers(
                    SourceClass::Usage,
                    "litellm",
                    RecordKind::ApiKey,
                    scope.as_deref(),
                    false,
                    Has { last_used: true, ..Has::default() },
                );
                context.push(record);
            }
            return;
        }
        let Some(digest) = element.text(&["token"]) else { return };
        let mut record = context.record(SourceClass::Issuer, "litellm", RecordKind::ApiKey, &digest);
        record.keys.extend(Key::new(KeyKind::S256, &digest));
        record.display = element.text(&["key_alias"]).map(Into::into);
        record.created = element.time(&["created_at"]);
        record.last_rotated = record.created;
        record.last_used = element.time(&["last_active"]);
        record.expires = element.time(&["expires"]);
        let user = element.text(&["user_id"]).filter(|u| u != "default_user_id").and_then(|u| words::owner(&u, OwnedBy::Field));
        let team = element.text(&["team_alias"]).or_else(|| element.text(&["team_id"]));
        record.owner = user.or_else(|| team.map(|t| OwnerName { value: t.into(), kind: OwnerKind::Team, by: OwnedBy::Field }));
        record.principal = Class::Unknown;
        record.environment = element.text(&["metadata", "environment"]).or_else(|| element.text(&["metadata", "env"])).map(Into::into);
        record.status = if element.text(&["blocked"]).is_some_and(|b| b == "true") { Status::Inactive } else { Status::Active };
        let has =
            Has { owner: true, last_used: element.object.contains_key("last_active"), expiry: true, fingerprint: true, ..Has::default() };
        context.covers(SourceClass::Issuer, "litellm", RecordKind::ApiKey, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn the_token_is_the_digest() {
        let text = r#"{"keys":[{"token":"111f74b569795e5910518be3f291704ad7f908c3afb3f75258340f3a4f170bf7","key_name":"sk-...-000","key_alias":"eval","team_id":"ml","user_id":"kim@acme.example","expires":null,"created_at":"2024-01-01T00:00:00Z"}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::S256 && k.value.starts_with("111f74b5")));
        assert_eq!(register.records[0].owner.as_ref().map(|o| &*o.value), Some("kim@acme.example"));
    }
}
