//! `keysweep sweep` and `keysweep worker`.

mod bench;
mod metrics;
mod watch;

use super::args::{self, SweepCommand};
use super::exit::Exit;
use super::output::{self, line, note};
use super::reports::{self, Wanted};
use super::scan::{clock, ending, read_text};
use super::{changes, key};
use crate::model::{Gate, Timestamp, shown};
use crate::review::{Change, Day, Former, changes as compared};
use crate::source::history::hex;
use crate::store::Address;
use crate::sweep::forge::Owner;
use crate::sweep::webhook::{Hook, Message};
use crate::sweep::{self, Choice, Ended, Git, Judge, Listing, Night, Settings};
use anyhow::{Context, Result, bail};
use bench::Bench;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use watch::Watch;

/// What git, ssh and the forge's interface need of the environment; nothing else is passed on.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "TMPDIR",
];

/// Sweeps, or says how far that is.
pub(super) fn run(args: &args::Sweep) -> Result<Exit> {
    if let Some(SweepCommand::Status { store, json, prometheus }) = &args.command {
        return status(store.as_deref(), *json, *prometheus);
    }
    if args.org.is_empty() && args.repos.is_empty() && args.root.is_empty() {
        bail!(
            "nothing to sweep: name an organisation with --org github:NAME, a file of URLs with --repos, or a folder of clones with --root"
        );
    }
    let hooks = hooks()?;
    let owners = owners(&args.org, args.token_command.as_deref())?;
    let cache = cache(&args.place)?;
    let watch = Arc::new(Watch::new(args.place.log, args.place.quiet));
    let listing = listing(args, &owners, &cache)?;
    let bench = Arc::new(Bench::load(&args.bench, &args.inventory)?);
    let asked = bench.asked();
    let git = git(&args.place, &owners, args.all_refs);
    if let Some(part) = args.shard {
        let part = Listing { targets: listing.targets.into_iter().filter(|t| part.has(t)).collect(), ..listing };
        let judge: Arc<dyn Judge> = bench;
        let seen: Arc<dyn sweep::Watch> = watch.clone();
        let report = sweep::shard(part, (&cache, args.place.max_cache, git), &judge, asked, workers(&args.place), &seen)?;
        watch.clear();
        let formats = if args.format.is_empty() { vec!["json".to_owned()] } else { args.format.clone() };
        reports::write(&Wanted { formats: &formats, files: &args.output, short: false }, &report)?;
        return Ok(ending(&args.fail_on, &report));
    }
    let settings = settings(&args.place, git, if args.no_work { 0 } else { workers(&args.place) }, cache)?;
    let now = clock()?;
    let ended = sweep::sweep(settings, bench, &asked, listing, &*now, watch.clone());
    watch.clear();
    match ended? {
        Ended::Finished(night) => finished(args, *night, &hooks, now()),
        Ended::Stopped(progress) => {
            note(&format!("stopped with {} of {} repositories done; the next sweep goes on from there", progress.done(), progress.targets));
            Ok(Exit::Incomplete)
        }
    }
}

/// Works on sweeps of others.
pub(super) fn worker(args: &args::Worker) -> Result<Exit> {
    let owners = owners(&args.org, args.token_command.as_deref())?;
    let bench = Arc::new(Bench::load(&args.bench, &[])?);
    let (git, cache) = (git(&args.place, &owners, args.all_refs), cache(&args.place)?);
    let watch = Arc::new(Watch::new(args.place.log, args.place.quiet));
    let done = sweep::work(settings(&args.place, git, workers(&args.place), cache)?, bench, args.once, watch.clone());
    watch.clear();
    done?;
    Ok(Exit::Clean)
}

/// The report of the last sweep in a store, in JSON.
pub(super) fn last_report(store: &str) -> Result<String> {
    let text = sweep::last_report(&existing(Address::parse(store)?)?)?;
    text.context("no sweep in the store is finished yet; see `keysweep sweep status`")
}

fn finished(args: &args::Sweep, mut night: Night, hooks: &(Vec<Hook>, Option<String>), now: Timestamp) -> Result<Exit> {
    let text = serde_json::to_vec(&night.report)?;
    let day = |text: &[u8]| Former::parse(text).map_err(|e| anyhow::anyhow!("the report of a sweep {e}"));
    let (new, old) = (day(&text)?, night.before.as_deref().map(|t| day(t.as_bytes())).transpose()?);
    let is_first = old.is_none();
    let known: std::collections::HashSet<String> = old.iter().flat_map(|o| &o.findings).map(|f| f.id.clone()).collect();
    night.report.findings.iter_mut().for_each(|f| f.known = Some(known.contains(&f.id)));
    let (new, old) = (Day::of_report(&new), old.as_ref().map(Day::of_report).unwrap_or_default());
    let all = compared(&old, &new, now, args.within);
    if let Some(file) = &args.changes {
        output::file(Some(file), &mut |out| all.iter().try_for_each(|c| writeln!(out, "{}", serde_json::to_string(c)?)))?;
    }
    if let Some(file) = &args.metrics {
        let times = (night.sweep, night.report.scan.started, Some(now));
        let text = metrics::text(times, &night.progress, &night.report.trend);
        output::shared_file(file, text.as_bytes())?;
    }
    reports_of(args, &night, &all, (&old, &new), is_first)?;
    alert(&night, &all, hooks, now);
    if !args.place.quiet {
        told(&night);
    }
    // What was not told, for want of room or because this was killed, the next sweep tells.
    sweep::told(&address(args.place.store.as_deref())?, night.sweep, now)?;
    let default = [Gate::New];
    Ok(ending(if args.fail_on.is_empty() { &default } else { &args.fail_on }, &night.report))
}

