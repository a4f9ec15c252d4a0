//! Fingerprints that a vault's team computed: secrets known without being shown.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, digest_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
        let made = element.has(&["kfp1"]) || (element.has(&["path"]) && ["hmac", "Mac"].iter().any(|f| element.object.contains_key(*f)));
        made && !element.object.contains_key("schema")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let own = element.text(&["kfp1"]).or_else(|| ["hmac", "Mac"].iter().find_map(|f| of_mac(&element.text(&[f])?)));
        let Some(fingerprint) = own.and_then(|k| Key::new(KeyKind::Kfp1, &k)).filter(|k| k.value.len() == 22) else {
            return context.warn(element, "a fingerprint is 22 characters of base64url, or an HMAC-SHA-256 in base64; left out");
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

/// The fingerprint in the whole HMAC that Vault's transit engine (`vault:v1:BASE64`) or a KMS (`Mac`) makes of a SHA-256.
fn of_mac(text: &str) -> Option<String> {
    let bare = text.strip_prefix("vault:").and_then(|t| t.split_once(':')).map_or(text, |(_, mac)| mac);
    let mac = digest_bytes(bare).filter(|m| m.len() == 32)?;
    Some(URL_SAFE_NO_PAD.encode(&mac[..16]))
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

    #[test]
    fn what_transit_and_a_kms_make_is_the_same_fingerprint() {
        use super::*;
        use base64::engine::general_purpose::STANDARD;
        use hmac::{Hmac, KeyInit, Mac};
        use sha2::{Digest, Sha256};
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(&Sha256::digest(b"FAKE-secret-value-000"));
        let whole = STANDARD.encode(mac.finalize().into_bytes());
        let own = crate::model::fingerprint(&[7; 32], b"FAKE-secret-value-000");
        assert_eq!((of_mac(&format!("vault:v1:{whole}")), of_mac(&whole)), (Some(own.clone()), Some(own)));
        let text = format!("{{\"path\":\"kv/a#b\",\"hmac\":\"vault:v1:{whole}\"}}\n{{\"path\":\"kv/c\",\"Mac\":\"c2hvcnQ=\"}}\n");
        let register = read_text("transit.jsonl", &text, Vec::new());
        assert!(register.records.len() == 1 && register.warnings.iter().any(|w| w.contains("HMAC-SHA-256")), "{:?}", register.warnings);
    }
}
