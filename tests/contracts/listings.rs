//! The contract of screened listings and their lists in the ledger: one suite that both dialects pass on a real
//! database.

mod appeals;
mod juries;

use std::sync::Arc;

use live_jury_server::docket::Docket;
use live_jury_server::ledger::TrustLedger;
use live_jury_server::ledger::listings::{
    DecideListingBy, FileListing, ListingRow, ListingState, PricesOf, PutEntry, StoredImage,
};
use live_jury_server::ledger::standing::{By, Page, StandingError, StepKind, ViolationStep};
use live_jury_trust::fact::Fact;
use live_jury_trust::listing::gtin::State;
use live_jury_trust::listing::list::{EntryName, List};
use live_jury_trust::listing::screen::Screened;
use live_jury_trust::listing::{Check, DECIDE_WITHIN_MS, Hit, Outcome};
use live_jury_trust::policy::{Policy, TrustFile};
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};
use serde_json::{Value, json};

use crate::databases::{InPostgres, InSqlite};
use crate::docket::builders::NOW_MS;

/// The words of a moderator.
const WORDS: &str = "The label and the laboratory disagree.";

/// A ledger on a new database.
struct Fixture {
    ledger: Arc<dyn TrustLedger>,
    docket: Arc<dyn Docket>,
    _folder: Option<tempfile::TempDir>,
}

fn policy() -> Policy {
    TrustFile::builtin().policy("counterfeit").unwrap().clone()
}

pub(super) fn hit(check: Check, list: List, entry: &str, outcome: Outcome) -> Hit {
    Hit {
        check,
        list: Some(EntryName { list, entry: entry.to_owned() }),
        field: Some("title".to_owned()),
        span: Some([0, 2]),
        value: "高仿".to_owned(),
        note: "counterfeit_phrase".to_owned(),
        outcome,
        shadow: false,
        policy: Some("counterfeit".to_owned()),
    }
}

pub(super) fn listing(id: &str, version: u64, hits: Vec<Hit>) -> FileListing {
    let outcome = live_jury_trust::listing::severest(&hits);
    FileListing {
        id: id.to_owned(),
        version,
        merchant: "shop".to_owned(),
        title: "高仿 手表".to_owned(),
        description: "It ticks.".to_owned(),
        category: "watches".to_owned(),
        brand: Some("Rolex".to_owned()),
        brand_form: Some("rolex".to_owned()),
        gtin: None,
        price_minor: 100,
        currency: "CNY".to_owned(),
        images: vec![StoredImage { pdq: Some("0".repeat(64)), quality: Some(90) }, StoredImage::default()],
        digest: vec![7, u8::try_from(version).unwrap()],
        screened: Screened { outcome, hits, authorised: Some(false), gtin: State::Missing, cheap: true },
        needs_gtin: true,
        policy: Some(policy()),
        by: By::platform("shop-system"),
    }
}

