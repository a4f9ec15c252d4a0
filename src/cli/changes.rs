//! Changes between two days, told to people or machines.

use super::output::line;
use crate::model::shown;
use crate::review::{Change, Day, What};
use anyhow::Result;

/// Prints changes and how many there are: a line each, as JSON where that is asked for.
///
/// # Errors
/// When they cannot be written.
pub(super) fn told(all: &[Change], (old, new): (&Day, &Day), as_json: bool) -> Result<()> {
    if as_json {
        return all.iter().try_for_each(|change| line(&serde_json::to_string(change)?));
    }
    for change in all {
        let owner = change.owner.as_ref().map(|o| format!("; owner {o}")).unwrap_or_default();
        let Change { provider, kind, name, says, .. } = change;
        line(&shown(&format!("{:14}  {provider} {kind} {name}: {says}{owner}", change.change.words())))?;
    }
    let count = |what: What| all.iter().filter(|c| c.change == what).count();
    line(&format!(
        "{} identities then, {} now: {} new, {} gone, {} removed, {} rotated, {} newly shadow, {} newly expiring, {} newly dangling",
        old.known.len(),
        new.known.len(),
        count(What::New),
        count(What::Gone),
        count(What::Removed),
        count(What::Rotated),
        count(What::NewlyShadow),
        count(What::NewlyExpiring),
        count(What::NewlyDangling)
    ))
}
