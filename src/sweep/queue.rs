//! The queue of a sweep's repositories: apalis on SQLite or PostgreSQL. A worker that dies is noticed by its silence, and its work given to another.

use super::judge::Asked;
use super::task::{BROKE_OFF, Workshop};
use crate::store::{Address, Attempt, Done, Outcome, Store};
use apalis::prelude::*;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::collections::HashSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Jobs that are written at once.
const AT_ONCE: usize = 1000;
/// Name of the queue.
const QUEUE: &str = "keysweep";
/// How often an idle worker looks for work.
const LOOK: Duration = Duration::from_millis(200);
/// Silences after which a worker is taken for dead.
const SILENCES: usize = 3;
/// How often a repository is tried that cannot be fetched; each time it is tried several times at once.
const FETCHES: i64 = 2;
/// How long another process may keep a file to itself.
pub const BUSY: Duration = Duration::from_secs(60);
/// The queue itself never gives up a task: attempts are counted in the store.
const NEVER: usize = 10_000;

/// A repository of a sweep.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Number of the sweep.
    pub sweep: i64,
    /// Name of the repository.
    pub repository: String,
}

/// Told of a repository and what came of it.
pub type Teller = Arc<dyn Fn(&str, &Done) + Send + Sync>;
/// Number of a sweep, and what its inventory asks.
pub type Questions = (i64, Arc<Asked>);

/// A worker at a store.
#[derive(Clone)]
pub struct Worker {
    /// Its name: no two workers have the same.
    pub name: String,
    /// Repositories that it works on at a time.
    pub concurrency: usize,
    /// How often a repository is tried whose attempts end neither well nor badly, or badly in a way that may pass.
    pub attempts: i64,
    /// How often it says that it is alive.
    pub heartbeat: Duration,
    /// Where work is written.
    pub store: Store,
    /// What it works with.
    pub workshop: Arc<Workshop>,
    /// Told of each repository that is done.
    pub tell: Teller,
    /// Told why this worker can do nothing for a sweep.
    pub misfit: Arc<dyn Fn(String) + Send + Sync>,
    /// Number of the sweep that was worked on last, and what its inventory asks.
    pub questions: Arc<Mutex<Option<Questions>>>,
}

/// What work on a job may end with, for the queue.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The queue at a store.
pub enum Queue {
    /// In a file.
    Sqlite(sqlx::SqlitePool),
    /// On a server.
    Postgres(sqlx::PgPool),
}

