//! Okta: client secrets of applications, API tokens, and the applications themselves.

use super::accounts::PERSON;
use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass, Status};

/// `okta`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "okta"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["okta"] }
    }

    fn command(&self) -> &'static str {
        "GET https://ORG.okta.com/api/v1/apps, /api/v1/apps/ID/credentials/secrets, /api/v1/api-tokens"
    }

    fn lacks(&self) -> &'static str {
        "API tokens show neither characters nor digest; no owner of an application"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let id = element.text(&["id"]).unwrap_or_default();
        (element.has(&["secret_hash", "status"]) && !element.object.contains_key("create_time"))
            || (id.starts_with("00T") && element.has(&["name", "userId"]))
            || element.has(&["signOnMode", "label"])
            || element.at(&["credentials", "oauthClient", "client_id"]).is_some()
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["id"]) else { return context.warn(element, "no id; left out") };
        let client = element.text(&["credentials", "oauthClient", "client_id"]);
        if client.is_none() && element.object.contains_key("signOnMode") {
            return; // people sign on to it, and it holds no credential of its own
        }
        let kind = match () {
            () if element.object.contains_key("secret_hash") => RecordKind::OauthSecret,
            () if client.is_some() => RecordKind::App,
            () => RecordKind::Token,
        };
        let mut record = context.record(SourceClass::Issuer, "okta", kind, &id);
        match kind {
            RecordKind::OauthSecret => {
                record.keys.extend(Key::new(KeyKind::OktaSecret, &id));
                record.keys.extend(element.text(&["secret_hash"]).and_then(|h| Key::new(KeyKind::S256, &h)));
                // The answer may hold the secret in clear; it is kept as a fingerprint.
                record
                    .keys
                    .extend(element.text(&["client_secret"]).filter(|s| s.len() >= 20).map(|s| context.secret(&s)).unwrap_or_default());
            }
            RecordKind::App => {
                record.keys.extend(client.and_then(|c| Key::new(KeyKind::OktaClient, &c)));
                record
                    .keys
                    .extend(element.text(&["credentials", "oauthClient", "client_secret"]).map(|s| context.secret(&s)).unwrap_or_default());
            }
            _ => record.last_used = element.time(&["lastUpdated"]),
        }
        record.display = element.text(&["name"]).or_else(|| element.text(&["label"])).map(Into::into);
        record.details.extend(element.text(&["userId"]).map(|u| (PERSON.to_owned(), u)));
        record.principal = if kind == RecordKind::Token { Class::Human } else { Class::Integration };
        record.created = element.time(&["created"]);
        record.last_rotated = record.created;
        record.expires = element.time(&["expiresAt"]);
        record.status = match element.text(&["status"]).as_deref() {
            Some("INACTIVE") => Status::Inactive,
            _ => Status::Active,
        };
        let scope = context.scope().map(str::to_owned);
        let has = Has {
            fingerprint: kind == RecordKind::OauthSecret,
            expiry: kind == RecordKind::Token,
            last_used: kind == RecordKind::Token,
            ..Has::default()
        };
        context.covers(SourceClass::Issuer, "okta", kind, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, RecordKind};

    #[test]
    fn an_application_that_people_sign_on_to_holds_nothing() {
        let text = r#"[{"id":"0oa1","name":"saml","label":"Wiki","status":"ACTIVE","signOnMode":"SAML_2_0","credentials":{"userNameTemplate":{"type":"BUILT_IN"},"signing":{"kid":"k"}},"settings":{"signOn":{"enabled":true}}},
          {"id":"0oa2","name":"oidc_client","label":"Bot","status":"ACTIVE","signOnMode":"OPENID_CONNECT","credentials":{"oauthClient":{"client_id":"0oa2"}}}]"#;
        let register = read_text("apps.json", text, Vec::new());
        assert_eq!((register.records.len(), register.files[0].unknown), (1, 0), "{:?}", register.warnings);
    }

    #[test]
    fn a_hash_of_sixteen_bytes_is_the_digest() {
        let text = r#"[{"id":"ocsEXAMPLE","created":"2023-02-21T20:08:24Z","status":"ACTIVE","client_secret":"FAKE-secret-value-000-long-enough","secret_hash":"ER90tWl5XlkQUYvj8pFwSg"},
          {"id":"00Tfake","name":"scim-sync","userId":"00ufake","created":"2022-01-01T00:00:00Z","lastUpdated":"2022-01-01T00:00:00Z","expiresAt":"2022-02-01T00:00:00Z"}]"#;
        let register = read_text("okta.json", text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::S256 && &*k.value == "111f74b569795e5910518be3f291704a"));
        assert_eq!(register.records[1].kind, RecordKind::Token);
        assert!(!format!("{register:?}").contains("FAKE-secret"));
    }
}
