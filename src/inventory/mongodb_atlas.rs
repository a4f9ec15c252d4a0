//! MongoDB Atlas: API keys and service accounts of an organisation.

use super::context::{text, time};
use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, RecordKind, SourceClass};

/// `mongodb-atlas`.
pub(super) struct Format;

const KEYS: Listing = Listing { id: &[&["publicKey"]], name: &[&["desc"]], ..Listing::of("mongodb-atlas", RecordKind::ApiKey) };

const ACCOUNTS: Listing =
    Listing { id: &[&["clientId"]], created: &[&["createdAt"]], ..Listing::of("mongodb-atlas", RecordKind::OauthSecret) };

/// Owners of an organisation may do all.
fn role(name: String) -> Box<str> {
    if name.ends_with("_OWNER") { "admin".into() } else { name.into() }
}

impl Importer for Format {
    fn id(&self) -> &'static str {
        "mongodb-atlas"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["mongodb-atlas"] }
    }

    fn command(&self) -> &'static str {
        "atlas organizations apiKeys list --orgId ORG -o json; GET https://cloud.mongodb.com/api/atlas/v2/orgs/ORG/apiKeys and /serviceAccounts"
    }

    fn lacks(&self) -> &'static str {
        "no owner, no last use, no dates of API keys; both kinds join by their public half"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["publicKey", "roles"]) && ["desc", "privateKey"].iter().any(|f| element.object.contains_key(*f))
            || element.text(&["clientId"]).is_some_and(|c| c.starts_with("mdb_sa_id_"))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is_key = element.object.contains_key("publicKey");
        let listing = if is_key { KEYS } else { ACCOUNTS };
        let Some(mut record) = listing.record(element, context) else { return };
        let roles = element.list(&["roles"]);
        let told = |name: &str| roles.iter().find_map(|r| r.get(name).and_then(text));
        record.scope = record.scope.or_else(|| told("orgId").or_else(|| told("groupId")).map(Into::into));
        record.privileges = roles.iter().filter_map(|r| r.get("roleName").and_then(text)).map(role).collect();
        record.principal = Class::Workload;
        let secrets = element.list(&["secrets"]).iter();
        record.expires = record.expires.or_else(|| secrets.filter_map(|s| s.get("expiresAt").and_then(time)).max());
        listing.push(record, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn both_kinds_are_known_by_their_public_half() {
        let text = r#"{"results":[{"id":"5f","desc":"ci","publicKey":"abcdefgh","privateKey":"********-****-****-0a1b2c3d4e5f","roles":[{"orgId":"org1","roleName":"ORG_OWNER"}]}]}
{"results":[{"clientId":"mdb_sa_id_65a1","name":"ci","createdAt":"2024-01-01T00:00:00Z","roles":["ORG_MEMBER"],"secrets":[{"id":"s","expiresAt":"2027-01-01T00:00:00Z"}]}]}"#;
        let register = read_text("atlas.json", text, Vec::new());
        let native = |n: usize, value: &str| register.records[n].keys.iter().any(|k| k.kind == KeyKind::Native && *k.value == *value);
        assert!(native(0, "mongodb-atlas:abcdefgh") && native(1, "mongodb-atlas:mdb_sa_id_65a1"), "{:?}", register.records);
        assert_eq!((register.records[0].scope.as_deref(), &*register.records[0].privileges[0]), (Some("org1"), "admin"));
        assert!(register.records[1].expires.is_some());
        assert!(
            read_text("x.json", r#"[{"publicKey":"","desc":"x","roles":[]}]"#, Vec::new())
                .warnings
                .iter()
                .any(|w| w.contains("without an id"))
        );
    }
}
