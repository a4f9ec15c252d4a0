//! Reading any file by structure: no panic, and every place lies within the text.
#![no_main]

use keysweep::extract::outline;
use libfuzzer_sys::fuzz_target;

/// Names that extractors know, so that each reader is reached.
const PATHS: [&str; 16] = [
    ".github/workflows/a.yml",
    ".gitlab-ci.yml",
    "azure-pipelines.yml",
    ".circleci/config.yml",
    "Jenkinsfile",
    "main.tf",
    "terraform.tfstate",
    "deploy.yaml",
    "template.json",
    "compose.yaml",
    "Dockerfile",
    ".env",
    "mcp.json",
    "main.bicep",
    "chart/templates/a.yaml",
    "job.nomad",
];

fuzz_target!(|input: (u8, &[u8])| {
    let path = PATHS[usize::from(input.0) % PATHS.len()];
    if let Some(outline) = outline(path, input.1) {
        assert!(outline.places.iter().all(|p| p.start <= p.end && p.end <= input.1.len()));
    }
});
