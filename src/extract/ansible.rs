//! Ansible: plays, tasks and variables in YAML, with what they look up in Vault and in the clouds' stores. What Ansible Vault encrypted is no
//! secret in the clear.

use super::names::{self, stored, vault};
use super::node::Node;
use super::{Extractor, Reads, yaml};
use crate::model::{Outline, Place, Resource};
use regex::Regex;
use std::sync::LazyLock;

/// `ansible`.
pub(super) struct Format;

/// Folders whose YAML is Ansible's.
const FOLDERS: &[&str] = &["group_vars/", "host_vars/", "roles/", "playbooks/", "inventories/"];

static VAULT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:hashi_vault|vault_kv[12]_get|vault_read)['"]?,\s*['"](?:secret=)?([A-Za-z0-9_./-]+)"#).expect("sound")
});
static STORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(aws_secret|aws_ssm|secretsmanager_secret|ssm_parameter|azure_keyvault_secret)['"]?,\s*['"]([A-Za-z0-9_./-]+)"#)
        .expect("sound")
});

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "ansible"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "YAML below `roles/`, `playbooks/`, `group_vars/` and the like, and plays",
            takes: "tasks, variables, what is looked up in Vault and the clouds' stores; what Ansible Vault encrypted is no finding",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let below = |folder: &str| path.match_indices(folder).any(|(at, _)| at == 0 || path.as_bytes()[at - 1] == b'/');
        let is_manifest = has(b"\napiVersion:");
        let in_folder = || FOLDERS.iter().any(|f| below(f));
        let is_variables = ["group_vars/", "host_vars/"].iter().any(|f| path.contains(f)) && !name.contains('.');
        let is_play = || has(b"- hosts:") || (has(b"\n  hosts:") && (has(b"\n  tasks:") || has(b"\n  roles:")));
        is_variables || (is_yaml && !is_manifest && (in_folder() || is_play()))
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let documents = yaml::read(text, outline);
        let mut folders = path.split('/');
        let environment = folders.any(|f| f == "inventories" || f == "environments").then(|| folders.next()).flatten();
        for document in &documents {
            let base = Resource { format: self.id().into(), environment: environment.map(str::to_owned), ..Resource::default() };
            outline.places.push(Place { start: document.start, end: document.end, resource: base });
            document.items().iter().for_each(|play| named(play, outline));
            names::key_places(document, outline);
        }
        let span = |m: regex::Match<'_>| (m.start(), m.end());
        if text.contains("vault") {
            outline.mentions.extend(VAULT.captures_iter(text).filter_map(|c| c.get(1)).map(|m| vault(span(m), m.as_str())));
        }
        let store = |c: regex::Captures<'_>| {
            let (kind, name) = (c.get(1)?, c.get(2)?);
            Some(stored(span(name), if kind.as_str().starts_with("azure") { "azure" } else { "aws" }, name.as_str()))
        };
        if text.contains("lookup") || text.contains("query") {
            outline.mentions.extend(STORE.captures_iter(text).filter_map(store));
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// Plays and tasks by their names.
fn named(node: &Node, outline: &mut Outline) {
    let name = node.text_of("name").map(str::to_owned);
    let is_play = node.get("hosts").is_some();
    if name.is_some() {
        let resource = if is_play { Resource { job: name, ..Resource::default() } } else { Resource { step: name, ..Resource::default() } };
        outline.places.push(Place { start: node.start, end: node.end, resource });
    }
    for list in ["tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"].iter().filter_map(|f| node.get(f)) {
        list.items().iter().for_each(|task| named(task, outline));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    #[test]
    fn tasks_variables_and_lookups_are_read() {
        let text = "- name: deploy\n  hosts: web\n  vars:\n    db: \"{{ lookup('community.hashi_vault.vault_kv2_get', 'shop/db') }}\"\n    key: \"{{ lookup('amazon.aws.aws_secret', 'prod/key') }}\"\n  tasks:\n    - name: login\n      shell: tool --password abc\n      no_log: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        3132\n";
        let mut outline = Outline::default();
        assert!(Format.claims("site.yml", text.as_bytes()) && Format.claims("inventories/prod/group_vars/all", b"a: b"));
        Format.extract("inventories/prod/site.yml", text, &mut outline);
        assert_eq!(outline.troubles, [""; 0]);
        let found: Vec<(&str, &str)> = outline.mentions.iter().map(|m| (m.provider.as_str(), m.principal.as_str())).collect();
        assert_eq!(found, [("vault", "shop/db"), ("aws", "prod/key")]);
        let holding = holding(&outline, text, "abc");
        assert!(holding.iter().any(|r| r.step.as_deref() == Some("login")) && holding.iter().any(|r| r.job.as_deref() == Some("deploy")));
        assert!(holding.iter().any(|r| r.environment.as_deref() == Some("prod")));
        assert!(!Format.claims("src/main.yml", b"a: b") && !Format.claims("roles/x.md", b""));
    }
}
