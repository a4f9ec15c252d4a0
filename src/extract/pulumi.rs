//! Pulumi: programs in YAML and the settings of stacks, whose encrypted values are no secrets in the clear.

use super::names::{self, declaration, inside};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Class, KeyKind, Outline, Place, RecordKind, Resource};

/// `pulumi`.
pub(super) struct Format;

/// Types of resources that are identities, by how they end, with provider and kind.
const IDENTITIES: &[(&str, &str, RecordKind)] = &[
    ("aws:iam:User", "aws", RecordKind::User),
    ("aws:iam:Role", "aws", RecordKind::Role),
    ("aws:iam:AccessKey", "aws", RecordKind::AccessKey),
    ("azuread:Application", "azure", RecordKind::App),
    ("azuread:ServicePrincipal", "azure", RecordKind::App),
    ("azuread:ApplicationPassword", "azure", RecordKind::OauthSecret),
    ("gcp:serviceaccount:Account", "gcp", RecordKind::ServiceAccount),
    ("gcp:serviceaccount:Key", "gcp", RecordKind::SaKey),
    ("kubernetes:core/v1:ServiceAccount", "kubernetes", RecordKind::ServiceAccount),
];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "pulumi"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`Pulumi.yaml`, `Pulumi.STACK.yaml`", takes: "resources and settings of stacks; `secure:` is no finding" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.starts_with("Pulumi.") && (name.ends_with(".yaml") || name.ends_with(".yml"))
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        let file = path.rsplit('/').next().unwrap_or_default();
        let stack = file.split('.').nth(1).filter(|s| !matches!(*s, "yaml" | "yml"));
        for document in &documents {
            let name = stack.map_or_else(|| document.text_of("name").unwrap_or("program").to_owned(), |s| format!("stack {s}"));
            let environment = stack.map(|s| s.rsplit('-').next().unwrap_or(s).to_owned());
            let base = Resource { format: self.id().into(), name: Some(name), environment, ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            for (name, resource) in document.get("resources").map_or(&[][..], Node::entries) {
                self::resource(name, resource, text, outline);
            }
            names::key_places(document, outline);
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

fn resource(name: &Node, node: &Node, text: &str, outline: &mut Outline) {
    let of_type = node.text_of("type").unwrap_or_default();
    let label = format!("{of_type} {}", name.text().unwrap_or_default());
    outline.places.push(Place { start: node.start, end: node.end, resource: Resource { name: Some(label), ..Resource::default() } });
    // A type may be written with its module in full: aws:iam/user:User.
    let short = of_type.split('/').next().filter(|_| of_type.contains('/')).map(|module| {
        let last = of_type.rsplit(':').next().unwrap_or_default();
        format!("{module}:{last}")
    });
    let is = |wanted: &str| of_type == wanted || short.as_deref() == Some(wanted);
    let Some((_, provider, kind)) = IDENTITIES.iter().find(|(wanted, ..)| is(wanted)) else { return };
    let own = ["name", "accountId", "displayName"].iter().find_map(|f| node.at(&["properties", f])).filter(|n| n.text().is_some());
    let called = own.unwrap_or(name);
    let Some(principal) = names::literal(called) else { return };
    let made = declaration(inside(text, called), provider, *kind, principal).of_class(Class::Workload);
    let is_role = *kind == RecordKind::Role && principal.starts_with("arn:");
    outline.mentions.push(if is_role { made.known_by(KeyKind::AwsArn, principal) } else { made });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    #[test]
    fn programs_make_identities_and_stacks_hold_settings() {
        let text = "name: shop\nruntime: yaml\nresources:\n  ci:\n    type: aws:iam:User\n    properties: {name: ci-bot}\n  sa: {type: \"gcp:serviceaccount/account:Account\"}\n  b: {type: aws:s3:Bucket}\n";
        let mut outline = Outline::default();
        Format.extract("infra/Pulumi.yaml", text, &mut outline);
        let found: Vec<(&str, RecordKind)> = outline.mentions.iter().map(|m| (m.principal.as_str(), m.kind)).collect();
        assert_eq!(found, [("ci-bot", RecordKind::User), ("sa", RecordKind::ServiceAccount)]);

        let text = "config:\n  aws:region: eu\n  app:apiKey: abc\n  app:db:\n    secure: AAABx\n";
        let mut outline = Outline::default();
        assert!(Format.claims("Pulumi.shop-prod.yaml", b"") && !Format.claims("pulumi.md", b""));
        Format.extract("Pulumi.shop-prod.yaml", text, &mut outline);
        let holding = holding(&outline, text, "abc");
        assert!(holding.iter().any(|r| r.key.as_deref() == Some("config.app:apiKey")));
        assert!(holding.iter().any(|r| r.environment.as_deref() == Some("prod") && r.name.as_deref() == Some("stack shop-prod")));
    }
}
