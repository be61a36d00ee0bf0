//! Redis loses the data of an open case: the loss is noticed and announced, and ballots are cast again. Tested through
//! the public surface only, except that one story seals a case with the server's own code.

use std::time::Duration;

use live_jury_court::SealedBy;
use live_jury_protocol::{
    Actor, AuditAction, AuditEntry, BallotStatus, Case, CaseId, CaseState, ClosedBy, Outcome, Page, Refusal, Role,
    TALLY_LOST,
};
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_server::config::Timeout;
use live_jury_server::tally::StoreEpoch;
use live_jury_tests::api::case;
use live_jury_tests::juror::{Answer, Juror, counts};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::token;
use serde_json::json;
use tokio::time::Instant;

const ROOM: &str = "live-42";
const LOSSES: u64 = 5;
/// Limit for the announcement of a loss, in milliseconds.
const NOTICED_MAX_MS: u128 = 2_000;
/// Minimum time to the deadline after a loss, in milliseconds.
const REOPENED_MIN_MS: u64 = 10_000;

/// Deletes every hash of two fields without an epoch, which are the keys of ballots, and returns their number.
const DELETE_BALLOTS: &str = "
local n = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
  local is_hash = redis.call('TYPE', key).ok == 'hash'
  if is_hash and redis.call('HEXISTS', key, 'epoch') == 0 and redis.call('HLEN', key) == 2 then
    n = n + redis.call('DEL', key)
  end
end
return n
";

/// Ann on one node and Bob on the other, who have voted.
async fn two_voted(stores: &Stores, duration_s: u64) -> (Node, Node, Case, [Juror; 2]) {
    let (here, there) = (stores.node().await, stores.node().await);
    let mut jurors = [here.viewer(ROOM, "ann").await, there.viewer(ROOM, "bob").await];
    let opened = here.moderator(ROOM).create(ROOM, case(json!({ "duration_s": duration_s }))).await;
    let [ann, bob] = &mut jurors;
    ann.vote(opened.id, "buyer").await;
    bob.vote(opened.id, "merchant").await;
    for juror in &mut jurors {
        assert!(juror.wait_for_ballots(opened.id, 2).await.counts.is_some());
    }
    (here, there, opened, jurors)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_is_announced_and_ballots_are_cast_again() {
    let mut stores = Stores::servers();
    let (here, _there, opened, [mut ann, mut bob]) = two_voted(&stores, 5).await;
    let id = opened.id;

    // No juror casts, so the nodes notice the loss by polling.
    let (lost_at, lost_at_ms) = (Instant::now(), SystemClock.now_ms());
    stores.redis().flush();
    for juror in [&mut ann, &mut bob] {
        let again = juror.wait_for_case(id, |case| case.epoch > 1).await;
        assert!(lost_at.elapsed().as_millis() <= NOTICED_MAX_MS, "{:?}", lost_at.elapsed());
        assert_eq!((again.epoch, again.state), (2, CaseState::Open), "one loss is one epoch, whoever notices it");
        assert!(again.closes_at_ms.unwrap() >= lost_at_ms + REOPENED_MIN_MS);
        assert!(again.extended_s > 0);
        // A juror of the old epoch has not voted in the new one, so the counts are hidden.
        let empty =
            juror.wait("the new tally", |juror| juror.tallies.get(&id).filter(|tally| tally.epoch == 2).cloned());
        assert_eq!(empty.await.counts, None);
    }
    assert_eq!(ann.cast_until_recorded(id, "buyer").await, BallotStatus::Counted);
    assert_eq!(bob.cast_until_recorded(id, "merchant").await, BallotStatus::Counted);
    let tally = ann.wait("both", |ann| ann.tallies.get(&id).filter(|tally| tally.ballots == 2).cloned()).await;
    assert_eq!((tally.epoch, tally.counts), (2, counts([("buyer", 1), ("merchant", 1), ("abstain", 0)])));

    let verdict = bob.wait_for_verdict(id).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Hung, 2));
    assert!(verdict.decided_at_ms >= lost_at_ms + REOPENED_MIN_MS, "no earlier than ten seconds after the loss");
    let audit = here.moderator(ROOM).audit(id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server tally_lost", "server sealed", "server decided"]);
}

