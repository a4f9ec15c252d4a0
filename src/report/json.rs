//! The JSON report: the whole [`Report`] as one indented object, in the field order of the model.

use super::{Options, Reporter};
use crate::model::Report;
use std::io::{self, Write};

/// `--format json`.
pub(super) struct Format;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        serde_json::to_writer_pretty(&mut out, report)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    /// The keys written at `indent` spaces between the first `from` and the next `to`, each once, in order.
    fn keys(text: &str, from: &str, to: &str, indent: usize) -> Vec<String> {
        let (_, rest) = text.split_once(from).expect(from);
        let (section, _) = rest.split_once(to).expect(to);
        let at = format!("{}\"", " ".repeat(indent));
        let mut keys = Vec::new();
        for line in section.lines() {
            if let Some((key, _)) = line.strip_prefix(&at).and_then(|l| l.split_once("\": "))
                && !keys.iter().any(|k| k == key)
            {
                keys.push(key.to_owned());
            }
        }
        keys
    }

    #[test]
    fn keys_stand_in_the_order_of_the_contract() {
        let text = fixture::written(&Format, &fixture::full(), &Options::default());
        let report = ["schema_version", "tool", "scan", "findings", "identities", "inventory", "coverage"];
        assert_eq!(keys(&text, "{", "\n}\n", 2), report);
        assert_eq!(keys(&text, "\"scan\": ", "\n  }", 4), ["started", "finished", "targets", "stats", "skipped", "unstructured"]);
        let finding =
            "id detector title provider kind confidence proof secret first_seen last_seen removed_in in_head locations identity group";
        assert_eq!(keys(&text, "\"findings\": ", "\n  ]", 6).join(" "), finding);
        let location = "repo path line column end_line end_column commit removed_in in_head encoding resource";
        assert_eq!(keys(&text, "\"locations\": ", "\n      ]", 10).join(" "), location);
    }

    #[test]
    fn keys_of_a_group_stand_in_order() {
        let mut report = fixture::full();
        report.findings[0].group = Some(fixture::group());
        let text = fixture::written(&Format, &report, &Options::default());
        let group = "id members complete missing principal scope repo path commit";
        assert_eq!(keys(&text, "\"group\": {", "\n      }", 8).join(" "), group);
        let member = "detector kind role value redacted finding line column";
        assert_eq!(keys(&text, "\"members\": ", "\n        ]", 12).join(" "), member);
    }

    #[test]
    fn what_is_only_for_people_stays_out() {
        let text = fixture::written(&Format, &fixture::full(), &Options::default());
        assert!(!text.contains("\"frame\"") && !text.contains("utf16_columns") && !text.contains("detectors\""));
    }
}
