//! The report for people, on a terminal or down a pipe: a block or a line for each finding, and a summary of what was looked at.
//!
//! Text that comes from a repository is escaped before it is shown. Paths are never wrapped, so that they can be copied.

mod frame;
mod identities;
mod layout;
mod most;
mod summary;

use super::{Detail, Options, Reporter, phrase};
use crate::model::shown;
use crate::model::{Class, Detector, Exposure, Finding, Location, Proof, Report};
use layout::{Palette, paint, wrapped};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// `--format text`.
pub(super) struct Format;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "text"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let detectors = report.detectors.iter().map(|d| (d.id.as_str(), &**d)).collect();
        let mut page = Page::new(options, detectors, io::BufWriter::new(out));
        page.identities = report.identities.iter().map(|i| (i.id.as_str(), i)).collect();
        if options.detail == Detail::Full {
            page.coverage(report)?;
        }
        let (shown, others) = most::split(&report.findings, options.most.filter(|_| options.detail == Detail::Full));
        for finding in shown {
            match options.detail {
                Detail::Short => page.line(finding)?,
                Detail::Full => page.block(finding)?,
            }
        }
        most::count(&others, &mut page.out)?;
        if options.detail == Detail::Short && !report.findings.is_empty() {
            writeln!(page.out)?;
        }
        if options.detail == Detail::Full {
            page.acting(report)?;
            page.ghosts(report)?;
        }
        page.summary(report)?;
        page.out.flush()
    }
}

/// Places listed after the one that is shown with its code.
const MORE_PLACES: usize = 5;

/// Columns beyond which prose is hard to read, however wide the terminal.
const WIDEST_PROSE: usize = 120;

/// Where the text of an entry begins.
const INDENT: usize = 14;

/// What is being written on, and how.
struct Page<'a, W> {
    out: W,
    palette: Palette,
    width: usize,
    frames: frame::Renderer,
    detectors: BTreeMap<&'a str, &'a Detector>,
    identities: BTreeMap<&'a str, &'a Exposure>,
}

impl<'a, W: Write> Page<'a, W> {
    fn new(options: &Options, detectors: BTreeMap<&'a str, &'a Detector>, out: W) -> Self {
        let width = options.width.clamp(40, 1000);
        Self {
            out,
            palette: Palette::new(options.style),
            width,
            frames: frame::Renderer::new(options.style, width),
            detectors,
            identities: BTreeMap::new(),
        }
    }

    /// The finding as compilers write a message on one line.
    fn line(&mut self, finding: &Finding) -> io::Result<()> {
        let places = phrase::places(finding);
        let place = places.first().map_or_else(|| "(no place)".into(), |l| phrase::place(l));
        let level = paint(self.palette.level(finding.confidence), finding.confidence.as_str());
        let (title, redacted) = (shown(&finding.title), shown(&finding.secret.redacted));
        write!(self.out, "{place}: {level}: {title} {redacted}, {}", phrase::state(finding))?;
        if places.len() > 1 {
            write!(self.out, ", {}", phrase::count(places.len() as u64 - 1, "more place"))?;
        }
        writeln!(self.out, " [{}]", shown(&finding.id))
    }

    /// Everything about the finding, with the lines around it.
    fn block(&mut self, finding: &Finding) -> io::Result<()> {
        let title = paint(self.palette.level(finding.confidence), shown(&finding.title));
        let redacted = paint(self.palette.strong, shown(&finding.secret.redacted));
        writeln!(self.out, "{title}: {redacted}")?;
        let (kind, confidence, proof) = (finding.kind.as_str().replace('_', " "), finding.confidence.as_str(), proof(finding));
        self.entry("what", &format!("{} {kind}, {confidence} confidence ({proof})", shown(&finding.provider)))?;
        if let Some(whose) = whose(finding) {
            self.entry("whose", &whose)?;
        }
        if let Some(identity) = finding.identity.as_deref().and_then(|id| self.identities.get(id).copied()) {
            self.verdict(identity)?;
        }
        if let Some(first) = &finding.first_seen {
            self.entry("introduced", &phrase::commit(first))?;
        }
        self.entry("now", &now(finding))?;
        self.places(finding)?;
        self.group(finding)?;
        if let Some(detector) = self.detectors.get(finding.detector.as_str()).copied() {
            if !detector.remediation.is_empty() {
                self.entry("fix", &shown(&detector.remediation))?;
            }
            if !detector.lifecycle.replace_with.is_empty() {
                self.entry("use instead", &shown(&detector.lifecycle.replace_with))?;
            }
        }
        self.entry("id", &shown(&finding.id))?;
        writeln!(self.out)
    }

