//! Generic credentials: values with no known form, found by the structure around a telling name and judged by a small model.
//!
//! A name is read around each anchor ([`names`]), a value from what follows it ([`syntax`]); what both are and where they stand are features, one bit
//! each ([`features`]), whose weights add up to the odds. Everything but the path is known from the line alone, so that candidates can be carried
//! through history; the path's share is added where a place is known.

mod carriers;
mod features;
mod lexicon;
mod names;
mod place;
mod signs;
mod syntax;
mod value;
mod words;

use super::placeholder;
use crate::model::{Confidence, Judge};
pub use features::Features;
use features::{Feature, NAMES, weight};
pub use place::features as place;

/// Odds from which a candidate is worth a report.
const MEDIUM: f32 = 0.5;
/// Odds from which it may be worth a look.
const LOW: f32 = 0.2;
/// The most that a path may add to the logit.
const PATH_MOST: f32 = 3.0;

/// A value beside a telling name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// What the name says that it is.
    pub class: Judge,
    /// Where the name begins and ends in the line.
    pub name: (usize, usize),
    /// Where the value begins and ends.
    pub value: (usize, usize),
    /// What can be said of it, without its path.
    pub features: Features,
    /// Why it is none whatever else is said, if so.
    pub veto: Option<&'static str>,
}

/// Whether a name at this anchor may be followed by a value: a glance that spares most of the work.
#[inline]
pub fn plausible(bytes: &[u8], at: usize, class: Judge) -> bool {
    match class {
        Judge::Url => {
            let address = &bytes[at + 3..bytes.len().min(at + 3 + 2 * 128)];
            let end = address.iter().position(|b| b.is_ascii_whitespace() || b"/@\"'<>`".contains(b));
            end.is_some_and(|i| address[i] == b'@' && address[..i].contains(&b':'))
        }
        Judge::Header => true,
        _ => is_given(bytes, at),
    }
}

fn is_given(bytes: &[u8], at: usize) -> bool {
    let mut i = at + 2;
    let high = bytes.len().min(at + 64);
    while i < high && (bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'_' | b'-')) {
        i += 1;
    }
    for _ in 0..24 {
        match bytes.get(i) {
            Some(b'=' | b':' | b'"' | b'\'' | b'`' | b'>' | b',') => return true,
            Some(b'!') if bytes.get(i + 1) == Some(&b'=') => return true,
            Some(b'{') if matches!(bytes.get(i + 1), Some(b'"')) => return true,
            Some(b'(' | b' ') => {
                let next = bytes.get(i + 1).copied().unwrap_or(b'\n');
                if matches!(next, b'"' | b'\'' | b'=' | b':' | b'\\' | b'`') {
                    return true;
                }
                if bytes[i] == b'(' {
                    return false;
                }
            }
            Some(b'[') => i += bytes[i..].iter().take(16).position(|b| *b == b']').unwrap_or(0),
            Some(b'&' | b'\\') if signs::spelled_quote(&bytes[i..]).is_some() => return true,
            Some(b'<') if bytes.get(i + 1) == Some(&b'-') => return true,
            Some(b'\t' | b'*' | b']' | b'\\') => {}
            Some(b) if b.is_ascii_graphic() => {
                let (spaced, rest) = (bytes[i - 1] == b' ', &bytes[i..]);
                return spaced && (looks_typed(bytes, i) || signs::fallback(rest).is_some() || signs::spoken(rest).is_some())
                    || at >= 2 && option_before(bytes, at);
            }
            _ => return false,
        }
        i += 1;
    }
    false
}

/// A word and an equals sign: a type between a name and its value.
fn looks_typed(bytes: &[u8], at: usize) -> bool {
    let at = at + signs::as_word(&bytes[at..]);
    let n = bytes[at..].iter().take(24).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'*' | b'[' | b']')).count();
    bytes.get(at + n) == Some(&b' ') && bytes.get(at + n + 1) == Some(&b'=')
}

