//! The answer to a loss in the tally store: an open case gets its next epoch, once, whichever node notices first.

use live_jury_court::{Case, Open, State, StoreId};
use live_jury_protocol::{AuditAction, CaseId, limits};

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, S_MS, open_params};
use crate::docket::DocketError;

impl Lifecycle {
    /// Files the next epoch of an open case whose ballots are lost, and makes its keys. Connected jurors then cast
    /// again. A loss that is found [`limits::REOPENED_MIN_MS`] after the deadline or later raises no epoch: nobody is
    /// there to cast again, so the case [waits](Self::miss_tally). Returns the case as the docket has it.
    ///
    /// # Errors
    /// A store did not answer, or this node's tally store is not the current one.
    pub async fn lost(&self, known: Case) -> Result<Case, LifecycleError> {
        // The whole store may be lost. It then has another id, and must become the current one first.
        let store = self.store.confirm().await?;
        let known_epoch = known.state.opened().map_or(0, |open| open.epoch);
        for _ in 0..CONFLICTS_MAX {
            let case = self.case(known.id).await?;
            let Ok(open) = case.as_voting() else { return Ok(case) };
            if open.epoch > known_epoch {
                // Another node noticed the same loss and filed the epoch: one loss raises it once.
                return self.restore_keys(case).await;
            }
            let now_ms = self.tally.now_ms_of(case.id).await?;
            let is_late = now_ms > open.closes_at_ms + limits::REOPENED_MIN_MS;
            let answered =
                if is_late { self.miss_tally(case, now_ms).await } else { self.reopen(case, store, now_ms).await };
            match answered {
                Err(LifecycleError::Docket(DocketError::Conflict(_))) => {}
                Ok(case) => return self.restore_keys(case).await,
                Err(error) => return Err(error),
            }
        }
        Err(DocketError::Conflict(known.id).into())
    }

    /// Files the next epoch of an open case.
    async fn reopen(&self, case: Case, store: StoreId, now_ms: u64) -> Result<Case, LifecycleError> {
        let closes_at_ms = case.as_open()?.closes_at_ms.max(now_ms + limits::REOPENED_MIN_MS);
        let ballots = self.known_ballots(&case).await?;
        let case = case.reopen(ballots, closes_at_ms, now_ms)?.in_store(store);
        let epoch = case.as_open()?.epoch;
        let detail =
            format!("the tally store lost its data of {ballots} ballots; epoch {epoch}, ballots are cast again");
        self.file_loss(&case, AuditAction::TallyLost, detail).await?;
        tracing::warn!(case = %case.id, epoch, ballots, "the tally store lost its data");
        Ok(case)
    }

    /// Files the answer to a loss. It is counted before anybody hears of it, so that a client that has read it finds it
    /// counted.
    pub(super) async fn file_loss(
        &self,
        case: &Case,
        action: AuditAction,
        detail: String,
    ) -> Result<(), LifecycleError> {
        self.docket.file(case, &self.entry(case, Author::Server, action, Some(detail))).await?;
        metrics::counter!("live_jury_tally_losses_total").increment(1);
        self.peers.announce(&case.room);
        Ok(())
    }

    /// The ballots that the case is known to have had before a loss: the most that this node has seen, or those that
    /// nodes have answered as counted, if they are more.
    ///
    /// # Errors
    /// The docket did not answer.
    pub(super) async fn known_ballots(&self, case: &Case) -> Result<u64, LifecycleError> {
        let epoch = case.state.opened().map_or(0, |open| open.epoch);
        Ok(self.acknowledged(case.id, epoch).await?.max(self.seen.most_ballots(case.id)))
    }

    /// Makes an open case's keys in the epoch that the docket has, unless they exist. The keys of a missing tally are
    /// not made: empty ones would take the place of the lost ones.
    ///
    /// # Errors
    /// The tally store did not answer.
    pub async fn restore_keys(&self, case: Case) -> Result<Case, LifecycleError> {
        if let State::Open(open) = &case.state
            && open.loss.missing.is_none()
        {
            self.tally.restore(case.id, &open_params(&case, open.epoch, open.store, open.closes_at_ms)).await?;
        }
        Ok(case)
    }

    /// Checks that the jury has had [`limits::REOPENED_MIN_MS`] to cast again after a loss.
    ///
    /// # Errors
    /// It has not, or the tally store did not answer.
    pub(super) async fn check_reopened(&self, id: CaseId, open: &Open) -> Result<(), LifecycleError> {
        let Some(reopened_at_ms) = open.loss.reopened_at_ms else { return Ok(()) };
        let left_ms = (reopened_at_ms + limits::REOPENED_MIN_MS).saturating_sub(self.tally.now_ms_of(id).await?);
        if left_ms == 0 { Ok(()) } else { Err(LifecycleError::TooEarly { left_s: left_ms.div_ceil(S_MS) }) }
    }
}
