//! JFrog: access tokens of a platform.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, OwnedBy, RecordKind, SourceClass};

/// `jfrog`.
pub(super) struct Format;

const TOKENS: Listing = Listing {
    id: &[&["token_id"]],
    name: &[&["description"], &["subject"]],
    created: &[&["issued_at"]],
    used: &[&["last_used"]],
    expires: &[&["expiry"]],
    scope: &[&["issuer"]],
    ..Listing::of("jfrog", RecordKind::Token)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "jfrog"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["jfrog"] }
    }

    fn command(&self) -> &'static str {
        "GET https://ACME.jfrog.io/access/api/v1/tokens, as an administrator"
    }

    fn lacks(&self) -> &'static str {
        "no last use of most versions; a token joins by its id, which a token that is a JWT holds"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["token_id", "subject", "issuer"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(mut record) = TOKENS.record(element, context) else { return };
        // `jfac@01.../users/kim` names a user; anything else a service.
        let subject = element.text(&["subject"]).unwrap_or_default();
        if let Some((_, user)) = subject.split_once("/users/") {
            record.owner = words::owner(user, OwnedBy::Field);
            record.principal = Class::Human;
        } else {
            record.principal = Class::Workload;
        }
        TOKENS.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::Class;

    #[test]
    fn users_and_services_are_told_apart() {
        let text = r#"{"tokens":[{"token_id":"t1","subject":"jfac@01x/users/kim","issued_at":1704067200,"expiry":1798761600,"issuer":"jfac@01x","description":"ci"},{"token_id":"","subject":"x","issuer":"y"}]}"#;
        let register = read_text("tokens.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!((record.principal, record.owner.as_ref().map(|o| &*o.value)), (Class::Human, Some("kim")));
        assert!(record.expires.is_some() && register.records.len() == 1 && !register.warnings.is_empty());
    }
}
