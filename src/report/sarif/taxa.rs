//! Whose it is, in a log: the identity of a result, and the items of frameworks it touches as taxa.

use super::text;
use crate::model::{Exposure, Verdict};
use serde_json::{Value, json};
use serde_sarif::sarif;
use std::collections::{BTreeMap, BTreeSet};

/// A framework: how its items begin, its name, its version, and where it is.
const FRAMEWORKS: &[(&str, &str, &str, &str)] = &[
    ("NHI", "OWASP NHI Top 10", "2025", "https://owasp.org/www-project-non-human-identities-top-10/2025/"),
    ("ISO27001:", "ISO/IEC 27001 Annex A", "2022", "https://www.iso.org/standard/27001"),
    ("PCI-DSS:", "PCI DSS", "4.0.1", "https://www.pcisecuritystandards.org/document_library/"),
    ("AI-RMF:", "NIST AI RMF", "1.0", "https://www.nist.gov/itl/ai-risk-management-framework"),
    ("MAESTRO:", "CSA MAESTRO", "2025", "https://cloudsecurityalliance.org/blog/2025/02/06/agentic-ai-threat-modeling-framework-maestro"),
    ("", "NIST CSF", "2.0", "https://www.nist.gov/cyberframework"),
];

/// The framework of an item, as a number in the list.
fn framework(item: &str) -> usize {
    FRAMEWORKS.iter().position(|(begins, ..)| item.starts_with(begins)).unwrap_or(FRAMEWORKS.len() - 1)
}

/// The frameworks whose items any identity touches, with those items.
pub(super) fn taxonomies(identities: &[Exposure]) -> Vec<sarif::ToolComponent> {
    let mut touched: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let with_findings = identities.iter().filter(|i| !i.credentials.is_empty());
    for item in with_findings.flat_map(|i| &*i.frameworks) {
        touched.entry(framework(&item.id)).or_default().insert(&item.id);
    }
    let component = |(number, items): (usize, BTreeSet<&str>)| {
        let (_, name, version, uri) = FRAMEWORKS[number];
        let taxa = items.iter().map(|id| sarif::ReportingDescriptor::builder().id(*id).build()).collect::<Vec<_>>();
        let short = text(&format!("{name} {version}"));
        sarif::ToolComponent::builder().name(name).version(version).information_uri(uri).short_description(short).taxa(taxa).build()
    };
    touched.into_iter().map(component).collect()
}

/// The items that an identity touches.
pub(super) fn references(identity: &Exposure) -> Vec<sarif::ReportingDescriptorReference> {
    let reference = |id: &str| {
        let component = sarif::ToolComponentReference::builder().name(FRAMEWORKS[framework(id)].1).build();
        sarif::ReportingDescriptorReference::builder().id(id).tool_component(component).build()
    };
    identity.frameworks.iter().map(|item| reference(&item.id)).collect()
}

/// What is known of the identity, for those who read logs by program.
pub(super) fn identity(identity: &Exposure) -> Value {
    json!({
        "id": identity.id,
        "verdict": identity.verdict,
        "flags": identity.flags,
        "violations": identity.violations,
        "excepted": identity.excepted,
        "class": identity.class,
        "environment": identity.environment,
        "owner": identity.owner,
        "evidence": identity.evidence,
    })
}

/// What a message says of it: nothing where no inventory could tell.
pub(super) fn told(identity: &Exposure) -> String {
    let mut text = String::new();
    if identity.verdict != Verdict::UnknownSource {
        let why = identity.evidence.first().map(|e| e.says.as_str()).unwrap_or_default();
        text.push_str(&format!(" Verdict {}: {why}.", identity.verdict.as_str()));
    }
    if !identity.flags.is_empty() {
        let flags: Vec<&str> = identity.flags.iter().map(|f| f.as_str()).collect();
        text.push_str(&format!(" Flags: {}.", flags.join(", ")));
    }
    if !identity.violations.is_empty() {
        let broken: Vec<&str> = identity.violations.iter().map(|v| v.as_str()).collect();
        text.push_str(&format!(" Against the policy: {}.", broken.join(", ")));
    }
    if let Some(owner) = &identity.owner {
        text.push_str(&format!(" Owner: {}.", owner.value));
    }
    text
}
