//! CloudFormation and SAM, in YAML with short tags and in JSON, and what CDK and Serverless make of it.

use super::names::{self, declaration, keyed};
use super::node::Node;
use super::{Extractor, Reads, json, yaml};
use crate::model::{Class, KeyKind, Outline, Place, Proves, RecordKind, Resource};
use regex::Regex;
use std::sync::LazyLock;

/// `cloudformation`.
pub(super) struct Format;

/// Types of resources that make identities: the property that names one, and what it is a key of.
const MAKERS: &[(&str, RecordKind, &str, Option<KeyKind>)] = &[
    ("AWS::IAM::User", RecordKind::User, "UserName", None),
    ("AWS::IAM::Role", RecordKind::Role, "RoleName", None),
    ("AWS::IAM::Group", RecordKind::Group, "GroupName", None),
    ("AWS::IAM::AccessKey", RecordKind::AccessKey, "UserName", None),
    ("AWS::IAM::OIDCProvider", RecordKind::WorkloadId, "Url", None),
    ("AWS::SecretsManager::Secret", RecordKind::SecretRef, "Name", Some(KeyKind::SecretRef)),
    ("AWS::SSM::Parameter", RecordKind::SecretRef, "Name", Some(KeyKind::SecretRef)),
    ("AWS::EC2::KeyPair", RecordKind::SshKey, "KeyName", None),
    ("AWS::Cognito::UserPoolClient", RecordKind::App, "ClientName", None),
    ("AWS::ApiGateway::ApiKey", RecordKind::ApiKey, "Name", None),
    ("AWS::CertificateManager::Certificate", RecordKind::Cert, "DomainName", None),
];

