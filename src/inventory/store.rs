//! Secrets in the answers of secret stores: `vault kv get`, `kubectl get secrets`, Secrets Manager, Parameter Store, Key Vault, or any JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

/// A secret, and where its store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Path in the store, with `#KEY` for one key of an entry.
    pub path: String,
    /// Its version, as the store counts.
    pub version: Option<String>,
    /// When that version was made, as the store writes it.
    pub created: Option<String>,
    /// Who owns it, where the store says so.
    pub owner: Option<String>,
    /// Whether it was in base64, and this is what that stands for.
    pub decoded: bool,
    /// The secret.
    pub secret: Zeroizing<String>,
}

/// Deepest that objects are looked into.
const DEEPEST: usize = 16;
/// Shortest value that may be a secret, in bytes: below, values are ports, flags and names of regions.
const SHORTEST: usize = 6;

/// The secrets in a store's answer. `path` is where the entry lies, for answers that do not say it; the answer is overwritten.
pub fn secrets(answer: &mut Value, path: Option<&str>) -> Vec<Stored> {
    let mut found = Vec::new();
    of(answer, path.unwrap_or_default(), &mut found);
    wipe(answer);
    with_decoded(found)
}

/// The secret that a text is as a whole.
pub fn secret(text: &str, path: Option<&str>) -> Vec<Stored> {
    let mut found = Vec::new();
    Entry::at(path.unwrap_or_default()).leaf(text, &mut found);
    with_decoded(found)
}

/// The secrets, and behind them what those in base64 stand for.
fn with_decoded(mut found: Vec<Stored>) -> Vec<Stored> {
    let decoded: Vec<Stored> = found.iter().filter_map(decoded).collect();
    found.extend(decoded);
    found
}

/// What an entry says of all its secrets.
#[derive(Debug, Clone, Default)]
struct Entry {
    path: String,
    version: Option<String>,
    created: Option<String>,
    owner: Option<String>,
}

fn of(answer: &Value, path: &str, found: &mut Vec<Stored>) {
    match answer {
        Value::Array(list) => list.iter().for_each(|v| of(v, path, found)),
        Value::Object(object) => object_of(object, path, found),
        _ => {}
    }
}

fn object_of(object: &Map<String, Value>, path: &str, found: &mut Vec<Stored>) {
    let text = |names: &[&str]| text_at(object, names);
    if let Some(Value::Array(items)) = object.get("items").filter(|_| object.contains_key("apiVersion")) {
        return items.iter().for_each(|v| of(v, path, found));
    }
    if object.get("kind").is_some_and(|k| k == "Secret") {
        return kubernetes(object, found);
    }
    if let Some(list) = ["Parameters", "SecretValues"].iter().find_map(|f| object.get(*f)).or_else(|| object.get("Parameter")) {
        return of(list, path, found);
    }
    if let Some(name) = text(&["Name"]).filter(|_| ["SecretString", "SecretBinary", "Value"].iter().any(|f| object.contains_key(*f))) {
        let created = text(&["CreatedDate"]).or_else(|| text(&["LastModifiedDate"]));
        let entry = Entry { path: name, version: text(&["VersionId"]).or_else(|| text(&["Version"])), created, owner: None };
        let binary = text(&["SecretBinary"]).and_then(|b| STANDARD.decode(b).ok()).and_then(|b| String::from_utf8(b).ok());
        let value = binary.or_else(|| text(&["SecretString"])).or_else(|| text(&["Value"])).map(Zeroizing::new);
        return value.iter().for_each(|v| entry.json_or_text(v, found));
    }
    if let Some(id) = text(&["id"]).filter(|id| id.contains(".vault.azure.") && object.contains_key("value")) {
        let created = text(&["attributes", "updated"]).or_else(|| text(&["attributes", "created"]));
        let (path, version) = match id.rsplit_once('/') {
            Some((path, version)) if version.len() == 32 => (path.to_owned(), Some(version.to_owned())),
            _ => (id, None),
        };
        let entry = Entry { path, version, created, owner: text(&["tags", "owner"]) };
        return text(&["value"]).iter().for_each(|v| entry.json_or_text(v, found));
    }
    if let Some(data) = object.get("data").filter(|d| d.is_object() && object.contains_key("lease_id")) {
        return vault(data, path, found);
    }
    if let (Some(path), Some(value)) = (text(&["path"]), text(&["value"]).or_else(|| text(&["secret"]))) {
        let entry = Entry { path, version: text(&["version"]), created: text(&["created"]), owner: text(&["owner"]) };
        return entry.json_or_text(&value, found);
    }
    Entry::at(path).leaves(object, found);
}

