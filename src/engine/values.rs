//! Values: candidates of one detector family with the same secret are one value, whatever place they stand in.

use super::findings::id;
use crate::detect::{Candidate, Library};
use crate::model::{Confidence, Proof, Secret};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Number of a value.
pub type ValueNo = u32;

/// What a place, or all places together, tell of a value; in whatever order they are heard, it comes to the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The detector that is surest of it.
    pub rule: u16,
    /// The best confidence any place gave.
    pub confidence: Confidence,
    /// The best proof.
    pub proof: Proof,
    /// The principal, if anything names it.
    pub principal: Option<String>,
    /// The account, tenant or project, if anything names it.
    pub scope: Option<String>,
}

impl Told {
    /// What one place tells.
    pub fn by(candidate: &Candidate) -> Self {
        Self {
            rule: candidate.rule,
            confidence: candidate.confidence,
            proof: candidate.proof,
            principal: candidate.principal.as_deref().map(str::to_owned),
            scope: candidate.scope.as_deref().map(str::to_owned),
        }
    }

    /// Hears another place too.
    pub fn add(&mut self, other: Self) {
        let sureness = |t: &Self| (t.confidence, t.proof, std::cmp::Reverse(t.rule));
        if sureness(&other) > sureness(self) {
            (self.rule, self.confidence, self.proof) = (other.rule, other.confidence, other.proof);
        }
        let first = |a: &mut Option<String>, b: Option<String>| *a = a.take().into_iter().chain(b).min();
        first(&mut self.principal, other.principal);
        first(&mut self.scope, other.scope);
    }
}

/// One secret of one family.
#[derive(Debug, Clone)]
pub struct Value {
    /// The secret.
    pub secret: Secret,
    /// What is told of it.
    pub told: Told,
    id: OnceLock<String>,
}

impl Value {
    /// The id of its finding, made once: it may take thousands of hashes.
    pub(super) fn id(&self, library: &Library) -> &str {
        self.id.get_or_init(|| id(library.detector(self.told.rule).family(), &self.secret))
    }
}

/// All values of a scan.
#[derive(Default)]
pub struct Values {
    numbers: HashMap<(String, Secret), ValueNo>,
    /// The values, by number.
    pub list: Vec<Value>,
}

impl Values {
    /// The number of a candidate's value.
    pub fn number(&mut self, candidate: &Candidate, library: &Library) -> ValueNo {
        let family = library.detector(candidate.rule).family().to_owned();
        let next = self.list.len() as ValueNo;
        let number = *self.numbers.entry((family, candidate.secret.clone())).or_insert(next);
        match self.list.get_mut(number as usize) {
            Some(value) => value.told.add(Told::by(candidate)),
            None => self.list.push(Value { secret: candidate.secret.clone(), told: Told::by(candidate), id: OnceLock::new() }),
        }
        number
    }
}
