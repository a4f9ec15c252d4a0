//! Join keys: what a credential, a reference and a record of the inventory can be recognised by as the same identity.

use super::names::names;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

names! {
    /// What a key is a value of. Names are those that registers write as `identifier_type`.
    KeyKind {
        /// AWS access key id.
        AwsAkid = "aws.akid",
        /// Unique id of an AWS principal, such as `AIDA…`.
        AwsUid = "aws.uid",
        /// ARN, of a role rather than of its session.
        AwsArn = "aws.arn",
        /// User name of a service-specific credential.
        AwsSvcUser = "aws.svcuser",
        /// AWS account; names many credentials.
        AwsAccount = "aws.account",
        /// Fingerprint that EC2 gives a key pair.
        Ec2Fp = "ec2.fp",
        /// Id of a service account's key.
        GcpSaKey = "gcp.sakey",
        /// E-mail address of a service account.
        GcpSa = "gcp.sa",
        /// Unique id of a service account.
        GcpUid = "gcp.uid",
        /// Access id of an HMAC key.
        GcpHmac = "gcp.hmac",
        /// Project number; names many credentials.
        GcpProjNum = "gcp.projnum",
        /// Workload identity pool provider: `projects/N/locations/global/workloadIdentityPools/P/providers/R`.
        GcpWif = "gcp.wif",
        /// Client id of an application.
        EntraAppId = "entra.appid",
        /// Object id of an application or service principal.
        EntraOid = "entra.oid",
        /// Tenant; names many credentials.
        EntraTenant = "entra.tenant",
        /// Id of a client secret or certificate.
        EntraKeyId = "entra.keyid",
        /// Storage account; names at most two keys.
        AzStorage = "az.storage",
        /// Custom subdomain of a cognitive service.
        AzCogsvc = "az.cogsvc",
        /// SHA-1 of a certificate, in hexadecimal.
        X509Sha1 = "x509.sha1",
        /// SHA-256 of a certificate, in hexadecimal.
        X509Sha256 = "x509.sha256",
        /// Issuer and serial number of a certificate: `ISSUER#SERIAL`.
        X509Serial = "x509.serial",
        /// SHA-256 of a public key's DER (SubjectPublicKeyInfo), in hexadecimal.
        Spki = "spki",
        /// OpenSSH fingerprint of a public key: base64 of SHA-256, without `SHA256:`.
        SshSha256 = "ssh.sha256",
        /// First 16 bytes of the SHA-256 of the secret, in hexadecimal.
        S256 = "s256",
        /// SHA-512 of the secret, in hexadecimal.
        Sha512 = "sha512",
        /// Microsoft's cross-company correlating id: 20 characters of base64.
        C3id = "c3id",
        /// GitGuardian's HMSL hash of the secret, in hexadecimal.
        Hmsl = "hmsl",
        /// Digest of the secret by an algorithm that the configuration names: `sha1:HEX`, `sha256/8-sk-:HEX`.
        Digest = "digest",
        /// Keyed fingerprint of the organisation: 22 characters of base64url.
        Kfp1 = "kfp1",
        /// Id of an authorised credential of a member.
        GithubCredential = "github.credential_id",
        /// Name of a CI secret: `OWNER/NAME`, `OWNER/REPO/NAME`, `OWNER/REPO/ENVIRONMENT/NAME`.
        GithubSecret = "gh.secret",
        /// Id of a GitHub App.
        GithubApp = "github.app",
        /// User of a GitLab instance; names many tokens.
        GitlabUser = "gl.user",
        /// Project of a GitLab instance; names many tokens.
        GitlabProject = "gl.project",
        /// Group of a GitLab instance; names many tokens.
        GitlabGroup = "gl.group",
        /// Id of a deploy token.
        GitlabDeployToken = "gl.deploytoken",
        /// Unique id of a Kubernetes object.
        K8sUid = "k8s.uid",
        /// Service account: `NAMESPACE/NAME`.
        K8sSa = "k8s.sa",
        /// SPIFFE id.
        SpiffeId = "spiffe.id",
        /// Path of a secret in Vault, with its mount, without the `data` of version 2, with `#KEY` for one key of it.
        VaultPath = "vault.path",
        /// Role id of an AppRole.
        VaultRoleId = "vault.roleid",
        /// Accessor of a token.
        VaultAccessor = "vault.accessor",
        /// Secret in a store of a cloud: ARN, resource name or URI.
        SecretRef = "secret.ref",
        /// Service connection of Azure DevOps.
        ServiceConnection = "ado.connection",
        /// Credentials entry of Jenkins.
        JenkinsCredential = "jenkins.credential",
        /// Id of a key at OpenAI.
        OpenaiKey = "openai.key_id",
        /// Id of a key at Anthropic.
        AnthropicKey = "anthropic.key_id",
        /// Public key of a Langfuse project.
        LangfusePublic = "langfuse.publickey",
        /// Id of a key at LangSmith.
        LangsmithKey = "langsmith.key_id",
        /// Id of a client secret at Okta.
        OktaSecret = "okta.secret_id",
        /// Client id of an application at Okta.
        OktaClient = "okta.client_id",
        /// Unique identifier in a PyPI token.
        PypiMacaroon = "pypi.macaroon",
        /// Id of a key at SendGrid.
        SendgridKey = "sendgrid.keyid",
        /// SID of a key or account at Twilio.
        TwilioSid = "twilio.sid",
        /// Id half of an Elasticsearch API key.
        ElasticKey = "es.apikey",
        /// App at Slack.
        SlackApp = "slack.app",
        /// Workspace at Slack; names many credentials.
        SlackTeam = "slack.team",
        /// Organisation at Sentry; names many tokens.
        SentryOrg = "sentry.org",
        /// Issuer and subject of a JWT: `ISSUER#SUBJECT`.
        JwtSubject = "jwt.sub",
        /// AI agent of a register.
        Agent = "agent",
        /// MCP server: its name or address.
        McpServer = "mcp.server",
        /// The provider's own id of the record: `PROVIDER:ID`.
        Native = "id",
    }
}

