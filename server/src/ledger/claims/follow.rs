//! What becomes of a claim with its case: drafted, opened, discarded, judged. Cases of no claim change nothing.

use live_jury_protocol::Outcome;
use live_jury_protocol::record::EventRecord;
use live_jury_trust::Party;
use live_jury_trust::claim::{GrantedBy, Hour, Step};
use uuid::Uuid;

use super::lists::{claim_of_case, read};
use super::steps::{Taken, take};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::query::Db;
use crate::sql::row::signed;

/// The reasons for which a moderator decides.
const DISCARDED: &str = "discarded";
const NO_VERDICT: &str = "no_verdict";

const DRAFTED: &str = "UPDATE trust_claim SET drafted_ms = $2 WHERE id = $1 AND drafted_ms IS NULL";

/// The draft is filed.
pub(in crate::ledger) async fn drafted<D: Db>(db: &mut D, id: Uuid, now_ms: u64) -> Result<(), StandingError> {
    db.execute(DRAFTED, &[id.into(), signed("drafted_ms", now_ms)?.into()]).await?;
    Ok(())
}

/// The draft cannot be filed.
pub(in crate::ledger) async fn not_drafted<D: StandingDb>(
    db: &mut D,
    id: Uuid,
    reason: &'static str,
    hour: Hour,
    now_ms: u64,
) -> Result<(), StandingError> {
    step(db, id, Step::Review, Some(reason), hour, now_ms).await
}

/// The case was opened.
pub(in crate::ledger) async fn opened<D: StandingDb>(
    db: &mut D,
    record: &EventRecord,
    hour: Hour,
    now_ms: u64,
) -> Result<(), StandingError> {
    match claim_of_case(db, record.case).await? {
        Some(id) => step(db, id, Step::Court, None, hour, now_ms).await,
        None => Ok(()),
    }
}

/// The draft was discarded.
pub(in crate::ledger) async fn discarded<D: StandingDb>(
    db: &mut D,
    record: &EventRecord,
    hour: Hour,
    now_ms: u64,
) -> Result<(), StandingError> {
    match claim_of_case(db, record.case).await? {
        Some(id) => step(db, id, Step::Review, Some(DISCARDED), hour, now_ms).await,
        None => Ok(()),
    }
}

/// The case is recorded. Without a verdict a moderator decides.
pub(in crate::ledger) async fn judged<D: StandingDb>(
    db: &mut D,
    record: &EventRecord,
    hour: Hour,
    now_ms: u64,
) -> Result<(), StandingError> {
    let Some(id) = claim_of_case(db, record.case).await? else { return Ok(()) };
    let verdict = record.verdict.as_ref().filter(|verdict| verdict.outcome == Outcome::Decided);
    let option = verdict.and_then(|verdict| verdict.option.as_ref());
    let upholding = record.brief.as_ref().and_then(|brief| brief.options.iter().find(|option| option.upholds));
    let (next, reason) = match (option, upholding) {
        (Some(option), Some(upholding)) if *option == upholding.id => (Step::Grant(GrantedBy::Jury), None),
        (Some(_), Some(_)) => (Step::Deny, None),
        _ => (Step::Review, Some(NO_VERDICT)),
    };
    step(db, id, next, reason, hour, now_ms).await
}

/// Takes a step that follows from a case. A claim that went on without it stays as it is.
async fn step<D: StandingDb>(
    db: &mut D,
    id: Uuid,
    step: Step,
    reason: Option<&'static str>,
    hour: Hour,
    now_ms: u64,
) -> Result<(), StandingError> {
    let party = Party::merchant(read(db, id).await?.merchant);
    let mut change = Change::begin(db, [&party], now_ms).await?;
    let found = read(db, id).await?;
    if found.state.after(step).is_some() {
        let by = By::server();
        take(db, &mut change, &found, &Taken { reason, ..Taken::plain(step, &by, hour, now_ms) }).await?;
    }
    change.finish(db).await
}
