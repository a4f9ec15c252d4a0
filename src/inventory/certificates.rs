//! Certificates: lists of a certificate authority (CSV), cert-manager's certificates, `step certificate inspect`, ACM.

use super::context::text;
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `certificates`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "certificates"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Pki, of: &["x509"] }
    }

    fn command(&self) -> &'static str {
        "the authority's list as CSV (serial, subject, san, issuer, sha256_fingerprint, spki_sha256, not_after, owner, status); kubectl get certificates -A -o json; step certificate inspect --format json; aws acm describe-certificate"
    }

    fn lacks(&self) -> &'static str {
        "no last use; a private key joins by `spki_sha256` alone"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let table = element.has(&["serial"]) && ["subject", "issuer", "sha256_fingerprint"].iter().any(|c| element.object.contains_key(*c));
        let manager = element.text(&["kind"]).is_some_and(|k| k == "Certificate") && element.at(&["spec", "secretName"]).is_some();
        let step = element.has(&["serial_number", "issuer_dn"]) || element.has(&["serial_number", "validity"]);
        table || manager || step || element.has(&["CertificateArn", "DomainName"]) || element.has(&["thumbprint", "subject"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let of = |names: &[&[&str]]| names.iter().find_map(|n| element.text(n));
        let serial = of(&[&["serial"], &["serial_number"], &["Serial"]]);
        let name = of(&[&["metadata", "name"], &["CertificateArn"]]);
        let Some(id) = serial.clone().or(name.clone()) else {
            return context.warn(element, "a certificate without a serial number; left out");
        };
        let issuer = of(&[&["issuer"], &["issuer_dn"], &["Issuer"], &["spec", "issuerRef", "name"]]);
        let mut record = context.record(SourceClass::Pki, "x509", RecordKind::Cert, &id);
        if let (Some(issuer), Some(serial)) = (&issuer, &serial) {
            record.keys.extend(Key::new(KeyKind::X509Serial, &format!("{issuer}#{serial}")));
        }
        let digests: [(KeyKind, &[&[&str]]); 3] = [
            (KeyKind::X509Sha256, &[&["sha256_fingerprint"], &["fingerprint_sha256"], &["sha256"]]),
            (KeyKind::X509Sha1, &[&["thumbprint"], &["sha1_fingerprint"], &["fingerprint_sha1"]]),
            (KeyKind::Spki, &[&["spki_sha256"], &["subject_public_key_sha256"], &["public_key_sha256"]]),
        ];
        for (kind, names) in digests {
            record.keys.extend(of(names).and_then(|v| Key::new(kind, &v)));
        }
        let names = of(&[&["san"], &["sans"], &["subject_alternative_names"]]).unwrap_or_default();
        let listed = ["names", "SubjectAlternativeNames"]
            .iter()
            .flat_map(|f| element.list(&[f]))
            .chain(element.list(&["spec", "uris"]))
            .filter_map(text);
        let all: Vec<String> = names.split([',', ';', ' ']).map(str::to_owned).chain(listed).filter(|n| !n.is_empty()).collect();
        record.keys.extend(all.iter().filter(|n| n.starts_with("spiffe://")).filter_map(|n| Key::new(KeyKind::SpiffeId, n)));
        record.scope = issuer.as_deref().map(Into::into);
        let application = of(&[&["application"], &["app"], &["spec", "secretName"], &["subject"], &["subject_dn"], &["DomainName"]]);
        record.display = application.map(Into::into);
        record.principal = Class::Workload;
        record.owner = of(&[&["owner"], &["owner_email"], &["contact"], &["team"]]).and_then(|o| words::owner(&o, OwnedBy::Field));
        let time = |names: &[&[&str]]| names.iter().find_map(|n| element.time(n));
        record.created =
            time(&[&["not_before"], &["validity", "start"], &["NotBefore"], &["status", "notBefore"], &["metadata", "creationTimestamp"]]);
        record.last_rotated = record.created;
        record.expires = time(&[&["not_after"], &["validity", "end"], &["NotAfter"], &["status", "notAfter"]]);
        record.status = of(&[&["status"], &["Status"]]).map(|s| words::status(&s)).unwrap_or(Status::Active);
        let has = Has { owner: element.is_row, expiry: true, fingerprint: !record.keys.is_empty(), ..Has::default() };
        context.covers(SourceClass::Pki, "x509", RecordKind::Cert, issuer.as_deref(), element.is_row, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn tables_and_cert_manager_are_read() {
        let text = format!(
            "serial,subject,san,issuer,sha256_fingerprint,spki_sha256,not_before,not_after,owner,application,status\n4A11,CN=trainer.ml,spiffe://prod.example/ns/ml/sa/trainer,CN=Corp Issuing CA 2,{},{},2024-01-01T00:00:00Z,2025-01-01T00:00:00Z,,trainer,issued\n",
            "aa".repeat(32),
            "bb".repeat(32)
        );
        let register = read_text("certs.csv", &text, Vec::new());
        let kinds: Vec<KeyKind> = register.records[0].keys.iter().map(|k| k.kind).collect();
        for kind in [KeyKind::Spki, KeyKind::X509Sha256, KeyKind::X509Serial, KeyKind::SpiffeId] {
            assert!(kinds.contains(&kind), "{kind:?}");
        }
        let manager = r#"{"items":[{"apiVersion":"cert-manager.io/v1","kind":"Certificate","metadata":{"name":"web","namespace":"shop"},"spec":{"secretName":"web-tls","issuerRef":{"name":"corp"}},"status":{"notAfter":"2027-01-01T00:00:00Z"}}]}"#;
        assert!(read_text("cm.json", manager, Vec::new()).records[0].expires.is_some());
    }
}
