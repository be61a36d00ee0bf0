//! Rows of claims, as the server works with them. It sends no statement.

use live_jury_protocol::{CaseId, RoomId};
use live_jury_trust::claim::{About, ClaimState, GrantedBy};
use live_jury_trust::promise::{Limits, PromiseKind};
use uuid::Uuid;

use crate::sql::row::{Columns, Malformed};

/// A claim. Each state keeps the time at which it was reached, in Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRow {
    /// The id.
    pub id: Uuid,
    /// The version.
    pub version: u64,
    /// The platform's id.
    pub claim: String,
    /// The merchant.
    pub merchant: String,
    /// The order.
    pub order: String,
    /// The time of placing.
    pub placed_ms: u64,
    /// The buyer's keyed name.
    pub buyer: String,
    /// The kind of promise.
    pub kind: PromiseKind,
    /// What it is about.
    pub about: About,
    /// The amount, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency.
    pub currency: String,
    /// The room whose viewers may judge it.
    pub room: Option<RoomId>,
    /// The buyer's reason.
    pub reason: String,
    /// The addresses of the buyer's evidence.
    pub evidence: Vec<String>,
    /// The limits of the version that covers the order.
    pub limits: Limits,
    /// The first moment of that version.
    pub from_ms: u64,
    /// The time of filing.
    pub opened_ms: u64,
    /// The place of its first event, until each target that wants it has it.
    pub told_seq: Option<u64>,
    /// The state.
    pub state: ClaimState,
    /// The time at which it moves by itself, or at which a person should have decided.
    pub due_ms: Option<u64>,
    /// What granted it.
    pub granted_by: Option<GrantedBy>,
    /// The time of the merchant's answer.
    pub answered_ms: Option<u64>,
    /// The merchant's words.
    pub answer: Option<String>,
    /// The addresses of the merchant's evidence.
    pub answer_evidence: Vec<String>,
    /// The time of the escalation.
    pub escalated_ms: Option<u64>,
    /// The case that a jury is to judge.
    pub case: Option<CaseId>,
    /// Why a moderator reviews it.
    pub review_reason: Option<String>,
    /// The time since which it is granted.
    pub granted_ms: Option<u64>,
    /// The time of the breach.
    pub breached_ms: Option<u64>,
    /// The time at which the buyer had what was promised.
    pub fulfilled_ms: Option<u64>,
    /// The time at which it was denied, closed or withdrawn.
    pub ended_ms: Option<u64>,
    /// The moderator who decided.
    pub by: Option<String>,
    /// The moderator's words.
    pub words: Option<String>,
}

/// The columns of a claim.
macro_rules! claim_columns {
    () => {
        "id, version, claim, merchant, order_id, placed_ms, buyer, kind, about, amount_minor, currency, room, reason, \
         evidence, from_ms, limits, opened_ms, told_seq, state, due_ms, granted_by, answered_ms, answer, \
         answer_evidence, escalated_ms, case_id, review_reason, granted_ms, breached_ms, fulfilled_ms, \
         coalesce(denied_ms, closed_ms, withdrawn_ms) AS ended_ms, decided_by, words"
    };
}
/// A query of claims.
macro_rules! select_claims {
    ($rest:literal) => {
        concat!("SELECT ", $crate::ledger::claims::rows::claim_columns!(), " FROM trust_claim ", $rest)
    };
}
/// Inserts a claim with the values of [`inserted`].
macro_rules! insert_claim {
    () => {
        "INSERT INTO trust_claim (id, version, claim, merchant, order_id, placed_ms, buyer, kind, about, amount_minor, \
         currency, room, reason, evidence, from_ms, limits, opened_ms, state, due_ms, granted_by, granted_ms) \
         VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
    };
}
/// Inserts the same claim among its buyer's.
macro_rules! insert_of_buyer {
    () => {
        "INSERT INTO trust_buyer_claim (buyer, claim_id, kind, at_ms, granted) VALUES ($6, $1, $7, $16, 0)"
    };
}
pub(super) use {claim_columns, insert_claim, insert_of_buyer, select_claims};

pub(super) fn claim(row: &impl Columns) -> Result<ClaimRow, Malformed> {
    let (kind, about, state) = (row.text("kind")?, row.text("about")?, row.text("state")?);
    Ok(ClaimRow {
        id: row.uuid("id")?,
        version: row.number("version")?,
        claim: row.text("claim")?,
        merchant: row.text("merchant")?,
        order: row.text("order_id")?,
        placed_ms: row.number("placed_ms")?,
        buyer: row.text("buyer")?,
        kind: PromiseKind::from_name(&kind).ok_or_else(|| Malformed::new("kind", "is no kind of promise"))?,
        about: About::from_name(&about).ok_or_else(|| Malformed::new("about", "is nothing that a claim is about"))?,
        amount_minor: row.number("amount_minor")?,
        currency: row.text("currency")?,
        room: row.maybe_parsed("room")?,
        reason: row.text("reason")?,
        evidence: row.json("evidence")?,
        limits: row.json("limits")?,
        from_ms: row.number("from_ms")?,
        opened_ms: row.number("opened_ms")?,
        told_seq: row.maybe_number("told_seq")?,
        state: ClaimState::from_name(&state).ok_or_else(|| Malformed::new("state", "is no state of a claim"))?,
        due_ms: row.maybe_number("due_ms")?,
        granted_by: row.maybe_text("granted_by")?.as_deref().and_then(GrantedBy::from_name),
        answered_ms: row.maybe_number("answered_ms")?,
        answer: row.maybe_text("answer")?,
        answer_evidence: row.maybe_json("answer_evidence")?.unwrap_or_default(),
        escalated_ms: row.maybe_number("escalated_ms")?,
        case: row.maybe_uuid("case_id")?.map(CaseId),
        review_reason: row.maybe_text("review_reason")?,
        granted_ms: row.maybe_number("granted_ms")?,
        breached_ms: row.maybe_number("breached_ms")?,
        fulfilled_ms: row.maybe_number("fulfilled_ms")?,
        ended_ms: row.maybe_number("ended_ms")?,
        by: row.maybe_text("decided_by")?,
        words: row.maybe_text("words")?,
    })
}
