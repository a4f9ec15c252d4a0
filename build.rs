//! Checks `detectors/*.yml`, plans them, and packs both for embedding, so that a run parses no YAML and derives no anchor.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/anchor.rs"]
mod anchor;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/demand.rs"]
mod demand;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/model/detector.rs"]
mod detector;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/plan.rs"]
mod plan;
mod model {
    pub use super::detector::*;
}

fn main() {
    println!("cargo::rerun-if-changed=detectors");
    println!("cargo::rerun-if-changed=src/detect");
    println!("cargo::rerun-if-changed=src/model/detector.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("detectors"))
        .expect("detectors/")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "yml"))
        .collect();
    files.sort();
    let mut full: Vec<model::Provider> = files.iter().filter_map(|path| read(path)).collect();
    for d in &mut full { d.detectors.retain(|d| plan::Plan::new(d).inspect_err(|why| println!("cargo::warning=detector `{}`: {why}", d.id)).is_ok()); }
    let plans: Vec<plan::Plan> = full
        .iter()
        .flat_map(|p| &p.detectors)
        .map(|d| plan::Plan::new(d).unwrap_or_else(|why| panic!("detector `{}`: {why}", d.id)))
        .collect();
    let mut lean = full.clone();
    for detector in lean.iter_mut().flat_map(|p| &mut p.detectors) {
        detector.examples.clear();
        detector.near_misses.clear();
        detector.placeholders.clear();
    }
    let pack = |name: &str, bytes: Vec<u8>| fs::write(out.join(name), bytes).expect("OUT_DIR is writable");
    pack("detectors.bin", postcard::to_allocvec(&(lean, plans)).expect("plain data"));
    pack("detectors-full.bin", postcard::to_allocvec(&full).expect("plain data"));
}

fn read(path: &Path) -> Option<model::Provider> {
    let text = fs::read_to_string(path).expect("a readable file");
    let mut provider: model::Provider = match serde_saphyr::from_str(&text) { Ok(p) => p, Err(e) => { println!("cargo::warning={}: {}", path.display(), e.to_string().replace('\n', " ")); return None } };
    assert_eq!(Some(provider.provider.as_str()), path.file_stem().and_then(|s| s.to_str()), "provider is the file's stem");
    for detector in &mut provider.detectors {
        detector.provider.clone_from(&provider.provider);
    }
    Some(provider)
}
