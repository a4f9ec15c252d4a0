//! How fast bytes are scanned: kinds of text whole, and a chain of small edits whole against windowed.
//!
//! `cargo bench --bench prefilter`

use divan::Bencher;
use divan::counter::BytesCount;
use keysweep::detect::{Library, Scanner};
use keysweep::model::Segment;
use std::sync::LazyLock;

/// Size of each text, in bytes.
const SIZE: usize = 1 << 20;
/// Versions in the chain of edits.
const VERSIONS: usize = 100;
/// Encodings inside one another that are undone.
const DEPTH: u8 = 3;
const WORDS: &[&str] = &[
    "return", "value", "self", "result", "request", "server", "path", "index", "buffer", "length", "count", "handler", "context",
    "default", "option", "string", "number", "parent", "child", "insert", "remove", "update", "state", "token", "key", "match", "let",
    "for", "if",
];
const KEY_WORDS: &[&str] = &[
    "secret",
    "token",
    "api_key",
    "password",
    "aws_access_key_id",
    "client_secret",
    "authorization: bearer",
    "github",
    "stripe",
    "slack",
    "AKIA",
    "ghp_",
    "sk-",
    "xoxb-",
    "https://",
    "-----BEGIN",
    "datadog",
    "openai",
    "azure",
    "twilio",
];

static LIBRARY: LazyLock<Library> = LazyLock::new(Library::builtin);

fn main() {
    divan::main();
}

/// A text to scan.
#[derive(Debug, Clone, Copy)]
enum Text {
    Source,
    KeyWords,
    Minified,
    Binary,
    PercentEscapes,
}

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }

    fn of<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.next() % words.len()]
    }
}

fn line(numbers: &mut Numbers) -> String {
    let indent = " ".repeat(4 * (numbers.next() % 4));
    let (a, b, c) = (numbers.of(WORDS), numbers.of(WORDS), numbers.of(WORDS));
    match numbers.next() % 6 {
        0 => String::new(),
        1 => format!("{indent}let {a}_{b} = {c}.{a}({b}, {});", numbers.next() % 1000),
        2 => format!("{indent}// {a} the {b} of {c}, or {b} when there is no {a}"),
        3 => format!("{indent}\"{a}\": \"{b}-{c}\","),
        4 => format!("{indent}if {a}.{b}() != {c} {{"),
        _ => format!("{indent}{a}({b}, &{c})?;"),
    }
}

fn generate(text: Text) -> Vec<u8> {
    let numbers = &mut Numbers(0x9E37_79B9_7F4A_7C15);
    let mut out = Vec::with_capacity(SIZE + 256);
    while out.len() < SIZE {
        match text {
            Text::Source => out.extend(format!("{}\n", line(numbers)).bytes()),
            Text::KeyWords => out.extend(format!("{} {} = {}\n", numbers.of(KEY_WORDS), numbers.of(KEY_WORDS), numbers.of(WORDS)).bytes()),
            Text::Minified => out.extend(format!("{};", line(numbers).trim()).bytes()),
            Text::Binary => out.extend(numbers.next().to_le_bytes()),
            Text::PercentEscapes => out.extend(format!("%{:02X}", numbers.next() % 256).bytes()),
        }
    }
    out.truncate(SIZE);
    out
}

#[divan::bench(args = [Text::Source, Text::KeyWords, Text::Minified, Text::Binary, Text::PercentEscapes], sample_count = 10)]
fn whole(bencher: Bencher, text: Text) {
    let bytes = generate(text);
    let mut scanner = Scanner::new(&LIBRARY, DEPTH);
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| scanner.whole(&bytes).len());
}

/// A version of a text: its bytes, and what they are made of.
type Version = (Vec<u8>, [Segment; 3]);

/// Versions of a file of 64 KiB, each with one line changed, and what they are made of.
fn chain() -> (Vec<u8>, Vec<Version>) {
    let numbers = &mut Numbers(7);
    let first = generate(Text::Source)[..64 << 10].to_vec();
    let mut base = first.clone();
    let mut versions = Vec::with_capacity(VERSIONS);
    for _ in 0..VERSIONS {
        let at = numbers.next() % base.len();
        let behind = base[at..].iter().position(|&b| b == b'\n').map_or(base.len(), |i| at + i);
        let new = line(numbers);
        let bytes = [&base[..at], new.as_bytes(), &base[behind..]].concat();
        let segments = [
            Segment { target: 0, len: at, source: Some(0) },
            Segment { target: at, len: new.len(), source: None },
            Segment { target: at + new.len(), len: base.len() - behind, source: Some(behind) },
        ];
        base.clone_from(&bytes);
        versions.push((bytes, segments));
    }
    (first, versions)
}

#[divan::bench(sample_count = 10)]
fn edits_whole(bencher: Bencher) {
    let (_, versions) = chain();
    let bytes: usize = versions.iter().map(|v| v.0.len()).sum();
    let mut scanner = Scanner::new(&LIBRARY, DEPTH);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| versions.iter().map(|v| scanner.whole(&v.0).len()).sum::<usize>());
}

#[divan::bench(sample_count = 10)]
fn edits_windowed(bencher: Bencher) {
    let (first, versions) = chain();
    let bytes: usize = versions.iter().map(|v| v.0.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut scanner = Scanner::new(&LIBRARY, DEPTH);
        let (mut hits, mut base_len) = (scanner.whole(&first), first.len());
        for (bytes, segments) in &versions {
            hits = scanner.windowed(bytes, segments, base_len, true, &hits);
            base_len = bytes.len();
        }
        hits.len()
    });
}
