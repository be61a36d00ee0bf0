//! The contract of applications and tokens in the ledger: one suite that both dialects pass on a real database.

mod model;
mod weights;

use std::collections::BTreeMap;
use std::sync::Arc;

use live_jury_server::authorities::Authorities;
use live_jury_server::docket::{Docket, PostgresDocket, SqliteDocket};
use live_jury_server::ledger::identities::{
    ApplicationRow, ApplicationState, DecideApplicationBy, FileApplication, Matches, Reason,
};
use live_jury_server::ledger::standing::{
    AppealState, Ban, By, DecideAppealBy, FileAppeal, FileViolation, StandingError, TargetKind,
};
use live_jury_server::ledger::{PostgresTrust, SqliteTrust, TrustLedger};
use live_jury_server::sqlite::Sqlite;
use live_jury_tests::postgres::Postgres;
use live_jury_trust::identity::decide::{Finding, HOLD_MS, PROBATION_MS, RefuseBy, TOKENS_KEPT_MS, decide};
use live_jury_trust::identity::kept::Kept;
use live_jury_trust::identity::token::{Fields, IdentityKey, KEY_BYTES, Tokens};
use live_jury_trust::identity::{Field, Group};
use live_jury_trust::policy::{Policy, TrustFile};
use live_jury_trust::{DAY_MS, Party};

use crate::docket::builders::NOW_MS;

/// The words of a moderator.
const WORDS: &str = "The label and the laboratory disagree.";

/// A ledger on a new database.
struct Fixture {
    ledger: Arc<dyn TrustLedger>,
    _docket: Arc<dyn Docket>,
    _folder: Option<tempfile::TempDir>,
}

fn key(byte: u8) -> IdentityKey {
    IdentityKey::new([byte; KEY_BYTES])
}

fn fields(given: &[(&str, &str)]) -> Fields {
    let map: BTreeMap<String, Vec<String>> =
        given.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
    Fields::parse(&map).unwrap()
}

fn policy() -> Policy {
    TrustFile::builtin().policy("evasion").unwrap().clone()
}

const FIRST: [(&str, &str); 6] = [
    ("given_name", "Xiaoming"),
    ("family_name", "Wang"),
    ("birth_date", "1990-02-03"),
    ("phone", "+8613800138000"),
    ("payout_account", "6222020200001234567"),
    ("device", "device-one"),
];

impl Fixture {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        let ledger = Arc::new(SqliteTrust::new(file.clone()));
        Self { ledger, _docket: Arc::new(SqliteDocket::new(file)), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let url = Postgres::database();
        let docket = Arc::new(PostgresDocket::connect(&url, 2).await.unwrap());
        let ledger = Arc::new(PostgresTrust::open(&url, &Authorities::system()).unwrap());
        Self { ledger, _docket: docket, _folder: None }
    }

    async fn matches(&self, id: &str, given: &[(&str, &str)], keys: &[IdentityKey], now_ms: u64) -> Matches {
        let tokens = Tokens::of(&fields(given), keys).unwrap();
        self.ledger.matches(&Party::merchant(id), &tokens, now_ms - 7 * DAY_MS).await.unwrap()
    }

    async fn apply_with(
        &self,
        id: &str,
        given: &[(&str, &str)],
        keys: &[IdentityKey],
        now_ms: u64,
    ) -> Result<ApplicationRow, StandingError> {
        let found = self.matches(id, given, keys, now_ms).await;
        let compared: Vec<_> = found.candidates.iter().map(|one| one.compared.clone()).collect();
        let decision = decide(&compared, &found.shared, RefuseBy::Number);
        let reason = |group: &Group| Reason {
            group: group.as_str().to_owned(),
            text: format!("{} is the same.", group.words()),
            closed_at_ms: decision.candidate.map(|place| found.candidates[place].closed_at_ms),
        };
        let fields = fields(given);
        let new = FileApplication {
            party: Party::merchant(id),
            again: false,
            category: None,
            digests: keys.iter().map(|key| key.digest(&fields)).collect(),
            reasons: decision.groups.iter().map(reason).collect(),
            levels: decision.candidate.map(|place| compared[place].levels.clone()).unwrap_or_default(),
            decision,
            identity: Kept::of(&fields, &keys[0]).unwrap(),
            policy: policy(),
            by: By::platform("shop-system"),
        };
        self.ledger.file_application(&new, now_ms).await
    }

