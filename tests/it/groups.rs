//! Groups: pairs and sets that make one credential, seen from each of their findings, and parts that stand alone.

use crate::support::{Ground, Report, alnum, aws, filler, uuid};
use serde_json::{Value, json};

/// An AWS key id, of the account 111122223333.
fn key_id() -> String {
    ["AKIA", "RTX3GSDSVIAEKWCN"].concat()
}

/// A client secret of Entra; another one for every number.
fn entra(number: u64) -> String {
    format!("{}8Q~{}", alnum(number, 3), alnum(number + 1, 34))
}

fn group<'r>(report: &'r Report, secret: &str) -> &'r Value {
    let group = &report.finding(secret)["group"];
    assert!(group.is_object(), "no group: {:#}", report.finding(secret));
    group
}

/// What is shown of each member with its role, in order.
fn members(group: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let shown = |m: &Value| text(&m["value"]).or_else(|| text(&m["redacted"])).expect("a value");
    group["members"].as_array().expect("members").iter().map(|m| (text(&m["role"]).expect("a role"), shown(m))).collect()
}

fn role(role: &str, value: &str) -> (String, String) {
    (role.to_owned(), value.to_owned())
}

#[test]
fn an_aws_pair_is_one_group_with_its_account() {
    let ground = Ground::new();
    let (id, secret) = (key_id(), alnum(1, 40));
    ground.write("tree/a.env", format!("AWS_ACCESS_KEY_ID={id}\n{}AWS_SECRET_ACCESS_KEY={secret}\n", filler(1, 4)));
    let report = ground.scan(ground.at("tree"));
    let found = group(&report, &secret);
    assert_eq!(members(found), [role("secret", &secret), role("identifier", &id)]);
    assert_eq!((&found["complete"], &found["missing"]), (&json!(true), &json!([])));
    assert_eq!((&found["scope"], &found["principal"]), (&json!("111122223333"), &json!(id)));
    assert_eq!((&found["members"][1]["line"], &found["members"][1]["column"]), (&json!(1), &json!(19)));
    assert_eq!((&found["path"], &found["commit"]), (&json!("a.env"), &Value::Null));
    assert_eq!(found["members"][1]["finding"], report.finding(&id)["id"]);
    assert_eq!(found["id"], group(&report, &id)["id"], "both see the same group");

    let text = ground.keysweep(&["scan", "tree"]).text();
    assert!(text.contains(&format!("  with        AWS access key ID {id}, 5 lines above\n")), "a key id opens nothing: {text}");
    assert!(text.contains("  with        AWS secret access key") && text.contains(", 5 lines below\n"), "{text}");
    assert!(text.contains("of 111122223333"), "{text}");
    for format in ["text", "json", "jsonl", "sarif"] {
        let out = ground.keysweep(&["scan", "-f", format, "tree"]).text();
        assert!(!out.contains(&secret), "{format}: {out}");
    }
    let sarif: Value = serde_json::from_str(&ground.keysweep(&["scan", "-f", "sarif", "tree"]).text()).expect("JSON");
    for result in sarif["runs"][0]["results"].as_array().expect("results") {
        assert_eq!(result["properties"]["group"]["id"], found["id"]);
    }
}

#[test]
fn a_client_secret_has_its_client_and_tenant() {
    let ground = Ground::new();
    let (client, tenant, secret) = (uuid(2), uuid(3), entra(4));
    let lines = format!("ARM_TENANT_ID={tenant}\nARM_SUBSCRIPTION_ID={}\nARM_CLIENT_ID={client}\nARM_CLIENT_SECRET={secret}\n", uuid(5));
    ground.write("tree/arm.env", lines);
    let report = ground.scan_with(&[&ground.at("tree")], &["--confidence", "low"]);
    let found = group(&report, &secret);
    assert_eq!(members(found), [role("secret", &secret), role("identifier", &client), role("tenant", &tenant)]);
    assert_eq!((&found["principal"], &found["scope"]), (&json!(client), &json!(tenant)));
    assert_eq!(found["complete"], true);
    assert!(report.find(&client).is_none() && report.find(&tenant).is_none(), "they belong to the secret");
    let text = ground.keysweep(&["scan", "tree"]).text();
    assert!(text.contains(&format!("  whose       {client} of {tenant}\n")), "{text}");
    assert!(text.contains(&format!("  with        Entra application (client) ID {client}, 1 line above\n")), "{text}");

    ground.write("lacking/azure.env", format!("AZURE_CLIENT_ID={client}\nAZURE_CLIENT_SECRET={secret}\n"));
    let report = ground.scan(ground.at("lacking"));
    let lacking = group(&report, &secret);
    assert_eq!((&lacking["complete"], &lacking["missing"]), (&json!(false), &json!(["the tenant ID"])));
    assert_ne!(lacking["id"], found["id"]);
    let text = ground.keysweep(&["scan", "lacking"]).text();
    assert!(text.contains("  lacks       the tenant ID\n"), "{text}");
}

