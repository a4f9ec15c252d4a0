//! `keysweep hook`: the check before a commit, and its place among the hooks that are there.

use super::accepted::Accepted;
use super::args::{self, Scan};
use super::exit::Exit;
use super::output;
use super::scan;
use super::suppressions::Suppressions;
use crate::model::{Finding, Report, shown};
use crate::source::hooks::{Hooks, Reach, hooks};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The hook.
const NAME: &str = "pre-commit";
/// What a script of ours is between.
const BEGIN: &str = "# >>> keysweep >>>";
const END: &str = "# <<< keysweep <<<";
/// Where a hook that is no shell script is moved to.
const FORMER: &str = "pre-commit.before-keysweep";
/// Most bytes of a script.
const MOST: u64 = 1 << 20;
/// Findings told at length; the others are counted.
const TOLD: usize = 20;

/// Runs a command.
pub(super) fn run(command: args::Hook) -> Result<Exit> {
    match command {
        args::Hook::Install { folder, hooks } => install(&place(&folder, hooks)?),
        args::Hook::Uninstall { folder, hooks } => uninstall(&place(&folder, hooks)?),
        args::Hook::Run { org } => check(Scan { targets: vec![".".into()], staged: true, quiet: true, org, ..Scan::default() }),
    }
}

/// Where the hook belongs.
fn place(folder: &Path, named: Option<PathBuf>) -> Result<Hooks> {
    if let Some(folder) = named {
        return Ok(Hooks { folder, reach: Reach::Elsewhere });
    }
    let found = hooks(folder).map_err(|e| anyhow::anyhow!("{}: {}", folder.display(), e.message()))?;
    if found.reach == Reach::Elsewhere {
        bail!(
            "core.hooksPath is {}, outside of this repository, so a hook there is run in other repositories too; name it with --hooks if that is meant",
            found.folder.display()
        );
    }
    Ok(found)
}

fn install(hooks: &Hooks) -> Result<Exit> {
    let file = hooks.folder.join(NAME);
    let block = block(hooks.reach)?;
    std::fs::create_dir_all(&hooks.folder).with_context(|| format!("cannot make {}", hooks.folder.display()))?;
    let (text, told) = match existing(&file)? {
        None => (format!("#!/bin/sh\n{block}"), "is installed"),
        Some(bytes) => match std::str::from_utf8(&bytes).ok().filter(|text| is_shell(text)) {
            Some(text) if text.contains(BEGIN) => (with(&without(text), &block), "is brought up to date"),
            Some(text) => (with(text, &block), "is installed, before what the hook did already"),
            None => {
                let former = hooks.folder.join(FORMER);
                if former.exists() {
                    bail!("{} is in the way; move it elsewhere", former.display());
                }
                std::fs::rename(&file, &former).with_context(|| format!("cannot move {}", file.display()))?;
                (format!("#!/bin/sh\n{block}exec \"${{0%/*}}/{FORMER}\" \"$@\"\n"), "is installed, before what the hook did already")
            }
        },
    };
    output::executable(&file, text.as_bytes())?;
    output::note(&format!("{}: keysweep {told}", file.display()));
    if hooks.reach == Reach::Shared {
        output::note("the hook is part of the working tree: commit it, and everybody needs keysweep on the PATH");
    }
    Ok(Exit::Clean)
}

fn uninstall(hooks: &Hooks) -> Result<Exit> {
    let file = hooks.folder.join(NAME);
    let bytes = existing(&file)?;
    let Some(text) = bytes.as_deref().and_then(|b| std::str::from_utf8(b).ok()).filter(|text| text.contains(BEGIN)) else {
        output::note(&format!("{}: keysweep is not installed", file.display()));
        return Ok(Exit::Clean);
    };
    let rest = without(text);
    let former = hooks.folder.join(FORMER);
    if former.exists() && rest.contains(FORMER) {
        std::fs::rename(&former, &file).with_context(|| format!("cannot move {}", former.display()))?;
    } else if rest.trim() == "#!/bin/sh" {
        std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    } else {
        output::executable(&file, rest.as_bytes())?;
    }
    output::note(&format!("{}: keysweep is removed", file.display()));
    Ok(Exit::Clean)
}

