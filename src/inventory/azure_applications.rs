//! Entra: applications with their client secrets and certificates, from Microsoft Graph or `az ad app list`.

use super::context::{Context, ENVIRONMENT_TAGS, Element, text, time};
use super::{Importer, Speaks, words};
use crate::model::{Has, Hint, Key, KeyKind, OwnedBy, OwnerName, Record, RecordKind, SourceClass, Status};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// `azure-applications`.
pub(super) struct Format;

/// Bits of a hint: three of 66 characters.
const HINT_BITS: f32 = 18.1;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "azure-applications"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["azure"] }
    }

    fn command(&self) -> &'static str {
        "az rest --method GET --url 'https://graph.microsoft.com/v1.0/applications?$select=id,appId,displayName,createdDateTime,passwordCredentials,keyCredentials,tags,notes&$expand=owners'"
    }

    fn lacks(&self) -> &'static str {
        "no last use: add the sign-in activity reports; a client secret shows three characters, so it joins together with its client id alone"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        is_nameless(element)
            || element.has(&["appId"])
                && (element.object.contains_key("passwordCredentials") || element.object.contains_key("keyCredentials"))
                && !element.object.contains_key("servicePrincipalType")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if is_nameless(element) {
            return context.note(
                "credentials of an application that the answer does not name join with nothing and are left out: export `az ad app list --all` instead",
            );
        }
        let Some(app_id) = element.text(&["appId"]) else {
            return context.warn(element, "an application without an appId; left out");
        };
        let Some(app_key) = Key::new(KeyKind::EntraAppId, &app_id) else { return };
        let tenant = tenant(element).or_else(|| context.scope().map(str::to_owned));
        let owner = owner(element);
        let mut app = context.record(SourceClass::Issuer, "azure", RecordKind::App, &app_id);
        app.keys.push(app_key.clone());
        app.keys.extend(element.text(&["id"]).and_then(|id| Key::new(KeyKind::EntraOid, &id)));
        app.scope = tenant.as_deref().map(Into::into);
        app.display = element.text(&["displayName"]).map(Into::into);
        app.created = element.time(&["createdDateTime"]);
        app.owner.clone_from(&owner);
        app.environment = environment(element);
        app.purpose = element.text(&["notes"]).map(Into::into);
        app.status = Status::Active;
        let display = app.display.clone();
        context.push(app);
        let has = Has { owner: true, expiry: true, hint: true, ..Has::default() };
        for kind in [RecordKind::App, RecordKind::OauthSecret] {
            context.covers(
                SourceClass::Issuer,
                "azure",
                kind,
                tenant.as_deref(),
                element.envelope == "value" || element.envelope.is_empty(),
                has,
            );
        }
        for (field, kind) in [("passwordCredentials", RecordKind::OauthSecret), ("keyCredentials", RecordKind::Cert)] {
            for credential in element.list(&[field]) {
                let Some(mut record) = credential_of(credential, kind, context) else {
                    context.warn(element, &format!("one of its {field} has no keyId; left out"));
                    continue;
                };
                record.of.push(app_key.clone());
                record.scope = tenant.as_deref().map(Into::into);
                record.display = credential.get("displayName").and_then(text).map(Into::into).or_else(|| display.clone());
                record.environment = environment(element);
                record.owner.clone_from(&owner);
                if let Some(hint) = record.hint.as_mut() {
                    hint.within = Some(app_key.clone());
                }
                context.push(record);
            }
        }
    }
}

/// Whether an element is a credential alone, as `az ad app credential list` prints it.
fn is_nameless(element: &Element<'_>) -> bool {
    element.has(&["keyId", "startDateTime", "endDateTime"]) && !element.object.contains_key("appId")
}

fn credential_of(credential: &Value, kind: RecordKind, context: &Context<'_>) -> Option<Record> {
    let of = |field: &str| credential.get(field).and_then(text);
    let id = of("keyId")?;
    let mut record = context.record(SourceClass::Issuer, "azure", kind, &id);
    record.keys.extend(Key::new(KeyKind::EntraKeyId, &id));
    record.created = credential.get("startDateTime").and_then(time);
    record.last_rotated = record.created;
    record.expires = credential.get("endDateTime").and_then(time);
    let hint = of("hint").filter(|_| kind == RecordKind::OauthSecret);
    record.hint = hint.map(|h| Box::new(Hint { prefix: h.into(), suffix: "".into(), bits: HINT_BITS, within: None }));
    record.keys.extend(of("customKeyIdentifier").filter(|_| kind == RecordKind::Cert).and_then(|t| thumbprint(&t)));
    Some(record)
}

