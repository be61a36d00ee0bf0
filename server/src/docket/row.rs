//! What both SQL dialects share: rows to and from the court's types, checked in both directions; it sends no query.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use futures_util::{Stream, TryStreamExt};
use live_jury_court::{Brief, Case, Ended, EvidenceUrlPolicy, Open, Pseudonym, Sealed, SealedBy, State, StoredBallot};
use live_jury_protocol::{AuditEntry, CaseId, CaseState, NewCase, Outcome, RoomId, Side, Verdict};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::query::Query;
use sqlx::{ColumnIndex, Database, Decode, Encode, Row, Type};
use uuid::Uuid;

use super::{DocketError, Request, RoomRev};

/// A query for cases, whose rows [`case`] parses. The columns are named, so that a newer node's schema, with more of
/// them, does not break a statement that this node has prepared.
macro_rules! select_cases {
    ($rest:literal) => {
        concat!(
            "SELECT id, room, state, version, epoch, brief, created_at_ms, opened_at_ms, closes_at_ms, extended_s, \
             key_fingerprint, sealed_by, sealed_at_ms, verdict, verdict_seq FROM cases ",
            $rest
        )
    };
}
pub(super) use select_cases;

impl From<sqlx::Error> for DocketError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. } => Self::Malformed(error.to_string()),
            _ => Self::Unavailable(error),
        }
    }
}

fn malformed(column: &str, why: impl Display) -> DocketError {
    DocketError::Malformed(format!("{column}: {why}"))
}

/// A number as SQL keeps it.
pub(super) fn signed(column: &str, number: u64) -> Result<i64, DocketError> {
    i64::try_from(number).map_err(|why| malformed(column, why))
}

/// A cursor as SQL compares it: beyond its largest number there is nothing.
pub(super) fn cursor(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit of the protocol as SQL compares it.
pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Text as both dialects keep it: PostgreSQL has no NUL, so neither docket takes one.
pub(super) fn text<'t>(column: &str, text: &'t str) -> Result<&'t str, DocketError> {
    if text.contains('\0') { Err(malformed(column, "text with a NUL")) } else { Ok(text) }
}

fn json(column: &str, value: &impl Serialize) -> Result<String, DocketError> {
    serde_json::to_string(value).map_err(|why| malformed(column, why))
}

