//! The targets of webhooks in the docket: how far each has the events, and the deliveries that wait. It sends nothing.

use async_trait::async_trait;
use uuid::Uuid;

use super::DocketError;
use crate::sql::query::Db;
use crate::sql::row::{Columns, cursor, signed, text};

/// The time for which a node serves a target without another look, in milliseconds, by the database's clock. It is
/// twice the longest attempt, so that a node that lives keeps its target.
pub const HELD_MS: u64 = 30_000;
/// The time for which a delivery that was given up stays, in milliseconds: as long as the events themselves.
const FAILED_KEPT_MS: u64 = super::EVENTS_KEPT_MS;

/// The progress of webhooks. One node at a time serves a target.
#[async_trait]
pub trait TargetStore: Send + Sync {
    /// Takes or keeps a target for a node, for [`HELD_MS`] from now. Returns none while another node has it.
    ///
    /// A new target begins after the last event that is there.
    async fn hold_target(&self, name: &str, node: Uuid) -> Result<Option<HeldTarget>, DocketError>;

    /// Gives a target back, so that another node need not wait.
    async fn release_target(&self, name: &str, node: Uuid) -> Result<(), DocketError>;

    /// Reads the first waiting delivery of each party, of those that are due, oldest first.
    async fn due_deliveries(&self, name: &str, now_ms: u64, limit: u32) -> Result<Vec<WaitingDelivery>, DocketError>;

    /// Whether a delivery of this party waits.
    async fn party_waits(&self, name: &str, party: &str) -> Result<bool, DocketError>;

    /// Files what a node did for a target, all or nothing. Returns false, and changes nothing, if another node has it.
    async fn file_deliveries(&self, name: &str, node: Uuid, done: &Deliveries) -> Result<bool, DocketError>;

    /// Makes a target begin again after this place: events that it has are sent once more. Returns false if there is no
    /// such target.
    async fn replay(&self, name: &str, after: u64) -> Result<bool, DocketError>;

    /// Reads the state of all targets, by name.
    async fn targets(&self) -> Result<Vec<TargetState>, DocketError>;
}

/// A target that this node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldTarget {
    /// The place in the outbox after which events are new to the target.
    pub cursor: u64,
    /// Whether the target has said that it is gone.
    pub stopped: bool,
}

/// A delivery that waits for an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingDelivery {
    /// The event's place in the outbox.
    pub seq: u64,
    /// The party whose deliveries keep their order.
    pub party: String,
    /// The event's id.
    pub event: Uuid,
    /// The message.
    pub body: String,
    /// The attempts so far.
    pub attempts: u32,
    /// The time of the next attempt, in Unix milliseconds.
    pub due_ms: u64,
    /// The time at which it was given up.
    pub failed_at_ms: Option<u64>,
    /// Why the last attempt failed.
    pub why: String,
}

/// The progress that a node made for a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// The place up to which every event was delivered, or is in `waiting`.
    pub cursor: u64,
    /// The places that were delivered.
    pub delivered: Vec<u64>,
    /// The deliveries that wait, or were given up.
    pub waiting: Vec<WaitingDelivery>,
    /// The time at which the target said that it is gone.
    pub stopped_at_ms: Option<u64>,
    /// The node's clock, in Unix milliseconds: it deletes old deliveries that were given up.
    pub now_ms: u64,
}

/// The state of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetState {
    /// The target's name.
    pub name: String,
    /// The place in the outbox up to which every event was delivered, waits, or was given up.
    pub cursor: u64,
    /// The number of deliveries that wait.
    pub waiting: u64,
    /// The number of deliveries that were given up.
    pub failed: u64,
    /// The time at which the target said that it is gone.
    pub stopped_at_ms: Option<u64>,
}

/// The statements in which the dialects have different clocks.
pub(super) trait TargetsDb: Db {
    /// `$1` name, `$2` node, `$3` an age in milliseconds.
    const HOLD_TARGET: &'static str;
    /// `$1` name, `$2` node. Until the end of the transaction nobody takes the target.
    const LOCK_TARGET: &'static str;
}

