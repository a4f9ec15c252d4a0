//! Verdicts, flags and violations: what each means, when it holds, and what to do about it.

use crate::cli::output::line;
use anyhow::Result;

/// A word of reports, when it holds, and what to do.
type Meaning = (&'static str, &'static str, &'static str);

/// All words, verdicts first.
const MEANINGS: &[Meaning] = &[
    (
        "governed",
        "A record of a register, or of its issuer, knows it; the record is active, and its owner is there.",
        "Nothing, if no flag says otherwise. A secret in code is still to be replaced.",
    ),
    (
        "ungoverned",
        "A record knows it, yet nobody who is there answers for it, and no other verdict holds.",
        "Name an owner in the register or in the issuer's tags, or revoke it.",
    ),
    (
        "shadow",
        "Its issuer, or an export of use, shows that it exists, and the register that covers its provider and scope does not know it.",
        "Find who made it (the commit, the issuer's creator), put it in the register with an owner, or revoke it.",
    ),
    (
        "suspected-shadow",
        "The register that covers it does not know it, and no export of its issuer covers it, so whether it still works is not known.",
        "Add an export of its issuer, or ask the provider; then register or revoke it.",
    ),
    (
        "residue",
        "An export of its issuer covers it, is newer than its first commit, and does not know it: deleted, or never issued.",
        "Take it out of the files; no revocation is needed.",
    ),
    (
        "revoked-present",
        "Its issuer says that it is revoked, deleted or switched off, or so is the principal whose credential it is.",
        "Take it out of the files.",
    ),
    (
        "unknown-source",
        "No export covers its provider, kind and scope, or none is new enough: nothing can be said.",
        "Add the export that would decide it; `keysweep inventory formats PROVIDER` names the command.",
    ),
    (
        "foreign-scope",
        "It proves an account, tenant or organisation that no export names, although others of that provider are named.",
        "Find out whose account it is: an unregistered one of yours, or somebody else's.",
    ),
    (
        "ambiguous",
        "Several records may be it, or one by so few characters that chance would do.",
        "Add fingerprints of the secret (`keysweep inventory fingerprint`), which match one alone.",
    ),
    (
        "dangling",
        "A reference to an identity or a stored secret that the exports cover and do not have.",
        "Correct or remove the reference; whoever may create what it names may step into its place.",
    ),
    ("resolved", "A reference that a record answers.", "Nothing, if no flag says otherwise."),
    ("invalid", "No credential: its checksum fails, or it is an example of documentation.", "Nothing."),
    ("no-owner", "A record knows it and names no owner.", "Name one."),
    (
        "orphaned",
        "Its owner has left, or is switched off in the directory.",
        "Hand it to the manager or the team that uses it, or revoke it.",
    ),
    ("expired", "It is past its end.", "Take it out of the files."),
    (
        "expired-yet-live",
        "It is past its end, and its issuer still calls it active, or it was used since.",
        "Revoke it at the issuer, and find out why its end did not hold.",
    ),
    (
        "overdue",
        "More days than the policy allows have passed since it was made or last replaced.",
        "Rotate it, or replace it with a short-lived token.",
    ),
    ("no-expiry", "It lives long and has no end.", "Give it one, or replace it with a short-lived token."),
    ("dormant", "It was not used for longer than the policy allows.", "Revoke it."),
    ("duplicated", "Copies of one secret lie at several places of a vault or CI service.", "Keep one, and refer to it."),
    ("shared", "Several workloads, repositories or teams use one credential.", "Give each its own."),
    ("cross-environment", "One credential is used in production and outside of it.", "Give each environment its own."),
    ("human-as-machine", "A person's credential is used by a machine.", "Give the machine an identity of its own."),
    ("machine-as-human", "A machine's credential is used by a person.", "Let people sign in as themselves."),
    ("privileged", "It may do all.", "Cut its rights to what it is used for."),
    (
        "static-where-federatable",
        "A long-lived key where the pipeline already gets tokens of its own.",
        "Trust the pipeline's subject, and revoke the key.",
    ),
    ("leaked", "It is on a list of leaked secrets.", "Revoke it now."),
    (
        "provider-denied",
        "The policy denies its provider.",
        "Move to a provider that is allowed, or make an exception with a reason and an end.",
    ),
    (
        "provider-not-allowed",
        "The policy allows other providers alone.",
        "Move to one of them, or make an exception with a reason and an end.",
    ),
    (
        "environment-not-allowed",
        "The policy allows its provider in other environments alone.",
        "Move it, or make an exception with a reason and an end.",
    ),
];

/// What a word means; `None` for one that reports do not use.
pub(super) fn meaning(word: &str) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|(name, ..)| *name == word)
}

/// Explains a word; `false` where it is none.
pub(super) fn run(word: &str) -> Result<bool> {
    let Some((name, holds, remedy)) = meaning(&word.to_lowercase()) else { return Ok(false) };
    line(name)?;
    line(&format!("  holds when  {holds}"))?;
    line(&format!("  to do       {remedy}"))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Flag, Verdict, Violation};

    #[test]
    fn every_word_of_reports_is_explained() {
        let verdicts = Verdict::ALL.iter().map(|v| v.as_str());
        let all: Vec<&str> =
            verdicts.chain(Flag::ALL.iter().map(|f| f.as_str())).chain(Violation::ALL.iter().map(|v| v.as_str())).collect();
        let missing: Vec<&&str> = all.iter().filter(|word| meaning(word).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let gone: Vec<&str> = MEANINGS.iter().map(|(word, ..)| *word).filter(|word| !all.contains(word)).collect();
        assert!(gone.is_empty(), "{gone:?}");
    }
}
