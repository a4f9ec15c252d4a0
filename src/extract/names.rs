//! Names of identities that stand in any text: ARNs, addresses of service accounts, references to vaults and stores.

use super::node::Node;
use crate::model::{Class, Key, KeyKind, Mention, Outline, Place, Proves, RecordKind, Relation, Resource};
use regex::{Match, Regex};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A mention of a span, with what most of them have in common.
pub(super) fn mention(span: (usize, usize), relation: Relation, provider: &str, kind: RecordKind, principal: &str) -> Mention {
    Mention {
        start: span.0,
        end: span.1,
        relation,
        provider: provider.to_owned(),
        kind,
        principal: principal.to_owned(),
        scope: None,
        keys: Vec::new(),
        class: Class::Unknown,
        proves: Proves::Unknown,
        details: BTreeMap::new(),
    }
}

/// A reference to an identity.
pub(super) fn reference(span: (usize, usize), provider: &str, kind: RecordKind, principal: &str) -> Mention {
    mention(span, Relation::Referenced, provider, kind, principal)
}

/// An identity that the file makes.
pub(super) fn declaration(span: (usize, usize), provider: &str, kind: RecordKind, principal: &str) -> Mention {
    mention(span, Relation::Declared, provider, kind, principal)
}

impl Mention {
    /// The same with a key.
    pub(super) fn known_by(mut self, kind: KeyKind, value: &str) -> Self {
        self.keys.extend(Key::new(kind, value));
        self
    }

    /// The same of an account, tenant, project or repository.
    pub(super) fn of_scope(mut self, scope: Option<&str>) -> Self {
        self.scope = scope.filter(|s| !s.is_empty()).map(str::to_owned);
        self
    }

    /// The same of a workload.
    pub(super) fn of_class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// The same with how it is proven.
    pub(super) fn proven(mut self, proves: Proves) -> Self {
        self.proves = proves;
        self
    }

    /// The same with a fact.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.details.insert(name.to_owned(), value);
        }
        self
    }
}

/// A role, user or other principal by its ARN.
pub(super) fn arn(span: (usize, usize), text: &str) -> Option<Mention> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, service, _, account, resource] = parts.as_slice() else { return None };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let kind = match (*service, resource.split(['/', ':']).next().unwrap_or_default()) {
        ("iam", "role") | ("sts", "assumed-role") => RecordKind::Role,
        ("iam", "user") => RecordKind::User,
        ("iam", "group") => RecordKind::Group,
        ("secretsmanager", "secret") | ("ssm", "parameter") => RecordKind::SecretRef,
        _ => return None,
    };
    let literal = !text.contains(['*', '$', '{', '<']) && is_account;
    let mut found = reference(span, "aws", kind, text).of_scope(Some(*account).filter(|_| is_account));
    if literal {
        let key = if kind == RecordKind::SecretRef { KeyKind::SecretRef } else { KeyKind::AwsArn };
        found = found.known_by(key, text);
    }
    Some(found)
}

/// A service account of Google Cloud by its address.
pub(super) fn service_account(span: (usize, usize), address: &str) -> Mention {
    let project = address.split_once('@').and_then(|(_, host)| host.strip_suffix(".iam.gserviceaccount.com"));
    reference(span, "gcp", RecordKind::ServiceAccount, address)
        .known_by(KeyKind::GcpSa, address)
        .of_scope(project)
        .of_class(Class::Workload)
}

/// A secret in Vault by its path.
pub(super) fn vault(span: (usize, usize), path: &str) -> Mention {
    let path = path.trim_start_matches("vault:").trim_start_matches("//");
    reference(span, "vault", RecordKind::SecretRef, path).known_by(KeyKind::VaultPath, path)
}

/// A secret in a store of a cloud by its name.
pub(super) fn stored(span: (usize, usize), provider: &str, name: &str) -> Mention {
    reference(span, provider, RecordKind::SecretRef, name).known_by(KeyKind::SecretRef, name)
}

static ARN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"arn:aws[a-z-]*:(?:iam|sts|secretsmanager|ssm):[a-z0-9-]*:[0-9]{12}:[A-Za-z0-9+=,.@_/:-]+").expect("sound")
});
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[a-z0-9][a-z0-9-]{4,62}@[a-z0-9.-]+\.iam\.gserviceaccount\.com").expect("sound"));
static KEY_VAULT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"https://[a-zA-Z0-9-]{3,24}\.vault\.azure\.net/secrets/[A-Za-z0-9-]{1,127}").expect("sound"));
static SECRET_MANAGER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"projects/[a-z0-9-]{4,30}/secrets/[A-Za-z0-9_-]{1,255}").expect("sound"));