    async fn apply(&self, id: &str, given: &[(&str, &str)], now_ms: u64) -> ApplicationRow {
        self.apply_with(id, given, &[key(1)], now_ms).await.unwrap()
    }

    /// Bans a party, whatever its record.
    async fn ban(&self, id: &str, now_ms: u64) {
        let policy = TrustFile::builtin().policy("prohibited_goods").unwrap().clone();
        let (party, by) = (Party::merchant(id), "mia".to_owned());
        let facts = "Forty reviews came from one machine.".to_owned();
        let new =
            FileViolation { party: party.clone(), policy, facts, authority: false, by: by.clone(), request: None };
        let violation = self.ledger.file_violation(&new, now_ms).await.unwrap().id;
        let ban = Ban { party, violations: vec![violation], by, words: WORDS.to_owned() };
        self.ledger.ban(&ban, now_ms).await.unwrap();
    }

    async fn decide(&self, found: &ApplicationRow, state: ApplicationState, now_ms: u64) -> ApplicationRow {
        let (by, words) = ("mia".to_owned(), WORDS.to_owned());
        let decision = DecideApplicationBy { id: found.id, state, by, words, version: Some(found.version) };
        self.ledger.decide_application(&decision, &policy(), now_ms).await.unwrap()
    }

    async fn read(&self, found: &ApplicationRow) -> ApplicationRow {
        self.ledger.application(found.id).await.unwrap().unwrap()
    }

    async fn measures(&self, id: &str) -> Vec<(&'static str, bool)> {
        let found = self.ledger.measures_of(&Party::merchant(id)).await.unwrap();
        found.iter().map(|one| (one.name(), one.lifted_at_ms.is_some())).collect()
    }
}

on_each_dialect! {
    a_repeat_gets_the_first_answer_and_other_fields_are_refused
    only_banned_parties_are_candidates
    a_token_of_many_parties_finds_nobody
    tokens_are_kept_while_banned_and_thirty_days_else
    a_lifted_ban_deletes_its_tokens_at_once
    every_key_is_looked_up_and_the_first_one_writes
    a_third_application_with_one_account_is_held
    a_hold_becomes_probation_and_ends_after_thirty_days
    a_person_decides_on_a_hold_once
    a_refusal_is_a_measure_and_an_appeal_takes_it_back
}

async fn a_repeat_gets_the_first_answer_and_other_fields_are_refused(fixture: Fixture) {
    let first = fixture.apply("one", &FIRST, NOW_MS).await;
    assert_eq!((first.state, first.outcome.as_str(), first.version), (ApplicationState::Passed, "pass", 1));
    assert_eq!(fixture.apply("one", &FIRST, NOW_MS + DAY_MS).await, first);
    let other = fixture.apply_with("one", &FIRST[..5], &[key(1)], NOW_MS).await;
    assert!(matches!(other, Err(StandingError::AlreadyApplied)), "{other:?}");
    let rotated = fixture.apply_with("one", &FIRST, &[key(2), key(1)], NOW_MS).await.unwrap();
    assert_eq!(rotated.id, first.id, "a new key finds the digest under the old one");
}