impl Queue {
    /// Opens the queue, and makes it where there is none.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(address: &Address) -> Result<Self, sqlx::Error> {
        match address {
            Address::Sqlite(file) => {
                let options = SqliteConnectOptions::from_str("sqlite://")?.filename(file).busy_timeout(Duration::from_secs(30));
                set_up(options.clone()).await?;
                let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
                Ok(Self::Sqlite(SqlitePoolOptions::new().max_connections(4).connect_with(options).await?))
            }
            Address::Postgres(url) => {
                let pool = PgPoolOptions::new().max_connections(4).connect(url).await?;
                apalis_postgres::PostgresStorage::<()>::setup(&pool).await.map_err(|e| sqlx::Error::Configuration(e.into()))?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Adds the jobs of a sweep with their priorities and keys; those that are there already are not added again, and those of former sweeps are dropped.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn push(&self, sweep: i64, jobs: Vec<(Job, usize, String)>) -> Result<(), Failure> {
        let known = self.known(&format!("{sweep}/")).await?;
        let new = jobs.into_iter().filter(|(.., key)| !known.contains(key));
        let tasks =
            new.map(|(job, priority, key)| TaskBuilder::new(job).priority(priority).max_attempts(NEVER).idempotency_key(key).build());
        let mut tasks = tasks.collect::<Vec<_>>().into_iter();
        loop {
            let some: Vec<_> = tasks.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return Ok(());
            }
            let mut some = futures_util::stream::iter(some);
            match self {
                Self::Sqlite(pool) => sqlite(pool, Duration::from_secs(30)).push_all(&mut some).await?,
                Self::Postgres(pool) => postgres(pool, Duration::from_secs(30)).push_all(&mut some).await?,
            }
        }
    }

    /// The keys that begin so; jobs with other keys are dropped.
    async fn known(&self, prefix: &str) -> Result<HashSet<String>, sqlx::Error> {
        let length = i32::try_from(prefix.len()).unwrap_or(i32::MAX);
        let keys: Vec<(String,)> = match self {
            Self::Sqlite(pool) => {
                let drop = "DELETE FROM Jobs WHERE job_type = $1 AND substr(idempotency_key, 1, $3) <> $2";
                sqlx::query(drop).bind(QUEUE).bind(prefix).bind(length).execute(pool).await?;
                sqlx::query_as("SELECT idempotency_key FROM Jobs WHERE job_type = $1").bind(QUEUE).fetch_all(pool).await?
            }
            Self::Postgres(pool) => {
                let drop = "DELETE FROM apalis.jobs WHERE job_type = $1 AND substr(idempotency_key, 1, $3) <> $2";
                sqlx::query(drop).bind(QUEUE).bind(prefix).bind(length).execute(pool).await?;
                sqlx::query_as("SELECT idempotency_key FROM apalis.jobs WHERE job_type = $1").bind(QUEUE).fetch_all(pool).await?
            }
        };
        Ok(keys.into_iter().map(|(key,)| key).collect())
    }

    /// Works until it is told to stop; what is begun then is ended first.
    ///
    /// # Errors
    /// When the database is lost; the work itself is safe, and another call takes it up.
    pub async fn work(&self, worker: Worker, stop: tokio::sync::watch::Receiver<bool>) -> Result<(), Failure> {
        macro_rules! run {
            ($storage:expr) => {{
                let backend = $storage.poll_with_interval(LOOK);
                let built =
                    WorkerBuilder::new(worker.name.clone()).backend(backend).concurrency(worker.concurrency).data(worker).build(job);
                built.run_until(stopped(stop)).await?;
            }};
        }
        match self {
            Self::Sqlite(pool) => run!(sqlite(pool, worker.heartbeat)),
            Self::Postgres(pool) => run!(postgres(pool, worker.heartbeat)),
        }
        Ok(())
    }
}

/// Makes the tables of a file. Two processes that do so at once get into each other's way, so what fails is tried again, for as long as a slow disk may
/// keep the other busy.
async fn set_up(options: SqliteConnectOptions) -> Result<(), sqlx::Error> {
    let (began, mut pause) = (Instant::now(), Duration::from_millis(50));
    loop {
        // The set-up gives up safety on the connection it is run on, so that one is not used again.
        let once = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let done = apalis_sqlite::SqliteStorage::<()>::setup(&once).await;
        once.close().await;
        match done {
            Ok(()) => return Ok(()),
            Err(e) if began.elapsed() > BUSY || e.to_string().contains("is full") => return Err(sqlx::Error::Configuration(e.into())),
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

fn sqlite(pool: &sqlx::SqlitePool, heartbeat: Duration) -> apalis_sqlite::SqliteStorage<Job> {
    let config = apalis_sqlite::Config::default().queue(QUEUE).batch_size(1);
    apalis_sqlite::SqliteStorage::new(pool).with_config(config.heartbeat_interval(heartbeat).missed_heartbeats(SILENCES))
}

fn postgres(pool: &sqlx::PgPool, heartbeat: Duration) -> apalis_postgres::PostgresStorage<Job> {
    let config = apalis_postgres::Config::default().queue(QUEUE).batch_size(1);
    apalis_postgres::PostgresStorage::new(pool).with_config(config.heartbeat_interval(heartbeat).missed_heartbeats(SILENCES))
}

async fn stopped(mut stop: tokio::sync::watch::Receiver<bool>) -> std::io::Result<()> {
    while !*stop.borrow() {
        if stop.changed().await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Does one job: once, however often the queue gives it out.
async fn job(job: Job, worker: Data<Worker>) -> Result<(), Failure> {
    let Job { sweep, repository } = job;
    let asked = match questions(&worker, sweep).await {
        Ok(asked) => asked,
        Err(why) => {
            (worker.misfit)(why.clone());
            return Err(why.into());
        }
    };
    let target = match worker.store.attempt(sweep, &repository, &worker.name, worker.attempts).await? {
        Attempt::Done => return Ok(()),
        Attempt::Poison(attempts) => {
            let why = format!("{attempts} attempts ended with the worker");
            let done = Done { outcome: Outcome::Poison, why: Some(why), kept: None, millis: 0, bytes: 0 };
            return end(&worker, sweep, &repository, &done).await;
        }
        Attempt::Work(target) => target,
    };
    let remembered = worker.store.remembered(&repository).await?;
    let workshop = worker.workshop.clone();
    let work = move || std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| workshop.work(&target, remembered.as_ref(), &asked)));
    let worked = match tokio::task::spawn_blocking(work).await? {
        Ok(worked) => worked,
        Err(_) => Err((BROKE_OFF.to_owned(), true)),
    };
    match worked {
        Ok(done) => end(&worker, sweep, &repository, &done).await,
        Err((why, is_passing)) => {
            let progress = worker.store.attempts(sweep, &repository).await?;
            if is_passing && progress < worker.attempts.min(FETCHES) {
                worker.store.put_back(sweep, &repository, &why).await?;
                return Err(why.into());
            }
            let done = Done { outcome: Outcome::Failed, why: Some(why), kept: None, millis: 0, bytes: 0 };
            end(&worker, sweep, &repository, &done).await
        }
    }
}

/// What the inventory of a sweep asks, where this worker looks for what the sweep looks for.
async fn questions(worker: &Worker, sweep: i64) -> Result<Arc<Asked>, String> {
    let known = || worker.questions.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, asked)) = known().as_ref().filter(|(number, _)| *number == sweep) {
        return Ok(asked.clone());
    }
    let plan = worker.store.sweep(Some(sweep)).await.map_err(|e| e.to_string())?.ok_or("the sweep is not in the store")?.plan;
    if plan.digest != worker.workshop.judge.digest() {
        return Err(
            "the sweep looks for other things than this worker: give both the same keysweep, configuration and detectors".to_owned()
        );
    }
    let asked: Arc<Asked> =
        Arc::new(serde_json::from_str(&plan.options).map_err(|e| format!("the plan of the sweep cannot be read: {e}"))?);
    *known() = Some((sweep, asked.clone()));
    Ok(asked)
}

async fn end(worker: &Worker, sweep: i64, repository: &str, done: &Done) -> Result<(), Failure> {
    if worker.store.end(sweep, repository, done).await? {
        (worker.tell)(repository, done);
    }
    Ok(())
}
