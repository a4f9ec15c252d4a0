//! A night: a sweep is begun or taken up, worked on until all is done, and its findings made one report.

use super::git::Git;
use super::host::Hosts;
use super::judge::{Asked, Judge};
use super::mirror::Cache;
use super::queue::{BUSY, Job, Queue, Worker};
use super::target::Listing;
use super::task::Workshop;
use crate::model::{Report, Skipped, Timestamp, TrendPoint};
use crate::store::{self, Address, Done, Plan, Progress, Store, Target, Trouble, Written};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often progress is looked at by who waits for the end, and by a worker that shows it.
const LOOK: Duration = Duration::from_millis(100);
const GLANCE: Duration = Duration::from_secs(2);
/// Of the time between two looks, one so many-th is spent looking: counting tens of thousands of tasks takes a while.
const SHARE: u32 = 50;
/// How long a lost database is waited for.
const LOST: Duration = Duration::from_secs(120);
/// Reports of repositories that are read at a time.
const PAGE: i64 = 200;
/// Silences of the queue after which what is left is put into it again.
const STALLED: u32 = 20;

/// How a sweep is worked on.
pub struct Settings {
    /// Where it is kept.
    pub store: Address,
    /// Folder of the mirrors.
    pub cache: PathBuf,
    /// Most bytes of the mirrors.
    pub budget: u64,
    /// How git is run.
    pub git: Git,
    /// Repositories at a time; 0 where other machines do the work.
    pub concurrency: usize,
    /// How often a worker says that it is alive.
    pub heartbeat: Duration,
    /// How often a repository is tried.
    pub attempts: i64,
    /// Name of this process among workers.
    pub name: String,
}

/// Told how the work goes on.
pub trait Watch: Send + Sync + 'static {
    /// A repository is done.
    fn done(&self, repository: &str, done: &Done);
    /// How far all is.
    fn progress(&self, progress: &Progress);
    /// Something that is to be known.
    fn note(&self, text: &str);
}

/// How work on a sweep ended.
pub enum Ended {
    /// All repositories are done.
    Finished(Box<Night>),
    /// It was stopped, and is taken up by the next sweep.
    Stopped(Progress),
}

/// What came of a night.
pub struct Night {
    /// Number of the sweep.
    pub sweep: i64,
    /// What was found, joined and judged.
    pub report: Report,
    /// The report of the last sweep whose changes were told, in JSON.
    pub before: Option<String>,
    /// What was done.
    pub progress: Progress,
    /// What could not be read.
    pub troubles: Vec<Trouble>,
    /// What is new to the store.
    pub written: Written,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The queue.
    #[error("the queue of the store: {}", store::plain(.0))]
    Queue(#[from] sqlx::Error),
    /// The queue's tasks.
    #[error("the queue of the store: {0}")]
    Push(Box<dyn std::error::Error + Send + Sync>),
    /// The runtime or the cache.
    #[error("{0}: {1}")]
    System(&'static str, std::io::Error),
    /// What is in the store is not what was written.
    #[error("the report of {0} in the store cannot be read: {1}")]
    Kept(String, serde_json::Error),
    /// A sweep that looks for other things was begun meanwhile.
    #[error(
        "sweep {0}, which looks for other things, was begun meanwhile in the same store: this one is given up; give each configuration a store of its own"
    )]
    Superseded(i64),
    /// This worker is none for the sweep.
    #[error("{0}")]
    Misfit(String),
}

/// The asynchronous runtime: two threads, for the work itself is done on threads that may block.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|e| Error::System("no asynchronous runtime", e))
}

/// The store and its queue. A file that another process is just making may be locked in a way that no time-out of the database waits for.
async fn opened(address: &Address) -> Result<(Store, Queue), Error> {
    let began = Instant::now();
    loop {
        let open = async { Ok((Store::open(address).await?, Queue::open(address).await?)) };
        match open.await {
            Err(e @ (Error::Store(_) | Error::Queue(_))) if e.to_string().contains(" is locked") && began.elapsed() < BUSY => {
                tokio::time::sleep(LOOK).await;
            }
            done => return done,
        }
    }
}

