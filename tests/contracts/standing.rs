//! The contract of the standing of parties in the ledger: one suite that both dialects pass on a real database.

use std::sync::Arc;

use live_jury_court::{Brief, Case, EvidenceUrlPolicy, LossShare, StoredBallot};
use live_jury_protocol::trust::TrustChange;
use live_jury_protocol::{Actor, AuditEntry, CaseId};
use live_jury_server::docket::Docket;
use live_jury_server::ledger::standing::{
    AppealState, Ban, By, DecideAppealBy, FileAppeal, FileViolation, Followed, MeasureRow, Page, StepKind, TargetKind,
    ViolationRow, ViolationStep,
};
use live_jury_server::ledger::{BucketEnd, BucketLedger, BucketState, Credit, Filed, Known, NewReport, TrustLedger};
use live_jury_trust::exposure::Gate;
use live_jury_trust::ladder::{Standing, State};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::{DAY_MS, Party};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::buckets::by;
use crate::databases::{Database, InPostgres, InSqlite};
use crate::docket::builders::{CLOSES_MS, NOW_MS, ballot, entry, file, record, room, sealed};

/// A time after all cases of these tests.
const LATER_MS: u64 = NOW_MS + DAY_MS;
const HOUR_MS: u64 = DAY_MS / 24;
/// The words of a moderator.
const WORDS: &str = "The label and the laboratory disagree.";

/// A ledger beside a docket, on a new database.
struct Fixture {
    docket: Arc<dyn Docket>,
    ledger: Arc<dyn TrustLedger>,
    buckets: Arc<dyn BucketLedger>,
    /// A ledger over other connections: another node's, where there can be one.
    other: Arc<dyn TrustLedger>,
    database: Database,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let InSqlite { docket, ledger, file, folder, .. } = InSqlite::open().await;
        let database = Database::Sqlite(file);
        Self { docket, other: ledger.clone(), buckets: ledger.clone(), ledger, database, _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let opened = InPostgres::open().await;
        let (ledger, other) = (opened.ledger(), opened.ledger());
        let database = Database::Postgres(opened.url);
        Self { buckets: ledger.clone(), ledger, other, docket: opened.docket, database, _folder: None }
    }

    /// Runs a statement on the database itself.
    async fn execute(&self, sql: &'static str) {
        self.database.execute(sql).await;
    }

    /// Takes all events of the outbox.
    async fn follow(&self, file: &TrustFile) {
        while self.ledger.follow(file, LATER_MS).await.unwrap() != Followed::UpToDate {}
    }

    async fn known(&self, shop: &str) -> Known {
        self.ledger.merchants(&[shop], LATER_MS).await.unwrap().pop().expect("a merchant")
    }

    async fn violations(&self, shop: &str) -> Vec<ViolationRow> {
        self.ledger.violations_of(&Party::merchant(shop)).await.unwrap()
    }

    async fn standing(&self, shop: &str) -> Standing {
        let rows = self.violations(shop).await;
        Standing::of(&rows.iter().map(ViolationRow::on_ladder).collect::<Vec<_>>(), LATER_MS)
    }

    /// Records an open case, in which so many vote for the complaint and so many against it.
    async fn judge(&self, opened: Case, upheld: u64, other: u64) -> Case {
        let sealed = sealed(opened);
        file(&*self.docket, &sealed).await.unwrap();
        let vote = |n| StoredBallot { option: u8::from(n >= upheld), ..ballot(n) };
        record(&*self.docket, &sealed, &(0..upheld + other).map(vote).collect::<Vec<_>>()).await.unwrap()
    }

    /// Files a violation at a time, in days after the other times.
    async fn filed(&self, policy: &str, day: u64) -> ViolationRow {
        let policy = TrustFile::builtin().policy(policy).unwrap().clone();
        let facts = "Forty reviews came from one machine.".to_owned();
        let (party, by) = (Party::merchant("shop"), "mia".to_owned());
        let new = FileViolation { party, policy, facts, authority: false, by, request: None };
        self.ledger.file_violation(&new, NOW_MS + day * DAY_MS).await.unwrap()
    }

