//! Trials: one detector at one anchor, from the bytes around it to candidates.

use super::hit::{Candidate, Hit, Source, offset};
use super::library::FIRST;
use super::line::{line_end, line_start};
use super::pattern::Caches;
use super::plan::{CONTEXT, NAME_GAP, at_boundary};
use super::proof::{self, Outcome};
use super::scanner::Scanner;
use super::share::Try;
use super::{decode, generic, guard, placeholder};
use crate::model::{Confidence, Judge, Proof, Secret};
use memchr::memchr;
use regex_automata::hybrid::dfa;
use regex_automata::{Anchored, Input};
use std::borrow::Cow;

/// Most candidates one anchor may yield.
const MAX_PER_ANCHOR: usize = 64;

/// So many bytes are looked at backwards for a match on one line.
const GLANCE: usize = 32;

/// What one thread makes of a detector's automata.
#[derive(Default)]
pub(super) struct Made {
    pattern: Option<Box<Caches>>,
    before: Option<Box<dfa::Cache>>,
}

impl Scanner<'_> {
    /// Tries one detector at one anchor.
    pub(super) fn decide(&mut self, bytes: &[u8], at: usize, what: Try, depth: u8, hits: &mut Vec<Hit>) {
        self.tried[usize::from(what.rule)] += 1;
        let multiline = self.library.detector(what.rule).multiline && depth == 0;
        let fails = self.fails(bytes, at, what);
        let candidates = if fails.is_some() { Vec::new() } else { self.candidates(bytes, at, what) };
        // Where bytes of one line show that there is nothing, no other line can make something of it.
        if candidates.is_empty() && fails.is_some_and(|from| memchr(b'\n', &bytes[from..at]).is_none()) {
            return;
        }
        if !candidates.is_empty() || multiline {
            let candidates = (!candidates.is_empty()).then(|| candidates.into());
            hits.push(Hit { at: at as u32, source: Source::Rule(what.rule, what.lead), candidates });
        }
    }

    /// From where to the end of the line the bytes around an anchor show that nothing matches there; `None` when it takes more to tell.
    fn fails(&mut self, bytes: &[u8], at: usize, what: Try) -> Option<usize> {
        let rule = self.library.rule(what.rule);
        let made = &mut self.made[usize::from(what.rule)];
        match what.lead {
            _ if what.judge.is_some() => None,
            Some(lead) if rule.detector.multiline => {
                let start = at.checked_sub(lead as usize)?;
                let regex = rule.regex()?;
                let caches = made.pattern.get_or_insert_with(|| regex.caches());
                let end = line_end(bytes, at, rule.plan.reach as usize);
                regex.fails(caches, bytes, start, end).then_some(start)
            }
            Some(_) => None,
            None => {
                let before = rule.before()?;
                let cache = made.before.get_or_insert_with(|| Box::new(before.cache()));
                // On a line, the pattern itself is soon through with what may stand there; and the start of the line is that of all text to it.
                let multiline = rule.detector.multiline;
                let from = if multiline { at.saturating_sub(rule.plan.lead as usize + CONTEXT) } else { line_start(bytes, at, GLANCE) };
                before.fails(cache, &bytes[from..], at - from).map(|failed| from + failed)
            }
        }
    }

    fn candidates(&mut self, bytes: &[u8], at: usize, what: Try) -> Vec<Candidate> {
        let rule = what.rule;
        if let Some(class) = what.judge {
            return self.judged(bytes, at, rule, class).into_iter().collect();
        }
        let Some(regex) = self.library.rule(rule).regex() else { return Vec::new() };
        let (from, to) = self.window(bytes, at, rule);
        let window = &bytes[from..to];
        let mut found = Vec::new();
        let mut slots = std::mem::take(&mut self.slots);
        slots.clear();
        slots.resize(regex.groups() * 2, None);
        let mut caches = self.made[usize::from(rule)].pattern.take().unwrap_or_else(|| regex.caches());
        // Where the match must begin is known of most anchors; else it may begin anywhere before.
        let (mut next, anchored) = match what.lead {
            None => (0, Anchored::No),
            Some(lead) => match (at - from).checked_sub(lead as usize) {
                Some(start) => (start, Anchored::Yes),
                None => (usize::MAX, Anchored::Yes),
            },
        };
        while next <= at - from && found.len() < MAX_PER_ANCHOR {
            let input = Input::new(window).span(next..window.len()).anchored(anchored);
            if !regex.search(&mut caches, &input, &mut slots) {
                break;
            }
            let group = |n: usize| Some((slots.get(2 * n)?.as_ref()?.get(), slots.get(2 * n + 1)?.as_ref()?.get()));
            let Some((start, end)) = group(0).filter(|m| m.0 + from <= at) else { break };
            next = end.max(start + 1);
            let bounded = !self.library.plan(rule).boundary || at_boundary(bytes, start + from);
            if end + from > at && bounded {
                let named = |name: &str| {
                    let (a, b) = group(regex.group(name)?).filter(|_| !name.is_empty())?;
                    Some(String::from_utf8_lossy(&window[a..b]).into_owned().into_boxed_str()).filter(|text| !text.is_empty())
                };
                let filled = |n: usize| group(n).filter(|v| v.0 < v.1);
                let value = match self.library.rule(rule).group(regex) {
                    FIRST => (1..regex.groups()).find_map(filled),
                    n => filled(n),
                };
                // More than the window, but within the line: a line with new bytes is decided again as a whole.
                if let Some((a, b)) = value.filter(|v| !decode::is_in_blob(bytes, v.0 + from)) {
                    let open = self.open_exceptions(rule, window, (start, end), (a, b));
                    found.extend(open.and_then(|open| self.candidate(rule, &window[a..b], (a + from, b + from), (at, open), named)));
                }
            }
            if anchored == Anchored::Yes {
                break;
            }
        }
        self.slots = slots;
        self.made[usize::from(rule)].pattern = Some(caches);
        found
    }

    /// The value of the name at an anchor, if it may be a credential at some path.
    fn judged(&self, bytes: &[u8], at: usize, rule: u16, class: Judge) -> Option<Candidate> {
        let (from, to) = self.window(bytes, at, rule);
        let judged = generic::judge(&bytes[from..to], at - from, class).filter(generic::Judged::may_count)?;
        let (start, end) = (judged.value.0 + from, judged.value.1 + from);
        Some(Candidate {
            rule,
            start: offset(start, at),
            end: offset(end, at),
            secret: Secret::new(&bytes[start..end]),
            confidence: generic::confidence(judged.features, None).unwrap_or(Confidence::Low),
            proof: Proof::Context,
            encoding: None,
            principal: None,
            scope: None,
            features: Some(judged.features),
            excepted: 0,
        })
    }

    /// Guards, placeholders, proof: what is left is a candidate.
    fn candidate(
        &self,
        rule: u16,
        value: &[u8],
        span: (usize, usize),
        (at, excepted): (usize, u32),
        named: impl Fn(&str) -> Option<Box<str>>,
    ) -> Option<Candidate> {
        let detector = self.library.detector(rule);
        let far = !detector.name.is_empty() && span.0 > at + NAME_GAP;
        if far || !guard::holds(&detector.guards, value) {
            return None;
        }
        let mut confidence = detector.confidence;
        let mut proof = if detector.name.is_empty() { Proof::Pattern } else { Proof::Context };
        if !detector.guards.checksum.is_empty() {
            match proof::check(&detector.guards.checksum, value) {
                Outcome::Failed => return None,
                Outcome::Proven(how) => (confidence, proof) = (Confidence::High, how),
                Outcome::Silent => {}
            }
        }
        // What proves itself is none, however it looks.
        if !matches!(proof, Proof::Checksum | Proof::Structure) && placeholder::is_placeholder(value) {
            return None;
        }
        let decoded = (!detector.identity.decoder.is_empty()).then(|| proof::decode(&detector.identity.decoder, value)).flatten();
        let (principal, scope) = decoded.map(|d| (d.principal, d.scope)).unwrap_or_default();
        Some(Candidate {
            rule,
            start: offset(span.0, at),
            end: offset(span.1, at),
            secret: Secret::new(&canonical(value)),
            confidence,
            proof,
            encoding: None,
            principal: named(&detector.identity.principal).or(principal.map(String::into_boxed_str)),
            scope: named(&detector.identity.scope).or(scope.map(String::into_boxed_str)),
            features: None,
            excepted,
        })
    }

    /// The exceptions that hold but for the path; `None` when one holds at any path. They see no further than the window.
    fn open_exceptions(&self, rule: u16, window: &[u8], whole: (usize, usize), value: (usize, usize)) -> Option<u32> {
        let Some(excepts) = self.library.rule(rule).excepts() else { return Some(0) };
        let line = (line_start(window, whole.0, window.len()), line_end(window, whole.1, window.len()));
        excepts.open([value, whole, line].map(|(from, to)| &window[from..to]))
    }

    /// The bytes a detector may look at from an anchor: on its line, unless it spans lines.
    fn window(&self, bytes: &[u8], at: usize, rule: u16) -> (usize, usize) {
        let plan = self.library.plan(rule);
        let (lead, reach) = (plan.lead as usize + CONTEXT, plan.reach as usize + 1);
        if self.library.detector(rule).multiline {
            return (at.saturating_sub(lead), (at + reach).min(bytes.len()));
        }
        (line_start(bytes, at, lead), line_end(bytes, at, reach))
    }
}

/// The value as it is compared: a private key in PEM is the same key however its lines are escaped, quoted, indented or ended.
fn canonical(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.starts_with(b"-----BEGIN ") {
        return Cow::Borrowed(value);
    }
    let text = String::from_utf8_lossy(value).replace("\\r", "\n").replace("\\n", "\n");
    let noise = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | '`');
    let lines = text.lines().map(|l| l.trim_matches(noise)).map(|l| l.strip_suffix(" +").unwrap_or(l).trim_end_matches(noise));
    let lines = lines.filter(|l| !l.is_empty());
    Cow::Owned(lines.collect::<Vec<_>>().join("\n").into_bytes())
}
