//! `[inventory]`: what exports hold that no importer can know by itself.

use super::error::{ConfigError, Document};
use super::policy::{at_most, checked_glob, kind, slug, unknown};
use crate::model::{Algorithm, ColumnMap, ExportRules, HASHES, PinnedDigest, REGISTER_COLUMNS, SourceClass};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The table `[inventory]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawExports {
    columns: Vec<Spanned<RawColumns>>,
    digest: Vec<Spanned<RawDigest>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawColumns {
    files: Vec<Spanned<String>>,
    class: Option<Spanned<String>>,
    provider: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    map: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDigest {
    provider: Option<Spanned<String>>,
    field: Option<Spanned<String>>,
    algorithm: Option<Spanned<String>>,
    bytes: Option<Spanned<i64>>,
    strip: Option<Spanned<String>>,
}

/// Checks what is said of exports.
///
/// # Errors
/// The first mistake: a table without files or identifier, a column that a register does not have, an unknown algorithm, bytes out of range.
pub(super) fn exports(document: &Document, raw: &RawExports) -> Result<ExportRules, ConfigError> {
    at_most(document, &raw.columns)?;
    at_most(document, &raw.digest)?;
    Ok(ExportRules {
        columns: raw.columns.iter().map(|c| columns(document, c)).collect::<Result<_, _>>()?,
        digests: raw.digest.iter().map(|d| digest(document, d)).collect::<Result<_, _>>()?,
    })
}

fn columns(document: &Document, raw: &Spanned<RawColumns>) -> Result<ColumnMap, ConfigError> {
    let (span, raw) = (raw.span(), raw.get_ref());
    if raw.files.is_empty() {
        return Err(document.error(span, "columns without `files`", "say whose: `files = [\"servicenow/*.csv\"]`"));
    }
    if !raw.map.keys().any(|k| k.get_ref() == "identifier" || k.get_ref() == "hint") {
        let help = "say which column names the credential: `map = { identifier = \"u_key_id\", owner = \"assigned_to\" }`";
        return Err(document.error(span, "without `identifier` or `hint`, no row can join", help));
    }
    if let Some((unknown_column, _)) = raw.map.iter().find(|(k, _)| !REGISTER_COLUMNS.contains(&k.get_ref().as_str())) {
        return Err(unknown(document, unknown_column, REGISTER_COLUMNS));
    }
    let class = |word: &Spanned<String>| {
        let names: Vec<&str> = SourceClass::ALL.iter().map(|c| c.as_str()).collect();
        SourceClass::named(word.get_ref()).ok_or_else(|| unknown(document, word, &names))
    };
    Ok(ColumnMap {
        files: raw.files.iter().map(|glob| checked_glob(document, glob)).collect::<Result<_, _>>()?,
        class: raw.class.as_ref().map_or(Ok(SourceClass::Governance), class)?,
        provider: raw.provider.as_ref().map(|p| slug(document, p)).transpose()?,
        kind: raw.kind.as_ref().map(|k| kind(document, k).map(|k| k.as_str().to_owned())).transpose()?,
        columns: raw.map.iter().map(|(to, from)| (to.get_ref().clone(), from.get_ref().clone())).collect(),
    })
}

fn digest(document: &Document, raw: &Spanned<RawDigest>) -> Result<PinnedDigest, ConfigError> {
    let (span, raw) = (raw.span(), raw.get_ref());
    let help = "`keysweep inventory calibrate` finds it out from one known secret, and prints the whole table";
    let needed = |field: &'static str| document.error(span.clone(), format!("a digest without `{field}`"), help);
    let word = raw.algorithm.as_ref().ok_or_else(|| needed("algorithm"))?;
    let names: Vec<&str> = HASHES.iter().map(|(name, _)| *name).collect();
    let hash = HASHES.iter().find(|(name, _)| name == word.get_ref()).map(|(_, hash)| *hash);
    let hash = hash.ok_or_else(|| unknown(document, word, &names))?;
    let bytes = match &raw.bytes {
        None => hash.bytes(),
        Some(bytes) => u8::try_from(*bytes.get_ref()).ok().filter(|b| (8..=hash.bytes()).contains(b)).ok_or_else(|| {
            document.error(bytes.span(), format!("`{}` is out of range", bytes.get_ref()), format!("write 8 to {}", hash.bytes()))
        })?,
    };
    Ok(PinnedDigest {
        provider: slug(document, raw.provider.as_ref().ok_or_else(|| needed("provider"))?)?,
        field: raw.field.as_ref().ok_or_else(|| needed("field"))?.get_ref().clone(),
        algorithm: Algorithm { hash, bytes, strip: raw.strip.as_ref().map_or("", |s| s.get_ref()).into() },
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Origin};
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<ExportRules, String> {
        Config::parse(text, Path::new("keysweep.toml"), Origin::Named).map(|c| c.exports).map_err(|e| e.to_string())
    }

    #[test]
    fn tables_and_digests_are_read() {
        let rules = parse(
            "[[inventory.columns]]\nfiles = ['stripe/*.csv']\nclass = 'issuer'\nprovider = 'stripe'\nkind = 'api_key'\n\
             map = { hint = 'Last 4', owner = 'created_by.email' }\n\
             [[inventory.digest]]\nprovider = 'openrouter'\nfield = 'hash'\nalgorithm = 'sha256'\nstrip = 'sk-or-v1-'\n",
        )
        .unwrap();
        assert_eq!(rules.columns_of("stripe/keys.csv").map(|c| c.class), Some(SourceClass::Issuer));
        assert_eq!(rules.columns_of("other.csv"), None);
        assert_eq!(rules.digests[0].algorithm.to_string(), "sha256-sk-or-v1-");
    }

    #[test]
    fn mistakes_are_told_with_place_and_remedy() {
        for (text, says) in [
            ("[[inventory.columns]]\nmap = { identifier = 'x' }", "1:1: columns without `files`"),
            ("[[inventory.columns]]\nfiles = ['a']\nmap = { owner = 'x' }", "no row can join"),
            ("[[inventory.columns]]\nfiles = ['a']\nmap = { identifer = 'x', hint = 'y' }", "3:9: `identifer` is not known here"),
            ("[[inventory.columns]]\nfiles = ['a']\nclass = 'owner'\nmap = { identifier = 'x' }", "3:9: `owner` is not known here"),
            ("[[inventory.digest]]\nprovider = 'a'\nfield = 'b'", "without `algorithm` (`keysweep inventory calibrate`"),
            ("[[inventory.digest]]\nalgorithm = 'crc32'", "2:13: `crc32` is not known here"),
            ("[[inventory.digest]]\nalgorithm = 'md5'\nbytes = 17", "3:9: `17` is out of range (write 8 to 16)"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
