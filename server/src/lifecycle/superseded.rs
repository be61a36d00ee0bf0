//! The answer to a tally store whose epoch of a case is higher than the docket's: the docket follows the store.

use live_jury_court::{Case, Open, State, StoreId};
use live_jury_protocol::{AuditAction, CaseId};

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError};
use crate::docket::DocketError;
use crate::tally::{StoreEpoch, TallyError, TallyState};

impl Lifecycle {
    /// Reads a case whose epoch in the tally store was found to be higher than the known one. An epoch is filed before
    /// the store has it, so a docket that still has the lower one went back. It gets the store's epoch and deadline,
    /// and the ballots before the loss, as far as this node and the ledger know them.
    ///
    /// # Errors
    /// A store did not answer, or the store's epoch is of another store.
    pub async fn follow_epoch(&self, id: CaseId) -> Result<Case, LifecycleError> {
        for _ in 0..CONFLICTS_MAX {
            let case = self.case(id).await?;
            let State::Open(open) = &case.state else { return Ok(case) };
            let Some((state, store)) = self.higher_epoch(id, open).await? else { return Ok(case) };
            let TallyState { epoch, closes_at_ms, now_ms, .. } = state;
            // A loss raised the epoch, and the docket has forgotten how many ballots there were before it.
            let ballots = self.known_ballots(&case).await?;
            let case = case.catch_up(epoch, closes_at_ms, ballots, now_ms)?.in_store(store);
            let detail = format!("epoch {epoch} is the tally store's");
            match self.file(&case, Author::Server, AuditAction::Repaired, Some(detail)).await {
                Err(DocketError::Conflict(_)) => continue,
                other => other?,
            }
            tracing::warn!(case = %id, epoch, "the docket was behind the tally store's epoch");
            return Ok(case);
        }
        Err(DocketError::Conflict(id).into())
    }

    /// The case in the store, and the id that fits it, if the store's epoch is higher than the docket's.
    async fn higher_epoch(&self, id: CaseId, open: &Open) -> Result<Option<(TallyState, StoreId)>, LifecycleError> {
        let number = match self.tally.poll(id, open.into(), 0).await {
            Err(TallyError::Superseded { epoch, .. }) => epoch,
            // The docket had the epoch already, or a loss is answered by its own step.
            Ok(_) | Err(TallyError::Lost(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // The epoch began in this store, or in the one that the case was filed with, if only the store's id was lost.
        for store in [Some(self.store.id()), open.store].into_iter().flatten() {
            match self.tally.poll(id, StoreEpoch { number, store: Some(store) }, 0).await {
                Err(TallyError::Lost(_)) => {}
                other => return Ok(Some((other?, store))),
            }
        }
        Err(TallyError::Malformed(format!("epoch {number} of case {id} is of another store")).into())
    }
}