/// Both nodes notice each loss, and one of them files the new epoch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_loss_raises_one_epoch() {
    let mut stores = Stores::servers();
    let (here, there, opened, [mut ann, mut bob]) = two_voted(&stores, 600).await;
    for epoch in 2..=LOSSES + 1 {
        stores.redis().flush();
        for juror in [&mut ann, &mut bob] {
            let again = juror.wait_for_case(opened.id, |case| case.epoch >= epoch).await;
            assert_eq!(again.epoch, epoch);
            assert_eq!(juror.cast_until_recorded(opened.id, "buyer").await, BallotStatus::Counted);
        }
    }
    assert_eq!(there.moderator(ROOM).close_after_loss(opened.id).await.verdict.unwrap().ballots, 2);
    let audit = here.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit.iter().filter(|entry| *entry == "server tally_lost").count() as u64, LOSSES);
    assert_eq!(audit.len() as u64, LOSSES + 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_during_a_loss_counts_in_the_new_epoch() {
    let mut stores = Stores::servers();
    let (_here, _there, opened, [_, mut bob]) = two_voted(&stores, 600).await;
    stores.redis().flush();
    // The same ballot again. It counts in the new epoch, after any number of retries.
    assert_eq!(bob.cast_until_recorded(opened.id, "merchant").await, BallotStatus::Counted);
    let again = bob.wait_for_case(opened.id, |case| case.epoch > 1).await;
    assert_eq!((again.epoch, again.closes_at_ms), (2, opened.closes_at_ms), "there was time enough");
}

/// A missing part is a loss like a missing whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tally_without_its_ballots_is_a_loss() {
    let mut stores = Stores::servers();
    let (_here, _there, opened, [mut ann, _]) = two_voted(&stores, 600).await;
    let deleted = stores.redis().command(&["EVAL", DELETE_BALLOTS, "0"]);
    assert_ne!(deleted, "0", "the ballots' key was found");
    ann.wait_for_case(opened.id, |case| case.epoch > 1).await;
    assert_eq!(ann.cast_until_recorded(opened.id, "buyer").await, BallotStatus::Counted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_case_with_a_lost_tally_is_void() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    node.kill().await;
    seal(&stores, opened.id).await;
    stores.redis().flush();

    let node = stores.node_with(|settings| settings.lost_hold = Timeout(Duration::from_millis(1))).await;
    let ended = node.wait_for_verdict(&opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.outcome), (CaseState::Void, Outcome::Void));
    assert_eq!((verdict.reason.as_deref(), verdict.ballots, verdict.counts), (Some(TALLY_LOST), 0, None));
    assert_eq!(node.moderator(ROOM).ballots(opened.id).await, [] as [&str; 0]);
    let audit = node.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server sealed", "server tally_missing", "server voided"]);
    assert_eq!(last_detail(&node, opened.id).await.as_deref(), Some("tally_lost, gone"));
}

/// The particulars of the last line of the audit trail.
async fn last_detail(node: &Node, id: CaseId) -> Option<String> {
    let page: Page<AuditEntry> = node.moderator(ROOM).get(&format!("/cases/{id}/audit")).await.read(200);
    page.items.into_iter().next_back().and_then(|line| line.detail)
}