/// `{{resolve:secretsmanager:NAME:…}}` and its kin.
static RESOLVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\{\{resolve:(?:secretsmanager|ssm-secure|ssm):((?:arn:aws[a-z-]*:[a-z]+:[a-z0-9-]*:[0-9]{12}:[a-z]+:)?[A-Za-z0-9/_+=.@-]+)",
    )
    .expect("sound")
});

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "cloudformation"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "YAML, JSON and `.template` of CloudFormation and SAM, also as CDK and Serverless write it",
            takes: "IAM users, roles, keys, secrets, OIDC providers, dynamic references",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let ends = [".yaml", ".yml", ".json", ".template"].iter().any(|e| path.ends_with(e));
        ends && (has(b"AWSTemplateFormatVersion") || has(b"AWS::Serverless") || (has(b"Resources") && has(b"AWS::")))
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let is_json = path.ends_with(".json") || text.trim_start().starts_with('{');
        let documents = if is_json { json::read(text, outline).into_iter().collect() } else { yaml::read(text, outline) };
        for document in &documents {
            let base = Resource {
                format: self.id().into(),
                name: document.text_of("Description").map(|d| d.chars().take(80).collect()),
                ..Resource::default()
            };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            for section in ["Parameters", "Mappings", "Outputs", "Globals"] {
                document.get(section).iter().for_each(|s| names::key_places(s, outline));
            }
            for (name, resource) in document.get("Resources").map_or(&[][..], Node::entries) {
                made(name, resource, document, outline);
            }
        }
        for found in RESOLVE.captures_iter(text) {
            let Some(name) = found.get(1) else { continue };
            outline.mentions.push(names::stored((name.start(), name.end()), "aws", name.as_str()));
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// A resource: places for its properties, and the identity it makes.
fn made(name: &Node, resource: &Node, document: &Node, outline: &mut Outline) {
    let id = name.text().unwrap_or_default();
    let kind = resource.text_of("Type").unwrap_or_default();
    let properties = resource.get("Properties");
    let tags = properties.and_then(|p| p.get("Tags")).map_or(&[][..], Node::items);
    let environment = tags
        .iter()
        .find(|t| matches!(t.text_of("Key"), Some("env" | "Env" | "environment" | "Environment")))
        .and_then(|t| t.text_of("Value"));
    let place = Resource { name: Some(format!("{kind} {id}")), environment: environment.map(str::to_owned), ..Resource::default() };
    outline.places.push(Place { start: name.start, end: resource.end, resource: place });
    if let Some(properties) = properties {
        properties
            .scalars(&mut |path, value| outline.places.push(keyed(value.start, value.end, &format!("Properties.{}", path.join(".")))));
    }
    let Some((_, record, property, key)) = MAKERS.iter().find(|(t, ..)| *t == kind) else { return };
    let named = properties.and_then(|p| p.get(property)).and_then(|n| literal(n, document));
    let principal = named.clone().unwrap_or_else(|| id.to_owned());
    let mut made = declaration((name.start, name.end), "aws", *record, &principal).with("logical id", id);
    if let (Some(key), Some(named)) = (key, &named) {
        made = made.known_by(*key, named);
    }
    let properties = properties.cloned();
    let list = |field: &str| {
        properties
            .as_ref()
            .and_then(|p| p.get(field))
            .map_or(Vec::new(), |l| l.items().iter().filter_map(Node::text).map(str::to_owned).collect())
    };
    if list("ManagedPolicyArns").iter().any(|p| p.ends_with("/AdministratorAccess")) {
        made = made.with("privileged", "true");
    }
    let mut subjects = Vec::new();
    if let Some(policy) = properties.as_ref().and_then(|p| p.get("AssumeRolePolicyDocument")) {
        policy.scalars(&mut |path, value| {
            if path.last().is_some_and(|k| k.ends_with(":sub")) {
                subjects.extend(value.text().map(str::to_owned));
            }
        });
    }
    made = match record {
        RecordKind::Role => made.of_class(Class::Workload),
        RecordKind::AccessKey => made.proven(Proves::Static),
        _ => made,
    };
    let federated = !subjects.is_empty();
    made = made.with("trust", subjects.join(" "));
    outline.mentions.push(if federated { made.proven(Proves::Federated) } else { made });
}

/// The text of a property: as written, or the default of the parameter it refers to.
fn literal(node: &Node, document: &Node) -> Option<String> {
    let parameter = |name: &str| document.at(&["Parameters", name, "Default"]).and_then(Node::text).map(str::to_owned);
    match (&*node.tag, node.text()) {
        ("!Ref", Some(name)) => parameter(name),
        ("", Some(text)) => Some(text.to_owned()),
        _ => node.text_of("Ref").and_then(parameter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Name: {Type: String, Default: ci}
Resources:
  CiUser:
    Type: AWS::IAM::User
    Properties:
      UserName: !Ref Name
  CiKey:
    Type: AWS::IAM::AccessKey
    Properties: {UserName: !Ref CiUser}
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      MasterUserPassword: '{{resolve:secretsmanager:prod/db:SecretString:password}}'
      Role: !Sub 'arn:aws:iam::111122223333:role/x'
";

    #[test]
    fn a_stack_makes_identities_and_refers_to_secrets() {
        let mut outline = Outline::default();
        assert!(Format.claims("stack.yaml", TEXT.as_bytes()));
        Format.extract("stack.yaml", TEXT, &mut outline);
        assert_eq!(outline.troubles, Vec::<String>::new());
        let found: Vec<(RecordKind, &str)> = outline.mentions.iter().map(|m| (m.kind, m.principal.as_str())).collect();
        assert_eq!(
            found,
            [
                (RecordKind::User, "ci"),
                (RecordKind::AccessKey, "CiKey"),
                (RecordKind::SecretRef, "prod/db"),
                (RecordKind::Role, "arn:aws:iam::111122223333:role/x")
            ]
        );
        assert!(outline.places.iter().any(|p| p.resource.key.as_deref() == Some("Properties.MasterUserPassword")));
        let json = r#"{"AWSTemplateFormatVersion":"2010-09-09","Resources":{"U":{"Type":"AWS::IAM::User","Properties":{"UserName":"x"}}}}"#;
        let mut outline = Outline::default();
        Format.extract("s.template.json", json, &mut outline);
        assert_eq!(outline.mentions[0].principal, "x");
    }
}
