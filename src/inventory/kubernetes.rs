//! Kubernetes: service accounts and secrets of a cluster, `kubectl get sa,secrets -A -o json`. Values are fingerprinted and dropped.

use super::context::{Context, ENVIRONMENT_TAGS, Element, OWNER_TAGS, text};
use super::{Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, OwnerName, Record, RecordKind, SourceClass, Status};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// `kubernetes`.
pub(super) struct Format;

/// Annotations that name the cloud identity of a service account, and what they name.
const FEDERATED: &[(&str, KeyKind)] = &[
    ("eks.amazonaws.com/role-arn", KeyKind::AwsArn),
    ("iam.gke.io/gcp-service-account", KeyKind::GcpSa),
    ("azure.workload.identity/client-id", KeyKind::EntraAppId),
];

/// Longest secret that is taken apart.
const LONGEST: usize = 1 << 20;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "kubernetes"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["kubernetes"] }
    }

    fn command(&self) -> &'static str {
        "kubectl get serviceaccounts,secrets -A -o json"
    }

    fn lacks(&self) -> &'static str {
        "not which cluster it is, unless a token in it says so: state the issuer in a manifest (`scopes`); the export holds secrets in clear"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let kind = element.text(&["kind"]);
        matches!(kind.as_deref(), Some("ServiceAccount" | "Secret")) && element.at(&["metadata", "name"]).is_some()
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(name) = element.text(&["metadata", "name"]) else { return };
        let namespace = element.text(&["metadata", "namespace"]).unwrap_or_else(|| "default".to_owned());
        let is_account = element.text(&["kind"]).is_some_and(|k| k == "ServiceAccount");
        let annotation = |name: &str| element.text(&["metadata", "annotations", name]);
        let account = annotation("kubernetes.io/service-account.name");
        let uid = element.text(&["metadata", "uid"]);
        let is_token = element.text(&["type"]).is_some_and(|t| t == "kubernetes.io/service-account-token");
        let (class, kind) = match (is_account, is_token) {
            (true, _) => (SourceClass::Issuer, RecordKind::ServiceAccount),
            (_, true) => (SourceClass::Issuer, RecordKind::Token),
            _ => (SourceClass::Vault, RecordKind::SecretRef),
        };
        let id = uid.clone().unwrap_or_else(|| format!("{namespace}/{name}"));
        let mut record = context.record(class, "kubernetes", kind, &id);
        if is_account {
            record.keys.extend(uid.as_deref().and_then(|u| Key::new(KeyKind::K8sUid, u)));
            record.keys.extend(Key::new(KeyKind::K8sSa, &format!("{namespace}/{name}")));
            record.principal = Class::Workload;
            for (annotation, kind) in FEDERATED {
                let named = element.text(&["metadata", "annotations", annotation]);
                record.of.extend(named.and_then(|n| Key::new(*kind, &n)));
            }
        } else if is_token {
            // A token of a service account is recognised by the account it carries.
            record.keys.extend(annotation("kubernetes.io/service-account.uid").and_then(|u| Key::new(KeyKind::K8sUid, &u)));
            record.of.extend(account.as_deref().and_then(|a| Key::new(KeyKind::K8sSa, &format!("{namespace}/{a}"))));
            record.principal = Class::Workload;
        } else {
            record.keys.extend(Key::new(KeyKind::SecretRef, &format!("{namespace}/{name}")));
        }
        record.display = Some(format!("{namespace}/{name}").into());
        record.created = element.time(&["metadata", "creationTimestamp"]);
        record.last_used = element
            .text(&["metadata", "labels", "kubernetes.io/legacy-token-last-used"])
            .and_then(|t| super::context::time(&Value::String(t)));
        record.owner = owner(element);
        record.environment = ["labels", "annotations"].iter().find_map(|f| element.tag(&["metadata", f], ENVIRONMENT_TAGS)).map(Into::into);
        record.status = if element.object.contains_key("deletionTimestamp") { Status::Pending } else { Status::Active };
        let issuer = values(element, context, &mut record);
        let scope = context.scope().map(str::to_owned).or(issuer);
        record.scope = scope.as_deref().map(Into::into);
        context.covers(class, "kubernetes", kind, scope.as_deref(), scope.is_some(), Has { owner: true, ..Has::default() });
        context.push(record);
    }
}

