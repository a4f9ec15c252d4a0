//! `keysweep.toml` as written: what the TOML must look like, before any value is judged.

use super::exports::RawExports;
use super::policy::RawPolicy;
use serde::Deserialize;
use toml::{Spanned, Value};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawConfig {
    pub(super) detectors: Vec<Spanned<String>>,
    pub(super) disable: Vec<Spanned<String>>,
    pub(super) scan: RawScan,
    pub(super) allow: Vec<Spanned<RawAllow>>,
    pub(super) policy: RawPolicy,
    pub(super) inventory: RawExports,
}

/// The table `[scan]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawScan {
    pub(super) exclude: Vec<Spanned<String>>,
    /// An integer or a human size.
    pub(super) max_file_size: Option<Spanned<Value>>,
    pub(super) max_archive_depth: Option<Spanned<i64>>,
    pub(super) max_decode_depth: Option<Spanned<i64>>,
    pub(super) history: Option<Spanned<String>>,
    pub(super) confidence: Option<Spanned<String>>,
    pub(super) redact: Option<Spanned<String>>,
    pub(super) fail_on: Option<Spanned<String>>,
    pub(super) key: Option<Spanned<String>>,
    pub(super) baseline: Option<Spanned<String>>,
    pub(super) honour: Vec<Spanned<String>>,
}

/// One `[[allow]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawAllow {
    pub(super) reason: Option<Spanned<String>>,
    pub(super) detectors: Option<Vec<Spanned<String>>>,
    pub(super) paths: Option<Vec<Spanned<String>>>,
    pub(super) values: Option<Vec<Spanned<String>>>,
    pub(super) ids: Option<Vec<Spanned<String>>>,
    /// A date, quoted or not.
    pub(super) expires: Option<Spanned<Value>>,
}

/// Keys of `[scan]`, each with an example.
pub(super) const SCAN_KEYS: &[(&str, &str)] = &[
    ("exclude", r#"exclude = ["vendor/**", "*.min.js"]"#),
    ("max_file_size", r#"max_file_size = "512MB""#),
    ("max_archive_depth", "max_archive_depth = 3"),
    ("max_decode_depth", "max_decode_depth = 3"),
    ("history", r#"history = "full""#),
    ("confidence", r#"confidence = "medium""#),
    ("redact", r#"redact = "partial""#),
    ("fail_on", r#"fail_on = "any""#),
    ("key", r#"key = "org.key""#),
    ("baseline", r#"baseline = "keysweep.baseline""#),
    ("honour", r#"honour = ["gitleaks"]"#),
];

/// Keys of the top level and of `[[allow]]`, each with an example.
pub(super) const OTHER_KEYS: &[(&str, &str)] = &[
    ("detectors", r#"detectors = ["path/or/folder"]"#),
    ("disable", r#"disable = ["detector-id"]"#),
    ("scan", "[scan]"),
    ("allow", "[[allow]]"),
    ("policy", "[policy]"),
    ("inventory", "[inventory]"),
    ("reason", r#"reason = "revoked test account""#),
    ("paths", r#"paths = ["tests/fixtures/**"]"#),
    ("values", r#"values = ["^test_[a-z]+$"]"#),
    ("ids", r#"ids = ["id of a finding"]"#),
    ("expires", r#"expires = "2027-01-01""#),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn known<T: serde::de::DeserializeOwned>() -> Vec<String> {
        let error = toml::from_str::<T>("no_such_key = 1").err().expect("unknown keys are refused");
        error.message().split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_key_has_an_example() {
        assert_eq!(known::<RawScan>(), SCAN_KEYS.iter().map(|(key, _)| *key).collect::<Vec<_>>());
        let others = [known::<RawConfig>(), known::<RawAllow>()].concat();
        assert!(others.iter().all(|key| OTHER_KEYS.iter().any(|(k, _)| k == key)), "{others:?}");
    }

    #[test]
    fn the_examples_are_sound() {
        let lines = |keys: &[(&str, &str)], of: &[String]| {
            keys.iter().filter(|(key, _)| of.iter().any(|k| k == key)).map(|(_, line)| format!("{line}\n")).collect::<String>()
        };
        toml::from_str::<RawScan>(&lines(SCAN_KEYS, &known::<RawScan>())).expect("scan");
        toml::from_str::<RawConfig>(&lines(OTHER_KEYS, &known::<RawConfig>())).expect("top");
        toml::from_str::<RawAllow>(&lines(OTHER_KEYS, &known::<RawAllow>())).expect("allow");
    }
}
