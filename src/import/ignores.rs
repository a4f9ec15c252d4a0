//! What other scanners were told to pass over: `.gitleaksignore`, `.betterleaksignore` and `.secrets.baseline` of detect-secrets.
//!
//! Those files name places, or digests of values. Each entry is looked for among findings, so that the value behind it can be accepted
//! wherever it goes.
//!
//! Sources: the fingerprints that gitleaks prints (`commit:path:rule:line`, without a commit for files), and detect-secrets' baseline
//! (`results`, by path, with the SHA-1 of each value).

use crate::model::{Finding, Location, hex};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Entries of one file that are taken.
const MOST: usize = 100_000;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The entry as the file has it, without a digest.
    pub told: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// A place of one rule's match.
    Place { commit: Option<String>, path: String, rule: String, line: u32 },
    /// The SHA-256 of a value.
    Value(String),
    /// The SHA-1 of a value in a file, and where it stood there.
    ValueAt { sha1: String, path: String, line: u32 },
}

/// A baseline of detect-secrets.
#[derive(Deserialize)]
struct SecretsBaseline {
    results: BTreeMap<String, Vec<Secret>>,
}

#[derive(Deserialize)]
struct Secret {
    #[serde(rename = "type", default)]
    kind: String,
    hashed_secret: String,
    #[serde(default)]
    line_number: u32,
}

/// Reads a file's entries.
///
/// # Errors
/// A line that is no fingerprint, JSON that is no baseline, and more than 100,000 entries.
pub fn ignores(text: &str) -> Result<Vec<Ignored>, String> {
    let entries = if text.trim_start().starts_with('{') { secrets_baseline(text)? } else { fingerprints(text)? };
    if entries.len() > MOST { Err(format!("more than {MOST} entries")) } else { Ok(entries) }
}

fn secrets_baseline(text: &str) -> Result<Vec<Ignored>, String> {
    let baseline: SecretsBaseline = serde_json::from_str(text).map_err(|e| format!("not a baseline of detect-secrets: {e}"))?;
    let entry = |path: &String, secret: Secret| Ignored {
        told: format!("{path}:{} ({})", secret.line_number, secret.kind),
        what: What::ValueAt { sha1: secret.hashed_secret.to_ascii_lowercase(), path: path.clone(), line: secret.line_number },
    };
    Ok(baseline.results.into_iter().flat_map(|(path, secrets)| secrets.into_iter().map(move |s| entry(&path, s))).collect())
}

fn fingerprints(text: &str) -> Result<Vec<Ignored>, String> {
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.split(" #").next().unwrap_or_default().trim()));
    let entries = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    entries
        .map(|(n, line)| fingerprint(line).ok_or_else(|| format!("line {n} is no fingerprint such as `COMMIT:PATH:RULE:LINE`")))
        .collect()
}

fn fingerprint(line: &str) -> Option<Ignored> {
    let is_hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex(line, 64) {
        return Some(Ignored { told: "a digest of a value".into(), what: What::Value(line.to_ascii_lowercase()) });
    }
    let mut fields = line.rsplitn(3, ':');
    let number = fields.next()?.parse().ok()?;
    let rule = fields.next()?.to_owned();
    let place = fields.next()?;
    let (commit, path) = match place.split_once(':') {
        Some((commit, path)) if is_hex(commit, 40) || is_hex(commit, 64) => (Some(commit.to_ascii_lowercase()), path),
        _ => (None, place),
    };
    let what = What::Place { commit, path: path.trim_start_matches("./").to_owned(), rule, line: number };
    Some(Ignored { told: line.to_owned(), what })
}

/// The findings that an entry is about; none where it cannot be told which.
pub fn meant<'f>(entry: &Ignored, findings: &'f [Finding]) -> Vec<&'f Finding> {
    let with = |holds: &dyn Fn(&Finding) -> bool| findings.iter().filter(|f| holds(f)).collect::<Vec<_>>();
    let at = |f: &Finding, holds: &dyn Fn(&Location) -> bool| f.locations.iter().any(holds);
    match &entry.what {
        What::Value(digest) => with(&|f| hex(&Sha256::digest(f.value.expose())) == *digest),
        What::ValueAt { sha1, path, line } => {
            let same = with(&|f| hex(&Sha1::digest(f.value.expose())) == *sha1);
            // What is taken for the value differs: a password there may be a connection string here.
            if same.is_empty() { only(with(&|f| at(f, &|l| l.path == *path && l.in_head && l.line == *line))) } else { same }
        }
        What::Place { commit, path, rule, line } => {
            let there = |l: &Location| l.path == *path && commit.as_ref().is_none_or(|c| l.commit.as_ref() == Some(c));
            let on_line = with(&|f| at(f, &|l| there(l) && l.line == *line));
            if !on_line.is_empty() {
                return on_line;
            }
            // The line is that of its commit, ours that of the newest version.
            let by_rule = with(&|f| commit.is_some() && at(f, &there) && is_for(rule, f));
            if by_rule.is_empty() { only(with(&|f| commit.is_some() && at(f, &there))) } else { only(by_rule) }
        }
    }
}

/// One, or none where there are several.
fn only(found: Vec<&Finding>) -> Vec<&Finding> {
    if found.len() == 1 { found } else { Vec::new() }
}

/// Whether a rule of another scanner is of a finding's provider, by its name.
fn is_for(rule: &str, finding: &Finding) -> bool {
    let first = |name: &str| name.split(['-', '_', '.']).next().unwrap_or_default().to_ascii_lowercase();
    first(rule) == first(&finding.provider) || first(rule) == first(&finding.detector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_have_a_commit_or_none() {
        let commit = "a".repeat(40);
        let entries =
            ignores(&format!("# why\n\n{commit}:a/b.py:aws-access-token:7\n./c:d.env:generic-api-key:12 # why\n{}\n", "F".repeat(64)));
        let place = |commit: Option<&str>, path: &str, rule: &str, line| What::Place {
            commit: commit.map(Into::into),
            path: path.into(),
            rule: rule.into(),
            line,
        };
        let expected = vec![
            place(Some(&commit), "a/b.py", "aws-access-token", 7),
            place(None, "c:d.env", "generic-api-key", 12),
            What::Value("f".repeat(64)),
        ];
        assert_eq!(entries.expect("sound").into_iter().map(|e| e.what).collect::<Vec<_>>(), expected);
        assert_eq!(ignores("a/b.py\n").expect_err("unsound"), "line 1 is no fingerprint such as `COMMIT:PATH:RULE:LINE`");
    }

    #[test]
    fn a_baseline_of_detect_secrets_is_read_by_path() {
        let digest = "0".repeat(40);
        let text = format!(
            r#"{{"version":"1.5.0","results":{{"a.py":[{{"type":"Secret Keyword","filename":"a.py","hashed_secret":"{digest}","line_number":3}}]}}}}"#
        );
        let entries = ignores(&text).expect("sound");
        assert_eq!(entries[0].told, "a.py:3 (Secret Keyword)");
        assert_eq!(entries[0].what, What::ValueAt { sha1: digest, path: "a.py".into(), line: 3 });
        assert!(ignores("{}").expect_err("unsound").starts_with("not a baseline of detect-secrets: missing field `results`"));
    }
}
