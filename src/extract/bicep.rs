//! Bicep: resources, parameters and modules, told by a small tokenizer, as no parser of it is published for Rust.
//!
//! Source: Microsoft, "Bicep file structure and syntax" (documentation of Azure Resource Manager).

use super::names::{self, stored};
use super::{Extractor, Reads, arm};
use crate::model::{Outline, Place, Resource};
use std::collections::HashMap;

/// `bicep`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "bicep"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`*.bicep`, `*.bicepparam`", takes: "resources, parameters, modules, identities, vaults" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        path.ends_with(".bicep") || path.ends_with(".bicepparam")
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        outline.places.push(Place { start: 0, end: text.len(), resource: Resource { format: self.id().into(), ..Resource::default() } });
        let tokens = tokens(text);
        let mut open: Vec<(usize, Option<String>)> = Vec::new();
        let mut next: Option<String> = None;
        for (at, token) in tokens.iter().enumerate() {
            match *token {
                Token::Word(word @ ("resource" | "module"), _) => next = header(&tokens[at..], word).or(next),
                Token::Word("param" | "var", _) => parameter(&tokens[at..], outline),
                Token::Word(key, _) => value(&tokens[at..], key, open.last().and_then(|(_, name)| name.as_deref()), outline),
                Token::Sign('{', start) => open.push((start, next.take())),
                Token::Sign('}', end) => close(&mut open, end + 1, outline),
                _ => {}
            }
        }
        while !open.is_empty() {
            close(&mut open, text.len(), outline);
        }
        secrets(&tokens, outline);
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// What a text is made of, with where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'t> {
    Word(&'t str, usize),
    /// What stands between quotes.
    Text(&'t str, usize),
    Sign(char, usize),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let length = match bytes[at] {
            b'/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |n| n + 2),
            b'\'' if rest.starts_with("'''") => {
                let end = rest[3..].find("'''").map_or(rest.len(), |n| n + 3);
                found.push(Token::Text(&rest[3..end], at + 3));
                (end + 3).min(rest.len())
            }
            b'\'' => {
                let end = quoted(rest);
                found.push(Token::Text(&rest[1..end], at + 1));
                (end + 1).min(rest.len())
            }
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let end = rest.bytes().position(|b| !b.is_ascii_alphanumeric() && b != b'_').unwrap_or(rest.len());
                found.push(Token::Word(&rest[..end], at));
                end
            }
            b if b.is_ascii_whitespace() => 1,
            _ => {
                let sign = rest.chars().next().unwrap_or(' ');
                found.push(Token::Sign(sign, at));
                sign.len_utf8()
            }
        };
        at += length;
    }
    found
}

/// Where the closing quote of a text is, or its line's end.
fn quoted(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' | '\n' => return at,
            '\\' => drop(characters.next()),
            _ => {}
        }
    }
    text.len()
}

/// The name of a resource or module: its type or file with its symbol.
fn header(tokens: &[Token<'_>], word: &str) -> Option<String> {
    let [_, Token::Word(symbol, _), Token::Text(of, _), ..] = tokens else { return None };
    let of = of.split('@').next().unwrap_or(of);
    Some(if word == "module" { format!("module {symbol} {of}") } else { format!("{of} {symbol}") })
}

/// A parameter or variable with a literal: `param name string = 'value'`.
fn parameter(tokens: &[Token<'_>], outline: &mut Outline) {
    let [_, Token::Word(name, _), rest @ ..] = tokens else { return };
    let equals = rest.iter().take(3).position(|t| matches!(t, Token::Sign('=', _)));
    if let Some(Token::Text(value, start)) = equals.and_then(|n| rest.get(n + 1)) {
        outline.places.push(names::keyed(*start, start + value.len(), name));
    }
}

/// `key: 'value'`; the name of a resource that is an identity.
fn value(tokens: &[Token<'_>], key: &str, within: Option<&str>, outline: &mut Outline) {
    let [_, Token::Sign(':', _), Token::Text(value, start), ..] = tokens else { return };
    let span = (*start, start + value.len());
    outline.places.push(names::keyed(span.0, span.1, key));
    if let (Some(of), "name", false) = (within, key, value.contains("${")) {
        outline.mentions.extend(arm::made(span, of.split(' ').next().unwrap_or_default(), value));
    }
}

fn close(open: &mut Vec<(usize, Option<String>)>, end: usize, outline: &mut Outline) {
    if let Some((start, Some(name))) = open.pop() {
        outline.places.push(Place { start, end, resource: Resource { name: Some(name), ..Resource::default() } });
    }
}

/// `vault.getSecret('name')`, with the vault's name where it is literal.
fn secrets(tokens: &[Token<'_>], outline: &mut Outline) {
    let vaults = named(tokens);
    for window in tokens.windows(5) {
        let [Token::Word(symbol, _), Token::Sign('.', _), Token::Word("getSecret", _), Token::Sign('(', _), Token::Text(secret, start)] =
            window
        else {
            continue;
        };
        let vault = vaults.get(symbol).map_or_else(|| (*symbol).to_owned(), |name| format!("https://{name}.vault.azure.net/secrets"));
        outline.mentions.push(stored((*start, start + secret.len()), "azure", &format!("{vault}/{secret}")));
    }
}

/// The literal names of resources, by their symbols.
fn named<'t>(tokens: &[Token<'t>]) -> HashMap<&'t str, &'t str> {
    let mut names = HashMap::new();
    for (at, window) in tokens.windows(2).enumerate() {
        let [Token::Word("resource", _), Token::Word(symbol, _)] = window else { continue };
        let name = tokens[at..].windows(3).take(40).find_map(|w| match w {
            [Token::Word("name", _), Token::Sign(':', _), Token::Text(name, _)] => Some(*name),
            _ => None,
        });
        if let Some(name) = name.filter(|n| !n.contains("${")) {
            names.entry(*symbol).or_insert(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::holding;
    use crate::model::RecordKind;

    const TEXT: &str = "// param x string = 'no'
@secure()
param adminPassword string = 'abc'
resource kv 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'kv-prod'
}
resource id 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-app'
  tags: { env: 'prod' }
}
module db 'db.bicep' = {
  params: { password: kv.getSecret('db-password'), other: 'it\\'s def' }
}
";

    #[test]
    fn resources_parameters_and_vaults_are_read() {
        let mut outline = Outline::default();
        Format.extract("main.bicep", TEXT, &mut outline);
        let found: Vec<(&str, RecordKind)> = outline.mentions.iter().map(|m| (m.principal.as_str(), m.kind)).collect();
        let secret = "https://kv-prod.vault.azure.net/secrets/db-password";
        assert_eq!(found, [("id-app", RecordKind::WorkloadId), (secret, RecordKind::SecretRef)]);
        let holding = |value: &str| holding(&outline, TEXT, value);
        assert!(holding("abc").iter().any(|r| r.key.as_deref() == Some("adminPassword")));
        assert!(holding("def").iter().any(|r| r.name.as_deref() == Some("module db db.bicep")));
        assert!(holding("def").iter().any(|r| r.key.as_deref() == Some("other")));
        assert!(holding("'no'").iter().all(|r| r.key.is_none()), "a comment");
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for text in ["'\\", "'\\é", "'''", "''''", "param", "/*", "resource a 'b", "{{{{}", "a.getSecret(", "getSecret('x')", "é'é\n'"] {
            Format.extract("a.bicep", text, &mut Outline::default());
        }
    }
}
