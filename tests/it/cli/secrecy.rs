//! No output shows a value: not in any format, not encoded, not in errors, not where others may read.

use super::{medium, one_value};
use crate::support::{Ground, aws, github, openai};
use std::fs;

#[test]
fn values_are_never_written_to_what_others_may_read() {
    let ground = Ground::new();
    let token = one_value(&ground, 13);
    for args in [
        &["scan", "--redact", "none", "tree"][..],
        &["scan", "--redact", "none", "-f", "json", "tree"],
        &["scan", "--redact", "none", "-f", "json", "-o", "-", "tree"],
        &["scan", "--redact", "none", "-f", "json", "-o", "a.json", "-f", "text", "tree"],
        &["scan", "--redact", "none", "-f", "json", "-o", "/dev/stdout", "tree"],
    ] {
        let run = ground.keysweep(args);
        assert_eq!(run.code, Some(2), "{args:?}");
        assert!(!run.text().contains(&token) && !run.stderr.contains(&token), "{args:?} showed the value");
    }
}

/// Every run of that many bytes of a value, by all the ways it may be encoded.
fn assert_hidden(what: &str, output: &[u8], tokens: &[String]) {
    for token in tokens {
        for part in [token.as_bytes(), &token.as_bytes()[6..token.len() - 4]] {
            let shown = output.windows(part.len()).any(|w| w == part);
            assert!(!shown, "{what} shows {token}:\n{}", String::from_utf8_lossy(output));
        }
    }
}

#[test]
fn no_output_shows_a_value() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let tokens: Vec<String> = vec![github(14), openai(15), aws(16), github(17), github(18), github(19), openai(45)];
    repo.commit_file("a.env", format!("A={}\nB=\"{}\" C={}\n", tokens[0], tokens[1], tokens[2]), "1");
    repo.commit_file("a.env", format!("url = https://x:{}@github.com/a/b # keysweep:allow see {}\n", tokens[3], tokens[3]), "2");
    repo.write("two.txt", format!("{}\n{}\n{}\n", tokens[4], tokens[5], tokens[6]));
    repo.write("broken.zip", [b"PK\x03\x04", tokens[5].as_bytes()].concat());
    // Encoded: neither the encoded nor the decoded text may be shown.
    let encoded = [base64(tokens[0].as_bytes()), base64(format!("user:{}", tokens[5]).as_bytes())];
    let hex: String = tokens[6].bytes().map(|b| format!("{b:02x}")).collect();
    repo.write("encoded.yaml", format!("data:\n  k: {}\n  auth: {}\n  h: {hex}\n", encoded[0], encoded[1]));
    let wide: Vec<u8> = format!("\u{feff}k = {}\r\n", tokens[1]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    repo.write("wide.txt", wide);
    repo.write("many.txt", format!("{0} {1} {0},{2};{0}\n{2}\n", tokens[0], tokens[1], tokens[2]));
    // A key id opens nothing and is shown as a member of its group.
    let all: Vec<String> = tokens.iter().filter(|t| **t != tokens[2]).cloned().chain(encoded).chain([hex]).collect();
    let target = repo.root.to_str().expect("UTF-8");
    for redact in ["partial", "full"] {
        for format in ["text", "json", "jsonl", "sarif"] {
            for extra in [&[][..], &["--short"], &["--history", "none"], &["--unreachable"]] {
                let run = ground.keysweep_with(
                    &[&["scan", "--redact", redact, "-f", format], extra, &[target]].concat(),
                    &[],
                    &[("CLICOLOR_FORCE", "1")],
                );
                assert!(run.code == Some(1) && !run.stdout.is_empty(), "{}", run.stderr);
                assert_hidden(&format!("{redact} {format} {extra:?}"), &run.stdout, &all);
                assert_hidden(&format!("stderr of {redact} {format} {extra:?}"), run.stderr.as_bytes(), &all);
            }
        }
    }
    repo.git(&["add", "-A"]);
    let staged = ground.keysweep(&["scan", "--staged", target]);
    assert_hidden("staged", &staged.stdout, &all);
    let mut stack = vec![ground.at("home")];
    while let Some(path) = stack.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => stack.extend(entries.flatten().map(|e| e.path())),
            Err(_) => assert_hidden("the state folder", &fs::read(&path).expect("a file"), &all),
        }
    }
}

