//! What the join costs: findings against an inventory of many records, and that the cost grows with their number alone.
//!
//! `cargo bench --bench join [-- RECORDS FINDINGS]` prints, for a tenth, a third and all of them, the CPU seconds of the join, and the most memory
//! that the process has held before it and after it. Half of the findings have a record: by key id, by digest, or by the characters that an issuer shows.

#![allow(clippy::print_stdout)]

use keysweep::correlate::correlate;
use keysweep::model::*;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// Records of one export; each export is of a scope of its own.
const EXPORT: usize = 10_000;

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (records, findings) = (numbers.first().copied().unwrap_or(1_000_000), numbers.get(1).copied().unwrap_or(100_000));
    println!(
        "{:>10} {:>10} {:>10} {:>10} {:>8} {:>8} {:>8}",
        "records", "findings", "identities", "governed", "seconds", "MiB read", "MiB most"
    );
    for part in [10, 3, 1] {
        let (register, mut report) = (register(records / part), report(findings / part, records / part));
        let now = Timestamp::parse("2026-09-01T00:00:00Z").expect("a time");
        let before = peak();
        let (records, watch) = (register.records.len(), Instant::now());
        correlate(&mut report, register, &Policy::default(), now);
        let seconds = watch.elapsed().as_secs_f64(); // the join has one thread and waits for nothing
        let governed = report.identities.iter().filter(|i| i.verdict == Verdict::Governed).count();
        let (findings, identities) = (report.findings.len(), report.identities.len());
        println!("{records:>10} {findings:>10} {identities:>10} {governed:>10} {seconds:>8.2} {before:>8} {:>8}", peak());
    }
}

/// The most memory the process has held, in MiB, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.trim().split(' ').next()?.parse::<u64>().ok());
    line.map_or_else(|| "?".to_owned(), |kib| (kib >> 10).to_string())
}

/// Sixteen pseudo-random characters of base 32 for a number.
fn text(number: usize) -> String {
    let mut state = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(state >> 59) as usize])
    };
    (0..16).map(next).collect()
}

/// What a record and its finding are recognised by: the number's last digit says how.
fn keys(number: usize) -> (&'static str, RecordKind, Vec<Key>) {
    let key = |kind, value: &str| Key::new(kind, value).into_iter().collect();
    match number % 10 {
        0..=4 => ("aws", RecordKind::AccessKey, key(KeyKind::AwsAkid, &format!("AKIA{}", text(number)))),
        5..=7 => ("github", RecordKind::Token, key(KeyKind::S256, &format!("{number:064x}").chars().rev().collect::<String>())),
        _ => ("openai", RecordKind::ApiKey, Vec::new()),
    }
}

fn register(count: usize) -> Register {
    let class = SourceClass::Issuer;
    let names: HashMap<&str, Arc<str>> = ["aws", "github", "openai"].map(|name| (name, name.into())).into();
    let records = (0..count).map(|number| {
        let (provider, kind, keys) = keys(number);
        let source: Arc<str> = format!("export-{}.json", number / EXPORT).into();
        let mut record = Record::new(&source, class, provider, kind, &format!("r{number}"));
        let value = text(number);
        record.hint = keys.is_empty().then(|| Box::new(Hint { prefix: "sk-".into(), suffix: value[8..].into(), bits: 40.0, within: None }));
        record.keys = keys;
        record.provider = names[provider].clone(); // as the reading of exports shares them
        record.status = Status::Active;
        record.created = Timestamp::parse("2026-07-01T00:00:00Z");
        let owner = format!("person{}@example.org", number % 5000);
        record.owner = Some(OwnerName { value: owner.into(), kind: OwnerKind::Person, by: OwnedBy::Field });
        record
    });
    let kinds = [("aws", RecordKind::AccessKey), ("github", RecordKind::Token), ("openai", RecordKind::ApiKey)];
    let manifests = (0..count.div_ceil(EXPORT)).flat_map(|n| {
        kinds.map(|(provider, kind)| Manifest {
            source: format!("export-{n}.json"),
            source_class: class,
            provider: provider.into(),
            scopes: Some(vec![format!("scope-{n}")]),
            kinds: vec![kind],
            complete: true,
            as_of: Timestamp::parse("2026-08-31T00:00:00Z"),
            retention_of_deleted: None,
            has: Has { owner: true, last_used: true, expiry: true, hint: true, fingerprint: true },
            stated: true,
        })
    });
    let people = (0..5000).map(|n| Person { user: format!("person{n}@example.org").into(), active: n % 20 != 0, manager: None, end: None });
    Register { records: records.collect(), manifests: manifests.collect(), people: people.collect(), ..Register::default() }
}

fn report(count: usize, records: usize) -> Report {
    let now = Timestamp::parse("2026-09-01T00:00:00Z").expect("a time");
    let findings = (0..count).map(|n| finding(n, if n % 2 == 0 { n * (records / count) + n / 2 % 10 } else { records + n })).collect();
    Report { findings, ..Report::empty(String::new(), now) }
}

/// A finding of the credential of that number.
fn finding(id: usize, number: usize) -> Finding {
    let (provider, kind, keys) = keys(number);
    let value = format!("sk-{}", text(number));
    let commit = CommitInfo {
        commit: "1".repeat(40),
        author: format!("Ann <person{}@example.org>", id % 5000),
        date: Timestamp::parse("2026-08-01T00:00:00Z").expect("a time"),
    };
    let location = Location {
        repo: Some(format!("repo-{}", id % 2000)),
        path: format!("src/config-{}.py", id % 7),
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
        uri: String::new(),
        frame: None,
        suppression: None,
    };
    Finding {
        id: format!("{id:032x}"),
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
        locations: vec![location],
        identity: None,
        group: None,
        principal: None,
        scope: Some(format!("scope-{}", number / EXPORT)),
        class: Class::Unknown,
        record_kind: kind,
        record_provider: provider.into(),
        expires: None,
        keys,
        value: Secret::new(value.as_bytes()),
        suppression: None,
        known: None,
    }
}
