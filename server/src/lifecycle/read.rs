//! Reads of both stores for handlers, the readiness probe and the demo; it changes nothing. Handlers read the docket
//! over connections of their own.

use live_jury_protocol::{CaseId, RoomId};

use super::{Lifecycle, LifecycleError};
use crate::docket::{AuditLine, CaseQuery, History, RoomRecord, StoredCase, VerdictQuery};
use crate::tally::TallyState;
use live_jury_court::{Case, Open, Pseudonym, StoredBallot};

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

    /// A case in any state, for a handler.
    ///
    /// # Errors
    /// The docket has no such case, or did not answer.
    pub async fn read_case(&self, id: CaseId) -> Result<Case, LifecycleError> {
        self.reads.case(id).await?.ok_or(LifecycleError::NotFound)
    }

    /// The room of an erased case, for a handler; none of any other case.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn read_erased(&self, id: CaseId) -> Result<Option<RoomId>, LifecycleError> {
        Ok(self.reads.erased_in(id).await?)
    }

    /// Cases, newest first.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn read_cases(&self, query: &CaseQuery) -> Result<Vec<StoredCase>, LifecycleError> {
        Ok(self.reads.cases(query).await?)
    }

    /// Recorded cases with their place in the order of recording.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn read_verdicts(&self, query: &VerdictQuery) -> Result<Vec<StoredCase>, LifecycleError> {
        Ok(self.reads.verdicts(query).await?)
    }

    /// The docket's incarnations.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn history(&self) -> Result<History, LifecycleError> {
        Ok(self.reads.history().await?)
    }

    /// The next lines of a case's audit trail after this one, oldest first.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn read_audit(&self, id: CaseId, after: u64, limit: u32) -> Result<Vec<AuditLine>, LifecycleError> {
        Ok(self.reads.audit_after(id, after, limit).await?)
    }

    /// A recorded case's next ballots in order of pseudonym, after this one.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn read_ballots(
        &self,
        id: CaseId,
        after: Option<Pseudonym>,
        limit: u32,
    ) -> Result<Vec<StoredBallot>, LifecycleError> {
        Ok(self.reads.ballots_after(id, after, limit).await?)
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
