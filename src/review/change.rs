//! What changed between two days: new, gone, rotated, newly shadow, newly dangling, newly expiring.

use super::{Former, Known};
use crate::model::{Timestamp, Verdict};
use serde::Serialize;
use std::collections::{HashMap, HashSet, VecDeque};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What is known on one day.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// When; `None` where the exports do not say.
    pub at: Option<Timestamp>,
    /// All identities.
    pub known: Vec<Known>,
}

impl Day {
    /// What a report knows.
    pub fn of_report(report: &Former) -> Self {
        let findings = report.findings_by_id();
        Self { at: report.started(), known: report.identities.iter().map(|i| Known::of_identity(i, &findings)).collect() }
    }
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It was not there.
    New,
    /// It is no longer there.
    Gone,
    /// No credential of it is checked out any more, and the history has it still.
    Removed,
    /// Its secret was replaced.
    Rotated,
    /// Nobody who should knows it, which was not so.
    NewlyShadow,
    /// A reference that nothing answers, which was not so.
    NewlyDangling,
    /// It ends soon, which was not so.
    NewlyExpiring,
    /// It came to its end.
    Expired,
    /// Somebody else answers for it.
    Owner,
    /// Its status or verdict is another.
    State,
}

impl What {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Removed => "removed",
            Self::Rotated => "rotated",
            Self::NewlyShadow => "newly shadow",
            Self::NewlyDangling => "newly dangling",
            Self::NewlyExpiring => "newly expiring",
            Self::Expired => "expired",
            Self::Owner => "owner",
            Self::State => "state",
        }
    }
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// Kind of change.
    pub change: What,
    /// Slug of the provider.
    pub provider: String,
    /// Kind of identity.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The change in words.
    pub says: String,
    /// When it ends, where the change is about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

impl Change {
    fn of(what: What, known: &Known, says: String) -> Self {
        let Known { provider, kind, name, owner, .. } = known.clone();
        Self { change: what, provider, kind, name, owner, says, expires: None }
    }
}

/// The changes from one day to a later one, sorted; what ends within `days` of the later one is expiring.
pub fn changes(old: &Day, new: &Day, now: Timestamp, days: u32) -> Vec<Change> {
    let by_key: HashMap<&str, usize> =
        old.known.iter().enumerate().flat_map(|(n, k)| k.keys.iter().map(move |key| (key.as_str(), n))).collect();
    let window = Window { old: old.at.map_or(now.seconds - DAY, |t| t.seconds), now: now.seconds, span: i64::from(days) * DAY };
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut fresh: Vec<&Known> = Vec::new();
    for known in &new.known {
        let before: Vec<usize> = known.keys.iter().filter_map(|k| by_key.get(k.as_str()).copied()).collect();
        let former = before.first().map(|n| &old.known[*n]);
        seen.extend(before);
        match former {
            None => fresh.push(known),
            Some(former) => compared(former, known, &mut found),
        }
        if known.is_shadow && !former.is_some_and(|f| f.is_shadow) {
            let before = former.map_or_else(|| "not there before".to_owned(), |f| format!("was {}", f.state));
            found.push(Change::of(What::NewlyShadow, known, format!("{}, {before}", known.state)));
        }
        if is_dangling(known) && !former.is_some_and(is_dangling) {
            let before = former.map_or_else(|| "not there before".to_owned(), |f| format!("was {}", f.state));
            found.push(Change::of(What::NewlyDangling, known, format!("nothing answers it, {before}")));
        }
        found.extend(window.change(former, known));
    }
    let gone: Vec<&Known> = (0..).zip(&old.known).filter(|(n, _)| !seen.contains(n)).map(|(_, k)| k).collect();
    replaced(&gone, &fresh, &mut found);
    found.sort();
    found
}

fn is_dangling(known: &Known) -> bool {
    known.state == Verdict::Dangling.as_str()
}

/// What is there on both days.
fn compared(old: &Known, new: &Known, found: &mut Vec<Change>) {
    let is_other =
        !old.fingerprints.is_empty() && !new.fingerprints.is_empty() && old.fingerprints.iter().all(|f| !new.fingerprints.contains(f));
    match (old.renewed, new.renewed) {
        (Some(before), Some(after)) if after > before => {
            found.push(Change::of(What::Rotated, new, format!("on {}, before that on {}", after.day(), before.day())));
        }
        _ if is_other => found.push(Change::of(What::Rotated, new, "its fingerprint is another".to_owned())),
        _ => {}
    }
    if old.is_checked_out && !new.is_checked_out {
        found.push(Change::of(What::Removed, new, "from what is checked out; the history has it still".to_owned()));
    }
    if old.owner != new.owner {
        let name = |owner: &Option<String>| owner.clone().unwrap_or_else(|| "nobody".to_owned());
        found.push(Change::of(What::Owner, new, format!("{}, was {}", name(&new.owner), name(&old.owner))));
    }
    if old.state != new.state && !new.is_shadow && !is_dangling(new) {
        found.push(Change::of(What::State, new, format!("{}, was {}", new.state, old.state)));
    }
}

