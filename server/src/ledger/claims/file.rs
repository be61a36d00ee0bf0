//! Files a claim: finds the promise that covers its order, and grants what the terms alone grant.

use live_jury_protocol::RoomId;
use live_jury_trust::claim::{
    Asked, BUYER_DAYS, Buyer, ClaimState, GrantedBy, Hour, OPEN_OF_ORDER_MAX, Shipped, Transition, category_share,
    counts, due_untold_ms,
};
use live_jury_trust::counter::Count;
use live_jury_trust::promise::{PromiseKind, Version};
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};

use super::FileClaim;
use super::lists::list;
use super::rows::{ClaimRow, select_claims};
use super::steps::{self, action, told};
use crate::ledger::promises::covering;
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::outbox::uuid_at;
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, json, signed, text};

/// `$1` the platform's id, `$2` merchant, `$3` order: the claim with this id, and those on the order.
const RELATED: &str = select_claims!("WHERE claim = $1 OR (merchant = $2 AND order_id = $3)");
/// The transaction holds the lock on the places of events, so that the last one is its own.
const WAIT: &str = "UPDATE trust_claim SET told_seq = (SELECT max(seq) FROM outbox) WHERE id = $1 RETURNING told_seq";
/// `$1` buyer, `$2` the time since which.
const OF_BUYER: &str = "SELECT kind, granted FROM trust_buyer_claim WHERE buyer = $1 AND at_ms >= $2";
/// `$1` merchant, `$2` first day: the sums of its category.
const COVER: &str = "SELECT CAST(coalesce(sum(covered), 0) AS BIGINT) AS covered, \
    CAST(coalesce(sum(granted), 0) AS BIGINT) AS granted FROM trust_cover WHERE category = \
    coalesce((SELECT category FROM trust_party WHERE kind = 'merchant' AND id = $1), '') AND day >= $2";
const SHIPPED: &str = "SELECT placed_ms, shipped_ms FROM trust_order WHERE merchant = $1 AND order_id = $2";

pub(in crate::ledger) async fn file<D: StandingDb>(
    db: &mut D,
    new: &FileClaim,
    hour: Hour,
    now_ms: u64,
) -> Result<ClaimRow, StandingError> {
    let party = Party::merchant(text("merchant", &new.merchant)?);
    let mut change = Change::begin(db, [&party], now_ms).await?;
    let values = [text("claim", &new.claim)?.into(), party.id.as_str().into(), text("order", &new.order)?.into()];
    let mut others = list(db, RELATED, &values).await?;
    if let Some(place) = others.iter().position(|other| other.claim == new.claim) {
        let first = others.swap_remove(place);
        return if is_same(&first, new) { Ok(first) } else { Err(StandingError::AlreadyClaimed) };
    }
    let version = covering(db, &new.merchant, new.kind, new.placed_ms).await?.ok_or(StandingError::NotCovered)?;
    if others.iter().filter(|other| !other.state.is_ended()).count() as u64 >= OPEN_OF_ORDER_MAX {
        return Err(StandingError::TooManyClaims);
    }
    let is_granted = is_granted(db, new, &version, now_ms).await?;
    let waits = new.is_told && !is_granted;
    let mut filed = row(new, version, is_granted, hour, now_ms)?;
    if waits {
        filed.due_ms = Some(due_untold_ms(now_ms, hour));
    }
    insert(db, &filed).await?;
    let id = filed.id;
    // A claim on an order whose claim has ended opens the matter again.
    if others.iter().any(|other| other.state.is_ended() && other.state != ClaimState::Withdrawn) {
        change.count(&party, SignalId::P13, Count::new(0.0, 1.0), now_ms);
    }
    change.note(&new.by, action(ClaimState::Open), &party, id, None);
    let mut tell = |state, by: &str| {
        if let Some(told) = told(&filed, state, filed.due_ms, by) {
            change.tell(&party, told);
        }
    };
    tell(ClaimState::Open, new.by.kind.as_str());
    if is_granted {
        let by = GrantedBy::Terms;
        tell(ClaimState::Granted, by.as_str());
        let (kind, about, granted_by) = (new.kind, new.about, Some(by));
        let (from, to) = (ClaimState::Open, ClaimState::Granted);
        let step = Transition { kind, about, from, to, granted_by, evidence: false, granted_for_ms: 0 };
        for (signal, count) in counts(&step) {
            change.count(&party, signal, count, now_ms);
        }
        steps::granted(db, &filed, now_ms).await?;
        change.note(&By::server(), action(ClaimState::Granted), &party, id, None);
    }
    change.finish(db).await?;
    if waits && let Some(told) = db.fetch_optional(WAIT, &[id.into()]).await? {
        filed.told_seq = told.maybe_number("told_seq")?;
    }
    Ok(filed)
}

