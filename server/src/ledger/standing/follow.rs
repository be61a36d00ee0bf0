//! Follows the outbox from a locked cursor. The cursor moves in the transaction with its effects, so that a node that
//! is killed loses and doubles nothing.

use live_jury_protocol::record::{EVENT_FORMAT, EventKind, EventRecord};
use live_jury_trust::PartyKind;
use live_jury_trust::claim::Hour;
use live_jury_trust::policy::TrustFile;
use sqlx::{PgConnection, SqliteConnection};

use super::{Followed, StandingDb, StandingError, appeals, drafts, rule};
use crate::ledger::claims::calls as claims;
use crate::ledger::listings::calls as listings;
use crate::ledger::parties::list;
use crate::ledger::remedies::calls as remedies;
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, signed};
use crate::telemetry::log_limited;

/// The most events that one transaction passes over. It takes one that means something.
const EVENTS_AT_ONCE: i64 = 64;

/// `$1` place after which, `$2` limit.
const EVENTS: &str = "SELECT seq, kind, payload FROM outbox WHERE seq > $1 ORDER BY seq LIMIT $2";
const MOVE: &str = "UPDATE trust_cursor SET seq = $1 WHERE name = 'rulings'";

/// The statement that locks the cursor.
pub(in crate::ledger) trait CursorDb: Db {
    /// Reads and locks the cursor. No row: another node has it.
    const LOCK_CURSOR: &'static str;
    /// `$1` kind, `$2` ids: locks the rows of parties. None where a writer is alone.
    const LOCK_PARTIES: Option<&'static str>;
}

impl CursorDb for SqliteConnection {
    const LOCK_CURSOR: &'static str = "SELECT seq FROM trust_cursor WHERE name = 'rulings'";
    const LOCK_PARTIES: Option<&'static str> = None;
}

impl CursorDb for PgConnection {
    const LOCK_CURSOR: &'static str = "SELECT seq FROM trust_cursor WHERE name = 'rulings' FOR UPDATE SKIP LOCKED";
    const LOCK_PARTIES: Option<&'static str> = Some(
        "SELECT id FROM trust_party WHERE kind = $1 \
         AND id = ANY (ARRAY(SELECT json_array_elements_text(CAST($2 AS json)))) ORDER BY id FOR UPDATE",
    );
}

/// Locks the parties that a case names. An event has several parts, and the first one that tells of something takes the
/// lock of the outbox, behind which no further row may be locked: others lock parties first.
async fn lock_parties<D: StandingDb>(db: &mut D, record: &EventRecord) -> Result<(), StandingError> {
    let Some(sql) = D::LOCK_PARTIES else { return Ok(()) };
    let (merchant, host) = (record.subject.merchant.as_deref(), record.subject.host.as_deref());
    for (kind, id) in PartyKind::ALL.into_iter().zip([merchant, host]) {
        if let Some(id) = id {
            db.fetch_all(sql, &[kind.as_str().into(), list(&[id]).as_str().into()]).await?;
        }
    }
    Ok(())
}

/// Reports an event that is put aside, since it cannot be taken because of what is stored. It stays in the outbox.
pub(in crate::ledger) fn report_aside(error: &StandingError) {
    metrics::counter!("live_jury_trust_events_aside_total").increment(1);
    tracing::error!(%error, "an event of the outbox is put aside");
}

/// Takes the next event that means something here. The event at the place `aside` is passed over.
pub(in crate::ledger) async fn follow<D: StandingDb>(
    db: &mut D,
    file: &TrustFile,
    hour: Hour,
    aside: Option<u64>,
    now_ms: u64,
) -> Result<Followed, StandingError> {
    let Some(cursor) = db.fetch_optional(D::LOCK_CURSOR, &[]).await? else { return Ok(Followed::Elsewhere) };
    let found = db.fetch_all(EVENTS, &[signed("seq", cursor.number("seq")?)?.into(), EVENTS_AT_ONCE.into()]).await?;
    let mut last = None;
    for row in &found {
        let seq = row.number("seq")?;
        let before = last.replace(seq);
        if aside == Some(seq) {
            continue;
        }
        let kind = row.text("kind")?;
        let means_something =
            [EventKind::Drafted, EventKind::Edited, EventKind::Opened, EventKind::Recorded, EventKind::Discarded];
        if !means_something.iter().any(|one| one.as_str() == kind) {
            continue;
        }
        let record = match read_record(row) {
            Ok(record) => record,
            // A later program wrote it, and one of its nodes takes it. Behind the cursor nobody would.
            Err(Unread::Later(format)) => {
                report_later(seq, format);
                last = before;
                break;
            }
            Err(Unread::Damaged(error)) => {
                report_aside(&StandingError::Event { seq, source: Box::new(error.into()) });
                continue;
            }
        };
        match take(db, file, &record, hour, now_ms).await {
            Ok(true) => break,
            Ok(false) => {}
            Err(error) if error.is_unreadable() => {
                return Err(StandingError::Event { seq, source: Box::new(error) });
            }
            Err(error) => return Err(error),
        }
    }
    let Some(last) = last else { return Ok(Followed::UpToDate) };
    db.execute(MOVE, &[signed("seq", last)?.into()]).await?;
    Ok(Followed::More)
}

/// Why an event is not taken.
enum Unread {
    /// It has this format, of a later program.
    Later(u32),
    /// It cannot be read.
    Damaged(Malformed),
}

fn read_record(row: &impl Columns) -> Result<EventRecord, Unread> {
    /// The part that all formats share.
    #[derive(serde::Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = row.json("payload").map_err(Unread::Damaged)?;
    if head.format > EVENT_FORMAT {
        return Err(Unread::Later(head.format));
    }
    row.json("payload").map_err(Unread::Damaged)
}

/// Reports an event that a later program must take.
fn report_later(seq: u64, format: u32) {
    metrics::counter!("live_jury_trust_steps_failed_total", "step" => "later").increment(1);
    log_limited!(
        error,
        seq,
        format,
        "an event of a later format waits for a later program; no ruling follows until then"
    );
}

/// Takes an event, and returns whether it may have changed the standing of somebody.
async fn take<D: StandingDb>(
    db: &mut D,
    file: &TrustFile,
    record: &EventRecord,
    hour: Hour,
    now_ms: u64,
) -> Result<bool, StandingError> {
    lock_parties(db, record).await?;
    match record.kind {
        EventKind::Drafted => {
            drafts::put(db, record).await?;
            match record.appeal_of {
                Some(of) => appeals::drafted(db, of, record, now_ms).await?,
                None => return Ok(false),
            }
        }
        EventKind::Edited => {
            drafts::put(db, record).await?;
            return Ok(false);
        }
        EventKind::Opened => {
            drafts::delete(db, record.case).await?;
            rule::opened(db, file, record, now_ms).await?;
            claims::opened(db, record, hour, now_ms).await?;
            if record.appeal_of.is_some() {
                appeals::opened(db, record).await?;
            }
        }
        EventKind::Discarded => {
            drafts::delete(db, record.case).await?;
            claims::discarded(db, record, hour, now_ms).await?;
            listings::discarded(db, record, now_ms).await?;
            if record.appeal_of.is_some() {
                appeals::discarded(db, record, now_ms).await?;
            }
        }
        EventKind::Recorded => {
            rule::recorded(db, file, record, now_ms).await?;
            claims::judged(db, record, hour, now_ms).await?;
            listings::judged(db, file, record, now_ms).await?;
            remedies::follow(db, record, hour, now_ms).await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
