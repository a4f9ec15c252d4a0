//! Frameworks: which items of OWASP NHI Top 10 (2025), NIST CSF 2.0, ISO/IEC 27001:2022 Annex A, PCI DSS 4.0.1, NIST AI RMF and CSA MAESTRO an identity touches.
//!
//! Sources: OWASP, "Non-Human Identities Top 10 – 2025"; NIST CSWP 29 (CSF 2.0); PCI DSS v4.0.1; NIST AI 100-1; CSA, "MAESTRO" (seven layers).
//! Numbers of ISO/IEC 27001 and PCI DSS are to be held against an owned copy before a compliance table is made of them.

use crate::model::{Class, Exposure, Flag, FrameworkItem, Verdict};
use std::collections::HashSet;
use std::sync::Arc;

const SECRET: &[&str] = &[
    "NHI2:2025",
    "PR.AA-01",
    "PR.PS-06",
    "ID.RA-01",
    "ISO27001:A.5.17",
    "ISO27001:A.8.4",
    "ISO27001:A.8.28",
    "PCI-DSS:8.6.2",
    "PCI-DSS:6.2.4",
    "AI-RMF:GOVERN-1.2",
];
const UNKNOWN: &[&str] = &[
    "NHI1:2025",
    "ID.AM-01",
    "ID.AM-02",
    "ID.AM-04",
    "ID.AM-08",
    "ISO27001:A.5.9",
    "ISO27001:A.5.16",
    "PCI-DSS:12.5.1",
    "PCI-DSS:7.2.5.1",
    "AI-RMF:GOVERN-1.6",
];
const FOREIGN: &[&str] = &["NHI3:2025", "ID.AM-04", "ISO27001:A.5.9", "PCI-DSS:12.5.1"];

/// The items of a flag.
fn of_flag(flag: Flag) -> &'static [&'static str] {
    match flag {
        Flag::NoOwner => {
            &["NHI1:2025", "GV.RR-02", "ISO27001:A.5.9", "ISO27001:A.5.16", "PCI-DSS:7.2.5.1", "PCI-DSS:12.4", "AI-RMF:GOVERN-2.1"]
        }
        Flag::Orphaned => &[
            "NHI1:2025",
            "PR.AA-01",
            "PR.AA-05",
            "ISO27001:A.5.16",
            "ISO27001:A.5.18",
            "ISO27001:A.6.5",
            "PCI-DSS:8.2.5",
            "AI-RMF:GOVERN-1.7",
        ],
        Flag::Expired => &["NHI7:2025", "ID.AM-08", "ISO27001:A.5.17", "ISO27001:A.8.24"],
        Flag::ExpiredYetLive => &["NHI4:2025", "NHI7:2025", "PR.AA-03", "DE.CM-03", "ISO27001:A.5.17", "ISO27001:A.8.5", "PCI-DSS:8.6.3"],
        Flag::Overdue => &["NHI7:2025", "PR.AA-01", "ISO27001:A.5.17", "PCI-DSS:8.6.3", "PCI-DSS:3.7.4"],
        Flag::NoExpiry => &["NHI7:2025", "PR.AA-01", "ISO27001:A.5.17", "PCI-DSS:8.6.3"],
        Flag::Dormant => &["NHI1:2025", "PR.AA-05", "ID.AM-08", "ISO27001:A.5.18", "PCI-DSS:8.2.6", "AI-RMF:GOVERN-1.5"],
        Flag::Duplicated => &["NHI9:2025", "PR.AA-01", "ISO27001:A.5.17", "PCI-DSS:8.2.2"],
        Flag::Shared => &["NHI9:2025", "PR.AA-01", "PR.AA-05", "ISO27001:A.5.16", "PCI-DSS:8.2.2"],
        Flag::CrossEnvironment => &["NHI8:2025", "PR.IR-01", "PR.AA-05", "ISO27001:A.8.31", "PCI-DSS:6.5.3", "PCI-DSS:6.5.4", "MAESTRO:L4"],
        Flag::HumanAsMachine => &[
            "NHI4:2025",
            "PR.AA-01",
            "PR.AA-03",
            "ISO27001:A.5.16",
            "ISO27001:A.5.17",
            "PCI-DSS:8.2.1",
            "PCI-DSS:8.6.1",
            "AI-RMF:GOVERN-2.1",
        ],
        Flag::MachineAsHuman => &["NHI10:2025", "PR.AA-03", "ISO27001:A.5.16", "ISO27001:A.8.2", "PCI-DSS:8.6.1"],
        Flag::Privileged => &["NHI5:2025", "PR.AA-05", "ISO27001:A.8.2", "PCI-DSS:7.2.5"],
        Flag::StaticWhereFederatable => &["NHI4:2025", "NHI6:2025", "PR.AA-03", "ISO27001:A.8.5", "PCI-DSS:8.6"],
        Flag::Leaked => &["NHI2:2025", "ID.RA-01"],
    }
}

/// Lists of items, each held once: many identities touch the same.
#[derive(Default)]
pub(super) struct Lists(HashSet<Arc<[FrameworkItem]>>);

impl Lists {
    /// Gives the identity the one copy of its list.
    pub(super) fn share(&mut self, mut identity: Exposure) -> Exposure {
        match self.0.get(&identity.frameworks) {
            Some(known) => identity.frameworks = known.clone(),
            None => drop(self.0.insert(identity.frameworks.clone())),
        }
        identity
    }
}

/// The items of an identity; `has_secret` where a literal secret of it was found.
pub(super) fn items(verdict: Verdict, flags: &[Flag], class: Class, has_secret: bool) -> Arc<[FrameworkItem]> {
    let mut items: Vec<FrameworkItem> = Vec::new();
    let mut add = |ids: &'static [&'static str], why: &'static str| {
        items.extend(ids.iter().map(|id| FrameworkItem { id: (*id).into(), why: why.into() }));
    };
    if has_secret {
        add(SECRET, "a secret is in code");
    }
    match verdict {
        Verdict::Shadow | Verdict::SuspectedShadow | Verdict::UnknownSource | Verdict::Ungoverned => add(UNKNOWN, verdict.as_str()),
        Verdict::ForeignScope => add(FOREIGN, verdict.as_str()),
        Verdict::RevokedPresent => add(&["NHI1:2025"], verdict.as_str()),
        _ => {}
    }
    flags.iter().for_each(|flag| add(of_flag(*flag), flag.as_str()));
    if class == Class::Agent {
        add(&["MAESTRO:L3", "MAESTRO:L7"], "an AI agent");
    }
    items.sort();
    items.dedup_by(|a, b| a.id == b.id);
    items.into()
}
