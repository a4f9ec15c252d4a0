//! `keysweep review`: lists for owners to decide on, and their decisions read back.

use super::args;
use super::exit::Exit;
use super::output::{file, line, note};
use crate::review::{Decided, FORMS, Form, Former, Item, Journal, List, lists};
use crate::source::Bytes;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Largest report that is read, in bytes.
const LARGEST: u64 = 4 << 30;
/// Largest list that is read, in bytes.
const LARGEST_LIST: u64 = 256 << 20;
/// The journal of decisions in the folder of lists.
const JOURNAL: &str = "decisions.jsonl";

/// Reads decisions back, then writes the lists anew.
pub(super) fn run(args: &args::Review) -> Result<Exit> {
    let Some(report) = former(&args.report)? else {
        bail!("{} is no JSON report; make one with `keysweep scan --inventory EXPORTS -f json -o report.json`", args.report.display());
    };
    let Some(scanned) = report.started() else { bail!("{}: does not say when it was made", args.report.display()) };
    fs::create_dir_all(&args.output).with_context(|| format!("cannot make the folder {}", args.output.display()))?;
    let items = Item::all(&report, scanned);
    let place = args.output.join(JOURNAL);
    let mut journal = match Bytes::open(&place, LARGEST_LIST) {
        Ok(bytes) => Journal::parse(&String::from_utf8_lossy(&bytes)).map_err(|e| anyhow::anyhow!("{}: {e}", place.display()))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Journal::default(),
        Err(e) => return Err(e).with_context(|| format!("cannot read {}", place.display())),
    };
    let Some(decisions) = collect(args)? else { return Ok(Exit::Usage) };
    let taken = keep(decisions, &items, &mut journal)?;
    file(Some(&place), &mut |out| out.write_all(journal.text().as_bytes()))?;
    let open = items.iter().filter(|i| !journal.last().contains_key(i.id.as_str())).count();
    let lists = lists(items, scanned, &report.scan.targets, &journal.last());
    write(&lists, args)?;
    line(&format!(
        "{taken} new decision(s) read back; {} list(s) in {}; {open} identities without a decision",
        lists.len(),
        args.output.display()
    ))?;
    Ok(Exit::Clean)
}

/// Reads a JSON report; `None` where the file is something else.
pub(super) fn former(path: &Path) -> Result<Option<Former>> {
    let bytes = Bytes::open(path, LARGEST).with_context(|| format!("cannot read {}", path.display()))?;
    let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    if !begin.trim_start().starts_with('{') || !begin.contains("\"schema_version\"") {
        return Ok(None);
    }
    Former::parse(&bytes).map(Some).map_err(|e| anyhow::anyhow!("{} {e}", path.display()))
}

/// The form of a list by the ending of its file.
fn form(path: &Path) -> Option<&'static dyn Form> {
    let ending = path.extension()?.to_str()?.to_lowercase();
    FORMS.iter().copied().find(|f| f.id() == ending)
}

/// The decisions in lists that came back; `None` where one of them has mistakes, which are told.
fn collect(args: &args::Review) -> Result<Option<Vec<(PathBuf, u64, Decided)>>> {
    let mut files = in_folder(&args.output)?;
    for path in &args.returned {
        if path.is_dir() {
            files.extend(in_folder(path)?);
        } else if form(path).is_some() {
            files.push(path.clone());
        } else {
            bail!("{}: a list that comes back is Markdown (.md) or CSV (.csv); of an HTML list, the CSV that it saves", path.display());
        }
    }
    let (mut found, mut faults) = (Vec::new(), 0);
    for path in files {
        let Some(form) = form(&path) else { continue };
        let bytes = Bytes::open(&path, LARGEST_LIST).with_context(|| format!("cannot read {}", path.display()))?;
        match form.read(&String::from_utf8_lossy(&bytes)) {
            Ok(decisions) => found.extend(decisions.into_iter().map(|(line, d)| (path.clone(), line, d))),
            Err(mistakes) => {
                faults += mistakes.len();
                mistakes.iter().for_each(|(line, says)| note(&format!("error: {}:{line}: {says}", path.display())));
            }
        }
    }
    let mut first: BTreeMap<String, (PathBuf, u64, Decided)> = BTreeMap::new();
    for (path, line, decided) in &found {
        let (other, at, known) = first.entry(decided.identity.clone()).or_insert_with(|| (path.clone(), *line, decided.clone()));
        if known.decision != decided.decision {
            faults += 1;
            let (is, was) = (decided.decision.as_str(), known.decision.as_str());
            note(&format!("error: {}:{line}: decides {is}, and {}:{at} decides {was}; agree on one", path.display(), other.display()));
        }
    }
    if faults > 0 {
        note(&format!("{faults} mistake(s): nothing was written, and no list was changed"));
        return Ok(None);
    }
    Ok(Some(found))
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let lists = entries.flatten().map(|e| e.path()).filter(|p| p.is_file() && form(p).is_some());
    let mut files: Vec<PathBuf> = lists.filter(|p| p.file_stem().is_some_and(|s| s != "index")).collect();
    files.sort();
    Ok(files)
}

/// Takes decisions into the journal and says how many are new.
fn keep(decisions: Vec<(PathBuf, u64, Decided)>, items: &[Item], journal: &mut Journal) -> Result<usize> {
    let names: HashMap<&str, &str> = items.iter().map(|i| (i.id.as_str(), i.name.as_str())).collect();
    let now = super::scan::clock()?();
    let mut taken = 0;
    for (path, line, decided) in decisions {
        let name = names.get(decided.identity.as_str()).map(|n| (*n).to_owned());
        if name.is_none() {
            note(&format!("note: {}:{line}: {} is in this report no more; the decision is kept", path.display(), decided.identity));
        }
        taken += usize::from(journal.take(Decided { name: name.unwrap_or_default(), ..decided }, now));
    }
    Ok(taken)
}

fn write(lists: &[List], args: &args::Review) -> Result<()> {
    let forms: Vec<_> = FORMS.iter().filter(|f| args.format.is_empty() || args.format.iter().any(|n| n == f.id())).collect();
    let current: HashSet<PathBuf> = lists.iter().flat_map(|l| forms.iter().map(|f| path(l, **f, args))).collect();
    for list in lists {
        forms.iter().try_for_each(|form| file(Some(&path(list, **form, args)), &mut |out| form.write(list, out)))?;
    }
    // A list of an owner who has nothing left to decide would be read back for ever.
    for old in in_folder(&args.output)?.into_iter().filter(|p| !current.contains(p)) {
        let is_ours = |form: &dyn Form| fs::read_to_string(&old).is_ok_and(|t| t.starts_with(form.begins()));
        if form(&old).is_some_and(|f| forms.iter().any(|o| o.id() == f.id()) && is_ours(f)) {
            fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
    }
    Ok(())
}

fn path(list: &List, form: &dyn Form, args: &args::Review) -> PathBuf {
    args.output.join(format!("{}.{}", list.file, form.id()))
}
