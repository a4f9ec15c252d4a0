//! AWS: the credential report of an account, as CSV or as the API's answer that holds it in base64.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass, Status, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// `aws-credential-report`.
pub(super) struct Format;

/// What is kept of the two keys of a user, for the join with the list of keys, which has their ids.
const KEY_FIELDS: &[&str] = &["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"];

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-credential-report"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "aws iam generate-credential-report && aws iam get-credential-report --query Content --output text | base64 -d > report.csv"
    }

    fn lacks(&self) -> &'static str {
        "a credential report has no access key ids: it joins through `aws iam list-access-keys`, by user and age"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["user", "arn", "access_key_1_active"]) || element.has(&["Content", "ReportFormat"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if let Some(content) = element.text(&["Content"]) {
            return answer(&content, element, context);
        }
        let (Some(user), Some(arn)) = (element.text(&["user"]), element.text(&["arn"])) else {
            return context.warn(element, "a row without user or ARN; left out");
        };
        let account = arn.split(':').nth(4).filter(|a| !a.is_empty()).map(str::to_owned);
        let mut record = context.record(SourceClass::Issuer, "aws", RecordKind::User, &arn);
        record.keys.extend(Key::new(KeyKind::AwsArn, &arn));
        record.scope = account.as_deref().map(Into::into);
        record.display = Some(user.into());
        record.created = element.time(&["user_creation_time"]);
        record.last_rotated = element.time(&["password_last_changed"]);
        let uses = ["password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"];
        record.last_used = uses.iter().filter_map(|f| element.time(&[f])).max_by_key(|t: &Timestamp| t.seconds);
        record.principal = match element.text(&["password_enabled"]).as_deref() {
            Some("true" | "TRUE") => Class::Human,
            Some("false" | "FALSE") => Class::Workload,
            _ => Class::Unknown,
        };
        record.status = Status::Active;
        for number in [1, 2] {
            for field in KEY_FIELDS {
                let name = format!("access_key_{number}_{field}");
                let told = element.text(&[&name]).filter(|v| !["N/A", "no_information", "not_supported"].contains(&v.as_str()));
                if let Some(value) = told {
                    record.details.insert(name, value);
                }
            }
        }
        let has = Has { last_used: true, ..Has::default() };
        context.covers(SourceClass::Issuer, "aws", RecordKind::User, account.as_deref(), true, has);
        context.push(record);
    }
}

/// The API's own answer, which holds the table in base64.
fn answer(content: &str, element: &Element<'_>, context: &mut Context<'_>) {
    let Some(table) = STANDARD.decode(content.trim()).ok().and_then(|t| String::from_utf8(t).ok()) else {
        return context.warn(element, "`Content` is no base64 of a table; left out");
    };
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(table.as_bytes());
    let Ok(columns) = rows.headers().cloned() else { return context.warn(element, "`Content` is an empty table; left out") };
    for row in rows.records().filter_map(Result::ok) {
        let cells = columns.iter().map(str::to_owned).zip(row.iter().map(|v| Value::String(v.to_owned())));
        let object: Map<String, Value> = cells.collect();
        let number = row.position().map_or(0, csv::Position::line);
        Format.read(&Element { object: &object, envelope: "", outer: None, is_row: true, number }, context);
    }
    context.as_of(element.time(&["GeneratedTime"]));
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use super::*;

    #[test]
    fn a_row_is_a_user_with_facts_of_its_keys() {
        let text = "user,arn,user_creation_time,password_enabled,password_last_used,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active\nci,arn:aws:iam::111122223333:user/ci,2023-02-01T08:59:00+00:00,false,N/A,true,2023-02-01T09:00:00+00:00,2024-01-03T01:02:00+00:00,false\n";
        let register = read_text("report.csv", text, Vec::new());
        let record = &register.records[0];
        assert_eq!((record.scope.as_deref(), record.principal), (Some("111122223333"), Class::Workload));
        assert_eq!(record.details["access_key_1_last_rotated"], "2023-02-01T09:00:00+00:00");
        assert!(register.warnings.iter().any(|w| w.contains("no access key ids")));
        let answer =
            format!(r#"{{"Content":"{}","ReportFormat":"text/csv","GeneratedTime":"2026-08-31T00:00:00Z"}}"#, STANDARD.encode(text));
        let same = read_text("report.json", &answer, Vec::new());
        assert_eq!((same.records.len(), &same.records[0].details), (1, &register.records[0].details));
        assert!(same.manifests[0].as_of.is_some());
    }
}
