//! Steps of remedies: ordered by a verdict, given, late by time, waived by an appeal. A reversal takes back its counts.

use live_jury_protocol::limits::REMEDY_DUE_H_DEFAULT;
use live_jury_protocol::record::EventRecord;
use live_jury_protocol::trust::{RemedyChange, TrustChange};
use live_jury_protocol::{CaseId, Outcome, RemedyClock, RemedyKind, RemedyState};
use live_jury_trust::claim::Hour;
use live_jury_trust::counter::Count;
use live_jury_trust::signal::{Dimension, SignalId};
use live_jury_trust::{Party, PartyKind};

use super::{REMEDIES_AT_ONCE, RemedyGiven};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, cursor, json, readable, signed, text};

/// The columns of a remedy.
macro_rules! select_remedies {
    ($rest:literal) => {
        concat!(
            "SELECT case_id, kind, merchant, host, state, due_ms, done_ms, was_late, accepted FROM case_remedies ",
            $rest
        )
    };
}

const OF_CASE: &str = select_remedies!("WHERE case_id = $1");
/// `$1` now, `$2` limit.
const DUE: &str = select_remedies!("WHERE state = 'owed' AND due_ms <= $1 ORDER BY due_ms, case_id LIMIT $2");
/// `$1` limit.
const TO_SHOW: &str = select_remedies!("WHERE shown IS NULL OR shown <> state ORDER BY case_id LIMIT $1");
/// `$1` party, `$2` limit.
const OWED_BY_MERCHANT: &str =
    select_remedies!("WHERE merchant = $1 AND state IN ('owed', 'late') ORDER BY due_ms, case_id LIMIT $2");
const OWED_BY_HOST: &str =
    select_remedies!("WHERE host = $1 AND state IN ('owed', 'late') ORDER BY due_ms, case_id LIMIT $2");
const INSERT: &str = "INSERT INTO case_remedies (case_id, kind, merchant, host, state, due_ms, set_ms) \
    VALUES ($1, $2, $3, $4, 'owed', $5, $6) ON CONFLICT (case_id) DO NOTHING";
const NOT_SHOWN: &str = "UPDATE case_remedies SET shown = state WHERE case_id = $1";
const MOVE: &str = "UPDATE case_remedies SET state = $2, done_ms = coalesce($3, done_ms), \
    was_late = CASE WHEN $2 = 'late' THEN 1 ELSE was_late END, accepted = coalesce($4, accepted) WHERE case_id = $1";

/// A remedy that a verdict ordered.
struct Remedy {
    case: CaseId,
    clock: RemedyClock,
    merchant: Option<Party>,
    host: Option<Party>,
    was_late: bool,
    accepted: Option<bool>,
}

impl Remedy {
    fn parties(&self) -> impl Iterator<Item = &Party> {
        self.merchant.iter().chain(&self.host)
    }

    /// Counts whether it was given in time. A signal of hosts belongs to the merchant and to the host.
    fn count(&self, change: &mut Change, count: Count) {
        let is_correction = self.clock.kind == RemedyKind::Correction;
        for signal in [SignalId::H11].into_iter().chain(is_correction.then_some(SignalId::H09)) {
            debug_assert_eq!(signal.signal().dimension(), Dimension::Host);
            for party in self.parties() {
                // As of the time at which it was due, so that a reversal leaves nothing.
                change.count(party, signal, count, self.clock.due_ms);
            }
        }
    }
}

