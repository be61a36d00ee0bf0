//! The contract of the ledger of trust: one suite that both dialects pass on a real database.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use live_jury_server::clock::{Clock, SystemClock};
use live_jury_server::ledger::standing::{StepKind, ViolationStep};
use live_jury_server::ledger::{Added, Filed, Known, TrustLedger};
use live_jury_server::trust::Trust;
use live_jury_tests::in_time;
use live_jury_trust::counter::{Count, Counter, LANDMARK_MS};
use live_jury_trust::fact::{Fact, Tally};
use live_jury_trust::ladder::State;
use live_jury_trust::policy::TrustFile;
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};
use serde_json::{Value, json};
use sqlx::Connection;
use tokio::task::JoinSet;

use crate::databases::{Database, InPostgres, InSqlite};
use crate::night::MovedClock;

const NOW_MS: u64 = LANDMARK_MS + 300 * DAY_MS;

/// A ledger on a new database.
struct Fixture {
    ledger: Arc<dyn TrustLedger>,
    /// A ledger over other connections: another node's, where there can be one.
    other: Arc<dyn TrustLedger>,
    database: Database,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let InSqlite { ledger, file, folder, .. } = InSqlite::open().await;
        Self { other: ledger.clone(), ledger, database: Database::Sqlite(file), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let found = InPostgres::open().await;
        let (ledger, other) = (found.ledger(), found.ledger());
        Self { ledger, other, database: Database::Postgres(found.url), _folder: None }
    }

    /// Runs a statement on the database itself.
    async fn execute(&self, sql: &'static str) {
        self.database.execute(sql).await;
    }

    /// Trust on the ledger, at a time.
    fn trust(&self, now_ms: u64) -> Trust {
        let clock = Arc::new(MovedClock(AtomicU64::new(now_ms)));
        Trust::without_keys(self.ledger.clone(), Arc::new(TrustFile::builtin()), clock)
    }

    async fn add(&self, facts: &[Fact]) -> Added {
        self.ledger.add_facts(facts, NOW_MS).await.unwrap()
    }

    async fn shop(&self, now_ms: u64) -> Known {
        self.ledger.merchants(&["shop"], now_ms).await.unwrap().pop().expect("a merchant")
    }
}

on_each_dialect! {
    a_fact_counts_once_and_a_repeat_nothing
    the_order_and_the_split_of_facts_do_not_matter
    nodes_that_get_the_same_facts_count_them_once
    a_tally_replaces_the_one_before
    tallies_of_completed_orders_leave_no_remainder
    a_merchant_that_cannot_be_read_hides_no_other
    a_clock_that_was_ahead_for_a_while_freezes_nothing
    a_finding_of_an_authority_makes_one_violation
    a_sum_that_is_dated_later_counts_from_its_day
    the_latest_word_about_a_party_holds
    an_id_is_known_for_thirty_days
    an_exposure_is_due_after_facts_and_each_day
    a_turn_is_held_for_a_week_from_the_last_day_that_showed_it
    a_merchant_of_whom_nothing_is_known_is_left_out
}

fn parse(line: &Value, file: &TrustFile) -> Fact {
    Fact::parse(line.to_string().as_bytes(), file, NOW_MS).unwrap_or_else(|refusal| panic!("{line}: {refusal:?}"))
}

fn event(id: &str, kind: &str, at_ms: u64, fields: Value) -> Fact {
    let mut line = json!({ "id": id, "type": kind, "at_ms": at_ms, "merchant": "shop" });
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    parse(&line, &TrustFile::builtin())
}

fn cancelled(id: &str, at_ms: u64) -> Fact {
    event(id, "order.cancelled", at_ms, json!({ "order": "o", "by": "merchant" }))
}

fn sum(known: &Known, name: &str) -> Counter {
    known.counters.iter().find(|(other, _)| other == name).map_or_else(Counter::default, |(_, sum)| *sum)
}

