//! Vault Radar: the index of secrets in a vault.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, Key, KeyKind, RecordKind, SourceClass};

/// `vault-radar`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "vault-radar"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Vault, of: &["vault"] }
    }

    fn command(&self) -> &'static str {
        "vault-radar index vault --outfile index.jsonl"
    }

    fn lacks(&self) -> &'static str {
        "its hashes have a salt that is kept elsewhere: its places join references alone"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["value_hash", "location"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(location) = element.text(&["location"]) else { return context.warn(element, "a secret without a place; left out") };
        let mut record = context.record(SourceClass::Vault, "vault", RecordKind::SecretRef, &location);
        let field = element.text(&["secret_key"]).map(|k| format!("#{k}")).unwrap_or_default();
        let path = location.split('?').next().filter(|l| l.starts_with("vault://"));
        record.keys.extend(path.and_then(|p| Key::new(KeyKind::VaultPath, &format!("{p}{field}"))));
        record.display = element.text(&["secret_type"]).map(Into::into);
        context.covers(SourceClass::Vault, "vault", RecordKind::SecretRef, None, false, Has::default());
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn a_place_is_a_path() {
        let text = "{\"value_hash\":\"x\",\"secret_key\":\"aws_secret_key\",\"secret_type\":\"aws_secret_access_key\",\"secret_age_days\":412,\"location\":\"vault://vault.example:8200/v1/eng/data/aws?version=1\"}\n";
        let register = read_text("radar.jsonl", text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| &*k.value == "eng/aws#aws_secret_key"), "{:?}", register.records[0].keys);
    }
}
