//! The schema and how it came about: steps that only ever go forward.

use super::{Error, Result, Store};
use sqlx::{AssertSqlSafe, Executor, Row};

/// The steps, one a version; statements are separated by `;`. What was once released is never changed: a change is a new step.
const STEPS: &[&str] = &[
    // 1: repositories, sweeps and what they found.
    "CREATE TABLE repository (
        name TEXT NOT NULL PRIMARY KEY,
        url TEXT NOT NULL,
        network TEXT NOT NULL,
        bytes BIGINT NOT NULL,
        tips TEXT,
        digest TEXT,
        asked TEXT,
        findings BIGINT NOT NULL,
        kept TEXT
    );
    CREATE TABLE sweep (
        id BIGINT NOT NULL PRIMARY KEY,
        started TEXT NOT NULL,
        finished TEXT,
        told TEXT,
        plan TEXT NOT NULL,
        skipped TEXT NOT NULL,
        summary TEXT
    );
    CREATE TABLE task (
        sweep BIGINT NOT NULL,
        repository TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts BIGINT NOT NULL,
        worker TEXT,
        outcome TEXT,
        why TEXT,
        millis BIGINT,
        bytes BIGINT,
        PRIMARY KEY (sweep, repository)
    );
    CREATE INDEX task_state ON task (sweep, state);
    CREATE TABLE finding (
        id TEXT NOT NULL PRIMARY KEY,
        detector TEXT NOT NULL,
        provider TEXT NOT NULL,
        kind TEXT NOT NULL,
        confidence TEXT NOT NULL,
        redacted TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        identity TEXT,
        places BIGINT NOT NULL,
        in_head BIGINT NOT NULL,
        first_sweep BIGINT NOT NULL,
        last_sweep BIGINT NOT NULL
    );
    CREATE TABLE identity (
        id TEXT NOT NULL PRIMARY KEY,
        provider TEXT NOT NULL,
        kind TEXT NOT NULL,
        principal TEXT,
        scope TEXT,
        class TEXT NOT NULL,
        environment TEXT,
        first_sweep BIGINT NOT NULL,
        last_sweep BIGINT NOT NULL
    );
    CREATE TABLE verdict (
        identity TEXT NOT NULL,
        sweep BIGINT NOT NULL,
        verdict TEXT NOT NULL,
        flags TEXT NOT NULL,
        owner TEXT,
        expires TEXT,
        evidence TEXT NOT NULL,
        PRIMARY KEY (identity, sweep)
    );
    CREATE TABLE export (
        sweep BIGINT NOT NULL,
        number BIGINT NOT NULL,
        source TEXT NOT NULL,
        class TEXT NOT NULL,
        provider TEXT NOT NULL,
        complete BIGINT NOT NULL,
        as_of TEXT,
        PRIMARY KEY (sweep, number)
    );
    CREATE TABLE trend (
        sweep BIGINT NOT NULL,
        measure TEXT NOT NULL,
        value BIGINT NOT NULL,
        PRIMARY KEY (sweep, measure)
    );
    CREATE TABLE report (
        sweep BIGINT NOT NULL,
        part BIGINT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (sweep, part)
    )",
];

/// Number of the lock that two processes opening a new store at once take in turn.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7151323011)";

impl Store {
    /// Takes the steps that are missing, all or none.
    pub(super) async fn migrate(&self) -> Result<()> {
        let mut tx = self.transaction().await?;
        if !self.is_sqlite {
            tx.execute(LOCK).await?;
        }
        tx.execute("CREATE TABLE IF NOT EXISTS keysweep_schema (version BIGINT NOT NULL)").await?;
        let row = sqlx::query("SELECT COUNT(*), COALESCE(MAX(version), 0) FROM keysweep_schema").fetch_one(&mut *tx).await?;
        let (rows, found): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let known = STEPS.len() as i64;
        if found > known {
            return Err(Error::Newer { found, known });
        }
        for step in &STEPS[found as usize..] {
            for statement in step.split(';').map(str::trim).filter(|s| !s.is_empty()) {
                tx.execute(AssertSqlSafe(statement)).await?;
            }
        }
        let write = if rows == 0 { "INSERT INTO keysweep_schema (version) VALUES ($1)" } else { "UPDATE keysweep_schema SET version = $1" };
        if found < known {
            sqlx::query(write).bind(known).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
