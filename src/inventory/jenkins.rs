//! Jenkins: credentials entries, as the script console lists them.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, Key, KeyKind, RecordKind, SourceClass, Status};

/// `jenkins`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "jenkins"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Vault, of: &["jenkins"] }
    }

    fn command(&self) -> &'static str {
        "script console: com.cloudbees.plugins.credentials.CredentialsProvider.lookupCredentials(...).each { println([it.id, it.scope, it.class.simpleName, it.description].join(',')) }, under the heading id,scope,type,description"
    }

    fn lacks(&self) -> &'static str {
        "no owner, no age and no last use"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let credential = element.has(&["id", "scope", "type"]) && element.object.contains_key("description");
        credential && element.object.len() <= 6 || element.text(&["typeName"]).is_some() && element.has(&["id", "displayName", "fullName"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["id"]) else { return context.warn(element, "credentials without an id; left out") };
        let mut record = context.record(SourceClass::Vault, "jenkins", RecordKind::CiSecret, &id);
        record.keys.extend(Key::new(KeyKind::JenkinsCredential, &id));
        record.display = element.text(&["description"]).or_else(|| element.text(&["displayName"])).map(Into::into);
        record.details.extend(element.text(&["type"]).or_else(|| element.text(&["typeName"])).map(|t| ("type".to_owned(), t)));
        record.status = Status::Active;
        let scope = context.scope().map(str::to_owned);
        context.covers(SourceClass::Vault, "jenkins", RecordKind::CiSecret, scope.as_deref(), scope.is_some(), Has::default());
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn entries_are_known_by_id() {
        let register = read_text(
            "jenkins.csv",
            "id,scope,type,description\nprod-deploy-key,GLOBAL,BasicSSHUserPrivateKey,\"argo deploy\"\n",
            Vec::new(),
        );
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::JenkinsCredential));
    }
}
