//! Names: whether an identifier says that its value is a credential, and of which kind.

use super::features::{Feature, Features};
use super::lexicon::has;
use crate::model::Judge;

/// Longest identifier that is read, either side of its anchor.
const LONGEST: usize = 64;
/// Most words of an identifier that are looked at.
const WORDS: usize = 12;

/// An identifier that names a credential.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// Where it begins in the line.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it names.
    pub class: Judge,
    /// What it says.
    pub features: Features,
    /// Whether its value is what the credential is called or numbered: `secretName`, `tokenId`.
    pub label: bool,
}

/// Reads the identifier around an anchor.
pub fn read(line: &[u8], at: usize) -> Option<Name> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$');
    let start = at - line[at.saturating_sub(LONGEST)..at].iter().rev().take_while(|b| part(b)).count();
    let mut end = at + line[at..line.len().min(at + LONGEST)].iter().take_while(|b| part(b)).count();
    // An escape before the name (`\npassword=`) is none of it.
    let start = if start > 0 && line[start - 1] == b'\\' && b"nrt".contains(&line[start]) { start + 1 } else { start };
    if start >= end || start > at {
        return None;
    }
    // A word between colons is one of a list, as in `arn:aws:secretsmanager:…:secret:name` and `group:name:1.2`.
    if start > 1 && line[start - 1] == b':' && line[start - 2].is_ascii_alphanumeric() && line.get(end) == Some(&b':') {
        return None;
    }
    // `(?<token>[a-z]+)` of a regular expression, `$PWD` of a shell.
    if line[..start].ends_with(b"(?<") || line[..start].ends_with(b"(?P<") || &line[start..end] == b"$PWD" || is_verdict(line, start, end) {
        return None;
    }
    // A full stop at the end ends a sentence, a hyphen an option.
    while end > start && matches!(line[end - 1], b'.' | b'-' | b'$') {
        end -= 1;
    }
    let mut words = [(0usize, 0usize); WORDS];
    let count = split(&line[start..end], &mut words);
    let words = &words[..count];
    let word = |i: usize| &line[start + words[i].0..start + words[i].1];
    let (head, class) = (0..count).rev().find_map(|i| Some((i, class_of(word(i))?)))?;
    // The anchor must be in the word that counts, so that each assignment is judged once.
    if at < start + words[head].0 || at >= start + words[head].1 {
        return None;
    }
    let mut features = Features::default();
    features.set(match class {
        Judge::Password => Feature::NamePassword,
        Judge::Secret => Feature::NameSecret,
        Judge::Token => Feature::NameToken,
        Judge::Key => Feature::NameKey,
        _ => Feature::NameAuth,
    });
    let lone = count == 1 && word(0).len() <= 8;
    let before = if head > 0 { Some(word(head - 1)) } else { spoken_before(line, start) };
    // `process.env.TOKEN`, `import.meta.env.TOKEN`: what is asked for is the token.
    let is_asked = head > 1 && word(head - 1) == b"env" && matches!(word(head - 2), b"process" | b"meta");
    let before = before.filter(|_| !is_asked);
    let fused = fused_with(word(head));
    let strong = before.is_some_and(|w| has("secret-of", w)) || fused.is_some_and(|w| has("secret-of", w));
    let public = (0..head).any(|i| has("surely-public", word(i)))
        || before.is_some_and(|w| has("public-of", w)) && !matches!(class, Judge::Password | Judge::Secret)
        // What an encoder of passwords makes of one is its hash; of a key it is the key.
        || class == Judge::Password && before.is_some_and(|w| w.eq_ignore_ascii_case(b"encoded"))
        || fused.is_some_and(|w| has("public-of", w));
    features.set_if(strong, Feature::NameStrong);
    features.set_if(public, Feature::NamePublic);
    features.set_if(lone, Feature::NameAlone);
    let after = (head + 1..count).map(word);
    // Of a `secret_id` of Vault nobody knows from the name alone.
    let label = count > head + 1
        && match word(count - 1).to_ascii_lowercase().as_slice() {
            b"name" => true,
            b"id" => !matches!(class, Judge::Password | Judge::Secret),
            _ => false,
        };
    let (mut about, mut tail) = ((0..head).any(|i| has("said-of", word(i))), false);
    for w in after {
        about |= has("about", w);
        tail |= !has("neutral", w) && !w.iter().all(u8::is_ascii_digit);
    }
    features.set_if(about, Feature::NameAbout);
    features.set_if(tail, Feature::NameTail);
    let text = &line[start..end];
    features.set_if(!text.iter().any(u8::is_ascii_lowercase) && text.len() > 3, Feature::NameShout);
    features.set_if(in_prose(line, start), Feature::NameProse);
    Some(Name { start, end, class, features, label })
}

