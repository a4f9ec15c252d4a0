//! Settings in sections of `KEY = value`: Streamlit's secrets, units of systemd, inventories and settings of Ansible, credentials of cloud tools.

use super::names::{self, keyed, reference};
use super::{Extractor, Reads, head};
use crate::model::{KeyKind, Outline, Place, RecordKind, Resource};

/// `settings`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "settings"
    }

    fn reads(&self) -> Reads {
        Reads {
            files: "units of systemd, `.streamlit/secrets.toml`, `.aws/credentials`, `ansible.cfg`, inventories of Ansible, `.s3cfg`, `.boto`",
            takes: "sections and their keys",
        }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        is_unit(path)
            || is_hosts(path, head)
            || path.ends_with(".streamlit/secrets.toml")
            || path.ends_with(".aws/credentials")
            || matches!(name, "ansible.cfg" | ".s3cfg" | ".boto")
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        outline.places.push(Place { start: 0, end: text.len(), resource: Resource { format: self.id().into(), ..Resource::default() } });
        let (mut at, mut section): (usize, Option<(String, usize)>) = (0, None);
        let mut open = String::new();
        let (is_unit, is_hosts) = (is_unit(path), is_hosts(path, head(text)));
        for line in text.split_inclusive('\n') {
            let written = line.trim();
            let start = at + (line.len() - line.trim_start().len());
            at += line.len();
            if let Some(name) = written.strip_prefix('[').and_then(|w| w.trim_end_matches(']').split(']').next()) {
                close(&mut section, start, outline);
                section = Some((name.trim_matches('[').to_owned(), start));
            } else if !written.is_empty() && !written.starts_with(['#', ';']) {
                if is_unit {
                    unit(written, start, &mut open, outline);
                } else if is_hosts {
                    pairs(written, start, outline);
                } else if let Some((key, value)) = written.split_once('=') {
                    let begin = start + key.len() + 1;
                    outline.places.push(keyed(begin, begin + value.len(), key.trim()));
                }
            }
        }
        close(&mut section, text.len(), outline);
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

fn is_unit(path: &str) -> bool {
    [".service", ".socket", ".timer", ".mount"].iter().any(|e| path.ends_with(e)) || path.contains(".service.d/") && path.ends_with(".conf")
}

fn is_hosts(path: &str, head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let named =
        matches!(name, "hosts" | "inventory" | "hosts.ini" | "inventory.ini") || (name.ends_with(".ini") && path.contains("inventor"));
    named && (memchr::memmem::find(head, b"ansible_").is_some() || head.starts_with(b"[") || memchr::memmem::find(head, b"\n[").is_some())
}

fn close(section: &mut Option<(String, usize)>, end: usize, outline: &mut Outline) {
    if let Some((name, start)) = section.take() {
        outline.places.push(Place { start, end, resource: Resource { name: Some(name), ..Resource::default() } });
    }
}

/// A line of a unit: `Environment=` holds pairs, `LoadCredential=` and `EnvironmentFile=` name files. What is encrypted is no value.
fn unit(line: &str, start: usize, open: &mut String, outline: &mut Outline) {
    let (key, value, shift) = match line.split_once('=') {
        Some((key, value)) if open.is_empty() => (key.trim().to_owned(), value, key.len() + 1),
        _ => (open.clone(), line, 0),
    };
    *open = if line.ends_with('\\') { key.clone() } else { String::new() };
    let begin = start + shift;
    match key.as_str() {
        "Environment" => pairs(value, begin, outline),
        "LoadCredential" | "LoadCredentialEncrypted" | "EnvironmentFile" => {
            let name = value.trim().trim_start_matches('-');
            outline.mentions.push(reference((begin, begin + value.len()), "systemd", RecordKind::SecretRef, name).with("by", key));
        }
        _ => outline.places.push(keyed(begin, begin + value.len(), &key)),
    }
}

/// `NAME=value` pairs of a line, which quotes may hold.
fn pairs(text: &str, shift: usize, outline: &mut Outline) {
    let bytes = text.as_bytes();
    let (mut at, mut begin, mut quote) = (0, 0, None);
    while at <= bytes.len() {
        let ends = at == bytes.len() || (quote.is_none() && bytes[at] == b' ');
        if ends {
            pair(&text[begin..at], shift + begin, outline);
            begin = at + 1;
        } else if matches!(bytes[at], b'"' | b'\'') {
            quote = match quote {
                None => Some(bytes[at]),
                Some(q) if q == bytes[at] => None,
                other => other,
            };
        }
        at += 1;
    }
}

fn pair(written: &str, shift: usize, outline: &mut Outline) {
    let inner = written.trim_matches(['"', '\'']);
    let shift = shift + (written.len() - written.trim_start_matches(['"', '\'']).len());
    let Some((key, value)) =
        inner.split_once('=').filter(|(k, v)| !v.is_empty() && k.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
    else {
        return;
    };
    let begin = shift + key.len() + 1;
    outline.places.push(keyed(begin, begin + value.len(), key));
    if key == "VAULT_PATH" {
        outline
            .mentions
            .push(reference((begin, begin + value.len()), "vault", RecordKind::SecretRef, value).known_by(KeyKind::VaultPath, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(path: &str, text: &str, value: &str) -> Vec<Resource> {
        assert!(Format.claims(path, text.as_bytes()), "{path}");
        let mut outline = Outline::default();
        Format.extract(path, text, &mut outline);
        let at = text.find(value).unwrap();
        outline.places.into_iter().filter(|p| p.start <= at && at < p.end).map(|p| p.resource).collect()
    }

    #[test]
    fn a_value_has_its_key_and_section() {
        for (path, text, key, section) in [
            (".streamlit/secrets.toml", "[db]\npassword = \"abc\"\n", "password", "db"),
            ("etc/app.service", "[Unit]\nDescription=x\n[Service]\nEnvironment=\"A=b\" TOKEN=abc \\\n  C=d\n", "TOKEN", "Service"),
            ("inventories/prod/hosts", "[web]\nw1 ansible_host=10.0.0.1 ansible_password='abc'\n", "ansible_password", "web"),
            ("home/.aws/credentials", "[prod]\naws_secret_access_key = abc\n", "aws_secret_access_key", "prod"),
        ] {
            let held = held(path, text, "abc");
            assert!(held.iter().any(|r| r.key.as_deref() == Some(key)), "{path}: {held:?}");
            assert!(held.iter().any(|r| r.name.as_deref() == Some(section)), "{path}: {held:?}");
        }
    }

    #[test]
    fn files_that_units_load_are_named_and_any_text_is_read() {
        let mut outline = Outline::default();
        Format.extract(
            "a.service",
            "[Service]\nLoadCredential=db:/run/db\nSetCredentialEncrypted=k: abc\nEnvironment='é=ü\n\"=\\\n",
            &mut outline,
        );
        assert_eq!(outline.mentions[0].principal, "db:/run/db");
        assert!(!Format.claims("src/hosts.rs", b"") && !Format.claims("hosts", b"127.0.0.1 localhost"));
    }
}
