//! A full disk below the SQLite file: nothing is acknowledged that is not stored, and all goes on once there is room.

use std::time::Duration;

use live_jury_protocol::{CaseId, Outcome, Refusal};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::small_disk::SmallDisk;
use live_jury_tests::tokens::{moderator, viewer};
use live_jury_tests::{in_time, program::Program};
use serde_json::{Value, json};

use super::ROOM;

/// Enough for the file, its log and some thousand ballots.
const DISK_BYTES: u64 = 24 * 1_024 * 1_024;

/// The time for which the short case is open: two jurors vote in it, and the disk is full before its end.
const SHORT_S: u64 = 12;

async fn join(server: &Program, name: &str) -> Juror {
    Juror::join(server.address, ROOM, &viewer(ROOM, name)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_ballots_until_it_has_room() {
    let disk = SmallDisk::of(DISK_BYTES);
    let database = format!("sqlite://{}", disk.path("live-jury.db").display());
    let server =
        disk.start(&["serve", "--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0", "--database", &database]).await;
    let moderator = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let long = moderator.create(ROOM, case(json!({}))).await.id;
    let short = moderator.create(ROOM, case(json!({ "duration_s": SHORT_S }))).await.id;
    let (mut ann, mut bob) = (join(&server, "ann").await, join(&server, "bob").await);
    for case in [long, short] {
        ann.wait_for_case(case, |_| true).await;
        bob.wait_for_case(case, |_| true).await;
        ann.vote(case, "buyer").await;
    }

    disk.fill(&server);
    refused_on_full_disk(&mut bob, long).await;
    let refused = moderator.post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await;
    assert_eq!(refused.problem(503).0, "unavailable");
    in_time("the deadline on a full disk", async {
        while readiness(&server).await["unrecorded"] == 0 {
            refused_on_full_disk(&mut bob, long).await;
        }
        while writable(&server).await != [false, false] {
            refused_on_full_disk(&mut bob, long).await;
        }
    })
    .await;

    disk.free(&server);
    bob.cast_until_recorded(long, "merchant").await;
    let ended = ann.wait_for_verdict(short).await;
    assert_eq!((ended.outcome, ended.ballots), (Outcome::Decided, 1));
    assert_eq!(moderator.close(long).await.verdict.unwrap().ballots, 2);
    in_time("a disk that can be written", async {
        while writable(&server).await != [true, true] {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

/// Casts, and waits as long as the refusal asks for.
async fn refused_on_full_disk(juror: &mut Juror, case: CaseId) {
    match juror.cast(case, "merchant").await {
        Answer::Refused(Refusal::Unavailable, Some(after_ms)) => {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
        }
        answer => panic!("{answer:?} on a full disk"),
    }
}

/// Whether the tally and the docket can be written.
async fn writable(server: &Program) -> [bool; 2] {
    let body = readiness(server).await;
    ["tally_writable", "docket_writable"].map(|store| body[store] == true)
}

async fn readiness(server: &Program) -> Value {
    serde_json::from_str(&server.admin().get("/readyz").await.text).unwrap()
}
