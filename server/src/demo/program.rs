//! What is on in a room of the demo: one case after the other, whenever none is open; it never touches a moderator's.

use std::time::Duration;

use live_jury_protocol::{NewCase, RoomId};

use super::rooms::DemoRoom;
use crate::lifecycle::{Lifecycle, LifecycleError};

/// How often the program looks whether the room is empty.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks at an empty room before the next case opens: a verdict stays for half a minute.
const QUIET_LOOKS: u32 = 15;
/// Who opens the cases, in the audit trail.
const OPENED_BY: &str = "demo";

/// Opens the room's cases, one after the other, for ever. `origin` is where their evidence is served.
pub async fn run(lifecycle: Lifecycle, of: DemoRoom, origin: String, case_seconds: u64) {
    let (Ok(room), Ok(cases)) = (of.name.parse::<RoomId>(), of.cases(&origin)) else {
        return tracing::error!(room = of.name, "the demo's cases are not of their form");
    };
    for new in cases.iter().cycle() {
        let new = NewCase { duration_s: Some(case_seconds), open: true, ..new.clone() };
        if let Err(error) = open_when_quiet(&lifecycle, &room, new).await {
            tracing::warn!(%error, "the demo's next case did not open");
        }
    }
}

async fn open_when_quiet(lifecycle: &Lifecycle, room: &RoomId, new: NewCase) -> Result<(), LifecycleError> {
    let mut clock = tokio::time::interval(LOOK_EVERY);
    let mut quiet = 0;
    loop {
        clock.tick().await;
        let record = lifecycle.docket.room(room).await?;
        // The very first case does not wait.
        if record.ended.is_empty() && record.live.is_empty() || quiet >= QUIET_LOOKS {
            break;
        }
        quiet = if record.live.is_empty() { quiet + 1 } else { 0 };
    }
    lifecycle.create(room.clone(), new, OPENED_BY, None, |_| String::new()).await.map(drop)
}