/// The statements of one dialect: its clock in milliseconds, and its lock of a row.
macro_rules! implement_targets_db {
    ($connection:ty, $now_ms:literal, $locked:literal) => {
        impl crate::docket::targets::TargetsDb for $connection {
            const HOLD_TARGET: &'static str = concat!(
                "INSERT INTO webhook_targets AS target (name, cursor, holder, held_until_ms) \
                 VALUES ($1, (SELECT coalesce(max(seq), 0) FROM outbox), $2, ",
                $now_ms,
                " + $3) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
                 held_until_ms = excluded.held_until_ms WHERE target.holder IS NULL \
                 OR target.holder = excluded.holder OR target.held_until_ms < ",
                $now_ms,
                " RETURNING cursor, stopped_at_ms"
            );
            const LOCK_TARGET: &'static str = concat!(
                "SELECT cursor FROM webhook_targets WHERE name = $1 AND holder = $2 AND held_until_ms >= ",
                $now_ms,
                $locked
            );
        }
    };
}
pub(super) use implement_targets_db;

const RELEASE: &str = "UPDATE webhook_targets SET holder = NULL, held_until_ms = 0 WHERE name = $1 AND holder = $2";
/// `$1` name, `$2` now, `$3` limit.
const DUE: &str = "SELECT seq, party, event_id, body, attempts, due_ms, failed_at_ms, why FROM webhook_waiting AS head \
    WHERE name = $1 AND failed_at_ms IS NULL AND due_ms <= $2 AND NOT EXISTS (SELECT 1 FROM webhook_waiting AS earlier \
    WHERE earlier.name = head.name AND earlier.party = head.party AND earlier.seq < head.seq \
    AND earlier.failed_at_ms IS NULL) ORDER BY seq LIMIT $3";
const PARTY_WAITS: &str =
    "SELECT seq FROM webhook_waiting WHERE name = $1 AND party = $2 AND failed_at_ms IS NULL LIMIT 1";
/// A cursor only grows here; a replay, which sets it back, holds the same lock.
const MOVE: &str = "UPDATE webhook_targets SET cursor = $2, stopped_at_ms = coalesce($3, stopped_at_ms) \
    WHERE name = $1 AND cursor <= $2";
const DELIVERED: &str = "DELETE FROM webhook_waiting WHERE name = $1 AND seq = $2";
const WAIT: &str = "INSERT INTO webhook_waiting \
    (name, seq, party, event_id, body, attempts, due_ms, failed_at_ms, why) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
    ON CONFLICT (name, seq) DO UPDATE SET attempts = excluded.attempts, due_ms = excluded.due_ms, \
    failed_at_ms = excluded.failed_at_ms, why = excluded.why";
const DELETE_FAILED: &str = "DELETE FROM webhook_waiting WHERE name = $1 AND failed_at_ms < $2";
/// A target that is replayed belongs to no node for a moment: whoever sends to it now files nothing of that.
const REPLAY: &str = "UPDATE webhook_targets SET cursor = $2, stopped_at_ms = NULL, holder = NULL, held_until_ms = 0 \
    WHERE name = $1";
const FORGET_WAITING: &str = "DELETE FROM webhook_waiting WHERE name = $1 AND seq > $2";
const TARGETS: &str = "SELECT target.name, target.cursor, target.stopped_at_ms, \
    (SELECT count(*) FROM webhook_waiting AS w WHERE w.name = target.name AND w.failed_at_ms IS NULL) AS waiting, \
    (SELECT count(*) FROM webhook_waiting AS w WHERE w.name = target.name AND w.failed_at_ms IS NOT NULL) AS failed \
    FROM webhook_targets AS target ORDER BY target.name";

pub(super) async fn hold<D: TargetsDb>(db: &mut D, name: &str, node: Uuid) -> Result<Option<HeldTarget>, DocketError> {
    let values = [text("name", name)?.into(), node.into(), HELD_MS.cast_signed().into()];
    let Some(row) = db.fetch_optional(D::HOLD_TARGET, &values).await? else { return Ok(None) };
    let stopped = row.maybe_number("stopped_at_ms")?.is_some();
    Ok(Some(HeldTarget { cursor: row.number("cursor")?, stopped }))
}

