//! The docket's side of the outbox: one event for each filed step of a case. It writes none about parties.

use async_trait::async_trait;
use live_jury_court::Case;
use live_jury_protocol::record::{EVENT_FORMAT, EventKind, EventRecord, OpenedDraft};
use live_jury_protocol::trust::{TRUST_EVENT_FORMAT, TrustEvent};
use live_jury_protocol::{AuditAction, AuditEntry, CaseId, CaseState};
use uuid::Uuid;

use super::DocketError;
use super::row::{StateChange, report};
use super::write::WriteDb;
use crate::sql::outbox::{EventRow, delete_old, insert as insert_row};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, json};
use crate::sql::statements as sql;

/// The beginning of the kinds of events about cases. All others are about parties.
const OF_CASES: &str = "case.";
/// The kind of an event about a case that this program does not know.
const UNKNOWN: &str = EventKind::Unknown.as_str();

/// The outbox: one event for each filed step of a case.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Reads events with a larger `seq`, in their order. `seq` grows in the order of commits, so that a reader who
    /// follows it misses none. Events older than [`EVENTS_KEPT_MS`](crate::sql::outbox::EVENTS_KEPT_MS) are deleted.
    async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, DocketError>;
}

/// An event in the outbox: a step of a case, or something that happened to a party.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The place in the order of commits, from 1.
    pub seq: u64,
    /// The id under which the event is delivered, as often as that is tried.
    pub id: Uuid,
    /// The case; nil for an event about a party.
    pub case: CaseId,
    /// The step; none if the event is about a party, or this version cannot read it. The docket then has reported it.
    pub record: Option<EventRecord>,
    /// A step about a party; none if the event is about a case, or this version cannot read it.
    pub trust: Option<TrustEvent>,
}

/// Inserts the event of a step and deletes old ones. It takes the transaction's last lock.
pub(super) async fn insert<D: WriteDb>(
    db: &mut D,
    case: &Case,
    change: StateChange,
    entry: &AuditEntry,
) -> Result<(), DocketError> {
    delete_old::<_, DocketError>(db, entry.at_ms).await?;
    let record = record(case, change, entry);
    let row = EventRow {
        kind: record.kind.as_str(),
        case: case.id.0,
        room: case.room.as_str(),
        version: case.version,
        at_ms: entry.at_ms,
        payload: &json("payload", &record)?,
    };
    insert_row(db, &row).await
}

/// Reads events after a place, in their order.
pub(super) async fn after<D: Db>(db: &mut D, after: u64, limit: u32) -> Result<Vec<Event>, DocketError> {
    let found = db.fetch_all(sql::EVENTS_AFTER, &[cursor(after).into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(event(row)?)).collect()
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
    let was_draft = kind == EventKind::Opened && change.was == Some(CaseState::Draft);
    let draft = was_draft.then(|| OpenedDraft {
        stood_ms: entry.at_ms.saturating_sub(case.created_at_ms),
        merchant_stated: !case.brief.statements.merchant.is_empty(),
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
        draft,
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
    let (id, case, kind) = (row.uuid("id")?, CaseId(row.uuid("case_id")?), row.text("kind")?);
    let mut event = Event { seq, id, case, record: None, trust: None };
    let newer = |format, own| Malformed::new("payload", format_args!("format {format} is newer than {own}"));
    let read = if kind.starts_with(OF_CASES) || kind == UNKNOWN {
        row.json("payload").and_then(|record: EventRecord| match record.format {
            EVENT_FORMAT => {
                event.record = Some(record);
                Ok(())
            }
            format => Err(newer(format, EVENT_FORMAT)),
        })
    } else {
        row.json("payload").and_then(|told: TrustEvent| match told.format {
            TRUST_EVENT_FORMAT => {
                event.trust = Some(told);
                Ok(())
            }
            format => Err(newer(format, TRUST_EVENT_FORMAT)),
        })
    };
    // A record that cannot be read is reported, and its event keeps its place.
    let _ = read.map_err(DocketError::from).inspect_err(report);
    Ok(event)
}
