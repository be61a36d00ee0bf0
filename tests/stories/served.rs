//! Panels served: a juror whose ballots panels counted reaches level 2, whatever node records and dies. Tested through
//! the public surface, except that one story holds a table's lock and counts rows.

use std::time::Duration;

use live_jury_protocol::{Case, CaseId, Role};
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::token;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::panels::{Present, crowd, panel};
use crate::practice::{juror, next, pass, practising};

const ROOM: &str = "live-42";
/// Panels that level 2 takes.
const PANELS: usize = 5;
/// The statements that wait for the lock of the table of jurors.
const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'jurors'::regclass \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
/// The time between two questions whether a panel is counted.
const RETRY: Duration = Duration::from_millis(50);

live_jury_tests::on_both! {
    five_panels_served_are_level_2
    a_forgotten_juror_has_served_on_no_panel
}

/// Opens cases whose panel is everybody present.
async fn open(node: &Node, cases: usize) -> Vec<CaseId> {
    let mut opened = Vec::new();
    for _ in 0..cases {
        let new = panel(json!({ "other": 7, "call": 1, "present_s": 0 }));
        opened.push(node.moderator(ROOM).create(ROOM, new).await.id);
    }
    opened
}

/// Waits until the panel of a case is called, and lets those of `voters` vote.
async fn vote(present: &mut [Present], id: CaseId, voters: impl IntoIterator<Item = usize>) {
    let is_called = |case: &Case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some());
    let called = present[0].juror.wait_for_case(id, is_called).await.draw.unwrap().called.unwrap();
    assert_eq!(called.other, 7);
    for voter in voters {
        present[voter].juror.vote(id, "buyer").await;
    }
}

async fn wait_for_level(juror: &Api, level: u8) {
    let waiting = async {
        while next(juror).await.level != level {
            tokio::time::sleep(RETRY).await;
        }
    };
    in_time("the level", waiting).await;
}

async fn five_panels_served_are_level_2(stores: Stores) {
    let node = practising(&stores).await;
    let mut present = crowd(&node, "present", 7).await;
    let [first, last] = [0, 6].map(|n: usize| juror(&node, &present[n].sub));
    pass(&first).await;
    pass(&last).await;
    let moderator = node.moderator(ROOM);
    let cases = open(&node, PANELS + 1).await;
    // The last one votes in the void case, and in all others but one.
    for (n, id) in cases.iter().enumerate() {
        vote(&mut present, *id, if n == 0 { 0..6 } else { 0..7 }).await;
    }
    moderator.void(cases[PANELS], "a test").await;
    for id in &cases[1..PANELS] {
        moderator.close(*id).await;
    }
    // A void case counts nobody, and four are too few. The fifth one counts those of its panel who voted.
    assert_eq!((next(&first).await.level, next(&last).await.level), (1, 1));
    moderator.close(cases[0]).await;
    wait_for_level(&first, 2).await;
    assert_eq!(next(&last).await.level, 1, "called in five decided cases, and counted in four");
    let [sixth] = open(&node, 1).await[..] else { panic!("one case") };
    vote(&mut present, sixth, 0..7).await;
    moderator.close(sixth).await;
    wait_for_level(&last, 2).await;
    drop(present);

    // The level opens a panel.
    let _bob = node.viewer(ROOM, "bob").await;
    let mut ann = node.viewer(ROOM, "present-0").await;
    let new = json!({ "other": 7, "call": 1, "present_s": 0, "min_level": 2 });
    let opened = moderator.create(ROOM, case(json!({ "rules": { "panel": new } }))).await;
    let is_called = |case: &Case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some());
    let called = ann.wait_for_case(opened.id, is_called).await.draw.unwrap().called.unwrap();
    assert_eq!(called.other, 1, "bob has not served");
}

async fn a_forgotten_juror_has_served_on_no_panel(stores: Stores) {
    let node = practising(&stores).await;
    let mut present = crowd(&node, "present", 7).await;
    let [first, last] = [0, 6].map(|n: usize| juror(&node, &present[n].sub));
    pass(&last).await;
    let cases = open(&node, PANELS).await;
    for id in &cases {
        vote(&mut present, *id, 0..7).await;
    }
    let moderator = node.moderator(ROOM);
    for id in &cases[1..] {
        moderator.close(*id).await;
    }
    // Also what the panel of an open case would count.
    let platform = node.api(&token(Role::Platform, "*", "shop"));
    let forgotten = platform.post("/jurors/forget", json!({ "sub": present[0].sub })).await;
    assert_eq!(forgotten.status, 204, "{}", forgotten.text);
    moderator.close(cases[0]).await;
    wait_for_level(&last, 2).await;
    pass(&first).await;
    assert_eq!(next(&first).await.level, 1, "nothing is left of five panels");
}

/// The number of panels that jurors have served, by the table.
async fn served(db: &mut PgConnection) -> Vec<i64> {
    let sql = "SELECT served FROM jurors WHERE served > 0 ORDER BY served";
    sqlx::query_scalar(sql).fetch_all(db).await.unwrap()
}

async fn wait_for(db: &mut PgConnection, sql: &'static str, wanted: i64) {
    let waiting = async {
        while sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut *db).await.unwrap() != wanted {
            tokio::time::sleep(RETRY).await;
        }
    };
    in_time(sql, waiting).await;
}

/// The node dies within the count, after the record. The next one counts, and the one after that finds nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_between_record_and_count_loses_and_doubles_no_panel() {
    let stores = Stores::servers();
    let node = stores.node().await;
    let mut present = crowd(&node, "present", 7).await;
    let [id] = open(&node, 1).await[..] else { panic!("one case") };
    vote(&mut present, id, 0..6).await;
    let mut db = PgConnection::connect(stores.database()).await.unwrap();
    let mut lock = PgConnection::connect(stores.database()).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE jurors IN EXCLUSIVE MODE").execute(&mut lock).await.unwrap();
    let closed = node.moderator(ROOM).close(id).await;
    assert!(closed.verdict.is_some(), "no verdict waits for the count");
    wait_for(&mut db, WAITING, 1).await;
    node.kill().await;
    sqlx::raw_sql("ROLLBACK").execute(&mut lock).await.unwrap();
    wait_for(&mut db, WAITING, 0).await;
    assert_eq!(served(&mut db).await, [0_i64; 0], "the count that was cut off left nothing");

    for _ in 0..2 {
        let node = stores.node().await;
        wait_for(&mut db, "SELECT count(*) FROM serving", 0).await;
        assert_eq!(served(&mut db).await, [1; 6]);
        node.stop().await;
    }
    assert_eq!(served(&mut db).await, [1; 6]);
}
