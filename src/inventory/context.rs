//! What an importer reads from and writes to.

use super::{Given, words};
use crate::model::{
    Account, Algorithm, ExportFile, Has, Hash, Key, KeyKind, Manifest, Record, RecordKind, Register, SourceClass, Timestamp, fingerprint,
    key_id,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// An object of a JSON export, or a row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Element<'e> {
    /// Its fields. Of a table: the columns, in lower case, with `_` for blanks; all values are text.
    pub object: &'e Map<String, Value>,
    /// The field of the object around it that holds it, such as `SecretList`; empty at the top.
    pub envelope: &'e str,
    /// The object around it.
    pub outer: Option<&'e Map<String, Value>>,
    /// Whether it is a row of a table.
    pub is_row: bool,
    /// Number in the file, from 1: of the line for lines and tables, of the element otherwise.
    pub number: u64,
}

impl<'e> Element<'e> {
    /// Whether it has all these fields.
    pub fn has(&self, fields: &[&str]) -> bool {
        fields.iter().all(|f| self.object.contains_key(*f))
    }

    /// The text of a field at a path; `None` where there is none or it is blank. Numbers and booleans are given as text.
    pub fn text(&self, path: &[&str]) -> Option<String> {
        text(self.at(path)?)
    }

    /// The value at a path of fields.
    pub fn at(&self, path: &[&str]) -> Option<&'e Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.object.get(*first)?, |value, field| value.get(*field))
    }

    /// The elements of the list in a field; none where there is none.
    pub fn list(&self, path: &[&str]) -> &'e [Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The time in a field: RFC 3339, a date, or seconds or milliseconds since 1970 as a number or text.
    ///
    /// What stands for no time (`N/A`, `no_information`, `not_supported`, `0`, a year of 9999 or below 1971) gives none.
    pub fn time(&self, path: &[&str]) -> Option<Timestamp> {
        time(self.at(path)?)
    }

    /// The value of a tag in a list of `{"Key": …, "Value": …}` or in an object of tags, by any of these names in any case.
    pub fn tag(&self, path: &[&str], names: &[&str]) -> Option<String> {
        tag(self.at(path)?, names)
    }
}

/// Names of tags that tell an owner, the most telling first.
pub const OWNER_TAGS: &[&str] = &["owner", "owner_email", "owner-email", "owned-by", "owned_by", "team", "squad", "maintainer", "contact"];
/// Names of tags that tell an environment.
pub const ENVIRONMENT_TAGS: &[&str] = &["env", "environment", "stage", "tier"];

/// The text of a value; `None` where it is null, blank, a list or an object.
pub fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// See [`Element::tag`].
pub fn tag(tags: &Value, names: &[&str]) -> Option<String> {
    let of = |name: &str| match tags {
        Value::Object(map) => map.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).and_then(|(_, v)| text(v)),
        Value::Array(list) => list.iter().find_map(|t| {
            let named = |fields: [&str; 3]| fields.iter().find_map(|f| t.get(*f)).and_then(text);
            named(["Key", "key", "name"]).filter(|k| k.eq_ignore_ascii_case(name)).and_then(|_| named(["Value", "value", "value"]))
        }),
        _ => None,
    };
    names.iter().find_map(|name| of(name))
}

/// See [`Element::time`].
pub fn time(value: &Value) -> Option<Timestamp> {
    const FIRST: i64 = 365 * 86_400; // 1971
    const LAST: i64 = 253_370_764_800; // 9999
    let of_number = |n: i64| Timestamp::utc(if n > 100_000_000_000 { n / 1000 } else { n });
    let read = match value {
        Value::Number(n) => of_number(n.as_i64().or_else(|| n.as_f64().map(|f| f as i64))?),
        Value::String(text) => {
            let text = text.trim();
            let number = text.parse::<i64>().ok().filter(|_| text.len() >= 9).map(of_number);
            let loose = || {
                let text = text.replacen(' ', "T", 1).replace(" UTC", "Z").replace(' ', "");
                let fixed = match text.len() {
                    10 => format!("{text}T00:00:00Z"),
                    _ if text.len() > 19 && text.as_bytes()[text.len() - 5..].first().is_some_and(|b| b"+-".contains(b)) => {
                        format!("{}:{}", &text[..text.len() - 2], &text[text.len() - 2..])
                    }
                    _ if text.len() == 19 => format!("{text}Z"),
                    _ => text,
                };
                Timestamp::parse(&fixed)
            };
            number.or_else(|| Timestamp::parse(text)).or_else(|| text.is_ascii().then(|| loose().or_else(|| mail(text))).flatten())?
        }
        _ => return None,
    };
    (FIRST..LAST).contains(&read.seconds).then_some(read)
}

/// A time as mail has it, RFC 2822: `Mon, 13 Jun 2022 22:50:08 +0000`.
fn mail(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = text.split_once(", ").map_or(text, |(_, rest)| rest);
    let mut parts = text.split_ascii_whitespace();
    let (day, month, year) = (parts.next()?, parts.next()?.to_ascii_lowercase(), parts.next()?);
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    let (clock, zone) = (parts.next()?, parts.next().unwrap_or("Z"));
    let zone = match zone.split_at_checked(3) {
        Some((hours, minutes)) if zone.len() == 5 => format!("{hours}:{minutes}"),
        _ => "Z".to_owned(),
    };
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{clock}{zone}"))
}

