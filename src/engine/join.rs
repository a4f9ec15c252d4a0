//! Groups of the report: what stood together in a text, seen from each of the findings that it makes one credential of.

use super::findings::Sighting;
use super::groups::{Companion, missing};
use super::scan::Options;
use super::values::Value;
use super::veil::Veil;
use crate::detect::{Library, keys};
use crate::model::{Finding, Group, GroupMember, Key, Location, Member, Role, Secret};
use crate::source::history::hex;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// A finding, and the sightings it was made of.
pub(super) type Made<'s> = (Finding, Vec<&'s Sighting>);

/// What the groups are made with.
pub(super) struct Join<'j> {
    pub values: &'j [Value],
    pub library: &'j Library,
    pub options: &'j Options<'j>,
    pub veil: &'j Veil,
}

/// What stands together at one place.
struct Draft<'s> {
    sighting: &'s Sighting,
    members: Vec<Companion>,
    missing: Vec<String>,
    id: String,
}

/// The secrets that some sighting has for a companion: they are no findings of their own where they only name something.
pub(super) fn named<'v>(sightings: &[Sighting], values: &'v [Value]) -> HashSet<&'v Secret> {
    sightings.iter().flat_map(|s| s.companions.iter()).map(|c| &values[c.value as usize].secret).collect()
}

/// The sightings that make a finding: none of what only names something where the value is also a secret, or belongs to one.
pub(super) fn counted<'s>(group: &[&'s Sighting], is_named: bool, library: &Library) -> Vec<&'s Sighting> {
    let is_lone = |s: &&&Sighting| library.detector(s.rule).report == Role::Lone;
    let own: Vec<&Sighting> = group.iter().filter(|s| !is_lone(s)).copied().collect();
    if own.is_empty() && !is_named { group.to_vec() } else { own }
}

impl Join<'_> {
    /// Gives each finding the largest group that it is in, and takes from it what the finding itself does not say.
    pub(super) fn all(&self, made: &mut [Made<'_>]) {
        let secret = |value: u32| &self.values[value as usize].secret;
        let mut drafts: Vec<Draft<'_>> = Vec::new();
        let mut within: HashMap<&Secret, Vec<usize>> = HashMap::new();
        for (_, sightings) in made.iter() {
            if let Some(draft) = self.draft(sightings) {
                for member in &draft.members {
                    within.entry(secret(member.value)).or_default().push(drafts.len());
                }
                drafts.push(draft);
            }
        }
        if drafts.is_empty() {
            return;
        }
        let ids: HashMap<&Secret, String> = made.iter().map(|(f, s)| (secret(s[0].value), f.id.clone())).collect();
        for (finding, sightings) in made {
            let own = secret(sightings[0].value);
            let candidates = within.get(own).into_iter().flatten().map(|&at| &drafts[at]);
            let is_own = |d: &Draft<'_>| secret(d.sighting.value) == own;
            let best = candidates.min_by_key(|d| (Reverse(d.members.len()), d.missing.len(), !is_own(d), &d.id));
            if let Some(draft) = best {
                let group = self.group(draft, &ids);
                let own = finding.value.expose();
                let other = |named: &Option<String>| named.clone().filter(|n| *n != finding.secret.redacted && n.as_bytes() != own);
                finding.principal = finding.principal.take().or_else(|| other(&group.principal));
                finding.scope = finding.scope.take().or_else(|| group.scope.clone());
                finding.group = Some(group);
                finding.keys.extend(draft.members.iter().flat_map(|m| self.keys(m)));
                finding.keys.sort();
                finding.keys.dedup();
            }
        }
    }

    /// What stands with a finding at the place that shows most of it.
    fn draft<'s>(&self, sightings: &[&'s Sighting]) -> Option<Draft<'s>> {
        let lacks = |s: &Sighting| missing(self.library.detector(s.rule), &s.companions, self.library);
        let worth = |s: &&'s Sighting| {
            let l: &'s Location = &s.location;
            let seen = (l.suppression.is_some(), !l.in_head, l.removed_in.is_some());
            (lacks(s).len(), Reverse(s.companions.len()), seen, (&l.repo, &l.path, l.line, l.column), &l.commit)
        };
        let tells = |s: &&'s Sighting| !s.companions.is_empty() || !lacks(s).is_empty();
        let sighting: &'s Sighting = sightings.iter().copied().filter(tells).min_by_key(worth)?;
        let place = (sighting.location.line, sighting.location.column);
        let mut members = vec![Companion { value: sighting.value, rule: sighting.rule, place }];
        members.extend(sighting.companions.iter().copied());
        let mut own: Vec<&str> = members.iter().map(|m| self.values[m.value as usize].id(self.library)).collect();
        own.sort_unstable();
        let digest = own.iter().fold(Sha256::new().chain_update(b"keysweep/group/v1\0"), |hash, id| hash.chain_update(id)).finalize();
        Some(Draft { sighting, members, missing: lacks(sighting), id: hex(&digest[..16]) })
    }

    fn group(&self, draft: &Draft<'_>, ids: &HashMap<&Secret, String>) -> Group {
        let members: Vec<GroupMember> = draft.members.iter().map(|m| self.member(m, ids)).collect();
        let told = |m: &GroupMember| m.value.clone().or_else(|| m.redacted.clone());
        let of = |roles: &[Member]| members.iter().find(|m| roles.contains(&m.role)).and_then(told);
        let says = |get: fn(&Value) -> &Option<String>| {
            draft.members.iter().find_map(|m| get(&self.values[m.value as usize]).as_deref()).map(|text| self.shown(text))
        };
        Group {
            id: draft.id.clone(),
            complete: draft.missing.is_empty(),
            missing: draft.missing.clone(),
            principal: of(&[Member::Identifier, Member::User]).or_else(|| says(|v| &v.told.principal)),
            scope: of(&[Member::Tenant, Member::Account]).or_else(|| says(|v| &v.told.scope)).or_else(|| of(&[Member::Endpoint])),
            repo: draft.sighting.location.repo.clone(),
            path: self.veil.over(&draft.sighting.location.path),
            commit: draft.sighting.location.commit.clone(),
            members,
        }
    }

    fn member(&self, member: &Companion, ids: &HashMap<&Secret, String>) -> GroupMember {
        let (detector, secret) = (self.library.detector(member.rule), &self.values[member.value as usize].secret);
        let clear = detector.names();
        GroupMember {
            detector: detector.id.clone(),
            kind: detector.kind,
            role: detector.member(),
            value: clear.then(|| self.shown(&String::from_utf8_lossy(secret.expose()))),
            redacted: (!clear).then(|| secret.redact(self.options.redaction)),
            finding: ids.get(secret).cloned(),
            line: member.place.0,
            column: member.place.1,
            title: detector.title.clone(),
        }
    }

    /// What a member that only names something is known by.
    fn keys(&self, member: &Companion) -> Vec<Key> {
        let detector = self.library.detector(member.rule);
        let text = std::str::from_utf8(self.values[member.value as usize].secret.expose()).ok().filter(|_| detector.names());
        text.map(|t| keys::identifiers(keys::record_provider(detector), detector.member(), t)).unwrap_or_default()
    }

    /// A name without the values that are secrets themselves, such as a key id.
    fn shown(&self, text: &str) -> String {
        self.veil.over(text)
    }
}