/// Whether the name is an option of a command.
fn option_before(bytes: &[u8], at: usize) -> bool {
    bytes[at.saturating_sub(24)..at].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).any(|b| *b == b'-')
}

/// Judges the value that a line gives to the name at an anchor, if it gives one and it is of this class.
pub fn judge(line: &[u8], at: usize, class: Judge) -> Option<Judged> {
    let mut judged = match class {
        Judge::Url => carriers::url(line, at),
        Judge::Header => carriers::header(line, at),
        _ => assigned(line, at).filter(|j| j.class == class),
    }?;
    judged.features.set_if(line.len() >= 500, Feature::LongLine);
    let around = &line[judged.name.0.saturating_sub(24)..line.len().min(judged.value.1 + 24)];
    // What draws a badge may do nothing else.
    judged.veto = judged.veto.or_else(|| line[..judged.name.0].ends_with(b".svg?").then_some("the public half"));
    judged.veto = judged.veto.or_else(|| value::is_binary(around).then_some("no text around it"));
    judged.veto = judged.veto.or_else(|| veto(&line[judged.value.0..judged.value.1], judged.features));
    Some(judged)
}

fn assigned(line: &[u8], at: usize) -> Option<Judged> {
    let name = names::read(line, at)?;
    let given = syntax::value(line, &name)?;
    let text = &line[given.start..given.end];
    if text.len() < 4 {
        return None;
    }
    let mut features = name.features.and(given.features).and(value::features(text, &line[name.start..name.end]));
    let password = name.class == Judge::Password;
    features.set_if(password && features.has(Feature::Gibberish), Feature::GibberishPassword);
    let random = features.has(Feature::Random) && !(name.class == Judge::Key && value::is_worded(text));
    features.set_if(random && name.class == Judge::Key, Feature::RandomKey);
    features.set_if(random && matches!(name.class, Judge::Token | Judge::Secret), Feature::RandomToken);
    features.set_if(!random && name.class == Judge::Key && !features.has(Feature::NameStrong), Feature::PlainKey);
    features.set_if(!random && name.class == Judge::Auth, Feature::PlainAuth);
    let label = name.label.then_some("what one is called");
    // Firebase hands such links out to whom it lets read a file; they are in every page that shows it.
    let link =
        || (line[..name.start].ends_with(b"alt=media&") || line[..name.start].ends_with(b"alt=media&amp;")).then_some("a link to a file");
    let veto = label.or_else(link);
    Some(Judged { class: name.class, name: (name.start, name.end), value: (given.start, given.end), features, veto })
}

/// What no weight outweighs.
fn veto(value: &[u8], features: Features) -> Option<&'static str> {
    if placeholder::is_reference(value) || value.starts_with(b"arn:aws") {
        return Some("a reference");
    }
    if features.has(Feature::Dummy) {
        return Some("a dummy word");
    }
    if placeholder::is_placeholder(value) || value::has_slot(value) {
        return Some("a placeholder");
    }
    if value::is_header_name(value) {
        return Some("the name of a header");
    }
    if value::is_qualified_name(value) {
        return Some("the name of a type");
    }
    if value::is_version(value) {
        return Some("a version or address");
    }
    if let Some(why) = something_else(value, features) {
        return Some(why);
    }
    if features.has(Feature::NameKey) && features.has(Feature::NameAlone) && value::is_entry(value) {
        return Some("the key of an entry");
    }
    if features.has(Feature::NameKey) && value::is_file(value) {
        return Some("the path of a file");
    }
    let indexed = features.has(Feature::CodeAfter) && value.contains(&b'[');
    let code = indexed || memchr::memmem::find(value, b"!=").is_some() || memchr::memmem::find(value, b"&&").is_some();
    if !features.has(Feature::Quoted) && (code || value.ends_with(b"(") || value.starts_with(b"$") && !value.starts_with(b"$$")) {
        return Some("code");
    }
    let encrypted: &[&[u8]] = &[
        b"ENC[",
        b"$ANSIBLE_VAULT",
        b"ENC(",
        b"{cipher}",
        b"AgA",
        b"vault:v",
        b"-----BEGIN",
        b"$2a$",
        b"$2b$",
        b"$2y$",
        b"$argon2",
        b"$6$",
        b"$5$",
        b"$1$",
        b"$y$",
        b"$apr1$",
        b"$scrypt$",
        b"sha256/",
        b"LS0tLS1CRUdJTiBDRVJU",
        b"<enc",
        b"pbkdf2",
        b"PBKDF2",
        b"{SSHA",
        b"v1:AAAA",
        b"secure:",
        b"encrypted:",
        b"{AES}",
        b"AQICAH",
    ];
    // Maven writes what it encrypted as base64 in braces.
    let braced = value.starts_with(b"{") && value.ends_with(b"=}");
    if braced || value::is_hash(value) || encrypted.iter().any(|e| value.starts_with(e)) {
        return Some("encrypted or hashed");
    }
    let named = features.has(Feature::NameKey) || features.has(Feature::NameToken);
    (features.has(Feature::NamePublic) && named && !features.has(Feature::NameStrong)).then_some("named as something public")
}

