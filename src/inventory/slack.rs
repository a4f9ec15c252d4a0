//! Slack: approved apps of an organisation, and the log of integrations of a workspace.

use super::context::text;
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `slack`.
pub(super) struct Format;

const APPS: Listing = Listing {
    id: &[&["app", "id"]],
    name: &[&["app", "name"]],
    keys: &[(KeyKind::SlackApp, &["app", "id"])],
    ..Listing::of("slack", RecordKind::App)
};

/// An entry of the log: who added an app answers for it, and what was removed is gone.
fn logged(element: &Element<'_>, context: &mut Context<'_>) {
    let Some(id) = element.text(&["app_id"]) else { return context.warn(element, "an entry without an app; left out") };
    let mut record = context.record(SourceClass::Usage, "slack", RecordKind::App, &id);
    record.keys.extend(Key::new(KeyKind::SlackApp, &id));
    let time = element.time(&["date"]);
    match element.text(&["change_type"]).as_deref() {
        Some("removed" | "disabled") => record.status = Status::Revoked,
        _ => {
            record.created = time;
            record.owner = element.text(&["user_name"]).and_then(|o| words::owner(&o, OwnedBy::Field));
        }
    }
    context.covers(SourceClass::Usage, "slack", RecordKind::App, None, false, Has::default());
    context.as_of(time);
    context.push(record);
}

impl Importer for Format {
    fn id(&self) -> &'static str {
        "slack"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["slack"] }
    }

    fn command(&self) -> &'static str {
        "GET https://slack.com/api/admin.apps.approved.list?limit=1000 (with enterprise_id or team_id); GET https://slack.com/api/team.integrationLogs?count=1000"
    }

    fn lacks(&self) -> &'static str {
        "nothing of a token itself: app tokens join by app id, bot tokens by fingerprints of a vault alone"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.at(&["app", "id"]).is_some() && element.object.contains_key("scopes") || element.has(&["app_id", "change_type"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if element.object.contains_key("change_type") {
            return logged(element, context);
        }
        let Some(mut record) = APPS.record(element, context) else { return };
        record.owner = element.text(&["requester", "email"]).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.principal = Class::Integration;
        record.privileges = element.list(&["scopes"]).iter().filter_map(|s| s.get("name").and_then(text)).map(Into::into).collect();
        APPS.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Status};

    #[test]
    fn apps_are_known_by_their_id_and_the_log_says_who_took_them_away() {
        let text = r#"{"approved_apps":[{"app":{"id":"A0FAKE123","name":"deploy"},"scopes":[{"name":"chat:write"}],"date_updated":1704067200}]}
{"logs":[{"app_id":"A0FAKE456","app_type":"bot","user_id":"U1","user_name":"kim","date":"1704067200","change_type":"added"},{"app_id":"A0FAKE456","user_name":"lee","date":"1735689600","change_type":"removed"}]}"#;
        let register = read_text("apps.json", text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::SlackApp));
        assert_eq!(register.records[1].owner.as_ref().map(|o| &*o.value), Some("kim"));
        assert_eq!(register.records[2].status, Status::Revoked);
    }
}
