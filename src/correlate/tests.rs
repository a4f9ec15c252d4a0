//! The join, verdicts and flags on small inventories.

use super::correlate;
use super::fixture::*;
use crate::model::*;

const KEY: RecordKind = RecordKind::ApiKey;

/// An issuer and a register that cover `acme` keys of the account `a1`, and a directory.
fn covered() -> Register {
    let person = |user: &str, active| Person { user: user.into(), active, manager: None, end: None };
    Register {
        manifests: vec![manifest(SourceClass::Issuer, "acme", KEY, &["a1"]), manifest(SourceClass::Governance, "acme", KEY, &[])],
        people: vec![person("kim@acme.example", true), person("wen@acme.example", false)],
        teams: vec!["payments".into()],
        ..Register::default()
    }
}

fn key(value: &str) -> Key {
    Key::new(KeyKind::S256, &"ab".repeat(32).replacen("ab", value, 1)).expect("a digest")
}

/// A finding with the digest `aa…`, of the account `a1`.
fn found() -> Finding {
    Finding { keys: vec![key("aa")], scope: Some("a1".into()), ..finding("acme", KEY, "the-value-of-a-key-1234") }
}

/// A record of it by its issuer.
fn issued() -> Record {
    let mut record = record(SourceClass::Issuer, "acme", KEY, "k1");
    record.keys.push(key("aa"));
    record.scope = Some("a1".into());
    record
}

fn registered(owned_by: &str) -> Record {
    let mut record = record(SourceClass::Governance, "acme", KEY, "NHI-1");
    record.keys.push(key("aa"));
    record.owner = owner(owned_by);
    record
}

fn with(records: Vec<Record>) -> Register {
    Register { records, ..covered() }
}

#[test]
fn a_register_with_an_active_owner_governs() {
    let identity = identity(vec![found()], &with(vec![issued(), registered("kim@acme.example")]));
    assert_eq!(identity.verdict, Verdict::Governed, "{:#?}", identity.evidence);
    assert_eq!(identity.owner.map(|o| (o.value, o.status)), Some(("kim@acme.example".into(), OwnerStatus::Active)));
    assert!(identity.evidence.iter().any(|e| e.record.as_deref() == Some("k1") && e.join.as_deref() == Some("s256")));
}

#[test]
fn an_owner_who_left_governs_nothing_and_is_no_shadow() {
    let identity = identity(vec![found()], &with(vec![issued(), registered("wen@acme.example")]));
    assert_eq!(identity.verdict, Verdict::Ungoverned);
    assert!(identity.flags.contains(&Flag::Orphaned) && !identity.flags.contains(&Flag::NoOwner));
}

#[test]
fn what_exists_and_no_register_knows_is_a_shadow() {
    let identity = identity(vec![found()], &with(vec![issued()]));
    assert_eq!(identity.verdict, Verdict::Shadow);
    assert!(identity.flags.contains(&Flag::NoOwner));
    // Without a register that covers it, nobody can say that it should have known.
    let mut register = with(vec![issued()]);
    register.manifests.pop();
    assert_eq!(super::fixture::identity(vec![found()], &register).verdict, Verdict::Ungoverned);
}

#[test]
fn use_alone_shows_that_it_exists_while_it_is_recent() {
    let mut used = issued();
    used.class = SourceClass::Usage;
    used.last_used = Some(at("2026-08-20"));
    assert_eq!(identity(vec![found()], &with(vec![used.clone()])).verdict, Verdict::Shadow);
    used.last_used = Some(at("2026-01-01"));
    assert_eq!(identity(vec![found()], &with(vec![used])).verdict, Verdict::Ungoverned);
}

#[test]
fn absence_means_what_coverage_says() {
    // Its account is covered by its issuer: deleted or never issued.
    assert_eq!(identity(vec![found()], &covered()).verdict, Verdict::Residue);
    // The export is older than the commit: the issuer cannot say, the register can.
    let mut late = covered();
    late.manifests[0].as_of = Some(at("2026-07-01"));
    assert_eq!(identity(vec![found()], &late).verdict, Verdict::SuspectedShadow);
    late.manifests[1].as_of = Some(at("2026-07-01"));
    assert_eq!(identity(vec![found()], &late).verdict, Verdict::UnknownSource);
    // No account is proven: the list of accounts does not cover it.
    let unscoped = Finding { scope: None, ..found() };
    assert_eq!(identity(vec![unscoped], &covered()).verdict, Verdict::SuspectedShadow);
    // Another account, while all sources list theirs.
    let mut listed = covered();
    listed.manifests[1].scopes = Some(vec!["a1".into()]);
    let foreign = Finding { scope: Some("b2".into()), ..found() };
    assert_eq!(identity(vec![foreign], &listed).verdict, Verdict::ForeignScope);
    assert_eq!(identity(vec![found()], &Register::default()).verdict, Verdict::UnknownSource);
}