impl Fixture {
    async fn sqlite() -> Self {
        let InSqlite { docket, ledger, folder, .. } = InSqlite::open().await;
        Self { ledger, docket, _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let database = InPostgres::open().await;
        Self { ledger: database.ledger(), docket: database.docket, _folder: None }
    }

    async fn file(&self, new: &FileListing, now_ms: u64) -> ListingRow {
        self.ledger.file_listing(new, now_ms).await.unwrap()
    }

    async fn decide(&self, found: &ListingRow, confirm: bool, now_ms: u64) -> Result<ListingRow, StandingError> {
        let decision = DecideListingBy {
            screening: found.screening,
            confirm: confirm.then(policy),
            by: "mia".to_owned(),
            words: WORDS.to_owned(),
            version: Some(found.step),
        };
        self.ledger.decide_listing(&decision, now_ms).await
    }

    async fn put(&self, list: List, id: &str, entry: Value) -> u64 {
        let new = PutEntry { list, id: id.to_owned(), entry, by: "mia".to_owned(), version: None };
        self.ledger.put_list_entry(&new, NOW_MS).await.unwrap().version
    }

    /// Hits, confirmed and overturned ones of an entry.
    async fn counts(&self, list: List, id: &str) -> (u64, u64, u64) {
        let found = self.ledger.list_entry(list, id).await.unwrap().unwrap();
        (found.hits, found.confirmed, found.overturned)
    }

    /// Trials and hits of a signal of the shop, as of a time.
    async fn count(&self, signal: SignalId, now_ms: u64) -> (u64, u64) {
        let known = &self.ledger.merchants(&["shop"], now_ms).await.unwrap()[0];
        let found = known.counters.iter().find(|(name, _)| *name == signal.to_string());
        let count = found.map(|(_, sum)| sum.read(now_ms, signal.signal().half_life_days)).unwrap_or_default();
        (count.n.round() as u64, count.k.round() as u64)
    }
}

on_each_dialect! {
    a_version_is_filed_once_and_other_fields_are_refused
    a_stopped_listing_waits_for_a_person_and_says_so
    a_listing_that_has_sold_is_not_stopped_before_its_first_sale
    a_confirmed_hold_is_a_violation_and_a_reversal_takes_it_back
    a_released_block_counts_nothing
    an_entry_counts_its_hits_until_it_changes
    a_rule_is_demoted_by_the_fiftieth_wrong_hit
    prices_are_those_of_other_live_listings
    listings_are_listed_by_state_newest_first
}

async fn a_version_is_filed_once_and_other_fields_are_refused(fixture: Fixture) {
    let new = listing("l-1", 1, Vec::new());
    let first = fixture.file(&new, NOW_MS).await;
    assert_eq!((first.state, first.outcome, first.step, first.due_ms), (ListingState::Passed, Outcome::Pass, 1, None));
    assert_eq!((first.images.clone(), first.before_sale), (new.images.clone(), true));
    assert_eq!(fixture.file(&new, NOW_MS + DAY_MS).await, first);
    assert_eq!(fixture.count(SignalId::Q07, NOW_MS).await, (1, 0), "a repeat counts nothing");
    let other = fixture.ledger.file_listing(&FileListing { digest: vec![1], ..new }, NOW_MS).await;
    assert!(matches!(other, Err(StandingError::AlreadyApplied)), "{other:?}");
    let second = fixture.file(&listing("l-1", 2, Vec::new()), NOW_MS).await;
    assert_ne!(second.screening, first.screening);
    assert_eq!(fixture.ledger.listing_of("l-1", 2).await.unwrap(), Some(second));
    assert_eq!(fixture.ledger.listing_of("l-1", 3).await.unwrap(), None);
}

async fn a_stopped_listing_waits_for_a_person_and_says_so(fixture: Fixture) {
    let hits = vec![hit(Check::Term, List::Terms, "t1", Outcome::Hold)];
    let held = fixture.file(&listing("l-1", 1, hits.clone()), NOW_MS).await;
    assert_eq!((held.state, held.due_ms), (ListingState::Held, Some(NOW_MS + DECIDE_WITHIN_MS)));
    assert_eq!(held.hits, hits);
    let statements = fixture.ledger.statements_of(&Party::merchant("shop")).await.unwrap();
    let [filed] = &statements[..] else { panic!("one statement: {statements:?}") };
    assert_eq!((filed.measure, filed.statement.automated_detection.as_str()), (held.screening, "Yes"));
    assert_eq!(filed.statement.decision_visibility, ["DECISION_VISIBILITY_CONTENT_DISABLED"]);
    let released = fixture.decide(&held, false, NOW_MS + 1).await.unwrap();
    assert_eq!((released.state, released.step, released.due_ms), (ListingState::Released, 2, None));
    assert_eq!((released.decision.as_deref(), released.by.as_deref()), (Some("overturned"), Some("mia")));
    let stale = fixture.decide(&held, true, NOW_MS + 2).await;
    assert!(matches!(stale, Err(StandingError::VersionMismatch(2))), "{stale:?}");
    let again = fixture.decide(&released, true, NOW_MS + 2).await;
    assert!(matches!(again, Err(StandingError::NotHeld)), "{again:?}");
    let passed = fixture.file(&listing("l-2", 1, Vec::new()), NOW_MS).await;
    assert!(matches!(fixture.decide(&passed, true, NOW_MS).await, Err(StandingError::NotHeld)));
}

async fn a_listing_that_has_sold_is_not_stopped_before_its_first_sale(fixture: Fixture) {
    let line = json!({ "id": "f1", "type": "order.delivered", "at_ms": NOW_MS, "merchant": "shop", "product": "l-1",
        "order": "o1", "in_time": true });
    let fact = Fact::parse(line.to_string().as_bytes(), &TrustFile::builtin(), NOW_MS).unwrap();
    fixture.ledger.add_facts(&[fact], NOW_MS).await.unwrap();
    let hits = vec![hit(Check::Term, List::Terms, "t1", Outcome::Block)];
    let sold = fixture.file(&listing("l-1", 1, hits.clone()), NOW_MS).await;
    let unsold = fixture.file(&listing("l-2", 1, hits), NOW_MS).await;
    assert_eq!((sold.state, sold.before_sale, unsold.before_sale), (ListingState::Blocked, false, true));
}

async fn a_confirmed_hold_is_a_violation_and_a_reversal_takes_it_back(fixture: Fixture) {
    fixture.put(List::Images, "i1", json!({ "mark": "copy", "pdq": [] })).await;
    let held =
        fixture.file(&listing("l-1", 1, vec![hit(Check::Image, List::Images, "i1", Outcome::Hold)]), NOW_MS).await;
    assert_eq!(fixture.count(SignalId::Q07, NOW_MS).await, (1, 0), "a hold alone is no finding");
    let removed = fixture.decide(&held, true, NOW_MS + 1).await.unwrap();
    assert_eq!((removed.state, removed.decision.as_deref()), (ListingState::Removed, Some("confirmed")));
    let violation = fixture.ledger.violation(removed.violation.unwrap()).await.unwrap().unwrap();
    assert_eq!((violation.source.as_str(), violation.policy.id.as_str()), ("screening", "counterfeit"));
    assert!(
        violation.facts.contains("listing l-1, version 1") && violation.facts.contains("高仿"),
        "{}",
        violation.facts
    );
    let statements = fixture.ledger.statements_of(&Party::merchant("shop")).await.unwrap();
    let of_violation = statements.iter().find(|one| one.measure == violation.id).unwrap();
    assert_eq!(of_violation.statement.automated_decision, "AUTOMATED_DECISION_NOT_AUTOMATED");
    let (q07, q11) = (SignalId::Q07, SignalId::Q11);
    assert_eq!((fixture.count(q07, NOW_MS).await, fixture.count(q11, NOW_MS).await), ((1, 1), (1, 1)));
    assert_eq!(fixture.counts(List::Images, "i1").await, (1, 1, 0));
    let step = ViolationStep {
        id: violation.id,
        kind: StepKind::Withdraw,
        by: "zoe".to_owned(),
        words: WORDS.to_owned(),
        version: None,
    };
    fixture.ledger.step_violation(&step, NOW_MS + 2).await.unwrap();
    let found = fixture.ledger.listing(held.screening).await.unwrap().unwrap();
    assert_eq!((found.state, found.decision.as_deref()), (ListingState::Released, Some("overturned")));
    assert_eq!((fixture.count(q07, NOW_MS).await, fixture.count(q11, NOW_MS).await), ((1, 0), (1, 0)));
    assert_eq!(fixture.counts(List::Images, "i1").await, (1, 0, 1));
}

async fn a_released_block_counts_nothing(fixture: Fixture) {
    let hits = vec![hit(Check::Term, List::Terms, "t1", Outcome::Block)];
    let blocked = fixture.file(&listing("l-1", 1, hits), NOW_MS).await;
    let (q08, q12, q13, q14) = (SignalId::Q08, SignalId::Q12, SignalId::Q13, SignalId::Q14);
    assert_eq!(fixture.count(q08, NOW_MS).await, (1, 1), "a block counts at once");
    fixture.decide(&blocked, false, NOW_MS + 5).await.unwrap();
    assert_eq!(fixture.count(q08, NOW_MS).await, (1, 0));
    assert_eq!(fixture.count(q12, NOW_MS).await, (1, 0), "branded, and not authorised");
    assert_eq!(fixture.count(q13, NOW_MS).await, (1, 0), "its category has GTINs, and it has none");
    assert_eq!(fixture.count(q14, NOW_MS).await, (1, 1), "it is cheap");
}

async fn an_entry_counts_its_hits_until_it_changes(fixture: Fixture) {
    let entry = json!({ "kind": "counterfeit_phrase", "text": "高仿", "then": "hold" });
    let revs = fixture.ledger.list_revs().await.unwrap();
    assert_eq!(fixture.put(List::Terms, "t1", entry.clone()).await, 1);
    let raised = fixture.ledger.list_revs().await.unwrap();
    assert_eq!((raised[&List::Terms], raised[&List::Rules]), (revs[&List::Terms] + 1, revs[&List::Rules]));
    let twice = hit(Check::Term, List::Terms, "t1", Outcome::Hold);
    let held = fixture.file(&listing("l-1", 1, vec![twice.clone(), twice]), NOW_MS).await;
    fixture.decide(&held, true, NOW_MS).await.unwrap();
    assert_eq!(fixture.counts(List::Terms, "t1").await, (1, 1, 0), "a listing counts once");
    assert_eq!(fixture.put(List::Terms, "t1", entry).await, 1, "the same entry changes nothing");
    assert_eq!(fixture.counts(List::Terms, "t1").await, (1, 1, 0));
    let other = json!({ "kind": "counterfeit_phrase", "text": "高仿", "then": "review" });
    assert_eq!(fixture.put(List::Terms, "t1", other.clone()).await, 2);
    assert_eq!(fixture.counts(List::Terms, "t1").await, (0, 0, 0));
    assert_eq!(fixture.ledger.list_entries(List::Terms).await.unwrap(), [("t1".to_owned(), other.clone())]);
    let stale =
        PutEntry { list: List::Terms, id: "t1".to_owned(), entry: json!({}), by: "mia".to_owned(), version: Some(1) };
    let stale = fixture.ledger.put_list_entry(&stale, NOW_MS).await;
    assert!(matches!(stale, Err(StandingError::VersionMismatch(2))), "{stale:?}");
    assert!(fixture.ledger.delete_list_entry(List::Terms, "t1", Some(1)).await.is_err());
    fixture.ledger.delete_list_entry(List::Terms, "t1", Some(2)).await.unwrap();
    let gone = fixture.ledger.delete_list_entry(List::Terms, "t1", None).await;
    assert!(matches!(gone, Err(StandingError::NotFound)), "{gone:?}");
    assert_eq!(fixture.ledger.list_entry(List::Terms, "t1").await.unwrap(), None);
}

async fn a_rule_is_demoted_by_the_fiftieth_wrong_hit(fixture: Fixture) {
    let rule = json!({ "all": [{ "check": "price", "below": 0.3 }], "then": "hold", "policy": "counterfeit" });
    fixture.put(List::Rules, "r1", rule).await;
    let state = async || {
        let found = fixture.ledger.list_entry(List::Rules, "r1").await.unwrap().unwrap();
        (found.version, found.entry["state"].as_str().map(str::to_owned))
    };
    for n in 0..50 {
        assert_eq!(state().await, (1, None), "before decision {n}");
        let hits = vec![hit(Check::Rule, List::Rules, "r1", Outcome::Hold)];
        let held = fixture.file(&listing(&format!("l-{n}"), 1, hits), NOW_MS).await;
        fixture.decide(&held, false, NOW_MS).await.unwrap();
    }
    assert_eq!(state().await, (2, Some("shadow".to_owned())));
    assert_eq!(fixture.counts(List::Rules, "r1").await, (50, 0, 50));
    assert_eq!(fixture.ledger.list_revs().await.unwrap()[&List::Rules], 2, "every node reads it again");
    let trail = fixture.ledger.trail(None, 100).await.unwrap();
    assert_eq!(trail.iter().filter(|line| line.action == "rule_demoted").count(), 1);
}

async fn prices_are_those_of_other_live_listings(fixture: Fixture) {
    for (n, price_minor) in (0..).zip([100, 200, 300]) {
        let new = listing(&format!("l-{n}"), 1, Vec::new());
        fixture.file(&FileListing { price_minor, ..new }, NOW_MS + n).await;
    }
    fixture.file(&FileListing { brand_form: None, ..listing("plain", 1, Vec::new()) }, NOW_MS + 3).await;
    let blocked = vec![hit(Check::Term, List::Terms, "t1", Outcome::Block)];
    fixture.file(&listing("blocked", 1, blocked), NOW_MS + 4).await;
    let of = PricesOf { listing: "l-2", brand_form: Some("rolex"), category: "watches", currency: "CNY", limit: 9 };
    assert_eq!(fixture.ledger.prices(&of).await.unwrap(), [vec![200, 100], vec![100, 200, 100]]);
    let two = fixture.ledger.prices(&PricesOf { brand_form: None, limit: 2, ..of }).await.unwrap();
    assert_eq!(two, [Vec::<u64>::new(), vec![100, 200]]);
    let dollars = fixture.ledger.prices(&PricesOf { currency: "USD", ..of }).await.unwrap();
    assert_eq!(dollars, live_jury_server::ledger::listings::Prices::default());
}

async fn listings_are_listed_by_state_newest_first(fixture: Fixture) {
    let hits = || vec![hit(Check::Term, List::Terms, "t1", Outcome::Hold)];
    let first = fixture.file(&listing("l-1", 1, hits()), NOW_MS).await;
    fixture.file(&listing("l-2", 1, Vec::new()), NOW_MS + 1).await;
    let last = fixture.file(&listing("l-3", 1, hits()), NOW_MS + 2).await;
    let page = |state, before| Page { state, before, limit: 10 };
    let held = fixture.ledger.listings(&page(Some("held"), None), None).await.unwrap();
    assert_eq!(held, [last.clone(), first.clone()]);
    assert_eq!(fixture.ledger.listings(&page(None, None), None).await.unwrap().len(), 3);
    assert_eq!(fixture.ledger.listings(&page(Some("held"), Some(last.screening)), None).await.unwrap(), [first]);
    let others = FileListing { merchant: "other".to_owned(), ..listing("l-4", 1, hits()) };
    let others = fixture.file(&others, NOW_MS + 3).await;
    assert_eq!(fixture.ledger.listings(&page(Some("held"), None), Some("other")).await.unwrap(), [others]);
    assert_eq!(fixture.ledger.listings(&page(None, None), Some("shop")).await.unwrap().len(), 3);
    assert_eq!(fixture.ledger.listings(&page(None, None), Some("nobody")).await.unwrap(), []);
}