/// A row of either dialect. Every getter names the column in its error.
pub(super) trait Columns {
    fn maybe_number(&self, column: &'static str) -> Result<Option<u64>, DocketError>;
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, DocketError>;
    fn bytes(&self, column: &'static str) -> Result<&[u8], DocketError>;
    fn uuid(&self, column: &'static str) -> Result<Uuid, DocketError>;

    fn number(&self, column: &'static str) -> Result<u64, DocketError> {
        self.maybe_number(column)?.ok_or_else(|| malformed(column, "is missing"))
    }

    fn text(&self, column: &'static str) -> Result<String, DocketError> {
        self.maybe_text(column)?.ok_or_else(|| malformed(column, "is missing"))
    }

    fn parsed<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<T, DocketError> {
        self.text(column)?.parse().map_err(|why| malformed(column, why))
    }

    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, DocketError> {
        serde_json::from_str(&self.text(column)?).map_err(|why| malformed(column, why))
    }
}

impl<R> Columns for R
where
    R: Row,
    &'static str: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Uuid: Decode<'r, R::Database> + Type<R::Database>,
{
    fn maybe_number(&self, column: &'static str) -> Result<Option<u64>, DocketError> {
        let number: Option<i64> = self.try_get(column)?;
        number.map(u64::try_from).transpose().map_err(|why| malformed(column, why))
    }

    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, DocketError> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &'static str) -> Result<&[u8], DocketError> {
        Ok(self.try_get(column)?)
    }

    fn uuid(&self, column: &'static str) -> Result<Uuid, DocketError> {
        Ok(self.try_get(column)?)
    }
}

/// A row of `cases` as a case.
pub(super) fn case(row: &impl Columns) -> Result<Case, DocketError> {
    let id = CaseId(row.uuid("id")?);
    let parsed = || {
        let brief: NewCase = row.json("brief")?;
        Ok(Case {
            id,
            room: row.parsed("room")?,
            // Whether loopback URLs are allowed was judged when the case was written.
            brief: Brief::new(brief, EvidenceUrlPolicy::HttpsAndLoopback).map_err(|why| malformed("brief", why))?,
            version: row.number("version")?,
            created_at_ms: row.number("created_at_ms")?,
            state: state(row)?,
        })
    };
    parsed().map_err(|error: DocketError| match error {
        DocketError::Malformed(why) => DocketError::Malformed(format!("case {id}: {why}")),
        other => other,
    })
}

fn state(row: &impl Columns) -> Result<State, DocketError> {
    let name: CaseState = row.parsed("state")?;
    let parsed = match name {
        CaseState::Draft => State::Draft,
        CaseState::Open => State::Open(open(row)?),
        CaseState::Sealed => State::Sealed(sealed(row)?),
        CaseState::Decided => State::Decided(ended(row)?),
        CaseState::Void => State::Void(ended(row)?),
        CaseState::Unknown => return Err(malformed("state", "is unknown")),
    };
    // What is not true of this state must not be there.
    for (column, belongs) in [
        ("key_fingerprint", parsed.opened().is_some()),
        ("sealed_by", parsed.sealed().is_some()),
        ("verdict", parsed.ended().is_some()),
    ] {
        if row.maybe_text(column)?.is_some() != belongs {
            return Err(malformed(column, format_args!("does not belong to a case that is {}", name.as_str())));
        }
    }
    let void = parsed.ended().map(|ended| ended.verdict.outcome == Outcome::Void);
    if void.is_some_and(|void| void != (name == CaseState::Void)) {
        return Err(malformed("verdict", format_args!("is not that of a case that is {}", name.as_str())));
    }
    Ok(parsed)
}

fn open(row: &impl Columns) -> Result<Open, DocketError> {
    Ok(Open {
        epoch: row.number("epoch")?,
        opened_at_ms: row.number("opened_at_ms")?,
        closes_at_ms: row.number("closes_at_ms")?,
        extended_s: row.number("extended_s")?,
        key: row.text("key_fingerprint")?,
    })
}

fn sealed(row: &impl Columns) -> Result<Sealed, DocketError> {
    let by: SealedBy = row.json("sealed_by")?;
    Ok(Sealed { open: open(row)?, by, sealed_at_ms: row.number("sealed_at_ms")? })
}

fn ended(row: &impl Columns) -> Result<Ended, DocketError> {
    let verdict: Verdict = row.json("verdict")?;
    if verdict.outcome == Outcome::Unknown {
        return Err(malformed("verdict", "has an unknown outcome"));
    }
    Ok(Ended { sealed: sealed(row)?, verdict })
}

/// A row of `cases` as a recorded case with its place.
pub(super) fn verdict(row: &impl Columns) -> Result<(u64, Case), DocketError> {
    Ok((row.number("verdict_seq")?, case(row)?))
}

/// A row of `audit`.
pub(super) fn audit_entry(row: &impl Columns) -> Result<AuditEntry, DocketError> {
    Ok(AuditEntry {
        at_ms: row.number("at_ms")?,
        by: row.text("who")?,
        action: row.text("action")?,
        detail: row.maybe_text("detail")?,
        version: row.number("version")?,
        epoch: row.number("epoch")?,
    })
}

/// Rows of `ballots`, parsed as they come: there may be a million.
pub(super) async fn ballots<R: Columns>(
    mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
) -> Result<Vec<StoredBallot>, DocketError> {
    let mut ballots = Vec::new();
    while let Some(row) = rows.try_next().await? {
        ballots.push(ballot(&row)?);
    }
    Ok(ballots)
}

fn ballot(row: &impl Columns) -> Result<StoredBallot, DocketError> {
    let side = row.maybe_text("side")?.map(|side| side.parse::<Side>()).transpose();
    Ok(StoredBallot {
        juror: Pseudonym(row.bytes("juror")?.try_into().map_err(|why| malformed("juror", why))?),
        option: row.number("option")?.try_into().map_err(|why| malformed("option", why))?,
        side: side.map_err(|why| malformed("side", why))?,
        change: row.number("change")?.try_into().map_err(|why| malformed("change", why))?,
        cast_at_min: row.number("cast_at_min")?,
    })
}

/// A row's state, where nothing else of it is asked for.
pub(super) fn state_name(row: &impl Columns) -> Result<CaseState, DocketError> {
    row.parsed("state")
}

/// A room's rev, where nothing else of it is asked for.
pub(super) fn rev(row: &impl Columns) -> Result<u64, DocketError> {
    row.number("rev")
}

/// A row of `rooms`.
pub(super) fn room_rev(row: &impl Columns) -> Result<RoomRev, DocketError> {
    Ok(RoomRev { room: row.parsed("room")?, rev: row.number("rev")?, live: row.number("live")? > 0 })
}

/// A row of `requests`, for one who comes with the same key.
pub(super) fn answer(row: &impl Columns, request: &Request) -> Result<String, DocketError> {
    if row.text("digest")? == request.digest { row.text("answer") } else { Err(DocketError::KeyReused) }
}

/// A case as a row of `cases`; `verdict_seq` is given by the database.
pub(super) struct CaseRow {
    id: Uuid,
    room: String,
    state: &'static str,
    version: i64,
    epoch: Option<i64>,
    brief: String,
    created_at_ms: i64,
    opened_at_ms: Option<i64>,
    closes_at_ms: Option<i64>,
    extended_s: Option<i64>,
    key_fingerprint: Option<String>,
    sealed_by: Option<String>,
    sealed_at_ms: Option<i64>,
    verdict: Option<String>,
}

impl CaseRow {
    /// The row of a case.
    pub fn of(case: &Case) -> Result<Self, DocketError> {
        let opened = case.state.opened();
        let sealed = case.state.sealed();
        let since_open =
            |column: &str, number: fn(&Open) -> u64| opened.map(|open| signed(column, number(open))).transpose();
        Ok(Self {
            id: case.id.0,
            room: case.room.to_string(),
            state: case.state.name().as_str(),
            version: signed("version", case.version)?,
            epoch: since_open("epoch", |open| open.epoch)?,
            brief: json("brief", &*case.brief)?,
            created_at_ms: signed("created_at_ms", case.created_at_ms)?,
            opened_at_ms: since_open("opened_at_ms", |open| open.opened_at_ms)?,
            closes_at_ms: since_open("closes_at_ms", |open| open.closes_at_ms)?,
            extended_s: since_open("extended_s", |open| open.extended_s)?,
            key_fingerprint: opened.map(|open| text("key_fingerprint", &open.key).map(str::to_owned)).transpose()?,
            sealed_by: sealed.map(|sealed| json("sealed_by", &sealed.by)).transpose()?,
            sealed_at_ms: sealed.map(|sealed| signed("sealed_at_ms", sealed.sealed_at_ms)).transpose()?,
            verdict: case.state.ended().map(|ended| json("verdict", &ended.verdict)).transpose()?,
        })
    }

    /// The query with the row's fourteen columns as its first parameters, in the order of [`select_cases`].
    pub fn bind<'q, DB>(self, query: Query<'q, DB, DB::Arguments>) -> Query<'q, DB, DB::Arguments>
    where
        DB: Database,
        for<'t> Uuid: Encode<'t, DB> + Type<DB>,
        for<'t> &'t str: Encode<'t, DB> + Type<DB>,
        for<'t> String: Encode<'t, DB> + Type<DB>,
        for<'t> Option<String>: Encode<'t, DB> + Type<DB>,
        for<'t> i64: Encode<'t, DB> + Type<DB>,
        for<'t> Option<i64>: Encode<'t, DB> + Type<DB>,
    {
        query
            .bind(self.id)
            .bind(self.room)
            .bind(self.state)
            .bind(self.version)
            .bind(self.epoch)
            .bind(self.brief)
            .bind(self.created_at_ms)
            .bind(self.opened_at_ms)
            .bind(self.closes_at_ms)
            .bind(self.extended_s)
            .bind(self.key_fingerprint)
            .bind(self.sealed_by)
            .bind(self.sealed_at_ms)
            .bind(self.verdict)
    }
}

/// What a change of a case means for its room and for those who follow verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Whether the room's public can see it.
    pub public: bool,
    /// By how much the room's open and sealed cases grow in number.
    pub live: i64,
    /// Whether the case is recorded by it.
    pub recorded: bool,
}

