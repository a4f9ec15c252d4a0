//! Records in the one shape that all exports come to, `nhi.inventory/1`: what `keysweep inventory import` writes, or somebody's own export.

use super::context::text;
use super::write::SCHEMA;
use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Hint, Key, KeyKind, OwnedBy, OwnerKind, OwnerName, RecordKind, SourceClass, Status};
use serde_json::Value;

/// `normalised`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "normalised"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Governance, of: &[] }
    }

    fn command(&self) -> &'static str {
        "keysweep inventory import EXPORTS -o records.jsonl; or a JSON object a line of your own, {\"schema\": \"nhi.inventory/1\", ...}"
    }

    fn lacks(&self) -> &'static str {
        "what is covered: state it in a manifest, or absence in it means nothing"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.text(&["schema"]).is_some_and(|s| s.starts_with("nhi.inventory/"))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let of = |path: &[&str]| element.text(path);
        if let Some(other) = of(&["schema"]).filter(|s| s != SCHEMA) {
            return context.warn(element, &format!("is of the schema {other}, and this keysweep reads {SCHEMA}; left out"));
        }
        let (Some(provider), Some(id)) = (of(&["provider"]), of(&["id"])) else {
            return context.warn(element, "without `provider` and `id` it is no record; left out");
        };
        let class = named(element, context, "source_class", words::class).unwrap_or(SourceClass::Governance);
        let kind = named(element, context, "kind", words::kind).unwrap_or(RecordKind::Other);
        let mut record = context.record(class, &provider, kind, &id);
        // What a manifest states is stated of the export that it was first in.
        if let Some(source) = of(&["source"]) {
            record.source = source.into();
        }
        record.scope = of(&["scope"]).map(Into::into);
        record.display = of(&["display"]).map(Into::into);
        record.principal = of(&["principal", "type"]).and_then(|c| Class::named(&c)).unwrap_or_default();
        record.keys = keys(element, context, "join");
        record.of = keys(element, context, "of");
        record.hint = hint(element);
        record.owner = owner(element);
        record.created = element.time(&["created"]);
        record.last_used = element.time(&["last_used"]).or_else(|| element.time(&["last_seen"]));
        record.last_rotated = element.time(&["last_rotated"]);
        record.expires = element.time(&["expires"]);
        record.environment = of(&["environment"]).map(Into::into);
        record.status = of(&["status"]).map(|s| words::status(&s)).unwrap_or(Status::Unknown);
        record.purpose = of(&["purpose"]).map(Into::into);
        record.privileges = element.list(&["privileges"]).iter().filter_map(text).map(Into::into).collect();
        record.third_party = of(&["third_party"]).is_some_and(|t| t == "true");
        if let Some(Value::Object(tags)) = element.at(&["tags"]) {
            record.details = tags.iter().filter_map(|(k, v)| Some((k.clone(), text(v)?))).collect();
        }
        let has = Has {
            owner: record.owner.is_some(),
            last_used: record.last_used.is_some(),
            expiry: record.expires.is_some(),
            hint: record.hint.is_some(),
            fingerprint: record.keys.iter().any(|k| k.kind.is_digest()),
        };
        let scope = record.scope.clone();
        context.covers(class, &provider, kind, scope.as_deref(), false, has);
        context.as_of(element.time(&["as_of"]));
        context.push(record);
    }
}

/// The value of a field with a fixed set of words.
fn named<T>(element: &Element<'_>, context: &mut Context<'_>, field: &str, meaning: fn(&str) -> Option<T>) -> Option<T> {
    let word = element.text(&[field])?;
    let known = meaning(&word);
    if known.is_none() {
        context.warn(element, &format!("there is no {field} `{word}`"));
    }
    known
}

/// Keys of a list of `{"type", "value"}`; a type that is not known is told once, and the others join.
fn keys(element: &Element<'_>, context: &mut Context<'_>, field: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    for entry in element.list(&[field]) {
        let told = |name: &str| entry.get(name).and_then(text);
        let (Some(word), Some(value)) = (told("type"), told("value")) else { continue };
        // The normalised names of the specification stand for the ones here.
        let kind = KeyKind::named(if word == "s256_16" { "s256" } else { &word });
        match kind {
            Some(kind) => keys.extend(Key::new(kind, &value)),
            None => context.note(&format!("there is no join key `{word}`; such keys join nothing")),
        }
    }
    keys
}