/// Writes the reports that were asked for; standard output has the changes, unless a report goes there.
fn reports_of(args: &args::Sweep, night: &Night, all: &[Change], (old, new): (&Day, &Day), is_first: bool) -> Result<()> {
    let to_stdout = |i: usize| args.output.get(i).is_none_or(|o| o.as_os_str() == "-");
    if !(0..args.format.len()).any(to_stdout) {
        if is_first {
            line(&format!("the first sweep: {} credentials, {} identities", night.report.findings.len(), new.known.len()))?;
        } else {
            changes::told(all, (old, new), false)?;
        }
    }
    if args.format.is_empty() {
        return Ok(());
    }
    reports::write(&Wanted { formats: &args.format, files: &args.output, short: false }, &night.report)
}

/// Tells the webhooks; one that does not take it is named and is no reason to fail.
fn alert(night: &Night, all: &[Change], (hooks, key): &(Vec<Hook>, Option<String>), now: Timestamp) {
    let message = Message { sweep: night.sweep, changes: all, failed: night.troubles.len(), repositories: night.progress.targets };
    for hook in hooks {
        if let Err(why) = hook.send(&message, key.as_deref().map(str::as_bytes), now.seconds) {
            note(&shown(&format!("warning: a webhook was not told: {why}")));
        }
    }
}

fn told(night: &Night) {
    let p = &night.progress;
    note(&format!(
        "sweep {}: {} repositories, {} scanned, {} unchanged, {} failed; {} MB inspected; {} findings and {} identities that no sweep had before",
        night.sweep,
        p.targets,
        p.scanned,
        p.unchanged,
        p.failed + p.poison,
        p.bytes / 1_000_000,
        night.written.findings,
        night.written.identities
    ));
    night.troubles.iter().for_each(|t| note(&shown(&format!("not read: {}: {} (tried {} time(s))", t.repository, t.why, t.attempts))));
}

fn status(store: Option<&str>, as_json: bool, prometheus: bool) -> Result<Exit> {
    let address = existing(address(store)?)?;
    let Some((sweep, progress, troubles)) = sweep::status(&address)? else { bail!("no sweep was ever begun in this store") };
    if prometheus {
        let text = metrics::text((sweep.id, sweep.started, sweep.finished), &progress, &sweep::trend(&address)?);
        line(text.trim_end())?;
        return Ok(Exit::Clean);
    }
    if as_json {
        let told = serde_json::json!({"sweep": sweep.id, "started": sweep.started, "finished": sweep.finished, "progress": progress, "troubles": troubles, "skipped": sweep.skipped});
        line(&told.to_string())?;
        return Ok(Exit::Clean);
    }
    let (done, targets) = (progress.done(), progress.targets);
    let elapsed = (sweep.finished.unwrap_or(clock()?()).seconds - sweep.started.seconds).max(0);
    match sweep.finished {
        Some(finished) => line(&format!("sweep {} was finished at {finished}, after {}", sweep.id, span(elapsed)))?,
        None if done > 0 && elapsed > 0 => {
            let left = elapsed * (targets - done) / done;
            line(&format!(
                "sweep {} goes on since {}: {done} of {targets} repositories, {:.1}/s, {} left",
                sweep.id,
                sweep.started,
                done as f64 / elapsed as f64,
                span(left)
            ))?;
        }
        None => line(&format!("sweep {} goes on since {}: {done} of {targets} repositories", sweep.id, sweep.started))?,
    }
    line(&format!(
        "{} scanned, {} unchanged, {} failed, {} given up, {} being worked on, {} waiting; {} MB inspected",
        progress.scanned,
        progress.unchanged,
        progress.failed,
        progress.poison,
        progress.running,
        progress.waiting,
        progress.bytes / 1_000_000
    ))?;
    troubles.iter().try_for_each(|t| line(&shown(&format!("not read: {}: {} (tried {} time(s))", t.repository, t.why, t.attempts))))?;
    sweep.skipped.iter().try_for_each(|s| line(&shown(&format!("not listed: {}: {}", s.what, s.why))))?;
    Ok(Exit::Clean)
}

