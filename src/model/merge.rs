//! Reports of several scans made one: the same secret is one finding with all its places, the same identity one identity.

use super::{CommitInfo, Exposure, Finding, Ghost, Location, Report, Verdict};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How urgent verdicts are where two scans judged one identity apart: the first speaks.
const URGENCY: &[Verdict] = &[
    Verdict::RevokedPresent,
    Verdict::Shadow,
    Verdict::SuspectedShadow,
    Verdict::Ambiguous,
    Verdict::Dangling,
    Verdict::Ungoverned,
    Verdict::Residue,
    Verdict::ForeignScope,
    Verdict::Governed,
    Verdict::Resolved,
    Verdict::UnknownSource,
    Verdict::Invalid,
];

impl Report {
    /// Takes what another report says into this one. Identities are taken as both judged them; those who can, join the whole anew.
    pub fn merge(&mut self, mut other: Self) {
        self.scan.started = self.scan.started.min(other.scan.started);
        self.scan.finished = self.scan.finished.max(other.scan.finished);
        self.scan.targets.append(&mut other.scan.targets);
        self.scan.stats += other.scan.stats;
        self.scan.stats.duration_ms += other.scan.stats.duration_ms;
        for (own, theirs) in [(&mut self.scan.skipped, other.scan.skipped), (&mut self.scan.unstructured, other.scan.unstructured)] {
            own.extend(theirs);
        }
        self.findings.append(&mut other.findings);
        self.suppressed.append(&mut other.suppressed);
        self.identities.append(&mut other.identities);
        self.seen.append(&mut other.seen);
        self.codeowners.append(&mut other.codeowners);
        self.origins.append(&mut other.origins);
        self.detectors.append(&mut other.detectors);
        self.categories.append(&mut other.categories);
        let ghosts = std::mem::take(&mut self.inventory.ghosts);
        self.inventory.ghosts = in_both(ghosts, other.inventory.ghosts);
        for source in other.inventory.sources {
            if !self.inventory.sources.contains(&source) {
                self.inventory.sources.push(source);
            }
        }
        self.inventory.warnings.append(&mut other.inventory.warnings);
        self.coverage.append(&mut other.coverage);
    }

    /// Puts in order what was merged: findings and identities of one id become one.
    pub fn settle(&mut self) {
        for list in [&mut self.scan.skipped, &mut self.scan.unstructured] {
            list.sort();
            list.dedup();
        }
        self.scan.targets.sort();
        self.scan.targets.dedup();
        self.inventory.warnings.sort();
        self.inventory.warnings.dedup();
        let mut all: BTreeMap<String, Finding> = BTreeMap::new();
        for finding in self.findings.drain(..).chain(self.suppressed.drain(..)) {
            match all.get_mut(&finding.id) {
                None => drop(all.insert(finding.id.clone(), finding)),
                Some(known) => known.absorb(finding),
            }
        }
        let (mut findings, mut suppressed): (Vec<Finding>, Vec<Finding>) = all.into_values().partition(|f| f.suppression.is_none());
        let key = |f: &Finding| (f.provider.clone(), f.detector.clone(), f.id.clone());
        findings.sort_by_cached_key(key);
        suppressed.sort_by_cached_key(key);
        self.scan.stats.suppressed = suppressed.len() as u64;
        (self.findings, self.suppressed) = (findings, suppressed);
        self.seen.sort_by_cached_key(|s| {
            let l = &s.location;
            (l.repo.clone(), l.path.clone(), l.line, l.column, s.mention.provider.clone(), s.mention.principal.clone())
        });
        self.codeowners.sort();
        self.codeowners.dedup();
        self.detectors.sort_by(|a, b| a.id.cmp(&b.id));
        self.detectors.dedup_by(|a, b| a.id == b.id);
        self.settle_identities();
    }

    fn settle_identities(&mut self) {
        let mut all: HashMap<String, Exposure> = HashMap::new();
        for identity in std::mem::take(&mut self.identities) {
            match all.get_mut(&identity.id) {
                None => drop(all.insert(identity.id.clone(), identity)),
                Some(known) => known.absorb(identity),
            }
        }
        self.identities = all.into_values().collect();
        self.identities.sort_by(|a, b| (&a.provider, a.kind, &a.principal, &a.id).cmp(&(&b.provider, b.kind, &b.principal, &b.id)));
        self.settle_coverage();
    }

