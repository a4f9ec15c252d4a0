//! Whatever a file or an export says, reading it by structure ends, does not panic, and points only into the text.

use crate::support::{Ground, LIMIT};
use keysweep::extract::outline;
use keysweep::inventory::{Export, Given, read, secret, secrets};
use keysweep::model::ExportRules;
use keysweep::review::{FORMS, Former, Journal};
use proptest::prelude::*;
use std::io::Read;

/// Names that extractors know, so that each of them is reached.
const PATHS: &[&str] = &[
    ".github/workflows/a.yml",
    "action.yml",
    ".gitlab-ci.yml",
    "azure-pipelines.yml",
    ".circleci/config.yml",
    "bitbucket-pipelines.yml",
    "Jenkinsfile",
    "main.tf",
    "main.tf.json",
    "a.tfvars",
    "terraform.tfstate",
    "deploy.yaml",
    "template.json",
    "template.yaml",
    "compose.yaml",
    "Dockerfile",
    ".env",
    ".mcp.json",
    "main.bicep",
    "chart/templates/a.yaml",
    "chart/values.yaml",
    "kustomization.yaml",
    "job.nomad",
    "serverless.yml",
    "Pulumi.dev.yaml",
    "playbook.yml",
    "a.service",
    "agents.yaml",
    "notebook.ipynb",
    ".streamlit/secrets.toml",
];

/// Pieces of all formats, well and badly nested, with characters of several bytes.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "\\",
    ":",
    ": ",
    "- ",
    ", ",
    "=",
    " = ",
    "\n",
    "\r\n",
    "\n  ",
    "\n    ",
    "\t",
    "#",
    "//",
    "/*",
    "*/",
    "---\n",
    "&a ",
    "*a",
    "<<: ",
    "|\n",
    ">-\n",
    "!Ref ",
    "!vault |\n",
    "${",
    "${{ ",
    " }}",
    "{{",
    "{{- ",
    "<<EOF\n",
    "EOF\n",
    "on: push\n",
    "jobs:\n",
    "steps:\n",
    "run: ",
    "uses: a/b@v1\n",
    "with:\n",
    "env:\n",
    "secrets.X",
    "stages:\n",
    "script:\n",
    "resource \"aws_iam_user\" \"x\" {\n",
    "variable \"v\" { default = ",
    "apiVersion: v1\n",
    "kind: Secret\n",
    "kind: ServiceAccount\n",
    "metadata:\n  name: x\n",
    "data:\n  k: dg==\n",
    "spec:\n",
    "services:\n",
    "image: x\n",
    "environment:\n",
    "FROM x\n",
    "ENV A=b ",
    "ARG X\n",
    "RUN <<",
    "AWSTemplateFormatVersion: x\n",
    "Resources:\n",
    "Type: AWS::IAM::User\n",
    "Properties:\n",
    "\"mcpServers\":",
    "\"command\":",
    "\"args\":",
    "\"resources\":",
    "\"values\":",
    "pipeline {\n",
    "withCredentials([",
    "credentialsId: 'x'",
    "param x string = ",
    "job \"x\" {\n",
    "[Service]\nEnvironment=",
    "\"cells\":",
    "\"source\":",
    "arn:aws:iam::111122223333:role/x",
    "password",
    "token",
    "é",
    "\u{1F511}",
    "\u{feff}",
    "\u{0}",
    "null",
    "true",
    "1e999",
    "-1",
    "2026-01-01T00:00:00Z",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![9 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn places_lie_within_the_text(path in prop::sample::select(PATHS), text in text()) {
        if let Some(outline) = outline(path, text.as_bytes()) {
            for place in &outline.places {
                prop_assert!(place.start <= place.end && place.end <= text.len(), "{path}: {place:?}");
                prop_assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end), "{path}: {place:?}");
            }
        }
    }

    #[test]
    fn exports_of_any_content_are_read_to_their_end(name in prop::sample::select(&["a.json", "a.csv", "a.yaml", "a.ndjson"][..]), text in text()) {
        let open = || Ok(Box::new(text.as_bytes()) as Box<dyn Read>);
        read(&[Export { path: name.to_owned(), open: Box::new(open) }], &Given { key: &[0; 32], rules: &ExportRules::default() });
    }
}

