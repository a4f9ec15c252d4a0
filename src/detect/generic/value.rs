//! Values: what a value looks like, apart from where it stands.

use super::features::{Feature, Features};
use super::lexicon;
use super::words;
use crate::detect::guard::{contains, entropy};
use crate::detect::placeholder::said_in_base64;

/// What a value looks like, given the identifier that names it.
pub fn features(value: &[u8], name: &[u8]) -> Features {
    let mut f = Features::default();
    let surprise = words::surprise(value);
    length(value.len(), &mut f);
    characters(value, &mut f);
    letters(value, surprise, &mut f);
    shape(value, surprise, &mut f);
    meaning(value, name, &mut f);
    f
}

fn length(n: usize, f: &mut Features) {
    f.set(match n {
        0..6 => Feature::Length4,
        6..8 => Feature::Length6,
        8..12 => Feature::Length8,
        12..20 => Feature::Length12,
        20..32 => Feature::Length20,
        32..64 => Feature::Length32,
        _ => Feature::Length64,
    });
}

fn characters(value: &[u8], f: &mut Features) {
    let all = |of: fn(u8) -> bool| value.iter().all(|b| of(*b));
    let any = |of: fn(u8) -> bool| value.iter().any(|b| of(*b));
    let digits = any(|b| b.is_ascii_digit());
    let alpha = any(|b| b.is_ascii_alphabetic());
    if all(|b| b.is_ascii_digit()) {
        f.set(Feature::Digits);
    } else if all(|b| b.is_ascii_hexdigit()) && digits && value.len() >= 8 {
        f.set(Feature::Hex);
    } else if all(|b| b.is_ascii_lowercase()) {
        f.set(Feature::Lower);
    } else if all(|b| b.is_ascii_uppercase()) {
        f.set(Feature::Upper);
    } else if all(|b| b.is_ascii_alphabetic()) {
        f.set(Feature::Letters);
    } else if all(|b| b.is_ascii_alphanumeric()) {
        f.set(Feature::Mixed);
    } else if value.len() >= 16 && digits && alpha && all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b)) {
        f.set(Feature::Base64);
    } else if alpha && all(|b| b.is_ascii_graphic()) {
        f.set(Feature::Special);
    }
    f.set_if(any(|b| b == b' ' || b == b'\t'), Feature::Blanks);
    f.set_if(!value.is_ascii(), Feature::Foreign);
    let composed = value.len() >= 10
        && digits
        && any(|b| b.is_ascii_uppercase())
        && any(|b| b.is_ascii_lowercase())
        && any(|b| b"!@#$%^&*?".contains(&b));
    f.set_if(composed, Feature::Composed);
    // Entropy as a share of what a random value of this length and alphabet has.
    let alphabet: f32 = if f.has(Feature::Hex) {
        16.0
    } else if f.has(Feature::Digits) {
        10.0
    } else {
        62.0
    };
    let most = alphabet.min(value.len() as f32).log2().max(1.0);
    let share = entropy(value) / most;
    f.set_if(value.len() >= 16 && share > 0.82 && (digits || f.has(Feature::Letters)), Feature::Random);
    f.set_if(share < 0.62, Feature::Flat);
}

fn letters(value: &[u8], surprise: Option<f32>, f: &mut Features) {
    let count = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    if count >= 3 {
        let surprise = surprise.unwrap_or_default();
        // Three or four letters of a short value are no words either way: `p.pwd`, `A128GCM`.
        f.set_if(surprise > 4.9 && (count >= 5 || value.len() >= 8), Feature::Gibberish);
        let wordy = surprise < 4.3 && digits * 5 <= value.len();
        f.set_if(wordy && digits == 0, Feature::Wordy);
        f.set_if(
            surprise < 4.6
                && digits > 0
                && digits <= 6
                && count >= 4
                && value.iter().rposition(u8::is_ascii_alphabetic) < value.iter().position(u8::is_ascii_digit),
            Feature::WordDigits,
        );
    }
}

