//! Auth0: applications of a tenant.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, RecordKind, SourceClass};

/// `auth0`.
pub(super) struct Format;

const CLIENTS: Listing = Listing {
    id: &[&["client_id"]],
    scope: &[&["tenant"]],
    secret: &[&["client_secret"]],
    ..Listing::of("auth0", RecordKind::OauthSecret)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "auth0"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["auth0"] }
    }

    fn command(&self) -> &'static str {
        "auth0 apps list --json --reveal-secrets; GET https://TENANT.auth0.com/api/v2/clients, page by page"
    }

    fn lacks(&self) -> &'static str {
        "no owner, no dates, no last use"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["client_id", "app_type"])
            && ["tenant", "is_first_party", "callbacks", "grant_types"].iter().any(|f| element.object.contains_key(*f))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(mut record) = CLIENTS.record(element, context) else { return };
        record.principal = match element.text(&["app_type"]).as_deref() {
            Some("non_interactive") => Class::Workload,
            _ => Class::Integration,
        };
        CLIENTS.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_client_is_known_by_its_id_and_by_its_secret_which_is_dropped() {
        let secret = "fAkE0".repeat(10);
        let text = format!(
            r#"[{{"tenant":"acme","client_id":"abc123","name":"m2m","app_type":"non_interactive","client_secret":"{secret}"}},{{"client_id":"","app_type":"spa","tenant":"acme"}}]"#
        );
        let register = read_text("clients.json", &text, Vec::new());
        let record = &register.records[0];
        assert_eq!(record.scope.as_deref(), Some("acme"));
        assert!([KeyKind::Native, KeyKind::Kfp1].iter().all(|kind| record.keys.iter().any(|k| k.kind == *kind)));
        assert!(!format!("{register:?}").contains(&secret) && !register.warnings.is_empty());
    }
}
