//! Lists as Markdown: a section an identity, with boxes to tick.

use super::{Decided, Decision, Item, List};
use crate::model::{Timestamp, shown};
use std::io::{self, Write};

/// `markdown`.
pub(super) struct Form;

/// Begins the line that says which identity a section is about.
const ID: &str = "<!-- identity: ";
/// Begins the line of boxes.
const BOXES: &str = "Decision:";
const BY: &str = "Decided by:";
const NOTE: &str = "Note:";

impl super::Form for Form {
    fn id(&self) -> &'static str {
        "md"
    }

    fn begins(&self) -> &'static str {
        "# Access review: "
    }

    fn write(&self, list: &List, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# Access review: {}\n", plain(list.whose()))?;
        writeln!(out, "{} to decide on, as scanned on {}.\n", identities(list.items.len()), day(Some(list.scanned)))?;
        writeln!(out, "Tick one box of each, say who decides, and give the file back: `keysweep review` reads it.\n")?;
        for (_, word, meaning) in Decision::ALL {
            writeln!(out, "- **{word}**: {meaning}")?;
        }
        (1..).zip(&list.items).try_for_each(|(number, item)| section(number, item, out))
    }

    fn read(&self, text: &str) -> super::Filled {
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        let mut open: Option<(u64, Filled)> = None;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(id) = line.strip_prefix(ID).and_then(|l| l.strip_suffix(" -->")) {
                close(open.take(), &mut found, &mut faults);
                open = Some((number, Filled { id: unhidden(id), ..Filled::default() }));
            }
            let Some((_, filled)) = &mut open else { continue };
            if let Some(boxes) = line.strip_prefix(BOXES) {
                filled.line = number;
                filled.ticked.extend(ticked(boxes));
            } else if let Some(by) = line.strip_prefix(BY) {
                by.trim().clone_into(&mut filled.by);
            } else if let Some(note) = line.strip_prefix(NOTE) {
                note.trim().clone_into(&mut filled.note);
            }
        }
        close(open, &mut found, &mut faults);
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }
}

/// What somebody filled in of a section.
#[derive(Default)]
struct Filled {
    id: String,
    line: u64,
    ticked: Vec<String>,
    by: String,
    note: String,
}

fn close(filled: Option<(u64, Filled)>, found: &mut Vec<(u64, Decided)>, faults: &mut Vec<(u64, String)>) {
    let Some((_, Filled { id, line, ticked, by, note })) = filled else { return };
    match ticked.as_slice() {
        [] => {}
        [one] => match Decision::named(one) {
            Ok(decision) => found.push((line, Decided { identity: id, decision, by, note, date: String::new(), name: String::new() })),
            Err(says) => faults.push((line, says)),
        },
        several => faults.push((line, format!("{} boxes are ticked ({}); tick one", several.len(), several.join(", ")))),
    }
}

/// Words behind ticked boxes: `[x] keep  [ ] rotate`.
fn ticked(boxes: &str) -> Vec<String> {
    let words = boxes.split('[').filter_map(|part| part.strip_prefix("x]").or_else(|| part.strip_prefix("X]")));
    words.map(|w| w.trim().to_owned()).collect()
}

