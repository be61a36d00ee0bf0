//! The plan of a panel, without stores and with a clock that only the tests move.

use live_jury_court::{Brief, Candidate, Draw, EvidenceUrlPolicy, Juror, LossShare, Pseudonym, SealedBy};
use live_jury_protocol::{CalledJurors, CaseId, Role};
use uuid::Uuid;

use super::*;
use crate::room::OwnPanel;

const OPENED_AT_MS: u64 = 1_800_000_000_000;
const CLOSES_AT_MS: u64 = OPENED_AT_MS + 60_000;

fn case(rules: serde_json::Value) -> Case {
    let new = serde_json::json!({
        "title": "Is it silk?", "duration_s": 60, "rules": {"panel": rules},
        "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"}]
    });
    let brief = Brief::new(serde_json::from_value(new).unwrap(), EvidenceUrlPolicy::Https).unwrap();
    let draw = Draw { commitment: [0; 32], nonce: [7; 32], called: None };
    let draft = Case::draft(CaseId(Uuid::from_u128(1)), "live-42".parse().unwrap(), brief, OPENED_AT_MS);
    let share = LossShare::default();
    draft.drawn(Some(draw)).open(OPENED_AT_MS, CLOSES_AT_MS, "0123456789abcdef".to_owned(), share).unwrap()
}

fn key() -> BallotKey {
    BallotKey::new(&[7; 32])
}

fn plan(case: &Case, now: Instant) -> PanelPlan {
    PanelPlan::of(case, 1, &key(), now).unwrap()
}

fn offered(ticket: u64) -> Offered {
    Offered { candidate: Candidate { ticket, juror: Pseudonym([0; 16]) }, claimed_level: 0, sub: "ann".into() }
}

fn offer(case: &Case, ticket: u64) -> Offer {
    Offer { case: case.id, epoch: 1, stratum: Stratum::Other, juror: offered(ticket) }
}

fn state(rev: u64) -> TallyState {
    let (counts, seal) = (vec![rev, 0], None);
    TallyState { epoch: 1, rev, counts, closes_at_ms: CLOSES_AT_MS, seal, now_ms: OPENED_AT_MS }
}

#[test]
fn offers_are_put_after_three_seconds_and_the_panel_is_called_after_five() {
    let (case, now) = (case(serde_json::json!({"other": 7})), Instant::now());
    let mut plan = plan(&case, now);
    let job = |plan: &mut PanelPlan, now, since_ms| plan.next_job(&case, now, Some(OPENED_AT_MS + since_ms), None);
    assert!(job(&mut plan, now, 2_999).is_none());
    assert!(plan.next_job(&case, now, None, None).is_none(), "the store's clock is not known");
    let wake = plan.next_wake(&case, now, Some(OPENED_AT_MS + 2_999));
    assert_eq!(wake, Some(now + Duration::from_millis(1)));
    assert!(matches!(job(&mut plan, now, 3_000), Some(Job::OfferJurors { .. })));
    assert!(job(&mut plan, now, 9_000).is_none(), "the job is in flight");
    plan.offered(false, now);
    assert!(job(&mut plan, now, 9_000).is_none());
    let later = now + RETRY_AFTER;
    assert!(matches!(job(&mut plan, later, 9_000), Some(Job::OfferJurors { .. })));
    plan.offered(true, later);
    assert!(job(&mut plan, later, 4_999).is_none());
    assert!(matches!(job(&mut plan, later, 5_000), Some(Job::CallPanel(_))));
}

#[test]
fn a_node_keeps_the_lowest_tickets_and_asks_for_no_higher_ones() {
    let (case, now) = (case(serde_json::json!({"other": 7, "call": 1, "present_s": 0})), Instant::now());
    let mut plan = plan(&case, now);
    let juror = Juror { sub: "ann".into(), role: Role::Viewer, anonymous: false, side: None, since_s: None, level: 0 };
    let view = plan.view().unwrap().clone();
    assert!(matches!(view.of(&juror, OPENED_AT_MS), Some(OwnPanel::Offer(_))));
    assert!(view.of(&juror, OPENED_AT_MS + 1).is_none(), "nobody walks in to be drawn");
    for ticket in (0..20).rev() {
        plan.on_offer(&case, &offer(&case, ticket));
    }
    plan.on_offer(&case, &offer(&case, 3));
    assert!(view.of(&juror, OPENED_AT_MS).is_none(), "seven lower tickets are kept");
    let Some(Job::OfferJurors { offered: kept, .. }) = plan.next_job(&case, now, Some(OPENED_AT_MS + 3_000), None)
    else {
        panic!("offers are due")
    };
    assert_eq!(*kept, [Vec::new(), Vec::new(), (0..7).map(offered).collect()]);
}

