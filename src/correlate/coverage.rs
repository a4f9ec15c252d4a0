//! Coverage: what the inventory can speak of, so that absence is told from ignorance.

use crate::model::{Key, KeyKind, Manifest, RecordKind, Register, SourceClass, Timestamp};

/// What is asked about: a kind of identity of a provider in a scope.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'q> {
    pub provider: &'q str,
    pub kind: RecordKind,
    pub scope: Option<&'q str>,
}

/// Who can answer whether it exists.
pub(super) const ISSUERS: &[SourceClass] = &[SourceClass::Issuer, SourceClass::Pki];
/// Who has the duty to know its owner.
pub(super) const REGISTERS: &[SourceClass] = &[SourceClass::Governance];

/// The complete exports of these classes that cover a kind and scope.
pub(super) fn covering<'r>(register: &'r Register, classes: &[SourceClass], asked: Question<'_>) -> Vec<&'r Manifest> {
    let manifests = register.manifests.iter().filter(|m| m.complete && classes.contains(&m.source_class) && speaks_of(m, asked));
    manifests
        .filter(|m| m.scopes.as_ref().is_none_or(|scopes| asked.scope.is_some_and(|s| scopes.iter().any(|c| holds(c, s, m)))))
        .collect()
}

/// Whether a scope of a list is this one, or, of paths, holds it.
fn holds(listed: &str, scope: &str, manifest: &Manifest) -> bool {
    if manifest.kinds.contains(&RecordKind::SecretRef) {
        let path = |text: &str| Key::new(KeyKind::VaultPath, text).map(|k| k.value.to_string()).unwrap_or_default();
        let is_folder = listed.ends_with('/');
        let (listed, scope) = (path(listed), path(scope));
        return scope == listed || (is_folder && (scope.starts_with(&format!("{listed}/"))));
    }
    listed.trim_end_matches('/').eq_ignore_ascii_case(scope.trim_end_matches('/'))
}

fn speaks_of(manifest: &Manifest, asked: Question<'_>) -> bool {
    manifest.provider.eq_ignore_ascii_case(asked.provider) && manifest.kinds.contains(&asked.kind)
}

/// Whether the scope is proven and no source of the provider names it, although some name others.
pub(super) fn is_foreign(register: &Register, asked: Question<'_>) -> bool {
    let Some(scope) = asked.scope else { return false };
    let mut of_provider = register.manifests.iter().filter(|m| m.provider.eq_ignore_ascii_case(asked.provider)).peekable();
    of_provider.peek().is_some()
        && of_provider.all(|m| m.scopes.as_ref().is_some_and(|scopes| scopes.iter().all(|listed| !holds(listed, scope, m))))
}

/// The one scope that all issuers of a kind cover, which a reference without a scope is taken to be of.
pub(super) fn only_scope<'r>(register: &'r Register, provider: &str, kind: RecordKind) -> Option<&'r str> {
    let asked = Question { provider, kind, scope: None };
    let issuers = register.manifests.iter().filter(|m| ISSUERS.contains(&m.source_class) && speaks_of(m, asked));
    let mut scopes: Vec<&str> = issuers.flat_map(|m| m.scopes.iter().flatten()).map(String::as_str).collect();
    scopes.sort_unstable();
    scopes.dedup();
    match scopes.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether any source of the class has a field.
pub(super) fn has(register: &Register, source: &str, provider: &str, field: fn(&crate::model::Has) -> bool) -> bool {
    register.manifests.iter().any(|m| m.source == source && m.provider.eq_ignore_ascii_case(provider) && field(&m.has))
}

/// The newest moment at which these exports were taken.
pub(super) fn newest(manifests: &[&Manifest]) -> Option<Timestamp> {
    manifests.iter().filter_map(|m| m.as_of).max_by_key(|t| t.seconds)
}