/// What a value is by its form, if that is nothing secret.
fn something_else(value: &[u8], features: Features) -> Option<&'static str> {
    if value::is_scope(value) || value::is_public_nkey(value) {
        return Some("the public half");
    }
    let labelled = features.has(Feature::NameSecret) || features.has(Feature::NameKey) || features.has(Feature::NameToken);
    if labelled && value::is_label(value) {
        return Some("what a secret is called");
    }
    let plain_key = features.has(Feature::NameKey) && !features.has(Feature::NameStrong);
    if plain_key && features.has(Feature::Uuid) {
        return Some("a UUID of a key of nothing secret");
    }
    if plain_key && features.has(Feature::NameAlone) && features.has(Feature::Markup) && !features.has(Feature::RandomKey) {
        return Some("the key of an entry");
    }
    if features.has(Feature::Listed) && (value.starts_with(b"-") || features.has(Feature::NamePassword) && features.has(Feature::Hex)) {
        return Some("an option or a hash beside it");
    }
    if value.starts_with(b" ") || value.windows(5).any(|w| w == b",opt," || w == b",rep,") {
        return Some("code");
    }
    if plain_key && !features.has(Feature::RandomKey) && value::is_slug(value) {
        return Some("what something is called");
    }
    if value::is_ethereum_address(value) {
        return Some("the public half");
    }
    if value::is_date(value) || value::is_escaped(value) {
        return Some("a date or text of another alphabet");
    }
    if (features.has(Feature::NameKey) || features.has(Feature::NameToken)) && value.len() < 6 {
        return Some("too short");
    }
    None
}

/// What is made of a value at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// How likely it is a credential, 0 to 1.
    pub odds: f32,
    /// How sure a report would be; `None` when it is in none.
    pub confidence: Option<Confidence>,
    /// What holds of it, each with its weight.
    pub features: Vec<(&'static str, f32)>,
}

impl Judged {
    /// Judges with the path known.
    pub fn at(&self, path: &str) -> Judgement {
        let all = at_place(self.features, place(path));
        let confidence = if self.veto.is_none() { confidence(self.features, Some(path)) } else { None };
        Judgement { odds: all.probability(), confidence, features: all.iter().map(|i| (NAMES[i], weight(i))).collect() }
    }

    /// Whether it can be worth a report at any path.
    pub fn may_count(&self) -> bool {
        self.veto.is_none() && probability(self.features.logit() + PATH_MOST) >= LOW
    }
}

