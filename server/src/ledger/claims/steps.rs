//! One step of a claim: its row, what it counts and tells, and the steps that people ask for.

use live_jury_protocol::trust::{ClaimChange, TrustChange};
use live_jury_trust::claim::{ClaimState, GrantedBy, Hour, Step, Transition, counts};
use live_jury_trust::{DAY_MS, Party};
use uuid::Uuid;

use super::rows::{self, ClaimRow, claim_columns};
use super::{ClaimAct, ClaimStepBy};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::outbox::uuid_at;
use crate::sql::query::Value;
use crate::sql::row::{json as to_json, signed, text};

/// The reasons for which a moderator decides at once.
const NO_ROOM: &str = "no_room";
const NOT_JUDGED: &str = "not_judged";

/// `$1` id, `$2` state before, `$3` state, `$4` due time, then what the step adds. A time is kept once it is there.
const MOVE: &str = concat!(
    "UPDATE trust_claim SET state = $3, version = version + 1, due_ms = $4, told_seq = NULL, \
    granted_by = coalesce($5, granted_by), answered_ms = coalesce($6, answered_ms), answer = coalesce($7, answer), \
    answer_evidence = coalesce($8, answer_evidence), refused_ms = coalesce($9, refused_ms), \
    escalated_ms = coalesce($10, escalated_ms), case_id = coalesce($11, case_id), \
    in_court_ms = coalesce($12, in_court_ms), in_review_ms = coalesce($13, in_review_ms), \
    review_reason = coalesce($14, review_reason), granted_ms = coalesce($15, granted_ms), \
    denied_ms = coalesce($16, denied_ms), closed_ms = coalesce($17, closed_ms), \
    breached_ms = coalesce($18, breached_ms), withdrawn_ms = coalesce($19, withdrawn_ms), \
    fulfilled_ms = coalesce($20, fulfilled_ms), decided_by = coalesce($21, decided_by), words = coalesce($22, words) \
    WHERE id = $1 AND state = $2 RETURNING ",
    claim_columns!()
);
/// Locks a claim's merchant until the end of the transaction, and has its exposure computed anew, as the begin of a
/// change does: `$1` claim, `$2` now.
macro_rules! lock_merchant {
    () => {
        "INSERT INTO trust_party (kind, id, since_ms, category, completed, placed_day, placed, licences_needed, \
         licences_verified, licences_at_ms, deposit_asked, deposit_paid, deposit_at_ms, finding_at_ms, touched_ms, \
         computed_ms) SELECT 'merchant', merchant, $2, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $2, 0 \
         FROM trust_claim WHERE id = $1 ON CONFLICT (kind, id) DO UPDATE SET \
         since_ms = CASE WHEN excluded.since_ms < trust_party.since_ms THEN excluded.since_ms \
             ELSE trust_party.since_ms END, \
         touched_ms = CASE WHEN excluded.touched_ms > trust_party.touched_ms THEN excluded.touched_ms \
             ELSE trust_party.touched_ms END"
    };
}
/// Notes that a buyer's claim is granted: `$1` buyer, `$2` the time of opening, `$3` claim.
macro_rules! granted_to {
    () => {
        "UPDATE trust_buyer_claim SET granted = 1 WHERE buyer = $1 AND at_ms = $2 AND claim_id = $3"
    };
}
/// Counts a granted claim in its merchant's category: `$4` merchant, `$5` day.
macro_rules! add_granted {
    () => {
        concat!(
            "INSERT INTO trust_cover (category, day, covered, granted) SELECT coalesce((SELECT category \
             FROM trust_party WHERE kind = 'merchant' AND id = $4), ''), $5, 0, 1 WHERE true",
            $crate::ledger::facts::on_cover_conflict!()
        )
    };
}
pub(super) use {add_granted, granted_to, lock_merchant};

/// A step with what goes with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken<'t> {
    /// The step.
    pub step: Step,
    /// The actor.
    pub by: &'t By,
    /// The length of an hour on its clock.
    pub hour: Hour,
    /// The time of what happened, in Unix milliseconds: facts may come later.
    pub at_ms: u64,
    /// The merchant's answer.
    pub answer: Option<(&'t str, &'t [String])>,
    /// Why a moderator decides.
    pub reason: Option<&'static str>,
    /// The case of an escalation.
    pub case: Option<Uuid>,
    /// The moderator's words.
    pub words: Option<&'t str>,
}

impl<'t> Taken<'t> {
    /// A step with nothing else.
    pub const fn plain(step: Step, by: &'t By, hour: Hour, at_ms: u64) -> Self {
        Self { step, by, hour, at_ms, answer: None, reason: None, case: None, words: None }
    }
}

