//! Entra: service principals and managed identities, `az ad sp list --all`.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `azure-service-principals`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "azure-service-principals"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["azure"] }
    }

    fn command(&self) -> &'static str {
        "az ad sp list --all --output json"
    }

    fn lacks(&self) -> &'static str {
        ""
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["appId", "servicePrincipalType"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(app_id) = element.text(&["appId"]) else {
            return context.warn(element, "a service principal without an appId; left out");
        };
        let tenant = element.text(&["appOwnerOrganizationId"]);
        let own = context.scope().map(str::to_owned);
        let kind = element.text(&["servicePrincipalType"]).unwrap_or_default();
        let mut record = context.record(SourceClass::Issuer, "azure", RecordKind::App, &app_id);
        record.keys.extend(Key::new(KeyKind::EntraAppId, &app_id));
        record.keys.extend(element.text(&["id"]).and_then(|id| Key::new(KeyKind::EntraOid, &id)));
        record.third_party = matches!((&tenant, &own), (Some(theirs), Some(ours)) if !theirs.eq_ignore_ascii_case(ours));
        record.scope = own.or(tenant).map(Into::into);
        record.display = element.text(&["displayName"]).map(Into::into);
        record.created = element.time(&["createdDateTime"]);
        record.principal = if kind == "ManagedIdentity" { Class::Workload } else { Class::Unknown };
        record.owner = element.text(&["notificationEmailAddresses"]).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.status = match element.text(&["accountEnabled"]).as_deref() {
            Some("false") => Status::Inactive,
            _ => Status::Active,
        };
        record.details.insert("type".to_owned(), kind);
        let scope = record.scope.clone();
        // The list is of one tenant, and names the tenants of others' applications in it: which is its own, it does not say.
        context.covers(SourceClass::Issuer, "azure", RecordKind::App, scope.as_deref(), false, Has::default());
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, Status};

    #[test]
    fn a_managed_identity_is_a_workload() {
        let text = r#"[{"appId":"aaaaaaaa-0000-4000-8000-000000000001","id":"dddddddd-0000-4000-8000-000000000001","displayName":"mi","servicePrincipalType":"ManagedIdentity","accountEnabled":false}]"#;
        let register = read_text("sp.json", text, Vec::new());
        assert_eq!((register.records[0].principal, register.records[0].status), (Class::Workload, Status::Inactive));
    }
}
