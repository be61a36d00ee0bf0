//! The contract of appeals against listings: one in all with the violation of a confirmation, and a won one leaves
//! nothing.

use live_jury_protocol::Actor;
use live_jury_server::ledger::listings::{ListingRow, ListingState};
use live_jury_server::ledger::standing::{
    AppealRow, AppealState, By, DecideAppealBy, FileAppeal, StandingError, TargetKind,
};
use live_jury_trust::Party;
use live_jury_trust::ladder::State;
use live_jury_trust::listing::list::List;
use live_jury_trust::listing::{Check, Outcome};
use live_jury_trust::signal::SignalId;
use serde_json::json;
use uuid::Uuid;

use super::{Fixture, WORDS, hit, listing};
use crate::docket::builders::NOW_MS;

impl Fixture {
    async fn appeal(&self, target_kind: TargetKind, target: Uuid) -> Result<AppealRow, StandingError> {
        let (party, by) = (Some(Party::merchant("shop")), By { kind: Actor::Merchant, who: "shop".to_owned() });
        let text = "The name is our own.".to_owned();
        let new = FileAppeal { target_kind, target, party, by, text, evidence: Vec::new() };
        self.ledger.file_appeal(&new, NOW_MS + 10).await
    }

    async fn appealed(&self, listing: &ListingRow) -> AppealRow {
        let filed = self.appeal(TargetKind::Listing, listing.screening).await.unwrap();
        self.ledger.review_appeal(filed.id, AppealState::Filed, "not_a_verdict", NOW_MS + 11).await.unwrap();
        self.ledger.appeal(filed.id).await.unwrap().unwrap()
    }

    async fn end(&self, appeal: &AppealRow, overturned: bool, by: &str) -> Result<AppealRow, StandingError> {
        let decision = DecideAppealBy {
            id: appeal.id,
            overturned,
            by: by.to_owned(),
            words: WORDS.to_owned(),
            version: Some(appeal.version),
            openers: Vec::new(),
        };
        self.ledger.decide_appeal(&decision, NOW_MS + 20).await
    }

    /// A listing that is held for a phrase.
    async fn held(&self, id: &str) -> ListingRow {
        self.file(&listing(id, 1, vec![hit(Check::Term, List::Terms, "t1", Outcome::Hold)]), NOW_MS).await
    }

    async fn state_of_appeal(&self, id: Uuid) -> AppealState {
        self.ledger.appeal(id).await.unwrap().unwrap().state
    }

    async fn points(&self) -> u64 {
        let rows = self.ledger.violations_of(&Party::merchant("shop")).await.unwrap();
        rows.iter().map(|row| row.counted_points).sum()
    }
}

on_each_dialect! {
    a_hold_that_is_appealed_with_success_is_released
    a_confirmed_listing_and_its_violation_have_one_appeal_in_all
    a_lost_appeal_changes_nothing
    a_release_wins_an_open_appeal_and_a_confirmation_waits_for_it
    only_what_is_kept_from_buyers_is_appealed_and_by_its_own_shop
    a_jury_does_not_confirm_over_an_open_appeal
}

async fn a_hold_that_is_appealed_with_success_is_released(fixture: Fixture) {
    fixture.put(List::Terms, "t1", json!({ "kind": "counterfeit_phrase", "text": "高仿", "then": "hold" })).await;
    let held = fixture.held("l-1").await;
    let appeal = fixture.appealed(&held).await;
    assert_eq!((appeal.target_kind, appeal.state), (TargetKind::Listing, AppealState::InReview));
    assert_eq!(fixture.read(&held).await.appeal, Some(appeal.id));
    let again = fixture.appeal(TargetKind::Listing, held.screening).await;
    assert!(matches!(again, Err(StandingError::Appealed)), "{again:?}");
    let won = fixture.end(&appeal, true, "zoe").await.unwrap();
    let released = fixture.read(&held).await;
    assert_eq!((won.state, released.state), (AppealState::Overturned, ListingState::Released));
    assert_eq!((released.decision.as_deref(), released.by.as_deref()), (Some("overturned"), Some("zoe")));
    assert_eq!((released.due_ms, released.words.as_deref()), (None, Some(WORDS)));
    assert_eq!(fixture.counts(List::Terms, "t1").await, (1, 0, 1));
}

