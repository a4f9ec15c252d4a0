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
const WITHIN: &[&str] =
    &["result_info", "metadata", "meta", "pagination", "paging", "page_info", "pageInfo", "response_metadata", "links", "_links"];

/// Whether a field tells of pages, rather than holds what they list.
pub(super) fn is_page_info(field: &str) -> bool {
    WITHIN.contains(&field) || matches!(field, "page" | "urls")
}

/// Fields that count all there is, over all pages.
const TOTALS: &[&str] = &["total_count", "totalCount", "total_results", "totalResults"];

/// The pages of a file.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Whether the last one says that another follows.
    pub more: bool,
    /// Elements of pages that hold fewer than they count in all.
    pending: u64,
}

impl Pages {
    /// Takes a page, or a list of pages: the last one says that none follows, or nothing. One that counts more than it holds is the last one
    /// where those before it hold the rest.
    pub(super) fn page(&mut self, page: &Map<String, Value>) {
        self.more = says_more(page) || WITHIN.iter().any(|f| page.get(*f).and_then(Value::as_object).is_some_and(says_more));
        let total = TOTALS.iter().find_map(|f| count(page, f));
        let held = page.values().filter_map(Value::as_array).map(Vec::len).max().unwrap_or_default() as u64;
        // Of a long list nothing is held: it was read as it came.
        match total.filter(|total| *total > held && held > 0) {
            None => self.pending = 0,
            Some(total) => {
                self.pending += held;
                self.more |= self.pending < total;
            }
        }
    }
}

fn count(object: &Map<String, Value>, field: &str) -> Option<u64> {
    object.get(field).and_then(Value::as_u64)
}

fn says_more(object: &Map<String, Value>) -> bool {
    let flagged = FLAGS.iter().any(|f| object.get(*f).and_then(Value::as_bool) == Some(true));
    let names = |value: &Value| value.as_str().is_some_and(|s| !s.is_empty()) || value.get("href").is_some();
    let named = || NEXT.iter().any(|f| object.get(*f).is_some_and(names));
    let pages = ["total_pages", "totalPages", "pages"].iter().find_map(|f| count(object, f));
    let numbered = || count(object, "page").zip(pages).is_some_and(|(page, pages)| page < pages);
    let counted = || {
        let (page, size) = (count(object, "page")?, count(object, "per_page")?);
        Some(page.checked_mul(size)? < count(object, "total_count")?)
    };
    flagged || named() || numbered() || counted() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::Pages;
    use serde_json::{Value, json};

    fn after(pages: &[Value]) -> bool {
        let mut told = Pages::default();
        pages.iter().for_each(|page| told.page(page.as_object().expect("an object")));
        told.more
    }

    #[test]
    fn pages_say_that_more_follow_each_in_its_way() {
        let more = |page: Value| after(&[page]);
        for page in [
            json!({"IsTruncated": true, "Marker": "x"}),
            json!({"data": [], "has_more": true}),
            json!({"value": [], "@odata.nextLink": "https://graph.microsoft.com/v1.0/applications?$skiptoken=x"}),
            json!({"accounts": [], "nextPageToken": "x"}),
            json!({"items": [], "metadata": {"continue": "x", "resourceVersion": "1"}}),
            json!({"results": [], "links": {"next": {"href": "/x"}}}),
            json!({"result": [1], "result_info": {"page": 1, "per_page": 20, "count": 20, "total_count": 2000}}),
            json!({"tokens": [1], "meta": {"page": 1, "total_pages": 3}}),
            json!({"total_count": 3, "secrets": [1, 2]}),
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

    #[test]
    fn what_is_counted_in_all_is_held_by_all_pages() {
        let page = |total: u64, held: u64| json!({"total_count": total, "secrets": (0..held).collect::<Vec<_>>()});
        assert!(after(&[page(90, 30), page(90, 30)]));
        assert!(!after(&[page(90, 30), page(90, 30), page(90, 30)]));
        assert!(!after(&[page(2, 2), page(0, 0), page(5, 5)]));
    }
}
