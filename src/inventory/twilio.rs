//! Twilio: API keys and accounts.

use super::listing::Listing;
use super::{Context, Element, Importer, Speaks};
use crate::model::{KeyKind, RecordKind, SourceClass};

/// `twilio`.
pub(super) struct Format;

const KEYS: Listing = Listing {
    id: &[&["sid"]],
    name: &[&["friendly_name"], &["friendlyName"]],
    created: &[&["date_created"], &["dateCreated"]],
    keys: &[(KeyKind::TwilioSid, &["sid"])],
    status: &[&["status"]],
    ..Listing::of("twilio", RecordKind::AccessKey)
};

impl Importer for Format {
    fn id(&self) -> &'static str {
        "twilio"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["twilio"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.twilio.com/2010-04-01/Accounts/ACCOUNT/Keys.json and /2010-04-01/Accounts.json; twilio api:core:keys:list -o json"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no last use; a key's account is not in the answer, so state it in a manifest"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let sid = element.text(&["sid"]).unwrap_or_default();
        (sid.len() == 34 && (sid.starts_with("SK") || sid.starts_with("AC")))
            && ["friendly_name", "friendlyName"].iter().any(|f| element.object.contains_key(*f))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is_account = element.text(&["sid"]).is_some_and(|s| s.starts_with("AC"));
        // An account's own token is in the answer: it is fingerprinted.
        let listing =
            if is_account { Listing { kind: RecordKind::Token, secret: &[&["auth_token"], &["authToken"]], ..KEYS } } else { KEYS };
        listing.read(element, context);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, RecordKind, Status};

    #[test]
    fn keys_and_accounts_are_known_by_their_sid_and_a_token_is_dropped() {
        let token = "0a1b2c3d".repeat(4);
        let text = format!(
            r#"{{"keys":[{{"sid":"SK{0}","friendly_name":"ci","date_created":"Mon, 13 Jun 2022 22:50:08 +0000"}}]}}
{{"accounts":[{{"sid":"AC{0}","friendly_name":"main","status":"suspended","auth_token":"{token}"}}]}}"#,
            "1".repeat(32)
        );
        let register = read_text("keys.json", &text, Vec::new());
        assert_eq!(register.records[0].created.map(|t| t.to_string()).as_deref(), Some("2022-06-13T22:50:08Z"));
        let account = &register.records[1];
        assert_eq!((account.kind, account.status), (RecordKind::Token, Status::Inactive));
        assert!([KeyKind::TwilioSid, KeyKind::Kfp1].iter().all(|kind| account.keys.iter().any(|k| k.kind == *kind)));
        assert!(!format!("{register:?}").contains(&token));
    }
}
