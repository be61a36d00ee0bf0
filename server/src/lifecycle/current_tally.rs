//! The tally store as the steps of cases and the rooms call it: a store that is not the current one counts nothing.

use std::sync::Arc;

use async_trait::async_trait;
use live_jury_court::{Pseudonym, SealedBy, StoreId, StoredBallot};
use live_jury_protocol::CaseId;

use super::current_store::{CurrentStore, not_current};
use crate::entrant::Entrants;
use crate::tally::{
    Cast, Extension, OpenParams, Recorded, SealTerms, StoreEpoch, StoredBallotAt, TallyError, TallyState, TallyStore,
};

/// Passes calls on while its store is the current one; else calls on the state of a case fail as unavailable.
pub struct CurrentTally {
    tally: Arc<dyn TallyStore>,
    store: Arc<CurrentStore>,
}

impl CurrentTally {
    /// This tally, whose store is watched by `store`.
    #[must_use]
    pub fn new(tally: Arc<dyn TallyStore>, store: Arc<CurrentStore>) -> Self {
        Self { tally, store }
    }

    fn counting(&self) -> Result<&dyn TallyStore, TallyError> {
        if self.store.is_current() { Ok(&*self.tally) } else { Err(not_current()) }
    }
}

#[async_trait]
impl TallyStore for CurrentTally {
    async fn now_ms(&self) -> Result<u64, TallyError> {
        self.tally.now_ms().await
    }

    async fn now_ms_of(&self, case: CaseId) -> Result<u64, TallyError> {
        self.tally.now_ms_of(case).await
    }

    async fn store_id(&self) -> Result<StoreId, TallyError> {
        self.tally.store_id().await
    }

    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError> {
        self.counting()?.restore(case, params).await
    }

    async fn record(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        seen_rev: u64,
        ballots: &[Cast],
    ) -> Result<Recorded, TallyError> {
        self.counting()?.record(case, epoch, seen_rev, ballots).await
    }

    async fn poll(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64) -> Result<TallyState, TallyError> {
        self.counting()?.poll(case, epoch, seen_rev).await
    }

    /// Answers also where the store does not count: a juror may join, and reads there what the docket says.
    async fn ballots_of(&self, case: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        self.tally.ballots_of(case, jurors).await
    }

    async fn offer(&self, case: CaseId, epoch: StoreEpoch, offers: &Entrants) -> Result<(), TallyError> {
        self.counting()?.offer(case, epoch, offers).await
    }

    async fn draw(&self, case: CaseId, epoch: StoreEpoch, most: [usize; 3]) -> Result<Entrants, TallyError> {
        self.counting()?.draw(case, epoch, most).await
    }

    async fn kept_ballots_of(
        &self,
        case: CaseId,
        jurors: &[Pseudonym],
    ) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        self.counting()?.kept_ballots_of(case, jurors).await
    }

    async fn extend(&self, case: CaseId, epoch: StoreEpoch, extension: &Extension) -> Result<TallyState, TallyError> {
        self.counting()?.extend(case, epoch, extension).await
    }

    async fn extension(&self, case: CaseId) -> Result<Option<Extension>, TallyError> {
        self.counting()?.extension(case).await
    }

    async fn seal_on(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        by: &SealedBy,
        terms: &SealTerms,
    ) -> Result<TallyState, TallyError> {
        self.counting()?.seal_on(case, epoch, by, terms).await
    }

    async fn ballots(&self, case: CaseId, epoch: StoreEpoch) -> Result<Vec<StoredBallot>, TallyError> {
        self.counting()?.ballots(case, epoch).await
    }

    async fn release(&self, case: CaseId) -> Result<(), TallyError> {
        self.counting()?.release(case).await
    }

    async fn sweep(&self) -> Result<(), TallyError> {
        self.tally.sweep().await
    }

    fn clock_stepped(&self) -> usize {
        self.tally.clock_stepped()
    }
}
