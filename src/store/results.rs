//! What a whole sweep found: findings and identities with their first and last sweep, verdicts where they changed, counts over time, and the last report.

use super::{Error, Result, Store};
use crate::model::{Exposure, Flag, Report, Timestamp, TrendPoint};
use sqlx::{Any, Row, Transaction};
use std::collections::{BTreeMap, HashMap};

/// Most bytes of a report in one row.
const PART: usize = 1 << 20;
/// Most sweeps whose counts are shown: a year and a month of nights.
const MOST_POINTS: i64 = 400;

/// How many sweeps know what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Findings that no sweep had before.
    pub findings: u64,
    /// Identities that no sweep had before.
    pub identities: u64,
    /// Verdicts that are not what they were.
    pub verdicts: u64,
}

impl Store {
    /// Writes what a sweep found and ends it; a sweep that was ended stays as it is. `text` is the report in JSON.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing is.
    pub async fn finish(&self, sweep: i64, report: &Report, text: &str, now: Timestamp) -> Result<Written> {
        let mut tx = self.transaction().await?;
        let end = "UPDATE sweep SET finished = $2 WHERE id = $1 AND finished IS NULL";
        if sqlx::query(end).bind(sweep).bind(now.to_string()).execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(Written::default());
        }
        let findings = findings(&mut tx, sweep, report).await?;
        let (identities, verdicts) = identities(&mut tx, sweep, report).await?;
        exports(&mut tx, sweep, report).await?;
        trend(&mut tx, sweep, report).await?;
        // Former reports are in the rows above; whole are kept the last that somebody was told of, and this one.
        let drop = "DELETE FROM report WHERE sweep < (SELECT COALESCE(MAX(id), 0) FROM sweep WHERE told IS NOT NULL)";
        sqlx::query(drop).execute(&mut *tx).await?;
        for (number, part) in (0_i64..).zip(parts(text)) {
            sqlx::query("INSERT INTO report (sweep, part, text) VALUES ($1, $2, $3)")
                .bind(sweep)
                .bind(number)
                .bind(part)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Written { findings, identities, verdicts })
    }

    /// The report of the last sweep that was ended, in JSON.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_report(&self) -> Result<Option<String>> {
        self.report("SELECT text FROM report WHERE sweep = (SELECT MAX(sweep) FROM report) ORDER BY part").await
    }

    /// The report of the last sweep whose changes somebody was told of, in JSON: what is new is new since then.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn told_report(&self) -> Result<Option<String>> {
        self.report("SELECT text FROM report WHERE sweep = (SELECT MAX(id) FROM sweep WHERE told IS NOT NULL) ORDER BY part").await
    }

    /// Notes that the changes of a sweep were told.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn told(&self, sweep: i64, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE sweep SET told = $2 WHERE id = $1").bind(sweep).bind(now.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    async fn report(&self, read: &'static str) -> Result<Option<String>> {
        let rows = sqlx::query(read).fetch_all(&self.pool).await?;
        let parts = rows.iter().map(|r| r.try_get::<String, _>(0)).collect::<sqlx::Result<Vec<_>>>()?;
        Ok((!parts.is_empty()).then(|| parts.concat()))
    }

    /// The counts of the finished sweeps, oldest first; of many the last ones.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn trend(&self) -> Result<Vec<TrendPoint>> {
        let read = "SELECT t.sweep, s.started, t.measure, t.value FROM trend t JOIN sweep s ON s.id = t.sweep
            WHERE t.sweep > (SELECT MAX(sweep) FROM trend) - $1 ORDER BY t.sweep";
        let mut points: Vec<TrendPoint> = Vec::new();
        for row in sqlx::query(read).bind(MOST_POINTS).fetch_all(&self.pool).await? {
            let (sweep, started): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
            if points.last().is_none_or(|p| p.sweep != sweep) {
                let started = Timestamp::parse(&started).ok_or(Error::Broken("a time", started))?;
                points.push(TrendPoint { sweep, started, counts: BTreeMap::new() });
            }
            let (measure, value) = (row.try_get(2)?, u64::try_from(row.try_get::<i64, _>(3)?).unwrap_or(0));
            points.last_mut().and_then(|p| p.counts.insert(measure, value));
        }
        Ok(points)
    }
}

/// A text in pieces that each end at a character.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = if rest.len() <= PART { rest.len() } else { (0..=PART).rev().find(|&i| rest.is_char_boundary(i)).unwrap_or(rest.len()) };
        let (part, after) = rest.split_at(end);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

