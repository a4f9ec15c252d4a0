//! Templates of YAML (Go's, as Helm has them, and Jinja's) made readable as YAML: actions give way to blanks or to a placeholder, and
//! every byte stays at its place.

use std::ops::Range;

/// Words that begin an action which gives nothing by itself.
const CONTROL: &[&str] = &[
    "if", "else", "end", "range", "with", "define", "block", "break", "continue", "for", "endfor", "endif", "elif", "set", "raw", "endraw",
];

/// Words that begin a stretch which an `end` closes.
const OPENING: &[&str] = &["if", "range", "with", "define", "block", "for"];

/// Which of the alternatives of a condition are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Branches {
    /// All, one below the other.
    All,
    /// Those before any `else`.
    First,
    /// Those behind the last `else`, where there is one.
    Last,
    /// As the last, without what has no `else`: what a chart's own values leave out may make no YAML. Whole manifests are left.
    Fewest,
    /// None but those that hold whole manifests.
    Manifests,
}

/// The text with its template actions undone; `None` where it has none, or one that does not end, or for a choice of branches where there
/// is nothing to choose.
///
/// What stands for a value becomes `$(___`, which no reader takes for a name; all else becomes blanks, and a line of nothing else becomes
/// line ends, as a longer blank line would end a block of text.
pub(super) fn undone(text: &str, branches: Branches) -> Option<String> {
    let actions = actions(text)?;
    let left_out = match branches {
        Branches::All => Vec::new(),
        _ => Some(left_out(text, &actions, branches)).filter(|l| !l.is_empty())?,
    };
    let mut bytes = text.as_bytes().to_vec();
    for (action, is_alone) in actions.iter().zip(alone(text, &actions)) {
        let is_value = is_value(text, action, is_alone);
        blank(&mut bytes[action.clone()], if is_value { b'_' } else { b' ' });
        if is_value {
            bytes[action.start..action.start + 2].copy_from_slice(b"$(");
        }
    }
    outermost(left_out).into_iter().for_each(|span| blank(&mut bytes[span], b' '));
    aligned(text, &mut bytes);
    String::from_utf8(bytes).ok()
}

fn blank(bytes: &mut [u8], filler: u8) {
    bytes.iter_mut().filter(|b| !matches!(**b, b'\n' | b'\r')).for_each(|b| *b = filler);
}

/// A stretch between an action that opens it and its `end`.
struct Stretch {
    /// Behind the action.
    begin: usize,
    /// Whether it depends on something, rather than being a part with a name.
    is_optional: bool,
    /// Where its first `else` begins.
    first: Option<usize>,
    /// Where its last `else` ends.
    last: usize,
}

/// Spans without those that lie in others, so that deep nesting costs no more than its text.
fn outermost(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|s| (s.start, std::cmp::Reverse(s.end)));
    let mut end = 0;
    spans.retain(|s| {
        let is_new = s.end > end;
        end = end.max(s.end);
        is_new
    });
    spans
}

/// The spans of the alternatives that are not wanted.
fn left_out(text: &str, actions: &[Range<usize>], wanted: Branches) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Vec<Stretch> = Vec::new();
    let manifests: Vec<usize> = memchr::memmem::find_iter(text.as_bytes(), "apiVersion:").collect();
    for action in actions {
        let word = word(&text[action.clone()]);
        match word {
            "else" | "elif" => {
                if let Some(stretch) = open.last_mut() {
                    stretch.first.get_or_insert(action.start);
                    stretch.last = action.end;
                }
            }
            "end" | "endif" | "endfor" => found.extend(open.pop().and_then(|s| unwanted(&manifests, &s, action.start, wanted))),
            _ if OPENING.contains(&word) => {
                let is_optional = !matches!(word, "define" | "block");
                open.push(Stretch { begin: action.end, is_optional, first: None, last: action.end });
            }
            _ => {}
        }
    }
    found
}

/// What of a stretch that ends at `end` is not wanted. `manifests` is where manifests begin.
fn unwanted(manifests: &[usize], stretch: &Stretch, end: usize, wanted: Branches) -> Option<Range<usize>> {
    match wanted {
        Branches::All => None,
        Branches::First => stretch.first.map(|first| first..end),
        Branches::Last => stretch.first.map(|_| stretch.begin..stretch.last),
        Branches::Fewest | Branches::Manifests => {
            let chosen = stretch.first.filter(|_| wanted == Branches::Fewest).map(|_| stretch.last);
            let rest = stretch.begin..chosen.unwrap_or(end);
            let holds_manifest = manifests.get(manifests.partition_point(|at| *at < rest.start)).is_some_and(|at| *at < rest.end);
            (stretch.is_optional && !holds_manifest).then_some(rest)
        }
    }
}

/// Puts what follows an action at the beginning of a line where the line began, and makes lines of blanks empty.
fn aligned(text: &str, bytes: &mut [u8]) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let written = line.trim_end_matches(['\n', '\r']);
        let now = &mut bytes[start..start + written.len()];
        start += line.len();
        let (before, blanks) = (indent(written.as_bytes()), indent(now));
        if blanks == now.len() {
            now.fill(b'\n');
        } else if blanks > before && begins_node(&now[blanks..]) {
            now[..blanks - before].fill(b'\n');
        }
    }
}

/// Whether a line begins a node, rather than going on with one.
fn begins_node(line: &[u8]) -> bool {
    line.starts_with(b"- ") || line.ends_with(b":") || memchr::memmem::find(line, b": ").is_some()
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|b| **b == b' ').count()
}

