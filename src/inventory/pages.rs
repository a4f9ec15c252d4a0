//! Pages: whether an answer says that there is more than it holds.

use serde_json::{Map, Value};

/// Fields that are true where more follows.
const FLAGS: &[&str] = &["IsTruncated", "isTruncated", "has_more", "hasMore", "hasNextPage"];
/// Fields that name the next page where there is one.
const NEXT: &[&str] = &[
    "NextToken",
    "nextToken",
    "NextMarker",
    "nextPageToken",
    "next_page_token",
    "@odata.nextLink",
    "nextLink",
    "next_cursor",
    "nextCursor",
    "continue",
    "next",
];
/// Objects within an answer that say so in its place.
const WITHIN: &[&str] = &["metadata", "meta", "pagination", "paging", "page_info", "pageInfo", "response_metadata", "links", "_links"];

/// Whether another page follows the one that an object is. The last page says that none does, or nothing.
pub(super) fn more_follow(page: &Map<String, Value>) -> bool {
    let says = |object: &Map<String, Value>| {
        let flagged = FLAGS.iter().any(|f| object.get(*f).and_then(Value::as_bool) == Some(true));
        let names = |value: &Value| value.as_str().is_some_and(|s| !s.is_empty()) || value.get("href").is_some();
        flagged || NEXT.iter().any(|f| object.get(*f).is_some_and(names))
    };
    says(page) || WITHIN.iter().any(|f| page.get(*f).and_then(Value::as_object).is_some_and(says))
}

#[cfg(test)]
mod tests {
    use super::more_follow;
    use serde_json::json;

    #[test]
    fn pages_say_that_more_follow_each_in_its_way() {
        let more = |page: serde_json::Value| more_follow(page.as_object().expect("an object"));
        for page in [
            json!({"IsTruncated": true, "Marker": "x"}),
            json!({"data": [], "has_more": true}),
            json!({"value": [], "@odata.nextLink": "https://graph.microsoft.com/v1.0/applications?$skiptoken=x"}),
            json!({"accounts": [], "nextPageToken": "x"}),
            json!({"items": [], "metadata": {"continue": "x", "resourceVersion": "1"}}),
            json!({"results": [], "links": {"next": {"href": "/x"}}}),
        ] {
            assert!(more(page.clone()), "{page}");
        }
        for page in [
            json!({"IsTruncated": false}),
            json!({"data": [], "has_more": false, "next": null}),
            json!({"items": [], "metadata": {"continue": "", "resourceVersion": "1"}}),
            json!({"next_cursor": ""}),
        ] {
            assert!(!more(page.clone()), "{page}");
        }
    }
}
