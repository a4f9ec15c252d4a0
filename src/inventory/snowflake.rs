//! Snowflake: users with the fingerprints of their public keys, and credentials.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `snowflake`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "snowflake"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["snowflake"] }
    }

    fn command(&self) -> &'static str {
        "DESC USER U for each user, as columns; SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.CREDENTIALS; SHOW USERS"
    }

    fn lacks(&self) -> &'static str {
        "programmatic access tokens show neither characters nor digest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let has = |fields: &[&str]| fields.iter().all(|f| element.object.keys().any(|k| k.eq_ignore_ascii_case(f)));
        has(&["rsa_public_key_fp"]) || has(&["has_rsa_public_key", "login_name"]) || has(&["credential_id", "user_name", "type"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let field = |name: &str| element.object.keys().find(|k| k.eq_ignore_ascii_case(name));
        let of = |name: &str| field(name).and_then(|k| element.text(&[k]));
        let time = |name: &str| field(name).and_then(|k| element.time(&[k]));
        let Some(id) = of("credential_id").or_else(|| of("name")).or_else(|| of("login_name")) else {
            return context.warn(element, "a user without a name; left out");
        };
        let kind = if field("credential_id").is_some() { RecordKind::Token } else { RecordKind::User };
        let mut record = context.record(SourceClass::Issuer, "snowflake", kind, &id);
        for key in ["rsa_public_key_fp", "rsa_public_key_2_fp"] {
            record.keys.extend(of(key).and_then(|f| Key::new(KeyKind::Spki, &f)));
        }
        record.display = of("display_name").or_else(|| of("name")).or_else(|| of("user_name")).map(Into::into);
        record.owner = of("email").or_else(|| of("owner").filter(|o| o.contains('@'))).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.principal = match of("type").as_deref() {
            Some("SERVICE" | "LEGACY_SERVICE") => Class::Workload,
            Some("PERSON") => Class::Human,
            _ => Class::Unknown,
        };
        record.created = time("created_on");
        record.last_used = time("last_used_on").or_else(|| time("last_success_login"));
        record.expires = time("expiration_date").or_else(|| time("expires_at_time"));
        record.status = if of("disabled").is_some_and(|d| d.eq_ignore_ascii_case("true")) { Status::Inactive } else { Status::Active };
        let scope = context.scope().map(str::to_owned);
        let has = Has { last_used: true, expiry: true, fingerprint: true, ..Has::default() };
        context.covers(SourceClass::Issuer, "snowflake", kind, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, KeyKind};

    #[test]
    fn a_fingerprint_is_that_of_the_public_key() {
        let text = format!("NAME,TYPE,RSA_PUBLIC_KEY_FP,DISABLED\nLOADER,SERVICE,SHA256:{}=,false\n", "A".repeat(43));
        let register = read_text("users.csv", &text, Vec::new());
        let record = &register.records[0];
        assert!(record.keys.iter().any(|k| k.kind == KeyKind::Spki && k.value.len() == 64) && record.principal == Class::Workload);
    }
}
