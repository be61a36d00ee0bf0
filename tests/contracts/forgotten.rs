//! The contract of what the ledger of trust keeps of one event and of one person, and of its deletion: one suite that
//! both dialects pass on a real database.

mod people;

use std::sync::Arc;

use live_jury_protocol::{Actor, CaseId};
use live_jury_server::clock::Clock;
use live_jury_server::ledger::forget::ForgetStore;
use live_jury_server::ledger::standing::{AppealState, By, FileAppeal, FileViolation, TargetKind};
use live_jury_server::ledger::{BucketLedger, NewReport, TrustLedger};
use live_jury_server::reporter::ReporterKey;
use live_jury_server::trust::{KeptFacts, Trust};
use live_jury_trust::counter::LANDMARK_MS;
use live_jury_trust::listing::list::List;
use live_jury_trust::listing::{Check, Outcome};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::{DAY_MS, Party};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::databases::{InPostgres, InSqlite};
use crate::listings::{hit, listing};

const NOW_MS: u64 = LANDMARK_MS + 300 * DAY_MS;

/// A clock that stands still.
struct Still(u64);

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        self.0
    }

    fn jitter_ms(&self, _: u64) -> u64 {
        0
    }
}

/// The parts of a ledger.
trait Ledger: TrustLedger + ForgetStore + BucketLedger {}

impl<L: TrustLedger + ForgetStore + BucketLedger> Ledger for L {}

/// A ledger on a new database.
struct Fixture {
    ledger: Arc<dyn Ledger>,
    /// The same, for a node that keeps facts.
    facts: Arc<dyn TrustLedger>,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let InSqlite { ledger, url, folder, .. } = InSqlite::open().await;
        Self { facts: ledger.clone(), ledger, url, _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let database = InPostgres::open().await;
        let ledger = database.ledger();
        Self { facts: ledger.clone(), ledger, url: database.url, _folder: None }
    }

    /// A node that keeps facts for 30 days.
    fn node(&self, now_ms: u64) -> Trust {
        let (file, clock) = (Arc::new(TrustFile::builtin()), Arc::new(Still(now_ms)));
        let kept_facts = Some(KeptFacts { days: 30, key: key() });
        Trust { kept_facts, ..Trust::without_keys(self.facts.clone(), file, clock) }
    }

    async fn send(&self, lines: &[Value]) -> (u64, u64) {
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let ingested = self.node(NOW_MS).ingest(body.as_bytes()).await.unwrap();
        assert!(ingested.refused.is_empty(), "{ingested:?}");
        (ingested.accepted, ingested.duplicate)
    }

    /// The lines of the facts that are kept.
    async fn kept(&self) -> Vec<String> {
        const LINES: &str = "SELECT line FROM trust_fact ORDER BY id";
        if self.url.starts_with("sqlite:") {
            let mut db = SqliteConnection::connect(&self.url).await.unwrap();
            return sqlx::query_scalar(LINES).fetch_all(&mut db).await.unwrap();
        }
        let mut db = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar(LINES).fetch_all(&mut db).await.unwrap()
    }
}

on_each_dialect! {
    kept_facts_name_no_buyer_and_a_forgotten_buyer_has_none
    kept_facts_go_after_their_days
    a_forgotten_party_keeps_what_was_decided_about_it
    a_forgotten_reporter_has_no_reports
    an_appealed_listing_stays_with_its_appeal
}

fn key() -> ReporterKey {
    ReporterKey::new([7; 32])
}

fn placed(id: &str, merchant: &str, buyer: &str) -> Value {
    json!({ "id": id, "type": "order.placed", "at_ms": NOW_MS, "merchant": merchant, "order": id, "buyer": buyer,
        "amount_minor": 4_900, "currency": "CNY", "buyer_nth": 1 })
}

async fn kept_facts_name_no_buyer_and_a_forgotten_buyer_has_none(fixture: Fixture) {
    let lines = [placed("o-1", "shop", "buyer-one"), placed("o-2", "shop", "buyer-two")];
    assert_eq!(fixture.send(&lines).await, (2, 0));
    assert_eq!(fixture.send(&[lines[0].clone(), placed("o-3", "shop", "buyer-one")]).await, (1, 1));
    let kept = fixture.kept().await;
    assert_eq!(kept.len(), 3, "a repeat is not kept");
    assert!(kept.iter().all(|line| line.contains("4900") && !line.contains("buyer-")), "{kept:?}");
    assert!(kept[0].contains(&key().buyer("buyer-one").hex()), "{kept:?}");
    assert_eq!(fixture.ledger.forget_buyer(key().buyer("nobody")).await.unwrap(), 0);
    assert_eq!(fixture.ledger.forget_buyer(key().buyer("buyer-one")).await.unwrap(), 2);
    let kept = fixture.kept().await;
    assert!(kept.len() == 1 && kept[0].contains("o-2"), "{kept:?}");
}