/// Takes a step that people ask for.
pub(in crate::ledger) async fn step<D: StandingDb>(
    db: &mut D,
    asked: &ClaimStepBy,
    hour: Hour,
    now_ms: u64,
) -> Result<ClaimRow, StandingError> {
    let locked = db.fetch_optional(D::LOCK_CLAIM, &[asked.id.into(), signed("now_ms", now_ms)?.into()]).await?;
    let found = rows::claim(&locked.ok_or(StandingError::NotFound)?)?;
    if asked.party.as_ref().is_some_and(|own| *own != Party::merchant(found.merchant.as_str())) {
        return Err(StandingError::NotFound);
    }
    let mut change = Change::behind_lock(now_ms);
    if asked.version.is_some_and(|version| version != found.version) {
        return Err(StandingError::VersionMismatch(found.version));
    }
    let plain = |step| Taken::plain(step, &asked.by, hour, now_ms);
    let taken = match &asked.act {
        ClaimAct::Answer { grant, words, evidence } => {
            let step = if *grant { Step::Grant(GrantedBy::Merchant) } else { Step::Refuse };
            Taken { answer: Some((text("words", words)?, evidence.as_slice())), ..plain(step) }
        }
        ClaimAct::Escalate => {
            let is_judged = found.room.is_some() && found.kind.is_judged();
            Taken { case: is_judged.then(|| uuid_at(now_ms)), ..plain(Step::Escalate) }
        }
        ClaimAct::Withdraw => plain(Step::Withdraw),
        ClaimAct::Decide { grant, words } => {
            let step = if *grant { Step::Grant(GrantedBy::Moderator) } else { Step::Deny };
            // A jury's case is not a moderator's.
            if found.state != ClaimState::InReview {
                return Err(StandingError::ClaimIs(found.state.as_str()));
            }
            Taken { words: Some(text("words", words)?), ..plain(step) }
        }
    };
    let mut moved = take(db, &mut change, &found, &taken).await?;
    if asked.act == ClaimAct::Escalate && taken.case.is_none() {
        let reason = Some(if found.kind.is_judged() { NO_ROOM } else { NOT_JUDGED });
        let server = By::server();
        let review = Taken { reason, ..Taken::plain(Step::Review, &server, hour, now_ms) };
        moved = take(db, &mut change, &moved, &review).await?;
    }
    change.finish(db).await?;
    Ok(moved)
}

/// Takes a step of a claim behind the lock on its merchant, with what it counts and tells, and returns the claim after
/// it. What a buyer has got before its claim is granted fulfils it then.
pub(super) async fn take<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &ClaimRow,
    taken: &Taken<'_>,
) -> Result<ClaimRow, StandingError> {
    let moved = take_one(db, change, found, taken).await?;
    if moved.state != ClaimState::Granted || moved.fulfilled_ms.is_none() {
        return Ok(moved);
    }
    let server = By::server();
    take_one(db, change, &moved, &Taken::plain(Step::Fulfil, &server, taken.hour, taken.at_ms)).await
}

async fn take_one<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &ClaimRow,
    taken: &Taken<'_>,
) -> Result<ClaimRow, StandingError> {
    let to = found.state.after(taken.step).ok_or(StandingError::ClaimIs(found.state.as_str()))?;
    let at = |states: &[ClaimState]| states.contains(&to).then(|| signed("at_ms", taken.at_ms)).transpose();
    let granted_by = match taken.step {
        Step::Grant(by) => Some(by),
        _ => None,
    };
    let evidence = taken.answer.map(|(_, evidence)| to_json("evidence", &evidence)).transpose()?;
    let evidence = evidence.as_deref().map(|evidence| text("evidence", evidence)).transpose()?;
    let answered = taken.answer.map(|_| signed("at_ms", taken.at_ms)).transpose()?;
    let due_ms = to.due_ms(change.now_ms, taken.hour);
    let moderator = matches!(taken.by.kind, live_jury_protocol::Actor::Moderator).then_some(taken.by.who.as_str());
    let values: [Value<'_>; 22] = [
        found.id.into(),
        found.state.as_str().into(),
        to.as_str().into(),
        due_ms.map(|due_ms| signed("due_ms", due_ms)).transpose()?.into(),
        granted_by.map(GrantedBy::as_str).into(),
        answered.into(),
        taken.answer.map(|(words, _)| words).into(),
        evidence.into(),
        at(&[ClaimState::Refused])?.into(),
        at(&[ClaimState::Escalated])?.into(),
        taken.case.into(),
        at(&[ClaimState::InCourt])?.into(),
        at(&[ClaimState::InReview])?.into(),
        taken.reason.into(),
        at(&[ClaimState::Granted])?.into(),
        at(&[ClaimState::Denied])?.into(),
        at(&[ClaimState::Closed])?.into(),
        at(&[ClaimState::Breached])?.into(),
        at(&[ClaimState::Withdrawn])?.into(),
        at(&[ClaimState::Fulfilled, ClaimState::FulfilledByPlatform])?.into(),
        moderator.into(),
        taken.words.into(),
    ];
    let Some(moved) = db.fetch_optional(MOVE, &values).await? else { return Ok(found.clone()) };
    follow(db, change, found, to, granted_by, taken, due_ms).await?;
    Ok(rows::claim(&moved)?)
}

