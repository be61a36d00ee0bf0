//! The contract of promises and claims in the ledger: one suite that both dialects pass on a real database.

mod signals;

use std::collections::BTreeMap;
use std::sync::Arc;

use live_jury_protocol::Actor;
use live_jury_server::authorities::Authorities;
use live_jury_server::docket::{Deliveries, Docket, PostgresDocket, SqliteDocket, WaitingDelivery};
use live_jury_server::ledger::claims::{ClaimAct, ClaimRow, ClaimStepBy, FileClaim, Given, GivenOf};
use live_jury_server::ledger::promises::{PlaceOfPromise, ProgrammeRow, SetPromises};
use live_jury_server::ledger::standing::{By, FileViolation, Page, StandingError, StepKind, ViolationStep};
use live_jury_server::ledger::{PostgresTrust, SqliteTrust, TrustLedger};
use live_jury_server::sqlite::Sqlite;
use live_jury_tests::postgres::Postgres;
use live_jury_trust::claim::{ANSWER_MS, About, ClaimState, ESCALATE_MS, FULFIL_MS, GrantedBy, Hour, due_untold_ms};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::promise::{Limits, NOTICE_MS, PromiseKind, PromiseState};
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};
use uuid::Uuid;

use crate::docket::builders::NOW_MS;

const SHOP: &str = "shop";
const WORDS: &str = "The parcel came back opened and used.";
const TARGET: &str = "platform";

/// A ledger on a new database.
struct Fixture {
    ledger: Arc<dyn TrustLedger>,
    /// The same ledger as another node has it, where several nodes may.
    other: Arc<dyn TrustLedger>,
    docket: Arc<dyn Docket>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        let ledger = Arc::new(SqliteTrust::new(file.clone()));
        let other = ledger.clone();
        Self { ledger, other, docket: Arc::new(SqliteDocket::new(file)), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let url = Postgres::database();
        let docket = Arc::new(PostgresDocket::connect(&url, 2).await.unwrap());
        let ledger = || Arc::new(PostgresTrust::open(&url, &Authorities::system()).unwrap());
        Self { ledger: ledger(), other: ledger(), docket, _folder: None }
    }

    async fn promise(&self, promises: &[(PromiseKind, Limits)], now_ms: u64) -> Result<ProgrammeRow, StandingError> {
        let by = By { kind: Actor::Merchant, who: SHOP.into() };
        let promises: BTreeMap<_, _> = promises.iter().cloned().collect();
        let new = SetPromises { merchant: SHOP.into(), promises, deposit_minor: None, by };
        let set = self.ledger.set_promises(&new, now_ms).await?;
        Ok(set.into_iter().next().unwrap())
    }

    async fn free_return(&self) {
        let made = self.promise(&[(PromiseKind::FreeReturn, Limits::default())], NOW_MS).await.unwrap();
        assert_eq!(made.programme.state, PromiseState::Active);
    }

    async fn move_promises(&self, now_ms: u64) -> ProgrammeRow {
        let mut place = PlaceOfPromise::default();
        while let Some(next) = self.ledger.move_promises(&place, None, now_ms).await.unwrap() {
            place = next;
        }
        self.ledger.promises_of(SHOP).await.unwrap().remove(0)
    }

    async fn file(&self, new: &FileClaim, now_ms: u64) -> Result<ClaimRow, StandingError> {
        self.ledger.file_claim(new, now_ms).await
    }

    async fn open(&self, id: &str, now_ms: u64) -> ClaimRow {
        let filed = self.file(&claim(id, PromiseKind::FreeReturn), now_ms).await.unwrap();
        assert_eq!((filed.state, filed.due_ms), (ClaimState::Open, Some(now_ms + ANSWER_MS)));
        filed
    }

    async fn step(&self, claim: &ClaimRow, act: ClaimAct, now_ms: u64) -> Result<ClaimRow, StandingError> {
        let by = By { kind: Actor::Moderator, who: "mia".into() };
        let step = ClaimStepBy { id: claim.id, party: None, act, by, version: None };
        self.ledger.step_claim(&step, now_ms).await
    }

    async fn refuse(&self, claim: &ClaimRow, now_ms: u64) -> ClaimRow {
        let act = ClaimAct::Answer { grant: false, words: WORDS.into(), evidence: Vec::new() };
        self.step(claim, act, now_ms).await.unwrap()
    }

    async fn read(&self, claim: &ClaimRow) -> ClaimRow {
        self.ledger.claim(claim.id).await.unwrap().unwrap()
    }

