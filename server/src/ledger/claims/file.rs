//! Files a claim: finds the promise that covers its order, and grants what the terms alone grant.

use live_jury_trust::claim::{
    Asked, BUYER_DAYS, Buyer, ClaimState, GrantedBy, Hour, OPEN_OF_ORDER_MAX, Shipped, Transition, category_share,
    counts, due_untold_ms,
};
use live_jury_trust::counter::Count;
use live_jury_trust::promise::{PromiseKind, Version};
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};
use uuid::Uuid;

use super::FileClaim;
use super::lists::{of_platform, read};
use super::rows::ClaimRow;
use super::steps::{self, action, told};
use crate::ledger::promises::covering;
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::outbox::uuid_at;
use crate::sql::query::Db;
use crate::sql::row::{Columns, cursor, json, signed, text};

const INSERT: &str = "INSERT INTO trust_claim (id, version, claim, merchant, order_id, placed_ms, buyer, kind, about, \
    amount_minor, currency, room, reason, evidence, from_ms, limits, opened_ms, state, due_ms, granted_by, granted_ms) \
    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
/// The transaction holds the lock on the places of events, so that the last one is its own.
const WAIT: &str = "UPDATE trust_claim SET told_seq = (SELECT max(seq) FROM outbox), due_ms = $2 WHERE id = $1";
const INSERT_OF_BUYER: &str = "INSERT INTO trust_buyer_claim (buyer, claim_id, kind, at_ms, granted) \
    VALUES ($1, $2, $3, $4, 0)";
const OF_ORDER: &str = "SELECT state FROM trust_claim WHERE merchant = $1 AND order_id = $2";
/// `$1` buyer, `$2` the time since which.
const OF_BUYER: &str = "SELECT kind, granted FROM trust_buyer_claim WHERE buyer = $1 AND at_ms >= $2";
/// `$1` category, `$2` first day.
const COVER: &str = "SELECT covered, granted FROM trust_cover WHERE category = $1 AND day >= $2";
const SHIPPED: &str = "SELECT placed_ms, shipped_ms FROM trust_order WHERE merchant = $1 AND order_id = $2";

pub(in crate::ledger) async fn file<D: StandingDb>(
    db: &mut D,
    new: &FileClaim,
    hour: Hour,
    now_ms: u64,
) -> Result<ClaimRow, StandingError> {
    let party = Party::merchant(text("merchant", &new.merchant)?);
    let mut change = Change::begin(db, [&party], now_ms).await?;
    if let Some(first) = of_platform(db, text("claim", &new.claim)?).await? {
        return if is_same(&first, new) { Ok(first) } else { Err(StandingError::AlreadyClaimed) };
    }
    let version = covering(db, &new.merchant, new.kind, new.placed_ms).await?.ok_or(StandingError::NotCovered)?;
    let others = states_of_order(db, new).await?;
    if others.iter().filter(|state| !state.is_ended()).count() as u64 >= OPEN_OF_ORDER_MAX {
        return Err(StandingError::TooManyClaims);
    }
    let is_granted = is_granted(db, new, &version, now_ms).await?;
    let id = insert(db, new, &version, is_granted, hour, now_ms).await?;
    let filed = read(db, id).await?;
    // A claim on an order whose claim has ended opens the matter again.
    if others.iter().any(|state| state.is_ended() && *state != ClaimState::Withdrawn) {
        change.count(&party, SignalId::P13, Count::new(0.0, 1.0), now_ms);
    }
    change.note(&new.by, action(ClaimState::Open), &party, id, None);
    let mut tell = |state, due_ms, by: &str| {
        if let Some(told) = told(&filed, state, due_ms, by) {
            change.tell(&party, told);
        }
    };
    let waits = new.is_told && !is_granted;
    let due_ms = if waits { Some(due_untold_ms(now_ms, hour)) } else { filed.due_ms };
    tell(ClaimState::Open, due_ms, new.by.kind.as_str());
    if is_granted {
        let by = GrantedBy::Terms;
        tell(ClaimState::Granted, filed.due_ms, by.as_str());
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
    if waits {
        db.execute(WAIT, &[id.into(), signed("due_ms", due_untold_ms(now_ms, hour))?.into()]).await?;
    }
    read(db, id).await
}

async fn insert<D: Db>(
    db: &mut D,
    new: &FileClaim,
    version: &Version,
    is_granted: bool,
    hour: Hour,
    now_ms: u64,
) -> Result<Uuid, StandingError> {
    let (id, now) = (uuid_at(now_ms), signed("opened_ms", now_ms)?);
    let state = if is_granted { ClaimState::Granted } else { ClaimState::Open };
    let (evidence, limits) = (json("evidence", &new.evidence)?, json("limits", &version.limits)?);
    let due_ms = state.due_ms(now_ms, hour).map(|due_ms| signed("due_ms", due_ms)).transpose()?;
    let values = [
        id.into(),
        new.claim.as_str().into(),
        new.merchant.as_str().into(),
        text("order", &new.order)?.into(),
        signed("placed_at_ms", new.placed_ms)?.into(),
        new.buyer.as_str().into(),
        new.kind.as_str().into(),
        new.about.as_str().into(),
        signed("amount_minor", new.amount_minor)?.into(),
        text("currency", &new.currency)?.into(),
        new.room.as_deref().into(),
        text("reason", &new.reason)?.into(),
        text("evidence", &evidence)?.into(),
        signed("from_ms", version.from_ms)?.into(),
        limits.as_str().into(),
        now.into(),
        state.as_str().into(),
        due_ms.into(),
        is_granted.then_some(GrantedBy::Terms.as_str()).into(),
        is_granted.then_some(now).into(),
    ];
    db.execute(INSERT, &values).await?;
    db.execute(INSERT_OF_BUYER, &[new.buyer.as_str().into(), id.into(), new.kind.as_str().into(), now.into()]).await?;
    Ok(id)
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

async fn states_of_order<D: Db>(db: &mut D, new: &FileClaim) -> Result<Vec<ClaimState>, StandingError> {
    let found = db.fetch_all(OF_ORDER, &[new.merchant.as_str().into(), new.order.as_str().into()]).await?;
    let state = |row: &D::Row| Ok(ClaimState::from_name(&row.text("state")?).unwrap_or(ClaimState::Open));
    found.iter().map(state).collect()
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
    let category = db.fetch_optional(steps::CATEGORY, &[new.merchant.as_str().into()]).await?;
    let category = category.map(|row| row.text("category")).transpose()?.unwrap_or_default();
    let first = cursor((now_ms / DAY_MS).saturating_sub(BUYER_DAYS));
    let (mut covered, mut granted) = (0, 0);
    for row in &db.fetch_all(COVER, &[category.as_str().into(), first.into()]).await? {
        covered += row.number("covered")?;
        granted += row.number("granted")?;
    }
    buyer.category_share = category_share(granted, covered);
    Ok(buyer)
}

async fn shipped<D: Db>(db: &mut D, new: &FileClaim) -> Result<Option<Shipped>, StandingError> {
    let found = db.fetch_optional(SHIPPED, &[new.merchant.as_str().into(), new.order.as_str().into()]).await?;
    let Some(row) = found else { return Ok(None) };
    let shipped = row.maybe_number("shipped_ms")?.map_or(Shipped::NotYet, Shipped::At);
    Ok(row.maybe_number("placed_ms")?.map(|_| shipped))
}
