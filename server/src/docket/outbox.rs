//! The docket's outbox: one event for each filed step of a case, in the order of commits.

use live_jury_court::Case;
use live_jury_protocol::record::{EVENT_FORMAT, EventKind, EventRecord};
use live_jury_protocol::{AuditAction, AuditEntry, CaseId, CaseState};
use uuid::{NoContext, Timestamp, Uuid};

use super::row::{StateChange, report};
use super::write::WriteDb;
use super::{DocketError, Event};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, json, signed};
use crate::sql::statements as sql;

/// The time for which an event stays, in milliseconds: 30 days, for a reader that was down. Older events are deleted,
/// also undelivered ones, so that the table does not grow for ever.
pub const EVENTS_KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// The number of old events that one step deletes. It is more than a step adds, so that they become fewer.
const DELETED_AT_ONCE: i64 = 100;

/// Inserts the event of a step and deletes old ones. It takes the transaction's last lock.
pub(super) async fn insert<D: WriteDb>(
    db: &mut D,
    case: &Case,
    change: StateChange,
    entry: &AuditEntry,
) -> Result<(), DocketError> {
    let before = signed("at_ms", entry.at_ms.saturating_sub(EVENTS_KEPT_MS))?;
    db.execute(D::DELETE_OLD_EVENTS, &[before.into(), DELETED_AT_ONCE.into()]).await?;
    let record = record(case, change, entry);
    let payload = json("payload", &record)?;
    let values = [
        uuid_at(entry.at_ms).into(),
        record.kind.as_str().into(),
        case.id.0.into(),
        case.room.as_str().into(),
        signed("version", case.version)?.into(),
        signed("at_ms", entry.at_ms)?.into(),
        payload.as_str().into(),
    ];
    db.execute(D::INSERT_EVENT, &values).await?;
    Ok(())
}

/// Reads events after a place, in their order.
pub(super) async fn after<D: Db>(db: &mut D, after: u64, limit: u32) -> Result<Vec<Event>, DocketError> {
    let found = db.fetch_all(sql::EVENTS_AFTER, &[cursor(after).into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(event(row)?)).collect()
}

/// A new version 7 UUID of this time.
pub(crate) fn uuid_at(ms: u64) -> Uuid {
    let nanos = (ms % 1_000) as u32 * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1_000, nanos))
}

fn record(case: &Case, change: StateChange, entry: &AuditEntry) -> EventRecord {
    let kind = kind(change, &entry.action);
    let is_recorded = kind == EventKind::Recorded;
    let opened = case.state.opened();
    let brief = is_recorded.then(|| {
        let mut brief = (*case.brief).clone();
        brief.rules.recused = None;
        brief
    });
    EventRecord {
        format: EVENT_FORMAT,
        kind,
        case: case.id,
        room: case.room.clone(),
        version: case.version,
        epoch: opened.map_or(0, |open| open.epoch),
        at_ms: entry.at_ms,
        subject: case.brief.subject.clone(),
        closes_at_ms: opened.map(|open| open.closes_at_ms),
        policy: case.brief.policy.clone(),
        appeal_of: case.appeal_of,
        brief,
        verdict: case.state.ended().filter(|_| is_recorded).map(|ended| ended.verdict.clone()),
    }
}

fn kind(change: StateChange, action: &AuditAction) -> EventKind {
    match (change.was, change.is) {
        (_, None) => EventKind::Discarded,
        (None, Some(CaseState::Draft)) => EventKind::Drafted,
        (Some(_), Some(CaseState::Draft)) => EventKind::Edited,
        (None | Some(CaseState::Draft), Some(CaseState::Open)) => EventKind::Opened,
        (Some(_), Some(CaseState::Open)) if *action == AuditAction::TallyLost => EventKind::Reopened,
        (Some(_), Some(CaseState::Open | CaseState::Sealed)) if *action == AuditAction::TallyMissing => {
            EventKind::TallyMissing
        }
        (Some(_), Some(CaseState::Open)) if *action == AuditAction::Called => EventKind::Called,
        (Some(_), Some(CaseState::Open)) => EventKind::Extended,
        (_, Some(CaseState::Sealed)) => EventKind::Sealed,
        (_, Some(CaseState::Decided | CaseState::Void)) => EventKind::Recorded,
        (_, Some(CaseState::Unknown)) => EventKind::Unknown,
    }
}

/// A row of `outbox`. A record that this version cannot read is reported and left out; its event keeps its place.
fn event(row: &impl Columns) -> Result<Event, Malformed> {
    let seq = row.number("seq")?;
    let known = row.json("payload").and_then(|record: EventRecord| match record.format {
        EVENT_FORMAT => Ok(record),
        newer => Err(Malformed::new("payload", format_args!("format {newer} is newer than {EVENT_FORMAT}"))),
    });
    Ok(Event {
        seq,
        id: row.uuid("id")?,
        case: CaseId(row.uuid("case_id")?),
        record: known.map_err(DocketError::from).inspect_err(report).ok(),
    })
}
