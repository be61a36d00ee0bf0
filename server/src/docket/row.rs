//! Rows of the docket's tables as the court's types, in both directions. It sends no query.

use futures_util::{Stream, TryStreamExt};
use live_jury_court::{
    Brief, Case, Draw, Ended, Loss, Missing, Open, Pseudonym, Sealed, SealedBy, State, StoredBallot, subject_key,
};
use live_jury_proof::text::{array_from_hex, hex};
use live_jury_proof::ticket::commitment;
use live_jury_protocol::{Actor, AuditAction, AuditEntry, CaseId, CaseState, NewCase, Outcome, RoomId, Verdict};
use uuid::Uuid;

use super::{AuditLine, DocketError, Request, RoomRev, StoredCase};
use crate::sql::query::Value;
use crate::sql::row::{Columns, Malformed, ballot, json, report_unreadable, signed, text};

/// The highest format of the cases that this program reads and writes. A row with a higher one is of a newer program
/// and is not read, since its values may mean something else.
const FORMAT: u64 = 4;
/// The format of a case that a program of the first format decides alike.
const FORMAT_PLAIN: u64 = 1;

/// The format of a case that a program of the second format decides alike: it has further rules, and no panel.
const FORMAT_WITHOUT_PANEL: u64 = 2;
/// The format of a case that a program of the third format decides alike: nothing follows from its verdict by a policy.
const FORMAT_WITHOUT_POLICY: u64 = 3;

/// The lowest format that says all of a case. A program of an earlier format would leave rules out, and decide the case
/// without them.
fn format(case: &Case) -> u64 {
    match &case.brief.rules {
        _ if case.brief.has_consequence() => FORMAT,
        rules if rules.panel.is_some() => FORMAT_WITHOUT_POLICY,
        rules if rules.has_further_rules() => FORMAT_WITHOUT_PANEL,
        _ => FORMAT_PLAIN,
    }
}

/// A row of `cases` as a case. Values are read by type alone: limits are checked when a case is written, and may
/// change.
pub(super) fn case(row: &impl Columns) -> Result<Case, DocketError> {
    let id = CaseId(row.uuid("id").map_err(DocketError::from)?);
    parse_case(id, row).map_err(|why| DocketError::Malformed(format!("case {id}: {why}")))
}

/// Rows of `cases` in a list. A malformed row becomes an unreadable item and hides no other.
pub(super) fn stored_cases(rows: &[impl Columns]) -> Vec<StoredCase> {
    rows.iter().filter_map(stored_case).collect()
}

/// The rows of `cases` that can be read. The others are reported.
pub(super) fn readable_cases(rows: &[impl Columns]) -> Vec<Case> {
    stored_cases(rows).into_iter().filter_map(|stored| stored.case).collect()
}

/// A row of `cases` in a list; `None` only if not even its id can be read.
fn stored_case(row: &impl Columns) -> Option<StoredCase> {
    let parsed = row.uuid("id").map(CaseId).map_err(DocketError::from);
    let id = parsed.inspect_err(report).ok()?;
    let place = row.maybe_number("verdict_seq").unwrap_or_default();
    Some(StoredCase { id, place, case: case(row).inspect_err(report).ok() })
}

/// Reports a record that cannot be read.
pub(super) fn report(error: &DocketError) {
    report_unreadable(error);
}

fn parse_case(id: CaseId, row: &impl Columns) -> Result<Case, Malformed> {
    let format = row.number("format")?;
    if format > FORMAT {
        return Err(Malformed::new("format", format_args!("{format} is newer than this program's {FORMAT}")));
    }
    let brief: NewCase = row.json("brief")?;
    // A value of a later version is read as unknown. It cannot be shown, so the case is reported as unreadable.
    if serde_json::to_writer(std::io::sink(), &brief).is_err() {
        return Err(Malformed::new("brief", "has a value of a later version"));
    }
    Ok(Case {
        id,
        room: row.parsed("room")?,
        brief: Brief::stored(brief),
        version: row.number("version")?,
        created_at_ms: row.number("created_at_ms")?,
        draw: draw(row)?,
        appeal_of: row.maybe_uuid("appeal_of")?.map(CaseId),
        remedy_clock: row.maybe_json("remedy_clock")?,
        state: state(row)?,
    })
}

