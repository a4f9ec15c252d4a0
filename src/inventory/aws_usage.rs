//! AWS: what is used and what is not: `aws iam get-access-key-last-used`, and findings of IAM Access Analyzer on unused access and on access from outside.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, Key, KeyKind, Record, RecordKind, SourceClass, aws_account};
use serde_json::Value;

/// `aws-usage`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-usage"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Usage, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "for each key: aws iam get-access-key-last-used --access-key-id ID | jq '. + {AccessKeyId: \"ID\"}'; aws accessanalyzer list-findings-v2 --analyzer-arn ARN --output json (and get-finding-v2 for the key ids)"
    }

    fn lacks(&self) -> &'static str {
        "last use alone: no owner and no dates; the answer on a key does not repeat its id, so add it; findings of Access Analyzer name a user, and its keys only with get-finding-v2"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["AccessKeyLastUsed", "UserName"])
            || (element.has(&["resource", "findingType"]) && element.has(&["resourceOwnerAccount"]))
            || (element.has(&["resource", "findingDetails"]) && element.has(&["resourceOwnerAccount"]))
            || (element.has(&["resource", "resourceType", "isPublic"]) && element.has(&["resourceOwnerAccount"]))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if element.object.contains_key("AccessKeyLastUsed") {
            last_used(element, context);
        } else if element.object.contains_key("isPublic") {
            reached(element, context);
        } else {
            unused(element, context);
        }
    }
}

fn last_used(element: &Element<'_>, context: &mut Context<'_>) {
    let id = element.text(&["AccessKeyId"]).or_else(|| element.text(&["AccessKeyLastUsed", "AccessKeyId"]));
    let Some(id) = id else {
        return context.warn(
            element,
            "the answer does not say which key it is about: add `AccessKeyId`, as `keysweep inventory formats aws-usage` shows; left out",
        );
    };
    let mut record = key(&id, context);
    record.display = element.text(&["UserName"]).map(Into::into);
    record.last_used = element.time(&["AccessKeyLastUsed", "LastUsedDate"]);
    for (name, field) in [("region", "Region"), ("service", "ServiceName")] {
        if let Some(value) = element.text(&["AccessKeyLastUsed", field]).filter(|v| v != "N/A") {
            record.details.insert(name.to_owned(), value);
        }
    }
    push(record, context);
}

/// A finding that something is not used: the archived and resolved ones say nothing of today.
fn unused(element: &Element<'_>, context: &mut Context<'_>) {
    let Some(arn) = element.text(&["resource"]) else { return context.warn(element, "a finding without a resource; left out") };
    if element.text(&["status"]).is_some_and(|s| s != "ACTIVE") || !arn.contains(":iam:") {
        return;
    }
    let what = element.text(&["findingType"]).unwrap_or_default();
    let details = element.list(&["findingDetails"]).iter();
    let keys: Vec<&Value> = details
        .filter_map(|d| d.get("unusedIamUserAccessKeyDetails"))
        .flat_map(|d| d.as_array().map_or_else(|| vec![d], |l| l.iter().collect()))
        .collect();
    for detail in &keys {
        let told = |field: &str| detail.get(field).and_then(super::context::text);
        let Some(id) = told("accessKeyId") else { continue };
        let mut record = key(&id, context);
        record.last_used = detail.get("lastAccessed").and_then(super::context::time);
        record.of.extend(Key::new(KeyKind::AwsArn, &arn));
        push(record, context);
    }
    if keys.is_empty() {
        let kind = if arn.contains(":role/") { RecordKind::Role } else { RecordKind::User };
        let mut record = context.record(SourceClass::Usage, "aws", kind, &arn);
        record.keys.extend(Key::new(KeyKind::AwsArn, &arn));
        record.scope = element.text(&["resourceOwnerAccount"]).map(Into::into);
        record.details.insert("unused".to_owned(), what);
        push(record, context);
    }
    context.as_of(element.time(&["analyzedAt"]));
}

