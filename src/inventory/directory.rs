//! Directories: who is there and who has left.

use super::context::{Context, Element};
use super::{Importer, Speaks, words};
use crate::model::{Person, SourceClass, Status};

/// `directory`.
pub(super) struct Format;

const USER: &[&str] = &["user", "email", "mail", "login", "username", "userprincipalname", "userPrincipalName", "work_email"];
const STATE: &[&str] =
    &["status", "state", "account_status", "employment_status", "accountenabled", "accountEnabled", "active", "enabled", "suspended"];

impl Importer for Format {
    fn id(&self) -> &'static str {
        "directory"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Directory, of: &[] }
    }

    fn command(&self) -> &'static str {
        "the directory's export of people as CSV or JSON, with the columns user, status, manager and end_date; `az ad user list`; Okta's `/api/v1/users`; GitLab's `/users`"
    }

    fn lacks(&self) -> &'static str {
        ""
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let object = element.object;
        if object.contains_key("profile") && object.contains_key("status") {
            return element.text(&["profile", "login"]).is_some() && element.text(&["credentials", "oauthClient", "client_id"]).is_none();
        }
        let any = |names: &[&str]| names.iter().any(|n| object.contains_key(*n));
        let other = ["identifier", "key", "token", "arn", "access_key_1_active", "id_token", "AccessKeyId", "scopes", "kind"];
        // Somebody who is asked in, and an account that people hold in trust: neither says who else is there.
        let no_member = ["invited_at", "accepted_at", "ownerUserIds"];
        any(USER) && any(STATE) && !any(&other) && !any(&no_member)
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let of = |names: &[&str]| names.iter().find_map(|n| element.text(&[n]));
        let Some(user) = element.text(&["profile", "login"]).or_else(|| of(USER)) else {
            return context.warn(element, "a person without a user name; left out");
        };
        let end = ["end_date", "enddate", "termination_date", "last_day"].iter().find_map(|c| element.time(&[c]));
        let word = of(STATE).unwrap_or_default().to_lowercase();
        let is_suspended_field = element.object.contains_key("suspended") && of(&STATE[..8]).is_none();
        let gone = ["terminated", "left", "departed", "deprovisioned", "offboarded", "former", "leaver", "no", "0"];
        let active = if is_suspended_field {
            word != "true"
        } else {
            !gone.contains(&word.as_str())
                && !matches!(words::status(&word), Status::Inactive | Status::Deleted | Status::Revoked | Status::Expired)
        };
        if let Some(id) = element.text(&["id"]) {
            let provider = if element.has(&["username", "web_url"]) { "gitlab" } else { "" };
            context.names(provider, &id, &user);
        }
        let manager = of(&["manager", "manager_email", "reports_to"]).map(|m| m.to_lowercase().into());
        context.directory().people.push(Person { user: user.to_lowercase().into(), active, manager, end });
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn people_are_read_from_tables_and_providers() {
        let text = "user,status,manager,end_date\nKim@acme.example,active,lee@acme.example,\nwen@acme.example,terminated,lee@acme.example,2024-09-30\n";
        let json = r#"{"value":[{"userPrincipalName":"a@acme.example","accountEnabled":true},{"userPrincipalName":"b@acme.example","accountEnabled":false}]}"#;
        let okta = r#"[{"id":"00u1","status":"DEPROVISIONED","profile":{"login":"c@acme.example"}}]"#;
        let people =
            |text: &str| read_text("people", text, Vec::new()).people.iter().map(|p| (p.user.to_string(), p.active)).collect::<Vec<_>>();
        assert_eq!(people(text), [("kim@acme.example".into(), true), ("wen@acme.example".into(), false)]);
        assert_eq!(people(json), [("a@acme.example".into(), true), ("b@acme.example".into(), false)]);
        assert_eq!(people(okta), [("c@acme.example".into(), false)]);
        let invited = r#"[{"object":"organization.invite","id":"invite-abc","email":"d@acme.example","role":"owner","status":"accepted","created_at":1711471533,"expires_at":1711471533,"accepted_at":1711471533}]"#;
        let account = r#"[{"id":"a747","name":"crm","username":"crm@acme.example","ownerUserIds":["00u1"],"status":"NO_ISSUES"}]"#;
        assert_eq!((people(invited), people(account)), (vec![], vec![]));
    }
}