    /// The state of a claim after all steps that are due at a time.
    async fn at(&self, claim: &ClaimRow, now_ms: u64) -> ClaimState {
        while self.ledger.move_claims(now_ms).await.unwrap() > 0 {}
        self.read(claim).await.state
    }

    /// The counts of a signal.
    async fn count(&self, signal: SignalId, now_ms: u64) -> (f64, f64) {
        let known = self.ledger.merchants(&[SHOP], now_ms).await.unwrap().remove(0);
        let sum = known.counters.iter().find(|(name, _)| *name == signal.to_string()).map(|(_, sum)| *sum);
        let count = sum.unwrap_or_default().read(now_ms, signal.signal().half_life_days);
        ((count.n * 100.0).round() / 100.0, (count.k * 100.0).round() / 100.0)
    }
}

fn claim(id: &str, kind: PromiseKind) -> FileClaim {
    FileClaim {
        claim: id.into(),
        merchant: SHOP.into(),
        order: format!("order-of-{id}"),
        placed_ms: NOW_MS + 10,
        buyer: "0123456789abcdef".into(),
        buyer_orders: Some(10),
        kind,
        about: About::Quality,
        amount_minor: 4_900,
        currency: "CNY".into(),
        room: None,
        reason: "The sleeve came off.".into(),
        evidence: Vec::new(),
        is_told: false,
        by: By::platform("shop-system"),
    }
}

on_each_dialect! {
    a_promise_is_in_force_until_points_or_a_notice_end_it
    a_claim_needs_cover_and_is_filed_once
    the_terms_grant_a_few_small_refunds
    each_clock_ends_by_itself_and_none_denies
    an_escalation_without_a_room_waits_for_a_moderator
    what_the_buyer_has_got_before_fulfils_at_once
    the_time_for_an_answer_begins_once_the_target_has_the_event
    silence_about_an_event_that_was_given_up_grants_at_the_latest_time_only
    claims_whose_event_waits_hold_up_no_other
    claims_are_listed_by_state_and_merchant
    each_step_returns_the_claim_as_it_is_filed
    of_two_answers_at_once_one_counts
}

async fn a_promise_is_in_force_until_points_or_a_notice_end_it(fixture: Fixture) {
    fixture.free_return().await;
    let policy = TrustFile::builtin().policy("counterfeit").unwrap().clone();
    let (facts, by) = ("A laboratory found plastic.".to_owned(), "mia".to_owned());
    let new = FileViolation { party: Party::merchant(SHOP), policy, facts, authority: false, by, request: None };
    let violation = fixture.ledger.file_violation(&new, NOW_MS + 100).await.unwrap();
    let suspended = fixture.move_promises(NOW_MS + 200).await;
    assert_eq!(suspended.programme.state, PromiseState::Suspended);
    assert!(suspended.versions[0].covers(NOW_MS + 200) && !suspended.versions[0].covers(NOW_MS + 201));
    let known = fixture.ledger.merchants(&[SHOP], NOW_MS + 200).await.unwrap().remove(0);
    assert_eq!((known.attributes.promises, known.attributes.is_assured()), (Some(0), false));
    let step = ViolationStep {
        id: violation.id,
        kind: StepKind::Withdraw,
        by: "mia".into(),
        words: WORDS.into(),
        version: None,
    };
    fixture.ledger.step_violation(&step, NOW_MS + 300).await.unwrap();
    let resumed = fixture.move_promises(NOW_MS + 400).await;
    assert_eq!((resumed.programme.state, resumed.versions.len()), (PromiseState::Active, 2));
    assert!(fixture.ledger.merchants(&[SHOP], NOW_MS + 400).await.unwrap()[0].attributes.is_assured());

    let noticed = fixture.promise(&[], NOW_MS + 500).await.unwrap();
    let ends_ms = NOW_MS + 500 + NOTICE_MS;
    assert_eq!((noticed.programme.state, noticed.programme.ends_ms), (PromiseState::Active, Some(ends_ms)));
    let again = fixture.promise(&[(PromiseKind::FreeReturn, Limits::default())], NOW_MS + 600).await;
    assert!(matches!(again, Err(StandingError::PromiseEnded(_))), "{again:?}");
    assert_eq!(fixture.move_promises(ends_ms - 1).await.programme.state, PromiseState::Active);
    let ended = fixture.move_promises(ends_ms).await;
    assert_eq!(ended.programme.state, PromiseState::Ended);
    assert_eq!(fixture.count(SignalId::P12, ends_ms).await, (1.0, 0.0));
    let promising = fixture.ledger.promising(&[SHOP, "other"]).await.unwrap();
    assert!(promising[SHOP].covers(ends_ms - 1) && !promising[SHOP].covers(ends_ms));
    assert_eq!(promising.len(), 1);
}

