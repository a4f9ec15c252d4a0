//! Signs: what words around a name say of whether a value follows.

use super::syntax::LONGEST;
use memchr::memmem;

/// What stands between a name and the text that is taken when it has no value: `or`, `||`, `??`, `?:`; how long it is.
pub fn fallback(text: &[u8]) -> Option<usize> {
    let operator = [&b"or "[..], b"|| ", b"?? ", b"?: "].into_iter().find(|o| text.starts_with(o))?;
    matches!(text.get(operator.len()), Some(b'"' | b'\'' | b'`')).then_some(operator.len())
}

/// `is` before a word that has letters and digits, as nothing but a value in running text does; how long it is.
pub fn spoken(text: &[u8]) -> Option<usize> {
    let word = text.strip_prefix(b"is ")?;
    let word = &word[..word.iter().take(LONGEST).take_while(|b| b.is_ascii_graphic()).count()];
    let mixed = word.iter().any(u8::is_ascii_digit) && word.iter().filter(|b| b.is_ascii_alphabetic()).count() >= 2;
    (word.len() >= 8 && mixed && !word.contains(&b'(')).then_some(3)
}

/// Whether the name at `name` stands in a comment.
pub fn is_commented(line: &[u8], name: usize) -> bool {
    let before = &line[..name];
    let start = before.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(name);
    let lead = &line[start..];
    let starts = [&b"#"[..], b"//", b"* ", b"/*", b"--", b"; ", b"<!--", b"%", b"REM "].iter().any(|c| lead.starts_with(c));
    let option = lead.starts_with(b"--") && lead.get(2).is_some_and(|b| *b != b' ');
    let inside = memmem::find(before, b" # ").is_some() || memmem::find(before, b" // ").is_some();
    starts && !option || inside
}

/// Length of a quote that is spelled out, as in JSON within HTML or within JSON: `&quot;`, `\u0022`, `\x22`.
pub fn spelled_quote(text: &[u8]) -> Option<usize> {
    let spelled = [&b"&quot;"[..], b"&#34;", b"&#39;", b"\\u0022", b"\\u0027", b"\\x22"];
    spelled.into_iter().find(|quote| text.starts_with(quote)).map(<[u8]>::len)
}

/// Length of the word between a name and its type in Basic: `password As String`.
pub fn as_word(text: &[u8]) -> usize {
    if text.starts_with(b"As ") || text.starts_with(b"AS ") { 3 } else { 0 }
}

/// Whether a text in quotes may name the one behind it in a list: it is no further one of several texts, as in `("kim", "password", "ROLE_A")`, and
/// stands in no array, as in `["password", "remember"]`, unless it is an option of a command.
pub fn is_paired(before: &[u8], option: bool) -> bool {
    match before.last() {
        Some(b'[') => option,
        Some(b',') => {
            option
                || !before[..before.len() - 1].trim_ascii_end().ends_with(b"\"")
                    && !before[..before.len() - 1].trim_ascii_end().ends_with(b"'")
        }
        _ => true,
    }
}

/// `setPassword`, `db.set_token`.
pub fn is_setter(name: &[u8]) -> bool {
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    last.starts_with(b"set") && last.get(3).is_some_and(|b| b.is_ascii_uppercase() || *b == b'_')
}

/// `generateSecret`, `keys.get_token`: what it takes says which one, or of which kind.
pub fn is_getter(name: &[u8]) -> bool {
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    let verbs: &[&[u8]] = &[b"generate", b"create", b"get", b"fetch", b"find", b"load", b"read", b"delete", b"remove"];
    verbs.iter().any(|v| last.starts_with(v) && last.get(v.len()).is_some_and(|b| b.is_ascii_uppercase() || *b == b'_'))
}
