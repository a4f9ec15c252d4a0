//! Accounts: whom the ids stand for by which issuers name owners, where another export tells.

use super::words;
use crate::model::{OwnedBy, Record, Register};
use std::collections::HashMap;

/// Detail of a record: the id of the person it is of, which is no name.
pub(super) const PERSON: &str = "person";

/// Names owners by what their ids stand for. An id that stands for nobody known is no owner: others may be found in the code's place.
pub(super) fn name_owners(register: &mut Register) {
    let known: HashMap<(&str, &str), &str> = register.accounts.iter().map(|a| ((&*a.provider, &*a.id), &*a.name)).collect();
    let name = |provider: &str, id: &str| {
        let is_number = id.bytes().all(|b| b.is_ascii_digit());
        known.get(&(provider, id)).or_else(|| known.get(&("", id)).filter(|_| !is_number)).copied()
    };
    let has_address = |r: &Record| r.owner.as_ref().is_some_and(|o| o.value.contains('@'));
    for record in register.records.iter_mut().filter(|r| !has_address(r)) {
        let id = record.details.get(PERSON);
        let named = id.and_then(|id| name(&record.provider, id)).and_then(|n| words::owner(n, OwnedBy::Field));
        record.owner = named.or(record.owner.take());
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_texts;

    fn owners(texts: &[&str]) -> Vec<Option<String>> {
        read_texts(texts).records.iter().map(|r| r.owner.as_ref().map(|o| o.value.to_string())).collect()
    }

    #[test]
    fn ids_of_people_become_their_names_whichever_export_comes_first() {
        let key = r#"{"id":"apikey_01Example","type":"api_key","name":"eval","created_by":{"id":"user_01Example","type":"user"},"partial_key_hint":"sk-ant-api03-R2D...igAA","status":"active"}"#;
        let member = r#"{"id":"user_01Example","type":"user","email":"Kim@acme.example","name":"Kim","role":"developer","added_at":"2024-10-30T23:58:27Z"}"#;
        let token = r#"[{"id":"00Tfake","name":"scim-sync","userId":"00ufake","created":"2022-01-01T00:00:00Z"}]"#;
        let user = r#"[{"id":"00ufake","status":"ACTIVE","profile":{"login":"lee@acme.example"}}]"#;
        let kim = Some("kim@acme.example".to_owned());
        assert_eq!((owners(&[key, member]), owners(&[member, key])), (vec![kim.clone()], vec![kim]));
        assert_eq!(owners(&[key]), [None]);
        assert_eq!((owners(&[token]), owners(&[token, user])), (vec![None], vec![Some("lee@acme.example".to_owned())]));
    }

    #[test]
    fn a_number_is_an_id_of_its_issuer_alone() {
        let token = r#"[{"id":42,"name":"deploy","revoked":false,"scopes":["api"],"user_id":4242,"active":true}]"#;
        let of = |user: &str| owners(&[token, user]);
        let gitlab = r#"[{"id":4242,"username":"kim","state":"active","web_url":"https://gitlab.example/kim"}]"#;
        let other = r#"[{"id":4242,"username":"wen","state":"active"}]"#;
        assert_eq!((of(gitlab), of(other)), (vec![Some("kim".to_owned())], vec![None]));
    }
}
