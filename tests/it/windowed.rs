//! Holds windowed scanning to whole scanning: whatever a blob is put together from, both find the same hits.
//!
//! Bases are made of every detector's own examples, encoded, cut and run together; targets are made of pieces of a base in any order and of new bytes.
//! `PROPTEST_CASES=20000 cargo test --release windowed` looks harder.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keysweep::detect::{Hit, Library, Scanner, builtin_with_examples, expand_template, parse_file};
use keysweep::model::Segment;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::LazyLock;

/// How many encodings are undone.
const DEPTH: u8 = 3;
/// Cases, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 192;

/// Exceptions look at the match and its lines, which no built-in detector does.
const OWN: &str = r"
provider: acme
title: Acme
category: saas
except: [{ line: [allowed] }]
detectors:
  - { id: acme-line, title: A, kind: token, pattern: 'zacme_([a-z]{8})|zacme-([a-z]{8})', value: first, except: [{ match: ['^zacme-x'] }] }
  - { id: acme-start, title: A, kind: token, pattern: '(?:^|,)[a-z]{1,3}zstart=([a-z]{8})' }
  - { id: acme-block, title: B, kind: token, pattern: 'zblock\s{1,9}([a-z]{8})', multiline: true, except: [{ line: ['^no'], paths: [a] }] }
";

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::with(vec![parse_file(OWN).expect("sound")], &[]).expect("sound"));

/// Examples, near misses and placeholders of all detectors, written out; those that span lines stand first.
static EXAMPLES: LazyLock<Examples> = LazyLock::new(Examples::new);

struct Examples {
    texts: Vec<String>,
    /// How many at the front are of detectors that look over line ends.
    blocks: usize,
}

impl Examples {
    fn new() -> Self {
        let (mut blocks, mut lines) = (Vec::new(), Vec::new());
        for detector in builtin_with_examples().iter().flat_map(|p| &p.detectors) {
            let texts = if detector.multiline { &mut blocks } else { &mut lines };
            for (i, template) in detector.examples.iter().chain(&detector.near_misses).chain(&detector.placeholders).enumerate() {
                texts.push(expand_template(template, &format!("{}-{i}", detector.id)).expect("detectors test expands it too"));
            }
        }
        for line in ["", "allowed ", "no "] {
            lines.extend(["zacme_kdjfhgqw", "zacme-xkdjfhgq"].map(|t| format!("{line}{t} {line}")));
            blocks.extend(["zblock\n kdjfhgqw", "zblock kdjfhgqw"].map(|t| format!("{line}{t} {line}")));
        }
        let count = blocks.len();
        blocks.append(&mut lines);
        Self { texts: blocks, blocks: count }
    }
}

/// Where a target's next piece comes from.
#[derive(Debug, Clone)]
enum Piece {
    /// Any part of the base.
    Copy(Index, Index),
    /// What follows the piece before in the base, but for a few bytes left out.
    Resume(usize, Index),
    /// All of the base from there on.
    Tail(usize),
    New(Vec<u8>),
}

/// Text as it stands in a file: plain, encoded, or cut off.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let example = prop_oneof![
        2 => any::<Index>().prop_map(|i| i.get(&EXAMPLES.texts).clone()),
        1 => any::<Index>().prop_map(|i| i.get(&EXAMPLES.texts[..EXAMPLES.blocks]).clone()),
    ];
    let words = "[a-z_]{0,12}(secret|token|key|password|api|aws|client|auth|-----BEGIN |-----END |https://|=|: )[ \"'=:\\\\n]{0,4}[A-Za-z0-9%]{0,24}";
    prop_oneof![
        6 => example.clone().prop_map(String::into_bytes),
        2 => (example.clone(), any::<Index>(), any::<Index>()).prop_map(|(text, a, b)| part(text.as_bytes(), a, b).to_vec()),
        1 => example.clone().prop_map(|text| STANDARD.encode(text).into_bytes()),
        1 => example.clone().prop_map(|text| STANDARD.encode(URL_SAFE_NO_PAD.encode(text)).into_bytes()),
        1 => example.clone().prop_map(|text| text.bytes().map(|b| format!("{b:02x}")).collect::<String>().into_bytes()),
        1 => example.prop_map(|text| percent(&text)),
        4 => words.prop_map(String::into_bytes),
        3 => proptest::sample::select(vec!["\n", "\r\n", "\\n", " ", "\"", "%", "\0", "="]).prop_map(|s| s.as_bytes().to_vec()),
        1 => (prop_oneof![Just(b'a'), Just(b' '), Just(b'%'), Just(b'\n'), Just(b'4')], edge()).prop_map(|(b, n)| vec![b; n]),
    ]
}

/// Lengths around those at which windows, runs and seams end.
fn edge() -> impl Strategy<Value = usize> {
    let near = prop_oneof![Just(23usize), Just(512), Just(1024), Just(2048), Just(8192), Just(16_320), Just(16_384), Just(20_000)];
    (near, 0usize..12).prop_map(|(near, more)| near + more - 6)
}

fn percent(text: &str) -> Vec<u8> {
    text.bytes().flat_map(|b| if b.is_ascii_alphanumeric() { vec![b] } else { format!("%{b:02X}").into_bytes() }).collect()
}

