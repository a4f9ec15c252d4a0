//! Identities of the report, made of a case or of a reference.

use super::case::{Bench, Case};
use super::codeowners::Codeowners;
use super::index::Cluster;
use super::references::Reference;
use super::verdict::{DAY, on_record, reason};
use super::{environment::Environment, federation, flags, frameworks, owner, references, rules, verdict};
use crate::model::{
    Class, CredentialLife, Demand, Detector, Exposure, Flag, Location, Mention, Owner, OwnerStatus, Proves, Record, RecordKind, Relation,
    Seen, Subject, Verdict,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A function of parts alone, 32 hexadecimal digits.
fn id(parts: &[&str]) -> String {
    let digest =
        parts.iter().fold(Sha256::new().chain_update(b"keysweep/identity/v1"), |hash, p| hash.chain_update([0]).chain_update(p)).finalize();
    digest[..16].iter().map(|b| format!("{b:02x}")).collect()
}

/// The identity of a credential, and where files mention it by its id.
pub(super) fn of_case(case: &Case<'_, '_>, mentioned: &[&Seen], codeowners: &Codeowners, detectors: &[Arc<Detector>]) -> Exposure {
    let (verdict, mut evidence) = verdict::judge(case);
    let first = case.unit.first();
    let named = owner::of_records(&case.own, &case.above, case.bench.directory);
    let flagged = flags::flags(case, named.as_ref());
    let mut credentials: Vec<String> = case.unit.findings.iter().map(|f| f.id.clone()).collect();
    credentials.sort();
    let parts: Vec<&str> = credentials.iter().map(String::as_str).collect();
    let locations: Vec<&Location> = case.unit.findings.iter().flat_map(|f| &f.locations).collect();
    let question = case.question();
    let class = flags::class(case);
    let (id, principal) = (id(&parts), principal(case, mentioned));
    let environment = flags::environment(case).map(Environment::as_str);
    let subject = Subject {
        identity: &id,
        principal: principal.as_deref(),
        provider: question.provider,
        category: case.bench.category(question.provider),
        kind: question.kind,
        environment,
    };
    let ruled = rules::rule(case.bench, &subject, flagged);
    evidence.extend(ruled.evidence);
    let is_flagged = ruled.flags.contains(&Flag::StaticWhereFederatable);
    let place = is_flagged.then(|| flags::federatable_at(case)).flatten();
    let instead = place.and_then(|l| federation::instead(l, question.provider, question.scope, principal.as_deref(), case.bench));
    Exposure {
        provider: question.provider.to_owned(),
        kind: question.kind,
        scope: question.scope.map(str::to_owned),
        class,
        environment: environment.map(str::to_owned),
        declared_in: references::places(mentioned, Relation::Declared),
        referenced_in: references::places(mentioned, Relation::Referenced),
        verdict,
        owner: named.or_else(|| owner::of_places(&locations, Some(first), codeowners, case.bench.directory)),
        credential: Some(life(case, detectors)),
        evidence,
        frameworks: frameworks::items(verdict, &ruled.flags, class, true),
        flags: ruled.flags,
        violations: ruled.violations,
        excepted: ruled.excepted,
        id,
        principal,
        credentials,
        proves: Proves::Static,
        details: BTreeMap::new(),
        instead: instead.map(Box::new),
    }
}

/// Whose it is: as the credential says, else as its records do, else as files do.
fn principal(case: &Case<'_, '_>, mentioned: &[&Seen]) -> Option<String> {
    let own = case.unit.findings.iter().find_map(|f| f.principal.clone());
    let recorded = || case.own.iter().find_map(|r| r.display.as_deref()).map(str::to_owned);
    own.or_else(recorded).or_else(|| mentioned.first().map(|s| s.mention.principal.clone()))
}

fn life(case: &Case<'_, '_>, detectors: &[Arc<Detector>]) -> CredentialLife {
    let first = case.unit.first();
    let created = case.created().map(|(t, _)| t);
    let expires = case.expires().map(|(t, _)| t).or_else(|| case.unit.findings.iter().find_map(|f| f.expires));
    let detector = detectors.iter().find(|d| d.id == first.detector);
    CredentialLife {
        r#type: first.kind.as_str().to_owned(),
        created,
        expires,
        ttl_days: created.zip(expires).map(|(from, to)| (to.seconds - from.seconds).div_euclid(DAY)),
        last_used: case.last_used().0,
        last_rotated: case.renewed().map(|(t, _)| t),
        revocation: detector.map(|d| d.remediation.clone()).filter(|r| !r.is_empty()),
    }
}

/// The identity that files refer to, and the identities of the inventory that are seen with it.
pub(super) fn of_reference(reference: &Reference<'_>, bench: &Bench<'_, '_>, codeowners: &Codeowners) -> (Exposure, Vec<Cluster>) {
    let (verdict, cluster, mut evidence) = references::judge(reference, bench);
    let mention = reference.first;
    let clusters: Vec<Cluster> = cluster.into_iter().collect();
    let own: Vec<&Record> = clusters.iter().flat_map(|c| bench.index.members(*c)).collect();
    let parents = bench.index.parents(&clusters);
    let above: Vec<&Record> = parents.iter().flat_map(|c| bench.index.members(*c)).collect();
    let declared_in = references::places(&reference.seen, Relation::Declared);
    let referenced_in = references::places(&reference.seen, Relation::Referenced);
    let named = owner::of_records(&own, &above, bench.directory);
    let mut flagged = Vec::new();
    let mut flag = |flag: Flag, record: &Record, says: &str| flagged.push((flag, on_record(record, says.to_owned())));
    if let Some(record) = own.first().filter(|_| verdict == Verdict::Resolved && is_principal(mention.kind)) {
        match &named {
            None if bench.policy.owner == Demand::Required => flag(Flag::NoOwner, record, "no record names an owner"),
            Some(o) if o.status == OwnerStatus::Departed => flag(Flag::Orphaned, record, "its owner has left"),
            _ => {}
        }
        if own.iter().any(|r| r.privileges.iter().any(|p| &**p == "*" || p.eq_ignore_ascii_case("admin"))) {
            flag(Flag::Privileged, record, "it may do all");
        }
    }
    let places: Vec<&Location> = declared_in.iter().chain(&referenced_in).collect();
    let stored = stored_key(mention, &places, bench);
    if let Some((cloud, place)) = stored {
        let says = format!(
            "{} takes a long-lived key of {cloud} from a stored secret where another pipeline of the repository proves itself by OIDC",
            place.path
        );
        flagged.push((Flag::StaticWhereFederatable, reason("locations", says)));
    }
    let owner: Option<Owner> = named.or_else(|| owner::of_places(&places, None, codeowners, bench.directory));
    let environment = environment(&own, &places, bench);
    let class = class(reference, &own);
    let repo = places.first().and_then(|l| l.repo.as_deref()).unwrap_or_default();
    let scope = mention.scope.clone().or_else(|| own.iter().find_map(|r| r.scope.as_deref()).map(str::to_owned));
    let id = id(&[&mention.provider, mention.kind.as_str(), &mention.principal, mention.scope.as_deref().unwrap_or_default(), repo]);
    let subject = Subject {
        identity: &id,
        principal: Some(&mention.principal),
        provider: &mention.provider,
        category: bench.category(&mention.provider),
        kind: mention.kind,
        environment: environment.as_deref(),
    };
    let ruled = rules::rule(bench, &subject, flagged);
    evidence.extend(ruled.evidence);
    let instead = stored.and_then(|(cloud, place)| federation::instead(place, cloud, None, None, bench));
    let exposure = Exposure {
        id,
        provider: mention.provider.clone(),
        kind: mention.kind,
        principal: Some(mention.principal.clone()),
        scope,
        class,
        environment,
        declared_in,
        referenced_in,
        credentials: Vec::new(),
        verdict,
        owner,
        credential: None,
        evidence,
        frameworks: frameworks::items(verdict, &ruled.flags, class, false),
        flags: ruled.flags,
        violations: ruled.violations,
        excepted: ruled.excepted,
        proves: reference.proves(),
        details: reference.details(),
        instead: instead.map(Box::new),
    };
    (exposure, clusters.into_iter().chain(parents).collect())
}

/// The cloud whose long-lived key a stored secret is by its name, and the place of a pipeline that could do without.
fn stored_key<'l>(mention: &Mention, places: &[&'l Location], bench: &Bench<'_, '_>) -> Option<(&'static str, &'l Location)> {
    const NAMES: &[(&str, &str)] = &[
        ("AWS_SECRET_ACCESS_KEY", "aws"),
        ("AZURE_CLIENT_SECRET", "azure"),
        ("ARM_CLIENT_SECRET", "azure"),
        ("AZURE_CREDENTIALS", "azure"),
        ("GCP_SA_KEY", "gcp"),
        ("GCP_CREDENTIALS", "gcp"),
        ("GOOGLE_CREDENTIALS", "gcp"),
        ("GOOGLE_APPLICATION_CREDENTIALS_JSON", "gcp"),
    ];
    let name = mention.principal.rsplit(['.', '/']).next().unwrap_or_default().to_ascii_uppercase();
    let cloud = NAMES.iter().find(|(n, _)| mention.kind == RecordKind::CiSecret && name.ends_with(n)).map(|(_, cloud)| *cloud)?;
    let federated = |l: &&&Location| l.repo.as_ref().is_some_and(|r| bench.federated.contains_key(r));
    places.iter().find(federated).map(|l| (cloud, *l))
}

fn is_principal(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Role | RecordKind::User | RecordKind::App | RecordKind::ServiceAccount | RecordKind::Agent)
}

fn environment(own: &[&Record], places: &[&Location], bench: &Bench<'_, '_>) -> Option<String> {
    let told = own.iter().find_map(|r| r.environment.as_deref().and_then(Environment::named));
    told.or_else(|| places.iter().filter_map(|l| Environment::of(l, bench.policy)).min()).map(|e| e.as_str().to_owned())
}

fn class(reference: &Reference<'_>, own: &[&Record]) -> Class {
    let told = own.iter().map(|r| r.principal).find(|c| *c != Class::Unknown);
    told.unwrap_or_else(|| reference.class())
}