/// The claim as it is filed.
fn row(
    new: &FileClaim,
    version: Version,
    is_granted: bool,
    hour: Hour,
    now_ms: u64,
) -> Result<ClaimRow, StandingError> {
    let state = if is_granted { ClaimState::Granted } else { ClaimState::Open };
    let room = new.room.as_deref().map(|room| room.parse().map_err(|why| Malformed::new("room", why))).transpose()?;
    Ok(ClaimRow {
        id: uuid_at(now_ms),
        version: 1,
        claim: new.claim.clone(),
        merchant: new.merchant.clone(),
        order: new.order.clone(),
        placed_ms: new.placed_ms,
        buyer: new.buyer.clone(),
        kind: new.kind,
        about: new.about,
        amount_minor: new.amount_minor,
        currency: new.currency.clone(),
        room,
        reason: new.reason.clone(),
        evidence: new.evidence.clone(),
        limits: version.limits,
        from_ms: version.from_ms,
        opened_ms: now_ms,
        told_seq: None,
        state,
        due_ms: state.due_ms(now_ms, hour),
        granted_by: is_granted.then_some(GrantedBy::Terms),
        answered_ms: None,
        answer: None,
        answer_evidence: Vec::new(),
        escalated_ms: None,
        case: None,
        review_reason: None,
        granted_ms: is_granted.then_some(now_ms),
        breached_ms: None,
        fulfilled_ms: None,
        ended_ms: None,
        by: None,
        words: None,
    })
}

async fn insert<D: StandingDb>(db: &mut D, filed: &ClaimRow) -> Result<(), StandingError> {
    let (evidence, limits) = (json("evidence", &filed.evidence)?, json("limits", &filed.limits)?);
    let time = |ms: Option<u64>| ms.map(|ms| signed("at_ms", ms)).transpose();
    let values = [
        filed.id.into(),
        filed.claim.as_str().into(),
        filed.merchant.as_str().into(),
        filed.order.as_str().into(),
        signed("placed_at_ms", filed.placed_ms)?.into(),
        filed.buyer.as_str().into(),
        filed.kind.as_str().into(),
        filed.about.as_str().into(),
        signed("amount_minor", filed.amount_minor)?.into(),
        text("currency", &filed.currency)?.into(),
        filed.room.as_ref().map(RoomId::as_str).into(),
        text("reason", &filed.reason)?.into(),
        text("evidence", &evidence)?.into(),
        signed("from_ms", filed.from_ms)?.into(),
        limits.as_str().into(),
        signed("opened_ms", filed.opened_ms)?.into(),
        filed.state.as_str().into(),
        time(filed.due_ms)?.into(),
        filed.granted_by.map(GrantedBy::as_str).into(),
        time(filed.granted_ms)?.into(),
    ];
    db.execute(D::INSERT_CLAIM, &values).await?;
    Ok(())
}

/// Whether a repeat says the same. The buyer's orders may have grown since.
fn is_same(first: &ClaimRow, new: &FileClaim) -> bool {
    let of_first = (&first.merchant, &first.order, first.placed_ms, &first.buyer, first.kind, first.about);
    let of_new = (&new.merchant, &new.order, new.placed_ms, &new.buyer, new.kind, new.about);
    let room = first.room.as_ref().map(|room| room.as_str());
    of_first == of_new
        && (first.amount_minor, &first.currency, room) == (new.amount_minor, &new.currency, new.room.as_deref())
        && (&first.reason, &first.evidence) == (&new.reason, &new.evidence)
}

/// Whether the terms alone grant the claim.
async fn is_granted<D: Db>(db: &mut D, new: &FileClaim, version: &Version, now_ms: u64) -> Result<bool, StandingError> {
    let buyer = match new.kind {
        PromiseKind::RefundWithoutReturn => buyer(db, new, now_ms).await?,
        _ => Buyer::default(),
    };
    let shipped = match new.kind {
        PromiseKind::ShipWithin => shipped(db, new).await?,
        _ => None,
    };
    let asked = Asked {
        kind: new.kind,
        limits: &version.limits,
        amount_minor: new.amount_minor,
        currency: &new.currency,
        placed_ms: new.placed_ms,
        buyer,
        shipped,
    };
    Ok(asked.is_granted(now_ms))
}

async fn buyer<D: Db>(db: &mut D, new: &FileClaim, now_ms: u64) -> Result<Buyer, StandingError> {
    let since = cursor(now_ms.saturating_sub(BUYER_DAYS * DAY_MS));
    let mut buyer = Buyer { orders: new.buyer_orders, ..Buyer::default() };
    for row in &db.fetch_all(OF_BUYER, &[new.buyer.as_str().into(), since.into()]).await? {
        buyer.claims += u64::from(row.text("kind")? == new.kind.as_str());
        buyer.granted += row.number("granted")?;
    }
    let first = cursor((now_ms / DAY_MS).saturating_sub(BUYER_DAYS));
    let cover = db.fetch_optional(COVER, &[new.merchant.as_str().into(), first.into()]).await?;
    let (covered, granted) = match cover {
        Some(sums) => (sums.number("covered")?, sums.number("granted")?),
        None => (0, 0),
    };
    buyer.category_share = category_share(granted, covered);
    Ok(buyer)
}

async fn shipped<D: Db>(db: &mut D, new: &FileClaim) -> Result<Option<Shipped>, StandingError> {
    let found = db.fetch_optional(SHIPPED, &[new.merchant.as_str().into(), new.order.as_str().into()]).await?;
    let Some(row) = found else { return Ok(None) };
    let shipped = row.maybe_number("shipped_ms")?.map_or(Shipped::NotYet, Shipped::At);
    Ok(row.maybe_number("placed_ms")?.map(|_| shipped))
}
