//! Checks `detectors/*.yml`, plans them, and packs both for embedding, so that a run parses no YAML and derives no anchor.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/anchor.rs"]
mod anchor;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/byte_set.rs"]
mod byte_set;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/common.rs"]
mod common;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/demand.rs"]
mod demand;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/model/detector.rs"]
mod detector;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/model/names.rs"]
mod names;

#[path = "src/detect/plan.rs"]
mod plan;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/share.rs"]
mod share;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/shelf.rs"]
mod shelf;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/detect/sieve.rs"]
mod sieve;
mod model {
    pub use super::detector::*;
}

fn main() {
    println!("cargo::rerun-if-changed=detectors");
    println!("cargo::rerun-if-changed=src/detect");
    println!("cargo::rerun-if-changed=src/model/detector.rs");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("detectors"))
        .expect("detectors/")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "yml"))
        .collect();
    files.sort();
    let full: Vec<model::Provider> = files.iter().map(|path| read(path)).collect();
    let plan = |d: &model::Detector| plan::Plan::new(d).unwrap_or_else(|why| panic!("detector `{}`: {why}", d.id));
    let plans: Vec<plan::Plan> = full.iter().flat_map(|p| &p.detectors).map(plan).collect();
    let judged = full.iter().flat_map(|p| &p.detectors).map(|d| d.judge);
    let share::Shared { anchors, grams, tiers, tries } = share::Shared::new(plans.iter().zip(judged));
    let providers: Vec<_> = full.iter().map(|p| (&p.provider, p.category)).collect();
    let detectors = full.iter().flat_map(|p| p.detectors.iter().map(|d| (lean(d), p.category)));
    let rules: Vec<_> = detectors.zip(&plans).map(|((detector, category), plan)| (detector, category, bare(plan))).collect();
    let rules = shelf::pack(&rules);
    let decides = [&rules[..], fs::read(root.join("src/detect/generic/weights.csv")).expect("a readable file").as_slice()].concat();
    let pack = |name: &str, bytes: Vec<u8>| fs::write(out.join(name), bytes).expect("OUT_DIR is writable");
    pack("digest.bin", Sha256::digest(decides).to_vec());
    pack("rules.bin", rules);
    pack("anchors.bin", shelf::pack(&anchors));
    pack("tries.bin", shelf::pack(&tries));
    pack("ids.txt", full.iter().flat_map(|p| &p.detectors).map(|d| format!("{}\n", d.id)).collect::<String>().into_bytes());
    pack("providers.bin", postcard::to_allocvec(&providers).expect("plain data"));
    pack("plans.bin", postcard::to_allocvec(&plans).expect("plain data"));
    pack("full.bin", postcard::to_allocvec(&full).expect("plain data"));
    pack("sieve.rs", sieve::Sieve::new(anchors, &grams, &tiers).to_string().into_bytes());
}

/// A detector without what only its tests need.
fn lean(detector: &model::Detector) -> model::Detector {
    let (examples, near_misses, placeholders) = Default::default();
    model::Detector { examples, near_misses, placeholders, ..detector.clone() }
}

/// A plan without its anchors, which are the sieve's.
fn bare(plan: &plan::Plan) -> plan::Plan {
    plan::Plan { anchors: Vec::new(), grams: Vec::new(), ..plan.clone() }
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script where things are in the environment")]
fn variable(name: &str) -> std::ffi::OsString {
    env::var_os(name).expect("set by cargo")
}

fn read(path: &Path) -> model::Provider {
    let text = fs::read_to_string(path).expect("a readable file");
    let mut provider: model::Provider = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(Some(provider.provider.as_str()), path.file_stem().and_then(|s| s.to_str()), "provider is the file's stem");
    provider.hand_down();
    provider
}
