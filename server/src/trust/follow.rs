//! Follows the outbox: rules on recorded cases, and brings appeals to a second jury or to a moderator. Any node does
//! any step, and each step is one transaction.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Trust;
use crate::docket::DocketError;
use crate::ledger::LedgerError;
use crate::ledger::standing::{Followed, StandingError};
use crate::lifecycle::{Lifecycle, LifecycleError};

/// The time between two looks at the outbox. A violation follows its verdict this much later.
const INTERVAL: Duration = Duration::from_secs(1);

/// A step of the follower failed. It is tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum FollowError {
    /// The ledger failed.
    #[error(transparent)]
    Standing(#[from] StandingError),
    /// A step of a case failed.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
}

impl FollowError {
    /// Whether the step failed for what is stored about one thing: a repeat fails again, and others may go on. If a
    /// store did not answer, the others would fail, too.
    fn is_of_one(&self) -> bool {
        match self {
            Self::Standing(StandingError::Ledger(error)) => matches!(error, LedgerError::Malformed(_)),
            Self::Standing(_) => true,
            Self::Lifecycle(LifecycleError::Docket(error)) => !matches!(error, DocketError::Unavailable(_)),
            Self::Lifecycle(error) => {
                !matches!(error, LifecycleError::Tally(_) | LifecycleError::Random(_) | LifecycleError::Mark(_))
            }
        }
    }
}

/// Reports a step that failed.
fn report(step: &'static str, result: Result<(), FollowError>) {
    if let Err(error) = result {
        metrics::counter!("live_jury_trust_steps_failed_total", "step" => step).increment(1);
        tracing::warn!(%error, step, "a step of trust failed; trying again");
    }
}

/// Passes over a thing that fails by itself, so that the others of its kind go on.
pub(super) fn pass_over(result: Result<(), FollowError>) -> Result<(), FollowError> {
    match result {
        Err(error) if error.is_of_one() => {
            report("one", Err(error));
            Ok(())
        }
        result => result,
    }
}

impl Trust {
    /// Follows the outbox until the node stops.
    pub async fn follow(self, lifecycle: Lifecycle, closed: CancellationToken) {
        let mut times = tokio::time::interval(INTERVAL);
        times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while closed.run_until_cancelled(times.tick()).await.is_some() {
            if closed.run_until_cancelled(self.step(&lifecycle)).await.is_none() {
                return;
            }
        }
    }

    /// Takes each step by itself: one that fails stops no other. It is tried again a second later.
    async fn step(&self, lifecycle: &Lifecycle) {
        report("rulings", self.rule().await.map(drop).map_err(FollowError::from));
        report("appeals", self.move_appeals(lifecycle).await);
        report("claims", self.move_claims(lifecycle).await);
        report("listings", self.move_listings(lifecycle).await);
        report("remedies", self.move_remedies(lifecycle).await);
        report("gauges", self.count_overdue().await);
    }

    async fn count_overdue(&self) -> Result<(), FollowError> {
        let now_ms = self.clock.now_ms();
        metrics::gauge!("live_jury_trust_appeals_overdue").set(self.ledger.overdue_appeals(now_ms).await? as f64);
        metrics::gauge!("live_jury_trust_claims_overdue").set(self.ledger.overdue_claims(now_ms).await? as f64);
        Ok(())
    }

    /// Takes all events of the outbox. Returns false if another node follows at this moment.
    pub(super) async fn rule(&self) -> Result<bool, StandingError> {
        loop {
            match self.ledger.follow(&self.file, self.clock.now_ms()).await? {
                Followed::More => {}
                Followed::UpToDate => return Ok(true),
                Followed::Elsewhere => return Ok(false),
            }
        }
    }
}
