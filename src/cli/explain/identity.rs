//! An identity or finding of a report: what it is, why its verdict and flags hold, and what would tell more.

use super::word::meaning;
use crate::cli::output::line;
use crate::inventory::advice;
use crate::model::{Verdict, shown};
use crate::review::Former;
use crate::review::former::{Evidence, Finding, Identity};
use anyhow::Result;

/// Fewest characters of an id that name one.
const SHORTEST: usize = 6;
/// Places that are told of one finding.
const PLACES: usize = 5;

/// Explains what a report has of a name; `false` where it has nothing.
pub(super) fn run(report: &Former, what: &str) -> Result<bool> {
    let findings: Vec<&Finding> = report.findings.iter().filter(|f| is_finding(f, what)).collect();
    let owns = |i: &&Identity| i.credentials.iter().any(|c| findings.iter().any(|f| f.id == *c));
    let identities: Vec<&Identity> = report.identities.iter().filter(|i| is_identity(i, what) || owns(i)).collect();
    for identity in &identities {
        let own: Vec<&Finding> = report.findings.iter().filter(|f| identity.credentials.contains(&f.id)).collect();
        explain(identity, &own)?;
    }
    let is_lone = |f: &&&Finding| !identities.iter().any(|i| i.credentials.contains(&f.id));
    findings.iter().filter(is_lone).try_for_each(|f| found(f))?;
    Ok(!identities.is_empty() || !findings.is_empty())
}

fn is_id(id: &str, what: &str) -> bool {
    id == what || (what.len() >= SHORTEST && id.starts_with(what))
}

fn is_finding(finding: &Finding, what: &str) -> bool {
    let (path, number) = match what.rsplit_once(':').and_then(|(p, n)| Some((p, n.parse::<u64>().ok()?))) {
        Some((path, number)) => (path, Some(number)),
        None => (what, None),
    };
    let at = finding.locations.iter().any(|l| l.path == path && number.is_none_or(|n| n == l.line));
    is_id(&finding.id, what) || at
}

fn is_identity(identity: &Identity, what: &str) -> bool {
    let at = identity.declared_in.iter().chain(&identity.referenced_in).any(|l| l.path == what || format!("{}:{}", l.path, l.line) == what);
    is_id(&identity.id, what) || identity.principal.as_deref() == Some(what) || at
}

fn explain(identity: &Identity, findings: &[&Finding]) -> Result<()> {
    let name = identity.principal.clone().or_else(|| findings.first().map(|f| f.title.clone())).unwrap_or_default();
    told("", &format!("{} {} {name} [{}]", identity.provider, identity.kind.replace('_', " "), identity.id))?;
    findings.iter().try_for_each(|f| found(f))?;
    identity.declared_in.iter().take(PLACES).try_for_each(|p| told("  ", &format!("declared at {}", p.told())))?;
    identity.referenced_in.iter().take(PLACES).try_for_each(|p| told("  ", &format!("referred to at {}", p.told())))?;
    let verdict = identity.verdict().map_or("unknown", Verdict::as_str);
    let reasons = identity.evidence.split_first();
    let why = reasons.map_or("", |(first, _)| first.says.as_str());
    told("  ", &format!("It is {verdict}: {why}."))?;
    if let Some((_, holds, remedy)) = meaning(verdict) {
        told("    ", &format!("{verdict} means: {holds}"))?;
        told("    ", &format!("to do: {remedy}"))?;
    }
    for reason in reasons.map_or(&[][..], |(_, rest)| rest) {
        told("    ", &format!("because {}{}", reason.says, source(reason)))?;
    }
    if let Some(owner) = &identity.owner {
        let others = if owner.conflicts.is_empty() { String::new() } else { format!("; other sources say {}", owner.conflicts.join(", ")) };
        told("  ", &format!("Owner: {} ({}), by {}{others}.", owner.value, owner.status, owner.evidence))?;
    } else {
        told("  ", "Nobody is named as its owner: no record, tag, CODEOWNERS, catalogue or commit does.")?;
    }
    for flag in identity.flags() {
        if let Some((word, holds, remedy)) = meaning(flag.as_str()) {
            told("  ", &format!("{word}: {holds} {remedy}"))?;
        }
    }
    decide(identity)?;
    if let Some(instead) = &identity.instead {
        told("  ", &format!("Instead of the key, trust {} of {} for {}:", instead.subject, instead.issuer, instead.audience))?;
        told("    ", &instead.create)?;
    }
    if let Some(revocation) = identity.credential.as_ref().and_then(|c| c.revocation.as_deref()) {
        told("  ", &format!("To revoke: {revocation}"))?;
    }
    if !identity.frameworks.is_empty() {
        let ids: Vec<&str> = identity.frameworks.iter().map(|f| f.id.as_str()).collect();
        told("  ", &format!("Frameworks: {}.", ids.join(", ")))?;
    }
    Ok(())
}

/// What inventory would decide where this one cannot.
fn decide(identity: &Identity) -> Result<()> {
    match identity.verdict() {
        Some(Verdict::UnknownSource | Verdict::SuspectedShadow | Verdict::ForeignScope) => {
            told("  ", &format!("What would decide it: {}", advice(&identity.provider)))
        }
        Some(Verdict::Ambiguous) => {
            told("  ", "What would decide it: fingerprints of the secrets themselves; see `keysweep inventory fingerprint --help`")
        }
        _ => Ok(()),
    }
}

fn source(reason: &Evidence) -> String {
    let record = reason.record.as_ref().map(|r| format!("{r} in ")).unwrap_or_default();
    let how = if reason.strength == "exact" && reason.join.is_some() { "; exact" } else { "" };
    if reason.source.is_empty() || reason.source == "coverage" { how.to_owned() } else { format!(" ({record}{}{how})", reason.source) }
}

fn found(finding: &Finding) -> Result<()> {
    let (proof, confidence) = (&finding.proof, &finding.confidence);
    told(
        "  ",
        &format!(
            "finding {}: {} {}; {confidence} confidence, by {proof} ({})",
            finding.id, finding.title, finding.secret.redacted, finding.detector
        ),
    )?;
    finding.locations.iter().take(PLACES).try_for_each(|p| told("    ", &format!("at {}", p.told())))?;
    if finding.locations.len() > PLACES {
        told("    ", &format!("and at {} more places", finding.locations.len() - PLACES))?;
    }
    if let Some(first) = &finding.first_seen {
        let end = match &finding.removed_in {
            Some(removed) => format!("removed in {} on {}", short(&removed.commit), removed.date),
            None if finding.in_head => "still in HEAD".to_owned(),
            None => "on another ref".to_owned(),
        };
        told("    ", &format!("since {} on {} by {}; {end}", short(&first.commit), first.date, first.author))?;
    }
    Ok(())
}

fn short(commit: &str) -> String {
    commit.chars().take(12).collect()
}

/// A line without anything that a terminal would act on: reports repeat what was scanned.
fn told(indent: &str, text: &str) -> Result<()> {
    line(&format!("{indent}{}", shown(text)))
}
