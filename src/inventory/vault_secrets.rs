//! Vault: secrets of a KV engine, their metadata or, fingerprinted and dropped, their values.

use super::context::{Context, ENVIRONMENT_TAGS, Element, text};
use super::{Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};
use serde_json::Value;

/// `vault-secrets`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "vault-secrets"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Vault, of: &["vault"] }
    }

    fn command(&self) -> &'static str {
        "vault kv metadata get -format=json PATH, for each path"
    }

    fn lacks(&self) -> &'static str {
        "the answer does not repeat its path: state it in a manifest (`scopes`), or name the file after it; no last use (that is in the audit log)"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let of = |object: &str| element.at(&[object]).and_then(Value::as_object);
        let metadata = of("data").is_some_and(|d| d.contains_key("current_version") && d.contains_key("versions"));
        let values = of("data").is_some_and(|d| d.contains_key("data") && d.get("metadata").is_some_and(|m| m.get("version").is_some()));
        metadata || values || (element.has(&["current_version", "versions", "created_time"]))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let inner = element.at(&["data"]).filter(|d| d.is_object());
        let stated = ["path", "secret_path"].iter().find_map(|f| element.text(&[f]));
        let Some(path) = stated.or_else(|| context.scope().map(str::to_owned)) else {
            return context.note("nothing says which path this is, so it joins with nothing; state it in a manifest (`scopes`)");
        };
        let field = |name: &str| inner.and_then(|d| d.get(name)).or_else(|| element.object.get(name));
        let values = field("data").and_then(Value::as_object);
        let metadata = field("metadata");
        let of = |name: &str| metadata.and_then(|m| m.get(name)).or_else(|| field(name));
        let mut record = context.record(SourceClass::Vault, "vault", RecordKind::SecretRef, &path);
        record.keys.extend(Key::new(KeyKind::VaultPath, &path));
        record.display = Some(path.as_str().into());
        record.scope = Some(path.as_str().into());
        record.created = of("created_time").and_then(super::context::time);
        record.last_rotated = field("updated_time").and_then(super::context::time).or(record.created);
        let custom = of("custom_metadata").cloned().unwrap_or_default();
        record.owner = ["owner", "team", "owner_email"]
            .iter()
            .find_map(|f| custom.get(*f).and_then(text))
            .and_then(|o| words::owner(&o, OwnedBy::Field));
        record.environment = ENVIRONMENT_TAGS.iter().find_map(|f| custom.get(*f).and_then(text)).map(Into::into);
        let gone = current(field("versions"), field("current_version")).is_some_and(|v| is_gone(&v)) || metadata.is_some_and(is_gone);
        record.status = if gone { Status::Deleted } else { Status::Active };
        let has = Has { owner: true, fingerprint: values.is_some(), ..Has::default() };
        context.covers(SourceClass::Vault, "vault", RecordKind::SecretRef, Some(&path), true, has);
        let keys: Vec<(String, Vec<Key>)> =
            values.into_iter().flatten().filter_map(|(name, v)| Some((format!("{path}#{name}"), context.secret(&text(v)?)))).collect();
        let template = record.clone();
        context.push(record);
        for (id, secret) in keys {
            let mut one = template.clone();
            one.id = id.as_str().into();
            one.display = Some(id.as_str().into());
            one.keys = Key::new(KeyKind::VaultPath, &id).into_iter().chain(secret).collect();
            context.push(one);
        }
    }
}

/// The newest version of a secret.
fn current(versions: Option<&Value>, number: Option<&Value>) -> Option<Value> {
    versions?.get(number.and_then(text)?).cloned()
}

fn is_gone(version: &Value) -> bool {
    version.get("destroyed") == Some(&Value::Bool(true)) || version.get("deletion_time").and_then(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Manifest, RecordKind, SourceClass, Status};

    fn stated(path: &str) -> Vec<Manifest> {
        vec![Manifest {
            source: "x.json".into(),
            source_class: SourceClass::Vault,
            provider: "vault".into(),
            scopes: Some(vec![path.into()]),
            kinds: vec![RecordKind::SecretRef],
            complete: true,
            as_of: None,
            retention_of_deleted: None,
            has: Default::default(),
            stated: true,
        }]
    }

    #[test]
    fn metadata_and_values_are_read_at_the_stated_path() {
        let metadata = r#"{"request_id":"r","data":{"created_time":"2023-01-01T00:00:00Z","updated_time":"2024-01-01T00:00:00Z","current_version":1,"custom_metadata":{"owner":"payments"},"versions":{"1":{"created_time":"2023-01-01T00:00:00Z","deletion_time":"2025-01-01T00:00:00Z","destroyed":false}}}}"#;
        let register = read_text("x.json", metadata, stated("kv/app"));
        assert_eq!((&*register.records[0].keys[0].value, register.records[0].status), ("kv/app", Status::Deleted));
        let values = r#"{"data":{"data":{"api_key":"FAKE-secret-value-000"},"metadata":{"created_time":"2023-01-01T00:00:00Z","version":3,"destroyed":false,"deletion_time":""}}}"#;
        let register = read_text("x.json", values, stated("kv/app"));
        assert!(register.records[1].keys.iter().any(|k| k.kind == KeyKind::Kfp1) && &*register.records[1].id == "kv/app#api_key");
        assert!(!format!("{register:?}").contains("FAKE-secret"));
        assert!(read_text("y.json", metadata, Vec::new()).warnings.iter().any(|w| w.contains("which path")));
    }
}
