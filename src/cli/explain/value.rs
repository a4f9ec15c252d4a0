//! Why a value in a file was or was not reported.

use crate::cli::output::line;
use crate::detect::{Judged, Judgement, Library, Scanner, explain_generic};
use crate::model::{Redaction, Secret};
use anyhow::{Context as _, Result};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Most features that a text shows of one value.
const SHOWN: usize = 8;

/// Explains every value beside a telling name in a file or folder, and what detectors know; `false` where there is no such file.
pub(super) fn run(place: &str, as_json: bool, library: &Library) -> Result<bool> {
    let (path, wanted) = split(place);
    if std::fs::symlink_metadata(&path).is_err() {
        return Ok(false);
    }
    for file in files(&path) {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        explain(&file.display().to_string(), &bytes, wanted, as_json, library)?;
    }
    Ok(true)
}

/// `FILE:LINE` or `FILE`.
fn split(place: &str) -> (PathBuf, Option<usize>) {
    if let Some((path, number)) = place.rsplit_once(':')
        && let Ok(number) = number.parse()
    {
        return (path.into(), Some(number));
    }
    (place.into(), None)
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() { crate::source::files::list(path, 1).files } else { vec![path.to_owned()] }
}

fn explain(path: &str, bytes: &[u8], wanted: Option<usize>, as_json: bool, library: &Library) -> Result<()> {
    let mut known = Vec::new();
    if !as_json {
        let starts: Vec<usize> = memchr::memchr_iter(b'\n', bytes).collect();
        for hit in Scanner::new(library, 3).whole(bytes) {
            for candidate in hit.candidates.iter().flat_map(|c| c.iter()).filter(|c| c.features.is_none()) {
                known.push((starts.partition_point(|s| *s < hit.span(candidate).0) + 1, candidate.clone()));
            }
        }
    }
    // One value may stand behind several anchors.
    known.sort_by(|(n, a), (m, b)| (n, a.rule, a.secret.expose()).cmp(&(m, b.rule, b.secret.expose())));
    known.dedup_by(|(n, a), (m, b)| (*n, a.rule, &a.secret) == (*m, b.rule, &b.secret));
    let judged = explain_generic(bytes);
    let here = |number: usize| wanted.is_none_or(|w| w == number);
    if let Some(wanted) = wanted.filter(|_| !as_json && !known.iter().any(|k| here(k.0)) && !judged.iter().any(|j| here(j.0))) {
        line(&format!("{path}:{wanted}  nothing: no detector matches, and no value is given to a telling name"))?;
    }
    for (number, candidate) in known.iter().filter(|(n, _)| here(*n)) {
        let detector = library.detector(candidate.rule);
        let secret = candidate.secret.redact(Redaction::Partial);
        line(&format!("{path}:{number}  {secret}  matched by {} ({} confidence)", detector.id, candidate.confidence.as_str()))?;
    }
    for (number, text, judged) in judged.iter().filter(|(n, ..)| here(*n)) {
        let judgement = judged.at(path);
        if as_json {
            let features: Vec<&str> = judgement.features.iter().map(|f| f.0).collect();
            line(
                &json!({
                    "path": path, "line": number, "column": judged.value.0 + 1, "class": judged.class.as_str(),
                    "odds": judgement.odds, "veto": judged.veto, "features": features,
                })
                .to_string(),
            )?;
        } else {
            tell(path, *number, text, judged, &judgement)?;
        }
    }
    Ok(())
}

fn tell(path: &str, number: usize, text: &[u8], judged: &Judged, judgement: &Judgement) -> Result<()> {
    let name = String::from_utf8_lossy(&text[judged.name.0..judged.name.1]);
    let secret = Secret::new(&text[judged.value.0..judged.value.1]).redact(Redaction::Partial);
    let verdict = match (judged.veto, judgement.confidence) {
        (Some(why), _) => format!("not reported: {why}"),
        (None, Some(confidence)) => format!("{} confidence", confidence.as_str()),
        (None, None) => "not reported".to_owned(),
    };
    line(&format!("{path}:{number}  {name} {secret}  {verdict}; odds {:.2}", judgement.odds))?;
    let mut features = judgement.features.clone();
    features.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    features.iter().take(SHOWN).try_for_each(|(name, weight)| line(&format!("    {weight:+.2}  {name}")))
}