    /// Points and tiers, as they were told.
    async fn told_standings(&self) -> Vec<(u32, String)> {
        let told = self.docket.events(0, 1_000).await.unwrap();
        let standing = |what| match what {
            TrustChange::StandingChanged { points, tier } => Some((points, tier)),
            _ => None,
        };
        told.into_iter().filter_map(|event| event.trust).filter_map(|told| standing(told.what)).collect()
    }

    /// The ids of the violations in a state at a time.
    async fn in_state(&self, state: &str, now_ms: u64) -> Vec<Uuid> {
        let page = Page { state: Some(state), before: None, limit: 10 };
        self.ledger.violations(&page, now_ms).await.unwrap().into_iter().map(|row| row.id).collect()
    }

    async fn step(&self, id: Uuid, kind: StepKind, now_ms: u64) {
        let (by, words) = ("mia".to_owned(), WORDS.to_owned());
        self.ledger.step_violation(&ViolationStep { id, kind, by, words, version: None }, now_ms).await.unwrap();
    }

    async fn withdraw(&self, id: Uuid, now_ms: u64) {
        self.step(id, StepKind::Withdraw, now_ms).await;
    }

    /// Whether the bucket of a case has this end.
    async fn has_end(&self, case: CaseId, end: BucketEnd) -> bool {
        let bucket = self.buckets.bucket_of(case).await.unwrap().expect("a bucket");
        bucket.opened && (bucket.state, bucket.credit) == (end.state, end.credit)
    }
}

on_each_dialect! {
    nodes_that_follow_together_rule_on_each_case_once
    a_case_is_ruled_on_by_the_policy_of_its_opening
    a_second_jury_leaves_what_its_verdict_alone_would_have_made
    a_reversal_takes_back_what_was_counted
    a_draft_that_stood_an_hour_counts_whether_its_merchant_gave_a_side
    a_measure_is_due_again_when_it_ends
    a_step_on_a_violation_ends_the_bucket_of_its_case
    points_end_after_180_days_and_their_end_is_told_once
    an_appeal_that_is_lost_after_the_end_of_the_points_leaves_an_expired_violation
    a_violation_that_cannot_be_read_stops_no_other_party
    a_policy_of_a_later_program_is_read
    an_appeal_is_ruled_on_by_the_first_policy_also_when_the_file_has_it_no_more
    an_appeal_of_a_case_without_any_ruling_goes_to_a_moderator
    an_event_of_a_later_format_waits_for_a_later_program
    an_appeal_whose_case_ended_without_word_is_left_behind
    a_ban_keeps_the_violations_for_which_it_was_taken
}

/// The built-in policies with a bar of two ballots.
fn policies() -> TrustFile {
    let mut file = TrustFile::builtin();
    file.policies.iter_mut().for_each(|policy| policy.min_ballots = 2);
    file
}

fn brief(shop: &str) -> Brief {
    let new: Value = json!({
        "title": "Is it silk?", "duration_s": 60, "policy": "price_fraud",
        "subject": { "merchant": shop, "host": "ann" },
        "options": [{ "id": "buyer", "label": "Buyer", "upholds": true }, { "id": "merchant", "label": "Merchant" }],
        "rules": { "quorum": 1 },
    });
    Brief::new(serde_json::from_value(new).unwrap(), EvidenceUrlPolicy::Https).unwrap()
}

async fn opened(docket: &dyn Docket, number: u128, shop: &str, appeal_of: Option<CaseId>) -> Case {
    let case = Case::draft(CaseId(Uuid::from_u128(number)), room("live"), brief(shop), NOW_MS);
    let case = match appeal_of {
        Some(of) => case.appealing(of),
        None => case,
    };
    let case = case.open(NOW_MS, CLOSES_MS, "0123456789abcdef".into(), LossShare::default()).unwrap();
    docket.add(&case, &[entry(&case, "mod", "opened")], None).await.unwrap();
    case
}

fn sum(known: &Known, name: &str) -> (f64, f64) {
    let half_life = live_jury_trust::signal::SignalId::from_name(name).unwrap().signal().half_life_days;
    let found = known.counters.iter().find(|(other, _)| other == name);
    let read = found.map(|(_, sum)| sum.read(CLOSES_MS, half_life)).unwrap_or_default();
    (read.n, read.k)
}