    /// One row for each provider, kind and scope, counted anew.
    fn settle_coverage(&mut self) {
        let mut rows = BTreeMap::new();
        for row in self.coverage.drain(..) {
            rows.entry((row.provider.clone(), row.kind, row.scope.clone())).or_insert(row);
        }
        self.coverage = rows.into_values().collect();
        for row in &mut self.coverage {
            let of = |i: &&Exposure| i.provider == row.provider && i.kind == row.kind && i.scope == row.scope;
            let count = |verdicts: &[Verdict]| self.identities.iter().filter(of).filter(|i| verdicts.contains(&i.verdict)).count() as u64;
            let found = self.identities.iter().filter(of).count() as u64;
            let (governed, unknown) = (count(&[Verdict::Governed, Verdict::Resolved]), count(&[Verdict::UnknownSource]));
            (row.found, row.governed, row.unknown) = (found, governed, unknown);
        }
    }
}

/// Nothing in code refers to a record only where no scan saw anything refer to it.
fn in_both(own: Vec<Ghost>, theirs: Vec<Ghost>) -> Vec<Ghost> {
    let known: HashSet<(&str, &str)> = theirs.iter().map(|g| (&*g.source, &*g.id)).collect();
    own.into_iter().filter(|g| known.contains(&(&*g.source, &*g.id))).collect()
}

fn place(l: &Location) -> (&Option<String>, &String, u32, u32, &Option<String>) {
    (&l.repo, &l.path, l.line, l.column, &l.commit)
}

fn sorted(locations: &mut Vec<Location>) {
    locations.sort_by(|a, b| place(a).cmp(&place(b)));
    locations.dedup_by(|a, b| place(a) == place(b));
}

impl Finding {
    /// Takes in the same secret from another scan.
    fn absorb(&mut self, other: Self) {
        let is_surer = (other.confidence, other.proof) > (self.confidence, self.proof);
        let mut other = other;
        if is_surer {
            std::mem::swap(self, &mut other);
        }
        self.locations.append(&mut other.locations);
        sorted(&mut self.locations);
        let moment = |m: &CommitInfo| (m.date.seconds, m.commit.clone());
        self.first_seen = [self.first_seen.take(), other.first_seen].into_iter().flatten().min_by_key(moment);
        self.last_seen = [self.last_seen.take(), other.last_seen].into_iter().flatten().max_by_key(moment);
        let is_gone = self.locations.iter().all(|l| l.removed_in.is_some());
        let removed = [self.removed_in.take(), other.removed_in].into_iter().flatten().max_by_key(moment);
        self.removed_in = removed.filter(|_| is_gone);
        self.in_head |= other.in_head;
        self.group = [self.group.take(), other.group].into_iter().flatten().max_by_key(|g| (g.complete, g.members.len()));
        self.principal = self.principal.take().or(other.principal);
        self.scope = self.scope.take().or(other.scope);
        self.identity = self.identity.take().or(other.identity);
        self.expires = self.expires.max(other.expires);
        self.suppression = self.suppression.take().filter(|_| other.suppression.is_some());
        self.keys.append(&mut other.keys);
        self.keys.sort();
        self.keys.dedup();
        if self.value.is_empty() {
            self.value = other.value;
        }
    }
}

impl Exposure {
    /// Takes in the same identity as another scan judged it.
    fn absorb(&mut self, mut other: Self) {
        let urgency = |v: Verdict| URGENCY.iter().position(|u| *u == v);
        if urgency(other.verdict) < urgency(self.verdict) {
            std::mem::swap(self, &mut other);
        }
        for (own, theirs) in [(&mut self.declared_in, other.declared_in), (&mut self.referenced_in, other.referenced_in)] {
            own.extend(theirs);
            sorted(own);
        }
        let credentials: BTreeSet<String> = self.credentials.drain(..).chain(other.credentials).collect();
        self.credentials = credentials.into_iter().collect();
        self.flags.append(&mut other.flags);
        self.flags.sort_unstable();
        self.flags.dedup();
        self.violations.append(&mut other.violations);
        self.violations.sort_unstable();
        self.violations.dedup();
        self.owner = self.owner.take().or(other.owner);
        self.credential = self.credential.take().or(other.credential);
        for evidence in other.evidence {
            if !self.evidence.contains(&evidence) {
                self.evidence.push(evidence);
            }
        }
    }
}
