//! Join keys: what a scan says that a credential can be recognised by, through the library as a user of it sees them.

use crate::support::{Ground, alnum, filler, uuid};
use base64::Engine as _;
use keysweep::detect::Library;
use keysweep::engine::{Everything, History, Options, Quiet, Target, scan};
use keysweep::model::{Confidence, Finding, KeyKind, RecordKind, Redaction, Report, Timestamp};

fn scanned(ground: &Ground, folder: &str) -> Report {
    let options = Options {
        history: History::Full,
        index: None,
        memory: None,
        unreachable: false,
        threads: 1,
        max_size: 1 << 20,
        archives: keysweep::source::archive::Limits::default(),
        decode_depth: 2,
        redaction: Redaction::Partial,
        key: [7; 32],
        confidence: Confidence::Low,
        counted: &Everything,
        progress: &Quiet,
    };
    let clock = || Timestamp::parse("2026-09-01T00:00:00Z").unwrap();
    scan(&[Target::Path(ground.at(folder))], &Library::builtin(), &options, &clock)
}

fn found<'r>(report: &'r Report, value: &str) -> &'r Finding {
    report.findings.iter().find(|f| f.value.expose() == value.as_bytes()).unwrap_or_else(|| panic!("not found"))
}

fn key(finding: &Finding, kind: KeyKind) -> Option<&str> {
    finding.keys.iter().find(|k| k.kind == kind).map(|k| &*k.value)
}

#[test]
fn an_aws_secret_has_the_key_id_that_stands_with_it() {
    let ground = Ground::new();
    let (id, secret) = (["AKIA", "RTX3GSDSVIAEKWCN"].concat(), alnum(1, 40));
    ground.write("tree/a.env", format!("AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\n"));
    let report = scanned(&ground, "tree");
    for value in [&secret, &id] {
        let finding = found(&report, value);
        assert_eq!((key(finding, KeyKind::AwsAkid), key(finding, KeyKind::AwsAccount)), (Some(&*id), Some("111122223333")));
        assert_eq!((finding.scope.as_deref(), finding.record_kind), (Some("111122223333"), RecordKind::AccessKey));
    }
    let digest = |finding: &Finding| finding.keys.iter().filter(|k| k.kind == KeyKind::S256).count();
    assert_eq!(digest(found(&report, &secret)), 1, "the digest of the key id is none of the secret's");
    let secret = found(&report, &secret);
    assert_eq!(secret.principal.as_deref(), Some(&*id), "a key id is no secret");
    let members = &secret.group.as_ref().expect("a group").members;
    assert!(members.iter().any(|m| m.value.as_deref() == Some(&*id)));
    assert_eq!(key(secret, KeyKind::Kfp1), Some(&*secret.secret.fingerprint));
}

#[test]
fn a_client_secret_has_its_application_and_tenant() {
    let ground = Ground::new();
    let (client, tenant) = (uuid(2), uuid(3));
    let secret = format!("{}8Q~{}", alnum(4, 3), alnum(5, 34));
    ground.write("tree/arm.env", format!("ARM_TENANT_ID={tenant}\nARM_CLIENT_ID={client}\nARM_CLIENT_SECRET={secret}\n"));
    let report = scanned(&ground, "tree");
    let finding = found(&report, &secret);
    assert_eq!((key(finding, KeyKind::EntraAppId), key(finding, KeyKind::EntraTenant)), (Some(&*client), Some(&*tenant)));
    assert_eq!((finding.scope.as_deref(), finding.record_kind), (Some(&*tenant), RecordKind::OauthSecret));
}

#[test]
fn a_langfuse_secret_has_its_public_key() {
    let ground = Ground::new();
    let (public, secret) = (format!("pk-lf-{}", uuid(6)), format!("sk-lf-{}", uuid(7)));
    ground.write("tree/compose.yml", format!("LANGFUSE_PUBLIC_KEY: {public}\nLANGFUSE_SECRET_KEY: {secret}\n{}", filler(1, 3)));
    let report = scanned(&ground, "tree");
    assert_eq!(key(found(&report, &secret), KeyKind::LangfusePublic), Some(&*public));
}

#[test]
fn a_private_key_is_one_of_ssh_where_its_file_says_so() {
    let ground = Ground::new();
    // RFC 5915: version, the number, and the curve P-256.
    let pem = |seed: u8| {
        let head = [0x30, 0x31, 2, 1, 1, 4, 32];
        let curve = [0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
        let der = [&head[..], &[seed; 32], &curve].concat();
        let (begin, end) = (["-----BEGIN EC ", "PRIVATE KEY-----"].concat(), ["-----END EC ", "PRIVATE KEY-----"].concat());
        format!("{begin}\n{}\n{end}\n", base64::engine::general_purpose::STANDARD.encode(der))
    };
    ground.write("tree/id_ecdsa", pem(3));
    ground.write("tree/certs/gateway.key", pem(5));
    let report = scanned(&ground, "tree");
    let at = |path: &str| report.findings.iter().find(|f| f.locations[0].path == path).expect("a finding");
    assert_eq!((at("id_ecdsa").record_kind, at("certs/gateway.key").record_kind), (RecordKind::SshKey, RecordKind::Cert));
    for path in ["id_ecdsa", "certs/gateway.key"] {
        assert!(key(at(path), KeyKind::Spki).is_some() && key(at(path), KeyKind::SshSha256).is_some(), "{path}");
    }
}
