//! SPIRE: registration entries, `spire-server entry show -output json`.

use super::context::text;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass, Status};

/// `spire`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "spire"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["spiffe"] }
    }

    fn command(&self) -> &'static str {
        "spire-server entry show -output json"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no last use"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["spiffe_id", "selectors"]) || element.has(&["spiffe_id", "parent_id"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let domain = element.text(&["spiffe_id", "trust_domain"]);
        let path = element.text(&["spiffe_id", "path"]).unwrap_or_default();
        let spiffe = element.text(&["spiffe_id"]).or_else(|| domain.as_ref().map(|d| format!("spiffe://{d}{path}")));
        let Some(spiffe) = spiffe else { return context.warn(element, "an entry without a SPIFFE id; left out") };
        let domain = domain.or_else(|| spiffe.trim_start_matches("spiffe://").split('/').next().map(str::to_owned));
        let mut record = context.record(SourceClass::Issuer, "spiffe", RecordKind::WorkloadId, &spiffe);
        record.keys.extend(Key::new(KeyKind::SpiffeId, &spiffe));
        // Istio's ids name a service account.
        let parts: Vec<&str> = spiffe.split('/').collect();
        if let [.., "ns", namespace, "sa", account] = parts.as_slice() {
            record.of.extend(Key::new(KeyKind::K8sSa, &format!("{namespace}/{account}")));
        }
        record.scope = domain.as_deref().map(Into::into);
        record.display = Some(spiffe.as_str().into());
        record.principal = Class::Workload;
        record.created = element.time(&["created_at"]);
        record.expires = element.time(&["expires_at"]);
        record.status = Status::Active;
        if element.text(&["admin"]).is_some_and(|a| a == "true") {
            record.privileges.push("admin".into());
        }
        let selectors: Vec<String> = element
            .list(&["selectors"])
            .iter()
            .filter_map(|s| Some(format!("{}:{}", text(s.get("type")?)?, text(s.get("value")?)?)))
            .collect();
        record.details.insert("selectors".to_owned(), selectors.join(" "));
        context.covers(
            SourceClass::Issuer,
            "spiffe",
            RecordKind::WorkloadId,
            domain.as_deref(),
            true,
            Has { expiry: true, ..Has::default() },
        );
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn numbers_may_be_text() {
        let text = r#"{"entries":[{"id":"7d6f","spiffe_id":{"trust_domain":"prod.example","path":"/ns/ml/sa/trainer"},"parent_id":{},"selectors":[{"type":"k8s","value":"ns:ml"}],"x509_svid_ttl":3600,"expires_at":"0","created_at":"1737000000"}],"next_page_token":""}"#;
        let register = read_text("spire.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!(&*record.id, "spiffe://prod.example/ns/ml/sa/trainer");
        assert!(record.created.is_some() && record.expires.is_none() && record.of.len() == 1);
    }
}