/// `PASS: case`, `XPASS: case`, `--- PASS: TestCase (0.00s)`: how runners of tests report, at the start of a line or with more words behind.
fn is_verdict(line: &[u8], start: usize, end: usize) -> bool {
    if !matches!(&line[start..end], b"PASS" | b"XPASS") || !line[end..].starts_with(b": ") {
        return false;
    }
    let rest = line[end + 2..].trim_ascii();
    start == 0
        || line[..start].ends_with(b"--- ")
        || line[start] == b'X'
        || !rest.starts_with(b"\"") && !rest.starts_with(b"'") && rest.contains(&b' ')
}

/// Splits an identifier into words, at punctuation and at humps; gives their number.
fn split(text: &[u8], words: &mut [(usize, usize); WORDS]) -> usize {
    let (mut count, mut from) = (0, 0);
    let mut cut = |from: usize, to: usize| {
        if to > from {
            if count == WORDS {
                words.rotate_left(1);
                count -= 1;
            }
            words[count] = (from, to);
            count += 1;
        }
    };
    for i in 0..text.len() {
        let (b, before) = (text[i], i.checked_sub(1).map(|j| text[j]));
        let hump = b.is_ascii_uppercase()
            && (before.is_some_and(|p| p.is_ascii_lowercase())
                || before.is_some_and(|p| p.is_ascii_uppercase() || p.is_ascii_digit())
                    && text.get(i + 1).is_some_and(u8::is_ascii_lowercase)
                    && text.get(i + 1) != Some(&b's'));
        let digits = b.is_ascii_digit() && before.is_some_and(|p| p.is_ascii_alphabetic());
        if !b.is_ascii_alphanumeric() {
            cut(from, i);
            from = i + 1;
        } else if hump || digits {
            cut(from, i);
            from = i;
        }
    }
    cut(from, text.len());
    count
}

/// What a word names, if it names a credential.
fn class_of(word: &[u8]) -> Option<Judge> {
    let mut lower = [0; LONGEST * 2];
    let n = word.len().min(lower.len());
    lower[..n].copy_from_slice(&word[..n]);
    lower[..n].make_ascii_lowercase();
    let word = &lower[..n];
    let holds = |part: &[u8]| word.windows(part.len()).any(|w| w == part);
    let plural = word.ends_with(b"s") && !word.ends_with(b"pass");
    if holds(b"passw")
        || holds(b"passphrase")
        || holds(b"pwd")
        || holds(b"passcode")
        || matches!(word, b"pass" | b"pw" | b"psw" | b"pswd" | b"psk")
        || has("password", word)
    {
        return (!plural && !word.ends_with(b"passwordless")).then_some(Judge::Password);
    }
    if word.ends_with(b"pass") && !matches!(word, b"compass" | b"bypass" | b"surpass" | b"trespass" | b"encompass" | b"overpass") {
        return Some(Judge::Password);
    }
    // The answer of a server that one has shown the password to.
    if word == b"rspauth" {
        return None;
    }
    if plural && !word.starts_with(b"cred") {
        return None;
    }
    if holds(b"secret") {
        return Some(Judge::Secret);
    }
    if word.ends_with(b"token") || word == b"tok" {
        return Some(Judge::Token);
    }
    if word.ends_with(b"key")
        && !matches!(
            word,
            b"monkey"
                | b"donkey"
                | b"turkey"
                | b"hockey"
                | b"jockey"
                | b"whiskey"
                | b"hotkey"
                | b"smokey"
                | b"keykey"
                | b"lackey"
                | b"mickey"
        )
    {
        return Some(Judge::Key);
    }
    (matches!(word, b"auth" | b"credential" | b"credentials" | b"cred" | b"creds" | b"bearer") || word.ends_with(b"auth"))
        .then_some(Judge::Auth)
}