fn owner(element: &Element<'_>) -> Option<OwnerName> {
    let mut tags = OWNER_TAGS.to_vec();
    tags.push("app.kubernetes.io/part-of");
    let named = ["annotations", "labels"].iter().find_map(|f| element.tag(&["metadata", f], &tags));
    named.and_then(|o| words::owner(&o, OwnedBy::Tag))
}

/// Adds the fingerprints of a secret's values; the issuer, where one of them is a token that names it.
fn values(element: &Element<'_>, context: &Context<'_>, record: &mut Record) -> Option<String> {
    let mut issuer = None;
    for (field, is_encoded) in [("data", true), ("stringData", false)] {
        for (name, value) in element.at(&[field]).and_then(Value::as_object).into_iter().flatten() {
            let Some(written) = text(value).filter(|v| v.len() <= LONGEST) else { continue };
            let decoded = || STANDARD.decode(&written).ok().and_then(|b| String::from_utf8(b).ok());
            let Some(raw) = (if is_encoded { decoded() } else { Some(written.clone()) }) else { continue };
            if matches!(name.as_str(), "ca.crt" | "namespace" | "tls.crt") || raw.trim().len() < 8 {
                continue;
            }
            issuer = issuer.or_else(|| issuer_of(&raw));
            record.keys.extend(context.secret(&raw));
            leaves(&raw, context, record);
        }
    }
    issuer
}

/// A JSON document kept as one secret, such as a key file or a registry's login: each of its leaves may be what code holds.
fn leaves(raw: &str, context: &Context<'_>, record: &mut Record) {
    let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(raw) else { return };
    let mut stack = vec![&value];
    while let Some(next) = stack.pop() {
        match next {
            Value::Object(map) => stack.extend(map.values()),
            Value::Array(list) => stack.extend(list),
            Value::String(leaf) if leaf.len() >= 12 => record.keys.extend(context.secret(leaf)),
            _ => {}
        }
    }
}

/// The issuer that a JWT names.
fn issuer_of(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1).filter(|_| token.starts_with("eyJ"))?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.get("iss").and_then(text)
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, RecordKind};

    #[test]
    fn accounts_tokens_and_secrets_are_read_and_values_dropped() {
        let text = r#"{"apiVersion":"v1","kind":"List","items":[
          {"kind":"ServiceAccount","metadata":{"namespace":"ml","name":"trainer","uid":"cccccccc-0000-4000-8000-000000000001","creationTimestamp":"2024-01-01T00:00:00Z","labels":{"team":"ml-platform"},"annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::111122223333:role/trainer"}}},
          {"kind":"Secret","type":"kubernetes.io/service-account-token","metadata":{"namespace":"ml","name":"trainer-token","uid":"dddddddd-0000-4000-8000-000000000001","annotations":{"kubernetes.io/service-account.name":"trainer","kubernetes.io/service-account.uid":"cccccccc-0000-4000-8000-000000000001"}}},
          {"kind":"Secret","type":"Opaque","metadata":{"namespace":"ml","name":"openai"},"data":{"KEY":"RkFLRS1zZWNyZXQtdmFsdWUtMDAw"}}]}"#;
        let register = read_text("k8s.json", text, Vec::new());
        assert_eq!(
            register.records.iter().map(|r| r.kind).collect::<Vec<_>>(),
            [RecordKind::ServiceAccount, RecordKind::Token, RecordKind::SecretRef]
        );
        assert!(register.records[0].of.iter().any(|k| k.kind == KeyKind::AwsArn) && register.records[0].owner.is_some());
        assert!(register.records[1].keys.iter().any(|k| k.kind == KeyKind::K8sUid && k.value.starts_with("cccccccc")));
        let digest = register.records[2].keys.iter().find(|k| k.kind == KeyKind::S256).map(|k| k.value.to_string());
        assert_eq!(digest.as_deref(), Some("111f74b569795e5910518be3f291704a"));
        assert!(!format!("{register:?}").contains("FAKE-secret"));
    }
}