/// Runs a scan of `tree` in every format and fails if one shows the value.
fn assert_hidden_everywhere(ground: &Ground, token: &str) {
    for format in ["text", "json", "jsonl", "sarif"] {
        let run = ground.keysweep(&["scan", "-f", format, "tree"]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert_hidden(format, &run.stdout, &[token.to_owned()]);
        assert_hidden(&format!("stderr of {format}"), run.stderr.as_bytes(), &[token.to_owned()]);
    }
}

#[test]
fn a_value_glued_to_other_text_is_hidden_where_the_lines_around_a_finding_are_shown() {
    let ground = Ground::new();
    let token = github(46);
    ground.write("tree/a.txt", format!("old = x{token}\nnow = {token}\nnext = {token}x\n"));
    assert_hidden_everywhere(&ground, &token);
}

#[test]
fn an_encoded_value_is_hidden_where_the_lines_around_a_finding_are_shown() {
    let ground = Ground::new();
    let token = github(47);
    let (encoded, percent) = (base64(token.as_bytes()), token.replace('_', "%5F"));
    ground.write("tree/a.txt", format!("e = {encoded}\nnow = {token}\np = {percent}\n"));
    assert_hidden_everywhere(&ground, &token);
    assert_hidden_everywhere(&ground, &encoded);
    assert_hidden_everywhere(&ground, &percent);
}

#[test]
fn a_value_that_an_allow_accepts_is_hidden_too() {
    let ground = Ground::new();
    let (allowed, open) = (github(48), openai(48));
    ground.write("tree/a.txt", format!("a = {allowed} # keysweep:allow was {allowed}\nb = {open}\n"));
    assert_hidden_everywhere(&ground, &allowed);
    assert_hidden_everywhere(&ground, &open);
}

#[test]
fn a_value_below_the_asked_confidence_is_hidden_too() {
    let ground = Ground::new();
    let (weak, open) = (medium(49), openai(49));
    ground.write("tree/a.txt", format!("{weak}\nb = {open}\n"));
    let run = ground.keysweep(&["scan", "--confidence", "high", "tree"]);
    let value = weak.split('"').nth(1).expect("a value").to_owned();
    assert_hidden("the frame", &run.stdout, &[value]);
}

#[test]
fn a_value_in_a_file_name_is_hidden() {
    let ground = Ground::new();
    let token = github(44);
    ground.write(format!("tree/named-{token}.txt"), format!("{token}\n"));
    std::os::unix::fs::symlink("/nowhere", ground.at("tree/link").with_file_name(&token)).expect("a link");
    assert_hidden_everywhere(&ground, &token);
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1)).collect();
    let digit = |six: &[u8]| char::from(ALPHABET[six.iter().chain(&[0; 6]).take(6).fold(0, |n, b| n << 1 | usize::from(*b))]);
    let mut text: String = bits.chunks(6).map(digit).collect();
    text.extend(std::iter::repeat_n('=', (4 - text.len() % 4) % 4));
    text
}

#[test]
fn an_error_of_the_configuration_shows_no_value() {
    let ground = Ground::new();
    let token = github(20);
    ground.write("tree/keysweep.toml", format!("[[allow]]\nreason = \"x\"\nvalues = [\"{token}(\"]\n"));
    let run = ground.keysweep(&["scan", "tree"]);
    assert_eq!(run.code, Some(2));
    assert_hidden("the error", run.stderr.as_bytes(), &[token]);
}
