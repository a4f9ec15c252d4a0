//! Whole files, read and written.

use super::*;
use crate::model::{Confidence, Kind, Role};

/// Takes every detector for sound.
fn any(_: &Detector) -> Result<(), String> {
    Ok(())
}

fn source(stem: &str, text: &str) -> Source {
    Source { file: format!("rules/{stem}"), stem: stem.into(), text: text.into() }
}

fn one(stem: &str, text: &str) -> Imported {
    let imported = import(&[source(stem, text)], &any).remove(0).expect("it is read");
    let back: Provider = serde_saphyr::from_str(&imported.yaml).unwrap_or_else(|e| panic!("{e}\n{}", imported.yaml));
    assert_eq!(back, imported.provider, "{}", imported.yaml);
    assert!(imported.yaml.starts_with(MARK));
    imported
}

fn error(text: &str) -> String {
    import(&[source("x", text)], &any).remove(0).expect_err(text).to_string()
}

const GITLEAKS: &str = r#"
title = "ours"
[extend]
useDefault = true
disabledRules = ["old"]
[[rules]]
id = "acme-app-secret"
description = "Acme app secret."
regex = '''acme_(?:a([a-z]{9})|b([a-z]{9}))'''
path = '''\.env$'''
entropy = 3.5
keywords = ["acme_"]
tags = ["acme"]
[[rules.required]]
id = "acme-id"
withinLines = 4
[[rules.required]]
id = "absent"
[[rules.allowlists]]
condition = "AND"
paths = ['''\.md$''']
regexTarget = "line"
regexes = ['''{{x}}''']
[[rules.allowlists]]
stopwords = ["staging"]
regexes = ['''^a''']
commits = ["abc"]
[[rules]]
id = "acme-id"
regex = '''acme-id-[0-9]{4}'''
skipReport = true
[[rules]]
id = "files"
path = '''\.p12$'''
[[rules]]
id = "ahead"
regex = '''a(?=b)'''
[[allowlists]]
targetRules = ["acme-id"]
regexes = ['''^x''']
[[allowlists]]
paths = ['''^vendor/''']
"#;

