//! `keysweep inventory formats`: the exports that are understood.

use crate::cli::exit::Exit;
use crate::cli::output::line;
use crate::inventory::{ALL, Importer};
use anyhow::{Result, bail};
use serde_json::json;

/// Lists kinds of export.
pub(super) fn run(names: &[String], as_json: bool) -> Result<Exit> {
    let wanted = |i: &&&dyn Importer| names.is_empty() || names.iter().any(|n| n == i.id() || i.speaks().of.contains(&n.as_str()));
    let kinds: Vec<_> = ALL.iter().filter(wanted).collect();
    if kinds.is_empty() {
        bail!("no export is called or lists identities of {}; `keysweep inventory formats` names all", names.join(", "));
    }
    kinds.iter().try_for_each(|kind| if as_json { object(**kind) } else { block(**kind) })?;
    if !as_json {
        let kinds = if kinds.len() == 1 { "1 kind".to_owned() } else { format!("{} kinds", kinds.len()) };
        line(&format!("{kinds} of export; recognised by what the file holds, whatever it is called"))?;
    }
    Ok(Exit::Clean)
}

fn object(kind: &dyn Importer) -> Result<()> {
    let speaks = kind.speaks();
    let all = json!({"id": kind.id(), "source_class": speaks.class.as_str(), "providers": speaks.of, "command": kind.command(), "lacks": kind.lacks()});
    line(&all.to_string())
}

fn block(kind: &dyn Importer) -> Result<()> {
    let speaks = kind.speaks();
    let of = if speaks.of.is_empty() { "any provider".to_owned() } else { speaks.of.join(", ") };
    line(&format!("{} ({} of {of})", kind.id(), speaks.class.as_str()))?;
    line(&format!("  made by  {}", kind.command()))?;
    if !kind.lacks().is_empty() {
        line(&format!("  lacks    {}", kind.lacks()))?;
    }
    line("")
}