pub(super) async fn release<D: Db>(db: &mut D, name: &str, node: Uuid) -> Result<(), DocketError> {
    db.execute(RELEASE, &[name.into(), node.into()]).await?;
    Ok(())
}

pub(super) async fn due<D: Db>(
    db: &mut D,
    name: &str,
    now_ms: u64,
    limit: u32,
) -> Result<Vec<WaitingDelivery>, DocketError> {
    let found = db.fetch_all(DUE, &[name.into(), cursor(now_ms).into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(waiting(row)?)).collect()
}

pub(super) async fn party_waits<D: Db>(db: &mut D, name: &str, party: &str) -> Result<bool, DocketError> {
    Ok(db.fetch_optional(PARTY_WAITS, &[name.into(), text("party", party)?.into()]).await?.is_some())
}

/// Files what was done, in the caller's transaction.
pub(super) async fn file<D: TargetsDb>(
    db: &mut D,
    name: &str,
    node: Uuid,
    done: &Deliveries,
) -> Result<bool, DocketError> {
    if db.fetch_optional(D::LOCK_TARGET, &[name.into(), node.into()]).await?.is_none() {
        return Ok(false);
    }
    for seq in &done.delivered {
        db.execute(DELIVERED, &[name.into(), cursor(*seq).into()]).await?;
    }
    for waiting in &done.waiting {
        let failed_at_ms = waiting.failed_at_ms.map(|at_ms| signed("failed_at_ms", at_ms)).transpose()?;
        let values = [
            name.into(),
            signed("seq", waiting.seq)?.into(),
            text("party", &waiting.party)?.into(),
            waiting.event.into(),
            text("body", &waiting.body)?.into(),
            i64::from(waiting.attempts).into(),
            signed("due_ms", waiting.due_ms)?.into(),
            failed_at_ms.into(),
            text("why", &waiting.why)?.into(),
        ];
        db.execute(WAIT, &values).await?;
    }
    let stopped = done.stopped_at_ms.map(|at_ms| signed("stopped_at_ms", at_ms)).transpose()?;
    db.execute(MOVE, &[name.into(), signed("cursor", done.cursor)?.into(), stopped.into()]).await?;
    let before = signed("failed_at_ms", done.now_ms.saturating_sub(FAILED_KEPT_MS))?;
    db.execute(DELETE_FAILED, &[name.into(), before.into()]).await?;
    Ok(true)
}

/// Begins a target again, in the caller's transaction.
pub(super) async fn replay<D: Db>(db: &mut D, name: &str, after: u64) -> Result<bool, DocketError> {
    let values = [name.into(), cursor(after).into()];
    let found = db.execute(REPLAY, &values).await? > 0;
    db.execute(FORGET_WAITING, &values).await?;
    Ok(found)
}

pub(super) async fn all<D: Db>(db: &mut D) -> Result<Vec<TargetState>, DocketError> {
    let found = db.fetch_all(TARGETS, &[]).await?;
    let state = |row: &D::Row| {
        Ok(TargetState {
            name: row.text("name")?,
            cursor: row.number("cursor")?,
            waiting: row.number("waiting")?,
            failed: row.number("failed")?,
            stopped_at_ms: row.maybe_number("stopped_at_ms")?,
        })
    };
    found.iter().map(state).collect()
}

fn waiting(row: &impl Columns) -> Result<WaitingDelivery, crate::sql::row::Malformed> {
    Ok(WaitingDelivery {
        seq: row.number("seq")?,
        party: row.text("party")?,
        event: row.uuid("event_id")?,
        body: row.text("body")?,
        attempts: row.small("attempts")?,
        due_ms: row.number("due_ms")?,
        failed_at_ms: row.maybe_number("failed_at_ms")?,
        why: row.text("why")?,
    })
}