fn shape(value: &[u8], surprise: Option<f32>, f: &mut Features) {
    let signs = Signs::of(value);
    let below = |limit: f32| surprise.is_some_and(|s| s < limit);
    let text = std::str::from_utf8(value).unwrap_or_default();
    let wordy = f.has(Feature::Wordy);
    let identifier = |t: &str| {
        !t.is_empty() && !t.as_bytes()[0].is_ascii_digit() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
    };
    let humps = text.bytes().zip(text.bytes().skip(1)).any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    f.set_if(identifier(text) && wordy && (humps || text.contains('_')), Feature::Identifier);
    let dotted = text.len() > 2 && signs.any(b".(") && text.split(['.', '(']).take(2).all(identifier) && !text.starts_with("eyJ");
    let reference = dotted && below(4.8)
        || signs.any(b">") && text.contains("->")
        || signs.any(b":") && text.contains("::")
        || text.ends_with("()")
        || text.contains("():");
    f.set_if(reference, Feature::Dotted);
    let shout = text.len() > 3 && signs.any(b"_") && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    f.set_if(shout && below(5.0), Feature::Shout);
    let kebab =
        signs.any(b"-") && !signs.any(b" ") && text.split('-').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    f.set_if(kebab && below(4.7), Feature::Kebab);
    let slashes = text.bytes().filter(|b| *b == b'/').count();
    let path = text.starts_with(['/', '~']) && slashes >= 1
        || text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with("C:\\")
        || slashes >= 1 && (wordy || below(4.4));
    f.set_if(path && !text.contains("=="), Feature::Path);
    f.set_if(
        signs.any(b":") && text.contains("://") || text.starts_with("www.") || text.starts_with("arn:") || text.starts_with("urn:"),
        Feature::Url,
    );
    f.set_if(is_uuid(value), Feature::Uuid);
    f.set_if(f.has(Feature::Hex) && matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128), Feature::Digest);
    let numeric = value.iter().all(|b| b.is_ascii_digit() || b".-:+, /TZxXeE%".contains(b)) && value.iter().any(u8::is_ascii_digit);
    f.set_if(numeric, Feature::Number);
    let at = text.find('@');
    f.set_if(at.is_some_and(|i| i > 0 && text[i..].contains('.') && !text.contains(' ')), Feature::Email);
    let format = signs.any(b"%{}$#<\\[].(")
        && [
            "%s", "%d", "%v", "{0}", "${", "{{", "#{", "$(", "%(", "<%", "\\w", "[a-z", "[A-Z", "{}", "{%", "[^", ".*", "\\d", "[0-9",
            "(?", "%{", "]{",
        ]
        .iter()
        .any(|p| text.contains(p));
    let braces = text.starts_with(['{', '[', '(', '<', '@', ':', '!', '?'])
        || text.starts_with('$') && text[1..].bytes().all(|b| b.is_ascii_alphanumeric() || b"_:.->[]'{}".contains(&b))
        || text.starts_with('%') && text.ends_with('%');
    f.set_if(format || braces, Feature::Format);
    let html = || text.contains("</") || text.contains("/>") || text.contains("<br") || text.contains("<i>") || text.contains("<b>");
    f.set_if(signs.any(b"<>") && html(), Feature::Html);
}

/// Which bytes a value has, a bit each.
struct Signs([u64; 4]);

impl Signs {
    fn of(value: &[u8]) -> Self {
        let mut bits = [0; 4];
        value.iter().for_each(|b| bits[usize::from(b >> 6)] |= 1 << (b & 63));
        Self(bits)
    }

    /// Whether any of these is among them.
    fn any(&self, signs: &[u8]) -> bool {
        signs.iter().any(|b| self.0[usize::from(b >> 6)] & 1 << (b & 63) != 0)
    }

    /// How many there are.
    fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }
}

fn meaning(value: &[u8], name: &[u8], f: &mut Features) {
    let quotes = |b: &u8| matches!(b, b'"' | b'\'' | b'\\');
    let whole = value.trim_ascii();
    let cut = whole.iter().position(|b| !quotes(b)).unwrap_or(0)..whole.iter().rposition(|b| !quotes(b)).map_or(0, |i| i + 1);
    let trimmed = whole.get(cut).unwrap_or(whole);
    let core_end = trimmed.iter().rposition(|b| !b.is_ascii_digit() && !matches!(b, b'!' | b'.' | b'-' | b'_')).map_or(0, |i| i + 1);
    let tail = trimmed.len() - core_end;
    let core = &trimmed[..core_end];
    let known = |t: &[u8]| lexicon::has("dummy", t);
    let dummy = |t: &[u8]| known(t) || known(&plainly(t));
    // Of a long value in hexadecimal, sixteen different characters are all that there are.
    let few = Signs::of(trimmed).count() <= (trimmed.len() / 8).clamp(2, 6);
    let digits = trimmed.iter().all(u8::is_ascii_digit);
    let said = said_in_base64(trimmed).is_some_and(|t| is_said_dummy(&t));
    f.set_if(said || dummy(trimmed) || dummy(core) && tail <= 3 || few || digits && (trimmed.len() < 6 || is_run(trimmed)), Feature::Dummy);
    let leet = plainly(value);
    let holds = lexicon::words("dummy-part").iter().any(|p| holds_part(value, p.as_bytes()));
    f.set_if(holds || contains(&leet, b"password") || contains(&leet, b"secret"), Feature::HoldsDummy);
    let plain = |t: &[u8]| t.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    let (v, n) = (plain(core), plain(name));
    let repeats = v.len() >= 3 && (n.ends_with(&v) || v.ends_with(&n) || n.len() >= 6 && memchr::memmem::find(&v, &n).is_some());
    f.set_if(repeats, Feature::RepeatsName);
}

