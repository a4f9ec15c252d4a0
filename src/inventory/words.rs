//! Words of exports: owners, states, kinds and identifiers, as different systems spell them.

use crate::model::{KeyKind, OwnedBy, OwnerKind, OwnerName, RecordKind, SourceClass, Status};

/// An owner in a field or tag: an address is a person's; of other names the directory knows.
pub fn owner(value: &str, by: OwnedBy) -> Option<OwnerName> {
    let value = value.trim();
    let nobody = ["", "-", "none", "n/a", "null", "unknown", "unassigned", "tbd"];
    if nobody.contains(&value.to_ascii_lowercase().as_str()) {
        return None;
    }
    let is_address = value.contains('@') && !value.starts_with('@');
    let kind = if is_address { OwnerKind::Person } else { OwnerKind::Unknown };
    Some(OwnerName { value: value.into(), kind, by })
}

/// Whether a text that should name somebody looks like a secret that was pasted there.
pub fn is_secret_like(text: &str) -> bool {
    let known = ["AKIA", "ASIA", "ghp_", "github_pat_", "glpat-", "sk-", "xox", "-----BEGIN", "eyJ", "hvs."];
    let (mut digits, mut upper, mut lower) = (false, false, false);
    for b in text.bytes() {
        digits |= b.is_ascii_digit();
        upper |= b.is_ascii_uppercase();
        lower |= b.is_ascii_lowercase();
    }
    // An id that a provider gives to people: `user_01WCz1FkmYMm4gnmykNKUu3Q`.
    let is_id = ["user_", "usr_", "member_", "org_", "team_", "acct_"].iter().any(|p| text.starts_with(p));
    let is_run = !is_id && text.len() >= 28 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b));
    (text.len() >= 16 && known.iter().any(|k| text.starts_with(k))) || (is_run && digits && upper && lower)
}

/// The state that a word of an export means.
pub fn status(word: &str) -> Status {
    match word.trim().to_ascii_lowercase().as_str() {
        "active" | "enabled" | "true" | "valid" | "issued" | "ok" | "current" | "approved" | "in use" | "operational" | "live" => {
            Status::Active
        }
        "inactive" | "disabled" | "false" | "suspended" | "archived" | "locked" | "retired" | "decommissioned" | "paused" => {
            Status::Inactive
        }
        "revoked" | "denied" | "withdrawn" | "compromised" => Status::Revoked,
        "expired" => Status::Expired,
        "deleted" | "destroyed" | "removed" => Status::Deleted,
        "pending" | "requested" | "pending_deletion" => Status::Pending,
        _ => Status::Unknown,
    }
}

/// The kind of record that a register's words for a type mean.
pub fn kind(word: &str) -> Option<RecordKind> {
    let word = word.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    RecordKind::named(&word).or_else(|| {
        Some(match word.as_str() {
            "aws_access_key" | "iam_access_key" => RecordKind::AccessKey,
            "secret_key" | "apikey" | "key" | "virtual_key" | "license_key" => RecordKind::ApiKey,
            "pat" | "api_token" | "personal_access_token" | "access_token" | "bot_token" | "user_token" | "sa_token" | "bearer" => {
                RecordKind::Token
            }
            "client_secret" | "app_secret" | "oauth" | "oauth_client" => RecordKind::OauthSecret,
            "service_account_key" | "json_key" => RecordKind::SaKey,
            "deploy_key" | "ssh" => RecordKind::SshKey,
            "certificate" | "private_key" | "tls" | "x509" | "tls_certificate" => RecordKind::Cert,
            "iam_user" | "account" => RecordKind::User,
            "iam_role" => RecordKind::Role,
            "service_principal" | "application" | "app_registration" | "enterprise_app" => RecordKind::App,
            "ai_agent" | "bot" => RecordKind::Agent,
            "database_url" | "password" | "webhook" | "connection_string" => RecordKind::Other,
            _ => return None,
        })
    })
}