#[test]
fn what_its_issuer_switched_off_is_revoked_whoever_owns_it() {
    let mut off = issued();
    off.status = Status::Inactive;
    assert_eq!(identity(vec![found()], &with(vec![off, registered("kim@acme.example")])).verdict, Verdict::RevokedPresent);
    // A key of a disabled account.
    let mut account = record(SourceClass::Issuer, "acme", RecordKind::ServiceAccount, "sa1");
    account.status = Status::Inactive;
    let mut own = issued();
    own.of.extend(Key::native("acme", "sa1"));
    assert_eq!(identity(vec![found()], &with(vec![own, account])).verdict, Verdict::RevokedPresent);
}

/// A record that shows how its key ends.
fn hinting(id: &str, suffix: &str, bits: f32) -> Record {
    let mut record = record(SourceClass::Issuer, "acme", KEY, id);
    record.hint = Some(Box::new(Hint { prefix: "the-".into(), suffix: suffix.into(), bits, within: None }));
    record
}

#[test]
fn a_hint_is_believed_where_it_is_unique_strong_and_in_time() {
    let bare = || Finding { keys: Vec::new(), ..found() };
    let identity = |records| identity(vec![bare()], &with(records));
    let strong = identity(vec![hinting("k1", "1234", 24.0), hinting("k2", "9999", 24.0)]);
    assert_eq!(strong.verdict, Verdict::Shadow);
    assert!(strong.evidence.iter().any(|e| e.strength == Strength::Hint && e.record.as_deref() == Some("k1") && e.chance < 1e-6));
    assert_eq!(identity(vec![hinting("k1", "1234", 24.0), hinting("k2", "1234", 24.0)]).verdict, Verdict::Ambiguous);
    assert_eq!(identity(vec![hinting("k1", "1234", 4.0)]).verdict, Verdict::Ambiguous);
    let mut younger = hinting("k1", "1234", 24.0);
    younger.created = Some(at("2026-08-20"));
    assert_eq!(identity(vec![younger]).verdict, Verdict::Residue, "made after it was committed, so another key");
}

#[test]
fn an_owner_of_the_user_answers_for_its_keys() {
    let mut user = record(SourceClass::Issuer, "acme", RecordKind::User, "u1");
    user.owner = Some(OwnerName { value: "payments".into(), kind: OwnerKind::Unknown, by: OwnedBy::Tag });
    user.privileges.push("admin".into());
    let mut own = issued();
    own.of.extend(Key::native("acme", "u1"));
    let identity = identity(vec![found()], &with(vec![own, user]));
    assert_eq!(identity.verdict, Verdict::Governed);
    assert_eq!(identity.owner.map(|o| (o.value, o.kind)), Some(("payments".into(), OwnerKind::Team)));
    assert!(identity.flags.contains(&Flag::Privileged));
}

#[test]
fn ages_and_ends_make_flags() {
    let flags = |change: &dyn Fn(&mut Record)| {
        let mut record = issued();
        record.expires = Some(at("2027-01-01"));
        record.last_used = Some(at("2026-08-30"));
        change(&mut record);
        identity(vec![found()], &with(vec![record, registered("kim@acme.example")])).flags
    };
    assert_eq!(flags(&|_| {}), []);
    assert_eq!(flags(&|r| r.expires = None), [Flag::NoExpiry]);
    assert_eq!(flags(&|r| r.expires = Some(at("2026-08-15"))), [Flag::Expired, Flag::ExpiredYetLive]);
    assert_eq!(flags(&|r| r.last_used = Some(at("2026-03-01"))), [Flag::Dormant]);
    assert_eq!(flags(&|r| (r.last_used, r.created) = (None, Some(at("2026-01-01")))), [Flag::Dormant]);
    assert_eq!(flags(&|r| r.created = Some(at("2024-01-01"))), [Flag::Overdue]);
    assert_eq!(flags(&|r| (r.created, r.environment) = (Some(at("2026-04-01")), Some("prod".into()))), [Flag::Overdue]);
}

#[test]
fn places_make_flags() {
    let mut spread = found();
    spread.locations = vec![place("shop", "envs/prod/a.env"), place("shop", "envs/dev/a.env")];
    let register = with(vec![issued(), registered("kim@acme.example")]);
    assert!(identity(vec![spread.clone()], &register).flags.contains(&Flag::CrossEnvironment));
    spread.locations = vec![place("shop", "a.env"), place("jobs", "a.env")];
    assert!(identity(vec![spread], &register).flags.contains(&Flag::Shared));
    let mut human = issued();
    human.principal = Class::Human;
    let pipeline = Finding { locations: vec![place("shop", ".github/workflows/ci.yml")], ..found() };
    let identity = identity(vec![pipeline], &with(vec![human, registered("kim@acme.example")]));
    assert!(identity.flags.contains(&Flag::HumanAsMachine), "{:?}", identity.flags);
    assert_eq!(identity.class, Class::Human);
}

