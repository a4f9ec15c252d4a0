//! GitLab: personal, project, group and deploy tokens, and runners.

use super::accounts::PERSON;
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `gitlab-tokens`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "gitlab-tokens"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["gitlab"] }
    }

    fn command(&self) -> &'static str {
        "GET /personal_access_tokens (administrators), /projects/ID/access_tokens, /groups/ID/access_tokens, /deploy_tokens"
    }

    fn lacks(&self) -> &'static str {
        "neither characters nor digest of a token: only routable tokens (with a dot) join, by user, project or group; add fingerprints for the others"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let token = element.has(&["id", "name", "scopes", "revoked"]);
        token && (element.object.contains_key("user_id") || element.object.contains_key("username"))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["id"]) else { return context.warn(element, "a token without an id; left out") };
        let is_deploy = element.object.contains_key("username") && !element.object.contains_key("user_id");
        let mut record = context.record(SourceClass::Issuer, "gitlab", RecordKind::Token, &id);
        if is_deploy {
            record.keys.extend(Key::new(KeyKind::GitlabDeployToken, &id));
        }
        record.keys.extend(element.text(&["user_id"]).and_then(|u| Key::new(KeyKind::GitlabUser, &u)));
        record.details.extend(element.text(&["user_id"]).map(|u| (PERSON.to_owned(), u)));
        record.display = element.text(&["name"]).map(Into::into);
        // The bot user of a project or group access token has a level instead of a person.
        let is_bot = element.object.contains_key("access_level") || is_deploy;
        record.principal = if is_bot { Class::Workload } else { Class::Human };
        record.owner = ["user_email", "owner"].iter().find_map(|f| element.text(&[f])).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.created = element.time(&["created_at"]);
        record.last_rotated = record.created;
        record.last_used = element.time(&["last_used_at"]);
        record.expires = element.time(&["expires_at"]);
        let says = |field: &str, value: &str| element.text(&[field]).is_some_and(|v| v == value);
        record.status = match () {
            () if says("revoked", "true") => Status::Revoked,
            () if says("active", "false") || says("expired", "true") => Status::Expired,
            () => Status::Active,
        };
        record.privileges = element.list(&["scopes"]).iter().filter_map(super::context::text).map(Into::into).collect();
        let scope = context.scope().map(str::to_owned);
        let has = Has { last_used: true, expiry: true, ..Has::default() };
        context.covers(SourceClass::Issuer, "gitlab", RecordKind::Token, scope.as_deref(), false, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, KeyKind, Status};

    #[test]
    fn tokens_of_people_and_of_projects_are_told_apart() {
        let text = r#"[{"id":42,"name":"deploy","revoked":true,"created_at":"2025-01-01T00:00:00Z","scopes":["api"],"user_id":4242,"last_used_at":"2025-02-01T00:00:00Z","active":false,"expires_at":"2026-01-01"},
          {"id":7,"name":"reg","username":"gitlab+deploy-token-7","expires_at":null,"revoked":false,"expired":false,"scopes":["read_registry"]}]"#;
        let register = read_text("tokens.json", text, Vec::new());
        assert_eq!((register.records[0].principal, register.records[0].status), (Class::Human, Status::Revoked));
        assert!(register.records[1].keys.iter().any(|k| k.kind == KeyKind::GitlabDeployToken));
    }
}