async fn a_claim_needs_cover_and_is_filed_once(fixture: Fixture) {
    fixture.free_return().await;
    let new = claim("c-1", PromiseKind::FreeReturn);
    let before = FileClaim { placed_ms: NOW_MS, ..new.clone() };
    assert!(matches!(fixture.file(&before, NOW_MS + 20).await, Err(StandingError::NotCovered)));
    let other = FileClaim { kind: PromiseKind::Authentic, ..new.clone() };
    assert!(matches!(fixture.file(&other, NOW_MS + 20).await, Err(StandingError::NotCovered)));
    let first = fixture.file(&new, NOW_MS + 20).await.unwrap();
    assert_eq!(fixture.file(&new, NOW_MS + 30).await.unwrap(), first);
    let changed = FileClaim { reason: "Another reason.".into(), ..new.clone() };
    assert!(matches!(fixture.file(&changed, NOW_MS + 30).await, Err(StandingError::AlreadyClaimed)));
    for n in 2..=4 {
        let further = FileClaim { claim: format!("c-{n}"), ..new.clone() };
        fixture.file(&further, NOW_MS + 40).await.unwrap();
    }
    let fifth = FileClaim { claim: "c-5".into(), ..new };
    assert!(matches!(fixture.file(&fifth, NOW_MS + 50).await, Err(StandingError::TooManyClaims)));
}

async fn the_terms_grant_a_few_small_refunds(fixture: Fixture) {
    let kind = PromiseKind::RefundWithoutReturn;
    let limits = Limits { max_minor: Some(5_000), currency: Some("CNY".into()), ..Limits::default() };
    fixture.promise(&[(kind, limits)], NOW_MS).await.unwrap();
    for n in 1..=3 {
        let granted = fixture.file(&claim(&format!("c-{n}"), kind), NOW_MS + 20).await.unwrap();
        assert_eq!((granted.state, granted.granted_by), (ClaimState::Granted, Some(GrantedBy::Terms)), "{n}");
        assert_eq!(granted.due_ms, Some(NOW_MS + 20 + FULFIL_MS));
    }
    let fourth = fixture.file(&claim("c-4", kind), NOW_MS + 20).await.unwrap();
    assert_eq!(fourth.state, ClaimState::Open, "a fourth one of the buyer");
    let later = fixture.file(&claim("c-5", kind), NOW_MS + 91 * DAY_MS).await.unwrap();
    assert_eq!(later.state, ClaimState::Granted);
    let elsewhere = FileClaim { buyer: "fedcba9876543210".into(), ..claim("c-6", kind) };
    assert_eq!(fixture.file(&elsewhere, NOW_MS + 20).await.unwrap().state, ClaimState::Granted);
    let large = FileClaim { amount_minor: 5_001, buyer: "00".into(), ..claim("c-7", kind) };
    assert_eq!(fixture.file(&large, NOW_MS + 20).await.unwrap().state, ClaimState::Open);
    let p03 = fixture.count(SignalId::P03, NOW_MS + 91 * DAY_MS).await;
    assert!(p03.0 == p03.1 && p03.0 > 2.9, "five, of which four were 90 days before: {p03:?}");
}

