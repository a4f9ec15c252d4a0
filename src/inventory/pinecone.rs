//! Pinecone: API keys of a project.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{RecordKind, SourceClass};

/// `pinecone`.
pub(super) struct Format;

const KEYS: Listing = Listing { created: &[&["created_at"]], scope: &[&["project_id"]], ..Listing::of("pinecone", RecordKind::ApiKey) };

impl Importer for Format {
    fn id(&self) -> &'static str {
        "pinecone"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["pinecone"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.pinecone.io/admin/projects/PROJECT/api-keys, for each project"
    }

    fn lacks(&self) -> &'static str {
        "nothing of a key itself: keys join by fingerprints of a vault alone; no owner and no last use"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["id", "project_id", "roles"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        KEYS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    #[test]
    fn a_key_is_of_its_project() {
        let text = r#"{"data":[{"id":"62b0dbfe-3489-4b79-b850-34d911527c88","name":"ci","project_id":"32c8235a-5220-4a80-a9f1-69c24109e6f2","roles":["ProjectEditor"],"created_at":"2025-10-20T23:39:43.665754Z"},{"id":"","project_id":"p","roles":[]}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        assert_eq!((register.records.len(), register.records[0].scope.as_deref()), (1, Some("32c8235a-5220-4a80-a9f1-69c24109e6f2")));
        assert!(register.records[0].created.is_some() && !register.warnings.is_empty());
    }
}
