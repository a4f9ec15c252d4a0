//! Supabase: API keys of a project.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, RecordKind, SourceClass};

/// `supabase`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    id: &[&["id"], &["name"]],
    created: &[&["inserted_at"]],
    secret: &[&["api_key"]],
    ..Listing::of("supabase", RecordKind::ApiKey)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "supabase"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["supabase"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.supabase.com/v1/projects/REF/api-keys?reveal=true, for each project; supabase projects api-keys --project-ref REF -o json"
    }

    fn lacks(&self) -> &'static str {
        "no owner, no dates of legacy keys, no last use; the project is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["name", "api_key"])
            && (element.has(&["type"]) || element.text(&["name"]).is_some_and(|n| ["anon", "service_role"].contains(&n.as_str())))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(mut record) = KEYS.record(element, context) else { return };
        if element.text(&["name"]).is_some_and(|n| n == "service_role") || element.text(&["type"]).is_some_and(|t| t == "secret") {
            record.privileges.push("admin".into());
        }
        record.principal = Class::Workload;
        KEYS.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_key_is_fingerprinted_and_dropped() {
        let secret = format!("sb_secret_{}", "fAkE0".repeat(6));
        let text = format!(
            r#"[{{"name":"default","id":"k1","type":"secret","api_key":"{secret}","inserted_at":"2026-01-01T00:00:00Z"}},{{"name":"anon","id":"anon","type":"legacy","api_key":"sb_publishable_abc***"}}]"#
        );
        let register = read_text("keys.json", &text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::Kfp1) && &*register.records[0].privileges[0] == "admin");
        assert!(!register.records[1].keys.iter().any(|k| k.kind == KeyKind::Kfp1), "hidden characters are no secret");
        assert!(!format!("{register:?}").contains(&secret));
    }
}
