//! Owners: who answers for an identity, and whether that somebody can be asked.

use super::codeowners::Codeowners;
use crate::model::{
    Component, Finding, Location, OwnedBy, Owner, OwnerKind, OwnerName, OwnerStatus, Record, Register, SourceClass, plain_owner,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// People and teams.
pub(super) struct Directory<'r> {
    /// Whether each user is there, by address or login.
    people: HashMap<&'r str, bool>,
    /// The same by what stands before the `@`, where only one user is called so.
    logins: HashMap<&'r str, Option<bool>>,
    teams: HashSet<&'r str>,
    components: &'r [Component],
}

impl<'r> Directory<'r> {
    pub(super) fn new(register: &'r Register) -> Self {
        let mut people: HashMap<&str, bool> = HashMap::new();
        let mut logins: HashMap<&str, Option<bool>> = HashMap::new();
        for person in &register.people {
            // Where two sources speak of somebody, one that says that they have left is believed.
            let is_active = people.entry(&person.user).or_insert(true);
            *is_active &= person.active;
            let login = person.user.split('@').next().unwrap_or_default();
            logins.entry(login).and_modify(|known| *known = known.filter(|k| *k == person.active)).or_insert(Some(person.active));
        }
        Self { people, logins, teams: register.teams.iter().map(|t| &**t).collect(), components: &register.components }
    }

    /// Whether an owner can be asked, and what it is.
    pub(super) fn resolve(&self, owner: &OwnerName) -> (OwnerStatus, OwnerKind) {
        let name = plain_owner(&owner.value);
        let person = self.people.get(name.as_str()).copied();
        let login = || if name.contains('@') { None } else { self.logins.get(name.as_str()).copied().flatten() };
        if self.teams.contains(name.as_str()) && owner.kind != OwnerKind::Person {
            return (OwnerStatus::Active, OwnerKind::Team);
        }
        match person.or_else(login) {
            Some(true) => return (OwnerStatus::Active, OwnerKind::Person),
            Some(false) => return (OwnerStatus::Departed, OwnerKind::Person),
            None => {}
        }
        // Without a directory nobody can be checked: a name that is one is believed, and said to be unchecked.
        let unchecked = match owner.kind {
            OwnerKind::Person => self.people.is_empty(),
            OwnerKind::Team => self.teams.is_empty(),
            OwnerKind::App => true,
            OwnerKind::Unknown => self.people.is_empty() && self.teams.is_empty() && is_name(&name),
        };
        (if unchecked { OwnerStatus::Unchecked } else { OwnerStatus::Unknown }, owner.kind)
    }

    /// The component of a repository.
    pub(super) fn component(&self, repo: &str) -> Option<&'r Component> {
        let base = |text: &str| text.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let by_repo = self.components.iter().find(|c| c.repo.as_ref().is_some_and(|r| base(r) == base(repo)));
        by_repo.or_else(|| self.components.iter().find(|c| c.repo.is_none() && c.name.eq_ignore_ascii_case(&base(repo))))
    }

    /// `OWNER/NAME` of a repository, as the catalogue has it.
    pub(super) fn slug(&self, repo: &str) -> Option<&'r str> {
        self.component(repo).and_then(|c| c.repo.as_deref())
    }
}

/// Whether a text is an address or words, rather than an id that only its issuer can read.
fn is_name(text: &str) -> bool {
    text.contains('@') || text.chars().all(|c| c.is_alphabetic() || " -./&".contains(c))
}

/// Where a record's owner stands among others: registers first, then who issues, then the rest.
fn weight(record: &Record, is_own: bool) -> (u8, bool) {
    let class = match record.class {
        SourceClass::Governance => 0,
        SourceClass::Issuer | SourceClass::Pki => 1,
        SourceClass::Vault => 2,
        SourceClass::Usage | SourceClass::Directory => 3,
    };
    (class, !is_own)
}

/// The owner that records name, with the others that they name.
pub(super) fn of_records(own: &[&Record], above: &[&Record], directory: &Directory<'_>) -> Option<Owner> {
    let all = own.iter().map(|r| (weight(r, true), *r)).chain(above.iter().map(|r| (weight(r, false), *r)));
    let mut named: Vec<((u8, bool), &Record, &OwnerName)> = all.filter_map(|(w, r)| Some((w, r, r.owner.as_ref()?))).collect();
    named.sort_by_key(|(weight, _, owner)| (owner.by, *weight));
    let (_, record, owner) = *named.first()?;
    let (status, kind) = directory.resolve(owner);
    let mut conflicts: BTreeSet<String> = named.iter().map(|(_, r, o)| format!("{} ({})", o.value, r.source)).collect();
    conflicts.retain(|c| !c.starts_with(&format!("{} (", owner.value)));
    let evidence = format!("{} of {} in {}", owner.by.as_str(), record.id, record.source);
    Some(Owner { value: owner.value.to_string(), kind, status, by: owner.by, evidence, conflicts: conflicts.into_iter().collect() })
}

