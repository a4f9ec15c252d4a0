//! Carriers: passwords in the address of a URL, and what an authorization header carries.

use super::Judged;
use super::features::{Feature, Features};
use super::value;
use crate::model::Judge;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Longest user, password and host of a URL.
const PART: usize = 128;
/// Longest value of a header.
const HEADER: usize = 1500;
/// What the message of an NTLM response begins with, in base64.
const NTLM_RESPONSE: &[u8] = b"TlRMTVNTUAADAAAA";

/// `scheme://user:password@host`, seen from its `://`.
pub fn url(line: &[u8], at: usize) -> Option<Judged> {
    // Whoever explains a line asks at every telling word.
    if !line[at..].starts_with(b"://") {
        return None;
    }
    let scheme = line[..at].iter().rev().take(24).take_while(|b| b.is_ascii_alphanumeric() || b"+.-".contains(b)).count();
    let user = at + 3;
    let plain = |b: &u8| !b.is_ascii_whitespace() && !b"/?#@\"'`<>".contains(b);
    let colon = user + line[user..].iter().take(PART).take_while(|b| plain(b) && **b != b':').count();
    let start = colon + 1;
    let end = start + line.get(start..)?.iter().take(PART).take_while(|b| plain(b)).count();
    if scheme < 2 || line.get(colon) != Some(&b':') || line.get(end) != Some(&b'@') || end == start {
        return None;
    }
    let host = &line[end + 1..line.len().min(end + 1 + PART)];
    if !host.first().is_some_and(|b| b.is_ascii_alphanumeric() || b"%$[{_".contains(b)) {
        return None;
    }
    let mut features = value::features(&line[start..end], &line[user..colon]);
    features.set(Feature::NameUrl);
    features.set_if(host.starts_with(b"example.") || host.starts_with(b"host") || host.starts_with(b"server"), Feature::HoldsDummy);
    Some(Judged { class: Judge::Url, name: (at - scheme, colon), value: (start, end), features, veto: None })
}

/// `Basic …`, `Bearer …`, `NTLM …`, seen from the scheme's name.
pub fn header(line: &[u8], at: usize) -> Option<Judged> {
    let scheme = line[at..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let blanks = line[at + scheme..].iter().take(4).take_while(|b| **b == b' ').count();
    let start = at + scheme + blanks;
    let token = |b: &u8| b.is_ascii_alphanumeric() || b"+/._~=-".contains(b);
    let end = start + line[start..].iter().take(HEADER).take_while(|b| token(b)).count();
    let (text, name) = (&line[start..end], line[at..at + scheme].to_ascii_lowercase());
    let fresh = at == 0 || !line[at - 1].is_ascii_alphanumeric();
    if blanks == 0 || !fresh {
        return None;
    }
    let features = match &name[..] {
        b"basic" => basic(text)?,
        b"ntlm" if text.starts_with(NTLM_RESPONSE) => with(value::features(text, b""), &[Feature::NameBasic, Feature::Random]),
        b"bearer" | b"token" | b"apikey" if text.len() >= 16 && text.iter().any(u8::is_ascii_digit) => {
            with(value::features(text, b"token"), &[Feature::NameBearer])
        }
        _ => return None,
    };
    Some(Judged { class: Judge::Header, name: (at, at + scheme), value: (start, end), features, veto: None })
}

/// What user and password say that stand in base64; `None` when the text is no such pair.
fn basic(text: &[u8]) -> Option<Features> {
    let trimmed = text.trim_ascii_end().strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let decoded = STANDARD_NO_PAD.decode(trimmed).ok()?;
    let colon = decoded.iter().position(|b| *b == b':')?;
    let (user, password) = (&decoded[..colon], &decoded[colon + 1..]);
    let printable = decoded.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
    (printable && password.len() >= 3).then(|| with(value::features(password, user), &[Feature::NameBasic]))
}

fn with(mut features: Features, more: &[Feature]) -> Features {
    more.iter().for_each(|f| features.set(*f));
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, anchor: &str, read: fn(&[u8], usize) -> Option<Judged>) -> Option<String> {
        let judged = read(text.as_bytes(), text.find(anchor).expect("the anchor"))?;
        Some(text[judged.value.0..judged.value.1].to_owned())
    }

    #[test]
    fn passwords_are_read_from_urls() {
        assert_eq!(found("connect nats://svc:gltzmtkd@%s:%d now", "://", url).as_deref(), Some("gltzmtkd"));
        assert_eq!(found("-p pw", "pw", url), None);
        assert_eq!(found("amqp://u:p%40ss@mq.acme.dev/x", "://", url).as_deref(), Some("p%40ss"));
        for text in ["https://acme.dev:8443/path", "https://acme.dev/a:b@c", "http://[::1]:80/", "mailto://a@b"] {
            assert_eq!(found(text, "://", url), None, "{text}");
        }
    }

    #[test]
    fn headers_carry_pairs_and_tokens() {
        assert_eq!(found("'Basic YW1qZ3U6cWJ4c3Zv'", "Basic", header).as_deref(), Some("YW1qZ3U6cWJ4c3Zv"));
        assert_eq!(found("Bearer k3J9sLq0ZpW7vXb2tY", "Bearer", header).as_deref(), Some("k3J9sLq0ZpW7vXb2tY"));
        for text in ["Basic information about", "Basic authentication", "Basic aGVsbG8gd29ybGQ="] {
            assert_eq!(found(text, "Basic", header), None, "{text}");
        }
    }
}
