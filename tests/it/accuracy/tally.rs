//! Findings against labels: what was found, by whom, what was missed, and what is a false alarm.

use super::corpus::{Label, Labelled, Place, Tag};
use serde_json::Value;
use std::collections::BTreeMap;

/// How well something did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Credentials there are.
    pub truth: u32,
    /// Those found by the detector they are of, or one of its family.
    pub found: u32,
    /// Those found by another detector.
    pub other: u32,
    /// Findings that are none.
    pub alarms: u32,
}

impl Score {
    pub fn missed(self) -> u32 {
        self.truth - self.found - self.other
    }

    /// Share of what there is that is found by its own detector.
    pub fn recall(self) -> f64 {
        share(self.found, self.truth)
    }

    /// Share of what there is that is found at all.
    pub fn noticed(self) -> f64 {
        share(self.found + self.other, self.truth)
    }

    /// Share of what is reported that is true.
    pub fn precision(self) -> f64 {
        share(self.found + self.other, self.found + self.other + self.alarms)
    }

    pub fn is_perfect(self) -> bool {
        self.found == self.truth && self.alarms == 0
    }

    fn add(&mut self, other: Self) {
        self.truth += other.truth;
        self.found += other.found;
        self.other += other.other;
        self.alarms += other.alarms;
    }
}

/// Nothing of nothing is all.
fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

/// One mistake, for the failure's message.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    pub source: String,
    pub line: usize,
    pub what: String,
}

/// Everything that was counted.
#[derive(Debug, Default)]
pub struct Tally {
    pub files: usize,
    pub lines: usize,
    pub total: Score,
    pub detectors: BTreeMap<String, Score>,
    pub formats: BTreeMap<String, Score>,
    /// Traps there are, and false alarms on them.
    pub kinds: BTreeMap<String, (u32, u32)>,
    /// False alarms on text that no mark speaks of.
    pub elsewhere: u32,
    pub mistakes: Vec<Mistake>,
}

/// A finding's place in one file.
struct Sighting {
    detector: String,
    start: Place,
    end: Place,
}

/// Counts a report over these files; `family` knows the family of each detector.
pub fn tally(files: &[Labelled], report: &Value, family: &BTreeMap<String, String>) -> Tally {
    let mut sightings = sightings_of(report);
    let mut tally = Tally { files: files.len(), ..Tally::default() };
    for id in family.keys() {
        tally.detectors.entry(id.clone()).or_default();
    }
    for file in files {
        tally.lines += file.text.lines().count();
        tally.file(file, sightings.remove(&file.path).unwrap_or_default(), family);
    }
    assert!(sightings.is_empty(), "findings in files that are not of the corpus: {:?}", sightings.keys());
    tally.mistakes.sort();
    tally
}

fn sightings_of(report: &Value) -> BTreeMap<String, Vec<Sighting>> {
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let mut found: BTreeMap<String, Vec<Sighting>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        for at in finding["locations"].as_array().unwrap() {
            let start = (number(&at["line"]), number(&at["column"]));
            let end = (number(&at["end_line"]), number(&at["end_column"]));
            let detector = finding["detector"].as_str().unwrap().to_owned();
            found.entry(at["path"].as_str().unwrap().to_owned()).or_default().push(Sighting { detector, start, end });
        }
    }
    found
}

impl Tally {
    fn file(&mut self, file: &Labelled, sightings: Vec<Sighting>, family: &BTreeMap<String, String>) {
        let mut finders: Vec<Vec<&str>> = vec![Vec::new(); file.labels.len()];
        let mut score = Score::default();
        for seen in &sightings {
            let over = |l: &Label| l.start < seen.end && seen.start < l.end;
            let hit = (0..file.labels.len()).filter(|i| over(&file.labels[*i])).min_by_key(|i| file.labels[*i].tag);
            match hit.map(|i| (i, &file.labels[i])) {
                Some((i, label)) if label.tag != Tag::Trap => finders[i].push(&seen.detector),
                trap => {
                    score.alarms += 1;
                    self.alarm(file, seen, trap.map(|(_, label)| label));
                }
            }
        }
        for label in &file.labels {
            // A value that stands twice in a file is one place of one finding.
            let same = file.labels.iter().zip(&finders).filter(|(l, _)| l.text == label.text);
            let finders: Vec<&str> = same.flat_map(|(_, f)| f.iter().copied()).collect();
            match label.tag {
                Tag::Either => {}
                Tag::Trap => self.kinds.entry(label.what.clone()).or_default().0 += 1,
                Tag::Credential => score.add(self.credential(file, label, &finders, family)),
            }
        }
        self.total.add(score);
        self.formats.entry(file.format.clone()).or_default().add(score);
    }

