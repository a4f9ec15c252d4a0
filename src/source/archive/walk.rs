//! The walk through an archive and all that is nested in it: counts, names, nesting, and what went wrong.

use super::bounded::{self, Budget};
use super::name::{self, Name};
use super::{Kind, Limits, Loss, Trouble, compressed, kind, tar, zip};
use std::collections::HashMap;
use std::io::Read;

/// Troubles that are listed one by one; a hostile archive can have several for each member.
const MAX_TROUBLES: usize = 1000;

/// Where the bytes of a member are.
pub(super) enum Source<'s> {
    /// All there.
    Memory(&'s [u8]),
    /// Still to be decompressed, or part of an archive that is.
    Stream(&'s mut dyn Read),
}

/// An archive that is being read.
pub(super) struct Place {
    /// Its path; empty for the outermost.
    path: String,
    /// How many archives are open, this one counted.
    depth: u8,
    /// Names given in it, with the number the next member of that name is tried with.
    names: HashMap<String, u32>,
}

impl Place {
    pub(super) fn outermost() -> Self {
        Self { path: String::new(), depth: 1, names: HashMap::new() }
    }

    /// The archive's path.
    pub(super) fn path(&self) -> String {
        self.path.clone()
    }

    /// Makes a name unique in the archive: the second `a` becomes `a#2`.
    fn unique(&mut self, name: String) -> String {
        let Some(&given) = self.names.get(&name) else {
            self.names.insert(name.clone(), 2);
            return name;
        };
        let (number, unique) =
            (given..).map(|n| (n, format!("{name}#{n}"))).find(|(_, u)| !self.names.contains_key(u)).expect("names are finite");
        self.names.insert(name, number + 1);
        self.names.insert(unique.clone(), 2);
        unique
    }

    /// How many archives are open, this one counted.
    pub(super) fn depth(&self) -> u8 {
        self.depth
    }

    /// What a file compressed as this archive is called without further knowledge.
    pub(super) fn stem(&self) -> Vec<u8> {
        name::stem(&self.path).as_bytes().to_vec()
    }
}

/// One walk. Everything counted or bounded is counted and bounded here.
pub(super) struct Walk<'w> {
    pub(super) limits: &'w Limits,
    pub(super) budget: &'w Budget,
    visit: &'w mut dyn FnMut(&str, &[u8]),
    members: usize,
    ended: bool,
    troubles: Vec<Trouble>,
    /// Number and greatest loss of the troubles that are not listed.
    unlisted: Option<(usize, Loss)>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(limits: &'w Limits, budget: &'w Budget, visit: &'w mut dyn FnMut(&str, &[u8])) -> Self {
        Self { limits, budget, visit, members: 0, ended: false, troubles: Vec::new(), unlisted: None }
    }

    pub(super) fn into_troubles(mut self) -> Vec<Trouble> {
        if let Some((count, loss)) = self.unlisted {
            self.troubles.push(Trouble { member: String::new(), why: format!("{count} further troubles are not listed"), loss });
        }
        self.troubles
    }

    pub(super) fn trouble(&mut self, member: String, why: impl Into<String>, loss: Loss) {
        if self.troubles.len() < MAX_TROUBLES {
            self.troubles.push(Trouble { member, why: why.into(), loss });
        } else {
            let (count, worst) = self.unlisted.unwrap_or((0, loss));
            self.unlisted = Some((count + 1, worst.max(loss)));
        }
    }

    /// Whether a limit of the whole walk has been reached, so that no member is admitted any more.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Counts a member and gives the path it is shown under; `None`, once told, when there are too many or they are too large.
    pub(super) fn admit(&mut self, at: &mut Place, stored_name: &[u8]) -> Option<String> {
        let why = if self.members >= self.limits.members {
            format!("more than {} members; the rest was not read", self.limits.members)
        } else if self.budget.is_spent() {
            format!("the archive unpacks to more than {} bytes; the rest was not read", self.limits.total_bytes)
        } else {
            String::new()
        };
        if !why.is_empty() {
            if !self.ended {
                self.trouble(at.path(), why, Loss::Part);
            }
            self.ended = true;
            return None;
        }
        self.members += 1;
        let Name { text, oddity } = Name::new(stored_name);
        let unique = at.unique(text.clone());
        let path = if at.path.is_empty() { unique.clone() } else { format!("{}!{unique}", at.path) };
        if let Some(oddity) = oddity {
            self.trouble(path.clone(), oddity, Loss::Nothing);
        }
        if unique != text {
            self.trouble(path.clone(), "another member has the same name; each is read", Loss::Nothing);
        }
        Some(path)
    }

    /// Reads a member: enters it when it is an archive itself, else visits it.
    pub(super) fn content(&mut self, path: String, depth: u8, source: Source<'_>) {
        match source {
            Source::Memory(bytes) => self.classified(kind(bytes), path, depth, source),
            Source::Stream(stream) => {
                let (head, error) = bounded::peek(stream);
                match error {
                    Some(error) => self.leaf(&path, &head, Some(bounded::why(&error))),
                    None => self.peeked(&head, stream, path, depth),
                }
            }
        }
    }

    /// Like [`content`](Self::content), for a stream whose first bytes have been taken.
    pub(super) fn peeked(&mut self, head: &[u8], stream: &mut dyn Read, path: String, depth: u8) {
        self.classified(kind(head), path, depth, Source::Stream(&mut head.chain(stream)));
    }

    fn classified(&mut self, kind: Option<Kind>, path: String, depth: u8, source: Source<'_>) {
        match kind {
            Some(kind) if depth < self.limits.depth => {
                return self.open(kind, source, Place { path, depth: depth + 1, names: HashMap::new() });
            }
            Some(_) => {
                let why = format!("it lies deeper than {} archives, so it was read as it is, packed", self.limits.depth);
                self.trouble(path.clone(), why, Loss::Part);
            }
            None => {}
        }
        match source {
            Source::Memory(bytes) => {
                let (part, why) = bounded::cut(bytes, self.limits.member_bytes);
                self.leaf(&path, part, why);
            }
            Source::Stream(stream) => {
                let (bytes, why) = bounded::read(stream, self.limits.member_bytes);
                self.leaf(&path, &bytes, why);
            }
        }
    }

    /// Visits a file with what was read of it.
    fn leaf(&mut self, path: &str, bytes: &[u8], why: Option<String>) {
        let loss = if bytes.is_empty() { Loss::All } else { Loss::Part };
        if why.is_none() || loss == Loss::Part {
            (self.visit)(path, bytes);
        }
        if let Some(why) = why {
            self.trouble(path.to_owned(), why, loss);
        }
    }

    /// Reads an archive.
    pub(super) fn open(&mut self, kind: Kind, source: Source<'_>, at: Place) {
        match (kind, source) {
            (Kind::Zip, Source::Memory(bytes)) => zip::read(self, bytes, at),
            (Kind::Zip, Source::Stream(stream)) => {
                // The directory is at the end, so all of it must be there.
                let (bytes, why) = bounded::read(stream, self.limits.member_bytes);
                if let Some(why) = why {
                    self.trouble(at.path(), why, Loss::Part);
                }
                zip::read(self, &bytes, at);
            }
            (Kind::Gzip, Source::Memory(bytes)) => compressed::read_gzip_at_once(self, bytes, at),
            (Kind::Tar, Source::Memory(bytes)) => tar::read_at_once(self, bytes, at),
            (kind, Source::Memory(mut bytes)) => self.open(kind, Source::Stream(&mut bytes), at),
            (Kind::Tar, Source::Stream(stream)) => tar::read(self, stream, at),
            (Kind::Gzip, Source::Stream(stream)) => compressed::read_gzip(self, stream, at),
            (Kind::Zstd, Source::Stream(stream)) => compressed::read_zstd(self, stream, at),
        }
    }
}
