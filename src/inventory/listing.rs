//! Lists of keys and tokens as most services give them: an id, a name, some dates, perhaps a few characters of the secret.

use super::hint::{self, Common};
use super::{Context, Element, words};
use crate::model::{Has, Key, KeyKind, OwnedBy, Record, RecordKind, SourceClass, Status};

/// A field, by its path.
pub(super) type Path = &'static [&'static str];

/// Which fields of a service's answer say what. Of several paths the first that has something counts.
#[derive(Clone, Copy)]
pub(super) struct Listing {
    /// Slug of the provider, as detectors have it.
    pub provider: &'static str,
    /// Kind of the records.
    pub kind: RecordKind,
    /// Ids of the service's own.
    pub id: &'static [Path],
    /// Names.
    pub name: &'static [Path],
    /// Owners.
    pub owner: &'static [Path],
    /// When it was made.
    pub created: &'static [Path],
    /// When it was last used.
    pub used: &'static [Path],
    /// When it ends.
    pub expires: &'static [Path],
    /// Accounts, organisations, projects.
    pub scope: &'static [Path],
    /// What of it stands in the secret or beside it, and is the same for all who have it.
    pub keys: &'static [(KeyKind, Path)],
    /// Whole secrets: kept as digests alone.
    pub secret: &'static [Path],
    /// What is shown of the secret, and what all secrets of the service have in common.
    pub shown: Option<(Path, Common<'static>)>,
    /// How the secret begins, where a service shows that alone.
    pub begins: Option<(Path, Common<'static>)>,
    /// Fields that say it works no longer when they are true.
    pub off: &'static [Path],
    /// Fields that say it works only when they are true.
    pub on: &'static [Path],
    /// Words for its state.
    pub status: &'static [Path],
}

impl Listing {
    /// A list that says nothing yet.
    pub const fn of(provider: &'static str, kind: RecordKind) -> Self {
        Self {
            provider,
            kind,
            id: &[&["id"]],
            name: &[&["name"]],
            owner: &[],
            created: &[],
            used: &[],
            expires: &[],
            scope: &[],
            keys: &[],
            secret: &[],
            shown: None,
            begins: None,
            off: &[],
            on: &[],
            status: &[],
        }
    }

    /// The record of an element; `None`, told as a warning, where it has no id.
    pub fn record(&self, element: &Element<'_>, context: &mut Context<'_>) -> Option<Record> {
        let text = |paths: &[Path]| paths.iter().find_map(|p| element.text(p));
        let time = |paths: &[Path]| paths.iter().find_map(|p| element.time(p));
        let says = |paths: &[Path], word: &str| paths.iter().any(|p| element.text(p).is_some_and(|v| v.eq_ignore_ascii_case(word)));
        let Some(id) = text(self.id) else {
            context.warn(
                element,
                &format!("an entry without an id ({} of {}); left out", self.kind.as_str().replace('_', " "), self.provider),
            );
            return None;
        };
        let mut record = context.record(SourceClass::Issuer, self.provider, self.kind, &id);
        record.keys.extend(self.keys.iter().filter_map(|(kind, path)| Key::new(*kind, &element.text(path)?)));
        let raw = self.secret.iter().filter_map(|p| element.text(p)).filter(|s| is_whole(s));
        record.keys.extend(raw.flat_map(|secret| context.secret(&secret)));
        let begin = || self.begins.and_then(|(path, common)| hint::parse(&format!("{}...", element.text(path)?), common));
        record.hint = self.shown.and_then(|(path, common)| hint::parse(&element.text(path)?, common)).or_else(begin);
        record.display = text(self.name).map(Into::into);
        record.owner = text(self.owner).and_then(|o| words::owner(&o, OwnedBy::Field));
        record.scope = text(self.scope).or_else(|| context.scope().map(str::to_owned)).map(Into::into);
        record.created = time(self.created);
        record.last_rotated = record.created;
        record.last_used = time(self.used);
        record.expires = time(self.expires);
        record.status = match () {
            () if says(self.off, "true") || says(self.on, "false") => Status::Inactive,
            () => text(self.status).map_or(Status::Active, |word| words::status(&word)),
        };
        Some(record)
    }

    /// Takes a record, with what its list has fields for.
    pub fn push(&self, record: Record, context: &mut Context<'_>) {
        let has = Has {
            owner: !self.owner.is_empty(),
            last_used: !self.used.is_empty(),
            expiry: !self.expires.is_empty(),
            hint: self.shown.is_some() || self.begins.is_some(),
            fingerprint: !self.secret.is_empty(),
        };
        let scope = record.scope.clone();
        context.covers(SourceClass::Issuer, self.provider, self.kind, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }

    /// Reads an element as it is.
    pub fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if let Some(record) = self.record(element, context) {
            self.push(record, context);
        }
    }
}

/// Whether a secret is shown whole, not hidden behind stars or points.
fn is_whole(text: &str) -> bool {
    text.len() >= 12
        && !text.contains("***")
        && !text.contains("...")
        && !text.contains(['•', '…', '●'])
        && !text.to_lowercase().contains("xxxx")
}