/// `web3SandboxChallenge`: a digit among words makes nothing random.
pub fn is_worded(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    digits * 8 <= value.len() && words::surprise(value).is_some_and(|s| s < 4.3)
}

/// `example-app-secret`: what was turned into base64 is a dummy.
fn is_said_dummy(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let core = &text[..text.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |i| i + 1)];
    let dummy = |t: &[u8]| lexicon::has("dummy", t) || lexicon::has("dummy", &plainly(t));
    let worded = text.iter().all(|b| b.is_ascii_alphabetic() || b" -_.:".contains(b));
    dummy(text)
        || text.len() - core.len() <= 3 && dummy(core)
        || worded && lexicon::words("dummy-part").iter().any(|p| holds_part(text, p.as_bytes()))
}

/// Whether a part gives a value away. `foo` and `bar` stand in many a word, so that parts as short have to be a word of their own.
fn holds_part(value: &[u8], part: &[u8]) -> bool {
    let alone = || words::runs(value).any(|run| run.eq_ignore_ascii_case(part));
    if part.len() > 3 || part == b"xxx" { contains(value, part) } else { alone() }
}

/// `X-Api-Key`: what headers of one's own are called.
pub fn is_header_name(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"X-").or_else(|| value.strip_prefix(b"x-"));
    rest.is_some_and(|r| r.len() >= 3 && r.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-'))
}

/// `clm40325:AgencyIdentificationCode`, `xs:NormalizedString`: a name of XML with its prefix, in words that begin with capitals.
pub fn is_qualified_name(value: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', value).filter(|n| (1..=16).contains(n)) else { return false };
    let (prefix, name) = (&value[..colon], &value[colon + 1..]);
    let worded = name.split(u8::is_ascii_uppercase).skip(1).all(|word| word.len() >= 2);
    let capitals = name.iter().filter(|b| b.is_ascii_uppercase()).count();
    prefix[0].is_ascii_lowercase()
        && prefix.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().all(u8::is_ascii_alphabetic)
        && capitals >= 2
        && worded
}

/// `1.2.2`, `10.0.0.7`, `name:1.2.2`, `^1.2.2`.
pub fn is_version(value: &[u8]) -> bool {
    let version = value.rsplit(|b| *b == b':').next().unwrap_or(value);
    let version = &version[version.iter().take_while(|b| b"^~<>= v".contains(b)).count()..];
    let parts = || version.split(|b| *b == b'.');
    parts().count() >= 3 && parts().all(|p| (1..=3).contains(&p.len()) && p.iter().all(u8::is_ascii_digit))
}

/// A slot among other text: `dt0.<public>.<secret>`.
pub fn has_slot(value: &[u8]) -> bool {
    let opened = value.iter().enumerate().filter(|(_, b)| **b == b'<');
    opened.map(|(at, _)| &value[at + 1..]).any(|rest| {
        let word = rest.iter().take_while(|b| b.is_ascii_alphabetic() || b" _-".contains(b)).count();
        word >= 2 && rest.get(word) == Some(&b'>')
    })
}

/// `Q3AM…/20210315/us-east-1/s3/aws4_request`: which key has signed, and for what.
pub fn is_scope(value: &[u8]) -> bool {
    contains(value, b"aws4_request")
}

/// `cn-zhangjiakou-internal`: words with hyphens, whatever the words.
pub fn is_slug(value: &[u8]) -> bool {
    let word = |p: &[u8]| p.len() >= 2 && p.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    value.contains(&b'-') && digits <= 2 && value[0].is_ascii_lowercase() && value.split(|b| *b == b'-').all(word)
}

