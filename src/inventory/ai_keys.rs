//! Keys of AI services that list them alike: OpenRouter, LangSmith, Langfuse, ElevenLabs, xAI.

use super::hint::{self, Common};
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Hint, Key, KeyKind, OwnedBy, Record, RecordKind, SourceClass, Status};

/// `ai-keys`.
pub(super) struct Format;

/// The services, by what no other answer has.
fn provider(element: &Element<'_>) -> Option<&'static str> {
    let has = |fields: &[&str]| element.has(fields);
    let short = element.text(&["short_key"]).unwrap_or_default();
    Some(match () {
        () if has(&["hash", "label", "disabled"]) => "openrouter",
        () if short.starts_with("lsv2_") => "langsmith",
        () if has(&["publicKey", "displaySecretKey"]) => "langfuse",
        () if has(&["key_id", "hint"]) && element.object.contains_key("created_at_unix") => "elevenlabs",
        () if has(&["redactedApiKey"])
            || (has(&["redacted_api_key"]) && (element.object.contains_key("team_id") || element.object.contains_key("acls"))) =>
        {
            "xai"
        }
        () => return None,
    })
}

impl Importer for Format {
    fn id(&self) -> &'static str {
        "ai-keys"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["openrouter", "langsmith", "langfuse", "elevenlabs", "xai"] }
    }

    fn command(&self) -> &'static str {
        "OpenRouter GET /api/v1/keys; LangSmith GET /api/v1/orgs/current/personal-access-tokens and /api/v1/api-key; Langfuse GET /api/public/organizations/apiKeys; ElevenLabs GET /v1/service-accounts/ID/api-keys; xAI GET https://management-api.x.ai/auth/teams/TEAM/api-keys"
    }

    fn lacks(&self) -> &'static str {
        "a few characters of each key at most; the organisation is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        provider(element).is_some()
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(provider) = provider(element) else { return };
        let id = ["key_id", "apiKeyId", "api_key_id", "id", "publicKey", "hash"].iter().find_map(|f| element.text(&[f]));
        let Some(id) = id else { return context.warn(element, "a key without an id; left out") };
        let mut record = context.record(SourceClass::Issuer, provider, RecordKind::ApiKey, &id);
        recognise(element, provider, &id, &mut record);
        let text = |fields: &[&str]| fields.iter().find_map(|f| element.text(&[f]));
        let time = |fields: &[&str]| fields.iter().find_map(|f| element.time(&[f]));
        record.display = text(&["name", "label", "description", "note"]).map(Into::into);
        record.owner = text(&["creatorEmail", "created_by_email", "email", "owner"]).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.created = time(&["created_at", "createdAt", "create_time", "createTime", "created_at_unix"]);
        record.last_rotated = record.created;
        record.last_used = time(&["last_used_at", "lastUsedAt", "last_used"]);
        record.expires = time(&["expires_at", "expiresAt"]);
        let says = |fields: &[&str]| text(fields).is_some_and(|v| v == "true");
        let off = says(&["disabled", "is_disabled", "api_key_disabled", "api_key_blocked", "disabledByAdmin", "team_blocked", "blocked"]);
        record.status = if off { Status::Inactive } else { Status::Active };
        let scope = context.scope().map(str::to_owned);
        let has = Has {
            last_used: ["last_used_at", "lastUsedAt"].iter().any(|f| element.object.contains_key(*f)),
            expiry: ["expires_at", "expiresAt"].iter().any(|f| element.object.contains_key(*f)),
            hint: record.hint.is_some(),
            ..Has::default()
        };
        context.covers(SourceClass::Issuer, provider, RecordKind::ApiKey, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }
}

/// What a key can be recognised by.
fn recognise(element: &Element<'_>, provider: &str, id: &str, record: &mut Record) {
    let shown = |fields: &[&str]| fields.iter().find_map(|f| element.text(&[f]));
    match provider {
        "langfuse" => record.keys.extend(element.text(&["publicKey"]).and_then(|k| Key::new(KeyKind::LangfusePublic, &k))),
        "langsmith" => {
            record.keys.extend(Key::new(KeyKind::LangsmithKey, id));
            let short = element.text(&["short_key"]).unwrap_or_default();
            record.principal = if short.starts_with("lsv2_pt_") { Class::Human } else { Class::Workload };
            record.hint = langsmith(&short);
        }
        "elevenlabs" => {
            record.hint = shown(&["hint"]).and_then(|h| hint::parse(&h, Common { prefixes: &["sk_"], suffix: "", bits: hint::HEX }));
        }
        "xai" => {
            record.hint = shown(&["redactedApiKey", "redacted_api_key"])
                .and_then(|h| hint::parse(&h, Common { prefixes: &["xai-"], suffix: "", bits: hint::BASE62 }));
        }
        // The hash of OpenRouter's answer is not known to be one of the key: the label shows its ends.
        "openrouter" => {
            record.hint = shown(&["label"]).and_then(|h| hint::parse(&h, Common { prefixes: &["sk-or-v1-"], suffix: "", bits: hint::HEX }));
        }
        _ => {}
    }
}

/// `lsv2_sk_abcd`: what kind it is, and the last four characters.
fn langsmith(short: &str) -> Option<Box<Hint>> {
    let (prefix, suffix) = short.split_at_checked(8)?;
    (!suffix.is_empty()).then(|| {
        Box::new(Hint {
            prefix: prefix.into(),
            suffix: suffix.trim_start_matches('.').into(),
            bits: suffix.len() as f32 * hint::HEX,
            within: None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, KeyKind, Status};

    #[test]
    fn services_are_told_apart() {
        let text = r#"{"data":[{"hash":"aa","label":"sk-or-v1-abc...123","name":"dev","disabled":true,"created_at":"2024-01-01T00:00:00Z"}]}
[{"id":"11111111-0000-4000-8000-000000000001","short_key":"lsv2_pt_abcd","description":"kim","last_used_at":null,"expires_at":null,"created_at":"2024-01-01T00:00:00Z"}]
{"apiKeys":[{"id":"x","publicKey":"pk-lf-1234","displaySecretKey":"sk-lf-...abcd","createdAt":"2024-01-01T00:00:00Z"}]}
[{"key_id":"k","name":"n","hint":"...ab12","is_disabled":false,"created_at_unix":1700000000}]
{"apiKeys":[{"redactedApiKey":"xai-...AbCd","apiKeyId":"y","name":"z","acls":[],"apiKeyBlocked":false}]}"#;
        let register = read_text("ai.json", text, Vec::new());
        let providers: Vec<&str> = register.records.iter().map(|r| &*r.provider).collect();
        assert_eq!(providers, ["openrouter", "langsmith", "langfuse", "elevenlabs", "xai"], "{:?}", register.warnings);
        assert_eq!(register.records[0].status, Status::Inactive);
        assert_eq!((register.records[1].principal, register.records[1].hint.as_ref().map(|h| h.bits)), (Class::Human, Some(16.0)));
        assert!(register.records[2].keys.iter().any(|k| k.kind == KeyKind::LangfusePublic));
        assert_eq!(register.records[4].hint.as_ref().map(|h| h.suffix.to_string()).as_deref(), Some("AbCd"));
    }
}
