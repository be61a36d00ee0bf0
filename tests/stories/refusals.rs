//! Refusals of ballots: every reason, and the recovery from those that pass. Tested through the public surface only,
//! except that a story locks a table of the database.

use futures_util::future::select_all;
use live_jury_protocol::{Case, Refusal, Role};
use live_jury_tests::api::case;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, now_s, sign};
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

const ROOM: &str = "live-42";
const DAY_S: u64 = 24 * 60 * 60;
/// Casts on an unknown case, more than a room looks up at once.
const UNKNOWN_CASTS: usize = 140;

live_jury_tests::on_both! {
    every_refusal_reason_is_sent
    the_first_applicable_refusal_is_sent
    refusals_are_counted_for_moderators
}

async fn join_with(node: &Node, change: impl FnOnce(&mut Claims)) -> Juror {
    let mut claims = claims(Role::Viewer, ROOM, "ann");
    change(&mut claims);
    Juror::join(node.address, ROOM, &sign(&claims)).await
}

/// A case that requires accounts of a week, and recuses Rex.
async fn strict_case(node: &Node) -> Case {
    let rules = json!({ "quorum": 1, "min_account_age_days": 7, "recused": ["rex"] });
    node.moderator(ROOM).create(ROOM, case(json!({ "rules": rules }))).await
}

async fn every_refusal_reason_is_sent(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let strict = strict_case(&node).await;
    let id = strict.id.to_string();
    let old = Some(now_s() - 8 * DAY_S);

    let mut ann = join_with(&node, |claims| claims.since = old).await;
    let elsewhere = node.moderator("live-43").create("live-43", case(json!({}))).await.id.to_string();
    let nowhere = uuid::Uuid::now_v7().to_string();
    for unknown in ["", "nonsense", &nowhere, &elsewhere] {
        ann.expect_refused(unknown, "buyer", Refusal::UnknownCase).await;
    }
    for role in [Role::Moderator, Role::Host, Role::Overlay] {
        node.join_as(role, ROOM).await.expect_refused(&id, "buyer", Refusal::NotAJuror).await;
    }
    let mut watcher = join_with(&node, |claims| (claims.anon, claims.since) = (true, old)).await;
    watcher.expect_refused(&id, "buyer", Refusal::Anonymous).await;
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id.to_string();
    ann.expect_refused(&draft, "buyer", Refusal::NotOpen).await;
    ann.expect_refused(&id, "nobody", Refusal::UnknownOption).await;
    let mut rex = join_with(&node, |claims| (claims.sub, claims.since) = ("rex".to_owned(), old)).await;
    rex.expect_refused(&id, "buyer", Refusal::Recused).await;
    for since in [None, Some(now_s() - 6 * DAY_S), Some(now_s() + DAY_S)] {
        let mut new = join_with(&node, |claims| claims.since = since).await;
        new.expect_refused(&id, "buyer", Refusal::AccountTooNew).await;
    }
    ann.vote(strict.id, "buyer").await;
    ann.expect_refused(&id, "merchant", Refusal::AlreadyVoted).await;
    let mut bob = join_with(&node, |claims| (claims.sub, claims.since) = ("bob".to_owned(), old)).await;
    moderator.close(strict.id).await;
    bob.expect_refused(&id, "buyer", Refusal::Closed).await;
    assert_eq!(moderator.case(strict.id).await.verdict.unwrap().ballots, 1);
}

async fn the_first_applicable_refusal_is_sent(stores: Stores) {
    let node = stores.node().await;
    let strict = strict_case(&node).await;
    let id = strict.id.to_string();
    let mut host = node.join_as(Role::Host, ROOM).await;
    host.expect_refused("nonsense", "nobody", Refusal::UnknownCase).await;
    host.expect_refused(&id, "nobody", Refusal::NotAJuror).await;
    // Rex is anonymous, recused and new, and names no option.
    let mut anonymous = join_with(&node, |claims| (claims.sub, claims.anon) = ("rex".to_owned(), true)).await;
    anonymous.expect_refused(&id, "nobody", Refusal::Anonymous).await;
    let mut rex = join_with(&node, |claims| claims.sub = "rex".to_owned()).await;
    rex.expect_refused(&id, "nobody", Refusal::UnknownOption).await;
    rex.expect_refused(&id, "buyer", Refusal::Recused).await;
    node.moderator(ROOM).close(strict.id).await;
    rex.wait_for_verdict(strict.id).await;
    rex.expect_refused(&id, "nobody", Refusal::Closed).await;
    anonymous.expect_refused(&id, "buyer", Refusal::Anonymous).await;
}

async fn refusals_are_counted_for_moderators(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened.id, |_| true).await;
    ann.expect_refused(&opened.id.to_string(), "nobody", Refusal::UnknownOption).await;
    ann.expect_refused(&opened.id.to_string(), "nobody", Refusal::UnknownOption).await;
    let mut mod_api = node.join_as(Role::Moderator, ROOM).await;
    let times = |stats: &live_jury_protocol::Stats| stats.refused.get(&Refusal::UnknownOption).copied();
    mod_api.wait("stats", |mod_api| mod_api.stats.as_ref().and_then(times).filter(|times| *times == 2)).await;
    assert!(ann.stats.is_none(), "stats are for moderators");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ballot_refused_during_a_redis_outage_counts_afterwards() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    let mut bob = node.viewer(ROOM, "bob").await;
    let before = bob.vote(opened.id, "merchant").await;
    ann.wait_for_ballots(opened.id, 1).await;

    stores.redis().kill();
    let refused = ann.cast(opened.id, "buyer").await;
    assert!(matches!(refused, Answer::Refused(Refusal::Unavailable, Some(500..=1_000))), "{refused:?}");
    let page = node.moderator(ROOM).get(&format!("/cases/{}/tally", opened.id)).await;
    assert_eq!((page.problem(503).0.as_str(), page.header("retry-after")), ("unavailable", "2"));

    stores.redis().restart();
    ann.cast_until_recorded(opened.id, "buyer").await;
    let tally = ann.wait_for_ballots(opened.id, 2).await;
    assert_eq!((tally.epoch, tally.ballots), (before.epoch, 2), "what was acknowledged survived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn casts_above_the_lookup_limit_are_refused_busy() {
    let stores = Stores::servers();
    let node = stores.node_with(|settings| settings.limits.max_sockets_per_address = 0).await;
    let mut jurors = Vec::new();
    for n in 0..UNKNOWN_CASTS {
        jurors.push(node.viewer(ROOM, &format!("juror-{n}")).await);
    }
    // Lookups wait while the table is locked.
    let mut database = PgConnection::connect(stores.database()).await.unwrap();
    database.execute("BEGIN").await.unwrap();
    database.execute("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let nowhere = uuid::Uuid::now_v7().to_string();
    for juror in &mut jurors {
        juror.send_cast(&nowhere, "buyer", None).await;
    }
    // Some casts are being looked up and as many wait. Every further one is refused at once.
    let waiting = jurors.iter_mut().map(|juror| Box::pin(juror.answer()));
    let (first, place, others) = select_all(waiting).await;
    drop(others);
    assert!(matches!(first, Answer::Refused(Refusal::Busy, Some(500..=1_000))), "{first:?}");
    database.execute("ROLLBACK").await.unwrap();
    jurors.swap_remove(place);
    let mut answers = Vec::new();
    for juror in &mut jurors {
        answers.push(juror.answer().await);
    }
    assert!(answers.contains(&Answer::Refused(Refusal::UnknownCase, None)), "{answers:?}");
}
