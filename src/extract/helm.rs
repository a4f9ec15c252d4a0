//! Helm: the values of a chart. Its templates are manifests, which the reader of Kubernetes' reads without their actions.

use super::names::{self, inside, reference};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Outline, Place, RecordKind, Resource};

/// `helm`.
pub(super) struct Format;

/// Keys of values that name a Kubernetes secret, in lower case.
const SECRETS: &[&str] = &["existingsecret", "existingsecretname", "secretname", "auth.existingsecret", "imagepullsecret"];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "helm"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`values*.yaml`", takes: "values of a chart; templates are read as manifests" }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        let is_values = name.starts_with("values") || name.ends_with("values.yaml") || name.ends_with("values.yml");
        is_yaml
            && is_values
            && !path.contains("templates/")
            && memchr::memmem::find(head, b"apiVersion:").is_none_or(|at| at > 0 && head[at - 1] != b'\n')
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        let folder = path.rsplit('/').nth(1).filter(|f| !matches!(*f, "." | ""));
        for document in &documents {
            let resource = Resource { format: self.id().into(), name: folder.map(|f| format!("values of {f}")), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource });
            named(document, text, outline);
            names::key_places(document, outline);
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// The secrets and service accounts that values name.
fn named(node: &Node, text: &str, outline: &mut Outline) {
    for (key, value) in node.entries() {
        let name = key.text().unwrap_or_default();
        let own = names::literal(value);
        if let Some(secret) = own.filter(|_| SECRETS.contains(&name.to_ascii_lowercase().as_str())) {
            outline.mentions.push(reference(inside(text, value), "kubernetes", RecordKind::SecretRef, secret));
        }
        if let (Some(account), "serviceAccount") = (value.get("name"), name)
            && let Some(called) = names::literal(account)
        {
            outline.mentions.push(reference(inside(text, account), "kubernetes", RecordKind::ServiceAccount, called));
        }
        named(value, text, outline);
    }
    node.items().iter().for_each(|item| named(item, text, outline));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_name_secrets_accounts_and_roles() {
        let text = "serviceAccount:\n  name: web\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/web\nauth:\n  existingSecret: db-auth\n  password: abc\nextra: {existingSecret: \"\"}\n";
        assert!(Format.claims("charts/web/values-prod.yaml", text.as_bytes()) && !Format.claims("charts/web/templates/values.yaml", b""));
        let mut outline = Outline::default();
        Format.extract("charts/web/values.yaml", text, &mut outline);
        let found: Vec<(RecordKind, &str)> = outline.mentions.iter().map(|m| (m.kind, m.principal.as_str())).collect();
        let role = "arn:aws:iam::111122223333:role/web";
        assert_eq!(found, [(RecordKind::ServiceAccount, "web"), (RecordKind::Role, role), (RecordKind::SecretRef, "db-auth")]);
        let password = text.find("abc").unwrap();
        let inner = outline.places.iter().filter(|p| p.start <= password && password < p.end).min_by_key(|p| p.end - p.start).unwrap();
        assert_eq!(inner.resource.key.as_deref(), Some("auth.password"));
    }
}