/// This number of viewers, who vote for the buyer and leave once all ballots are in.
async fn vote_and_leave(node: &Node, id: CaseId, jurors: u64) {
    for number in 0..jurors {
        let mut juror = node.viewer(ROOM, &format!("juror-{number}")).await;
        juror.vote(id, "buyer").await;
        juror.wait_for_ballots(id, number + 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_are_left_decide_nothing() {
    const VOTED: u64 = 20;
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, case(json!({}))).await;
    vote_and_leave(&node, opened.id, VOTED).await;
    stores.redis().flush();
    let mut eve = node.viewer(ROOM, "eve").await;
    eve.wait_for_case(opened.id, |case| case.epoch == 2).await;
    assert_eq!(eve.cast_until_recorded(opened.id, "merchant").await, BallotStatus::Counted);
    assert_eq!(moderator.act(opened.id, "close").await.problem(409).0, "too_early", "it would void the case");

    let ended = moderator.close_after_loss(opened.id).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.outcome, verdict.option), (CaseState::Void, Outcome::Void, None));
    assert_eq!((verdict.reason.as_deref(), verdict.ballots), (Some(TALLY_LOST), 1));
    assert_eq!(verdict.ballots_before_loss, Some(VOTED));
    assert_eq!(verdict.counts, counts([("buyer", 0), ("merchant", 1), ("abstain", 0)]), "a moderator reads them");
    let shown = eve.wait_for_verdict(opened.id).await;
    assert_eq!((shown.counts, shown.ballots_before_loss), (None, Some(VOTED)));
    assert_eq!(last_detail(&node, opened.id).await.as_deref(), Some("tally_lost, 1 of 20 ballots came again"));
}

/// The share is the one with which the case was opened, whichever node decides. Of two losses the larger one counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enough_of_those_who_voted_decide_after_a_loss() {
    let mut stores = Stores::servers();
    let here = stores.node().await;
    let there = stores.node_with(|settings| settings.loss_share = "1".parse().unwrap()).await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
    vote_and_leave(&here, opened.id, 4).await;
    for (epoch, jurors) in [(2, 1..2), (3, 1..4)] {
        stores.redis().flush();
        for number in jurors {
            let mut juror = here.viewer(ROOM, &format!("juror-{number}")).await;
            juror.wait_for_case(opened.id, |case| case.epoch == epoch).await;
            juror.cast_until_recorded(opened.id, "buyer").await;
        }
    }
    let ended = there.moderator(ROOM).close_after_loss(opened.id).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 3));
    assert_eq!(verdict.ballots_before_loss, Some(4));
}

/// Nobody can cast again, so there is no new epoch and no verdict of the few.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_found_after_the_deadline_is_void() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let short = || case(json!({ "duration_s": 5, "rules": { "quorum": 30 } }));
    let opened = node.moderator(ROOM).create(ROOM, short()).await;
    let voided = node.moderator(ROOM).create(ROOM, short()).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    for case in [&opened, &voided] {
        ann.vote(case.id, "buyer").await;
    }
    node.kill().await;
    stores.redis().flush();
    let late_at_ms = voided.closes_at_ms.unwrap() + REOPENED_MIN_MS + 100;
    tokio::time::sleep(Duration::from_millis(late_at_ms.saturating_sub(SystemClock.now_ms()))).await;

    let node = stores.node_with(|settings| settings.lost_hold = Timeout(Duration::from_secs(5))).await;
    for case in [&opened, &voided] {
        let missing = node.wait_for_case(case, |case| case.tally_missing).await;
        assert_eq!((missing.state, missing.epoch, missing.verdict), (CaseState::Open, 1, None));
        assert_eq!(missing.closes_at_ms, case.closes_at_ms);
    }
    let mut bob = node.viewer(ROOM, "bob").await;
    bob.wait_for_case(opened.id, |case| case.tally_missing).await;
    assert!(matches!(bob.cast(opened.id, "buyer").await, Answer::Refused(Refusal::Unavailable, _)), "it may come back");
    let moderator = node.moderator(ROOM);
    assert_eq!(moderator.act(opened.id, "close").await.problem(409).0, "not_open");
    assert_eq!(moderator.extend(opened.id, 60).await.problem(409).0, "not_open");
    let reason = json!({ "reason": "we cannot wait" });
    let void = format!("/cases/{}/void", voided.id);
    assert_eq!(moderator.post(&void, reason.clone()).await.problem(403).0, "forbidden");
    let ended: Case = node.moderator("*").post(&void, reason).await.read(200);
    assert_eq!((ended.state, ended.closed_by), (CaseState::Void, Some(ClosedBy::Moderator)));
    let verdict = ended.verdict.unwrap();
    assert_eq!((verdict.reason.as_deref(), verdict.counts), (Some("we cannot wait"), None));

    let ended = node.wait_for_verdict(&opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.outcome, ended.epoch), (CaseState::Void, Outcome::Void, 1));
    assert_eq!((verdict.reason.as_deref(), verdict.ballots), (Some(TALLY_LOST), 0));
    assert_eq!(Some(verdict.decided_at_ms), opened.closes_at_ms, "dated by its deadline");
    assert!(!ended.tally_missing);
    let audit = moderator.audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server tally_missing", "server sealed", "server voided"]);
    assert_eq!(last_detail(&node, opened.id).await.as_deref(), Some("tally_lost, late"));
    let audit = moderator.audit(voided.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server tally_missing", "mod voided", "server voided"]);
}

