//! Records in the one shape that all exports come to: `nhi.inventory/1`, a JSON object each.

use crate::model::{KeyKind, OwnerKind, Record, Status, Timestamp};
use serde_json::{Map, Value, json};

/// Name and version of the shape.
pub const SCHEMA: &str = "nhi.inventory/1";

/// A record as an object without empty fields. Of a secret that was read in the clear it has the keyed fingerprint alone: unkeyed digests of
/// short secrets could be guessed from.
pub fn normalised(record: &Record) -> Value {
    let is_known_raw = record.keys.iter().any(|k| k.kind == KeyKind::Kfp1);
    let open = |kind: KeyKind| !(is_known_raw && kind.is_digest() && kind != KeyKind::Kfp1);
    let join: Vec<Value> =
        record.keys.iter().filter(|k| open(k.kind)).map(|k| json!({"type": k.kind.as_str(), "value": k.value})).collect();
    let of: Vec<Value> = record.of.iter().map(|k| json!({"type": k.kind.as_str(), "value": k.value})).collect();
    let time = |t: Option<Timestamp>| t.map(|t| t.to_string());
    let hint = record.hint.as_ref().map(|h| json!({"prefix": h.prefix, "suffix": h.suffix, "bits": h.bits}));
    let owner = record.owner.as_ref().map(|o| {
        let kind = (o.kind != OwnerKind::Unknown).then(|| o.kind.as_str());
        json!({"value": o.value, "kind": kind, "evidence": o.by.as_str()})
    });
    let all = json!({
        "schema": SCHEMA, "source": &*record.source, "source_class": record.class.as_str(), "provider": &*record.provider,
        "scope": record.scope.as_deref(), "kind": record.kind.as_str(), "id": record.id, "display": record.display,
        "principal": {"type": record.principal.as_str()}, "join": join, "of": of, "hint": hint, "owner": owner,
        "created": time(record.created), "last_used": time(record.last_used), "last_rotated": time(record.last_rotated),
        "expires": time(record.expires), "environment": record.environment,
        "status": (record.status != Status::Unknown).then(|| record.status.as_str()), "purpose": record.purpose,
        "privileges": record.privileges, "third_party": record.third_party.then_some(true), "tags": record.details,
    });
    lean(all)
}

/// The same without what is null, empty or unknown.
fn lean(value: Value) -> Value {
    let Value::Object(object) = value else { return value };
    let kept: Map<String, Value> = object.into_iter().map(|(k, v)| (k, lean(v))).filter(|(_, v)| !is_nothing(v)).collect();
    Value::Object(kept)
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}