    /// The first place with its code, then some more.
    fn places(&mut self, finding: &Finding) -> io::Result<()> {
        let places = phrase::places(finding);
        let mut rest = places.iter();
        if let Some(first) = rest.next() {
            let place = format!("{}{}", phrase::place(first), circumstances(first));
            match &first.frame {
                Some(frame) => self.frames.write(frame, &place, finding.confidence, &mut self.out)?,
                None => self.entry_as_is("at", &place)?,
            }
            if let Some(resource) = phrase::resource(first) {
                self.entry("part of", &resource)?;
            }
        }
        let mut label = "also at";
        for place in rest.by_ref().take(MORE_PLACES) {
            self.entry_as_is(label, &format!("{}{}", phrase::place(place), circumstances(place)))?;
            label = "";
        }
        match rest.len() as u64 {
            0 => Ok(()),
            more => self.entry_as_is("", &format!("and {}", phrase::count(more, "more place"))),
        }
    }

    /// What makes one credential with the finding, and what is missing of it.
    fn group(&mut self, finding: &Finding) -> io::Result<()> {
        let Some(group) = &finding.group else { return Ok(()) };
        let others = group.members.iter().filter(|m| m.finding.as_ref() != Some(&finding.id));
        let mut label = "with";
        for member in others {
            self.entry(label, &phrase::companion(finding, group, member, self.width - INDENT))?;
            label = "";
        }
        let mut label = "lacks";
        for missing in &group.missing {
            self.entry(label, &shown(missing))?;
            label = "";
        }
        Ok(())
    }

    /// A labelled line, its text wrapped to the page.
    fn entry(&mut self, label: &str, text: &str) -> io::Result<()> {
        let mut label = label;
        for line in wrapped(text, self.width.min(WIDEST_PROSE) - INDENT) {
            self.entry_as_is(label, &line)?;
            label = "";
        }
        Ok(())
    }

