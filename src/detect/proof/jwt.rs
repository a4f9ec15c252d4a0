//! JSON Web Tokens (RFC 7519) in compact form, among them those of Kubernetes service accounts.

use super::encoding::{base64url, is_base64url};
use super::{Decoded, Outcome, identity, seconds};
use crate::model::{Class, Key, KeyKind, Proof};
use serde_json::{Map, Value};

/// The claims of a token; `None` unless header and payload are JSON objects, the header names an algorithm, and a signature follows.
fn claims(value: &[u8]) -> Option<Map<String, Value>> {
    let mut parts = value.split(|b| *b == b'.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let object = |part| serde_json::from_slice::<Map<String, Value>>(&base64url(part)?).ok();
    let algorithm = object(header)?.get("alg")?.as_str()?.to_owned();
    let signed = signature.iter().copied().all(is_base64url) && (!signature.is_empty() || algorithm == "none");
    if signed { object(payload) } else { None }
}

/// Three parts, the first two of them JSON.
pub(super) fn check(value: &[u8]) -> Outcome {
    claims(value).map_or(Outcome::Failed, |_| Outcome::Proven(Proof::Structure))
}

/// Subject, issuer and lifetime; of a Kubernetes token the service account as subject.
pub(super) fn decode(value: &[u8]) -> Option<Decoded> {
    let claims = claims(value)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).and_then(identity);
    let account = service_account(&claims);
    let class = account.is_some().then_some(Class::Workload);
    Some(Decoded {
        principal: account.or_else(|| text("sub")),
        // The issuer of Kubernetes' first kind of tokens is the same in all clusters.
        scope: text("iss").filter(|iss| iss != "kubernetes/serviceaccount"),
        issued: claims.get("iat").and_then(seconds),
        expires: claims.get("exp").and_then(seconds),
        class,
        keys: keys(&claims),
        ..Decoded::default()
    })
}

/// What an inventory may know the token's subject by.
fn keys(claims: &Map<String, Value>) -> Vec<Key> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let bound = |path: &str| claims.get("kubernetes.io").and_then(|k| k.pointer(path)).and_then(Value::as_str);
    let flat = |name: &str| claims.get(&format!("kubernetes.io/serviceaccount/{name}")).and_then(Value::as_str);
    let mut keys = Vec::new();
    let mut add = |kind, value: Option<&str>| keys.extend(value.and_then(|v| Key::new(kind, v)));
    add(KeyKind::K8sUid, flat("service-account.uid").or_else(|| bound("/serviceaccount/uid")));
    let namespace = flat("namespace").or_else(|| bound("/namespace"));
    let account = flat("service-account.name").or_else(|| bound("/serviceaccount/name"));
    add(KeyKind::K8sSa, namespace.zip(account).map(|(n, a)| format!("{n}/{a}")).as_deref());
    add(KeyKind::EntraAppId, text("appid").or_else(|| text("azp").filter(|_| claims.contains_key("tid"))));
    add(KeyKind::EntraOid, text("oid"));
    add(KeyKind::EntraTenant, text("tid"));
    add(KeyKind::SpiffeId, text("sub").filter(|s| s.starts_with("spiffe://")));
    add(KeyKind::JwtSubject, text("iss").zip(text("sub")).map(|(i, s)| format!("{i}#{s}")).as_deref());
    keys
}

/// `system:serviceaccount:<namespace>:<name>`, from the subject or from the claims of either kind of token.
///
/// Source: Kubernetes' `pkg/serviceaccount`: flat claims in legacy tokens, nested ones in bound tokens.
fn service_account(claims: &Map<String, Value>) -> Option<String> {
    const SUBJECT: &str = "system:serviceaccount:";
    if let Some(subject) = claims.get("sub").and_then(Value::as_str).filter(|s| s.starts_with(SUBJECT)) {
        return identity(subject);
    }
    let flat = |name: &str| claims.get(&format!("kubernetes.io/serviceaccount/{name}"))?.as_str();
    let bound = claims.get("kubernetes.io").unwrap_or(&Value::Null);
    let namespace = flat("namespace").or_else(|| bound.get("namespace")?.as_str())?;
    let name = flat("service-account.name").or_else(|| bound.get("serviceaccount")?.get("name")?.as_str())?;
    identity(&format!("{SUBJECT}{namespace}:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn token(header: &str, payload: &str, signature: &str) -> Vec<u8> {
        format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload)).into_bytes()
    }

    const HEADER: &str = r#"{"alg":"RS256","kid":"a"}"#;

    #[test]
    fn only_three_parts_of_json_are_a_token() {
        assert_eq!(check(&token(HEADER, "{}", "c2ln")), Outcome::Proven(Proof::Structure));
        assert_eq!(check(&token(r#"{"alg":"none"}"#, "{}", "")), Outcome::Proven(Proof::Structure));
        for (header, payload, signature) in [
            (HEADER, "[]", "c2ln"),
            (HEADER, "{}", ""),
            (HEADER, "{}", "c2ln.x"),
            (HEADER, "{}", "c2*n"),
            (r#"{"typ":"JWT"}"#, "{}", "c2ln"),
        ] {
            assert_eq!(check(&token(header, payload, signature)), Outcome::Failed, "{header} {payload} {signature}");
        }
        assert_eq!(check(&token(HEADER, &"[".repeat(20_000), "c2ln")), Outcome::Failed);
    }

    #[test]
    fn claims_say_whose_and_how_long() {
        let payload = r#"{"iss":"https://id.test","sub":"ci","iat":1700000000,"exp":1700003600.5}"#;
        let decoded = decode(&token(HEADER, payload, "c2ln")).expect("decodes");
        assert_eq!((decoded.principal.as_deref(), decoded.scope.as_deref()), (Some("ci"), Some("https://id.test")));
        assert_eq!((decoded.issued, decoded.expires), (Some(1_700_000_000), Some(1_700_003_600)));
        let decoded = decode(&token(HEADER, r#"{"sub":7,"iss":"a\u0007","iat":-1,"exp":1e300}"#, "c2ln")).expect("decodes");
        assert_eq!(decoded, Decoded::default());
    }

    #[test]
    fn kubernetes_tokens_name_their_service_account() {
        let payloads = [
            r#"{"sub":"system:serviceaccount:ml:trainer"}"#,
            r#"{"kubernetes.io/serviceaccount/namespace":"ml","kubernetes.io/serviceaccount/service-account.name":"trainer"}"#,
            r#"{"sub":"x","kubernetes.io":{"namespace":"ml","serviceaccount":{"name":"trainer"}}}"#,
        ];
        for payload in payloads {
            let decoded = decode(&token(HEADER, payload, "c2ln")).expect("decodes");
            assert_eq!(decoded.principal.as_deref(), Some("system:serviceaccount:ml:trainer"), "{payload}");
            assert_eq!(decoded.class, Some(Class::Workload), "{payload}");
        }
    }
}
