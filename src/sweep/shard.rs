//! A shard: a part of the repositories, by their names, worked on without a store, for engines that hand out an index.

use super::git::Git;
use super::host::Hosts;
use super::judge::{Asked, Judge};
use super::mirror::Cache;
use super::night::{Error, Watch, runtime};
use super::target::Listing;
use super::task::{BROKE_OFF, Workshop};
use crate::model::{Report, Skipped};
use crate::store::{Done, Outcome, Progress, Target};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// One of so many parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Number of the part, from 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
}

impl Shard {
    /// Reads `I/N`, with I from 1 to N.
    ///
    /// # Errors
    /// A sentence, when it is something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(i, n)| Some(Self { index: i.parse().ok()?, count: n.parse().ok()? }));
        let is_sound = |s: &Self| (1..=s.count).contains(&s.index) && s.count <= 100_000;
        parsed.filter(is_sound).ok_or_else(|| "a shard is I/N, such as 3/8: the third of eight".to_owned())
    }

    /// Whether a repository is in this part; forks are where what they are forks of is.
    pub fn has(&self, target: &Target) -> bool {
        let digest = Sha256::digest(&target.network);
        let number = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        number % u64::from(self.count) == u64::from(self.index - 1)
    }
}

/// Works on a part of the repositories; the report carries what joining the whole needs.
///
/// # Errors
/// When there is no cache or no runtime.
pub fn shard(
    listing: Listing,
    (cache, budget, git): (&Path, u64, Git),
    judge: &Arc<dyn Judge>,
    asked: Asked,
    concurrency: usize,
    watch: &Arc<dyn Watch>,
) -> Result<Report, Error> {
    let cache = Cache::open(cache, budget).map_err(|e| Error::System("the folder of mirrors", e))?;
    cache.make_room();
    let workshop = Arc::new(Workshop { git, cache, hosts: Hosts::default(), judge: judge.clone() });
    let asked = Arc::new(asked);
    let mut worked = runtime()?.block_on(all(listing.targets, &workshop, &asked, concurrency, watch));
    worked.sort_by(|a, b| a.0.cmp(&b.0));
    let mut report = judge.blank();
    report.scan.skipped.extend(listing.skipped);
    for (name, result) in worked {
        match result {
            Ok(kept) => report.merge(*kept),
            Err(why) => report.scan.skipped.push(Skipped::new(name, why)),
        }
    }
    report.settle();
    report.keep(&asked.shown);
    judge.join(&mut report);
    Ok(report)
}

type Worked = (String, Result<Box<Report>, String>);

async fn all(
    targets: Vec<Target>,
    workshop: &Arc<Workshop>,
    asked: &Arc<Asked>,
    concurrency: usize,
    watch: &Arc<dyn Watch>,
) -> Vec<Worked> {
    let permits = Arc::new(Semaphore::new(concurrency.max(1)));
    let mut progress = Progress { targets: targets.len() as i64, ..Progress::default() };
    let mut set = JoinSet::new();
    for target in targets {
        let (workshop, asked, permits) = (workshop.clone(), asked.clone(), permits.clone());
        set.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let name = target.name.clone();
            let work = tokio::task::spawn_blocking(move || workshop.work(&target, None, &asked));
            (name, work.await.unwrap_or_else(|_| Err((BROKE_OFF.to_owned(), false))))
        });
    }
    let mut worked = Vec::new();
    while let Some(Ok((name, result))) = set.join_next().await {
        let told = result.as_ref().map_or_else(|(why, _)| failed(why), |done| Done { kept: None, ..done.clone() });
        *(if result.is_ok() { &mut progress.scanned } else { &mut progress.failed }) += 1;
        watch.done(&name, &told);
        watch.progress(&progress);
        worked.push((name, result.map_err(|(why, _)| why).and_then(|done| revived(workshop, done))));
    }
    worked
}

fn failed(why: &str) -> Done {
    Done { outcome: Outcome::Failed, why: Some(why.to_owned()), kept: None, millis: 0, bytes: 0 }
}

fn revived(workshop: &Workshop, done: Done) -> Result<Box<Report>, String> {
    let (_, text) = done.kept.ok_or("nothing was kept of it")?;
    let mut report: Report = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    workshop.judge.revive(&mut report);
    Ok(Box::new(report))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repository_is_in_one_shard() {
        let shards: Vec<Shard> = (1..=5).map(|i| Shard::parse(&format!("{i}/5")).unwrap()).collect();
        for n in 0..200 {
            let target = Target { network: format!("h/{n}"), ..Target::default() };
            assert_eq!(shards.iter().filter(|s| s.has(&target)).count(), 1);
        }
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }
}
