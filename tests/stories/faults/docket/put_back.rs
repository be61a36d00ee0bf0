//! A docket that is put back to an older state, under running nodes and while none runs: the later read wins.

use futures_util::future::join_all;
use live_jury_protocol::{BallotStatus, Case, CaseId, Page, Problem, Refusal, close};
use live_jury_tests::api::{Api, case};
use live_jury_tests::docket_copy::DocketCopy;
use live_jury_tests::in_time;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, moderator, viewer};
use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::ROOM;

/// The sum of a metric over programs.
async fn went_back(programs: &[&Program]) -> u64 {
    let scrapes = programs.iter().map(|program| async { program.admin().get("/metrics").await.text });
    let of = |text: &String| -> u64 {
        let line = text.lines().find(|line| line.starts_with("live_jury_docket_went_back_total ")).unwrap();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    };
    join_all(scrapes).await.iter().map(of).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_docket_put_back_is_followed_and_gives_the_same_verdict() {
    let stores = Stores::servers();
    let (here, there) = (Program::serve(&stores, &[]).await, Program::serve(&stores, &[]).await);
    let mod_api = Api::new(here.address, Some(&moderator(ROOM, "mod")));
    let opened = mod_api.create(ROOM, case(json!({}))).await;
    let mut ann = Juror::join(here.address, ROOM, &viewer(ROOM, "ann")).await;
    let mut bob = Juror::join(there.address, ROOM, &viewer(ROOM, "bob")).await;
    ann.vote(opened.id, "buyer").await;
    bob.vote(opened.id, "buyer").await;
    let copy = DocketCopy::take(stores.database()).await;
    mod_api.close(opened.id).await;
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!(bob.wait_for_verdict(opened.id).await, verdict);
    let shown_rev = ann.docket_rev;

    copy.put_back().await;
    assert_eq!((ann.wait_closed().await, bob.wait_closed().await), (close::RESTART, close::RESTART));
    for (program, sub) in [(&here, "ann"), (&there, "bob")] {
        let mut again = Juror::join(program.address, ROOM, &viewer(ROOM, sub)).await;
        assert_eq!(again.wait_for_verdict(opened.id).await, verdict);
        assert!(again.docket_rev <= shown_rev, "the rev is that of the docket that was put back");
    }
    let audit = mod_api.audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "mod closed", "server decided"]);
    assert_eq!(mod_api.ballots(opened.id).await.len(), 2);
    assert_eq!(went_back(&[&here, &there]).await, 1, "two nodes notice it, and one begins the incarnation");
}

/// The node shows an ended case, and the docket an open one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_on_a_case_put_back_is_answered() {
    let stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let (mut ann, mut bob) = (node.viewer(ROOM, "ann").await, node.viewer(ROOM, "bob").await);
    ann.vote(opened.id, "buyer").await;
    bob.vote(opened.id, "buyer").await;
    let copy = DocketCopy::take(stores.database()).await;
    node.moderator(ROOM).close(opened.id).await;
    ann.wait_for_verdict(opened.id).await;

    copy.put_back().await;
    ann.send_cast(&opened.id.to_string(), "buyer", None).await;
    match ann.answer_or_close().await {
        Ok(answer) => assert!(matches!(answer, Answer::Refused(Refusal::Unavailable, Some(_))), "{answer:?}"),
        // The node compared all rooms in just that moment.
        Err(code) => assert_eq!(code, close::RESTART),
    }
    assert_eq!(ann.wait_closed().await, close::RESTART);
    let mut again = node.viewer(ROOM, "ann").await;
    assert_eq!(again.cast_until_recorded(opened.id, "buyer").await, BallotStatus::Duplicate);
    assert_eq!(again.wait_for_verdict(opened.id).await.ballots, 2);
}

/// Opens a case and closes it at once.
async fn recorded(node: &Node) -> CaseId {
    let moderator = node.moderator(ROOM);
    let id = moderator.create(ROOM, case(json!({}))).await.id;
    moderator.close(id).await.id
}

/// Reads a page of verdicts: the cases, and the cursor to go on from.
async fn follow(platform: &Api, after: &str) -> (Vec<CaseId>, String) {
    let page: Page<Case> = platform.get(&format!("/verdicts{after}")).await.read(200);
    (page.items.into_iter().map(|case| case.id).collect(), format!("?after={}", page.next.unwrap()))
}

