//! Follows the outbox: rules on recorded cases, and brings appeals to a second jury or to a moderator. Any node does
//! any step, and each step is one transaction.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Trust;
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

impl Trust {
    /// Follows the outbox until the node stops.
    pub async fn follow(self, lifecycle: Lifecycle, closed: CancellationToken) {
        let mut times = tokio::time::interval(INTERVAL);
        times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while closed.run_until_cancelled(times.tick()).await.is_some() {
            match closed.run_until_cancelled(self.step(&lifecycle)).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::warn!(%error, "verdicts were not ruled on; trying again"),
            }
        }
    }

    async fn step(&self, lifecycle: &Lifecycle) -> Result<(), FollowError> {
        self.rule().await?;
        self.move_appeals(lifecycle).await?;
        self.move_claims(lifecycle).await?;
        self.move_listings(lifecycle).await?;
        self.move_remedies(lifecycle).await?;
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
