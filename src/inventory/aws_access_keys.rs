//! AWS: the access keys of IAM users, `aws iam list-access-keys`.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, Key, KeyKind, RecordKind, SourceClass, Status, aws_account};

/// `aws-access-keys`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-access-keys"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "aws iam list-users --query 'Users[].UserName' --output text | xargs -n1 aws iam list-access-keys --output json --user-name | jq -s ."
    }

    fn lacks(&self) -> &'static str {
        "no owner, no last use and no end: add `aws iam get-account-authorization-details` and the credential report; the keys of one user alone are not taken for all of the account"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["AccessKeyId", "UserName", "Status"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let (Some(id), Some(user)) = (element.text(&["AccessKeyId"]), element.text(&["UserName"])) else {
            return context.warn(element, "an access key without id or user; left out");
        };
        let account = aws_account(&id).or_else(|| context.scope().map(str::to_owned));
        let mut record = context.record(SourceClass::Issuer, "aws", RecordKind::AccessKey, &id);
        record.keys.extend(Key::new(KeyKind::AwsAkid, &id));
        record.scope = account.as_deref().map(Into::into);
        if let Some(account) = &account {
            record.of.extend(Key::new(KeyKind::AwsArn, &format!("arn:aws:iam::{account}:user/{user}")));
        }
        record.display = Some(user.into());
        record.created = element.time(&["CreateDate"]);
        record.last_rotated = record.created;
        record.status = match element.text(&["Status"]).as_deref() {
            Some("Active") => Status::Active,
            Some("Inactive") => Status::Inactive,
            _ => Status::Unknown,
        };
        let several = context.is_of_several(self.id(), &element.text(&["UserName"]).unwrap_or_default());
        context.covers(SourceClass::Issuer, "aws", RecordKind::AccessKey, account.as_deref(), several, Has::default());
        context.push(record);
    }
}
