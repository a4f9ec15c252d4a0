//! Whose it is, as a user asks: repositories scanned with exports at hand, judged by the inventory and the user's policy.

use crate::support::{Ground, Report, alnum, filler};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The day of the tests.
const NOW: &[(&str, &str)] = &[("KEYSWEEP_NOW", "2026-09-01T00:00:00Z")];

/// A key id of the account 111122223333; another one for every last letter.
fn key_id(last: char) -> String {
    format!("{}RTX3GSDSVIAEKWC{last}", "AKIA")
}

/// A repository with a known key, one that its issuer does not know, and a role; and the exports of its account.
pub fn organisation() -> Ground {
    let ground = Ground::new();
    let pair = |last, seed| format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key_id(last), alnum(seed, 40));
    let code = ground.repo("code");
    code.write("envs/prod/deploy.env", pair('N', 1));
    code.write("tools/old.env", filler(1, 3) + &pair('M', 2));
    let role = |name: &str| {
        format!(
            "      - uses: aws-actions/configure-aws-credentials@v4\n        with: {{ role-to-assume: 'arn:aws:iam::111122223333:role/{name}' }}\n"
        )
    };
    let job =
        |name: &str| format!("  {name}:\n    runs-on: ubuntu-latest\n    permissions: {{ id-token: write }}\n    steps:\n{}", role(name));
    code.write(".github/workflows/ship.yml", format!("on: push\njobs:\n{}{}", job("shipper"), job("nobody")));
    code.commit("ship");
    let user = |name: &str, owner: &str| {
        json!({"UserName": name, "UserId": format!("AIDA{name}"), "Arn": format!("arn:aws:iam::111122223333:user/{name}"),
            "CreateDate": "2026-01-01T00:00:00Z", "Tags": [{"Key": "owner", "Value": owner}]})
    };
    let role = json!({"RoleName": "shipper", "RoleId": "AROASHIPPER", "Arn": "arn:aws:iam::111122223333:role/shipper",
        "CreateDate": "2026-01-01T00:00:00Z", "Tags": [{"Key": "owner", "Value": "kim@example.org"}]});
    let details =
        json!({"UserDetailList": [user("ci-deploy", "kim@example.org")], "RoleDetailList": [role], "GroupDetailList": [], "Policies": []});
    ground.write("exports/aws/111122223333/authorization-details.json", details.to_string());
    let key = json!({"UserName": "ci-deploy", "AccessKeyId": key_id('N'), "Status": "Active", "CreateDate": "2026-03-01T00:00:00+00:00"});
    ground.write("exports/aws/111122223333/access-keys.json", json!({"AccessKeyMetadata": [key]}).to_string());
    ground.write("exports/people.csv", "email,name,status,team\nkim@example.org,Kim,active,ops\n");
    let covers = |source: &str, class: &str, kinds: &[&str]| {
        json!({"source": source, "source_class": class, "provider": "aws", "scopes": ["111122223333"], "kinds": kinds, "complete": true,
            "as_of": "2026-08-31T00:00:00Z", "has": {"owner": true, "last_used": false, "expiry": false, "hint": false, "fingerprint": false}})
    };
    let manifest = [
        covers("aws/111122223333/access-keys.json", "issuer", &["access_key"]),
        covers("aws/111122223333/authorization-details.json", "issuer", &["user", "role"]),
    ];
    ground.write("exports/coverage.jsonl", manifest.map(|m| m.to_string()).join("\n"));
    ground
}

fn scan(ground: &Ground, options: &[&str]) -> Report {
    let run = ground.keysweep_with(&[&["scan", "code", "--inventory", "exports", "-f", "json"], options].concat(), b"", NOW);
    let json = serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stderr));
    Report { json, code: run.code, stderr: run.stderr }
}

fn identity<'r>(report: &'r Report, principal: &str) -> &'r Value {
    let all = report.json["identities"].as_array().expect("identities");
    all.iter()
        .find(|i| i["principal"].as_str().is_some_and(|p| p.contains(principal)))
        .unwrap_or_else(|| panic!("no {principal}: {all:#?}"))
}

fn of_finding<'r>(report: &'r Report, path: &str) -> &'r Value {
    let at = |f: &&Value| f["locations"].as_array().is_some_and(|all| all.iter().any(|l| l["path"] == path));
    let finding = report.findings().iter().find(at).unwrap_or_else(|| panic!("nothing at {path}"));
    let all = report.json["identities"].as_array().expect("identities");
    all.iter().find(|i| i["id"] == finding["identity"]).expect("an identity for every finding")
}

