//! Where in a file a value stands: encodings of texts, encodings of values, line ends, characters wider than a byte.

use crate::support::{Ground, Report, aws, filler, github, openai, write};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Scans one file of that content.
fn scan_bytes(bytes: &[u8]) -> Report {
    let ground = Ground::new();
    ground.write("tree/file.txt", bytes);
    ground.scan(ground.at("tree"))
}

/// Line, column, end line, end column.
fn span(location: &Value) -> [u64; 4] {
    ["line", "column", "end_line", "end_column"].map(|key| location[key].as_u64().expect("a number"))
}

/// The span of a value of that length in one line.
fn on(line: u64, column: usize, length: usize) -> [u64; 4] {
    [line, column as u64, line, (column + length) as u64]
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
}

#[test]
fn plain_text() {
    let token = github(1);
    let report = scan_bytes(format!("one\n  two = \"{token}\"\nthree\n").as_bytes());
    assert_eq!(span(report.location(&token)), on(2, 10, token.len()));
    assert!(report.location(&token)["encoding"].is_null());
}

#[test]
fn utf16_with_a_byte_order_mark() {
    let token = github(2);
    let text = format!("первая\nключ = {token}\r\nlast\n");
    for big in [false, true] {
        let report = scan_bytes(&utf16(&text, big));
        assert_eq!(span(report.location(&token)), on(2, 8, token.len()), "big-endian: {big}");
        report.assert_complete();
    }
}

#[test]
fn utf16_in_history_that_becomes_utf8() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (old, new) = (github(3), github(4));
    let text = |token: &str| format!("{}x = {token}\n{}", filler(1, 30), filler(2, 30));
    let first = repo.commit_file("a.txt", utf16(&text(&old), false), "wide");
    repo.commit_file("a.txt", utf16(&text(&new), false), "wide, rotated");
    repo.commit_file("a.txt", text(&new), "narrow");
    for packed in [false, true] {
        if packed {
            repo.pack();
        }
        let report = repo.scan();
        assert_eq!(span(report.location(&old)), on(31, 5, old.len()), "packed: {packed}");
        assert_eq!(report.location(&old)["commit"], first);
        assert_eq!(span(report.location(&new)), on(31, 5, new.len()), "packed: {packed}");
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, &b| n << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() { char::from(ALPHABET[(n >> (18 - 6 * i)) as usize & 63]) } else { '=' });
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        write!(out, "{b:02x}").expect("a string takes it");
        out
    })
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        write!(out, "%{b:02X}").expect("a string takes it");
        out
    })
}

/// Fails unless the location lies on the line, within the encoded text.
fn assert_within(location: &Value, line: u64, from: usize, encoded: &str) {
    let [first, column, last, end] = span(location);
    let (from, to) = (from as u64, (from + encoded.len()) as u64);
    assert!(
        (first, last) == (line, line) && from <= column && column < end && end <= to,
        "{location:#}\nnot within {from}..{to} of line {line}"
    );
}

#[test]
fn base64_of_a_value_alone() {
    for n in 0..6 {
        let token = github(10 + n);
        let encoded = base64(token.as_bytes());
        let report = scan_bytes(format!("# note\nkey: {encoded}\n").as_bytes());
        assert_eq!(report.location(&token)["encoding"], "base64");
        assert_within(report.location(&token), 2, 6, &encoded);
        assert_eq!(report.location(&token)["column"], 6);
    }
}

#[test]
fn base64_of_a_text_around_a_value() {
    for (n, lead) in ["", "a", "ab", "abc", "user:"].iter().enumerate() {
        let token = github(20 + n as u64);
        let encoded = base64(format!("{lead} {token} {}", filler(1, 3)).as_bytes());
        let report = scan_bytes(format!("first\n\n  data = '{encoded}'\n").as_bytes());
        let location = report.location(&token);
        assert_within(location, 3, 11, &encoded);
        // The first characters of the encoded value stand where base64 put them.
        let column = 11 + (lead.len() + 1) * 8 / 6;
        assert!(location["column"].as_u64().expect("a column").abs_diff(column as u64) <= 1, "{location:#}, expected about {column}");
    }
}

#[test]
fn base64_for_urls_and_without_padding() {
    let token = openai(27);
    let encoded =
        base64(format!("{{\"k\":\"{token}\",\"~~~\":\"???>>>\"}}").as_bytes()).replace('+', "-").replace('/', "_").replace('=', "");
    let report = scan_bytes(format!("u={encoded}\n").as_bytes());
    assert_within(report.location(&token), 1, 3, &encoded);
}