/// The draw of a case's panel. The commitment follows from the nonce.
fn draw(row: &impl Columns) -> Result<Option<Draw>, Malformed> {
    let Some(nonce) = row.maybe_text("draw_nonce")? else { return Ok(None) };
    let nonce = array_from_hex(&nonce).ok_or_else(|| Malformed::new("draw_nonce", "is not 64 hexadecimal digits"))?;
    Ok(Some(Draw { commitment: commitment(&nonce), nonce, called: row.maybe_json("called")? }))
}

fn state(row: &impl Columns) -> Result<State, Malformed> {
    let name: CaseState = row.parsed("state")?;
    let parsed = match name {
        CaseState::Draft => State::Draft,
        CaseState::Open => State::Open(open(row)?),
        CaseState::Sealed => State::Sealed(sealed(row)?),
        CaseState::Decided => State::Decided(ended(row)?),
        CaseState::Void => State::Void(ended(row)?),
        CaseState::Unknown => return Err(Malformed::new("state", "is unknown")),
    };
    // A column of a later state must be NULL.
    for (column, belongs) in [
        ("key_fingerprint", parsed.opened().is_some()),
        ("sealed_by", parsed.sealed().is_some()),
        ("verdict", parsed.ended().is_some()),
    ] {
        if row.maybe_text(column)?.is_some() != belongs {
            return Err(Malformed::new(column, format_args!("does not belong to a case that is {}", name.as_str())));
        }
    }
    let is_void = parsed.ended().map(|ended| ended.verdict.outcome == Outcome::Void);
    if is_void.is_some_and(|is_void| is_void != (name == CaseState::Void)) {
        return Err(Malformed::new("verdict", format_args!("does not fit a case that is {}", name.as_str())));
    }
    Ok(parsed)
}

fn open(row: &impl Columns) -> Result<Open, Malformed> {
    Ok(Open {
        epoch: row.number("epoch")?,
        opened_at_ms: row.number("opened_at_ms")?,
        closes_at_ms: row.number("closes_at_ms")?,
        extended_s: row.number("extended_s")?,
        key: row.text("key_fingerprint")?,
        // A case that an older program opened has none.
        terms: row.maybe_json("terms")?.unwrap_or_default(),
        store: row.maybe_parsed("store")?,
        loss: loss(row)?,
    })
}

/// The losses of a case; those of a case that an older program opened are none.
fn loss(row: &impl Columns) -> Result<Loss, Malformed> {
    Ok(row.maybe_json("loss")?.unwrap_or_default())
}

/// The state of the version before a step, and whether it waited for a lost tally.
pub(super) fn state_before(row: &impl Columns) -> Result<CaseBefore, Malformed> {
    Ok(CaseBefore { state: row.parsed("state")?, missing: loss(row)?.missing })
}

/// Checks that a case whose ballots or seals are filed is sealed.
pub(super) fn check_sealed(column: &str, state: CaseState) -> Result<(), Malformed> {
    match state {
        CaseState::Sealed => Ok(()),
        other => Err(Malformed::new(column, format_args!("are filed for a case that is {}", other.as_str()))),
    }
}

fn sealed(row: &impl Columns) -> Result<Sealed, Malformed> {
    let by: SealedBy = row.json("sealed_by")?;
    Ok(Sealed { open: open(row)?, by, sealed_at_ms: row.number("sealed_at_ms")? })
}

