//! Promises of the demo's shops, a month old, and a claim of that time. Routes file for the present alone. So this
//! part files in the ledger before the server starts, as the server does.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use live_jury_protocol::Actor;
use live_jury_trust::DAY_MS;
use live_jury_trust::claim::About;
use live_jury_trust::promise::{Limits, PromiseKind};

use super::orders;
use super::rooms::{DemoRoom, ROOMS};
use crate::ledger::SqliteTrust;
use crate::ledger::claims::{ClaimAct, ClaimStepBy, ClaimStore, FileClaim, Given, GivenOf};
use crate::ledger::promises::{PromiseStore, SetPromises};
use crate::ledger::standing::By;
use crate::reporter::ReporterKey;
use crate::sqlite::Sqlite;

/// The days from a promise to its shop's first order.
const PROMISED_DAYS_BEFORE: u64 = 1;
/// The largest refund without return, in cents.
const REFUND_MINOR: u64 = 1_500;
/// The order that the claim is about, by its place in the month of orders: four weeks old.
const ORDER: u64 = 140;
/// The amount of the claim, in cents.
const POSTAGE_MINOR: u64 = 540;

/// The time at which the shops promised, in Unix milliseconds.
pub fn promised_ms(now_ms: u64) -> u64 {
    orders::began_ms(now_ms).saturating_sub(PROMISED_DAYS_BEFORE * DAY_MS)
}

/// Files the promises of all rooms' shops, and their claims.
///
/// # Errors
/// The database was not made, or did not answer.
pub async fn make(database: &Path, now_ms: u64) -> anyhow::Result<()> {
    let file = Sqlite::open(database).await?;
    let ledger = SqliteTrust::new(file.clone());
    let mut filed = Ok(());
    for room in ROOMS {
        if filed.is_ok() {
            filed = of_shop(&ledger, room, now_ms).await;
        }
    }
    // The server opens the file anew.
    file.close().await;
    filed
}

async fn of_shop(ledger: &SqliteTrust, room: DemoRoom, now_ms: u64) -> anyhow::Result<()> {
    let merchant = room.shop().merchant.context("the room has no shop")?;
    let limits =
        Limits { max_minor: Some(REFUND_MINOR), currency: Some(orders::CURRENCY.to_owned()), ..Limits::default() };
    let promises =
        BTreeMap::from([(PromiseKind::FreeReturn, Limits::default()), (PromiseKind::RefundWithoutReturn, limits)]);
    let by = || By { kind: Actor::Merchant, who: merchant.clone() };
    let set = SetPromises { merchant: merchant.clone(), promises, deposit_minor: None, by: by() };
    ledger.set_promises(&set, promised_ms(now_ms)).await?;

    // One of the month's claims was taken on, and a moderator granted it.
    let opened_ms = orders::placed_ms(ORDER, now_ms) + 5 * DAY_MS;
    let platform = || By::platform("demo-platform");
    let filed = ledger.file_claim(&claim(&merchant, now_ms, platform())?, opened_ms).await?;
    let words = "The parcel came back after the time that the terms allow.".to_owned();
    let refuse = ClaimAct::Answer { grant: false, words, evidence: Vec::new() };
    let words = "The carrier's stamp shows that it was handed in on the last day.".to_owned();
    let grant = ClaimAct::Decide { grant: true, words };
    let moderator = By { kind: Actor::Moderator, who: "demo-judge".to_owned() };
    for (days, act, by) in [(1, refuse, by()), (2, ClaimAct::Escalate, platform()), (3, grant, moderator)] {
        let step = ClaimStepBy { id: filed.id, party: None, act, by, version: None };
        ledger.step_claim(&step, opened_ms + days * DAY_MS).await?;
    }
    let at_ms = opened_ms + 4 * DAY_MS;
    ledger.fulfil_claims(&[Given { of: GivenOf::Claim(filed.claim), at_ms }], at_ms).await?;
    Ok(())
}

fn claim(merchant: &str, now_ms: u64, by: By) -> anyhow::Result<FileClaim> {
    // Nobody looks this buyer up: the key is drawn, and kept nowhere.
    let mut key = [0; 32];
    getrandom::fill(&mut key).context("the system gave no random bytes")?;
    Ok(FileClaim {
        claim: format!("demo-past-{merchant}"),
        merchant: merchant.to_owned(),
        order: orders::id(merchant, ORDER),
        placed_ms: orders::placed_ms(ORDER, now_ms),
        buyer: ReporterKey::new(key).buyer("buyer").hex(),
        buyer_orders: None,
        kind: PromiseKind::FreeReturn,
        about: About::Other,
        amount_minor: POSTAGE_MINOR,
        currency: orders::CURRENCY.to_owned(),
        room: None,
        reason: "I sent it back within the seven days of the terms.".to_owned(),
        evidence: Vec::new(),
        is_told: false,
        by,
    })
}

#[cfg(test)]
mod tests {
    use live_jury_trust::claim::ClaimState;

    use super::*;
    use crate::ledger::standing::Page;

    #[tokio::test]
    async fn the_promises_cover_the_month_of_orders_and_the_claim_has_ended() {
        let (folder, now_ms) = (tempfile::tempdir().unwrap(), 1_795_000_000_000);
        let path = folder.path().join("demo.db");
        make(&path, now_ms).await.unwrap();
        let ledger = SqliteTrust::new(Sqlite::open(&path).await.unwrap());
        for room in ROOMS {
            let merchant = room.shop().merchant.unwrap();
            let promising = ledger.promising(&[merchant.as_str()]).await.unwrap();
            assert!(promising[&merchant].covers(orders::began_ms(now_ms)), "the first order");
            let page = Page { state: None, before: None, limit: 10 };
            let claims = ledger.claims(&page, Some(&merchant)).await.unwrap();
            assert_eq!(claims.len(), 1);
            assert_eq!(claims[0].state, ClaimState::Fulfilled);
            assert!(claims[0].escalated_ms.is_some_and(|at_ms| at_ms < now_ms));
        }
    }
}
