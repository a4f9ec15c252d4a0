//! What detectors share: one list of distinct anchors, and what to try where each stands.
//!
//! Of the built-in detectors the build script makes it, together with the sieve over it.

use super::anchor::Anchor;
use super::byte_set::ByteSet;
use super::demand::Tier;
use super::plan::{Grams, Plan};
use crate::model::Judge;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A detector to try at an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Try {
    /// Number of the detector.
    pub rule: u16,
    /// Where a match begins, in bytes before the anchor, when that is known.
    pub lead: Option<u32>,
    /// What the value is judged as, rather than matched.
    pub judge: Option<Judge>,
}

/// The distinct anchors of all plans.
#[derive(Default)]
pub struct Shared {
    /// The anchors.
    pub anchors: Vec<Anchor>,
    /// Of each anchor, the grams that the sieve looks for.
    pub grams: Vec<Grams>,
    /// How long runs a text must hold for anything to match at each.
    pub tiers: Vec<Tier>,
    /// What to try at each.
    pub tries: Vec<Vec<Try>>,
}

impl Shared {
    /// Takes the anchors of these plans together; of each plan, what its values are judged as.
    pub fn new<'p>(plans: impl Iterator<Item = (&'p Plan, Option<Judge>)>) -> Self {
        let mut shared = Self::default();
        let mut numbers: HashMap<(&[ByteSet], bool), usize> = HashMap::new();
        for (rule, (plan, judge)) in plans.enumerate() {
            for (anchor, both) in plan.anchors.iter().zip(&plan.grams) {
                let number = *numbers.entry((&anchor.sets, anchor.boundary)).or_insert_with(|| {
                    shared.anchors.push(anchor.clone());
                    shared.grams.push(both.clone());
                    shared.tiers.push(plan.demand.tier());
                    shared.tries.push(Vec::new());
                    shared.anchors.len() - 1
                });
                shared.tiers[number] = shared.tiers[number].min(plan.demand.tier());
                let lead = anchor.lead.filter(|_| anchor.exact).and_then(|l| u32::try_from(l).ok());
                shared.tries[number].push(Try { rule: rule as u16, lead, judge });
            }
        }
        shared
    }
}
