//! Reads of both stores for handlers, the readiness probe and the demo; it changes nothing.

use live_jury_protocol::{AuditEntry, CaseId, RoomId};

use super::{Lifecycle, LifecycleError};
use crate::docket::{CaseQuery, History, RoomRecord, StoredCase, VerdictQuery};
use crate::tally::TallyState;
use live_jury_court::{Open, StoredBallot};

/// Which stores answered a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoresReachable {
    /// The tally store answered.
    pub tally: bool,
    /// The docket answered.
    pub docket: bool,
}

impl Lifecycle {
    /// A room as its public sees it.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn room(&self, room: &RoomId) -> Result<RoomRecord, LifecycleError> {
        Ok(self.docket.room(room).await?)
    }

    /// Cases, newest first.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn cases(&self, query: &CaseQuery) -> Result<Vec<StoredCase>, LifecycleError> {
        Ok(self.docket.cases(query).await?)
    }

    /// Recorded cases with their place in the order of recording.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn verdicts(&self, query: &VerdictQuery) -> Result<Vec<StoredCase>, LifecycleError> {
        Ok(self.docket.verdicts(query).await?)
    }

    /// The docket's incarnations.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn history(&self) -> Result<History, LifecycleError> {
        Ok(self.docket.history().await?)
    }

    /// A case's audit trail, oldest entry first.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn audit(&self, id: CaseId) -> Result<Vec<AuditEntry>, LifecycleError> {
        Ok(self.docket.audit(id).await?)
    }

    /// A recorded case's ballots, in order of pseudonym.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn ballots(&self, id: CaseId) -> Result<Vec<StoredBallot>, LifecycleError> {
        Ok(self.docket.ballots(id).await?)
    }

    /// The tally of a case that was opened and is not recorded yet.
    ///
    /// # Errors
    /// The tally store did not answer, or has lost the case.
    pub async fn current_tally(&self, id: CaseId, open: &Open) -> Result<TallyState, LifecycleError> {
        Ok(self.tally.poll(id, open.into(), 0).await?)
    }

    /// Asks both stores for a sign of life.
    pub async fn probe_stores(&self) -> StoresReachable {
        let (tally, docket) = (self.tally.now_ms().await, self.docket.ping().await);
        StoresReachable { tally: tally.is_ok(), docket: docket.is_ok() }
    }
}
