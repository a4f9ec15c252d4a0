//! The detectors in force: the built-in ones, with a user's own on top, compiled only when a run needs them.

use super::anchor::Anchor;
use super::except::Excepts;
use super::plan::Plan;
use super::share::{Shared, Try};
use super::sieve::Sieve;
use super::{embedded, generic};
use crate::model::{Category, Detector, Judge, Provider};
use regex_automata::meta::Regex;
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// The built-in detectors as a scan needs them, their plans without anchors, the anchors they share, and what to try at each.
static LEAN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/detectors.bin"));
/// The built-in plans as they are, for when others join them.
static PLANS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plans.bin"));
static FULL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/detectors-full.bin"));

/// Stands for the first capture group that took part in a match.
pub(super) const FIRST: usize = usize::MAX;

/// Largest compiled pattern, in bytes; a user's pattern beyond it is refused.
const PATTERN_LIMIT: usize = 16 << 20;

/// Memory for the lazily built automaton of one pattern on one thread, in bytes.
const CACHE: usize = 1 << 20;

/// What is wrong with a detector file: always the user's to mend.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not YAML, or not of the schema; the message has line and column.
    #[error("{0}")]
    Syntax(String),
    /// A detector that cannot be used.
    #[error("detector `{id}`: {why}")]
    Detector {
        /// Its id.
        id: String,
        /// What is wrong.
        why: String,
    },
}

/// What is embedded for scans.
#[derive(serde::Deserialize)]
struct Lean {
    providers: Vec<Provider>,
    plans: Vec<Plan>,
    anchors: Vec<Anchor>,
    tries: Vec<Vec<Try>>,
}

impl Lean {
    fn read() -> Self {
        postcard::from_bytes(LEAN).expect("the build script wrote it")
    }
}

/// Detectors, their plans, and the sieve over all of them.
pub struct Library {
    detectors: Vec<Arc<Detector>>,
    categories: Vec<Category>,
    plans: Vec<Plan>,
    compiled: Vec<OnceLock<Option<Regex>>>,
    groups: Vec<OnceLock<usize>>,
    paths: Vec<OnceLock<Option<Regex>>>,
    excepts: Vec<OnceLock<Excepts>>,
    sieve: Sieve,
    /// What to try at each anchor of the sieve.
    tries: Vec<Vec<Try>>,
    /// Whether these are the built-in detectors and no others, whose digest is known.
    builtin: bool,
}

impl Library {
    /// The built-in detectors, without their examples.
    pub fn builtin() -> Self {
        let Lean { providers, plans, anchors, tries } = Lean::read();
        Self { builtin: true, ..Self::assemble(providers, plans, embedded::sieve(anchors), tries) }
    }

    /// The built-in detectors and those of `own`, which replace built-in ones of the same id; `disabled` ids are left out.
    ///
    /// # Errors
    /// When a detector cannot be planned or its pattern does not compile.
    pub fn with(own: Vec<Provider>, disabled: &[String]) -> Result<Self, LoadError> {
        let mut providers = Lean::read().providers;
        let mut plans: Vec<Plan> = postcard::from_bytes(PLANS).expect("the build script wrote it");
        let replaced: Vec<String> = own.iter().flat_map(|p| &p.detectors).map(|d| d.id.clone()).collect();
        let gone = |id: &String| replaced.contains(id) || disabled.contains(id);
        let keep: Vec<bool> = providers.iter().flat_map(|p| &p.detectors).map(|d| !gone(&d.id)).collect();
        let mut kept = keep.iter();
        plans.retain(|_| *kept.next().expect("a plan each"));
        providers.iter_mut().for_each(|p| p.detectors.retain(|d| !gone(&d.id)));
        for mut provider in own {
            provider.detectors.retain(|d| !disabled.contains(&d.id));
            provider.hand_down();
            for detector in &provider.detectors {
                plans.push(plan(detector)?);
            }
            providers.push(provider);
        }
        let judged: Vec<Option<Judge>> = providers.iter().flat_map(|p| &p.detectors).map(|d| d.judge).collect();
        let Shared { anchors, grams, tries } = Shared::new(&plans, &judged);
        Ok(Self::assemble(providers, plans, Sieve::new(anchors, &grams), tries))
    }