/// Sweeps: begins or takes up, works, and makes the report of all.
///
/// # Errors
/// When the store is lost for good.
pub fn sweep(
    settings: Settings,
    judge: Arc<dyn Judge>,
    asked: &Asked,
    listing: Listing,
    now: &dyn Fn() -> Timestamp,
    watch: Arc<dyn Watch>,
) -> Result<Ended, Error> {
    runtime()?.block_on(async {
        let (store, queue) = opened(&settings.store).await?;
        let options = serde_json::to_string(asked).unwrap_or_default();
        let plan = Plan { digest: judge.digest(), asked: asked.digest(), options };
        let begun = store.begin(&plan, &listing.skipped, now()).await?;
        if begun.is_resumed {
            watch.note("an unfinished sweep is taken up where it was left");
        }
        let mut open = store.add(begun.id, &listing.targets).await?;
        for prefix in &listing.incomplete {
            open.extend(store.add_known(begun.id, prefix).await?);
        }
        queue.push(begun.id, jobs(begun.id, &open, &listing.targets, 0)).await.map_err(Error::Push)?;
        let crew = Crew::new(settings, &store, &judge, &watch)?;
        let done = crew.until(&queue, Until::Swept(begun.id, &open, &listing.targets)).await?;
        match done {
            None => Ok(Ended::Stopped(store.progress(begun.id).await?)),
            Some(progress) => {
                let night = finish(&store, begun.id, &*judge, progress, now).await?;
                store.close().await;
                Ok(Ended::Finished(Box::new(night)))
            }
        }
    })
}

/// Works for sweeps that others began, until it is stopped, or, `once`, until nothing is left to do.
///
/// # Errors
/// When the store is lost for good, or looks for other things.
pub fn work(settings: Settings, judge: Arc<dyn Judge>, once: bool, watch: Arc<dyn Watch>) -> Result<(), Error> {
    runtime()?.block_on(async {
        let (store, queue) = opened(&settings.store).await?;
        let crew = Crew::new(settings, &store, &judge, &watch)?;
        crew.until(&queue, if once { Until::Idle } else { Until::Stopped }).await?;
        store.close().await;
        Ok(())
    })
}

/// How far the last sweep is, with what it could not read; and when it began and ended.
///
/// # Errors
/// When the store cannot be read.
pub fn status(address: &Address) -> Result<Option<(store::Sweep, Progress, Vec<Trouble>)>, Error> {
    runtime()?.block_on(async {
        let store = Store::open(address).await?;
        let Some(sweep) = store.sweep(None).await? else { return Ok(None) };
        let (progress, troubles) = (store.progress(sweep.id).await?, store.troubles(sweep.id).await?);
        Ok(Some((sweep, progress, troubles)))
    })
}

/// The report of the last sweep that was finished, in JSON.
///
/// # Errors
/// When the store cannot be read.
pub fn last_report(address: &Address) -> Result<Option<String>, Error> {
    runtime()?.block_on(async { Ok(Store::open(address).await?.last_report().await?) })
}

/// Notes that the changes of a sweep were told; until then the next sweep tells them again.
///
/// # Errors
/// When the store cannot be written.
pub fn told(address: &Address, sweep: i64, now: Timestamp) -> Result<(), Error> {
    runtime()?.block_on(async { Ok(Store::open(address).await?.told(sweep, now).await?) })
}

/// Counts of all finished sweeps.
///
/// # Errors
/// When the store cannot be read.
pub fn trend(address: &Address) -> Result<Vec<TrendPoint>, Error> {
    runtime()?.block_on(async { Ok(Store::open(address).await?.trend().await?) })
}

