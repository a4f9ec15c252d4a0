//! The rules of this repository that neither compiler nor linter holds. Each violation says where, what, and what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// What each top-level module may name besides itself. A new module gets a row here and a line in `ARCHITECTURE.md`.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("source", &["model"]),
    ("detect", &["model"]),
    ("config", &["model"]),
    ("extract", &["model"]),
    ("import", &["model"]),
    ("inventory", &["model"]),
    ("report", &["model"]),
    ("store", &["model"]),
    ("review", &["model"]),
    ("engine", &["model", "source", "detect", "extract", "config", "report"]),
    ("correlate", &["model"]),
    ("sweep", &["model", "source", "engine", "store", "review"]),
    (
        "cli",
        &[
            "model",
            "source",
            "detect",
            "extract",
            "config",
            "import",
            "inventory",
            "report",
            "review",
            "engine",
            "correlate",
            "store",
            "sweep",
        ],
    ),
];

/// What may be named only in certain files: paths that begin so, where they may stand (prefixes of file names), and why.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (&["std", "thread"], &["src/engine/", "src/cli/", "src/sweep/"], "threads are made by the engine alone; let it spread the work"),
    (&["rayon"], &["src/engine/"], "threads are made by the engine alone; let it spread the work"),
    (&["std", "env"], &["src/cli/", "src/main.rs"], "only the command line reads the environment; pass the value in as an option"),
    (
        &["std", "process", "Command"],
        &["src/sweep/git.rs", "src/cli/sweep/"],
        "a scan starts no other program; read what is needed through a library",
    ),
    (&["tokio"], &["src/sweep/"], "nothing but the sweep is asynchronous"),
    (&["apalis"], &["src/sweep/queue.rs"], "jobs are the queue's alone"),
    (&["sqlx"], &["src/store/", "src/sweep/queue.rs", "src/sweep/night.rs"], "the store alone speaks SQL"),
    (&["std", "net"], &["src/verify/", "src/sweep/"], "a scan makes no network call"),
    (&["ureq"], &["src/verify/", "src/sweep/"], "a scan makes no network call"),
];

/// The one file with `unsafe`.
const UNSAFE: &str = "src/source/mmap.rs";

/// Most lines of a file in `src/`.
const MOST_LINES: usize = 500;

#[test]
fn modules_name_only_those_below_them() {
    let mut faults = Faults::default();
    for (file, text) in sources() {
        let own = modules_of(&file);
        let Some(top) = own.first() else { continue }; // lib.rs and main.rs put all together
        let Some(allowed) = layer(top) else {
            faults.add(&file, 1, format!("`{top}` has no place among the modules; add it to LAYERS in tests/it/tidy.rs"));
            continue;
        };
        for (line, path) in paths(&text, &own) {
            let Some(named) = path.strip_prefix(&["crate".to_owned()]).and_then(|rest| rest.first()) else { continue };
            if named != top && !allowed.contains(&named.as_str()) {
                let known = if allowed.is_empty() { "nothing else".to_owned() } else { format!("`{}`", allowed.join("`, `")) };
                faults.add(&file, line, format!("`{top}` names `{named}`, but may know {known}; move what is shared down"));
            }
        }
    }
    faults.check();
}

#[test]
fn threads_environment_programs_and_network_stay_where_they_belong() {
    let mut faults = Faults::default();
    for (file, text) in sources() {
        for (line, path) in paths(&text, &modules_of(&file)) {
            for (prefix, places, why) in RESERVED {
                // `use std::process;` would let `process::Command` through, so a path that stops short of it counts too.
                let begins = path.len() > 1 && path.iter().zip(*prefix).all(|(p, q)| p == q);
                if begins && !places.iter().any(|p| file.starts_with(p)) {
                    faults.add(&file, line, format!("names `{}`: {why}", path.join("::")));
                }
            }
        }
    }
    faults.check();
}

#[test]
fn source_files_are_short_say_what_they_are_for_and_are_safe() {
    let mut faults = Faults::default();
    for (file, text) in sources() {
        let lines = text.lines().count();
        if lines > MOST_LINES {
            faults.add(&file, MOST_LINES, format!("{lines} lines, more than {MOST_LINES}; split it by what it does"));
        }
        if !text.starts_with("//! ") {
            faults.add(&file, 1, "begins without a `//!` line; say in one sentence what the file is for".into());
        }
        for token in tokens(&code(&text)).into_iter().filter(|t| t.text == "unsafe" && file != UNSAFE) {
            faults.add(&file, token.line, format!("`unsafe` belongs in {UNSAFE} alone; find a safe way"));
        }
    }
    faults.check();
}