#[test]
fn a_juror_with_tokens_of_several_levels_has_one_place() {
    let (case, now) = (case(serde_json::json!({"other": 7, "call": 1, "min_level": 1})), Instant::now());
    let mut plan = plan(&case, now);
    let offer = |ticket, claimed_level| {
        let offer = offer(&case, ticket);
        Offer { juror: Offered { claimed_level, ..offer.juror.clone() }, ..offer }
    };
    for (ticket, level) in [(1, 0), (1, 3), (1, 1), (2, 2), (2, 2)] {
        plan.on_offer(&case, &offer(ticket, level));
    }
    let Some(Job::OfferJurors { offered: kept, .. }) = plan.next_job(&case, now, Some(OPENED_AT_MS + 3_000), None)
    else {
        panic!("offers are due")
    };
    let levels: Vec<(u64, u8)> = kept[2].iter().map(|kept| (kept.candidate.ticket, kept.claimed_level)).collect();
    assert_eq!(levels, [(1, 3), (2, 2)]);
}

#[test]
fn a_plan_ends_with_the_call_with_a_loss_and_with_the_seal() {
    let (case, now) = (case(serde_json::json!({"other": 7})), Instant::now());
    let plan = plan(&case, now);
    assert!(plan.fits(&case));
    let reopened = case.clone().reopen(3, CLOSES_AT_MS, OPENED_AT_MS + 1_000).unwrap();
    assert!(!plan.fits(&reopened), "all offer again");
    let mut again = PanelPlan::of(&reopened, 2, &key(), now).unwrap();
    assert!(again.next_job(&reopened, now, Some(OPENED_AT_MS + 3_999), None).is_none(), "three seconds after the loss");
    assert!(again.next_job(&reopened, now, Some(OPENED_AT_MS + 4_000), None).is_some());
    let called = case.clone().call(CalledJurors::default()).unwrap();
    assert!(!plan.fits(&called));
    let mut next = PanelPlan::of(&called, 2, &key(), now).unwrap();
    assert!(
        next.view().is_none() && next.fits(&called.clone().reopen(3, CLOSES_AT_MS, 0).unwrap()),
        "the call outlives a loss"
    );
    assert!(matches!(next.next_job(&called, now, None, None), Some(Job::ReadPanel(_))));
    let sealed = case.seal(SealedBy::Deadline, CLOSES_AT_MS).unwrap();
    assert!(!plan.fits(&sealed));
    assert!(PanelPlan::of(&sealed, 3, &key(), now).is_none());
}

#[test]
fn an_early_end_is_checked_once_a_second_after_a_tally_that_moved() {
    let case = case(serde_json::json!({"other": 7, "stop_early": true})).call(CalledJurors::default()).unwrap();
    let now = Instant::now();
    let mut plan = plan(&case, now);
    assert!(plan.next_job(&case, now, None, None).is_some());
    plan.read(&case, Candidates::default(), 2, &key(), now);
    assert!(plan.view().is_some());
    let settles = |plan: &mut PanelPlan, now, rev| {
        let job = plan.next_job(&case, now, Some(OPENED_AT_MS), Some(&state(rev)));
        assert!(matches!(job, None | Some(Job::SettlePanel { .. })));
        job.is_some()
    };
    assert!(settles(&mut plan, now, 1));
    plan.job_ended(true, now);
    assert!(!settles(&mut plan, now + CHECK_INTERVAL, 1), "the tally is the same");
    assert!(!settles(&mut plan, now + CHECK_INTERVAL / 2, 2), "a second has not passed");
    assert!(settles(&mut plan, now + CHECK_INTERVAL, 2));
    plan.job_ended(false, now + CHECK_INTERVAL);
    assert!(settles(&mut plan, now + 2 * CHECK_INTERVAL, 2), "a check that failed is made again");
}