fn ended(row: &impl Columns) -> Result<Ended, Malformed> {
    let verdict: Verdict = row.json("verdict")?;
    if verdict.outcome == Outcome::Unknown {
        return Err(Malformed::new("verdict", "has an unknown outcome"));
    }
    Ok(Ended { sealed: sealed(row)?, verdict })
}

/// A row of `audit`.
pub(super) fn audit_entry(row: &impl Columns) -> Result<AuditEntry, DocketError> {
    let by = row.text("who")?;
    let by_kind = match row.maybe_text("who_kind")? {
        Some(kind) => Actor::from_name(&kind),
        // Lines without a kind are of a program that wrote `server` for itself.
        None if by == Actor::Server.as_str() => Actor::Server,
        None => Actor::Moderator,
    };
    Ok(AuditEntry {
        at_ms: row.number("at_ms")?,
        by,
        by_kind,
        action: AuditAction::from(row.text("action")?),
        detail: row.maybe_text("detail")?,
        version: row.number("version")?,
        epoch: row.number("epoch")?,
    })
}

/// A row of `cases`, if there is one.
pub(super) fn maybe_case(row: Option<&impl Columns>) -> Result<Option<Case>, DocketError> {
    row.map(case).transpose()
}

/// Rows of `audit`.
pub(super) fn audit_entries(rows: &[impl Columns]) -> Result<Vec<AuditEntry>, DocketError> {
    rows.iter().map(audit_entry).collect()
}

/// Rows of `audit` with their numbers.
pub(super) fn audit_lines(rows: &[impl Columns]) -> Result<Vec<AuditLine>, DocketError> {
    rows.iter().map(|row| Ok(AuditLine { line: row.number("line")?, entry: audit_entry(row)? })).collect()
}

/// Rows of `ballots`.
pub(super) fn ballots_of_page(rows: &[impl Columns]) -> Result<Vec<StoredBallot>, DocketError> {
    Ok(rows.iter().map(ballot).collect::<Result<_, _>>()?)
}

/// Rows of `ballots`, parsed as they arrive, since a case may have a million.
pub(super) async fn ballots<R: Columns>(
    mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
) -> Result<Vec<StoredBallot>, DocketError> {
    let mut ballots = Vec::new();
    while let Some(row) = rows.try_next().await? {
        ballots.push(ballot(&row)?);
    }
    Ok(ballots)
}

/// The saved answer in a row of `requests`, if `request` is the same one.
pub(super) fn answer(row: &impl Columns, request: &Request) -> Result<String, DocketError> {
    if row.text("digest")? == request.digest { Ok(row.text("answer")?) } else { Err(DocketError::KeyReused) }
}

/// Rows of `rooms`, and the rooms of `known` that have no row. A malformed row is reported and hides no other.
pub(super) fn room_revs(rows: &[impl Columns], known: &[RoomId]) -> Vec<RoomRev> {
    let mut revs: Vec<RoomRev> = rows.iter().filter_map(|row| room_rev(row).inspect_err(report).ok()).collect();
    revs.sort_unstable_by(|a, b| a.room.cmp(&b.room));
    let found = revs.len();
    for room in known {
        if revs[..found].binary_search_by(|rev| rev.room.cmp(room)).is_err() {
            revs.push(RoomRev { room: room.clone(), rev: 0, live: false });
        }
    }
    revs
}

fn room_rev(row: &impl Columns) -> Result<RoomRev, DocketError> {
    Ok(RoomRev { room: row.parsed("room")?, rev: row.number("rev")?, live: row.number("live")? > 0 })
}

/// The ballots found for `jurors`, in their order.
pub(super) fn by_juror(mut found: Vec<StoredBallot>, jurors: &[Pseudonym]) -> Vec<Option<StoredBallot>> {
    found.sort_unstable_by_key(|ballot| ballot.juror);
    let index = |juror: &Pseudonym| found.binary_search_by_key(juror, |ballot| ballot.juror).ok();
    jurors.iter().map(|juror| index(juror).map(|index| found[index])).collect()
}