#[test]
fn a_part_alone_is_reported_with_less_confidence() {
    let ground = Ground::new();
    let client = uuid(6);
    ground.write("tree/a.env", format!("ARM_CLIENT_ID={client}\n"));
    let report = ground.scan(ground.at("tree"));
    assert_eq!((report.findings().len(), &report.json["scan"]["stats"]["below_confidence"]), (0, &json!(1)));
    let report = ground.scan_with(&[&ground.at("tree")], &["--confidence", "low"]);
    let found = report.finding(&client);
    assert_eq!((&found["kind"], &found["confidence"], &found["group"]), (&json!("identifier"), &json!("low"), &Value::Null));
    // A key id is a finding of its own, less sure without its secret.
    let id = aws(7);
    ground.write("tree/b.env", format!("AWS_ACCESS_KEY_ID={id}\n"));
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.finding(&id)["confidence"], "medium");
    assert_eq!(group(&report, &id)["missing"], json!(["the secret access key"]));
    // Elsewhere it is known with its secret: one place is enough.
    ground.write("tree/c.env", format!("ARM_CLIENT_ID={client}\nARM_CLIENT_SECRET={}\n", entra(8)));
    let report = ground.scan_with(&[&ground.at("tree")], &["--confidence", "low"]);
    assert!(report.find(&client).is_none());
}

#[test]
fn two_pairs_in_a_file_are_not_mixed_up() {
    let ground = Ground::new();
    let pairs: Vec<(String, String)> = (10..14).map(|n| (aws(n), alnum(n, 40))).collect();
    let id = |n: usize| format!("AWS_ACCESS_KEY_ID={}\n", pairs[n].0);
    let secret = |n: usize| format!("AWS_SECRET_ACCESS_KEY={}\n", pairs[n].1);
    ground.write("tree/id-first", [id(0), secret(0), id(1), secret(1)].concat());
    ground.write("tree/secret-first", [secret(2), id(2), "\n".into(), secret(3), id(3)].concat());
    let report = ground.scan(ground.at("tree"));
    for (id, secret) in &pairs {
        assert_eq!(members(group(&report, secret)), [role("secret", secret), role("identifier", id)]);
        assert_eq!(group(&report, id)["id"], group(&report, secret)["id"]);
    }
}

#[test]
fn a_client_of_two_secrets_is_with_both() {
    let ground = Ground::new();
    let (client, old, new) = (uuid(20), entra(21), entra(23));
    ground.write("tree/a.env", format!("AZURE_CLIENT_ID={client}\nAZURE_CLIENT_SECRET={new}\nOLD_AZURE_CLIENT_SECRET={old}\n"));
    let report = ground.scan(ground.at("tree"));
    for secret in [&old, &new] {
        assert_eq!(members(group(&report, secret)), [role("secret", secret), role("identifier", &client)]);
    }
}

#[test]
fn a_pair_stays_one_when_a_member_goes_and_however_it_is_packed() {
    let ground = Ground::new();
    let repo = ground.repo("app");
    let (id, secret) = (key_id(), alnum(30, 40));
    let lines = |secret: &str| format!("{}AWS_ACCESS_KEY_ID={id}\n{secret}{}", filler(30, 30), filler(31, 30));
    let brought = repo.commit_file("a.env", lines(&format!("AWS_SECRET_ACCESS_KEY={secret}\n")), "1");
    repo.commit_file("a.env", format!("{}\n{}", filler(32, 3), lines("")), "2");
    repo.commit_file("b.env", format!("ARM_CLIENT_ID={}\nARM_CLIENT_SECRET={}\n", uuid(33), entra(34)), "3");
    repo.commit_file("b.env", format!("ARM_CLIENT_ID={}\n", uuid(33)), "4");
    let loose = repo.scan_with(&["--confidence", "low"]);
    assert_eq!((&loose.finding(&id)["in_head"], &loose.finding(&secret)["in_head"]), (&json!(true), &json!(false)));
    let found = group(&loose, &secret);
    assert_eq!((&found["complete"], &found["commit"]), (&json!(true), &json!(brought)));
    assert_eq!(found["members"][1]["line"], 31, "where it stood beside the secret");
    assert_eq!(group(&loose, &id)["id"], found["id"], "the key id that is left is still half of it");
    assert!(loose.find(&uuid(33)).is_none(), "what is left of a group is no part alone");
    repo.pack();
    assert_eq!(loose.json["findings"], repo.scan_with(&["--confidence", "low"]).json["findings"]);
    let plain: Vec<String> = ["text", "json"].map(|f| ground.keysweep(&["scan", "-f", f, "app"]).text()).to_vec();
    assert!(plain.iter().all(|t| !t.contains(&secret)));
    assert!(plain[0].contains(&format!("at a.env:{}", 32)), "where the two stood together: {}", plain[0]);
}