/// How sure a candidate is with its path known; `None` when it is not worth a report.
pub fn confidence(features: Features, path: Option<&str>) -> Option<Confidence> {
    let all = path.map_or(features, |p| at_place(features, place(p)));
    match all.probability() {
        p if p >= MEDIUM => Some(Confidence::Medium),
        p if p >= LOW => Some(Confidence::Low),
        _ => None,
    }
}

/// The features of a candidate together with those of its place.
pub fn at_place(own: Features, place: Features) -> Features {
    let mut all = own.and(place);
    let code = all.has(Feature::PlaceCode);
    all.set_if(code && (all.has(Feature::Tight) || all.has(Feature::Spaced)) && !all.has(Feature::InString), Feature::BareCode);
    let test = all.has(Feature::PlaceTest);
    all.set_if(test && all.has(Feature::Wordy), Feature::TestWordy);
    // `AdminPassword123!` is a dummy in tests and documentation; where things are set up, somebody chose it to satisfy a rule, and it opens something.
    let set_up = all.has(Feature::PlaceConfig) || all.has(Feature::PlaceEnv) || all.has(Feature::PlaceScript);
    let named = all.has(Feature::NamePassword) || all.has(Feature::NameSecret);
    all.set_if(all.has(Feature::Composed) && named && set_up && !test && !all.has(Feature::PlaceExample), Feature::SetComposed);
    // To one who knows English, words of other languages look like none.
    let letters = all.has(Feature::Letters) || all.has(Feature::Lower) || all.has(Feature::Upper);
    all.set_if(all.has(Feature::PlaceTranslation) && letters, Feature::Translated);
    let vector = all.has(Feature::NameKey) && all.has(Feature::NameAlone) && all.has(Feature::Hex);
    all.set_if(test && vector, Feature::TestVector);
    all
}

fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// Every value beside a telling name in a text, reported or not: line from 1, the line's text, and the judgement.
pub fn explain(bytes: &[u8]) -> Vec<(usize, &[u8], Judged)> {
    let mut found: Vec<(usize, &[u8], Judged)> = Vec::new();
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        for at in 0..line.len() {
            if STEMS.iter().any(|s| line[at..].get(..s.len()).is_some_and(|t| t.eq_ignore_ascii_case(s)))
                && let from = at.saturating_sub(512)
                && let Some(judged) = Judge::ALL.iter().find_map(|class| judge(&line[from..line.len().min(at + 640)], at - from, *class))
            {
                let shift = |(a, b): (usize, usize)| (a + from, b + from);
                let judged = Judged { name: shift(judged.name), value: shift(judged.value), ..judged };
                if found.last().is_none_or(|(n, _, j)| (*n, j.value) != (number + 1, judged.value)) {
                    found.push((number + 1, line, judged));
                }
            }
        }
    }
    found
}