/// What an export itself shows that it covers.
#[derive(Debug, Clone, Default)]
struct Inferred {
    scopes: BTreeSet<String>,
    /// A record without a scope was seen.
    unscoped: bool,
    complete: bool,
    has: Has,
    newest: Option<Timestamp>,
}

/// Where an importer leaves what it reads of one file.
pub struct Context<'c> {
    register: &'c mut Register,
    source: Arc<str>,
    given: &'c Given<'c>,
    /// Records of the files before.
    before: usize,
    /// Digests that the configuration knows of in the element at hand, by provider.
    digests: Vec<(&'c str, Key)>,
    /// What somebody stated of the file.
    stated: Vec<Manifest>,
    inferred: BTreeMap<(SourceClass, String, RecordKind), Inferred>,
    told: BTreeSet<String>,
    /// Of logs of single events: the record of each key, so that one is kept a key.
    used: HashMap<Box<str>, usize>,
    /// Names that many records share, each held once.
    names: HashSet<Arc<str>>,
    /// Of what is listed for one user or account at a time, by importer: the first that the file speaks of, and whether it speaks of others.
    firsts: BTreeMap<&'static str, (String, bool)>,
}

impl<'c> Context<'c> {
    /// Begins a file. What `register` has in manifests for it counts before what the file shows.
    pub fn new(register: &'c mut Register, source: &str, given: &'c Given<'c>) -> Self {
        let stated = register.manifests.iter().filter(|m| m.stated && m.source == source).cloned().collect();
        let before = register.records.len();
        Self {
            register,
            source: source.into(),
            given,
            before,
            digests: Vec::new(),
            stated,
            inferred: BTreeMap::new(),
            told: BTreeSet::new(),
            used: HashMap::new(),
            names: HashSet::new(),
            firsts: BTreeMap::new(),
        }
    }

    /// Path of the file from the inventory's root.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The scope that was stated for the file, where it is only one: an account, `OWNER/REPO`, a path of a vault.
    pub fn scope(&self) -> Option<&str> {
        let mut scopes = self.stated.iter().flat_map(|m| m.scopes.as_deref().unwrap_or_default());
        let first = scopes.next()?;
        scopes.all(|s| s == first).then_some(first)
    }

    /// Begins a record of this file.
    pub fn record(&self, class: SourceClass, provider: &str, kind: RecordKind, id: &str) -> Record {
        Record::new(&self.source, class, provider, kind, id)
    }

    /// The id of the key of fingerprints: the first eight hexadecimal digits of its SHA-256.
    pub fn kid(&self) -> String {
        key_id(self.given.key)
    }

    /// Looks into an element that is about to be read for the digests that the configuration knows of.
    pub fn begin(&mut self, element: &Element<'_>) {
        let known = self.given.rules.digests.iter();
        self.digests = known
            .filter_map(|pinned| {
                let path: Vec<&str> = pinned.field.split('.').collect();
                Some((pinned.provider.as_str(), pinned.algorithm.key(&element.text(&path)?)?))
            })
            .collect();
    }

    /// Takes a record. What looks like a secret is no owner. Its native key is added, and the scope that was stated for the file where it has none itself.
    pub fn push(&mut self, mut record: Record) {
        if record.owner.as_ref().is_some_and(|o| words::is_secret_like(&o.value)) {
            record.owner = None;
            let says = format!(
                "{}: the owner of {} looks like a secret that was pasted there; it is dropped, and should be revoked",
                self.source, record.id
            );
            self.register.warnings.push(says);
        }
        if record.scope.is_none() {
            record.scope = self.scope().map(Into::into);
        }
        if let Some(native) = Key::native(&record.provider, &record.id)
            && !record.keys.contains(&native)
        {
            record.keys.push(native);
        }
        record.keys.extend(self.digests.iter().filter(|(provider, _)| *provider == &*record.provider).map(|(_, key)| key.clone()));
        record.keys.shrink_to_fit();
        if !Arc::ptr_eq(&record.source, &self.source) {
            record.source = self.shared(record.source);
        }
        record.provider = self.shared(record.provider);
        record.scope = record.scope.take().map(|scope| self.shared(scope));
        self.register.records.push(record);
    }

    /// The one copy of a name.
    fn shared(&mut self, name: Arc<str>) -> Arc<str> {
        if let Some(known) = self.names.get(&name) {
            return known.clone();
        }
        self.names.insert(name.clone());
        name
    }

    /// Of a log of single events: whether the file has a record of this id, whose last use is then moved on. Otherwise the next record
    /// that is pushed is taken to be its.
    pub fn used_before(&mut self, id: &str, time: Timestamp) -> bool {
        let next = self.register.records.len();
        match self.used.get(id) {
            Some(&at) => {
                let last = &mut self.register.records[at].last_used;
                *last = (*last).max(Some(time));
                true
            }
            None => {
                self.used.insert(id.into(), next);
                false
            }
        }
    }

