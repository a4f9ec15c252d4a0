//! Google Cloud service account keys: the JSON file that holds one.

use super::{Decoded, Outcome, identity};
use crate::model::{Class, Key, KeyKind, Proof};
use serde::Deserialize;
use zeroize::Zeroizing;

/// The public fields of a key file; the private key is skipped over, never copied.
#[derive(Deserialize)]
struct KeyFile {
    r#type: String,
    project_id: String,
    private_key_id: String,
    client_email: String,
    #[serde(default)]
    client_id: String,
}

/// Reads a key file, also one that stands inside a JSON string with its quotes escaped.
fn parse(value: &[u8]) -> Option<KeyFile> {
    let file = serde_json::from_slice(value).ok().or_else(|| {
        let text = Zeroizing::new(format!("\"{}\"", std::str::from_utf8(value).ok()?));
        let unescaped: Zeroizing<String> = Zeroizing::new(serde_json::from_str(&text).ok()?);
        serde_json::from_str(&unescaped).ok()
    });
    file.filter(|file: &KeyFile| file.r#type == "service_account")
}

/// A key file whose key id has its form and whose account belongs to the project it names.
///
/// Source: Google's documentation, "Create and delete service account keys"; project ids of a domain (`acme.com:app`) are turned round
/// in addresses (`name@app.acme.com.iam.gserviceaccount.com`).
pub(super) fn check(value: &[u8]) -> Outcome {
    let Some(file) = parse(value) else {
        return Outcome::Silent;
    };
    let has_key_id = file.private_key_id.len() == 40 && file.private_key_id.bytes().all(|b| b.is_ascii_hexdigit());
    let project = match file.project_id.split_once(':') {
        Some((domain, name)) => format!("{name}.{domain}"),
        None => file.project_id.clone(),
    };
    let belongs = file.client_email.split_once('@').is_some_and(|(name, host)| match host.strip_suffix(".iam.gserviceaccount.com") {
        Some(owner) => !name.is_empty() && owner == project,
        None => host == "appspot.gserviceaccount.com" && name == file.project_id,
    });
    if has_key_id && belongs { Outcome::Proven(Proof::Structure) } else { Outcome::Silent }
}

/// The account's address and its project.
pub(super) fn decode(value: &[u8]) -> Option<Decoded> {
    let file = parse(value)?;
    Some(Decoded {
        principal: identity(&file.client_email),
        scope: identity(&file.project_id),
        class: Some(Class::Workload),
        keys: [(KeyKind::GcpSaKey, &file.private_key_id), (KeyKind::GcpSa, &file.client_email), (KeyKind::GcpUid, &file.client_id)]
            .into_iter()
            .filter_map(|(kind, text)| Key::new(kind, text))
            .collect(),
        ..Decoded::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: &str, project: &str, email: &str) -> String {
        let key = format!(r#""private_key_id":"{}","private_key":"x""#, "0f".repeat(20));
        format!(r#"{{"type":"{kind}","project_id":"{project}",{key},"client_email":"{email}"}}"#)
    }

    #[test]
    fn the_account_belongs_to_the_project() {
        for (project, email, expected) in [
            ("ml-prod", "trainer@ml-prod.iam.gserviceaccount.com", Outcome::Proven(Proof::Structure)),
            ("acme.com:app", "trainer@app.acme.com.iam.gserviceaccount.com", Outcome::Proven(Proof::Structure)),
            ("ml-prod", "ml-prod@appspot.gserviceaccount.com", Outcome::Proven(Proof::Structure)),
            ("ml-prod", "trainer@ml-dev.iam.gserviceaccount.com", Outcome::Silent),
            ("ml-prod", "@ml-prod.iam.gserviceaccount.com", Outcome::Silent),
        ] {
            assert_eq!(check(file("service_account", project, email).as_bytes()), expected, "{project} {email}");
        }
        let other = file("authorized_user", "ml-prod", "trainer@ml-prod.iam.gserviceaccount.com");
        assert_eq!(check(other.as_bytes()), Outcome::Silent);
        let short = file("service_account", "p", "t@p.iam.gserviceaccount.com").replacen("0f", "", 1);
        assert_eq!(check(short.as_bytes()), Outcome::Silent);
    }

    #[test]
    fn a_file_inside_a_string_decodes() {
        let email = "trainer@ml-prod.iam.gserviceaccount.com";
        let text = serde_json::to_string(&file("service_account", "ml-prod", email)).expect("a string");
        let decoded = decode(text.trim_matches('"').as_bytes()).expect("decodes");
        assert_eq!((decoded.principal.as_deref(), decoded.scope.as_deref()), (Some(email), Some("ml-prod")));
    }
}
