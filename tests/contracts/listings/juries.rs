//! The contract of a look-alike name before a jury: sent once, decided by the verdict alone, and left to a person where
//! there is none.

use live_jury_court::{Brief, Case, EvidenceUrlPolicy, LossShare, StoredBallot};
use live_jury_server::ledger::listings::{FileListing, ListingRow, ListingState, SendListing};
use live_jury_server::ledger::standing::{Followed, StandingError};
use live_jury_trust::listing::list::List;
use live_jury_trust::listing::{Check, Hit, Outcome};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};
use serde_json::{Value, json};

use super::{Fixture, hit, listing};
use crate::docket::builders::{CLOSES_MS, NOW_MS, ballot, entry, file, record, room, sealed};

/// A time after all cases of these tests.
const LATER_MS: u64 = NOW_MS + DAY_MS;

/// A listing that is held for its name alone.
pub(super) fn look_alike(id: &str) -> FileListing {
    let hit = Hit {
        value: "5amsung".to_owned(),
        note: "look: Samsung".to_owned(),
        policy: Some("look_alike_brand".to_owned()),
        ..hit(Check::Brand, List::Brands, "b1", Outcome::Hold)
    };
    listing(id, 1, vec![hit])
}

/// The draft of a listing's case, with these fields in the place of some.
fn draft(listing: &ListingRow, change: &Value) -> Case {
    let mut new = json!({
        "title": "Would you take one for the other?", "duration_s": 60, "subject": { "merchant": "shop" },
        "options": [{ "id": "yes", "label": "Yes", "upholds": true }, { "id": "no", "label": "No" }],
        "rules": { "quorum": 500 },
    });
    new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let brief = Brief::new(serde_json::from_value(new).unwrap(), EvidenceUrlPolicy::Https).unwrap();
    Case::draft(listing.jury.as_ref().unwrap().case, room("live-42"), brief, NOW_MS)
}

impl Fixture {
    async fn send(&self, listing: &ListingRow, to: &str, version: Option<u64>) -> Result<ListingRow, StandingError> {
        let sending = SendListing { screening: listing.screening, room: room(to), by: "mia".to_owned(), version };
        self.ledger.send_listing(&sending, NOW_MS + 1).await
    }

    /// Files a look-alike and sends it.
    pub(super) async fn sent(&self, id: &str) -> ListingRow {
        let held = self.file(&look_alike(id), NOW_MS).await;
        self.send(&held, "live-42", None).await.unwrap()
    }

    /// Has the case of a listing recorded with so many ballots for and against it.
    pub(super) async fn judge(&self, listing: &ListingRow, yes: u64, no: u64, change: Value) {
        let open = draft(listing, &change).open(NOW_MS, CLOSES_MS, "0123456789abcdef".into(), LossShare::default());
        let open = open.unwrap();
        self.docket.add(&open, &[entry(&open, "mod", "opened")], None).await.unwrap();
        let sealed = sealed(open);
        file(&*self.docket, &sealed).await.unwrap();
        let vote = |n| StoredBallot { option: u8::from(n >= yes), ..ballot(n) };
        record(&*self.docket, &sealed, &(0..yes + no).map(vote).collect::<Vec<_>>()).await.unwrap();
        self.follow().await;
    }

    /// Takes all events of the outbox.
    pub(super) async fn follow(&self) {
        let file = TrustFile::builtin();
        while self.ledger.follow(&file, LATER_MS).await.unwrap() != Followed::UpToDate {}
    }

    pub(super) async fn read(&self, listing: &ListingRow) -> ListingRow {
        self.ledger.listing(listing.screening).await.unwrap().unwrap()
    }
}

fn result(listing: &ListingRow) -> Option<&str> {
    listing.jury.as_ref().and_then(|jury| jury.result.as_deref())
}

on_each_dialect! {
    a_look_alike_alone_is_sent_once
    a_jury_that_would_mix_the_names_up_confirms_the_listing
    a_jury_that_can_tell_the_names_apart_releases_the_listing
    a_case_without_a_verdict_leaves_the_listing_to_a_person
    a_case_that_asks_something_else_decides_nothing
    a_person_who_decides_first_is_not_overruled
}

