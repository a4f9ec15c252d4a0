//! A blob scanned by its delta gives the hits of the blob scanned whole.
#![no_main]

use keysweep::detect::{Library, Scanner, sniff_utf16};
use keysweep::model::Segment;
use libfuzzer_sys::{arbitrary, fuzz_target};
use std::sync::LazyLock;

static LIBRARY: LazyLock<Library> = LazyLock::new(Library::builtin);

#[derive(Debug, arbitrary::Arbitrary)]
enum Piece<'b> {
    Copy { from: u16, len: u16 },
    New(&'b [u8]),
}

fuzz_target!(|input: (&[u8], Vec<Piece<'_>>)| {
    let (base, pieces) = input;
    let (mut target, mut segments) = (Vec::new(), Vec::new());
    for piece in pieces {
        let (source, bytes) = match piece {
            Piece::New(bytes) => (None, bytes),
            Piece::Copy { from, len } => {
                let from = usize::from(from).min(base.len());
                (Some(from), &base[from..(from + usize::from(len)).min(base.len())])
            }
        };
        if !bytes.is_empty() {
            segments.push(Segment { target: target.len(), len: bytes.len(), source });
            target.extend_from_slice(bytes);
        }
    }
    let mut scanner = Scanner::new(&LIBRARY, 3);
    let hits = scanner.whole(base);
    let windowed = scanner.windowed(&target, &segments, base.len(), sniff_utf16(base).is_none(), &hits);
    assert!(windowed == Scanner::new(&LIBRARY, 3).whole(&target));
});
