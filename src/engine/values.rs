//! Values: candidates of one detector family with the same secret are one value, whatever place they stand in.

use super::findings::id;
use crate::detect::{Candidate, Library};
use crate::model::{Confidence, Proof, Secret};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Number of a value.
pub type ValueNo = u32;

/// One secret of one family.
#[derive(Debug, Clone)]
pub struct Value {
    /// The detector that is surest of it.
    pub rule: u16,
    /// The secret.
    pub secret: Secret,
    /// The best confidence any place gave.
    pub confidence: Confidence,
    /// The best proof.
    pub proof: Proof,
    /// The principal, if anything names it.
    pub principal: Option<String>,
    /// The account, tenant or project, if anything names it.
    pub scope: Option<String>,
    id: OnceLock<String>,
}

impl Value {
    /// The id of its finding, made once: it may take thousands of hashes.
    pub(super) fn id(&self, library: &Library) -> &str {
        self.id.get_or_init(|| id(library.detector(self.rule).family(), &self.secret))
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
        if number == next {
            self.list.push(Value {
                rule: candidate.rule,
                secret: candidate.secret.clone(),
                confidence: candidate.confidence,
                proof: candidate.proof,
                principal: None,
                scope: None,
                id: OnceLock::new(),
            });
        }
        let value = &mut self.list[number as usize];
        if (candidate.confidence, candidate.proof) > (value.confidence, value.proof) {
            (value.rule, value.confidence, value.proof) = (candidate.rule, candidate.confidence, candidate.proof);
        }
        if value.principal.is_none() {
            value.principal = candidate.principal.as_deref().map(str::to_owned);
        }
        if value.scope.is_none() {
            value.scope = candidate.scope.as_deref().map(str::to_owned);
        }
        number
    }
}