async fn a_look_alike_alone_is_sent_once(fixture: Fixture) {
    let held = fixture.file(&look_alike("l-1"), NOW_MS).await;
    let stale = fixture.send(&held, "live-42", Some(9)).await;
    assert!(matches!(stale, Err(StandingError::VersionMismatch(1))), "{stale:?}");
    let sent = fixture.send(&held, "live-42", Some(1)).await.unwrap();
    let jury = sent.jury.clone().unwrap();
    assert_eq!((jury.room.as_str(), jury.by.as_str(), jury.result), ("live-42", "mia", None));
    assert_eq!((sent.state, sent.step, sent.due_ms), (ListingState::Held, 2, held.due_ms), "it waits as before");
    assert_eq!(fixture.send(&held, "live-42", Some(1)).await.unwrap(), sent, "a repeat changes nothing");
    let elsewhere = fixture.send(&held, "live-43", None).await;
    assert!(matches!(elsewhere, Err(StandingError::AlreadyApplied)), "{elsewhere:?}");
    assert_eq!(fixture.ledger.listings_to_draft().await.unwrap(), std::slice::from_ref(&sent));
    fixture.ledger.listing_drafted(sent.screening, NOW_MS + 2).await.unwrap();
    fixture.ledger.listing_drafted(sent.screening, NOW_MS + 3).await.unwrap();
    assert_eq!(fixture.ledger.listings_to_draft().await.unwrap(), []);
    let mut both = look_alike("l-2");
    both.screened.hits.push(hit(Check::Term, List::Terms, "t1", Outcome::Review));
    let both = fixture.file(&both, NOW_MS).await;
    let refused = fixture.send(&both, "live-42", None).await;
    assert!(matches!(refused, Err(StandingError::NotLookAlike)), "{refused:?}");
    let passed = fixture.file(&listing("l-3", 1, Vec::new()), NOW_MS).await;
    assert!(matches!(fixture.send(&passed, "live-42", None).await, Err(StandingError::NotHeld)));
    let released = fixture.file(&look_alike("l-4"), NOW_MS).await;
    let released = fixture.decide(&released, false, NOW_MS + 1).await.unwrap();
    assert!(matches!(fixture.send(&released, "live-42", None).await, Err(StandingError::NotHeld)));
}

async fn a_jury_that_would_mix_the_names_up_confirms_the_listing(fixture: Fixture) {
    fixture.put(List::Brands, "b1", json!({ "name": "Samsung" })).await;
    let sent = fixture.sent("l-1").await;
    fixture.judge(&sent, 400, 100, json!({})).await;
    let removed = fixture.read(&sent).await;
    assert_eq!((removed.state, removed.decision.as_deref()), (ListingState::Removed, Some("confirmed")));
    assert_eq!((result(&removed), removed.by.as_deref(), removed.due_ms), (Some("confirmed"), None, None));
    let violation = fixture.ledger.violation(removed.violation.unwrap()).await.unwrap().unwrap();
    assert_eq!((violation.source.as_str(), violation.policy.id.as_str()), ("screening", "look_alike_brand"));
    assert_eq!(violation.by, None, "no moderator found it");
    let (q07, q10) = (SignalId::Q07, SignalId::Q10);
    assert_eq!((fixture.count(q07, LATER_MS).await, fixture.count(q10, LATER_MS).await), ((1, 1), (1, 1)));
    assert_eq!(fixture.counts(List::Brands, "b1").await, (1, 1, 0));
    let statements = fixture.ledger.statements_of(&Party::merchant("shop")).await.unwrap();
    let of_violation = statements.iter().find(|one| one.measure == violation.id).unwrap();
    assert_eq!(of_violation.statement.automated_decision, "AUTOMATED_DECISION_NOT_AUTOMATED");
    assert_eq!(fixture.ledger.listing_of_violation(violation.id).await.unwrap(), Some(removed.clone()));
    fixture.follow().await;
    assert_eq!(fixture.read(&sent).await, removed);
    let trail = fixture.ledger.trail(None, 100).await.unwrap();
    let actions: Vec<&str> = trail.iter().rev().map(|line| line.action.as_str()).collect();
    let of_listing: Vec<&str> = actions.into_iter().filter(|action| action.starts_with("listing_")).collect();
    assert_eq!(of_listing, ["listing_held", "listing_sent", "listing_jury_ended", "listing_removed"]);
}