/// Version 2 has the entry beside its metadata, version 1 the entry alone.
fn vault(data: &Value, path: &str, found: &mut Vec<Stored>) {
    let (entry, metadata) = match (data.get("data"), data.get("metadata")) {
        (Some(entry @ Value::Object(_)), Some(Value::Object(metadata))) => (entry, Some(metadata)),
        _ => (data, None),
    };
    let told = |names: &[&str]| metadata.and_then(|m| text_at(m, names));
    let made = Entry {
        path: path.to_owned(),
        version: told(&["version"]),
        created: told(&["created_time"]),
        owner: told(&["custom_metadata", "owner"]),
    };
    if let Value::Object(object) = entry {
        made.leaves(object, found);
    }
}

fn kubernetes(object: &Map<String, Value>, found: &mut Vec<Stored>) {
    let of = |names: &[&str]| text_at(object, names);
    let place = [of(&["metadata", "namespace"]).unwrap_or_else(|| "default".to_owned()), of(&["metadata", "name"]).unwrap_or_default()];
    let owner = ["owner", "team"].iter().find_map(|l| of(&["metadata", "labels", l]).or_else(|| of(&["metadata", "annotations", l])));
    let entry = Entry { path: place.join("/"), version: None, created: of(&["metadata", "creationTimestamp"]), owner };
    let plain = |v: &Value| v.as_str().and_then(|t| STANDARD.decode(t).ok()).and_then(|b| String::from_utf8(b).ok()).map(Zeroizing::new);
    if let Some(Value::Object(data)) = object.get("data") {
        for (key, value) in data {
            plain(value).iter().for_each(|v| entry.key(key).json_or_text(v, found));
        }
    }
    if let Some(Value::Object(data)) = object.get("stringData") {
        entry.leaves(data, found);
    }
}

impl Entry {
    fn at(path: &str) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// One key of it.
    fn key(&self, key: &str) -> Self {
        let separator = if self.path.contains('#') { "." } else { "#" };
        Self { path: format!("{}{separator}{key}", self.path), ..self.clone() }
    }

    /// All texts in an object, by their keys.
    fn leaves(&self, object: &Map<String, Value>, found: &mut Vec<Stored>) {
        self.walk(object, DEEPEST, found);
    }

    fn walk(&self, object: &Map<String, Value>, depth: usize, found: &mut Vec<Stored>) {
        for (key, value) in object {
            let below = self.key(key);
            match value {
                Value::String(text) => below.leaf(text, found),
                Value::Object(inner) if depth > 0 => below.walk(inner, depth - 1, found),
                Value::Array(list) => list.iter().enumerate().for_each(|(n, v)| match v {
                    Value::String(text) => below.key(&n.to_string()).leaf(text, found),
                    Value::Object(inner) if depth > 0 => below.key(&n.to_string()).walk(inner, depth - 1, found),
                    _ => {}
                }),
                _ => {}
            }
        }
    }

    /// A value that may itself be an object of secrets.
    fn json_or_text(&self, text: &str, found: &mut Vec<Stored>) {
        match serde_json::from_str::<Value>(text) {
            Ok(mut value @ Value::Object(_)) => {
                // The whole may be the secret as well: the key file of a service account.
                self.leaf(text, found);
                if let Value::Object(object) = &value {
                    self.leaves(object, found);
                }
                wipe(&mut value);
            }
            _ => self.leaf(text, found),
        }
    }

