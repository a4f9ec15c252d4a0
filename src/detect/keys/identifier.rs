//! Identifiers: the public parts that stand in or beside a credential, and name it or whose it is.

use super::key;
use crate::model::{Key, KeyKind, Member, Timestamp, aws_account};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::{Regex, RegexBuilder};
use std::sync::LazyLock;

/// Shortest public half that tells one pair from all others of a provider.
const SHORTEST: usize = 8;

/// The keys of a text that names something beside a credential of a provider, in the role that it has there.
pub fn identifiers(provider: &str, role: Member, text: &str) -> Vec<Key> {
    let text = text.trim();
    let mut keys = Vec::new();
    let mut add = |kind, value: &str| keys.extend(key(kind, value));
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match provider {
        "aws" | "amazon" => {
            if let Some(account) = aws_account(text) {
                add(KeyKind::AwsAccount, &account);
            }
            match text.get(..4) {
                Some("AKIA" | "ASIA" | "ABIA" | "ACCA") if text.len() == 20 => add(KeyKind::AwsAkid, text),
                Some("AIDA" | "AROA" | "AGPA" | "ANPA") => add(KeyKind::AwsUid, text),
                Some("arn:") => add(KeyKind::AwsArn, text),
                _ if is_number && text.len() == 12 => add(KeyKind::AwsAccount, text),
                _ => {}
            }
        }
        "azure" | "entra" | "microsoft" => match role {
            Member::Tenant | Member::Account if is_guid(text) => add(KeyKind::EntraTenant, text),
            _ if is_guid(text) => add(KeyKind::EntraAppId, text),
            _ if is_storage(text) => add(KeyKind::AzStorage, text),
            _ => {}
        },
        "gcp" | "google" => {
            if text.ends_with(".gserviceaccount.com") {
                add(KeyKind::GcpSa, text);
            } else if text.starts_with("GOOG") {
                add(KeyKind::GcpHmac, text);
            }
        }
        "hashicorp" | "vault" if is_guid(text) => add(KeyKind::VaultRoleId, text),
        "github" if is_number => add(KeyKind::GithubApp, text),
        "okta" if text.starts_with("0oa") => add(KeyKind::OktaClient, text),
        "sendgrid" if text.len() == 22 => add(KeyKind::SendgridKey, text),
        "twilio" if text.starts_with("SK") || text.starts_with("AC") => add(KeyKind::TwilioSid, text),
        // The public half of a pair is what its issuer lists it by.
        _ if role == Member::Identifier && text.len() >= SHORTEST => keys.extend(Key::native(provider, text)),
        _ => {}
    }
    keys.extend(within(text));
    keys
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().enumerate().all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
}

