//! `keysweep hook`: the check before a commit or a push, and its place among the hooks that are there.

use super::accepted::Accepted;
use super::args::{self, HookPlace, Scan, Stage};
use super::exit::Exit;
use super::output;
use super::push;
use super::scan;
use super::suppressions::Suppressions;
use crate::model::{Finding, Location, Report, shown};
use crate::source::hooks::{Hooks, Reach, hooks};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// What a script of ours is between.
const BEGIN: &str = "# >>> keysweep >>>";
const END: &str = "# <<< keysweep <<<";
/// Ends the name of a hook that is no shell script and was moved aside.
const FORMER: &str = "before-keysweep";
/// Most bytes of a script.
const MOST: u64 = 1 << 20;
/// Findings told at length; the others are counted.
const TOLD: usize = 20;

/// Runs a command.
pub(super) fn run(command: args::Hook) -> Result<Exit> {
    match command {
        args::Hook::Install(place) => at(&place, install),
        args::Hook::Uninstall(place) => at(&place, uninstall),
        args::Hook::Run { stage, org, given } => {
            let args = Scan { targets: vec![".".into()], quiet: true, org, ..Scan::default() };
            match push::outgoing(stage, &given)? {
                Some(outgoing) if outgoing.tips.is_empty() => Ok(Exit::Clean),
                Some(outgoing) => check(Scan { outgoing: Some(outgoing), ..args }),
                None => check(Scan { staged: true, ..args }),
            }
        }
    }
}

/// Does something with each hook that is meant.
fn at(place: &HookPlace, work: fn(&Hooks, Stage) -> Result<()>) -> Result<Exit> {
    let hooks = folder(&place.folder, place.hooks.clone())?;
    let stages = if place.stage.is_empty() { Stage::value_variants() } else { &place.stage };
    stages.iter().try_for_each(|&stage| work(&hooks, stage))?;
    Ok(Exit::Clean)
}

/// Where the hooks belong.
fn folder(folder: &Path, named: Option<PathBuf>) -> Result<Hooks> {
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

/// The name that git knows a hook by.
fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::PreCommit => "pre-commit",
        Stage::PrePush => "pre-push",
    }
}

fn install(hooks: &Hooks, stage: Stage) -> Result<()> {
    let file = hooks.folder.join(name(stage));
    let former = format!("{}.{FORMER}", name(stage));
    let block = block(hooks.reach, stage)?;
    std::fs::create_dir_all(&hooks.folder).with_context(|| format!("cannot make {}", hooks.folder.display()))?;
    let (text, told) = match existing(&file)? {
        None => (format!("#!/bin/sh\n{block}"), "is installed"),
        Some(bytes) => match std::str::from_utf8(&bytes).ok().filter(|text| is_shell(text)) {
            Some(text) if text.contains(BEGIN) => (with(&without(text), &block), "is brought up to date"),
            Some(text) => (with(text, &block), "is installed, before what the hook did already"),
            None => {
                let aside = hooks.folder.join(&former);
                if aside.exists() {
                    bail!("{} is in the way; move it elsewhere", aside.display());
                }
                std::fs::rename(&file, &aside).with_context(|| format!("cannot move {}", file.display()))?;
                (format!("#!/bin/sh\n{block}exec \"${{0%/*}}/{former}\" \"$@\"\n"), "is installed, before what the hook did already")
            }
        },
    };
    output::executable(&file, text.as_bytes())?;
    output::note(&format!("{}: keysweep {told}", near(&file).display()));
    if hooks.reach == Reach::Shared {
        output::note("the hook is part of the working tree: commit it, and everybody needs keysweep on the PATH");
    }
    Ok(())
}

