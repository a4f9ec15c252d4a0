//! `keysweep inventory coverage`: what exports cover, what they lack, and what of them could not be read.

use super::ending;
use crate::cli::exit::Exit;
use crate::cli::output::{line, note};
use crate::model::{ExportFile, Manifest, Register};
use anyhow::Result;
use serde_json::json;

/// Tells what was read of each file, and what it covers.
pub(super) fn run(register: &Register, as_json: bool) -> Result<Exit> {
    if as_json {
        line(&json!({"files": register.files, "sources": register.manifests, "warnings": register.warnings}).to_string())?;
    } else {
        register.files.iter().try_for_each(|file| told(register, file))?;
        register.warnings.iter().for_each(|w| note(&format!("note: {w}")));
        let (records, files) = (register.records.len(), register.files.len());
        line(&format!("{records} records of {files} files; {} people, {} components", register.people.len(), register.components.len()))?;
    }
    Ok(ending(register.files.iter()))
}

fn told(register: &Register, file: &ExportFile) -> Result<()> {
    let kinds: Vec<String> = file.formats.iter().map(|(id, n)| format!("{id} ({n})")).collect();
    let kinds = if kinds.is_empty() { "no known kind of export".to_owned() } else { kinds.join(", ") };
    let broken = if file.whole { "" } else { "; not read to its end" };
    line(&format!("{}: {kinds}, {} records{broken}", file.source, file.records))?;
    register.manifests.iter().filter(|m| m.source == file.source).try_for_each(covers)
}

fn covers(manifest: &Manifest) -> Result<()> {
    let kinds: Vec<&str> = manifest.kinds.iter().map(|k| k.as_str()).collect();
    let scopes = match &manifest.scopes {
        None => "everywhere".to_owned(),
        Some(scopes) if scopes.is_empty() => "of an unknown scope".to_owned(),
        Some(scopes) if scopes.len() > 4 => format!("in {} and {} more", scopes[..3].join(", "), scopes.len() - 3),
        Some(scopes) => format!("in {}", scopes.join(", ")),
    };
    let how = if manifest.complete { "all" } else { "some" };
    let by = if manifest.stated { " (stated)" } else { "" };
    let taken = manifest.as_of.map_or_else(|| "no date".to_owned(), |t| format!("as of {t}"));
    line(&format!("  {}: {how} {} {} {scopes}, {taken}{by}", manifest.source_class.as_str(), manifest.provider, kinds.join(", ")))
}
