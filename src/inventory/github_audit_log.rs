//! GitHub: the audit log, which tells the digest of the token of each action.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass};

/// `github-audit-log`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "github-audit-log"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Usage, of: &["github"] }
    }

    fn command(&self) -> &'static str {
        "gh api --paginate '/orgs/ORG/audit-log?include=all', or the log's export or stream with git events"
    }

    fn lacks(&self) -> &'static str {
        "only tokens that were used while the log is kept; no owner, no age and no end"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["action"])
            && (element.object.contains_key("@timestamp") || element.object.contains_key("created_at"))
            && (element.object.contains_key("hashed_token") || element.object.contains_key("actor"))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(digest) = element.text(&["hashed_token"]) else { return };
        let Some(key) = Key::new(KeyKind::S256, &digest) else {
            return context.warn(element, "the hashed token is no SHA-256 in base64; left out");
        };
        let Some(time) = element.time(&["@timestamp"]).or_else(|| element.time(&["created_at"])) else {
            return context.warn(element, "no time that can be read; left out");
        };
        if context.used_before(&digest, time) {
            return;
        }
        let kind = element.text(&["programmatic_access_type"]).unwrap_or_default();
        let record_kind = if kind.contains("key") { RecordKind::SshKey } else { RecordKind::Token };
        let mut record = context.record(SourceClass::Usage, "github", record_kind, &digest);
        record.keys.push(key);
        record.scope = element.text(&["org"]).map(Into::into);
        record.display = element.text(&["actor"]).map(|a| format!("{kind} of {a}").trim().into());
        record.principal =
            if kind.starts_with("Personal access token") || kind.starts_with("Fine-grained") { Class::Human } else { Class::Unknown };
        record.last_used = Some(time);
        for detail in ["actor", "repo", "token_scopes", "programmatic_access_type"] {
            if let Some(value) = element.text(&[detail]) {
                record.details.insert(detail.to_owned(), value);
            }
        }
        let scope = record.scope.clone();
        let has = Has { last_used: true, fingerprint: true, ..Has::default() };
        context.covers(SourceClass::Usage, "github", record_kind, scope.as_deref(), false, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn events_of_one_token_are_one_record() {
        let event = |time: u64| {
            format!(
                "{{\"@timestamp\":{time},\"action\":\"git.clone\",\"actor\":\"kim\",\"org\":\"o\",\"hashed_token\":\"e3TnXwrU7T21hT9zxb9rg1A9H9tcmi1chjnNNkXiKfc=\",\"programmatic_access_type\":\"Personal access token (classic)\",\"repo\":\"o/r\"}}"
            )
        };
        let text = format!(
            "{}\n{}\n{{\"@timestamp\":1,\"action\":\"org.update\",\"actor\":\"kim\"}}\n",
            event(1_737_000_000_000),
            event(1_738_000_000_000)
        );
        let register = read_text("audit.ndjson", &text, Vec::new());
        assert_eq!(register.records.len(), 1);
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::S256));
        assert_eq!(register.records[0].last_used.map(|t| t.seconds), Some(1_738_000_000));
    }
}
