//! The contract of the census and the public report in the ledger: one suite that both dialects pass on a real
//! database.

mod counts;
mod year;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live_jury_protocol::trust::{Report, TrustChange};
use live_jury_server::census::Census;
use live_jury_server::clock::Clock;
use live_jury_server::docket::Docket;
use live_jury_server::ledger::editions::{EditionPage, EditionRow, FileEdition};
use live_jury_server::ledger::standing::StandingError;
use live_jury_server::ledger::{BucketLedger, TrustLedger};
use live_jury_server::reporter::ReporterKey;
use live_jury_trust::DAY_MS;
use live_jury_trust::fact::Fact;
use live_jury_trust::figure::sketch::Sketch;
use live_jury_trust::figure::{Counts, Participants};
use live_jury_trust::policy::TrustFile;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::databases::{InPostgres, InSqlite};
use crate::docket::builders::NOW_MS;

/// Today, in days since 1970-01-01.
const TODAY: u64 = NOW_MS / DAY_MS;

/// A clock that a test sets.
struct SetClock(AtomicU64);

impl Clock for SetClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn jitter_ms(&self, _: u64) -> u64 {
        0
    }
}

/// A ledger on a new database.
struct Fixture {
    ledger: Arc<dyn TrustLedger>,
    buckets: Arc<dyn BucketLedger>,
    docket: Arc<dyn Docket>,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let InSqlite { docket, ledger, url, folder, .. } = InSqlite::open().await;
        Self { buckets: ledger.clone(), ledger, docket, url, _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let database = InPostgres::open().await;
        let ledger = database.ledger();
        Self { buckets: ledger.clone(), ledger, docket: database.docket, url: database.url, _folder: None }
    }

    fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// An id as SQL has it.
    fn id(&self, number: u128) -> String {
        let id = Uuid::from_u128(number);
        if self.is_sqlite() { format!("X'{}'", id.simple()) } else { format!("'{id}'") }
    }

    /// Bytes as SQL has them.
    fn bytes(&self, hex: &str) -> String {
        if self.is_sqlite() { format!("X'{hex}'") } else { format!("'\\x{hex}'") }
    }

    /// Executes a statement of a test, for rows whose programs are other suites'.
    async fn execute(&self, sql: String) {
        if self.is_sqlite() {
            let mut db = SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
        } else {
            let mut db = PgConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
        }
    }

    async fn add(&self, lines: &[Value], file: &TrustFile) {
        let parse = |line: &Value| Fact::parse(line.to_string().as_bytes(), file, NOW_MS).unwrap();
        let facts: Vec<Fact> = lines.iter().map(parse).collect();
        self.ledger.add_facts(&facts, NOW_MS).await.unwrap();
    }

    async fn counts(&self) -> Counts {
        self.ledger.counts(TODAY - 6, TODAY).await.unwrap()
    }

    async fn publish(&self, days: (u64, u64), title: &str, request: Option<&str>) -> Result<EditionRow, StandingError> {
        let report = Report {
            from: format!("day {}", days.0),
            to: format!("day {}", days.1),
            compared_with: None,
            figures: Vec::new(),
            participants: Vec::new(),
        };
        let new = FileEdition {
            title: title.to_owned(),
            days,
            by: "mia".to_owned(),
            report,
            parts: vec![vec![vec!["field".to_owned()]]],
            request: request.map(str::to_owned),
        };
        // Later days are published later: ids of one millisecond have no order.
        self.ledger.file_edition(&new, NOW_MS + days.1).await
    }
}

on_each_dialect! {
    nodes_merge_their_sketches_of_a_day
    the_census_counts_a_viewer_once_a_day_and_stores_no_mark
    an_edition_is_published_once_and_never_changes
}

fn key() -> ReporterKey {
    ReporterKey::new([7; 32])
}

fn sketch(numbers: std::ops::Range<u32>) -> Sketch {
    let mut sketch = Sketch::default();
    numbers.for_each(|number| sketch.add(key().day_mark(&format!("u_{number}"), 1)));
    sketch
}

async fn nodes_merge_their_sketches_of_a_day(fixture: Fixture) {
    let ledger = &fixture.ledger;
    ledger.merge_sketch(TODAY, &sketch(0..3_000)).await.unwrap();
    let (one, other) = (sketch(2_000..4_000), sketch(3_500..6_000));
    let both = tokio::join!(ledger.merge_sketch(TODAY, &one), ledger.merge_sketch(TODAY, &other));
    both.0.and(both.1).unwrap();
    ledger.merge_sketch(TODAY, &Sketch::default()).await.unwrap();
    ledger.merge_sketch(TODAY - 1, &Sketch::default()).await.unwrap();
    let expected = sketch(0..6_000).estimate().round() as u64;
    let days = [(TODAY - 1, 0), (TODAY, expected)].map(|(day, viewers)| Participants { day, viewers });
    assert_eq!(fixture.counts().await.participants, days);
    assert!(expected.abs_diff(6_000) < 200, "{expected}");
}