#[test]
fn gitleaks_is_carried() {
    let Imported { provider, report, .. } = one("gitleaks", GITLEAKS);
    assert_eq!((report.read, report.carried, report.lossy(), report.dropped.len()), (4, 2, 1, 2), "{report}");
    let secret = &provider.detectors[0];
    assert_eq!(
        (secret.id.as_str(), secret.title.as_str(), secret.kind),
        ("gitleaks-acme-app-secret", "Acme app secret", Kind::OauthSecret)
    );
    assert_eq!((secret.value.as_str(), secret.paths.as_str(), secret.multiline), ("first", r"\.env$", false));
    assert_eq!((secret.guards.entropy, &secret.guards.stop_words), (3.5, &vec!["staging".to_owned()]));
    assert_eq!(secret.except.len(), 2, "{:?}", secret.except);
    assert_eq!((&secret.except[0].line[..], &secret.except[0].paths[..]), (&[r"\{\{x}}".to_owned()][..], &[r"\.md$".to_owned()][..]));
    assert_eq!(secret.except[1].value, ["^a"]);
    assert_eq!(secret.parts.len(), 1, "what is absent is no part");
    assert_eq!((secret.parts[0].detector.as_str(), secret.parts[0].lines), ("gitleaks-acme-id", 4));
    assert_eq!((secret.parts[0].present, secret.parts[0].absent), (None, Some(Confidence::Low)));
    let id = &provider.detectors[1];
    assert_eq!((id.report, id.kind, id.except[0].value.as_slice()), (Role::Part, Kind::Identifier, &["^x".to_owned()][..]));
    assert_eq!(provider.except[0].paths, ["^vendor/"]);
    let text = report.to_string();
    for told in [
        "keysweep.toml",
        "those of this file alone",
        "commits",
        "`absent`",
        "files (line",
        "look-around",
        "extends the rules built into gitleaks",
        "`old`",
        "tags",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
}

#[test]
fn betterleaks_is_carried() {
    let text = r#"
minVersion = "2.0.0"
prefilter = '''matchesAny(get(attributes, "path", ""), [`^vendor/`])'''
filter = '''finding.secret == "null" || entropy(finding.secret) < 1.0'''
[[rules]]
id = "acme-token.1"
description = "Acme"
regex = '''\b(acme_)([a-z0-9]{20})\b'''
valueGroup = 2
confidence = "high"
specificity = 3
filter = '''entropy(finding["secret"]) <= 3.0 || failsTokenEfficiency(finding["secret"]) || containsAny(finding["secret"], ["Demo"])'''
validate = '''http.get("x")'''
components = [{ id = "acme-host", within = "5L,80C" }, { id = "acme-user", optional = true }]
[[rules]]
id = "acme-host"
regex = '''acme-host-[a-z]{5}'''
skipReport = true
[[rules]]
id = "acme-user"
regex = '''acme-user-[a-z]{5}'''
skipReport = true
"#;
    let Imported { provider, report, .. } = one("acme", text);
    let token = &provider.detectors[0];
    assert_eq!((token.id.as_str(), token.value.as_str(), token.confidence), ("betterleaks-acme-acme-token-1", "2", Confidence::High));
    assert_eq!((token.guards.entropy, token.guards.stop_words.as_slice()), (3.0, &["Demo".to_owned()][..]));
    let parts: Vec<_> = token.parts.iter().map(|p| (p.detector.as_str(), p.lines, p.present, p.absent)).collect();
    let host = ("betterleaks-acme-acme-host", 5, None, Some(Confidence::Low));
    assert_eq!(parts, [host, ("betterleaks-acme-acme-user", rule::ANYWHERE, Some(Confidence::High), None)]);
    assert_eq!(
        (provider.except[1].paths.as_slice(), provider.except[0].value.as_slice()),
        (&["^vendor/".to_owned()][..], &["^null$".to_owned()][..])
    );
    let lost: Vec<&str> = report.losses.iter().map(|l| l.what.split(' ').take(2).last().unwrap_or_default()).collect();
    assert_eq!(lost, ["efficiency", "columns"], "{report}");
    assert!(report.to_string().contains("entropy and characters"), "{report}");
}

#[test]
fn kingfisher_is_carried() {
    let text = r"
rules:
  - name: Acme Key
    id: kingfisher.acme.1
    pattern: |
      (?xi)
      acme (?# the name )
      (?:.|[\n\r]){0,16}?
      \b (?P<pre>a) (?P<TOKEN> [a-z0-9]{20} ) \b   # the key
    min_entropy: 3.25
    confidence: High
    examples: ['acme a...']
    references: ['https://acme.test/it''s']
    pattern_requirements: { min_digits: 2, min_uppercase: 1, min_lowercase: 1, min_special_chars: 1, ignore_if_contains: ['Te st'] }
    depends_on_rule:
      - rule_id: kingfisher.other.1
        variable: ID
    validation: { type: Http, content: { anything: [at, all] } }
";
    // A list alone will do.
    let other = "- name: Other\n  id: kingfisher.other.1\n  pattern: 'other-[0-9]{5}'\n  visible: false\n";
    let mut both = import(&[source("acme", text), source("other", other)], &any);
    let acme = both.remove(0).expect("it is read");
    let key = &acme.provider.detectors[0];
    assert_eq!((key.id.as_str(), key.kind, key.confidence), ("kingfisher-acme-1", Kind::ApiKey, Confidence::High));
    assert_eq!((key.value.as_str(), key.multiline, key.reach), ("TOKEN", true, 0));
    let g = &key.guards;
    assert_eq!((g.entropy, g.digits, g.upper, g.lower, g.special, g.stop_words.as_slice()), (3.25, 2, 1, 1, 1, &["Te st".to_owned()][..]));
    assert_eq!((key.parts[0].detector.as_str(), key.parts[0].present), ("kingfisher-other-1", Some(Confidence::High)));
    assert!(acme.report.losses.is_empty() && acme.report.to_string().contains("raw secrets"), "{}", acme.report);
    assert_eq!(both.remove(0).expect("it is read").provider.detectors[0].report, Role::Part);
    let back: Provider = serde_saphyr::from_str(&acme.yaml).expect("YAML");
    assert_eq!(back, acme.provider);
    assert!(!acme.yaml.contains("acme a..."), "an example is written");
}

#[test]
fn what_is_not_known_is_told_with_its_place() {
    for (text, place) in [
        ("[[rules]]\nid = 'a'\nregexp = 'b'\n", "rules/x:3:1: unknown key `regexp` (correct its name"),
        ("[[rules]]\nid = 'a'\n[[rules.allowlists]]\n  regexTarget = 'word'\n", "rules/x:4:17: `word` is not known here"),
        ("[[rules]]\nid = 'a'\nfilter = ''\nentropie = 3\n", "rules/x:4:1: unknown key `entropie`"),
        ("[[rules]]\nid = 'a'\ncomponents = [{id = 'b', within = '5X'}]\n", "rules/x:3:35: `5X`"),
        ("rules:\n  - name: a\n    id: b\n    patern: c\n", "rules/x:4:5: unknown key `patern`"),
        ("rules:\n  - name: a\n    id: b\n    pattern: c\n    confidence: sure\n", "`sure`"),
        ("[[rules]\nid = 3", "rules/x:1:"),
        ("provider: x\ndetectors: []\n", "rules/x: it is a detector file already"),
        ("{}", "of no format"),
        ("", "of no format"),
    ] {
        let error = error(text);
        assert!(error.contains(place), "{text}\nexpected {place}\n{error}");
    }
}

#[test]
fn one_file_spoils_no_other_and_none_is_written_over_another() {
    let rules = "[[rules]]\nid = 'a'\nregex = 'acme-[a-z]{5}'\n";
    let sources = [source("a", "nothing"), source("a", rules), source("a", rules)];
    let results = import(&sources, &any);
    let read: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(read, [false, true, false]);
}

#[test]
fn a_refused_detector_is_not_carried_but_told() {
    let refuse = |d: &Detector| if d.keywords.is_empty() { Err("no anchor".to_owned()) } else { Ok(()) };
    let rules = "[[rules]]\nid = 'a'\nregex = '[a-z]+acme'\nkeywords = ['acme', 'other']\n[[rules]]\nid = 'b'\nregex = '[a-z]+'\nkeywords = ['far']\n";
    let imported = import(&[source("a", rules)], &refuse).remove(0).expect("it is read");
    assert_eq!(imported.provider.detectors[0].keywords, ["acme"]);
    let dropped: Vec<(&str, &str)> = imported.report.dropped.iter().map(|d| (d.rule.as_str(), d.what.as_str())).collect();
    assert_eq!(dropped, [("b", "no anchor")]);
}

#[test]
fn any_text_is_written_so_that_it_is_read_again() {
    for text in [
        "a\nb",
        "a\n b\n",
        " a\nb",
        "it's: \"#\"",
        "\t\u{1}\u{2028}é\u{feff}",
        "yes",
        "- a",
        "null",
        "3.5",
        "a: b",
        "",
        "\n",
        "a\n\nb",
        "a \nb",
        "\r\n",
    ] {
        let mut provider = one("t", "[[rules]]\nid = 'a'\nregex = 'acme'\n").provider;
        let detector = &mut provider.detectors[0];
        (detector.pattern, detector.title) = (text.into(), text.into());
        detector.references = vec![text.into(), "x".repeat(200)];
        detector.except =
            vec![crate::model::Except { matched: vec![text.into()], words: vec![text.into(), "b".into()], ..Default::default() }];
        let report =
            Report { file: text.into(), format: "f", read: 1, carried: 1, losses: Vec::new(), dropped: Vec::new(), notes: Vec::new() };
        let yaml = yaml::write(&provider, &report);
        let back: Result<Provider, _> = serde_saphyr::from_str(&yaml);
        if text.is_empty() {
            // What is empty is left out, though a title is asked for.
            assert!(back.is_err());
        } else {
            assert_eq!(back.unwrap_or_else(|e| panic!("{text:?}: {e}\n{yaml}")), provider, "{yaml}");
        }
    }
}
