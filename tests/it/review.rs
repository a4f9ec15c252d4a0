//! `keysweep review`, as those who ask and those who decide use it.

use crate::support::{Ground, Run, alnum};
use serde_json::{Value, json};
use std::fs;

/// Key ids of the account 111122223333, in two parts so that no scanner takes them for found.
const N: &str = concat!("AKIA", "RTX3GSDSVIAEKWCN");
const M: &str = concat!("AKIA", "RTX3GSDSVIAEKWCM");

/// A report of two keys, one of which kim answers for, and of a role that nothing refers to.
fn ground() -> Ground {
    let ground = Ground::new();
    let code = ground.repo("code");
    code.write("a.env", format!("AWS_ACCESS_KEY_ID={N}\nAWS_SECRET_ACCESS_KEY={}\n", alnum(1, 40)));
    code.write("b.env", format!("AWS_ACCESS_KEY_ID={M}\nAWS_SECRET_ACCESS_KEY={}\n", alnum(2, 40)));
    code.commit("ship");
    ground.write("exports/cmdb.csv", format!("identifier,identifier_type,owner,type\n{N},aws.akid,kim@example.org,access_key\n"));
    let role =
        json!({"RoleName": "=cmd", "RoleId": "AROA1", "Arn": "arn:aws:iam::111122223333:role/=cmd", "CreateDate": "2026-01-01T00:00:00Z"});
    ground.write("exports/roles.json", json!({"RoleDetailList": [role], "UserDetailList": []}).to_string());
    scan(&ground);
    ground
}

fn scan(ground: &Ground) {
    ground.keysweep_with(
        &["scan", "code", "--inventory", "exports", "-f", "json", "-o", "report.json"],
        b"",
        &[("KEYSWEEP_NOW", "2026-09-01T00:00:00Z")],
    );
}

fn review(ground: &Ground, options: &[&str]) -> Run {
    ground.keysweep_with(&[&["review", "report.json", "-o", "lists"], options].concat(), b"", &[("KEYSWEEP_NOW", "2026-09-02T00:00:00Z")])
}