async fn each_clock_ends_by_itself_and_none_denies(fixture: Fixture) {
    fixture.free_return().await;
    let (silent, refused) = (fixture.open("c-1", NOW_MS + 20).await, fixture.open("c-2", NOW_MS + 20).await);
    fixture.refuse(&refused, NOW_MS + 30).await;
    let due_ms = NOW_MS + 20 + ANSWER_MS;
    assert_eq!(fixture.at(&silent, due_ms - 1).await, ClaimState::Open);
    assert_eq!(fixture.at(&silent, due_ms).await, ClaimState::Granted);
    let p07 = fixture.count(SignalId::P07, due_ms).await;
    assert!(p07.1 == 1.0 && (1.9..2.0).contains(&p07.0), "one answered two days before: {p07:?}");
    assert_eq!(fixture.at(&silent, due_ms + FULFIL_MS - 1).await, ClaimState::Granted);
    assert_eq!(fixture.at(&silent, due_ms + FULFIL_MS).await, ClaimState::Breached);
    assert_eq!(fixture.at(&refused, NOW_MS + 30 + ESCALATE_MS - 1).await, ClaimState::Refused);
    assert_eq!(fixture.at(&refused, NOW_MS + 30 + ESCALATE_MS).await, ClaimState::Closed);
    assert!(matches!(
        fixture.step(&refused, ClaimAct::Escalate, NOW_MS + 31 + ESCALATE_MS).await,
        Err(StandingError::ClaimIs("closed"))
    ));
    let given = Given { of: GivenOf::Claim("c-1".into()), at_ms: due_ms + FULFIL_MS + 5 };
    for _ in 0..2 {
        fixture.ledger.fulfil_claims(std::slice::from_ref(&given), due_ms + FULFIL_MS + 5).await.unwrap();
        assert_eq!(fixture.read(&silent).await.state, ClaimState::FulfilledByPlatform);
    }
    assert_eq!(fixture.read(&silent).await.fulfilled_ms, Some(due_ms + FULFIL_MS + 5));
}

async fn an_escalation_without_a_room_waits_for_a_moderator(fixture: Fixture) {
    fixture.free_return().await;
    let claim = fixture.open("c-1", NOW_MS + 20).await;
    fixture.refuse(&claim, NOW_MS + 30).await;
    let reviewed = fixture.step(&claim, ClaimAct::Escalate, NOW_MS + 40).await.unwrap();
    assert_eq!((reviewed.state, reviewed.case), (ClaimState::InReview, None));
    assert_eq!(reviewed.review_reason.as_deref(), Some("no_room"));
    let later = reviewed.due_ms.unwrap() + 400 * DAY_MS;
    assert_eq!(fixture.at(&claim, later).await, ClaimState::InReview, "silence of the platform decides nothing");
    assert_eq!(fixture.ledger.overdue_claims(later).await.unwrap(), 1);
    let decide = ClaimAct::Decide { grant: true, words: WORDS.into() };
    let granted = fixture.step(&claim, decide.clone(), later).await.unwrap();
    assert_eq!((granted.state, granted.granted_by), (ClaimState::Granted, Some(GrantedBy::Moderator)));
    assert_eq!((granted.by.as_deref(), granted.words.as_deref()), (Some("mia"), Some(WORDS)));
    assert!(matches!(fixture.step(&claim, decide, later).await, Err(StandingError::ClaimIs("granted"))));
    let p08 = fixture.count(SignalId::P08, later).await;
    assert!(p08.0 > 0.0 && p08.1 > p08.0, "the refusal is older than what overturned it: {p08:?}");
}

async fn what_the_buyer_has_got_before_fulfils_at_once(fixture: Fixture) {
    fixture.free_return().await;
    let claim = fixture.open("c-1", NOW_MS + 20).await;
    let of = GivenOf::Order { merchant: SHOP.into(), order: claim.order.clone() };
    // A refund from before the claim gave nothing of what it asks for.
    let earlier = Given { of: of.clone(), at_ms: NOW_MS + 19 };
    fixture.ledger.fulfil_claims(&[earlier], NOW_MS + 24).await.unwrap();
    assert_eq!(fixture.read(&claim).await.fulfilled_ms, None);
    fixture.ledger.fulfil_claims(&[Given { of, at_ms: NOW_MS + 25 }], NOW_MS + 30).await.unwrap();
    assert_eq!(fixture.read(&claim).await.state, ClaimState::Open);
    let grant = ClaimAct::Answer { grant: true, words: String::new(), evidence: Vec::new() };
    let fulfilled = fixture.step(&claim, grant, NOW_MS + 40).await.unwrap();
    assert_eq!((fulfilled.state, fulfilled.granted_by), (ClaimState::Fulfilled, Some(GrantedBy::Merchant)));
    assert_eq!(fixture.count(SignalId::P10, NOW_MS + 40).await, (1.0, 1.0));
    assert_eq!(fixture.at(&claim, NOW_MS + 400 * DAY_MS).await, ClaimState::Fulfilled);
}

