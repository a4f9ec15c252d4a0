//! Digests that only some inventories ask for, made of what was found once it is known that they do.

use super::pool::spread;
use crate::detect::keys;
use crate::model::{Finding, Key, Wanted};

/// Gives findings the keys that the inventory's digests can be compared with.
pub fn add_digests(findings: &mut [Finding], wanted: &Wanted, threads: usize) {
    if wanted.is_empty() {
        return;
    }
    let numbered: Vec<(usize, &Finding)> = findings.iter().enumerate().collect();
    let made = spread(threads, &numbered, 1, Vec::new, |made: &mut Vec<(usize, Vec<Key>)>, (number, finding)| {
        made.push((*number, keys::asked(finding.value.expose(), wanted)));
    });
    for (number, keys) in made.into_iter().flatten() {
        let own = &mut findings[number].keys;
        own.extend(keys);
        own.sort();
        own.dedup();
    }
}
