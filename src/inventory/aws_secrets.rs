//! AWS: names of secrets and parameters, `aws secretsmanager list-secrets` and `aws ssm describe-parameters`; never their values.

use super::context::{ENVIRONMENT_TAGS, OWNER_TAGS};
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass, Status};

/// `aws-secrets`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-secrets"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Vault, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "aws secretsmanager list-secrets --include-planned-deletion --output json; aws ssm describe-parameters --output json"
    }

    fn lacks(&self) -> &'static str {
        "names without values: joins references; for values add fingerprints (`keysweep inventory fingerprint`)"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is_secret = element.has(&["ARN", "Name"]) && element.text(&["ARN"]).is_some_and(|a| a.contains(":secretsmanager:"));
        let is_parameter = element.has(&["Name", "Type"])
            && (element.object.contains_key("LastModifiedUser") || element.text(&["ARN"]).is_some_and(|a| a.contains(":ssm:")));
        is_secret || is_parameter
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(name) = element.text(&["Name"]) else {
            return context.warn(element, "a secret without a name; left out");
        };
        let arn = element.text(&["ARN"]);
        let account = arn.as_deref().and_then(|a| a.split(':').nth(4)).map(str::to_owned);
        let mut record = context.record(SourceClass::Vault, "aws", RecordKind::SecretRef, arn.as_deref().unwrap_or(&name));
        record.keys.extend(Key::new(KeyKind::SecretRef, &name));
        // An ARN ends in six random characters that references may leave out.
        let bare = arn.as_deref().and_then(|a| a.rsplit_once('-')).filter(|(_, end)| end.len() == 6).map(|(bare, _)| bare.to_owned());
        record.keys.extend(arn.iter().chain(&bare).filter_map(|a| Key::new(KeyKind::SecretRef, a)));
        record.scope = account.as_deref().map(Into::into);
        record.display = Some(name.into());
        record.owner = element.tag(&["Tags"], OWNER_TAGS).and_then(|o| words::owner(&o, OwnedBy::Tag));
        record.environment = element.tag(&["Tags"], ENVIRONMENT_TAGS).map(Into::into);
        record.created = element.time(&["CreatedDate"]);
        record.last_used = element.time(&["LastAccessedDate"]);
        record.last_rotated = element
            .time(&["LastRotatedDate"])
            .or_else(|| element.time(&["LastChangedDate"]))
            .or_else(|| element.time(&["LastModifiedDate"]));
        record.purpose = element.text(&["Description"]).map(Into::into);
        record.status = if element.object.contains_key("DeletedDate") { Status::Deleted } else { Status::Active };
        let has = Has { owner: true, last_used: true, ..Has::default() };
        context.covers(SourceClass::Vault, "aws", RecordKind::SecretRef, account.as_deref(), false, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::Status;

    #[test]
    fn secrets_are_known_by_name_and_by_arn_with_and_without_its_random_end() {
        let text = r#"{"SecretList":[{"ARN":"arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/trainer/openai-AbCdEf","Name":"prod/trainer/openai","LastChangedDate":"2024-02-01T00:00:00Z","DeletedDate":"2025-01-01T00:00:00Z","Tags":[{"Key":"owner","Value":"ml"}]}]}"#;
        let register = read_text("asm.json", text, Vec::new());
        let record = &register.records[0];
        let values: Vec<&str> = record.keys.iter().map(|k| &*k.value).collect();
        assert!(
            values.contains(&"prod/trainer/openai")
                && values.iter().any(|v| v.ends_with("openai-AbCdEf"))
                && values.iter().any(|v| v.ends_with("trainer/openai") && v.starts_with("arn:"))
        );
        assert_eq!(record.status, Status::Deleted);
    }
}
