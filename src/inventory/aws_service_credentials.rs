//! AWS: service-specific credentials, such as Bedrock API keys, `aws iam list-service-specific-credentials`.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, RecordKind, SourceClass};

/// `aws-service-credentials`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-service-credentials"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "aws iam list-service-specific-credentials --all-users --output json"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no last use: add `aws iam get-account-authorization-details`"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["ServiceSpecificCredentialId", "UserName"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["ServiceSpecificCredentialId"]) else {
            return context.warn(element, "a credential without an id; left out");
        };
        let alias = element.text(&["ServiceCredentialAlias"]).or_else(|| element.text(&["ServiceUserName"]));
        let digits = |text: &str| text.get(..12).filter(|a| a.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned);
        let account = alias.as_deref().and_then(|a| a.rsplit_once("-at-")).and_then(|(_, account)| digits(account));
        let mut record = context.record(SourceClass::Issuer, "aws", RecordKind::ApiKey, &id);
        record.keys.extend(alias.as_deref().and_then(|a| Key::new(KeyKind::AwsSvcUser, a)));
        record.scope = account.as_deref().map(Into::into);
        if let (Some(account), Some(user)) = (&account, element.text(&["UserName"])) {
            record.of.extend(Key::new(KeyKind::AwsArn, &format!("arn:aws:iam::{account}:user/{user}")));
            record.display = Some(user.into());
        }
        record.created = element.time(&["CreateDate"]);
        record.last_rotated = record.created;
        record.expires = element.time(&["ExpirationDate"]);
        record.status = element.text(&["Status"]).map(|s| words::status(&s)).unwrap_or_default();
        record.purpose = element.text(&["ServiceName"]).map(Into::into);
        let has = Has { expiry: true, ..Has::default() };
        let several = context.is_of_several(self.id(), &element.text(&["UserName"]).unwrap_or_default());
        context.covers(SourceClass::Issuer, "aws", RecordKind::ApiKey, account.as_deref(), several, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_bedrock_key_belongs_to_its_user() {
        let text = r#"{"ServiceSpecificCredentials":[{"UserName":"BedrockAPIKey-ex4m","Status":"Active","ServiceUserName":"BedrockAPIKey-ex4m-at-111122223333","ServiceCredentialAlias":"BedrockAPIKey-ex4m-at-111122223333","CreateDate":"2025-08-01T00:00:00Z","ExpirationDate":"2025-11-01T00:00:00Z","ServiceSpecificCredentialId":"ACCAEXAMPLEEXAMPLE01","ServiceName":"bedrock.amazonaws.com"}]}"#;
        let register = read_text("bedrock.json", text, Vec::new());
        let record = &register.records[0];
        assert_eq!(record.scope.as_deref(), Some("111122223333"));
        assert!(record.keys.iter().any(|k| k.kind == KeyKind::AwsSvcUser) && record.of.len() == 1 && record.expires.is_some());
    }
}
