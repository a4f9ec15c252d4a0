//! The repositories of a sweep: which are done, which are being worked on, and what of them is remembered from one sweep to the next.

use super::{Error, Result, Store};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row};
use std::path::Path;

/// Rows that one statement writes.
const AT_ONCE: usize = 250;

/// The values of so many rows, each of the numbers of its parameters.
fn rows(count: usize, columns: usize, row: impl Fn(&[String]) -> String) -> String {
    let row = |n: usize| row(&(1..=columns).map(|c| format!("${}", n * columns + c)).collect::<Vec<_>>());
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

/// A repository to sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// What reports call it, such as `github.com/acme/shop`.
    pub name: String,
    /// Where it is fetched from; `folder:PATH` for a clone that is read where it is.
    pub url: String,
    /// The name of the repository that it is a fork of, else its own: forks share objects.
    pub network: String,
    /// How large the forge says it is, in bytes; 0 where it does not.
    pub bytes: u64,
}

impl Target {
    /// The folder of a clone that is read where it is.
    pub fn folder(&self) -> Option<&Path> {
        self.url.strip_prefix("folder:").map(Path::new)
    }
}

/// How work on a repository ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was read.
    Scanned,
    /// It is as it was, and so is what is looked for.
    Unchanged,
    /// It could not be read.
    Failed,
    /// It was tried too often without an end.
    Poison,
}

impl Outcome {
    /// As the store has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scanned => "scanned",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Poison => "poison",
        }
    }
}

/// What a worker is to do with a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Work on it.
    Work(Target),
    /// Nothing: it is done.
    Done,
    /// Nothing: so many attempts ended neither well nor badly.
    Poison(i64),
}

/// What is remembered of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Digest of its refs.
    pub tips: String,
    /// Digest of what was looked for.
    pub digest: String,
    /// Digest of what the inventory was compared with.
    pub asked: String,
    /// How many findings it has.
    pub findings: i64,
}

/// What work on a repository gave.
#[derive(Debug, Clone)]
pub struct Done {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub why: Option<String>,
    /// What is to be remembered, and the report that was made.
    pub kept: Option<(Remembered, String)>,
    /// How long it took.
    pub millis: i64,
    /// How much of it was inspected.
    pub bytes: i64,
}

/// How far a sweep is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Repositories in all.
    pub targets: i64,
    /// Not yet begun.
    pub waiting: i64,
    /// Begun and not ended.
    pub running: i64,
    /// Read.
    pub scanned: i64,
    /// As they were.
    pub unchanged: i64,
    /// Not readable.
    pub failed: i64,
    /// Tried too often.
    pub poison: i64,
    /// Milliseconds of work on those that are done.
    pub millis: i64,
    /// Bytes inspected.
    pub bytes: i64,
}

impl Progress {
    /// How many are done, whatever came of it.
    pub fn done(&self) -> i64 {
        self.scanned + self.unchanged + self.failed + self.poison
    }
}

/// A repository that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Its name.
    pub repository: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was not read.
    pub why: String,
}

