//! A room's task on real stores, one event at a time; the stores serve the tests of connections, too.

use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::NewCase;
use tempfile::TempDir;

use super::{Actor, PollIntervals, RoomHandle};
use crate::clock::SystemClock;
use crate::config::AcceptLoss;
use crate::docket::{DocketMark, LogStore, SqliteDocket};
use crate::health::Health;
use crate::lifecycle::{Attestor, CurrentStore, Ledger, Lifecycle, LossPolicy};
use crate::peers::NoPeers;
use crate::pseudonym::BallotKey;
use crate::room::jobs::{Done, Refreshed};
use crate::sqlite::Sqlite;
use crate::tally::{SeenTallies, SqliteTally, TallyStore};
use live_jury_court::{EvidenceUrlPolicy, LossShare, SealedBy};

pub use super::load::tests::{JOIN_WAIT, fill_turns, overload_node};

pub const ROOM: &str = "live-42";
/// The log of these tests.
const LOG: u64 = 1;

/// The ballot key of these tests.
pub fn key() -> BallotKey {
    BallotKey::new(&[7; 32])
}

/// Intervals of a node without others.
pub fn intervals() -> PollIntervals {
    PollIntervals { poll: Duration::from_secs(1), report_presence: Duration::from_secs(2) }
}

/// The steps of cases, on stores in a temporary folder.
pub async fn lifecycle() -> (Lifecycle, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
    let tally = Arc::new(SqliteTally::new(sqlite.clone(), SystemClock::shared()));
    let store = Arc::new(CurrentStore::embedded(tally.store_id().await.unwrap()));
    let seen = Arc::new(SeenTallies::new(tally));
    let docket = SqliteDocket::new(sqlite.clone());
    docket.begin_log(LOG, "jury.example.com/log/1", None).await.unwrap();
    let lifecycle = Lifecycle {
        tally: seen.clone(),
        seen,
        store,
        ledger: Ledger::default(),
        docket: Arc::new(docket),
        reads: Arc::new(SqliteDocket::for_reads(sqlite)),
        mark: DocketMark::default(),
        peers: Arc::new(NoPeers::new()),
        health: Arc::new(Health::new(AcceptLoss::No)),
        clock: SystemClock::shared(),
        key: key().fingerprint(),
        attestor: Attestor { log: LOG, key: key(), appended: Arc::default() },
        panel_recorded: Arc::default(),
        policy: EvidenceUrlPolicy::Https,
        loss: LossPolicy { share: LossShare::default(), hold: Duration::from_secs(3_600) },
    };
    (lifecycle, folder)
}

/// An open case whose summary has this many characters.
pub fn new_case(summary_chars: usize) -> NewCase {
    let new = serde_json::json!({
        "title": "Is it silk?", "summary": "x".repeat(summary_chars), "duration_s": 60, "open": true,
        "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"}]
    });
    serde_json::from_value(new).unwrap()
}

#[tokio::test]
async fn a_sealed_case_counts_as_unrecorded_before_it_is_shown() {
    let (lifecycle, _folder) = lifecycle().await;
    let room = ROOM.parse().unwrap();
    lifecycle.create(ROOM.parse().unwrap(), new_case(0), "mod", None, |_| String::new()).await.unwrap();
    let mut record = lifecycle.docket.room(&room).await.unwrap();
    let open = record.live.pop().unwrap();
    record.live.push(open.clone().seal(SealedBy::Deadline, open.created_at_ms).unwrap());

    let (handle, channels) = RoomHandle::new(room, SystemClock::shared(), Arc::default());
    let mut actor = Actor::new(channels, lifecycle, key(), None, intervals());
    actor.on_done(Done::Refreshed(Box::new(Ok(Refreshed { record, now_ms: Some(open.created_at_ms) }))));
    assert!(handle.rev().is_some(), "the case is shown");
    assert_eq!(handle.occupancy.unrecorded(), 1);
}
