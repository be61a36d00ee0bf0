//! A whole case from its opening to its record, while its node is killed. Tested through the public surface only.

use futures_util::future::join_all;
use live_jury_protocol::{BallotStatus, CaseState, ClosedBy, Outcome, Refusal, Role, Side, Verdict};
use live_jury_tests::api::case;
use live_jury_tests::juror::{Juror, counts};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, sign};
use serde_json::json;

const ROOM: &str = "live-42";
const JURORS: usize = 60;

live_jury_tests::on_both! {
    a_case_is_decided_though_its_node_is_killed
}

/// The option of the n-th juror: five of ten vote for the buyer and three for the merchant, and two abstain.
fn choice(n: usize) -> &'static str {
    ["buyer", "buyer", "buyer", "buyer", "buyer", "merchant", "merchant", "merchant", "abstain", "abstain"][n % 10]
}

async fn juror(node: &Node, n: usize) -> Juror {
    let side = [None, Some(Side::Buyer), Some(Side::Merchant)][n % 3];
    let token = sign(&Claims { side, ..claims(Role::Viewer, ROOM, &sub(n)) });
    Juror::join(node.address, ROOM, &token).await
}

fn sub(n: usize) -> String {
    format!("juror-{n}@example.com")
}

async fn a_case_is_decided_though_its_node_is_killed(stores: Stores) {
    let node = stores.node().await;
    let opened =
        node.moderator(ROOM).create(ROOM, case(json!({ "rules": { "quorum": 60 }, "remedy": "Refund" }))).await;
    assert_eq!((opened.state, opened.epoch), (CaseState::Open, 1));
    let id = opened.id;

    // One half votes. One juror repeats a ballot, and one casts another option on a second socket.
    let mut jurors = join_all((0..JURORS).map(|n| juror(&node, n))).await;
    let voting = jurors.iter_mut().enumerate().take(JURORS / 2);
    join_all(voting.map(|(n, juror)| async move { juror.vote(id, choice(n)).await })).await;
    jurors[0].expect_ballot(id, choice(0), BallotStatus::Duplicate).await;
    let mut second_socket = juror(&node, 1).await;
    second_socket.expect_refused(&id.to_string(), "merchant", Refusal::AlreadyVoted).await;

    node.kill().await;
    let node = stores.node().await;

    // All jurors rejoin and find their ballots, and the other half votes. One juror repeats an earlier ballot.
    let mut jurors = join_all((0..JURORS).map(|n| juror(&node, n))).await;
    for (n, juror) in jurors.iter().enumerate() {
        let ballots = &juror.welcome.as_ref().unwrap().ballots;
        let known: Vec<_> = ballots.iter().map(|ballot| (ballot.case, ballot.option.as_str())).collect();
        assert_eq!(known, if n < JURORS / 2 { vec![(id, choice(n))] } else { vec![] }, "juror {n}");
    }
    jurors[2].expect_ballot(id, choice(2), BallotStatus::Duplicate).await;
    let voting = jurors.iter_mut().enumerate().skip(JURORS / 2);
    join_all(voting.map(|(n, juror)| async move { juror.vote(id, choice(n)).await })).await;
    for juror in &mut jurors {
        assert_eq!(
            juror.wait_for_ballots(id, 60).await.counts,
            counts([("buyer", 30), ("merchant", 18), ("abstain", 12)])
        );
    }

    let moderator = node.moderator(ROOM);
    let closed = moderator.close(id).await;
    let verdict = closed.verdict.clone().unwrap();
    let expected = Verdict {
        option: Some("buyer".parse().unwrap()),
        counts: counts([("buyer", 30), ("merchant", 18), ("abstain", 12)]),
        ..Verdict::new(Outcome::Decided, 60, verdict.decided_at_ms)
    };
    assert_eq!((closed.state, closed.closed_by), (CaseState::Decided, Some(ClosedBy::Moderator)));
    assert_eq!(verdict, expected);
    assert!(verdict.decided_at_ms >= opened.opened_at_ms.unwrap());
    for juror in &mut jurors {
        assert_eq!(juror.wait_for_verdict(id).await, expected);
    }
    assert_eq!(moderator.audit(id).await, ["mod created", "mod opened", "mod closed", "server decided"]);
    the_record_adds_up(&moderator.ballots(id).await);
}

fn the_record_adds_up(ballots: &[String]) {
    assert_eq!(ballots.len(), JURORS);
    assert!(ballots.is_sorted(), "in order of pseudonym");
    let rows: Vec<Vec<&str>> = ballots.iter().map(|line| line.split(',').collect()).collect();
    let with = |column: usize, value: &str| rows.iter().filter(|row| row[column] == value).count();
    assert_eq!((with(1, "buyer"), with(1, "merchant"), with(1, "abstain")), (30, 18, 12));
    assert_eq!((with(2, ""), with(2, "buyer"), with(2, "merchant")), (20, 20, 20));
    assert!(rows.iter().all(|row| row[0].len() == 32 && row[3].ends_with('Z') && row[3].len() == 17));
    assert!(!ballots.concat().contains("juror-"), "nobody is named");
}
