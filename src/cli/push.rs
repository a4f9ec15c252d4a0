//! What git is about to push, as git itself or the pre-commit framework tells its hooks.

use super::args::Stage;
use crate::engine::Outgoing;
use anyhow::{Context, Result, bail};
use std::io::Read;

/// Most bytes of what git says on standard input.
const MOST: u64 = 64 << 20;

/// What is pushed; `None` before a commit.
///
/// # Errors
/// When standard input is not what git gives a hook before a push.
pub(super) fn outgoing(stage: Stage, given: &[String]) -> Result<Option<Outgoing>> {
    if let Some(outgoing) = framework() {
        return Ok(Some(outgoing));
    }
    if stage == Stage::PreCommit {
        return Ok(None);
    }
    let mut lines = String::new();
    std::io::stdin().lock().take(MOST).read_to_string(&mut lines).context("cannot read standard input")?;
    let remote = given.first().cloned().unwrap_or_default();
    refs(&lines, remote).map(Some)
}

/// What the pre-commit framework says of a push, or of a range that it was asked to check: it reads standard input itself.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn framework() -> Option<Outgoing> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (known, tip) = (variable("PRE_COMMIT_FROM_REF")?, variable("PRE_COMMIT_TO_REF")?);
    Some(Outgoing { tips: vec![tip], known: vec![known], remote: variable("PRE_COMMIT_REMOTE_NAME").unwrap_or_default() })
}

/// Reads lines of local ref, its object, remote ref and its object, as git's `githooks` has them. An object of zeros is none.
fn refs(lines: &str, remote: String) -> Result<Outgoing> {
    let mut outgoing = Outgoing { remote, ..Outgoing::default() };
    let is_some = |id: &str| id.bytes().any(|b| b != b'0');
    for line in lines.lines().filter(|l| !l.trim().is_empty()) {
        // What was typed for the local ref may hold spaces (`HEAD@{1 day ago}`).
        let fields: Vec<&str> = line.rsplitn(4, ' ').collect();
        let [remote, _, local, _] = fields[..] else {
            bail!("`{line}` is not what git gives a hook before a push: a ref, its object, the remote's ref and its object");
        };
        // Without a local object a ref is deleted.
        outgoing.tips.extend(Some(local).filter(|id| is_some(id)).map(str::to_owned));
        outgoing.known.extend(Some(remote).filter(|id| is_some(id)).map(str::to_owned));
    }
    Ok(outgoing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_says() {
        let none = "0".repeat(40);
        let text = format!("refs/heads/a 11 refs/heads/a 22\nHEAD@{{1 day ago}} 33 refs/heads/b {none}\n(delete) {none} refs/heads/c 44\n");
        let outgoing = refs(&text, "origin".into()).expect("as git says");
        assert_eq!((outgoing.tips, outgoing.known), (vec!["11".to_owned(), "33".into()], vec!["22".to_owned(), "44".into()]));
        assert_eq!(refs("", String::new()).expect("nothing to push"), Outgoing::default());
        assert!(refs("refs/heads/a 11\n", String::new()).is_err());
    }
}
