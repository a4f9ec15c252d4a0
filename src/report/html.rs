//! The report as one HTML file to look at: it holds the JSON report, a style and a script, asks for nothing from anywhere, and its policy allows nothing else.

use super::{Options, Reporter, phrase};
use crate::model::Report;
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// `--format html`.
pub(super) struct Format;

static STYLE: &str = include_str!("../../templates/report/report.css");
/// In the order they depend on each other; a block of their own keeps their names from the page.
static SCRIPTS: [&str; 6] = [
    include_str!("../../templates/report/state.js"),
    include_str!("../../templates/report/build.js"),
    include_str!("../../templates/report/overview.js"),
    include_str!("../../templates/report/lists.js"),
    include_str!("../../templates/report/map.js"),
    include_str!("../../templates/report/main.js"),
];
/// What stands in the page where the report goes.
const DATA: &str = "@DATA@";

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "html"
    }

    fn extension(&self) -> &'static str {
        "html"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let script = format!("'use strict';\n(() => {{\n{}}})();\n", SCRIPTS.concat());
        let page = Page { style: STYLE, policy: policy(&script), script: &script, summary: summary(report), data: DATA };
        let page = page.render().map_err(io::Error::other)?;
        let (before, behind) = page.split_once(DATA).expect("the template has it");
        let mut out = io::BufWriter::new(out);
        out.write_all(before.as_bytes())?;
        serde_json::to_writer(Quoted(&mut out), report)?;
        writeln!(out, "{}", behind.trim_end())?;
        out.flush()
    }
}

#[derive(Template)]
#[template(path = "report/report.html")]
struct Page<'p> {
    policy: String,
    style: &'p str,
    script: &'p str,
    summary: String,
    data: &'static str,
}

/// The page may run this script and no other, show this style and no other, and load nothing.
fn policy(script: &str) -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(script),
        digest(STYLE)
    )
}

/// What is told where scripts do not run.
fn summary(report: &Report) -> String {
    let found = phrase::count(report.findings.len() as u64, "credential");
    let read = Some(phrase::read(&report.scan.stats)).filter(|read| !read.is_empty()).unwrap_or_else(|| "nothing".to_owned());
    format!("{found} found in {}; inspected {read}.", report.scan.targets.join(", "))
}

/// Writes JSON so that nothing in it ends the element it stands in. `<` is only in strings, where it may be written as an escape.
struct Quoted<W>(W);

impl<W: Write> Write for Quoted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (i, part) in bytes.split(|&b| b == b'<').enumerate() {
            if i > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn page(report: &Report) -> String {
        fixture::written(&Format, report, &Options::default())
    }

    fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
        let (_, rest) = text.split_once(from).expect(from);
        rest.split_once(to).expect(to).0
    }

    #[test]
    fn holds_the_report_and_nothing_can_end_it_early() {
        let mut report = fixture::full();
        report.scan.targets = vec!["</script><script>alert(1)</script><!--".into()];
        let page = page(&report);
        let data = between(&page, "<script type=\"application/json\" id=\"data\">", "</script>");
        let held: serde_json::Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(held, serde_json::to_value(&report).expect("JSON"));
        assert_eq!(page.matches("</script>").count(), 2, "a target's name became part of the page");
    }

    #[test]
    fn the_policy_knows_its_script_and_style_and_nothing_else() {
        let page = page(&fixture::full());
        let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        assert!(policy.contains(&format!("script-src {}", digest(between(&page, "<script>", "</script>")))), "{policy}");
        assert!(policy.contains(&format!("style-src {}", digest(between(&page, "<style>", "</style>")))), "{policy}");
        assert!(!policy.contains("unsafe") && policy.starts_with("default-src 'none'"), "{policy}");
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            let own = page.replace(between(&page, "id=\"data\">", "</script>"), "").replace("http://www.w3.org/2000/svg", "");
            assert!(!own.contains(outside), "the page asks for something: {outside}");
        }
    }
}
