//! The word of a brand's owner or an authority: goods are not genuine. It grants what nobody has decided yet.

use live_jury_trust::Party;
use live_jury_trust::claim::{GrantedBy, Hour, Step};
use live_jury_trust::promise::PromiseKind;

use super::NotGenuine;
use super::lists::{list, read};
use super::rows::select_claims;
use super::steps::{Taken, take};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};

/// `$1` merchant, `$2` kind, `$3` order or NULL, `$4` product or NULL. The product of an order is known if a fact has
/// named it.
const UNDECIDED: &str = select_claims!(
    "WHERE merchant = $1 AND kind = $2 AND state IN ('open', 'refused', 'in_review') \
     AND (order_id = CAST($3 AS TEXT) OR EXISTS (SELECT 1 FROM trust_order AS sold \
     WHERE sold.merchant = trust_claim.merchant AND sold.order_id = trust_claim.order_id \
     AND sold.product = CAST($4 AS TEXT))) ORDER BY id"
);

pub(in crate::ledger) async fn uphold<D: StandingDb>(
    db: &mut D,
    found: &[NotGenuine],
    hour: Hour,
    now_ms: u64,
) -> Result<(), StandingError> {
    let mut upheld = Vec::new();
    for one in found {
        let (order, product) = (one.order.as_deref(), one.product.as_deref());
        let kind = PromiseKind::Authentic.as_str();
        let values = [one.merchant.as_str().into(), kind.into(), order.into(), product.into()];
        upheld.extend(list(db, UNDECIDED, &values).await?.into_iter().map(|claim| (claim, one.at_ms)));
    }
    if upheld.is_empty() {
        return Ok(());
    }
    let parties: Vec<Party> = upheld.iter().map(|(claim, _)| Party::merchant(claim.merchant.as_str())).collect();
    let mut change = Change::begin(db, &parties, now_ms).await?;
    let (by, step) = (By::server(), Step::Grant(GrantedBy::Notice));
    for (claim, at_ms) in &upheld {
        // Read again behind the lock.
        let claim = read(db, claim.id).await?;
        if claim.state.after(step).is_some() {
            take(db, &mut change, &claim, &Taken::plain(step, &by, hour, *at_ms)).await?;
        }
    }
    change.finish(db).await
}