async fn only_banned_parties_are_candidates(fixture: Fixture) {
    fixture.apply("one", &FIRST, NOW_MS).await;
    assert_eq!(fixture.matches("two", &FIRST, &[key(1)], NOW_MS).await.candidates, []);
    fixture.ban("one", NOW_MS + 5).await;
    assert_eq!(fixture.matches("one", &FIRST, &[key(1)], NOW_MS).await.candidates, [], "nobody meets itself");
    let found = fixture.matches("two", &FIRST, &[key(1)], NOW_MS).await.candidates;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].closed_at_ms, found[0].compared.levels.len()), (NOW_MS + 5, FIRST.len()));
    assert!(found[0].compared.weight > 50.0, "{}", found[0].compared.weight);
    let exchanged = [("given_name", "Wang"), ("family_name", "Xiaoming"), ("birth_date", "1990-02-03")];
    let found = fixture.matches("two", &exchanged, &[key(1)], NOW_MS).await.candidates;
    assert!(found[0].compared.is_equal(Field::BirthDate) && !found[0].compared.is_equal(Field::GivenName));
    let stranger = [("given_name", "Dawei"), ("phone", "+8613900139000")];
    assert_eq!(fixture.matches("two", &stranger, &[key(1)], NOW_MS).await.candidates, []);
    let before = fixture.matches("two", &FIRST, &[key(1)], NOW_MS).await.candidates;
    let found = fixture.apply("two", &FIRST, NOW_MS + DAY_MS).await;
    let again = fixture.matches("two", &FIRST, &[key(1)], NOW_MS).await.candidates;
    assert_eq!(again, before, "the own tokens are no other holder's");
    assert_eq!((found.state, found.proposed, found.due_ms), (ApplicationState::Held, true, None));
}

async fn a_token_of_many_parties_finds_nobody(fixture: Fixture) {
    let shared = [("device", "kiosk")];
    for n in 0..59 {
        fixture.apply(&format!("guest-{n}"), &shared, NOW_MS).await;
    }
    fixture.apply("one", &shared, NOW_MS).await;
    fixture.ban("one", NOW_MS).await;
    let found = fixture.matches("two", &shared, &[key(1)], NOW_MS).await;
    assert_eq!(found.candidates.len(), 1, "60 parties hold it");
    // 60 of 60 parties have the value, so it tells nearly nothing.
    assert!(found.candidates[0].compared.weight < 0.0, "{}", found.candidates[0].compared.weight);
    fixture.apply("guest-59", &shared, NOW_MS).await;
    assert_eq!(fixture.matches("two", &shared, &[key(1)], NOW_MS).await.candidates, [], "61 parties hold it");
}

async fn tokens_are_kept_while_banned_and_thirty_days_else(fixture: Fixture) {
    fixture.apply("one", &FIRST, NOW_MS).await;
    fixture.apply("other", &[("device", "device-two")], NOW_MS).await;
    fixture.ban("one", NOW_MS).await;
    let later = NOW_MS + TOKENS_KEPT_MS;
    assert_eq!(fixture.ledger.move_applications(&policy(), later - 1).await.unwrap(), 0);
    assert_eq!(fixture.ledger.move_applications(&policy(), later).await.unwrap(), 1);
    fixture.ban("other", later).await;
    let seen = |given: &'static [(&str, &str)]| {
        let fixture = &fixture;
        async move { fixture.matches("two", given, &[key(1)], later).await.candidates.len() }
    };
    assert_eq!((seen(&FIRST).await, seen(&[("device", "device-two")]).await), (1, 0));
    // The platform gives the identity of a banned party again.
    let kept = Kept::of(&fields(&[("device", "device-two")]), &key(1)).unwrap();
    fixture.ledger.put_identity(&Party::merchant("other"), &kept, None, later).await.unwrap();
    assert_eq!(seen(&[("device", "device-two")]).await, 1);
    assert_eq!(fixture.ledger.move_applications(&policy(), later + 2 * TOKENS_KEPT_MS).await.unwrap(), 0);
}

