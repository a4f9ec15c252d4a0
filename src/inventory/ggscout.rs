//! ggscout: an inventory of secret stores whose values are hashed as GitGuardian's HasMySecretLeaked does.
//!
//! The shape is not published, so anything with a name or path and a hash of 64 hexadecimal digits is taken.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass};
use serde_json::Value;

/// `ggscout`.
pub(super) struct Format;

/// Fields that hold a hash.
const HASHES: &[&str] = &["hmsl_hash", "secret_hash", "hash", "hashed_value", "value_hash"];
/// Fields that say where the secret lies, the most telling first.
const PLACES: &[&str] = &["path", "secret_path", "name", "resource_id", "key"];

impl Importer for Format {
    fn id(&self) -> &'static str {
        "ggscout"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Vault, of: &[] }
    }

    fn command(&self) -> &'static str {
        "ggscout fetch --output inventory.json"
    }

    fn lacks(&self) -> &'static str {
        "its shape is not published: hashes of 64 hexadecimal digits beside a name or path are taken; each finding then costs some milliseconds to compare"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is_hash = |field: &str| element.text(&[field]).is_some_and(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit()));
        // OpenRouter's and Vault Radar's hashes are others.
        let is_other = ["label", "secret_type", "secret_age_days"].iter().any(|f| element.object.contains_key(*f));
        !is_other && HASHES.iter().any(|f| is_hash(f)) && PLACES.iter().any(|f| element.object.contains_key(*f))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let of = |fields: &[&str]| fields.iter().find_map(|f| element.text(&[f]));
        let (Some(hash), Some(place)) = (of(HASHES), of(PLACES)) else {
            return context.warn(element, "a secret without a path or name; left out");
        };
        let mut record = context.record(SourceClass::Vault, "vault", RecordKind::SecretRef, &place);
        record.keys.extend(Key::new(KeyKind::Hmsl, &hash));
        record.keys.extend(of(&["path", "secret_path"]).and_then(|p| Key::new(KeyKind::VaultPath, &p)));
        record.owner = of(&["owner", "owner_email"]).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.environment = of(&["environment", "env"]).map(Into::into);
        record.created = element.time(&["created_at"]).or_else(|| element.time(&["created"]));
        record.last_rotated = element.time(&["updated_at"]).or_else(|| element.time(&["last_rotated_at"]));
        if let Some(Value::String(source)) = element.object.get("source") {
            record.details.insert("store".to_owned(), source.clone());
        }
        context.covers(SourceClass::Vault, "vault", RecordKind::SecretRef, None, false, Has { fingerprint: true, ..Has::default() });
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_hash_beside_a_path_is_a_secret_of_a_store() {
        let text = format!(
            r#"{{"secrets":[{{"path":"kv/app","hmsl_hash":"{0}","created_at":"2026-01-01T00:00:00Z"}},{{"path":"","hmsl_hash":"{0}"}}]}}"#,
            "0a".repeat(32)
        );
        let register = read_text("ggscout.json", &text, Vec::new());
        assert!(register.records.len() == 1 && register.records[0].keys.iter().any(|k| k.kind == KeyKind::Hmsl));
        assert!(register.warnings.iter().any(|w| w.contains("without a path or name")), "{:?}", register.warnings);
    }
}
