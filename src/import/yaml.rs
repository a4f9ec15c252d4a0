//! Writes a detector file: what is stated and nothing else, with what was lost of a rule above its detector.

use super::carry::base_name;
use super::report::Report;
use crate::model::{Confidence, Detector, Except, Guards, Part, Provider, Role};
use std::fmt::Write;

/// What a file that was imported begins with; only such a file is ever replaced.
pub const MARK: &str = "# Imported by keysweep ";

/// The text of `PROVIDER.yml`.
pub(super) fn write(provider: &Provider, report: &Report) -> String {
    let mut out = Out { text: String::new() };
    out.line(
        0,
        &format!("{MARK}from {}, {}: {} of {} rule(s).", one_line(base_name(&report.file)), report.format, report.carried, report.read),
    );
    out.line(0, "# Import again rather than edit; put your own changes into a copy of another name.");
    out.field(0, "provider", &provider.provider);
    out.field(0, "title", &provider.title);
    out.field(0, "category", provider.category.as_str());
    out.field(0, "remediation", &provider.remediation);
    out.field(0, "imported", &provider.imported);
    out.except(0, &provider.except);
    out.line(0, if provider.detectors.is_empty() { "detectors: []" } else { "detectors:" });
    for detector in &provider.detectors {
        out.detector(detector, report);
    }
    out.text
}

struct Out {
    text: String,
}

impl Out {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    /// A field, left out when empty.
    fn field(&mut self, indent: usize, name: &str, value: &str) {
        if !value.is_empty() {
            self.line(indent, &format!("{name}: {}", scalar(value, indent + 2)));
        }
    }

    /// A list, left out when empty.
    fn list(&mut self, indent: usize, name: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        let flow: Vec<String> = values.iter().map(|v| quoted(v)).collect();
        let flow = format!("{name}: [{}]", flow.join(", "));
        const WIDEST: usize = 140;
        if flow.len() + indent <= WIDEST {
            return self.line(indent, &flow);
        }
        self.line(indent, &format!("{name}:"));
        values.iter().for_each(|v| self.line(indent + 2, &format!("- {}", quoted(v))));
    }

    fn detector(&mut self, d: &Detector, report: &Report) {
        const IN: usize = 4;
        for loss in report.losses.iter().filter(|l| l.detector == d.id) {
            self.line(2, &format!("# lost: {}", one_line(&loss.what)));
        }
        self.line(2, &format!("- id: {}", d.id));
        self.field(IN, "title", &d.title);
        self.field(IN, "kind", d.kind.as_str());
        if d.confidence != Confidence::default() {
            self.field(IN, "confidence", d.confidence.as_str());
        }
        self.field(IN, "pattern", &d.pattern);
        self.field(IN, "value", &d.value);
        self.list(IN, "keywords", &d.keywords);
        if d.multiline {
            self.line(IN, "multiline: true");
        }
        if d.reach != 0 {
            self.line(IN, &format!("reach: {}", d.reach));
        }
        self.field(IN, "paths", &d.paths);
        if d.report != Role::default() {
            self.field(IN, "report", d.report.as_str());
        }
        self.guards(IN, &d.guards);
        self.except(IN, &d.except);
        self.parts(IN, &d.parts);
        self.list(IN, "references", &d.references);
    }

    fn guards(&mut self, indent: usize, guards: &Guards) {
        if *guards == Guards::default() {
            return;
        }
        self.line(indent, "guards:");
        if guards.entropy > 0.0 {
            self.line(indent + 2, &format!("entropy: {}", guards.entropy));
        }
        let counts = [("digits", guards.digits), ("upper", guards.upper), ("lower", guards.lower), ("special", guards.special)];
        counts.iter().filter(|(_, n)| *n > 0).for_each(|(name, n)| self.line(indent + 2, &format!("{name}: {n}")));
        self.list(indent + 2, "stop_words", &guards.stop_words);
    }

    fn except(&mut self, indent: usize, list: &[Except]) {
        if list.is_empty() {
            return;
        }
        self.line(indent, "except:");
        for except in list {
            let lists = [
                ("value", &except.value),
                ("match", &except.matched),
                ("line", &except.line),
                ("words", &except.words),
                ("paths", &except.paths),
            ];
            let begin = self.text.len();
            lists.iter().for_each(|(name, list)| self.list(indent + 4, name, list));
            // The first of its lines is where the entry begins.
            let dash = begin + indent + 2;
            if self.text.len() > dash {
                self.text.replace_range(dash..=dash, "-");
            }
        }
    }

    fn parts(&mut self, indent: usize, parts: &[Part]) {
        if parts.is_empty() {
            return;
        }
        self.line(indent, "parts:");
        for part in parts {
            let moved = |name: &str, to: Option<Confidence>| to.map(|c| format!(", {name}: {}", c.as_str())).unwrap_or_default();
            let moved = moved("present", part.present) + &moved("absent", part.absent);
            self.line(indent + 2, &format!("- {{ detector: {}, lines: {}{moved} }}", part.detector, part.lines));
        }
    }
}

/// A text on one line, for a comment.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

/// A character that YAML takes as it is, in quotes or a block.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A value: plain where nothing can be mistaken, a block where it has several lines, else in quotes.
fn scalar(value: &str, indent: usize) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "_-,/ ".contains(c);
    let word = value.starts_with(|c: char| c.is_ascii_alphabetic()) && value.chars().all(simple) && !value.ends_with(' ');
    const MEANS_OTHER: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if word && !MEANS_OTHER.contains(&value.to_ascii_lowercase().as_str()) {
        return value.to_owned();
    }
    let block = value.contains('\n')
        && value.split('\n').all(|line| line.chars().all(is_plain) && !line.trim().is_empty())
        && !value.starts_with(char::is_whitespace);
    if !block {
        return quoted(value);
    }
    let lines: Vec<String> = value.split('\n').map(|line| format!("{:indent$}{line}", "")).collect();
    format!("|-\n{}", lines.join("\n"))
}

/// A text in quotes.
fn quoted(value: &str) -> String {
    if value.chars().all(is_plain) {
        return format!("'{}'", value.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\n' => write!(out, "\\n"),
            '\t' => write!(out, "\\t"),
            '\r' => write!(out, "\\r"),
            c if is_plain(c) => write!(out, "{c}"),
            c => write!(out, "\\U{:08X}", u32::from(c)),
        };
    }
    out.push('"');
    out
}