/// A finding that somebody from outside may act as a role.
fn reached(element: &Element<'_>, context: &mut Context<'_>) {
    let Some(arn) = element.text(&["resource"]) else { return context.warn(element, "a finding without a resource; left out") };
    if element.text(&["status"]).is_some_and(|s| s != "ACTIVE") || !arn.contains(":role/") {
        return;
    }
    let mut record = context.record(SourceClass::Usage, "aws", RecordKind::Role, &arn);
    record.keys.extend(Key::new(KeyKind::AwsArn, &arn));
    record.scope = element.text(&["resourceOwnerAccount"]).map(Into::into);
    let principal = element.at(&["principal"]).and_then(Value::as_object);
    let trusted: Vec<String> = principal.into_iter().flatten().filter_map(|(_, who)| super::context::text(who)).collect();
    record.details.insert("trusted_from_outside".to_owned(), trusted.join(", "));
    push(record, context);
    context.as_of(element.time(&["analyzedAt"]));
}

fn key(id: &str, context: &Context<'_>) -> Record {
    let mut record = context.record(SourceClass::Usage, "aws", RecordKind::AccessKey, id);
    record.keys.extend(Key::new(KeyKind::AwsAkid, id));
    record.scope = aws_account(id).map(Into::into);
    record
}

fn push(record: Record, context: &mut Context<'_>) {
    let scope = record.scope.clone();
    context.covers(SourceClass::Usage, "aws", record.kind, scope.as_deref(), false, Has { last_used: true, ..Has::default() });
    context.push(record);
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_role_that_is_reached_from_outside_says_by_whom() {
        let text = r#"{"findings":[{"id":"597f3bc2","principal":{"Federated":"cognito-identity.amazonaws.com"},"resource":"arn:aws:iam::111122223333:role/web","isPublic":false,"resourceType":"AWS::IAM::Role","condition":{},"status":"ACTIVE","analyzedAt":"2024-02-16T18:17:47.888000+00:00","resourceOwnerAccount":"111122223333"}]}"#;
        let register = read_text("outside.json", text, Vec::new());
        assert_eq!(register.records[0].details["trusted_from_outside"], "cognito-identity.amazonaws.com");
        assert!(register.warnings.iter().all(|w| !w.contains("no known kind")), "{:?}", register.warnings);
    }

    #[test]
    fn the_last_use_of_a_key_needs_its_id() {
        let id = format!("{}RTX3GSDSVIAEKWCN", "AKIA");
        let text = format!(
            r#"{{"UserName":"ci","AccessKeyLastUsed":{{"LastUsedDate":"2026-01-01T00:00:00Z","ServiceName":"s3","Region":"us-east-1"}},"AccessKeyId":"{id}"}}
{{"UserName":"x","AccessKeyLastUsed":{{"ServiceName":"N/A","Region":"N/A"}}}}"#
        );
        let register = read_text("used.json", &text, Vec::new());
        assert!(register.records.len() == 1 && register.records[0].last_used.is_some());
        assert!(register.warnings.iter().any(|w| w.contains("which key it is about")), "{:?}", register.warnings);
    }

    #[test]
    fn findings_name_a_role_a_user_or_a_key() {
        let id = format!("{}RTX3GSDSVIAEKWCN", "AKIA");
        let text = format!(
            r#"{{"findings":[{{"id":"1","resource":"arn:aws:iam::111122223333:role/old","resourceType":"AWS::IAM::Role","resourceOwnerAccount":"111122223333","status":"ACTIVE","findingType":"UnusedIAMRole","analyzedAt":"2026-01-01T00:00:00Z"}},
            {{"id":"2","resource":"arn:aws:iam::111122223333:role/x","resourceOwnerAccount":"111122223333","status":"RESOLVED","findingType":"UnusedIAMRole"}}]}}
{{"id":"3","resource":"arn:aws:iam::111122223333:user/ci","resourceOwnerAccount":"111122223333","status":"ACTIVE","findingType":"UnusedIAMUserAccessKey","findingDetails":[{{"unusedIamUserAccessKeyDetails":{{"accessKeyId":"{id}","lastAccessed":"2025-01-01T00:00:00Z"}}}}]}}"#
        );
        let register = read_text("findings.json", &text, Vec::new());
        assert_eq!(register.records.len(), 2, "{:?}", register.warnings);
        assert!(register.records[1].keys.iter().any(|k| k.kind == KeyKind::AwsAkid) && register.records[1].last_used.is_some());
    }
}