/// The hits of a signal now.
fn hits(known: &Known, name: &str) -> f64 {
    let (name_of_signal, days) = name.split_once('+').map_or((name, None), |(name, days)| (name, Some(days)));
    let signal = SignalId::from_name(name_of_signal).unwrap().signal();
    let days = days.map_or(signal.half_life_days, |days| days.parse().unwrap());
    sum(known, name).read(NOW_MS, days).k
}

async fn a_fact_counts_once_and_a_repeat_nothing(fixture: Fixture) {
    let facts = [cancelled("a", NOW_MS), cancelled("b", NOW_MS - 60 * DAY_MS), cancelled("a", NOW_MS)];
    assert_eq!(fixture.add(&facts).await, Added { accepted: 2, duplicate: 1 });
    assert_eq!(fixture.add(&facts).await, Added { accepted: 0, duplicate: 3 });
    let shop = fixture.shop(NOW_MS).await;
    assert!((hits(&shop, "s03") - 1.5).abs() < 1e-6, "half of it after its half-life");
    assert!((hits(&shop, "s03+7") - 1.0 - 0.5_f64.powf(60.0 / 7.0)).abs() < 1e-6, "and less in the fast counter");
    assert_eq!(shop.attributes.since_ms, NOW_MS - 60 * DAY_MS);
}

async fn the_order_and_the_split_of_facts_do_not_matter(fixture: Fixture) {
    let at = |place: u64| NOW_MS - (place * 7_919 % 380) * DAY_MS;
    let facts: Vec<Fact> = (0..200).map(|place| cancelled(&format!("e{place}"), at(place))).collect();
    for chunk in facts.chunks(37) {
        let turned: Vec<Fact> = chunk.iter().rev().cloned().collect();
        fixture.add(&turned).await;
    }
    let expected: f64 = (0..200).map(|place| 0.5_f64.powf((NOW_MS - at(place)) as f64 / (60.0 * DAY_MS as f64))).sum();
    assert!((hits(&fixture.shop(NOW_MS).await, "s03") - expected).abs() < 1e-6);
}

async fn nodes_that_get_the_same_facts_count_them_once(fixture: Fixture) {
    let facts: Vec<Fact> = (0..60).map(|place| cancelled(&format!("e{place}"), NOW_MS)).collect();
    let mut writers = JoinSet::new();
    for writer in 0..8_usize {
        let ledger = if writer % 2 == 0 { fixture.ledger.clone() } else { fixture.other.clone() };
        let mut facts = facts.clone();
        facts.rotate_left(writer * 7);
        writers.spawn(async move { ledger.add_facts(&facts, NOW_MS).await.unwrap() });
    }
    let accepted: u64 = writers.join_all().await.iter().map(|added| added.accepted).sum();
    assert_eq!(accepted, 60);
    assert!((hits(&fixture.shop(NOW_MS).await, "s03") - 60.0).abs() < 1e-6);
}

async fn a_tally_replaces_the_one_before(fixture: Fixture) {
    let file = TrustFile { tally_signals: vec!["q01".into()], ..TrustFile::builtin() };
    let tally = |name: &str, n: u64, k: u64| {
        parse(&json!({ "tally": name, "merchant": "shop", "day": "2026-10-27", "n": n, "k": k }), &file)
    };
    fixture.add(&[tally("q01", 900, 90), tally("q01", 1_200, 17)]).await;
    fixture.add(&[tally("completed", 40, 0)]).await;
    let added = fixture.add(&[tally("q01", 1_000, 20), tally("completed", 30, 0), cancelled("a", NOW_MS)]).await;
    assert_eq!(added, Added { accepted: 3, duplicate: 0 });
    let shop = fixture.shop(NOW_MS).await;
    let noon_ms = LANDMARK_MS + 299 * DAY_MS + DAY_MS / 2;
    let counts = sum(&shop, "q01").read(noon_ms, 60);
    assert!((counts.n - 1_000.0).abs() < 1e-6 && (counts.k - 20.0).abs() < 1e-6, "{counts:?}");
    assert_eq!(shop.attributes.completed, 30);
}

