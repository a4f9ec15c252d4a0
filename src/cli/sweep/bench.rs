//! Configuration, detectors and inventory as the sweep uses them.

use crate::cli::args;
use crate::cli::scan::{clock, configuration, join, library, wanted};
use crate::cli::suppressions::Suppressions;
use crate::cli::{accepted, exports, key};
use crate::config::{Baseline, Config};
use crate::detect::Library;
use crate::engine::{self, History, Memory, Options, Quiet, Target};
use crate::model::{Register, Report, Shown, Timestamp};
use crate::source::archive;
use crate::source::history::hex;
use crate::sweep::{Asked, Judge};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What a sweep is judged by.
pub(super) struct Bench {
    config: Config,
    baseline: Option<Baseline>,
    library: Library,
    key: [u8; 32],
    threads: usize,
    engine: [u8; 32],
    digest: String,
    started: Timestamp,
    /// The inventory, until the whole is joined with it.
    register: Mutex<Option<Register>>,
}

impl Bench {
    /// Reads all that is named.
    pub(super) fn load(args: &args::Bench, inventory: &[PathBuf]) -> Result<Self> {
        let here = Path::new(".");
        let (config, _) = configuration(args.config.as_deref(), here)?;
        let baseline = accepted::file(args.baseline.as_deref(), &config, here).map(|file| read_baseline(&file)).transpose()?;
        let library = library(&config)?;
        let beside = exports::key_beside(inventory);
        let key = key::load(args.key.as_deref().or(config.key.as_deref()).or(beside.as_deref()))?;
        let register = exports::register(inventory, &key, &config.exports)?;
        let started = clock()?();
        let threads = args.threads.filter(|&n| n > 0).unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let mut bench = Self {
            config,
            baseline,
            library,
            key,
            threads,
            engine: [0; 32],
            digest: String::new(),
            started,
            register: Mutex::new(Some(register)),
        };
        bench.engine = bench.with_options(None, |options| engine::digest(&bench.library, options));
        bench.digest = bench.digest_of_all();
        Ok(bench)
    }

    /// What the inventory is to be compared with while values are at hand.
    pub(super) fn asked(&self) -> Asked {
        let register = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(register) = register.as_ref() else { return Asked::default() };
        let hints = register.records.iter().filter_map(|r| r.hint.as_ref().map(|h| (r, h)));
        let mut shown: Vec<Shown> = hints
            .map(|(r, h)| Shown { provider: r.provider.to_string(), prefix: h.prefix.to_string(), suffix: h.suffix.to_string() })
            .collect();
        shown.sort();
        shown.dedup();
        Asked { shown, wanted: wanted(register, &self.config.exports) }
    }

    /// Of everything that decides what a report of a repository says: what has expired since is among it.
    fn digest_of_all(&self) -> String {
        let expired: Vec<bool> = self.config.allow.entries().iter().map(|a| a.is_expired(self.started)).collect();
        let accepted: Vec<(&str, bool)> =
            self.baseline.iter().flat_map(Baseline::entries).map(|e| (e.id.as_str(), e.is_expired(self.started))).collect();
        let digest = Sha256::new()
            .chain_update(self.engine)
            .chain_update(Sha256::digest(self.key))
            .chain_update(format!("{:?}{expired:?}{accepted:?}", self.config));
        hex(&digest.finalize()[..16])
    }

    fn with_options<R>(&self, memory: Option<&Memory>, then: impl FnOnce(&Options<'_>) -> R) -> R {
        let suppressions = Suppressions::new(&self.config, self.baseline.as_ref(), self.started);
        then(&Options {
            history: History::Full,
            index: None,
            memory,
            unreachable: false,
            threads: self.threads,
            max_size: self.config.max_file_size.min(u64::from(i32::MAX as u32)),
            archives: archive::Limits { depth: self.config.max_archive_depth, ..archive::Limits::default() },
            decode_depth: self.config.max_decode_depth,
            redaction: crate::model::Redaction::Partial,
            key: self.key,
            confidence: self.config.confidence,
            counted: &suppressions,
            progress: &Quiet,
        })
    }
}

fn read_baseline(file: &Path) -> Result<Baseline> {
    let text = crate::cli::scan::read_text(file)?;
    Baseline::parse(&text).with_context(|| file.display().to_string())
}

impl Judge for Bench {
    fn engine(&self) -> [u8; 32] {
        self.engine
    }

    fn digest(&self) -> String {
        self.digest.clone()
    }

    fn scan(&self, target: Target, memory: &Memory, asked: &Asked) -> Report {
        let mut report = self.with_options(Some(memory), |options| engine::scan(&[target], &self.library, options, &|| self.started));
        engine::add_digests(&mut report.findings, &asked.wanted, self.threads);
        report
    }

    fn revive(&self, report: &mut Report) {
        report.revive(&|id| self.library.detectors().find(|d| d.id == id).cloned(), &self.library.providers());
    }

    fn blank(&self) -> Report {
        Report { categories: self.library.providers(), ..Report::empty(self.library.digest(), self.started) }
    }

    fn join(&self, report: &mut Report) {
        let register = self.register.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        join(report, register, &self.config.policy);
    }
}