async fn a_jury_that_can_tell_the_names_apart_releases_the_listing(fixture: Fixture) {
    fixture.put(List::Brands, "b1", json!({ "name": "Samsung" })).await;
    let sent = fixture.sent("l-1").await;
    fixture.judge(&sent, 100, 400, json!({})).await;
    let released = fixture.read(&sent).await;
    assert_eq!((released.state, released.decision.as_deref()), (ListingState::Released, Some("overturned")));
    assert_eq!((result(&released), released.violation), (Some("released"), None));
    assert_eq!(fixture.counts(List::Brands, "b1").await, (1, 0, 1));
    assert_eq!(fixture.count(SignalId::Q07, LATER_MS).await, (1, 0));
    assert_eq!(fixture.ledger.violations_of(&Party::merchant("shop")).await.unwrap(), []);
}

async fn a_case_without_a_verdict_leaves_the_listing_to_a_person(fixture: Fixture) {
    let few = fixture.sent("l-1").await;
    fixture.judge(&few, 499, 0, json!({})).await;
    let hung = fixture.sent("l-2").await;
    fixture.judge(&hung, 250, 250, json!({})).await;
    let dropped = fixture.sent("l-3").await;
    let case = draft(&dropped, &json!({}));
    fixture.docket.add(&case, &[entry(&case, "mod", "created")], None).await.unwrap();
    let gone = case.discard().unwrap();
    fixture.docket.discard(&gone, &entry(&gone, "mod", "discarded")).await.unwrap();
    fixture.follow().await;
    let refused = fixture.sent("l-4").await;
    fixture.ledger.listing_not_drafted(refused.screening, "refused", LATER_MS).await.unwrap();
    for (listing, expected) in [(few, "no_verdict"), (hung, "no_verdict"), (dropped, "discarded"), (refused, "refused")]
    {
        let waiting = fixture.read(&listing).await;
        assert_eq!((waiting.state, result(&waiting)), (ListingState::Held, Some(expected)), "{}", listing.id);
        assert_eq!((waiting.due_ms, waiting.decision.as_deref()), (listing.due_ms, None));
        let released = fixture.decide(&waiting, false, LATER_MS + 1).await.unwrap();
        assert_eq!(released.by.as_deref(), Some("mia"), "a person decides");
    }
    assert_eq!(fixture.ledger.listings_to_draft().await.unwrap(), []);
}

async fn a_case_that_asks_something_else_decides_nothing(fixture: Fixture) {
    let other = json!([{ "id": "no", "label": "No", "upholds": true }, { "id": "yes", "label": "Yes" }]);
    for (n, change) in
        [json!({ "rules": { "quorum": 499 } }), json!({ "policy": "look_alike_brand" }), json!({ "options": other })]
            .into_iter()
            .enumerate()
    {
        let sent = fixture.sent(&format!("l-{n}")).await;
        fixture.judge(&sent, 500, 0, change.clone()).await;
        let waiting = fixture.read(&sent).await;
        assert_eq!((waiting.state, result(&waiting)), (ListingState::Held, Some("edited")), "{change}");
    }
}

async fn a_person_who_decides_first_is_not_overruled(fixture: Fixture) {
    for (n, confirm) in [false, true].into_iter().enumerate() {
        let sent = fixture.sent(&format!("l-{n}")).await;
        let decided = fixture.decide(&sent, confirm, NOW_MS + 2).await.unwrap();
        assert_eq!(fixture.ledger.listings_to_draft().await.unwrap(), [], "it needs no draft any more");
        let (yes, no) = if confirm { (0, 500) } else { (500, 0) };
        fixture.judge(&sent, yes, no, json!({})).await;
        let after = fixture.read(&sent).await;
        assert_eq!((after.state, after.decision.as_deref()), (decided.state, decided.decision.as_deref()));
        assert_eq!((result(&after), after.violation), (Some("decided"), decided.violation));
    }
}