async fn tallies_of_completed_orders_leave_no_remainder(fixture: Fixture) {
    // Such counts are refused by now, but a ledger may have them.
    for n in [1.0, 0.5, 0.0, 1e19, 0.0] {
        let count = Count::new(n, 0.0);
        fixture.add(&[Fact::Tally(Tally { signal: None, merchant: "shop".into(), day: 20_748, count })]).await;
    }
    assert_eq!(fixture.shop(NOW_MS).await.attributes.completed, 0);
}

async fn a_merchant_that_cannot_be_read_hides_no_other(fixture: Fixture) {
    let of = |merchant: &str, id: &str| {
        let line = json!({ "id": id, "type": "order.cancelled", "at_ms": NOW_MS, "merchant": merchant,
            "order": "o", "by": "merchant" });
        parse(&line, &TrustFile::builtin())
    };
    let shops = ["damaged", "infinite", "shop", "torn"];
    let facts: Vec<Fact> = shops.iter().map(|shop| of(shop, shop)).collect();
    fixture.add(&facts).await;
    fixture.execute("UPDATE trust_party SET completed = -1 WHERE id = 'damaged'").await;
    let infinite = match &fixture.database {
        Database::Sqlite(_) => "INSERT INTO trust_counter VALUES ('merchant', 'infinite', 'h03', 9e999, 0)",
        Database::Postgres(_) => "INSERT INTO trust_counter VALUES ('merchant', 'infinite', 'h03', 'Infinity', 0)",
    };
    fixture.execute(infinite).await;
    fixture.execute("UPDATE trust_sums SET sums = substr(sums, 1, 3) WHERE party = 'torn'").await;

    assert!(fixture.ledger.merchants(&["damaged"], NOW_MS).await.is_err(), "a single one is not found to be unknown");
    let read = fixture.ledger.read_merchants(&shops, NOW_MS).await.unwrap();
    let known: Vec<&str> = read.known.iter().map(|known| known.attributes.id.as_str()).collect();
    assert_eq!((known, read.unreadable), (vec!["shop"], ["damaged", "infinite", "torn"].map(str::to_owned).to_vec()));

    // The others get their exposures, and the damaged ones are not due again at once.
    let trust = fixture.trust(NOW_MS + 1);
    assert_eq!(trust.recompute().await.unwrap(), 1);
    assert!(fixture.ledger.due(NOW_MS + 2, 10).await.unwrap().is_empty());
    let ids: Vec<String> = shops.map(str::to_owned).to_vec();
    let offers = trust.offers(&ids).await.unwrap();
    assert_eq!((offers.len(), offers[2].at_ms), (4, NOW_MS + 1));
    assert!(!offers[0].explore, "what cannot be read is no newcomer");
    assert!(trust.night().await.unwrap(), "the night's job ends");

    // What is mended counts again.
    fixture.execute("UPDATE trust_party SET completed = 3 WHERE id = 'damaged'").await;
    assert_eq!(fixture.ledger.merchants(&["damaged"], NOW_MS).await.unwrap()[0].attributes.completed, 3);
}

async fn a_sum_that_is_dated_later_counts_from_its_day(fixture: Fixture) {
    let delivered = event("a", "order.delivered", NOW_MS, json!({ "order": "o", "in_time": true }));
    fixture.add(&[delivered]).await;
    let trials = async |now_ms: u64| sum(&fixture.shop(now_ms).await, "e12").read(now_ms, 180).n;
    assert_eq!(trials(NOW_MS + 29 * DAY_MS).await, 0.0);
    assert!((trials(NOW_MS + 30 * DAY_MS).await - 1.0).abs() < 1e-6);
    assert!((sum(&fixture.shop(NOW_MS).await, "q01").read(NOW_MS, 60).n - 1.0).abs() < 1e-6, "the others at once");
}

