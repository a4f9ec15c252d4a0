//! AWS: key pairs of EC2, `aws ec2 describe-key-pairs`.

use super::context::{ENVIRONMENT_TAGS, OWNER_TAGS};
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `aws-key-pairs`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-key-pairs"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["aws", "ssh"] }
    }

    fn command(&self) -> &'static str {
        "aws ec2 describe-key-pairs --include-public-key --output json, in each region"
    }

    fn lacks(&self) -> &'static str {
        "no last use; the account is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["KeyName", "KeyFingerprint"]) || element.has(&["KeyPairId", "KeyFingerprint"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["KeyPairId"]).or_else(|| element.text(&["KeyName"])) else {
            return context.warn(element, "a key pair without an id; left out");
        };
        let fingerprint = element.text(&["KeyFingerprint"]).unwrap_or_default();
        let scope = context.scope().map(str::to_owned);
        let mut record = context.record(SourceClass::Issuer, "ssh", RecordKind::SshKey, &id);
        // Of an Ed25519 key it is OpenSSH's own; of an RSA key, MD5 or SHA-1 of one of its encodings.
        let is_openssh = element.text(&["KeyType"]).is_some_and(|t| t == "ed25519") || fingerprint.starts_with("SHA256:");
        record.keys.extend(Key::new(if is_openssh { KeyKind::SshSha256 } else { KeyKind::Ec2Fp }, &fingerprint));
        record.display = element.text(&["KeyName"]).map(Into::into);
        record.owner = element.tag(&["Tags"], OWNER_TAGS).and_then(|o| words::owner(&o, OwnedBy::Tag));
        record.environment = element.tag(&["Tags"], ENVIRONMENT_TAGS).map(Into::into);
        record.created = element.time(&["CreateTime"]);
        record.last_rotated = record.created;
        record.status = Status::Active;
        let has = Has { owner: true, fingerprint: true, ..Has::default() };
        context.covers(SourceClass::Issuer, "ssh", RecordKind::SshKey, scope.as_deref(), false, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_pair_is_known_by_its_fingerprint() {
        let text = r#"{"KeyPairs":[{"KeyPairId":"key-1","KeyFingerprint":"1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca:9f:f5:f1:6f","KeyName":"ops","KeyType":"rsa","Tags":[{"Key":"team","Value":"ops"}],"CreateTime":"2022-01-01T00:00:00Z"},
            {"KeyPairId":"key-2","KeyFingerprint":"AAAAbbbbCCCCddddEEEEffffGGGGhhhhIIIIjjjjKKK=","KeyName":"e","KeyType":"ed25519"},{"KeyPairId":"","KeyFingerprint":"x"}]}"#;
        let register = read_text("pairs.json", text, Vec::new());
        let kinds: Vec<_> = register.records.iter().map(|r| r.keys[0].kind).collect();
        assert_eq!(kinds, [KeyKind::Ec2Fp, KeyKind::SshSha256]);
        assert!(register.records[0].owner.is_some() && register.warnings.iter().any(|w| w.contains("without an id")));
    }
}