#[test]
fn pairs_of_many_providers_are_known() {
    let hex = |n: u64, length: usize| [uuid(n), uuid(n + 100)].concat().replace('-', "")[..length].to_owned();
    let key = ["PRIVATE", "KEY"].join(" ");
    let pem = format!("-----BEGIN RSA {key}-----\nMIIEpAIBAAKCAQEA{}\n-----END RSA {key}-----", alnum(60, 512));
    // A line that names something, what is shown of it, and the line of the secret.
    let case = |first: &str, shown: String, second: String| (format!("{}{shown}\n{second}\n", first), shown);
    let cases = [
        case("TWILIO_ACCOUNT_SID=", format!("AC{}", hex(40, 32)), format!("TWILIO_AUTH_TOKEN={}", hex(41, 32))),
        case("CLOUDFLARE_R2_ACCESS_KEY_ID=", hex(42, 32), format!("CLOUDFLARE_R2_SECRET_ACCESS_KEY={}", hex(43, 60) + "1f2e")),
        case("PUSHER_APP_KEY=", hex(44, 20), format!("PUSHER_APP_SECRET={}", hex(45, 20))),
        case("PLAID_CLIENT_ID=", hex(46, 24), format!("PLAID_SECRET={}", hex(47, 30))),
        case("SHOPIFY_API_KEY=", hex(48, 32), format!("SHOPIFY_API_SECRET=shpss_{}", hex(49, 32))),
        case("DD_API_KEY=", hex(50, 32), format!("DD_APP_KEY={}", hex(51, 40))),
        case("VAULT_ROLE_ID=", uuid(52), format!("VAULT_SECRET_ID={}", uuid(53))),
        case("JIRA_EMAIL=", "jane.doe@acme.test".into(), format!("JIRA_API_TOKEN={}", alnum(55, 24))),
        case("SUPABASE_URL=", "https://abqzjmwkfupslvydtrhe.supabase.co".into(), format!("KEY=sb_secret_{}", alnum(57, 31))),
        case("AZURE_OPENAI_ENDPOINT=", "https://acme-eu.openai.azure.com".into(), format!("AZURE_OPENAI_API_KEY={}", hex(61, 32))),
        case("ID=", format!("48151623-{}.apps.googleusercontent.com", hex(62, 32)), format!("SECRET=GOCSPX-{}", alnum(63, 28))),
        case("OKTA_DOMAIN=https://", "acme-corp.okta.com".into(), format!("OKTA_API_TOKEN=00{}", alnum(64, 40))),
        case("AUTH0_CLIENT_ID=", alnum(65, 32), format!("AUTH0_CLIENT_SECRET={}", alnum(66, 64))),
        case("ALGOLIA_APP_ID=", "7QXW2KPM4Z".into(), format!("ALGOLIA_ADMIN_KEY={}", hex(67, 32))),
        case("CONFLUENT_API_KEY=", alnum(68, 16).to_uppercase(), format!("CONFLUENT_API_SECRET=cflt{}", alnum(69, 60))),
        case("B2_APPLICATION_KEY_ID=", format!("005{}", hex(70, 22)), format!("B2_APPLICATION_KEY=K005{}", alnum(71, 27))),
        case("PAYPAL_CLIENT_ID=", format!("A{}", alnum(72, 79)), format!("PAYPAL_CLIENT_SECRET=E{}", alnum(73, 79))),
        case("CLOUDINARY_API_KEY=", "481516234278305".into(), format!("CLOUDINARY_API_SECRET={}", alnum(74, 27))),
        case("MONGODB_ATLAS_PUBLIC_KEY=", "qzwmxtrb".into(), format!("MONGODB_ATLAS_PRIVATE_KEY={}", uuid(75))),
        case("SNOWFLAKE_ACCOUNT=", "qxkzmwp-rt48213".into(), format!("SNOWFLAKE_PASSWORD={}", alnum(76, 16))),
        case("cloud_id: ", format!("acme:{}", alnum(77, 88)), format!("elastic_api_key: {}", alnum(78, 60))),
        case("certificate-authority: ca.crt\nserver: ", "https://10.20.30.40:6443".into(), format!("token: sha256~{}", alnum(79, 43))),
        case("GITHUB_APP_ID=", "483920".into(), pem),
    ];
    let ground = Ground::new();
    for (n, (text, _)) in cases.iter().enumerate() {
        ground.write(format!("tree/{n}.env"), text);
    }
    let report = ground.scan(ground.at("tree"));
    let is_known = |n: usize, shown: &str| {
        let path = format!("{n}.env");
        let mut groups = report.findings().iter().map(|f| &f["group"]).filter(|g| g["path"] == path);
        groups.any(|g| members(g).len() > 1 && members(g).iter().any(|m| m.1 == *shown))
    };
    let alone: Vec<&String> = cases.iter().enumerate().filter(|(n, case)| !is_known(*n, &case.1)).map(|(_, case)| &case.0).collect();
    assert!(alone.is_empty(), "{alone:#?}");
}
