//! Dockerfiles: `ENV`, `ARG`, and the commands of `RUN`, by stage.

use super::names::{self, keyed};
use super::{Extractor, Reads};
use crate::model::{Outline, Place, Resource};

/// `dockerfile`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "dockerfile"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`Dockerfile*`, `Containerfile`, `*.dockerfile`", takes: "`ENV`, `ARG` and the commands of `RUN`, by stage" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        lower == "dockerfile"
            || lower == "containerfile"
            || lower.starts_with("dockerfile.")
            || lower.ends_with(".dockerfile")
            || lower.ends_with(".containerfile")
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        outline.places.push(Place { start: 0, end: text.len(), resource: Resource { format: self.id().into(), ..Resource::default() } });
        let mut stage: Option<(String, usize)> = None;
        for (start, end) in instructions(text) {
            let Some(written) = text.get(start..end) else { continue };
            let word = written.split_whitespace().next().unwrap_or_default();
            let rest = start + word.len();
            match word.to_ascii_uppercase().as_str() {
                "FROM" => {
                    close(&mut stage, start, outline);
                    let mut words = written.split_whitespace().skip(1).filter(|w| !w.starts_with("--"));
                    let image = words.next().unwrap_or_default();
                    let name = words.nth(1).unwrap_or(image);
                    stage = Some((name.to_owned(), start));
                }
                "ENV" | "ARG" | "LABEL" => assignments(text, rest, end, outline),
                "RUN" | "CMD" | "ENTRYPOINT" => outline.places.push(keyed(rest, end, word)),
                _ => {}
            }
        }
        close(&mut stage, text.len(), outline);
        names::scan(text, 0, outline);
    }
}

/// Ends a stage with a place of its own.
fn close(stage: &mut Option<(String, usize)>, end: usize, outline: &mut Outline) {
    if let Some((name, start)) = stage.take() {
        outline.places.push(Place { start, end, resource: Resource { name: Some(format!("stage {name}")), ..Resource::default() } });
    }
}

/// Where each instruction begins and ends, continued lines and heredocs included; comments are left out.
fn instructions(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut open, mut heredoc): (usize, bool, Option<String>) = (0, false, None);
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.trim_end().len());
        at += line.len();
        let bare = line.trim();
        if let Some(mark) = &heredoc {
            if let Some(last) = found.last_mut() {
                last.1 = end;
            }
            if bare == mark {
                heredoc = None;
            }
            continue;
        }
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        match found.last_mut().filter(|_| open) {
            Some(last) => last.1 = end,
            None => found.push((start + (line.len() - line.trim_start().len()), end)),
        }
        open = bare.ends_with('\\');
        heredoc = bare
            .split("<<")
            .nth(1)
            .map(|m| m.trim_start_matches('-').trim_matches(|c: char| c == '"' || c == '\''))
            .and_then(|m| m.split_whitespace().next())
            .map(str::to_owned);
    }
    found
}

/// `NAME=value` pairs, or `NAME value`.
fn assignments(text: &str, start: usize, end: usize, outline: &mut Outline) {
    let Some(written) = text.get(start..end) else { return };
    let mut at = start;
    let words = written.split_inclusive(char::is_whitespace);
    let mut plain: Option<&str> = None;
    for piece in words {
        let word = piece.trim_end();
        match word.split_once('=') {
            Some((name, value)) if !name.is_empty() && !name.contains('"') => {
                let begin = at + name.len() + 1;
                outline.places.push(keyed(begin, begin + value.len(), name));
            }
            _ if plain.is_none()
                && !word.is_empty()
                && word != "\\"
                && outline.places.iter().all(|p| p.start < start || p.resource.key.is_none()) =>
            {
                plain = Some(word);
            }
            _ => {}
        }
        at += piece.len();
    }
    if let Some(name) = plain {
        let begin = start + written.find(name).unwrap_or(0) + name.len();
        outline.places.push(keyed(begin.min(end), end, name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_belong_to_their_name_and_stage() {
        let text = "FROM rust AS build\nENV TOKEN=abc \\\n    OTHER=\"def\"\nENV PLAIN value here\nRUN <<EOF\ncurl -u a:b\nEOF\nFROM scratch\nARG X=1\n";
        let mut outline = Outline::default();
        assert!(Format.claims("docker/app.Dockerfile", b""));
        Format.extract("Dockerfile", text, &mut outline);
        let key = |needle: &str| {
            let at = text.find(needle).unwrap();
            let mut around: Vec<&Place> = outline.places.iter().filter(|p| p.start <= at && at < p.end).collect();
            around.sort_by_key(|p| p.end - p.start);
            (around.iter().find_map(|p| p.resource.key.clone()), around.iter().find_map(|p| p.resource.name.clone()))
        };
        assert_eq!(key("abc"), (Some("TOKEN".into()), Some("stage build".into())));
        assert_eq!(key("\"def\"").0.as_deref(), Some("OTHER"));
        assert_eq!(key("curl").0.as_deref(), Some("RUN"));
        assert_eq!(key("1\n").1.as_deref(), Some("stage scratch"));
        for hostile in ["ENV", "ENV \\", "RUN <<", "FROM", "é=\nENV é"] {
            Format.extract("Dockerfile", hostile, &mut Outline::default());
        }
    }
}