fn close(a: (f64, f64), b: (f64, f64)) -> bool {
    (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6
}

async fn nodes_that_follow_together_rule_on_each_case_once(fixture: Fixture) {
    let file = Arc::new(policies());
    for number in 1..=6 {
        let case = opened(&*fixture.docket, number, "shop", None).await;
        fixture.judge(case, 3, 1).await;
    }
    let mut nodes = JoinSet::new();
    for node in 0..6 {
        let ledger = if node % 2 == 0 { fixture.ledger.clone() } else { fixture.other.clone() };
        let file = file.clone();
        nodes.spawn(async move {
            for _ in 0..40 {
                if ledger.follow(&file, LATER_MS).await.unwrap() == Followed::UpToDate {
                    break;
                }
            }
        });
    }
    nodes.join_all().await;
    fixture.follow(&file).await;
    let rows = fixture.violations("shop").await;
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row.state == State::Active && row.source == "jury"));
    let known = fixture.known("shop").await;
    assert!(close(sum(&known, "x01"), (6.0, 0.0)), "{:?}", sum(&known, "x01"));
    assert!(close(sum(&known, "x02"), (24.0, 6.0)));
    assert!(close(sum(&known, "h02"), (6.0, 6.0)) && close(sum(&known, "h05"), (0.0, 6.0)));
    assert!(close(sum(&known, "x03"), (0.0, 6.0 + 9.0 + 4.0 * 12.0)), "{:?}", sum(&known, "x03"));
    let measures = fixture.ledger.measures_of(&Party::merchant("shop")).await.unwrap();
    let mut kinds: Vec<Gate> = measures.iter().filter(|one| one.lifted_at_ms.is_none()).map(|one| one.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [Gate::NoBoost, Gate::Limit, Gate::Suspend, Gate::Suspend, Gate::Suspend]);
    let statements = fixture.ledger.statements(0, 100).await.unwrap();
    // All verdicts are of one moment, so that a later ruling may come before an earlier one.
    assert!(statements.len() >= 10, "one a measure, also of the host");
    assert!(statements.is_sorted_by(|a, b| a.seq < b.seq));

    let told = fixture.docket.events(0, 1_000).await.unwrap();
    let changes: Vec<TrustChange> = told.into_iter().filter_map(|event| event.trust).map(|told| told.what).collect();
    let count = |is: fn(&TrustChange) -> bool| changes.iter().filter(|change| is(change)).count();
    assert_eq!(count(|change| matches!(change, TrustChange::RulingMade { .. })), 12);
    assert_eq!(count(|change| matches!(change, TrustChange::ViolationActive(_))), 12);
    let taken = count(|change| matches!(change, TrustChange::MeasureTaken(_)));
    let lifted = count(|change| matches!(change, TrustChange::MeasureLifted(_)));
    assert_eq!((taken, taken - lifted), (statements.len(), 10));
}

async fn a_case_is_ruled_on_by_the_policy_of_its_opening(fixture: Fixture) {
    let case = opened(&*fixture.docket, 1, "shop", None).await;
    fixture.follow(&policies()).await;
    fixture.judge(case, 3, 0).await;
    let mut later = policies();
    later.policies.iter_mut().for_each(|policy| (policy.points, policy.min_ballots) = (1, 500));
    fixture.follow(&later).await;
    let [row] = &fixture.violations("shop").await[..] else { panic!("one violation") };
    assert_eq!((row.policy.points, row.state), (6, State::Active));
}

async fn a_second_jury_leaves_what_its_verdict_alone_would_have_made(fixture: Fixture) {
    let file = policies();
    // The verdict on one shop is overturned, and the same verdict is the first one on the other.
    let first = opened(&*fixture.docket, 1, "appealed", None).await;
    let first = fixture.judge(first, 4, 0).await;
    fixture.follow(&file).await;
    assert_eq!(fixture.standing("appealed").await.points, 6);
    let second = opened(&*fixture.docket, 2, "appealed", Some(first.id)).await;
    fixture.judge(second, 1, 4).await;
    let plain = opened(&*fixture.docket, 3, "plain", None).await;
    fixture.judge(plain, 1, 4).await;
    fixture.follow(&file).await;
    let (appealed, plain) = (fixture.known("appealed").await, fixture.known("plain").await);
    for signal in ["x01", "x02", "h02", "h05", "x03"] {
        assert!(close(sum(&appealed, signal), sum(&plain, signal)), "{signal}: {:?}", sum(&appealed, signal));
    }
    assert!(close(sum(&appealed, "x02"), (5.0, 4.0)));
    let bytes = |standing: &Standing| serde_json::to_vec(standing).unwrap();
    assert_eq!(bytes(&fixture.standing("appealed").await), bytes(&fixture.standing("plain").await));
    let [row] = &fixture.violations("appealed").await[..] else { panic!("one violation") };
    assert_eq!((row.state, row.reason.as_deref()), (State::Void, Some("overturned")));
}