proptest! {
    #[test]
    fn lists_reports_and_answers_of_stores_are_read_to_their_end(text in text()) {
        for form in FORMS {
            let _ = form.read(&text);
            let _ = form.read(&format!("identity,decision\n<!-- identity: %zz{text} -->\nDecision: [x] {text}\n"));
        }
        drop((Former::parse(text.as_bytes()), Journal::parse(&text), secret(&text, Some("kv/a"))));
        if let Ok(mut value) = serde_json::from_str(&text) {
            secrets(&mut value, None);
        }
    }
}

/// A line of nothing but names, and a file of nothing but references: what places they belong to took time with the square of their number.
#[test]
fn a_file_of_nothing_but_names_is_placed_in_time() {
    let ground = Ground::new();
    let role = "arn:aws:iam::111122223333:role/r";
    ground.write("tree/deploy.yaml", format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: '{}'\n", format!("{role} ").repeat(40_000)));
    let steps: String = (0..15_000).map(|n| format!("      - run: echo ${{{{ secrets.S{n} }}}}\n")).collect();
    ground.write("tree/.github/workflows/a.yml", format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}"));
    let report = ground.scan(ground.at("tree"));
    let identities = report.json["identities"].as_array().expect("identities");
    let of = |principal: &str| identities.iter().find(|i| i["principal"] == principal).unwrap_or_else(|| panic!("no {principal}"));
    let places = of(role)["referenced_in"].as_array().expect("places");
    assert_eq!((places.len(), &places[39_999]["column"]), (40_000, &serde_json::json!(7 + 39_999 * (role.len() + 1))));
    let last = &of("S14999")["referenced_in"][0];
    assert_eq!((&last["line"], &last["resource"]["job"]), (&serde_json::json!(15_005), &serde_json::json!("a")));
}

/// What took time with the square of its length is read within the limit of a test.
#[test]
fn what_repeats_on_one_line_or_on_many_is_read_in_time() {
    let head = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: ";
    let role = "arn:aws:iam::111122223333:role/r ";
    for (path, text) in [
        ("charts/a/templates/b.yaml", head.to_owned() + &"{{ .a }}".repeat(200_000)),
        ("main.bicep", "resource kv 'a@1' existing = { name: 'b' }\n".to_owned() + &"x: kv.getSecret('a') ".repeat(50_000)),
        ("inventories/prod/hosts", "[web]\n".to_owned() + &"w ansible_password=a\n".repeat(100_000)),
        ("main.tf", format!("locals {{\n{}}}\n", (0..20_000).map(|n| format!("  l{n} = \"${{local.l{}}}\"\n", n + 1)).collect::<String>())),
        ("deploy.yaml", format!("{head}'{}'\n", role.repeat(50_000))),
    ] {
        let begun = std::time::Instant::now();
        outline(path, text.as_bytes()).expect("claimed");
        assert!(begun.elapsed() < LIMIT, "{path}: {:?}", begun.elapsed());
    }
}

#[test]
fn what_nests_without_end_is_refused_in_time() {
    for (path, text) in [
        ("deploy.yaml", "apiVersion: v1\nkind: Secret\ndata: ".to_owned() + &"{a: ".repeat(200_000)),
        (
            "deploy.yaml",
            format!("apiVersion: v1\nkind: Secret\nmetadata:\n{}", (0..2000).map(|n| " ".repeat(n) + "a:\n").collect::<String>()),
        ),
        ("template.json", "{\"AWSTemplateFormatVersion\":\"1\",\"Resources\":".to_owned() + &"[".repeat(500_000)),
        ("main.tf", "locals {\n a = ".to_owned() + &"[".repeat(100_000)),
        ("main.tf", "locals {\n a = ".to_owned() + &"\"${".repeat(50_000)),
        ("main.tf", "a {\n".repeat(100_000)),
    ] {
        let outline = outline(path, text.as_bytes()).expect("claimed");
        assert!(!outline.troubles.is_empty(), "{path}");
    }
    let laughs = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| format!("{text}a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1));
    outline("deploy.yaml", format!("apiVersion: v1\nkind: ConfigMap\n{laughs}").as_bytes());
}
