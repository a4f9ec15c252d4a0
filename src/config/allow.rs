//! `[[allow]]`: findings that are known, accepted, and counted apart.

use super::error::{ConfigError, Document};
use super::globs::Globs;
use super::raw::RawAllow;
use crate::model::Timestamp;
use regex::bytes::{RegexSet, RegexSetBuilder};
use std::cell::OnceCell;
use toml::{Spanned, Value};

/// Entries, and patterns of all entries, that are taken; a configuration may come from a hostile repository, and each costs time.
const MAX_ENTRIES: usize = 1000;
/// Bytes one compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// All `[[allow]]` entries, in the order of the file.
#[derive(Debug, Clone)]
pub struct Allows {
    entries: Vec<Allow>,
    /// The patterns of all entries in one set, so that they share one bound on memory and a value is read once.
    values: RegexSet,
}

/// One `[[allow]]`: every criterion it states must hold, each through any of its alternatives.
#[derive(Debug, Clone)]
pub struct Allow {
    /// Why the findings are accepted; never empty.
    pub reason: String,
    /// Line of the entry in the file, from 1.
    pub line: u32,
    /// Beginning of the day (UTC) from which on the entry no longer holds.
    pub expires: Option<Timestamp>,
    detectors: Option<Vec<String>>,
    paths: Option<Globs>,
    ids: Option<Vec<String>>,
    /// Which patterns of the common set are this entry's.
    values: Option<std::ops::Range<usize>>,
}

/// A finding in one place, as far as an allow asks.
#[derive(Clone, Copy)]
pub struct Subject<'s> {
    /// Id of the detector.
    pub detector: &'s str,
    /// Id of the finding.
    pub id: &'s str,
    /// Path from the repository's root (or the target's), with `/`; members of archives follow `!`.
    pub path: &'s str,
    /// The raw value.
    pub value: &'s [u8],
}

impl Allow {
    /// Whether the entry no longer holds at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now.seconds >= end.seconds)
    }
}

impl Allows {
    /// The entries; an index returned by [`find`](Self::find) counts from 0 here.
    pub fn entries(&self) -> &[Allow] {
        &self.entries
    }

    /// The first entry that allows `subject` and has not expired at `now`, by index.
    pub fn find(&self, subject: &Subject<'_>, now: Timestamp) -> Option<usize> {
        // Most subjects fail an entry's other criteria, so the value is matched only when it decides.
        let hits = OnceCell::new();
        let names = |list: &Option<Vec<String>>, name: &str| list.as_ref().is_none_or(|list| list.iter().any(|n| n == name));
        self.entries.iter().position(|allow| {
            !allow.is_expired(now)
                && names(&allow.detectors, subject.detector)
                && names(&allow.ids, subject.id)
                && allow.paths.as_ref().is_none_or(|globs| globs.matches_file(subject.path))
                && allow.values.clone().is_none_or(|mut patterns| {
                    let hits = hits.get_or_init(|| self.values.matches(subject.value));
                    patterns.any(|pattern| hits.matched(pattern))
                })
        })
    }

    /// Checks the entries.
    ///
    /// # Errors
    /// The first entry without reason or criterion, with an empty list, a malformed glob, pattern or date, or a pattern that
    /// matches every value; entry or pattern 1001.
    pub(super) fn new(document: &Document, raw: Vec<Spanned<RawAllow>>) -> Result<Self, ConfigError> {
        if let Some(excess) = raw.get(MAX_ENTRIES) {
            let help = format!("keep {MAX_ENTRIES}; one entry can name many paths, values and ids");
            return Err(document.error(excess.span(), "too many entries", help));
        }
        let mut patterns = Vec::new();
        let entries = raw.into_iter().map(|allow| entry(document, allow, &mut patterns)).collect::<Result<_, _>>()?;
        let values = RegexSetBuilder::new(&patterns)
            .build()
            .map_err(|e| document.error(0..0, format!("all `values` together are too large: {e}"), "use fewer or shorter patterns"))?;
        Ok(Self { entries, values })
    }
}

fn entry(document: &Document, raw: Spanned<RawAllow>, patterns: &mut Vec<String>) -> Result<Allow, ConfigError> {
    let span = raw.span();
    let raw = raw.into_inner();
    let help = "say why these findings are acceptable: `reason = \"revoked test account\"`";
    let reason = raw.reason.ok_or_else(|| document.error(span.clone(), "an allow without `reason`", help))?;
    if reason.get_ref().trim().is_empty() {
        return Err(document.error(reason.span(), "empty `reason`", help));
    }
    if raw.detectors.is_none() && raw.paths.is_none() && raw.values.is_none() && raw.ids.is_none() {
        let help = "add at least one of `detectors`, `paths`, `values`, `ids`";
        return Err(document.error(span, "an allow without criterion would allow everything", help));
    }
    let names = |list: Option<Vec<Spanned<String>>>, what: &str| match list {
        Some(list) if list.is_empty() => Err(document.error(
            span.clone(),
            format!("`{what}` is empty, so the allow never holds"),
            format!("name something, or remove `{what}`"),
        )),
        list => Ok(list),
    };
    let plain = |list: Option<Vec<Spanned<String>>>| list.map(|l| l.into_iter().map(Spanned::into_inner).collect());
    let values = match names(raw.values, "values")? {
        Some(list) => {
            let first = patterns.len();
            for pattern in list {
                if patterns.len() == MAX_ENTRIES {
                    return Err(document.error(pattern.span(), "too many patterns", format!("keep {MAX_ENTRIES} over all entries")));
                }
                patterns.push(checked_pattern(document, pattern)?);
            }
            Some(first..patterns.len())
        }
        None => None,
    };
    Ok(Allow {
        reason: reason.into_inner(),
        line: document.position(span.start).0,
        expires: raw.expires.map(|date| expiry(document, &date)).transpose()?,
        detectors: plain(names(raw.detectors, "detectors")?),
        paths: names(raw.paths, "paths")?.map(|globs| Globs::new(document, &globs)).transpose()?,
        ids: plain(names(raw.ids, "ids")?),
        values,
    })
}