    /// A sentence that begins with a highlighted `head`, wrapped to the page.
    fn sentence(&mut self, style: anstyle::Style, head: &str, rest: &str) -> io::Result<()> {
        for (at, line) in wrapped(&format!("{head}{rest}"), self.width.min(WIDEST_PROSE)).iter().enumerate() {
            match line.strip_prefix(head) {
                Some(rest) if at == 0 => writeln!(self.out, "{}{rest}", paint(style, head))?,
                _ => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    /// A labelled line, its text left whole.
    fn entry_as_is(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = paint(self.palette.label, format_args!("{label:<width$}", width = INDENT - 2));
        writeln!(self.out, "  {label}{text}")
    }
}

/// What is the matter with the value today, and by whose hand.
fn now(finding: &Finding) -> String {
    match &finding.removed_in {
        Some(removed) if !finding.in_head => format!("removed in {}, still in the history", phrase::commit(removed)),
        _ => phrase::state(finding),
    }
}

/// What the confidence rests on, in a word.
fn proof(finding: &Finding) -> &'static str {
    match finding.proof {
        Proof::Context => "by context",
        Proof::Pattern => "by pattern",
        Proof::Structure => "by structure",
        Proof::Checksum => "by checksum",
    }
}

/// The principal, what it belongs to, and who uses such credentials, as far as any is known.
fn whose(finding: &Finding) -> Option<String> {
    let named = match (&finding.principal, &finding.scope) {
        (Some(principal), Some(scope)) if principal != scope => format!("{} of {}", shown(principal), shown(scope)),
        (Some(name), _) | (None, Some(name)) => shown(name).into_owned(),
        (None, None) if finding.class == Class::Unknown => return None,
        (None, None) => return Some(format!("{} (not named)", finding.class.as_str())),
    };
    Some(if finding.class == Class::Unknown { named } else { format!("{named} ({})", finding.class.as_str()) })
}

/// What is special about a place, to stand behind it.
fn circumstances(location: &Location) -> String {
    let mut text = String::new();
    if let Some(removed) = &location.removed_in {
        text.push_str(&format!(", removed in {}", phrase::short(removed)));
    } else if !location.in_head {
        text.push_str(", on another ref");
    }
    if let Some(encoding) = &location.encoding {
        text.push_str(&format!(", as {}", shown(encoding)));
    }
    if let Some(suppression) = &location.suppression {
        text.push_str(&format!(", suppressed ({})", suppression.by));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Frame, FrameLine, Resource, Skipped, Suppression};
    use crate::report::{Style, fixture};

    fn text(report: &Report, style: Style, width: usize, detail: Detail) -> String {
        fixture::written(&Format, report, &Options { style, width, detail, most: None })
    }

    #[test]
    fn a_finding_is_a_block_with_its_code() {
        let mut report = fixture::full();
        report.findings.remove(0);
        report.findings.truncate(1);
        report.findings[0].locations[0].resource =
            Some(Resource { format: "dotenv".into(), key: Some("TOKEN".into()), ..Resource::default() });
        for n in 1..=7 {
            let mut location = fixture::location(&format!("deploy {n}/.env"));
            location.encoding = Some("base64".into());
            location.in_head = false;
            report.findings[0].locations.push(location);
        }
        report.findings[0].locations[0].in_head = true;
        (report.identities, report.inventory) = Default::default();
        assert_eq!(
            text(&report, Style::Plain, 80, Detail::Full),
            r#"Acme access token: acm_********yz
  what        acme token, medium confidence (by checksum)
  whose       octocat (human)
  introduced  111111111111 on 2026-01-02 by Ann Example <ann@example.org>
  now         removed in 999999999999 on 2026-02-03 by Ann Example
              <ann@example.org>, still in the history
  --> acme/app:src/config.py:12:10, removed in 999999999999
   |
11 | # deploy
12 | TOKEN = "acm_********yz"
   |          ^^^^^^^^^^^^^^
13 | DEBUG = 0
   |
  part of     dotenv, key TOKEN
  also at     acme/app:deploy 1/.env:12:10, on another ref, as base64
              acme/app:deploy 2/.env:12:10, on another ref, as base64
              acme/app:deploy 3/.env:12:10, on another ref, as base64
              acme/app:deploy 4/.env:12:10, on another ref, as base64
              acme/app:deploy 5/.env:12:10, on another ref, as base64
              and 2 more places
  fix         Revoke it in the console under Access > Tokens, then issue one
              that expires within ninety days.
  use instead OIDC federation
  id          ks1-old

Found 1 credential: 1 medium confidence; 0 in HEAD, 1 only in history.
Inspected 1 repository, 1,204 commits, 18,220 blobs, 530 files: 120.4 MiB (14.1
MiB without repeats) in 1.9 s.
Not counted: 3 suppressed, 12 below the confidence asked for.
Not read: 1
  app/big.bin: larger than 100 MiB
"#
        );
    }

    #[test]
    fn what_stands_with_a_finding_is_named_and_what_it_lacks() {
        let mut report = fixture::full();
        report.findings.truncate(1);
        report.findings[0].scope = Some("acme-prod".into());
        report.findings[0].group = Some(fixture::group());
        let whole = text(&report, Style::Plain, 80, Detail::Full);
        assert!(whole.contains("  whose       octocat of acme-prod (human)\n"), "{whole}");
        let expected = "  with        Acme client ID 4f1c9b7e-3d2a-4e6f-8a1b-9c0d7e5f3a2b, 3 lines above\n  lacks       the tenant ID\n";
        assert!(whole.contains(expected), "{whole}");
        report.findings[0].locations[0].line = 13;
        let elsewhere = text(&report, Style::Plain, 80, Detail::Full);
        assert!(elsewhere.contains("9c0d7e5f3a2b, at\n              src/config.py:9\n"), "{elsewhere}");
    }

    #[test]
    fn a_finding_can_be_a_line() {
        let mut report = fixture::full();
        report.findings[0].locations.push(fixture::location("b.env"));
        let text = text(&report, Style::Plain, 80, Detail::Short);
        let lines: Vec<_> = text.lines().take(4).collect();
        let expected = [
            "acme/app:src/config.py:12:10: high: Acme access token acm_********yz, still in HEAD, 1 more place [ks1-head]",
            "acme/app:src/config.py:12:10: medium: Acme access token acm_********yz, removed in 999999999999 [ks1-old]",
            "src/config.py:12:10: low: Acme access token acm_********yz, in the scanned files [ks1-loose]",
            "",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn whose_it_is_is_told_with_what_the_inventory_can_say_first() {
        let mut report = fixture::full();
        report.findings.truncate(1);
        report.findings[0].identity = Some("i1".into());
        report.identities[0].evidence =
            vec![fixture::evidence("the register does not know it"), fixture::evidence("no-owner: nobody is named")];
        report.identities[0].flags = vec![crate::model::Flag::NoOwner];
        let text = text(&report, Style::Plain, 80, Detail::Full);
        assert!(text.starts_with("Inventory: "), "{text}");
        for line in [
            "  acme      token  -      1      0         1",
            "  verdict     shadow: the register does not know it",
            "  flags       no-owner: nobody is named",
            "Verdicts: 1 shadow.",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_value_of_many_lines_is_bracketed() {
        let mut report = fixture::full();
        report.findings.truncate(1);
        let inner = |text: &str| FrameLine { text: text.into(), mark: Some((0, text.len())) };
        let mut lines = vec![inner("-----BEGIN KEY-----")];
        lines.extend((0..30).map(|_| inner("********")));
        lines.push(inner("-----END KEY-----"));
        report.findings[0].locations[0].frame = Some(Frame { first_line: 98, lines });
        let text = text(&report, Style::Plain, 80, Detail::Full);
        let expected = "
    |
 98 | / -----BEGIN KEY-----
 99 | | ********
100 | | ********
101 | | ********
...   |
128 | | ********
129 | | -----END KEY-----
    | |_________________^
";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn an_empty_result_says_what_it_rests_on() {
        assert_eq!(
            text(&fixture::clean(), Style::Plain, 200, Detail::Full),
            "No credentials found.\nInspected 1 repository, 1,204 commits, 18,220 blobs, 530 files: 120.4 MiB (14.1 MiB without \
             repeats) in 1.9 s.\n"
        );
        let mut report = fixture::nothing_read();
        report.scan.skipped = (0..25).map(|n| Skipped::new(format!("{n}.bin"), "larger than 100 MiB")).collect();
        let text = text(&report, Style::Plain, 80, Detail::Full);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..3],
            ["Nothing was inspected: no blob and no file was read of ./app.", "Not read: 25", "  0.bin: larger than 100 MiB"]
        );
        assert_eq!(lines[21..], ["  19.bin: larger than 100 MiB", "  and 5 more; the JSON report lists all"]);
    }

    #[test]
    fn what_was_suppressed_is_named() {
        let mut report = fixture::clean();
        let mut finding = fixture::finding();
        finding.suppression = Some(Suppression { by: "baseline".into(), reason: String::new() });
        finding.locations[0].suppression = Some(Suppression { by: "inline".into(), reason: "a test key".into() });
        report.suppressed = vec![finding];
        report.scan.stats.suppressed = 1;
        assert!(text(&report, Style::Plain, 80, Detail::Full).ends_with("\nNot counted: 1 suppressed (by baseline, inline).\n"));
    }

    #[test]
    fn a_repository_cannot_write_on_the_terminal() {
        let evil = "\u{1b}]0;x\u{7}\u{9b}2J\r\n\u{202e}\t";
        let mut report = fixture::full();
        report.scan.targets = vec![evil.into()];
        report.scan.skipped = vec![Skipped::new(evil, evil)];
        for finding in &mut report.findings {
            let mut group = fixture::group();
            (group.path, group.missing, group.repo) = (evil.into(), vec![evil.into()], Some(evil.into()));
            (group.members[1].title, group.members[1].value) = (evil.into(), Some(evil.into()));
            (finding.group, finding.scope) = (Some(group), Some(evil.into()));
            (finding.id, finding.title, finding.provider) = (evil.into(), evil.into(), evil.into());
            (finding.secret.redacted, finding.principal) = (evil.into(), Some(evil.into()));
            for commit in finding.first_seen.iter_mut().chain(&mut finding.removed_in) {
                (commit.author, commit.commit) = (evil.into(), evil.into());
            }
            for location in &mut finding.locations {
                (location.path, location.repo, location.encoding) = (evil.into(), Some(evil.into()), Some(evil.into()));
                location.removed_in = Some(evil.into());
                location.resource = Some(Resource { format: evil.into(), key: Some(evil.into()), ..Resource::default() });
                let line = FrameLine { text: evil.into(), mark: Some((1, 3)) };
                location.frame = Some(Frame { first_line: 1, lines: vec![line] });
            }
        }
        for detail in [Detail::Full, Detail::Short] {
            let plain = text(&report, Style::Plain, 80, detail);
            assert!(plain.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{plain:?}");
        }
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let report = fixture::full();
        for detail in [Detail::Full, Detail::Short] {
            let colour = text(&report, Style::Colour, 80, detail);
            let mut parts = colour.split("\u{1b}[");
            let mut stripped = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                stripped.push_str(part.split_once('m').expect("only colours").1);
            }
            assert_ne!(colour, stripped);
            assert_eq!(stripped, text(&report, Style::Plain, 80, detail));
        }
    }

    #[test]
    fn only_what_must_stay_whole_is_wider_than_the_page() {
        let mut report = fixture::full();
        report.findings[0].locations[0].path = "very/long/".repeat(30);
        let mut group = fixture::group();
        group.members[1].value = Some("long".repeat(60));
        report.findings[0].group = Some(group);
        report.findings[0].locations[0].frame.as_mut().expect("a frame").lines[1].text.push_str(&"x".repeat(500));
        for width in [40, 80, 120] {
            for line in text(&report, Style::Plain, width, Detail::Full).lines() {
                assert!(line.chars().count() <= width || line.contains("-->"), "{width}: {line}");
            }
        }
    }
}
