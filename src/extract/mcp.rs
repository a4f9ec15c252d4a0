//! MCP: the servers that an AI client may use, in the settings of Claude, Cursor, VS Code, Windsurf and their like. The client is an
//! agent; the servers are its tools, and what stands in their `env` and `headers` its credentials.

use super::names::{declaration, inside, key_places, keyed, mention, tidy};
use super::node::Node;
use super::{Extractor, Reads, json};
use crate::model::{Class, KeyKind, Outline, Place, RecordKind, Relation, Resource};

/// `mcp`.
pub(super) struct Format;

/// Fields that hold servers.
const SERVERS: &[&str] = &["mcpServers", "servers", "context_servers", "mcp_servers"];

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "mcp"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`mcp.json`, `.mcp.json`, `claude_desktop_config.json` and the like, and JSON with `mcpServers`",
            takes: "clients as agents, servers as their tools, `env` and `headers`",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let named = matches!(
            name,
            "mcp.json"
                | ".mcp.json"
                | "claude_desktop_config.json"
                | "mcp_config.json"
                | "mcp_settings.json"
                | "cline_mcp_settings.json"
                | ".claude.json"
                | "mcp-config.json"
        );
        let settings = name.ends_with(".json") && (has(b"\"mcpServers\"") || has(b"\"context_servers\""));
        named || settings
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let Some(document) = json::read(text, outline) else { return };
        let base = Resource { format: self.id().into(), ..Resource::default() };
        outline.places.push(Place { start: document.start, end: document.end, resource: base });
        let holders = [Some(&document), document.get("mcp"), document.get("amp.mcpServers")];
        for servers in holders.into_iter().flatten().flat_map(|h| SERVERS.iter().filter_map(|s| h.get(s))) {
            let names: Vec<&str> = servers.entries().iter().filter_map(|(k, _)| k.text()).collect();
            if !names.is_empty() {
                let client = client(path);
                let agent = declaration((servers.start, servers.start + 1), "agents", RecordKind::Agent, &client).of_class(Class::Agent);
                outline.mentions.push(agent.known_by(KeyKind::Agent, &client).with("tools", names.join(" ")));
            }
            servers.entries().iter().for_each(|(name, server)| self.server(name, server, text, outline));
        }
        key_places(&document, outline);
        tidy(outline);
    }
}

impl Format {
    fn server(&self, name: &Node, server: &Node, text: &str, outline: &mut Outline) {
        let label = name.text().unwrap_or_default();
        let resource = Resource { name: Some(format!("server {label}")), ..Resource::default() };
        outline.places.push(Place { start: name.start, end: server.end, resource });
        for field in ["env", "headers"] {
            for (key, value) in server.get(field).map_or(&[][..], Node::entries) {
                outline.places.push(keyed(value.start, value.end, key.text().unwrap_or_default()));
            }
        }
        let address = ["url", "serverUrl", "httpUrl"].iter().find_map(|f| server.text_of(f));
        let command = server.text_of("command").map(|c| {
            let args = server.get("args").map_or(&[][..], Node::items).iter().filter_map(Node::text).filter(|a| !a.starts_with('-'));
            std::iter::once(c).chain(args.take(1)).collect::<Vec<_>>().join(" ")
        });
        let mut found =
            mention(inside(text, name), Relation::Referenced, "mcp", RecordKind::App, label).known_by(KeyKind::McpServer, label);
        if let Some(address) = address {
            found = found.known_by(KeyKind::McpServer, address);
        }
        let variables: Vec<&str> = server.get("env").map_or(&[][..], Node::entries).iter().filter_map(|(k, _)| k.text()).collect();
        let found =
            found.of_class(Class::Integration).with("runs", command.unwrap_or_default()).with("address", address.unwrap_or_default());
        outline.mentions.push(found.with("variables", variables.join(" ")));
    }
}

/// Whose settings a file is.
fn client(path: &str) -> String {
    let known = [
        ("claude", "claude"),
        (".cursor", "cursor"),
        (".vscode", "vscode"),
        ("windsurf", "windsurf"),
        ("cline", "cline"),
        (".zed", "zed"),
        (".gemini", "gemini"),
        (".roo", "roo"),
        (".kiro", "kiro"),
    ];
    let lower = path.to_ascii_lowercase();
    known.iter().find(|(part, _)| lower.contains(part)).map_or_else(|| "mcp client".to_owned(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_agent_with_servers_for_tools() {
        let text = "{ // mine\n \"servers\": {\"github\": {\"command\": \"npx\", \"args\": [\"-y\", \"@x/github-mcp\"], \"env\": {\"TOKEN\": \"abc\"}}, \"crm\": {\"url\": \"https://mcp.acme.example\", \"headers\": {\"Authorization\": \"${input:t}\"}}}}";
        let mut outline = Outline::default();
        assert!(Format.claims(".vscode/mcp.json", text.as_bytes()));
        Format.extract(".vscode/mcp.json", text, &mut outline);
        let agent = outline.mentions.iter().find(|m| m.kind == RecordKind::Agent).unwrap();
        assert_eq!((agent.principal.as_str(), agent.details["tools"].as_str(), agent.class), ("vscode", "github crm", Class::Agent));
        let servers: Vec<&str> = outline.mentions.iter().filter(|m| m.kind == RecordKind::App).map(|m| m.principal.as_str()).collect();
        assert_eq!(servers, ["github", "crm"]);
        let at = text.find("abc").unwrap();
        let mut around: Vec<&Place> = outline.places.iter().filter(|p| p.start <= at && at < p.end).collect();
        around.sort_by_key(|p| p.end - p.start);
        assert!(
            around.iter().any(|p| p.resource.key.as_deref() == Some("TOKEN"))
                && around.iter().any(|p| p.resource.name.as_deref() == Some("server github"))
        );
    }
}