async fn a_lifted_ban_deletes_its_tokens_at_once(fixture: Fixture) {
    for (id, is_appeal) in [("one", false), ("two", true)] {
        fixture.apply(id, &FIRST, NOW_MS).await;
        fixture.ban(id, NOW_MS).await;
        assert_eq!(fixture.matches("x", &FIRST, &[key(1)], NOW_MS).await.candidates.len(), 1);
        let party = Party::merchant(id);
        if is_appeal {
            let measures = fixture.ledger.measures_of(&party).await.unwrap();
            let ban = measures.iter().find(|one| one.name() == "ban").unwrap().id;
            overturn(&fixture, ban).await;
        } else {
            fixture.ledger.unban(&party, "ben", WORDS, NOW_MS + 1).await.unwrap();
        }
        assert_eq!(fixture.matches("x", &FIRST, &[key(1)], NOW_MS).await, Matches::default(), "{id}");
    }
}

/// An appeal against a measure, which another moderator grants.
async fn overturn(fixture: &Fixture, target: uuid::Uuid) {
    let (by, text) = (By::platform("shop-system"), "It was not us.".to_owned());
    let new = FileAppeal { target_kind: TargetKind::Measure, target, party: None, by, text, evidence: Vec::new() };
    let appeal = fixture.ledger.file_appeal(&new, NOW_MS + 1).await.unwrap();
    fixture.ledger.review_appeal(appeal.id, AppealState::Filed, "measure", NOW_MS + 1).await.unwrap();
    let (by, words) = ("zoe".to_owned(), WORDS.to_owned());
    let decision = DecideAppealBy { id: appeal.id, overturned: true, by, words, version: None, openers: Vec::new() };
    let decided = fixture.ledger.decide_appeal(&decision, NOW_MS + 2).await.unwrap();
    assert_eq!(decided.state, AppealState::Overturned);
}

async fn every_key_is_looked_up_and_the_first_one_writes(fixture: Fixture) {
    fixture.apply_with("old", &FIRST, &[key(1)], NOW_MS).await.unwrap();
    fixture.apply_with("new", &FIRST, &[key(2), key(1)], NOW_MS).await.unwrap();
    fixture.ban("old", NOW_MS).await;
    fixture.ban("new", NOW_MS).await;
    let found = |keys: Vec<IdentityKey>| {
        let fixture = &fixture;
        async move { fixture.matches("x", &FIRST, &keys, NOW_MS).await.candidates.len() }
    };
    assert_eq!(found(vec![key(2), key(1)]).await, 2);
    assert_eq!(found(vec![key(1)]).await, 1);
    assert_eq!(found(vec![key(2)]).await, 1, "the first of two keys wrote");
    assert_eq!(found(vec![key(3)]).await, 0);
}

async fn a_third_application_with_one_account_is_held(fixture: Fixture) {
    let with = |device| [("payout_account", "6222020200001234567"), ("device", device)];
    let first = fixture.apply("one", &with("a"), NOW_MS).await;
    let second = fixture.apply("two", &with("b"), NOW_MS + 1).await;
    let third = fixture.apply("three", &with("c"), NOW_MS + 2).await;
    assert_eq!([first.state, second.state, third.state].map(ApplicationState::as_str), ["passed", "passed", "held"]);
    assert_eq!((third.groups.as_slice(), third.due_ms), (&[Group::Money][..], Some(NOW_MS + 2 + HOLD_MS)));
    let later = fixture.apply("four", &with("d"), NOW_MS + 8 * DAY_MS).await;
    assert_eq!(later.state, ApplicationState::Passed, "a week later");
}

