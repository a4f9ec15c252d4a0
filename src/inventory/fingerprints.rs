//! Fingerprints that a vault's team computed: secrets known without being shown.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass};

/// `fingerprints`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "fingerprints"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Vault, of: &[] }
    }

    fn command(&self) -> &'static str {
        "vault kv get -format=json PATH | keysweep inventory fingerprint --key org.key"
    }

    fn lacks(&self) -> &'static str {
        ""
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["kfp1"]) && !element.object.contains_key("schema")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let fingerprint = element.text(&["kfp1"]).and_then(|k| Key::new(KeyKind::Kfp1, &k)).filter(|k| k.value.len() == 22);
        let Some(fingerprint) = fingerprint else {
            return context.warn(element, "a fingerprint is 22 characters of base64url; left out");
        };
        if let Some(kid) = element.text(&["kid"]).filter(|kid| *kid != context.kid()) {
            context.note(&format!(
                "fingerprints were made with the key {kid}, and this scan has {}: they match nothing; give that key with --key",
                context.kid()
            ));
        }
        let path = element.text(&["path"]);
        let id = path.clone().unwrap_or_else(|| fingerprint.value.to_string());
        let mut record = context.record(SourceClass::Vault, "vault", RecordKind::SecretRef, &id);
        record.keys.push(fingerprint);
        record.keys.extend(path.as_deref().and_then(|p| Key::new(KeyKind::VaultPath, p)));
        record.owner = element.text(&["owner"]).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.created = element.time(&["created"]);
        record.environment = element.text(&["environment"]).map(Into::into);
        context.covers(
            SourceClass::Vault,
            "vault",
            RecordKind::SecretRef,
            None,
            false,
            Has { owner: true, fingerprint: true, ..Has::default() },
        );
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_fingerprint_is_a_key_and_another_key_is_told() {
        let line = "{\"source\":\"vault:prod\",\"path\":\"kv/trainer#openai\",\"kfp1\":\"iHQ7tBPSmrAY8SphtKPy2Q\",\"kid\":\"9a1b2c3d\",\"created\":\"2024-02-01T00:00:00Z\",\"owner\":\"ml\"}\n{\"kfp1\":\"short\"}\n";
        let register = read_text("f.jsonl", line, Vec::new());
        assert_eq!(register.records.len(), 1);
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::VaultPath && &*k.value == "kv/trainer#openai"));
        assert!(
            register.warnings.iter().any(|w| w.contains("key 9a1b2c3d"))
                && register.warnings.iter().any(|w| w.contains("element 2") || w.contains("line 2"))
        );
    }
}