async fn findings(tx: &mut Transaction<'_, Any>, sweep: i64, report: &Report) -> Result<u64> {
    let mut new = 0;
    for f in &report.findings {
        let write = "INSERT INTO finding (id, detector, provider, kind, confidence, redacted, fingerprint, identity, places, in_head, first_sweep, last_sweep)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
            ON CONFLICT (id) DO UPDATE SET detector = excluded.detector, confidence = excluded.confidence, redacted = excluded.redacted,
            fingerprint = excluded.fingerprint, identity = excluded.identity, places = excluded.places, in_head = excluded.in_head,
            last_sweep = excluded.last_sweep RETURNING first_sweep";
        let query = sqlx::query(write).bind(&f.id).bind(&f.detector).bind(&f.provider).bind(f.kind.as_str()).bind(f.confidence.as_str());
        let query = query.bind(&f.secret.redacted).bind(&f.secret.fingerprint).bind(f.identity.clone());
        let row = query.bind(f.locations.len() as i64).bind(i64::from(f.in_head)).bind(sweep).fetch_one(&mut **tx).await?;
        new += u64::from(row.try_get::<i64, _>(0)? == sweep);
    }
    Ok(new)
}

async fn identities(tx: &mut Transaction<'_, Any>, sweep: i64, report: &Report) -> Result<(u64, u64)> {
    let read = "SELECT v.identity, v.verdict, v.flags, v.owner, v.expires FROM verdict v
        JOIN (SELECT identity, MAX(sweep) AS sweep FROM verdict GROUP BY identity) l ON l.identity = v.identity AND l.sweep = v.sweep";
    let mut former: HashMap<String, Judged> = HashMap::new();
    for row in sqlx::query(read).fetch_all(&mut **tx).await? {
        former.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?));
    }
    let (mut new, mut changed) = (0, 0);
    for i in &report.identities {
        let write = "INSERT INTO identity (id, provider, kind, principal, scope, class, environment, first_sweep, last_sweep)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
            ON CONFLICT (id) DO UPDATE SET principal = excluded.principal, scope = excluded.scope, class = excluded.class,
            environment = excluded.environment, last_sweep = excluded.last_sweep RETURNING first_sweep";
        let query = sqlx::query(write).bind(&i.id).bind(&i.provider).bind(i.kind.as_str()).bind(i.principal.clone()).bind(i.scope.clone());
        let row = query.bind(i.class.as_str()).bind(i.environment.clone()).bind(sweep).fetch_one(&mut **tx).await?;
        new += u64::from(row.try_get::<i64, _>(0)? == sweep);
        let now = judged(i);
        if former.get(&i.id) != Some(&now) {
            let write =
                "INSERT INTO verdict (identity, sweep, verdict, flags, owner, expires, evidence) VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let evidence = serde_json::to_string(&i.evidence).unwrap_or_default();
            let (verdict, flags, owner, expires) = now;
            let query = sqlx::query(write).bind(&i.id).bind(sweep).bind(verdict).bind(flags).bind(owner).bind(expires).bind(evidence);
            query.execute(&mut **tx).await?;
            changed += 1;
        }
    }
    Ok((new, changed))
}

/// Verdict, flags, owner and end.
type Judged = (String, String, Option<String>, Option<String>);

fn judged(i: &Exposure) -> Judged {
    let flags: Vec<&str> = i.flags.iter().copied().map(Flag::as_str).collect();
    let expires = i.credential.as_ref().and_then(|c| c.expires).map(|t| t.to_string());
    (i.verdict.as_str().to_owned(), flags.join(","), i.owner.as_ref().map(|o| o.value.clone()), expires)
}

async fn exports(tx: &mut Transaction<'_, Any>, sweep: i64, report: &Report) -> Result<()> {
    for (number, m) in (0_i64..).zip(&report.inventory.sources) {
        let write = "INSERT INTO export (sweep, number, source, class, provider, complete, as_of) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let query = sqlx::query(write).bind(sweep).bind(number).bind(&m.source).bind(m.source_class.as_str()).bind(&m.provider);
        query.bind(i64::from(m.complete)).bind(m.as_of.map(|t| t.to_string())).execute(&mut **tx).await?;
    }
    Ok(())
}

async fn trend(tx: &mut Transaction<'_, Any>, sweep: i64, report: &Report) -> Result<()> {
    for (measure, value) in report.counts() {
        let write = "INSERT INTO trend (sweep, measure, value) VALUES ($1, $2, $3)";
        sqlx::query(write).bind(sweep).bind(measure).bind(i64::try_from(value).unwrap_or(i64::MAX)).execute(&mut **tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_report_make_it_whole() {
        let text = "aé😀".repeat(PART / 3);
        let all: Vec<&str> = parts(&text).collect();
        assert!(all.len() > 1 && all.iter().all(|p| p.len() <= PART));
        assert_eq!(all.concat(), text);
        assert_eq!(parts("").count(), 0);
    }
}
