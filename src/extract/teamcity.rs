//! TeamCity: build configurations in Kotlin and XML, whose passwords are references to what the server keeps.

use super::names::{self, reference};
use super::{Extractor, Reads};
use crate::model::{Outline, Place, RecordKind, Resource};
use regex::Regex;
use std::sync::LazyLock;

/// `teamcity`.
pub(super) struct Format;

static KEPT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"credentialsJSON:[0-9a-fA-F-]{8,64}").expect("sound"));
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:param|password|text)\(\s*"([^"\n]{1,200})"\s*,\s*"([^"\n]{1,2000})"|<param\s+name="([^"\n]{1,200})"\s+value="([^"\n]{1,2000})""#)
        .expect("sound")
});

impl Extractor for Format {
    fn id(&self) -> &'static str {
        "teamcity"
    }

    fn reads(&self) -> Reads {
        Reads { files: "`.teamcity/` in Kotlin and XML", takes: "parameters, and references to passwords that the server keeps" }
    }

    fn claims(&self, path: &str, head: &[u8]) -> bool {
        let ends = path.ends_with(".kt") || path.ends_with(".kts") || path.ends_with(".xml");
        ends && (path.starts_with(".teamcity/")
            || path.contains("/.teamcity/")
            || memchr::memmem::find(head, b"jetbrains.buildServer.configs.kotlin").is_some())
    }

    fn extract(&self, _: &str, text: &str, outline: &mut Outline) {
        outline.places.push(Place { start: 0, end: text.len(), resource: Resource { format: self.id().into(), ..Resource::default() } });
        for found in PARAMETER.captures_iter(text) {
            let (Some(name), Some(value)) = (found.get(1).or(found.get(3)), found.get(2).or(found.get(4))) else { continue };
            outline.places.push(names::keyed(value.start(), value.end(), name.as_str()));
            if let Some(kept) = KEPT.find(value.as_str()) {
                let span = (value.start() + kept.start(), value.start() + kept.end());
                outline.mentions.push(reference(span, "teamcity", RecordKind::CiSecret, kept.as_str()).with("parameter", name.as_str()));
            }
        }
        let others = KEPT.find_iter(text).map(|m| reference((m.start(), m.end()), "teamcity", RecordKind::CiSecret, m.as_str()));
        outline.mentions.extend(others);
        names::scan(text, 0, outline);
        names::tidy(outline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_names_and_kept_passwords_are_references() {
        let id = "credentialsJSON:7f4a9c1e-0000-4000-8000-000000000001";
        let text = format!(
            "params {{\n  password(\"env.TOKEN\", \"{id}\")\n  param(\"env.KEY\", \"abc\")\n}}\n<param name=\"p\" value=\"def\" />"
        );
        let mut outline = Outline::default();
        assert!(Format.claims(".teamcity/settings.kts", b"") && !Format.claims("build.gradle.kts", b""));
        Format.extract(".teamcity/settings.kts", &text, &mut outline);
        assert_eq!(outline.mentions.len(), 1);
        assert_eq!((outline.mentions[0].principal.as_str(), outline.mentions[0].details["parameter"].as_str()), (id, "env.TOKEN"));
        for (value, key) in [("abc", "env.KEY"), ("def", "p")] {
            let at = text.find(value).unwrap();
            assert!(outline.places.iter().any(|p| p.start <= at && at < p.end && p.resource.key.as_deref() == Some(key)));
        }
    }
}