/// Whether a text can hold any of the names that [`scan`] finds: a cheap test before them.
pub(super) fn may_hold(text: &str) -> [bool; 4] {
    let finder = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
    [finder("arn:aws"), finder(".iam.gserviceaccount.com"), finder(".vault.azure.net/secrets/"), finder("/secrets/")]
}

/// The identities that any text of a document names in full. `shift` is where the text begins in the file.
pub(super) fn scan(text: &str, shift: usize, outline: &mut Outline) {
    let span = |m: &Match<'_>| (m.start() + shift, m.end() + shift);
    let [arns, addresses, vaults, managers] = may_hold(text);
    if arns {
        outline.mentions.extend(ARN.find_iter(text).filter_map(|m| arn(span(&m), m.as_str().trim_end_matches([':', '.', ',']))));
    }
    if addresses {
        outline.mentions.extend(ADDRESS.find_iter(text).map(|m| service_account(span(&m), m.as_str())));
    }
    if vaults {
        outline.mentions.extend(KEY_VAULT.find_iter(text).map(|m| stored(span(&m), "azure", m.as_str())));
    }
    if managers {
        let found = SECRET_MANAGER.find_iter(text).map(|m| stored(span(&m), "gcp", m.as_str()).of_scope(m.as_str().split('/').nth(1)));
        outline.mentions.extend(found);
    }
}

/// Whether a text is left open: it holds a variable or an action of a template.
pub(super) fn is_open(text: &str) -> bool {
    ["{{", "${", "$("].iter().any(|sign| text.contains(sign))
}

/// The name that a scalar gives: not left open, and not a word that YAML has for nothing or for a truth.
pub(super) fn literal(node: &Node) -> Option<&str> {
    let words = ["", "~", "null", "true", "false"];
    node.text().filter(|t| !is_open(t) && !words.iter().any(|w| t.eq_ignore_ascii_case(w)))
}

/// The span of a scalar without its quotes, as far as the text tells.
pub(super) fn inside(text: &str, node: &Node) -> (usize, usize) {
    let written = text.get(node.start..node.end).unwrap_or_default();
    let quote = written.starts_with(['"', '\'']) && written.len() >= 2;
    if quote { (node.start + 1, node.end - 1) } else { (node.start, node.end) }
}

/// A place with a key alone, to stand inside what holds it.
pub(super) fn keyed(start: usize, end: usize, key: &str) -> Place {
    Place { start, end, resource: Resource { key: Some(key.to_owned()), ..Resource::default() } }
}

/// Places for all scalars below a node, with the dotted path of their keys.
pub(super) fn key_places(node: &Node, outline: &mut Outline) {
    node.scalars(&mut |path, value| {
        if !path.is_empty() {
            outline.places.push(keyed(value.start, value.end, &path.join(".")));
        }
    });
}

/// Drops mentions that say the same of the same span, or of one within it.
pub(super) fn tidy(outline: &mut Outline) {
    outline.mentions.sort_by(|a, b| (a.start, a.end, &a.provider, a.kind).cmp(&(b.start, b.end, &b.provider, b.kind)));
    outline.mentions.dedup_by(|later, first| {
        let is_within = later.start == first.start || (later.start < first.end && later.principal == first.principal);
        let same = is_within && (later.kind, &later.provider) == (first.kind, &first.provider);
        if same && later.details.len() + later.keys.len() > first.details.len() + first.keys.len() {
            std::mem::swap(later, first);
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_full_are_found_in_any_text() {
        let text = "aws sts assume-role --role-arn arn:aws:iam::111122223333:role/ci --x; gcloud --impersonate=trainer@ml-prod.iam.gserviceaccount.com https://kv-prod.vault.azure.net/secrets/a projects/123456/secrets/groq";
        let mut outline = Outline::default();
        scan(text, 10, &mut outline);
        let found: Vec<(&str, &str)> = outline.mentions.iter().map(|m| (m.provider.as_str(), &text[m.start - 10..m.end - 10])).collect();
        assert_eq!(
            found,
            [
                ("aws", "arn:aws:iam::111122223333:role/ci"),
                ("gcp", "trainer@ml-prod.iam.gserviceaccount.com"),
                ("azure", "https://kv-prod.vault.azure.net/secrets/a"),
                ("gcp", "projects/123456/secrets/groq")
            ]
        );
        assert_eq!(outline.mentions[1].scope.as_deref(), Some("ml-prod"));
        assert!(arn((0, 0), "arn:aws:s3:::bucket").is_none());
    }
}
