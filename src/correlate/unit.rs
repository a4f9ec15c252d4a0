//! Units: findings that make one credential are one identity.

use crate::model::{Finding, Key, KeyKind, Record, RecordKind, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Findings of one identity, the one that opens something first.
pub(super) struct Unit<'f> {
    pub findings: Vec<&'f Finding>,
}

/// Puts findings that a group names together.
pub(super) fn units<'f>(findings: &'f [Finding]) -> Vec<Unit<'f>> {
    let numbers: HashMap<&str, usize> = findings.iter().enumerate().map(|(n, f)| (f.id.as_str(), n)).collect();
    let mut above: Vec<usize> = (0..findings.len()).collect();
    fn root(above: &[usize], mut of: usize) -> usize {
        while above[of] != of {
            of = above[of];
        }
        of
    }
    for (number, finding) in findings.iter().enumerate() {
        let members = finding.group.iter().flat_map(|g| &g.members).filter_map(|m| m.finding.as_deref());
        for other in members.filter_map(|id| numbers.get(id)) {
            let (a, b) = (root(&above, number), root(&above, *other));
            above[a.max(b)] = a.min(b);
        }
    }
    let mut found: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for (number, finding) in findings.iter().enumerate() {
        found.entry(root(&above, number)).or_default().push(finding);
    }
    let mut units: Vec<Unit<'f>> = found.into_values().map(|findings| Unit { findings }).collect();
    units.iter_mut().for_each(|u| u.findings.sort_by_key(|f| (rank(f.record_kind), f.secret.length < 20, f.id.as_str())));
    units
}

/// Kinds that say most of an identity first.
fn rank(kind: RecordKind) -> u8 {
    match kind {
        RecordKind::SaKey | RecordKind::OauthSecret => 0,
        RecordKind::AccessKey => 1,
        RecordKind::Other => 3,
        _ => 2,
    }
}

impl<'f> Unit<'f> {
    /// The finding that speaks for all.
    pub(super) fn first(&self) -> &'f Finding {
        self.findings[0]
    }

    /// What any of them is recognised by.
    pub(super) fn keys(&self) -> BTreeSet<&'f Key> {
        self.findings.iter().flat_map(|f| &f.keys).collect()
    }

    /// The account, tenant or project that a credential itself proves; else what stands beside it.
    pub(super) fn scope(&self) -> Option<&'f str> {
        self.findings.iter().find_map(|f| f.scope.as_deref())
    }

    /// When it was first committed.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.findings.iter().filter_map(|f| f.first_seen.as_ref()).map(|c| c.date).min_by_key(|d| d.seconds)
    }

    /// Whether it has a value that may be a credential of a record of this kind.
    pub(super) fn is_kind(&self, kind: RecordKind) -> bool {
        self.findings.iter().any(|f| f.record_kind == kind)
    }
}

/// Whether a key names one credential, rather than the principal that has it.
pub(super) fn is_own(key: &Key) -> bool {
    use KeyKind as K;
    let of_principal = [
        K::AwsArn,
        K::AwsUid,
        K::GcpSa,
        K::GcpUid,
        K::EntraAppId,
        K::EntraOid,
        K::AzStorage,
        K::AzCogsvc,
        K::OktaClient,
        K::VaultRoleId,
        K::K8sSa,
        K::JwtSubject,
        K::GithubApp,
        K::SlackApp,
        K::McpServer,
    ];
    !key.kind.is_shared() && !of_principal.contains(&key.kind)
}

/// Whether a record is a credential, rather than the principal that has credentials.
pub(super) fn is_credential(record: &Record) -> bool {
    use RecordKind as K;
    !matches!(record.kind, K::User | K::Role | K::App | K::ServiceAccount | K::Agent | K::WorkloadId | K::Group)
}
