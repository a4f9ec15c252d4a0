//! Meshes and gateways: access logs as JSON lines that name the calling workload or consumer (Istio, Envoy, Kong).

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass};

/// `mesh-log`.
pub(super) struct Format;

/// Fields that hold the caller's SPIFFE id.
const CALLERS: &[&str] = &["downstream_peer_uri_san", "source_principal", "downstream_peer_principal", "source.principal"];
/// Fields that hold the moment.
const TIMES: &[&str] = &["start_time", "time", "timestamp", "@timestamp", "started_at"];

impl Importer for Format {
    fn id(&self) -> &'static str {
        "mesh-log"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Usage, of: &["spiffe", "kong"] }
    }

    fn command(&self) -> &'static str {
        "the access log as JSON lines, with a field downstream_peer_uri_san: \"%DOWNSTREAM_PEER_URI_SAN%\" and start_time: \"%START_TIME%\" (Istio, Envoy); Kong's file-log or http-log"
    }

    fn lacks(&self) -> &'static str {
        "last use alone, of callers that were authenticated"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let has = |fields: &[&str]| fields.iter().any(|f| element.object.contains_key(*f));
        (has(CALLERS) && has(TIMES)) || element.has(&["authenticated_entity", "started_at"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(time) = TIMES.iter().find_map(|f| element.time(&[f])) else {
            return context.warn(element, "a line without a time; left out");
        };
        let caller = CALLERS.iter().find_map(|f| element.text(&[f])).filter(|c| c.len() > 1);
        let consumer = element.text(&["authenticated_entity", "id"]);
        let (provider, kind, id) = match (caller, consumer) {
            (Some(caller), _) if caller.starts_with("spiffe://") => ("spiffe", RecordKind::WorkloadId, caller),
            // Istio's attribute leaves out the scheme.
            (Some(caller), _) => ("spiffe", RecordKind::WorkloadId, format!("spiffe://{caller}")),
            (None, Some(id)) => ("kong", RecordKind::ApiKey, id),
            (None, None) => return, // nobody was authenticated
        };
        if context.used_before(&id, time) {
            return;
        }
        let mut record = context.record(SourceClass::Usage, provider, kind, &id);
        if provider == "spiffe" {
            record.keys.extend(Key::new(KeyKind::SpiffeId, &id));
            record.scope = id.trim_start_matches("spiffe://").split('/').next().map(Into::into);
        }
        record.display = element.text(&["consumer", "username"]).or_else(|| Some(id.clone())).map(Into::into);
        record.principal = Class::Workload;
        record.last_used = Some(time);
        let scope = record.scope.clone();
        context.covers(SourceClass::Usage, provider, kind, scope.as_deref(), false, Has { last_used: true, ..Has::default() });
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn a_log_becomes_one_record_a_caller() {
        let line = |time: &str| {
            format!(r#"{{"start_time":"{time}","downstream_peer_uri_san":"spiffe://prod.example/ns/ml/sa/trainer","response_code":200}}"#)
        };
        let text = format!(
            "{}\n{}\n{{\"start_time\":\"2026-01-03T00:00:00Z\",\"downstream_peer_uri_san\":\"-\"}}\n{}\n",
            line("2026-01-02T00:00:00.123Z"),
            line("2026-01-01T00:00:00Z"),
            r#"{"authenticated_entity":{"id":"c1"},"consumer":{"username":"shop"},"started_at":1735689600000,"request":{"uri":"/x"}}"#
        );
        let register = read_text("access.log", &text, Vec::new());
        let told: Vec<_> = register.records.iter().map(|r| (&*r.provider, r.last_used.map(|t| t.to_string()))).collect();
        assert_eq!(
            told,
            [("spiffe", Some("2026-01-02T00:00:00Z".to_owned())), ("kong", Some("2025-01-01T00:00:00Z".to_owned()))],
            "{:?}",
            register.warnings
        );
    }
}