#[test]
fn what_documents_point_to_is_there() {
    let mut faults = Faults::default();
    let is_path = |c: char| c.is_ascii_alphanumeric() || "_-./*".contains(c);
    for (file, text) in files(|f| f.ends_with(".md") && !f.starts_with("testdata/")) {
        let folder = Path::new(&file).parent().expect("a file has a folder");
        for (at, line) in (1..).zip(text.lines()) {
            for word in line.split(|c| !is_path(c)).map(|w| w.trim_end_matches(['.', '-'])) {
                let folders = ["src/", "detectors/", "docs/", "tests/", "testdata/"];
                let plain = word.split('*').next().unwrap_or_default(); // of a glob, the folder
                let plain = if plain == word { word } else { plain.rsplit_once('/').map_or("", |(folder, _)| folder) };
                if folders.iter().any(|f| word.starts_with(f)) && !root().join(plain).exists() {
                    faults.add(&file, at, format!("`{word}` does not exist; correct the path"));
                }
            }
            for target in line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
                if !target.is_empty() && !target.contains(':') && !root().join(folder).join(target).exists() {
                    faults.add(&file, at, format!("the link to `{target}` leads nowhere; links are relative to the file"));
                }
            }
        }
    }
    faults.check();
}

#[test]
fn detector_files_are_named_after_their_provider() {
    let mut faults = Faults::default();
    for (file, text) in files(|f| f.starts_with("detectors/")) {
        let path = Path::new(&file);
        if path.extension().is_none_or(|e| e != "yml") {
            faults.add(&file, 1, "is not embedded; name it `PROVIDER.yml`, directly in detectors/".into());
        }
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        match (1..).zip(text.lines()).find_map(|(n, l)| Some((n, l.strip_prefix("provider:")?.split('#').next()?.trim()))) {
            Some((_, provider)) if provider == stem => {}
            Some((line, provider)) => faults.add(&file, line, format!("provider `{provider}` in a file of another name; rename it")),
            None => faults.add(&file, 1, format!("names no provider; begin it with `provider: {stem}`")),
        }
    }
    faults.check();
}

#[test]
fn every_report_format_is_documented() {
    let mut faults = Faults::default();
    let text = files(|f| f == "docs/reports.md").remove("docs/reports.md").unwrap_or_default();
    for reporter in keysweep::report::ALL {
        let id = format!("`{}`", reporter.id());
        if !text.lines().any(|l| l.starts_with('#') && l.contains(&id)) {
            faults.add("docs/reports.md", 1, format!("no heading names the format {id}; describe it under one"));
        }
    }
    faults.check();
}

#[test]
fn commands_in_documents_exist() {
    let mut faults = Faults::default();
    let mut helps = BTreeMap::new();
    for (file, text) in files(|f| f.ends_with(".md") || f == "action.yml" || f == ".pre-commit-hooks.yaml") {
        for (line, words) in commands(&text, file.ends_with(".md")) {
            let mut path = vec!["keysweep"];
            // Behind an option, a bare word may be its value.
            let mut is_named = true;
            for word in &words {
                let help = helps.entry(path.join(" ")).or_insert_with(|| help_of(&path[1..]));
                let typed = word.split('=').next().unwrap_or_default();
                if typed.starts_with('-') {
                    is_named = false;
                    let known = help.split([' ', ',', '\n', '[']).any(|w| w == typed);
                    if !known && !["-", "--"].contains(&typed) {
                        faults.add(&file, line, format!("`{}` knows no `{typed}`; correct it, or leave it out", path.join(" ")));
                    }
                } else if is_named && !subcommands(help).is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
                    if !subcommands(help).contains(&word.as_str()) {
                        faults.add(&file, line, format!("there is no `{} {word}`; name a command that is there", path.join(" ")));
                        break;
                    }
                    path.push(word);
                }
            }
        }
    }
    faults.check();
}