    fn leaf(&self, text: &str, found: &mut Vec<Stored>) {
        if text.trim().len() >= SHORTEST {
            let Self { path, version, created, owner } = self.clone();
            found.push(Stored { path, version, created, owner, decoded: false, secret: Zeroizing::new(text.to_owned()) });
        }
    }
}

/// What a secret in base64 stands for, where that is text.
fn decoded(stored: &Stored) -> Option<Stored> {
    let bytes = Zeroizing::new(STANDARD.decode(stored.secret.trim()).ok().filter(|b| b.len() >= SHORTEST)?);
    let text = std::str::from_utf8(&bytes).ok().filter(|t| t.chars().all(|c| !c.is_control() || c.is_whitespace()))?;
    Some(Stored { decoded: true, secret: Zeroizing::new(text.to_owned()), ..stored.clone() })
}

fn text_at(object: &Map<String, Value>, path: &[&str]) -> Option<String> {
    let (first, rest) = path.split_first()?;
    super::context::text(rest.iter().try_fold(object.get(*first)?, |value, field| value.get(*field))?)
}

/// Overwrites all texts.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(list) => list.iter_mut().for_each(wipe),
        Value::Object(object) => object.values_mut().for_each(wipe),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(mut answer: Value, path: Option<&str>) -> Vec<(String, String)> {
        secrets(&mut answer, path).into_iter().map(|s| (s.path, s.secret.to_string())).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(path, secret)| ((*path).to_owned(), (*secret).to_owned())).collect()
    }

    #[test]
    fn answers_of_stores_are_taken_apart() {
        let two = json!({"request_id": "r", "lease_id": "", "data": {"data": {"user": "trainer", "password": "hunter-two"},
            "metadata": {"version": 3, "created_time": "2024-02-01T00:00:00Z", "custom_metadata": {"owner": "ml"}}}});
        assert_eq!(told(two.clone(), Some("kv/trainer")), pairs(&[("kv/trainer#password", "hunter-two"), ("kv/trainer#user", "trainer")]));
        let stored = secrets(&mut two.clone(), Some("kv/trainer"));
        assert_eq!((stored[0].version.as_deref(), stored[0].owner.as_deref()), (Some("3"), Some("ml")));
        let one = json!({"lease_id": "", "data": {"key": "value-of-one"}});
        assert_eq!(told(one, Some("kv/a")), pairs(&[("kv/a#key", "value-of-one")]));
        let manager = json!({"ARN": "arn:aws:x", "Name": "prod/db", "SecretString": "{\"password\":\"hunter-two\"}"});
        assert_eq!(told(manager, None), pairs(&[("prod/db", "{\"password\":\"hunter-two\"}"), ("prod/db#password", "hunter-two")]));
        let parameters = json!({"Parameters": [{"Name": "/app/key", "Value": "hunter-two", "Version": 1}]});
        assert_eq!(told(parameters, None), pairs(&[("/app/key", "hunter-two")]));
        let id = format!("https://kv.vault.azure.net/secrets/key/{}", "0".repeat(32));
        assert_eq!(
            told(json!({"id": id, "value": "hunter-two"}), None),
            pairs(&[("https://kv.vault.azure.net/secrets/key", "hunter-two")])
        );
        let cluster = json!({"apiVersion": "v1", "kind": "List", "items": [{"kind": "Secret", "metadata": {"namespace": "ml", "name": "openai"},
            "data": {"KEY": STANDARD.encode("hunter-two")}}]});
        assert_eq!(told(cluster, None), pairs(&[("ml/openai#KEY", "hunter-two")]));
        assert_eq!(told(json!({"a": {"b": ["hunter-two", 7, "x"]}}), Some("p")), pairs(&[("p#a.b.0", "hunter-two")]));
    }

    #[test]
    fn a_secret_in_base64_is_told_both_ways_and_the_answer_is_wiped() {
        let mut answer = json!({"key": STANDARD.encode("hunter-two")});
        let found = secrets(&mut answer, Some("p"));
        assert_eq!(found.iter().map(|s| (s.decoded, s.secret.as_str())).collect::<Vec<_>>()[1], (true, "hunter-two"));
        assert_eq!(answer, json!({"key": ""}));
    }
}
