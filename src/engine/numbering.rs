//! The values of a history's blobs: those of what was scanned, and those that blobs are remembered to hold, read anew where they stand first.

use super::blobs::{Again, Blobs};
use super::history::Context;
use super::holdings::{Ledger, Origin, Tellings};
use super::inspect::Inspected;
use super::overlap::resolve;
use super::scan::Gathered;
use super::values::{Told, ValueNo};
use crate::source::history::ObjectId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is known of each blob that holds values.
pub(super) struct Numbered {
    /// Values of each blob.
    pub values: HashMap<ObjectId, Vec<ValueNo>>,
    /// What was found in those that were read.
    pub read: BTreeMap<ObjectId, Inspected>,
}

/// Gives the values of all blobs their numbers, and remembers which blob holds which for the next time.
pub(super) fn number(context: &Context<'_>, blobs: Blobs, again: &mut Again<'_>, gathered: &mut Gathered) -> Numbered {
    let Blobs { found, held, whole } = blobs;
    let mut reading = Reading { context, again, read: BTreeMap::new(), ledger: Ledger::default() };
    let mut told: BTreeMap<ObjectId, Vec<(ValueNo, Told)>> = BTreeMap::new();
    let found: BTreeMap<ObjectId, Inspected> = found.into_iter().collect();
    for (object, inspected) in found {
        told.insert(object, reading.take(object, inspected, gathered));
    }
    let recalled = reading.recall(&held, gathered);
    for (object, tellings) in held {
        let known: Option<Vec<_>> = tellings.into_iter().map(|(n, told)| Some((*recalled.get(&n)?, told))).collect();
        // Where a value cannot be read any more where it stood first, this blob may have it still.
        let Some(known) = known.or_else(|| reading.again(object, gathered)) else { continue };
        known.iter().for_each(|(value, told)| gathered.values.list[*value as usize].told.add(told.clone()));
        told.insert(object, known);
    }
    let Reading { read, mut ledger, .. } = reading;
    if let Some(memory) = context.options.memory {
        for (object, told) in told.iter().filter(|(object, _)| whole.contains(object)) {
            ledger.blob(context.store.objects.id(*object), told.iter().cloned());
        }
        memory.remember_holdings(ledger.finish());
    }
    let values = told.into_iter().map(|(object, told)| (object, numbers(told))).filter(|(_, values)| !values.is_empty()).collect();
    Numbered { values, read }
}

fn numbers(told: Vec<(ValueNo, Told)>) -> Vec<ValueNo> {
    let mut values: Vec<ValueNo> = told.into_iter().map(|(value, _)| value).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Blobs whose content is at hand, and where values were read.
struct Reading<'r, 'p> {
    context: &'r Context<'r>,
    again: &'r mut Again<'p>,
    read: BTreeMap<ObjectId, Inspected>,
    ledger: Ledger,
}

impl Reading<'_, '_> {
    /// The values of what was found in a blob, in order of place, and what each place tells.
    fn take(&mut self, object: ObjectId, inspected: Inspected, gathered: &mut Gathered) -> Vec<(ValueNo, Told)> {
        let (library, objects) = (self.context.library, &self.context.store.objects);
        let (occurrences, _) = resolve(&inspected, library);
        let told = occurrences.iter().map(|o| (gathered.values.number(o.candidate, library), Told::by(o.candidate))).collect::<Vec<_>>();
        for ((value, _), nth) in told.iter().zip(0..) {
            self.ledger.origin(*value, || Origin { blob: objects.id(object).to_vec(), nth });
        }
        self.read.insert(object, inspected);
        told
    }

    /// The same of a blob that was not scanned this time; `None` where it cannot be read any more, which is told.
    fn again(&mut self, object: ObjectId, gathered: &mut Gathered) -> Option<Vec<(ValueNo, Told)>> {
        let known = self.read.remove(&object);
        let inspected = known.or_else(|| self.again.inspect(self.context, object, gathered))?;
        Some(self.take(object, inspected, gathered))
    }

    /// Reads values where they stood first; the number of each that can be read.
    fn recall(&mut self, held: &[(ObjectId, Tellings)], gathered: &mut Gathered) -> HashMap<u32, ValueNo> {
        let mut recalled = HashMap::new();
        let Some(memory) = self.context.options.memory else { return recalled };
        let numbers: BTreeSet<u32> = held.iter().flat_map(|h| &h.1).map(|t| t.0).collect();
        let mut by_blob: BTreeMap<ObjectId, Vec<(u32, u32)>> = BTreeMap::new();
        for number in numbers {
            let Some(origin) = memory.origin(number) else { continue };
            let Some(object) = self.context.store.objects.find(&origin.blob) else { continue };
            by_blob.entry(object).or_default().push((number, origin.nth));
        }
        for (object, wanted) in by_blob {
            let Some(told) = self.again(object, gathered) else { continue };
            recalled.extend(wanted.iter().filter_map(|(number, nth)| Some((*number, told.get(*nth as usize)?.0))));
        }
        recalled
    }
}
