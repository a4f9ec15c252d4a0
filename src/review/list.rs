//! Lists: what one owner is asked to decide on.

use super::{Decided, Item};
use crate::model::{Timestamp, plain_owner};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Name of the list of what nobody answers for.
const NOBODY: &str = "nobody";
/// Longest name of a file, without its ending.
const LONGEST: usize = 60;

/// What one owner is asked to decide on.
#[derive(Debug, Clone)]
pub struct List {
    /// Whom it is for; `None` where nobody who is there answers.
    pub owner: Option<String>,
    /// Name of its files, without ending; of letters, digits and `-` alone.
    pub file: String,
    /// When the report was made.
    pub scanned: Timestamp,
    /// What was scanned.
    pub targets: Vec<String>,
    /// The identities, the most urgent first.
    pub items: Vec<Item>,
}

impl List {
    /// Whom it is for, in words.
    pub fn whose(&self) -> &str {
        self.owner.as_deref().unwrap_or("nobody who is there")
    }
}

/// A list for each owner, sorted, that of nobody first. `last` are the decisions of before.
pub fn lists(items: Vec<Item>, scanned: Timestamp, targets: &[String], last: &HashMap<&str, &Decided>) -> Vec<List> {
    let addresses = addresses(&items);
    let mut by_owner: BTreeMap<Option<String>, Vec<Item>> = BTreeMap::new();
    for mut item in items {
        item.decided = last.get(item.id.as_str()).map(|d| (*d).clone());
        let owner = item.owner.as_ref().filter(|(_, status, _)| status != "departed").map(|(value, ..)| plain_owner(value));
        let owner = owner.map(|name| addresses.get(&name).cloned().flatten().unwrap_or(name));
        by_owner.entry(owner).or_default().push(item);
    }
    let mut taken = HashSet::new();
    let list = |(owner, mut items): (Option<String>, Vec<Item>)| {
        items.sort_by(|a, b| (urgency(a), &a.provider, &a.name, &a.id).cmp(&(urgency(b), &b.provider, &b.name, &b.id)));
        let file = file(owner.as_deref().unwrap_or(NOBODY), &mut taken);
        List { owner, file, scanned, targets: targets.to_vec(), items }
    };
    by_owner.into_iter().map(list).collect()
}

/// The address of each login, where only one owner's begins so: `kim` and `kim@acme.example` are one.
fn addresses(items: &[Item]) -> HashMap<String, Option<String>> {
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    let owners = items.iter().filter_map(|i| i.owner.as_ref()).map(|(value, ..)| plain_owner(value));
    for address in owners.filter(|o| o.contains('@')) {
        let login = address.split('@').next().unwrap_or_default().to_owned();
        let one = known.entry(login).or_insert_with(|| Some(address.clone()));
        *one = one.take().filter(|a| *a == address);
    }
    known
}

/// What is proposed to stay comes last.
fn urgency(item: &Item) -> (bool, bool) {
    let stays = item.proposal.0 == Some(super::Decision::Keep);
    (stays, item.verdict.is_none())
}

/// A name for files that no owner can choose: owners come from what is scanned.
fn file(owner: &str, taken: &mut HashSet<String>) -> String {
    let mut name = String::new();
    for c in owner.chars().take(LONGEST) {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => name.push(c),
            _ if !name.ends_with('-') && !name.is_empty() => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_end_matches('-');
    let name = if name.is_empty() || name == "index" { "owner" } else { name };
    let names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}-{n}")));
    let free = names.into_iter().find(|n| !taken.contains(n)).expect("numbers do not end");
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_differ() {
        let mut taken = HashSet::new();
        let mut of = |owner| file(owner, &mut taken);
        assert_eq!(of("kim@acme.example"), "kim-acme-example");
        assert_eq!(of("Kim@acme-example"), "kim-acme-example-2");
        assert_eq!(of("../../etc/passwd"), "etc-passwd");
        assert_eq!(of("@@@"), "owner");
        assert_eq!(of("index"), "owner-2");
    }
}