/// An address of Ethereum; its private keys have 64 digits.
pub fn is_ethereum_address(value: &[u8]) -> bool {
    value.len() == 42 && value.starts_with(b"0x") && value[2..].iter().all(u8::is_ascii_hexdigit)
}

/// `2011-02-04`, alone or with a time.
pub fn is_date(value: &[u8]) -> bool {
    value.len() >= 10
        && value[..10].iter().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() })
        && value[10..].iter().all(|b| b.is_ascii_digit() || b" T:.Z+-".contains(b))
}

/// `\u0627\u0644…`: letters that are not of this alphabet, as JSON may write them.
pub fn is_escaped(value: &[u8]) -> bool {
    memchr::memmem::find_iter(value, b"\\u").filter(|i| value[i + 2..].iter().take(4).all(u8::is_ascii_hexdigit)).count() >= 3
}

/// A public key of NATS, whose first letter says whose; a seed begins with `S`.
pub fn is_public_nkey(value: &[u8]) -> bool {
    value.len() == 56 && b"UANOCX".contains(&value[0]) && value.iter().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(b))
}

/// `airflow-cluster1-fernet-key`, `web.domain-tls`: what an object is called that holds a secret.
pub fn is_label(value: &[u8]) -> bool {
    let part = |p: &[u8]| {
        p.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && p.iter().filter(|b| b.is_ascii_digit()).count() <= 2
            && (p.len() < 5 || words::surprise(p).is_none_or(|s| s < 4.9))
    };
    let cut = |b: &u8| matches!(b, b'-' | b'_' | b'.');
    let last = value.rsplit(cut).next().unwrap_or(value);
    let kind: &[&[u8]] =
        &[b"key", b"keys", b"secret", b"secrets", b"token", b"tokens", b"tls", b"cert", b"certs", b"creds", b"credentials"];
    value.iter().filter(|b| cut(b)).count() >= 2 && kind.contains(&last) && value.split(cut).all(part)
}

/// `{bcrypt}$2a$10$…`, `{SSHA}…`, `{salt}5f4d…`, `sha1:salt:5f4d…`: a hash and how it was made. `{noop}` and its like stand before the plain text.
pub fn is_hash(value: &[u8]) -> bool {
    let name = |t: &[u8]| t.iter().all(|b| b.is_ascii_alphanumeric() || b"-_@./+=".contains(b));
    if let Some(rest) = value.strip_prefix(b"{")
        && let Some(end) = rest.iter().position(|b| *b == b'}')
        && rest.len() - end > 8
    {
        let plain: &[&[u8]] = &[b"noop", b"plain", b"cleartext", b"clear", b"text"];
        return name(&rest[..end]) && !plain.iter().any(|p| rest[..end].eq_ignore_ascii_case(p));
    }
    let mut parts = value.split(|b| *b == b':');
    let scheme = parts.next().unwrap_or_default().to_ascii_lowercase();
    let known: &[&[u8]] = &[b"md5", b"sha1", b"sha224", b"sha256", b"sha384", b"sha512", b"argon2", b"scrypt", b"bcrypt", b"pbkdf2"];
    known.contains(&&scheme[..]) && parts.next_back().is_some_and(|h| h.len() >= 24)
}