#[test]
fn a_secret_kept_twice_is_duplicated_and_a_vault_alone_governs_nothing() {
    let kept = |path: &str| {
        let mut record = record(SourceClass::Vault, "vault", RecordKind::SecretRef, path);
        record.keys.extend([key("aa")].into_iter().chain(Key::new(KeyKind::VaultPath, path)));
        record.owner = owner("kim@acme.example");
        record
    };
    let identity = identity(vec![found()], &with(vec![kept("kv/a#k"), kept("kv/b#k")]));
    assert_eq!(identity.verdict, Verdict::Ungoverned);
    assert!(identity.flags.contains(&Flag::Duplicated));
}

#[test]
fn a_register_row_for_a_path_speaks_of_all_its_keys() {
    let mut kept = record(SourceClass::Vault, "vault", RecordKind::SecretRef, "kv/a#k");
    kept.keys.extend([key("aa")].into_iter().chain(Key::new(KeyKind::VaultPath, "kv/data/a#k")));
    let mut row = record(SourceClass::Governance, "acme", KEY, "NHI-7");
    row.keys.extend(Key::new(KeyKind::VaultPath, "kv/a"));
    row.owner = owner("kim@acme.example");
    assert_eq!(identity(vec![found()], &with(vec![kept, row])).verdict, Verdict::Governed);
}

/// A reference to `kv/NAME` in the repository `jobs`.
fn mention(name: &str) -> Seen {
    let mention = Mention {
        start: 0,
        end: 1,
        relation: Relation::Referenced,
        provider: "vault".into(),
        kind: RecordKind::SecretRef,
        principal: format!("kv/{name}"),
        scope: None,
        keys: Vec::from_iter(Key::new(KeyKind::VaultPath, &format!("kv/{name}"))),
        class: Class::Unknown,
        proves: Proves::Unknown,
        details: Default::default(),
    };
    Seen { mention, location: place("jobs", "k8s/a.yaml") }
}

#[test]
fn references_resolve_or_dangle_where_a_vault_can_say() {
    let mut kept = record(SourceClass::Vault, "vault", RecordKind::SecretRef, "kv/a");
    kept.keys.extend(Key::new(KeyKind::VaultPath, "kv/metadata/a"));
    let mut register = with(vec![kept]);
    let verdicts = |register: &Register| {
        let mut report = report(Vec::new());
        report.seen = vec![mention("a"), mention("gone"), mention("gone")];
        correlate(&mut report, register.clone(), &Policy::default(), now());
        assert_eq!(report.identities.len(), 2);
        report.identities.iter().map(|i| (i.principal.clone().unwrap_or_default(), i.verdict)).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&register), [("kv/a".into(), Verdict::Resolved), ("kv/gone".into(), Verdict::UnknownSource)]);
    register.manifests.push(manifest(SourceClass::Vault, "vault", RecordKind::SecretRef, &["kv/"]));
    assert_eq!(verdicts(&register), [("kv/a".into(), Verdict::Resolved), ("kv/gone".into(), Verdict::Dangling)]);
}

#[test]
fn records_that_nothing_refers_to_are_ghosts_while_they_live() {
    let mut dead = record(SourceClass::Issuer, "acme", KEY, "off");
    dead.status = Status::Revoked;
    let mut used = record(SourceClass::Issuer, "acme", KEY, "busy");
    used.last_used = Some(at("2026-08-30"));
    let mut report = report(vec![found()]);
    let register = with(vec![issued(), record(SourceClass::Issuer, "acme", KEY, "idle"), dead, used]);
    correlate(&mut report, register.clone(), &Policy::default(), now());
    assert_eq!(report.inventory.ghosts.iter().map(|g| &*g.id).collect::<Vec<_>>(), ["idle"]);
}

#[test]
fn the_owner_of_the_code_is_shown_where_no_record_names_one() {
    let mut report = report(vec![found()]);
    report.codeowners = vec![("shop".into(), "CODEOWNERS".into(), "* @acme/payments\n".into())];
    correlate(&mut report, with(vec![issued()]), &Policy::default(), now());
    let identity = &report.identities[0];
    assert_eq!(identity.verdict, Verdict::Shadow, "code owners govern nothing");
    assert_eq!(identity.owner.as_ref().map(|o| (o.value.as_str(), o.status)), Some(("@acme/payments", OwnerStatus::Active)));
}