async fn the_latest_word_about_a_party_holds(fixture: Fixture) {
    let licences = |id: &str, age_ms: u64, verified: u64| {
        event(id, "licence.changed", NOW_MS - age_ms, json!({ "needed": 3, "verified": verified }))
    };
    let placed = |id: &str, at_ms: u64| {
        let fields = json!({ "order": id, "buyer": "b", "amount_minor": 1, "currency": "CNY", "buyer_nth": 1 });
        event(id, "order.placed", at_ms, fields)
    };
    fixture.add(&[licences("a", 1_000, 2), placed("b", NOW_MS), placed("c", NOW_MS - DAY_MS)]).await;
    let deposit = event("d", "deposit.changed", NOW_MS, json!({ "asked_minor": 100, "paid_minor": 90 }));
    fixture.add(&[licences("e", 2_000, 1), deposit, placed("f", NOW_MS)]).await;
    let attributes = fixture.shop(NOW_MS).await.attributes;
    assert_eq!((attributes.licences, attributes.deposit), (Some((3, 2)), Some((100, 90))));
    assert_eq!((attributes.placed_today, attributes.finding_at_ms), (2, None));
    assert_eq!(fixture.shop(NOW_MS + DAY_MS).await.attributes.placed_today, 0);
    let text = json!({ "policy": "unsafe_goods", "text": "Inspection 7" });
    fixture.add(&[event("g", "authority.finding", NOW_MS - 5, text)]).await;
    assert_eq!(fixture.shop(NOW_MS).await.attributes.finding_at_ms, Some(NOW_MS - 5));
}

async fn an_id_is_known_for_thirty_days(fixture: Fixture) {
    let fact = cancelled("a", NOW_MS);
    fixture.add(std::slice::from_ref(&fact)).await;
    let again = async |days: u64| {
        fixture.ledger.add_facts(std::slice::from_ref(&fact), NOW_MS + days * DAY_MS).await.unwrap().accepted
    };
    assert_eq!([again(1).await, again(30).await, again(31).await, again(31).await], [0, 0, 1, 0]);
}

async fn an_exposure_is_due_after_facts_and_each_day(fixture: Fixture) {
    let due = async |now_ms: u64| fixture.ledger.due(now_ms, 10).await.unwrap();
    assert!(due(NOW_MS).await.is_empty());
    fixture.add(&[cancelled("a", NOW_MS)]).await;
    assert_eq!(due(NOW_MS).await, ["shop"]);
    let filed = |at_ms: u64, kept: f64| Filed {
        merchant: "shop".into(),
        points: 480.25,
        sd: 30.5,
        kept,
        signals: 0.85,
        turn: true,
        at_ms,
        told: None,
    };
    let at_ms = NOW_MS + 1;
    fixture.ledger.file_exposures(&[filed(at_ms, 0.95)], at_ms).await.unwrap();
    assert!(due(at_ms + 1).await.is_empty());
    fixture.ledger.add_facts(&[cancelled("b", NOW_MS)], at_ms).await.unwrap();
    assert_eq!(due(at_ms + 1).await, ["shop"], "facts of the same moment");
    assert!(due(at_ms).await.is_empty(), "once in a computation, even if the clock stands still");
    fixture.ledger.file_exposures(&[filed(at_ms + 2, 0.9)], at_ms + 2).await.unwrap();

    let shown = fixture.ledger.exposures(&["nobody", "shop"], at_ms).await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].exposure, Some(filed(at_ms + 2, 0.9)), "the last of the day");
    assert_eq!(fixture.shop(at_ms).await.last_day, None, "the same day is no earlier one");
    let tomorrow_ms = NOW_MS + DAY_MS;
    assert_eq!(fixture.shop(tomorrow_ms).await.last_day, Some(0.9));
    assert_eq!(due(tomorrow_ms).await, ["shop"]);
}

async fn a_turn_is_held_for_a_week_from_the_last_day_that_showed_it(fixture: Fixture) {
    fixture.add(&[cancelled("a", NOW_MS)]).await;
    let file = async |day: u64, turn: bool| {
        let at_ms = NOW_MS + day * DAY_MS;
        let filed = Filed {
            merchant: "shop".into(),
            points: 480.25,
            sd: 30.5,
            kept: 1.0,
            signals: 0.85,
            turn,
            at_ms,
            told: None,
        };
        fixture.ledger.file_exposures(&[filed], at_ms).await.unwrap();
    };
    let days_ago = async |day: u64| fixture.shop(NOW_MS + day * DAY_MS).await.turn_days_ago;
    file(0, false).await;
    assert_eq!(days_ago(0).await, None);
    for (day, turn) in [(1, true), (1, false), (2, false)] {
        file(day, turn).await;
    }
    assert_eq!([days_ago(1).await, days_ago(2).await, days_ago(7).await], [Some(0), Some(1), Some(6)]);
    assert_eq!(days_ago(8).await, None, "a week later");
    file(3, true).await;
    assert_eq!(days_ago(8).await, Some(5), "the last day counts");
}

