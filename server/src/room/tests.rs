//! What tests of rooms and of connections share: stores in a temporary folder, and a case.

use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::NewCase;
use tempfile::TempDir;

use super::PollIntervals;
use crate::clock::SystemClock;
use crate::court::EvidenceUrlPolicy;
use crate::docket::SqliteDocket;
use crate::lifecycle::Lifecycle;
use crate::peers::NoPeers;
use crate::pseudonym::BallotKey;
use crate::sqlite::Sqlite;
use crate::tally::SqliteTally;

pub const ROOM: &str = "live-42";

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
    let lifecycle = Lifecycle {
        tally: Arc::new(SqliteTally::new(sqlite.clone(), SystemClock::shared())),
        docket: Arc::new(SqliteDocket::new(sqlite)),
        peers: Arc::new(NoPeers::new()),
        clock: SystemClock::shared(),
        key: key().fingerprint(),
        policy: EvidenceUrlPolicy::Https,
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