/// Checks a pattern. It may hold the very value it allows, so no message repeats it.
fn checked_pattern(document: &Document, pattern: Spanned<String>) -> Result<String, ConfigError> {
    let span = pattern.span();
    let pattern = pattern.into_inner();
    let set = RegexSetBuilder::new([&pattern]).size_limit(MAX_PATTERN_BYTES).build().map_err(|e| {
        let why = e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        document.error(span.clone(), format!("this is no regular expression: {why}"), "see https://docs.rs/regex/#syntax")
    })?;
    if set.is_match(b"") {
        let help = "demand at least one character, and anchor it with `^` and `$`";
        return Err(document.error(span, "this matches the empty text, so it allows every value".to_owned(), help));
    }
    Ok(pattern)
}

/// Reads a date, quoted or as TOML's own, as its beginning in UTC.
pub(super) fn expiry(document: &Document, date: &Spanned<Value>) -> Result<Timestamp, ConfigError> {
    let text = match date.get_ref() {
        Value::String(text) => text.clone(),
        Value::Datetime(date) => date.to_string(),
        other => other.to_string(),
    };
    day(&text)
        .ok_or_else(|| document.error(date.span(), format!("`{text}` is no date"), "write year, month and day: `expires = \"2027-01-01\"`"))
}

/// The beginning of a day in UTC; `None` for a text that is no date, or one the calendar does not have.
pub(super) fn day(text: &str) -> Option<Timestamp> {
    let time = Timestamp::parse(&format!("{text}T00:00:00Z"))?;
    // A day that the month does not have comes back as another date.
    (time.to_string().strip_suffix("T00:00:00Z") == Some(text)).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Origin};
    use super::*;
    use std::path::Path;

    fn allows(text: &str) -> Result<Allows, String> {
        Config::parse(text, Path::new("keysweep.toml"), Origin::Named).map(|c| c.allow).map_err(|e| e.to_string())
    }

    const NOW: Timestamp = Timestamp { seconds: 1_790_000_000, offset_minutes: 0 }; // 2026-09-21
    const SUBJECT: Subject<'_> = Subject { detector: "acme-key", id: "f1", path: "tests/a.env", value: b"raw \xff value" };

    #[test]
    fn every_criterion_must_hold() {
        let text = r#"
            [[allow]]
            reason = "fixtures"
            detectors = ["other", "acme-key"]
            paths = ["tests/"]
            values = ['^raw (?-u:\xff)']
            ids = ["f1"]
        "#;
        let found = |subject: Subject<'_>| allows(text).expect("sound").find(&subject, NOW);
        assert_eq!(found(SUBJECT), Some(0));
        assert_eq!(found(Subject { detector: "acme", ..SUBJECT }), None);
        assert_eq!(found(Subject { path: "src/a.env", ..SUBJECT }), None);
        assert_eq!(found(Subject { value: b"a raw value", ..SUBJECT }), None);
        assert_eq!(found(Subject { id: "f2", ..SUBJECT }), None);
    }

    #[test]
    fn patterns_belong_to_their_entry() {
        let text = "
            [[allow]]\nreason = 'a'\nvalues = ['^x', '^y']\ndetectors = ['none']
            [[allow]]\nreason = 'b'\nvalues = ['^z', 'value$']
        ";
        let allows = allows(text).expect("sound");
        assert_eq!(allows.find(&SUBJECT, NOW), Some(1));
        assert_eq!(allows.find(&Subject { value: b"x", ..SUBJECT }, NOW), None);
        assert_eq!(allows.entries()[1].line, 6);
    }

    #[test]
    fn expired_entries_do_not_hold() {
        for (date, holds) in [("'2026-09-21'", false), ("'2026-09-22'", true), ("2026-09-22", true), ("2020-02-29", false)] {
            let allows = allows(&format!("[[allow]]\nreason = 'a'\nids = ['f1']\nexpires = {date}")).expect(date);
            assert_eq!(allows.find(&SUBJECT, NOW).is_some(), holds, "{date}");
            assert_eq!(allows.entries()[0].is_expired(NOW), !holds, "{date}");
        }
    }

    #[test]
    fn an_entry_that_allows_all_or_nothing_is_refused() {
        let cases = [
            ("ids = ['f1']", "1:1: an allow without `reason`"),
            ("reason = ' '\nids = ['f1']", "2:10: empty `reason`"),
            ("reason = 'a'", "1:1: an allow without criterion"),
            ("reason = 'a'\nids = []", "1:1: `ids` is empty"),
            ("reason = 'a'\nvalues = ['a', 'b*']", "3:16: this matches the empty text"),
            ("reason = 'a'\nvalues = ['(']", "3:11: this is no regular expression: unclosed group"),
            ("reason = 'a'\nids = ['f1']\nexpires = '2026-02-30'", "4:11: `2026-02-30` is no date"),
            ("reason = 'a'\nids = ['f1']\nexpires = 2026-02-03T00:00:00Z", "4:11: `2026-02-03T00:00:00Z` is no date"),
            ("reason = 'a'\nids = ['f1']\nexpires = 7", "4:11: `7` is no date"),
        ];
        for (body, message) in cases {
            let error = allows(&format!("[[allow]]\n{body}")).expect_err(body);
            assert!(error.starts_with(&format!("keysweep.toml:{message}")), "{error}");
        }
    }
}
