//! Microsoft Entra: when service principals and credentials of applications last signed in, and which federated identities applications trust.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass};

/// `azure-usage`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "azure-usage"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Usage, of: &["azure"] }
    }

    fn command(&self) -> &'static str {
        "az rest --method GET --url https://graph.microsoft.com/beta/reports/servicePrincipalSignInActivities (and appCredentialSignInActivities), every page; az ad app federated-credential list --id APP for each"
    }

    fn lacks(&self) -> &'static str {
        "last use, or trust, alone; the tenant is not in the answer, so state it in a manifest; a federated credential does not name its application: add `appId`"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["appId", "lastSignInActivity"])
            || element.has(&["keyId", "signInActivity"])
            || element.has(&["issuer", "subject", "audiences"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if element.object.contains_key("audiences") {
            return trust(element, context);
        }
        let is_credential = element.object.contains_key("keyId");
        let kind = if is_credential { RecordKind::OauthSecret } else { RecordKind::App };
        let Some(id) = element.text(&[if is_credential { "keyId" } else { "appId" }]) else {
            return context.warn(element, "an activity without an id; left out");
        };
        let mut record = context.record(SourceClass::Usage, "azure", kind, &id);
        record.keys.extend(Key::new(if is_credential { KeyKind::EntraKeyId } else { KeyKind::EntraAppId }, &id));
        if is_credential {
            record.of.extend(element.text(&["appId"]).and_then(|a| Key::new(KeyKind::EntraAppId, &a)));
            record.expires = element.time(&["expirationDateTime"]);
        }
        let activities = [&["lastSignInActivity", "lastSignInDateTime"], &["signInActivity", "lastSignInDateTime"]];
        record.last_used = activities.iter().find_map(|path| element.time(*path));
        record.principal = Class::Workload;
        let scope = context.scope().map(str::to_owned);
        context.covers(SourceClass::Usage, "azure", kind, scope.as_deref(), false, Has { last_used: true, ..Has::default() });
        context.push(record);
    }
}

/// Whom an application trusts in place of a secret.
fn trust(element: &Element<'_>, context: &mut Context<'_>) {
    let (Some(issuer), Some(subject)) = (element.text(&["issuer"]), element.text(&["subject"])) else {
        return context.warn(element, "a federated credential without issuer or subject; left out");
    };
    let id = element.text(&["id"]).unwrap_or_else(|| format!("{issuer}#{subject}"));
    let mut record = context.record(SourceClass::Usage, "azure", RecordKind::WorkloadId, &id);
    record.keys.extend(Key::new(KeyKind::JwtSubject, &format!("{issuer}#{subject}")));
    record.of.extend(element.text(&["appId"]).and_then(|a| Key::new(KeyKind::EntraAppId, &a)));
    record.display = element.text(&["name"]).map(Into::into);
    record.principal = Class::Workload;
    record.details.insert("subject".to_owned(), subject);
    record.details.insert("issuer".to_owned(), issuer);
    let scope = context.scope().map(str::to_owned);
    context.covers(SourceClass::Usage, "azure", RecordKind::WorkloadId, scope.as_deref(), false, Has::default());
    context.push(record);
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, RecordKind};

    #[test]
    fn activities_and_trust_are_told_apart() {
        let text = r#"{"value":[{"id":"a","appId":"aaaaaaaa-0000-4000-8000-000000000001","lastSignInActivity":{"lastSignInDateTime":"2026-01-01T00:00:00Z"}},
            {"id":"b","keyId":"bbbbbbbb-0000-4000-8000-000000000001","appId":"aaaaaaaa-0000-4000-8000-000000000001","signInActivity":{"lastSignInDateTime":"2026-02-01T00:00:00Z"},"expirationDateTime":"2027-01-01T00:00:00Z"},
            {"name":"gh","issuer":"https://token.actions.githubusercontent.com","subject":"repo:o/r:ref:refs/heads/main","audiences":["api://AzureADTokenExchange"]},{"issuer":"x","subject":"","audiences":[]}]}"#;
        let register = read_text("activity.json", text, Vec::new());
        let kinds: Vec<_> = register.records.iter().map(|r| (r.kind, r.last_used.is_some())).collect();
        assert_eq!(kinds, [(RecordKind::App, true), (RecordKind::OauthSecret, true), (RecordKind::WorkloadId, false)]);
        assert!(register.records[1].keys.iter().any(|k| k.kind == KeyKind::EntraKeyId) && register.records[1].of.len() == 1);
        assert!(register.warnings.iter().any(|w| w.contains("without issuer or subject")), "{:?}", register.warnings);
    }
}
