//! The contract of the nightly job: one suite that both dialects pass on a real database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live_jury_server::clock::Clock;
use live_jury_server::ledger::night::{LEASE_MS, NightStep, Snapshot};
use live_jury_server::ledger::standing::FileViolation;
use live_jury_server::ledger::{Known, TrustLedger};
use live_jury_server::trust::Trust;
use live_jury_trust::counter::{Count, LANDMARK_MS};
use live_jury_trust::fact::Fact;
use live_jury_trust::index::{MERCHANTS_MIN, Prior};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::databases::{InPostgres, InSqlite};

/// The day of the job, which begins at midnight.
const DAY: u64 = (LANDMARK_MS / DAY_MS) + 300;
const NOW_MS: u64 = DAY * DAY_MS + 60_000;

/// A clock that a test moves.
pub(crate) struct MovedClock(pub(crate) AtomicU64);

impl Clock for MovedClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn jitter_ms(&self, _: u64) -> u64 {
        0
    }
}

/// Two nodes on a new database; with SQLite both are the same one.
struct Fixture {
    node: Trust,
    other: Trust,
    clock: Arc<MovedClock>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    fn new(ledger: Arc<dyn TrustLedger>, other: Arc<dyn TrustLedger>, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(MovedClock(AtomicU64::new(NOW_MS)));
        let file = Arc::new(TrustFile { tally_signals: vec!["q01".into()], ..TrustFile::builtin() });
        let node = |ledger| Trust::without_keys(ledger, file.clone(), clock.clone());
        Self { node: node(ledger), other: node(other), clock: clock.clone(), _folder: folder }
    }

    async fn sqlite() -> Self {
        let InSqlite { ledger, folder, .. } = InSqlite::open().await;
        Self::new(ledger.clone(), ledger, Some(folder))
    }

    async fn postgres() -> Self {
        let database = InPostgres::open().await;
        Self::new(database.ledger(), database.ledger(), None)
    }

    async fn add(&self, lines: &[Value]) {
        let parse = |line: &Value| {
            let fact = Fact::parse(line.to_string().as_bytes(), &self.node.file, NOW_MS);
            fact.unwrap_or_else(|refusal| panic!("{line}: {refusal:?}"))
        };
        let facts: Vec<Fact> = lines.iter().map(parse).collect();
        self.node.ledger.add_facts(&facts, NOW_MS).await.unwrap();
    }

    async fn known(&self, shop: &str) -> Known {
        self.node.ledger.merchants(&[shop], self.clock.now_ms()).await.unwrap().pop().expect("a merchant")
    }

    /// The counts of a snapshot at the moment as of which it was taken.
    async fn snapshot(&self, shop: &str, name: &str, day: u64) -> (f64, f64) {
        let known = self.known(shop).await;
        let half_life = SignalId::from_name(name).unwrap().signal().half_life_days;
        let found = known.counters.iter().find(|(other, _)| other == name);
        let count = found.map(|(_, sum)| sum.read(day * DAY_MS, half_life)).unwrap_or_default();
        ((count.n * 1e6).round() / 1e6, (count.k * 1e6).round() / 1e6)
    }
}

on_each_dialect! {
    a_category_of_200_shops_has_priors_of_its_own
    two_nodes_do_the_job_of_a_day_once
    a_node_that_is_killed_leaves_the_rest_to_another
    a_snapshot_takes_the_place_of_the_last_one
}

fn event(id: &str, kind: &str, shop: &str, at_ms: u64, fields: Value) -> Value {
    let mut line = json!({ "id": id, "type": kind, "at_ms": at_ms, "merchant": shop });
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    line
}

/// The shops of a category, each with 1,000 deliveries and 40 refunds for quality.
fn shops(category: &str, shops: usize) -> Vec<Value> {
    let of_shop = |place: usize| {
        let shop = format!("{category}-{place:03}");
        let passed = json!({ "kind": "sample", "passed": true, "category": category });
        let tally = json!({ "tally": "q01", "merchant": shop, "day": "2026-10-26", "n": 1_000, "k": 40 });
        [event(&shop, "inspection.done", &shop, NOW_MS - DAY_MS, passed), tally]
    };
    (0..shops).flat_map(of_shop).collect()
}

