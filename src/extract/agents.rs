//! AI agents: the files that define them (CrewAI, LangGraph, AutoGen, agents of coding assistants, agent cards), with their models and tools.

use super::names::{self, declaration, inside};
use super::node::Node;
use super::{Extractor, Reads, head, json, yaml};
use crate::model::{Class, KeyKind, Outline, Place, RecordKind, Resource};

/// `agents`.
pub(super) struct Format;

/// How a file defines agents.
enum Form {
    /// A map of agents by name.
    Crew,
    /// Graphs by name.
    Graphs,
    /// A list of models with their keys.
    Models,
    /// One agent, or a team of them, in fields.
    Fields,
    /// Prose below fields.
    Prose,
}

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "agents"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`agents.yaml` (CrewAI), `langgraph.json`, `OAI_CONFIG_LIST` (AutoGen), `*.agent.md`, `agents/*.md` of assistants, `.well-known/agent.json`, exported agents in JSON",
            takes: "agents with their models and tools",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        form(path, head).is_some()
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let Some(form) = form(path, head(text)) else { return };
        let document = match form {
            Form::Prose => front_matter(text, outline),
            Form::Crew => yaml::read(text, outline).into_iter().next(),
            Form::Graphs | Form::Models | Form::Fields => json::read(text, outline),
        };
        let Some(document) = &document else { return };
        let base = Resource { format: self.id().into(), ..Resource::default() };
        outline.places.push(Place { start: document.start, end: document.end, resource: base });
        match form {
            Form::Crew => document.entries().iter().for_each(|(name, agent)| declare(name, agent, text, outline)),
            Form::Graphs => {
                let graphs = document.get("graphs").map_or(&[][..], Node::entries);
                graphs.iter().for_each(|(name, graph)| declare(name, graph, text, outline));
            }
            Form::Models => document.items().iter().for_each(|model| place(model, model.text_of("model"), "model", outline)),
            Form::Fields | Form::Prose => fields(document, stem(path), text, outline),
        }
        names::key_places(document, outline);
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

fn form(path: &str, head: &[u8]) -> Option<Form> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
    match name {
        "agents.yaml" | "agents.yml" if has(b"role:") || has(b"goal:") => Some(Form::Crew),
        "langgraph.json" => Some(Form::Graphs),
        "OAI_CONFIG_LIST" | "OAI_CONFIG_LIST.json" | "oai_config_list.json" => Some(Form::Models),
        "agent.json" | "agent-card.json" if path.contains(".well-known/") => Some(Form::Fields),
        _ if name.ends_with(".agent.md") || name.ends_with(".chatmode.md") => Some(Form::Prose),
        _ if name.ends_with(".md")
            && ["/agents/", "/subagents/"].iter().any(|f| path.contains(f))
            && path.contains("/.") | path.starts_with('.') =>
        {
            Some(Form::Prose)
        }
        _ if name.ends_with(".json") && (has(b"\"component_type\"") || (has(b"\"instructions\"") && has(b"\"model\""))) => {
            Some(Form::Fields)
        }
        _ => None,
    }
}

fn stem(path: &str) -> &str {
    path.rsplit('/').next().and_then(|n| n.split('.').next()).unwrap_or_default()
}

/// The fields between two lines of dashes at the beginning. The dashes are read too, so that spans are bytes of the file.
fn front_matter(text: &str, outline: &mut Outline) -> Option<Node> {
    let end = text.strip_prefix("---")?.find("\n---")? + 3;
    yaml::read(&text[..end], outline).into_iter().next()
}

/// An agent in fields; members of its team, or the configuration within it, are agents of their own.
fn fields(agent: &Node, fallback: &str, text: &str, outline: &mut Outline) {
    let config = agent.get("config").unwrap_or(agent);
    let is_agent = agent.text_of("component_type").is_none_or(|t| t == "agent");
    let named = config.get("name").or_else(|| agent.get("name"));
    match named {
        Some(name) if is_agent => declare(name, config, text, outline),
        None if is_agent && !agent.entries().is_empty() => {
            let found = declaration((agent.start, agent.start + 1), "agents", RecordKind::Agent, fallback);
            outline.mentions.push(told(found.known_by(KeyKind::Agent, fallback), config));
        }
        _ => {}
    }
    for member in config.get("participants").map_or(&[][..], Node::items) {
        fields(member, fallback, text, outline);
    }
}

fn declare(name: &Node, agent: &Node, text: &str, outline: &mut Outline) {
    let Some(called) = name.text().filter(|n| !n.is_empty() && !names::is_open(n)) else { return };
    place(agent, Some(called), "agent", outline);
    let found = declaration(inside(text, name), "agents", RecordKind::Agent, called);
    outline.mentions.push(told(found.known_by(KeyKind::Agent, called), agent));
}

fn place(node: &Node, name: Option<&str>, what: &str, outline: &mut Outline) {
    let resource = Resource { name: name.map(|n| format!("{what} {n}")), ..Resource::default() };
    outline.places.push(Place { start: node.start, end: node.end, resource });
}

