//! Opens the demo's cases in a room, one after the other, while none is live. A claim's case comes after the first one,
//! and at last the draft that viewers' reports became. It leaves a moderator's cases alone.

use std::time::Duration;

use live_jury_court::Case;
use live_jury_protocol::limits::PANEL_DURATION_S_MIN;
use live_jury_protocol::{CaseState, NewCase, RoomId};

use super::claim::RoomClaim;
use super::rooms::{DemoRoom, REPORTED_POLICY};
use crate::docket::CaseQuery;
use crate::lifecycle::{Lifecycle, LifecycleError, ModeratorRequest};

/// Interval at which the room is polled for live cases.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The newest drafts among which the one from reports is.
const DRAFTS: u32 = 20;
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

/// Opens the room's cases in a cycle without end, and the claim's case once. `origin` serves their evidence.
pub async fn run(lifecycle: Lifecycle, of: DemoRoom, origin: String, times: Times, claim: RoomClaim) {
    let (Ok(room), Ok(cases)) = (of.name.parse::<RoomId>(), of.cases(&origin)) else {
        return tracing::error!(room = of.name, "the demo's cases are malformed");
    };
    let mut claim = Some(claim);
    loop {
        for (number, new) in cases.iter().enumerate() {
            if let Some(claim) = claim.take_if(|_| number == 1)
                && let Err(error) = open_claimed(&lifecycle, &room, &claim, times).await
            {
                tracing::warn!(%error, "the demo's claim did not get to the room");
            }
            let mut new = NewCase { duration_s: Some(times.case_s), open: true, ..new.clone() };
            // The draw of a panel needs its time.
            new.rules.panel = new.rules.panel.filter(|_| times.case_s >= PANEL_DURATION_S_MIN);
            if let Err(error) = open_when_quiet(&lifecycle, &room, new, times).await {
                tracing::warn!(%error, "the demo's next case did not open");
            }
        }
        if let Err(error) = open_reported(&lifecycle, &room, times).await {
            tracing::warn!(%error, "the draft that viewers' reports became did not open");
        }
    }
}

/// Opens the case of the claim.
async fn open_claimed(lifecycle: &Lifecycle, room: &RoomId, claim: &RoomClaim, times: Times) -> anyhow::Result<()> {
    be_quiet(lifecycle, room, times).await?;
    claim.open(lifecycle, times.case_s).await
}

/// Opens the draft that viewers' reports became, unless a moderator has done so.
async fn open_reported(lifecycle: &Lifecycle, room: &RoomId, times: Times) -> Result<(), LifecycleError> {
    let drafts = CaseQuery { room: room.clone(), states: vec![CaseState::Draft], limit: DRAFTS, before: None };
    let is_reported = |case: &Case| case.brief.policy.as_deref() == Some(REPORTED_POLICY);
    let found = lifecycle.read_cases(&drafts).await?.into_iter().filter_map(|stored| stored.case);
    let Some(draft) = found.into_iter().find(is_reported) else { return Ok(()) };
    let moderator = ModeratorRequest { sub: OPENED_BY.to_owned(), version: None, all_rooms: true, is_platform: false };
    let lasting = |brief: &NewCase| Ok(NewCase { duration_s: Some(times.case_s), ..brief.clone() });
    let draft = lifecycle.edit::<LifecycleError>(draft, &moderator, lasting).await?;
    be_quiet(lifecycle, room, times).await?;
    lifecycle.open(draft, &moderator).await.map(drop)
}

async fn open_when_quiet(
    lifecycle: &Lifecycle,
    room: &RoomId,
    new: NewCase,
    times: Times,
) -> Result<(), LifecycleError> {
    be_quiet(lifecycle, room, times).await?;
    lifecycle.create(room.clone(), new, OPENED_BY, None, |_| String::new()).await.map(drop)
}

/// Waits until the room has had no live case for a while.
async fn be_quiet(lifecycle: &Lifecycle, room: &RoomId, times: Times) -> Result<(), LifecycleError> {
    let quiet_polls = times.pause_s / POLL_INTERVAL.as_secs();
    let mut polls = tokio::time::interval(POLL_INTERVAL);
    let mut quiet = 0;
    loop {
        polls.tick().await;
        let record = lifecycle.room(room).await?;
        // The first case opens at once.
        if record.ended.is_empty() && record.live.is_empty() || quiet >= quiet_polls {
            return Ok(());
        }
        quiet = if record.live.is_empty() { quiet + 1 } else { 0 };
    }
}
