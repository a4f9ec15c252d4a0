//! Kubernetes: manifests of workloads, service accounts, secrets, and of custom resources that carry identities.

use super::names::{self, declaration, inside, keyed, reference};
use super::node::Node;
use super::{Extractor, Reads, json, yaml};
use crate::model::{Class, KeyKind, Mention, Outline, Place, Proves, RecordKind, Resource};
use std::collections::BTreeMap;

/// `kubernetes`.
pub(super) struct Format;

/// What stands in every manifest that an identity is taken from; those of any text come on top.
const WORDS: &[&str] = &["ecret", "erviceAccount", "Certificate", "SPIFFE", "AccessKey", "iam.aws", "spiffe:"];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "kubernetes"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "YAML and JSON with `apiVersion` and `kind`, Helm templates, kubeconfigs",
            takes: "workloads, service accounts, secrets (`data` decoded), cert-manager, External Secrets, SPIFFE, Crossplane, KServe, Argo CD",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let is_named = path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
        let is_config = ["kubeconfig", "kubeconfig.conf", ".kube/config"].iter().any(|e| path.ends_with(e));
        (is_named || is_config) && begins_line(head, b"apiVersion") && begins_line(head, b"kind")
    }

    fn may_name(&self, text: &str) -> bool {
        let holds = |word: &&str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
        (WORDS.iter().any(holds) && !is_schema(text)) || names::may_hold(text).contains(&true)
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let is_template = path.contains("templates/") && text.contains("{{");
        let documents = if path.ends_with(".json") {
            json::read(text, outline).into_iter().collect()
        } else if is_template {
            yaml::template(text, outline)
        } else {
            yaml::read_but(text, outline, is_schema)
        };
        let format = if is_template { "helm" } else { "kubernetes" };
        let mut reader = Manifests { text, format, stores: BTreeMap::new() };
        documents.iter().flat_map(objects).for_each(|object| reader.store(object));
        documents.iter().flat_map(objects).for_each(|object| reader.object(object, outline));
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// Whether a line begins with a key, in YAML or JSON.
fn begins_line(head: &[u8], key: &[u8]) -> bool {
    memchr::memmem::find_iter(head, key).any(|at| {
        let before = head[..at].iter().rev().take_while(|b| **b != b'\n');
        let own = before.copied().all(|b| matches!(b, b' ' | b'"' | b'\'' | b'{' | b'-' | b',' | b'\t') || b >= 0x80);
        let after = head.get(at + key.len()..).unwrap_or_default();
        own && after.iter().find(|b| !matches!(b, b'"' | b'\'' | b' ')).is_some_and(|b| *b == b':')
    })
}

/// The objects of a document: itself, or those of a list.
fn objects(document: &Node) -> Vec<&Node> {
    match document.text_of("kind") {
        Some(kind) if kind.ends_with("List") => document.get("items").map_or(&[][..], Node::items).iter().collect(),
        _ => vec![document],
    }
}

/// The documents of a file.
struct Manifests<'t> {
    text: &'t str,
    /// What places say they are of.
    format: &'static str,
    /// Provider and path of each secret store, by name.
    stores: BTreeMap<String, (&'static str, String)>,
}

impl Manifests<'_> {
    /// Notes which provider a secret store of External Secrets uses.
    fn store(&mut self, object: &Node) {
        if !matches!(object.text_of("kind"), Some("SecretStore" | "ClusterSecretStore")) {
            return;
        }
        let Some(provider) = object.at(&["spec", "provider"]) else { return };
        let known = [("vault", "vault"), ("aws", "aws"), ("gcpsm", "gcp"), ("azurekv", "azure")];
        let Some((field, slug)) = known.iter().find(|(field, _)| provider.get(field).is_some()) else { return };
        let path = provider.at(&[field, "path"]).and_then(Node::text).unwrap_or_default();
        let name = object.at(&["metadata", "name"]).and_then(Node::text).unwrap_or_default();
        self.stores.insert(name.to_owned(), (slug, path.to_owned()));
    }

    fn object(&self, object: &Node, outline: &mut Outline) {
        let kind = object.text_of("kind").unwrap_or_default();
        let metadata = object.get("metadata");
        let name = metadata.and_then(|m| m.get("name").or_else(|| m.get("generateName")));
        // As it is written, which in a template says more than what it was undone to.
        let name = name.map(|n| inside(self.text, n)).and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default();
        let namespace = metadata.and_then(|m| m.text_of("namespace")).filter(|n| !names::is_open(n));
        let environment = metadata.and_then(|m| m.get("labels")).and_then(|l| ["env", "environment"].iter().find_map(|k| l.text_of(k)));
        let resource = Resource {
            format: self.format.into(),
            name: Some(match namespace {
                Some(namespace) => format!("{kind}/{namespace}/{name}"),
                None => format!("{kind}/{name}"),
            }),
            environment: environment.map(str::to_owned),
            ..Resource::default()
        };
        outline.places.push(Place { start: object.start, end: object.end, resource });
        match kind {
            "ServiceAccount" => self.account(object, namespace, outline),
            "ExternalSecret" | "ClusterExternalSecret" | "PushSecret" => self.external(object, outline),
            "RoleBinding" | "ClusterRoleBinding" => self.binding(object, namespace, outline),
            "Certificate" => self.certificate(object, outline),
            "ClusterSPIFFEID" => {
                self.named(object, &["spec", "spiffeIDTemplate"], ("spiffe", RecordKind::WorkloadId, KeyKind::SpiffeId), outline);
            }
            "Role" | "User" | "AccessKey" if object.text_of("apiVersion").is_some_and(|v| v.contains("iam.aws")) => {
                self.crossplane(object, kind, outline);
            }
            "ServiceAccountKey" => self.crossplane(object, kind, outline),
            _ => {}
        }
        self.pods(object, namespace, outline);
        names::key_places(object, outline);
    }

    fn account(&self, object: &Node, namespace: Option<&str>, outline: &mut Outline) {
        let Some((node, name)) = literal_at(object, &["metadata", "name"]) else { return };
        let account = declaration(inside(self.text, node), "kubernetes", RecordKind::ServiceAccount, name).of_class(Class::Workload);
        outline.mentions.push(within(account, KeyKind::K8sSa, namespace, name));
        for (key, value) in object.at(&["metadata", "annotations"]).map_or(&[][..], Node::entries) {
            let (span, text) = (inside(self.text, value), value.text().unwrap_or_default());
            if text.is_empty() || names::is_open(text) {
                continue;
            }
            let acts_as = match key.text().unwrap_or_default() {
                "eks.amazonaws.com/role-arn" => names::arn(span, text),
                "iam.gke.io/gcp-service-account" => Some(names::service_account(span, text)),
                "azure.workload.identity/client-id" => {
                    Some(reference(span, "azure", RecordKind::App, text).known_by(KeyKind::EntraAppId, text))
                }
                _ => None,
            };
            let by = namespace.map_or_else(|| name.to_owned(), |n| format!("{n}/{name}"));
            outline.mentions.extend(acts_as.map(|m| m.of_class(Class::Workload).proven(Proves::Federated).with("service_account", by)));
        }
    }

    /// References of External Secrets to what a store keeps.
    fn external(&self, object: &Node, outline: &mut Outline) {
        let spec = object.get("spec").map(|s| s.get("externalSecretSpec").unwrap_or(s));
        let Some(spec) = spec else { return };
        let store = spec.at(&["secretStoreRef", "name"]).and_then(Node::text).unwrap_or_default();
        let (provider, mount) = self.stores.get(store).map_or(("", ""), |(p, m)| (*p, m.as_str()));
        // A store of another file is told by its name, and is most often Vault.
        let guessed = ["aws", "gcp", "azure"].iter().find(|p| store.to_ascii_lowercase().contains(*p)).copied();
        let provider = if provider.is_empty() { guessed.unwrap_or("vault") } else { provider };
        let data = spec.get("data").map_or(&[][..], Node::items).iter().filter_map(|d| d.at(&["remoteRef", "key"]));
        let from =
            spec.get("dataFrom").map_or(&[][..], Node::items).iter().filter_map(|d| d.at(&["extract", "key"]).or_else(|| d.get("key")));
        for node in data.chain(from) {
            let Some(key) = node.text().filter(|k| !k.is_empty() && !names::is_open(k)) else { continue };
            let span = inside(self.text, node);
            let mention = if provider == "vault" {
                let mut found = names::vault(span, key);
                if !mount.is_empty() && !key.starts_with(&format!("{mount}/")) {
                    found = found.known_by(KeyKind::VaultPath, &format!("{mount}/{key}"));
                }
                found
            } else {
                names::stored(span, provider, key)
            };
            outline.mentions.push(mention.with("store", store));
        }
    }

    /// Whom a binding gives rights; `cluster-admin` is all of them.
    fn binding(&self, object: &Node, namespace: Option<&str>, outline: &mut Outline) {
        let role = object.at(&["roleRef", "name"]).and_then(Node::text).unwrap_or_default();
        for subject in object.get("subjects").map_or(&[][..], Node::items) {
            let (Some(node), Some("ServiceAccount")) = (subject.get("name"), subject.text_of("kind")) else { continue };
            let Some(name) = names::literal(node) else { continue };
            let namespace = subject.get("namespace").map_or(namespace, names::literal);
            let bound = self.service_account(node, name, namespace).with("role", role);
            outline.mentions.push(if role == "cluster-admin" { bound.with("privileged", "true") } else { bound });
        }
    }

    fn service_account(&self, node: &Node, name: &str, namespace: Option<&str>) -> Mention {
        let found = reference(inside(self.text, node), "kubernetes", RecordKind::ServiceAccount, name).of_class(Class::Workload);
        within(found, KeyKind::K8sSa, namespace, name)
    }

    fn certificate(&self, object: &Node, outline: &mut Outline) {
        let Some((node, name)) = literal_at(object, &["metadata", "name"]) else { return };
        let names =
            object.at(&["spec", "dnsNames"]).map_or(&[][..], Node::items).iter().filter_map(Node::text).collect::<Vec<_>>().join(" ");
        let issuer = object.at(&["spec", "issuerRef", "name"]).and_then(Node::text).unwrap_or_default();
        let asked = declaration(inside(self.text, node), "x509", RecordKind::Cert, name);
        outline.mentions.push(
            asked
                .with("issuer", issuer)
                .with("names", names)
                .with("duration", object.at(&["spec", "duration"]).and_then(Node::text).unwrap_or_default()),
        );
        for uri in object.at(&["spec", "uris"]).map_or(&[][..], Node::items) {
            let text = uri.text().unwrap_or_default();
            let id = reference(inside(self.text, uri), "spiffe", RecordKind::WorkloadId, text);
            outline.mentions.push(id.known_by(KeyKind::SpiffeId, text));
        }
    }

    fn named(&self, object: &Node, path: &[&str], (provider, kind, key): (&str, RecordKind, KeyKind), outline: &mut Outline) {
        let Some(node) = object.at(path) else { return };
        let text = node.text().unwrap_or_default();
        let mention = declaration(inside(self.text, node), provider, kind, text);
        outline.mentions.push(if names::is_open(text) { mention } else { mention.known_by(key, text) });
    }

    fn crossplane(&self, object: &Node, kind: &str, outline: &mut Outline) {
        let Some((node, name)) = literal_at(object, &["metadata", "name"]) else { return };
        let (provider, kind) = match kind {
            "Role" => ("aws", RecordKind::Role),
            "User" => ("aws", RecordKind::User),
            "AccessKey" => ("aws", RecordKind::AccessKey),
            _ => ("gcp", RecordKind::SaKey),
        };
        outline.mentions.push(declaration(inside(self.text, node), provider, kind, name));
    }

    /// What the pods of an object run as, and the secrets that they read.
    fn pods(&self, object: &Node, namespace: Option<&str>, outline: &mut Outline) {
        let mut stack = vec![object];
        while let Some(node) = stack.pop() {
            for (key, value) in node.entries() {
                match (key.text().unwrap_or_default(), names::literal(value)) {
                    ("serviceAccountName" | "serviceAccount", Some(name)) => {
                        outline.mentions.push(self.service_account(value, name, namespace));
                    }
                    ("secretKeyRef" | "secretRef", _) => self.secret(value, "name", namespace, outline),
                    ("secret", _) => self.secret(value, "secretName", namespace, outline),
                    ("imagePullSecrets", _) => value.items().iter().for_each(|s| self.secret(s, "name", namespace, outline)),
                    ("env", _) => self.variables(value, outline),
                    _ => {}
                }
                stack.push(value);
            }
            stack.extend(node.items());
        }
    }

    fn secret(&self, node: &Node, field: &str, namespace: Option<&str>, outline: &mut Outline) {
        let Some((named, name)) = literal_at(node, &[field]) else { return };
        let called = namespace.map_or_else(|| name.to_owned(), |n| format!("{n}/{name}"));
        let found = reference(inside(self.text, named), "kubernetes", RecordKind::SecretRef, &called);
        outline.mentions.push(within(found, KeyKind::SecretRef, namespace, name).with("key", node.text_of("key").unwrap_or_default()));
    }

    /// Variables of a container: the value belongs to the name beside it.
    fn variables(&self, env: &Node, outline: &mut Outline) {
        for variable in env.items() {
            if let (Some(name), Some(value)) = (variable.text_of("name"), variable.get("value")) {
                outline.places.push(keyed(value.start, value.end, name));
            }
        }
    }
}