async fn a_confirmed_listing_and_its_violation_have_one_appeal_in_all(fixture: Fixture) {
    let held = fixture.held("l-1").await;
    let removed = fixture.decide(&held, true, NOW_MS + 1).await.unwrap();
    let violation = removed.violation.unwrap();
    assert!(fixture.points().await > 0);
    let appeal = fixture.appealed(&removed).await;
    let appealed = fixture.ledger.violation(violation).await.unwrap().unwrap();
    assert!(matches!(appealed.state, State::Appealed { .. }), "{:?}", appealed.state);
    assert_eq!(appealed.appeal, Some(appeal.id));
    let twice = fixture.appeal(TargetKind::Violation, violation).await;
    assert!(matches!(twice, Err(StandingError::Appealed)), "{twice:?}");
    let same = fixture.end(&appeal, true, "mia").await;
    assert!(matches!(same, Err(StandingError::SameModerator)), "{same:?}");
    fixture.end(&appeal, true, "zoe").await.unwrap();
    let void = fixture.ledger.violation(violation).await.unwrap().unwrap();
    assert_eq!((void.state, void.reason.as_deref()), (State::Void, Some("overturned")));
    let released = fixture.read(&removed).await;
    assert_eq!((released.state, released.decision.as_deref()), (ListingState::Released, Some("overturned")));
    assert_eq!((fixture.points().await, fixture.count(SignalId::Q07, NOW_MS).await), (0, (1, 0)));
    // An appeal against the violation releases the listing, too, and is the only one.
    let other = fixture.held("l-2").await;
    let other = fixture.decide(&other, true, NOW_MS + 1).await.unwrap();
    fixture.appeal(TargetKind::Violation, other.violation.unwrap()).await.unwrap();
    let twice = fixture.appeal(TargetKind::Listing, other.screening).await;
    assert!(matches!(twice, Err(StandingError::Appealed)), "{twice:?}");
}

async fn a_lost_appeal_changes_nothing(fixture: Fixture) {
    let held = fixture.held("l-1").await;
    let appeal = fixture.appealed(&held).await;
    fixture.end(&appeal, false, "zoe").await.unwrap();
    let waiting = fixture.read(&held).await;
    assert_eq!((waiting.state, waiting.due_ms), (ListingState::Held, held.due_ms));
    // The confirmation is a decision of its own, with an appeal of its own.
    let removed = fixture.decide(&waiting, true, NOW_MS + 30).await.unwrap();
    let violation = removed.violation.unwrap();
    assert_eq!(fixture.ledger.violation(violation).await.unwrap().unwrap().appeal, None);
    fixture.appeal(TargetKind::Violation, violation).await.unwrap();
    let other = fixture.held("l-2").await;
    let removed = fixture.decide(&other, true, NOW_MS + 1).await.unwrap();
    let appeal = fixture.appealed(&removed).await;
    fixture.end(&appeal, false, "zoe").await.unwrap();
    let active = fixture.ledger.violation(removed.violation.unwrap()).await.unwrap().unwrap();
    assert_eq!((active.state, active.appeal), (State::Active, Some(appeal.id)));
    let twice = fixture.appeal(TargetKind::Violation, active.id).await;
    assert!(matches!(twice, Err(StandingError::Appealed)), "{twice:?}");
}

async fn a_release_wins_an_open_appeal_and_a_confirmation_waits_for_it(fixture: Fixture) {
    let held = fixture.held("l-1").await;
    let appeal = fixture.appealed(&held).await;
    let confirmed = fixture.decide(&held, true, NOW_MS + 12).await;
    assert!(matches!(confirmed, Err(StandingError::Appealed)), "{confirmed:?}");
    let released = fixture.decide(&held, false, NOW_MS + 13).await.unwrap();
    assert_eq!(released.state, ListingState::Released);
    assert_eq!(fixture.state_of_appeal(appeal.id).await, AppealState::Overturned);
}

async fn only_what_is_kept_from_buyers_is_appealed_and_by_its_own_shop(fixture: Fixture) {
    let live = listing("l-1", 1, vec![hit(Check::Term, List::Terms, "t1", Outcome::Review)]);
    let live = fixture.file(&live, NOW_MS).await;
    let refused = fixture.appeal(TargetKind::Listing, live.screening).await;
    assert!(matches!(refused, Err(StandingError::NotActive)), "{refused:?}");
    let unknown = fixture.appeal(TargetKind::Listing, Uuid::from_u128(9)).await;
    assert!(matches!(unknown, Err(StandingError::NotFound)), "{unknown:?}");
    let mut others = listing("l-2", 1, vec![hit(Check::Term, List::Terms, "t1", Outcome::Hold)]);
    others.merchant = "other".to_owned();
    let others = fixture.file(&others, NOW_MS).await;
    let refused = fixture.appeal(TargetKind::Listing, others.screening).await;
    assert!(matches!(refused, Err(StandingError::NotFound)), "{refused:?}");
}

async fn a_jury_does_not_confirm_over_an_open_appeal(fixture: Fixture) {
    let sent = fixture.sent("l-1").await;
    let appeal = fixture.appealed(&sent).await;
    fixture.judge(&sent, 500, 0, json!({})).await;
    let waiting = fixture.read(&sent).await;
    assert_eq!(waiting.state, ListingState::Held);
    assert_eq!(waiting.jury.unwrap().result.as_deref(), Some("appealed"));
    assert_eq!(fixture.state_of_appeal(appeal.id).await, AppealState::InReview);
    let other = fixture.sent("l-2").await;
    let appeal = fixture.appealed(&other).await;
    fixture.judge(&other, 0, 500, json!({})).await;
    assert_eq!(fixture.read(&other).await.state, ListingState::Released);
    assert_eq!(fixture.state_of_appeal(appeal.id).await, AppealState::Overturned);
}