/// Deliveries and returns of a product on the day before the job.
fn product(shop: &str, product: &str, delivered: usize, returned: usize) -> Vec<Value> {
    let at_ms = NOW_MS - DAY_MS;
    let delivered = (0..delivered).map(|place| {
        let fields = json!({ "order": "o", "in_time": true, "product": product });
        event(&format!("{shop}-{product}-d{place}"), "order.delivered", shop, at_ms, fields)
    });
    let returned = (0..returned).map(|place| {
        let fields = json!({ "order": "o", "fault": true, "unopened": false, "product": product });
        event(&format!("{shop}-{product}-r{place}"), "return.received", shop, at_ms, fields)
    });
    delivered.chain(returned).collect()
}

async fn a_category_of_200_shops_has_priors_of_its_own(fixture: Fixture) {
    fixture.add(&shops("silk", MERCHANTS_MIN)).await;
    fixture.add(&shops("tea", MERCHANTS_MIN - 1)).await;
    let table = Prior::of_table(SignalId::Q01.signal());
    assert_eq!(fixture.known("silk-000").await.priors.of(SignalId::Q01), table);
    let before = fixture.node.assess("silk-000").await.unwrap().unwrap().index.value;
    assert!(fixture.node.night().await.unwrap());
    let (silk, tea) = (fixture.known("silk-000").await.priors, fixture.known("tea-000").await.priors);
    let prior = silk.of(SignalId::Q01);
    // Each tally stands at noon of the day before yesterday.
    let weight = 0.5_f64.powf(1.5 / 60.0) * 200_000.0;
    let typical = (0.04 * weight + 4.0) / (weight + 200.0);
    assert!((prior.typical - typical).abs() < 1e-9, "{prior:?}, {typical}");
    assert_eq!((prior.sigma, tea.of(SignalId::Q01)), (0.5, table));
    assert_eq!(silk.of(SignalId::S01), Prior::of_table(SignalId::S01.signal()));
    let after = fixture.node.assess("silk-000").await.unwrap().unwrap();
    assert!(after.index.value > before + 1.0, "an ordinary shop of its category: {before}, {}", after.index.value);
    assert_eq!(after.priors, silk);
    // Until the next day's priors are filed, those of the last day hold.
    let tomorrow_ms = NOW_MS + DAY_MS;
    fixture.clock.0.store(tomorrow_ms, Ordering::Relaxed);
    fixture.node.ledger.claim_night(DAY + 1, tomorrow_ms).await.unwrap().expect("a new job");
    assert_eq!(fixture.known("silk-000").await.priors, silk);
    fixture.clock.0.store(tomorrow_ms + LEASE_MS, Ordering::Relaxed);
    assert!(fixture.other.night().await.unwrap());
    let next = fixture.known("silk-000").await.priors.of(SignalId::Q01);
    assert!(next.typical < prior.typical && next.typical > 0.039, "{next:?}: a day older");
}

async fn two_nodes_do_the_job_of_a_day_once(fixture: Fixture) {
    for place in 0..6 {
        fixture.add(&product(&format!("shop-{place}"), "p", 20, 1)).await;
    }
    let mut nodes = JoinSet::new();
    for node in [&fixture.node, &fixture.other, &fixture.node, &fixture.other] {
        let node = node.clone();
        nodes.spawn(async move { node.night().await.unwrap() });
    }
    let ended = nodes.join_all().await.into_iter().filter(|has_ended| *has_ended).count();
    assert_eq!(ended, 1);
    for place in 0..6 {
        assert_eq!(fixture.snapshot(&format!("shop-{place}"), "e13", DAY).await, (1.0, 0.0));
    }
    assert!(!fixture.node.night().await.unwrap(), "the day's job is done");
    fixture.clock.0.store(NOW_MS + DAY_MS, Ordering::Relaxed);
    assert!(fixture.other.night().await.unwrap(), "and that of the next day is another one");
}

