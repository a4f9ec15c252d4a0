//! `detectors import`: rules of other scanners become detectors that find, and let pass, what the rules did.

use crate::support::{Ground, Report, Run, github};

/// A value that no built-in detector knows; another one for every number.
fn value(prefix: &str, number: u64) -> String {
    format!("{prefix}{}", &github(number)[4..34])
}

/// Imports rule files into `tree/detectors`, and has `tree/keysweep.toml` name it.
fn import(ground: &Ground, files: &[&str]) -> Run {
    let run = ground.keysweep(&[&["detectors", "import", "-o", "tree/detectors"], files].concat());
    ground.write("tree/keysweep.toml", "detectors = [\"detectors\"]\n");
    run
}

fn scan(ground: &Ground) -> Report {
    let report = ground.scan(ground.at("tree"));
    report.assert_complete();
    report
}

const GITLEAKS: &str = r#"
[[rules]]
id = "acme-token"
description = "Acme token"
regex = '''(?i)zacme[\s]{0,3}=[\s]{0,3}"?((?:q_|r_)[a-z0-9]{30})(?:["\s;]|$)'''
entropy = 3.0
keywords = ["zacme"]
[[rules.allowlists]]
regexes = ['''^r_''']
[[rules.allowlists]]
stopwords = ["staging"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''checksum''']
[[rules.allowlists]]
regexTarget = "match"
regexes = ['''^ZACME''']
[[rules.allowlists]]
condition = "AND"
paths = ['''\.md$''']
regexTarget = "line"
regexes = ['''see{2}''', '''documented''']
[[rules]]
id = "acme-secret"
regex = '''zsecret_([A-Za-z0-9]{30})'''
[[rules.required]]
id = "acme-app"
withinLines = 2
[[rules]]
id = "acme-app"
regex = '''zapp_[0-9]{6}'''
skipReport = true
[[rules]]
id = "acme-env"
regex = '''zenv_[A-Za-z0-9]{30}'''
path = '''\.env$'''
[[rules]]
id = "keystore"
path = '''\.p12$'''
[[allowlists]]
paths = ['''(?:^|/)vendored/''']
"#;

#[test]
fn gitleaks_rules_find_and_let_pass() {
    let ground = Ground::new();
    ground.write("gitleaks.toml", GITLEAKS);
    let run = import(&ground, &["gitleaks.toml"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("5 rule(s): 4 carried (0 with loss), 1 not carried"), "{}", run.stderr);
    assert!(run.stderr.contains("keystore (line"), "{}", run.stderr);
    let tested = ground.keysweep(&["detectors", "test", "tree/detectors/gitleaks.yml"]);
    assert_eq!(tested.code, Some(0), "{}", tested.text());

    let q = |n| value("q_", n);
    ground.write("tree/found.txt", format!("zacme = \"{}\"\nzacme =\n  {}\nzacme={}", q(1), q(2), q(3)));
    let flat = format!("q_{}", "ab".repeat(7) + &"c".repeat(16));
    let passed = [
        format!("zacme = {}", value("r_", 4)),
        format!("zacme = q_staging{}", &q(5)[9..]),
        format!("the checksum zacme = {}", q(6)),
        format!("ZACME = {}", q(7)),
        format!("zacme = {flat}"),
    ];
    ground.write("tree/passed.txt", passed.join("\n"));
    let documented = |n| format!("documented: zacme = {}\n", q(n));
    ground.write("tree/a.md", documented(8) + &format!("zacme = {}\n", q(9)));
    ground.write("tree/a.txt", documented(10));
    ground.write("tree/vendored/a.txt", format!("zacme = {}\n", q(11)));
    ground.write("tree/near.txt", format!("zapp_123456\n\n{}\n", value("zsecret_", 12)));
    ground.write("tree/far.txt", format!("zapp_123456\n\n\n{}\n", value("zsecret_", 13)));
    ground.write("tree/a.env", value("zenv_", 14));
    ground.write("tree/env.txt", value("zenv_", 15));

    let report = scan(&ground);
    for token in [q(1), q(2), q(3), q(9), q(10), value("", 12), value("zenv_", 14)] {
        let finding = report.finding(&token);
        assert!(finding["detector"].as_str().is_some_and(|d| d.starts_with("gitleaks-acme")), "{finding:#}");
    }
    let gone = [value("r_", 4), format!("q_staging{}", &q(5)[9..]), q(6), q(7), flat, q(8), q(11), value("zenv_", 15)];
    for token in &gone {
        assert!(report.find(token).is_none(), "{:#}", report.finding(token));
    }
    assert_eq!(report.findings().len(), 7, "{:#}", report.json);
    // A part that is missing lowers the confidence and deletes nothing.
    let low = ground.scan_with(&[&ground.at("tree")], &["--confidence", "low"]);
    assert_eq!(low.finding(&value("", 13))["confidence"], "low");
}

#[test]
fn betterleaks_rules_find_and_let_pass() {
    let ground = Ground::new();
    let rules = r#"
prefilter = '''matchesAny(attributes["path"] ?? "", [`\.lock$`])'''
[[rules]]
id = "acme-token"
regex = '''zacme_([A-Za-z0-9]{30})'''
confidence = "high"
filter = '''
// too plain
filter.entropy(finding["secret"]) <= 3.0
|| !filter.matchesAny(finding["secret"], ["^(?:[^0-9]*[0-9]){3}"])
|| finding.line contains "mock" && matchesAny(get(attributes, "path", ""), [`^fixtures/`])
|| tokenRatio(finding["secret"]) >= 2.5
'''
components = [{ id = "acme-host", within = "1L" }]
[[rules]]
id = "acme-host"
regex = '''[a-z]{4}\.zacme\.test'''
skipReport = true
"#;
    ground.write("betterleaks.toml", rules);
    let run = import(&ground, &["betterleaks.toml"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("2 carried (1 with loss)") && run.stderr.contains("token efficiency"), "{}", run.stderr);
    let host = "from abcd.zacme.test\n";
    let token = |n| value("zacme_", n);
    let letters: String = value("", 25).chars().map(|c| if c.is_ascii_digit() { 'g' } else { c }).collect();
    ground.write("tree/a.txt", format!("{host}{}\n", token(21)));
    ground.write("tree/b.txt", format!("mock {host}{}\n", token(22)));
    ground.write("tree/mock.txt", format!("{host}mock {}\n", token(23)));
    ground.write("tree/fixtures/mock.txt", format!("{host}mock {}\n", token(24)));
    ground.write("tree/c.txt", format!("{host}zacme_{letters}\n"));
    ground.write("tree/a.lock", format!("{host}{}\n", token(26)));
    let report = scan(&ground);
    for n in [21, 22, 23] {
        assert_eq!(report.finding(&value("", n))["confidence"], "high");
    }
    assert_eq!(report.findings().len(), 3, "{:#}", report.json);
}

#[test]
fn kingfisher_rules_find_and_let_pass() {
    let ground = Ground::new();
    let rules = r"
rules:
  - name: Acme Key
    id: kingfisher.acme.1
    pattern: |
      (?xi)
      \b zacme (?:.|[\n\r]){0,8}? (?: key= ( [a-z0-9]{30} ) | token= ( [a-z0-9]{30} ) ) \b  # either
    min_entropy: 3
    pattern_requirements:
      min_digits: 2
      ignore_if_contains: [demo]
    depends_on_rule:
      - rule_id: kingfisher.acmeid.1
        variable: ID
";
    ground.write("acme.yml", rules);
    ground.write("acme-id.yml", "rules:\n- { name: Id, id: kingfisher.acmeid.1, pattern: 'zid-[0-9]{6}', visible: false }\n");
    let run = import(&ground, &["acme.yml", "acme-id.yml"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let (key, token) = (value("", 31), value("", 32));
    let demo = format!("demo{}", &value("", 33)[4..]);
    ground.write("tree/a.txt", format!("zacme\n key={key}\n"));
    ground.write("tree/b.txt", format!("zid-123456\nzacme: token={token}\n"));
    ground.write("tree/c.txt", format!("zacme key={demo}\n"));
    let report = scan(&ground);
    assert_eq!(report.finding(&key)["confidence"], "medium");
    assert_eq!(report.finding(&token)["confidence"], "high");
    // The name beside it may make it a finding, but not of this rule.
    let of_rule = report.findings().iter().filter(|f| f["provider"] == "kingfisher-acme");
    assert_eq!(of_rule.count(), 2, "{:#}", report.json);
    assert_eq!(report.location(&key)["line"], 2);
}

#[test]
fn a_mistake_is_told_with_its_place_and_spoils_no_other_file() {
    let ground = Ground::new();
    ground.write("bad.toml", "[[rules]]\nid = \"a\"\nregexp = \"b\"\n");
    ground.write("other.txt", "no rules\n");
    ground.write("good.toml", "[[rules]]\nid = \"a\"\nregex = \"zacme_[a-z]{9}\"\n");
    let run = import(&ground, &["bad.toml", "absent.toml", "other.txt", "good.toml"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    for told in ["bad.toml:3:1: unknown key `regexp`", "absent.toml", "other.txt: it is of no format", "4 files, 1 rule(s): 1 carried"] {
        assert!(run.stderr.contains(told), "{told} in:\n{}", run.stderr);
    }
    assert!(ground.at("tree/detectors/gitleaks-good.yml").exists());
    assert!(!ground.at("tree/detectors/gitleaks-bad.yml").exists());
}

#[test]
fn only_what_was_imported_is_replaced() {
    let ground = Ground::new();
    ground.write("good.toml", "[[rules]]\nid = \"a\"\nregex = \"zacme_[a-z]{9}\"\n");
    let to = "tree/detectors/gitleaks-good.yml";
    assert_eq!(import(&ground, &["good.toml"]).code, Some(0));
    assert_eq!(import(&ground, &["good.toml"]).code, Some(0), "an import is replaced");
    ground.write(to, "provider: mine\n");
    let run = import(&ground, &["good.toml"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("was not imported"), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(ground.at(to)).expect("it is there"), "provider: mine\n");
}

#[test]
fn without_a_folder_one_file_goes_to_standard_output() {
    let ground = Ground::new();
    ground.write("good.toml", "[[rules]]\nid = \"a\"\nregex = \"zacme_[a-z]{9}\"\n");
    let run = ground.keysweep(&["detectors", "import", "good.toml"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.text().contains("- id: gitleaks-good-a\n") && run.stderr.contains("1 carried"), "{}", run.text());
    assert_eq!(ground.keysweep(&["detectors", "import", "good.toml", "good.toml"]).code, Some(2));
}
