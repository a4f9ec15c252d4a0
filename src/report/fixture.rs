//! Reports for the unit tests of the formats.

use super::{Options, Reporter};
use crate::model::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What `reporter` writes.
pub(super) fn written(reporter: &dyn Reporter, report: &Report, options: &Options) -> String {
    let mut bytes = Vec::new();
    reporter.write(report, options, &mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("UTF-8")
}

/// A report of a scan that found no blob and no file.
pub(super) fn nothing_read() -> Report {
    let started = Timestamp::parse("2026-09-01T00:00:00Z").expect("a time");
    let mut report = Report::empty("d1".into(), started);
    report.tool.version = "0.1.0".into();
    report.scan.finished = Timestamp::utc(started.seconds + 2);
    report.scan.targets = vec!["./app".into()];
    report
}

/// A report of a scan that read something and found nothing.
pub(super) fn clean() -> Report {
    let mut report = nothing_read();
    report.scan.stats = Stats {
        repos: 1,
        commits: 1204,
        blobs: 18_220,
        files: 530,
        bytes: 126_249_370,
        bytes_inspected: 14_889_779,
        duration_ms: 1940,
        ..Stats::default()
    };
    report
}

/// A report with a finding in `HEAD`, one only in history, one outside any repository, and a skipped file.
pub(super) fn full() -> Report {
    let mut report = clean();
    let mut old = finding();
    old.id = "ks1-old".into();
    old.confidence = Confidence::Medium;
    old.in_head = false;
    old.removed_in = Some(commit('9', "2026-02-03T23:30:00+02:00"));
    old.locations[0].in_head = false;
    old.locations[0].removed_in = Some("9".repeat(40));
    let mut loose = finding();
    loose.id = "ks1-loose".into();
    loose.confidence = Confidence::Low;
    loose.first_seen = None;
    loose.last_seen = None;
    loose.locations[0].repo = None;
    loose.locations[0].commit = None;
    report.findings = vec![finding(), old, loose];
    report.identities = vec![identity()];
    report.coverage = vec![covered()];
    report.inventory.warnings = vec!["no owner column".into()];
    report.scan.skipped = vec![Skipped::new("app/big.bin", "larger than 100 MiB")];
    report.scan.stats.suppressed = 3;
    report.scan.stats.below_confidence = 12;
    report.detectors = vec![Arc::new(detector())];
    report
}

/// A finding with one place, in `HEAD`.
pub(super) fn finding() -> Finding {
    Finding {
        id: "ks1-head".into(),
        detector: "acme-token".into(),
        title: "Acme access token".into(),
        provider: "acme".into(),
        kind: Kind::Token,
        confidence: Confidence::High,
        proof: Proof::Checksum,
        secret: SecretView { redacted: redacted(), length: 40, fingerprint: "kfp1:x".into() },
        first_seen: Some(commit('1', "2026-01-02T03:04:05Z")),
        last_seen: Some(commit('2', "2026-01-03T03:04:05Z")),
        removed_in: None,
        in_head: true,
        locations: vec![location("src/config.py")],
        identity: None,
        group: None,
        principal: Some("octocat".into()),
        scope: None,
        class: Class::Human,
        record_kind: RecordKind::Token,
        record_provider: "acme".into(),
        expires: None,
        keys: Vec::new(),
        value: Secret::default(),
        suppression: None,
        known: None,
    }
}

/// What [`finding`] makes one credential with: a client id three lines above. The tenant is missing.
pub(super) fn group() -> Group {
    let own = GroupMember {
        detector: "acme-token".into(),
        kind: Kind::Token,
        role: Member::Secret,
        value: None,
        redacted: Some(redacted()),
        finding: Some("ks1-head".into()),
        line: 12,
        column: 10,
        title: "Acme access token".into(),
    };
    let client = GroupMember {
        detector: "acme-client-id".into(),
        kind: Kind::Identifier,
        role: Member::Identifier,
        value: Some("4f1c9b7e-3d2a-4e6f-8a1b-9c0d7e5f3a2b".into()),
        redacted: None,
        finding: None,
        line: 9,
        column: 5,
        title: "Acme client ID".into(),
    };
    Group {
        id: "g1".into(),
        principal: client.value.clone(),
        members: vec![own, client],
        complete: false,
        missing: vec!["the tenant ID".into()],
        scope: None,
        repo: Some("acme/app".into()),
        path: "src/config.py".into(),
        commit: Some("1".repeat(40)),
    }
}

/// The redacted value of [`finding`].
pub(super) fn redacted() -> String {
    format!("acm_{}yz", "*".repeat(8))
}

/// A place in `HEAD` of the repository `acme/app`, line 12, with the lines around it.
pub(super) fn location(path: &str) -> Location {
    let text = format!("TOKEN = \"{}\"", redacted());
    let mark = Some((9, 9 + redacted().len()));
    Location {
        repo: Some("acme/app".into()),
        path: path.into(),
        line: 12,
        column: 10,
        end_line: 12,
        end_column: 50,
        commit: Some("1".repeat(40)),
        removed_in: None,
        in_head: true,
        encoding: None,
        resource: None,
        utf16_columns: (10, 50),
        uri: path.into(),
        frame: Some(Frame {
            first_line: 11,
            lines: vec![
                FrameLine { text: "# deploy".into(), mark: None },
                FrameLine { text, mark },
                FrameLine { text: "DEBUG = 0".into(), mark: None },
            ],
        }),
        suppression: None,
    }
}

/// The detector of [`finding`].
pub(super) fn detector() -> Detector {
    serde_json::from_value(serde_json::json!({
        "id": "acme-token", "provider": "acme", "title": "Acme access token", "kind": "token", "confidence": "high", "pattern": "x",
        "remediation": "Revoke it in the console under Access > Tokens, then issue one that expires within ninety days.",
        "lifecycle": {"max_age_days": 90, "replace_with": "OIDC federation"},
        "references": ["https://acme.example/tokens", "RFC 6750"],
    }))
    .expect("a detector")
}

/// A commit whose id repeats `digit`.
pub(super) fn commit(digit: char, date: &str) -> CommitInfo {
    CommitInfo {
        commit: digit.to_string().repeat(40),
        author: "Ann Example <ann@example.org>".into(),
        date: Timestamp::parse(date).expect("a time"),
    }
}

/// An identity without a record.
pub(super) fn identity() -> Exposure {
    Exposure {
        id: "i1".into(),
        provider: "acme".into(),
        kind: RecordKind::Token,
        principal: None,
        scope: None,
        class: Class::Workload,
        environment: None,
        declared_in: Vec::new(),
        referenced_in: Vec::new(),
        credentials: vec!["f1".into()],
        verdict: Verdict::Shadow,
        flags: Vec::new(),
        violations: Vec::new(),
        excepted: Vec::new(),
        owner: None,
        credential: None,
        evidence: Vec::new(),
        frameworks: [].into(),
        proves: Proves::Static,
        details: BTreeMap::new(),
        instead: None,
    }
}

/// What the inventory can say of [`identity`].
pub(super) fn covered() -> Covered {
    Covered {
        provider: "acme".into(),
        kind: RecordKind::Token,
        scope: None,
        found: 1,
        governed: 0,
        unknown: 1,
        sources: Vec::new(),
        missing: Some("an export of Acme's tokens".into()),
    }
}

/// A reason in these words.
pub(super) fn evidence(says: &str) -> Evidence {
    Evidence { source: "cmdb.csv".into(), record: None, join: None, strength: Strength::Context, chance: 0.0, says: says.into() }
}
