//! Azure DevOps: service connections, and personal access tokens as administrators see them.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `azure-devops`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "azure-devops"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["azure-devops"] }
    }

    fn command(&self) -> &'static str {
        "az devops service-endpoint list --output json; GET https://vssps.dev.azure.com/ORG/_apis/tokenadmin/personalaccesstokens/USER"
    }

    fn lacks(&self) -> &'static str {
        "tokens show neither characters nor digest; connections do not tell their last use"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let connection = element.has(&["id", "name", "type", "authorization"]);
        connection || element.has(&["authorizationId", "validTo", "displayName"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is_connection = element.object.contains_key("authorization");
        let id = element.text(&["id"]).or_else(|| element.text(&["authorizationId"]));
        let Some(id) = id else { return context.warn(element, "neither id nor authorizationId; left out") };
        let kind = if is_connection { RecordKind::ServiceConnection } else { RecordKind::Token };
        let mut record = context.record(SourceClass::Issuer, "azure-devops", kind, &id);
        record.display = element.text(&["name"]).or_else(|| element.text(&["displayName"])).map(Into::into);
        if is_connection {
            record.keys.extend(record.display.as_deref().and_then(|n| Key::new(KeyKind::ServiceConnection, n)));
            let parameter = |name: &str| element.text(&["authorization", "parameters", name]);
            let app = ["serviceprincipalid", "servicePrincipalId"].iter().find_map(|p| parameter(p));
            record.of.extend(app.and_then(|a| Key::new(KeyKind::EntraAppId, &a)));
            record.details.extend(element.text(&["authorization", "scheme"]).map(|s| ("scheme".to_owned(), s)));
            record.principal = Class::Integration;
        } else {
            record.principal = Class::Human;
            record.created = element.time(&["validFrom"]);
            record.expires = element.time(&["validTo"]);
        }
        let creator = ["uniqueName", "mailAddress"].iter().find_map(|f| element.text(&["createdBy", f]));
        record.owner = creator.and_then(|c| words::owner(&c, OwnedBy::Field));
        record.status = if element.text(&["isReady"]).is_some_and(|r| r == "false") { Status::Inactive } else { Status::Active };
        let scope = context.scope().map(str::to_owned);
        context.covers(
            SourceClass::Issuer,
            "azure-devops",
            kind,
            scope.as_deref(),
            scope.is_some(),
            Has { owner: true, expiry: !is_connection, ..Has::default() },
        );
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_connection_acts_as_its_application() {
        let text = r#"{"value":[{"id":"eeeeeeee-0000-4000-8000-000000000001","name":"azure-prod","type":"azurerm","authorization":{"scheme":"ServicePrincipal","parameters":{"tenantid":"t","serviceprincipalid":"aaaaaaaa-0000-4000-8000-000000000001"}},"isShared":true,"createdBy":{"uniqueName":"kim@example.com"}}]}"#;
        let register = read_text("ado.json", text, Vec::new());
        let record = &register.records[0];
        assert!(
            record.keys.iter().any(|k| k.kind == KeyKind::ServiceConnection) && record.of.iter().any(|k| k.kind == KeyKind::EntraAppId)
        );
        assert!(record.owner.is_some());
    }
}
