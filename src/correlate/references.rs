//! References: identities that files declare or refer to, and whether the inventory answers.

use super::case::Bench;
use super::coverage::{ISSUERS, Question, covering, is_foreign, only_scope};
use super::index::Cluster;
use super::unit::{Unit, is_own};
use super::verdict::{about, on_record, reason};
use crate::model::{
    Class, Evidence, Key, KeyKind, Location, Mention, Proves, Record, RecordKind, Relation, Seen, SourceClass, Status, Strength, Verdict,
};
use std::collections::{BTreeMap, HashMap};

/// Mentions of one identity.
pub(super) struct Reference<'s> {
    /// The mention that says most.
    pub first: &'s Mention,
    pub seen: Vec<&'s Seen>,
}

/// Who can answer for a reference: issuers, and vaults for what they keep.
const ANSWERING: &[SourceClass] = &[SourceClass::Issuer, SourceClass::Pki, SourceClass::Vault];

/// What is mentioned: provider, kind, name, scope, and the repository of what is known within one only.
type Named<'s> = (&'s str, RecordKind, String, Option<&'s str>, &'s str);

/// Mentions of credentials that were found, by the number of their unit; and all others.
pub(super) fn split<'s>(seen: &'s [Seen], units: &[Unit<'_>]) -> (HashMap<usize, Vec<&'s Seen>>, Vec<&'s Seen>) {
    let own = units.iter().enumerate().flat_map(|(n, unit)| unit.keys().into_iter().filter(|k| is_own(k)).map(move |k| (k, n)));
    let of_key: HashMap<&Key, usize> = own.collect();
    let (mut of_units, mut others): (HashMap<usize, Vec<&Seen>>, Vec<&Seen>) = Default::default();
    for s in seen {
        match s.mention.keys.iter().find_map(|k| of_key.get(k)) {
            Some(unit) => of_units.entry(*unit).or_default().push(s),
            None => others.push(s),
        }
    }
    (of_units, others)
}

/// Mentions by what they mention. CI secrets of different repositories are different ones.
pub(super) fn references(seen: Vec<&Seen>) -> Vec<Reference<'_>> {
    let mut found: BTreeMap<Named<'_>, Vec<&Seen>> = BTreeMap::new();
    for s in seen {
        let m = &s.mention;
        let is_local = m.scope.is_none() && m.keys.iter().all(|k| k.kind == KeyKind::GithubSecret || k.kind == KeyKind::K8sSa);
        let repo = s.location.repo.as_deref().filter(|_| is_local).unwrap_or_default();
        let name = m.keys.iter().find(|k| k.kind == KeyKind::K8sSa).map_or_else(|| m.principal.clone(), |k| k.value.to_string());
        found.entry((&m.provider, m.kind, name, m.scope.as_deref(), repo)).or_default().push(s);
    }
    let says_most = |seen: &[&Seen]| {
        seen.iter()
            .map(|s| s.mention.keys.len() * 100 + s.mention.details.len())
            .enumerate()
            .max_by_key(|(n, most)| (*most, usize::MAX - n))
            .map_or(0, |(n, _)| n)
    };
    found.into_values().map(|seen| Reference { first: &seen[says_most(&seen)].mention, seen }).collect()
}

/// The places of one relation, sorted, each once.
pub(super) fn places(seen: &[&Seen], relation: Relation) -> Vec<Location> {
    let mut places: Vec<Location> = seen.iter().filter(|s| s.mention.relation == relation).map(|s| s.location.clone()).collect();
    places.sort_by(|a, b| (&a.repo, &a.path, a.line, a.column).cmp(&(&b.repo, &b.path, b.line, b.column)));
    places.dedup_by(|a, b| (&a.repo, &a.path, a.line, a.column) == (&b.repo, &b.path, b.line, b.column));
    places
}

impl Reference<'_> {
    /// How files prove to be it: with a secret anywhere counts.
    pub(super) fn proves(&self) -> Proves {
        let all = || self.seen.iter().map(|s| s.mention.proves);
        all().find(|p| *p == Proves::Static).or_else(|| all().find(|p| *p == Proves::Federated)).unwrap_or_default()
    }

    /// What files say of it.
    pub(super) fn details(&self) -> BTreeMap<String, String> {
        let all = self.seen.iter().flat_map(|s| &s.mention.details);
        all.fold(BTreeMap::new(), |mut details, (k, v)| {
            details.entry(k.clone()).or_insert_with(|| v.clone());
            details
        })
    }

    pub(super) fn class(&self) -> Class {
        self.seen.iter().map(|s| s.mention.class).find(|c| *c != Class::Unknown).unwrap_or_default()
    }
}

