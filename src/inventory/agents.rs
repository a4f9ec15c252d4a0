//! Registers of AI agents: who answers for an agent, what it runs on, and which credentials it uses.

use super::{Context, Element, Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, RecordKind, SourceClass};

/// `agents`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "agents"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Governance, of: &["agents", "mcp"] }
    }

    fn command(&self) -> &'static str {
        "the register of agents as CSV or JSON, with the columns agent_id, name, framework, mcp_servers, owner and credentials_used"
    }

    fn lacks(&self) -> &'static str {
        ""
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.object.contains_key("agent_id")
            && ["name", "framework", "mcp_servers", "credentials_used"].iter().any(|c| element.object.contains_key(*c))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(id) = element.text(&["agent_id"]) else {
            return context.warn(element, "an agent without an id; left out");
        };
        let name = element.text(&["name"]);
        let owner = ["owner", "owner_email", "team"].iter().find_map(|c| element.text(&[c])).and_then(|o| words::owner(&o, OwnedBy::Field));
        let list = |field: &str| {
            let text = element.text(&[field]).unwrap_or_default();
            let listed = element.list(&[field]).iter().filter_map(super::context::text).collect::<Vec<_>>();
            if listed.is_empty() {
                text.split([';', '|', ' ']).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
            } else {
                listed
            }
        };
        let mut agent = context.record(SourceClass::Governance, "agents", RecordKind::Agent, &id);
        agent.keys.extend(Key::new(KeyKind::Agent, &id).into_iter().chain(name.as_deref().and_then(|n| Key::new(KeyKind::Agent, n))));
        agent.display = name.clone().map(Into::into);
        agent.principal = Class::Agent;
        agent.owner.clone_from(&owner);
        agent.status = element.text(&["status"]).map(|s| words::status(&s)).unwrap_or_default();
        for (detail, field) in [("framework", "framework"), ("mcp_servers", "mcp_servers"), ("model", "model")] {
            if let Some(value) = element.text(&[field]) {
                agent.details.insert(detail.to_owned(), value);
            }
        }
        let keys = agent.keys.clone();
        context.push(agent);
        for credential in list("credentials_used") {
            let kind = words::guessed(&credential);
            let provider = words::provider(kind).unwrap_or("unknown");
            let mut record = context.record(SourceClass::Governance, provider, RecordKind::ApiKey, &format!("{id}#{credential}"));
            record.keys.extend(Key::native(provider, &credential).into_iter().chain(Key::new(kind, &credential)));
            record.of.clone_from(&keys);
            record.display = name.clone().map(Into::into);
            record.principal = Class::Agent;
            record.owner.clone_from(&owner);
            context.covers(SourceClass::Governance, provider, RecordKind::ApiKey, None, false, Has { owner: true, ..Has::default() });
            context.push(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{Class, KeyKind};

    #[test]
    fn an_agent_and_what_it_uses_are_records() {
        let text = "agent_id,name,framework,mcp_servers,owner,credentials_used\nag-7,triage-bot,langgraph,\"github;jira\",support-eng,\"apikey_01Example;key_abc\"\n";
        let register = read_text("agents.csv", text, Vec::new());
        assert_eq!(register.records.len(), 3);
        assert!(register.records.iter().all(|r| r.principal == Class::Agent && r.owner.is_some()));
        let kinds: Vec<KeyKind> =
            register.records[1..].iter().filter_map(|r| r.keys.iter().map(|k| k.kind).find(|k| *k != KeyKind::Native)).collect();
        assert_eq!(kinds, [KeyKind::AnthropicKey, KeyKind::OpenaiKey]);
    }
}