    /// Only the detectors of these files, for testing them.
    ///
    /// # Errors
    /// As [`Library::with`].
    pub fn only(own: Vec<Provider>) -> Result<Self, LoadError> {
        let builtin: Vec<String> = full().iter().flat_map(|p| &p.detectors).map(|d| d.id.clone()).collect();
        let mine: Vec<&String> = own.iter().flat_map(|p| &p.detectors).map(|d| &d.id).collect();
        let others: Vec<String> = builtin.into_iter().filter(|id| !mine.contains(&id)).collect();
        Self::with(own, &others)
    }

    fn assemble(providers: Vec<Provider>, plans: Vec<Plan>, sieve: Sieve, tries: Vec<Vec<Try>>) -> Self {
        let (mut detectors, mut categories) = (Vec::with_capacity(plans.len()), Vec::with_capacity(plans.len()));
        for provider in providers {
            for mut detector in provider.detectors {
                if detector.references.is_empty() {
                    detector.references.clone_from(&provider.references);
                }
                if detector.remediation.is_empty() {
                    detector.remediation.clone_from(&provider.remediation);
                }
                detectors.push(Arc::new(detector));
                categories.push(provider.category);
            }
        }
        let cells = || -> Vec<OnceLock<Option<Regex>>> { plans.iter().map(|_| OnceLock::new()).collect() };
        let groups = plans.iter().map(|_| OnceLock::new()).collect();
        let excepts = plans.iter().map(|_| OnceLock::new()).collect();
        Self { detectors, categories, compiled: cells(), paths: cells(), excepts, groups, plans, sieve, tries, builtin: false }
    }

    /// Number of detectors.
    pub fn len(&self) -> usize {
        self.detectors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.detectors.is_empty()
    }

    /// A detector by its number.
    pub fn detector(&self, rule: u16) -> &Arc<Detector> {
        &self.detectors[usize::from(rule)]
    }

    /// What kind of service a detector's provider is.
    pub fn category(&self, rule: u16) -> Category {
        self.categories[usize::from(rule)]
    }

    /// What kind of service each provider is, by its slug.
    pub fn providers(&self) -> BTreeMap<String, Category> {
        self.detectors.iter().zip(&self.categories).map(|(d, category)| (d.provider.clone(), *category)).collect()
    }

    /// All detectors, in order of their numbers.
    pub fn detectors(&self) -> &[Arc<Detector>] {
        &self.detectors
    }

    /// A digest over everything that decides what is found: the detectors' own text and the version of the program.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
        hash.update(generic::WEIGHTS);
        if self.builtin {
            hash.update(LEAN);
        } else {
            self.detectors.iter().for_each(|d| hash.update(postcard::to_allocvec(&**d).expect("plain data")));
        }
        hash.finalize().iter().take(16).fold(String::new(), |mut s, b| {
            let _ = write!(s, "{b:02x}");
            s
        })
    }

    pub(super) fn sieve(&self) -> &Sieve {
        &self.sieve
    }

    /// What to try where an anchor of the sieve stands.
    pub(super) fn tries(&self, anchor: u16) -> &[Try] {
        &self.tries[usize::from(anchor)]
    }

    pub(super) fn plan(&self, rule: u16) -> &Plan {
        &self.plans[usize::from(rule)]
    }

    /// The compiled pattern; compiled at first use. Built-in patterns that do not compile fail `detectors test`, not a scan.
    pub(super) fn regex(&self, rule: u16) -> Option<&Regex> {
        let rule = usize::from(rule);
        self.compiled[rule].get_or_init(|| compile(&self.plans[rule].pattern).ok()).as_ref()
    }

    /// Whether a detector is for files at this path.
    pub fn applies(&self, rule: u16, path: &str) -> bool {
        let wanted = &self.detector(rule).paths;
        let regex = || self.paths[usize::from(rule)].get_or_init(|| compile(wanted).ok()).as_ref();
        wanted.is_empty() || regex().is_some_and(|r| r.is_match(path))
    }

    /// Whether one of a candidate's exceptions holds at this path; `open` are those that hold but for the path.
    pub fn excepted(&self, rule: u16, open: u32, path: &str) -> bool {
        open != 0 && self.excepts(rule).is_some_and(|e| e.hold_at(open, path))
    }

    /// The compiled exceptions of a detector that has any.
    pub(super) fn excepts(&self, rule: u16) -> Option<&Excepts> {
        let except = &self.detector(rule).except;
        let compiled = || self.excepts[usize::from(rule)].get_or_init(|| Excepts::new(except).unwrap_or_default());
        (!except.is_empty()).then(compiled)
    }

    /// The capture group that is the secret; `FIRST` for the first one that took part.
    pub(super) fn group(&self, rule: u16, regex: &Regex) -> usize {
        *self.groups[usize::from(rule)].get_or_init(|| {
            let wanted = &self.detector(rule).value;
            let first = (wanted == "first").then_some(FIRST);
            group_of(regex, wanted).or(first).or_else(|| wanted.parse().ok()).unwrap_or(usize::from(regex.captures_len() > 1))
        })
    }
}

