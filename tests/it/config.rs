//! `keysweep.toml`, inline allows, detectors of one's own, and what `.gitignore` leaves out.

use crate::support::{Ground, Report, aws, filler, github, openai};

/// Scans a folder `tree` with a configuration in it.
fn scan_under(ground: &Ground, config: &str) -> Report {
    ground.write("tree/keysweep.toml", config);
    ground.scan(ground.at("tree"))
}

#[test]
fn the_file_is_found_upward_and_excludes() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (kept, vendored, minified) = (github(1), github(2), github(3));
    repo.write("keysweep.toml", "[scan]\nexclude = [\"vendor/**\", \"*.min.js\"]\n");
    repo.write("sub/src/a.txt", &kept);
    repo.write("vendor/x/b.txt", &vendored);
    repo.write("sub/src/c.min.js", &minified);
    for committed in [false, true] {
        if committed {
            repo.commit("root");
        }
        let report = repo.scan();
        report.finding(&kept);
        for token in [&vendored, &minified] {
            assert!(report.find(token).is_none(), "committed: {committed}; {:#}", report.finding(token));
        }
        let below = ground.scan(repo.root.join("sub/src"));
        below.finding(&kept);
        assert!(below.find(&minified).is_none(), "the file above was not found");
    }
}

#[test]
fn what_exclude_leaves_out_of_history_is_counted() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.commit_file("vendor/a.txt", format!("{}\n", github(4)), "in");
    repo.commit_file("vendor/a.txt", "none\n", "out");
    repo.write("keysweep.toml", "[scan]\nexclude = [\"vendor/\"]\n");
    let report = repo.scan();
    assert!(report.findings().is_empty(), "{:#}", report.json);
    assert_eq!(report.json["scan"]["stats"]["suppressed"], 1);
    assert_eq!(report.code, Some(0));
}

#[test]
fn a_value_with_an_excluded_copy_keeps_its_other_places() {
    let ground = Ground::new();
    let token = github(5);
    ground.write("tree/a.txt", &token);
    ground.write("tree/vendor/a.txt", &token);
    let report = scan_under(&ground, "[scan]\nexclude = [\"vendor/**\"]\n");
    assert_eq!(report.paths(&token), ["a.txt"]);
}

#[test]
fn allows_by_value_path_and_id() {
    let ground = Ground::new();
    let tokens = [github(6), github(7), github(8), github(9)];
    for (n, token) in tokens.iter().enumerate() {
        ground.write(format!("tree/d{n}/a.txt"), token);
    }
    let before = ground.scan(ground.at("tree"));
    assert_eq!(before.findings().len(), 4);
    let id = before.finding(&tokens[2])["id"].as_str().expect("an id").to_owned();
    let config = format!(
        "[[allow]]\nreason = \"one\"\nvalues = [\"^{}\"]\n[[allow]]\nreason = \"two\"\npaths = [\"d1/**\"]\n[[allow]]\nreason = \"three\"\nids = [\"{id}\"]\n",
        &tokens[0][..12]
    );
    let report = scan_under(&ground, &config);
    assert_eq!(report.findings().len(), 1, "{:#}", report.json["findings"]);
    report.finding(&tokens[3]);
    assert_eq!(report.json["scan"]["stats"]["suppressed"], 3);
}

#[test]
fn an_allow_of_one_path_leaves_the_other_places_open() {
    let ground = Ground::new();
    let token = github(10);
    ground.write("tree/test/a.txt", &token);
    ground.write("tree/src/a.txt", &token);
    let report = scan_under(&ground, "[[allow]]\nreason = \"fixture\"\npaths = [\"test/**\"]\n");
    assert!(report.paths(&token).contains(&"src/a.txt".to_owned()));
    assert_eq!(report.code, Some(1));
}

#[test]
fn an_allow_that_has_expired_or_is_for_another_detector_allows_nothing() {
    let ground = Ground::new();
    let token = github(11);
    ground.write("tree/a.txt", &token);
    for entry in ["expires = \"2001-01-01\"\npaths = [\"**\"]", "detectors = [\"aws-access-key-id\"]", "paths = [\"b.txt\"]"] {
        let report = scan_under(&ground, &format!("[[allow]]\nreason = \"why\"\n{entry}\n"));
        report.finding(&token);
        assert!(report.stderr.contains("why"), "{entry}: {}", report.stderr);
    }
}

