//! `keysweep inventory`, as those who make the exports use it.

use crate::support::{Ground, Run, alnum};
use serde_json::{Value, json};

/// The day of the tests.
const NOW: &[(&str, &str)] = &[("KEYSWEEP_NOW", "2026-09-01T00:00:00Z")];

/// Key ids of the account 111122223333, in two parts so that no scanner takes them for found.
const N: &str = concat!("AKIA", "RTX3GSDSVIAEKWCN");
const M: &str = concat!("AKIA", "RTX3GSDSVIAEKWCM");
const L: &str = concat!("AKIA", "RTX3GSDSVIAEKWCL");
const K: &str = concat!("AKIA", "RTX3GSDSVIAEKWCK");

fn lines(run: &Run) -> Vec<Value> {
    run.text().lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
}

/// A file that gives `password` away.
fn code(ground: &Ground, password: &str) {
    ground.write("code/app.env", format!("DB_PASSWORD={password}\n"));
}

fn evidence(ground: &Ground, options: &[&str]) -> Vec<Value> {
    let run = ground.keysweep_with(&[&["scan", "code", "-f", "json", "--confidence", "low"], options].concat(), b"", NOW);
    let report: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stderr));
    let all =
        report["identities"].as_array().expect("identities").iter().flat_map(|i| i["evidence"].as_array().cloned().unwrap_or_default());
    all.collect()
}

