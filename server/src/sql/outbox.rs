//! The outbox: events to deliver, in the order of commits. The docket and the ledger of trust insert into it; this file
//! knows no kind of event.

use sqlx::{PgConnection, SqliteConnection};
use uuid::{NoContext, Timestamp, Uuid};

use super::query::Db;
use super::row::{Malformed, signed, text};

/// The time for which an event stays, in milliseconds: 30 days, for a reader that was down. Older events are deleted,
/// also undelivered ones, so that the table does not grow for ever.
pub const EVENTS_KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// The number of old events that one transaction deletes. It is more than a step adds, so that they become fewer.
pub(crate) const DELETED_AT_ONCE: i64 = 100;

/// Deletes at most `$2` events of before `$1`. The argument locks the rows in the dialect that has several writers.
macro_rules! delete_old_events {
    ($lock:literal) => {
        concat!(
            "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE at_ms < $1 ORDER BY at_ms LIMIT $2",
            $lock,
            ")"
        )
    };
}
pub(crate) use delete_old_events;

/// An event to insert.
pub(crate) struct EventRow<'r> {
    /// The kind.
    pub kind: &'r str,
    /// The case; nil for an event about a party.
    pub case: Uuid,
    /// The case's room; `*` for an event about a party.
    pub room: &'r str,
    /// The case's version; 0 for an event about a party.
    pub version: u64,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The record, as JSON.
    pub payload: &'r str,
}

/// The statements that differ between the dialects.
pub(crate) trait OutboxDb: Db {
    /// Deletes at most `$2` events of before `$1`.
    const DELETE_OLD_EVENTS: &'static str;
    /// Inserts an event with the next place in the order of commits.
    const INSERT_EVENT: &'static str;
}

impl OutboxDb for SqliteConnection {
    const DELETE_OLD_EVENTS: &'static str = delete_old_events!("");

    const INSERT_EVENT: &'static str = "INSERT INTO outbox (id, kind, case_id, room, version, at_ms, payload) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
}

impl OutboxDb for PgConnection {
    const DELETE_OLD_EVENTS: &'static str = delete_old_events!(" FOR UPDATE SKIP LOCKED");

    const INSERT_EVENT: &'static str = "WITH place AS (UPDATE outbox_places SET last = last + 1 RETURNING last) \
        INSERT INTO outbox (seq, id, kind, case_id, room, version, at_ms, payload) \
        SELECT place.last, $1, $2, $3, $4, $5, $6, $7 FROM place";
}

/// Deletes some events that are too old by now.
pub(crate) async fn delete_old<D, E>(db: &mut D, now_ms: u64) -> Result<(), E>
where
    D: OutboxDb,
    E: From<sqlx::Error> + From<Malformed>,
{
    db.execute(D::DELETE_OLD_EVENTS, &[kept_since(now_ms)?.into(), DELETED_AT_ONCE.into()]).await?;
    Ok(())
}

/// The time before which events are too old.
pub(crate) fn kept_since(now_ms: u64) -> Result<i64, Malformed> {
    signed("at_ms", now_ms.saturating_sub(EVENTS_KEPT_MS))
}

/// Inserts an event. It takes the transaction's last lock, so that places grow in the order of commits.
pub(crate) async fn insert<D, E>(db: &mut D, event: &EventRow<'_>) -> Result<(), E>
where
    D: OutboxDb,
    E: From<sqlx::Error> + From<Malformed>,
{
    let values = [
        uuid_at(event.at_ms).into(),
        event.kind.into(),
        event.case.into(),
        event.room.into(),
        signed("version", event.version)?.into(),
        signed("at_ms", event.at_ms)?.into(),
        text("payload", event.payload)?.into(),
    ];
    db.execute(D::INSERT_EVENT, &values).await?;
    Ok(())
}

/// A new version 7 UUID of this time.
pub(crate) fn uuid_at(ms: u64) -> Uuid {
    let nanos = (ms % 1_000) as u32 * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1_000, nanos))
}