/// Requires that a cursor is refused, and returns the cursor to go on from.
async fn refused(platform: &Api, after: &str) -> String {
    let reply = platform.get(&format!("/verdicts{after}")).await;
    assert_eq!(reply.problem(410).0, "cursor_gone", "{after}");
    format!("?after={}", reply.read::<Problem>(410).next.unwrap())
}

/// Waits until the docket's mark has seen this many verdicts.
async fn wait_for_mark(stores: &mut Stores, verdicts: &str) {
    let mut db = PgConnection::connect(stores.database()).await.unwrap();
    let id = "SELECT id::text FROM incarnations WHERE number = 1";
    let docket: String = sqlx::query_scalar(id).fetch_one(&mut db).await.unwrap();
    let key = format!("lj:docket:{{{docket}}}");
    in_time("the docket's mark", async {
        while stores.redis().command(&["HGET", &key, "place"]) != verdicts {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_from_before_is_refused() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let platform = node.api(&tokens::moderator("*", "platform"));
    let (first, second) = (recorded(&node).await, recorded(&node).await);
    let (ids, at_second) = follow(&platform, "").await;
    assert_eq!(ids, [first, second]);
    let copy = DocketCopy::take(stores.database()).await;
    let third = recorded(&node).await;
    let (ids, at_third) = follow(&platform, &at_second).await;
    assert_eq!(ids, [third]);
    wait_for_mark(&mut stores, "3").await;
    let mut ann = node.viewer(ROOM, "ann").await;

    copy.put_back().await;
    // At once, before a node has noticed: the place of the cursor is gone, or another case has it.
    refused(&platform, &at_third).await;
    let fourth = recorded(&node).await;
    // The sockets close once the new incarnation is filed. A place that was told before it may be refused once more.
    assert_eq!(ann.wait_closed().await, close::RESTART);
    let next = refused(&platform, &at_third).await;
    assert_eq!(follow(&platform, &next).await.0, [fourth], "nothing before the copy comes again");
    let (from_second, from_third) = (refused(&platform, &at_second).await, refused(&platform, &at_third).await);
    assert_eq!(follow(&platform, &from_second).await.0, [fourth]);
    let (ids, end) = follow(&platform, &from_third).await;
    assert_eq!(ids, [fourth]);
    let fifth = recorded(&node).await;
    assert_eq!(follow(&platform, &end).await.0, [fifth], "the new cursor goes on");
}

/// The docket is put back while no node runs. The node that starts finds it by the mark.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_compares_the_docket_with_its_mark() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let first = recorded(&node).await;
    let copy = DocketCopy::take(stores.database()).await;
    let second = recorded(&node).await;
    let (ids, at_second) = follow(&node.api(&tokens::moderator("*", "platform")), "").await;
    assert_eq!(ids, [first, second]);
    wait_for_mark(&mut stores, "2").await;
    node.stop().await;

    copy.put_back().await;
    let node = stores.node().await;
    let platform = node.api(&tokens::moderator("*", "platform"));
    let third = recorded(&node).await;
    let next = refused(&platform, &at_second).await;
    assert_eq!(follow(&platform, &next).await.0, [third]);
}

/// One file holds tally and docket, and no mark tells that it went back. The cursor itself tells. A node that has
/// stopped leaves one whole file, so the copy needs no log beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_of_a_file_that_was_put_back_is_refused() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let first = recorded(&node).await;
    node.stop().await;
    let copy = stores.file().with_extension("copy");
    std::fs::copy(stores.file(), &copy).unwrap();
    let node = stores.node().await;
    let second = recorded(&node).await;
    let (ids, at_second) = follow(&node.api(&tokens::moderator("*", "platform")), "").await;
    assert_eq!(ids, [first, second]);
    node.stop().await;

    std::fs::copy(&copy, stores.file()).unwrap();
    let node = stores.node().await;
    let platform = node.api(&tokens::moderator("*", "platform"));
    let third = recorded(&node).await;
    let next = refused(&platform, &at_second).await;
    assert_eq!(follow(&platform, &next).await.0, [first, third]);
}