/// Names of storage accounts: 3 to 24 lower-case letters and digits.
fn is_storage(text: &str) -> bool {
    (3..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// What is recognised wherever it stands: the pattern, the group that holds it, and what it is.
static FORMS: LazyLock<Vec<(Regex, KeyKind)>> = LazyLock::new(|| {
    let forms = [
        (r"^((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})$", KeyKind::AwsAkid),
        (r"^SG\.([\w-]{22})\.[\w-]{43}$", KeyKind::SendgridKey),
        (r"^((?:SK|AC)[0-9a-f]{32})$", KeyKind::TwilioSid),
        (r"^(pk-lf-[\w-]+)$", KeyKind::LangfusePublic),
        (r"^xapp-\d-(A[A-Z0-9]{8,12})-", KeyKind::SlackApp),
        (r"hooks\.slack\.com/(?:services|workflows|triggers)/(T[A-Z0-9]{8,12})/", KeyKind::SlackTeam),
        (r"^gitlab\+deploy-token-(\d+)$", KeyKind::GitlabDeployToken),
        (r"(?i)AccountName=([a-z0-9]{3,24})(?:;|$)", KeyKind::AzStorage),
        (r"(?i)//([a-z0-9]{3,24})\.(?:blob|queue|table|file|dfs)\.core\.windows\.net", KeyKind::AzStorage),
        (r"(?i)//([a-z0-9-]{2,64})\.(?:openai|cognitiveservices|services\.ai)\.azure\.com", KeyKind::AzCogsvc),
        (r"^(\d{6,21})-[a-z0-9]{32}\.apps\.googleusercontent\.com$", KeyKind::GcpProjNum),
        (r"(?i)[?&]skoid=([0-9a-f-]{36})", KeyKind::EntraOid),
        (r"(?i)[?&]sktid=([0-9a-f-]{36})", KeyKind::EntraTenant),
        (r"^(spiffe://[\w.-]+/[!-~]+)$", KeyKind::SpiffeId),
    ];
    // Classes of all letters there are would make compiling cost more than the rest of a small scan.
    let compiled = |pattern: &str| RegexBuilder::new(pattern).unicode(false).build().expect("a sound pattern");
    forms.into_iter().map(|(pattern, kind)| (compiled(pattern), kind)).collect()
});

/// The keys that a value carries in clear.
pub(super) fn within(text: &str) -> Vec<Key> {
    if text.len() > 4096 {
        return Vec::new();
    }
    let mut keys: Vec<Key> = FORMS.iter().filter_map(|(form, kind)| key(*kind, form.captures(text)?.get(1)?.as_str())).collect();
    keys.extend(aws_account(text).and_then(|account| key(KeyKind::AwsAccount, &account)));
    keys
}

/// The id half of an Elasticsearch API key: base64 of `ID:SECRET`.
///
/// Source: the key's own documentation, where `Authorization: ApiKey` takes both halves encoded together.
pub(super) fn elastic(text: &str) -> Option<Key> {
    let decoded = STANDARD.decode(text.trim()).ok().filter(|d| d.len() <= 128)?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let is_half = |half: &str| half.len() >= 20 && half.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    key(KeyKind::ElasticKey, id).filter(|_| is_half(id) && is_half(secret))
}

/// The password of an address that holds one.
pub(super) fn secrets_within(text: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once("://").filter(|_| text.len() <= 4096) else { return Vec::new() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    let Some(password) = password.filter(|p| p.len() >= 6) else { return Vec::new() };
    let decoded = percent_decoded(password);
    if decoded == password { vec![decoded] } else { vec![password.to_owned(), decoded] }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| first == b'%').and_then(|d| std::str::from_utf8(d).ok());
        if let Some(byte) = digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// When a signed address ends: `se` of Azure's, `X-Amz-Expires` of AWS's are part of what is signed.
pub fn signed_until(text: &str) -> Option<Timestamp> {
    if !text.contains("sig=") && !text.contains("X-Amz-Expires=") {
        return None;
    }
    let text = text.replace("&amp;", "&");
    let parameter = |name: &str| {
        let begin = text.find(&format!("?{name}=")).or_else(|| text.find(&format!("&{name}="))).map(|at| at + name.len() + 2);
        let begin = begin.or_else(|| text.strip_prefix(&format!("{name}=")).map(|_| name.len() + 1))?;
        Some(percent_decoded(text.get(begin..)?.split(['&', '"', '\'', ' ', ';']).next()?))
    };
    if text.contains("sig=") {
        let end = parameter("se")?;
        return Timestamp::parse(&end)
            .or_else(|| Timestamp::parse(&format!("{end}T00:00:00Z")))
            .or_else(|| Timestamp::parse(&end.replace('Z', ":00Z")));
    }
    let (made, lives) = (parameter("X-Amz-Date")?, parameter("X-Amz-Expires")?.parse::<i64>().ok()?);
    let digits = |range: std::ops::Range<usize>| made.get(range);
    let text = format!("{}-{}-{}T{}:{}:{}Z", digits(0..4)?, digits(4..6)?, digits(6..8)?, digits(9..11)?, digits(11..13)?, digits(13..15)?);
    Timestamp::parse(&text).map(|t| Timestamp::utc(t.seconds.saturating_add(lives)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(keys: Vec<Key>) -> Vec<(KeyKind, String)> {
        keys.into_iter().map(|k| (k.kind, k.value.to_string())).collect()
    }

    #[test]
    fn names_beside_a_credential_are_keys_of_their_provider() {
        let guid = "AAAAAAAA-0000-4000-8000-000000000001";
        assert_eq!(values(identifiers("azure", Member::Identifier, guid)), [(KeyKind::EntraAppId, guid.to_lowercase())]);
        assert_eq!(values(identifiers("azure", Member::Tenant, guid)), [(KeyKind::EntraTenant, guid.to_lowercase())]);
        let id = values(identifiers("aws", Member::Identifier, "AKIARTX3GSDSVIAEKWCN"));
        assert!(
            id.contains(&(KeyKind::AwsAkid, "AKIARTX3GSDSVIAEKWCN".into())) && id.contains(&(KeyKind::AwsAccount, "111122223333".into()))
        );
        assert_eq!(values(identifiers("acme", Member::Identifier, "mdb_sa_id_1")), [(KeyKind::Native, "acme:mdb_sa_id_1".into())]);
        assert!(identifiers("acme", Member::Identifier, "admin").is_empty() && identifiers("acme", Member::Tenant, guid).is_empty());
    }

    #[test]
    fn values_carry_ids_in_clear() {
        let sendgrid = format!("SG.{}.{}", "a".repeat(22), "b".repeat(43));
        assert_eq!(values(within(&sendgrid)), [(KeyKind::SendgridKey, "a".repeat(22))]);
        assert_eq!(
            values(within("DefaultEndpointsProtocol=https;AccountName=acmedata;AccountKey=x")),
            [(KeyKind::AzStorage, "acmedata".into())]
        );
        assert_eq!(secrets_within("postgres://app:p%40ssword@db/x"), ["p%40ssword", "p@ssword"]);
        assert!(secrets_within("https://db/x@y").is_empty());
        let pair = STANDARD.encode(format!("{}:{}", "i".repeat(20), "s".repeat(22)));
        assert_eq!(elastic(&pair).map(|k| k.value.to_string()), Some("i".repeat(20)));
        assert_eq!(elastic(&STANDARD.encode("user:password")), None);
    }

    #[test]
    fn a_signed_address_says_when_it_ends() {
        let sas = "https://acme.blob.core.windows.net/c?sv=2022&st=2024-01-01&se=2025-06-01T00%3A00%3A00Z&sp=r&sig=abc";
        assert_eq!(signed_until(sas).map(|t| t.to_string()).as_deref(), Some("2025-06-01T00:00:00Z"));
        assert_eq!(signed_until("sv=2022&se=2025-06-01&sig=abc").map(|t| t.to_string()).as_deref(), Some("2025-06-01T00:00:00Z"));
        let aws = "https://b.s3.amazonaws.com/k?X-Amz-Date=20240101T000000Z&X-Amz-Expires=3600&X-Amz-Signature=x";
        assert_eq!(signed_until(aws).map(|t| t.to_string()).as_deref(), Some("2024-01-01T01:00:00Z"));
        assert_eq!(signed_until("https://acme.example/?se=2025"), None);
    }
}