impl Store {
    /// Adds repositories to a sweep; those it has stay as they are. Gives the names of those that are not done.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn add(&self, sweep: i64, targets: &[Target]) -> Result<Vec<String>> {
        let mut tx = self.transaction().await?;
        for some in targets.chunks(AT_ONCE) {
            let values = rows(some.len(), 4, |p| format!("({}, {}, {}, {}, 0)", p[0], p[1], p[2], p[3]));
            let write = format!(
                "INSERT INTO repository (name, url, network, bytes, findings) VALUES {values}
                ON CONFLICT (name) DO UPDATE SET url = excluded.url, network = excluded.network, bytes = excluded.bytes"
            );
            let mut query = sqlx::query(AssertSqlSafe(write));
            for t in some {
                query = query.bind(&t.name).bind(&t.url).bind(&t.network).bind(i64::try_from(t.bytes).unwrap_or(i64::MAX));
            }
            query.execute(&mut *tx).await?;
            let values = rows(some.len(), 2, |p| format!("({}, {}, 'waiting', 0)", p[0], p[1]));
            let write =
                format!("INSERT INTO task (sweep, repository, state, attempts) VALUES {values} ON CONFLICT (sweep, repository) DO NOTHING");
            let mut query = sqlx::query(AssertSqlSafe(write));
            for t in some {
                query = query.bind(sweep).bind(&t.name);
            }
            query.execute(&mut *tx).await?;
        }
        let rows = sqlx::query("SELECT repository FROM task WHERE sweep = $1 AND state <> 'done' ORDER BY repository").bind(sweep);
        let open = rows.fetch_all(&mut *tx).await?.iter().map(|r| r.try_get(0)).collect::<sqlx::Result<_>>()?;
        tx.commit().await?;
        Ok(open)
    }

    /// Adds the repositories that are known from before and whose names begin so: where a list is not whole, none of them is taken for gone.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn add_known(&self, sweep: i64, prefix: &str) -> Result<Vec<String>> {
        let mut tx = self.transaction().await?;
        let read = "SELECT name FROM repository WHERE substr(name, 1, $2) = $1
            AND NOT EXISTS (SELECT 1 FROM task t WHERE t.sweep = $3 AND t.repository = name) ORDER BY name";
        let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
        let rows = sqlx::query(read).bind(prefix).bind(length).bind(sweep).fetch_all(&mut *tx).await?;
        let names: Vec<String> = rows.iter().map(|r| r.try_get(0)).collect::<sqlx::Result<_>>()?;
        for name in &names {
            let write = "INSERT INTO task (sweep, repository, state, attempts) VALUES ($1, $2, 'waiting', 0)";
            sqlx::query(write).bind(sweep).bind(name).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(names)
    }

    /// Takes a repository up. Each attempt is counted before anything of it is read, so that one that kills its worker is not tried for ever.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn attempt(&self, sweep: i64, repository: &str, worker: &str, most: i64) -> Result<Attempt> {
        let mut tx = self.transaction().await?;
        let count = "UPDATE task SET state = 'running', attempts = attempts + 1, worker = $3 WHERE sweep = $1 AND repository = $2 AND state <> 'done'";
        let taken = sqlx::query(count).bind(sweep).bind(repository).bind(worker).execute(&mut *tx).await?.rows_affected();
        if taken == 0 {
            return Ok(Attempt::Done);
        }
        let read = "SELECT t.attempts, r.url, r.network, r.bytes FROM task t JOIN repository r ON r.name = t.repository
            WHERE t.sweep = $1 AND t.repository = $2";
        let row = sqlx::query(read).bind(sweep).bind(repository).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        let attempts: i64 = row.try_get(0)?;
        if attempts > most {
            return Ok(Attempt::Poison(attempts - 1));
        }
        let bytes = u64::try_from(row.try_get::<i64, _>(3)?).unwrap_or(0);
        Ok(Attempt::Work(Target { name: repository.to_owned(), url: row.try_get(1)?, network: row.try_get(2)?, bytes }))
    }

    /// What is remembered of a repository from the last time it was read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn remembered(&self, repository: &str) -> Result<Option<Remembered>> {
        let read = "SELECT tips, digest, asked, findings FROM repository WHERE name = $1 AND kept IS NOT NULL";
        let Some(row) = sqlx::query(read).bind(repository).fetch_optional(&self.pool).await? else { return Ok(None) };
        let text = |i: usize| row.try_get::<Option<String>, _>(i).map(Option::unwrap_or_default);
        Ok(Some(Remembered { tips: text(0)?, digest: text(1)?, asked: text(2)?, findings: row.try_get(3)? }))
    }

    /// Ends work on a repository: once, whoever comes first.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing is.
    pub async fn end(&self, sweep: i64, repository: &str, done: &Done) -> Result<bool> {
        let mut tx = self.transaction().await?;
        let write = "UPDATE task SET state = 'done', outcome = $3, why = $4, millis = $5, bytes = $6
            WHERE sweep = $1 AND repository = $2 AND state <> 'done'";
        let query = sqlx::query(write).bind(sweep).bind(repository).bind(done.outcome.as_str()).bind(done.why.clone());
        let is_first = query.bind(done.millis).bind(done.bytes).execute(&mut *tx).await?.rows_affected() > 0;
        if let Some((memory, kept)) = done.kept.as_ref().filter(|_| is_first) {
            let write = "UPDATE repository SET tips = $2, digest = $3, asked = $4, findings = $5, kept = $6 WHERE name = $1";
            let query = sqlx::query(write).bind(repository).bind(&memory.tips).bind(&memory.digest).bind(&memory.asked);
            query.bind(memory.findings).bind(kept).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(is_first)
    }

    /// How often a repository was tried.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn attempts(&self, sweep: i64, repository: &str) -> Result<i64> {
        let read = "SELECT attempts FROM task WHERE sweep = $1 AND repository = $2";
        Ok(sqlx::query(read).bind(sweep).bind(repository).fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// Notes why an attempt failed that may be made again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn put_back(&self, sweep: i64, repository: &str, why: &str) -> Result<()> {
        let write = "UPDATE task SET state = 'waiting', why = $3 WHERE sweep = $1 AND repository = $2 AND state <> 'done'";
        sqlx::query(write).bind(sweep).bind(repository).bind(why).execute(&self.pool).await?;
        Ok(())
    }

    /// How far a sweep is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn progress(&self, sweep: i64) -> Result<Progress> {
        let read = "SELECT state, COALESCE(outcome, ''), COUNT(*), CAST(COALESCE(SUM(millis), 0) AS BIGINT), CAST(COALESCE(SUM(bytes), 0) AS BIGINT)
            FROM task WHERE sweep = $1 GROUP BY state, COALESCE(outcome, '')";
        let mut progress = Progress::default();
        for row in sqlx::query(read).bind(sweep).fetch_all(&self.pool).await? {
            let (state, outcome, count): (String, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            progress.targets += count;
            progress.millis += row.try_get::<i64, _>(3)?;
            progress.bytes += row.try_get::<i64, _>(4)?;
            *match (state.as_str(), outcome.as_str()) {
                ("done", "scanned") => &mut progress.scanned,
                ("done", "unchanged") => &mut progress.unchanged,
                ("done", "failed") => &mut progress.failed,
                ("done", _) => &mut progress.poison,
                ("running", _) => &mut progress.running,
                _ => &mut progress.waiting,
            } += count;
        }
        Ok(progress)
    }

    /// The repositories of a sweep that were not read, and why.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn troubles(&self, sweep: i64) -> Result<Vec<Trouble>> {
        let read = "SELECT repository, attempts, COALESCE(why, '') FROM task
            WHERE sweep = $1 AND outcome IN ('failed', 'poison') ORDER BY repository";
        let rows = sqlx::query(read).bind(sweep).fetch_all(&self.pool).await?;
        let trouble = |r: &sqlx::any::AnyRow| Ok(Trouble { repository: r.try_get(0)?, attempts: r.try_get(1)?, why: r.try_get(2)? });
        rows.iter().map(trouble).collect()
    }

    /// The reports of the repositories of a sweep, in the order of their names, a page at a time: those after `after`.
    ///
    /// A repository that could not be read this time is as it was when it last could.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn kept(&self, sweep: i64, after: &str, most: i64) -> Result<Vec<(String, String)>> {
        let read = "SELECT r.name, r.kept FROM repository r JOIN task t ON t.repository = r.name
            WHERE t.sweep = $1 AND r.name > $2 AND r.kept IS NOT NULL ORDER BY r.name LIMIT $3";
        let rows = sqlx::query(read).bind(sweep).bind(after).bind(most).fetch_all(&self.pool).await?;
        rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<sqlx::Result<_>>().map_err(Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_their_parameters() {
        assert_eq!(rows(2, 2, |p| format!("({}, {}, 0)", p[0], p[1])), "($1, $2, 0), ($3, $4, 0)");
    }
}
