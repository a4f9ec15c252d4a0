//! `keysweep inventory calibrate`: how a source makes its digest of a secret, found out from one secret that is known.

use super::fingerprint::input;
use crate::cli::args;
use crate::cli::exit::Exit;
use crate::cli::output::{line, note};
use crate::model::{Algorithm, digest_bytes};
use crate::source::Bytes;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;

/// Largest export that is looked into, in bytes: one record of it is enough.
const LARGEST: u64 = 1 << 30;
/// Deepest that a record is looked into.
const DEEPEST: usize = 8;

/// Tries all algorithms on the fields of a record, or on one digest.
pub(super) fn run(args: &args::Calibrate) -> Result<Exit> {
    let secret = input("printf %s \"$KNOWN_KEY\" | keysweep inventory calibrate --from keys.json --record key_123")?;
    let fields = match (&args.from, &args.record, &args.digest) {
        (Some(file), Some(record), _) => fields(file, record)?,
        (_, _, Some(digest)) => {
            if digest_bytes(digest).is_none() {
                bail!("`{digest}` is no digest: neither hexadecimal nor base64 of 8 bytes or more");
            }
            vec![(String::new(), digest.clone())]
        }
        _ => bail!("name a digest with --digest, or a record with --from and --record"),
    };
    let mut found = 0;
    for (field, shown) in &fields {
        for algorithm in Algorithm::candidates(secret.as_bytes(), shown) {
            found += 1;
            table(&algorithm, field, args.provider.as_deref())?;
        }
    }
    if found > 0 {
        return Ok(Exit::Clean);
    }
    let looked = fields.iter().filter(|(_, shown)| digest_bytes(shown).is_some()).count();
    note(&format!(
        "no digest of this secret: {looked} field(s) look like one, and none is MD5, SHA-1, SHA-256 or SHA-512 of it, whole or cut, with or without its prefix"
    ));
    Ok(Exit::Found)
}

/// What to write into the configuration.
fn table(algorithm: &Algorithm, field: &str, provider: Option<&str>) -> Result<()> {
    line("[[inventory.digest]]")?;
    line(&format!("provider = \"{}\"", provider.unwrap_or("PROVIDER")))?;
    line(&format!("field = \"{}\"", if field.is_empty() { "FIELD" } else { field }))?;
    line(&format!("algorithm = \"{}\"", algorithm.hash.as_str()))?;
    if algorithm.bytes != algorithm.hash.bytes() {
        line(&format!("bytes = {}", algorithm.bytes))?;
    }
    if !algorithm.strip.is_empty() {
        line(&format!("strip = \"{}\"", algorithm.strip))?;
    }
    Ok(())
}

/// Paths and texts of the fields of the record with an id.
fn fields(file: &Path, record: &str) -> Result<Vec<(String, String)>> {
    let bytes = Bytes::open(file, LARGEST).with_context(|| format!("cannot read {}", file.display()))?;
    let mut found = Vec::new();
    if bytes.trim_ascii_start().first().is_some_and(|b| b"{[".contains(b)) {
        for value in serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>() {
            let value = value.with_context(|| format!("{} is no JSON", file.display()))?;
            of_record(&value, record, DEEPEST, &mut found);
        }
    } else {
        let mut table = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(&bytes[..]);
        let columns = table.headers().with_context(|| format!("{} is no table", file.display()))?.clone();
        let rows = table.records().filter_map(Result::ok).filter(|row| row.iter().any(|v| v == record));
        found.extend(rows.flat_map(|row| columns.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect::<Vec<_>>()));
    }
    if found.is_empty() {
        bail!("{} has no record `{record}`", file.display());
    }
    Ok(found)
}

/// The innermost objects that have the id in one of their own fields.
fn of_record(value: &Value, record: &str, depth: usize, found: &mut Vec<(String, String)>) {
    let is_it = |v: &Value| v.as_str() == Some(record) || v.as_i64().is_some_and(|n| n.to_string() == record);
    match value {
        Value::Object(object) if object.values().any(is_it) => texts(value, "", DEEPEST, found),
        Value::Object(object) if depth > 0 => object.values().for_each(|v| of_record(v, record, depth - 1, found)),
        Value::Array(list) if depth > 0 => list.iter().for_each(|v| of_record(v, record, depth - 1, found)),
        _ => {}
    }
}

fn texts(value: &Value, path: &str, depth: usize, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        Value::Object(object) if depth > 0 => {
            for (key, value) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                texts(value, &path, depth - 1, found);
            }
        }
        _ => {}
    }
}