#[test]
fn hexadecimal() {
    let token = github(30);
    for encoded in [hex(token.as_bytes()), hex(token.as_bytes()).to_uppercase(), hex(format!("x={token};").as_bytes())] {
        let report = scan_bytes(format!("a\nb = '{encoded}'\n").as_bytes());
        assert_eq!(report.location(&token)["encoding"], "hex");
        assert_within(report.location(&token), 2, 6, &encoded);
    }
}

#[test]
fn hexadecimal_behind_a_prefix() {
    let token = github(42);
    let encoded = hex(token.as_bytes());
    for prefix in ["0x", "0X", "x'", "\\x"] {
        let report = scan_bytes(format!("a\nb = {prefix}{encoded}\n").as_bytes());
        assert_within(report.location(&token), 2, 7, &encoded);
    }
}

#[test]
fn percent_encoding() {
    let token = github(31);
    let whole = percent(token.as_bytes());
    let report = scan_bytes(format!("GET /?t={whole}&x=1\n").as_bytes());
    assert_eq!(report.location(&token)["encoding"], "percent");
    assert_eq!(span(report.location(&token)), on(1, 9, whole.len()));
    // A value that percent encoding changes in places only.
    let partly = token.replacen('_', "%5F", 1);
    let report = scan_bytes(format!("url: https://x.test/?t={partly}&x=1\n").as_bytes());
    assert_eq!(span(report.location(&token)), on(1, 24, partly.len()));
}

#[test]
fn encodings_within_encodings() {
    let token = github(32);
    let twice = base64(base64(format!("token={token}\n").as_bytes()).as_bytes());
    let report = scan_bytes(format!("a\nb\nc: {twice}\n").as_bytes());
    assert_eq!(report.location(&token)["encoding"], "base64+base64");
    assert_within(report.location(&token), 3, 4, &twice);
    let mixed = base64(hex(token.as_bytes()).as_bytes());
    let report = scan_bytes(format!("c: {mixed}\n").as_bytes());
    assert_eq!(report.location(&token)["encoding"], "base64+hex");
    let deep = (0..8).fold(token.clone(), |text, _| base64(text.as_bytes()));
    scan_bytes(deep.as_bytes());
}

#[test]
fn an_encoded_copy_and_a_plain_one_are_one_finding() {
    let ground = Ground::new();
    let token = github(33);
    ground.write("tree/plain", format!("{token}\n"));
    ground.write("tree/secret.yaml", format!("data:\n  key: {}\n", base64(token.as_bytes())));
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.findings().len(), 1);
    assert!(report.location_at(&token, "plain")["encoding"].is_null());
    assert_eq!(report.location_at(&token, "secret.yaml")["encoding"], "base64");
}

/// The region of the only result's only location in a SARIF report.
fn sarif_region(tree: &Path, ground: &Ground) -> Value {
    let run = ground.keysweep(&["scan", "-f", "sarif", tree.to_str().expect("UTF-8")]);
    let sarif: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stderr));
    let results = sarif["runs"][0]["results"].as_array().expect("results").clone();
    assert_eq!(results.len(), 1);
    results[0]["locations"][0]["physicalLocation"]["region"].clone()
}

#[test]
fn columns_count_characters_and_in_sarif_utf16_units() {
    let ground = Ground::new();
    let token = github(34);
    // é is one unit of two bytes, 中 one of three, 😀 two units of four bytes, e and a combining mark two characters.
    let before = "é中😀😀e\u{301}\t'";
    ground.write("tree/a.txt", format!("x\n{before}{token}'\n"));
    let (chars, units) = (before.chars().count(), before.encode_utf16().count());
    assert_ne!(chars, units);
    let report = ground.scan(ground.at("tree"));
    assert_eq!(span(report.location(&token)), on(2, chars + 1, token.len()));
    let region = sarif_region(&ground.at("tree"), &ground);
    assert_eq!(region["startLine"], 2);
    assert_eq!(region["startColumn"], units + 1);
    assert_eq!(region["endColumn"], units + 1 + token.len());
}

#[test]
fn bytes_that_are_no_utf8_before_a_value() {
    let token = github(35);
    let bytes = [b"a\n\xff\xfe\x80 ", token.as_bytes(), b"\n"].concat();
    let report = scan_bytes(&bytes);
    assert_eq!(span(report.location(&token)), on(2, 5, token.len()));
}

