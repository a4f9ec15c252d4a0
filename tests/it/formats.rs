//! `keysweep formats`: the formats that are read by structure, and what comes of files.

use crate::support::Ground;
use serde_json::Value;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).expect("a JSON object a line")).collect()
}

#[test]
fn the_documentation_describes_every_format() {
    let ground = Ground::new();
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md")).expect("docs/formats.md");
    let listed = ground.keysweep(&["formats", "--json"]);
    assert_eq!(listed.code, Some(0));
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md");
    let count = lines(&listed.text()).len();
    assert!(readme.contains(&format!("{count} formats are read by structure")), "README.md counts other than {count} formats");
    for format in lines(&listed.text()) {
        let text = |field: &str| format[field].as_str().expect("a text").to_owned();
        let row = format!("| `{}` | {} | {} |", text("id"), text("files"), text("takes"));
        assert!(document.contains(&row), "docs/formats.md lacks {row}; run scripts/formats_table.sh");
    }
}

#[test]
fn files_are_tried_and_what_stops_them_is_told() {
    let ground = Ground::new();
    ground.write(
        "tree/.github/workflows/ci.yml",
        "name: ci\non: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: ${{ secrets.DEPLOY }}\n",
    );
    ground.write("tree/k8s/broken.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a\ndata: [\n");
    ground.write("tree/Dockerfile", [0xff, 0xfe, b'F', b'\n']);
    ground.write("tree/main.c", "int main(void) { return 0; }\n");
    let tried = ground.keysweep(&["formats", "--json", "tree"]);
    assert_eq!(tried.code, Some(3), "{}", tried.stderr);
    let all = lines(&tried.text());
    let of = |id: &str| all.iter().find(|f| f["id"] == id).unwrap_or_else(|| panic!("{id} is told of: {all:?}"));
    let workflow = of("github-actions");
    assert_eq!((&workflow["files"], &workflow["whole"], &workflow["identities"]), (&1.into(), &1.into(), &1.into()));
    let manifest = &of("kubernetes")["troubled"][0];
    assert!(manifest["what"] == "tree/k8s/broken.yaml" && manifest["why"].as_str().is_some_and(|w| w.contains("line ")), "{manifest}");
    assert!(of("dockerfile")["troubled"][0]["why"].as_str().is_some_and(|w| w.contains("UTF-8")));
    let told = ground.keysweep(&["formats", "tree"]);
    assert!(told.text().contains("kubernetes: 1 file, 0 read to the end"), "{}", told.text());
    assert!(told.text().contains("4 files, of which 3 are in a format"), "{}", told.text());
    let sound = ground.keysweep(&["formats", "tree/.github"]);
    assert_eq!(sound.code, Some(0), "{}", sound.text());
    assert!(sound.text().contains("github-actions: 1 file, 1 read to the end, 1 identity named"), "{}", sound.text());
    ground.write("hostile/\u{1b}[31mred.tf", "resource {{\n");
    let hostile = ground.keysweep(&["formats", "hostile"]);
    assert!(hostile.text().contains("\\u{1b}[31mred.tf: line ") && !hostile.text().contains('\u{1b}'), "{}", hostile.text());
    let empty = ground.at("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let nothing = ground.keysweep(&["formats", "empty"]);
    assert_eq!((nothing.code, nothing.text().trim()), (Some(0), "0 files, of which 0 are in a format that is read by structure"));
    let missing = ground.keysweep(&["formats", "nowhere"]);
    assert!(missing.code == Some(3) && missing.stderr.contains("nowhere"), "{}", missing.stderr);
}

#[test]
fn branches_of_a_template_that_make_no_yaml_together_are_both_read() {
    let ground = Ground::new();
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ template \"x\" . }}-cfg\ndata:\n  {{- if .Values.tls }}\n  url: https://svcFIRST@db.internal/\n  {{- else }}\n  - url: https://svcOTHER@db.internal/\n  {{- end }}\n";
    let text = text.replace("FIRST", ":Xk29fQ7zLmPw81Rt").replace("OTHER", ":Bq83hT5nWcVz60Ys");
    ground.write("chart/templates/config.yaml", text);
    let scanned = ground.keysweep(&["scan", "chart", "--history", "none", "--format", "json"]);
    let report: Value = serde_json::from_slice(&scanned.stdout).expect("a report");
    assert_eq!(report["scan"]["unstructured"], serde_json::json!([]));
    let resources: Vec<&Value> =
        report["findings"].as_array().expect("findings").iter().map(|f| &f["locations"][0]["resource"]["name"]).collect();
    assert_eq!(resources.len(), 2, "{report}");
    assert!(resources.iter().all(|r| r.as_str().is_some_and(|n| n.starts_with("ConfigMap/{{ template"))), "{resources:?}");
}