/// What is new and what is gone; a new credential in the place of a gone one is the same, rotated.
fn replaced(gone: &[&Known], fresh: &[&Known], found: &mut Vec<Change>) {
    let place = |k: &Known| k.of.clone().map(|of| (k.provider.clone(), k.kind.clone(), of));
    let mut left: HashMap<_, VecDeque<&Known>> = HashMap::new();
    let mut gone_for_good = Vec::new();
    for old in gone {
        match place(old) {
            Some(place) => left.entry(place).or_default().push_back(old),
            None => gone_for_good.push(*old),
        }
    }
    for new in fresh {
        let old = place(new).and_then(|p| left.get_mut(&p)).and_then(VecDeque::pop_front);
        let (what, says) = match old {
            Some(old) => (What::Rotated, format!("in the place of {}", old.name)),
            None => (What::New, new.state.clone()),
        };
        found.push(Change::of(what, new, says));
    }
    gone_for_good.extend(left.into_values().flatten());
    found.extend(gone_for_good.into_iter().map(|k| Change::of(What::Gone, k, format!("was {}", k.state))));
}

/// What is soon.
struct Window {
    old: i64,
    now: i64,
    span: i64,
}

impl Window {
    fn change(&self, former: Option<&Known>, known: &Known) -> Option<Change> {
        let end = known.expires?;
        let was_soon = former.is_some_and(|f| f.expires == known.expires) && end.seconds <= self.old + self.span;
        let (what, says) = match () {
            () if end.seconds <= self.now && end.seconds > self.old => (What::Expired, format!("on {end}")),
            () if end.seconds > self.now && end.seconds <= self.now + self.span && !was_soon => {
                let days = (end.seconds - self.now).div_euclid(DAY);
                (What::NewlyExpiring, format!("on {end}, in {days} days"))
            }
            () => return None,
        };
        Some(Change { expires: Some(end), ..Change::of(what, known, says) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap()
    }

    fn known(key: &str) -> Known {
        Known { keys: vec![key.to_owned()], name: key.to_owned(), state: "active".to_owned(), ..Known::default() }
    }

    fn told(old: Vec<Known>, new: Vec<Known>) -> Vec<String> {
        let day = |day, known| Day { at: Some(at(day)), known };
        let all = changes(&day("2026-08-31", old), &day("2026-09-01", new), at("2026-09-01"), 30);
        all.iter().map(|c| format!("{:?} {}: {}", c.change, c.name, c.says)).collect()
    }

    #[test]
    fn what_is_new_gone_or_in_the_place_of_another_is_told_apart() {
        let of = |key: &str| Known { of: Some("user:ci".to_owned()), ..known(key) };
        assert_eq!(told(vec![known("a"), known("b")], vec![known("b"), known("c")]), ["New c: active", "Gone a: was active"]);
        assert_eq!(told(vec![of("a")], vec![of("b")]), ["Rotated b: in the place of a"]);
        assert_eq!(told(vec![of("a")], vec![of("a"), of("b")]), ["New b: active"]);
        assert_eq!(told(vec![known("a")], vec![known("a")]), [""; 0]);
    }

    #[test]
    fn the_same_identity_may_be_renewed_change_hands_or_become_shadow() {
        let old = Known { renewed: Some(at("2026-01-01")), owner: Some("kim".to_owned()), ..known("a") };
        let new = Known { renewed: Some(at("2026-08-31")), owner: None, state: "revoked".to_owned(), ..known("a") };
        assert_eq!(
            told(vec![old.clone()], vec![new]),
            ["Rotated a: on 2026-08-31, before that on 2026-01-01", "Owner a: nobody, was kim", "State a: revoked, was active"]
        );
        let shadow = Known { is_shadow: true, state: "shadow".to_owned(), ..old.clone() };
        assert_eq!(told(vec![old], vec![shadow.clone()]), ["NewlyShadow a: shadow, was active"]);
        assert_eq!(told(vec![shadow.clone()], vec![shadow]), [""; 0]);
        let print = |f: &str| Known { fingerprints: vec![f.to_owned()], ..known("a") };
        assert_eq!(told(vec![print("1")], vec![print("2")]), ["Rotated a: its fingerprint is another"]);
    }

    #[test]
    fn what_leaves_the_checked_out_state_is_removed_and_what_nothing_answers_dangles() {
        let here = |is_checked_out| Known { is_checked_out, ..known("a") };
        assert_eq!(told(vec![here(true)], vec![here(false)]), ["Removed a: from what is checked out; the history has it still"]);
        assert_eq!(told(vec![here(false)], vec![here(true)]), [""; 0]);
        let dangling = Known { state: "dangling".to_owned(), ..known("a") };
        assert_eq!(told(vec![known("a")], vec![dangling.clone()]), ["NewlyDangling a: nothing answers it, was active"]);
        assert_eq!(told(vec![dangling.clone()], vec![dangling]), [""; 0]);
    }

    #[test]
    fn an_end_is_told_once_when_it_comes_near_and_once_when_it_came() {
        let ends = |day| Known { expires: Some(at(day)), ..known("a") };
        let both = |day| told(vec![ends(day)], vec![ends(day)]);
        assert_eq!(both("2026-10-01"), ["NewlyExpiring a: on 2026-10-01T00:00:00Z, in 30 days"]);
        assert_eq!(both("2026-09-15"), [""; 0], "it was near yesterday already");
        assert_eq!(both("2026-09-01"), ["Expired a: on 2026-09-01T00:00:00Z"]);
        assert_eq!(both("2026-08-01"), [""; 0]);
        assert_eq!(told(vec![ends("2026-12-01")], vec![ends("2026-09-15")]).len(), 1, "its end was moved");
    }
}
