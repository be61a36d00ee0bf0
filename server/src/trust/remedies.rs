//! Remedies: late by time, their clocks shown with the case, and what a party owes. It orders none: a verdict does.

use live_jury_protocol::trust::PartyRemedy;
use live_jury_protocol::{CaseId, RemedyClock};

use super::Trust;
use super::follow::{FollowError, pass_over};
use crate::ledger::standing::StandingError;
use crate::lifecycle::{Lifecycle, LifecycleError};

/// The most remedies that a party's page has. Those beyond it follow once others are given.
pub const REMEDIES_SHOWN_MAX: u32 = 20;

impl Trust {
    /// Moves remedies whose time is over, and has the docket show each clock as it is now. In a node's first hour no
    /// time ends.
    pub(super) async fn move_remedies(&self, lifecycle: &Lifecycle) -> Result<(), FollowError> {
        let now_ms = self.clock.now_ms();
        if self.may_end_time().await.map_err(StandingError::from)? {
            while self.ledger.move_remedies(now_ms).await? > 0 {}
        }
        for (case, clock) in self.ledger.remedies_to_show().await? {
            match lifecycle.show_remedy(case, clock).await {
                Ok(()) => {}
                // An erased case shows nothing.
                Err(LifecycleError::NotFound | LifecycleError::Transition(_)) => {
                    self.ledger.remedy_not_shown(case).await?;
                }
                Err(error) => pass_over(Err(error.into()))?,
            }
        }
        Ok(())
    }
}

/// These remedies with the words of their cases. An erased case has none.
///
/// # Errors
/// The docket did not answer.
pub async fn read_owed(
    lifecycle: &Lifecycle,
    owed: Vec<(CaseId, RemedyClock)>,
) -> Result<Vec<PartyRemedy>, LifecycleError> {
    let mut remedies = Vec::new();
    for (id, clock) in owed {
        let case = match lifecycle.read_case(id).await {
            Ok(case) => case,
            Err(LifecycleError::NotFound) => continue,
            Err(error) => return Err(error),
        };
        if let Some(remedy) = case.brief.remedy.clone() {
            remedies.push(PartyRemedy { case: id, title: case.brief.title.clone(), room: case.room, remedy, clock });
        }
    }
    Ok(remedies)
}
