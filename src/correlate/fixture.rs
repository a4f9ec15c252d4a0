//! Reports and inventories for the unit tests of the join.

use crate::model::*;
use std::sync::Arc;

/// When tests judge.
pub(super) fn now() -> Timestamp {
    at("2026-09-01")
}

/// Midnight of a day.
pub(super) fn at(day: &str) -> Timestamp {
    Timestamp::parse(&format!("{day}T00:00:00Z")).expect("a day")
}

/// A finding of `value`, committed on 2026-08-01, in `app/config.py` of the repository `shop`.
pub(super) fn finding(provider: &str, kind: RecordKind, value: &str) -> Finding {
    let commit = CommitInfo { commit: "1".repeat(40), author: "Ann <ann@acme.example>".into(), date: at("2026-08-01") };
    Finding {
        id: format!("id-{value}"),
        detector: format!("{provider}-key"),
        title: "Key".into(),
        provider: provider.into(),
        kind: Kind::ApiKey,
        confidence: Confidence::High,
        proof: Proof::Pattern,
        secret: SecretView { redacted: "****".into(), length: value.len(), fingerprint: String::new() },
        first_seen: Some(commit),
        last_seen: None,
        removed_in: None,
        in_head: true,
        locations: vec![place("shop", "app/config.py")],
        identity: None,
        group: None,
        principal: None,
        scope: None,
        class: Class::Unknown,
        record_kind: kind,
        record_provider: provider.into(),
        expires: None,
        keys: Vec::new(),
        value: Secret::new(value.as_bytes()),
        suppression: None,
        known: None,
    }
}

/// Line 1 of a file in `HEAD`.
pub(super) fn place(repo: &str, path: &str) -> Location {
    Location {
        repo: Some(repo.into()),
        path: path.into(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 5,
        commit: None,
        removed_in: None,
        in_head: true,
        encoding: None,
        resource: None,
        utf16_columns: (1, 5),
        uri: path.into(),
        frame: None,
        suppression: None,
    }
}

/// A record of an export named after its class.
pub(super) fn record(class: SourceClass, provider: &str, kind: RecordKind, id: &str) -> Record {
    let source: Arc<str> = class.as_str().into();
    let mut record = Record::new(&source, class, provider, kind, id);
    record.keys.extend(Key::native(provider, id));
    record.status = Status::Active;
    record.created = Some(at("2026-07-01"));
    record
}

/// An owner in a field.
pub(super) fn owner(value: &str) -> Option<OwnerName> {
    Some(OwnerName { value: value.into(), kind: OwnerKind::Person, by: OwnedBy::Field })
}

/// A complete manifest of 2026-08-31; all scopes where none are given.
pub(super) fn manifest(class: SourceClass, provider: &str, kind: RecordKind, scopes: &[&str]) -> Manifest {
    Manifest {
        source: class.as_str().into(),
        source_class: class,
        provider: provider.into(),
        scopes: (!scopes.is_empty()).then(|| scopes.iter().map(|s| (*s).to_owned()).collect()),
        kinds: vec![kind],
        complete: true,
        as_of: Some(at("2026-08-31")),
        retention_of_deleted: None,
        has: Has { owner: true, last_used: true, expiry: true, hint: true, fingerprint: true },
        stated: true,
    }
}

/// A report of these findings.
pub(super) fn report(findings: Vec<Finding>) -> Report {
    Report { findings, ..Report::empty(String::new(), now()) }
}

/// The one identity that findings and an inventory make.
pub(super) fn identity(findings: Vec<Finding>, register: &Register) -> Exposure {
    let mut report = report(findings);
    super::correlate(&mut report, register.clone(), &Policy::default(), now());
    assert_eq!(report.identities.len(), 1, "{:#?}", report.identities);
    assert!(report.findings.iter().all(|f| f.identity.as_deref() == Some(&report.identities[0].id)));
    report.identities.remove(0)
}