async fn a_hold_becomes_probation_and_ends_after_thirty_days(fixture: Fixture) {
    let shared = [("payout_account", "6222020200001234567")];
    for id in ["one", "two"] {
        fixture.apply(id, &shared, NOW_MS).await;
    }
    let held = fixture.apply("three", &shared, NOW_MS).await;
    let due_ms = NOW_MS + HOLD_MS;
    fixture.ledger.move_applications(&policy(), due_ms - 1).await.unwrap();
    assert_eq!(fixture.read(&held).await.state, ApplicationState::Held);
    fixture.ledger.move_applications(&policy(), due_ms).await.unwrap();
    let found = fixture.read(&held).await;
    assert_eq!((found.state, found.due_ms), (ApplicationState::Probation, Some(due_ms + PROBATION_MS)));
    assert_eq!(fixture.measures("three").await, [("probation", false)]);
    let known = &fixture.ledger.merchants(&["three"], due_ms).await.unwrap()[0];
    assert_eq!(known.attributes.application, Some(ApplicationState::Probation));
    let statements = fixture.ledger.statements_of(&Party::merchant("three")).await.unwrap();
    assert_eq!(statements.len(), 1);
    fixture.ledger.move_applications(&policy(), due_ms + PROBATION_MS).await.unwrap();
    assert_eq!(fixture.read(&held).await.state, ApplicationState::Passed);
    let known = &fixture.ledger.merchants(&["three"], due_ms).await.unwrap()[0];
    assert_eq!(known.attributes.application, Some(ApplicationState::Passed));
}

async fn a_person_decides_on_a_hold_once(fixture: Fixture) {
    let shared = [("payout_account", "6222020200001234567")];
    for id in ["one", "two"] {
        fixture.apply(id, &shared, NOW_MS).await;
    }
    let held = fixture.apply("three", &shared, NOW_MS).await;
    let stale = DecideApplicationBy {
        id: held.id,
        state: ApplicationState::Passed,
        by: "mia".to_owned(),
        words: WORDS.to_owned(),
        version: Some(9),
    };
    let refused = fixture.ledger.decide_application(&stale, &policy(), NOW_MS).await;
    assert!(matches!(refused, Err(StandingError::VersionMismatch(1))), "{refused:?}");
    let passed = fixture.decide(&held, ApplicationState::Passed, NOW_MS + 1).await;
    assert_eq!((passed.state, passed.version, passed.due_ms), (ApplicationState::Passed, 2, None));
    assert_eq!((passed.by.as_deref(), passed.words.as_deref()), (Some("mia"), Some(WORDS)));
    let again = DecideApplicationBy { version: None, ..stale };
    let again = fixture.ledger.decide_application(&again, &policy(), NOW_MS).await;
    assert!(matches!(again, Err(StandingError::NotHeld)), "{again:?}");
    assert_eq!(fixture.apply("three", &shared, NOW_MS + 2).await.outcome, "hold", "the same answer");
}

async fn a_refusal_is_a_measure_and_an_appeal_takes_it_back(fixture: Fixture) {
    let with_number = |phone| [("id_number", "11010519491231002X"), ("given_name", "Xiaoming"), ("phone", phone)];
    fixture.apply("one", &with_number("+8613800138000"), NOW_MS).await;
    fixture.ban("one", NOW_MS).await;
    let refused = fixture.apply("two", &with_number("+8613900139000"), NOW_MS).await;
    assert_eq!((refused.state, refused.outcome.as_str()), (ApplicationState::Refused, "refuse"));
    assert_eq!(refused.measure, refused.answered);
    assert_eq!(fixture.measures("two").await, [("refuse", false)]);
    let statements = fixture.ledger.statements_of(&Party::merchant("two")).await.unwrap();
    let text = serde_json::to_string(&statements[0]).unwrap();
    assert!(text.contains("AUTOMATED_DECISION_FULLY") && !text.contains("11010519491231002"), "{text}");
    overturn(&fixture, refused.measure.unwrap()).await;
    let found = fixture.read(&refused).await;
    assert_eq!((found.state, found.outcome.as_str()), (ApplicationState::Passed, "refuse"));
    assert_eq!(fixture.measures("two").await, [("refuse", true)]);
    assert_eq!(Finding::Refuse.outcome(), found.outcome);
}