#[test]
fn every_kind_of_export_says_how_it_is_made() {
    let ground = Ground::new();
    let all = lines(&ground.keysweep(&["inventory", "formats", "--json"]));
    assert!(all.len() >= 39 && all.iter().all(|k| k["command"].as_str().is_some_and(|c| c.len() > 10)), "{all:#?}");
    let text = ground.keysweep(&["inventory", "formats", "openai"]).text();
    assert!(text.contains("openai (issuer of openai)") && text.contains("/v1/organization/projects/PROJECT/api_keys"), "{text}");
    let wrong = ground.keysweep(&["inventory", "formats", "opnai"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("`keysweep inventory formats` names all"), "{}", wrong.stderr);
}

#[test]
fn coverage_names_what_was_read_and_what_was_not() {
    let ground = Ground::new();
    let key = |user: &str, id: &str| json!({"UserName": user, "AccessKeyId": id, "Status": "Active", "CreateDate": "2026-01-01T00:00:00Z"});
    ground.write("exports/aws/keys.json", json!({"AccessKeyMetadata": [key("ci", N), key("batch", M)]}).to_string());
    ground.write("exports/people.csv", "user,status\nkim@example.org,active\n");
    let sound = ground.keysweep(&["inventory", "coverage", "exports"]);
    assert_eq!(sound.code, Some(0), "{}", sound.stderr);
    let text = sound.text();
    assert!(
        text.contains("aws/keys.json: aws-access-keys (2), 2 records\n  issuer: all aws access_key in 111122223333, no date\n"),
        "{text}"
    );
    assert!(sound.stderr.contains("aws/keys.json: no owner"), "what it lacks: {}", sound.stderr);

    ground.write("exports/cut.json", "{\"AccessKeyMetadata\": [{\"UserName\": ");
    ground.write("exports/menu.json", "[{\"dish\": \"soup\"}]");
    let broken = ground.keysweep(&["inventory", "coverage", "exports", "--json"]);
    assert_eq!(broken.code, Some(3), "{}", broken.stderr);
    let told: Value = serde_json::from_slice(&broken.stdout).expect("an object");
    let whole: Vec<_> =
        told["files"].as_array().expect("files").iter().map(|f| (f["source"].clone(), f["whole"].clone(), f["unknown"].clone())).collect();
    let expected = [("aws/keys.json", true, 0), ("cut.json", false, 0), ("menu.json", true, 1), ("people.csv", true, 0)];
    assert_eq!(whole, expected.map(|(s, w, u)| (json!(s), json!(w), json!(u))));

    std::fs::create_dir(ground.at("empty")).expect("a folder");
    let none = ground.keysweep(&["inventory", "coverage", "empty"]);
    assert!(none.code == Some(3) && none.stderr.contains("empty: holds no export"), "{:?} {}", none.code, none.stderr);
    let absent = ground.keysweep(&["inventory", "coverage", "nowhere"]);
    assert!(absent.code == Some(2) && absent.stderr.contains("nowhere: there is no such file or folder of exports"), "{}", absent.stderr);
}

#[test]
fn a_vault_is_joined_by_fingerprints_that_do_not_show_it() {
    let ground = Ground::new();
    let password = alnum(7, 24);
    code(&ground, &password);
    ground.write("org.key", format!("{}\n", "5a".repeat(32)));
    let answer = json!({"request_id": "r", "lease_id": "", "data": {"data": {"password": password, "port": 5432},
        "metadata": {"version": 2, "created_time": "2026-01-01T00:00:00Z", "custom_metadata": {"owner": "kim@example.org"}}}});
    let command = ["inventory", "fingerprint", "--path", "kv/app/db", "--source", "vault:prod", "--key", "org.key"];
    let run = ground.keysweep_with(&command, answer.to_string().as_bytes(), &[]);
    let made = lines(&run);
    assert_eq!(made.len(), 1, "{made:#?}");
    assert_eq!(
        (&made[0]["path"], &made[0]["len"], &made[0]["owner"]),
        (&json!("kv/app/db#password"), &json!(24), &json!("kim@example.org"))
    );
    assert!(!run.text().contains(&password) && !run.stderr.contains(&password));

    ground.write("exports/vault.jsonl", &run.stdout);
    let joined = evidence(&ground, &["--inventory", "exports", "--key", "org.key"]);
    assert!(joined.iter().any(|e| e["join"] == "kfp1" && e["record"] == "kv/app/db#password"), "{joined:#?}");

    // Where the secret may not leave its host, its digest may.
    let digest =
        ground.keysweep_with(&["inventory", "fingerprint", "--lines", "--key", "org.key"], format!("{password}\n").as_bytes(), &[]);
    let sha = std::process::Command::new("sh")
        .args(["-c", &format!("printf %s {password} | sha256sum | cut -c1-64")])
        .output()
        .expect("sha256sum");
    let line = format!("kv/app/db {}", String::from_utf8_lossy(&sha.stdout));
    let of_digest = ground.keysweep_with(&["inventory", "fingerprint", "--digests", "--key", "org.key"], line.as_bytes(), &[]);
    assert_eq!(lines(&digest)[0]["kfp1"], lines(&of_digest)[0]["kfp1"]);
    assert_eq!(lines(&of_digest)[0]["path"], "kv/app/db");
    let wrong = ground.keysweep_with(&["inventory", "fingerprint", "--digests"], b"kv/app/db abc\n", &[]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("line 1: ends in no SHA-256"), "{}", wrong.stderr);
    let no_json = ground.keysweep_with(&["inventory", "fingerprint"], b"{\"password\": \"hunter-two-three", &[]);
    assert!(
        no_json.code == Some(2) && no_json.stderr.contains("line 1, column") && !no_json.stderr.contains("hunter"),
        "{}",
        no_json.stderr
    );
}

#[test]
fn a_digest_of_an_unknown_kind_joins_once_it_is_calibrated() {
    let ground = Ground::new();
    let secret = format!("acme_{}", alnum(9, 32));
    ground.write("code/app.env", format!("ACME_API_KEY={secret}\n"));
    let sha = |text: &str| {
        let done =
            std::process::Command::new("sh").args(["-c", &format!("printf %s {text} | sha1sum | cut -c1-40")]).output().expect("sha1sum");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    let digest = sha(secret.trim_start_matches("acme_"));
    ground.write("exports/keys.csv", format!("Key Name,Key Id,Digest,Holder\nci,k1,{digest},kim@example.org\nx,k2,{},\n", sha("another")));
    let calibrate = ["inventory", "calibrate", "--from", "exports/keys.csv", "--record", "k1", "--provider", "acme"];
    let run = ground.keysweep_with(&calibrate, secret.as_bytes(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.text(), "[[inventory.digest]]\nprovider = \"acme\"\nfield = \"Digest\"\nalgorithm = \"sha1\"\nstrip = \"acme_\"\n");
    let other = ground.keysweep_with(&calibrate, b"another-secret-altogether", &[]);
    assert!(other.code == Some(1) && other.stderr.contains("1 field(s) look like one"), "{:?} {}", other.code, other.stderr);

    let columns = "[[inventory.columns]]\nfiles = ['keys.csv']\nclass = 'issuer'\nprovider = 'acme'\nkind = 'api_key'\n\
        map = { identifier = 'Key Id', name = 'Key Name', owner = 'Holder', purpose = 'Digest' }\n";
    ground.write("keysweep.toml", format!("{columns}{}", run.text().replace("\"Digest\"", "\"purpose\"")));
    let list = ground.keysweep(&["inventory", "list", "exports", "--provider", "acme"]);
    assert!(list.text().contains("acme      api_key  ci    kim@example.org"), "{}{}", list.text(), list.stderr);
    let joined = evidence(&ground, &["--inventory", "exports", "--org", "keysweep.toml"]);
    assert!(joined.iter().any(|e| e["join"] == "digest" && e["record"] == "k1"), "{joined:#?}");
}

#[test]
fn records_are_listed_shown_and_written_in_one_shape() {
    let ground = Ground::new();
    ground.write(
        "exports/secrets.json",
        json!({"items": [{"kind": "Secret", "type": "Opaque", "metadata": {"namespace": "ml", "name": "db", "uid":
        "dddddddd-0000-4000-8000-000000000001"}, "data": {"db": concat!("aHVudGVy", "LXR3by10aHJlZQ==")}}]})
        .to_string(),
    );
    ground.write("exports/cmdb.csv", format!("identifier,identifier_type,owner,type\n{N},aws.akid,kim@example.org,access_key\n"));
    let key = json!({"UserName": "ci", "AccessKeyId": N, "Status": "Active", "CreateDate": "2026-01-01T00:00:00Z"});
    ground.write("exports/keys.json", json!({"AccessKeyMetadata": [key]}).to_string());
    let list = ground.keysweep(&["inventory", "list", "exports", "--provider", "aws"]).text();
    assert_eq!(list.lines().count(), 2, "two records are one identity: {list}");
    assert!(list.contains("kim@example.org") && list.contains("cmdb.csv, keys.json"), "{list}");
    let shown = ground.keysweep(&["inventory", "show", N, "exports"]).text();
    assert!(shown.contains("\"source\": \"cmdb.csv\"") && shown.contains("\"source\": \"keys.json\""), "{shown}");
    let unknown = ground.keysweep(&["inventory", "show", "nobody", "exports"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("no export knows `nobody`"), "{}", unknown.stderr);

    let run = ground.keysweep(&["inventory", "import", "exports", "-o", "all.jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = std::fs::read_to_string(ground.at("all.jsonl")).expect("the file");
    assert!(text.lines().count() == 3 && text.contains("\"kfp1\"") && !text.contains("aHVudGVy") && !text.contains("hunter"), "{text}");
    let again = ground.keysweep(&["inventory", "import", "all.jsonl"]).text();
    assert_eq!(again.lines().count(), 3, "what was written is an export itself: {again}");
}

/// Keys of one account: id, when made, state.
fn keys(ground: &Ground, day: &str, keys: &[(&str, &str, &str, &str)]) {
    let all: Vec<Value> = keys
        .iter()
        .map(|(id, user, made, status)| json!({"UserName": user, "AccessKeyId": id, "Status": status, "CreateDate": made}))
        .collect();
    ground.write(format!("{day}/keys.json"), json!({"AccessKeyMetadata": all}).to_string());
}

#[test]
fn two_days_of_exports_are_compared() {
    let ground = Ground::new();
    let (a, b, c, d) = (N, M, L, K);
    keys(&ground, "old", &[(a, "ci", "2026-01-01T00:00:00Z", "Active"), (b, "batch", "2026-01-01T00:00:00Z", "Active")]);
    keys(
        &ground,
        "new",
        &[
            (c, "ci", "2026-08-31T00:00:00Z", "Active"),
            (b, "batch", "2026-01-01T00:00:00Z", "Inactive"),
            (d, "new", "2026-08-31T00:00:00Z", "Active"),
        ],
    );
    let run = ground.keysweep_with(&["inventory", "diff", "old", "new"], b"", NOW);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = run.text();
    for says in [
        &format!("rotated         aws access_key ci ({c}): in the place of ci ({a})"),
        &format!("new             aws access_key new ({d})"),
        "inactive, was active",
        "1 new, 0 gone, 0 removed, 1 rotated, 0 newly shadow",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let changes = lines(&ground.keysweep_with(&["inventory", "diff", "old", "new", "--json"], b"", NOW));
    assert!(changes.iter().any(|c| c["change"] == "rotated"), "{changes:#?}");
}

#[test]
fn two_reports_tell_what_is_newly_shadow() {
    let ground = Ground::new();
    let owned = |owner: &str| {
        ground.write("exports/cmdb.csv", format!("identifier,identifier_type,owner,type,provider\n{owner}"));
        let covers = json!({"source": "cmdb.csv", "source_class": "governance", "provider": "aws", "scopes": "*", "kinds": ["access_key"], "complete": true, "as_of": "2026-08-31T00:00:00Z"});
        ground.write("exports/coverage.jsonl", covers.to_string());
    };
    ground.write("code/app.env", format!("AWS_ACCESS_KEY_ID={N}\nAWS_SECRET_ACCESS_KEY={}\n", alnum(1, 40)));
    for (day, row) in [
        ("old", format!("{N},aws.akid,kim@example.org,access_key,aws\n")),
        ("new", format!("{K},aws.akid,kim@example.org,access_key,aws\n")),
    ] {
        owned(&row);
        let repo = ground.existing("code");
        if day == "old" {
            repo.git(&["init", "-q"]);
            repo.commit("ship");
        }
        ground.keysweep_with(&["scan", "code", "--inventory", "exports", "-f", "json", "-o", &format!("{day}.json")], b"", NOW);
    }
    let run = ground.keysweep(&["inventory", "diff", "old.json", "new.json"]);
    assert!(run.text().contains("newly shadow    aws access_key") && run.text().contains("was governed"), "{}{}", run.text(), run.stderr);
    let mixed = ground.keysweep(&["inventory", "diff", "old.json", "exports"]);
    assert!(mixed.code == Some(2) && mixed.stderr.contains("give two of a kind"), "{}", mixed.stderr);
}

#[test]
fn the_documentation_lists_what_the_binary_reads() {
    let ground = Ground::new();
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/inventory.md")).expect("docs/inventory.md");
    for kind in lines(&ground.keysweep(&["inventory", "formats", "--json"])) {
        let (id, command) = (kind["id"].as_str().expect("an id"), kind["command"].as_str().expect("a command"));
        let row = format!("| `{id}` | {} of ", kind["source_class"].as_str().expect("a class"));
        let found = document
            .lines()
            .find(|l| l.starts_with(&row))
            .unwrap_or_else(|| panic!("docs/inventory.md lacks {id}; run scripts/inventory_table.sh"));
        assert!(
            found.contains(&command.replace('|', "\\|")),
            "docs/inventory.md has another command for {id}; run scripts/inventory_table.sh"
        );
    }
}

#[test]
fn exports_that_could_not_be_read_are_not_taken_for_changes_in_silence() {
    let ground = Ground::new();
    keys(&ground, "old", &[(N, "ci", "2026-01-01T00:00:00Z", "Active")]);
    ground.write("cut/keys.json", "{\"AccessKeyMetadata\": [{\"UserName\": ");
    let diff = ground.keysweep_with(&["inventory", "diff", "old", "cut"], b"", NOW);
    assert!(diff.code == Some(3) && diff.stderr.contains("what seems gone or new may only be unread"), "{:?} {}", diff.code, diff.stderr);
    for command in ["list", "import", "coverage"] {
        assert_eq!(
            (ground.keysweep(&["inventory", command, "cut"]).code, ground.keysweep(&["inventory", command, "old"]).code),
            (Some(3), Some(0)),
            "{command}"
        );
    }
    ground.write("both/keys.json", std::fs::read(ground.at("old/keys.json")).expect("keys"));
    ground.write("both/cut.json", "[{");
    assert_eq!(ground.keysweep(&["inventory", "show", N, "both"]).code, Some(3));
}
