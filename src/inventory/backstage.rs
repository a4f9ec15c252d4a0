//! Backstage: the entities of a software catalogue.

use super::context::{Context, Element, text};
use super::{Importer, Speaks, words};
use crate::model::{Component, Key, KeyKind, OwnedBy, Person, SourceClass};
use serde_json::Value;

/// `backstage`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "backstage"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Directory, of: &[] }
    }

    fn command(&self) -> &'static str {
        "curl https://BACKSTAGE/api/catalog/entities, or the catalog-info.yaml files"
    }

    fn lacks(&self) -> &'static str {
        ""
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let kind = element.text(&["kind"]).unwrap_or_default();
        let known = ["Component", "System", "API", "Resource", "Group", "User", "Domain", "Location", "Template"].contains(&kind.as_str());
        let version = element.text(&["apiVersion"]);
        known && element.at(&["metadata"]).is_some() && version.is_none_or(|v| v.contains("backstage.io") || v.starts_with("scaffolder"))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(name) = element.text(&["metadata", "name"]) else {
            return context.warn(element, "an entity without a name; left out");
        };
        match element.text(&["kind"]).as_deref() {
            Some("Group") => context.directory().teams.push(name.to_lowercase().into()),
            Some("User") => {
                let address = element.text(&["spec", "profile", "email"]).unwrap_or(name).to_lowercase();
                context.directory().people.push(Person { user: address.into(), active: true, manager: None, end: None });
            }
            Some("Component" | "System" | "API" | "Resource") => context.directory().components.push(component(element, &name)),
            _ => {}
        }
    }
}

fn component(element: &Element<'_>, name: &str) -> Component {
    let annotation = |name: &str| element.text(&["metadata", "annotations", name]);
    let slug = annotation("github.com/project-slug").or_else(|| annotation("gitlab.com/project-slug"));
    let source = || annotation("backstage.io/source-location").and_then(|l| slug_of(&l));
    let annotations = element.at(&["metadata", "annotations"]).and_then(Value::as_object);
    let identities = annotations.into_iter().flatten().filter_map(|(_, value)| {
        let value = text(value)?;
        let kind = words::guessed(&value);
        matches!(kind, KeyKind::AwsArn | KeyKind::GcpSa | KeyKind::SpiffeId).then(|| Key::new(kind, &value)).flatten()
    });
    Component {
        name: name.into(),
        repo: slug.or_else(source).map(Into::into),
        owner: element.text(&["spec", "owner"]).and_then(|o| words::owner(&o, OwnedBy::Catalog)),
        lifecycle: element.text(&["spec", "lifecycle"]).map(Into::into),
        system: element.text(&["spec", "system"]).map(Into::into),
        identities: identities.collect(),
    }
}

/// `OWNER/NAME` of `url:https://github.com/OWNER/NAME/tree/main/…`.
fn slug_of(location: &str) -> Option<String> {
    let path = location.split_once("://")?.1.split_once('/')?.1;
    let mut parts = path.split('/').filter(|p| !p.is_empty());
    Some(format!("{}/{}", parts.next()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn entities_are_read_from_json_and_yaml() {
        let json = r#"[{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"trainer","annotations":{"github.com/project-slug":"acme/trainer"}},"spec":{"owner":"group:ml","lifecycle":"production"}},
            {"kind":"Group","metadata":{"name":"ML"},"spec":{}}]"#;
        let yaml = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: trainer\n  annotations:\n    backstage.io/source-location: url:https://github.com/acme/trainer/tree/main/\nspec:\n  owner: group:ml\n---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: ML\n";
        for (path, text) in [("entities.json", json), ("catalog-info.yaml", yaml)] {
            let register = read_text(path, text, Vec::new());
            assert_eq!(register.components[0].repo.as_deref(), Some("acme/trainer"), "{path}: {:?}", register.warnings);
            assert_eq!(register.components[0].owner.as_ref().map(|o| &*o.value), Some("group:ml"));
            assert_eq!(register.teams, [Box::from("ml")]);
        }
    }
}