async fn a_reversal_takes_back_what_was_counted(fixture: Fixture) {
    let exposure = |day: u64, kept: f64| Filed {
        merchant: "shop".into(),
        points: 500.0,
        sd: 40.0,
        kept,
        signals: kept,
        turn: false,
        at_ms: NOW_MS + day * DAY_MS,
        told: None,
    };
    let first = fixture.filed("fake_reviews", 1).await;
    let second = fixture.filed("fake_reviews", 3).await;
    for (day, kept) in [(0, 1.2), (1, 1.15), (2, 1.1), (3, 1.05)] {
        fixture.ledger.file_exposures(&[exposure(day, kept)], NOW_MS + day * DAY_MS).await.unwrap();
    }
    let measures = fixture.ledger.measures_of(&first.party).await.unwrap();
    let before: Vec<_> = measures.iter().map(|one| (one.kind, one.points)).collect();
    assert_eq!(before, [(Gate::NoBoost, 12), (Gate::Limit, 30)]);
    let now_ms = NOW_MS + 4 * DAY_MS;
    fixture.withdraw(first.id, now_ms).await;
    let known = fixture.ledger.merchants(&["shop"], now_ms).await.unwrap().pop().unwrap();
    assert_eq!(known.before_reversal, Some(1.2), "the value of the day before it");
    let growth = |at_ms| live_jury_trust::counter::growth(at_ms, 180);
    let x03 = known.counters.iter().find(|(name, _)| name == "x03").unwrap().1;
    assert!((x03.k / growth(second.decided_at_ms) - 12.0).abs() < 1e-6, "the second is no repeat");
    let in_place: Vec<_> = known.measures.iter().map(|one| one.kind).collect();
    assert_eq!(in_place, [Gate::NoBoost]);
    let tomorrow = fixture.ledger.merchants(&["shop"], now_ms + DAY_MS).await.unwrap().pop().unwrap();
    assert_eq!(tomorrow.before_reversal, None, "it is for one day");
    fixture.withdraw(second.id, now_ms).await;
    let known = fixture.ledger.merchants(&["shop"], now_ms).await.unwrap().pop().unwrap();
    assert!(known.counters.iter().all(|(_, sum)| sum.k.abs() < 1e-6), "{:?}", known.counters);
    assert_eq!(known.before_reversal, Some(1.2), "of two reversals of a day the higher value counts");
    assert!(known.measures.is_empty());
}

async fn a_draft_that_stood_an_hour_counts_whether_its_merchant_gave_a_side(fixture: Fixture) {
    let docket = &*fixture.docket;
    for (number, stood_ms, side) in
        [(1, HOUR_MS, "We sent another one."), (2, HOUR_MS, ""), (3, HOUR_MS - 1, "We sent another one.")]
    {
        let mut brief = (*brief("shop")).clone();
        side.clone_into(&mut brief.statements.merchant);
        brief.subject.host = Some("host".to_owned());
        let brief = Brief::new(brief, EvidenceUrlPolicy::Https).unwrap();
        let draft = Case::draft(CaseId(Uuid::from_u128(number)), room("live"), brief, NOW_MS);
        docket.add(&draft, &[entry(&draft, "mod", "drafted")], None).await.unwrap();
        let opened_ms = NOW_MS + stood_ms;
        let open = draft.open(opened_ms, opened_ms + 60_000, "0123456789abcdef".into(), LossShare::default()).unwrap();
        docket.file(&open, &AuditEntry { at_ms: opened_ms, ..entry(&open, "mod", "opened") }).await.unwrap();
    }
    fixture.follow(&policies()).await;
    let known = fixture.known("shop").await;
    let stated = known.counters.iter().find(|(name, _)| name == "h12").expect("h12 is counted").1;
    let growth = live_jury_trust::counter::growth(NOW_MS + HOUR_MS, 180);
    assert!(close((stated.n / growth, stated.k / growth), (2.0, 1.0)), "{stated:?}");
}

