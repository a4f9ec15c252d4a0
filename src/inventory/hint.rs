//! Hints: the few characters of a secret that issuers show, however they hide the rest.

use crate::model::Hint;

/// Bits of a character by alphabet.
const BASE64URL: f32 = 6.0;
/// Letters and digits.
pub(super) const BASE62: f32 = 5.954;
/// Hexadecimal digits.
pub(super) const HEX: f32 = 4.0;

/// What all keys of a kind have in common, so that showing it tells nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common<'c> {
    /// Beginnings, the longest that fits counts.
    pub prefixes: &'c [&'c str],
    /// End.
    pub suffix: &'c str,
    /// Bits of a character between.
    pub bits: f32,
}

/// Reads what is shown of a secret, such as `sk-proj-...9f2c`, `sk-abc****def` or `9f2c`; `None` where nothing is.
///
/// Source of the bits: characters shown beyond what all keys have, by their alphabet.
pub(super) fn parse(shown: &str, common: Common<'_>) -> Option<Box<Hint>> {
    let text = shown.trim();
    let is_hidden = |c: char| matches!(c, '*' | '•' | '·' | '…' | '●');
    let begin = text.find("...").or_else(|| text.find(is_hidden)).or_else(|| text.find("XXXX")).or_else(|| text.find("xxxx"));
    let (prefix, suffix) = match begin {
        Some(at) => {
            // What is hidden may be in several runs: `api-****-****ab12`.
            let from = text.rfind(is_hidden).map_or(at, |last| last + text[last..].chars().next().map_or(1, char::len_utf8));
            let rest = &text[from..];
            (&text[..at], rest.trim_start_matches(['.', 'X', 'x']))
        }
        None => ("", text),
    };
    let own = |text: &str| text.chars().count() as f32;
    let fixed = common.prefixes.iter().filter(|p| prefix.starts_with(**p)).map(|p| p.len()).max().unwrap_or(0);
    // A beginning that is itself shorter than what is common tells nothing either.
    let is_common = common.prefixes.iter().any(|p| p.starts_with(prefix));
    let before = if is_common { 0.0 } else { own(&prefix[fixed..]) };
    let after = own(suffix.strip_suffix(common.suffix).filter(|_| !common.suffix.is_empty()).unwrap_or(suffix));
    let bits = (before + after) * common.bits;
    let is_sound = |part: &str| part.len() <= 64 && part.chars().all(|c| c.is_ascii_graphic());
    (bits > 0.0 && is_sound(prefix) && is_sound(suffix))
        .then(|| Box::new(Hint { prefix: prefix.into(), suffix: suffix.into(), bits, within: None }))
}

/// The hint of a provider's keys of letters, digits, `-` and `_` with these beginnings.
pub(super) fn base64url(shown: &str, prefixes: &[&str]) -> Option<Box<Hint>> {
    parse(shown, Common { prefixes, suffix: "", bits: BASE64URL })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_in_the_wild_come_to_the_free_bits() {
        let openai = |text: &str| {
            base64url(text, &["sk-", "sk-proj-", "sk-svcacct-", "sk-admin-"]).map(|h| (h.prefix.to_string(), h.suffix.to_string(), h.bits))
        };
        assert_eq!(openai("sk-proj-...9f2c"), Some(("sk-proj-".into(), "9f2c".into(), 24.0)));
        assert_eq!(openai("sk-abc...def"), Some(("sk-abc".into(), "def".into(), 36.0)));
        assert_eq!(openai("sk-...abcd"), Some(("sk-".into(), "abcd".into(), 24.0)));
        assert_eq!(openai("sk-proj-********************9f2c").map(|h| h.1), Some("9f2c".into()));
        assert_eq!(openai("9f2c").map(|h| (h.0, h.1)), Some(("".into(), "9f2c".into())));
        assert_eq!(openai("sk-proj-…9f2c").map(|h| h.2), Some(24.0));
        assert_eq!(openai("sk-proj-..."), None);
        assert_eq!(openai("sk-****-****-****9f2c").map(|h| h.1), Some("9f2c".into()));
        assert_eq!(openai("sk-XXXXXXXX9f2c").map(|h| h.1), Some("9f2c".into()));
        let anthropic = parse("sk-ant-api03-R2D...igAA", Common { prefixes: &["sk-ant-api03-"], suffix: "AA", bits: BASE64URL }).unwrap();
        assert_eq!((&*anthropic.prefix, &*anthropic.suffix, anthropic.bits), ("sk-ant-api03-R2D", "igAA", 30.0));
        assert_eq!(parse("ab12", Common { prefixes: &[], suffix: "", bits: HEX }).map(|h| h.bits), Some(16.0));
        assert_eq!(parse("", Common { prefixes: &[], suffix: "", bits: HEX }), None);
    }
}
