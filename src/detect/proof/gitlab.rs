//! GitLab's routable tokens: a checksum at the end, and in clear the user, project or group they belong to.
//!
//! `<prefix><payload>.[<version>.]<length><checksum>`: the payload in URL-safe base64, a version of two characters (absent at first),
//! the payload's length in two base36 digits, and in seven the CRC-32 of all before it. The payload holds lines such as `u:39u` and
//! random bytes, in either order, and ends in one byte of length.
//!
//! Source: gitlabhq/gitlabhq `Authn::TokenField::Generator::RoutableToken`, in both of its versions.

use super::crc::crc32;
use super::encoding::{base64url, is_base64url};
use super::{Decoded, Outcome};
use crate::model::{Class, Key, KeyKind, Proof};

/// Number of random bytes in a payload.
const RANDOM_LEN: usize = 16;

/// A routable token taken apart.
struct Routable<'a> {
    payload: &'a [u8],
    signed: &'a [u8],
    checksum: &'a [u8; 7],
}

/// Takes a token apart; `None` when a part is not there or not of its form.
fn parts(value: &[u8]) -> Option<Routable<'_>> {
    let is_base36 = |text: &[u8]| text.iter().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    let (signed, checksum) = value.split_last_chunk::<7>()?;
    let (head, length) = signed.split_last_chunk::<2>()?;
    let head = head.strip_suffix(b".").filter(|_| is_base36(checksum) && is_base36(length))?;
    let head = match head.split_last_chunk::<3>() {
        Some((unversioned, [b'.', version @ ..])) if is_base36(version) => unversioned,
        _ => head,
    };
    let length = usize::try_from(base36(length)?).ok()?;
    let payload = &head[head.len().checked_sub(length)?..];
    (length > 0 && payload.iter().copied().all(is_base64url)).then_some(Routable { payload, signed, checksum })
}

fn base36(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_alphanumeric);
    plain.then(|| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 36).ok())?
}

fn checksum_holds(token: &Routable<'_>) -> bool {
    base36(token.checksum) == Some(u64::from(crc32(token.signed)))
}

/// What a payload routes by: pairs of a letter and a number or cell name.
fn routing(payload: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let bytes = base64url(payload)?;
    let (&last, rest) = bytes.split_last()?;
    let lines_first = rest.len().checked_sub(RANDOM_LEN).filter(|_| usize::from(last) == RANDOM_LEN).map(|end| &rest[..end]);
    let lines_last = rest.len().checked_sub(usize::from(last)).filter(|at| *at == RANDOM_LEN).map(|at| &rest[at..]);
    [lines_first, lines_last].into_iter().flatten().find_map(|lines| lines.split(|b| *b == b'\n').map(pair).collect())
}

fn pair(line: &[u8]) -> Option<(u8, Vec<u8>)> {
    match line {
        [key @ (b'c' | b'g' | b'o' | b'p' | b't' | b'u'), b':', value @ ..]
            if !value.is_empty() && value.iter().all(u8::is_ascii_graphic) =>
        {
            Some((*key, value.to_vec()))
        }
        _ => None,
    }
}

/// Routable tokens; silent on the classic ones, which have no dot.
///
/// Also silent when the checksum fails over a sound payload: where an instance puts a prefix of its own before `glpat-`, the checksum
/// covers it, and the value may have been found without it.
pub(super) fn check(value: &[u8]) -> Outcome {
    if !value.contains(&b'.') {
        return Outcome::Silent;
    }
    match parts(value) {
        Some(token) if checksum_holds(&token) => Outcome::Proven(Proof::Checksum),
        Some(token) if routing(token.payload).is_some() => Outcome::Silent,
        _ => Outcome::Failed,
    }
}

/// The owner as principal: `user:N`, `project:N` or `group:N`, the first of them that is there.
pub(super) fn decode(value: &[u8]) -> Option<Decoded> {
    let routing = routing(parts(value)?.payload)?;
    let number = |key| routing.iter().find(|(k, _)| *k == key).and_then(|(_, digits)| base36(digits));
    let named = |key, name| number(key).map(|n| format!("{name}:{n}"));
    let user = named(b'u', "user");
    // A user may be a person or a bot; what belongs to a project or group itself is no person.
    let class = user.is_none().then(|| number(b'p').or_else(|| number(b'g'))).flatten().map(|_| Class::Workload);
    let principal = user.or_else(|| named(b'p', "project")).or_else(|| named(b'g', "group"));
    let kinds = [(b'u', KeyKind::GitlabUser), (b'p', KeyKind::GitlabProject), (b'g', KeyKind::GitlabGroup)];
    let keys = kinds.into_iter().filter_map(|(key, kind)| Key::new(kind, &number(key)?.to_string())).collect();
    Some(Decoded { principal, class, keys, ..Decoded::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn token(prefix: &str, payload: &[u8], version: &str) -> String {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let digits = |mut n: u32, width: usize| {
            let mut text = String::new();
            while n > 0 {
                text.insert(0, char::from_digit(n % 36, 36).expect("below 36"));
                n /= 36;
            }
            format!("{text:0>width$}")
        };
        let signed = format!("{prefix}{payload}.{version}{}", digits(payload.len() as u32, 2));
        format!("{signed}{}", digits(crc32(signed.as_bytes()), 7))
    }

    fn lines_first(lines: &str) -> Vec<u8> {
        [lines.as_bytes(), &[7; RANDOM_LEN], &[RANDOM_LEN as u8]].concat()
    }

    #[test]
    fn the_published_layout_decodes() {
        let known = format!("glpat-{}{}.140lek1kc", "YzoxCm86MQp1OjM5dQAB", "AgMEBQYHCAkKCwwNDg8Q");
        assert_eq!(check(known.as_bytes()), Outcome::Proven(Proof::Checksum));
        assert_eq!(decode(known.as_bytes()).and_then(|d| d.principal).as_deref(), Some("user:4242"));
    }

    #[test]
    fn the_versioned_layout_decodes() {
        let lines = "c:1\no:1\np:2s";
        let payload = [&[0xf3; RANDOM_LEN], lines.as_bytes(), &[lines.len() as u8]].concat();
        let token = token("glrt-t3_", &payload, "01.");
        assert_eq!(check(token.as_bytes()), Outcome::Proven(Proof::Checksum));
        let decoded = decode(token.as_bytes()).expect("decodes");
        assert_eq!((decoded.principal.as_deref(), decoded.class), (Some("project:100"), Some(Class::Workload)));
    }

    #[test]
    fn a_wrong_checksum_fails_unless_the_payload_is_sound() {
        let random = token("glpat-", &[0xa5; 30], "");
        let broken = random.replace(".14", ".15");
        assert_eq!(check(random.as_bytes()), Outcome::Proven(Proof::Checksum));
        assert_eq!(check(broken.as_bytes()), Outcome::Failed);
        let cut = token("acme-glpat-", &lines_first("o:1\ng:a"), "01.");
        assert_eq!(check(cut.trim_start_matches("acme-").as_bytes()), Outcome::Silent);
        assert_eq!(decode(cut.as_bytes()).and_then(|d| d.principal).as_deref(), Some("group:10"));
    }

    #[test]
    fn classic_tokens_are_left_alone() {
        assert_eq!(check(format!("glpat-{}", "aB3_".repeat(5)).as_bytes()), Outcome::Silent);
        assert_eq!(check(format!("glpat-{}.zz0000000", "aB3_".repeat(5)).as_bytes()), Outcome::Failed);
    }
}