/// The jobs of repositories. Small ones come first, so that none waits behind a giant; `round` tells those put in again from the first.
fn jobs(sweep: i64, names: &[String], targets: &[Target], round: u32) -> Vec<(Job, usize, String)> {
    let forks: HashSet<&str> = targets.iter().filter(|t| t.network != t.name).map(|t| t.name.as_str()).collect();
    let bytes: HashMap<&str, u64> = targets.iter().map(|t| (t.name.as_str(), t.bytes)).collect();
    let job = |name: &String| {
        let size = bytes.get(name.as_str()).copied().unwrap_or(0);
        // What others borrow from comes before them.
        let rank = if forks.contains(name.as_str()) { 0 } else { 64 };
        let priority = rank + 64 - size.max(1).ilog2() as usize;
        (Job { sweep, repository: name.clone() }, priority, format!("{sweep}/{round}/{name}"))
    };
    names.iter().map(job).collect()
}

/// When work ends.
enum Until<'u> {
    /// When all of a sweep is done; what is open, and its sizes, to put in again what the queue lost.
    Swept(i64, &'u [String], &'u [Target]),
    /// When nothing is left.
    Idle,
    /// When it is told to.
    Stopped,
}

/// The worker of this process, and who watches it.
struct Crew<'c> {
    worker: Worker,
    watch: &'c Arc<dyn Watch>,
    store: &'c Store,
    stop: watch::Sender<bool>,
    misfit: Arc<Mutex<Option<String>>>,
}

impl<'c> Crew<'c> {
    fn new(settings: Settings, store: &'c Store, judge: &Arc<dyn Judge>, watch: &'c Arc<dyn Watch>) -> Result<Self, Error> {
        let cache = Cache::open(&settings.cache, settings.budget).map_err(|e| Error::System("the folder of mirrors", e))?;
        let freed = cache.make_room();
        if freed > 0 {
            watch.note(&format!("{} MB of mirrors that were not used for longest were removed", freed / 1_000_000));
        }
        let (stop, _) = watch::channel(false);
        let (misfit, teller) = (Arc::new(Mutex::new(None)), watch.clone());
        let (told, stopping) = (misfit.clone(), stop.clone());
        let worker = Worker {
            name: settings.name,
            concurrency: settings.concurrency,
            attempts: settings.attempts,
            heartbeat: settings.heartbeat,
            store: store.clone(),
            workshop: Arc::new(Workshop { git: settings.git, cache, hosts: Hosts::default(), judge: judge.clone() }),
            tell: Arc::new(move |repository, done| teller.done(repository, done)),
            misfit: Arc::new(move |why| {
                *told.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(why);
                let _ = stopping.send(true);
            }),
            questions: Arc::default(),
        };
        Ok(Self { worker, watch, store, stop, misfit })
    }

