//! GitHub: tokens and keys of an organisation's members, as the organisation sees them: grants of fine-grained tokens, and credentials
//! authorised for single sign-on.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Hint, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `github-tokens`.
pub(super) struct Format;

/// The last eight characters of a token: six of its checksum, which is 32 bits, and two of 62.
const LAST_EIGHT_BITS: f32 = 43.9;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "github-tokens"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["github"] }
    }

    fn command(&self) -> &'static str {
        "gh api --paginate /orgs/ORG/personal-access-tokens; gh api --paginate /orgs/ORG/credential-authorizations"
    }

    fn lacks(&self) -> &'static str {
        "only tokens that members use with the organisation; grants of fine-grained tokens show neither characters nor digest: add the audit log"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["credential_id", "login", "credential_type"]) || element.has(&["token_id", "owner", "access_granted_at"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is_grant = element.object.contains_key("token_id");
        let id = if is_grant { element.text(&["id"]).or_else(|| element.text(&["token_id"])) } else { element.text(&["credential_id"]) };
        let Some(id) = id else { return context.warn(element, "a credential without an id; left out") };
        let is_ssh = element.text(&["credential_type"]).is_some_and(|t| t.to_ascii_lowercase().contains("ssh"));
        let kind = if is_ssh { RecordKind::SshKey } else { RecordKind::Token };
        let mut record = context.record(SourceClass::Issuer, "github", kind, &id);
        let login = element.text(&["login"]).or_else(|| element.text(&["owner", "login"]));
        record.owner = login.as_deref().and_then(|l| words::owner(l, OwnedBy::Field));
        record.principal = match element.text(&["owner", "type"]).as_deref() {
            Some("Bot") => Class::Workload,
            _ => Class::Human,
        };
        record.display = element
            .text(&["token_name"])
            .or_else(|| element.text(&["authorized_credential_note"]))
            .or_else(|| element.text(&["authorized_credential_title"]))
            .map(Into::into);
        if is_grant {
            record.created = element.time(&["access_granted_at"]);
            record.last_used = element.time(&["token_last_used_at"]);
            record.expires = element.time(&["token_expires_at"]);
            record.status = if element.text(&["token_expired"]).is_some_and(|e| e == "true") { Status::Expired } else { Status::Active };
            record.keys.extend(element.text(&["token_id"]).and_then(|t| Key::native("github-token", &t)));
        } else {
            record.keys.extend(Key::new(KeyKind::GithubCredential, &id));
            record.keys.extend(element.text(&["fingerprint"]).and_then(|f| Key::new(KeyKind::SshSha256, &f)));
            record.hint = element
                .text(&["token_last_eight"])
                .map(|last| Box::new(Hint { prefix: "".into(), suffix: last.into(), bits: LAST_EIGHT_BITS, within: None }));
            // The token is older than its authorisation, which so says nothing of when it was made.
            record.details.extend(element.text(&["credential_authorized_at"]).map(|t| ("authorized".to_owned(), t)));
            record.created = element.time(&["credential_authorized_at"]);
            record.last_used = element.time(&["credential_accessed_at"]);
            record.expires = element.time(&["authorized_credential_expires_at"]);
            record.status = Status::Active;
        }
        record.privileges = element.list(&["scopes"]).iter().filter_map(super::context::text).map(Into::into).collect();
        let has = Has { owner: true, last_used: true, expiry: true, hint: !is_grant, fingerprint: is_ssh };
        let scope = context.scope().map(str::to_owned);
        context.covers(SourceClass::Issuer, "github", kind, scope.as_deref(), false, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, KeyKind};

    #[test]
    fn grants_and_authorisations_are_read() {
        let text = r#"[{"id":25381,"owner":{"login":"ci-bot","type":"User"},"permissions":{},"access_granted_at":"2025-01-16T08:47:09Z","token_id":98716,"token_name":"deploy","token_expired":false,"token_expires_at":"2025-04-16T08:47:09Z","token_last_used_at":null}]
[{"login":"kim","credential_id":161195,"credential_type":"personal access token","token_last_eight":"00289HgS","credential_authorized_at":"2024-01-26T19:06:43Z","credential_accessed_at":"2025-01-26T19:06:43Z","authorized_credential_expires_at":null,"scopes":["repo"]}]"#;
        let register = read_text("pats.json", text, Vec::new());
        assert_eq!(register.records.len(), 2, "pages one after another: {:?}", register.warnings);
        let sso = &register.records[1];
        assert_eq!(sso.hint.as_ref().map(|h| &*h.suffix), Some("00289HgS"));
        assert!(sso.keys.iter().any(|k| k.kind == KeyKind::GithubCredential) && sso.principal == Class::Human);
        assert_eq!(sso.owner.as_ref().map(|o| &*o.value), Some("kim"));
    }
}