async fn a_node_that_is_killed_leaves_the_rest_to_another(fixture: Fixture) {
    for shop in ["a", "b"] {
        fixture.add(&product(shop, "p", 20, 1)).await;
    }
    let (ledger, other) = (&fixture.node.ledger, &fixture.other.ledger);
    let claimed = ledger.claim_night(DAY, NOW_MS).await.unwrap().expect("a claim");
    let shops = claimed.at(NightStep::Shops, "");
    assert!(ledger.move_night(&claimed, &shops, NOW_MS).await.unwrap());
    // A mark on the first shop shows that nobody computes it again.
    let mark = |merchant: &str| {
        [Snapshot { merchant: merchant.to_owned(), signal: SignalId::E13, count: Count::new(9.0, 9.0) }]
    };
    let first = shops.at(NightStep::Shops, "a");
    assert!(ledger.file_snapshots(&shops, &first, &["a"], &mark("a"), NOW_MS).await.unwrap());
    // The node is killed here.
    let end_ms = NOW_MS + LEASE_MS;
    assert_eq!(other.claim_night(DAY, end_ms - 1).await.unwrap(), None, "the claim holds");
    assert!(!fixture.other.night().await.unwrap());
    fixture.clock.0.store(end_ms, Ordering::Relaxed);
    assert!(fixture.other.night().await.unwrap());
    assert_eq!(fixture.snapshot("a", "e13", DAY).await, (9.0, 9.0));
    assert_eq!(fixture.snapshot("b", "e13", DAY).await, (1.0, 0.0));
    // A node that was only slow files nothing more.
    let second = first.at(NightStep::Shops, "b");
    assert!(!ledger.file_snapshots(&first, &second, &["b"], &mark("b"), end_ms).await.unwrap());
    assert_eq!(ledger.clean(&first, 0, end_ms).await.unwrap(), None);
    assert_eq!(fixture.snapshot("b", "e13", DAY).await, (1.0, 0.0));
}

async fn a_snapshot_takes_the_place_of_the_last_one(fixture: Fixture) {
    fixture.add(&product("shop", "often", 100, 30)).await;
    fixture.add(&product("shop", "seldom", 100, 1)).await;
    for host in ["ann", "ben"] {
        let live = json!({ "host": host, "session": "s", "minutes": 60, "viewer_minutes": 600, "sessions_10s": 1,
            "product_shown": true, "reporters": 0, "muted": 0, "cut": false });
        fixture.add(&[event(host, "live.ended", "shop", NOW_MS - DAY_MS, live)]).await;
    }
    let policy = fixture.node.file.policy("abuse").unwrap().clone();
    let (party, facts) = (Party::host("ann"), "Ann shouted at a buyer for a minute.".to_owned());
    let new = FileViolation { party, policy, facts, authority: false, by: "mia".into(), request: None };
    fixture.node.ledger.file_violation(&new, NOW_MS - DAY_MS).await.unwrap();
    let ledger = &fixture.node.ledger;
    assert!(fixture.node.recompute().await.unwrap() > 0);
    assert!(fixture.node.night().await.unwrap());
    assert_eq!(fixture.snapshot("shop", "e13", DAY).await, (2.0, 1.0));
    assert_eq!(fixture.snapshot("shop", "h14", DAY).await, (2.0, 1.0));
    assert_eq!(ledger.due(NOW_MS + 1, 10).await.unwrap(), ["shop"], "its exposure is computed anew");
    // The same the next day, and neither deliveries nor hosts nor points after their time.
    for (days, e13, h14) in [
        (1, (2.0, 1.0), (2.0, 1.0)),
        (59, (2.0, 1.0), (2.0, 1.0)),
        (60, (0.0, 0.0), (2.0, 1.0)),
        (180, (0.0, 0.0), (0.0, 0.0)),
    ] {
        fixture.clock.0.store(NOW_MS + days * DAY_MS, Ordering::Relaxed);
        assert!(fixture.node.night().await.unwrap());
        let shown =
            (fixture.snapshot("shop", "e13", DAY + days).await, fixture.snapshot("shop", "h14", DAY + days).await);
        assert_eq!(shown, (e13, h14), "{days} days later");
    }
}
