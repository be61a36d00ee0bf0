//! The platform's word that buyers have what was promised. A repeat, and a word about nothing, change nothing.

use live_jury_trust::Party;
use live_jury_trust::claim::{ClaimState, GrantedBy, Hour, Step};
use uuid::Uuid;

use super::lists::{claim, claim_of_case, list, of_platform, read};
use super::rows::{ClaimRow, select_claims};
use super::steps::{Taken, take};
use super::{Given, GivenOf};
use crate::ledger::remedies::RemedyGiven;
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::query::Db;
use crate::sql::row::signed;

const OF_ORDER: &str = select_claims!("WHERE merchant = $1 AND order_id = $2 ORDER BY id");
/// A claim that is granted later is fulfilled then.
const NOTE: &str = "UPDATE trust_claim SET fulfilled_ms = $2 WHERE id = $1 AND fulfilled_ms IS NULL";

pub(in crate::ledger) async fn fulfil<D: StandingDb>(
    db: &mut D,
    given: &[Given],
    hour: Hour,
    now_ms: u64,
) -> Result<Vec<RemedyGiven>, StandingError> {
    let (mut open, mut cases) = (Vec::new(), Vec::new());
    for one in given {
        let found = claims_of(db, &one.of).await?;
        let judged = found.iter().filter(|claim| claim.granted_by == Some(GrantedBy::Jury));
        let at_ms = one.at_ms;
        cases.extend(judged.filter_map(|claim| Some(RemedyGiven { case: claim.case?, at_ms, accepted: None })));
        // A refund from before the claim gave nothing of what it asks for. A line about it may also come again.
        let is_before = |claim: &ClaimRow| matches!(one.of, GivenOf::Order { .. }) && claim.opened_ms > at_ms;
        let waits = found.into_iter().filter(|claim| !claim.state.is_ended() && !is_noted(claim) && !is_before(claim));
        open.extend(waits.map(|claim| (claim, one.at_ms)));
    }
    if open.is_empty() {
        return Ok(cases);
    }
    let parties: Vec<Party> = open.iter().map(|(claim, _)| Party::merchant(claim.merchant.as_str())).collect();
    let mut change = Change::begin(db, &parties, now_ms).await?;
    let by = By::server();
    for (found, at_ms) in &open {
        // Read again behind the lock.
        let found = read(db, found.id).await?;
        match found.state {
            ClaimState::Granted | ClaimState::Breached => {
                take(db, &mut change, &found, &Taken::plain(Step::Fulfil, &by, hour, *at_ms)).await?;
            }
            state if state.is_ended() => {}
            _ => {
                db.execute(NOTE, &[found.id.into(), signed("fulfilled_ms", *at_ms)?.into()]).await?;
            }
        }
    }
    change.finish(db).await?;
    Ok(cases)
}

/// Whether the word has come before, and the claim is not granted yet.
fn is_noted(claim: &ClaimRow) -> bool {
    let waits = matches!(claim.state, ClaimState::Granted | ClaimState::Breached);
    claim.fulfilled_ms.is_some() && !waits
}

async fn claims_of<D: Db>(db: &mut D, of: &GivenOf) -> Result<Vec<ClaimRow>, StandingError> {
    match of {
        GivenOf::Order { merchant, order } => {
            list(db, OF_ORDER, &[merchant.as_str().into(), order.as_str().into()]).await
        }
        GivenOf::Claim(id) => {
            let found = match (of_platform(db, id).await?, id.parse::<Uuid>()) {
                (Some(found), _) => Some(found),
                (None, Ok(id)) => claim(db, id).await?,
                (None, Err(_)) => None,
            };
            Ok(found.into_iter().collect())
        }
        GivenOf::Case(case) => match claim_of_case(db, *case).await? {
            Some(id) => Ok(claim(db, id).await?.into_iter().collect()),
            None => Ok(Vec::new()),
        },
    }
}