fn uninstall(hooks: &Hooks, stage: Stage) -> Result<()> {
    let file = hooks.folder.join(name(stage));
    let bytes = existing(&file)?;
    let Some(text) = bytes.as_deref().and_then(|b| std::str::from_utf8(b).ok()).filter(|text| text.contains(BEGIN)) else {
        output::note(&format!("{}: keysweep is not installed", near(&file).display()));
        return Ok(());
    };
    let rest = without(text);
    let former = format!("{}.{FORMER}", name(stage));
    let aside = hooks.folder.join(&former);
    if aside.exists() && rest.contains(&former) {
        std::fs::rename(&aside, &file).with_context(|| format!("cannot move {}", aside.display()))?;
    } else if rest.trim() == "#!/bin/sh" {
        std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    } else {
        output::executable(&file, rest.as_bytes())?;
    }
    output::note(&format!("{}: keysweep is removed", near(&file).display()));
    Ok(())
}

/// A path as it is from here, where it is below.
fn near(file: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| file.strip_prefix(here).ok()).unwrap_or(file)
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

/// What calls keysweep. A hook that cannot find it stops git: a check that is passed over in silence is none.
fn block(reach: Reach, stage: Stage) -> Result<String> {
    let mut beside = String::new();
    if reach != Reach::Shared {
        let own = std::env::current_exe().context("where keysweep is cannot be told")?;
        let own = own.to_str().context("the path of keysweep is not UTF-8")?;
        beside = format!("[ -n \"$keysweep\" ] || keysweep='{}'\n", own.replace('\'', "'\\''"));
    }
    let (what, call) = match stage {
        Stage::PreCommit => ("commit", "\"$keysweep\" hook run || exit $?\n"),
        // The refs on standard input are for the rest of the script too.
        Stage::PrePush => (
            "push",
            "keysweep_refs=$(cat)\nprintf '%s\\n' \"$keysweep_refs\" | \"$keysweep\" hook run --stage pre-push -- \"$@\" || exit $?\n\
             if [ -n \"$keysweep_refs\" ]; then\nexec <<KEYSWEEP_REFS\n$keysweep_refs\nKEYSWEEP_REFS\nelse\nexec </dev/null\nfi\n",
        ),
    };
    Ok(format!(
        "{BEGIN}\nkeysweep=$(command -v keysweep || :)\n{beside}if [ ! -x \"$keysweep\" ]; then\n  echo 'keysweep is not installed, so that this {what} is not checked; \
         git {what} --no-verify passes over it' >&2\n  exit 1\nfi\n{call}{END}\n"
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

/// Scans and tells what stops git.
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
        output::line(&format!("and {} more", report.findings.len() - TOLD))?;
    }
    for skipped in report.scan.skipped.iter().take(TOLD) {
        output::line(&format!("keysweep: not read: {}: {}", shown(&skipped.what), shown(&skipped.why)))?;
    }
    if let Some(first) = report.findings.first() {
        let accept = format!("keysweep baseline update --reason ... (id {}...)", &first.id.get(..8).unwrap_or(&first.id));
        output::line(&format!("No secret? End its line with a comment `keysweep:allow REASON`, or accept it by value: {accept}"))?;
        if first.locations.iter().any(|l| l.commit.is_some()) {
            output::line(
                "A later commit that removes it does not help: take it out of the commit that brought it, with git commit --amend or git rebase -i",
            )?;
        }
    }
    Ok(())
}

/// What, where, and why.
fn told(finding: &Finding) -> [String; 3] {
    let place = finding.locations.iter().find(|l| l.suppression.is_none()).or(finding.locations.first());
    let commit = |l: &Location| l.commit.as_ref().map_or_else(String::new, |c| format!(" in commit {}", &c[..12.min(c.len())]));
    let place = place.map(|l| format!("{}:{}:{}{}", shown(&l.path), l.line, l.column, commit(l))).unwrap_or_default();
    let others = if finding.locations.len() > 1 { format!(" and {} more", finding.locations.len() - 1) } else { String::new() };
    let (confidence, proof) = (finding.confidence.as_str(), finding.proof.as_str());
    [
        format!("keysweep: {}: {}", finding.title, finding.secret.redacted),
        format!("  where  {place}{others}"),
        format!("  why    {confidence} confidence, by {proof}; once others have it, it has to be revoked"),
    ]
}
