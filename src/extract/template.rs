//! Templates of YAML (Go's, as Helm has them, and Jinja's) made readable as YAML: actions give way to blanks or to a placeholder, and
//! every byte stays at its place.

use std::ops::Range;

/// Words that begin an action which gives nothing by itself.
const CONTROL: &[&str] = &[
    "if", "else", "end", "range", "with", "define", "block", "template", "break", "continue", "for", "endfor", "endif", "set", "raw",
    "endraw",
];

/// The text with its template actions undone; `None` where it has none, or one that does not end.
///
/// What stands for a value becomes `${___`, which no reader takes for a name; all else becomes blanks.
pub(super) fn undone(text: &str) -> Option<String> {
    let actions = actions(text)?;
    let mut bytes = text.as_bytes().to_vec();
    for (action, is_alone) in actions.iter().zip(alone(text, &actions)) {
        let filler = if is_value(&text[action.clone()], is_alone) { b'_' } else { b' ' };
        for byte in &mut bytes[action.clone()] {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = filler;
            }
        }
        if filler == b'_' {
            bytes[action.start] = b'$';
            bytes[action.start + 1] = b'{';
        }
    }
    String::from_utf8(bytes).ok()
}

/// The spans of all actions, in order.
fn actions(text: &str) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find('{').map(|n| n + at) {
        let close = match text.as_bytes().get(begin + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                at = begin + 1;
                continue;
            }
        };
        let end = text[begin + 2..].find(close)? + begin + 4;
        found.push(begin..end);
        at = end;
    }
    (!found.is_empty()).then_some(found)
}

/// For each action whether nothing but actions stands on its line.
fn alone(text: &str, actions: &[Range<usize>]) -> Vec<bool> {
    let mut alone = Vec::with_capacity(actions.len());
    while let Some(first) = actions.get(alone.len()) {
        let mut at = text[..first.start].rfind('\n').map_or(0, |n| n + 1);
        let (mut blank, mut count) = (true, 0);
        for action in &actions[alone.len()..] {
            // An action may reach over lines: those that begin where it ends share its line.
            let between = &text[at..action.start];
            if count > 0 && between.contains('\n') {
                break;
            }
            blank &= between.trim().is_empty();
            (at, count) = (action.end, count + 1);
        }
        blank &= text[at..].split('\n').next().unwrap_or_default().trim().is_empty();
        alone.resize(alone.len() + count, blank);
    }
    alone
}

/// Whether an action stands for a value, rather than for lines of its own or for nothing.
fn is_value(written: &str, is_alone: bool) -> bool {
    let inner = written[2..written.len() - 2].trim_matches(['-', '~', '+']).trim();
    let word: &str = inner.split([' ', '\n', '(', '\t']).next().unwrap_or_default();
    let gives_nothing = !written.starts_with("{{")
        || CONTROL.contains(&word)
        || inner.starts_with("/*")
        || inner.contains(":=")
        || inner.contains("indent ")
        || written.contains('\n');
    !gives_nothing && !is_alone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_give_way_and_nothing_moves() {
        let text = "{{- if .Values.on }}\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-db\n  labels: {{- include \"x\" . | nindent 4 }}\n{{ toYaml .Values.a }}\ndata:\n  k: \"{{ .Values.p | default \"x\" }}\"\n{{- /* gone\n */}}\n{{ end }}\n";
        let undone = undone(text).unwrap();
        assert_eq!(undone.len(), text.len());
        let lines: Vec<&str> = undone.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "");
        assert!(lines[4].starts_with("  name: ${__") && lines[4].ends_with("_-db"), "{}", lines[4]);
        assert_eq!((lines[5], lines[6]), ("  labels:", ""));
        assert!(lines[8].starts_with("  k: \"${__") && lines[8].ends_with("_\""));
        assert!(lines[9].is_empty() && lines[11].is_empty());
    }

    #[test]
    fn what_is_no_template_or_does_not_end_is_left_alone() {
        assert_eq!(undone("a: {b: c}\n"), None);
        assert_eq!(undone("a: {{ b\n"), None);
        assert_eq!(undone("{% raw %}a: 1{% endraw %}").unwrap().trim(), "a: 1");
        assert!(undone("é: {{ é }}é\n").unwrap().ends_with("_é\n"));
    }
}