async fn a_merchant_of_whom_nothing_is_known_is_left_out(fixture: Fixture) {
    assert_eq!(fixture.ledger.merchants(&["shop"], NOW_MS).await.unwrap(), []);
    assert_eq!(fixture.ledger.exposures(&["shop"], NOW_MS).await.unwrap(), []);
    let live = json!({ "host": "ann", "session": "s", "minutes": 60, "viewer_minutes": 600, "sessions_10s": 1,
        "product_shown": true, "reporters": 0, "muted": 0, "cut": true });
    fixture.add(&[event("a", "live.ended", NOW_MS, live)]).await;
    let unusual = "买家 7'\"\\";
    let line = json!({ "id": unusual, "type": "inspection.done", "at_ms": NOW_MS, "merchant": unusual,
        "kind": "sample", "passed": false });
    fixture.add(&[parse(&line, &TrustFile::builtin())]).await;
    let known = fixture.ledger.merchants(&["shop", unusual, "ann"], NOW_MS).await.unwrap();
    let ids: Vec<&str> = known.iter().map(|known| known.attributes.id.as_str()).collect();
    assert_eq!(ids, ["shop", unusual], "a host is no merchant");
    assert!((hits(&known[0], "h13") - 1.0).abs() < 1e-6 && (hits(&known[1], "q05") - 1.0).abs() < 1e-6);
}

async fn a_clock_that_was_ahead_for_a_while_freezes_nothing(fixture: Fixture) {
    fixture.add(&[cancelled("a", NOW_MS)]).await;
    let ahead_ms = NOW_MS + 30 * DAY_MS;
    let (now, ahead) = (fixture.trust(NOW_MS + 1), fixture.trust(ahead_ms));
    assert_eq!(ahead.recompute().await.unwrap(), 1);
    assert!(ahead.night().await.unwrap());
    let of_now = async || now.offers(&["shop".to_owned()]).await.unwrap()[0].at_ms;
    assert_eq!(of_now().await, NOW_MS + 1, "no exposure of a later day is read");
    assert_eq!(now.recompute().await.unwrap(), 1);
    assert_eq!(of_now().await, NOW_MS + 1);
    assert_eq!(now.recompute().await.unwrap(), 0, "and the next computation finds nothing");
    fixture.ledger.add_facts(&[cancelled("b", NOW_MS)], NOW_MS + 2).await.unwrap();
    assert_eq!(fixture.trust(NOW_MS + 3).recompute().await.unwrap(), 1);
}