/// The verdict of a reference, the identity that answers, and why.
pub(super) fn judge(reference: &Reference<'_>, bench: &Bench<'_, '_>) -> (Verdict, Option<Cluster>, Vec<Evidence>) {
    let mention = reference.first;
    if mention.kind == RecordKind::CiSecret && mention.provider == "github" {
        return ci_secret(reference, bench);
    }
    for key in reference.seen.iter().flat_map(|s| &s.mention.keys).filter(|k| !k.kind.is_shared()) {
        let Some(cluster) = bench.index.find(key) else { continue };
        return answered(cluster, key.kind.as_str(), bench);
    }
    let only = only_scope(bench.index.register, &mention.provider, mention.kind);
    let of_path = mention.keys.iter().find(|k| k.kind == KeyKind::VaultPath).map(|k| &*k.value);
    let asked = Question { provider: &mention.provider, kind: mention.kind, scope: of_path.or(mention.scope.as_deref()).or(only) };
    let has_keys = !mention.keys.is_empty();
    let covering = if has_keys { covering(bench.index.register, ANSWERING, asked) } else { Vec::new() };
    match covering.first() {
        Some(source) => {
            let says = format!("{} covers {} and does not know it", source.source, about(asked));
            (Verdict::Dangling, None, vec![reason(&source.source, says)])
        }
        None if has_keys && of_path.is_none() && is_foreign(bench.index.register, asked) => {
            let says =
                format!("it belongs to {} {}, which no source of the inventory names", asked.provider, asked.scope.unwrap_or_default());
            (Verdict::ForeignScope, None, vec![reason("coverage", says)])
        }
        None => (Verdict::UnknownSource, None, vec![reason("coverage", format!("no source covers {}", about(asked)))]),
    }
}

fn answered(cluster: Cluster, join: &str, bench: &Bench<'_, '_>) -> (Verdict, Option<Cluster>, Vec<Evidence>) {
    let records: Vec<&Record> = bench.index.members(cluster).collect();
    let gone = records.iter().find(|r| r.status == Status::Deleted);
    if let Some(record) = gone.filter(|_| records.iter().all(|r| r.status == Status::Deleted)) {
        return (Verdict::Dangling, Some(cluster), vec![on_record(record, "its issuer says deleted".to_owned())]);
    }
    let told = |r: &&Record| Evidence {
        source: r.source.to_string(),
        record: Some(r.id.to_string()),
        join: Some(join.to_owned()),
        strength: Strength::Exact,
        chance: 0.0,
        says: format!("{} record {}: same {join}", r.class.as_str(), r.display.as_deref().unwrap_or(&r.id)),
    };
    (Verdict::Resolved, Some(cluster), records.iter().map(told).collect())
}

/// A secret of GitHub Actions is looked for in the environment, the repository and the organisation.
fn ci_secret(reference: &Reference<'_>, bench: &Bench<'_, '_>) -> (Verdict, Option<Cluster>, Vec<Evidence>) {
    let register = bench.index.register;
    let mention = reference.first;
    let repo = reference.seen[0].location.repo.as_deref().unwrap_or_default();
    let unknown = |says: String| (Verdict::UnknownSource, None, vec![reason("coverage", says)]);
    let Some(slug) = slug(repo, mention.scope.as_deref(), bench) else {
        return unknown(format!("no export lists the secrets of the repository {repo}"));
    };
    let organisation = slug.split('/').next().unwrap_or_default();
    let environment = mention.details.get("environment");
    let scopes = [environment.map(|e| format!("{slug}/{e}")), Some(slug.clone()), Some(organisation.to_owned())];
    for scope in scopes.iter().flatten() {
        let key = Key::new(KeyKind::GithubSecret, &format!("{scope}/{}", mention.principal));
        if let Some(cluster) = key.and_then(|k| bench.index.find(&k)) {
            return answered(cluster, KeyKind::GithubSecret.as_str(), bench);
        }
    }
    let ask = |scope: &str| {
        let asked = Question { provider: "github", kind: RecordKind::CiSecret, scope: Some(scope) };
        covering(register, ISSUERS, asked).first().map(|m| m.source.clone())
    };
    // A secret may be of an environment whose list nobody gave.
    let in_environment = environment.is_none_or(|e| ask(&format!("{slug}/{e}")).or_else(|| ask(&slug)).is_some());
    match (ask(&slug), ask(organisation)) {
        (Some(own), Some(_)) if in_environment => {
            let says = format!("neither {slug} nor {organisation} has a secret of that name");
            (Verdict::Dangling, None, vec![reason(&own, says)])
        }
        _ => unknown(format!("no export lists all secrets that {slug} can use")),
    }
}

/// `OWNER/NAME` of a scanned repository: by the file itself, the catalogue, or the scope of an export that ends so.
fn slug(repo: &str, scope: Option<&str>, bench: &Bench<'_, '_>) -> Option<String> {
    let base = |text: &str| text.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let of_manifest = || {
        let manifests = bench.index.register.manifests.iter().filter(|m| m.provider == "github");
        let mut scopes = manifests.flat_map(|m| m.scopes.iter().flatten()).filter(|s| s.matches('/').count() == 1);
        scopes.find(|s| base(s) == base(repo)).cloned()
    };
    let stated = scope.filter(|s| s.matches('/').count() == 1).map(str::to_owned);
    stated.or_else(|| bench.directory.slug(repo).map(str::to_owned)).or_else(of_manifest)
}