/// The built-in detectors with their examples.
pub fn full() -> Vec<Provider> {
    postcard::from_bytes(FULL).expect("the build script wrote it")
}

/// The number of a named capture group.
pub(super) fn group_of(regex: &Regex, name: &str) -> Option<usize> {
    regex.group_info().to_index(PatternID::ZERO, name)
}

/// Plans a detector and makes sure that its pattern compiles.
fn plan(detector: &Detector) -> Result<Plan, LoadError> {
    let fault = |why| LoadError::Detector { id: detector.id.clone(), why };
    let plan = Plan::new(detector).map_err(fault)?;
    compile(&plan.pattern).map_err(fault)?;
    Excepts::new(&detector.except).map_err(|why| fault(format!("an exception is wrong: {why}")))?;
    Ok(plan)
}

/// Whether a detector can be used: it can be planned, and all its expressions compile.
///
/// # Errors
/// A sentence that says why not.
pub fn check(detector: &Detector) -> Result<(), String> {
    plan(detector).map(drop).map_err(|e| match e {
        LoadError::Detector { why, .. } | LoadError::Syntax(why) => why,
    })
}

/// Compiles a pattern the way scans do: bytes, ASCII classes, bounded size.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    compile_any(&[pattern])
}

/// Compiles several patterns to search for any of them.
pub(super) fn compile_any(patterns: &[impl AsRef<str>]) -> Result<Regex, String> {
    let limits = Regex::config()
        .utf8_empty(false)
        .nfa_size_limit(Some(PATTERN_LIMIT))
        .hybrid_cache_capacity(CACHE)
        .auto_prefilter(false)
        .onepass(false);
    let bytes = syntax::Config::new().unicode(false).utf8(false);
    Regex::builder().configure(limits).syntax(bytes).build_many(patterns).map_err(|e| match e.syntax_error() {
        Some(wrong) => wrong.to_string(),
        None => e.to_string(),
    })
}

/// Reads one detector file.
///
/// # Errors
/// When it is no YAML of the schema, an id is used twice or does not begin with the provider, or a pattern cannot be used.
pub fn parse_file(text: &str) -> Result<Provider, LoadError> {
    let mut provider: Provider = serde_saphyr::from_str(text).map_err(|e| LoadError::Syntax(e.to_string()))?;
    provider.hand_down();
    let mut seen: HashMap<String, ()> = HashMap::new();
    for detector in &provider.detectors {
        let fault = |why: &str| LoadError::Detector { id: detector.id.clone(), why: why.to_owned() };
        if seen.insert(detector.id.clone(), ()).is_some() {
            return Err(fault("the id is used twice"));
        }
        if !detector.id.starts_with(&provider.provider) {
            return Err(fault("the id does not begin with the provider's name"));
        }
        plan(detector)?;
    }
    Ok(provider)
}
