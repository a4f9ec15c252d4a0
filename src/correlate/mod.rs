//! Whose it is: what was found joined with the inventory, and a verdict for each identity. Pure: no file, no clock, no environment.
//!
//! Findings that make one credential are a `unit`; its records are found by the join in `matching`; both are a `case`, on which
//! `verdict`, `owner` and `flags` decide. What files only refer to is judged by `references`, and what nothing refers to by `ghosts`.

mod case;
mod codeowners;
mod consumer;
mod coverage;
mod environment;
mod exposure;
mod federation;
#[cfg(test)]
mod fixture;
mod flags;
mod frameworks;
mod ghosts;
mod index;
mod lookup;
mod matching;
mod owner;
mod references;
mod rules;
mod tally;
#[cfg(test)]
mod tests;
mod unit;
mod verdict;

use crate::model::{Inventory, Policy, Proves, Record, Register, Report, Timestamp};
use case::{Bench, Case};
use codeowners::Codeowners;
use exposure::{of_case, of_reference};
use ghosts::Alive;
use index::Index;
use owner::Directory;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Joins the findings and mentions of a report with the inventory, which ends in it, and judges every identity at `now`.
pub fn correlate(report: &mut Report, register: Register, policy: &Policy, now: Timestamp) {
    let alive = judge(report, &register, policy, now);
    let Register { records, manifests, warnings, .. } = register;
    report.inventory = Inventory { sources: manifests, ghosts: ghosts::ghosts(alive, records), warnings };
}

/// Judges every identity, and says which of the inventory nothing refers to.
fn judge(report: &mut Report, register: &Register, policy: &Policy, now: Timestamp) -> Vec<Alive> {
    let index = Index::new(register);
    let directory = Directory::new(register);
    let mut federated: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for seen in report.seen.iter().filter(|s| s.mention.proves == Proves::Federated) {
        let of_repo = federated.entry(seen.location.repo.clone().unwrap_or_default()).or_default();
        of_repo.push((seen.mention.provider.clone(), seen.mention.principal.clone()));
    }
    let bench =
        Bench { index: &index, directory: &directory, policy, now, categories: &report.categories, federated, origins: &report.origins };
    let codeowners = Codeowners::new(report.codeowners.iter().map(|(repo, path, text)| (repo.as_str(), path.as_str(), text.as_str())));
    let mut seen = HashSet::new();
    let (mut identities, mut lists) = (Vec::new(), frameworks::Lists::default());
    let units = unit::units(&report.findings);
    let (mut mentioned, others) = references::split(&report.seen, &units);
    for (number, unit) in units.iter().enumerate() {
        let case = Case::new(unit, matching::find(unit, &index, policy), &bench);
        seen.extend(case.seen());
        identities.push(lists.share(of_case(&case, &mentioned.remove(&number).unwrap_or_default(), &codeowners, &report.detectors)));
    }
    for reference in &references::references(others) {
        let (exposure, clusters) = of_reference(reference, &bench, &codeowners);
        seen.extend(clusters);
        identities.push(lists.share(exposure));
    }
    identities.sort_by(|a, b| (&a.provider, a.kind, &a.principal, &a.id).cmp(&(&b.provider, b.kind, &b.principal, &b.id)));
    let of_finding: HashMap<&str, &str> =
        identities.iter().flat_map(|i| i.credentials.iter().map(move |c| (c.as_str(), i.id.as_str()))).collect();
    report.findings.iter_mut().for_each(|f| f.identity = of_finding.get(f.id.as_str()).map(|id| (*id).to_owned()));
    report.coverage = tally::coverage(&identities, register);
    let alive = ghosts::alive(&bench, &seen);
    report.identities = identities;
    alive
}

/// The identities of the inventory: records that share a key of their own, together, in the order in which the first of each was read.
pub fn identities(register: &Register) -> Vec<Vec<&Record>> {
    let index = Index::new(register);
    (0..index.len()).map(|cluster| index.members(cluster).collect()).collect()
}
