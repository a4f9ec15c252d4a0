//! Reading every object of any pack with any index, deltas applied: no panic, no object beyond the limit.
#![no_main]

use keysweep::source::history::{Lookup, Pack};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("pack")).expect("a folder");
    folder
});
const LIMIT: u64 = 1 << 20;

fuzz_target!(|input: (&[u8], &[u8])| {
    let path = FOLDER.path().join("pack/a.pack");
    std::fs::write(&path, input.0).expect("written");
    std::fs::write(path.with_extension("idx"), input.1).expect("written");
    let Ok(pack) = Pack::open(&path, 20) else { return };
    let lookup = Lookup::open(&[FOLDER.path().to_owned()], 20, LIMIT);
    for entry in 0..pack.count() {
        if let Ok((_, bytes)) = lookup.read(pack.id(entry)) {
            assert!(bytes.len() as u64 <= LIMIT);
        }
    }
});
