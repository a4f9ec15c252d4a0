//! Importing any rule files: no panic, and what is written is a detector file.
#![no_main]

use keysweep::detect::{check, parse_file};
use keysweep::import::{Source, import};
use libfuzzer_sys::fuzz_target;

/// What a format is recognised by and what closes it again, so that each reader is reached.
const FRAMES: [(&str, &str); 4] =
    [("", ""), ("rules:\n", ""), ("[[rules]]\nid = 'a'\n", ""), ("[[rules]]\nid = 'a'\nregex = 'acme[a-z]{9}'\nfilter = '''\n", "'''\n")];

fuzz_target!(|text: &str| {
    for (head, tail) in FRAMES {
        let source = Source { file: "fuzz".into(), stem: "fuzz".into(), text: format!("{head}{text}{tail}") };
        for imported in import(&[source], &check).into_iter().flatten() {
            assert!(!imported.report.to_string().is_empty());
            if let Err(e) = parse_file(&imported.yaml) {
                panic!("{e}\n{}", imported.yaml);
            }
        }
    }
});