    /// Works until it is over; gives the progress where all of a sweep is done, none where it was stopped.
    async fn until(&self, queue: &Queue, until: Until<'_>) -> Result<Option<Progress>, Error> {
        let signals = self.stop.clone();
        let listening = tokio::spawn(async move {
            stop_signal().await;
            let _ = signals.send(true);
        });
        let watched = self.watched(queue, until);
        let (worked, progress) = tokio::join!(self.worked(queue), async {
            let progress = watched.await;
            let _ = self.stop.send(true);
            progress
        });
        listening.abort();
        worked?;
        if let Some(why) = self.misfit.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            return Err(Error::Misfit(why));
        }
        progress
    }

    /// The worker, begun again where the database was lost for a while.
    async fn worked(&self, queue: &Queue) -> Result<(), Error> {
        let mut lost: Option<Instant> = None;
        for round in 0_u64.. {
            if self.worker.concurrency == 0 || *self.stop.borrow() {
                break;
            }
            let worker = Worker { name: format!("{}/{round}", self.worker.name), ..self.worker.clone() };
            let began = Instant::now();
            match queue.work(worker, self.stop.subscribe()).await {
                Ok(()) => break,
                Err(why) => {
                    if began.elapsed() > LOST {
                        lost = None;
                    }
                    if lost.get_or_insert(began).elapsed() > LOST {
                        let _ = self.stop.send(true);
                        return Err(Error::Push(why));
                    }
                    self.watch.note(&format!("the store is lost for now: {why}; trying again"));
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        Ok(())
    }

    async fn watched(&self, queue: &Queue, until: Until<'_>) -> Result<Option<Progress>, Error> {
        let mut stop = self.stop.subscribe();
        let (mut lost, mut last, mut round): (Option<Instant>, (Progress, Instant), u32) = (None, (Progress::default(), Instant::now()), 0);
        let least = if matches!(until, Until::Swept(..)) { LOOK } else { GLANCE };
        let mut pause = LOOK;
        loop {
            tokio::select! {
                _ = stop.wait_for(|stopped| *stopped) => return Ok(None),
                () = tokio::time::sleep(pause) => {}
            }
            let began = Instant::now();
            let looked = self.look(&until).await;
            pause = (began.elapsed() * SHARE).max(least);
            let progress = match looked {
                Ok(progress) => progress,
                Err(e) if lost.get_or_insert_with(Instant::now).elapsed() > LOST => return Err(e.into()),
                Err(_) => continue,
            };
            lost = None;
            let Some(progress) = progress else { continue };
            self.watch.progress(&progress);
            let is_over = progress.done() == progress.targets;
            match until {
                Until::Swept(..) | Until::Idle if is_over => return Ok(Some(progress)),
                Until::Swept(sweep, open, targets) if progress == last.0 && self.is_stalled(&progress, last.1) => {
                    if let Some(newer) = self.store.sweep(None).await?.filter(|s| s.id > sweep) {
                        return Err(Error::Superseded(newer.id));
                    }
                    round += 1;
                    let _ = queue.push(sweep, jobs(sweep, open, targets, round)).await;
                    last.1 = Instant::now();
                }
                _ if progress != last.0 => last = (progress, Instant::now()),
                _ => {}
            }
        }
    }

    /// Whether nobody works and nothing moves. What is being worked on may take long, and the queue itself notices who has died.
    fn is_stalled(&self, progress: &Progress, since: Instant) -> bool {
        progress.running == 0 && since.elapsed() > self.worker.heartbeat * STALLED
    }

    async fn look(&self, until: &Until<'_>) -> store::Result<Option<Progress>> {
        match until {
            Until::Swept(sweep, ..) => self.store.progress(*sweep).await.map(Some),
            Until::Idle | Until::Stopped => match self.store.sweep(None).await? {
                Some(sweep) => self.store.progress(sweep.id).await.map(Some),
                None => Ok(Some(Progress::default())),
            },
        }
    }
}

/// Ends when the user or the system asks for the end.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

/// Makes one report of all repositories, joins it, and writes it.
async fn finish(store: &Store, sweep: i64, judge: &dyn Judge, progress: Progress, now: &dyn Fn() -> Timestamp) -> Result<Night, Error> {
    let before = store.told_report().await?;
    let begun = store.sweep(Some(sweep)).await?;
    let mut report = judge.blank();
    let (mut after, mut is_first) = (String::new(), true);
    loop {
        let page = store.kept(sweep, &after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        for (name, text) in page {
            let mut kept: Report = serde_json::from_str(&text).map_err(|e| Error::Kept(name, e))?;
            judge.revive(&mut kept);
            if std::mem::take(&mut is_first) {
                report.tool = kept.tool.clone();
            }
            report.merge(kept);
        }
    }
    report.scan.started = begun.as_ref().map_or_else(now, |s| s.started);
    let troubles = store.troubles(sweep).await?;
    report.scan.skipped.extend(begun.into_iter().flat_map(|s| s.skipped));
    report.scan.skipped.extend(troubles.iter().map(|t| Skipped::new(&t.repository, format!("{}; tried {} time(s)", t.why, t.attempts))));
    report.settle();
    judge.join(&mut report);
    report.trend = store.trend().await?;
    report.trend.push(TrendPoint { sweep, started: report.scan.started, counts: report.counts() });
    report.scan.finished = now();
    let text = serde_json::to_string(&report).unwrap_or_default();
    let written = store.finish(sweep, &report, &text, report.scan.finished).await?;
    Ok(Night { sweep, report, before, progress, troubles, written })
}