fn hint(element: &Element<'_>) -> Option<Box<Hint>> {
    let part = |name: &str| element.text(&["hint", name]).unwrap_or_default();
    let (prefix, suffix) = (part("prefix"), part("suffix"));
    let fixed: usize = part("prefix_fixed").parse().unwrap_or(0);
    let bits: f32 = match part("alphabet").as_str() {
        "hex" => 4.0,
        "b32" => 5.0,
        "b62" => 5.954,
        _ => 6.0,
    };
    let free = part("free_chars").parse().unwrap_or_else(|_| (prefix.chars().count() + suffix.chars().count()).saturating_sub(fixed));
    let bits = part("bits").parse().unwrap_or(free as f32 * bits);
    let is_shown = !prefix.is_empty() || !suffix.is_empty();
    (is_shown && bits > 0.0).then(|| Box::new(Hint { prefix: prefix.into(), suffix: suffix.into(), bits, within: None }))
}

fn owner(element: &Element<'_>) -> Option<OwnerName> {
    let by = element.text(&["owner", "evidence"]).and_then(|e| OwnedBy::named(&e)).unwrap_or(OwnedBy::Field);
    let value = element.text(&["owner", "value"]).or_else(|| element.text(&["owner"]))?;
    let mut owner = words::owner(&value, by)?;
    owner.kind = element.text(&["owner", "kind"]).and_then(|k| OwnerKind::named(&k)).unwrap_or(owner.kind);
    Some(owner)
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use super::super::write::normalised;

    #[test]
    fn what_is_written_is_read_again_but_for_digests_of_raw_secrets() {
        let keys = r#"{"keys":[{"token":"111f74b569795e5910518be3f291704ad7f908c3afb3f75258340f3a4f170bf7","key_name":"sk-...-000","key_alias":"eval","team_id":"ml","user_id":"kim@acme.example","expires":"2027-01-01T00:00:00Z","created_at":"2024-01-01T00:00:00Z"}]}"#;
        let secrets = r#"{"items":[{"kind":"Secret","type":"Opaque","metadata":{"namespace":"ml","name":"openai","uid":"dddddddd-0000-4000-8000-000000000001"},"data":{"OPENAI_API_KEY":"RkFLRS1zZWNyZXQtdmFsdWUtMDAw"}}]}"#;
        for (name, text) in [("keys.json", keys), ("k8s.json", secrets)] {
            let first = read_text(name, text, Vec::new());
            assert!(!first.records.is_empty(), "{name}");
            let lines: String = first.records.iter().map(|r| normalised(r).to_string() + "\n").collect();
            assert!(!lines.contains("FAKE-secret"), "{lines}");
            let second = read_text("records.jsonl", &lines, Vec::new());
            let again: String = second.records.iter().map(|r| normalised(r).to_string() + "\n").collect();
            assert_eq!(again, lines, "{:?}", second.warnings);
            let is_raw = name == "k8s.json";
            assert_eq!(lines.contains("\"s256\""), !is_raw, "a digest of a raw secret could be guessed from: {lines}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_is_read() {
        let text = r#"{"schema":"nhi.inventory/1","provider":"groq","id":"k1","kind":"api_key","source_class":"boss","join":[{"type":"s256_16","value":"111f74b569795e5910518be3f291704a"},{"type":"colour","value":"red"}],"owner":"kim@acme.example","hint":{"suffix":"ab12","alphabet":"hex"}}
{"schema":"nhi.inventory/2","provider":"groq","id":"k2"}
{"schema":"nhi.inventory/1","provider":"groq"}
"#;
        let register = read_text("r.jsonl", text, Vec::new());
        assert_eq!((register.records.len(), register.records[0].hint.as_ref().map(|h| h.bits)), (1, Some(16.0)));
        let warnings = register.warnings.join("\n");
        for says in [
            "no source_class `boss`",
            "no join key `colour`",
            "element 2: is of the schema nhi.inventory/2",
            "element 3: without `provider`",
        ] {
            assert!(warnings.contains(says), "{says}: {warnings}");
        }
    }
}