/// What follows from a step: counts, events, the trail.
async fn follow<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &ClaimRow,
    to: ClaimState,
    granted_by: Option<GrantedBy>,
    taken: &Taken<'_>,
    due_ms: Option<u64>,
) -> Result<(), StandingError> {
    let party = Party::merchant(found.merchant.as_str());
    let transition = Transition {
        kind: found.kind,
        about: found.about,
        from: found.state,
        to,
        granted_by,
        evidence: taken.answer.is_some_and(|(_, evidence)| !evidence.is_empty()),
        granted_for_ms: taken.hour.read(found.granted_ms.map_or(0, |granted| taken.at_ms.saturating_sub(granted))),
    };
    for (signal, count) in counts(&transition) {
        change.count(&party, signal, count, taken.at_ms);
    }
    if to == ClaimState::Granted {
        granted(db, found, change.now_ms).await?;
    }
    let by = granted_by.map_or_else(|| taken.by.kind.as_str(), GrantedBy::as_str);
    if let Some(told) = told(found, to, due_ms, by) {
        change.tell(&party, told);
    }
    change.note(taken.by, action(to), &party, found.id, taken.reason.map(str::to_owned));
    Ok(())
}

/// A granted claim counts for its buyer and for its category.
pub(super) async fn granted<D: StandingDb>(db: &mut D, found: &ClaimRow, now_ms: u64) -> Result<(), StandingError> {
    let values = [
        found.buyer.as_str().into(),
        signed("at_ms", found.opened_ms)?.into(),
        found.id.into(),
        found.merchant.as_str().into(),
        signed("day", now_ms / DAY_MS)?.into(),
    ];
    db.execute(D::COUNT_GRANTED, &values).await?;
    Ok(())
}

/// The event of a claim that got into a state; none where nobody is told.
pub(super) fn told(found: &ClaimRow, state: ClaimState, due_ms: Option<u64>, by: &str) -> Option<TrustChange> {
    let change = ClaimChange {
        claim: found.id,
        id: found.claim.clone(),
        order: found.order.clone(),
        merchant: found.merchant.clone(),
        kind: found.kind.as_str().to_owned(),
        amount_minor: found.amount_minor,
        currency: found.currency.clone(),
        state: state.as_str().to_owned(),
        due_ms,
        by: by.to_owned(),
    };
    match state {
        ClaimState::Open => Some(TrustChange::ClaimOpened(change)),
        ClaimState::Granted => Some(TrustChange::ClaimGranted(change)),
        ClaimState::Refused => Some(TrustChange::ClaimRefused(change)),
        ClaimState::Escalated => Some(TrustChange::ClaimEscalated(change)),
        ClaimState::Breached => Some(TrustChange::ClaimBreached(change)),
        ClaimState::InCourt | ClaimState::InReview => None,
        ClaimState::Denied
        | ClaimState::Closed
        | ClaimState::Fulfilled
        | ClaimState::FulfilledByPlatform
        | ClaimState::Withdrawn => Some(TrustChange::ClaimClosed(change)),
    }
}

pub(super) const fn action(state: ClaimState) -> &'static str {
    match state {
        ClaimState::Open => "claim_opened",
        ClaimState::Granted => "claim_granted",
        ClaimState::Refused => "claim_refused",
        ClaimState::Escalated => "claim_escalated",
        ClaimState::InCourt => "claim_in_court",
        ClaimState::InReview => "claim_in_review",
        ClaimState::Denied => "claim_denied",
        ClaimState::Closed => "claim_closed",
        ClaimState::Fulfilled | ClaimState::FulfilledByPlatform => "claim_fulfilled",
        ClaimState::Breached => "claim_breached",
        ClaimState::Withdrawn => "claim_withdrawn",
    }
}