async fn a_measure_is_due_again_when_it_ends(fixture: Fixture) {
    fixture.filed("fake_reviews", 0).await;
    let due = async |now_ms: u64| fixture.ledger.due(now_ms, 10).await.unwrap();
    assert_eq!(due(NOW_MS + 1).await, ["shop"], "a violation touches the shop");
    let end_ms = NOW_MS + 7 * DAY_MS;
    // Computed on the day of the end, before it.
    let at_ms = end_ms - 1;
    let exposure = Filed {
        merchant: "shop".into(),
        points: 500.0,
        sd: 40.0,
        kept: 1.0,
        signals: 1.0,
        turn: false,
        at_ms,
        told: None,
    };
    fixture.ledger.file_exposures(&[exposure], at_ms).await.unwrap();
    let shown = fixture.ledger.exposures(&["shop"], at_ms).await.unwrap();
    assert_eq!(shown[0].gate, Some(Gate::NoBoost));
    assert_eq!(fixture.ledger.exposures(&["shop"], end_ms).await.unwrap()[0].gate, None);
    let is_same_day = at_ms / DAY_MS == (end_ms + 1) / DAY_MS;
    assert!(is_same_day, "else it is due as each day");
    assert!(due(end_ms - 1).await.is_empty() && due(end_ms + 1).await == ["shop"]);
}

async fn a_step_on_a_violation_ends_the_bucket_of_its_case(fixture: Fixture) {
    // Three votes propose violations: the built-in bar is 30.
    let file = TrustFile::builtin();
    let cases = [1, 2].map(|number| CaseId(Uuid::from_u128(number)));
    for (case, session) in cases.into_iter().zip(["s1", "s2"]) {
        let policy = "price_fraud".to_owned();
        let report = NewReport { case, proven: true, session: session.into(), policy, ..by(session) };
        assert_eq!(fixture.buckets.add_report(&report).await.unwrap().bucket.case, Some(case));
        let open = opened(&*fixture.docket, case.0.as_u128(), "shop", None).await;
        fixture.judge(open, 3, 0).await;
    }
    fixture.follow(&file).await;
    let of = |party: Party, case: CaseId| {
        let ledger = fixture.ledger.clone();
        async move {
            let rows = ledger.violations_of(&party).await.unwrap();
            rows.into_iter().find(|row| row.case == Some(case)).expect("a violation").id
        }
    };
    let [first, second] = cases;
    let weight = async |name: &str, session: &str| {
        // Each about another product, as the same thing is reported once a day.
        let (policy, product) = ("staged_drama".to_owned(), Some(session.to_owned()));
        let next = NewReport { session: session.into(), policy, product, ..by(name) };
        fixture.buckets.add_report(&next).await.unwrap().bucket.sums.score
    };

    fixture.step(of(Party::merchant("shop"), first).await, StepKind::Confirm, LATER_MS).await;
    assert!(fixture.has_end(first, BucketEnd::UPHELD).await);
    // A node that follows the outbox late learns of the verdict after the step.
    let events = fixture.docket.events(0, 1_000).await.unwrap();
    let recorded = events.iter().find(|event| event.record.as_ref().is_some_and(|record| record.case == first));
    let proposed = BucketEnd { state: BucketState::Upheld, credit: Credit::None };
    let seq = recorded.expect("an event").seq;
    assert!(!fixture.buckets.settle(first, seq, proposed, LATER_MS).await.unwrap());
    // The reports are about the shop, and not about the host.
    fixture.step(of(Party::host("ann"), first).await, StepKind::Dismiss, LATER_MS).await;
    assert!(fixture.has_end(first, BucketEnd::UPHELD).await);
    assert_eq!(weight("s1", "n1").await, 0.5, "(1 + 1)/(3 + 1)");

    fixture.step(of(Party::merchant("shop"), second).await, StepKind::Dismiss, LATER_MS).await;
    assert!(fixture.has_end(second, BucketEnd::NOT_UPHELD).await);
    assert_eq!(weight("s2", "n2").await, 0.25, "(1 + 0)/(3 + 1)");

    // A violation that is taken back leaves the record as it was before.
    fixture.withdraw(of(Party::merchant("shop"), first).await, LATER_MS).await;
    assert!(fixture.has_end(first, BucketEnd::CLOSED).await);
    assert!((weight("s1", "n3").await - 1.0 / 3.0).abs() < 1e-9);
}

