//! Publishes editions of the public report and reads them. None ever changes.

use live_jury_protocol::trust::{EditionChange, TRUST_EVENT_FORMAT, TrustChange, TrustEvent, TrustParty};
use live_jury_trust::figure::dsa::Rows;
use uuid::Uuid;

use super::{EditionPage, EditionRow, FileEdition};
use crate::ledger::standing::{StandingError, insert_event};
use crate::sql::outbox::{OutboxDb, delete_old, uuid_at};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, json, signed, text};

/// The form of stored editions. A node does not read a newer one.
const FORMAT: u64 = 1;
/// The party of an event about the platform itself.
const PLATFORM: (&str, &str) = ("platform", "*");
/// Days by which the lengths of two periods may differ that are compared: those of two months, or of two years.
const LENGTHS_APART_MAX: u64 = 3;

/// The columns of an edition.
macro_rules! select_editions {
    ($rest:literal) => {
        concat!("SELECT id, title, at_ms, format, report, parts FROM trust_edition ", $rest)
    };
}

const ONE: &str = select_editions!("WHERE id = $1");
const OF_REQUEST: &str = select_editions!("WHERE request = $1");
/// `$1` first day, `$2` and `$3` the least and the greatest length.
const BEFORE: &str = select_editions!(
    "WHERE to_day < $1 AND to_day - from_day + 1 BETWEEN $2 AND $3 ORDER BY to_day DESC, id DESC LIMIT 1"
);
/// `$1` id before which or NULL, `$2` limit.
const LIST: &str = select_editions!("WHERE CAST($1 AS UUID) IS NULL OR id < $1 ORDER BY id DESC LIMIT $2");
const INSERT: &str = "INSERT INTO trust_edition (id, title, from_day, to_day, at_ms, published_by, format, report, \
    parts, request) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(in crate::ledger) async fn file<D: OutboxDb>(
    db: &mut D,
    new: &FileEdition,
    now_ms: u64,
) -> Result<EditionRow, StandingError> {
    if let Some(request) = &new.request
        && let Some(row) = db.fetch_optional(OF_REQUEST, &[text("request", request)?.into()]).await?
    {
        let first = parse(&row)?;
        let days = |report: &live_jury_protocol::trust::Report| (report.from.clone(), report.to.clone());
        let is_same = first.title == new.title && days(&first.report) == days(&new.report);
        return if is_same { Ok(first) } else { Err(StandingError::KeyReused) };
    }
    let (id, report, parts) = (uuid_at(now_ms), json("report", &new.report)?, json("parts", &new.parts)?);
    let values = [
        id.into(),
        text("title", &new.title)?.into(),
        signed("from_day", new.days.0)?.into(),
        signed("to_day", new.days.1)?.into(),
        signed("at_ms", now_ms)?.into(),
        text("published_by", &new.by)?.into(),
        cursor(FORMAT).into(),
        text("report", &report)?.into(),
        text("parts", &parts)?.into(),
        new.request.as_deref().into(),
    ];
    db.execute(INSERT, &values).await?;
    delete_old::<_, StandingError>(db, now_ms).await?;
    let what = EditionChange { edition: id, from: new.report.from.clone(), to: new.report.to.clone() };
    let event = TrustEvent {
        format: TRUST_EVENT_FORMAT,
        at_ms: now_ms,
        party: TrustParty { kind: PLATFORM.0.to_owned(), id: PLATFORM.1.to_owned() },
        what: TrustChange::EditionPublished(what),
    };
    insert_event::<_, StandingError>(db, &event).await?;
    edition(db, id).await?.ok_or(StandingError::NotFound)
}

pub(in crate::ledger) async fn edition<D: Db>(db: &mut D, id: Uuid) -> Result<Option<EditionRow>, StandingError> {
    let found = db.fetch_optional(ONE, &[id.into()]).await?;
    Ok(found.as_ref().map(parse).transpose()?)
}

pub(in crate::ledger) async fn before<D: Db>(
    db: &mut D,
    from: u64,
    days: u64,
) -> Result<Option<EditionRow>, StandingError> {
    let [least, most] = [days.saturating_sub(LENGTHS_APART_MAX), days + LENGTHS_APART_MAX].map(cursor);
    let found = db.fetch_optional(BEFORE, &[cursor(from).into(), least.into(), most.into()]).await?;
    Ok(found.as_ref().map(parse).transpose()?)
}

pub(in crate::ledger) async fn editions<D: Db>(
    db: &mut D,
    page: EditionPage,
) -> Result<Vec<EditionRow>, StandingError> {
    let found = db.fetch_all(LIST, &[page.before.into(), i64::from(page.limit).into()]).await?;
    found.iter().map(|row| Ok(parse(row)?)).collect()
}

fn parse(row: &impl Columns) -> Result<EditionRow, Malformed> {
    match row.number("format")? {
        FORMAT => {}
        newer => return Err(Malformed::new("format", format_args!("{newer} is newer than {FORMAT}"))),
    }
    let parts: Vec<Rows> = row.json("parts")?;
    Ok(EditionRow {
        id: row.uuid("id")?,
        title: row.text("title")?,
        at_ms: row.number("at_ms")?,
        report: row.json("report")?,
        parts,
    })
}
