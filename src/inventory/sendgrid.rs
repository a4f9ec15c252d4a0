//! SendGrid: API keys.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{KeyKind, RecordKind, SourceClass};

/// `sendgrid`.
pub(super) struct Format;

const KEYS: Listing =
    Listing { id: &[&["api_key_id"]], keys: &[(KeyKind::SendgridKey, &["api_key_id"])], ..Listing::of("sendgrid", RecordKind::ApiKey) };

impl Importer for Format {
    fn id(&self) -> &'static str {
        "sendgrid"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["sendgrid"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.sendgrid.com/v3/api_keys"
    }

    fn lacks(&self) -> &'static str {
        "no owner, no dates, no last use; the account is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.object.contains_key("api_key_id")
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        KEYS.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_key_is_known_by_the_id_that_stands_in_it() {
        let text = r#"{"result":[{"name":"mail","api_key_id":"some22characterslongid"},{"name":"x","api_key_id":""}]}"#;
        let register = read_text("keys.json", text, Vec::new());
        assert!(register.records.len() == 1 && register.records[0].keys.iter().any(|k| k.kind == KeyKind::SendgridKey));
        assert!(register.warnings.iter().any(|w| w.contains("without an id")));
    }
}