/// The end of the points of a violation of this day.
fn end_ms(day: u64) -> u64 {
    NOW_MS + (day + 180) * DAY_MS
}

async fn points_end_after_180_days_and_their_end_is_told_once(fixture: Fixture) {
    let (first, second) = (fixture.filed("fake_reviews", 0).await, fixture.filed("false_shipment", 10).await);
    let before = [(12, "warned".to_owned()), (16, "warned".to_owned())];
    assert_eq!(fixture.ledger.expire(end_ms(0) - 1).await.unwrap(), 0);
    assert_eq!(fixture.told_standings().await, before);
    assert_eq!(fixture.in_state("active", end_ms(0) - 1).await, [second.id, first.id]);
    let mut nodes = JoinSet::new();
    for node in 0..4 {
        let ledger = if node % 2 == 0 { fixture.ledger.clone() } else { fixture.other.clone() };
        nodes.spawn(async move { ledger.expire(end_ms(0)).await.unwrap() });
    }
    nodes.join_all().await;
    // The outbox has no event of half a year ago.
    assert_eq!(fixture.told_standings().await, [(4, "clear".to_owned())]);
    assert_eq!(fixture.ledger.expire(end_ms(0)).await.unwrap(), 0);
    assert_eq!(fixture.in_state("expired", end_ms(0)).await, [first.id]);
    assert_eq!(fixture.in_state("active", end_ms(0)).await, [second.id]);
    let trail = fixture.ledger.trail(None, 100).await.unwrap();
    let ended: Vec<Uuid> =
        trail.iter().filter(|line| line.action == "violation_expired").map(|line| line.target).collect();
    assert_eq!(ended, [first.id]);
    let measures = fixture.ledger.measures_of(&first.party).await.unwrap();
    assert!(measures.len() == 2 && measures.iter().all(|one| one.lifted_at_ms.is_none()), "{measures:?}");
    // A further end leaves nothing.
    assert_eq!(fixture.ledger.expire(end_ms(10)).await.unwrap(), 1);
    assert_eq!(fixture.told_standings().await.last(), Some(&(0, "clear".to_owned())));
}

async fn an_appeal_that_is_lost_after_the_end_of_the_points_leaves_an_expired_violation(fixture: Fixture) {
    let violation = fixture.filed("fake_reviews", 0).await;
    let filing = FileAppeal {
        target_kind: TargetKind::Violation,
        target: violation.id,
        party: Some(violation.party.clone()),
        by: By { kind: Actor::Merchant, who: "shop".into() },
        text: "The reviews are of our own customers.".into(),
        evidence: Vec::new(),
    };
    let appeal = fixture.ledger.file_appeal(&filing, end_ms(0) - DAY_MS).await.unwrap();
    assert_eq!(fixture.ledger.expire(end_ms(0)).await.unwrap(), 1);
    assert_eq!(fixture.told_standings().await, [(0, "clear".to_owned())]);
    assert_eq!(fixture.in_state("appealed", end_ms(0)).await, [violation.id], "the appeal is open");
    fixture.ledger.review_appeal(appeal.id, AppealState::Filed, "not_a_verdict", end_ms(0)).await.unwrap();
    let (by, words) = ("zoe".to_owned(), WORDS.to_owned());
    let decision = DecideAppealBy { id: appeal.id, overturned: false, by, words, version: None, openers: Vec::new() };
    fixture.ledger.decide_appeal(&decision, end_ms(1)).await.unwrap();
    assert_eq!(fixture.in_state("expired", end_ms(1)).await, [violation.id]);
    assert_eq!(fixture.ledger.expire(end_ms(1)).await.unwrap(), 0);
    assert_eq!(fixture.told_standings().await.len(), 1);
}

