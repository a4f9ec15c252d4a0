//! Serverless Framework: functions with their variables, the role they run as, and what they take from a parameter store.

use super::names::{self, inside, keyed, stored};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Class, Mention, Outline, Place, RecordKind, Resource};

/// `serverless`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "serverless"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`serverless*.yml`", takes: "functions, variables, roles, parameters of stores" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.starts_with("serverless") && (name.ends_with(".yml") || name.ends_with(".yaml"))
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        for document in &documents {
            let service = document.text_of("service").or_else(|| document.at(&["service", "name"]).and_then(Node::text));
            let stage = document.at(&["provider", "stage"]).and_then(Node::text).filter(|s| !names::is_open(s));
            let base = Resource {
                format: self.id().into(),
                name: service.map(str::to_owned),
                environment: stage.map(str::to_owned),
                ..Resource::default()
            };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            let provider = document.at(&["provider", "environment"]);
            let functions = document.get("functions").into_iter().flat_map(Node::each).flat_map(Node::entries);
            for (name, function) in functions {
                let resource = Resource { job: name.text().map(str::to_owned), ..Resource::default() };
                outline.places.push(Place { start: function.start, end: function.end, resource });
                variables(function.get("environment"), outline);
            }
            variables(provider, outline);
            outline.mentions.extend(role(document, service, text));
            document.scalars(&mut |_, value| parameters(value, text, outline));
            names::key_places(document, outline);
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

fn variables(node: Option<&Node>, outline: &mut Outline) {
    for (key, value) in node.map_or(&[][..], Node::entries) {
        outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
    }
}

/// The role that functions run as where none is named: the framework makes it, and its name is known where all parts are.
///
/// Source: Serverless Framework, "IAM Permissions For Functions".
fn role(document: &Node, service: Option<&str>, text: &str) -> Option<Mention> {
    let provider = document.get("provider")?;
    let named = provider.at(&["iam", "role"]).filter(|r| r.text().is_some()).or_else(|| provider.get("role"));
    let name = provider.get("name").filter(|n| n.text() == Some("aws"))?;
    document.get("functions").filter(|_| named.is_none())?;
    let made = provider.at(&["iam", "role", "name"]).and_then(names::literal).map(str::to_owned);
    let made = made.or_else(|| {
        let part = |field, usual: &str| provider.get(field).map_or_else(|| Some(usual.to_owned()), settled);
        let (stage, region) = (part("stage", "dev")?, part("region", "us-east-1")?);
        Some(format!("{}-{stage}-{region}-lambdaRole", service.filter(|s| !names::is_open(s))?))
    })?;
    Some(names::declaration(inside(text, name), "aws", RecordKind::Role, &made).of_class(Class::Workload))
}

/// What a value is, or is where nobody says otherwise: `${opt:stage, 'dev'}`.
fn settled(value: &Node) -> Option<String> {
    let written = value.text()?;
    if !names::is_open(written) {
        return Some(written.to_owned());
    }
    let usual = written.strip_suffix('}')?.rsplit_once(',')?.1.trim().trim_matches(['\'', '"']);
    let is_word = !usual.is_empty() && usual.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    is_word.then(|| usual.to_owned())
}

/// `${ssm:/path}` in a value: a parameter of the account's store.
fn parameters(value: &Node, text: &str, outline: &mut Outline) {
    let written = value.text().unwrap_or_default();
    for part in written.split("${ssm").skip(1) {
        let Some((name, _)) = part.split_once('}') else { continue };
        let name =
            name.trim_start_matches(|c: char| c != ':').trim_start_matches(':').split([',', '~', '$']).next().unwrap_or_default().trim();
        if !name.is_empty() {
            outline.mentions.push(stored(inside(text, value), "aws", name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    #[test]
    fn functions_variables_and_parameters_are_read() {
        let text = "service: shop\nprovider:\n  name: aws\n  stage: prod\n  iam: {role: \"arn:aws:iam::111122223333:role/fn\"}\n  environment: {DB: \"${ssm:/shop/db}\", KEY: abc}\nfunctions:\n  pay:\n    handler: a.b\n    environment:\n      TOKEN: def\n      STRIPE: ${ssm(eu-west-1):/shop/stripe~true, ''}\n";
        let mut outline = Outline::default();
        assert!(Format.claims("services/pay/serverless.yml", b""));
        Format.extract("serverless.yml", text, &mut outline);
        let mut found: Vec<&str> = outline.mentions.iter().map(|m| m.principal.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, ["/shop/db", "/shop/stripe", "arn:aws:iam::111122223333:role/fn"]);
        let made = |text: &str| {
            let mut outline = Outline::default();
            Format.extract("serverless.yml", text, &mut outline);
            outline.mentions.into_iter().map(|m| m.principal).collect::<Vec<_>>()
        };
        let own =
            "service: shop\nprovider: {name: aws, stage: \"${opt:stage, 'test'}\", iam: {role: {statements: []}}}\nfunctions: {f: {}}\n";
        assert_eq!(made(own), ["shop-test-us-east-1-lambdaRole"]);
        assert_eq!(made(&own.replace("shop", "${param:name}")), [""; 0]);
        assert_eq!(made(&own.replace("aws", "google")), [""; 0]);
        let holding = holding(&outline, text, "def");
        assert!(holding.iter().any(|r| r.key.as_deref() == Some("TOKEN")) && holding.iter().any(|r| r.job.as_deref() == Some("pay")));
        assert!(holding.iter().any(|r| r.environment.as_deref() == Some("prod")));
    }
}
