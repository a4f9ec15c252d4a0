//! Findings: sightings of the same value, gathered under one stable id.

use super::frames::EXCLUDED;
use super::groups::Companion;
use super::join::{Join, counted, named};
use super::scan::{Gathered, Options};
use super::values::{Value, ValueNo};
use super::veil::Veil;
use crate::detect::{Library, keys};
use crate::model::{
    CommitInfo, Confidence, Detector, Finding, Location, Member, RecordKind, Report, Scan, Secret, SecretView, Skipped, Stats, Suppression,
    Timestamp, fingerprint,
};
use crate::source::history::hex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// A commit with its place in the topological order of its repository.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub order: u32,
    pub info: CommitInfo,
}

/// One value in one place over its lifetime.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    pub value: ValueNo,
    /// The detector that knows it here.
    pub rule: u16,
    pub location: Location,
    pub confidence: Confidence,
    /// What stands near and makes one credential with it, nearest first.
    pub companions: Arc<[Companion]>,
    /// When an address that holds it ends, as it says.
    pub expires: Option<Timestamp>,
    pub first: Option<Moment>,
    pub last: Option<Moment>,
    pub removed: Option<Moment>,
}

/// The id of a finding: a function of detector family and value alone.
///
/// Short values are hashed 4,096 times over, so that an id in a report does not let a password be guessed at the speed of one hash.
pub(super) fn id(family: &str, secret: &Secret) -> String {
    let rounds = if secret.len() < 20 { 4096 } else { 1 };
    let mut digest = Sha256::new()
        .chain_update(b"keysweep/finding/v1\0")
        .chain_update(family)
        .chain_update([0])
        .chain_update(secret.expose())
        .finalize();
    for _ in 1..rounds {
        digest = Sha256::digest(digest);
    }
    hex(&digest[..16])
}

/// Makes the report of what was gathered.
pub(super) fn report(
    gathered: Gathered,
    targets: Vec<String>,
    library: &Library,
    options: &Options<'_>,
    (started, finished): (Timestamp, Timestamp),
) -> Report {
    let Gathered { values, sightings, mut stats, skipped, mut structure, origins } = gathered;
    structure.sort();
    let mut by_secret: BTreeMap<&Secret, Vec<&Sighting>> = BTreeMap::new();
    for sighting in &sightings {
        by_secret.entry(&values.list[sighting.value as usize].secret).or_default().push(sighting);
    }
    let named = named(&sightings, &values.list);
    let mut made = Vec::new();
    for (secret, group) in &by_secret {
        let group = counted(group, named.contains(secret), library);
        // The id of a short value takes long to make, on purpose; of what is only counted nobody sees it.
        match group.iter().map(|s| s.confidence).max() {
            None => {}
            Some(best) if best < options.confidence => stats.below_confidence += 1,
            Some(_) => made.push((finding(&group, &values.list, library, options), group)),
        }
    }
    // What names something is shown, except where it is a secret elsewhere.
    let is_secret = |group: &[&Sighting]| group.iter().any(|s| !library.detector(s.rule).names());
    let secrets = || by_secret.iter().filter(|(_, group)| is_secret(group)).map(|(secret, _)| *secret);
    let veil = Veil::new(secrets(), options.redaction);
    Join { values: &values.list, library, options, veil: &veil }.all(&mut made);
    let (mut findings, mut suppressed) = (Vec::new(), Vec::new());
    for (mut finding, _) in made {
        let known = finding.principal.as_ref().and_then(|p| by_secret.get_key_value(&Secret::new(p.as_bytes())));
        if let Some((secret, _)) = known.filter(|(_, group)| is_secret(group)) {
            finding.principal = Some(secret.redact(options.redaction));
        }
        if finding.suppression.is_some() { &mut suppressed } else { &mut findings }.push(finding);
    }
    let key = |f: &Finding| (f.provider.clone(), f.detector.clone(), f.id.clone());
    findings.sort_by_cached_key(key);
    suppressed.sort_by_cached_key(key);
    stats.suppressed = suppressed.len() as u64;
    findings.iter_mut().chain(&mut suppressed).for_each(|f| hide(f, &veil));
    let mut skipped: Vec<Skipped> =
        skipped.iter().map(|s| Skipped { is_lasting: s.is_lasting, ..Skipped::new(veil.over(&s.what), veil.over(&s.why)) }).collect();
    skipped.sort();
    skipped.dedup();
    let used: HashSet<&str> = findings.iter().chain(&suppressed).map(|f| f.detector.as_str()).collect();
    let tried: BTreeSet<u16> = values.list.iter().map(|v| v.told.rule).collect();
    let tried = tried.into_iter().map(|rule| library.detector(rule));
    let detectors: Vec<Arc<Detector>> = tried.filter(|d| used.contains(d.id.as_str())).cloned().collect();
    Report {
        scan: Scan { started, finished, targets, stats: Stats { ..stats }, skipped, unstructured: structure.unstructured },
        findings,
        detectors,
        suppressed,
        seen: structure.seen,
        categories: library.providers(),
        codeowners: structure.codeowners,
        origins,
        ..Report::empty(library.digest(), started)
    }
}