    fn alarm(&mut self, file: &Labelled, seen: &Sighting, trap: Option<&Label>) {
        self.detectors.get_mut(&seen.detector).expect("every finding is of a detector there is").alarms += 1;
        match trap {
            Some(trap) => self.kinds.entry(trap.what.clone()).or_default().1 += 1,
            None => self.elsewhere += 1,
        }
        let line = file.text.lines().nth(seen.start.0 - 1).unwrap_or_default();
        let kind = trap.map_or("unmarked text", |t| &t.what);
        self.mistake(file, seen.start.0, format!("false alarm of {} on {kind}: {}", seen.detector, shown(line)));
    }

    fn credential(&mut self, file: &Labelled, label: &Label, finders: &[&str], family: &BTreeMap<String, String>) -> Score {
        let Some(own) = family.get(&label.what) else { panic!("{}: there is no detector `{}`", file.source, label.what) };
        // What is of no known provider may be found by anybody.
        let generic = label.what.starts_with("generic-") && !finders.is_empty();
        let found = generic || finders.iter().any(|f| family.get(*f) == Some(own));
        let score = Score { truth: 1, found: found.into(), other: (!found && !finders.is_empty()).into(), alarms: 0 };
        self.detectors.get_mut(&label.what).expect("it has a family").add(score);
        if !found {
            let line = shown(file.text.lines().nth(label.start.0 - 1).unwrap_or_default());
            let by = if finders.is_empty() { "missed".to_owned() } else { format!("found by {} alone", finders.join(", ")) };
            self.mistake(file, label.start.0, format!("{} {by}: {line}", label.what));
        }
        score
    }

    fn mistake(&mut self, file: &Labelled, line: usize, what: String) {
        self.mistakes.push(Mistake { source: format!("{} ({})", file.source, file.path), line, what });
    }
}

fn shown(line: &str) -> String {
    line.trim().chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn label(tag: Tag, what: &str, line: usize) -> Label {
        Label { tag, what: what.into(), text: line.to_string(), start: (line, 5), end: (line, 15) }
    }

    #[test]
    fn every_finding_is_held_against_the_labels() {
        let labels = vec![
            label(Tag::Credential, "a", 1),
            label(Tag::Credential, "a", 2),
            label(Tag::Credential, "a", 3),
            label(Tag::Trap, "UUID", 4),
            label(Tag::Either, "b", 5),
        ];
        let (source, format, path, text) = ("s".into(), "yaml".into(), "0/f".into(), "x\n".repeat(6));
        let files = [Labelled { source, format, path, text, labels }];
        let finding = |detector: &str, line: usize| json!({"detector": detector, "locations": [{"path": "0/f", "line": line, "column": 8, "end_line": line, "end_column": 12}]});
        let found = [finding("a2", 1), finding("b", 2), finding("b", 4), finding("b", 5), finding("b", 6)];
        let family = [("a", "a"), ("a2", "a"), ("b", "b")].map(|(id, family)| (id.to_owned(), family.to_owned())).into();
        let tally = tally(&files, &json!({"findings": found}), &family);
        assert_eq!(tally.detectors["a"], Score { truth: 3, found: 1, other: 1, alarms: 0 });
        assert_eq!(tally.detectors["b"], Score { alarms: 2, ..Score::default() });
        assert_eq!((tally.kinds["UUID"], tally.elsewhere, tally.total.missed()), ((1, 1), 1, 1));
        assert_eq!(tally.mistakes.len(), 4);
    }
}
