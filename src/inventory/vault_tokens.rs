//! Vault: tokens by accessor, and AppRoles.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass, Status};

/// `vault-tokens`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "vault-tokens"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["vault"] }
    }

    fn command(&self) -> &'static str {
        "vault list -format=json auth/token/accessors | jq -r '.[]' | xargs -I{} vault token lookup -format=json -accessor {}; vault read -format=json auth/approle/role/R/role-id"
    }

    fn lacks(&self) -> &'static str {
        "a token's accessor says nothing of the token: only role ids join"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let token = element.at(&["data", "accessor"]).is_some() && element.at(&["data", "policies"]).is_some();
        token || element.at(&["data", "role_id"]).is_some() || element.has(&["accessor", "policies", "display_name"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let of = |name: &str| element.text(&["data", name]).or_else(|| element.text(&[name]));
        let time = |name: &str| element.time(&["data", name]).or_else(|| element.time(&[name]));
        let scope = context.scope().map(str::to_owned);
        if let Some(role) = of("role_id") {
            let mut record = context.record(SourceClass::Issuer, "vault", RecordKind::Role, &role);
            record.keys.extend(Key::new(KeyKind::VaultRoleId, &role));
            record.principal = Class::Workload;
            record.status = Status::Active;
            context.covers(SourceClass::Issuer, "vault", RecordKind::Role, scope.as_deref(), false, Has::default());
            return context.push(record);
        }
        let Some(accessor) = of("accessor") else { return };
        let mut record = context.record(SourceClass::Issuer, "vault", RecordKind::Token, &accessor);
        record.keys.extend(Key::new(KeyKind::VaultAccessor, &accessor));
        record.display = of("display_name").map(Into::into);
        record.created = time("issue_time").or_else(|| time("creation_time"));
        record.expires = time("expire_time");
        record.status = Status::Active;
        let policies = element.list(&["data", "policies"]).iter().chain(element.list(&["policies"])).filter_map(super::context::text);
        record.privileges = policies.map(|p| if p == "root" { "admin".into() } else { p.into() }).collect();
        record.details.extend(of("path").map(|p| ("path".to_owned(), p)));
        context.covers(SourceClass::Issuer, "vault", RecordKind::Token, scope.as_deref(), false, Has { expiry: true, ..Has::default() });
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn tokens_and_roles_are_read() {
        let text = r#"{"data":{"accessor":"fakeAccessor0001","display_name":"approle","path":"auth/approle/login","policies":["root"],"creation_time":1717200000,"issue_time":"2024-06-01T00:00:00Z","expire_time":null,"orphan":true,"type":"service"}}
{"data":{"role_id":"675a50e7-cfe0-be76-e35f-49ec009731ea"}}"#;
        let register = read_text("vault.json", text, Vec::new());
        assert_eq!(register.records[0].privileges, [Box::from("admin")]);
        assert!(register.records[1].keys.iter().any(|k| k.kind == KeyKind::VaultRoleId));
    }
}
