//! The report as one HTML file to look at: it holds the JSON report, a style and a script, asks for nothing from anywhere, and its policy allows nothing else.

use super::{Options, Reporter, phrase};
use crate::model::{Finding, FrameLine, Report};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
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
/// What stands in the page where the report goes, and where the lines around credentials do.
const DATA: &str = "@DATA@";
const EXCERPTS: &str = "@EXCERPTS@";
/// Most bytes of all lines around credentials.
const MOST_EXCERPTS: usize = 8 << 20;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "html"
    }

    fn extension(&self) -> &'static str {
        "html"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let script = format!("'use strict';\n(() => {{\n{}}})();\n", SCRIPTS.concat());
        let page =
            Page { style: STYLE, policy: policy(&script), script: &script, summary: summary(report), data: DATA, excerpts: EXCERPTS };
        let page = page.render().map_err(io::Error::other)?;
        let (before, rest) = page.split_once(DATA).expect("the template has it");
        let (between, behind) = rest.split_once(EXCERPTS).expect("the template has it");
        let mut out = io::BufWriter::new(out);
        out.write_all(before.as_bytes())?;
        serde_json::to_writer(Quoted(&mut out), report)?;
        out.write_all(between.as_bytes())?;
        serde_json::to_writer(Quoted(&mut out), &excerpts(report))?;
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
    excerpts: &'static str,
}

/// The lines around one place of a credential.
#[derive(Serialize)]
struct Excerpt<'r> {
    /// Which of its places that is.
    place: usize,
    /// Number of the first line.
    first: u32,
    /// Each line: what stands before the value, the value redacted, and what stands behind it.
    lines: Vec<[&'r str; 3]>,
}

/// The lines around the first place of each credential that they are known of, by its id.
fn excerpts(report: &Report) -> BTreeMap<&str, Excerpt<'_>> {
    let mut length = 0;
    let mut fits = |excerpt: &Excerpt<'_>| {
        length += excerpt.lines.iter().flatten().map(|part| part.len()).sum::<usize>();
        length <= MOST_EXCERPTS
    };
    let of = report.findings.iter().filter_map(|finding| Some((&*finding.id, excerpt(finding)?)));
    of.take_while(|(_, excerpt)| fits(excerpt)).collect()
}

fn excerpt(finding: &Finding) -> Option<Excerpt<'_>> {
    let (place, frame) = finding.locations.iter().enumerate().find_map(|(place, l)| Some((place, l.frame.as_ref()?)))?;
    Some(Excerpt { place, first: frame.first_line, lines: frame.lines.iter().map(parts).collect() })
}

fn parts(line: &FrameLine) -> [&str; 3] {
    let (from, to) = line.mark.unwrap_or((line.text.len(), line.text.len()));
    let part = |from: usize, to: usize| line.text.get(from..to).unwrap_or_default();
    [part(0, from), part(from, to), part(to, line.text.len())]
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
        assert_eq!(page.matches("</script>").count(), 3, "a target's name became part of the page");
    }

    #[test]
    fn shows_the_lines_around_a_credential_in_parts() {
        let mut report = fixture::full();
        let finding = &mut report.findings[0];
        let frame = finding.locations[0].frame.as_mut().expect("the fixture has one");
        let whole: Vec<String> = frame.lines.iter().map(|l| l.text.clone()).collect();
        frame.lines[0].text.insert_str(0, "</script>é");
        frame.lines[0].mark = Some((11, 12));
        let id = finding.id.clone();
        let page = page(&report);
        assert_eq!(page.matches("</script>").count(), 3, "a line became part of the page");
        let held: serde_json::Value = serde_json::from_str(between(&page, "id=\"excerpts\">", "</script>")).expect("JSON");
        let lines: Vec<Vec<String>> = serde_json::from_value(held[&*id]["lines"].clone()).expect("lines");
        assert_eq!(lines.len(), whole.len());
        assert_eq!(lines[0][0], "</script>é");
        assert_eq!(lines[0].concat(), format!("</script>é{}", whole[0]));
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
