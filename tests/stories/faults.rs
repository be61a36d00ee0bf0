//! Promises during faults: each file disturbs one part of a deployment.

mod clocks;
mod cluster;
mod docket;
mod nodes;
mod redis;
mod sockets;

use futures_util::future::join_all;
use live_jury_protocol::CaseId;
use live_jury_tests::juror::Juror;
use live_jury_tests::tokens::viewer;
use std::net::SocketAddr;

const ROOM: &str = "live-42";

/// Joined jurors who see the case.
async fn crowd(address: SocketAddr, case: CaseId, jurors: usize) -> Vec<Juror> {
    let joining = (0..jurors).map(|n| async move {
        let mut juror = Juror::join(address, ROOM, &viewer(ROOM, &name(n))).await;
        juror.wait_for_case(case, |_| true).await;
        juror
    });
    join_all(joining).await
}

/// The n-th juror of a crowd.
fn name(n: usize) -> String {
    format!("juror-{n}")
}

/// The option of the n-th juror of a crowd.
fn choice(n: usize) -> &'static str {
    ["buyer", "merchant", "abstain"][n % 3]
}
