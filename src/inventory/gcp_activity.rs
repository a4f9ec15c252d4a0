//! Google Cloud: when service accounts and their keys last authenticated, `gcloud policy-intelligence query-activity`.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass};

/// `gcp-activity`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "gcp-activity"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Usage, of: &["gcp"] }
    }

    fn command(&self) -> &'static str {
        "gcloud policy-intelligence query-activity --activity-type=serviceAccountKeyLastAuthentication --project=P --limit=unlimited --format=json (and serviceAccountLastAuthentication), for each project"
    }

    fn lacks(&self) -> &'static str {
        "last use alone, of at most the days that were observed"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["fullResourceName", "activityType"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(name) = element.text(&["fullResourceName"]) else {
            return context.warn(element, "an activity without a resource; left out");
        };
        let path = name.trim_start_matches("//iam.googleapis.com/");
        let parts: Vec<&str> = path.split('/').collect();
        let after = |word: &str| parts.iter().position(|p| *p == word).and_then(|at| parts.get(at + 1)).copied();
        let (Some(account), project) = (after("serviceAccounts"), after("projects")) else {
            return context.warn(element, "an activity of no service account; left out");
        };
        let key = after("keys");
        let kind = if key.is_some() { RecordKind::SaKey } else { RecordKind::ServiceAccount };
        let account_key = Key::new(if account.contains('@') { KeyKind::GcpSa } else { KeyKind::GcpUid }, account);
        let mut record = context.record(SourceClass::Usage, "gcp", kind, key.unwrap_or(account));
        match key {
            Some(key) => {
                record.keys.extend(Key::new(KeyKind::GcpSaKey, key));
                record.of.extend(account_key);
            }
            None => record.keys.extend(account_key),
        }
        record.scope = project.filter(|p| *p != "-").map(Into::into);
        record.last_used = element.time(&["activity", "lastAuthenticatedTime"]);
        record.principal = Class::Workload;
        let scope = record.scope.clone();
        context.covers(SourceClass::Usage, "gcp", kind, scope.as_deref(), false, Has { last_used: true, ..Has::default() });
        context.as_of(element.time(&["observationPeriod", "endTime"]));
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, RecordKind};

    #[test]
    fn keys_and_accounts_are_told_apart() {
        let text = r#"[{"fullResourceName":"//iam.googleapis.com/projects/ml-prod/serviceAccounts/trainer@ml-prod.iam.gserviceaccount.com/keys/0123456789abcdef0123456789abcdef01234567","activityType":"serviceAccountKeyLastAuthentication","observationPeriod":{"startTime":"2026-01-01T00:00:00Z","endTime":"2026-08-30T00:00:00Z"},"activity":{"lastAuthenticatedTime":"2026-07-01T07:00:00Z"}},
            {"fullResourceName":"//iam.googleapis.com/projects/ml-prod/serviceAccounts/112233445566778899001","activityType":"serviceAccountLastAuthentication","activity":{}},{"fullResourceName":"//x/y","activityType":"z"}]"#;
        let register = read_text("activity.json", text, Vec::new());
        let told: Vec<_> = register.records.iter().map(|r| (r.kind, r.keys[0].kind, r.last_used.is_some())).collect();
        assert_eq!(told, [(RecordKind::SaKey, KeyKind::GcpSaKey, true), (RecordKind::ServiceAccount, KeyKind::GcpUid, false)]);
        assert!(register.warnings.iter().any(|w| w.contains("element 3: an activity of no service account")), "{:?}", register.warnings);
    }
}