/// Whether a file describes kinds of resources and nothing else: they are large, and have the words of all that they describe.
fn is_schema(text: &str) -> bool {
    let mut kinds = text.lines().filter_map(|l| l.strip_prefix("kind:")).map(str::trim).peekable();
    kinds.peek().is_some() && kinds.all(|k| k == "CustomResourceDefinition")
}

/// The scalar at a path, with the name that it gives.
fn literal_at<'n>(node: &'n Node, path: &[&str]) -> Option<(&'n Node, &'n str)> {
    let scalar = node.at(path)?;
    Some((scalar, names::literal(scalar)?))
}

/// Tells the namespace, and the key that it makes. Without one, whoever applies the file says where it goes, so there is no key.
fn within(mention: Mention, kind: KeyKind, namespace: Option<&str>, name: &str) -> Mention {
    match namespace {
        Some(namespace) => mention.known_by(kind, &format!("{namespace}/{name}")).with("namespace", namespace),
        None => mention,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    const TEXT: &str = "apiVersion: v1
kind: ServiceAccount
metadata:
  name: trainer
  namespace: ml
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/trainer
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: ml}
spec:
  template:
    spec:
      serviceAccountName: trainer
      containers:
        - name: app
          env:
            - name: API_KEY
              value: \"abc\"
            - name: DB
              valueFrom: {secretKeyRef: {name: db, key: url}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: main}
spec: {provider: {vault: {path: kv}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: w}
spec:
  secretStoreRef: {name: main}
  data:
    - secretKey: a
      remoteRef:
        key: data/warehouse
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {name: cluster-admin}
subjects:
  - kind: ServiceAccount
    name: root
    namespace: ops
";

    fn read(text: &str) -> Outline {
        let mut outline = Outline::default();
        assert!(Format.claims("k8s/a.yaml", text.as_bytes()), "{text}");
        Format.extract("k8s/a.yaml", text, &mut outline);
        outline
    }

    #[test]
    fn identities_of_a_cluster_are_read() {
        let outline = read(TEXT);
        let of = |kind: RecordKind| outline.mentions.iter().filter(|m| m.kind == kind).collect::<Vec<_>>();
        let accounts: Vec<(&str, &str)> = of(RecordKind::ServiceAccount).iter().map(|m| (&*m.keys[0].value, m.relation.as_str())).collect();
        assert_eq!(accounts, [("ml/trainer", "declared"), ("ml/trainer", "referenced"), ("ops/root", "referenced")]);
        assert_eq!(of(RecordKind::ServiceAccount)[2].details["privileged"], "true");
        assert_eq!((of(RecordKind::Role).len(), of(RecordKind::Role)[0].proves), (1, Proves::Federated));
        let secrets: Vec<&str> = of(RecordKind::SecretRef).iter().map(|m| m.principal.as_str()).collect();
        assert_eq!(secrets, ["ml/db", "data/warehouse"]);
        assert!(of(RecordKind::SecretRef)[1].keys.iter().any(|k| &*k.value == "kv/warehouse"), "{:?}", of(RecordKind::SecretRef)[1].keys);
        let value = TEXT.find("\"abc\"").unwrap();
        let place = outline.places.iter().filter(|p| p.start <= value && value < p.end).min_by_key(|p| p.end - p.start);
        assert!(place.is_some_and(|p| p.resource.key.is_some()));
    }

    #[test]
    fn templates_are_read_without_their_actions() {
        let text = "{{- if .Values.on }}\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-db\nstringData:\n  password: abc\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {{ .Values.sa }}\n{{- end }}\n";
        let mut outline = Outline::default();
        assert!(Format.claims("charts/a/templates/b.yaml", text.as_bytes()));
        Format.extract("charts/a/templates/b.yaml", text, &mut outline);
        assert_eq!((outline.troubles.len(), outline.mentions.len()), (0, 0), "a name that is open names nobody: {outline:?}");
        let holding = holding(&outline, text, "abc");
        assert!(holding.iter().any(|r| r.format == "helm" && r.name.as_deref() == Some("Secret/{{ .Release.Name }}-db")), "{holding:?}");
        assert!(holding.iter().any(|r| r.key.as_deref() == Some("stringData.password")), "{holding:?}");
    }

    #[test]
    fn what_cannot_name_an_identity_is_told_cheaply() {
        assert!(Format.may_name(TEXT));
        assert!(!Format.may_name("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"));
        let schema = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {serviceAccountName: {type: string}}\n";
        assert!(!Format.may_name(schema));
        assert!(Format.may_name(&format!("{schema}---\n{TEXT}")));
        assert!(Format.may_name(&format!("{schema}# arn:aws:iam::111122223333:role/x\n")));
    }

    #[test]
    fn other_yaml_is_not_claimed() {
        for (path, text) in
            [("a.yaml", "name: x\nversion: 1\n"), ("a.yaml", "# apiVersion: v1\n# kind: x\n"), ("a.txt", "apiVersion: v1\nkind: Pod\n")]
        {
            assert!(!Format.claims(path, text.as_bytes()), "{text}");
        }
        assert!(Format.claims("a.json", b"{\"apiVersion\": \"v1\",\n \"kind\": \"Pod\"}"));
    }
}