/// The provider whose identities a kind of key names.
pub fn provider(kind: KeyKind) -> Option<&'static str> {
    let begins = kind.as_str().split('.').next().unwrap_or_default();
    Some(match begins {
        "aws" | "ec2" => "aws",
        "gcp" => "gcp",
        "entra" | "az" => "azure",
        "github" | "gh" => "github",
        "gl" => "gitlab",
        "k8s" => "kubernetes",
        "openai" => "openai",
        "anthropic" => "anthropic",
        "langfuse" => "langfuse",
        "langsmith" => "langsmith",
        "okta" => "okta",
        "pypi" => "pypi",
        "sendgrid" => "sendgrid",
        "twilio" => "twilio",
        "es" => "elastic",
        "slack" => "slack",
        "sentry" => "sentry",
        "vault" => "vault",
        "spki" | "x509" => "x509",
        "ssh" => "ssh",
        "ado" => "azure-devops",
        "jenkins" => "jenkins",
        _ => return None,
    })
}

/// What an identifier is by its form, where a register does not say.
pub fn guessed(identifier: &str) -> KeyKind {
    let text = identifier.trim();
    let is_hex = |n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_guid = text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() });
    let is_key_id = text.len() == 20 && ["AKIA", "ASIA"].iter().any(|p| text.starts_with(p));
    match () {
        () if is_key_id => KeyKind::AwsAkid,
        () if text.starts_with("arn:aws") && text.contains(":iam:") => KeyKind::AwsArn,
        () if text.starts_with("arn:aws") || text.contains("/secrets/") => KeyKind::SecretRef,
        () if text.ends_with(".iam.gserviceaccount.com") => KeyKind::GcpSa,
        () if text.starts_with("SHA256:") => KeyKind::SshSha256,
        () if text.starts_with("spiffe://") => KeyKind::SpiffeId,
        () if is_guid => KeyKind::EntraAppId,
        () if is_hex(64) => KeyKind::S256,
        () if text.starts_with("apikey_") => KeyKind::AnthropicKey,
        () if text.starts_with("key_") => KeyKind::OpenaiKey,
        () if text.starts_with("pk-lf-") => KeyKind::LangfusePublic,
        () => KeyKind::Native,
    }
}

/// The class that a manifest's or record's word means.
pub fn class(word: &str) -> Option<SourceClass> {
    SourceClass::named(&word.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_no_owner_and_an_address_is_a_person() {
        assert_eq!(owner(" N/A ", OwnedBy::Field), None);
        assert_eq!(owner("kim@acme.example", OwnedBy::Field).map(|o| o.kind), Some(OwnerKind::Person));
        assert_eq!(owner("@acme/payments", OwnedBy::Tag).map(|o| o.kind), Some(OwnerKind::Unknown));
    }

    #[test]
    fn a_pasted_secret_is_seen() {
        assert!(is_secret_like(&format!("ghp_{}", "a1B2".repeat(9))));
        assert!(is_secret_like(&"a1B2c3D4".repeat(5)));
        for name in [
            "kim@acme.example",
            "user_01WCz1FkmYMm4gnmykNKUu3Q",
            "platform-engineering-and-operations",
            "group:default/payments",
            "00u1abcd2EFGH3ijk4x7",
        ] {
            assert!(!is_secret_like(name), "{name}");
        }
    }

    #[test]
    fn identifiers_are_told_by_their_form() {
        for (text, kind) in [
            ("AKIARTX3GSDSVIAEKWCN", KeyKind::AwsAkid),
            ("arn:aws:iam::111122223333:role/ci", KeyKind::AwsArn),
            ("trainer@ml-prod.iam.gserviceaccount.com", KeyKind::GcpSa),
            ("aaaaaaaa-0000-4000-8000-000000000001", KeyKind::EntraAppId),
            ("title", KeyKind::Native),
        ] {
            assert_eq!(guessed(text), kind, "{text}");
        }
    }
}