/// The spans of all actions, in order.
fn actions(text: &str) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find('{').map(|n| n + at) {
        let close = match text.as_bytes().get(begin + 1) {
            Some(b'{') if is_comment(&text[begin + 2..]) => "*/",
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            // A shell's `${#list}` is no comment.
            Some(b'#') if !text[..begin].ends_with('$') => "#}",
            _ => {
                at = begin + 1;
                continue;
            }
        };
        let inner = text[begin + 2..].find(close)? + begin + 2;
        let end = if close == "*/" { inner + text[inner..].find("}}")? } else { inner } + 2;
        found.push(begin..end);
        at = end;
    }
    (!found.is_empty()).then_some(found)
}

/// Whether an action is a comment of Go's, which may hold actions.
fn is_comment(inner: &str) -> bool {
    inner.trim_start_matches('-').trim_start().starts_with("/*")
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

/// The word that an action begins with.
fn word(written: &str) -> &str {
    inner(written).split([' ', '\n', '(', '\t']).next().unwrap_or_default()
}

fn inner(written: &str) -> &str {
    written[2..written.len() - 2].trim_matches(['-', '~', '+']).trim()
}

/// Whether an action stands for a value, rather than for lines of its own or for nothing.
fn is_value(text: &str, action: &Range<usize>, is_alone: bool) -> bool {
    let written = &text[action.clone()];
    let inner = inner(written);
    // What `indent` gives is lines, but for the name of a key.
    let gives_lines = inner.contains("indent ") && !text[action.end..].starts_with(':');
    let gives_nothing = !written.starts_with("{{")
        || CONTROL.contains(&word(written))
        || inner.starts_with("/*")
        || inner.contains(":=")
        || gives_lines
        || written.contains('\n');
    !gives_nothing && !is_alone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_give_way_and_nothing_moves() {
        let text = "{{- if .Values.on }}\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-db\n  labels: {{- include \"x\" . | nindent 4 }}\n{{ toYaml .Values.a }}\ndata:\n  k: \"{{ .Values.p | default \"x\" }}\"\n{{- /* gone\n */}}\n{{ end }}\n";
        let undone = undone(text, Branches::All).unwrap();
        assert_eq!(undone.len(), text.len());
        let lines: Vec<&str> = undone.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
        assert_eq!(lines[..3], ["apiVersion: v1", "kind: Secret", "metadata:"]);
        assert!(lines[3].starts_with("  name: $(__") && lines[3].ends_with("_-db"), "{}", lines[3]);
        assert_eq!(lines[4..6], ["  labels:", "data:"]);
        assert!(lines[6].starts_with("  k: \"$(__") && lines[6].ends_with("_\""));
        assert_eq!((undone.find("kind: "), lines.len()), (text.find("kind: "), 7));
    }

    #[test]
    fn deep_nesting_costs_no_more_than_its_text() {
        let deep = format!("{}{}", "{{ if .a }}b: 1\n".repeat(200_000), "{{ end }}".repeat(200_000));
        let left = undone(&deep, Branches::Manifests).unwrap();
        assert_eq!((left.len(), left.trim()), (deep.len(), ""));
    }

    #[test]
    fn what_follows_an_action_stands_where_its_line_began() {
        let text = "a:\n  b: 1\n  {{ if .x }}{{- with .y }}c: 2{{ end }}{{ end }}\n";
        let undone = undone(text, Branches::All).unwrap();
        assert!(undone.contains("\n  c: 2") && undone.find("c: 2") == text.find("c: 2"), "{undone}");
    }

    #[test]
    fn alternatives_can_be_read_one_at_a_time() {
        let text =
            "{{ if .a }}\na: 1\n{{ else if .b }}\na: 2\n{{ else }}\n{{ if .c }}\na: 3\n{{ end }}\n{{ end }}\nb: {{ template \"x\" . }}\n";
        let left = |branches| undone(text, branches).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(left(Branches::First)[..3], ["a:", "1", "b:"]);
        assert_eq!(left(Branches::Last)[..3], ["a:", "3", "b:"]);
        assert_eq!(left(Branches::All)[..6], ["a:", "1", "a:", "2", "a:", "3"]);
        assert_eq!(undone("{{ if .a }}a: 1{{ end }}", Branches::First), None);
        let optional = "{{ if .a }}apiVersion: v1\n{{ with .b }}\n  b: 1\n{{ end }}c: 2{{ end }}{{ define \"x\" }}d: 3{{ end }}";
        let left = undone(optional, Branches::Fewest).unwrap();
        assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["apiVersion:", "v1", "c:", "2", "d:", "3"]);
        let either = |branches| undone("{{ with .b }}a: 1{{ else }}a: 2{{ end }}", branches).unwrap().trim().to_owned();
        assert_eq!((either(Branches::Fewest), either(Branches::Manifests)), ("a: 2".to_owned(), String::new()));
        assert_eq!(undone("{{ else }}a: {{ end }}{{ end }}", Branches::Last), None);
    }

    #[test]
    fn what_is_no_template_or_does_not_end_is_left_alone() {
        assert_eq!(undone("a: {b: c}\n", Branches::All), None);
        assert_eq!(undone("a: {{ b\n", Branches::All), None);
        assert_eq!(undone("a: ${#list[@]}\nb: c\n", Branches::All), None);
        assert_eq!(undone("{{- /* a: {{ b }}\n: */ -}}\nc: d\n", Branches::All).unwrap().trim(), "c: d");
        assert_eq!(undone("{% raw %}a: 1{% endraw %}", Branches::All).unwrap().trim(), "a: 1");
        assert!(undone("é: {{ é }}é\n", Branches::All).unwrap().ends_with("_é\n"));
    }
}
