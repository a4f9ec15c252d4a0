//! What reports for people say of findings, in words that all of them share.

use crate::model::shown;
use crate::model::{CommitInfo, Finding, Group, GroupMember, Location, Stats};
use std::fmt::Write;

/// The places of a finding, the most useful first: in `HEAD`, on another ref, only in history; suppressed ones last.
pub(super) fn places(finding: &Finding) -> Vec<&Location> {
    let mut places: Vec<_> = finding.locations.iter().collect();
    places.sort_by_key(|l| (l.suppression.is_some(), !l.in_head, l.removed_in.is_some()));
    places
}

/// `repo:path:line:column`, safe to show.
pub(super) fn place(location: &Location) -> String {
    let mut text = String::new();
    if let Some(repo) = &location.repo {
        text.push_str(&shown(repo));
        text.push(':');
    }
    let _ = write!(text, "{}:{}:{}", shown(&location.path), location.line, location.column); // writing to a string cannot fail
    text
}

/// What is the matter with the value today.
pub(super) fn state(finding: &Finding) -> String {
    match (finding.in_head, &finding.removed_in) {
        (true, _) if finding.first_seen.is_some() => "still in HEAD".into(),
        (true, _) => "in the scanned files".into(), // uncommitted, outside any repository, or history was not asked for
        (false, Some(removed)) => format!("removed in {}", short(&removed.commit)),
        (false, None) => "gone from HEAD, still on another ref".into(),
    }
}

/// A commit with its date and author: `0123456789ab on 2026-01-02 by Ann Example <ann@example.org>`.
pub(super) fn commit(info: &CommitInfo) -> String {
    format!("{} on {} by {}", short(&info.commit), date(info), shown(&info.author))
}

/// What was read, without what there was none of: `1 repository, 3 commits, 2 blobs`; empty where that is nothing.
pub(super) fn read(stats: &Stats) -> String {
    let counts = [(stats.repos, "repository"), (stats.commits, "commit"), (stats.blobs, "blob"), (stats.files, "file")];
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(*n, noun)).collect();
    counts.join(", ")
}

/// The day a commit was authored, where its author was: `2026-01-02`.
pub(super) fn date(info: &CommitInfo) -> String {
    info.date.day()
}

/// The first twelve characters of a commit id: enough to be unique in the largest repositories.
pub(super) fn short(commit: &str) -> String {
    shown(commit).chars().take(12).collect()
}

/// The resource, job or key a location belongs to: `github-actions, job deploy, step Publish, key TOKEN`.
pub(super) fn resource(location: &Location) -> Option<String> {
    let resource = location.resource.as_ref()?;
    let fields = [
        (&Some(resource.format.clone()).filter(|f| !f.is_empty()), ""),
        (&resource.name, ""),
        (&resource.job, "job "),
        (&resource.step, "step "),
        (&resource.environment, "environment "),
        (&resource.key, "key "),
    ];
    let told = fields.iter().filter_map(|(field, label)| field.as_ref().map(|text| format!("{label}{}", shown(text))));
    let parts: Vec<String> = told.collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A member of a finding's group and where it stands: `AWS access key ID AKIA********QF, 2 lines above`; its value is cut to `room`.
pub(super) fn companion(finding: &Finding, group: &Group, member: &GroupMember, room: usize) -> String {
    let value = member.value.as_ref().or(member.redacted.as_ref()).map(|v| shown(v)).unwrap_or_default();
    let value = match value.chars().count() {
        0..=20 => value.into_owned(),
        n if n < room => value.into_owned(),
        _ => value.chars().take(room.saturating_sub(2)).chain(['…']).collect(),
    };
    let first = places(finding).into_iter().next();
    // The newest version that holds a value may be newer than the one that holds all.
    let own = group.members.iter().find(|m| m.finding.as_ref() == Some(&finding.id)).map(|m| (m.line, m.column));
    let is_beside =
        |l: &&Location| (&l.repo, &l.path, &l.commit) == (&group.repo, &group.path, &group.commit) && own == Some((l.line, l.column));
    let place = match first.filter(is_beside) {
        None => format!("at {}:{}", shown(&group.path), member.line),
        Some(own) if own.line == member.line => "on the same line".into(),
        Some(own) => {
            let side = if member.line < own.line { "above" } else { "below" };
            format!("{} {side}", count(u64::from(own.line.abs_diff(member.line)), "line"))
        }
    };
    format!("{} {value}, {place}", shown(&member.title))
}

/// A number with its noun: `1 file`, `2,000 files`. The plural is formed with `s`, or with `ies` from `y`.
pub(super) fn count(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", grouped(number)),
        (_, None) => format!("{} {noun}s", grouped(number)),
    }
}

/// A number with a comma between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Resource, Suppression};
    use crate::report::fixture;

    #[test]
    fn a_place_in_head_comes_before_history_and_a_suppressed_one_last() {
        let mut finding = fixture::finding();
        finding.locations.clear();
        let mut add = |path: &str, in_head, removed: Option<&str>, suppressed: bool| {
            let mut location = fixture::location(path);
            location.in_head = in_head;
            location.removed_in = removed.map(Into::into);
            location.suppression = suppressed.then(|| Suppression { by: "path".into(), reason: String::new() });
            finding.locations.push(location);
        };
        add("hushed", true, None, true);
        add("gone", false, Some("f00"), false);
        add("branch", false, None, false);
        add("head", true, None, false);
        let order: Vec<_> = places(&finding).iter().map(|l| l.path.as_str()).collect();
        assert_eq!(order, ["head", "branch", "gone", "hushed"]);
    }

    #[test]
    fn counts_read_as_english() {
        assert_eq!(count(1, "repository"), "1 repository");
        assert_eq!(count(0, "repository"), "0 repositories");
        assert_eq!(count(1_234_567, "blob"), "1,234,567 blobs");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
    }

    #[test]
    fn a_resource_names_what_it_has() {
        let mut location = fixture::location("ci.yml");
        assert_eq!(resource(&location), None);
        location.resource = Some(Resource {
            format: "github-actions".into(),
            job: Some("deploy".into()),
            step: Some("2".into()),
            key: Some("A\nB".into()),
            ..Resource::default()
        });
        assert_eq!(resource(&location).as_deref(), Some("github-actions, job deploy, step 2, key A\\nB"));
    }
}
