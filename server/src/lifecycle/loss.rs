//! What follows when the tally store has lost a case: the next epoch, once, whoever notices first.

use live_jury_protocol::{TALLY_LOST, limits};

use super::{CONFLICTS_MAX, Lifecycle, LifecycleError, SERVER, opening_of};
use crate::court::{Case, State};
use crate::docket::DocketError;

impl Lifecycle {
    /// Answers a loss: of an open case, the next epoch, in which connected jurors cast again. Returns the case as it
    /// is in the docket.
    ///
    /// # Errors
    /// A store is away.
    pub async fn lost(&self, known: Case) -> Result<Case, LifecycleError> {
        let known_epoch = known.state.opened().map_or(0, |open| open.epoch);
        for _ in 0..CONFLICTS_MAX {
            let case = self.case(known.id).await?;
            let State::Open(open) = &case.state else { return Ok(case) };
            let case = if open.epoch > known_epoch {
                // Another node noticed, too, and raised the epoch: one loss, one epoch.
                case
            } else {
                let now_ms = self.tally.now_ms().await?;
                let closes_at_ms = open.closes_at_ms.max(now_ms + limits::REOPENED_MIN_MS);
                let epoch = open.epoch + 1;
                let case = case.reschedule(epoch, closes_at_ms)?;
                let detail = format!("the tally store lost its data; epoch {epoch}, ballots are cast again");
                match self.file(&case, SERVER, TALLY_LOST, Some(detail)).await {
                    Err(DocketError::Conflict(_)) => continue,
                    other => other?,
                }
                tracing::warn!(case = %case.id, epoch, "the tally store lost its data");
                metrics::counter!("live_jury_tally_losses_total").increment(1);
                case
            };
            return self.restore_keys(case).await;
        }
        Err(DocketError::Conflict(known.id).into())
    }

    /// Makes an open case's keys in the epoch that the docket has it in, unless they stand.
    ///
    /// # Errors
    /// The tally store is away.
    pub async fn restore_keys(&self, case: Case) -> Result<Case, LifecycleError> {
        if let State::Open(open) = &case.state {
            self.tally.restore(case.id, &opening_of(&case, open.epoch, open.closes_at_ms)).await?;
        }
        Ok(case)
    }
}