/// A case is recorded: its verdict orders a remedy, or takes back the one of the case before.
pub(in crate::ledger) async fn follow<D: StandingDb>(
    db: &mut D,
    record: &EventRecord,
    hour: Hour,
    now_ms: u64,
) -> Result<(), StandingError> {
    let (Some(brief), Some(verdict)) = (&record.brief, &record.verdict) else { return Ok(()) };
    let upholding = brief.options.iter().find(|option| option.upholds);
    let (Outcome::Decided, Some(option), Some(upholding)) = (verdict.outcome, &verdict.option, upholding) else {
        return Ok(());
    };
    let is_upheld = *option == upholding.id;
    if let Some(before) = record.appeal_of
        && let Some(remedy) = of_case(db, before).await?
    {
        return if is_upheld { Ok(()) } else { waive(db, &remedy, now_ms).await };
    }
    if !is_upheld || brief.remedy.as_deref().is_none_or(str::is_empty) {
        return Ok(());
    }
    let kind = json("kind", &brief.remedy_kind.unwrap_or(RemedyKind::Other))?;
    let hours = brief.remedy_due_h.unwrap_or(REMEDY_DUE_H_DEFAULT);
    let due_ms = verdict.decided_at_ms.saturating_add(u64::from(hours) * hour.ms());
    let values = [
        record.case.0.into(),
        kind.as_str().into(),
        record.subject.merchant.as_deref().map(|id| text("merchant", id)).transpose()?.into(),
        record.subject.host.as_deref().map(|id| text("host", id)).transpose()?.into(),
        signed("due_ms", due_ms)?.into(),
        signed("set_ms", now_ms)?.into(),
    ];
    db.execute(INSERT, &values).await?;
    Ok(())
}

async fn waive<D: StandingDb>(db: &mut D, remedy: &Remedy, now_ms: u64) -> Result<(), StandingError> {
    if !remedy.clock.state.is_owed() {
        return Ok(());
    }
    let mut change = Change::begin(db, remedy.parties(), now_ms).await?;
    if remedy.was_late {
        remedy.count(&mut change, Count::new(-1.0, 0.0));
    }
    move_to(db, remedy.case, RemedyState::Waived, None, None).await?;
    change.finish(db).await
}

/// Takes the platform's word that remedies were given.
pub(in crate::ledger) async fn given<D: StandingDb>(
    db: &mut D,
    given: &[RemedyGiven],
    now_ms: u64,
) -> Result<(), StandingError> {
    let mut open = Vec::new();
    for one in given {
        open.extend(of_case(db, one.case).await?.filter(Remedy::is_open).map(|remedy| (remedy, *one)));
    }
    if open.is_empty() {
        return Ok(());
    }
    let mut change = Change::begin(db, open.iter().flat_map(|(remedy, _)| remedy.parties()), now_ms).await?;
    for (_, one) in &open {
        // Read again behind the lock.
        let Some(remedy) = of_case(db, one.case).await?.filter(Remedy::is_open) else { continue };
        if !remedy.was_late {
            remedy.count(&mut change, Count::new(1.0, 1.0));
        }
        if let (Some(merchant), Some(accepted), None) = (&remedy.merchant, one.accepted, remedy.accepted) {
            let count = Count::new(1.0, f64::from(u8::from(accepted)));
            change.count(merchant, SignalId::X13, count, one.at_ms);
        }
        move_to(db, one.case, RemedyState::Done, Some(one.at_ms), one.accepted).await?;
        note(&mut change, &remedy, "remedy_done");
    }
    change.finish(db).await
}

/// Whether the time of a remedy is over.
pub(in crate::ledger) async fn is_due<D: Db>(db: &mut D, now_ms: u64) -> Result<bool, StandingError> {
    Ok(db.fetch_optional(DUE, &[cursor(now_ms).into(), 1_i64.into()]).await?.is_some())
}

