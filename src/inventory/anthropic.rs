//! Anthropic: API keys of an organisation.

use super::accounts::PERSON;
use super::{Context, Element, Importer, Speaks, hint, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `anthropic`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "anthropic"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["anthropic"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.anthropic.com/v1/organizations/api_keys?limit=1000 and /v1/organizations/users, which names creators, with an admin key"
    }

    fn lacks(&self) -> &'static str {
        "no last use; who created a key is an id that names no person; the organisation is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is = |kind: &str| element.text(&["type"]).is_some_and(|t| t == kind);
        (is("api_key") && element.object.contains_key("partial_key_hint"))
            || (is("user") && element.has(&["id", "email", "role", "added_at"]))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["id"]) else { return context.warn(element, "a key without an id; left out") };
        if let Some(address) = element.text(&["email"]) {
            return context.names("", &id, &address); // a member: it says whose the ids of creators are
        }
        let mut record = context.record(SourceClass::Issuer, "anthropic", RecordKind::ApiKey, &id);
        record.keys.extend(Key::new(KeyKind::AnthropicKey, &id));
        record.display = element.text(&["name"]).map(Into::into);
        record.created = element.time(&["created_at"]);
        record.last_rotated = record.created;
        record.expires = element.time(&["expires_at"]);
        record.status = match element.text(&["status"]).as_deref() {
            Some("active") => Status::Active,
            Some("inactive" | "archived") => Status::Inactive,
            Some("expired") => Status::Expired,
            _ => Status::Unknown,
        };
        record.owner = element.text(&["created_by", "email"]).and_then(|c| words::owner(&c, OwnedBy::Field));
        record.details.extend(element.text(&["created_by", "id"]).map(|id| (PERSON.to_owned(), id)));
        let common = hint::Common { prefixes: &["sk-ant-", "sk-ant-api03-", "sk-ant-admin01-"], suffix: "AA", bits: 6.0 };
        record.hint = element.text(&["partial_key_hint"]).and_then(|s| hint::parse(&s, common));
        record.details.extend(element.text(&["workspace_id"]).map(|w| ("workspace".to_owned(), w)));
        let scope = context.scope().map(str::to_owned);
        let has = Has { owner: true, expiry: true, hint: true, ..Has::default() };
        context.covers(SourceClass::Issuer, "anthropic", RecordKind::ApiKey, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::Status;

    #[test]
    fn a_key_shows_both_ends_and_an_archived_one_is_off() {
        let text = r#"{"data":[{"id":"apikey_01Example","type":"api_key","name":"eval","workspace_id":"wrkspc_01Example","created_at":"2024-10-30T23:58:27Z","created_by":{"id":"user_01Example","type":"user"},"partial_key_hint":"sk-ant-api03-R2D...igAA","status":"archived","expires_at":null}],"has_more":false}"#;
        let register = read_text("keys.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!((record.status, record.hint.as_ref().map(|h| h.bits)), (Status::Inactive, Some(30.0)));
    }
}
