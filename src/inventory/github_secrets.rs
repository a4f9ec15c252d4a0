//! GitHub: names of secrets and variables of Actions, Dependabot and Codespaces.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, Key, KeyKind, RecordKind, SourceClass, Status};

/// `github-secrets`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "github-secrets"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["github"] }
    }

    fn command(&self) -> &'static str {
        "gh api --paginate /orgs/ORG/actions/secrets; /repos/OWNER/REPO/actions/secrets; /repos/OWNER/REPO/environments/ENV/secrets"
    }

    fn lacks(&self) -> &'static str {
        "names alone, and not whose they are: state the organisation, OWNER/REPO or OWNER/REPO/ENV in a manifest (`scopes`)"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let listed = matches!(element.envelope, "secrets" | "variables") && element.outer.is_some_and(|o| o.contains_key("total_count"));
        let alone = element.has(&["name", "created_at", "updated_at"]) && element.object.len() <= 6;
        element.has(&["name", "updated_at"])
            && (listed || alone)
            && !element.object.contains_key("id")
            && !element.object.contains_key("email")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(name) = element.text(&["name"]) else { return };
        let Some(scope) = context.scope().map(str::to_owned) else {
            return context.note("nothing says whose secrets these are, so they join with nothing; state it in a manifest (`scopes`)");
        };
        let mut record = context.record(SourceClass::Issuer, "github", RecordKind::CiSecret, &format!("{scope}/{name}"));
        record.keys.extend(Key::new(KeyKind::GithubSecret, &format!("{scope}/{name}")));
        record.scope = Some(scope.as_str().into());
        record.display = Some(name.into());
        record.created = element.time(&["created_at"]);
        record.last_rotated = element.time(&["updated_at"]);
        record.status = Status::Active;
        record.details.extend(element.text(&["visibility"]).map(|v| ("visibility".to_owned(), v)));
        context.covers(SourceClass::Issuer, "github", RecordKind::CiSecret, Some(&scope), true, Has::default());
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn without_a_stated_scope_names_join_with_nothing_and_it_is_told() {
        let text = r#"{"total_count":1,"secrets":[{"name":"OPENAI_API_KEY","created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z","visibility":"all"}]}"#;
        let register = read_text("secrets.json", text, Vec::new());
        assert!(register.records.is_empty() && register.warnings.iter().any(|w| w.contains("whose secrets")));
    }
}