async fn a_violation_that_cannot_be_read_stops_no_other_party(fixture: Fixture) {
    let file = policies();
    let judged = async |number: u128, shop: &str| {
        let case = opened(&*fixture.docket, number, shop, None).await;
        fixture.judge(case, 3, 0).await;
    };
    judged(1, "damaged").await;
    fixture.follow(&file).await;
    fixture.execute("UPDATE trust_violation SET policy = '{\"id\":\"x\"}' WHERE party = 'damaged'").await;
    // The ruling of the next verdict on it fails, and those on others go on.
    judged(2, "damaged").await;
    judged(3, "shop").await;
    fixture.follow(&file).await;
    assert_eq!(fixture.violations("shop").await.len(), 1);
    assert!(fixture.ledger.violations_of(&Party::merchant("damaged")).await.is_err());
    assert_eq!(fixture.ledger.follow(&file, LATER_MS).await.unwrap(), Followed::UpToDate);

    let page = Page { state: None, before: None, limit: 10 };
    let listed = fixture.ledger.violations(&page, LATER_MS).await.unwrap();
    // The host has one of each case that was ruled on.
    let (readable, damaged): (Vec<_>, Vec<_>) = listed.iter().partition(|listed| listed.row.is_some());
    assert_eq!((readable.len(), damaged.len()), (3, 1));

    // The points of the others end, too.
    let ended = CLOSES_MS + 180 * DAY_MS;
    assert_eq!(fixture.ledger.expire(ended).await.unwrap(), 2);
    assert_eq!(fixture.ledger.expire(ended).await.unwrap(), 0);
    assert_eq!(fixture.in_state("expired", ended).await.len(), 4, "the list tells it by the time");
}

async fn a_policy_of_a_later_program_is_read(fixture: Fixture) {
    let violation = fixture.filed("fake_reviews", 0).await;
    fixture.execute("UPDATE trust_violation SET policy = replace(policy, '{\"id\"', '{\"later\":[1],\"id\"')").await;
    assert_eq!(fixture.violations("shop").await[0].policy, violation.policy);
}

/// The platform's file without the policy of these cases.
fn without_the_policy() -> TrustFile {
    let mut file = policies();
    file.policies.retain(|policy| policy.id != "price_fraud");
    file
}

impl Fixture {
    /// Files an appeal of the shop against its violation, and the open case of a second jury.
    async fn appealed(&self, first: CaseId, number: u128, file: &TrustFile) -> (Uuid, Case) {
        let violation = self.violations("shop").await.remove(0);
        let filing = FileAppeal {
            target_kind: TargetKind::Violation,
            target: violation.id,
            party: Some(violation.party.clone()),
            by: By { kind: Actor::Merchant, who: "shop".into() },
            text: "It is silk.".into(),
            evidence: Vec::new(),
        };
        let appeal = self.ledger.file_appeal(&filing, NOW_MS + HOUR_MS).await.unwrap();
        let id = CaseId(Uuid::from_u128(number));
        let draft = Case::draft(id, room("live"), brief("shop"), NOW_MS).appealing(first);
        self.docket.add(&draft, &[entry(&draft, "shop", "drafted")], None).await.unwrap();
        self.follow(file).await;
        assert_eq!(self.state_of(appeal.id).await, AppealState::InCourt);
        let opened = draft.open(NOW_MS, CLOSES_MS, "0123456789abcdef".into(), LossShare::default()).unwrap();
        self.docket.file(&opened, &entry(&opened, "mod", "opened")).await.unwrap();
        (appeal.id, opened)
    }

    async fn state_of(&self, appeal: Uuid) -> AppealState {
        self.ledger.appeal(appeal).await.unwrap().unwrap().state
    }
}

async fn an_appeal_is_ruled_on_by_the_first_policy_also_when_the_file_has_it_no_more(fixture: Fixture) {
    let first = opened(&*fixture.docket, 1, "shop", None).await;
    let first = fixture.judge(first, 4, 0).await;
    fixture.follow(&policies()).await;
    let (appeal, second) = fixture.appealed(first.id, 2, &policies()).await;
    // The policy leaves the file before any node has seen the opening.
    fixture.judge(second, 1, 4).await;
    fixture.follow(&without_the_policy()).await;
    assert_eq!(fixture.state_of(appeal).await, AppealState::Overturned);
    assert_eq!(fixture.standing("shop").await.points, 0);
}