/// Hides values in the texts of a finding that come from the repository: a file may be named like a secret.
fn hide(finding: &mut Finding, veil: &Veil) {
    for location in &mut finding.locations {
        location.path = veil.over(&location.path);
        location.uri = veil.over(&location.uri);
    }
    for named in finding.principal.iter_mut().chain(&mut finding.scope) {
        *named = veil.over(named);
    }
    let moments = [&mut finding.first_seen, &mut finding.last_seen, &mut finding.removed_in];
    moments.into_iter().flatten().for_each(|m| m.author = veil.over(&m.author));
}

/// A private key of no telling form is one of SSH where its file is named as `ssh-keygen` names them.
fn kind_at(kind: RecordKind, locations: &[Location]) -> RecordKind {
    let is_ssh = |l: &Location| {
        let name = l.path.rsplit(['/', '!']).next().unwrap_or_default();
        ["id_rsa", "id_ecdsa", "id_dsa", "id_ed25519"].iter().any(|known| name.starts_with(known))
    };
    if kind == RecordKind::Cert && locations.iter().any(is_ssh) { RecordKind::SshKey } else { kind }
}

/// The finding of one secret. Where several detectors know it, the surest speaks.
fn finding(group: &[&Sighting], values: &[Value], library: &Library, options: &Options<'_>) -> Finding {
    let surest = group.iter().map(|s| (s.confidence, &values[s.value as usize])).max_by_key(|(c, v)| {
        let known = library.detector(v.told.rule).judge.is_none();
        (known, *c, v.told.proof, std::cmp::Reverse(v.told.rule))
    });
    let (_, value) = surest.expect("a group has a sighting");
    let confidence = group.iter().map(|s| s.confidence).max().unwrap_or_default();
    let detector = library.detector(value.told.rule);
    // Places at excluded paths are only shown when there are no others.
    let shown = |l: &Location| l.suppression.as_ref().is_none_or(|s| s.by != EXCLUDED);
    let any_shown = group.iter().any(|s| shown(&s.location));
    let group: Vec<&Sighting> = group.iter().copied().filter(|s| !any_shown || shown(&s.location)).collect();
    let mut locations: Vec<Location> = group.iter().map(|s| s.location.clone()).collect();
    locations.sort_by(|a, b| (&a.repo, &a.path, a.line, a.column, &a.commit).cmp(&(&b.repo, &b.path, b.line, b.column, &b.commit)));
    locations.dedup_by(|a, b| (&a.repo, &a.path, a.line, a.column, &a.commit) == (&b.repo, &b.path, b.line, b.column, &b.commit));
    let first = group.iter().filter_map(|s| s.first.as_ref()).min_by_key(|m| (m.order, m.info.date.seconds, m.info.commit.clone()));
    let last = group.iter().filter_map(|s| s.last.as_ref()).max_by_key(|m| (m.order, m.info.date.seconds, m.info.commit.clone()));
    let gone = !locations.iter().any(|l| l.removed_in.is_none());
    let removed = group.iter().filter_map(|s| s.removed.as_ref()).max_by_key(|m| (m.order, m.info.date.seconds, m.info.commit.clone()));
    let open = locations.iter().any(|l| l.suppression.is_none());
    let suppression: Option<Suppression> = if open { None } else { locations.iter().find_map(|l| l.suppression.clone()) };
    let says = |get: fn(&Value) -> &Option<String>| group.iter().find_map(|s| get(&values[s.value as usize]).clone());
    let (principal, scope) = (says(|v| &v.told.principal), says(|v| &v.told.scope));
    let mut told = keys::told(detector, value.secret.expose(), &options.key);
    for (text, role) in [(&principal, Member::Identifier), (&scope, Member::Account)] {
        told.keys.extend(text.iter().flat_map(|t| keys::identifiers(keys::record_provider(detector), role, t)));
    }
    let record_kind = kind_at(keys::record_kind(detector), &locations);
    Finding {
        id: value.id(library).to_owned(),
        detector: detector.id.clone(),
        title: detector.title.clone(),
        provider: detector.provider.clone(),
        kind: detector.kind,
        confidence,
        proof: value.told.proof,
        secret: SecretView {
            redacted: value.secret.redact(options.redaction),
            length: value.secret.len(),
            fingerprint: fingerprint(&options.key, value.secret.expose()),
        },
        first_seen: first.map(|m| m.info.clone()),
        last_seen: last.map(|m| m.info.clone()),
        removed_in: removed.filter(|_| gone).map(|m| m.info.clone()),
        in_head: locations.iter().any(|l| l.in_head),
        locations,
        identity: None,
        group: None,
        principal,
        scope,
        class: told.class.unwrap_or(detector.identity.class),
        record_kind,
        record_provider: if record_kind == RecordKind::SshKey { "ssh" } else { keys::record_provider(detector) }.to_owned(),
        expires: told.expires.or_else(|| group.iter().filter_map(|s| s.expires).max_by_key(|t| t.seconds)),
        keys: told.keys,
        value: value.secret.clone(),
        suppression,
        known: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_family_and_value_alone() {
        let value = Secret::new(b"some value or other that is long enough");
        assert_eq!(id("a", &value), id("a", &value));
        assert_ne!(id("a", &value), id("b", &value));
        assert_ne!(id("a", &value), id("a", &Secret::new(b"short")));
        assert_eq!(id("a", &value).len(), 32);
    }
}
