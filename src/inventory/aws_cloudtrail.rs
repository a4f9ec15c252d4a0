//! AWS: use of access keys, as an aggregate of CloudTrail (Athena, CloudTrail Lake) or as its events.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, Key, KeyKind, RecordKind, SourceClass, Status, aws_account};

/// `aws-cloudtrail`.
pub(super) struct Format;

const IDS: &[&str] = &["accesskeyid", "access_key_id", "useridentity.accesskeyid", "useridentity_accesskeyid", "accessKeyId"];
const TIMES: &[&str] = &["last_used", "last_seen", "last_event", "max_eventtime", "eventtime", "event_time", "lastused", "_col2"];

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-cloudtrail"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Usage, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "Athena: SELECT useridentity.accesskeyid AS accesskeyid, useridentity.arn AS arn, max(eventtime) AS last_used, count(*) AS calls FROM cloudtrail GROUP BY 1, 2; or the logs as they are, or aws cloudtrail lookup-events"
    }

    fn lacks(&self) -> &'static str {
        "use alone: no owner, no age and no state; it still knows deleted keys as long as the trail is kept"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let aggregate = IDS.iter().any(|i| element.object.contains_key(*i)) && TIMES.iter().any(|t| element.object.contains_key(*t));
        aggregate || element.has(&["eventTime", "userIdentity", "eventName"]) || element.has(&["EventId", "CloudTrailEvent"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if let Some(event) = element.text(&["CloudTrailEvent"]) {
            // `aws cloudtrail lookup-events` has the event as text.
            return match serde_json::from_str(&event) {
                Ok(object) => self.read(&Element { object: &object, ..*element }, context),
                Err(e) => context.warn(element, &format!("`CloudTrailEvent` is no JSON ({e}); left out")),
            };
        }
        let is_event = element.object.contains_key("userIdentity");
        let id = if is_event { element.text(&["userIdentity", "accessKeyId"]) } else { IDS.iter().find_map(|i| element.text(&[i])) };
        let Some(id) = id else {
            // Calls of services and of the console have no key.
            return;
        };
        let arn = element.text(&["arn"]).or_else(|| element.text(&["useridentity.arn"])).or_else(|| element.text(&["userIdentity", "arn"]));
        let time = if is_event { element.time(&["eventTime"]) } else { TIMES.iter().find_map(|t| element.time(&[t])) };
        let Some(time) = time else {
            return context.warn(element, "no time of use that can be read; left out");
        };
        if is_event && context.used_before(&id, time) {
            return;
        }
        let account =
            arn.as_deref().and_then(|a| a.split(':').nth(4)).map(str::to_owned).filter(|a| !a.is_empty()).or_else(|| aws_account(&id));
        let mut record = context.record(SourceClass::Usage, "aws", RecordKind::AccessKey, &id);
        record.keys.extend(Key::new(KeyKind::AwsAkid, &id));
        record.scope = account.as_deref().map(Into::into);
        if let Some(arn) = &arn {
            record.of.extend(Key::new(KeyKind::AwsArn, arn));
            record.display = arn.rsplit('/').next().map(Into::into);
            record.details.insert("arn".to_owned(), arn.clone());
        }
        for (detail, names) in [("calls", ["calls", "count", "events"]), ("region", ["region", "awsregion", "awsRegion"])] {
            if let Some(value) = names.iter().find_map(|n| element.text(&[n])) {
                record.details.insert(detail.to_owned(), value);
            }
        }
        record.last_used = Some(time);
        record.status = Status::Unknown;
        let has = Has { last_used: true, ..Has::default() };
        context.covers(SourceClass::Usage, "aws", RecordKind::AccessKey, account.as_deref(), false, has);
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn events_that_were_looked_up_are_read_out_of_their_text() {
        let id = format!("{}RTX3GSDSVIAEKWCN", "AKIA");
        let event = serde_json::json!({"eventTime": "2026-01-02T03:04:05Z", "eventName": "GetObject", "userIdentity": {"type": "IAMUser", "accessKeyId": id, "arn": "arn:aws:iam::111122223333:user/ci"}});
        let found = serde_json::json!({"Events": [
            {"EventId": "654ccbc0-ba0d-486a-9076-dbf7274677a7", "EventName": "GetObject", "CloudTrailEvent": event.to_string()},
            {"EventId": "654ccbc0-ba0d-486a-9076-dbf7274677a8", "EventName": "ConsoleLogin", "CloudTrailEvent": "{"},
        ]});
        let register = read_text("events.json", &found.to_string(), Vec::new());
        assert_eq!(register.records.iter().map(|r| r.last_used.is_some()).collect::<Vec<_>>(), [true]);
        assert!(register.warnings.iter().any(|w| w.contains("no JSON")), "{:?}", register.warnings);
    }

    #[test]
    fn an_aggregate_and_events_tell_the_last_use_of_a_key() {
        let table =
            "accesskeyid,arn,last_used,calls\nAKIAWO645SY5FIAEKWCN,arn:aws:iam::444455556666:user/old-batch,2025-01-05T10:00:00Z,812\n";
        let event = |day: u8| {
            format!(
                "{{\"eventTime\":\"2025-01-0{day}T10:00:00Z\",\"eventName\":\"GetObject\",\"userIdentity\":{{\"accessKeyId\":\"AKIAWO645SY5FIAEKWCN\",\"arn\":\"arn:aws:iam::444455556666:user/old-batch\"}}}}"
            )
        };
        let events = format!("{{\"Records\":[{},{},{}]}}", event(3), event(5), event(4));
        for text in [table, &events] {
            let register = read_text("trail", text, Vec::new());
            let last = register.records.iter().filter_map(|r| r.last_used).max();
            assert_eq!(last.map(|t| t.to_string()).as_deref(), Some("2025-01-05T10:00:00Z"));
            assert_eq!(register.records.len(), 1, "one record a key");
            assert_eq!(register.records[0].scope.as_deref(), Some("444455556666"));
        }
    }
}