/// Builds take crates from whatever registry the user's cargo is set up for, so that mirrors work; detectors must name providers.
#[test]
fn no_file_names_a_package_index() {
    let hosts =
        ["index crates io", "static crates io", "registry npmjs org", "files pythonhosted org", "pypi org/simple", "proxy golang org"];
    let hosts = hosts.map(|host| host.replace(' ', "."));
    let mut faults = Faults::default();
    for (file, text) in files(|f| f != "Cargo.lock" && !f.starts_with("detectors/")) {
        for (at, line) in (1..).zip(text.lines()) {
            for host in hosts.iter().filter(|h| line.contains(h.as_str())) {
                faults.add(&file, at, format!("names the package index {host}; leave the choice to the user's own configuration"));
            }
        }
    }
    faults.check();
}

/// The rules would hold of everything if they could not read, so here they must find what they look for.
#[test]
fn the_reader_of_source_sees_what_stands_there() {
    let text = r##"
        //! crate::comment
        use crate::{model::{A, b::C as D}, engine};
        mod tests { fn f() { super::super::cli::run("crate::text", r#"crate::"raw"#, 'c', b'"'); super::own(); } }
        type T<'a> = keysweep::report::X<'a>; /* crate::x /* std::net */ */ use std::{env, process::{self, Command}};
    "##;
    let found = paths(text, &["detect".to_owned()]);
    let found: BTreeSet<String> = found.into_iter().map(|(line, path)| format!("{line} {}", path.join("::"))).collect();
    let expected = "3 crate::engine, 3 crate::model::A, 3 crate::model::b::C, 4 crate::cli::run, 4 crate::detect::own, \
                    5 crate::report::X, 5 std::env, 5 std::process, 5 std::process::Command";
    assert_eq!(Vec::from_iter(found).join(", "), expected);
    let text = "`keysweep scan --staged`.\n```sh\n$ x=1 keysweep scan a | keysweep man # keysweep is\nas keysweep is\n```\nkeysweep is";
    let commands: Vec<String> = commands(text, true).into_iter().map(|(line, words)| format!("{line} {}", words.join(" "))).collect();
    assert_eq!(commands, ["1 scan --staged", "3 scan a", "3 man"]);
}

/// Everything wrong, told at once.
#[derive(Default)]
struct Faults(String);

impl Faults {
    fn add(&mut self, file: &str, line: usize, what: String) {
        writeln!(self.0, "{file}:{line}: {what}").expect("memory");
    }

    #[track_caller]
    fn check(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text files that are tracked, or would be with the next `git add`, by path from the root.
fn files(wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").current_dir(root()).args(list).output().expect("git is installed");
    assert!(listed.status.success(), "the tests run in a clone: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("our paths are UTF-8");
    let read = |name: &str| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?));
    names.split('\0').filter(|name| wanted(name)).filter_map(read).collect()
}

fn sources() -> BTreeMap<String, String> {
    let files = files(|f| f.starts_with("src/") && f.ends_with(".rs"));
    assert!(files.contains_key("src/lib.rs"), "the sources are read");
    files
}

/// `src/detect/proof/aws.rs` is `detect::proof::aws`; `lib.rs` and `main.rs` are the root.
fn modules_of(file: &str) -> Vec<String> {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs");
    inner.split('/').filter(|m| !["lib", "main", "mod"].contains(m)).map(str::to_owned).collect()
}

fn layer(module: &str) -> Option<&'static [&'static str]> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed)
}

/// The source with comments, strings and characters blanked out, so that what is left is code.
fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let word_before = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let end = at
            + match rest {
                [b'/', b'/', ..] => rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
                [b'/', b'*', ..] => comment_length(rest),
                [b'r', b'"' | b'#', ..] | [b'b', b'r', b'"' | b'#', ..] if !word_before => raw_length(rest),
                [b'"', ..] => quoted_length(rest, b'"'),
                [b'\'', b'\\', ..] => quoted_length(rest, b'\''),
                // A character, not a lifetime: it is closed after one character, which may be of several bytes.
                [b'\'', ..] => text[at..].char_indices().nth(2).filter(|(_, c)| *c == '\'').map_or(0, |(last, _)| last + 1),
                _ => 0,
            };
        out[at..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
        at = end.max(at + 1);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Length of a block comment; they nest.
fn comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let step = match &rest[at..] {
            [b'/', b'*', ..] => 1,
            [b'*', b'/', ..] => -1,
            _ => 0,
        };
        (depth, at) = (depth + step, if step == 0 { at + 1 } else { at + 2 });
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of a raw string; 0 for a raw identifier.
fn raw_length(rest: &[u8]) -> usize {
    let begin = rest.iter().position(|&b| b != b'b' && b != b'r').expect("matched one more byte");
    let hashes = rest[begin..].iter().take_while(|&&b| b == b'#').count();
    if rest.get(begin + hashes) != Some(&b'"') {
        return 0;
    }
    let close = [b"\"".to_vec(), vec![b'#'; hashes]].concat();
    let body = begin + hashes + 1;
    rest[body..].windows(close.len()).position(|w| w == close).map_or(rest.len(), |at| body + at + close.len())
}

/// An identifier, `::`, or one other character.
struct Token {
    text: String,
    line: usize,
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (line, text) in (1..).zip(code.lines()) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let length = if word > 0 {
                word
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token { text: rest[..length].to_owned(), line });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// All paths of two or more segments in a file, groups taken apart, with `super`, `self` and our own name resolved to `crate`.
fn paths(text: &str, file: &[String]) -> Vec<(usize, Vec<String>)> {
    let tokens = tokens(&code(text));
    let text = |at: usize| tokens.get(at).map_or("", |t| t.text.as_str());
    let is_name = |at: usize| text(at).starts_with(|c: char| c.is_alphabetic() || c == '_');
    let (mut found, mut inline, mut depth) = (Vec::new(), Vec::<(usize, String)>::new(), 0usize);
    let mut at = 0;
    while at < tokens.len() {
        match text(at) {
            "mod" if text(at + 2) == "{" => inline.push((depth, text(at + 1).to_owned())),
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|(opened, _)| *opened == depth);
            }
            _ if is_name(at) && text(at + 1) == "::" => {
                let mut path = Vec::new();
                let mut here: Vec<String> = file.iter().cloned().chain(inline.iter().map(|(_, name)| name.clone())).collect();
                let mut next = at;
                while matches!(text(next), "super" | "self") && text(next + 1) == "::" {
                    if text(next) == "super" {
                        here.pop();
                    }
                    path = [vec!["crate".to_owned()], here.clone()].concat();
                    next += 2;
                }
                if next == at && matches!(text(at), "crate" | "keysweep") {
                    path.push("crate".to_owned());
                    next += 2;
                }
                at = tree(&tokens, next, &path, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads the rest of a path, or of a tree of them in a `use`, that continues `prefix`; gives where it ends.
fn tree(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let mut path = prefix.to_vec();
    let line = tokens.get(at).map_or(0, |t| t.line);
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|t| t.text != "}") {
                // What is no path is stepped over: commas, and `as` with the new name.
                let begin = tokens[at].text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '*');
                let renamed = at > 0 && tokens[at - 1].text == "as";
                at = if begin && !renamed && tokens[at].text != "as" { tree(tokens, at, &path, found) } else { at + 1 };
            }
            return at + 1;
        }
        if token.text != "self" {
            path.push(token.text.clone());
        }
        at += 1;
        let goes_on = tokens.get(at).is_some_and(|t| t.text == "::");
        let next = tokens.get(at + 1).is_some_and(|t| t.text.starts_with(|c: char| c.is_alphabetic() || "_*{".contains(c)));
        if !(goes_on && next) {
            break;
        }
        at += 1;
    }
    found.push((line, path));
    at
}

/// What follows `keysweep` on command lines, word by word: in code blocks and code spans of Markdown, on any line of other files.
fn commands(text: &str, markdown: bool) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut block = !markdown;
    for (at, line) in (1..).zip(text.lines()) {
        if markdown && line.trim_start().starts_with("```") {
            block = !block;
            continue;
        }
        let spans: Vec<&str> = if block { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        for span in spans {
            let span = span.split(" #").next().unwrap_or_default();
            for command in span.split(['|', '&', ';', '(', ')']) {
                let words = command.split_whitespace().map(|w| w.trim_matches(['"', '\'', '`', ',']));
                let mut words = words.skip_while(|w| ["$", "-"].contains(w) || w.ends_with(':') || w.contains('='));
                if words.next().is_some_and(|w| w == "keysweep" || w.ends_with("/keysweep")) {
                    found.push((at, words.map(str::to_owned).collect()));
                }
            }
        }
    }
    found
}

/// The help of a command, empty when there is none.
fn help_of(path: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_keysweep")).args(path).arg("--help").output().expect("the binary runs");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// The commands a help text lists.
fn subcommands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|l| *l != "Commands:").skip(1);
    listed.map_while(|l| l.strip_prefix("  ")?.split_whitespace().next()).collect()
}