/// What stands before the credential's word in one: `api` of `apikey`.
fn fused_with(word: &[u8]) -> Option<&[u8]> {
    let tails: &[&[u8]] = &[b"key", b"token", b"secret"];
    tails.iter().find_map(|t| {
        let cut = word.len().checked_sub(t.len()).filter(|c| *c > 0)?;
        word[cut..].eq_ignore_ascii_case(t).then_some(&word[..cut])
    })
}

/// The word before the name in running text: `API` of `API key: …`.
fn spoken_before(line: &[u8], start: usize) -> Option<&[u8]> {
    let end = start.checked_sub(1).filter(|i| line[*i] == b' ')?;
    let from = end - line[..end].iter().rev().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    (from < end).then_some(&line[from..end])
}

/// Whether the name is a word of a sentence: two words before it on the line.
fn in_prose(line: &[u8], start: usize) -> bool {
    let before = &line[start.saturating_sub(40)..start];
    let blanks = before.windows(3).filter(|w| w[0].is_ascii_alphabetic() && w[1] == b' ' && w[2].is_ascii_alphabetic()).count();
    before.ends_with(b" ") && before.len() >= 2 && before[before.len() - 2].is_ascii_alphabetic() && blanks >= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str, anchor: &str) -> Option<Name> {
        read(text.as_bytes(), text.find(anchor).expect("the anchor"))
    }

    #[test]
    fn the_last_word_that_names_a_credential_counts() {
        for (text, anchor, class) in [
            ("db_password", "passw", Judge::Password),
            ("smtpPwd", "Pwd", Judge::Password),
            ("client_secret", "secret", Judge::Secret),
            ("secretAccessKey", "Key", Judge::Key),
            ("APIKey", "Key", Judge::Key),
            ("apikey", "apikey", Judge::Key),
            ("config.auth_token", "token", Judge::Token),
            ("DB_PASS", "PASS", Judge::Password),
        ] {
            assert_eq!(name(text, anchor).map(|n| n.class), Some(class), "{text}");
        }
        assert!(name("secretAccessKey", "secret").is_none());
        for (text, anchor) in [("tokens", "token"), ("monkey", "key"), ("bypass", "pass"), ("aws:1:secret:db-9Xy", "secret")] {
            assert!(name(text, anchor).is_none(), "{text}");
        }
    }

    #[test]
    fn verdicts_and_references_name_nothing() {
        for (text, anchor) in [
            ("PASS: ld-elf/shared.exp", "PASS"),
            ("    --- PASS: TestLogin/bare (0.01s)", "PASS"),
            ("  XPASS: objcopy", "PASS"),
            ("  PASS: 12 of 13 cases", "PASS"),
            ("docker run -v \"$PWD\":/usr/share/site web", "PWD"),
            ("\"^Bearer (?<token>[a-z]+)$\"", "token"),
        ] {
            assert!(name(text, anchor).is_none(), "{text}");
        }
        assert!(name("  PASS: Hawk17rail", "PASS").is_some() && name("$PASS = 'Hawk17rail'", "PASS").is_some());
    }

    #[test]
    fn what_stands_around_the_word_is_told() {
        let has = |text: &str, anchor: &str, feature| name(text, anchor).expect(text).features.has(feature);
        assert!(has("API key", "key", Feature::NameStrong));
        assert!(has("api_key", "key", Feature::NameStrong));
        assert!(has("publicKey", "Key", Feature::NamePublic));
        assert!(has("nextToken", "Token", Feature::NamePublic));
        assert!(has("password_hint", "passw", Feature::NameAbout));
        assert!(!has("password_value", "passw", Feature::NameTail));
        assert!(has("DB_PASSWORD", "PASSW", Feature::NameShout));
        let label = |text: &str, anchor: &str| name(text, anchor).expect(text).label;
        assert!(
            label("secretName", "secret") && label("api_key_id", "key") && !label("secret_id", "secret") && !label("name_token", "token")
        );
        assert!(has("emptyPassword", "Passw", Feature::NameAbout) && has("encodedPassword", "Passw", Feature::NameAbout));
        assert!(has("key_derivation_salt", "key", Feature::NameAbout));
        assert!(has("Change the user password", "passw", Feature::NameProse));
    }
}