/// The owner of the code where no record names one: CODEOWNERS, the catalogue, the last to commit.
pub(super) fn of_places(
    locations: &[&Location],
    finding: Option<&Finding>,
    codeowners: &Codeowners,
    directory: &Directory<'_>,
) -> Option<Owner> {
    let owner = |name: OwnerName, evidence: String| {
        let (status, kind) = directory.resolve(&name);
        Owner { value: name.value.to_string(), kind, status, by: name.by, evidence, conflicts: Vec::new() }
    };
    let of_file = locations.iter().find_map(|l| {
        let (owners, file) = codeowners.of(l.repo.as_deref().unwrap_or_default(), &l.path)?;
        let value = owners.first()?;
        let kind = if value.contains('/') { OwnerKind::Team } else { OwnerKind::Unknown };
        let mut found = owner(OwnerName { value: value.clone(), kind, by: OwnedBy::Codeowners }, format!("{file} for {}", l.path));
        found.conflicts = owners[1..].iter().map(|o| o.to_string()).collect();
        Some(found)
    });
    let of_catalog = || {
        locations.iter().find_map(|l| {
            let component = directory.component(l.repo.as_deref()?)?;
            let name = component.owner.clone()?;
            Some(owner(OwnerName { by: OwnedBy::Catalog, ..name }, format!("catalogue, component {}", component.name)))
        })
    };
    let of_commits = || {
        // A program that commits answers for nothing.
        let commits = [finding?.last_seen.as_ref(), finding?.first_seen.as_ref()];
        let commit = commits.into_iter().flatten().find(|c| !c.author.contains("[bot]"))?;
        let address = commit.author.rsplit_once('<').map_or(commit.author.as_str(), |(_, a)| a.trim_end_matches('>'));
        let name = OwnerName { value: address.into(), kind: OwnerKind::Person, by: OwnedBy::Commits };
        Some(owner(name, format!("author of commit {}", commit.commit.get(..12).unwrap_or(&commit.commit))))
    };
    of_file.or_else(of_catalog).or_else(of_commits)
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::model::{CommitInfo, Person, RecordKind};

    fn register() -> Register {
        let person = |user: &str, active| Person { user: user.into(), active, manager: None, end: None };
        let people = vec![person("kim@acme.example", true), person("wen@acme.example", false)];
        Register { people, teams: vec!["payments".into()], ..Register::default() }
    }

    fn status(register: &Register, value: &str, kind: OwnerKind) -> OwnerStatus {
        Directory::new(register).resolve(&OwnerName { value: value.into(), kind, by: OwnedBy::Field }).0
    }

    #[test]
    fn people_and_teams_are_known_in_all_spellings() {
        let register = register();
        for value in ["kim@acme.example", "KIM@acme.example", "kim", "user:default/kim"] {
            assert_eq!(status(&register, value, OwnerKind::Unknown), OwnerStatus::Active, "{value}");
        }
        assert_eq!(status(&register, "wen@acme.example", OwnerKind::Person), OwnerStatus::Departed);
        for value in ["payments", "@acme/payments", "group:default/payments", "group:payments"] {
            assert_eq!(status(&register, value, OwnerKind::Unknown), OwnerStatus::Active, "{value}");
        }
        assert_eq!(status(&register, "user_01abc", OwnerKind::Unknown), OwnerStatus::Unknown);
        assert_eq!(status(&register, "kim@other.example", OwnerKind::Person), OwnerStatus::Unknown);
    }

    #[test]
    fn a_program_that_commits_answers_for_nothing() {
        let mut found = fixture::finding("aws", RecordKind::AccessKey, "x");
        let bot = "release[bot] <41898282+release[bot]@users.noreply.github.com>";
        let by = |author: &str| Some(CommitInfo { author: author.into(), ..found.first_seen.clone().expect("a commit") });
        let (kim, bot) = (by("Kim <kim@acme.example>"), by(bot));
        let register = Register::default();
        let mut owner = |last: &Option<CommitInfo>, first: &Option<CommitInfo>| {
            (found.last_seen, found.first_seen) = (last.clone(), first.clone());
            of_places(&[], Some(&found), &Codeowners::default(), &Directory::new(&register)).map(|o| o.value)
        };
        assert_eq!(owner(&bot, &kim).as_deref(), Some("kim@acme.example"));
        assert_eq!(owner(&bot, &bot), None);
    }

    #[test]
    fn without_a_directory_a_name_is_believed_and_an_id_is_not() {
        let register = Register::default();
        assert_eq!(status(&register, "kim@acme.example", OwnerKind::Person), OwnerStatus::Unchecked);
        assert_eq!(status(&register, "ml-platform", OwnerKind::Unknown), OwnerStatus::Unchecked);
        assert_eq!(status(&register, "user_01abc", OwnerKind::Unknown), OwnerStatus::Unknown);
    }
}