#[test]
fn inline_allows_need_a_reason() {
    let ground = Ground::new();
    let tokens = [github(12), github(13), aws(14), aws(15)];
    let lines = [
        format!("a = '{}' # keysweep:allow revoked in May", tokens[0]),
        format!("b = '{}' # keysweep:allow", tokens[1]),
        format!("c = '{}' // keysweep:allow[aws-access-key-id] a test account", tokens[2]),
        format!("d = '{}' // keysweep:allow[github-pat-classic] wrong detector", tokens[3]),
    ];
    ground.write("tree/a.txt", lines.join("\n"));
    let report = ground.scan(ground.at("tree"));
    let found: Vec<bool> = tokens.iter().map(|t| report.find(t).is_some()).collect();
    assert_eq!(found, [false, true, false, true]);
    assert_eq!(report.json["scan"]["stats"]["suppressed"], 2);
    assert!(report.stderr.contains("keysweep:allow"), "{}", report.stderr);
}

#[test]
fn an_inline_allow_holds_in_history_and_in_the_index() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(16);
    let line = format!("{}a = '{token}' # keysweep:allow rotated\n{}", filler(1, 20), filler(2, 20));
    repo.write("a.txt", &line);
    repo.git(&["add", "-A"]);
    assert_eq!(repo.scan_with(&["--staged"]).code, Some(0));
    repo.commit("in");
    repo.commit_file("a.txt", "gone\n", "out");
    for packed in [false, true] {
        if packed {
            repo.pack();
        }
        let report = repo.scan();
        assert!(report.findings().is_empty(), "packed: {packed}");
        assert_eq!(report.json["scan"]["stats"]["suppressed"], 1);
    }
}

/// A file with one detector of one's own.
fn own_detector(id: &str, pattern: &str) -> String {
    format!(
        "provider: acme\ntitle: Acme\ncategory: saas\nreferences: [https://acme.test/keys]\nremediation: Ask Ann.\ndetectors:\n  - id: {id}\n    title: Acme key\n    kind: api_key\n    confidence: high\n    pattern: '{pattern}'\n    identity: {{ class: workload }}\n    lifecycle: {{ max_age_days: 90 }}\n    examples:\n      - 'key = acme{{{{alnum 20}}}}'\n    near_misses:\n      - 'key = acme-1'\n    placeholders:\n      - 'key = acmexxxxxxxxxxxxxxxxxxxx'\n"
    )
}

/// A value of Acme.
fn acme(number: u64) -> String {
    format!("acme{}", &github(number)[4..24])
}

#[test]
fn detectors_of_ones_own_are_used() {
    let ground = Ground::new();
    let token = acme(17);
    ground.write("tree/a.txt", format!("key = {token}\n{}\n", github(18)));
    ground.write("tree/ci/acme.yml", own_detector("acme-key", r"\b(acme[A-Za-z0-9]{20})\b"));
    let report = scan_under(&ground, "detectors = [\"ci/acme.yml\"]\n");
    let finding = report.finding(&token);
    assert_eq!((&finding["detector"], &finding["provider"]), (&"acme-key".into(), &"acme".into()));
    report.finding(&github(18));
    let folder = scan_under(&ground, "detectors = [\"ci\"]\n");
    folder.finding(&token);
    assert_ne!(report.json["tool"]["detectors_digest"], scan_under(&ground, "").json["tool"]["detectors_digest"]);
}

#[test]
fn a_builtin_detector_is_overridden_by_one_of_its_id() {
    let ground = Ground::new();
    let (theirs, ours) = (github(19), acme(20));
    ground.write("tree/a.txt", format!("key = {ours}\n{theirs}\n"));
    ground.write(
        "tree/acme.yml",
        own_detector("github-pat-classic", r"\b(acme[A-Za-z0-9]{20})\b").replace("provider: acme", "provider: github"),
    );
    let report = scan_under(&ground, "detectors = [\"acme.yml\"]\n");
    assert_eq!(report.finding(&ours)["detector"], "github-pat-classic");
    assert!(report.find(&theirs).is_none_or(|f| f["detector"] != "github-pat-classic"));
}

#[test]
fn a_builtin_detector_can_be_disabled() {
    let ground = Ground::new();
    let (one, other) = (aws(21), openai(22));
    ground.write("tree/a.txt", format!("x = {one}\ny = {other}\n"));
    ground.scan(ground.at("tree")).finding(&one);
    let report = scan_under(&ground, "disable = [\"aws-access-key-id\"]\n");
    assert!(report.find(&one).is_none());
    report.finding(&other);
}

#[test]
fn mistakes_are_told_with_file_line_and_column() {
    let ground = Ground::new();
    ground.write("tree/a.txt", github(23));
    let cases = [
        ("[scan]\nexclud = []\n", "keysweep.toml:2:1"),
        ("[scan]\n\nexclude = [\"a\", 7]\n", "keysweep.toml:3:17"),
        ("[[allow]]\npaths = [\"a\"]\n", "keysweep.toml:1:1"),
        ("[[allow]]\nreason = \"  \"\npaths = [\"a\"]\n", "keysweep.toml:2:10"),
        ("[[allow]]\nreason = \"all\"\n", "keysweep.toml:1:1"),
        ("[[allow]]\nreason = \"x\"\nvalues = [\"(\"]\n", "keysweep.toml:3:11"),
        ("disable = [\"no-such-detector\"]\n", "keysweep.toml:1:12"),
        ("[scan]\nconfidence = \"sure\"\n", "keysweep.toml:2:14"),
        ("detectors = [\"../outside\"]\n", "keysweep.toml:1:14"),
        ("[scan\n", "keysweep.toml:1:"),
    ];
    for (config, place) in cases {
        ground.write("tree/keysweep.toml", config);
        let run = ground.keysweep(&["scan", "tree"]);
        assert_eq!(run.code, Some(2), "{config}");
        assert!(run.stderr.contains(place), "{config}expected {place} in:\n{}", run.stderr);
        assert!(run.stdout.is_empty());
    }
}