/// A time that a person reads.
fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn listing(args: &args::Sweep, owners: &[(Owner, Option<String>)], cache: &std::path::Path) -> Result<Listing> {
    let choice = Choice {
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        no_archived: args.no_archived,
        no_forks: args.no_forks,
        wikis: args.wikis,
        most_bytes: args.place.max_repository,
    };
    let mut all = Listing::default();
    let mut add = |part: Listing| {
        all.targets.extend(part.targets);
        all.skipped.extend(part.skipped);
        all.incomplete.extend(part.incomplete);
    };
    for (owner, token) in owners {
        add(owner.list(token.as_deref(), &cache.join("etags"), &choice));
    }
    for file in &args.repos {
        add(sweep::read_list(&read_text(file)?, &file.display().to_string(), &choice));
    }
    for root in &args.root {
        if !root.is_dir() {
            bail!("{}: there is no such folder of clones", root.display());
        }
        add(sweep::read_folder(root, &choice, 1));
    }
    all.targets.sort();
    all.targets.dedup_by(|a, b| a.name == b.name);
    if all.targets.is_empty() && all.incomplete.is_empty() {
        let why = all.skipped.first().map_or_else(String::new, |s| format!(": {}: {}", s.what, s.why));
        bail!("no repository is left to sweep{why}");
    }
    Ok(all)
}

/// Owners with their tokens: of the program that was named, else of the environment.
fn owners(named: &[String], program: Option<&std::path::Path>) -> Result<Vec<(Owner, Option<String>)>> {
    let read = |text: &String| {
        let owner = Owner::parse(text).map_err(anyhow::Error::msg)?;
        let token = match program {
            Some(program) => Some(token_of(program, &owner)?),
            None => owner.forge.variables().iter().find_map(|name| variable(name)),
        };
        Ok((owner, token))
    };
    named.iter().map(read).collect()
}

fn token_of(program: &std::path::Path, owner: &Owner) -> Result<String> {
    let output = Command::new(program).arg(owner.forge.id()).arg(&owner.server.host).output();
    let output = output.with_context(|| format!("--token-command: cannot run {}", program.display()))?;
    let token = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().to_owned();
    if !output.status.success() || token.is_empty() {
        bail!("--token-command: {} gave no token ({})", program.display(), output.status);
    }
    Ok(token)
}

fn git(place: &args::Place, owners: &[(Owner, Option<String>)], all_refs: bool) -> Git {
    Git {
        environment: PASSED.iter().filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect(),
        headers: owners.iter().filter_map(|(owner, token)| Some(owner.git_header(token.as_deref()?))).collect(),
        time: Duration::from_secs(place.fetch_time),
        bytes: place.max_repository,
        all_refs,
    }
}

fn settings(place: &args::Place, git: Git, concurrency: usize, cache: PathBuf) -> Result<Settings> {
    let mut random = [0; 6];
    getrandom::fill(&mut random).context("the system gives no random bytes")?;
    let host = variable("HOSTNAME").unwrap_or_else(|| "keysweep".to_owned());
    Ok(Settings {
        store: address(place.store.as_deref())?,
        cache,
        budget: place.max_cache,
        git,
        concurrency,
        heartbeat: Duration::from_secs(place.heartbeat),
        attempts: i64::from(place.attempts),
        name: format!("{host}-{}-{}", std::process::id(), hex(&random)),
    })
}

fn workers(place: &args::Place) -> usize {
    place.workers.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

/// Where sweeps are kept.
fn address(named: Option<&str>) -> Result<Address> {
    let named = named.map(str::to_owned).or_else(|| variable("KEYSWEEP_STORE"));
    match named {
        Some(text) => Ok(Address::parse(&text)?),
        None => Ok(Address::Sqlite(
            key::state_folder().context("there is no state folder for the store: name one with --store FILE")?.join("sweep.db"),
        )),
    }
}

/// A store to look into, which is not made by looking.
fn existing(address: Address) -> Result<Address> {
    match &address {
        Address::Sqlite(file) if !file.is_file() => bail!("{}: there is no such store; `keysweep sweep` makes one", file.display()),
        _ => Ok(address),
    }
}

fn cache(place: &args::Place) -> Result<PathBuf> {
    let own = || {
        let folder = variable("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| variable("HOME").map(|h| PathBuf::from(h).join(".cache")))?;
        Some(folder.join("keysweep"))
    };
    place.cache.clone().or_else(own).context("there is no cache folder for mirrors: name one with --cache DIR")
}

/// The webhooks of the environment, and the key that signs what they are told.
fn hooks() -> Result<(Vec<Hook>, Option<String>)> {
    let text = variable("KEYSWEEP_WEBHOOKS").unwrap_or_default();
    let hooks =
        text.split_whitespace().map(|h| Hook::parse(h).map_err(|e| anyhow::anyhow!("KEYSWEEP_WEBHOOKS: {e}"))).collect::<Result<_>>()?;
    Ok((hooks, variable("KEYSWEEP_WEBHOOK_KEY")))
}

#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}
