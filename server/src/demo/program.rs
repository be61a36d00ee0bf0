//! Opens the demo's cases in a room, one after the other, while none is live; it leaves a moderator's cases alone.

use std::time::Duration;

use live_jury_protocol::limits::PANEL_DURATION_S_MIN;
use live_jury_protocol::{NewCase, RoomId};

use super::rooms::DemoRoom;
use crate::lifecycle::{Lifecycle, LifecycleError};

/// Interval at which the room is polled for live cases.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The actor of the openings in the audit trail.
const OPENED_BY: &str = "demo";

/// The times of the demo's cases.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For which each case is open, in seconds.
    pub case_s: u64,
    /// Without a live case before the next one opens, in seconds.
    pub pause_s: u64,
}

/// Opens the room's cases in a cycle without end. `origin` serves their evidence.
pub async fn run(lifecycle: Lifecycle, of: DemoRoom, origin: String, times: Times) {
    let (Ok(room), Ok(cases)) = (of.name.parse::<RoomId>(), of.cases(&origin)) else {
        return tracing::error!(room = of.name, "the demo's cases are malformed");
    };
    for new in cases.iter().cycle() {
        let mut new = NewCase { duration_s: Some(times.case_s), open: true, ..new.clone() };
        // The draw of a panel needs its time.
        new.rules.panel = new.rules.panel.filter(|_| times.case_s >= PANEL_DURATION_S_MIN);
        if let Err(error) = open_when_quiet(&lifecycle, &room, new, times).await {
            tracing::warn!(%error, "the demo's next case did not open");
        }
    }
}

async fn open_when_quiet(
    lifecycle: &Lifecycle,
    room: &RoomId,
    new: NewCase,
    times: Times,
) -> Result<(), LifecycleError> {
    let quiet_polls = times.pause_s / POLL_INTERVAL.as_secs();
    let mut polls = tokio::time::interval(POLL_INTERVAL);
    let mut quiet = 0;
    loop {
        polls.tick().await;
        let record = lifecycle.room(room).await?;
        // The first case opens at once.
        if record.ended.is_empty() && record.live.is_empty() || quiet >= quiet_polls {
            break;
        }
        quiet = if record.live.is_empty() { quiet + 1 } else { 0 };
    }
    lifecycle.create(room.clone(), new, OPENED_BY, None, |_| String::new()).await.map(drop)
}