impl KeyKind {
    /// Whether the key names an owner of many credentials, and so never one of them.
    pub fn is_shared(self) -> bool {
        matches!(
            self,
            Self::AwsAccount
                | Self::GcpProjNum
                | Self::EntraTenant
                | Self::GitlabUser
                | Self::GitlabProject
                | Self::GitlabGroup
                | Self::SlackTeam
                | Self::SentryOrg
        )
    }

    /// Whether the key is a digest of the secret itself.
    pub fn is_digest(self) -> bool {
        matches!(self, Self::S256 | Self::Sha512 | Self::C3id | Self::Hmsl | Self::Digest | Self::Kfp1)
    }

    /// Whether the key is a fingerprint of the public half.
    pub fn is_fingerprint(self) -> bool {
        matches!(self, Self::Spki | Self::SshSha256 | Self::X509Sha1 | Self::X509Sha256 | Self::Ec2Fp)
    }
}

/// A join key, in the one form that all spellings of it come to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// What it is a value of.
    #[serde(rename = "type")]
    pub kind: KeyKind,
    /// The value.
    pub value: Box<str>,
}

impl Key {
    /// The key of a value as somebody wrote it; `None` where it cannot be one.
    pub fn new(kind: KeyKind, text: &str) -> Option<Self> {
        let text = text.trim();
        let lower = || Some(text.to_ascii_lowercase());
        let value = match kind {
            KeyKind::S256 => digest(text, 16),
            KeyKind::X509Sha256 | KeyKind::Spki => digest(text, 32),
            KeyKind::Sha512 => digest(text, 64),
            KeyKind::X509Sha1 => digest(text, 20),
            KeyKind::SshSha256 => Some(text.trim_start_matches("SHA256:").trim_end_matches('=').to_owned()),
            KeyKind::AwsArn => Some(arn(text)),
            KeyKind::VaultPath => Some(vault_path(text)),
            KeyKind::GithubSecret => lower(),
            KeyKind::GcpSa | KeyKind::GcpSaKey | KeyKind::SpiffeId | KeyKind::Hmsl => lower(),
            KeyKind::AzStorage | KeyKind::AzCogsvc | KeyKind::PypiMacaroon | KeyKind::K8sUid | KeyKind::VaultRoleId => lower(),
            KeyKind::EntraAppId | KeyKind::EntraOid | KeyKind::EntraTenant | KeyKind::EntraKeyId => lower(),
            KeyKind::X509Serial => Some(text.to_ascii_lowercase().replace(':', "")),
            _ => Some(text.to_owned()),
        }?;
        (!value.is_empty() && value.len() <= MOST).then(|| Self { kind, value: value.into() })
    }

    /// The key of a record by its provider's own id.
    pub fn native(provider: &str, id: &str) -> Option<Self> {
        Self::new(KeyKind::Native, &format!("{provider}:{}", id.trim())).filter(|_| !id.trim().is_empty())
    }
}

/// Longest value of a key, in bytes.
const MOST: usize = 2048;