/// How the words begin that name a credential.
const STEMS: &[&[u8]] = &[
    b"pass",
    b"pwd",
    b"pw",
    b"psw",
    b"psk",
    b"kennwort",
    b"contras",
    b"senha",
    b"motdepasse",
    b"mdp",
    b"wachtwoord",
    b"secret",
    b"token",
    b"key",
    b"auth",
    b"cred",
    b"bearer",
    b"basic",
    b"ntlm",
    b"://",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plainly_none_is_vetoed() {
        let vetoed = |text: &str, anchor: &str| {
            let at = text.to_ascii_lowercase().find(anchor).expect("an anchor");
            Judge::ALL.iter().find_map(|class| judge(text.as_bytes(), at, *class)).expect(text).veto
        };
        for (text, anchor, why) in [
            ("WEBHOOK_SECRET: arn:aws:secretsmanager:eu-west-1:123456789012:secret:hook-9XyZ12", "secret", "a reference"),
            ("<password>{N0T8a+CHGwwmt0riLw3r3c22aXY9lJJhNMXho7L7nvCB=}</password>", "passw", "encrypted or hashed"),
            ("HEADER_API_KEY = \"X-Api-Key\"", "key", "the name of a header"),
            ("auth_token = \"1.2.2\"", "token", "a version or address"),
            ("androidx.credentials:credentials:1.2.2", "credentials:c", "a version or address"),
            ("API_TOKEN='dt0c01.<public>.<secret>'", "token", "a placeholder"),
            ("PASSWORD_ENCODING = \"PBKDF2WithHmacSHA256\"", "passw", "encrypted or hashed"),
            ("/o/a.png?alt=media&token=bfb3311d-acb4-4808-90e8-872e053e71b3", "token", "a link to a file"),
            ("token=\"clm40325:AgencyIdentificationCodeContentType\"", "token", "the name of a type"),
            ("tokenId: 'bfb3311d-acb4-4808-90e8-872e053e71b3'", "token", "what one is called"),
            ("s3Key = 'uploads/2024/9698bf4c780005b25d9cf1516be0b991.png'", "key", "the path of a file"),
            ("DB_PASSWORD=encrypted:BDhxuSf0l496nWUgEc2vHkohvrZwYOe", "passw", "encrypted or hashed"),
            ("encryptionKey: \"k\"; secret: \"airflow-cluster1-fernet-key\"", "secret", "what a secret is called"),
            ("X-Amz-Credential=USWUXHGYZQYFYFFIT3RE%2F20170529%2Fus-east-1%2Fs3%2Faws4_request", "cred", "the public half"),
            ("\"second_key\" = \"D55D0E1E-51D9-4BCE-9021-7D201906D3C0\"", "key", "a UUID of a key of nothing secret"),
            ("<key>IDEDidComputeMac32BitWarning</key>", "key", "the key of an entry"),
            ("\"token\": \"Soph\",", "token", "too short"),
            ("\"access_token\": \"\\u4e2a\\u4eba\\u8bbf\\u95ee\"", "token", "a date or text of another alphabet"),
            ("pass: '2011-02-04',", "pass", "a date or text of another alphabet"),
            ("[![x](https://cov.acme.dev/graph/badge.svg?token=HP3K4Y4ctu)](https://cov.acme.dev)", "token", "the public half"),
            ("({username:_0xb7f9[0],password:_0xb7f9[1]}", "passw", "code"),
            ("--pinnedpubkey 'sha256//ce118b51897f4452dc'", "key", "encrypted or hashed"),
            ("key: \"alpine-0.1.0.tgz\"", "key", "the path of a file"),
            ("\"fs-minipass\": \"^1.2.7\",", "pass", "a version or address"),
            ("key: 'cn-zhangjiakou-internal',", "key", "what something is called"),
            ("token = '0x36435796Ca9be2bf150CE0dECc2D8Fab5C4d6E13'", "token", "the public half"),
            ("{node:t,token:null!=t&&t.attribute}", "token", "code"),
            ("password = password.encode(\"latin1\")", "password = ", "a dummy word"),
            ("protobuf_key:\"bytes,1,opt,name=key\"", "key", "code"),
            ("matches(\"password\", \"5f4dcc3b5aa765d61d8327deb882cf99\")", "passw", "an option or a hash beside it"),
            ("passwordHash = \"{bcrypt}$2a$10$ddEWZUl8aU0GdZPPpy7wbu82dvEw\"", "passw", "encrypted or hashed"),
            ("\u{1}\u{2}pw=u\u{b1}q7Zk", "pw", "no text around it"),
            ("key=session:2d3527f6-707c-4ecc-ab2e-ebb16b0250ad", "key", "the key of an entry"),
        ] {
            assert_eq!(vetoed(text, anchor), Some(why), "{text}");
        }
        let none = |text: &str, anchor: &str| {
            let at = text.to_ascii_lowercase().find(anchor).expect("an anchor");
            Judge::ALL.iter().all(|class| judge(text.as_bytes(), at, *class).is_none())
        };
        for (text, anchor) in [
            ("new AuthToken(\"kim\", \"password\", \"ROLE_A\")", "token"),
            ("new Login(\"kim\", \"password\", \"ROLE_A\")", "passw"),
            ("OAuth2ClientToken principal = OAuth2ProviderUtils", "token"),
            ("secret = await lib.generateSecret('A256GCMKW')", "secret('"),
            ("{\"token_uri\": \"https://token\",\"x509_cert_url_7\":\"https://cert\"}", "token\","),
            ("{\"type\": \"password\", \"lbl_x9qz\": \"7\"}", "passw"),
            ("<trusted-key id=\"015479E1055341431B4545AB72475FD306B9CAB7\" group=\"dev.acme\">", "key"),
            ("WWW-Authenticate: X-Acme-AuthToken realm=\"Newcastle\"", "token"),
            ("qop=auth]b64% %b64[rspauth=81f903eb4823ae922db5f04cb58ccdeb]b64%", "rspauth"),
            ("features = [\"secure-password\", \"civet\"]", "passw"),
            ("<label for=\"password\" class=\"screenreader\">", "passw"),
            ("<navigationItem title=\"Verify Master Password\" id=\"aka-In-IYk\">", "passw"),
        ] {
            assert!(none(text, anchor), "{text}");
        }
        for (text, anchor) in [("api_key=session:2d3527f6-707c-4ecc", "key"), ("password = \"X-9-Hawk-Rail\"", "passw")] {
            assert_eq!(vetoed(text, anchor), None, "{text}");
        }
    }

    #[test]
    fn composed_passwords_count_where_things_are_set_up() {
        let odds =
            |path: &str| judge(b"administrator_login_password = \"AdminPassword123!\"", 20, Judge::Password).expect(path).at(path).odds;
        assert!(odds("azure/sql.tf") > MEDIUM && odds("tests/sql.tf") < MEDIUM && odds("README.md") < MEDIUM);
    }

    #[test]
    fn words_of_other_languages_are_no_passwords() {
        let odds = |path: &str| judge(b"old_password=Nykyinen salasana", 4, Judge::Password).expect(path).at(path).odds;
        assert!(odds("conf/locale/locale_fi-FI.ini") < LOW && odds("conf/app.ini") > MEDIUM);
    }

    #[test]
    fn test_vectors_are_no_keys() {
        let odds = |line: &str, path: &str| judge(line.as_bytes(), 0, Judge::Key).expect(line).at(path).odds;
        let vector = "Key = ebacbd069c4243878d2e760b0df77a41";
        assert!(odds(vector, "tests/vectors/gcm.txt") < MEDIUM && odds(vector, "etc/app.ini") > MEDIUM);
    }

    #[test]
    fn a_glance_never_misses_what_is_judged() {
        for text in [
            "password = \"x\"",
            "password=x",
            "\"password\": \"x\"",
            "password: x",
            "PASSWORD 'x'",
            "setPassword(\"x\")",
            "val password: String = \"x\"",
            "var password string = \"x\"",
            "--password x",
            "<password>x</password>",
            "password\t= x",
            "['password'] = 'x'",
            "char password[16] = \"x\"",
            "\\\"password\\\":\\\"x\\\"",
            "key=\"password\" value=\"x\"",
            "**Password**: x",
            "password    = x",
            "password != \"x\"",
            "password{\"x\"};",
            "password or \"x\"",
            "password || 'x'",
            "password As String = \"x\"",
            "password is Hawk17rail.",
            "password ?: \"x\"",
        ] {
            let at = text.to_ascii_lowercase().find("passw").expect("an anchor");
            assert!(plausible(text.as_bytes(), at, Judge::Password), "{text}");
        }
        assert!(plausible(b"pw: x", 0, Judge::Password));
        for text in ["password.Pos", "passwords", "password;", "password)", "passwordless flow"] {
            assert!(!plausible(text.as_bytes(), 0, Judge::Password), "{text}");
        }
    }
}
