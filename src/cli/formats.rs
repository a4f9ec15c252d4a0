//! `keysweep formats`: which files are read by structure, and how that goes on files of one's own.

use super::exit::Exit;
use super::output::{line, note};
use crate::extract::{ALL, Extractor, Trial, trials};
use crate::model::{Skipped, shown};
use crate::source::Bytes;
use crate::source::files::list;
use anyhow::Result;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Most files of a format that are named, unless all are asked for.
const NAMED: usize = 5;

/// Lists the formats, or tries them on files.
pub(super) fn run(paths: &[PathBuf], largest: u64, as_json: bool) -> Result<Exit> {
    if paths.is_empty() {
        ALL.iter().try_for_each(|format| described(*format, as_json))?;
        return Ok(Exit::Clean);
    }
    let mut tried = Tried::default();
    paths.iter().for_each(|path| tried.path(path, largest));
    tried.skipped.iter().for_each(|s| note(&shown(&format!("note: {}: {}", s.what, s.why))));
    tried.formats.iter().try_for_each(|(id, counts)| counted(id, counts, as_json))?;
    if !as_json {
        let files = number(tried.files, "file", "files");
        line(&format!("{files}, of which {} are in a format that is read by structure", tried.claimed))?;
    }
    let sound = tried.skipped.is_empty() && tried.formats.values().all(|c| c.troubled.is_empty());
    Ok(if sound { Exit::Clean } else { Exit::Incomplete })
}

fn described(format: &dyn Extractor, as_json: bool) -> Result<()> {
    let (id, reads) = (format.id(), format.reads());
    if as_json {
        return line(&json!({"id": id, "files": reads.files, "takes": reads.takes}).to_string());
    }
    line(&format!("{id}\n  files  {}\n  takes  {}\n", reads.files.replace('`', ""), reads.takes.replace('`', "")))
}

/// What came of files.
#[derive(Default)]
struct Tried {
    files: usize,
    claimed: usize,
    formats: BTreeMap<&'static str, Counts>,
    skipped: Vec<Skipped>,
}

/// What came of the files of one format.
#[derive(Default)]
struct Counts {
    files: usize,
    identities: usize,
    /// Files that were not read to the end, with the reason.
    troubled: Vec<Skipped>,
}

impl Tried {
    fn path(&mut self, path: &Path, largest: u64) {
        if !path.is_dir() {
            return self.file(path, &path.display().to_string(), largest);
        }
        let listing = list(path, 1);
        self.skipped.extend(listing.skipped);
        for file in &listing.files {
            let inner = file.strip_prefix(path).unwrap_or(file);
            self.file(file, &inner.display().to_string(), largest);
        }
    }

    fn file(&mut self, path: &Path, inner: &str, largest: u64) {
        self.files += 1;
        let bytes = match Bytes::open(path, largest) {
            Ok(bytes) => bytes,
            Err(e) => return self.skipped.push(Skipped::new(path.display().to_string(), e.to_string())),
        };
        let trials = trials(inner, &bytes);
        self.claimed += usize::from(!trials.is_empty());
        for Trial { format, outline } in trials {
            let counts = self.formats.entry(format).or_default();
            counts.files += 1;
            counts.identities += outline.mentions.len();
            if !outline.troubles.is_empty() {
                counts.troubled.push(Skipped::new(path.display().to_string(), outline.troubles.join("; ")));
            }
        }
    }
}

fn counted(id: &str, counts: &Counts, as_json: bool) -> Result<()> {
    let whole = counts.files - counts.troubled.len();
    if as_json {
        let all = json!({"id": id, "files": counts.files, "whole": whole, "identities": counts.identities, "troubled": counts.troubled});
        return line(&all.to_string());
    }
    let (files, identities) = (number(counts.files, "file", "files"), number(counts.identities, "identity", "identities"));
    line(&format!("{id}: {files}, {whole} read to the end, {identities} named"))?;
    counts.troubled.iter().take(NAMED).try_for_each(|t| line(&shown(&format!("  {}: {}", t.what, t.why))))?;
    let more = counts.troubled.len().saturating_sub(NAMED);
    if more == 0 { Ok(()) } else { line(&format!("  and {more} more; --json names all")) }
}

fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