/// The first `length` bytes of a digest in base64 or hexadecimal (with or without colons), in hexadecimal; at least so many must be there.
fn digest(text: &str, length: usize) -> Option<String> {
    let plain: String = text.trim_start_matches("SHA256:").trim_start_matches("sha256:").chars().filter(|c| *c != ':').collect();
    let is_hex = plain.len() >= length * 2 && plain.len().is_multiple_of(2) && plain.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex {
        return Some(plain[..length * 2].to_ascii_lowercase());
    }
    let unpadded = plain.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(unpadded).or_else(|_| URL_SAFE_NO_PAD.decode(unpadded)).ok()?;
    let bytes = bytes.get(..length)?;
    Some(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// An ARN; that of the role instead of that of its session.
fn arn(text: &str) -> String {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let session = match parts.as_slice() {
        ["arn", partition, "sts", _, account, resource] => {
            let role = resource.strip_prefix("assumed-role/").and_then(|r| r.split('/').next());
            role.map(|role| format!("arn:{partition}:iam::{account}:role/{role}"))
        }
        _ => None,
    };
    session.unwrap_or_else(|| text.to_owned())
}

/// A path with its mount: without `vault://`, the host, `/v1/`, a version, or the `data` and `metadata` of the API.
fn vault_path(text: &str) -> String {
    let path = text.split('?').next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once("/v1/").map_or(rest, |(_, path)| path));
    let path = path.trim_matches('/');
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() > 2 && matches!(parts[1], "data" | "metadata") {
        parts.remove(1);
    }
    parts.join("/")
}

/// The account that an AWS access key id was issued in, in twelve digits; `None` for a form that carries none.
///
/// Source: Tal Be'ery, "A short note on AWS KEY ID": of the 48 bits behind the prefix, bits 46 to 7 are the account number. In ids of the
/// earlier form, whose fifth character is before `Q`, the topmost bit is clear.
pub fn aws_account(id: &str) -> Option<String> {
    let body = ["AKIA", "ASIA", "ABIA", "ACCA"].iter().find_map(|p| id.strip_prefix(*p)).filter(|b| b.len() == 16)?;
    let digit = |b: u8| match b {
        b'A'..=b'Z' => Some(u64::from(b - b'A')),
        b'2'..=b'7' => Some(u64::from(b - b'2' + 26)),
        _ => None,
    };
    let digits: Vec<u64> = body.bytes().map(digit).collect::<Option<_>>()?;
    let bits = digits[..10].iter().fold(0, |bits, d| bits << 5 | d) >> 2; // 48 of 50 bits
    let account = (bits & 0x7fff_ffff_ff80) >> 7;
    (digits[0] >= 16 && account <= 999_999_999_999).then(|| format!("{account:012}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: KeyKind, text: &str) -> String {
        Key::new(kind, text).map(|k| k.value.to_string()).unwrap_or_default()
    }

    #[test]
    fn digests_of_all_spellings_are_one_key() {
        let whole = "111f74b569795e5910518be3f291704ad7f908c3afb3f75258340f3a4f170bf7";
        for text in [whole, "ER90tWl5XlkQUYvj8pFwStf5CMOvs/dSWDQPOk8XC/c=", "ER90tWl5XlkQUYvj8pFwSg"] {
            assert_eq!(value(KeyKind::S256, text), whole[..32], "{text}");
        }
        assert_eq!(Key::new(KeyKind::S256, "abc"), None);
        assert_eq!(
            value(KeyKind::X509Sha1, "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD"),
            "aabbccddeeff00112233445566778899aabbccdd"
        );
    }

    #[test]
    fn a_key_id_carries_its_account() {
        assert_eq!(aws_account("AKIARTX3GSDSVIAEKWCN").as_deref(), Some("111122223333"));
        assert_eq!(aws_account("AKIAWO645SY5FIAEKWCN").as_deref(), Some("444455556666"));
        assert_eq!(aws_account("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(aws_account("AKIA"), None);
    }

    #[test]
    fn a_session_is_its_role_and_a_path_its_secret() {
        assert_eq!(value(KeyKind::AwsArn, "arn:aws:sts::111122223333:assumed-role/ci/run-7"), "arn:aws:iam::111122223333:role/ci");
        assert_eq!(value(KeyKind::VaultPath, "kv/data/warehouse"), "kv/warehouse");
        assert_eq!(value(KeyKind::VaultPath, "vault://vault.example:8200/v1/eng/data/aws?version=1"), "eng/aws");
        assert_eq!(value(KeyKind::VaultPath, "kv/a/b#key"), "kv/a/b#key");
    }
}
