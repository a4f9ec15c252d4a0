//! `keysweep detectors import`.

use super::exit::Exit;
use super::output::{error, line, note};
use super::scan::read_text;
use crate::detect::check;
use crate::import::{self, Imported, MARK, Source};
use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Imports files. What is wrong with one keeps no other from being handled.
pub(super) fn run(files: &[std::path::PathBuf], output: Option<&Path>) -> Result<Exit> {
    if output.is_none() && files.len() > 1 {
        bail!("{} rule files become as many detector files: name a folder for them with -o", files.len());
    }
    let mut end = Exit::Clean;
    let mut sources = Vec::new();
    for file in files {
        match read_text(file) {
            Ok(text) => sources.push(source(file, text)),
            Err(why) => {
                error(&why);
                end = Exit::Usage;
            }
        }
    }
    if let Some(folder) = output {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut total = [0; 4];
    for result in import::import(&sources, &check) {
        if let Ok(Imported { report: r, .. }) = &result {
            let counts = [r.read, r.carried, r.lossy(), r.dropped.len()];
            total.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
        let written = result.map_err(|e| anyhow!(e)).and_then(|imported| put(&imported, output));
        if let Err(why) = written {
            if super::output::is_broken_pipe(&why) {
                return Err(why);
            }
            error(&why);
            end = Exit::Usage;
        }
    }
    if files.len() > 1 {
        let [read, carried, lossy, dropped] = total;
        note(&format!("{} files, {read} rule(s): {carried} carried ({lossy} with loss), {dropped} not carried", files.len()));
    }
    Ok(end)
}

fn source(file: &Path, text: String) -> Source {
    let name = |part: Option<&std::ffi::OsStr>| part.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    Source { file: file.display().to_string(), stem: name(file.file_stem()), text }
}

/// Writes the detectors of one file and tells its report.
fn put(imported: &Imported, output: Option<&Path>) -> Result<()> {
    let Some(folder) = output else {
        note(&imported.report.to_string());
        return line(imported.yaml.trim_end());
    };
    if imported.report.carried == 0 {
        note(&format!("{}\n  nothing is written", imported.report));
        return Ok(());
    }
    let path = folder.join(format!("{}.yml", imported.provider.provider));
    replace(&path, &imported.yaml)?;
    note(&format!("{}\n  written to {}", imported.report, path.display()));
    Ok(())
}

/// Writes a file in the place of none, or of an earlier import.
fn replace(path: &Path, text: &str) -> Result<()> {
    let there = fs::symlink_metadata(path).is_ok();
    if there && !read_text(path)?.starts_with(MARK) {
        bail!("{} is there and was not imported: move it away, or name another folder with -o", path.display());
    }
    let written = (|| {
        let mut file = tempfile_beside(path)?;
        file.1.write_all(text.as_bytes())?;
        fs::rename(&file.0, path)
    })();
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// A new file beside another, so that no half a file is ever seen under its name.
fn tempfile_beside(path: &Path) -> std::io::Result<(std::path::PathBuf, fs::File)> {
    let name = format!(".{}.{}.part", path.file_name().unwrap_or_default().to_string_lossy(), std::process::id());
    let part = path.with_file_name(name);
    let file = fs::OpenOptions::new().write(true).create_new(true).open(&part)?;
    Ok((part, file))
}
