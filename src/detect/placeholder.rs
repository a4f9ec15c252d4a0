//! Placeholders: what people write where a secret would go.

use super::guard::contains;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Words that no random value holds by chance and no real one on purpose.
const WORDS: &[&str] = &[
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "redacted",
    "your_",
    "your-",
    "yourkey",
    "yoursecret",
    "yourtoken",
    "yourapi",
    "yourpass",
    "insert",
    "replace",
    "dummy",
    "xxxxx",
    "fakekey",
    "faketoken",
    "fakesecret",
    "sample",
    "notreal",
    "not_real",
    "todo_",
    "foobar",
    "lorem",
    "deadbeef",
    "cafebabe",
    "mysecret",
    "my_secret",
    "my-secret",
    "secret_here",
    "key_here",
    "token_here",
    "key-here",
    "token-here",
    "_here",
    "...",
    "removed",
    "censored",
    "masked",
    "hidden_",
    "00000000",
    "12345678",
    "abcdefgh",
    "87654321",
    "0123456789",
    "abcdef0123",
];

/// What specifications write: RFC 6749 and 6750, OpenID Connect Core, and the first token that people are shown who try theirs.
const SPECIFIED: &[&str] = &[
    "2YotnFZFEjr1zCsicMWpAA",
    "tGzv3JOkF0XG5Qx2TlKWIA",
    "7Fjfp0ZBr1KtDRbnfVdmIw",
    "czZCaGRSa3F0Mz",
    "mF_9.B5f-4.1JqM",
    "SlAV32hkKG",
    "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l",
];

/// Longest value that is judged by its words and runs.
const LONGEST: usize = 200;

/// Whether a value is a placeholder or a reference rather than a secret.
/// Long values are structures (keys, tokens) whose encodings hold runs and words by nature; those are left to proofs.
pub fn is_placeholder(value: &[u8]) -> bool {
    is_reference(value)
        || SPECIFIED.iter().any(|s| memchr::memmem::find(value, s.as_bytes()).is_some())
        || value.len() > LONGEST && longest_run(value, |b| b) * 4 >= value.len()
        || value.len() <= LONGEST && (says_so(value) || said_in_base64(value).is_some_and(|text| says_so(&text) || is_dummy_text(&text)))
}

fn says_so(value: &[u8]) -> bool {
    WORDS.iter().any(|w| contains(value, w.as_bytes())) || monotonous(value)
}

/// The text that base64 stands for, if it is base64 of text.
pub fn said_in_base64(value: &[u8]) -> Option<Vec<u8>> {
    let bare = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
    if bare.len() < 6 || value.len() > LONGEST {
        return None;
    }
    let text = STANDARD_NO_PAD.decode(bare).ok()?;
    text.trim_ascii().iter().all(|b| b.is_ascii_graphic() || *b == b' ').then_some(text)
}

/// `user:pass`, `alice:secret-password`, `admin_password`: hardly anything but letters, and they say what it is.
fn is_dummy_text(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let password = text.iter().position(|b| *b == b':').map(|colon| &text[colon + 1..]);
    let worded = |t: &[u8]| {
        t.iter().filter(|b| b.is_ascii_digit()).count() <= 2 && t.iter().all(|b| b.is_ascii_alphanumeric() || b"-_ :".contains(b))
    };
    let says = |t: &[u8], words: &[&str]| worded(t) && words.iter().any(|w| contains(t, w.as_bytes()));
    says(password.unwrap_or(text), &["passw", "secret", "token", "test"])
        || password.is_some_and(|p| says(p, &["pass", "pwd", "bar", "sesame"]))
}

/// `${VAR}`, `{{ var }}`, `<token>`, `%VAR%`, `$VAR`, `process.env.X`, `secrets.X`, `var.x`.
pub fn is_reference(value: &[u8]) -> bool {
    let pairs: &[(&[u8], &[u8])] = &[
        (b"${", b"}"),
        (b"{{", b"}}"),
        (b"<", b">"),
        (b"%", b"%"),
        (b"$(", b")"),
        (b"#{", b"}"),
        (b"[", b"]"),
        (b"@", b"@"),
        (b"__", b"__"),
    ];
    let identifier = |v: &[u8]| !v.is_empty() && v.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-:[]'\"()".contains(b));
    pairs.iter().any(|(open, close)| value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close))
        || value.strip_prefix(b"$").is_some_and(identifier)
        || [
            &b"process.env"[..],
            b"os.environ",
            b"os.getenv",
            b"env.",
            b"ENV[",
            b"ENC[",
            b"secrets.",
            b"vars.",
            b"var.",
            b"vault:",
            b"data.",
            b"module.",
            b"local.",
        ]
        .iter()
        .any(|p| value.starts_with(p))
        || contains(value, b"${{")
        || contains(value, b"{{")
}

/// One character five times running, a long run up or down the alphabet, or a short unit repeated throughout.
fn monotonous(value: &[u8]) -> bool {
    // Long encodings hold runs of zeros, which are written `AAAA…`.
    longest_run(value, |b| b) >= 6.max(value.len() / 6)
        || longest_run(value, |b| b.wrapping_add(1)) >= 7
        || longest_run(value, |b| b.wrapping_sub(1)) >= 7
        || (1..=8).any(|unit| value.len() >= 3 * unit && value.len() >= 12 && value.iter().zip(&value[unit..]).all(|(a, b)| a == b))
}

/// How many characters in a row follow from the one before by a step.
fn longest_run(value: &[u8], step: fn(u8) -> u8) -> usize {
    let (mut longest, mut run) = (1, 1);
    for pair in value.windows(2) {
        run = if step(pair[0]) == pair[1] && pair[0].is_ascii_alphanumeric() | (pair[0] == pair[1]) { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_documentation_writes() {
        for text in [
            "xxxxxxxxxxxxxxxx",
            "AKIAIOSFODNN7EXAMPLE",
            "${GITHUB_TOKEN}",
            "{{ .Values.token }}",
            "<your token>",
            "$TOKEN",
            "process.env.KEY",
            "abcdefghijklmnop",
            "1234567890abcdef",
            "changeme",
            "abcabcabcabcabc",
            "********",
            "secrets.NPM_TOKEN",
            "%API_KEY%",
            "dXNlcjpwYXNzd29yZA==",
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "YWRtaW5fcGFzc3dvcmQ=",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDA",
            "2YotnFZFEjr1zCsicMWpAA",
        ] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn leaves_random_values_alone() {
        for text in ["k3J9sLq0ZpW7vXb2", "d41d8cd98f00b204e9800998ecf8427e", "p4ssw0rd!Zebra", "aGVsbG8gd29ybGQh"] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
        let long = |fill: &str| format!("ops_eyJ{}k3J9sLq0{}", "a7Gz".repeat(50), fill);
        assert!(is_placeholder(long(&"x".repeat(100)).as_bytes()) && !is_placeholder(long(&"A".repeat(30)).as_bytes()));
    }
}