async fn an_appeal_of_a_case_without_any_ruling_goes_to_a_moderator(fixture: Fixture) {
    let first = opened(&*fixture.docket, 1, "shop", None).await;
    let first = fixture.judge(first, 4, 0).await;
    fixture.follow(&policies()).await;
    let (appeal, second) = fixture.appealed(first.id, 2, &policies()).await;
    fixture.execute("DELETE FROM trust_ruling").await;
    fixture.judge(second, 1, 4).await;
    fixture.follow(&without_the_policy()).await;
    let reviewed = fixture.ledger.appeal(appeal).await.unwrap().unwrap();
    assert_eq!((reviewed.state, reviewed.review_reason.as_deref()), (AppealState::InReview, Some("no_verdict")));
}

async fn an_event_of_a_later_format_waits_for_a_later_program(fixture: Fixture) {
    let file = policies();
    let case = opened(&*fixture.docket, 1, "shop", None).await;
    fixture.judge(case, 3, 0).await;
    fixture
        .execute(
            "UPDATE outbox SET payload = replace(payload, '\"format\":1', '\"format\":2') WHERE kind = 'case.recorded'",
        )
        .await;
    let other = opened(&*fixture.docket, 2, "other", None).await;
    fixture.judge(other, 3, 0).await;
    fixture.follow(&file).await;
    fixture.follow(&file).await;
    assert!(fixture.violations("shop").await.is_empty() && fixture.violations("other").await.is_empty());
    // A later program takes it, as if it had come now.
    fixture.execute("UPDATE outbox SET payload = replace(payload, '\"format\":2', '\"format\":1')").await;
    fixture.follow(&file).await;
    assert_eq!((fixture.violations("shop").await.len(), fixture.violations("other").await.len()), (1, 1));
}

async fn an_appeal_whose_case_ended_without_word_is_left_behind(fixture: Fixture) {
    let file = policies();
    let first = opened(&*fixture.docket, 1, "shop", None).await;
    let first = fixture.judge(first, 4, 0).await;
    fixture.follow(&file).await;
    let (appeal, second) = fixture.appealed(first.id, 2, &file).await;
    let left = async || {
        let found = fixture.ledger.appeals_left_behind().await.unwrap();
        found.iter().map(|appeal| appeal.id).collect::<Vec<_>>()
    };
    assert!(left().await.is_empty(), "the case is open");
    fixture.judge(second, 1, 4).await;
    assert!(left().await.is_empty(), "its event is not taken yet");
    // An event that cannot be read is put aside, and the cursor goes on.
    fixture.execute("UPDATE outbox SET payload = '{' WHERE kind = 'case.recorded'").await;
    fixture.follow(&file).await;
    assert_eq!(fixture.state_of(appeal).await, AppealState::InCourt);
    assert_eq!(left().await, [appeal]);
}

async fn a_ban_keeps_the_violations_for_which_it_was_taken(fixture: Fixture) {
    let first = fixture.filed("prohibited_goods", 0).await;
    fixture.filed("counterfeit", 1).await;
    let by_another = fixture.filed("evasion", 2).await;
    let (violations, by, words) = (vec![first.id, by_another.id], "zoe".to_owned(), WORDS.to_owned());
    let ban = Ban { party: first.party.clone(), violations, by, words };
    let measure = fixture.ledger.ban(&ban, NOW_MS + 3 * DAY_MS).await.unwrap();
    let ids = async |measure: &MeasureRow| {
        let led = fixture.ledger.led_to(measure).await.unwrap();
        led.into_iter().map(|row| (row.id, row.by)).collect::<Vec<_>>()
    };
    let mia = Some("mia".to_owned());
    assert_eq!(ids(&measure).await, [(first.id, mia.clone()), (by_another.id, mia)]);
    // A ban by an earlier program names none: all that had been decided by then had a part in it.
    fixture.execute("UPDATE trust_measure SET named = NULL").await;
    assert_eq!(ids(&measure).await.len(), 3);
    let started =
        fixture.ledger.measures_of(&first.party).await.unwrap().into_iter().find(|one| one.violation.is_some());
    let started = started.unwrap();
    assert_eq!(ids(&started).await.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [started.violation.unwrap()]);
}