async fn a_finding_of_an_authority_makes_one_violation(fixture: Fixture) {
    let trust = fixture.trust(NOW_MS);
    let line = json!({ "id": "f-1", "type": "authority.finding", "at_ms": NOW_MS - 5, "merchant": "shop",
        "policy": "prohibited_goods", "text": "Inspection 7 found goods that nobody may sell." });
    for accepted in [1, 0] {
        assert_eq!(trust.ingest(line.to_string().as_bytes()).await.unwrap().accepted, accepted);
    }
    let party = Party::merchant("shop");
    let [violation] = &fixture.ledger.violations_of(&party).await.unwrap()[..] else { panic!("one violation") };
    assert_eq!((violation.source.as_str(), violation.policy.points, violation.by.as_deref()), ("authority", 48, None));
    assert_eq!(violation.facts, "Inspection 7 found goods that nobody may sell.");
    assert_eq!(violation.state, State::Active);
    assert!(!fixture.ledger.statements_of(&party).await.unwrap().is_empty(), "a measure with its reasons");
    let withdraw = ViolationStep {
        id: violation.id,
        kind: StepKind::Withdraw,
        by: "mia".into(),
        words: "The authority took its finding back.".into(),
        version: None,
    };
    fixture.ledger.step_violation(&withdraw, NOW_MS + 1).await.unwrap();
    assert_eq!(fixture.shop(NOW_MS + 1).await.attributes.finding_at_ms, None, "as if it had never been");
    // The same fact makes no second one, also after its id is forgotten.
    let later = fixture.trust(NOW_MS + 40 * DAY_MS);
    assert_eq!(later.ingest(line.to_string().as_bytes()).await.unwrap().accepted, 1);
    assert_eq!(fixture.ledger.violations_of(&party).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_and_a_node_whose_clocks_differ_take_no_step_by_time() {
    let fixture = Fixture::postgres().await;
    let now_ms = SystemClock.now_ms();
    for (ms, may) in [(now_ms, true), (now_ms + 30 * DAY_MS, false), (now_ms - 60_000, false)] {
        assert_eq!(fixture.trust(ms).may_step_by_time().await.unwrap(), may);
    }
    let alone = Fixture::sqlite().await;
    assert!(alone.trust(now_ms + 30 * DAY_MS).may_step_by_time().await.unwrap(), "one machine has one clock");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_that_postgres_ends_in_a_deadlock_are_added_once() {
    let fixture = Fixture::postgres().await;
    let Database::Postgres(url) = &fixture.database else { panic!("PostgreSQL") };
    let of = |merchant: &str, id: &str| {
        let line = json!({ "id": id, "type": "order.cancelled", "at_ms": NOW_MS, "merchant": merchant,
            "order": "o", "by": "merchant" });
        parse(&line, &TrustFile::builtin())
    };
    fixture.add(&[of("a", "1"), of("b", "2")]).await;
    let mut operator = sqlx::PgConnection::connect(url).await.unwrap();
    // The other one is to be ended.
    sqlx::raw_sql("SET deadlock_timeout = '60s'").execute(&mut operator).await.unwrap();
    let mut locked = operator.begin().await.unwrap();
    sqlx::raw_sql("SELECT 1 FROM trust_party WHERE id = 'b' FOR UPDATE").execute(&mut *locked).await.unwrap();
    let ledger = fixture.ledger.clone();
    let facts = [of("a", "3"), of("b", "4")];
    let adding = tokio::spawn(async move { ledger.add_facts(&facts, NOW_MS).await });
    let waiting = "SELECT count(*) FROM pg_locks AS lock JOIN pg_stat_activity AS session USING (pid) \
        WHERE NOT lock.granted AND session.datname = current_database()";
    in_time("facts wait", async {
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *locked).await.unwrap() == 0 {}
    })
    .await;
    sqlx::raw_sql("SELECT 1 FROM trust_party WHERE id = 'a' FOR UPDATE").execute(&mut *locked).await.unwrap();
    locked.commit().await.unwrap();
    assert_eq!(adding.await.unwrap().unwrap(), Added { accepted: 2, duplicate: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_answers_reads_while_facts_wait_for_a_lock() {
    let database = InPostgres::open().await;
    let ledger = database.ledger();
    ledger.add_facts(&[cancelled("a", NOW_MS)], NOW_MS).await.unwrap();
    let mut operator = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let mut locked = operator.begin().await.unwrap();
    sqlx::query("LOCK TABLE trust_fact_seen IN EXCLUSIVE MODE").execute(&mut *locked).await.unwrap();
    let mut writers = JoinSet::new();
    for id in ["b", "c"] {
        let ledger = ledger.clone();
        writers.spawn(async move { ledger.add_facts(&[cancelled(id, NOW_MS)], NOW_MS).await.unwrap() });
    }
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'trust_fact_seen'::regclass";
    in_time("facts wait", async {
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *locked).await.unwrap() == 0 {}
    })
    .await;
    assert_eq!(ledger.merchants(&["shop"], NOW_MS).await.unwrap().len(), 1);
    locked.rollback().await.unwrap();
    assert_eq!(writers.join_all().await.iter().map(|added| added.accepted).sum::<u64>(), 2);
}
