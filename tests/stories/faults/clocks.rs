//! Wrong clocks: deadlines follow the store's clock, and not its steps.

use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{BallotStatus, Case, CaseState, ClosedBy, Outcome, Refusal, Role};
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_tests::api::{Api, case};
use live_jury_tests::clock::TestClock;
use live_jury_tests::in_time;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, Claims, now_s};
use serde_json::json;

use super::ROOM;

live_jury_tests::on_both! {
    a_clock_that_steps_seals_nothing
    a_clock_that_goes_back_ends_its_cases
}

/// A step of a clock.
const STEP: Duration = Duration::from_secs(3_600);
/// Duration of a case that a story ends by the nodes' own clock.
const LONG: Duration = Duration::from_secs(600);
/// Redis's clock, in milliseconds.
const NOW_MS: &str = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";

const APART: Duration = Duration::from_secs(5);
/// Largest error of a reading of the store's clock: one round trip on a busy machine.
const CLOCK_READ_ERROR_MAX_MS: u64 = 1_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_follows_the_stores_clock_not_the_nodes() {
    let stores = Stores::servers();
    let fast = Arc::new(TestClock::default());
    fast.advance(APART);
    let slow = Arc::new(TestClock::behind(APART));
    let (early, late) = (Node::start(stores.settings(), fast).await, Node::start(stores.settings(), slow).await);
    let began_ms = SystemClock.now_ms();
    let opened = early.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    let closes_at_ms = opened.closes_at_ms.unwrap();
    assert!(
        closes_at_ms.abs_diff(began_ms + 5_000) < CLOCK_READ_ERROR_MAX_MS,
        "five seconds by Redis's clock, which is right"
    );

    // One node's clock is past the deadline, the other's is before the opening. Both nodes accept ballots.
    let (mut ann, mut bob) = (early.viewer(ROOM, "ann").await, late.viewer(ROOM, "bob").await);
    for juror in [&mut ann, &mut bob] {
        let told_ms = juror.welcome.as_ref().unwrap().server_time_ms;
        assert!(
            told_ms.abs_diff(SystemClock.now_ms()) < CLOCK_READ_ERROR_MAX_MS,
            "viewers count down by the store's clock"
        );
        juror.vote(opened.id, "buyer").await;
    }
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!(bob.wait_for_verdict(opened.id).await, verdict);
    let now_ms = SystemClock.now_ms();
    assert!(now_ms >= closes_at_ms, "not before the deadline");
    assert!(verdict.decided_at_ms >= closes_at_ms && verdict.decided_at_ms < closes_at_ms + CLOCK_READ_ERROR_MAX_MS);
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 2));
    assert_eq!(early.moderator(ROOM).case(opened.id).await.closed_by, Some(ClosedBy::Deadline));
}

/// A token that is valid also for a node whose clock was set back: it ends soon enough.
fn token(role: Role, sub: &str) -> String {
    tokens::sign(&Claims { exp: now_s() + 7_200, ..tokens::claims(role, ROOM, sub) })
}