impl Step {
    /// The step from one state, or from none, to another.
    pub fn between(was: Option<CaseState>, is: CaseState) -> Self {
        let live = |state| matches!(state, CaseState::Open | CaseState::Sealed);
        let ended = |state| matches!(state, CaseState::Decided | CaseState::Void);
        Self {
            public: is != CaseState::Draft,
            live: i64::from(live(is)) - i64::from(was.is_some_and(live)),
            recorded: ended(is) && !was.is_some_and(ended),
        }
    }
}

/// The ballots to keep with a step, in order of pseudonym: what goes into an index in order goes in fast.
pub(super) fn in_order(ballots: &[StoredBallot], step: Step) -> Result<Cow<'_, [StoredBallot]>, DocketError> {
    if !ballots.is_empty() && !step.recorded {
        return Err(malformed("ballots", "come with a case that is not recorded by this"));
    }
    let mut sorted = Cow::Borrowed(ballots);
    if !ballots.is_sorted_by_key(|ballot| ballot.juror) {
        sorted.to_mut().sort_unstable_by_key(|ballot| ballot.juror);
    }
    match sorted.windows(2).find(|pair| pair[0].juror == pair[1].juror) {
        Some(pair) => Err(malformed("ballots", format_args!("juror {} is in them twice", pair[0].juror))),
        None => Ok(sorted),
    }
}

/// The revs of rooms, with those of `known` among them that the database does not know.
pub(super) fn with_unknown(mut revs: Vec<RoomRev>, known: &[RoomId]) -> Vec<RoomRev> {
    revs.sort_unstable_by(|a, b| a.room.cmp(&b.room));
    let found = revs.len();
    for room in known {
        if revs[..found].binary_search_by(|rev| rev.room.cmp(room)).is_err() {
            revs.push(RoomRev { room: room.clone(), rev: 0, live: false });
        }
    }
    revs
}

/// The ballots found for `jurors`, in their order.
pub(super) fn by_juror(found: Vec<StoredBallot>, jurors: &[Pseudonym]) -> Vec<Option<StoredBallot>> {
    let mut found = found;
    found.sort_unstable_by_key(|ballot| ballot.juror);
    let place = |juror: &Pseudonym| found.binary_search_by_key(juror, |ballot| ballot.juror).ok();
    jurors.iter().map(|juror| place(juror).map(|index| found[index])).collect()
}
