//! Remedies: late by time, and their clocks shown with the case. It orders none: a verdict does.

use live_jury_trust::claim::START_MS;

use super::Trust;
use super::follow::FollowError;
use crate::lifecycle::{Lifecycle, LifecycleError};

impl Trust {
    /// Moves remedies whose time is over, and has the docket show each clock as it is now. In a node's first hour no
    /// time ends.
    pub(super) async fn move_remedies(&self, lifecycle: &Lifecycle) -> Result<(), FollowError> {
        let now_ms = self.clock.now_ms();
        if now_ms >= self.started_ms.saturating_add(START_MS) {
            while self.ledger.move_remedies(now_ms).await? > 0 {}
        }
        for (case, clock) in self.ledger.remedies_to_show().await? {
            match lifecycle.show_remedy(case, clock).await {
                Ok(()) => {}
                // An erased case shows nothing.
                Err(LifecycleError::NotFound | LifecycleError::Transition(_)) => {
                    self.ledger.remedy_not_shown(case).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
