//! CloudFormation: the resources of stacks, `aws cloudformation list-stack-resources` and `describe-stack-resources`.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass, Status, aws_account};

/// `cloudformation-stacks`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "cloudformation-stacks"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "aws cloudformation list-stacks --query 'StackSummaries[].StackName' --output text | xargs -n1 aws cloudformation list-stack-resources --output json --stack-name"
    }

    fn lacks(&self) -> &'static str {
        "only what stacks made; no owner, no last use; the account of users and roles only where the answer has `StackId`"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["LogicalResourceId", "ResourceType", "ResourceStatus"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let of = element.text(&["ResourceType"]).unwrap_or_default();
        let kind = match of.as_str() {
            "AWS::IAM::AccessKey" => RecordKind::AccessKey,
            "AWS::IAM::User" => RecordKind::User,
            "AWS::IAM::Role" => RecordKind::Role,
            "AWS::SecretsManager::Secret" => RecordKind::SecretRef,
            _ => return, // no identity
        };
        let Some(id) = element.text(&["PhysicalResourceId"]) else {
            return context.warn(element, "a resource that was never made has no id; left out");
        };
        let stack = element.text(&["StackId"]).and_then(|s| s.split(':').nth(4).map(str::to_owned));
        let account =
            aws_account(&id).or_else(|| id.split(':').nth(4).map(str::to_owned)).or(stack).or_else(|| context.scope().map(str::to_owned));
        let mut record = context.record(SourceClass::Issuer, "aws", kind, &id);
        let arn = |part: &str| account.as_ref().map(|a| format!("arn:aws:iam::{a}:{part}/{id}"));
        let key = match kind {
            RecordKind::AccessKey => Key::new(KeyKind::AwsAkid, &id),
            RecordKind::SecretRef => Key::new(KeyKind::SecretRef, &id),
            RecordKind::User => arn("user").and_then(|a| Key::new(KeyKind::AwsArn, &a)),
            _ => arn("role").and_then(|a| Key::new(KeyKind::AwsArn, &a)),
        };
        record.keys.extend(key);
        record.scope = account.as_deref().map(Into::into);
        record.display = element.text(&["LogicalResourceId"]).map(Into::into);
        record.principal = Class::Workload;
        record.last_rotated = element.time(&["LastUpdatedTimestamp"]).or_else(|| element.time(&["Timestamp"]));
        record.status = match element.text(&["ResourceStatus"]).as_deref() {
            Some("DELETE_COMPLETE") => Status::Deleted,
            Some("CREATE_FAILED") => return,
            _ => Status::Active,
        };
        if let Some(stack) = element.text(&["StackName"]) {
            record.details.insert("stack".to_owned(), stack);
        }
        context.covers(SourceClass::Issuer, "aws", kind, account.as_deref(), false, Has::default());
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, Status};

    #[test]
    fn a_stack_tells_the_ids_of_what_it_made() {
        let id = format!("{}RTX3GSDSVIAEKWCN", "AKIA");
        let text = format!(
            r#"{{"StackResourceSummaries":[{{"LogicalResourceId":"CiKey","PhysicalResourceId":"{id}","ResourceType":"AWS::IAM::AccessKey","LastUpdatedTimestamp":"2023-02-01T09:00:00Z","ResourceStatus":"DELETE_COMPLETE"}},
            {{"LogicalResourceId":"Bucket","PhysicalResourceId":"b","ResourceType":"AWS::S3::Bucket","ResourceStatus":"CREATE_COMPLETE"}},
            {{"LogicalResourceId":"Role","ResourceType":"AWS::IAM::Role","ResourceStatus":"CREATE_IN_PROGRESS"}}]}}
{{"StackResources":[{{"StackName":"ci","StackId":"arn:aws:cloudformation:us-east-1:111122223333:stack/ci/1","LogicalResourceId":"Ci","PhysicalResourceId":"ci-role","ResourceType":"AWS::IAM::Role","Timestamp":"2023-02-01T09:00:00Z","ResourceStatus":"CREATE_COMPLETE"}}]}}"#
        );
        let register = read_text("stacks.json", &text, Vec::new());
        assert_eq!((register.records.len(), register.records[0].status), (2, Status::Deleted));
        assert!(
            register.records[1].keys.iter().any(|k| k.kind == KeyKind::AwsArn && &*k.value == "arn:aws:iam::111122223333:role/ci-role")
        );
        assert!(register.warnings.iter().any(|w| w.contains("element 3: a resource that was never made")), "{:?}", register.warnings);
    }
}
