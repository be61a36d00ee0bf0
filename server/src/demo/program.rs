//! Opens the demo's cases in a room, one after the other, while none is live; it leaves a moderator's cases alone.

use std::time::Duration;

use live_jury_protocol::limits::PANEL_DURATION_S_MIN;
use live_jury_protocol::{NewCase, RoomId};

use super::rooms::DemoRoom;
use crate::lifecycle::{Lifecycle, LifecycleError};

/// Interval at which the room is polled for live cases.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Polls without a live case before the next case opens. A verdict stays visible for half a minute.
const QUIET_POLLS: u32 = 15;
/// The actor of the openings in the audit trail.
const OPENED_BY: &str = "demo";

/// Opens the room's cases in a cycle without end. `origin` serves their evidence.
pub async fn run(lifecycle: Lifecycle, of: DemoRoom, origin: String, case_seconds: u64) {
    let (Ok(room), Ok(cases)) = (of.name.parse::<RoomId>(), of.cases(&origin)) else {
        return tracing::error!(room = of.name, "the demo's cases are malformed");
    };
    for new in cases.iter().cycle() {
        let mut new = NewCase { duration_s: Some(case_seconds), open: true, ..new.clone() };
        // The draw of a panel needs its time.
        new.rules.panel = new.rules.panel.filter(|_| case_seconds >= PANEL_DURATION_S_MIN);
        if let Err(error) = open_when_quiet(&lifecycle, &room, new).await {
            tracing::warn!(%error, "the demo's next case did not open");
        }
    }
}

async fn open_when_quiet(lifecycle: &Lifecycle, room: &RoomId, new: NewCase) -> Result<(), LifecycleError> {
    let mut polls = tokio::time::interval(POLL_INTERVAL);
    let mut quiet = 0;
    loop {
        polls.tick().await;
        let record = lifecycle.room(room).await?;
        // The first case opens at once.
        if record.ended.is_empty() && record.live.is_empty() || quiet >= QUIET_POLLS {
            break;
        }
        quiet = if record.live.is_empty() { quiet + 1 } else { 0 };
    }
    lifecycle.create(room.clone(), new, OPENED_BY, None, |_| String::new()).await.map(drop)
}
