//! Vault Radar and ggscout: indexes of hashed secrets.

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
        "vault-radar index vault --outfile index.jsonl; ggscout fetch"
    }

    fn lacks(&self) -> &'static str {
        "the hashes of Vault Radar have a salt that is kept elsewhere: its places join references alone"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["value_hash", "location"])
            || (element.object.contains_key("hmsl_hash")
                || element.text(&["hash"]).is_some_and(|h| h.len() == 64 && element.object.contains_key("secret_name")))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let location = element.text(&["location"]).or_else(|| element.text(&["secret_name"])).or_else(|| element.text(&["name"]));
        let hash = element.text(&["hmsl_hash"]).or_else(|| element.text(&["hash"]));
        let Some(id) = location.clone().or_else(|| hash.clone()) else { return context.warn(element, "neither place nor hash; left out") };
        let mut record = context.record(SourceClass::Vault, "vault", RecordKind::SecretRef, &id);
        let field = element.text(&["secret_key"]).map(|k| format!("#{k}")).unwrap_or_default();
        let path = location.filter(|l| l.starts_with("vault://")).map(|l| format!("{}{field}", l.split('?').next().unwrap_or_default()));
        record.keys.extend(path.and_then(|p| Key::new(KeyKind::VaultPath, &p)));
        record.keys.extend(hash.filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|h| Key::new(KeyKind::Hmsl, &h)));
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