#[test]
fn carriage_returns_belong_to_no_value() {
    let (one, two) = (github(36), aws(36));
    let report = scan_bytes(format!("a\r\nb={one}\r\nc={two}\r\n").as_bytes());
    assert_eq!(span(report.location(&one)), on(2, 3, one.len()));
    assert_eq!(span(report.location(&two)), on(3, 3, two.len()));
}

#[test]
fn the_last_line_needs_no_end() {
    let token = github(37);
    assert_eq!(span(scan_bytes(format!("a\nb={token}").as_bytes()).location(&token)), on(2, 3, token.len()));
    assert_eq!(span(scan_bytes(token.as_bytes()).location(&token)), on(1, 1, token.len()));
}

#[test]
fn a_byte_order_mark_takes_no_column() {
    let token = github(38);
    let report = scan_bytes(format!("\u{feff}{token}\n").as_bytes());
    assert_eq!(span(report.location(&token)), on(1, 1, token.len()));
}

#[test]
fn a_value_over_several_lines_has_an_end_on_a_later_one() {
    let ground = Ground::new();
    let key = ground.at("home/key");
    let made = std::process::Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "x", "-f"]).arg(&key).status();
    if !made.is_ok_and(|s| s.success()) {
        return; // no ssh-keygen here
    }
    let text = std::fs::read_to_string(&key).expect("a key");
    let lines = text.trim_end().lines().count() as u64;
    ground.write("tree/id", format!("first\n{text}"));
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.findings().len(), 1, "{:#}", report.json);
    let [line, column, end_line, _] = span(&report.findings()[0]["locations"][0]);
    assert_eq!((line, column, end_line), (2, 1, 1 + lines));
}

#[test]
fn notebooks_are_read_as_they_stand() {
    let token = openai(39);
    let notebook =
        json!({"cells": [{"cell_type": "code", "source": ["import os\n", format!("key = \"{token}\"\n")], "outputs": []}], "nbformat": 4});
    let ground = Ground::new();
    let text = serde_json::to_string_pretty(&notebook).expect("JSON");
    ground.write("tree/a.ipynb", &text);
    let report = ground.scan(ground.at("tree"));
    let at = text.find(&token).expect("it is there");
    let line = text[..at].matches('\n').count() + 1;
    let column = at - text[..at].rfind('\n').expect("not the first line");
    assert_eq!(span(report.location(&token)), on(line as u64, column, token.len()));
}

#[test]
fn two_values_on_one_line_and_one_value_twice() {
    let ground = Ground::new();
    let (one, two) = (github(40), github(41));
    write(&ground.at("tree/a"), format!("{one} {two}\n{one}\n").as_bytes());
    let report = ground.scan(ground.at("tree"));
    assert_eq!(span(report.location(&two)), on(1, one.len() + 2, two.len()));
    // One presence at one path is one location, at its first place.
    assert_eq!(span(report.location(&one)), on(1, 1, one.len()));
}

#[test]
fn columns_count_characters_on_lines_of_any_length() {
    let ground = Ground::new();
    let (one, two) = (github(41), github(42));
    ground.write("tree/a", format!("{}{one} {}\u{1f511} {two}\n", "é".repeat(9_000), "∞x".repeat(7_001)));
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.location(&one)["column"], 9_001);
    assert_eq!(report.location(&two)["column"], 9_001 + 40 + 1 + 14_002 + 2);
}

#[test]
fn escapes_and_colours_around_a_value_do_not_hide_it() {
    let token = github(43);
    for (before, behind) in [
        ("https://a.test/?next=%2Fx%3Ftoken%3D", "%26y%3D1"),
        ("{\\u0022token\\u0022:\\u0022", "\\u0022}"),
        ("https://a.test/?t\\u003d", "\\u0026y\\u003d1"),
        ("'\\x22", "\\x22'"),
        ("got \u{1b}[1;32m", "\u{1b}[0m"),
        ("got [36m", "[0m"),
        ("\"a\\n", "\\n\""),
        ("t=3D", "=\n"),
    ] {
        let report = scan_bytes(format!("x\n{before}{token}{behind}\n").as_bytes());
        let location = report.location(&token);
        assert_eq!(span(location), on(2, before.chars().count() + 1, token.len()), "{before}");
        assert_eq!(location["encoding"], Value::Null, "{before}");
    }
}