#[test]
fn what_is_found_is_judged_by_the_exports() {
    let ground = organisation();
    let report = scan(&ground, &[]);
    assert_eq!(report.code, Some(1), "{}", report.stderr);
    let known = of_finding(&report, "envs/prod/deploy.env");
    assert_eq!((&known["verdict"], &known["owner"]["value"]), (&json!("governed"), &json!("kim@example.org")), "{known:#}");
    assert_eq!((&known["environment"], &known["flags"]), (&json!("prod"), &json!(["overdue"])), "184 days since it was made");
    let gone = of_finding(&report, "tools/old.env");
    assert_eq!(gone["verdict"], "residue", "its account's list does not have it: {gone:#}");
    assert_eq!(identity(&report, "shipper")["verdict"], "resolved");
    assert_eq!(identity(&report, "nobody")["verdict"], "dangling", "{:#}", identity(&report, "nobody"));
    let covered = report.json["coverage"].as_array().expect("coverage");
    assert!(covered.iter().any(|c| c["provider"] == "aws" && c["kind"] == "access_key" && c["unknown"] == 0), "{covered:#?}");
}

#[test]
fn an_export_is_silent_on_what_came_after_it_or_has_no_date() {
    let ground = organisation();
    ground.write("code/tools/new.env", format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key_id('L'), alnum(3, 40)));
    let report = scan(&ground, &[]);
    let new = of_finding(&report, "tools/new.env");
    assert_eq!(new["verdict"], "unknown-source", "{new:#}");
    let says = new["evidence"][0]["says"].as_str().expect("a reason");
    assert!(says.ends_with("does not know it, but since when the value is there is not known: it is in no commit"), "{says}");
}

#[test]
fn without_exports_nothing_is_claimed() {
    let ground = organisation();
    let report = ground.scan(ground.at("code"));
    let verdicts: Vec<&Value> = report.json["identities"].as_array().expect("identities").iter().map(|i| &i["verdict"]).collect();
    assert!(verdicts.len() >= 4 && verdicts.iter().all(|v| **v == "unknown-source"), "{verdicts:?}");
}

