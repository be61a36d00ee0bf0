//! The answer to a loss in the tally store: an open case gets its next epoch, once, whichever node notices first.

use live_jury_court::{Case, State};
use live_jury_protocol::{AuditAction, limits};

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, open_params};
use crate::docket::DocketError;

impl Lifecycle {
    /// Files the next epoch of an open case whose ballots are lost, and makes its keys. Connected jurors then cast
    /// again. Returns the case as the docket has it.
    ///
    /// # Errors
    /// A store did not answer, or this node's tally store is not the current one.
    pub async fn lost(&self, known: Case) -> Result<Case, LifecycleError> {
        // What was lost may be the whole store, which then has another id and must be the current one first.
        let store = self.store.confirm().await?;
        let known_epoch = known.state.opened().map_or(0, |open| open.epoch);
        for _ in 0..CONFLICTS_MAX {
            let case = self.case(known.id).await?;
            let State::Open(open) = &case.state else { return Ok(case) };
            let case = if open.epoch > known_epoch {
                // Another node noticed the same loss and filed the epoch: one loss raises it once.
                case
            } else {
                let now_ms = self.tally.now_ms().await?;
                let closes_at_ms = open.closes_at_ms.max(now_ms + limits::REOPENED_MIN_MS);
                let epoch = open.epoch + 1;
                let case = case.reschedule(epoch, closes_at_ms)?.in_store(store);
                let detail = format!("the tally store lost its data; epoch {epoch}, ballots are cast again");
                let entry = self.entry(&case, Author::Server, AuditAction::TallyLost, Some(detail));
                match self.docket.file(&case, &entry, &[]).await {
                    Err(DocketError::Conflict(_)) => continue,
                    other => other?,
                }
                tracing::warn!(case = %case.id, epoch, "the tally store lost its data");
                // Before anybody hears of the new epoch, so that a client that has read it finds the loss counted.
                metrics::counter!("live_jury_tally_losses_total").increment(1);
                self.peers.announce(&case.room);
                case
            };
            return self.restore_keys(case).await;
        }
        Err(DocketError::Conflict(known.id).into())
    }

    /// Makes an open case's keys in the epoch that the docket has, unless they exist.
    ///
    /// # Errors
    /// The tally store did not answer.
    pub async fn restore_keys(&self, case: Case) -> Result<Case, LifecycleError> {
        if let State::Open(open) = &case.state {
            self.tally.restore(case.id, &open_params(&case, open.epoch, open.store, open.closes_at_ms)).await?;
        }
        Ok(case)
    }
}