    /// Takes people, teams and components.
    pub fn directory(&mut self) -> &mut Register {
        self.register
    }

    /// Says whose an id of a provider is; the provider matters where ids are plain numbers.
    pub fn names(&mut self, provider: &str, id: &str, name: &str) {
        self.register.accounts.push(Account { provider: provider.into(), id: id.into(), name: name.to_lowercase().into() });
    }

    /// Says that the file holds records of a kind and scope (`None` where they tell none), and whether all there are of that scope.
    pub fn covers(&mut self, class: SourceClass, provider: &str, kind: RecordKind, scope: Option<&str>, complete: bool, has: Has) {
        let inferred = self.inferred.entry((class, provider.to_owned(), kind)).or_default();
        match scope {
            Some(scope) if !inferred.scopes.contains(scope) => drop(inferred.scopes.insert(scope.to_owned())),
            Some(_) => {}
            None => inferred.unscoped = true,
        }
        inferred.complete |= complete;
        let old = inferred.has;
        inferred.has = Has {
            owner: old.owner | has.owner,
            last_used: old.last_used | has.last_used,
            expiry: old.expiry | has.expiry,
            hint: old.hint | has.hint,
            fingerprint: old.fingerprint | has.fingerprint,
        };
    }

    /// Says how new what the file holds is; without a stated time, the newest counts as when the export was taken.
    pub fn as_of(&mut self, time: Option<Timestamp>) {
        for inferred in self.inferred.values_mut() {
            inferred.newest = inferred.newest.max(time);
        }
    }

    /// The keys of a raw secret of the export: its digest and its keyed fingerprint. The secret itself is kept nowhere.
    pub fn secret(&self, raw: &str) -> Vec<Key> {
        let whole = Algorithm { hash: Hash::Sha256, bytes: 32, strip: "".into() };
        let keyed = Key::new(KeyKind::Kfp1, &fingerprint(self.given.key, raw.as_bytes()));
        whole.key_of_secret(raw.as_bytes()).into_iter().chain(keyed).collect()
    }

    /// Tells of something wrong with an element; the rest is read on.
    pub fn warn(&mut self, element: &Element<'_>, what: &str) {
        let place = if element.is_row { "line" } else { "element" };
        self.register.warnings.push(format!("{}: {place} {}: {what}", self.source, element.number));
    }

    /// Tells of something once for the file.
    pub fn note(&mut self, what: &str) {
        if self.told.insert(what.to_owned()) {
            self.register.warnings.push(format!("{}: {what}", self.source));
        }
    }

    /// What the file holds is not all there is.
    pub fn is_partial(&mut self) {
        self.inferred.values_mut().for_each(|inferred| inferred.complete = false);
    }

    /// Whether what an importer reads of the file is of several, this one among them: a list of one user's keys says nothing of others.
    pub fn is_of_several(&mut self, importer: &'static str, name: &str) -> bool {
        let (first, several) = self.firsts.entry(importer).or_insert_with(|| (name.to_owned(), false));
        *several |= first != name;
        *several
    }

    /// Ends the file: what it covers becomes manifests where nobody stated any.
    pub fn finish(self, mut file: ExportFile) {
        file.records = (self.register.records.len() - self.before) as u64;
        self.register.files.push(file);
        if !self.stated.is_empty() {
            return;
        }
        for ((source_class, provider, kind), inferred) in self.inferred {
            let scopes = Some(inferred.scopes.into_iter().collect());
            self.register.manifests.push(Manifest {
                source: self.source.to_string(),
                source_class,
                provider,
                scopes,
                kinds: vec![kind],
                complete: inferred.complete && !inferred.unscoped,
                as_of: inferred.newest,
                retention_of_deleted: None,
                has: inferred.has,
                stated: false,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_as_exports_write_them() {
        let at = Timestamp::parse("2024-01-02T03:04:05Z");
        for text in [
            "2024-01-02T03:04:05Z",
            "2024-01-02T03:04:05.123Z",
            "2024-01-02T03:04:05+00:00",
            "2024-01-02 03:04:05",
            "2024-01-02T03:04:05+0000",
            "2024-01-02 03:04:05 UTC",
            "Tue, 02 Jan 2024 03:04:05 +0000",
            "2 Jan 2024 03:04:05 GMT",
        ] {
            assert_eq!(time(&json!(text)).map(|t| t.seconds), at.map(|t| t.seconds), "{text}");
        }
        assert_eq!(time(&json!(1_704_164_645)), at);
        assert_eq!(time(&json!(1_704_164_645_000_i64)), at);
        assert_eq!(time(&json!("1704164645")), at);
        assert_eq!(time(&json!("2024-01-02")), Timestamp::parse("2024-01-02T00:00:00Z"));
        for text in ["N/A", "no_information", "not_supported", "", "0", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "soon"] {
            assert_eq!(time(&json!(text)), None, "{text}");
        }
    }
}
