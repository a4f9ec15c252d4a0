//! GitHub: apps that are installed in an organisation.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass, Status};
use serde_json::Value;

/// `github-installations`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "github-installations"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["github"] }
    }

    fn command(&self) -> &'static str {
        "gh api --paginate /orgs/ORG/installations"
    }

    fn lacks(&self) -> &'static str {
        "no owner, no last use, and not the fingerprint of an app's private key, which its settings show"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["app_id", "app_slug"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let (Some(id), Some(app)) = (element.text(&["id"]), element.text(&["app_id"])) else {
            return context.warn(element, "an installation without ids; left out");
        };
        let mut record = context.record(SourceClass::Issuer, "github", RecordKind::App, &id);
        record.keys.extend(Key::new(KeyKind::GithubApp, &app));
        record.display = element.text(&["app_slug"]).map(Into::into);
        record.scope = element.text(&["account", "login"]).map(Into::into);
        record.principal = Class::Integration;
        record.created = element.time(&["created_at"]);
        record.status = if element.text(&["suspended_at"]).is_some() { Status::Inactive } else { Status::Active };
        let permissions = element.at(&["permissions"]).and_then(Value::as_object).into_iter().flatten();
        record.privileges = permissions
            .filter(|(_, v)| *v == "write" || *v == "admin")
            .map(|(k, v)| format!("{k}:{}", v.as_str().unwrap_or_default()).into())
            .collect();
        let scope = record.scope.clone();
        context.covers(SourceClass::Issuer, "github", RecordKind::App, scope.as_deref(), scope.is_some(), Has::default());
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, Status};

    #[test]
    fn an_installation_is_an_integration() {
        let text = r#"{"total_count":1,"installations":[{"id":9001,"app_id":321,"app_slug":"release-bot","permissions":{"contents":"write","metadata":"read"},"created_at":"2023-01-01T00:00:00Z","suspended_at":"2024-01-01T00:00:00Z","account":{"login":"o"}}]}"#;
        let register = read_text("i.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!((record.principal, record.status, record.privileges.len()), (Class::Integration, Status::Inactive, 1));
    }
}