/// The thumbprint of a certificate: base64 of its bytes, or of their hexadecimal digits, or those digits.
fn thumbprint(text: &str) -> Option<Key> {
    let decoded = STANDARD.decode(text).ok();
    let digits = decoded.as_ref().filter(|d| d.len() == 40).and_then(|d| std::str::from_utf8(d).ok());
    Key::new(KeyKind::X509Sha1, digits.unwrap_or(text))
}

/// The tenant: of the answer's context, or of who publishes it.
fn tenant(element: &Element<'_>) -> Option<String> {
    let own = element.text(&["appOwnerOrganizationId"]).or_else(|| element.text(&["tenantId"]));
    own.or_else(|| element.outer?.get("tenantId").and_then(text))
}

fn owner(element: &Element<'_>) -> Option<OwnerName> {
    let owners = element
        .list(&["owners"])
        .iter()
        .filter_map(|o| ["userPrincipalName", "mail", "displayName"].iter().find_map(|f| o.get(*f).and_then(text)));
    let named = owners.into_iter().find_map(|o| words::owner(&o, OwnedBy::Field));
    let tags = element.list(&["tags"]).iter().filter_map(text).collect::<Vec<_>>();
    let tagged = || {
        tags.iter()
            .find_map(|t| t.split_once([':', '=']).filter(|(k, _)| matches!(k.to_ascii_lowercase().as_str(), "owner" | "team")))
            .and_then(|(_, v)| words::owner(v, OwnedBy::Tag))
    };
    named.or_else(tagged)
}

fn environment(element: &Element<'_>) -> Option<Box<str>> {
    let tags = element.list(&["tags"]).iter().filter_map(text).collect::<Vec<_>>();
    let tag =
        tags.iter().find_map(|t| t.split_once([':', '=']).filter(|(k, _)| ENVIRONMENT_TAGS.contains(&k.to_ascii_lowercase().as_str())));
    tag.map(|(_, v)| v.trim().into())
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, RecordKind};

    #[test]
    fn credentials_without_their_application_are_left_out_and_it_is_told() {
        let text = r#"[{"customKeyIdentifier":null,"displayName":"gh","endDateTime":"2026-01-01T00:00:00Z","hint":"abc","keyId":"bbbbbbbb-0000-4000-8000-000000000001","secretText":null,"startDateTime":"2024-01-01T00:00:00Z"}]"#;
        let register = read_text("credentials.json", text, Vec::new());
        assert_eq!((register.records.len(), register.files[0].unknown), (0, 0));
        assert!(register.warnings.iter().any(|w| w.contains("az ad app list --all")), "{:?}", register.warnings);
    }

    #[test]
    fn an_application_has_secrets_that_show_three_characters() {
        let text = r#"{"@odata.context":"x","value":[{"id":"cccccccc-0000-4000-8000-000000000001","appId":"AAAAAAAA-0000-4000-8000-000000000001","displayName":"train","owners":[{"userPrincipalName":"kim@acme.example"}],
          "passwordCredentials":[{"keyId":"bbbbbbbb-0000-4000-8000-000000000001","hint":"abc","displayName":"gh","startDateTime":"2024-01-01T00:00:00Z","endDateTime":"2026-01-01T00:00:00Z"}],
          "keyCredentials":[{"keyId":"bbbbbbbb-0000-4000-8000-000000000002","customKeyIdentifier":"qrvM3e7/ABEiM0RVZneImaq7zN0=","endDateTime":"2026-01-01T00:00:00Z"}],"tags":["env:prod"]}]}"#;
        let register = read_text("apps.json", text, Vec::new());
        assert_eq!(
            register.records.iter().map(|r| r.kind).collect::<Vec<_>>(),
            [RecordKind::App, RecordKind::OauthSecret, RecordKind::Cert]
        );
        let secret = &register.records[1];
        let hint = secret.hint.as_ref().unwrap();
        assert_eq!((&*hint.prefix, hint.within.as_ref().map(|k| k.kind)), ("abc", Some(KeyKind::EntraAppId)));
        assert_eq!(hint.within.as_ref().map(|k| &*k.value), Some("aaaaaaaa-0000-4000-8000-000000000001"));
        assert!(register.records[2].keys.iter().any(|k| k.kind == KeyKind::X509Sha1 && k.value.starts_with("aabbccddeeff")));
        assert_eq!(secret.owner.as_ref().map(|o| &*o.value), Some("kim@acme.example"));
    }
}