async fn the_census_counts_a_viewer_once_a_day_and_stores_no_mark(fixture: Fixture) {
    let clock = Arc::new(SetClock(AtomicU64::new(NOW_MS)));
    let node = || Census::new(key(), fixture.ledger.clone(), clock.clone());
    let (one, other) = (node(), node());
    for census in [&one, &other, &one] {
        for viewer in 0..200 {
            census.count(&format!("u_{viewer}"), census.today());
        }
        census.merge().await.unwrap();
    }
    let today = fixture.counts().await.participants;
    let [day] = &today[..] else { panic!("{today:?}") };
    assert!(day.day == TODAY && day.viewers.abs_diff(200) <= 4, "{day:?}");

    // A mark of before midnight that comes after it counts for its day.
    clock.0.store((TODAY + 1) * DAY_MS, Ordering::SeqCst);
    one.count("late", u32::try_from(TODAY).unwrap());
    one.count("u_1", one.today());
    one.merge().await.unwrap();
    other.merge().await.unwrap();
    let days = fixture.ledger.counts(TODAY, TODAY + 1).await.unwrap().participants;
    assert_eq!((days.len(), days[1]), (2, Participants { day: TODAY + 1, viewers: 1 }), "{days:?}");
    assert!(days[0].viewers > day.viewers, "{days:?}");
    clock.0.store((TODAY + 3) * DAY_MS, Ordering::SeqCst);
    other.merge().await.unwrap();
    let days = fixture.ledger.counts(TODAY + 2, TODAY + 3).await.unwrap().participants;
    assert_eq!(days, [Participants { day: TODAY + 3, viewers: 0 }], "a day with a census and nobody is 0");
}

async fn an_edition_is_published_once_and_never_changes(fixture: Fixture) {
    let ledger = &fixture.ledger;
    let first = fixture.publish((TODAY - 60, TODAY - 31), "First", Some("mia one")).await.unwrap();
    assert_eq!(fixture.publish((TODAY - 60, TODAY - 31), "First", Some("mia one")).await.unwrap(), first);
    let other = fixture.publish((TODAY - 60, TODAY - 31), "Other", Some("mia one")).await;
    assert!(matches!(other, Err(StandingError::KeyReused)), "{other:?}");
    let second = fixture.publish((TODAY - 30, TODAY - 1), "Second", None).await.unwrap();
    assert_eq!(ledger.edition(first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(ledger.edition(Uuid::nil()).await.unwrap(), None);
    let page = |before, limit| EditionPage { before, limit };
    assert_eq!(ledger.editions(page(None, 10)).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(ledger.editions(page(Some(second.id), 10)).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(ledger.editions(page(None, 1)).await.unwrap(), std::slice::from_ref(&second));

    let before = async |from, days| ledger.edition_before(from, days).await.unwrap().map(|edition| edition.title);
    assert_eq!(before(TODAY, 31).await.as_deref(), Some("Second"));
    assert_eq!(before(TODAY - 1, 28).await.as_deref(), Some("First"), "one that ends on the first day is not before");
    assert_eq!(before(TODAY, 90).await, None, "a quarter is not compared with a month");

    let told = fixture.docket.events(0, 100).await.unwrap();
    let told: Vec<_> =
        told.into_iter().filter_map(|event| event.trust).map(|event| (event.party, event.what)).collect();
    let [(party, TrustChange::EditionPublished(change)), _] = &told[..] else { panic!("two editions: {told:?}") };
    assert_eq!((party.kind.as_str(), party.id.as_str(), change.edition), ("platform", "*", first.id));
    let changed = format!("UPDATE trust_edition SET title = 'x' WHERE id = {}", fixture.id(first.id.as_u128()));
    if fixture.is_sqlite() {
        let mut db = SqliteConnection::connect(&fixture.url).await.unwrap();
        assert!(sqlx::raw_sql(AssertSqlSafe(changed)).execute(&mut db).await.is_err());
    } else {
        let mut db = PgConnection::connect(&fixture.url).await.unwrap();
        assert!(sqlx::raw_sql(AssertSqlSafe(changed)).execute(&mut db).await.is_err());
    }
}