/// Where the room's policy wants two moderators for a void, a missing tally needs two moderators of all rooms.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_void_of_a_missing_tally_needs_two_moderators() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let policy = json!({ "second_moderator": ["void"] }).to_string().into_bytes();
    let platform = node.api(&token(Role::Platform, "*", "shop"));
    assert_eq!(platform.send("PUT", &format!("/rooms/{ROOM}/policy"), &[], Some(policy)).await.status, 200);
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    node.kill().await;
    seal(&stores, opened.id).await;
    stores.redis().flush();

    let node = stores.node().await;
    node.wait_for_case(&opened, |case| case.tally_missing).await;
    let (void, reason) = (format!("/cases/{}/void", opened.id), json!({ "reason": "we cannot wait" }));
    let of = |room: &str, sub: &str| node.api(&token(Role::Moderator, room, sub));
    let waits: Case = of("*", "mia").post(&void, reason.clone()).await.read(202);
    assert_eq!((waits.state, waits.asked.map(|asked| asked.by)), (CaseState::Sealed, Some("mia".to_owned())));
    assert_eq!(of(ROOM, "max").post(&void, reason.clone()).await.problem(403).0, "forbidden");
    assert_eq!(of("*", "mia").post(&void, reason.clone()).await.status, 202, "mia alone cannot");
    let ended: Case = of("*", "max").post(&void, reason).await.read(200);
    assert_eq!((ended.state, ended.asked), (CaseState::Void, None));
    let audit = of(ROOM, "max").audit(opened.id).await;
    let last = ["server tally_missing", "mia asked", "mia asked", "max voided"];
    assert_eq!(audit[audit.len() - 4..], last, "both are named");
}

/// Seals the case and files the seal, as a node does before the verdict.
async fn seal(stores: &Stores, id: CaseId) {
    let (tally, docket) = stores.open().await;
    let by = SealedBy::Moderator { sub: "mia".to_owned() };
    let seal = tally.seal(id, StoreEpoch::from(1), &by).await.unwrap().seal.unwrap();
    let case = docket.case(id).await.unwrap().unwrap().seal(seal.by, seal.at_ms).unwrap();
    let (at_ms, by, by_kind, action) = (seal.at_ms, "server".to_owned(), Actor::Server, AuditAction::Sealed);
    let entry = AuditEntry { at_ms, by, by_kind, action, detail: None, version: case.version, epoch: 1 };
    docket.file(&case, &entry).await.unwrap();
}

/// The keys of a recorded case may be deleted at any time. That is not a loss.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_case_cannot_be_lost() {
    let mut stores = Stores::servers();
    let (here, there, opened, [mut ann, mut bob]) = two_voted(&stores, 600).await;
    let verdict = here.moderator(ROOM).close(opened.id).await.verdict;
    stores.redis().flush();
    assert_eq!(Some(bob.wait_for_verdict(opened.id).await), verdict);
    ann.wait_for_verdict(opened.id).await;
    ann.expect_ballot(opened.id, "buyer", BallotStatus::Duplicate).await;
    assert_eq!(there.moderator(ROOM).case(opened.id).await.verdict, verdict);
    assert_eq!(there.moderator(ROOM).ballots(opened.id).await.len(), 2);
}
