//! `keysweep init`: a configuration with everything explained, the hooks, and a pipeline, as the user wants them. Nothing that is there is overwritten.

use super::args::{self, Forge, HookPlace, Stage};
use super::exit::Exit;
use super::{hook, output};
use anyhow::{Context, Result};
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

/// The configuration, all of it explained and commented out.
pub(super) static CONFIG: &str = include_str!("../../templates/init/keysweep.toml");
static GITHUB: &str = include_str!("../../templates/init/github.yml");
/// The job for GitLab is the one in `ci/`, so that there is one of it.
static GITLAB: &str = include_str!("../../ci/gitlab.yml");

/// Writes what is asked for; on a terminal, asks for what was not said.
pub(super) fn run(args: &args::Init) -> Result<Exit> {
    let asker = Asker::new(args.yes);
    std::fs::metadata(&args.folder).with_context(|| args.folder.display().to_string())?;
    place(&args.folder.join(crate::config::FILE_NAME), CONFIG)?;
    let is_repository = std::fs::symlink_metadata(args.folder.join(".git")).is_ok();
    let wants_hook = match (args.hook, args.no_hook) {
        (true, _) => true,
        (_, true) => false,
        _ => is_repository && asker.asks("Look at every commit and push here, by git's hooks?")?,
    };
    if wants_hook {
        let stage = vec![Stage::PreCommit, Stage::PrePush];
        hook::run(args::Hook::Install(HookPlace { folder: args.folder.clone(), stage, hooks: None }))?;
    }
    let forges = match (&args.workflow[..], forge_of(&args.folder)) {
        ([], Some(forge)) if is_repository && asker.asks(&format!("Write a pipeline for {}?", forge.title()))? => vec![forge],
        (named, _) => named.to_vec(),
    };
    for forge in forges {
        workflow(&args.folder, forge)?;
    }
    output::note("next: `keysweep scan`, and `keysweep baseline update` to accept what is there already");
    Ok(Exit::Clean)
}

/// Writes a file that others read, unless there is one.
fn place(file: &Path, text: &str) -> Result<()> {
    if std::fs::symlink_metadata(file).is_ok() {
        output::note(&format!("{}: is there already and stays as it is", file.display()));
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    output::shared_file(file, text.as_bytes())?;
    output::note(&format!("{}: written", file.display()));
    Ok(())
}

fn workflow(folder: &Path, forge: Forge) -> Result<()> {
    match forge {
        Forge::Github => {
            let branch = branch(folder).unwrap_or_else(|| "main".into());
            place(&folder.join(".github/workflows/keysweep.yml"), &GITHUB.replace("[BRANCH]", &format!("[{branch:?}]")))?;
            output::note("name in it the repository of keysweep and a commit (OWNER and COMMIT)");
        }
        Forge::Gitlab => {
            place(&folder.join(".gitlab/keysweep.yml"), GITLAB)?;
            output::note(
                "add to .gitlab-ci.yml: `include: { local: .gitlab/keysweep.yml }`, and set KEYSWEEP_IMAGE to an image that has keysweep",
            );
        }
    }
    Ok(())
}

/// The forge that a clone comes from, as far as its name says.
fn forge_of(folder: &Path) -> Option<Forge> {
    let host = repository(folder)?.origin.and_then(|o| crate::model::Origin::parse(&o, None))?.host;
    [(Forge::Github, "github"), (Forge::Gitlab, "gitlab")].into_iter().find(|(_, name)| host.contains(name)).map(|(forge, _)| forge)
}

/// The branch that is checked out.
fn branch(folder: &Path) -> Option<String> {
    repository(folder)?.refs.branch
}

fn repository(folder: &Path) -> Option<crate::source::history::Repository> {
    match crate::source::history::open(folder, folder) {
        Ok(crate::source::history::Opened::Repository(repository)) => Some(*repository),
        _ => None,
    }
}

/// Asks on a terminal; elsewhere nothing is wanted that was not said.
struct Asker {
    yes: bool,
    terminal: bool,
}

impl Asker {
    fn new(yes: bool) -> Self {
        Self { yes, terminal: std::io::stdin().is_terminal() && std::io::stderr().is_terminal() }
    }

    fn asks(&self, question: &str) -> Result<bool> {
        if self.yes || !self.terminal {
            return Ok(self.yes);
        }
        let mut err = anstream::stderr();
        write!(err, "{question} [Y/n] ")?;
        err.flush()?;
        let mut answer = String::new();
        // The end of input is no answer.
        let read = std::io::stdin().lock().read_line(&mut answer)?;
        Ok(read > 0 && matches!(answer.trim(), "" | "y" | "Y" | "yes"))
    }
}
