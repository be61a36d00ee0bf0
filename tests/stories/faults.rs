//! Promises during faults: each file disturbs one part of a deployment.

mod both_stores;
mod clocks;
mod cluster;
mod demoted;
mod disk;
mod docket;
mod leftovers;
mod nodes;
mod panels;
mod redis;
mod sockets;
mod two_stores;

use std::net::SocketAddr;

use futures_util::future::join_all;
use live_jury_protocol::CaseId;
use live_jury_tests::in_time;
use live_jury_tests::juror::Juror;
use live_jury_tests::redis::Redis;
use live_jury_tests::tokens::viewer;

const ROOM: &str = "live-42";

/// Joined jurors who see the case.
pub async fn crowd(address: SocketAddr, case: CaseId, jurors: usize) -> Vec<Juror> {
    let joining = (0..jurors).map(|n| async move {
        let mut juror = Juror::join(address, ROOM, &viewer(ROOM, &name(n))).await;
        juror.wait_for_case(case, |_| true).await;
        juror
    });
    join_all(joining).await
}

/// The first half of a crowd votes, and its ballots are acknowledged.
pub async fn first_half_votes(jurors: &mut [Juror], case: CaseId) {
    let half = jurors.len() / 2;
    let voting = jurors[..half].iter_mut().enumerate();
    join_all(voting.map(|(n, juror)| async move { juror.vote(case, choice(n)).await })).await;
}

/// The second half of a crowd casts, and waits for no answer.
pub async fn second_half_casts(jurors: &mut [Juror], case: CaseId) {
    let half = jurors.len() / 2;
    for (n, juror) in jurors.iter_mut().enumerate().skip(half) {
        juror.send_cast(&case.to_string(), choice(n), None).await;
    }
}

/// Requires that the casts of the second half are in flight: no juror has an answer.
pub fn assert_second_half_is_unanswered(jurors: &mut [Juror]) {
    let half = jurors.len() / 2;
    assert!(jurors[half..].iter_mut().all(Juror::is_unanswered), "a cast was answered without the tally's reply");
}

/// Waits until Redis stores at least this number of ballots of the case, whether or not a node knows.
pub async fn wait_for_stored(redis: &Redis, case: CaseId, ballots: usize) {
    let key = format!("lj:{{{case}}}:ballots");
    in_time("ballots in Redis", async {
        while redis.command(&["HLEN", &key]).parse::<usize>().unwrap() < ballots {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The n-th juror of a crowd.
fn name(n: usize) -> String {
    format!("juror-{n}")
}

/// The option of the n-th juror of a crowd.
pub fn choice(n: usize) -> &'static str {
    ["buyer", "merchant", "abstain"][n % 3]
}
