//! Files of `NAME=value` lines: the `.env` family, and environment files of services.

use super::names::{self, keyed};
use super::{Extractor, Reads};
use crate::model::{Outline, Place, Resource};

/// `dotenv`.
pub(super) struct Format;

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "dotenv"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`.env`, `.env.*`, `*.env`, `.envrc`, `.dev.vars`", takes: "variables, with the environment that the name tells" }
    }

    fn claims(&self, path: &str, _: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        name == ".env"
            || name.starts_with(".env.")
            || name.ends_with(".env")
            || name.starts_with("env.")
            || matches!(name, ".flaskenv" | ".dev.vars" | ".envrc")
    }

    fn extract(&self, path: &str, text: &str, outline: &mut Outline) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let suffix = name.strip_prefix(".env.").filter(|s| !matches!(*s, "example" | "sample" | "template" | "local" | "dist"));
        let environment = suffix.map(|s| s.trim_end_matches(".local").to_owned());
        let base = Resource { format: self.id().into(), environment, ..Resource::default() };
        outline.places.push(Place { start: 0, end: text.len(), resource: base });
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let written = line.trim_start();
            let start = at + (line.len() - written.len());
            let assignment = written.strip_prefix("export ").unwrap_or(written);
            let shift = start + (written.len() - assignment.len());
            if let Some((key, value)) = assignment.split_once('=').filter(|(k, _)| is_name(k.trim())) {
                let begin = shift + key.len() + 1;
                outline.places.push(keyed(begin, begin + value.trim_end().len(), key.trim()));
            }
            at += line.len();
        }
        names::scan(text, 0, outline);
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_belongs_to_its_name_and_the_file_to_its_environment() {
        let text = "# x=1\nexport API_KEY=\"abc\"\nPLAIN=def\n";
        let mut outline = Outline::default();
        assert!(Format.claims("app/.env.production", b"") && !Format.claims("environment.rs", b""));
        Format.extract("app/.env.production", text, &mut outline);
        assert_eq!(outline.places[0].resource.environment.as_deref(), Some("production"));
        let spans: Vec<(&str, &str)> =
            outline.places[1..].iter().map(|p| (p.resource.key.as_deref().unwrap(), &text[p.start..p.end])).collect();
        assert_eq!(spans, [("API_KEY", "\"abc\""), ("PLAIN", "def")]);
    }
}