#[test]
fn a_mistake_in_a_detector_names_its_file() {
    let ground = Ground::new();
    ground.write("tree/a.txt", github(24));
    for (n, text) in
        ["detectors: 7\n".to_owned(), own_detector("acme-key", "(acme["), own_detector("Acme Key!", "(acme[a-z]{9})")].iter().enumerate()
    {
        ground.write("tree/bad.yml", text);
        ground.write("tree/keysweep.toml", "detectors = [\"bad.yml\"]\n");
        let run = ground.keysweep(&["scan", "tree"]);
        assert_eq!(run.code, Some(2), "case {n}: {}", run.stderr);
        assert!(run.stderr.contains("bad.yml"), "case {n}: {}", run.stderr);
    }
    ground.write("tree/keysweep.toml", "detectors = [\"absent.yml\"]\n");
    let run = ground.keysweep(&["scan", "tree"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("absent.yml"), "{}", run.stderr);
}

#[test]
fn the_command_line_goes_before_the_file() {
    let ground = Ground::new();
    ground.write("tree/a.txt", format!("{}\n", github(25)));
    ground.write("tree/keysweep.toml", "[scan]\nfail_on = \"never\"\nhistory = \"none\"\n");
    assert_eq!(ground.keysweep(&["scan", "tree"]).code, Some(0));
    assert_eq!(ground.keysweep(&["scan", "--fail-on", "any", "tree"]).code, Some(1));
    ground.write("other.toml", "");
    assert_eq!(ground.keysweep(&["scan", "--org", "other.toml", "tree"]).code, Some(1));
    assert_eq!(ground.keysweep(&["scan", "--org", "absent.toml", "tree"]).code, Some(2));
}

#[test]
fn ignored_files_are_left_out_and_tracked_ones_are_not() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let tokens = [github(26), github(27), github(28), github(29)];
    repo.write(".gitignore", "*.env\nbuild/\n");
    repo.write("ignored.env", format!("{}\n", tokens[0]));
    repo.write("build/out.txt", format!("{}\n", tokens[1]));
    repo.write("tracked.env", "old\n");
    repo.write("build/kept.txt", "old\n");
    repo.git(&["add", "-f", ".gitignore", "tracked.env", "build/kept.txt"]);
    repo.commit_index("root");
    repo.write("tracked.env", format!("{}\n", tokens[2]));
    repo.write("build/kept.txt", format!("{}\n", tokens[3]));
    for options in [&[][..], &["--history", "none"]] {
        let report = repo.scan_with(options);
        let found: Vec<bool> = tokens.iter().map(|t| report.find(t).is_some()).collect();
        assert_eq!(found, [false, false, true, true], "{options:?}");
    }
}

#[test]
fn hidden_files_are_read() {
    let ground = Ground::new();
    ground.write("tree/.env", github(30));
    ground.write("tree/.github/workflows/ci.yml", format!("env:\n  T: {}\n", github(31)));
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.paths(&github(30)), [".env"]);
    assert_eq!(report.paths(&github(31)), [".github/workflows/ci.yml"]);
}

#[test]
fn a_file_named_as_target_is_read_though_ignored() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.write(".gitignore", "*.env\n");
    repo.write("a.env", github(32));
    ground.scan(repo.root.join("a.env")).finding(&github(32));
}

#[test]
fn comments_of_other_scanners_are_honoured_on_request_alone() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    repo.write(
        "a.py",
        format!(
            "a = '{}' # gitleaks:allow\nb = '{}' # pragma: allowlist secret\n# pragma: allowlist nextline secret\nc = '{}'\n",
            openai(1),
            openai(2),
            openai(3)
        ),
    );
    let high = |options: &[&str]| ground.keysweep(&[&["scan", "--short", "r"], options].concat()).text().matches("high:").count();
    assert_eq!(high(&[]), 3);
    repo.write("keysweep.toml", "[scan]\nhonour = ['gitleaks']\n");
    assert_eq!(high(&[]), 2);
    repo.write("keysweep.toml", "[scan]\nhonour = ['gitleaks', 'detect-secrets']\n");
    assert_eq!(high(&[]), 0);
}