/// Whether what is around a value is no text: control characters in numbers, or one among bytes that are no UTF-8. Those alone may be text in an older
/// encoding.
pub fn is_binary(around: &[u8]) -> bool {
    let controls = around.iter().filter(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\r' | 0x1b | 0)).count();
    let foreign = around.utf8_chunks().filter(|c| !c.invalid().is_empty()).count();
    controls >= 2 || controls == 1 && foreign >= 3
}

/// `uploads/2024/4f1c….png`: a path with an ending.
pub fn is_file(value: &[u8]) -> bool {
    let Some(dot) = value.iter().rposition(|b| *b == b'.') else { return false };
    let ending = &value[dot + 1..];
    let known: &[&[u8]] =
        &[b"tgz", b"gz", b"zip", b"tar", b"jar", b"json", b"yaml", b"yml", b"txt", b"png", b"jpg", b"pem", b"crt", b"pdf", b"csv"];
    known.contains(&ending)
        || value[..dot].contains(&b'/')
            && (2..=8).contains(&ending.len())
            && ending.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// `session:4f1c…`: how stores of keys and values name an entry.
pub fn is_entry(value: &[u8]) -> bool {
    let word = value.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
    word >= 2 && value.get(word) == Some(&b':') && value.len() > word + 1
}

/// Letters for the digits and signs that look like them.
fn plainly(text: &[u8]) -> Vec<u8> {
    let letter = |b: &u8| match b {
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        b => b.to_ascii_lowercase(),
    };
    text.iter().map(letter).collect()
}

fn is_run(digits: &[u8]) -> bool {
    digits.windows(2).all(|w| w[1] == w[0] + 1 || w[1] == w[0] || w[0] == b'9' && w[1] == b'0')
        || digits.windows(2).all(|w| w[0] == w[1] + 1)
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, feature: Feature) -> bool {
        features(value.as_bytes(), b"db_password").has(feature)
    }

    #[test]
    fn what_is_called_hashed_or_public_is_told() {
        for text in [
            "{bcrypt}$2a$10$ddEWZUl8aU0GdZ",
            "{SHA}nFCebWjxfaLbHHG1Qk5UU4trbvQ=",
            "{sal/t+=}905e382a25eed53e",
            "sha1:aae8550c0a44:9507d45e087d5ee481a5ce9f4f16f37a",
        ] {
            assert!(is_hash(text.as_bytes()), "{text}");
        }
        for text in ["{noop}Hawk17rail", "{a}b", "hawk:rail17", "sha1:rail"] {
            assert!(!is_hash(text.as_bytes()), "{text}");
        }
        assert!(is_label(b"airflow-cluster1-fernet-key") && is_label(b"web.domain2-tls"));
        assert!(!is_label(b"hawk-key") && !is_label(b"xq7wz-bkvpl-key") && !is_label(b"hawk-rail-7"));
        assert!(is_public_nkey("UDXU4RCS".repeat(7).as_bytes()) && !is_public_nkey("SDXU4RCS".repeat(7).as_bytes()));
        assert!(is_binary(b"\x01\xfe\x02pw=\xffX") && !is_binary(b"\x1b[1mpw=\x1b[0m\t\r"));
        assert!(is_binary(b"\x9f\xc3(\x07\xfepw=\xff\xd8") && !is_binary(b"# mot cl\xe9 g\xe9n\xe9r\xe9: pw=\xe9t\xe9"));
        assert!(is_slug(b"k8s-user-info") && !is_slug(b"xq7wz-bkvp9-key4"));
    }

    #[test]
    fn dummies_are_known_in_base64() {
        let base64 = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        for text in ["example-app-secret", "P@ssword123", "test", "TestToken"] {
            assert!(has(&base64(text), Feature::Dummy), "{text}");
        }
        assert!(!has(&base64("Hawk17-rail-pass"), Feature::Dummy));
        assert!(has("\\\"1234\\\"", Feature::Dummy) && has("My-Cust0m_S3cR3T", Feature::HoldsDummy));
        assert!(!has("p.pwd", Feature::Gibberish) && is_worded(b"web3SandboxChallenge"));
    }

    #[test]
    fn values_are_told_apart() {
        for (value, feature) in [
            ("dbynbelpgliq", Feature::Gibberish),
            ("currentUser", Feature::Identifier),
            ("config.password", Feature::Dotted),
            ("MAX_LENGTH", Feature::Shout),
            ("password", Feature::Dummy),
            ("token2", Feature::Dummy),
            ("/etc/ssl/key.pem", Feature::Path),
            ("4efc0336-756d-31f4-5430-f16fe3526fdb", Feature::Uuid),
            ("k3J9sLq0ZpW7vXb2tY", Feature::Random),
            ("summer2019", Feature::WordDigits),
            ("Mot de passe", Feature::Blanks),
            ("dbPassword", Feature::RepeatsName),
            ("%s:%d", Feature::Format),
            ("123456", Feature::Dummy),
            ("d41d8cd98f00b204e9800998ecf8427e", Feature::Digest),
        ] {
            assert!(has(value, feature), "{value}: {feature:?}");
        }
        let rails = "254e90325ae8632a7a47c2a0ad0cf423a6a95d231546ae57b129578cf6a3d148991397c54fed17fdb458bcb001d66b451340cb64c25b9a8a160ba4e8e2c637a95";
        assert!(!has(rails, Feature::Dummy) && has("abababababababababab", Feature::Dummy));
        assert!(
            !has("Barley17Saffron", Feature::HoldsDummy)
                && has("foo-bar-17", Feature::HoldsDummy)
                && has("mytestthing", Feature::HoldsDummy)
        );
        assert!(!has("dbynbelpgliq", Feature::Wordy));
        assert!(!has("k3J9sLq0ZpW7vXb2tY", Feature::Dummy));
    }
}