/// Moves remedies whose time is over.
pub(in crate::ledger) async fn move_due<D: StandingDb>(db: &mut D, now_ms: u64) -> Result<u64, StandingError> {
    let due = list(db, DUE, &[cursor(now_ms).into(), REMEDIES_AT_ONCE.into()]).await?;
    let mut change = Change::begin(db, due.iter().flat_map(Remedy::parties), now_ms).await?;
    for found in &due {
        // Read again behind the lock.
        let is_owed = |remedy: &Remedy| remedy.clock.state == RemedyState::Owed;
        let Some(remedy) = of_case(db, found.case).await?.filter(is_owed) else { continue };
        remedy.count(&mut change, Count::new(1.0, 0.0));
        move_to(db, remedy.case, RemedyState::Late, None, None).await?;
        if let Some(party) = remedy.parties().next() {
            let told = RemedyChange { case: remedy.case, due_ms: remedy.clock.due_ms };
            change.tell(party, TrustChange::RemedyLate(told));
        }
        note(&mut change, &remedy, "remedy_late");
    }
    change.finish(db).await?;
    Ok(due.len() as u64)
}

/// Notes that there is no case any more to show a clock with.
pub(in crate::ledger) async fn not_shown<D: Db>(db: &mut D, case: CaseId) -> Result<(), StandingError> {
    db.execute(NOT_SHOWN, &[case.0.into()]).await?;
    Ok(())
}

/// Reads the clocks that the docket does not show yet.
pub(in crate::ledger) async fn to_show<D: Db>(db: &mut D) -> Result<Vec<(CaseId, RemedyClock)>, StandingError> {
    let found = list(db, TO_SHOW, &[REMEDIES_AT_ONCE.into()]).await?;
    Ok(found.into_iter().map(|remedy| (remedy.case, remedy.clock)).collect())
}

/// Reads what a party owes and has not given, the first due first.
pub(in crate::ledger) async fn owed_by<D: Db>(
    db: &mut D,
    party: &Party,
    limit: u32,
) -> Result<Vec<(CaseId, RemedyClock)>, StandingError> {
    let sql = match party.kind {
        PartyKind::Merchant => OWED_BY_MERCHANT,
        PartyKind::Host => OWED_BY_HOST,
    };
    let found = list(db, sql, &[party.id.as_str().into(), i64::from(limit).into()]).await?;
    Ok(found.into_iter().map(|remedy| (remedy.case, remedy.clock)).collect())
}

impl Remedy {
    fn is_open(&self) -> bool {
        self.clock.state.is_owed()
    }
}

fn note(change: &mut Change, remedy: &Remedy, action: &'static str) {
    if let Some(party) = remedy.parties().next() {
        change.note(&By::server(), action, party, remedy.case.0, None);
    }
}

async fn move_to<D: Db>(
    db: &mut D,
    case: CaseId,
    state: RemedyState,
    done_ms: Option<u64>,
    accepted: Option<bool>,
) -> Result<(), StandingError> {
    let done_ms = done_ms.map(|done_ms| signed("done_ms", done_ms)).transpose()?;
    let values = [case.0.into(), state.as_str().into(), done_ms.into(), accepted.map(i64::from).into()];
    db.execute(MOVE, &values).await?;
    Ok(())
}

async fn of_case<D: Db>(db: &mut D, case: CaseId) -> Result<Option<Remedy>, StandingError> {
    let found = db.fetch_optional(OF_CASE, &[case.0.into()]).await?;
    Ok(found.as_ref().map(remedy).transpose()?)
}

/// The remedies that can be read. The others are reported, and stop none.
async fn list<D: Db>(db: &mut D, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Remedy>, StandingError> {
    Ok(readable(&db.fetch_all(sql, values).await?, remedy))
}

fn remedy(row: &impl Columns) -> Result<Remedy, Malformed> {
    Ok(Remedy {
        case: CaseId(row.uuid("case_id")?),
        clock: RemedyClock {
            kind: row.json("kind")?,
            due_ms: row.number("due_ms")?,
            state: RemedyState::from_name(&row.text("state")?),
            done_ms: row.maybe_number("done_ms")?,
        },
        merchant: row.maybe_text("merchant")?.map(Party::merchant),
        host: row.maybe_text("host")?.map(Party::host),
        was_late: row.number("was_late")? == 1,
        accepted: row.maybe_number("accepted")?.map(|accepted| accepted == 1),
    })
}