#[test]
fn the_gate_opens_on_verdicts_flags_and_policy() {
    let ground = organisation();
    for (gate, code) in [("residue", 1), ("shadow", 0), ("orphaned,overdue", 1), ("policy", 1), ("dormant,expired", 0), ("never", 0)] {
        assert_eq!(scan(&ground, &["--fail-on", gate]).code, Some(code), "{gate}");
    }
    let wrong = ground.keysweep(&["scan", "code", "--fail-on", "shadows"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("a gate is one of any (a finding)"), "{}", wrong.stderr);
}

#[test]
fn the_policy_decides_on_ages_providers_and_exceptions() {
    let ground = organisation();
    ground.write("code/keysweep.toml", "[scan]\nfail_on = 'policy'\n[policy.max_age_days]\nproduction = 184\n");
    let report = scan(&ground, &[]);
    assert_eq!((report.code, &of_finding(&report, "envs/prod/deploy.env")["flags"]), (Some(0), &json!([])));

    ground.write("code/keysweep.toml", "[scan]\nfail_on = 'policy'\n[policy.providers]\ndeny = ['aws']\n");
    let report = scan(&ground, &[]);
    let known = of_finding(&report, "envs/prod/deploy.env");
    assert_eq!((report.code, &known["violations"]), (Some(1), &json!(["provider-denied"])), "{known:#}");
    let text = ground.keysweep_with(&["scan", "code", "--inventory", "exports"], b"", NOW).text();
    assert!(text.contains("  policy      provider-denied: the policy denies aws\n"), "{text}");

    let exception = "[[policy.exception]]\nreason = 'moves to OIDC'\nexpires = 2026-10-01\nprovider = 'aws'\n";
    ground.write("code/keysweep.toml", format!("[scan]\nfail_on = 'policy'\n[policy.providers]\ndeny = ['aws']\n{exception}"));
    let report = scan(&ground, &[]);
    let known = of_finding(&report, "envs/prod/deploy.env");
    let passed: Vec<&Value> = known["excepted"].as_array().expect("exceptions").iter().map(|e| &e["name"]).collect();
    assert_eq!((report.code, passed), (Some(0), vec![&json!("overdue"), &json!("provider-denied")]), "{known:#}");
    let text = ground.keysweep_with(&["scan", "code", "--inventory", "exports"], b"", NOW).text();
    assert!(text.contains("overdue may pass until 2026-10-01: moves to OIDC\n"), "{text}");
}

#[test]
fn exports_that_are_broken_are_named_and_the_rest_is_read() {
    let ground = organisation();
    let file: PathBuf = ground.write("exports/aws/cut.json", "{\"AccessKeyMetadata\": [{\"UserName\": \"x\", ");
    let report = scan(&ground, &[]);
    let warnings = report.json["inventory"]["warnings"].to_string();
    assert!(warnings.contains("cut.json"), "{file:?}: {warnings}");
    let skipped = report.json["scan"]["skipped"].to_string();
    assert!(skipped.contains("aws/cut.json") && skipped.contains("export of the inventory: is cut off or broken"), "{skipped}");
    assert_eq!(ground.keysweep_with(&["scan", "code", "--inventory", "exports", "--fail-on", "never"], b"", NOW).code, Some(3));
    assert_eq!(of_finding(&report, "envs/prod/deploy.env")["verdict"], "governed");
    let missing = ground.keysweep(&["scan", "code", "--inventory", "export"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("export: there is no such file or folder of exports"), "{}", missing.stderr);
}

#[test]
fn a_verdict_is_explained_in_sentences_with_what_would_decide_it() {
    let ground = organisation();
    ground.write("code/other.env", format!("SENDGRID_API_KEY=SG.{}.{}\n", alnum(5, 22), alnum(6, 43)));
    let report = ["scan", "code", "--inventory", "exports", "-f", "json", "-o", "report.json", "--fail-on", "never"];
    assert_eq!(ground.keysweep_with(&report, b"", NOW).code, Some(0));
    let explain = |what: &str| ground.keysweep(&["explain", "--report", "report.json", what]);
    let governed = explain("envs/prod/deploy.env").text();
    for says in [
        "  It is governed: kim@example.org answers for it.\n",
        "Owner: kim@example.org (active)",
        "overdue: More days than the policy allows",
        "issuer record ci-deploy, active: same aws.akid",
    ] {
        assert!(governed.contains(says), "{says}: {governed}");
    }
    let unknown = explain("other.env:1").text();
    assert!(unknown.contains("It is unknown-source: no source covers sendgrid api_key"), "{unknown}");
    assert!(unknown.contains("What would decide it: an export of sendgrid: GET https://api.sendgrid.com/v3/api_keys"), "{unknown}");
    let nothing = explain("nowhere.env");
    assert!(nothing.code == Some(2) && nothing.stderr.contains("no identity and no finding `nowhere.env`"), "{}", nothing.stderr);

    let text = ground.keysweep_with(&["scan", "code", "--inventory", "exports"], b"", NOW).text();
    assert!(text.contains("  to know     sendgrid: sendgrid (`keysweep inventory formats sendgrid` tells how)\n"), "{text}");
    let word = ground.keysweep(&["explain", "dangling"]).text();
    assert!(word.starts_with("dangling\n  holds when  A reference"), "{word}");
    let detector = ground.keysweep(&["explain", "aws-access-key-id"]).text();
    assert!(detector.starts_with("aws-access-key-id: "), "{detector}");
    let none = ground.keysweep(&["explain", "no-such-thing"]);
    assert!(none.code == Some(2) && none.stderr.contains("is no file, verdict, flag or detector"), "{}", none.stderr);
}

#[test]
fn a_key_in_a_pipeline_that_has_oidc_is_told_what_to_trust_instead() {
    let ground = organisation();
    ground.write(
        "code/.git/config",
        format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://x:{}@github.com/acme/shop.git\n", "secret-in-url"),
    );
    let old = format!(
        "on: push\njobs:\n  old:\n    runs-on: ubuntu-latest\n    environment: live\n    env:\n      AWS_ACCESS_KEY_ID: {}\n      AWS_SECRET_ACCESS_KEY: {}\n    steps:\n      - run: ./deploy\n",
        key_id('N'),
        alnum(1, 40)
    );
    ground.write("code/.github/workflows/old.yml", old);
    let stored = "on: push\njobs:\n  kept:\n    runs-on: ubuntu-latest\n    env: { AWS_SECRET_ACCESS_KEY: '${{ secrets.AWS_SECRET_ACCESS_KEY }}' }\n    steps:\n      - run: ./deploy\n";
    ground.write("code/.github/workflows/kept.yml", stored);
    let report = scan(&ground, &[]);
    let literal = of_finding(&report, ".github/workflows/old.yml");
    assert!(literal["flags"].to_string().contains("static-where-federatable"), "{literal:#}");
    let instead = &literal["instead"];
    assert_eq!(
        (&instead["issuer"], &instead["subject"]),
        (&json!("https://token.actions.githubusercontent.com"), &json!("repo:acme/shop:environment:live"))
    );
    let create = instead["create"].as_str().expect("a command");
    assert!(
        create.starts_with("aws iam create-role --role-name code-ci --assume-role-policy-document '{")
            && create.contains("arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"),
        "{create}"
    );
    let policy: Value = serde_json::from_str(create.split('\'').nth(1).expect("a policy")).expect("JSON");
    assert_eq!(policy["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
    assert!(instead["existing"].as_str().is_some_and(|e| e.ends_with(":role/nobody") || e.ends_with(":role/shipper")), "{instead:#}");

    let kept = identity(&report, "AWS_SECRET_ACCESS_KEY");
    assert_eq!(
        (&kept["flags"], &kept["instead"]["subject"]),
        (&json!(["static-where-federatable"]), &json!("repo:acme/shop:ref:refs/heads/main")),
        "{kept:#}"
    );
    assert!(!report.json.to_string().contains("secret-in-url"));
    let text = ground.keysweep_with(&["scan", "code", "--inventory", "exports"], b"", NOW).text();
    assert!(text.contains("  instead     trust repo:acme/shop:environment:live of"), "{text}");
}