async fn the_time_for_an_answer_begins_once_the_target_has_the_event(fixture: Fixture) {
    fixture.free_return().await;
    let node = Uuid::from_u128(1);
    let held = fixture.docket.hold_target(TARGET, node).await.unwrap().unwrap();
    let new = FileClaim { is_told: true, ..claim("c-1", PromiseKind::FreeReturn) };
    let filed = fixture.file(&new, NOW_MS + 20).await.unwrap();
    let seq = filed.told_seq.unwrap();
    assert_eq!((seq > held.cursor, filed.due_ms), (true, Some(due_untold_ms(NOW_MS + 20, Hour::WHOLE))));
    let targets = [TARGET.to_owned()];
    let begin = async |now_ms| fixture.ledger.begin_answer_time(&targets, now_ms).await.unwrap();
    assert_eq!(begin(NOW_MS + 100).await, 0);
    let done = Deliveries { cursor: seq, now_ms: NOW_MS + 200, ..Deliveries::default() };
    assert!(fixture.docket.file_deliveries(TARGET, node, &done).await.unwrap());
    assert_eq!(begin(NOW_MS + 300).await, 1);
    let told = fixture.read(&filed).await;
    assert_eq!((told.told_seq, told.due_ms), (None, Some(NOW_MS + 300 + ANSWER_MS)));
    assert_eq!(begin(NOW_MS + 400).await, 0);
    let late = fixture.file(&FileClaim { claim: "c-2".into(), ..new }, NOW_MS + 500).await.unwrap();
    let due_ms = due_untold_ms(NOW_MS + 500, Hour::WHOLE);
    assert_eq!(fixture.at(&late, due_ms).await, ClaimState::Granted, "a week late at most");
}

/// A delivery of an event that waits, or that was given up.
fn waiting(seq: u64, failed_at_ms: Option<u64>) -> WaitingDelivery {
    WaitingDelivery {
        seq,
        party: format!("merchant {SHOP}"),
        event: Uuid::from_u128(seq.into()),
        body: "{}".into(),
        attempts: 10,
        due_ms: NOW_MS,
        failed_at_ms,
        why: "the answer is 503".into(),
    }
}

async fn silence_about_an_event_that_was_given_up_grants_at_the_latest_time_only(fixture: Fixture) {
    fixture.free_return().await;
    let node = Uuid::from_u128(1);
    fixture.docket.hold_target(TARGET, node).await.unwrap().unwrap();
    let new = FileClaim { is_told: true, ..claim("c-1", PromiseKind::FreeReturn) };
    let filed = fixture.file(&new, NOW_MS + 20).await.unwrap();
    let seq = filed.told_seq.unwrap();
    let given_up = vec![waiting(seq, Some(NOW_MS + 100))];
    let done = Deliveries { cursor: seq, waiting: given_up, now_ms: NOW_MS + 200, ..Deliveries::default() };
    assert!(fixture.docket.file_deliveries(TARGET, node, &done).await.unwrap());
    assert_eq!(fixture.ledger.begin_answer_time(&[TARGET.to_owned()], NOW_MS + 300).await.unwrap(), 0);
    let due_ms = due_untold_ms(NOW_MS + 20, Hour::WHOLE);
    assert_eq!(fixture.at(&filed, NOW_MS + 300 + ANSWER_MS).await, ClaimState::Open, "nobody was told");
    assert_eq!(fixture.at(&filed, due_ms).await, ClaimState::Granted);
}

async fn claims_whose_event_waits_hold_up_no_other(fixture: Fixture) {
    fixture.free_return().await;
    let node = Uuid::from_u128(1);
    fixture.docket.hold_target(TARGET, node).await.unwrap().unwrap();
    let (mut delayed, mut last) = (Vec::new(), None);
    for n in 0..=100 {
        let new = FileClaim { is_told: true, ..claim(&format!("c-{n}"), PromiseKind::FreeReturn) };
        let filed = fixture.file(&new, NOW_MS + 20).await.unwrap();
        delayed.extend(last.replace(filed).and_then(|one: ClaimRow| one.told_seq).map(|seq| waiting(seq, None)));
    }
    let last = last.unwrap();
    let cursor = last.told_seq.unwrap();
    let done = Deliveries { cursor, waiting: delayed, now_ms: NOW_MS + 200, ..Deliveries::default() };
    assert!(fixture.docket.file_deliveries(TARGET, node, &done).await.unwrap());
    assert_eq!(fixture.ledger.begin_answer_time(&[TARGET.to_owned()], NOW_MS + 300).await.unwrap(), 1);
    assert_eq!(fixture.read(&last).await.due_ms, Some(NOW_MS + 300 + ANSWER_MS));
}