/// What the fields say of an agent: its model and its tools.
fn told(found: crate::model::Mention, agent: &Node) -> crate::model::Mention {
    let model = ["model", "llm", "model_name"].iter().find_map(|f| agent.text_of(f)).or_else(|| {
        let client = agent.get("model_client").or_else(|| agent.get("llm_config"))?;
        client.at(&["config", "model"]).and_then(Node::text).or_else(|| client.text_of("model"))
    });
    let tools = ["tools", "skills", "mcp-servers", "mcpServers"].iter().find_map(|f| agent.get(f)).map(tools).unwrap_or_default();
    let served = agent.text_of("url").unwrap_or_default();
    found.of_class(Class::Agent).with("model", model.unwrap_or_default()).with("tools", tools).with("address", served)
}

/// Tools as a list of names, of objects that have names, as keys, or as one text.
fn tools(node: &Node) -> String {
    if let Some(text) = node.text() {
        return text.split([',', ' ']).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
    }
    let own = |tool: &'_ Node| {
        let named =
            ["name", "id", "type"].iter().find_map(|f| tool.text_of(f)).or_else(|| tool.at(&["config", "name"]).and_then(Node::text));
        tool.text().or(named).unwrap_or_default().to_owned()
    };
    let keys = node.entries().iter().filter_map(|(k, _)| k.text()).map(str::to_owned);
    node.items().iter().map(own).chain(keys).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;

    fn agents(path: &str, text: &str) -> Vec<(String, String, String)> {
        assert!(Format.claims(path, text.as_bytes()), "{path}");
        let mut outline = Outline::default();
        Format.extract(path, text, &mut outline);
        assert_eq!(outline.troubles, [""; 0], "{path}");
        let detail = |m: &crate::model::Mention, name| m.details.get(name).cloned().unwrap_or_default();
        let own = outline.mentions.iter().filter(|m| m.kind == RecordKind::Agent && m.class == Class::Agent);
        own.map(|m| (m.principal.clone(), detail(m, "model"), detail(m, "tools"))).collect()
    }

    #[test]
    fn agents_are_found_with_models_and_tools_in_every_form() {
        let crew = "researcher:\n  role: >\n    Researcher\n  goal: find\n  llm: openai/gpt-4o\n  tools: [search, scrape]\nwriter: {role: w, goal: g}\n";
        let team = r#"{"provider":"autogen_agentchat.teams.RoundRobinGroupChat","component_type":"team","config":{"participants":[{"component_type":"agent","config":{"name":"helper","model_client":{"config":{"model":"gpt-4o"}},"tools":[{"config":{"name":"calc"}}]}}]}}"#;
        let prose = "---\nname: reviewer\nmodel: sonnet\ntools: Read, Bash\n---\nYou review.\n";
        for (path, text, told) in [
            ("src/crew/config/agents.yaml", crew, vec![("researcher", "openai/gpt-4o", "search scrape"), ("writer", "", "")]),
            ("langgraph.json", r#"{"graphs": {"agent": "./a.py:graph"}, "env": ".env"}"#, vec![("agent", "", "")]),
            ("team.json", team, vec![("helper", "gpt-4o", "calc")]),
            (".claude/agents/reviewer.md", prose, vec![("reviewer", "sonnet", "Read Bash")]),
            (
                "web/.well-known/agent-card.json",
                r#"{"name":"trip","url":"https://a.example","skills":[{"id":"book"}]}"#,
                vec![("trip", "", "book")],
            ),
            (
                "assistants/support.json",
                r#"{"model":"gpt-4o","instructions":"help","tools":[{"type":"file_search"}]}"#,
                vec![("support", "gpt-4o", "file_search")],
            ),
        ] {
            let expected: Vec<(String, String, String)> = told.into_iter().map(|(n, m, t)| (n.into(), m.into(), t.into())).collect();
            assert_eq!(agents(path, text), expected, "{path}");
        }
    }

    #[test]
    fn keys_of_models_have_their_place_and_other_files_are_left_alone() {
        let text = r#"[{"model": "gpt-4", "api_key": "abc"}]"#;
        let mut outline = Outline::default();
        Format.extract("OAI_CONFIG_LIST", text, &mut outline);
        let holding = holding(&outline, text, "abc");
        assert!(
            holding.iter().any(|r| r.name.as_deref() == Some("model gpt-4")) && holding.iter().any(|r| r.key.as_deref() == Some("api_key"))
        );
        assert!(!Format.claims("docs/agents/how.md", b"---\n") && !Format.claims("package.json", b"{\"name\": \"x\"}"));
        for broken in ["---\nname: [", "", "---", "{", "\u{feff}---\na: b\n---"] {
            Format.extract(".claude/agents/x.md", broken, &mut Outline::default());
            Format.extract("langgraph.json", broken, &mut Outline::default());
        }
    }
}