/// The bytes of a script that is there.
fn existing(file: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::metadata(file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Ok(meta) if meta.is_file() && meta.len() <= MOST => {
            std::fs::read(file).map(Some).with_context(|| format!("cannot read {}", file.display()))
        }
        Ok(_) => bail!("{} is no script: move it elsewhere first", file.display()),
        Err(e) => Err(e).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// What calls keysweep. A hook that cannot find it stops the commit: a check that is passed over in silence is none.
fn block(reach: Reach) -> Result<String> {
    let mut beside = String::new();
    if reach != Reach::Shared {
        let own = std::env::current_exe().context("where keysweep is cannot be told")?;
        let own = own.to_str().context("the path of keysweep is not UTF-8")?;
        beside = format!("[ -n \"$keysweep\" ] || keysweep='{}'\n", own.replace('\'', "'\\''"));
    }
    Ok(format!(
        "{BEGIN}\nkeysweep=$(command -v keysweep || :)\n{beside}if [ ! -x \"$keysweep\" ]; then\n  echo 'keysweep is not installed, so that this commit is not checked; \
         git commit --no-verify passes over it' >&2\n  exit 1\nfi\n\"$keysweep\" hook run || exit $?\n{END}\n"
    ))
}

/// Whether a script is one of a shell; husky's scripts have no first line that says so.
fn is_shell(text: &str) -> bool {
    match text.lines().next().and_then(|line| line.strip_prefix("#!")) {
        None => !text.contains('\0'),
        Some(line) => {
            let program = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word)).find(|word| *word != "env");
            matches!(program, Some("sh" | "bash" | "dash" | "zsh" | "ksh"))
        }
    }
}

/// A script with the block in front, behind its first line if that names the shell.
fn with(text: &str, block: &str) -> String {
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => format!("{first}\n{block}{rest}"),
        None if text.starts_with("#!") => format!("{text}\n{block}"),
        _ => format!("{block}{text}"),
    }
}

/// A script without the block.
fn without(text: &str) -> String {
    let mut inside = false;
    let mut rest = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.trim_end() {
            BEGIN => inside = true,
            END => inside = false,
            _ if !inside => rest.push_str(line),
            _ => {}
        }
    }
    rest
}

/// Scans the index and tells what stops the commit.
fn check(args: Scan) -> Result<Exit> {
    let (config, _) = scan::load_config(&args)?;
    let accepted = Accepted::load(None, &config, &scan::place(&args))?;
    let suppressions = Suppressions::new(&config, accepted.baseline(), scan::clock()?());
    let mut report = scan::perform(&args, &config, &suppressions)?;
    accepted.compare(&mut report);
    let exit = scan::exit(&args, &config, &report);
    if exit != Exit::Clean {
        tell(&report)?;
    }
    Ok(exit)
}

fn tell(report: &Report) -> Result<()> {
    for finding in report.findings.iter().take(TOLD) {
        told(finding).iter().try_for_each(|line| output::line(line))?;
    }
    if report.findings.len() > TOLD {
        output::line(&format!("and {} more; `keysweep scan --staged` tells all", report.findings.len() - TOLD))?;
    }
    for skipped in report.scan.skipped.iter().take(TOLD) {
        output::line(&format!("keysweep: not read: {}: {}", shown(&skipped.what), shown(&skipped.why)))?;
    }
    if let Some(first) = report.findings.first() {
        let accept = format!("keysweep baseline update --reason ... (id {}...)", &first.id.get(..8).unwrap_or(&first.id));
        output::line(&format!("No secret? End its line with a comment `keysweep:allow REASON`, or accept it by value: {accept}"))?;
    }
    Ok(())
}

/// What, where, and why.
fn told(finding: &Finding) -> [String; 3] {
    let place = finding.locations.iter().find(|l| l.suppression.is_none()).or(finding.locations.first());
    let place = place.map(|l| format!("{}:{}:{}", shown(&l.path), l.line, l.column)).unwrap_or_default();
    let others = if finding.locations.len() > 1 { format!(" and {} more", finding.locations.len() - 1) } else { String::new() };
    [
        format!("keysweep: {}: {}", finding.title, finding.secret.redacted),
        format!("  where  {place}{others}"),
        format!("  why    {} confidence, by {}; once committed, it has to be revoked", finding.confidence.as_str(), finding.proof.as_str()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_goes_behind_the_first_line_and_comes_out_again() {
        let block = format!("{BEGIN}\nx\n{END}\n");
        for script in ["#!/bin/sh\nnpm test\n", "npm test\n", "", "#!/usr/bin/env bash\n"] {
            let both = with(script, &block);
            assert_eq!(without(&both), script);
            assert!(both.starts_with("#!") == script.starts_with("#!"), "{both}");
        }
        assert_eq!(with("#!/bin/sh", &block), format!("#!/bin/sh\n{block}"));
    }

    #[test]
    fn shells_are_told_from_other_programs() {
        for script in ["#!/bin/sh", "#!/usr/bin/env bash\n", "#! /bin/dash -e\n", "npx lint-staged\n"] {
            assert!(is_shell(script), "{script}");
        }
        for script in ["#!/usr/bin/env python3\n", "#!/usr/bin/node\n", "\u{7f}ELF\0"] {
            assert!(!is_shell(script), "{script}");
        }
    }
}
