//! The detectors in force: the built-in ones, with a user's own on top, compiled only when a run needs them.

use super::embedded;
use super::except::Excepts;
use super::pattern::Pattern;
use super::plan::Plan;
use super::rule::Rule;
use super::share::{Shared, Try};
use super::shelf::Shelf;
use super::sieve::Sieve;
use crate::model::{Category, Detector, Provider};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// Stands for the first capture group that took part in a match.
pub(super) const FIRST: usize = usize::MAX;

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

/// Detectors, their plans, and the sieve over all of them.
pub struct Library {
    rules: Shelf<Rule>,
    sieve: Sieve,
    /// What to try at each anchor of the sieve.
    tries: Shelf<Vec<Try>>,
    /// What kind of service each provider is; a provider may stand here twice.
    providers: Vec<(String, Category)>,
    /// Whether these are the built-in detectors and no others, whose digest is known.
    builtin: bool,
}

impl Library {
    /// The built-in detectors, without their examples.
    pub fn builtin() -> Self {
        let providers = embedded::providers();
        Self { rules: embedded::rules(), sieve: embedded::sieve(), tries: embedded::tries(), providers, builtin: true }
    }

    /// The built-in detectors and those of `own`, which replace built-in ones of the same id; `disabled` ids are left out.
    ///
    /// # Errors
    /// When a detector cannot be planned or its pattern does not compile.
    pub fn with(own: Vec<Provider>, disabled: &[String]) -> Result<Self, LoadError> {
        let replaced: HashSet<&str> = own.iter().flat_map(|p| &p.detectors).map(|d| d.id.as_str()).collect();
        let gone = |id: &String| replaced.contains(id.as_str()) || disabled.contains(id);
        let builtin = embedded::rules();
        let mut rules: Vec<Rule> = builtin
            .iter()
            .zip(embedded::plans())
            .filter(|(rule, _)| !gone(&rule.detector.id))
            .map(|(rule, plan)| Rule::new(Arc::clone(&rule.detector), rule.category, plan))
            .collect();
        for mut provider in own {
            provider.hand_down();
            for detector in provider.detectors.into_iter().filter(|d| !disabled.contains(&d.id)) {
                let plan = plan(&detector)?;
                rules.push(Rule::new(Arc::new(detector), provider.category, plan));
            }
        }
        let Shared { anchors, grams, tiers, tries } = Shared::new(rules.iter().map(|rule| (&rule.plan, rule.detector.judge)));
        let providers = rules.iter().map(|rule| (rule.detector.provider.clone(), rule.category)).collect();
        let sieve = Sieve::new(anchors, &grams, &tiers);
        Ok(Self { rules: Shelf::of(rules), sieve, tries: Shelf::of(tries), providers, builtin: false })
    }

    /// Only the detectors of these files, for testing them.
    ///
    /// # Errors
    /// As [`Library::with`].
    pub fn only(own: Vec<Provider>) -> Result<Self, LoadError> {
        let builtin = embedded::IDS.lines().map(str::to_owned);
        let mine: Vec<&String> = own.iter().flat_map(|p| &p.detectors).map(|d| &d.id).collect();
        let others: Vec<String> = builtin.filter(|id| !mine.contains(&id)).collect();
        Self::with(own, &others)
    }

    /// Number of detectors.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn rule(&self, rule: u16) -> &Rule {
        self.rules.get(usize::from(rule))
    }

    /// A detector by its number.
    pub fn detector(&self, rule: u16) -> &Arc<Detector> {
        &self.rule(rule).detector
    }

    /// What kind of service a detector's provider is.
    pub fn category(&self, rule: u16) -> Category {
        self.rule(rule).category
    }

    /// What kind of service each provider is, by its slug.
    pub fn providers(&self) -> BTreeMap<String, Category> {
        self.providers.iter().cloned().collect()
    }

    /// All detectors, in order of their numbers.
    pub fn detectors(&self) -> impl Iterator<Item = &Arc<Detector>> {
        self.rules.iter().map(|rule| &rule.detector)
    }

    /// A digest over everything that decides what is found: the detectors' own text and the version of the program.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
        hash.update(embedded::DIGEST);
        if !self.builtin {
            self.detectors().for_each(|d| hash.update(postcard::to_allocvec(&**d).expect("plain data")));
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
        self.tries.get(usize::from(anchor))
    }

    pub(super) fn plan(&self, rule: u16) -> &Plan {
        &self.rule(rule).plan
    }

    /// The compiled pattern, if it compiles.
    /// Whether a detector is for files at this path.
    pub fn applies(&self, rule: u16, path: &str) -> bool {
        self.rule(rule).applies(path)
    }

    /// Whether one of a candidate's exceptions holds at this path; `open` are those that hold but for the path.
    pub fn excepted(&self, rule: u16, open: u32, path: &str) -> bool {
        open != 0 && self.rule(rule).excepts().is_some_and(|e| e.hold_at(open, path))
    }
}

/// Whether a built-in detector has this id.
pub fn is_builtin(id: &str) -> bool {
    embedded::IDS.lines().any(|known| known == id)
}

/// The built-in detectors with their examples.
pub fn full() -> Vec<Provider> {
    embedded::full()
}

/// Plans a detector and makes sure that its pattern compiles.
fn plan(detector: &Detector) -> Result<Plan, LoadError> {
    let fault = |why| LoadError::Detector { id: detector.id.clone(), why };
    let plan = Plan::new(detector).map_err(fault)?;
    Pattern::new(&[&plan.pattern]).map_err(fault)?;
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