async fn kept_facts_go_after_their_days(fixture: Fixture) {
    fixture.send(&[placed("o-1", "shop", "b")]).await;
    for (days, left) in [(30, 1), (31, 0)] {
        assert!(fixture.node(NOW_MS + days * DAY_MS).night().await.unwrap());
        assert_eq!(fixture.kept().await.len(), left, "after {days} days");
    }
}

async fn a_forgotten_party_keeps_what_was_decided_about_it(fixture: Fixture) {
    let ledger = &fixture.ledger;
    fixture.send(&[placed("o-1", "judged", "b"), placed("o-2", "plain", "b"), placed("o-3", "other", "b")]).await;
    let policy = TrustFile::builtin().policy("fake_reviews").unwrap().clone();
    let (judged, facts) = (Party::merchant("judged"), "Forty reviews came from one machine.".to_owned());
    let new = FileViolation { party: judged.clone(), policy, facts, authority: false, by: "mia".into(), request: None };
    ledger.file_violation(&new, NOW_MS).await.unwrap();
    for party in [judged.clone(), Party::merchant("plain")] {
        assert!(ledger.forget_party(&party, NOW_MS).await.unwrap() > 0);
        assert_eq!(ledger.forget_party(&party, NOW_MS).await.unwrap(), 0, "a second time");
    }
    let known = ledger.merchants(&["judged", "other", "plain"], NOW_MS).await.unwrap();
    let ids: Vec<&str> = known.iter().map(|one| one.attributes.id.as_str()).collect();
    assert_eq!(ids, ["judged", "other"]);
    let mut names: Vec<&str> = known[0].counters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["x03", "x09"], "its points and the policy's signal, and no order");
    assert_eq!(ledger.violations_of(&judged).await.unwrap().len(), 1);
    assert!(known[1].counters.iter().any(|(name, _)| name == "s03"), "another party's sums stay");
    assert_eq!(fixture.kept().await.len(), 1);
    assert!(ledger.merchants_after("", 10).await.unwrap().contains(&"judged".to_owned()));
}

async fn a_forgotten_reporter_has_no_reports(fixture: Fixture) {
    let ledger = &fixture.ledger;
    for sub in ["ann", "bob"] {
        let report = NewReport {
            room: "live".parse().unwrap(),
            reporter: key().name(sub),
            party: Party::merchant("shop"),
            merchant: Some("shop".into()),
            host: None,
            product: None,
            policy: "false_advertising".into(),
            is_judged: true,
            session: "s".into(),
            lang: "en".into(),
            text: Some("The label says polyester.".into()),
            stream_at_ms: None,
            proven: false,
            new_account: false,
            at_ms: NOW_MS,
            bucket: Uuid::now_v7(),
            case: CaseId(Uuid::now_v7()),
        };
        ledger.add_report(&report).await.unwrap();
    }
    assert!(ledger.forget_reporter(key().name("ann")).await.unwrap() >= 1);
    assert_eq!(ledger.forget_reporter(key().name("ann")).await.unwrap(), 0);
    let left = async |sub| ledger.own_reports(key().name(sub), 20).await.unwrap().len();
    assert_eq!((left("ann").await, left("bob").await), (0, 1));
}

async fn an_appealed_listing_stays_with_its_appeal(fixture: Fixture) {
    let ledger = &fixture.ledger;
    let held = |id: &str| listing(id, 1, vec![hit(Check::Term, List::Terms, "t1", Outcome::Hold)]);
    let appealed = ledger.file_listing(&held("l-1"), NOW_MS).await.unwrap();
    let other = ledger.file_listing(&held("l-2"), NOW_MS).await.unwrap();
    let new = FileAppeal {
        target_kind: TargetKind::Listing,
        target: appealed.screening,
        party: None,
        by: By { kind: Actor::Merchant, who: "shop".to_owned() },
        text: "The watch is our own.".to_owned(),
        evidence: Vec::new(),
    };
    let appeal = ledger.file_appeal(&new, NOW_MS).await.unwrap();
    assert!(ledger.forget_party(&Party::merchant("shop"), NOW_MS).await.unwrap() > 0);
    let kept = ledger.listing(appealed.screening).await.unwrap().unwrap();
    assert_eq!((kept.hits, kept.appeal), (appealed.hits, Some(appeal.id)));
    assert_eq!(ledger.listing(other.screening).await.unwrap(), None);
    ledger.review_appeal(appeal.id, AppealState::Filed, "not_a_verdict", NOW_MS).await.unwrap();
    assert_eq!(ledger.appeal(appeal.id).await.unwrap().unwrap().state, AppealState::InReview);
}