/// Sets the tally's clock past the deadline. A story cannot set that of Redis: it holds the nodes' own clock back
/// instead, and waits for the deadline of a short case.
async fn step_past(stores: &mut Stores, case: &Case) {
    if stores.try_database().is_none() {
        return stores.clock().step_ahead(STEP);
    }
    stores.clock().hold_monotonic(STEP);
    in_time("the deadline, by Redis", async {
        let redis_ms = |stores: &mut Stores| stores.redis().command(&["EVAL", NOW_MS, "0"]).parse::<u64>().unwrap();
        while redis_ms(stores) < case.closes_at_ms.unwrap() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn a_clock_that_steps_seals_nothing(mut stores: Stores) {
    let node = stores.node().await;
    let moderator = node.api(&token(Role::Moderator, "mia"));
    let is_embedded = stores.try_database().is_none();
    let duration_s = if is_embedded { LONG.as_secs() } else { 5 };
    let opened = moderator.create(ROOM, case(json!({ "duration_s": duration_s }))).await;
    let (mut ann, mut bob) = (node.viewer(ROOM, "ann").await, node.viewer(ROOM, "bob").await);
    ann.vote(opened.id, "buyer").await;
    bob.wait_for_case(opened.id, |_| true).await;
    // The tally that everybody sees is the one that the node knows.
    ann.wait_for_ballots(opened.id, 1).await;

    step_past(&mut stores, &opened).await;
    for _ in 0..2 {
        let answer = bob.cast(opened.id, "merchant").await;
        assert!(matches!(answer, Answer::Refused(Refusal::Unavailable, Some(_))), "{answer:?}");
        for (action, body) in
            [("close", json!({})), ("void", json!({ "reason": "no" })), ("extend", json!({ "by_s": 30 }))]
        {
            let refused = moderator.post(&format!("/cases/{}/{action}", opened.id), body).await;
            assert_eq!(refused.problem(503).0, "clock_stepped", "{action}");
            assert!(!refused.header("retry-after").is_empty());
        }
    }
    assert_eq!(ann.cast(opened.id, "buyer").await, answer_of(&ann, BallotStatus::Duplicate));
    let found = moderator.case(opened.id).await;
    assert_eq!((found.state, found.closes_at_ms), (CaseState::Open, opened.closes_at_ms));

    if is_embedded {
        stores.clock().step_back(STEP);
        bob.cast_until_recorded(opened.id, "merchant").await;
        stores.clock().step_ahead(STEP);
    }
    stores.clock().advance_monotonic(if is_embedded { LONG } else { STEP });
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!(verdict.ballots, if is_embedded { 2 } else { 1 });
    assert!(verdict.decided_at_ms >= opened.closes_at_ms.unwrap());
    assert_eq!(moderator.case(opened.id).await.closed_by, Some(ClosedBy::Deadline));
    assert_eq!(moderator.audit(opened.id).await, ["mia created", "mia opened", "server sealed", "server decided"]);
}

/// The juror's own recorded ballot, as a repeat gets it.
fn answer_of(juror: &Juror, status: BallotStatus) -> Answer {
    let case = juror.docket[0].id;
    let ballot = live_jury_protocol::OwnBallot { case, option: "buyer".parse().unwrap(), epoch: 1, change: 0 };
    Answer::Recorded(status, ballot)
}

async fn a_clock_that_goes_back_ends_its_cases(stores: Stores) {
    let node = stores.node().await;
    let moderator: Api = node.api(&token(Role::Moderator, "mia"));
    let opened = moderator.create(ROOM, case(json!({ "duration_s": LONG.as_secs() }))).await;
    let (mut ann, mut bob) = (node.viewer(ROOM, "ann").await, node.viewer(ROOM, "bob").await);
    ann.vote(opened.id, "buyer").await;
    bob.wait_for_case(opened.id, |_| true).await;

    // Redis's clock cannot be set back: it stands still by comparison with the nodes' own.
    if stores.try_database().is_none() {
        stores.clock().step_back(STEP / 2);
    }
    stores.clock().advance_monotonic(LONG + Duration::from_secs(5));
    assert_eq!(bob.vote(opened.id, "buyer").await.epoch, 1, "the store's clock may be right again soon");
    assert_eq!(moderator.case(opened.id).await.state, CaseState::Open);

    stores.clock().advance_monotonic(Duration::from_secs(10));
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 2));
    assert!(verdict.decided_at_ms >= opened.closes_at_ms.unwrap());
    assert_eq!(moderator.case(opened.id).await.closed_by, Some(ClosedBy::Deadline));
}

/// A policy's time before a close is time that passes: a step of the store's clock is none of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_steps_shortens_no_wait() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let platform = node.api(&tokens::token(Role::Platform, "*", "shop"));
    let policy = json!({ "min_open_s": LONG.as_secs() }).to_string().into_bytes();
    assert_eq!(platform.send("PUT", &format!("/rooms/{ROOM}/policy"), &[], Some(policy)).await.status, 200);
    let moderator = node.api(&token(Role::Moderator, "mia"));
    let opened = moderator.create(ROOM, case(json!({ "duration_s": 4 * STEP.as_secs() }))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(opened.id, "buyer").await;
    assert_eq!(moderator.act(opened.id, "close").await.problem(409).0, "too_early");

    stores.clock().step_ahead(STEP);
    assert_eq!(moderator.act(opened.id, "close").await.problem(409).0, "too_early", "no time has passed");
    stores.clock().advance_monotonic(LONG);
    let closed: Case = moderator.act(opened.id, "close").await.read(200);
    assert_eq!(closed.closed_by, Some(ClosedBy::Moderator));
}