async fn claims_are_listed_by_state_and_merchant(fixture: Fixture) {
    fixture.free_return().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.insert(0, fixture.open(&format!("c-{n}"), NOW_MS + 20 + n).await.id);
    }
    let page = |state, before, limit| Page { state, before, limit };
    let list = async |page: Page<'_>, merchant| {
        let found = fixture.ledger.claims(&page, merchant).await.unwrap();
        found.iter().map(|claim| claim.id).collect::<Vec<_>>()
    };
    assert_eq!(list(page(None, None, 10), None).await, ids);
    assert_eq!(list(page(Some("open"), Some(ids[0]), 1), Some(SHOP)).await, ids[1..2]);
    assert!(list(page(Some("granted"), None, 10), None).await.is_empty());
    assert!(list(page(None, None, 10), Some("other")).await.is_empty());
}

async fn each_step_returns_the_claim_as_it_is_filed(fixture: Fixture) {
    let limits = Limits { max_minor: Some(5_000), ..Limits::default() };
    let refunds = (PromiseKind::RefundWithoutReturn, limits);
    fixture.promise(&[(PromiseKind::FreeReturn, Limits::default()), refunds], NOW_MS).await.unwrap();
    let small = claim("small", PromiseKind::RefundWithoutReturn);
    let granted = fixture.file(&small, NOW_MS + 20).await.unwrap();
    assert_eq!((granted.state, &granted), (ClaimState::Granted, &fixture.read(&granted).await));
    let evidence = vec!["https://example.com/receipt.jpg".to_owned()];
    let new = FileClaim { room: Some("live-42".into()), evidence, ..claim("c-1", PromiseKind::FreeReturn) };
    let told = fixture.file(&FileClaim { is_told: true, ..new.clone() }, NOW_MS + 20).await.unwrap();
    assert_eq!((told.told_seq.is_some(), &told), (true, &fixture.read(&told).await));
    assert_eq!(fixture.file(&new, NOW_MS + 30).await.unwrap(), told, "a repeat");
    let opened = fixture.open("c-2", NOW_MS + 20).await;
    assert_eq!(opened, fixture.read(&opened).await);
    let refused = fixture.refuse(&opened, NOW_MS + 30).await;
    assert_eq!(refused, fixture.read(&opened).await);
    let reviewed = fixture.step(&opened, ClaimAct::Escalate, NOW_MS + 40).await.unwrap();
    assert_eq!((reviewed.version, &reviewed), (4, &fixture.read(&opened).await));
    let trail = fixture.ledger.trail(None, 3).await.unwrap();
    let actions: Vec<&str> = trail.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["claim_in_review", "claim_escalated", "claim_refused"], "newest first");
    let decide = ClaimAct::Decide { grant: false, words: WORDS.into() };
    let denied = fixture.step(&opened, decide, NOW_MS + 50).await.unwrap();
    assert_eq!((denied.ended_ms, &denied), (Some(NOW_MS + 50), &fixture.read(&opened).await));
    let nobody = ClaimRow { id: Uuid::nil(), ..denied };
    assert!(matches!(fixture.step(&nobody, ClaimAct::Withdraw, NOW_MS + 60).await, Err(StandingError::NotFound)));
}

async fn of_two_answers_at_once_one_counts(fixture: Fixture) {
    fixture.free_return().await;
    for n in 0..20 {
        let opened = fixture.open(&format!("c-{n}"), NOW_MS + 20).await;
        let answer = |grant| {
            let act = ClaimAct::Answer { grant, words: WORDS.into(), evidence: Vec::new() };
            let by = By { kind: Actor::Merchant, who: SHOP.into() };
            ClaimStepBy { id: opened.id, party: Some(Party::merchant(SHOP)), act, by, version: None }
        };
        let (grant, refuse) = (answer(true), answer(false));
        let (one, two) = tokio::join!(
            fixture.ledger.step_claim(&grant, NOW_MS + 30),
            fixture.other.step_claim(&refuse, NOW_MS + 30),
        );
        let (taken, late) = if one.is_ok() { (one, two) } else { (two, one) };
        let taken = taken.unwrap();
        assert_eq!((taken.version, &taken), (2, &fixture.read(&opened).await));
        assert!(matches!(late, Err(StandingError::ClaimIs(state)) if state == taken.state.as_str()), "{late:?}");
    }
    // Each answer was counted once.
    let refused = fixture.count(SignalId::P08, NOW_MS + 40).await.0;
    let page = Page { state: Some("refused"), before: None, limit: 100 };
    assert!((refused - fixture.ledger.claims(&page, None).await.unwrap().len() as f64).abs() < 0.01);
}
