//! Text from a repository made safe to show: paths, authors and lines are written by whoever could push.

use std::borrow::Cow;

/// Characters shown of any one text; the rest is replaced by `...`.
const LONGEST: usize = 4096;

/// `text` without anything that moves the cursor, changes colours, reorders or hides characters: such characters are written as
/// Rust would escape them (`\n`, `\u{1b}`). Backslashes stay as they are, so this is for reading, not for parsing back.
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && !text.chars().any(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().min(LONGEST) + 16);
    let mut rest = text.chars();
    for c in rest.by_ref().take(LONGEST) {
        push(&mut safe, c);
    }
    if rest.next().is_some() {
        safe.push_str("...");
    }
    Cow::Owned(safe)
}

/// Like [`shown`], for a line of code: tabs stay, since what draws the line expands them, and nothing is cut.
pub fn shown_line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\t' && is_hazard(c)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c == '\t' { safe.push(c) } else { push(&mut safe, c) }
    }
    Cow::Owned(safe)
}

/// Like [`shown`], for a cell of a table: no spreadsheet takes it for a formula.
pub fn shown_cell(text: &str) -> String {
    let safe = shown(text).into_owned();
    if safe.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{safe}") } else { safe }
}

fn push(safe: &mut String, c: char) {
    if is_hazard(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
}

/// Control characters; marks that change the direction of text (the "Trojan Source" set of CVE-2021-42574); line separators;
/// characters that take no room and no part in any script. Joiners stay: scripts and emoji need them.
fn is_hazard(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_spelled_out() {
        assert_eq!(shown("a\u{1b}[2Jb\r\nc\u{9b}31m"), "a\\u{1b}[2Jb\\r\\nc\\u{9b}31m");
        assert_eq!(shown("x\u{202e}txt.exe\u{200b}"), "x\\u{202e}txt.exe\\u{200b}");
        assert_eq!(shown_line("\tkey\u{7}"), "\tkey\\u{7}");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        let text = "src/Größe/日本語 👩\u{200d}💻 \\n.rs";
        assert!(matches!(shown(text), Cow::Borrowed(t) if t == text));
    }

    #[test]
    fn endless_text_is_cut() {
        assert_eq!(shown(&"é".repeat(100_000)).chars().count(), LONGEST + 3);
    }
}
