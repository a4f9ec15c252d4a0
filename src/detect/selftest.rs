//! The tests that detectors carry: every example found, no near miss and no placeholder.

use super::library::{Library, check};
use super::proof;
use super::scanner::Scanner;
use super::template::expand;
use crate::model::{Category, Detector, Provider, Role};
use std::collections::HashMap;

/// Something wrong with a detector or its examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Id of the detector.
    pub detector: String,
    /// What is wrong.
    pub what: String,
}

/// Fewest examples, near misses and placeholders of a detector.
const LEAST: usize = 2;

/// Tests the detectors of these files, which are in force in the library.
pub fn test_examples(providers: &[Provider], library: &Library) -> Vec<Fault> {
    let rules: HashMap<&str, u16> = library.detectors().enumerate().map(|(i, d)| (d.id.as_str(), i as u16)).collect();
    let mut faults = Vec::new();
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for (provider, detector) in providers.iter().flat_map(|p| p.detectors.iter().map(move |d| (p, d))) {
        let mut fault = |what: String| faults.push(Fault { detector: detector.id.clone(), what });
        *seen.entry(&detector.id).or_default() += 1;
        if seen[detector.id.as_str()] > 1 {
            fault("the id is used twice".into());
        }
        check_fields(detector, &rules, &mut fault);
        if provider.imported.is_empty() {
            check_counts(detector, &mut fault);
        }
        if let Some(&rule) = rules.get(detector.id.as_str()) {
            check_examples(detector, rule, library, &mut fault);
        }
    }
    faults
}

fn check_fields(detector: &Detector, rules: &HashMap<&str, u16>, fault: &mut dyn FnMut(String)) {
    if let Err(why) = check(detector) {
        fault(why);
    }
    let checksum = &detector.guards.checksum;
    if !checksum.is_empty() && !proof::is_known(checksum) {
        fault(format!("there is no checksum `{checksum}`"));
    }
    let decoder = &detector.identity.decoder;
    if !decoder.is_empty() && !proof::is_known(decoder) {
        fault(format!("there is no decoder `{decoder}`"));
    }
    for part in detector.parts.iter().filter(|p| !rules.contains_key(p.detector.as_str())) {
        fault(format!("its part `{}` is no detector", part.detector));
    }
}

/// Detectors imported from another program have the examples that could be carried, which may be none.
fn check_counts(detector: &Detector, fault: &mut dyn FnMut(String)) {
    for (what, n) in
        [("examples", detector.examples.len()), ("near_misses", detector.near_misses.len()), ("placeholders", detector.placeholders.len())]
    {
        if n < LEAST {
            fault(format!("{n} {what}, at least {LEAST} are needed"));
        }
    }
}

fn check_examples(detector: &Detector, rule: u16, library: &Library, fault: &mut dyn FnMut(String)) {
    let mut scanner = Scanner::new(library, 0);
    let mut found = |text: &str, seed: &str| -> Result<Vec<(u16, Vec<u8>)>, String> {
        let text = expand(text, seed)?;
        let hits = scanner.whole(text.as_bytes());
        let candidates = hits.iter().flat_map(|h| h.candidates.iter().flat_map(|c| c.iter()));
        Ok(candidates.filter(|c| c.is_likely()).map(|c| (c.rule, c.secret.expose().to_vec())).collect())
    };
    for (i, text) in detector.examples.iter().enumerate() {
        match found(text, &format!("{}/example/{i}", detector.id)) {
            Err(why) => fault(format!("example {i}: {why}")),
            Ok(found) => {
                let Some((_, value)) = found.iter().find(|(r, _)| *r == rule) else {
                    fault(format!("example {i} is not found: {text}"));
                    continue;
                };
                let rival = found.iter().find(|(r, v)| v == value && is_rival(library, rule, *r));
                if let Some((r, _)) = rival {
                    fault(format!("example {i} is also found, as surely, by `{}`: {text}", library.detector(*r).id));
                }
            }
        }
    }
    for (kind, texts) in [("near miss", &detector.near_misses), ("placeholder", &detector.placeholders)] {
        for (i, text) in texts.iter().enumerate() {
            match found(text, &format!("{}/{kind}/{i}", detector.id)) {
                Err(why) => fault(format!("{kind} {i}: {why}")),
                Ok(found) if found.iter().any(|(r, _)| *r == rule) => fault(format!("{kind} {i} is found: {text}")),
                Ok(_) => {}
            }
        }
    }
}

/// Whether another detector claims the same value with as much right. General ones (any URL's password, any header) give way by their category.
fn is_rival(library: &Library, rule: u16, other: u16) -> bool {
    let (mine, theirs) = (library.detector(rule), library.detector(other));
    let general = |r: u16| matches!(library.category(r), Category::Generic | Category::Key | Category::Database);
    other != rule
        && mine.judge.is_none()
        && theirs.judge.is_none()
        && theirs.report == Role::Finding
        && mine.report == Role::Finding
        && theirs.family() != mine.family()
        && theirs.confidence >= mine.confidence
        && (general(rule) || !general(other))
}
