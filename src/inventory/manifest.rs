//! Coverage manifests: lines that state what other exports cover.

use super::context::{Context, Element, text, time};
use super::{Importer, Speaks, words};
use crate::model::{Has, Manifest, RecordKind, SourceClass};
use serde_json::Value;

/// `manifest`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "manifest"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Directory, of: &[] }
    }

    fn command(&self) -> &'static str {
        "written by hand or by whoever takes the exports: one JSON object a line, as docs/inventory.md describes"
    }

    fn lacks(&self) -> &'static str {
        ""
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["source_class", "kinds", "source"]) && element.object.get("kinds").is_some_and(Value::is_array)
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let class = element.text(&["source_class"]).and_then(|c| words::class(&c));
        let (Some(source), Some(source_class), Some(provider)) = (element.text(&["source"]), class, element.text(&["provider"])) else {
            return context.warn(
                element,
                "a manifest needs `source`, `source_class` (issuer, governance, vault, usage, pki, directory) and `provider`; left out",
            );
        };
        let scopes = match element.at(&["scopes"]) {
            Some(Value::Array(list)) => Some(list.iter().filter_map(text).collect()),
            Some(Value::String(all)) if all == "*" => None,
            Some(Value::String(one)) => Some(vec![one.clone()]),
            _ => Some(Vec::new()),
        };
        let mut kinds = Vec::new();
        for word in element.list(&["kinds"]).iter().filter_map(text) {
            match RecordKind::named(&word) {
                Some(kind) => kinds.push(kind),
                None => context.warn(element, &format!("there is no kind `{word}`; the others count")),
            }
        }
        let has = |field: &str| element.at(&["has", field]).and_then(Value::as_bool).unwrap_or(false);
        let retention = element.at(&["retention_of_deleted"]).and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()));
        let manifest = Manifest {
            source,
            source_class,
            provider: provider.to_lowercase(),
            scopes,
            kinds,
            complete: element.at(&["complete"]).and_then(Value::as_bool).unwrap_or(false),
            as_of: element.at(&["as_of"]).and_then(time),
            retention_of_deleted: retention.and_then(|days| u32::try_from(days).ok()),
            has: Has {
                owner: has("owner"),
                last_used: has("last_used"),
                expiry: has("expiry"),
                hint: has("hint"),
                fingerprint: has("fingerprint"),
            },
            stated: true,
        };
        context.directory().manifests.push(manifest);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn scopes_are_a_list_or_all() {
        let line = |scopes: &str| {
            format!(
                "{{\"source\":\"cmdb.csv\",\"source_class\":\"governance\",\"provider\":\"AWS\",\"scopes\":{scopes},\"kinds\":[\"access_key\",\"colour\"],\"complete\":true,\"as_of\":\"2026-08-31T12:00:00Z\",\"retention_of_deleted\":\"none\",\"has\":{{\"owner\":true}}}}"
            )
        };
        let register = read_text("coverage.jsonl", &format!("{}\n{}\n", line("[\"1\",\"2\"]"), line("\"*\"")), Vec::new());
        assert_eq!(register.manifests[0].scopes.as_deref().map(<[String]>::len), Some(2));
        assert_eq!(register.manifests[1].scopes, None);
        assert!(register.manifests[0].complete && register.manifests[0].has.owner && register.manifests[0].provider == "aws");
        assert!(register.warnings.iter().any(|w| w.contains("no kind `colour`")), "{:?}", register.warnings);
    }
}
