//! Registers: rows of a CMDB, of ServiceNow or of a list somebody keeps, with an owner for each identity.

use super::{Context, Element, Importer, Speaks, hint, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass};

/// `cmdb`.
pub(super) struct Format;

/// The columns that may hold something, the most telling first.
const ID: &[&str] = &["ci_id", "nhi_id", "asset_id", "sys_id", "number", "record_id", "id"];
const IDENTIFIER: &[&str] = &["identifier", "external_id", "credential_id", "principal_id", "native_id", "value_id"];
const IDENTIFIER_TYPE: &[&str] = &["identifier_type", "id_type", "external_id_type", "join_type"];
const PERSON: &[&str] = &["owner_email", "owned_by", "owner", "business_owner", "technical_owner", "assigned_to", "responsible"];
const TEAM: &[&str] = &["team", "owner_team", "support_group", "assignment_group", "squad", "department"];
const ENVIRONMENT: &[&str] = &["environment", "env", "u_environment", "used_for", "stage"];

impl Importer for Format {
    fn id(&self) -> &'static str {
        "cmdb"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Governance, of: &[] }
    }

    fn command(&self) -> &'static str {
        "the register's export as CSV or JSON, with the columns identifier, identifier_type and owner_email or team; other columns are mapped in keysweep.toml, [[inventory.columns]]"
    }

    fn lacks(&self) -> &'static str {
        ""
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let any = |columns: &[&str]| columns.iter().any(|c| element.object.contains_key(*c));
        let is_mapped = element.has(&["source_class"]) && !element.has(&["kinds"]);
        let is_register = any(IDENTIFIER) && (any(PERSON) || any(TEAM));
        (is_register || is_mapped) && !element.object.contains_key("schema")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let of = |columns: &[&str]| columns.iter().find_map(|c| element.text(&[c]));
        let shown = of(&["hint"]);
        let Some(identifier) = of(IDENTIFIER).or_else(|| of(ID).filter(|_| shown.is_some())) else {
            return context.warn(element, "a row without an identifier joins with nothing; left out");
        };
        let stated = of(IDENTIFIER_TYPE);
        let known = stated.as_deref().and_then(|t| KeyKind::named(&t.to_ascii_lowercase()));
        if let (Some(unknown), None) = (&stated, known) {
            context.note(&format!("there is no identifier type `{unknown}`; such identifiers are told by their form"));
        }
        let key_kind = known.unwrap_or_else(|| words::guessed(&identifier));
        let word = of(&["type", "kind", "class", "credential_type"]).unwrap_or_default();
        let kind = words::kind(&word).unwrap_or(RecordKind::Other);
        let provider = of(&["provider", "issuer", "system", "platform", "cloud"]).map(|p| p.to_lowercase());
        let provider = provider.or_else(|| words::provider(key_kind).map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned());
        let id = of(ID).unwrap_or_else(|| identifier.clone());
        let class = of(&["source_class"]).and_then(|c| words::class(&c)).unwrap_or(SourceClass::Governance);
        let mut record = context.record(class, &provider, kind, &id);
        record.hint = shown.and_then(|s| hint::base64url(&s, &[]));
        match key_kind {
            KeyKind::Native => record.keys.extend(Key::native(&provider, &identifier)),
            kind => match Key::new(kind, &identifier) {
                Some(key) => record.keys.push(key),
                None => context.warn(element, &format!("the identifier is no {}; the row joins with nothing", kind.as_str())),
            },
        }
        record.display = of(&["name", "display_name", "title", "short_description"]).map(Into::into);
        record.scope = of(&["account", "scope", "account_id", "tenant", "project", "subscription"]).map(Into::into);
        record.owner =
            of(PERSON).and_then(|p| words::owner(&p, OwnedBy::Field)).or_else(|| of(TEAM).and_then(|t| words::owner(&t, OwnedBy::Field)));
        record.created = element.time(&["created"]).or_else(|| element.time(&["created_at"])).or_else(|| element.time(&["sys_created_on"]));
        record.last_rotated = element.time(&["last_rotated"]).or_else(|| element.time(&["rotated"]));
        record.last_used = element.time(&["last_used"]);
        record.expires = ["expires", "expiry", "expires_at", "expiration", "valid_until"].iter().find_map(|c| element.time(&[c]));
        record.environment = of(ENVIRONMENT).map(Into::into);
        record.status = of(&["status", "state", "install_status", "lifecycle"]).map(|s| words::status(&s)).unwrap_or_default();
        record.purpose = of(&["purpose", "description", "usage"]).map(Into::into);
        let has = Has { owner: true, hint: record.hint.is_some(), expiry: element.object.contains_key("expires"), ..Has::default() };
        context.covers(class, &provider, kind, record.scope.clone().as_deref(), false, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Status};

    #[test]
    fn rows_of_different_registers_are_read() {
        let text = "ci_id;name;type;identifier;identifier_type;owner_email;team;environment;created;expires;status\nNHI-1;ci key;access_key;AKIARTX3GSDSVIAEKWCN;aws.akid;kim@acme.example;platform;prod;2026-08-11;;active\nNHI-2;x;pat;;;;;;;;\n";
        let register = read_text("a.csv", text, Vec::new());
        assert_eq!(register.records.len(), 1);
        let record = &register.records[0];
        assert!(record.keys.iter().any(|k| k.kind == KeyKind::AwsAkid));
        assert_eq!((&*record.provider, record.status, record.environment.as_deref()), ("aws", Status::Active, Some("prod")));
        assert!(register.warnings.iter().any(|w| w.contains("line 3") && w.contains("without an identifier")), "{:?}", register.warnings);
        let json = r#"[{"sys_id":"1","external_id":"trainer@ml-prod.iam.gserviceaccount.com","assigned_to":"lee@acme.example","used_for":"Production"}]"#;
        let register = read_text("b.json", json, Vec::new());
        assert_eq!(&*register.records[0].provider, "gcp");
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::GcpSa));
    }

    #[test]
    fn a_secret_pasted_for_an_owner_is_dropped_and_not_repeated() {
        let secret = format!("ghp_{}", "a1B2".repeat(9));
        let text = format!("identifier,identifier_type,owner\nAKIARTX3GSDSVIAEKWCN,aws.akid,{secret}\n");
        let register = read_text("a.csv", &text, Vec::new());
        assert_eq!(register.records[0].owner, None);
        assert!(
            register.warnings.iter().any(|w| w.contains("looks like a secret")) && register.warnings.iter().all(|w| !w.contains(&secret))
        );
    }
}
