//! Templates in examples: `{{name arguments}}` stands for generated text, so that no example in a detector file is a secret.
//!
//! The grammar is that of the chapter "Templates in examples" in `docs/detectors.md`. A name follows its braces at once and begins with
//! a letter, so that `{{ name }}` and `{{.name}}` of other template languages are literal. Generated text depends on the seed alone.

mod key;
mod random;

use super::proof::base62_crc32;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use random::{Alphabet, Random};

/// Longest text a template may grow to, in bytes.
const OUTPUT_LIMIT: usize = 1 << 20;

/// Most templates inside each other.
const DEPTH_LIMIT: usize = 8;

/// Longest token a checksum is computed over, in bytes.
const TOKEN_LIMIT: usize = 4096;

/// Length of the signature of a generated token: an HMAC-SHA-256.
const SIGNATURE_LEN: usize = 32;

/// Expands the templates in an example; the same `seed` gives the same text.
///
/// # Errors
/// A sentence naming the template that is not known, lacks an argument, is not closed, or gives too much text.
pub fn expand(text: &str, seed: &str) -> Result<String, String> {
    expand_nested(text, &mut Random::new(seed), 0)
}

fn expand_nested(text: &str, random: &mut Random, depth: usize) -> Result<String, String> {
    if depth > DEPTH_LIMIT {
        return Err(format!("templates stand more than {DEPTH_LIMIT} deep in each other"));
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        if !rest[at + 2..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        }
        out.push_str(&rest[..at]);
        let (body, after) = split_template(&rest[at..])?;
        let generated = generate(body, &out, random, depth)?;
        out.push_str(&generated);
        if out.len() > OUTPUT_LIMIT {
            return Err(too_long(body));
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Splits text that begins with a template into what stands between its braces and what follows. Braces inside are balanced.
fn split_template(text: &str) -> Result<(&str, &str), String> {
    let mut open = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            let body = text[..at].strip_suffix('}').and_then(|body| body.strip_prefix("{{"));
            return body.map(|body| (body, &text[at + 1..])).ok_or_else(|| not_closed(text));
        }
    }
    Err(not_closed(text))
}

fn beginning(text: &str) -> String {
    text.chars().take(20).collect()
}

fn not_closed(text: &str) -> String {
    format!("the template that begins with `{}` is not closed", beginning(text))
}

fn too_long(body: &str) -> String {
    let name = body.split(' ').next().unwrap_or_default();
    format!("the template `{name}` gives more than {OUTPUT_LIMIT} bytes")
}

/// The text a template stands for; `written` is what stands before it.
fn generate(body: &str, written: &str, random: &mut Random, depth: usize) -> Result<String, String> {
    let (name, argument) = body.split_once(' ').unwrap_or((body, ""));
    let nested = |random: &mut Random| expand_nested(argument, random, depth + 1);
    match name {
        "uuid" | "rsa-key" | "ec-key" | "openssh-key" if !argument.is_empty() => Err(wants(name, "no argument")),
        "uuid" => Ok(random.uuid()),
        "checksum" => checksum(argument, written),
        "b64" => Ok(STANDARD.encode(nested(random)?)),
        "b64url" => Ok(URL_SAFE_NO_PAD.encode(nested(random)?)),
        "jwt" => {
            let payload = nested(random)?;
            Ok(jwt(&payload, random))
        }
        "pem" if is_label(argument) => Ok(key::block(argument, random)),
        "rsa-key" => Ok(key::rsa(random)),
        "ec-key" => Ok(key::ec(random)),
        "openssh-key" => Ok(key::openssh(random)),
        "repeat" => {
            let (count, text) = argument.split_once(' ').ok_or_else(|| wants(name, "a number and a text"))?;
            repeat(count, &expand_nested(text, random, depth + 1)?)
        }
        "pem" => Err(wants(name, "a label in capitals")),
        _ => {
            let alphabet = Alphabet::named(name).ok_or_else(|| format!("there is no template `{}`", beginning(body)))?;
            let count = argument.parse().ok().filter(|count| (1..=random::LONGEST).contains(count));
            let count = count.ok_or_else(|| wants(name, &format!("a length from 1 to {}", random::LONGEST)))?;
            Ok(random.text(alphabet, count))
        }
    }
}

fn wants(name: &str, what: &str) -> String {
    format!("the template `{name}` wants {what}")
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ')
}

fn repeat(count: &str, text: &str) -> Result<String, String> {
    let count: usize = count.parse().map_err(|_| wants("repeat", "a number and a text"))?;
    match count.checked_mul(text.len()) {
        Some(len) if len <= OUTPUT_LIMIT => Ok(text.repeat(count)),
        _ => Err(too_long("repeat")),
    }
}

/// The checksum of the token that ends here: it begins behind the last character that no token has, and the checksum leaves out its
/// prefix, up to and including the first `_`.
fn checksum(name: &str, written: &str) -> Result<String, String> {
    if !matches!(name, "github-crc32" | "npm-crc32") {
        return Err(format!("there is no checksum `{name}` for the template `checksum`"));
    }
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let len = written.bytes().rev().take(TOKEN_LIMIT).take_while(is_part).count();
    let token = &written.as_bytes()[written.len() - len..];
    match token.iter().position(|b| *b == b'_') {
        Some(end) if end + 1 < len => Ok(base62_crc32(&token[end + 1..])),
        _ => Err(wants("checksum", "a token with a prefix before it")),
    }
}

/// A JSON Web Token with this payload, or one of its own when it is empty, and a signature that nobody made.
fn jwt(payload: &str, random: &mut Random) -> String {
    let own = random.text(Alphabet::LowerDigit, 20);
    let payload = match payload {
        "" => format!(r#"{{"iss":"https://id.test","sub":"{own}","iat":1767225600}}"#),
        given => given.to_owned(),
    };
    let [header, payload] = [r#"{"alg":"HS256","typ":"JWT"}"#, &payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signature = random.encoded(SIGNATURE_LEN, |bytes| URL_SAFE_NO_PAD.encode(bytes));
    format!("{header}.{payload}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::proof::{self, Outcome};
    use crate::model::Proof;

    fn expanded(text: &str) -> String {
        expand(text, "seed").expect(text)
    }

    #[test]
    fn what_is_not_between_double_braces_is_literal() {
        for text in ["", "a { b } c", "}} {", "{\"a\":{\"b\":1}}", "é{x}", "${{ secrets.KEY }}", "{{.Values.key}}", "{{", "{{{{é"] {
            assert_eq!(expanded(text), text);
        }
        assert_eq!(expanded("é{{digit 3}}é").chars().count(), 5);
        assert_eq!(expanded("{{{repeat 2 a}}}"), "{aa}");
    }

    #[test]
    fn a_seed_gives_one_text() {
        let text = "{{alnum 20}} {{uuid}} {{jwt}} {{rsa-key}}";
        assert_eq!(expand(text, "a"), expand(text, "a"));
        assert_ne!(expand(text, "a"), expand(text, "b"));
    }

    #[test]
    fn checksums_hold() {
        for text in ["ghp_{{alnum 30}}{{checksum github-crc32}}", "https://{{repeat 1 ghs_{{alnum 30}}{{checksum github-crc32}}}}"] {
            let token = expanded(text);
            let outcome = proof::check("github-crc32", token.trim_start_matches("https://").as_bytes());
            assert_eq!(outcome, Outcome::Proven(Proof::Checksum), "{token}");
        }
        let token = expanded("token=npm_{{alnum 30}}{{checksum npm-crc32}}");
        assert_eq!(proof::check("npm-crc32", &token.as_bytes()[6..]), Outcome::Proven(Proof::Checksum), "{token}");
        let prefixed = expanded("xghp_{{alnum 30}}{{checksum github-crc32}}");
        assert_eq!(proof::check("github-crc32", &prefixed.as_bytes()[1..]), Outcome::Proven(Proof::Checksum), "{prefixed}");
    }

    #[test]
    fn templates_stand_in_each_other() {
        assert_eq!(expanded("{{b64 user:{{repeat 2 ab}}}}"), STANDARD.encode("user:abab"));
        assert_eq!(expanded("{{b64url ??>}}"), "Pz8-");
        assert_eq!(expanded("[{{repeat 3 ab }}]"), "[ab ab ab ]");
        let token = expanded(r#"{{jwt {"sub":"ci","x":{"y":"{{hex 8}}"}}}}"#);
        assert_eq!(proof::decode("jwt", token.as_bytes()).and_then(|d| d.principal).as_deref(), Some("ci"));
        assert_eq!(proof::check("jwt", expanded("{{jwt}}").as_bytes()), Outcome::Proven(Proof::Structure));
    }

    #[test]
    fn uuids_are_of_version_4() {
        let uuid = expanded("{{uuid}}");
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(uuid[14..].starts_with('4') && uuid[19..].starts_with(['8', '9', 'a', 'b']), "{uuid}");
    }

    #[test]
    fn faults_are_named() {
        let deep = "{{b64 ".repeat(2000) + &"}}".repeat(2000);
        for (text, named) in [
            ("{{alphanum 3}}", "`alphanum 3`"),
            ("{{var}}", "`var`"),
            ("{{alnum}}", "`alnum`"),
            ("{{uuid 4}}", "`uuid`"),
            ("{{alnum 0}}", "`alnum`"),
            ("{{hex 99999999999}}", "`hex`"),
            ("{{checksum md5}}", "`md5`"),
            ("-{{checksum npm-crc32}}", "`checksum`"),
            ("{{pem private key}}", "`pem`"),
            ("{{repeat x y}}", "`repeat`"),
            ("{{repeat 999999 {{repeat 999999 x}}}}", "`repeat`"),
            ("{{alnum 3}", "`{{alnum 3}`"),
            ("{{alnum 3", "`{{alnum 3`"),
            ("{{a} x }", "`{{a} x }`"),
            (deep.as_str(), "deep"),
        ] {
            let fault = expand(text, "seed").expect_err(named);
            assert!(fault.contains(named), "{fault}");
        }
    }
}
