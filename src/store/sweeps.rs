//! Sweeps: begun once, taken up again where they were left, finished once.

use super::{Error, Result, Store};
use crate::model::{Skipped, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

/// What a sweep looks for, for all workers of it alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Digest of detectors, version and limits.
    pub digest: String,
    /// Digest of what the inventory is to be compared with.
    pub asked: String,
    /// What the inventory asks and the configuration allows, as the sweep writes it for its workers.
    pub options: String,
}

/// A sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// Its number, from 1.
    pub id: i64,
    /// When it began.
    pub started: Timestamp,
    /// When its report was made.
    pub finished: Option<Timestamp>,
    /// What it looks for.
    pub plan: Plan,
    /// What could not be listed.
    pub skipped: Vec<Skipped>,
}

/// A sweep to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its number.
    pub id: i64,
    /// Whether it was left unfinished before.
    pub is_resumed: bool,
}

fn sweep(row: &AnyRow) -> Result<Sweep> {
    let time = |text: String| Timestamp::parse(&text).ok_or_else(|| Error::Broken("a time", text));
    let read = |e: serde_json::Error| Error::Broken("a plan", e.to_string());
    Ok(Sweep {
        id: row.try_get(0)?,
        started: time(row.try_get(1)?)?,
        finished: row.try_get::<Option<String>, _>(2)?.map(time).transpose()?,
        plan: serde_json::from_str(&row.try_get::<String, _>(3)?).map_err(read)?,
        skipped: serde_json::from_str(&row.try_get::<String, _>(4)?).map_err(read)?,
    })
}

impl Store {
    /// Begins a sweep, or takes up the one that was not finished and looks for the same. One that looked for something else is given up.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn begin(&self, plan: &Plan, skipped: &[Skipped], now: Timestamp) -> Result<Begun> {
        let mut tx = self.transaction().await?;
        let last =
            sqlx::query("SELECT id, started, finished, plan, skipped FROM sweep ORDER BY id DESC LIMIT 1").fetch_optional(&mut *tx).await?;
        let last = last.as_ref().map(sweep).transpose()?;
        if let Some(open) = last.as_ref().filter(|s| s.finished.is_none() && s.plan == *plan) {
            sqlx::query("UPDATE sweep SET skipped = $1 WHERE id = $2").bind(text(skipped)).bind(open.id).execute(&mut *tx).await?;
            tx.commit().await?;
            return Ok(Begun { id: open.id, is_resumed: true });
        }
        let id = last.map_or(1, |s| s.id + 1);
        let write = "INSERT INTO sweep (id, started, plan, skipped) VALUES ($1, $2, $3, $4)";
        sqlx::query(write).bind(id).bind(now.to_string()).bind(text(plan)).bind(text(skipped)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Begun { id, is_resumed: false })
    }

    /// A sweep, by default the last one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sweep(&self, id: Option<i64>) -> Result<Option<Sweep>> {
        let row = match id {
            Some(id) => {
                sqlx::query("SELECT id, started, finished, plan, skipped FROM sweep WHERE id = $1")
                    .bind(id)
                    .fetch_optional(&self.pool)
                    .await?
            }
            None => {
                sqlx::query("SELECT id, started, finished, plan, skipped FROM sweep ORDER BY id DESC LIMIT 1")
                    .fetch_optional(&self.pool)
                    .await?
            }
        };
        row.as_ref().map(sweep).transpose()
    }
}

/// Plain data as text, which it always has.
fn text<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