fn text(ground: &Ground, path: &str) -> String {
    fs::read_to_string(ground.at(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn journal(ground: &Ground) -> Vec<Value> {
    text(ground, "lists/decisions.jsonl").lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

#[test]
fn every_owner_gets_a_list_and_what_is_decided_is_kept_with_its_date() {
    let ground = ground();
    let run = review(&ground, &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let list = text(&ground, "lists/kim-example-org.md");
    assert!(list.contains("- proposed: **rotate**: its secret stands in files") && list.contains("- at `code:a.env:1`"), "{list}");
    let page = text(&ground, "lists/kim-example-org.html");
    assert!(
        page.contains("<title>Access review: kim@example.org</title>") && !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
    let nobody = text(&ground, "lists/nobody.csv");
    assert!(nobody.contains(",'=cmd,"), "a name is no formula: {nobody}");

    fs::write(
        ground.at("lists/kim-example-org.md"),
        list.replace("[ ] rotate", "[x] rotate").replace("Decided by: ", "Decided by: Kim").replace("Note: ", "Note: in May"),
    )
    .expect("the list");
    let run = review(&ground, &[]);
    assert!(run.text().starts_with("1 new decision(s) read back; "), "{}{}", run.text(), run.stderr);
    let kept = journal(&ground);
    assert_eq!(kept.len(), 1);
    let told = ["decision", "by", "note", "date"].map(|f| kept[0][f].clone());
    assert_eq!(told, ["rotate", "Kim", "in May", "2026-09-02T00:00:00Z"].map(Value::from));
    let list = text(&ground, "lists/kim-example-org.md");
    assert!(list.contains("- decided before: rotate on 2026-09-02 by Kim (in May)") && !list.contains("[x]"), "{list}");

    // The CSV that the page saves, or that a spreadsheet writes with semicolons.
    let identity = kept[0]["identity"].as_str().expect("an id");
    ground.write("mail/kim.csv", format!("\u{feff}identity;decision;decided_by;note\r\n{identity};Revoke;Lee;\r\n"));
    let run = review(&ground, &["--returned", "mail/kim.csv"]);
    assert!(run.text().starts_with("1 new decision(s)"), "{}{}", run.text(), run.stderr);
    assert_eq!(journal(&ground).iter().map(|d| d["decision"].clone()).collect::<Vec<_>>(), ["rotate", "revoke"]);
    let again = review(&ground, &["--returned", "mail/kim.csv"]);
    assert!(again.text().starts_with("0 new decision(s)"), "{}", again.text());
}

#[test]
fn an_owner_who_is_spelled_in_several_ways_gets_one_list() {
    let ground = ground();
    let keys = [(N, "kim@example.org"), (M, "@Kim")].map(|(key, owner)| format!("{key},aws.akid,{owner},access_key\n")).concat();
    ground.write("exports/cmdb.csv", format!("identifier,identifier_type,owner,type\n{keys}"));
    scan(&ground);
    assert_eq!(review(&ground, &[]).code, Some(0));
    let list = text(&ground, "lists/kim-example-org.md");
    assert!(list.contains(N) && list.contains(M) && !ground.at("lists/kim.md").exists(), "{list}");
}

#[test]
fn mistakes_in_lists_are_told_with_their_place_and_lose_nothing() {
    let ground = ground();
    review(&ground, &[]);
    let list = text(&ground, "lists/kim-example-org.md");
    let filled = list.replace("[ ] rotate", "[x] rotate").replace("[ ] keep", "[x] keep");
    fs::write(ground.at("lists/kim-example-org.md"), &filled).expect("the list");
    let run = review(&ground, &[]);
    assert!(
        run.code == Some(2) && run.stderr.contains("kim-example-org.md:") && run.stderr.contains("2 boxes are ticked (keep, rotate)"),
        "{}",
        run.stderr
    );
    assert_eq!(text(&ground, "lists/kim-example-org.md"), filled, "what was filled in is still there");
    assert_eq!(text(&ground, "lists/decisions.jsonl"), "");

    fs::write(ground.at("lists/kim-example-org.md"), list.replace("[ ] rotate", "[x] rotate")).expect("the list");
    let id = list.lines().find_map(|l| l.strip_prefix("<!-- identity: ")?.strip_suffix(" -->")).expect("an id");
    ground.write("mail/a.csv", format!("identity,decision\n{id},delete\n"));
    let run = review(&ground, &["--returned", "mail"]);
    assert!(run.code == Some(2) && run.stderr.contains("a.csv:2: `delete` is no decision"), "{}", run.stderr);
    ground.write("mail/a.csv", format!("identity,decision\n{id},keep\n"));
    let run = review(&ground, &["--returned", "mail"]);
    assert!(
        run.code == Some(2) && run.stderr.contains("decides keep, and") && run.stderr.contains("decides rotate; agree on one"),
        "{}",
        run.stderr
    );
    ground.write("mail/a.csv", "name,choice\nx,y\n");
    let run = review(&ground, &["--returned", "mail"]);
    assert!(run.code == Some(2) && run.stderr.contains("it is no list of a review"), "{}", run.stderr);
    let page = review(&ground, &["--returned", "lists/kim-example-org.pdf"]);
    assert!(page.code == Some(2) && page.stderr.contains("is Markdown (.md) or CSV (.csv)"), "{}", page.stderr);
}

#[test]
fn what_is_no_report_is_told_and_an_older_shape_too() {
    let ground = Ground::new();
    ground.write("report.json", "{}");
    let run = review(&ground, &[]);
    assert!(run.code == Some(2) && run.stderr.contains("report.json is no JSON report; make one with `keysweep scan"), "{}", run.stderr);
    ground.write("report.json", "{\"schema_version\": \"2\", \"scan\": {\"started\": \"2026-09-01T00:00:00Z\"}}");
    let run = review(&ground, &[]);
    assert!(run.code == Some(2) && run.stderr.contains("schema version 2, and this keysweep reads version 1"), "{}", run.stderr);
}

#[test]
fn lists_of_owners_who_have_nothing_left_to_decide_go_and_files_of_others_stay() {
    let ground = ground();
    review(&ground, &[]);
    let others = ground.write("lists/minutes.md", "# Minutes\n");
    let gone = ["md", "csv", "html"].map(|form| ground.at(format!("lists/kim-example-org.{form}")));
    assert!(gone.iter().all(|list| list.exists()));
    let report = text(&ground, "report.json").replace("kim@example.org", "lee@example.org");
    ground.write("report.json", report);
    assert_eq!(review(&ground, &[]).code, Some(0));
    assert!(gone.iter().all(|list| !list.exists()) && ground.at("lists/lee-example-org.html").exists() && others.exists());
}