fn text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let line = (fragment(), prop_oneof![4 => Just("\n"), 1 => Just(""), 1 => Just(" "), 1 => Just("\\n")]);
    vec(line, 0..most).prop_map(|lines| lines.into_iter().flat_map(|(bytes, end)| [bytes, end.as_bytes().to_vec()].concat()).collect())
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = prop_oneof![
        3 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Piece::Copy(a, b)),
        4 => (0usize..6, any::<Index>()).prop_map(|(gap, end)| Piece::Resume(gap, end)),
        1 => (0usize..6).prop_map(Piece::Tail),
        1 => fragment().prop_map(Piece::New),
        2 => vec(prop_oneof![Just(b'\n'), Just(b' '), Just(b'a'), Just(b'\\'), any::<u8>()], 0..4).prop_map(Piece::New),
    ];
    vec(piece, 0..8)
}

/// The part of `bytes` between two places.
fn part(bytes: &[u8], a: Index, b: Index) -> &[u8] {
    let (a, b) = (a.index(bytes.len() + 1), b.index(bytes.len() + 1));
    &bytes[a.min(b)..a.max(b)]
}

/// Puts a target together, and says of what.
fn assemble(base: &[u8], pieces: &[Piece]) -> (Vec<u8>, Vec<Segment>) {
    let (mut target, mut segments, mut next) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        let source = match piece {
            Piece::New(bytes) => {
                segments.push(Segment { target: target.len(), len: bytes.len(), source: None });
                target.extend_from_slice(bytes);
                continue;
            }
            Piece::Copy(a, b) => {
                let (a, b) = (a.index(base.len() + 1), b.index(base.len() + 1));
                a.min(b)..a.max(b)
            }
            Piece::Resume(gap, end) => {
                let from = (next + gap).min(base.len());
                from..from + end.index(base.len() - from + 1)
            }
            Piece::Tail(gap) => (next + gap).min(base.len())..base.len(),
        };
        next = source.end;
        segments.push(Segment { target: target.len(), len: source.len(), source: Some(source.start) });
        target.extend_from_slice(&base[source]);
    }
    segments.retain(|s| s.len > 0);
    (target, segments)
}

/// What is compared of hits: everything, the values included, which `Debug` alone would hide.
fn told(hits: &[Hit]) -> Vec<String> {
    let one = |hit: &Hit| {
        let values = hit
            .candidates
            .iter()
            .flat_map(|c| c.iter())
            .map(|c| (hit.span(c), LIBRARY.detector(c.rule).id.clone(), c.secret.expose().to_vec()));
        format!("{hit:?} {:?}", values.collect::<Vec<_>>())
    };
    hits.iter().map(one).collect()
}

/// Scans a chain of versions, each a delta of the one before, with one scanner, as a walk along a pack does.
fn check_chain(base: &[u8], versions: &[Vec<Piece>]) -> Result<(), TestCaseError> {
    let mut walking = Scanner::new(&LIBRARY, DEPTH);
    let (mut base, mut hits) = (base.to_vec(), Scanner::new(&LIBRARY, DEPTH).whole(base));
    for pieces in versions {
        let was_text = keysweep::detect::sniff_utf16(&base).is_none();
        let (target, segments) = assemble(&base, pieces);
        let windowed = walking.windowed(&target, &segments, base.len(), was_text, &hits);
        let whole = Scanner::new(&LIBRARY, DEPTH).whole(&target);
        if windowed != whole {
            let (windowed, whole) = (told(&windowed), told(&whole));
            let missed: Vec<&String> = whole.iter().filter(|h| !windowed.contains(h)).collect();
            let invented: Vec<&String> = windowed.iter().filter(|h| !whole.contains(h)).collect();
            return Err(TestCaseError::fail(format!(
                "missed {missed:#?}\ninvented {invented:#?}\nbase {:?}\ntarget {:?}\nsegments {segments:?}",
                base.escape_ascii().to_string(),
                target.escape_ascii().to_string(),
            )));
        }
        (base, hits) = (target, windowed);
    }
    Ok(())
}

#[test]
fn the_start_of_a_line_is_the_start_of_the_text_for_what_stands_before_an_anchor() {
    let found = |text: &str| {
        let hits = Scanner::new(&LIBRARY, DEPTH).whole(text.as_bytes());
        hits.iter()
            .flat_map(|hit| hit.candidates.iter().flat_map(|c| c.iter()))
            .filter(|c| LIBRARY.detector(c.rule).id == "acme-start")
            .count()
    };
    for text in ["abzstart=kdjfhgqw", "x\nabzstart=kdjfhgqw\n", "x,abzstart=kdjfhgqw"] {
        assert_eq!(found(text), 1, "{text:?}");
    }
    assert_eq!(found("x abzstart=kdjfhgqw"), 0);
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn windowed_scans_find_what_whole_scans_find(base in text(10), versions in vec(pieces(), 1..4)) {
        check_chain(&base, &versions)?;
    }

    #[test]
    fn lines_seen_before_hide_nothing(base in text(4), versions in vec(pieces(), 4..12)) {
        check_chain(&base, &versions)?;
    }
}

#[test]
fn the_bases_hold_what_detectors_find() {
    let hits: usize = EXAMPLES.texts.iter().map(|t| Scanner::new(&LIBRARY, DEPTH).whole(t.as_bytes()).len()).sum();
    assert!(EXAMPLES.blocks > 10 && hits * 2 > EXAMPLES.texts.len(), "{hits} hits in {} examples", EXAMPLES.texts.len());
}
