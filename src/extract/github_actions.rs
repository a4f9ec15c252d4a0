//! GitHub Actions: workflows, `.github/workflows/*.yml`.

use super::node::Node;
use super::{Extractor, yaml};
use crate::model::{Class, Key, KeyKind, Mention, Outline, Place, Proves, RecordKind, Relation, Resource};
use std::collections::BTreeMap;

/// `github-actions`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "github-actions"
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        path.contains(".github/workflows/") && (path.ends_with(".yml") || path.ends_with(".yaml"))
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let (documents, trouble) = yaml::documents(text);
        outline.troubles.extend(trouble);
        for workflow in &documents {
            let base = Resource { format: self.id().into(), name: workflow.text_of("name").map(str::to_owned), ..Resource::default() };
            outline.places.push(Place { start: workflow.start, end: workflow.end, resource: base.clone() });
            for (name, job) in workflow.get("jobs").map_or(&[][..], Node::entries) {
                let resource = Resource { job: name.text().map(str::to_owned), ..base.clone() };
                outline.places.push(Place { start: name.start, end: job.end, resource: resource.clone() });
                for step in job.get("steps").map_or(&[][..], Node::items) {
                    role(step, outline);
                }
            }
        }
    }
}

/// The role that `aws-actions/configure-aws-credentials` assumes.
fn role(step: &Node, outline: &mut Outline) {
    let Some(role) = step.at(&["with", "role-to-assume"]) else { return };
    let Some(arn) = role.text().filter(|t| t.starts_with("arn:")) else { return };
    outline.mentions.push(Mention {
        start: role.start,
        end: role.end,
        relation: Relation::Referenced,
        provider: "aws".into(),
        kind: RecordKind::Role,
        principal: arn.to_owned(),
        scope: arn.split(':').nth(4).map(str::to_owned),
        keys: Vec::from_iter(Key::new(KeyKind::AwsArn, arn)),
        class: Class::Workload,
        proves: Proves::Federated,
        details: BTreeMap::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_referred_to_from_its_job() {
        let text = "name: release\non: push\njobs:\n  deploy:\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          role-to-assume: arn:aws:iam::111122223333:role/gha\n";
        let mut outline = Outline::default();
        Format.extract(".github/workflows/release.yml", text, &mut outline);
        let mention = &outline.mentions[0];
        assert_eq!(&text[mention.start..mention.end], "arn:aws:iam::111122223333:role/gha");
        assert!(outline.places.iter().any(|p| p.resource.job.as_deref() == Some("deploy") && (p.start..p.end).contains(&mention.start)));
    }
}