/// A case as a row of `cases`. The database gives `verdict_seq`.
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
    store: Option<String>,
    loss: Option<String>,
    terms: Option<String>,
    subject: Option<String>,
    draw_nonce: Option<String>,
    called: Option<String>,
    format: i64,
}

impl CaseRow {
    /// The row of a case.
    pub fn of(case: &Case) -> Result<Self, Malformed> {
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
            store: opened.and_then(|open| open.store).map(|store| store.to_string()),
            loss: opened.map(|open| json("loss", &open.loss)).transpose()?,
            terms: opened.map(|open| json("terms", &open.terms)).transpose()?,
            subject: subject_key(&case.brief.subject)
                .map(|key| text("subject", &key).map(str::to_owned))
                .transpose()?,
            draw_nonce: case.draw.map(|draw| hex(&draw.nonce)),
            called: case.draw.and_then(|draw| draw.called).map(|called| json("called", &called)).transpose()?,
            format: format(case).cast_signed(),
        })
    }

    /// The columns, in the order of the statements.
    pub fn values(&self) -> [Value<'_>; 21] {
        [
            self.id.into(),
            self.room.as_str().into(),
            self.state.into(),
            self.version.into(),
            self.epoch.into(),
            self.brief.as_str().into(),
            self.created_at_ms.into(),
            self.opened_at_ms.into(),
            self.closes_at_ms.into(),
            self.extended_s.into(),
            self.key_fingerprint.as_deref().into(),
            self.sealed_by.as_deref().into(),
            self.sealed_at_ms.into(),
            self.verdict.as_deref().into(),
            self.format.into(),
            self.store.as_deref().into(),
            self.loss.as_deref().into(),
            self.terms.as_deref().into(),
            self.subject.as_deref().into(),
            self.draw_nonce.as_deref().into(),
            self.called.as_deref().into(),
        ]
    }
}

/// A case before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CaseBefore {
    /// The state.
    pub state: CaseState,
    /// The wait for a lost tally, if there was one.
    pub missing: Option<Missing>,
}

/// The effect of a step on its room and on the list of verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateChange {
    /// The state before; `None` for a new case.
    pub was: Option<CaseState>,
    /// The state after; `None` for a discarded draft.
    pub is: Option<CaseState>,
    /// Whether the room's public can see it.
    pub public: bool,
    /// The change of the room's number of open and sealed cases.
    pub live: i64,
    /// The change of the number of those that wait for a lost tally.
    pub missing: i64,
    /// Whether it opens the case.
    pub opened: bool,
    /// Whether it records the case.
    pub recorded: bool,
}

impl StateChange {
    /// The change from one state, or from none, to another, or to none.
    pub fn between(was: Option<CaseState>, is: Option<CaseState>) -> Self {
        Self::of(was.map(|state| CaseBefore { state, missing: None }), is, None)
    }

    /// The change from a case as it was to its next version.
    pub fn filing(was: CaseBefore, case: &Case) -> Self {
        Self::of(Some(was), Some(case.state.name()), case.state.missing())
    }

    fn of(before: Option<CaseBefore>, is: Option<CaseState>, missing: Option<Missing>) -> Self {
        let was = before.map(|before| before.state);
        let was_missing = before.is_some_and(|before| before.missing.is_some());
        let live = |state| matches!(state, CaseState::Open | CaseState::Sealed);
        let ended = |state| matches!(state, CaseState::Decided | CaseState::Void);
        Self {
            was,
            is,
            public: is.is_some_and(|is| is != CaseState::Draft),
            live: i64::from(is.is_some_and(live)) - i64::from(was.is_some_and(live)),
            missing: i64::from(missing.is_some()) - i64::from(was_missing && was.is_some_and(live)),
            opened: is == Some(CaseState::Open) && was != Some(CaseState::Open),
            recorded: is.is_some_and(ended) && !was.is_some_and(ended),
        }
    }
}