fn section(number: usize, item: &Item, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## {number}. {} {}: {}\n", plain(&item.provider), plain(&item.kind), plain(&item.name))?;
    writeln!(out, "{ID}{} -->\n", hidden(&item.id))?;
    let (decision, why) = &item.proposal;
    let proposed = decision.map_or("nothing yet", Decision::as_str);
    let owner = item.owner.as_ref().map(|(value, status, by)| format!("{value} ({status}, by {by})"));
    let faults = item.faults();
    let rows = [
        ("proposed", Some(format!("**{proposed}**: {why}"))),
        ("verdict", Some(item.standing().to_owned())),
        ("flags", Some(plain(&faults)).filter(|f| !f.is_empty())),
        ("owner", owner.map(|o| plain(&o))),
        ("environment", item.environment.as_deref().map(plain)),
        ("scope", item.scope.as_deref().map(plain)),
        ("made", item.created.map(|t| day(Some(t)))),
        ("last replaced", item.rotated.map(|t| day(Some(t)))),
        ("age", item.age.map(|days| format!("{days} days"))),
        ("last used", Some(day(item.used))),
        ("ends", Some(day(item.expires))),
        ("decided before", item.decided.as_ref().map(former)),
    ];
    for (label, value) in rows {
        if let Some(value) = value {
            writeln!(out, "- {label}: {value}")?;
        }
    }
    let (places, more) = &item.places;
    places.iter().try_for_each(|place| writeln!(out, "- at `{}`", plain(place)))?;
    if *more > 0 {
        writeln!(out, "- and at {more} more places")?;
    }
    item.evidence.iter().try_for_each(|says| writeln!(out, "- because {}", plain(says)))?;
    if let Some(revocation) = &item.revocation {
        writeln!(out, "- to revoke: {}", plain(revocation))?;
    }
    let boxes: Vec<String> = Decision::ALL.iter().map(|(_, word, _)| format!("[ ] {word}")).collect();
    writeln!(out, "\n{BOXES} {}\n\n{BY} \n\n{NOTE} ", boxes.join("  "))
}

fn former(decided: &Decided) -> String {
    let note = if decided.note.is_empty() { String::new() } else { format!(" ({})", plain(&decided.note)) };
    let by = if decided.by.is_empty() { String::new() } else { format!(" by {}", plain(&decided.by)) };
    format!("{} on {}{by}{note}", decided.decision.as_str(), decided.date.chars().take(10).collect::<String>())
}

pub(super) fn day(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "not told".to_owned(), Timestamp::day)
}

fn identities(n: usize) -> String {
    if n == 1 { "1 identity".to_owned() } else { format!("{n} identities") }
}

/// An id that ends no comment and no line.
fn hidden(id: &str) -> String {
    id.chars().map(|c| if c.is_control() || "%<>".contains(c) { format!("%{:02x}", c as u32) } else { c.to_string() }).collect()
}

/// The id that was hidden.
fn unhidden(text: &str) -> String {
    let mut parts = text.split('%');
    let mut id = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) => {
                id.push(char::from(code));
                id.push_str(&part[2..]);
            }
            None => id.push_str(part),
        }
    }
    id
}

/// Text of what was scanned on one line, without anything that Markdown or HTML would act on.
fn plain(text: &str) -> String {
    shown(text)
        .chars()
        .flat_map(|c| if "<>`*[]|\\".contains(c) { vec!['\\', c] } else { vec![c] })
        .collect::<String>()
        .replace("\\<", "&lt;")
        .replace("\\>", "&gt;")
        .replace("\\`", "'")
}

#[cfg(test)]
mod tests {
    use super::super::Form as _;
    use super::*;

    #[test]
    fn a_ticked_box_is_a_decision_and_two_are_a_mistake() {
        let section =
            |boxes: &str| format!("# x\n\n{ID}{} -->\n\n{BOXES} {boxes}\n\n{BY} Kim\n\n{NOTE} until May\n", hidden("ghost:a<b>%"));
        let read = |boxes: &str| Form.read(&section(boxes));
        let found = read("[ ] keep  [x] revoke  [ ] remove").unwrap();
        assert_eq!((found[0].0, found[0].1.decision, found[0].1.identity.as_str()), (5, Decision::Revoke, "ghost:a<b>%"));
        assert_eq!((found[0].1.by.as_str(), found[0].1.note.as_str()), ("Kim", "until May"));
        assert_eq!(read("[ ] keep  [ ] revoke").unwrap(), []);
        assert!(read("[x] keep  [X] revoke").unwrap_err()[0].1.contains("2 boxes are ticked"));
        assert!(read("[x] delete").unwrap_err()[0].1.contains("`delete` is no decision"));
    }

    #[test]
    fn what_was_scanned_is_no_markup() {
        assert_eq!(plain("<img src=x>`a`\n# b"), "&lt;img src=x&gt;'a'\\\\n# b");
    }
}
