//! Jenkins: the credentials that a Jenkinsfile asks for, in declarative and scripted pipelines.
//!
//! A Jenkinsfile is Groovy, which is a language to run: what counts here are strings and the words before them, so a small tokenizer
//! that knows strings and comments is enough.

use super::names::{self, keyed, reference};
use super::{Extractor, Reads};
use crate::model::{KeyKind, Outline, Place, RecordKind, Resource};

/// `jenkins`.
pub(super) struct Format;

/// A word, a sign or a string of a Jenkinsfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str, usize),
    Sign(u8),
    /// The text between the quotes, and where it begins.
    Text(&'t str, usize),
}

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "jenkins"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "`Jenkinsfile*`, and Groovy with `pipeline {`, `node` or `withCredentials`",
            takes: "stages, `credentialsId`, `credentials()`, `withCredentials`",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_groovy = name.ends_with(".groovy") || name.ends_with(".jenkinsfile");
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        name.starts_with("Jenkinsfile")
            || name.ends_with(".Jenkinsfile")
            || (is_groovy && (has(b"pipeline {") || has(b"node(") || has(b"node {") || has(b"withCredentials")))
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        let base = Resource { format: self.id().into(), ..Resource::default() };
        outline.places.push(Place { start: 0, end: text.len(), resource: base });
        let tokens = tokens(text);
        stages(&tokens, text, outline);
        for (at, token) in tokens.iter().enumerate() {
            let Token::Text(id, start) = *token else { continue };
            match before(&tokens, at) {
                Some("credentialsId" | "credentials" | "sshagent" | "credentialId") => {
                    let variable = tokens[..at].iter().rev().find_map(|t| match t {
                        Token::Word(word, _) if word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit()) => {
                            Some(*word)
                        }
                        _ => None,
                    });
                    let found =
                        reference((start, start + id.len()), "jenkins", RecordKind::CiSecret, id).known_by(KeyKind::JenkinsCredential, id);
                    outline
                        .mentions
                        .push(found.with("variable", variable.filter(|_| before(&tokens, at) == Some("credentials")).unwrap_or_default()));
                }
                Some("path" | "vaultPath") if id.contains('/') && text.contains("withVault") => {
                    outline.mentions.push(names::vault((start, start + id.len()), id));
                }
                Some(name) => outline.places.push(keyed(start, start + id.len(), name)),
                None => {}
            }
        }
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

/// The word that a string belongs to: `credentialsId: 'x'`, `credentials('x')`, `KEY = 'x'`, `sshagent(['x'])`.
fn before<'t>(tokens: &[Token<'t>], at: usize) -> Option<&'t str> {
    let mut back = tokens[..at].iter().rev();
    let mut signs = 0;
    loop {
        match back.next()? {
            Token::Sign(b':' | b'=' | b'(' | b'[') if signs < 3 => signs += 1,
            Token::Word(word, _) => return Some(word),
            _ => return None,
        }
    }
}

/// Places for `stage('name') { … }`.
fn stages(tokens: &[Token<'_>], text: &str, outline: &mut Outline) {
    for window in tokens.windows(4) {
        if let [Token::Word("stage", start), Token::Sign(b'('), Token::Text(name, _), Token::Sign(b')')] = window {
            let end = closing(text, *start).unwrap_or(text.len());
            let resource = Resource { job: Some((*name).to_owned()), ..Resource::default() };
            outline.places.push(Place { start: *start, end, resource });
        }
    }
}

/// Behind the brace that closes the first one after a position; braces in strings are taken for what they are not, which only moves an end.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return Some(at + 1),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Words, signs and strings; comments are left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        at = match byte {
            b'/' if rest.starts_with(b"//") => at + memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            b'/' if rest.starts_with(b"/*") => at + memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4),
            b'\'' | b'"' => {
                let triple = rest.starts_with(&[byte; 3]);
                let quote = if triple { 3 } else { 1 };
                let end = end_of_string(bytes, at + quote, byte, triple);
                tokens.push(Token::Text(text.get(at + quote..end).unwrap_or_default(), at + quote));
                end + quote
            }
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                tokens.push(Token::Word(text.get(at..at + length).unwrap_or_default(), at));
                at + length
            }
            b if b.is_ascii_whitespace() => at + 1,
            sign => {
                tokens.push(Token::Sign(sign));
                at + 1
            }
        };
    }
    tokens
}

/// Where a string ends: at its quote, or, of a plain one, at the end of the line.
fn end_of_string(bytes: &[u8], from: usize, quote: u8, triple: bool) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' if !triple => return at,
            b if b == quote && (!triple || bytes[at..].starts_with(&[quote; 3])) => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"pipeline {
  environment {
    // credentials('no')
    AWS = credentials('aws-prod')
    TOKEN = "abc"
  }
  stages {
    stage('Ship') {
      steps {
        withCredentials([usernamePassword(credentialsId: 'docker-hub', usernameVariable: 'U', passwordVariable: 'P')]) { sh 'x' }
        sshagent(['deploy-key']) { sh '''a 'b' c''' }
        withAWS(role: 'arn:aws:iam::111122223333:role/jenkins') { }
      }
    }
  }
}
"#;

    #[test]
    fn credentials_are_named_in_all_ways_and_comments_name_none() {
        let mut outline = Outline::default();
        Format.extract("Jenkinsfile", TEXT, &mut outline);
        let principals: Vec<&str> = outline.mentions.iter().map(|m| m.principal.as_str()).collect();
        assert_eq!(principals, ["aws-prod", "docker-hub", "deploy-key", "arn:aws:iam::111122223333:role/jenkins"]);
        assert_eq!(outline.mentions[0].details["variable"], "AWS");
        let at = TEXT.find("abc").unwrap();
        assert!(outline.places.iter().any(|p| p.start == at && p.resource.key.as_deref() == Some("TOKEN")));
        let ship = TEXT.find("docker-hub").unwrap();
        assert!(outline.places.iter().any(|p| p.start < ship && ship < p.end && p.resource.job.as_deref() == Some("Ship")));
    }

    #[test]
    fn what_is_no_groovy_ends() {
        for text in ["'", "\"\"\"", "/*", "\\", "stage('a'", "é'é\\", "x = '"] {
            let mut outline = Outline::default();
            Format.extract("Jenkinsfile", text, &mut outline);
        }
    }
}
